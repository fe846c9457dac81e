"""What the console scripts call: ``chimera_parse()`` for ``chimera-parse``, and so on, a function a command.

Ctrl-C may come while a command still imports what it needs. So signals are dealt with before the first import that
takes time; only what comes while Python itself starts does not get here.
"""

from __future__ import annotations

from collections.abc import Callable

from mirtools import termination


def __getattr__(name: str) -> Callable[[], int]:
    """Return the function that runs ``mirtools.tools.NAME`` with the arguments of this process."""
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def command() -> int:
        termination.begin()
        from importlib import import_module

        status: int = import_module(f"mirtools.tools.{name}").main()
        return status

    return command
