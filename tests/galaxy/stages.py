"""The stages of the test: lint the suite, test its tools and workflows in a Galaxy, use it in a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from galaxy_progress import fail, say, say_problem
from galaxy_server import Server
from galaxy_suite import MACHINERY, identifiers, name_of
from served_galaxy import ServedGalaxy

#: seconds that a test may take on a busy computer
PATIENCE = 900

#: names of browsers that Playwright drives as Chromium
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def planemo(home: Path, *arguments: str | Path, log: Path, processes: list[Any] | None = None) -> int:
    """Run planemo with its output going to a log, and return its exit status.

    While it runs it is one of ``processes``, if these are given, so that it ends with them.
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


def run_tool_tests(galaxy: Server, reports: Path, files: list[Path], at_once: int) -> bool:
    """Run the tests of wrappers in parallel, and report each wrapper as soon as its tests have ended.

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
        Whether all passed, and there was at least one for each wrapper.
    """
    report = {suffix: reports / f"tools.{suffix}" for suffix in ("html", "json", "xml", "log")}
    roots = {name_of(path): ET.parse(path).getroot() for path in files}
    names = {root.get("id", ""): name for name, root in roots.items()}
    expected = {name: len(root.findall("tests/test")) for name, root in roots.items()}
    begin = time.monotonic()
    ended: dict[str, list[dict[str, Any]]] = {name: [] for name in expected}
    tests = _verified(galaxy, list(names), at_once, report["log"])
    clean = True
    for test in tests:
        if test is None:
            clean = False
            break
        name = names[test["id"].rpartition("-")[0]]
        ended[name].append(test)
        if len(ended[name]) == expected[name]:
            _say_tests(name, ended[name])
    everything = [test for each in ended.values() for test in each]
    report["json"].write_text(json.dumps({"version": "0.1", "tests": everything}))
    planemo(
        galaxy.home, "test_reports", report["json"],
        "--test_output", report["html"], "--test_output_junit", report["xml"], log=reports / "reports.log",
    )  # fmt: skip
    passed = sum(map(_passed, everything))
    # a wrapper without tests, or one whose tests were skipped, has not been tested
    good = clean and passed == sum(expected.values()) and all(expected.values())
    untested = [name for name, count in expected.items() if not count or len(ended[name]) < count]
    wrong = f"FAILED, see {report['html']} and {report['log']}" + f"; not tested: {untested}" * bool(untested)
    verdict = "passed" if good else wrong
    say(f"tools: {passed} of {sum(expected.values())} tests {verdict}, {time.monotonic() - begin:.0f} s")
    return good


def _verified(galaxy: Server, tools: list[str], at_once: int, log: Path) -> Iterator[dict[str, Any] | None]:
    """Run ``verify_tools.py``; yield the result of each test as it ends, and None last if the script fails."""
    task = {
        "url": galaxy.url,
        "key": galaxy.user_key,
        "tools": tools,
        "data": str(galaxy.suite / "test-data"),
        "at_once": at_once,
        "patience": PATIENCE,
    }
    with open(log, "wb") as errors:
        process = subprocess.Popen(
            [galaxy.home / "planemo" / "bin" / "python", MACHINERY / "verify_tools.py"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True,
        )  # fmt: skip
    galaxy.processes.append(process)
    assert process.stdin
    with process.stdin:
        json.dump(task, process.stdin)
    yield from map(json.loads, process.stdout or ())
    status = process.wait()
    galaxy.processes.remove(process)
    if status:
        yield None


def _passed(test: dict[str, Any]) -> bool:
    return bool(test["data"]["status"] == "success")


def _say_tests(name: str, tests: list[dict[str, Any]]) -> None:
    """Report the tests of a wrapper."""
    seconds = sum(test["data"].get("time_seconds", 0.0) for test in tests)
    passed = sum(map(_passed, tests))
    say(f"{name}: {passed} of {len(tests)} tests passed, {seconds:.0f} s at the same time as others")
    _say_failures(tests)


def _say_failures(tests: list[dict[str, Any]]) -> None:
    """Print a line for each test that did not pass."""
    for identifier, state, problem in map(_result, tests):
        if state != "success":
            say_problem(f"{identifier}: {state}: {problem}")


def run_workflow_tests(galaxy: Server, reports: Path, files: list[Path], at_once: int) -> bool:
    """Run the tests of workflows with planemo, and report each."""
    good = True
    pool = ThreadPoolExecutor(at_once)
    try:
        running = {pool.submit(_test_workflow, galaxy, reports, path): path for path in files}
        for done in as_completed(running):
            name = name_of(running[done])
            status, tests, seconds = done.result()
            passed = sum(map(_passed, tests))
            clean = status == 0 and passed == len(tests) > 0
            good &= clean
            verdict = "passed" if clean else f"FAILED (planemo's exit status {status}), see {name}.html"
            say(f"{name}: {passed} of {len(tests)} tests {verdict}, {seconds:.0f} s")
            _say_failures(tests)
    finally:
        # after Ctrl-C: start no more tests; those that run end with Galaxy
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


def run_browser(galaxy: ServedGalaxy, reports: Path, browser: str) -> bool:
    """Open forms in a browser, run a tool and a workflow by clicking, and report each.

    Parameters
    ----------
    galaxy : ServedGalaxy
        The running Galaxy, with the sample data.
    reports : Path
        Folder for screenshots and ``browser.xml``.
    browser : str
        Path of Chromium.

    Returns
    -------
    bool
        Whether all checks passed.
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
            [galaxy.home / "browser" / "bin" / "python", MACHINERY / "browse_galaxy.py"],
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
    """Return the path of a browser; None if none is wanted, or if none is installed and that is allowed."""
    if wanted == "no":
        return None
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found is None and wanted == "yes":
        fail("no Chromium; install it (apt-get install chromium), or skip it: make galaxy-test BROWSER=if-there")
    return found
