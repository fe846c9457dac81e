"""Ending a command that SIGTERM stops: what must not be left behind is tidied up, and the process ends at once.

Nothing is raised for it. An exception that turns up between any two instructions may do so within a package that
is being imported, a kernel that is being compiled or an object that is being freed, where it is lost, becomes
another error or breaks the interpreter.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_tidying: list[Callable[[], None]] = []


@contextmanager
def tidied(tidy: Callable[[], None]) -> Iterator[None]:
    """Have ``tidy`` called if SIGTERM comes in this context, wherever the main thread is just then."""
    _tidying.append(tidy)
    try:
        yield
    finally:
        _tidying.remove(tidy)


@contextmanager
def orderly(status: int) -> Iterator[None]:
    """End the process with ``status`` on SIGTERM, after tidying up, the last begun first.

    In another thread than the main one this does nothing: the caller decides about signals.
    """

    def stop(signum: int, frame: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not disturb the tidying up
        for tidy in reversed(_tidying):
            with suppress(Exception):
                tidy()
        os._exit(status)

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
