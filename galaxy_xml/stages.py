"""Stages of the test: lint the suite, test its tools and workflows in a running Galaxy, use it in a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from local_galaxy import SUITE, Server, fail, identifiers, name_of, say
from served import Served

#: seconds that a test may take on a busy computer
PATIENCE = 900

#: names of browsers that Playwright drives as Chromium
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def planemo(home: Path, *arguments: str | Path, log: Path, processes: list[Any] | None = None) -> int:
    """Run planemo with its output going to a log, and return its exit status.

    As long as it runs it is one of ``processes``, where these are given: to be ended with them.
    """
    command = [home / "planemo" / "bin" / "planemo", *arguments]
    with open(log, "wb") as stream:
        if processes is None:
            return subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT, check=False).returncode
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True)
        processes.append(process)
        try:
            return process.wait()
        finally:
            processes.remove(process)


def lint(home: Path, reports: Path, tools: list[Path], flows: list[Path]) -> bool:
    """Lint wrappers and workflows; any warning fails."""
    good = True
    for what, command, files in (("tools", "lint", tools), ("workflows", "workflow_lint", flows)):
        if not files:
            continue
        log = reports / f"lint-{what}.log"
        clean = planemo(home, command, "--fail_level", "warn", *files, log=log) == 0
        if not clean:
            print(
                *[line for line in log.read_text().splitlines() if re.match(r"^\.\. (WARN|ERR)", line)], sep="\n"
            )
        good &= clean
        say(f"lint of {len(files)} {what}: {'clean' if clean else f'FAILED, see {log}'}")
    return good


def test_tools(galaxy: Server, reports: Path, files: list[Path], at_once: int) -> bool:
    """Run the tests of wrappers side by side, and say of each wrapper what became of them as soon as it is known.

    Parameters
    ----------
    galaxy : Server
        The running Galaxy.
    reports : Path
        Folder for ``tools.json``, ``tools.html``, ``tools.xml`` (JUnit) and ``tools.log``.
    files : list of Path
        The wrappers.
    at_once : int
        Number of tests that run at the same time.

    Returns
    -------
    bool
        Whether all passed, and there was one at least for each wrapper.
    """
    report = {suffix: reports / f"tools.{suffix}" for suffix in ("html", "json", "xml", "log")}
    roots = {path: ET.parse(path).getroot() for path in files}
    names = {root.get("id", ""): name_of(path) for path, root in roots.items()}
    expected = {name_of(path): len(root.findall("tests/test")) for path, root in roots.items()}
    task = {
        "url": galaxy.url,
        "key": galaxy.user_key,
        "tools": list(names),
        "data": str(galaxy.suite / "test-data"),
        "at_once": at_once,
        "patience": PATIENCE,
    }
    begin = time.monotonic()
    ended: list[dict[str, Any]] = []
    left = dict(expected)
    with open(report["log"], "wb") as log:
        process = subprocess.Popen(
            [galaxy.home / "planemo" / "bin" / "python", SUITE / "verify_tools.py"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
        )  # fmt: skip
        galaxy.processes.append(process)
        assert process.stdin
        with process.stdin:
            json.dump(task, process.stdin)
        for line in process.stdout or ():
            ended.append(json.loads(line))
            name = names[ended[-1]["id"].rpartition("-")[0]]
            left[name] -= 1
            if left[name] == 0:
                _tell(name, [test for test in ended if names[test["id"].rpartition("-")[0]] == name])
        status = process.wait()
        galaxy.processes.remove(process)
    passed = sum(test["data"]["status"] == "success" for test in ended)
    # a wrapper without tests, or one whose tests were passed over, has not been tested
    good = status == 0 and passed == sum(expected.values()) and all(expected.values())
    report["json"].write_text(json.dumps({"version": "0.1", "tests": ended}))
    planemo(
        galaxy.home, "test_reports", report["json"],
        "--test_output", report["html"], "--test_output_junit", report["xml"], log=reports / "reports.log",
    )  # fmt: skip
    untested = [name for name, count in left.items() if count or not expected[name]]
    wrong = f"FAILED, see {report['html']} and {report['log']}" + f"; not tested: {untested}" * bool(untested)
    verdict = "passed" if good else wrong
    say(f"tools: {passed} of {sum(expected.values())} tests {verdict}, {time.monotonic() - begin:.0f} s")
    return good


def _tell(name: str, tests: list[dict[str, Any]]) -> None:
    """Say what became of the tests of a wrapper."""
    passed = sum(test["data"]["status"] == "success" for test in tests)
    seconds = sum(test["data"].get("time_seconds", 0.0) for test in tests)
    say(f"{name}: {passed} of {len(tests)} tests passed, {seconds:.0f} s, side by side with others")
    for identifier, state, problem in map(_result, tests):
        if state != "success":
            print(f"         {identifier}: {state}: {problem}", flush=True)


def test_workflows(galaxy: Server, reports: Path, files: list[Path], at_once: int) -> bool:
    """Run the tests of workflows by planemo, and say what became of each."""
    good = True
    pool = ThreadPoolExecutor(at_once)
    try:
        running = {pool.submit(_test_workflow, galaxy, reports, path): path for path in files}
        for done in as_completed(running):
            name = name_of(running[done])
            status, tests, seconds = done.result()
            passed = sum(test["data"]["status"] == "success" for test in tests)
            whole = status == 0 and passed == len(tests) > 0
            good &= whole
            verdict = "passed" if whole else f"FAILED (planemo's exit status {status}), see {name}.html"
            say(f"{name}: {passed} of {len(tests)} tests {verdict}, {seconds:.0f} s")
            for identifier, state, problem in map(_result, tests):
                if state != "success":
                    print(f"         {identifier}: {state}: {problem}", flush=True)
    finally:
        # on the way out after Ctrl-C: start no more tests, those that run end with Galaxy
        pool.shutdown(wait=False, cancel_futures=True)
    return good


def _test_workflow(galaxy: Server, reports: Path, path: Path) -> tuple[int, list[dict[str, Any]], float]:
    """Return planemo's exit status for a workflow, its tests as planemo reports them, and the seconds it took."""
    begin = time.monotonic()
    report = {suffix: reports / f"{name_of(path)}.{suffix}" for suffix in ("html", "json", "xml", "log")}
    status = planemo(
        galaxy.home, "test", "--engine", "external_galaxy", "--galaxy_url", galaxy.url,
        "--galaxy_admin_key", galaxy.key, "--galaxy_user_key", galaxy.user_key, "--no_shed_install",
        "--test_timeout", str(PATIENCE), "--test_output", report["html"], "--test_output_json", report["json"],
        "--test_output_junit", report["xml"], path,
        log=report["log"], processes=galaxy.processes,
    )  # fmt: skip
    tests = json.loads(report["json"].read_text())["tests"] if report["json"].exists() else []
    return status, tests, time.monotonic() - begin


