"""Tests of the scripts that test the suite, as far as they need no Galaxy (make galaxy-test runs everything)."""

import os
import socket
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import sample_data
import stages
from galaxy_forms import titles, visible_inputs
from galaxy_page import Check, junit, state_of
from galaxy_server import RunFolders, free_port
from galaxy_suite import PROJECT
from served_galaxy import ServedGalaxy, open_error


def test_two_galaxies_of_one_home_get_separate_folders(tmp_path: Path) -> None:
    first, second = RunFolders(tmp_path), RunFolders(tmp_path)
    assert [folders.run.name for folders in (first, second)] == ["run", "run-2"]
    assert [folders.reports.name for folders in (first, second)] == ["reports", "reports-2"]
    os.close(first.lock)
    third = RunFolders(tmp_path)
    assert third.run.name == "run"
    for folders in (second, third):
        os.close(folders.lock)


def test_a_port_in_use_is_skipped() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port


def test_message_without_a_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert stages.find_browser("no") is None
    assert stages.find_browser("if-there") is None
    with pytest.raises(SystemExit, match="apt-get install chromium"):
        stages.find_browser("yes")
    browser = tmp_path / "google-chrome"
    browser.touch(0o755)
    assert stages.find_browser("yes") == str(browser)
    assert stages.find_browser("no") is None


def test_sample_data_exist() -> None:
    for name in (*sample_data.SAMPLE_DATA, *sample_data.SAMPLES.values()):
        assert (PROJECT / "test-data" / name).exists()


def test_reports_belong_to_the_folder_of_the_galaxy_that_is_served(tmp_path: Path) -> None:
    galaxy = ServedGalaxy.__new__(ServedGalaxy)
    for run, reports in (("run", "reports"), ("run-2", "reports-2")):
        galaxy.run = tmp_path / "run" / run
        assert galaxy.reports == tmp_path / "run" / reports


def test_why_a_page_cannot_be_opened() -> None:
    assert "refused" in open_error(f"http://127.0.0.1:{free_port(None)}/")


def test_first_problem_of_a_test() -> None:
    failed = {"status": "failure", "output_problems": ["", "Output table:\n  differs"], "execution_problem": None}
    assert stages._result({"id": "a-0", "data": failed}) == ("a-0", "failure", "Output table: differs")
    assert stages._result({"id": "a-1", "data": {"status": "success"}}) == ("a-1", "success", "")


def _select(name: str, value: Any) -> dict[str, Any]:
    return {"type": "select", "name": name, "label": name.upper(), "value": value}


def test_inputs_that_a_form_shows() -> None:
    text = {"type": "text", "name": "t", "label": "T"}
    inputs = [
        {
            "type": "conditional",
            "name": "c",
            "test_param": _select("s", "b"),
            "cases": [
                {"value": "a", "inputs": [_select("x", "1")]},
                {"value": "b", "inputs": [_select("y", "1")]},
            ],
        },
        {"type": "section", "name": "part", "title": "Part", "inputs": [_select("z", None)]},
        {"type": "repeat", "name": "r", "title": "Again", "inputs": [text], "cache": [[text], [text]]},
        {"type": "repeat", "name": "none", "title": "Never", "inputs": [text], "cache": []},
        {"type": "hidden", "name": "h", "label": "H"},
        {"type": "hidden_data", "name": "i", "label": "I"},
        {"type": "text", "name": "j", "label": "J", "hidden": True},
    ]
    assert list(visible_inputs(inputs)) == [
        ("c|s", "S"),
        ("c|y", "Y"),
        ("part|z", "Z"),
        ("r_0|t", "T"),
        ("r_1|t", "T"),
    ]
    assert titles(inputs) == ["Part", "Again", "Never"]


@pytest.mark.parametrize(
    ("jobs", "populated", "state"),
    [
        ({"all_jobs": 2, "ok": 2, "error": 0}, "ok", "ok"),
        ({"all_jobs": 2, "ok": 1, "error": 1}, "ok", "error"),
        ({"all_jobs": 2, "ok": 1, "running": 1}, "ok", "running"),
        ({"all_jobs": 0}, "new", "new"),
    ],
)
def test_the_state_of_a_collection_is_that_of_its_jobs(jobs: dict[str, int], populated: str, state: str) -> None:
    item = {"history_content_type": "dataset_collection", "populated_state": populated, "job_state_summary": jobs}
    assert state_of(item) == state
    assert state_of({"history_content_type": "dataset", "state": "paused"}) == "paused"


def test_report_counts_what_failed() -> None:
    checks = [Check("log in", 1.5), Check("form of x", 2, "no input 'Y' (y) & <more>")]
    root = ET.fromstring(ET.tostring(junit(checks).getroot()))
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    assert [case.get("name") for case in root.findall("testcase")] == ["log in", "form of x"]
    failure = root.find("testcase/failure")
    assert failure is not None
    assert failure.text == "no input 'Y' (y) & <more>"
