"""A real Galaxy with this suite in it, on this computer: its folders, its configuration, its processes.

Galaxy consists of two processes: a web server and a Celery worker for uploads and metadata. Each leads a process
group, and only these groups are ended at the end.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from galaxy_progress import fail, say
from galaxy_suite import SUITE, command_names, identifiers, wrappers

#: every visitor is this administrator, without logging in
EMAIL = "admin@example.org"

CONFIGURATION = """\
galaxy:
  config_dir: {run}
  data_dir: {run}/data
  managed_config_dir: {run}/data/config
  database_connection: sqlite:///{run}/data/galaxy.sqlite?isolation_level=IMMEDIATE&timeout=300
  amqp_internal_connection: sqlalchemy+sqlite:///{run}/data/celery_broker.sqlite
  tool_config_file: {run}/tool_conf.xml
  job_config_file: {run}/job_conf.yml
  dependency_resolvers_config_file: {run}/dependency_resolvers_conf.xml
  tool_data_table_config_path: {suite}/tool_data_table_conf.xml.test
  master_api_key: {key}
  admin_users: {email}
  id_secret: {secret}
  brand: mirtools
  enable_celery_tasks: true
  metadata_strategy: directory_celery
  interactivetools_enable: false
  conda_auto_init: false
  involucro_auto_init: false
  allow_path_paste: true
  outputs_to_working_directory: true
  cleanup_job: always
  watch_tools: "false"
  welcome_url: /static/welcome.sample.html
  log_level: INFO
  single_user: {email}
  calculate_dataset_hash: never
  job_handler_monitor_sleep: 0.3
  workflow_monitor_sleep: 0.3
"""

JOBS = """\
runners:
  local: {load: "galaxy.jobs.runners.local:LocalJobRunner", workers: 4}
execution:
  default: local
  environments:
    local: {runner: local}
"""


def free_port(first: int | None) -> int:
    """Return a free port of this computer: ``first`` or the next free one above it; any if ``first`` is None."""
    for port in range(first, first + 100) if first else [0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return fail(f"no free port from {first} on")


class RunFolders:
    """Folders for one Galaxy and its reports that no other Galaxy uses at the same time.

    Parameters
    ----------
    home : Path
        Where they are: ``run`` and ``reports``, or ``run-2`` and ``reports-2`` if these are in use, and so on.

    Notes
    -----
    They are in use as long as a process holds the lock on the file next to them: this process and, if only it
    dies, the processes of its Galaxy, which inherit the lock.
    """

    def __init__(self, home: Path) -> None:
        for self.number in range(1, 100):
            suffix = f"-{self.number}" if self.number > 1 else ""
            self.run, self.reports = home / f"run{suffix}", home / f"reports{suffix}"
            # os.open: a file object would be closed with this object
            self.lock = os.open(home / f"run{suffix}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                os.close(self.lock)
        fail(f"too many Galaxies in {home}")


class Server:
    """A Galaxy of this suite on this computer, as its users see it.

    Parameters
    ----------
    home : Path
        Folder that holds the environments ``server``, ``planemo`` and ``browser``.
    run : Path
        Folder of this Galaxy.
    """

    def __init__(self, home: Path, run: Path) -> None:
        self.home, self.run = home, run
        self.suite = run / "suite"
        self.url = self.key = self.user_key = ""
        #: leaders of the process groups that end with it
        self.processes: list[subprocess.Popen[Any]] = []

    def missing(self) -> list[str]:
        """Return the names of the wrappers that Galaxy has not loaded."""
        loaded = {tool["id"] for tool in self.ask("GET", "tools?in_panel=false")}
        return [name for name, identifier in identifiers(self.suite).items() if identifier not in loaded]

    def ask(self, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        """Call Galaxy's API and return the JSON of its answer."""
        request = urllib.request.Request(
            f"{self.url}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"x-api-key": key or self.key, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def stop(self) -> None:
        """End all process groups, and wait until they are gone."""
        for number, patience in ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0)):
            # a copy: whoever waits for planemo takes it off the list
            processes = list(self.processes)
            for process in processes:
                self._signal(process, number)
            end = time.monotonic() + patience
            while any(self._signal(process, 0) for process in processes) and time.monotonic() < end:
                time.sleep(0.3)

    @staticmethod
    def _signal(process: subprocess.Popen[Any], number: int) -> bool:
        process.poll()
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return False
        return True


