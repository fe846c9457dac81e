#!/usr/bin/env python3
"""Boot a real Galaxy with this suite in it, to test every tool and workflow, or for a user.

``make galaxy-test`` and ``make galaxy-serve`` call it after they have made the environments that it needs,
separate ones because Galaxy pins hundreds of exact versions: ``HOME/server`` with the package ``galaxy``,
``HOME/planemo`` with ``planemo``, ``HOME/browser`` with ``playwright``, and the one whose console scripts are the
suite's commands.
Everything that is written goes to ``HOME``, too: ``run`` (configuration, database, datasets, logs) and ``reports``
(HTML, JUnit XML, JSON, logs, screenshots); ``run-2`` and ``reports-2`` while another Galaxy of this home runs.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import check_security
from galaxy_progress import fail, say
from galaxy_server import LocalGalaxy, RunFolders, free_port, running
from galaxy_suite import PROJECT, SUITE, name_of, workflows, wrappers
from sample_data import load_samples
from served_galaxy import ServedGalaxy
from stages import find_browser, lint, run_browser, run_tool_tests, run_workflow_tests


def run_tests(options: argparse.Namespace) -> int:
    """Serve a Galaxy, lint while it boots, test in it and end it; return 0 only if everything passed."""
    browser = find_browser(options.browser)
    wanted = set(options.only)

    def chosen(paths: list[Path]) -> list[Path]:
        return [path for path in paths if not wanted or name_of(path) in wanted]

    tools, flows = chosen(wrappers(SUITE)), chosen(workflows(SUITE))
    if not tools and not flows and not wanted & {"browser", "security", "serve"}:
        fail(f"no tool or workflow is called {', '.join(sorted(wanted))}")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    galaxy = ServedGalaxy(options.home, options.commands, options.port)
    reports = galaxy.reports
    good = True
    pool = ThreadPoolExecutor(2)
    try:
        shutil.rmtree(reports, ignore_errors=True)
        reports.mkdir(parents=True)
        good &= lint(options.home, reports, tools, flows)
        if not galaxy.ready():
            return 1
        if missing := galaxy.missing():
            say(f"FAILED to load: {', '.join(missing)}; see {galaxy.run / 'gunicorn.log'}")
            good = False
        # the tests of the tools take longest; the others run at the same time, one after the other
        stages = []
        if tools:
            stages.append(
                pool.submit(run_tool_tests, galaxy, reports, chosen(wrappers(galaxy.suite)), options.jobs)
            )
        if flows:
            stages.append(pool.submit(run_workflow_tests, galaxy, reports, chosen(workflows(galaxy.suite)), 2))
        if not wanted or "browser" in wanted:
            if browser:
                stages.append(pool.submit(run_browser, galaxy, reports, browser))
            else:
                say("browser not run: " + ("as asked" if options.browser == "no" else "no chromium"))
        if not wanted or "security" in wanted:
            stages.append(pool.submit(check_security.check, galaxy))
        for stage in as_completed(stages):
            good &= stage.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        # a second Ctrl-C now would leave processes running
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        good &= galaxy.end()
    say(f"{'all passed' if good else 'FAILED'}; reports: {reports}")
    return 0 if good else 1


def serve(options: argparse.Namespace) -> int:
    """Boot a Galaxy with sample data, and leave it running until it is interrupted."""
    # shells make background jobs ignore Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folders = RunFolders(options.home)
    say(f"Galaxy boots in {folders.run}")
    # two that start at the same time would find the same port free
    port = free_port(options.port or 8079 + folders.number)
    galaxy = LocalGalaxy(options.home, folders, options.commands, port)
    with running(galaxy):
        samples = load_samples(galaxy)
        say("sample data and workflows are loaded")
        # new visitors get a new history: this page switches to the history with the data
        page = f"{galaxy.url}/history/switch_to_history?hist_id={samples.history}"
        print(f"\nPoint your browser at {page}   (Ctrl-C stops it)\n", flush=True)
        while all(process.poll() is None for process in galaxy.processes):
            time.sleep(1)
        fail(f"Galaxy died; see {galaxy.run}")


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("test", "serve"))
    parser.add_argument(
        "only",
        nargs="*",
        help="test only these wrappers and workflows, by file name without suffix, or browser, security, serve",
    )
    parser.add_argument("--home", type=lambda text: Path(text).resolve(), default=PROJECT / ".venv-galaxy")
    parser.add_argument(
        "--commands",
        type=lambda text: Path(text).resolve(),
        default=PROJECT / ".venv" / "bin",
        help="folder with the suite's console scripts",
    )
    parser.add_argument("--port", type=int, help="default: 8080 or the next free one")
    parser.add_argument(
        "--browser",
        choices=("yes", "if-there", "no"),
        default="yes",
        help="whether to test in Chromium: yes fails without it (the default), if-there skips the tests without "
        "it",
    )
    parser.add_argument("--jobs", type=int, default=4, help="tests of tools to run at once (default: 4)")
    options = parser.parse_intermixed_args()
    needed = {"serve": ["server"], "test": ["server", "planemo", "browser"]}[options.what]
    for name in needed:
        if not (options.home / name / "bin").is_dir():
            fail(f"no environment {options.home / name}; make galaxy-setup makes it")
    try:
        return run_tests(options) if options.what == "test" else serve(options)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
