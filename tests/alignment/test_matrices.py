"""Attribution matrices from valid and hostile files."""

import io
import os
import struct
import zipfile

import numpy as np
import pytest
from commands import refusal

from mirtools.alignment.matrices import Matrices
from mirtools.errors import UsageError

VALUES = np.arange(4 * 6 * 3, dtype=np.float32).reshape(4, 6, 3) / 7


def _all(path, step=3):
    with Matrices(str(path)) as matrices:
        parts = []
        while len(part := matrices.take(step)):
            parts.append(part)
        return np.concatenate(parts)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", ["<f4", "<f8", ">f8", "f2", "i2"])
def test_any_key_and_any_kind_of_number(tmp_path, save, dtype):
    values = (VALUES * 10).astype(dtype)
    save(tmp_path / "a.npz", shap=values)
    np.testing.assert_array_equal(_all(tmp_path / "a.npz"), values.astype(np.float64))


@pytest.mark.parametrize(
    "values",
    [VALUES[..., None], VALUES[..., None, None], np.asfortranarray(VALUES), VALUES[:0], VALUES[:1]],
    ids=["channel", "channel and output", "fortran", "none", "one"],
)
def test_shapes(tmp_path, values):
    np.savez(tmp_path / "a.npz", values)
    np.save(tmp_path / "a.npy", values)
    for name in ("a.npz", "a.npy"):
        with Matrices(str(tmp_path / name)) as matrices:
            assert (matrices.count, matrices.site_length, matrices.mirna_length) == (len(values), 6, 3)
            np.testing.assert_array_equal(matrices.take(9), values.reshape(-1, 6, 3))
            assert len(matrices.take(9)) == 0


def test_one_pair_needs_no_first_axis(tmp_path):
    np.savez(tmp_path / "a.npz", VALUES[0])
    np.testing.assert_array_equal(_all(tmp_path / "a.npz"), VALUES[:1])


def _npy(header, version=(1, 0), data=b""):
    text = header.encode("latin-1")
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text + data


def _header(shape, descr="<f4", order=False):
    return repr({"descr": descr, "fortran_order": order, "shape": shape}) + "\n"