class LocalGalaxy(Server):
    """A Galaxy that this process boots and ends.

    Parameters
    ----------
    home : Path
        Of :class:`Server`.
    folders : RunFolders
        Its folders, which are emptied first.
    commands : Path
        Folder with the console scripts of the suite.
    port : int
        Where it listens, on 127.0.0.1 only.
    """

    def __init__(self, home: Path, folders: RunFolders, commands: Path, port: int) -> None:
        super().__init__(home, folders.run)
        self.folders, self.commands, self.port = folders, commands, port
        self.url = f"http://127.0.0.1:{port}"
        self.key = secrets.token_hex(16)

    def configure(self) -> None:
        """Write everything that Galaxy reads at its start."""
        shutil.rmtree(self.run, ignore_errors=True)
        (self.run / "data").mkdir(parents=True)
        # in this mode, which the database keeps, readers do not wait for writers, nor writers for readers
        with closing(sqlite3.connect(self.run / "data" / "galaxy.sqlite")) as database:
            database.execute("PRAGMA journal_mode=WAL")
        # a copy, as the Tool Shed would get it: Galaxy does not follow links to test data outside of the suite
        shutil.copytree(SUITE, self.suite, ignore=shutil.ignore_patterns("__pycache__"))
        (self.run / "bin").mkdir()
        # only the commands, not the Python next to them: Galaxy's own jobs need Galaxy's
        for name in command_names():
            command = self.commands / name
            if not command.exists():
                fail(f"no command {command}; install the suite there first: pip install '.[all]'")
            (self.run / "bin" / name).symlink_to(command)
        text = CONFIGURATION.format(
            run=self.run, suite=self.suite, key=self.key, email=EMAIL, secret=secrets.token_hex(16)
        )
        (self.run / "galaxy.yml").write_text(text)
        (self.run / "admin_key").write_text(self.key + "\n")
        for private in ("galaxy.yml", "admin_key"):
            (self.run / private).chmod(0o600)
        (self.run / "job_conf.yml").write_text(JOBS)
        # requirements are resolved by the path
        (self.run / "dependency_resolvers_conf.xml").write_text("<dependency_resolvers/>\n")
        toolbox = ET.Element("toolbox")
        section = ET.SubElement(toolbox, "section", id="getext", name="Get data")
        ET.SubElement(section, "tool", file="data_source/upload.xml")
        section = ET.SubElement(toolbox, "section", id="mirtools", name="miRNA targets (mirtools)")
        for path in wrappers(self.suite):
            ET.SubElement(section, "tool", file=str(path))
        ET.ElementTree(toolbox).write(self.run / "tool_conf.xml")

    def _spawn(self, *command: str) -> None:
        server = self.home / "server"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment |= {
            "GALAXY_CONFIG_FILE": str(self.run / "galaxy.yml"),
            "VIRTUAL_ENV": str(server),
            # jobs have a home of their own, where matplotlib would search for fonts again
            "MPLCONFIGDIR": str(self.run / "matplotlib"),
            "PATH": f"{self.run / 'bin'}:{server / 'bin'}:{os.environ['PATH']}",
        }
        with open(self.run / f"{command[0]}.log", "wb") as log:
            self.processes.append(
                subprocess.Popen(
                    [str(server / "bin" / command[0]), *command[1:]],
                    cwd=self.run,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=(self.folders.lock,),
                )
            )

    def start(self, patience: float = 600) -> None:
        """Start the web server and the worker, wait until both answer, and make the user."""
        self._spawn(
            "gunicorn", "galaxy.webapps.galaxy.fast_factory:factory()", "--timeout", "600", "--workers", "1",
            "-k", "galaxy.webapps.galaxy.workers.Worker", "-b", f"127.0.0.1:{self.port}",
            "--config", "python:galaxy.web_stack.gunicorn_config", "--no-control-socket",
        )  # fmt: skip
        self._spawn(
            "celery", "--app", "galaxy.celery", "worker", "--concurrency", "2", "--pool", "threads",
            "--loglevel", "INFO", "--queues", "celery,galaxy.internal,galaxy.external",
        )  # fmt: skip
        end = time.monotonic() + patience
        while not self._answers():
            dead = [process.args for process in self.processes if process.poll() is not None]
            if dead or time.monotonic() > end:
                for log in self.run.glob("*.log"):
                    lines = log.read_text(errors="replace").splitlines()[-20:]
                    print(f"--- end of {log}", *lines, sep="\n", file=sys.stderr)
                fail("Galaxy died at its start" if dead else f"Galaxy did not answer within {patience:.0f} s")
            time.sleep(1)
        # workflows are imported by a user, and the key in the configuration file belongs to none
        user = next((user for user in self.ask("GET", "users") if user["email"] == EMAIL), None)
        if user is None:
            account = {"username": "admin", "email": EMAIL, "password": secrets.token_hex(8)}
            user = self.ask("POST", "users", account)
        self.user_key = self.ask("POST", f"users/{user['id']}/api_key")
        while self.missing() and time.monotonic() < end:
            time.sleep(1)

    def _answers(self) -> bool:
        try:
            self.ask("GET", "version")
        except (OSError, urllib.error.URLError):
            return False
        return b" ready." in (self.run / "celery.log").read_bytes()


@contextmanager
def running(galaxy: LocalGalaxy) -> Iterator[LocalGalaxy]:
    """Boot a Galaxy and end it, whatever happens in between."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    galaxy.configure()
    try:
        galaxy.start()
        say(f"Galaxy answers at {galaxy.url}")
        yield galaxy
    finally:
        # a second Ctrl-C now would leave processes running
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        galaxy.stop()
        say("Galaxy has stopped")
