"""Run the tests of wrappers in a running Galaxy, several at once.

``run_galaxy.py test`` calls it in planemo's environment. Tests run as in planemo, because both call
``verify_tool`` of Galaxy's package galaxy-tool-util. Planemo runs one test after the other, and loads the data of
each test again; here every file is loaded once, and tests run in parallel.

The task is JSON on standard input (:class:`Task`). The result of each test is a line of JSON on standard output,
as in planemo's reports.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from galaxy.tool_util.verify.interactor import GalaxyInteractorApi, verify_tool
from galaxy.tool_util.verify.wait import wait_on


@dataclass(frozen=True)
class Task:
    """What to test.

    Attributes
    ----------
    url, key : str
        Of the Galaxy, and of a user who may load files by their paths.
    tools : list of str
        Identifiers of the tools.
    data : str
        Folder with the files that tests name.
    at_once : int
        Number of tests that run in parallel.
    patience : int
        Seconds that a test may take.
    """

    url: str
    key: str
    tools: list[str]
    data: str
    at_once: int
    patience: int


class Interactor(GalaxyInteractorApi):
    """The client of one test, whose data are already loaded.

    Parameters
    ----------
    task : Task
        What to test.
    loaded : dict
        The datasets of the test by the names of their files.
    """

    def __init__(self, task: Task, loaded: dict[str, dict[str, str]]) -> None:
        self._loaded, self._patience = loaded, task.patience
        super().__init__(galaxy_url=task.url, master_api_key=task.key, api_key=task.key)

    @property
    def uploads(self) -> dict[str, dict[str, str]]:
        """Return the datasets by the names of their files."""
        return self._loaded

    @uploads.setter
    def uploads(self, uploaded: dict[str, Any]) -> None:
        """Ignore the uploads of verify_tool, of which there are none."""

    def wait_for(self, func: Callable[[], Any], what: str = "a test", maxseconds: int = 0, **_: Any) -> Any:
        """Wait as galaxy-tool-util does, with fewer requests, because each one takes some of Galaxy's time."""
        return wait_on(func, what, maxseconds or self._patience, delta=1)


def element(name: str, described: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a request for one file as galaxy-tool-util would upload it."""
    special = [key for key in ("composite_data", "metadata", "tags", "location") if described.get(key)]
    if special:
        raise ValueError(f"{name}: verify_tools.py does not know how to load data with {', '.join(special)}")
    return {
        "src": "path",
        "path": str(folder / name),
        "name": described.get("name") or Path(name).name,
        "ext": described.get("ftype", "auto"),
        "dbkey": described.get("dbkey", "?"),
        "to_posix_lines": True,
        "auto_decompress": described.get("decompress", "true") in (True, "true", "True"),
    }


def load(galaxy: Interactor, history: str, elements: list[dict[str, Any]], patience: int) -> list[str]:
    """Load files in one job, and return the identifiers of their datasets."""
    if not elements:
        return []
    target = {"destination": {"type": "hdas"}, "elements": elements, "auto_decompress": False}
    asked = galaxy._post("tools/fetch", {"history_id": history, "targets": [target]}, json=True)
    asked.raise_for_status()
    for job in asked.json()["jobs"]:
        galaxy.wait_for_job(job["id"], history, patience)
    contents = galaxy._get(f"histories/{history}/contents?v=dev&order=hid-asc").json()
    states = {entry["name"]: entry["state"] for entry in contents if entry["state"] != "ok"}
    if states or len(contents) != len(elements):
        raise RuntimeError(f"the data of the tests did not load: {states or len(contents)}")
    return [entry["id"] for entry in contents]


def results(task: Task) -> Iterator[dict[str, Any]]:
    """Load the data of all tests, run them, and yield the result of each as soon as it has ended."""
    galaxy = Interactor(task, {})
    history = galaxy.new_history("Tests of the tools")
    tests = [test for tool in task.tools for test in galaxy.get_tool_tests(tool)]
    requests = [
        {name: element(name, described, Path(task.data)) for name, described in test["required_files"]}
        if not test["error"]
        else {}
        for test in tests
    ]
    # a file that tests use under several names or as several datatypes becomes several datasets
    distinct = {json.dumps(request): request for files in requests for request in files.values()}
    datasets = dict(zip(distinct, load(galaxy, history, list(distinct.values()), task.patience), strict=True))
    loaded = [
        {name: {"src": "hda", "id": datasets[json.dumps(request)]} for name, request in files.items()}
        for files in requests
    ]
    with ThreadPoolExecutor(task.at_once) as pool:
        running = [pool.submit(verify, task, history, *each) for each in zip(tests, loaded, strict=True)]
        for done in as_completed(running):
            yield done.result()


def verify(task: Task, history: str, test: dict[str, Any], loaded: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Run one test in a history, on data that are loaded, and return its result as planemo reports it."""
    data: dict[str, Any] = {}
    try:
        verify_tool(
            test["tool_id"],
            Interactor(task, loaded),
            test_index=0,
            tool_version=test["tool_version"],
            test_history=history,
            no_history_cleanup=True,
            quiet=True,
            maxseconds=task.patience,
            register_job_data=data.update,
            _tool_test_dicts=[test | {"required_files": []}],
        )
    except Exception as problem:  # any error fails only this test
        if not data:
            data = {"status": "error", "execution_problem": str(problem)}
    return {
        "id": f"{test['tool_id']}-{test['test_index']}",
        "has_data": True,
        "data": data | {"test_index": test["test_index"]},
    }


def main() -> None:
    """Read the task and print the results."""
    output = sys.stdout
    # galaxy-tool-util prints its log on standard output
    with redirect_stdout(sys.stderr):
        for result in results(Task(**json.load(sys.stdin))):
            print(json.dumps(result), file=output, flush=True)


if __name__ == "__main__":
    main()
