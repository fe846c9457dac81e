"""Compiling kernels with numba: once, then kept on disk.

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


def compiled_arithmetic(kernel: Callable[..., Any]) -> Any:
    """Decorate a kernel as :func:`compiled` does, one that computes mostly with real numbers.

    Divisions by zero are infinite, products and sums may be one operation, and sums may be taken in the order that
    suits vectors: always the same one on one machine.
    """
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract", "reassoc", "nsz"}}
    try:
        return njit(kernel, cache=True, **options)
    except RuntimeError:
        return njit(kernel, **options)