def _zip(*contents, names=None, compression=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for number, content in enumerate(contents):
            archive.writestr((names or [f"arr_{i}.npy" for i in range(9)])[number], content)
    return stream.getvalue()


def _pickle():
    stream = io.BytesIO()
    np.save(stream, np.array([{"a": print}], object), allow_pickle=True)
    return stream.getvalue()


GOOD = _npy(_header((1, 2, 2)), data=np.ones(4, np.float32).tobytes())
BAD = {
    "empty": (b"", "not a NumPy file"),
    "text": (b"mirna_seq\tsite_seq\n", "not a NumPy file"),
    "cut archive": (_zip(GOOD)[:60], "damaged"),
    "two arrays": (_zip(GOOD, GOOD), "has 2 arrays (arr_0, arr_1)"),
    "no array": (_zip(), "has 0 arrays"),
    "no array inside": (_zip(b"hello world"), "not a NumPy file"),
    "pickle": (_zip(_pickle()), "not plain numbers"),
    "text array": (_zip(_npy(_header((1, 2, 2), "<U4"))), "not plain numbers"),
    "complex": (_zip(_npy(_header((1, 2, 2), "<c8"))), "not plain numbers"),
    "structure": (_zip(_npy(_header((1, 2, 2), [("a", "<f4")]))), "not plain numbers"),
    "code in the header": (_zip(_npy("__import__('os').system('touch marker')\n")), "not a NumPy file"),
    "header of gigabytes": (_zip(b"\x93NUMPY\x02\x00" + struct.pack("<I", 1 << 31)), "plain numbers"),
    "open bracket in the header": (_npy(_header((1, 2, 2)).replace("}", "(")), "not a NumPy file"),
    "odd escapes in the header": (_npy("{'\\\\d': 1}\\n"), "not a NumPy file"),
    "deep header": (_npy("(" * 5000 + "\n"), "not a NumPy file"),
    "long number in the header": (_npy(_header((1, 2, 2)).replace("1", "9" * 5000)), "not a NumPy file"),
    "unknown version": (_zip(b"\x93NUMPY\x09\x00" + b"\0" * 99), "plain numbers"),
    "cut header": (_zip(GOOD[:20]), "not a NumPy file"),
    "vector": (_zip(_npy(_header((4,)))), "contains 4; save an array"),
    "number": (_zip(_npy(_header(()))), "a single number"),
    "four axes": (_zip(_npy(_header((1, 2, 2, 2)))), "contains 1x2x2x2"),
    "no bases": (_zip(_npy(_header((3, 0, 2)))), "contains 3x0x2"),
    "negative axis": (_zip(_npy(_header((-3, 2, 2)))), "contains -3x2x2"),
    "huge matrix": (_zip(_npy(_header((1, 10**9, 10**9)))), "give smaller ones"),
    "huge axes of length 1": (_zip(_npy(_header((10**12, 50, 20)))), "ends too early"),
    "huge in Fortran's order": (_zip(_npy(_header((10**9, 50, 20), order=True))), "ascontiguousarray"),
    "cut data": (_zip(GOOD[:-1]), "ends too early"),
    "cut data in Fortran's order": (_zip(_npy(_header((1, 2, 2), order=True), data=b"\0" * 9)), "too early"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    content, words = BAD[name]
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    message = refusal(lambda: _all("bad.npz"))
    assert message.startswith("bad.npz: ")
    assert words in message
    assert len(message) <= 180
    assert "; " in message
    assert [file.name for file in tmp_path.iterdir()] == ["bad.npz"]


def test_a_pipe_is_rejected(tmp_path):
    os.mkfifo(tmp_path / "a.npz")
    assert "is not a regular file" in refusal(lambda: _all(tmp_path / "a.npz"))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e101])
def test_values_that_are_not_numbers_are_reported(tmp_path, value):
    values = VALUES.astype(np.float64)
    values[2, 1, 1] = value
    np.savez(tmp_path / "a.npz", values)
    assert "matrix 3 has a value" in refusal(lambda: _all(tmp_path / "a.npz", 2))


def test_damage_at_every_byte_is_reported_or_harmless(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", VALUES[:1])
    whole = (tmp_path / "a.npz").read_bytes()
    path = tmp_path / "b.npz"
    for at in range(len(whole)):
        for content in (whole[:at], whole[:at] + bytes([whole[at] ^ 0xA5]) + whole[at + 1 :]):
            path.write_bytes(content)
            refusal(lambda: _all(path))  # raises only InputError


def test_encrypted_and_unknown_compression(tmp_path):
    whole = bytearray(_zip(GOOD))
    for place, value in ((6, 1), (8, 99)):  # flag, method: in both headers
        broken = whole.copy()
        broken[place] = value
        broken[broken.index(b"PK\x01\x02") + place + 2] = value
        (tmp_path / "a.npz").write_bytes(broken)
        assert "damaged or not a .npz" in refusal(lambda: _all(tmp_path / "a.npz"))


def test_a_zip_bomb_needs_little_memory(tmp_path):
    import resource

    with (
        zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.npy", "w", force_zip64=True) as stream,
    ):
        stream.write(_npy(_header((400_000, 50, 20))))
        for _ in range(100):
            stream.write(bytes(1 << 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Matrices(str(tmp_path / "a.npz")) as matrices:
        assert not matrices.take(1000).any()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


def test_standard_input_and_missing_files(tmp_path):
    assert "cannot be read (no such file" in refusal(lambda: Matrices(str(tmp_path / "absent.npz")))
    assert "is a directory" in refusal(lambda: Matrices(str(tmp_path)))
    with pytest.raises(UsageError, match="give a file"):
        Matrices("-")
