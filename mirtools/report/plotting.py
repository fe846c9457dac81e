"""matplotlib with fixed settings: the same figure on every machine, in every folder, with or without a screen.

A backend (``MPLBACKEND``, as notebooks set it), a ``matplotlibrc`` or the user's styles would change figures or
stop the command, some of them while matplotlib is imported.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

from mirtools.computing.headless import import_matplotlib


@contextlib.contextmanager
def own_settings(style: Any) -> Iterator[None]:
    """Draw with matplotlib's defaults and ``style`` on top of them, whatever the user has set."""
    import_matplotlib()
    import matplotlib

    with matplotlib.rc_context():
        with warnings.catch_warnings():
            # some of the defaults are deprecated settings
            warnings.simplefilter("ignore", matplotlib.MatplotlibDeprecationWarning)
            defaults = dict.items(matplotlib.rcParamsDefault)
            matplotlib.rcParams.update({key: value for key, value in defaults if key != "backend"})
        matplotlib.rcParams.update(style)
        yield
