"""Ending a command that a signal stops: what must not be left behind is tidied up, and the process ends at once.

Nothing is raised for SIGTERM, SIGINT (Ctrl-C) and SIGHUP (the terminal was closed). An exception that turns up
between any two instructions may do so within a package that is being imported, a kernel that is being compiled or
an object that is being freed, where it is lost, becomes another error or breaks the interpreter.

A signal that was ignored when the process began stays ignored: SIGHUP under ``nohup``, SIGINT of what a shell
script runs in the background.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

_tidying: list[Callable[[], None]] = []


@contextmanager
def tidied(tidy: Callable[[], None]) -> Iterator[None]:
    """Have ``tidy`` called if a signal ends the process in this context, wherever the main thread is just then."""
    _tidying.append(tidy)
    try:
        yield
    finally:
        _tidying.remove(tidy)


def begin() -> None:
    """From here on, end the process on each of the signals with status 128 + its number, as shells tell it.

    What :func:`tidied` names is tidied up before, the last begun first. In another thread than the main one this
    does nothing: the caller decides about signals.
    """
    for number in _SIGNALS:
        _handle(number)


@contextmanager
def orderly() -> Iterator[None]:
    """Deal with SIGTERM and SIGHUP as :func:`begin` does, in this context alone.

    For commands that are called from Python, where Ctrl-C belongs to the caller and raises KeyboardInterrupt.
    """
    before = {number: _handle(number) for number in _SIGNALS if number != signal.SIGINT}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)


@contextmanager
def unheard_by_children() -> Iterator[None]:
    """Start processes that Ctrl-C in the terminal, which all get, does not reach: the parent decides about it.

    The signal is held back while they start, for this process as well, and never comes to them.
    """
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # it starts with the first process, and would let the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _handle(number: signal.Signals) -> signal._HANDLER | None:
    """Have a signal end the process; returns the handler before it, or None where nothing was changed."""
    before = signal.getsignal(number)
    if before in (signal.SIG_IGN, None):
        return None
    try:
        signal.signal(number, _end)
    except ValueError:  # not the main thread
        return None
    return before


def _end(number: int, frame: object) -> None:
    for other in _SIGNALS:  # a second one must not disturb the tidying up
        signal.signal(other, signal.SIG_IGN)
    for tidy in reversed(_tidying):
        with suppress(Exception):
            tidy()
    os._exit(128 + number)
