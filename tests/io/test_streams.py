"""Opening inputs and writing outputs."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import stat
import subprocess
import sys
import threading
import time

import pytest
from commands import refusal

from mirtools.errors import InputError, MissingExtraError, OutputError, UsageError, shorten
from mirtools.io.streams import Outputs, has_suffix, open_input, open_text, reading, start_of

TEXT = b">a\nACGTACGTTTGACA\n>b\nGGGTTTACAC\n>c\nTTGACAGTA\n"


def zstandard(data: bytes) -> bytes:
    from xopen import xopen

    packed = io.BytesIO()
    with xopen(packed, "wb", format="zst", threads=0) as stream:
        stream.write(data)
    return packed.getvalue()


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard}


def content_of(path) -> bytes:
    with open_input(str(path)) as stream, reading(str(path)):
        return stream.read()


# ---- inputs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", ".gz", ".txt"])
@pytest.mark.parametrize("kind", [None, *PACKERS])
@pytest.mark.parametrize("size", [0, 1, 3, 5, 6, 7, 40, 300_000])
def test_compression_is_recognised_by_content(tmp_path, kind, suffix, size):
    content = (TEXT * (size // len(TEXT) + 1))[:size]
    path = tmp_path / f"in{suffix}"
    path.write_bytes(PACKERS[kind](content) if kind else content)
    with open_input(str(path)) as stream:
        assert stream.read() == content


@pytest.mark.parametrize("kind", PACKERS)
def test_a_cut_anywhere_is_reported(tmp_path, kind):
    whole = PACKERS[kind](TEXT)
    path = tmp_path / "cut"
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        found: list[bytes] = []
        message = refusal(lambda found=found: found.append(content_of(path)))
        if message:
            assert message.startswith(f"{path}: compressed data ")
        else:
            # too short to be recognised, or only the end of the stream is missing, which no reader needs
            assert found == [whole[:size] if size < 6 else TEXT]


@pytest.mark.parametrize("kind", PACKERS)
def test_damage_anywhere_is_reported_or_harmless(tmp_path, kind):
    whole = PACKERS[kind](TEXT)
    path = tmp_path / "bad"
    reported = 0
    for place in range(len(whole)):
        for flip in (0x01, 0x80, 0xFF):
            data = bytearray(whole)
            data[place] ^= flip
            path.write_bytes(bytes(data))
            reported += bool(refusal(lambda: content_of(path)))
    # this Zstandard stream carries no checksum
    assert reported > (0 if kind == "zst" else len(whole))


def test_first_bytes_of_a_slow_pipe(tmp_path):
    for content in (TEXT, gzip.compress(TEXT), b"", b"x"):
        reader, writer = os.pipe()

        def write(writer=writer, content=content):
            with os.fdopen(writer, "wb", 0) as stream:
                for place in range(len(content)):
                    stream.write(content[place : place + 1])
                    if place < 8:
                        time.sleep(0.001)

        thread = threading.Thread(target=write)
        thread.start()
        with open_input(f"/dev/fd/{reader}") as stream:
            assert stream.read() == (TEXT if content[:2] == b"\x1f\x8b" else content)
        thread.join()
        os.close(reader)


def test_start_of_a_stream():
    for size in (0, 1, 9, len(TEXT), len(TEXT) + 1):
        head, stream = start_of(io.BufferedReader(io.BytesIO(TEXT)), size)
        assert head == TEXT[:size]
        assert stream.peek(1)
        assert b"".join(iter(lambda stream=stream: stream.read(7), b"")) == TEXT
        stream.close()


def test_files_are_closed(tmp_path):
    def open_files():
        return len(os.listdir("/proc/self/fd"))

    before = open_files()
    for kind, pack in PACKERS.items():
        path = tmp_path / kind
        path.write_bytes(pack(TEXT))
        with open_text(str(path)) as stream:
            stream.readline()
        stream = open_input(str(path))
        stream.close()
    (tmp_path / "short").write_bytes(b"A")
    open_input(str(tmp_path / "short")).close()
    assert open_files() == before


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("absent", "absent: cannot be read (no such file or directory)"),
        ("", "'': cannot be read (no such file or directory)"),
        ("/", "/: cannot be read (is a directory)"),
        ("x" * 300, "file name too long"),
    ],
)
def test_files_that_cannot_be_opened(path, message):
    with pytest.raises(InputError) as caught:
        open_input(path)
    assert message in str(caught.value)


def test_text_has_no_byte_order_mark_and_keeps_carriage_returns(tmp_path):
    path = tmp_path / "t"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\r\r\nc\xe2\x80\xa8d\n")
    with open_text(str(path)) as stream:
        assert list(stream) == ["a\r\n", "b\r\r\n", "c\u2028d\n"]


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (EOFError("x"), "f: compressed data end too early"),
        (OSError("Invalid data stream"), "f: compressed data are damaged"),
        (OSError(5, "Input/output error"), "f: cannot be read (input/output error)"),
        (lzma.LZMAError("x"), "f: compressed data are damaged"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), "f: is not text (UTF-8)"),
    ],
)
def test_errors_while_reading(raised, message):
    with pytest.raises(InputError) as caught, reading("f"):
        raise raised
    assert str(caught.value).startswith(message)


def test_other_errors_while_reading_are_not_converted():
    for kind in (ValueError, KeyError, InputError):
        with pytest.raises(kind), reading("f"):
            raise kind("x")


# ---- outputs ------------------------------------------------------------------------------------------------


def test_outputs_appear_together(tmp_path):
    first, second = tmp_path / "a.txt", tmp_path / "b.bin"
    with Outputs() as outputs:
        outputs.open(str(first)).write("é\n")
        outputs.open_binary(str(second)).write(b"\0")
        assert not first.exists()
        assert not second.exists()
        assert len(list(tmp_path.iterdir())) == 2
    assert first.read_bytes() == b"\xc3\xa9\n"
    assert second.read_bytes() == b"\0"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_outputs_are_removed_after_an_error(tmp_path, error):
    (tmp_path / "old").write_text("before")

    def work():
        with Outputs() as outputs:
            for name in ("old", "new.gz", "newer.zst"):
                outputs.open(str(tmp_path / name)).write("after" * 100_000)
            raise error

    with pytest.raises(error):
        work()
    assert (tmp_path / "old").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2", ".xz", ".zst"])
def test_compressed_by_suffix_and_the_same_bytes_every_time(tmp_path, suffix):
    digests = set()
    for number, folder in enumerate(("one", "two")):
        path = tmp_path / folder / f"out.tsv{suffix}"
        path.parent.mkdir()
        time.sleep(1.1 * number if suffix == ".gz" else 0)  # gzip could store the time
        with Outputs() as outputs:
            outputs.open(str(path)).write("ACGT\n" * 1000)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
        with open_text(str(path)) as stream:
            assert stream.read() == "ACGT\n" * 1000
        assert (path.stat().st_size < 1000) == bool(suffix)
    assert len(digests) == 1


def test_permissions_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        with Outputs() as outputs:
            outputs.open(str(tmp_path / "out"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o640


def test_links_stay_links(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder/target")
    with Outputs() as outputs:
        outputs.open(str(tmp_path / "link")).write("x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder/target").read_text() == "x"


def test_long_names_of_outputs(tmp_path):
    name = "é" * 125 + ".tsv"
    with Outputs() as outputs:
        outputs.open(str(tmp_path / name)).write("x")
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("second", ["a", "./a", "link", "../here/a"])
def test_one_file_for_two_outputs_is_refused(tmp_path, monkeypatch, second):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    os.symlink("a", "link")
    with Outputs() as outputs:
        outputs.open("a")
        with pytest.raises(UsageError, match="named for two outputs"):
            outputs.open(second)


def test_devices_may_be_named_twice(tmp_path):
    with Outputs() as outputs:
        for _ in range(3):
            outputs.open("/dev/null").write("x")


@pytest.mark.parametrize("path", ["", "absent/out", "/", "/dev/null/x", "x" * 300])
def test_unwritable_outputs(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with Outputs() as outputs, pytest.raises(OutputError, match="cannot be written"):
        outputs.open(path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2", ".xz", ".zst"])
@pytest.mark.parametrize("size", [1, 10_000_000])
def test_full_disk_names_the_file(tmp_path, suffix, size):
    path = tmp_path / f"full{suffix}"
    path.symlink_to("/dev/full")
    content = os.urandom(size // 2).hex() if size < 100 or suffix != ".xz" else os.urandom(500_000).hex()

    def work():
        with Outputs() as outputs:
            outputs.open(str(tmp_path / "other")).write("x")
            outputs.open(str(path)).write(content or "x")

    with pytest.raises(OutputError) as caught:
        work()
    assert str(caught.value) == f"{path}: cannot be written (no space left on device)"
    assert os.listdir(tmp_path) == [path.name]


def test_folder_that_vanishes(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()

    def work():
        with Outputs() as outputs:
            outputs.open(str(folder / "out")).write("x")
            for path in folder.iterdir():
                path.unlink()
            folder.rmdir()

    with pytest.raises(OutputError, match="out: cannot be written"):
        work()


def test_standard_output_stays_open():
    code = (
        "import sys\nfrom mirtools.io.streams import Outputs\n"
        "for number in range(2):\n"
        "    with Outputs() as outputs:\n"
        "        outputs.open('-').write(f'{number}\\n')\n"
        "print('end')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n1\nend\n"


# ---- messages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "bad"),
        ({"source": "f"}, "f: bad"),
        ({"source": "-", "line": 3}, "<stdin>:3: bad"),
        ({"line": 3}, "line 3: bad"),
        ({"source": "f", "line": 3, "record": "r"}, "f:3: record 'r': bad"),
        ({"source": "", "record": "x" * 100}, "'': record '" + "x" * 19 + "..." + "x" * 18 + "': bad"),
    ],
)
def test_place_of_an_input_error(arguments, message):
    assert str(InputError("bad", **arguments)) == message


def test_missing_extra():
    error = MissingExtraError("X", "pip install x")
    assert str(error) == "X is not installed; install it with: pip install x"
    assert error.exit_code == 1


@pytest.mark.parametrize("width", [5, 6, 7, 20, 200])
@pytest.mark.parametrize("text", ["", "a", "abcdefghij" * 30, "a\nb\tc\x1b[31m\u202e", "\ud800" * 300, "é" * 300])
def test_shorten(text, width):
    short = shorten(text, width)
    assert len(short) <= max(width, 5)
    assert short.isprintable()
    if len(text) <= width:
        assert len(short) == len(text)
    else:
        assert "..." in short


@pytest.mark.parametrize(
    ("path", "suffix", "found"),
    [
        ("a.hyb", ".hyb", True),
        ("a.hyb.gz", ".hyb", True),
        ("a.gz.hyb", ".hyb", True),
        ("a.hyb.txt", ".hyb", False),
        ("hyb", ".hyb", False),
        ("-", ".hyb", False),
    ],
)
def test_has_suffix(path, suffix, found):
    assert has_suffix(path, suffix) is found
