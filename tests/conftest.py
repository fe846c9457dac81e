"""Fixtures of several tests: a folder with good inputs, and programs with which outputs are compared."""

from __future__ import annotations

import os
import signal

import commands
import good_inputs
import pytest
from hypothesis import settings

# As in the process of a command; BLAS reads it when NumPy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# The time of an example depends on the machine.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
# Background jobs of a shell ignore Ctrl-C, and the commands that tests start would inherit this.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Put files with long tests first, so that workers, which run whole files, end at about the same time."""
    long = {item.path for item in items if {"slow", "package"} & {mark.name for mark in item.iter_markers()}}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """A folder with a small good input of every kind, to which tests must not write."""
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
    from mirtools.io.spellings import SEQUENCES

    for name in SEQUENCES:
        monkeypatch.setitem(SEQUENCES, name, 0)


@pytest.fixture(scope="session")
def peer():
    """Return the path of a program with which outputs are compared; skip the test if it is not installed."""

    def find(name):
        path = commands.PEERS / name
        if not path.exists():
            pytest.skip(f"{name} is not installed; run make peers")
        return str(path)

    return find
