"""Compiling the kernels of this room with numba: once, then kept on disk.

A compiled kernel releases Python's global lock, so threads run it side by side. Without a folder to keep it in
(a read-only installation and no home) it is compiled anew in each process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(kernel: Callable[..., Any]) -> Any:
    """Decorate a kernel over NumPy arrays and numbers; ``kernel.py_func`` stays the plain Python function."""
    try:
        return njit(kernel, nogil=True, cache=True)
    except RuntimeError:  # numba found no folder that it may write to
        return njit(kernel, nogil=True)
