"""The functions of the console scripts, one per command: ``chimera_parse()`` for ``chimera-parse``, and so on.

Ctrl-C may come while a command imports its packages. Therefore signals are handled before the first import that
takes time; only signals during the start of Python itself are not.
"""

from __future__ import annotations

from collections.abc import Callable

from mirtools import termination


def __getattr__(name: str) -> Callable[[], int]:
    """Return the function that runs ``mirtools.tools.NAME`` with the arguments of this process."""
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def command() -> int:
        termination.exit_on_signals()
        from importlib import import_module

        status: int = import_module(f"mirtools.tools.{name}").main()
        return status

    return command
