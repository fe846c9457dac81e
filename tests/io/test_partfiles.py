"""Part files: those of dead runs are removed, those of live runs are not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mirtools.io import partfiles
from mirtools.io.partfiles import PartFile
from mirtools.io.streams import Outputs

pytestmark = pytest.mark.skipif(not os.path.exists(partfiles._SYSTEM), reason="this system has no name")


def parts(folder) -> list[str]:
    return sorted(path for path in os.listdir(folder) if path.endswith(".part"))


def killed(path) -> None:
    """Write a file in a process that is killed while it writes."""
    code = (
        "import os, signal, sys\nfrom mirtools.io.streams import Outputs\n"
        "Outputs().open(sys.argv[1]).write('x'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)]).returncode == -9


def write(path) -> None:
    with Outputs() as outputs:
        outputs.open(str(path)).write("y")


def test_a_dead_runs_part_is_removed_by_the_next_run_with_the_same_output(tmp_path):
    for name in ("out", "out.json", "o" * 50 + "1", "o" * 50 + "2"):
        killed(tmp_path / name)
    left = parts(tmp_path)
    assert len(left) == 4
    write(tmp_path / "out")
    assert len(parts(tmp_path)) == 3
    write(tmp_path / ("o" * 50 + "2"))
    assert len(parts(tmp_path)) == 2
    write(tmp_path / "other")
    assert len(parts(tmp_path)) == 2
    assert {name for name in left if name in parts(tmp_path)} == set(parts(tmp_path))


def test_a_live_run_keeps_its_part_until_the_file_has_its_name(tmp_path, monkeypatch):
    path = tmp_path / "out"
    replace, seen = os.replace, []

    def replaced(*names):
        monkeypatch.setattr(os, "replace", replace)
        write(path)  # another run, after this one's streams were closed and before its part has the final name
        seen.append(path.read_text())
        replace(*names)

    with Outputs() as outputs:
        outputs.open(str(path)).write("x")
        write(path)
        assert path.read_text() == "y"
        assert len(parts(tmp_path)) == 1
        monkeypatch.setattr(os, "replace", replaced)
    assert seen == ["y"]
    assert (path.read_text(), parts(tmp_path)) == ("x", [])


def test_parts_of_another_machine_stay(tmp_path, monkeypatch):
    killed(tmp_path / "out")
    other = tmp_path / "id"
    other.write_text("another")
    monkeypatch.setattr(partfiles, "_SYSTEM", str(other))
    write(tmp_path / "out")
    assert len(parts(tmp_path)) == 1


@pytest.mark.parametrize("missing", ["name", "locks"])
def test_without_names_or_locks_nothing_is_removed(tmp_path, monkeypatch, missing):
    killed(tmp_path / "out")
    if missing == "name":
        monkeypatch.setattr(partfiles, "_SYSTEM", str(tmp_path / "none"))
    else:

        def flock(handle, how):
            raise OSError(38, "Function not implemented")

        monkeypatch.setattr(partfiles.fcntl, "flock", flock)
    part = PartFile(str(tmp_path / "out"))
    os.close(part.open())
    assert len(parts(tmp_path)) == 2
    # no process looks for a lock of it
    monkeypatch.undo()
    write(tmp_path / "out")
    assert parts(tmp_path) == [os.path.basename(part.name)]
    part.finish()
    assert parts(tmp_path) == []


def test_a_part_that_is_removed_before_it_is_locked_is_created_again(tmp_path, monkeypatch):
    flock = partfiles.fcntl.flock

    def late(handle, how):
        monkeypatch.setattr(partfiles.fcntl, "flock", flock)
        partfiles._sweep(str(tmp_path), partfiles._mark("out"))
        flock(handle, how)

    part = PartFile(str(tmp_path / "out"))
    monkeypatch.setattr(partfiles.fcntl, "flock", late)
    os.close(part.open())
    assert parts(tmp_path) == [os.path.basename(part.name)]
    part.finish()
    assert os.listdir(tmp_path) == ["out"]


def test_other_files_stay(tmp_path):
    mark = partfiles._mark("out")
    os.symlink("elsewhere", tmp_path / f"{mark}1.part")
    os.mkdir(tmp_path / f"{mark}2.part")
    (tmp_path / ".out.part").write_text("")
    write(tmp_path / "out")
    assert len(parts(tmp_path)) == 3
