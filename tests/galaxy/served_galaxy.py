"""The Galaxy that ``make galaxy-serve`` serves, seen from outside: the stages of the test run in it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from galaxy_progress import fail, say
from galaxy_server import Server
from galaxy_suite import MACHINERY
from sample_data import Samples


class ServedGalaxy(Server):
    """A Galaxy that another process serves, started as a person starts it and ended by Ctrl-C.

    Parameters
    ----------
    home : Path
        Of :class:`Server`.
    commands : Path
        Folder with the console scripts of the suite.
    port : int or None
        Where it should listen.

    Raises
    ------
    SystemExit
        If it ends before it boots.
    """

    def __init__(self, home: Path, commands: Path, port: int | None) -> None:
        self.begin = time.monotonic()
        line: list[str | Path] = [sys.executable, MACHINERY / "run_galaxy.py", "serve"]
        line += ["--home", home, "--commands", commands, *(["--port", str(port)] if port else [])]
        self.command = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert self.command.stdout
        found = re.search(r"boots in (.+)", self.command.stdout.readline())
        if not found:
            fail("galaxy-serve ends before it boots")
        super().__init__(home, Path(found[1]))
        self.page = ""
        self.samples = Samples("", {})

    @property
    def reports(self) -> Path:
        """Return the folder for reports that belongs to its folder."""
        return self.run.with_name(self.run.name.replace("run", "reports"))

    def ready(self, patience: float = 900) -> bool:
        """Wait until it prints the address of its page, open that, and return whether both worked."""
        watch = threading.Timer(patience, self.command.terminate)
        watch.start()
        for line in self.command.stdout or ():
            if found := re.match(r"Point your browser at (http://\S+) ", line):
                self.page = found[1]
                break
        watch.cancel()
        if not self.page:
            say(f"serve: FAILED: exit status {self.command.wait()} and no address; see {self.run}")
            return False
        known = json.loads((self.run / "served.json").read_text())
        self.url, self.key, self.user_key = known["url"], known["key"], known["user_key"]
        self.samples = Samples(known["history"], known["workflows"])
        if problem := open_error(self.page):
            say(f"serve: FAILED: {self.page} cannot be opened: {problem}")
            return False
        say(f"serve: {self.page} is there {time.monotonic() - self.begin:.0f} s after the command")
        return True

    def end(self) -> bool:
        """End it by Ctrl-C, and return whether it ended well and nothing answers any more."""
        begin = time.monotonic()
        self.stop()
        self.command.send_signal(signal.SIGINT)
        status = self.command.wait()
        answers = self.page and not open_error(self.page)
        good = status == 128 + signal.SIGINT and not answers
        wrong = f"FAILED (exit status {status}{', it still answers' if answers else ''})"
        say(f"serve: {'ended on Ctrl-C' if good else wrong}, {time.monotonic() - begin:.0f} s")
        return good


def open_error(page: str) -> str:
    """Return why a page cannot be opened, or an empty string."""
    try:
        with urllib.request.urlopen(page, timeout=60) as answer:
            return "" if answer.status == 200 else f"status {answer.status}"
    except (OSError, urllib.error.URLError) as error:
        return str(error) or type(error).__name__
