"""Compiling kernels with numba: once, then kept on disk.

A compiled kernel releases Python's global lock, so threads run it side by side. Without a folder to keep it in
(a read-only installation and no home) it is compiled anew in each process.

An installation may bring its kernels compiled, as the container image does. They lie beside the sources, where
numba puts them, and the environment variable ``MIRTOOLS_KERNELS`` says what for: levels of x86-64, the best first.
The first level that this processor can run is taken, and nothing is ever written. For a processor that can run
none of them kernels are compiled as if there were no others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from llvmlite import binding
from numba import config, njit

_LEVEL_3 = frozenset("avx avx2 bmi bmi2 cx16 f16c fma lzcnt movbe popcnt sse4.2 ssse3".split())
_LEVEL_4 = _LEVEL_3 | frozenset("avx512bw avx512cd avx512dq avx512f avx512vl".split())
_LEVELS = {"x86-64-v3": _LEVEL_3, "x86-64-v4": _LEVEL_4}


def best_level(levels: str, features: Mapping[str, bool]) -> str | None:
    """Return the first of the blank-separated ``levels`` whose instructions a processor all has, or None."""
    for level in levels.split():
        if level in _LEVELS and all(features.get(name) for name in _LEVELS[level]):
            return level
    return None


def instructions() -> Mapping[str, bool]:
    """Return which instructions kernels are compiled with: the processor's, unless numba was told another."""
    told: str | None = getattr(config, "CPU_NAME", None)
    if told is None:
        return binding.get_host_cpu_features()
    return {"fma": False} | dict.fromkeys(_LEVELS.get(told, ()), True)


_BROUGHT = best_level(os.environ.get("MIRTOOLS_KERNELS", ""), binding.get_host_cpu_features())
if _BROUGHT:
    os.environ.update(NUMBA_CPU_NAME=_BROUGHT, NUMBA_CPU_FEATURES="")
    config.reload_config()


def compiled(kernel: Callable[..., Any]) -> Any:
    """Decorate a kernel over NumPy arrays and numbers; ``kernel.py_func`` stays the plain Python function."""
    return _compiled(kernel, nogil=True)


def compiled_arithmetic(kernel: Callable[..., Any]) -> Any:
    """Decorate a kernel as :func:`compiled` does, one that computes mostly with real numbers.

    Divisions by zero are infinite, products and sums may be one operation, and sums may be taken in the order that
    suits vectors: always the same one on one machine.
    """
    return _compiled(kernel, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})


def _compiled(kernel: Callable[..., Any], **options: Any) -> Any:
    if _BROUGHT:
        dispatcher: Any = njit(kernel, **options)
        dispatcher._cache = _brought(kernel)
        return dispatcher
    try:
        return njit(kernel, cache=True, **options)
    except RuntimeError:  # numba found no folder that it may write to
        return njit(kernel, **options)


def _brought(kernel: Callable[..., Any]) -> Any:
    """Return numba's store of compiled kernels, reading the folder beside the sources and writing nowhere."""
    from numba.core import caching

    class Beside(caching.InTreeCacheLocator):
        def ensure_cache_path(self) -> None:
            """Ask for no folder that can be written to."""

    class Reading(caching.CompileResultCacheImpl):
        _locator_classes = [Beside]  # noqa: RUF012

    class Brought(caching.FunctionCache):
        _impl_class = Reading

        def save_overload(self, sig: Any, data: Any) -> None:
            """Leave what was compiled in memory."""

    return Brought(kernel)
