"""The pure parts of what boots a Galaxy and looks at it in a browser (make galaxy-test runs them for real)."""

import importlib.util
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SUITE = Path(__file__).resolve().parents[1] / "galaxy_xml"


def _load(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SUITE))
    spec = importlib.util.spec_from_file_location(name, SUITE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def local_galaxy(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return _load("local_galaxy", monkeypatch)


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return _load("stages", monkeypatch)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return _load("served", monkeypatch)


@pytest.fixture
def browse_galaxy(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return _load("browse_galaxy", monkeypatch)


def test_two_galaxies_of_one_home_get_folders_of_their_own(local_galaxy: ModuleType, tmp_path: Path) -> None:
    first, second = local_galaxy.Place(tmp_path), local_galaxy.Place(tmp_path)
    assert [place.run.name for place in (first, second)] == ["run", "run-2"]
    assert [place.reports.name for place in (first, second)] == ["reports", "reports-2"]
    local_galaxy.os.close(first.lock)
    third = local_galaxy.Place(tmp_path)
    assert third.run.name == "run"
    for place in (second, third):
        local_galaxy.os.close(place.lock)


def test_a_port_in_use_is_passed_over(local_galaxy: ModuleType) -> None:
    with local_galaxy.socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert local_galaxy.free_port(port) > port


def test_what_is_said_without_a_browser(
    stages: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert stages.find_browser("no") is None
    assert stages.find_browser("if-there") is None
    with pytest.raises(SystemExit, match="apt-get install chromium"):
        stages.find_browser("yes")
    browser = tmp_path / "google-chrome"
    browser.touch(0o755)
    assert stages.find_browser("yes") == str(browser)
    assert stages.find_browser("no") is None


def test_sample_data_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = _load("samples", monkeypatch)
    for name in (*samples.SAMPLE_DATA, *samples.SAMPLES.values()):
        assert (SUITE.parent / "test-data" / name).exists()


def test_reports_belong_to_the_folder_of_the_galaxy_that_is_served(served: ModuleType, tmp_path: Path) -> None:
    galaxy = served.Served.__new__(served.Served)
    for run, reports in (("run", "reports"), ("run-2", "reports-2")):
        galaxy.run = tmp_path / "run" / run
        assert galaxy.reports == tmp_path / "run" / reports


def test_why_a_page_cannot_be_opened(served: ModuleType, local_galaxy: ModuleType) -> None:
    assert "refused" in served.opened(f"http://127.0.0.1:{local_galaxy.free_port(None)}/")


def test_first_problem_of_a_test(stages: ModuleType) -> None:
    failed = {"status": "failure", "output_problems": ["", "Output table:\n  differs"], "execution_problem": None}
    assert stages._result({"id": "a-0", "data": failed}) == ("a-0", "failure", "Output table: differs")
    assert stages._result({"id": "a-1", "data": {"status": "success"}}) == ("a-1", "success", "")


def _select(name: str, value: Any) -> dict[str, Any]:
    return {"type": "select", "name": name, "label": name.upper(), "value": value}


def test_inputs_that_a_form_shows(browse_galaxy: ModuleType) -> None:
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
    assert list(browse_galaxy.visible_inputs(inputs)) == [
        ("c|s", "S"),
        ("c|y", "Y"),
        ("part|z", "Z"),
        ("r_0|t", "T"),
        ("r_1|t", "T"),
    ]
    assert browse_galaxy.titles(inputs) == ["Part", "Again", "Never"]


@pytest.mark.parametrize(
    ("jobs", "populated", "state"),
    [
        ({"all_jobs": 2, "ok": 2, "error": 0}, "ok", "ok"),
        ({"all_jobs": 2, "ok": 1, "error": 1}, "ok", "error"),
        ({"all_jobs": 2, "ok": 1, "running": 1}, "ok", "running"),
        ({"all_jobs": 0}, "new", "new"),
    ],
)
def test_a_collection_is_as_green_as_its_jobs(
    browse_galaxy: ModuleType, jobs: dict[str, int], populated: str, state: str
) -> None:
    item = {"history_content_type": "dataset_collection", "populated_state": populated, "job_state_summary": jobs}
    assert browse_galaxy._state(item) == state
    assert browse_galaxy._state({"history_content_type": "dataset", "state": "paused"}) == "paused"


def test_report_counts_what_failed(browse_galaxy: ModuleType) -> None:
    checks = [browse_galaxy.Check("log in", 1.5), browse_galaxy.Check("form of x", 2, "no input 'Y' (y) & <more>")]
    root = ET.fromstring(ET.tostring(browse_galaxy.junit(checks).getroot()))
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    assert [case.get("name") for case in root.findall("testcase")] == ["log in", "form of x"]
    failure = root.find("testcase/failure")
    assert failure is not None
    assert failure.text == "no input 'Y' (y) & <more>"
