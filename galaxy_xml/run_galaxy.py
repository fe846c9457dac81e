#!/usr/bin/env python3
"""Boot a real Galaxy with this suite in it: to test every tool and workflow, or for a person to click through.

``make galaxy-test`` and ``make galaxy-serve`` call it after they have made the environments that it needs, kept
apart because Galaxy pins hundreds of exact versions: ``HOME/server`` with the package ``galaxy``, ``HOME/planemo``
with ``planemo``, ``HOME/browser`` with ``playwright``, and the one whose console scripts are the suite's commands.
Everything else is written below ``HOME`` too: ``run`` (configuration, database, datasets, logs) and ``reports``
(HTML, JUnit XML, JSON, logs, pictures); ``run-2`` and ``reports-2`` while another Galaxy of this home is running.
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
from local_galaxy import (
    PROJECT,
    SUITE,
    Galaxy,
    Place,
    fail,
    free_port,
    name_of,
    running,
    say,
    workflows,
    wrappers,
)
from samples import load_samples
from served import Served
from stages import browse, find_browser, lint, test_tools, test_workflows


def run_tests(options: argparse.Namespace) -> int:
    """Serve a Galaxy and lint meanwhile, test in it, end it; 0 only if everything passed."""
    browser = find_browser(options.browser)
    wanted = set(options.only)

    def chosen(paths: list[Path]) -> list[Path]:
        return [path for path in paths if not wanted or name_of(path) in wanted]

    tools, flows = chosen(wrappers(SUITE)), chosen(workflows(SUITE))
    if not tools and not flows and not wanted & {"browser", "security", "serve"}:
        fail(f"no tool or workflow is called {', '.join(sorted(wanted))}")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    galaxy = Served(options.home, options.commands, options.port)
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
        # the tests of the tools take longest; the others run beside them, one after the other
        stages = []
        if tools:
            stages.append(pool.submit(test_tools, galaxy, reports, chosen(wrappers(galaxy.suite)), options.jobs))
        if flows:
            stages.append(pool.submit(test_workflows, galaxy, reports, chosen(workflows(galaxy.suite)), 2))
        if not wanted or "browser" in wanted:
            if browser:
                stages.append(pool.submit(browse, galaxy, reports, browser))
            else:
                say("browser not run: " + ("as asked" if options.browser == "no" else "no chromium"))
        if not wanted or "security" in wanted:
            stages.append(pool.submit(check_security.check, galaxy, say))
        for stage in as_completed(stages):
            good &= stage.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        # whoever is impatient now would leave processes behind
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        good &= galaxy.end()
    say(f"{'all passed' if good else 'FAILED'}; reports: {reports}")
    return 0 if good else 1


def serve(options: argparse.Namespace) -> int:
    """Boot a Galaxy with sample data, and leave it running until it is interrupted."""
    # a shell has what it starts in the background ignore Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
    place = Place(options.home)
    say(f"Galaxy boots in {place.run}")
    # two that start at the same time would find the same port free
    port = free_port(options.port or 8079 + place.number)
    galaxy = Galaxy(options.home, place, options.commands, port)
    with running(galaxy):
        samples = load_samples(galaxy)
        say("sample data and workflows are loaded")
        # a new visitor starts with a new history: this page changes to the one with the data
        page = f"{galaxy.url}/history/switch_to_history?hist_id={samples.history}"
        print(f"\nPoint your browser at {page}   (Ctrl-C stops it)\n", flush=True)
        while all(process.poll() is None for process in galaxy.processes):
            time.sleep(1)
        fail(f"Galaxy died; see {galaxy.run}")


def main() -> int:
    """Read the command line and do what it says."""
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
        help="what to do without Chromium: fail (the default), or say so and go on; or do not use it at all",
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
