"""What tests of several commands share: a folder with good inputs, and programs that outputs are held against."""

from __future__ import annotations

import os
import signal

import commands
import good_inputs
import pytest
from hypothesis import settings

# As in a process of a command's own; BLAS reads it when NumPy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# How long an example takes is up to the machine.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
# A shell's background jobs ignore Ctrl-C, and so would every command that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Put files that hold long tests first: workers take whole files, and shall end at about the same time."""
    long = {item.path for item in items if {"slow", "package"} & {mark.name for mark in item.iter_markers()}}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """A folder with a small good input of every kind. Nobody writes into it."""
    folder = tmp_path_factory.mktemp("inputs")
    good_inputs.make(folder)
    return folder


@pytest.fixture
def workplace(inputs, tmp_path, monkeypatch):
    """A fresh working folder in which all ``inputs`` can be named."""
    for path in inputs.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def short_sequences(monkeypatch):
    """Let tables hold miRNAs and sites of any length, so that answers can be found by hand."""
    from mirtools.spellings import SEQUENCES

    for name in SEQUENCES:
        monkeypatch.setitem(SEQUENCES, name, 0)


@pytest.fixture(scope="session")
def peer():
    """Return the path of a program of the field that outputs are held against; skips where it is absent."""

    def find(name):
        path = commands.PEERS / name
        if not path.exists():
            pytest.skip(f"{name} is not installed; run make peers")
        return str(path)

    return find
