"""Checks of text before it is parsed: the length of lines, and control characters.

A gigabyte of one letter fits into four megabytes of gzip, and a program that reads such a file line by line holds
it in memory several times. Therefore lines have a largest length, which depends on the kind of file, and a longer
line is refused as soon as it exceeds it. Control characters are refused because names would carry them into
tables.
"""

from __future__ import annotations

import io
import re

from mirtools.errors import InputError

# Largest number of bytes in a line, without the line end
LONGEST_LINE = 1 << 24  # of tables and other text, and of a read; the longest reads known have 4 Mb
LONGEST_SEQUENCE = 300_000_000  # of a reference; human chromosomes on one line have up to 249 Mb
LONGEST_NAME = 1 << 20  # of a name in FASTA or FASTQ, with the description after it

# Not allowed in names, where tabs and line ends are control characters, too
CONTROL = re.compile("[\x00-\x1f\x7f]")
# In text, all except tab, line feed and carriage return
_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32), 127])
_CONTROL = re.compile(rb"[%b]" % re.escape(_CONTROLS))
_LONE_RETURN = re.compile(
    rb"\r(?![\r\n]|\Z)"
)  # one at the end of the bytes read so far is checked with the next bytes
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_WORKBOOKS = (b"PK\3\4", b"\xd0\xcf\x11\xe0")  # Excel's .xlsx and .xls, and others of their containers
_BUFFER = 1 << 17
_NAMES = {"fasta": b">", "fastq": b"@"}


def checked_lines(
    stream: io.BufferedReader, source: str, longest: int = LONGEST_LINE, kind: str | None = None
) -> io.BufferedReader:
    """Return a stream of the same bytes that raises InputError for text that cannot be read line by line.

    Parameters
    ----------
    stream : BufferedReader
        Decompressed bytes. It is closed together with the returned stream.
    source : str
        Name of the file, for messages.
    longest : int
        Largest number of bytes in a line. In FASTA with :data:`LONGEST_LINE` it also holds for a whole record.
    kind : {"fasta", "fastq"}, optional
        Names in these formats have at most :data:`LONGEST_NAME` bytes, and messages include the name.
    """
    return io.BufferedReader(_Checked(stream, source, longest, kind), _BUFFER)


def why_not_text(start: bytes) -> str:
    """Return the problem with a file that is not UTF-8 text, judged by its first bytes."""
    if start.startswith(_UTF_16):
        return "is UTF-16, as Excel's 'Unicode Text' is; save it as UTF-8 text, tab-separated"
    if start.startswith(_WORKBOOKS):
        return "is a workbook or ZIP archive; save the sheet as tab-separated text"
    return "is not text (UTF-8); give a text file"


class PassThrough(io.RawIOBase):
    """A stream of the bytes of another stream, which it closes when it is closed.

    Parameters
    ----------
    stream : BufferedReader
    """

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream

    def readable(self) -> bool:  # noqa: D102
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # noqa: D102
        data = self._next(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:  # noqa: D102
        try:
            super().close()
        finally:
            self._stream.close()

    def _next(self, size: int) -> bytes:
        """Return the next bytes, at most ``size`` of them."""
        return self._stream.read1(size)


class _Checked(PassThrough):
    def __init__(self, stream: io.BufferedReader, source: str, longest: int, kind: str | None) -> None:
        super().__init__(stream)
        self._source = source
        self._longest = longest
        self._kind = kind
        self._mark = _NAMES.get(kind or "", b"")
        self._line = 1  # number of the line of the next byte
        self._held = 0  # bytes of this line that have been read
        self._is_name = False  # whether this line begins like a name
        self._is_open = False  # whether the bytes read so far end in a carriage return
        self._record = 0  # bytes since the last name in FASTA
        self._is_other = False  # whether the text is UTF-16, which the decoder will report

    def _next(self, size: int) -> bytes:
        # no more bytes than the smallest limit, so that only the first and the last line in them can be too long
        data = super()._next(min(size, _BUFFER, self._longest))
        if data and not self._is_other:
            self._check(data)
        return data

    def _check(self, data: bytes) -> None:
        import numpy as np

        if self._line == 1 and not self._held:
            if data.startswith(_WORKBOOKS):
                raise InputError(why_not_text(data), source=self._source)
            if data.startswith(_UTF_16):
                self._is_other = True
                return
        values = np.frombuffer(data, np.uint8)
        ends = int(np.count_nonzero(values == 10))
        # in most files, line feeds are the only control characters
        if self._is_open or np.count_nonzero(values < 32) != ends or b"\x7f" in data:
            self._refuse_controls(data)
            self._refuse_returns(data)
        self._is_open = data.endswith(b"\r")
        if not self._held:
            self._is_name = bool(self._mark) and data.startswith(self._mark)
        first = data.find(b"\n") if ends else len(data)
        self._refuse_length(self._held + first)
        if self._kind == "fasta" and self._longest == LONGEST_LINE:
            begin = data.rfind(b"\n>")
            self._record = self._record + len(data) if begin < 0 else len(data) - begin
            self._refuse_record()
        if ends:
            last = data.rfind(b"\n") + 1
            self._line += ends
            self._held = len(data) - last
            self._is_name = bool(self._mark) and data.startswith(self._mark, last)
        else:
            self._held += len(data)

    def _refuse_returns(self, data: bytes) -> None:
        """Refuse a carriage return inside a line; in FASTA and FASTQ it is a line end, as old Macs wrote it."""
        if self._kind is not None:
            return
        found = _LONE_RETURN.search(data)
        if self._is_open and not data.startswith((b"\r", b"\n")):
            line = self._line
        elif found is not None:
            line = self._line + data.count(b"\n", 0, found.start())
        else:
            return
        problem = "has a carriage return inside a line; convert the line ends of an old Mac file"
        raise InputError(problem, source=self._source, line=line)

    def _refuse_length(self, length: int) -> None:
        longest = LONGEST_NAME if self._is_name else self._longest
        if length > longest:
            remedy = "is this the right file?"
            if self._kind == "fasta" and not self._is_name:
                remedy = "give reads" if self._longest == LONGEST_LINE else "write the sequence on several lines"
            raise self._error(f"line {self._line} is longer than {longest:,} characters; {remedy}")

    def _refuse_record(self) -> None:
        if self._record > self._longest:
            raise self._error(
                f"the record at line {self._line} is longer than {self._longest:,} characters; give reads"
            )

    def _refuse_controls(self, data: bytes) -> None:
        if len(data.translate(None, _CONTROLS)) == len(data):
            return
        found = _CONTROL.search(data)
        assert found is not None
        line = self._line + data.count(b"\n", 0, found.start())
        begin = data.rfind(b"\n", 0, found.start()) + 1
        end = data.find(b"\n", found.start())
        text = data[begin : len(data) if end < 0 else end]
        named = bool(self._mark) and text.startswith(self._mark) and (begin > 0 or not self._held)
        raise InputError(
            f"holds the control character \\x{found.group()[0]:02x}; remove it",
            source=self._source,
            line=line,
            record=text[1:].decode("utf-8", "replace").strip() if named else None,
        )

    def _error(self, problem: str) -> InputError:
        return InputError(problem, source=self._source)
