"""Lines of progress, and the message with which the test of the suite ends early."""

from __future__ import annotations

import sys
import time
from typing import NoReturn

_START = time.monotonic()


def say(text: str) -> None:
    """Print one line of progress, with the seconds since the start."""
    print(f"{time.monotonic() - _START:5.0f} s  {text}", flush=True)


def say_problem(text: str) -> None:
    """Print a line below a line of progress."""
    print(f"         {text}", flush=True)


def fail(text: str) -> NoReturn:
    """End with a message and exit status 1."""
    sys.exit(f"run_galaxy.py: {text}")
