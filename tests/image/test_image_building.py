"""The parts of building and testing the images that need no container engine (make image-test runs all of it)."""

import build_images
import pytest
from build_images import CannotBuildError, StepError, find_engine, last_line, tail
from image_checks import difference
from run_image_tests import run_step


def test_last_line_of_the_first_text_that_is_not_empty():
    assert last_line(" \n", "one\ntwo\n\n", "three") == "two"
    assert last_line("", "") == "no message"


def test_the_end_of_a_log_has_no_stack_of_the_engine(tmp_path):
    log = tmp_path / "build.log"
    lines = [f"step {number}" for number in range(20)]
    log.write_text("\n".join([*lines, "error: no such package", "panic: nil pointer", *["stack"] * 30]))
    assert tail(log).splitlines() == [f"    step {number}" for number in range(9, 20)] + [
        "    error: no such package"
    ]


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("a 0.123456 b", "a 0.123456 b", ""),
        ("a 0.123456 b", "a 0.123457 b", ""),
        ("a 0.123456 b", "a 0.123556 b", "'0.123456' is '0.123556'"),
        ("a 12 b", "a 13 b", "'12' is '13'"),
        ("a 1e-9 b", "a 1.1e-9 b", ""),
        ("same", "same more", "'same' is 'same more'"),
    ],
)
def test_only_last_digits_may_differ(one, other, found):
    assert difference(one, other) == found


def test_a_step_reports_its_detail_or_its_failure(capsys):
    def fails():
        raise StepError("no such file")

    assert run_step("files", lambda: "3 files")
    assert run_step("lint", lambda: "")
    assert not run_step("demo", fails)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("s  files: 3 files")
    assert lines[1].endswith("s  lint")
    assert lines[2] == "FAILED demo: no such file"


def test_why_no_image_can_be_built(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(build_images.os, "geteuid", lambda: 1000)
    with pytest.raises(CannotBuildError, match="no docker or podman answers"):
        find_engine(tmp_path)
    monkeypatch.setattr(build_images.os, "geteuid", lambda: 0)
    with pytest.raises(CannotBuildError, match="podman is missing"):
        find_engine(tmp_path)