def _result(test: dict[str, Any]) -> tuple[str, str, str]:
    """Return name, state and first problem of a test of a JSON report of planemo."""
    data = test["data"]
    problems = [*(data.get("output_problems") or []), data.get("execution_problem") or ""]
    first = next((str(problem) for problem in problems if problem), "")
    return test["id"], data["status"], " ".join(first.split())[:300]


def browse(galaxy: Served, reports: Path, browser: str) -> bool:
    """Open forms in a browser, run a tool and a workflow by clicking, and say what became of each.

    Parameters
    ----------
    galaxy : Served
        The running Galaxy, with the sample data.
    reports : Path
        Folder for pictures and ``browser.xml``.
    browser : str
        Path of Chromium.

    Returns
    -------
    bool
        Whether all was as it should be.
    """
    begin = time.monotonic()
    visit = {
        "url": galaxy.url,
        "page": galaxy.page,
        "history": galaxy.samples.history,
        "tools": list(identifiers(galaxy.suite).values()),
        "workflows": galaxy.samples.workflows,
        "reports": str(reports),
        "browser": browser,
    }
    task = galaxy.run / "browser.json"
    task.touch(0o600)
    task.write_text(json.dumps(visit))
    with open(task) as stream:
        process = subprocess.Popen(
            [galaxy.home / "browser" / "bin" / "python", SUITE / "browse_galaxy.py"],
            stdin=stream,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    galaxy.processes.append(process)
    for line in process.stdout or ():
        say(f"browser: {line.rstrip()}")
    good = process.wait() == 0
    galaxy.processes.remove(process)
    say(f"browser: {'passed' if good else 'FAILED'}, {time.monotonic() - begin:.0f} s")
    return good


def find_browser(wanted: str) -> str | None:
    """Return the path of a browser, None if none is wanted or none is there and that is no failure."""
    if wanted == "no":
        return None
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found is None and wanted == "yes":
        fail(
            "no Chromium; install it (apt-get install chromium), or go without: make galaxy-test BROWSER=if-there"
        )
    return found
