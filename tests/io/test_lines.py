"""Very long lines and control characters, in every reader of text."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys

import pytest
from commands import COMMANDS, environment, refusal, run

from mirtools.errors import InputError
from mirtools.io.lines import LONGEST_LINE, LONGEST_NAME, LONGEST_SEQUENCE, checked_lines
from mirtools.io.sequences import read_reads, read_references
from mirtools.io.streams import open_text


class Dripping(io.BufferedReader):
    """A stream that returns a few bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(io.BytesIO(data))  # type: ignore[arg-type]
        self._size = size

    def read1(self, size: int = -1, /) -> bytes:
        return super().read1(min(size, self._size))


def problem(data: bytes, size: int = 1 << 16, **options) -> str:
    """Return the error message for some text, or ``""`` if it is read unchanged."""
    try:
        assert checked_lines(Dripping(data, size), "f", **options).read() == data
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("size", [1, 3, 1 << 16])
def test_lines_up_to_the_limit_are_accepted(size):
    for before in (b"", b"\n", b"ab\ncd\n"):
        line = before.count(b"\n") + 1
        for end in (b"", b"\n", b"\r\n\n"):
            assert problem(before + b"x" * (7 - end.count(b"\r")) + end, size, longest=7) == ""
            message = problem(before + b"x" * 8 + end + b"\n" * 9, size, longest=7)
            assert message.startswith(f"f: line {line} is longer than 7 characters; ")


@pytest.mark.parametrize("size", [1, 2, 1 << 16])
def test_control_characters_are_refused_with_their_line(size):
    for code in {*range(32), 127} - {9, 10, 13}:
        message = problem(b"a\tb\r\n" + b"c" + bytes([code]) + b"d\n", size)
        assert message == f"f:2: holds the control character \\x{code:02x}; remove it"
    assert problem("a\u0085b\u2028\u00e9\n".encode(), size) == ""


@pytest.mark.parametrize("size", [1, 2, 1 << 16])
def test_carriage_returns_end_lines_or_are_refused(size):
    assert problem(b"a\r\nb\r\r\nc\r", size) == ""
    assert problem(b"a\nb\rc\n", size).startswith("f:2: has a carriage return inside a line; ")
    assert problem(b">a\rACGT\r", size, kind="fasta") == ""


def test_utf_16_is_left_to_the_decoder():
    assert problem("a\tb\n".encode("utf-16")) == ""


@pytest.mark.parametrize("record", ["@r\0x y\nACGT\n+\nIIII\n", ">r\x07x y\nACGT\n", ">r x\0y\nACGT\n"])
def test_a_control_character_in_a_name_is_reported_with_the_record(tmp_path, record):
    path = str(tmp_path / "r")
    with open(path, "w", newline="") as stream:
        stream.write(record.replace("\0", "").replace("\x07", "").replace("r", "q") + record)
    name = record[1:].partition("\n")[0].replace("\0", "?").replace("\x07", "?")
    line = record.count("\n") + 1
    for read in (read_reads, read_references) if record[0] == ">" else (read_reads,):
        message = refusal(lambda read=read: list(read(path)))
        assert message.startswith(f"{path}:{line}: record '{name}': holds the control character \\x0")


def test_only_references_may_have_a_chromosome_on_one_line(tmp_path):
    path = str(tmp_path / "chromosome.fa")
    with open(path, "wb") as stream:
        stream.write(b">1\n" + b"A" * (LONGEST_LINE + 1) + b"\n")
    assert len(read_references(path)[0].sequence) == LONGEST_LINE + 1 < LONGEST_SEQUENCE
    assert "line 2 is longer than 16,777,216 characters" in refusal(lambda: list(read_reads(path)))


def test_the_limit_for_reads_holds_over_several_lines(tmp_path):
    path = str(tmp_path / "reads.fa")
    with open(path, "wb") as stream:
        stream.write(b">1\nACGT\n>2\n" + (b"A" * 99 + b"\n") * (LONGEST_LINE // 100 + 2))
    assert "is longer than 16,777,216 characters; give reads" in refusal(lambda: list(read_reads(path)))


def test_a_very_long_name(tmp_path):
    path = str(tmp_path / "names.fa")
    with open(path, "wb") as stream:
        stream.write(b">" + b"x" * LONGEST_NAME)
    for read in (read_reads, read_references):
        assert "line 1 is longer than 1,048,576 characters" in refusal(lambda read=read: list(read(path)))


def test_lines_are_counted_after_a_byte_order_mark(tmp_path):
    path = tmp_path / "t"
    path.write_bytes(b"\xef\xbb\xbfa\nb\0\n")
    with open_text(str(path)) as stream:
        assert refusal(lambda: list(stream)).startswith(f"{path}:2: holds the control character \\x00")


TEXTS = [
    (name, option)
    for name, command in COMMANDS.items()
    if not command.heavy
    for option in command.inputs
    if command.kinds.get(option) not in ("model", "matrices", "npz")
]


@pytest.mark.parametrize(("name", "option"), TEXTS)
def test_every_reader_refuses_a_very_long_line(workplace, name, option):
    with gzip.open("bomb.gz", "wb", 1) as stream:
        stream.write(b"A" * (LONGEST_LINE + 2))
    changed = {option.strip("-").replace("-", "_") or "main": "bomb.gz"}
    done = run(name, [*COMMANDS[name].line(**changed), "-o", "out"])
    assert done.status == 1
    assert len(done.err.splitlines()) == 1
    assert "line 1 is longer than" in done.err or "is neither FASTA nor FASTQ" in done.err
    assert not os.path.exists("out")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux tells it")
def test_a_decompression_bomb_needs_little_memory(workplace):
    with gzip.open("bomb.fa.gz", "wb", 1) as stream:
        stream.write(b">x\n")
        for _ in range(100):
            stream.write(b"A" * (LONGEST_SEQUENCE // 90))
    # measured in the process itself: its parent would also see the parent's own memory
    script = "import sys; from tools.negatives_generate import main; status = main(); print('peak', next("
    script += "line for line in open('/proc/self/status') if 'VmHWM' in line).split()[1]); sys.exit(status)"
    line = [sys.executable, "-c", script, *COMMANDS["negatives-generate"].line(transcripts="bomb.fa.gz")]
    done = subprocess.run(line, capture_output=True, text=True, env=environment())
    assert "bomb.fa.gz: line 2 is longer than 300,000,000 characters" in done.stderr
    assert done.returncode == 1
    assert int(done.stdout.split("peak")[1]) < 500_000  # kB
