"""Signals that stop a command: temporary files are removed, and the process ends at once.

SIGTERM, SIGINT (Ctrl-C) and SIGHUP (the terminal was closed) raise no exception. An exception between any two
instructions could hit the import of a package, the compilation of a kernel or the release of an object, where it
would be lost, become another error or break the interpreter.

A signal that was ignored when the process started stays ignored: SIGHUP under ``nohup``, SIGINT for background
jobs of a shell script.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

_cleanups: list[Callable[[], None]] = []


@contextmanager
def cleanup_on_signal(cleanup: Callable[[], None]) -> Iterator[None]:
    """Call ``cleanup`` if a signal ends the process in this context, whatever the main thread is doing."""
    _cleanups.append(cleanup)
    try:
        yield
    finally:
        _cleanups.remove(cleanup)


def exit_on_signals() -> None:
    """From now on, end the process on each of the signals with exit status 128 + its number, as shells report it.

    The functions of :func:`cleanup_on_signal` are called first, the last one first. Outside the main thread this
    function does nothing: the caller decides about signals.
    """
    for number in _SIGNALS:
        _handle(number)


@contextmanager
def signals_handled() -> Iterator[None]:
    """Handle SIGTERM and SIGHUP as :func:`exit_on_signals` does, only in this context.

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
def shield_children() -> Iterator[None]:
    """Start child processes that ignore Ctrl-C in the terminal: the parent decides about it.

    The signal is blocked while they start, also for this process, and stays blocked in the children.
    """
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # it would start with the first process and unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _handle(number: signal.Signals) -> signal._HANDLER | None:
    """Let a signal end the process; returns the previous handler, or None if it was not changed."""
    before = signal.getsignal(number)
    if before in (signal.SIG_IGN, None):
        return None
    try:
        signal.signal(number, _end)
    except ValueError:  # not the main thread
        return None
    return before


def _end(number: int, frame: object) -> None:
    for other in _SIGNALS:  # a second signal must not interrupt the cleanup
        signal.signal(other, signal.SIG_IGN)
    for cleanup in reversed(_cleanups):
        with suppress(Exception):
            cleanup()
    os._exit(128 + number)
