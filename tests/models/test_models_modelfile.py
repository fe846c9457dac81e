"""The model file: a written model is read back, and anything but an intact model is rejected."""

import io
import json
import os
import pickle
import struct
import sys
import time
import tracemalloc
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import slow_dmiso

from mirtools.errors import InputError, UsageError
from mirtools.models import bundled
from mirtools.models.base import Model
from mirtools.models.dmiso.family import Dmiso
from mirtools.models.modelfile import load_model, save_model


def model_bytes(**changes):
    stream = io.BytesIO()
    facts = {"training": {"seed": 3}, "metrics": {"auroc": 0.5}, **changes}
    save_model(Model(Dmiso(), slow_dmiso.random_weights(), "try", **facts), stream)
    return stream.getvalue()


GOOD = model_bytes()


def parts(data):
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def joined(header, data):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def with_header(change):
    header, data = parts(GOOD)
    change(header)
    return joined(header, data)


def with_description(change):
    def edit(header):
        description = json.loads(header["__metadata__"]["mirtools"])
        change(description)
        header["__metadata__"]["mirtools"] = json.dumps(description)

    return with_header(edit)


def with_number(value, tensor="dense.bias"):
    header, data = parts(GOOD)
    begin = header[tensor]["data_offsets"][0]
    return joined(header, data[:begin] + struct.pack("<f", value) + data[begin + 4 :])


def with_extra_tensor():
    header, data = parts(GOOD)
    header["extra"] = {"dtype": "F32", "shape": [1], "data_offsets": [len(data), len(data) + 4]}
    return joined(header, data + b"\0\0\0\0")


def zipped():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("../../config.json", "{}")
    return stream.getvalue()


def duplicate_key():
    header, data = parts(GOOD)
    text = json.dumps(header)
    entry = json.dumps(header["output.bias"])
    return joined((text[:-1] + f', "output.bias": {entry}}}').encode(), data)


class _Opener:
    def __reduce__(self):
        return (os.mkdir, ("hacked",))


