"""matplotlib with settings of our own: the same figure on every machine, in every folder, with or without screen.

A backend (``MPLBACKEND``, as notebooks set it), a ``matplotlibrc`` or styles of the user would change figures or
end the command, some of them while matplotlib is imported.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any


def import_matplotlib() -> None:
    """Import matplotlib without a screen, and without reading the user's settings.

    Raises
    ------
    ImportError
        Where it is not installed, or its installation is broken.
    """
    # for packages that import it themselves, and processes that are started, too
    os.environ["MPLBACKEND"] = "agg"
    if "matplotlib" in sys.modules:
        return
    # it tells of font caches and unwritable folders through logging: nothing that a user can act on
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    spec = find_spec("matplotlib")
    # a matplotlibrc in the working folder goes before all others: in this one it is matplotlib's own
    folders = [] if spec is None else spec.submodule_search_locations or []
    with contextlib.ExitStack() as stack:
        for folder in list(folders)[:1]:
            stack.enter_context(_working_in(os.path.join(folder, "mpl-data")))
        import matplotlib  # noqa: F401


@contextlib.contextmanager
def own_settings(style: Any) -> Iterator[None]:
    """Draw with matplotlib's defaults and ``style`` on top of them, whatever the user has set."""
    import_matplotlib()
    import matplotlib

    with matplotlib.rc_context():
        with warnings.catch_warnings():
            # settings that are on their way out are among the defaults
            warnings.simplefilter("ignore", matplotlib.MatplotlibDeprecationWarning)
            defaults = dict.items(matplotlib.rcParamsDefault)
            matplotlib.rcParams.update({key: value for key, value in defaults if key != "backend"})
        matplotlib.rcParams.update(style)
        yield


@contextlib.contextmanager
def _working_in(folder: str) -> Iterator[None]:
    """Work in a folder for a while, where both it and the present one can be entered."""
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
