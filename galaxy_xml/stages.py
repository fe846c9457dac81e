"""Lint the suite, test its tools and workflows in a running Galaxy by planemo and in a browser, and serve one."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from local_galaxy import EMAIL, SUITE, Galaxy, fail, load_samples, name_of, say

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


def test(galaxy: Galaxy, reports: Path, what: str, files: list[Path], at_once: int) -> bool:
    """Run the tests of wrappers or workflows, say what became of each file as soon as it is known, and sum up."""
    good = True
    counted: dict[str, int] = {}
    pool = ThreadPoolExecutor(at_once)
    try:
        running = {pool.submit(_test_file, galaxy, reports, path): path for path in files}
        for number, done in enumerate(as_completed(running), 1):
            path = running[done]
            status, results, seconds = done.result()
            states = [state for _, state, _ in results]
            passed = states.count("success")
            # a wrapper without tests, or one whose tests were passed over, has not been tested
            expected = (
                len(ET.parse(path).getroot().findall("tests/test")) if path.suffix == ".xml" else len(states)
            )
            whole = status == 0 and passed == expected > 0
            good &= whole
            for state in states:
                counted[state] = counted.get(state, 0) + 1
            verdict = "passed" if whole else f"FAILED (planemo's exit status {status}), see {name_of(path)}.html"
            say(f"{number}/{len(files)} {name_of(path)}: {passed} of {expected} tests {verdict}, {seconds:.0f} s")
            for name, state, problem in results:
                if state != "success":
                    print(f"         {name}: {state}: {problem}", flush=True)
    finally:
        # on the way out after Ctrl-C: start no more tests, those that run end with Galaxy
        pool.shutdown(wait=False, cancel_futures=True)
    say(f"{what}: " + (", ".join(f"{count} {state}" for state, count in sorted(counted.items())) or "no tests"))
    return good


def _test_file(galaxy: Galaxy, reports: Path, path: Path) -> tuple[int, list[tuple[str, str, str]], float]:
    """Return planemo's exit status for a wrapper or workflow, its tests' results, and the seconds it took."""
    begin = time.monotonic()
    report = {suffix: reports / f"{name_of(path)}.{suffix}" for suffix in ("html", "json", "xml", "log")}
    status = planemo(
        galaxy.home, "test", "--engine", "external_galaxy", "--galaxy_url", galaxy.url,
        "--galaxy_admin_key", galaxy.key, "--galaxy_user_key", galaxy.user_key, "--no_shed_install",
        "--test_timeout", "900", "--test_output", report["html"], "--test_output_json", report["json"],
        "--test_output_junit", report["xml"], path,
        log=report["log"], processes=galaxy.processes,
    )  # fmt: skip
    return status, _results(report["json"]), time.monotonic() - begin


def _results(path: Path) -> list[tuple[str, str, str]]:
    """Return name, state and first problem of each test of a JSON report of planemo."""
    if not path.exists():
        return []
    results = []
    for entry in json.loads(path.read_text())["tests"]:
        data = entry["data"]
        problems = [*(data.get("output_problems") or []), data.get("execution_problem") or ""]
        first = next((str(problem) for problem in problems if problem), "")
        results.append((entry["id"], data["status"], " ".join(first.split())[:300]))
    return results


def browse(galaxy: Galaxy, reports: Path, browser: str, tools: list[str], flows: list[str]) -> bool:
    """Open forms in a browser, run a tool and a workflow by clicking, and say what became of each.

    Parameters
    ----------
    galaxy : Galaxy
        The running Galaxy.
    reports : Path
        Folder for pictures and ``browser.xml``.
    browser : str
        Path of Chromium.
    tools, flows : list of str
        Identifiers of the tools and names of the workflows whose forms are opened.

    Returns
    -------
    bool
        Whether all was as it should be.
    """
    begin = time.monotonic()
    samples = load_samples(galaxy)
    visit = {
        "url": galaxy.url,
        "email": EMAIL,
        "password": galaxy.password,
        "history": samples.history,
        "tools": tools,
        "workflows": {name: samples.workflows[name] for name in flows},
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


def served(home: Path, commands: Path, patience: float = 900) -> bool:
    """Serve a Galaxy as ``make galaxy-serve`` does, open the page that it names, and end it by Ctrl-C.

    Parameters
    ----------
    home, commands : Path
        Of ``run_galaxy.py``.
    patience : float
        Seconds until it must have named the page.

    Returns
    -------
    bool
        Whether the page was there, and nothing answered any more afterwards.
    """
    begin = time.monotonic()
    line: list[str | Path] = [sys.executable, SUITE / "run_galaxy.py", "serve"]
    line += ["--home", home, "--commands", commands]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, start_new_session=True)
    watch = threading.Timer(patience, process.terminate)
    watch.start()
    page, status = "", 0
    try:
        for said in process.stdout or ():
            if found := re.match(r"Point your browser at (http://\S+) ", said):
                page = found[1]
                with urllib.request.urlopen(page, timeout=60) as answer:
                    status = answer.status
                say(f"serve: {page} is there {time.monotonic() - begin:.0f} s after the command")
                process.send_signal(signal.SIGINT)
    except OSError as error:
        say(f"serve: {page} cannot be opened: {error}")
        process.terminate()
    finally:
        watch.cancel()
    ended = process.wait()
    left = _opens(page)
    good = status == 200 and ended == 128 + signal.SIGINT and not left
    wrong = f"FAILED (page {page or 'never named'}: {status}; ended with {ended}{', still answers' * left})"
    say(f"serve: {'passed' if good else wrong}, {time.monotonic() - begin:.0f} s")
    return good


def _opens(page: str) -> bool:
    if not page:
        return False
    try:
        urllib.request.urlopen(page, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


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
