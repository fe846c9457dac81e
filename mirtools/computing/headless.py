"""matplotlib without a screen, for figures and for packages that import it themselves."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec


def import_matplotlib() -> None:
    """Import matplotlib without a screen, and without reading the user's settings.

    Raises
    ------
    ImportError
        If it is not installed, or its installation is broken.
    """
    # also for packages that import it themselves, and for child processes
    os.environ["MPLBACKEND"] = "agg"
    if "matplotlib" in sys.modules:
        return
    # it logs font caches and unwritable folders, which is of no use to the user
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    spec = find_spec("matplotlib")
    # a matplotlibrc in the working folder overrides all others: in this folder, it is matplotlib's own
    folders = [] if spec is None else spec.submodule_search_locations or []
    with contextlib.ExitStack() as stack:
        for folder in list(folders)[:1]:
            stack.enter_context(_working_in(os.path.join(folder, "mpl-data")))
        import matplotlib  # noqa: F401


@contextlib.contextmanager
def _working_in(folder: str) -> Iterator[None]:
    """Change to a folder in this context, if both it and the present folder can be entered."""
    try:
        here = os.open(".", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        with contextlib.suppress(OSError):
            os.chdir(folder)
        yield
    finally:
        os.fchdir(here)
        os.close(here)