HOSTILE = {
    "empty": b"",
    "seven bytes": b"1234567",
    "text": b"a model, honestly\n",
    "html": b"<!DOCTYPE html><html><body>404</body></html>",
    "pickle": pickle.dumps(_Opener()),
    "zip (.keras)": zipped(),
    "hdf5": b"\x89HDF\r\n\x1a\n" + b"\0" * 100,
    "gzip": b"\x1f\x8b\x08\0" + b"\0" * 100,
    "header of 16 EB": b"\xff" * 8 + b"{}",
    "header of 100 MB": struct.pack("<Q", 100_000_000) + b"{" * 100,
    "header cut": GOOD[:500],
    "data cut": GOOD[:-4],
    "data appended": GOOD + b"\0" * 4,
    "no JSON": joined(b"{nonsense}", b""),
    "nested": joined(b"[" * 200_000, b""),
    "a list": joined(b"[]", b""),
    "not UTF-8": joined(b"\xff\xfe{}", b""),
    "duplicate key": duplicate_key(),
    "no metadata": with_header(lambda header: header.pop("__metadata__")),
    "metadata without description": with_header(lambda header: header["__metadata__"].pop("mirtools")),
    "description no JSON": with_header(lambda header: header["__metadata__"].update(mirtools="{")),
    "future format": with_description(lambda facts: facts.update(format_version=2)),
    "unknown architecture": with_description(lambda facts: facts.update(architecture="lambda")),
    "architecture is a list": with_description(lambda facts: facts.update(architecture=["dmiso"])),
    "other encoder": with_description(lambda facts: facts.update(encoder="one-hot-ACGT")),
    "other length": with_description(lambda facts: facts.update(site_length=61)),
    "length true": with_description(lambda facts: facts.update(mirna_length=True)),
    "threshold text": with_description(lambda facts: facts.update(threshold="0.5")),
    "threshold 2": with_description(lambda facts: facts.update(threshold=2)),
    "threshold NaN": with_description(lambda facts: facts.update(threshold=float("nan"))),
    "name is a number": with_description(lambda facts: facts.update(name=3)),
    "nan": with_number(float("nan")),
    "infinite": with_number(float("inf")),
    "negative variance": with_number(-1.0, "lstm_norm.variance"),
    "tensor missing": with_header(lambda header: header.pop("dense.bias")),
    "tensor extra": with_extra_tensor(),
    "tensor no object": with_header(lambda header: header.update({"dense.bias": 3})),
    "other shape": with_header(lambda header: header["dense.kernel"].update(shape=[100, 1400])),
    "huge shape": with_header(lambda header: header["dense.kernel"].update(shape=[2**62, 4])),
    "negative shape": with_header(lambda header: header["dense.bias"].update(shape=[-100])),
    "float64": with_header(lambda header: header["dense.bias"].update(dtype="F64")),
    "offsets outside": with_header(lambda header: header["dense.bias"].update(data_offsets=[2**40, 2**40 + 400])),
    "offsets negative": with_header(lambda header: header["dense.bias"].update(data_offsets=[-400, 0])),
    "offsets no integers": with_header(lambda header: header["dense.bias"].update(data_offsets=[0.0, 400.0])),
    "overlap": with_header(
        lambda header: header["dense.bias"].update(data_offsets=header["dense_norm.beta"]["data_offsets"])
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_file_is_rejected(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(HOSTILE[kind])
    begin = time.monotonic()
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as caught:
            load_model("model.safetensors")
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
    assert time.monotonic() - begin < 1
    message = str(caught.value)
    assert message.startswith("model.safetensors: ")
    assert len(message) <= 180
    assert "\n" not in message
    assert os.listdir(".") == ["model.safetensors"]


def test_sparse_terabyte_is_rejected(tmp_path):
    path = tmp_path / "big.safetensors"
    with path.open("wb") as stream:
        stream.write(GOOD)
        stream.truncate(1 << 38)
    with pytest.raises(InputError, match="larger than any model"):
        load_model(str(path))


def test_only_regular_files_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "device", "folder"):
        with pytest.raises(InputError, match="is not a regular file; give a model"):
            load_model(str(tmp_path / name))
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("absent", "dangling"):
        with pytest.raises(InputError, match="cannot be read"):
            load_model(str(tmp_path / name))


def test_round_trip(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(GOOD)
    (tmp_path / "link.safetensors").symlink_to(path)
    model = load_model(str(tmp_path / "link.safetensors"))
    expected = slow_dmiso.random_weights()
    assert model.weights.keys() == expected.keys()
    assert all((model.weights[name] == expected[name]).all() for name in expected)
    assert (model.name, model.threshold, model.architecture) == ("try", 0.5, "dmiso")
    assert (model.training, model.metrics) == ({"seed": 3}, {"auroc": 0.5})
    assert len(model.checksum) == 64


def test_same_model_same_bytes():
    assert model_bytes() == GOOD
    assert model_bytes(threshold=0.4) != GOOD


def test_damage_of_the_header_is_rejected_or_harmless(tmp_path):
    """If a bit of the header is flipped, the file is rejected or all weights are finite."""
    path = tmp_path / "model.safetensors"
    random = np.random.default_rng(4)
    (length,) = struct.unpack("<Q", GOOD[:8])
    for place in random.integers(0, 8 + length, 150).tolist():
        data = bytearray(GOOD)
        data[place] ^= 1 << int(random.integers(0, 8))
        path.write_bytes(data)
        try:
            model = load_model(str(path))
        except InputError:
            continue
        assert all(np.isfinite(value).all() for value in model.weights.values())


def test_loading_imports_no_tensorflow(tmp_path):
    import subprocess

    path = tmp_path / "model.safetensors"
    path.write_bytes(GOOD)
    code = (
        "import sys; from mirtools.models.modelfile import load_model; load_model(sys.argv[1]); "
        "sys.exit('tensorflow' in sys.modules or 'pickle' in sys.modules and 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 0


def test_default_is_the_bundled_model_that_validates_best(monkeypatch):
    models = [bundled.resolve_model(name) for name in bundled.bundled_names()]
    precisions = {model.name: model.metrics["held_out"]["average_precision"] for model in models}
    default = bundled.resolve_model()
    assert precisions[default.name] == max(precisions.values())
    better = replace(default, name="better", metrics={"held_out": {"average_precision": 0.99}})
    unknown = replace(default, name="unknown", metrics={})
    available = {"better": better, "dmiso": default, "unknown": unknown}
    monkeypatch.setattr(bundled, "bundled_names", lambda: sorted(available))
    monkeypatch.setattr(bundled, "_bundled", available.__getitem__)
    assert bundled.resolve_model() is better


def test_names_and_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.safetensors").write_bytes(GOOD)
    (tmp_path / "plain").write_bytes(GOOD)
    for name in ("mine.safetensors", "./plain", "plain"):
        assert bundled.resolve_model(name).name == "try"
    with pytest.raises(UsageError, match="no model 'other'; bundled: dmiso"):
        bundled.resolve_model("other")
