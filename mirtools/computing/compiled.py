"""Compiling kernels with numba: once, then kept on disk.

A compiled kernel releases Python's global lock, so that threads run it in parallel. Without a folder to store it
(a read-only installation without a home folder, a full disk) it is compiled again in each process.

An installation may contain compiled kernels, as the container image does. They are next to the sources, where
numba puts them, and the environment variable ``MIRTOOLS_KERNELS`` names their levels of x86-64, the best first.
The first level that this processor can run is used, and nothing is ever written. For a processor that can run none
of them, kernels are compiled as if there were none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
from collections.abc import Callable, Mapping
from typing import Any

from llvmlite import binding
from numba import config, njit
from numba.core import caching

_LEVEL_3 = frozenset("avx avx2 bmi bmi2 cx16 f16c fma lzcnt movbe popcnt sse4.2 ssse3".split())
_LEVEL_4 = _LEVEL_3 | frozenset("avx512bw avx512cd avx512dq avx512f avx512vl".split())
_LEVELS = {"x86-64-v3": _LEVEL_3, "x86-64-v4": _LEVEL_4}

_DIGEST = hashlib.sha256().digest_size
_cache_problems: list[str] = []  # why kernels could not be stored on disk


def best_level(levels: str, features: Mapping[str, bool]) -> str | None:
    """Return the first of the blank-separated ``levels`` of which a processor has all instructions, or None."""
    for level in levels.split():
        if level in _LEVELS and all(features.get(name) for name in _LEVELS[level]):
            return level
    return None


def instructions() -> Mapping[str, bool]:
    """Return the instructions for which kernels are compiled: the processor's, unless numba's settings differ."""
    named: str | None = getattr(config, "CPU_NAME", None)
    if named is None:
        return binding.get_host_cpu_features()
    return {"fma": False} | dict.fromkeys(_LEVELS.get(named, ()), True)


_SHIPPED = best_level(os.environ.get("MIRTOOLS_KERNELS", ""), binding.get_host_cpu_features())
if _SHIPPED:
    os.environ.update(NUMBA_CPU_NAME=_SHIPPED, NUMBA_CPU_FEATURES="")
    config.reload_config()


def compiled(kernel: Callable[..., Any]) -> Any:
    """Decorate a kernel over NumPy arrays and numbers; ``kernel.py_func`` stays the plain Python function."""
    return _compiled(kernel, nogil=True)


def compiled_arithmetic(kernel: Callable[..., Any]) -> Any:
    """Decorate a kernel that computes mostly with real numbers; otherwise as :func:`compiled`.

    Division by zero gives infinity, products and sums may be one operation, and sums may be computed in the order
    that suits vector instructions, which is always the same on one machine.
    """
    return _compiled(kernel, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})


def cache_problem() -> str | None:
    """Return why compiled kernels could not be stored on disk, or None if they were."""
    return _cache_problems[0] if _cache_problems else None


def _compiled(kernel: Callable[..., Any], **options: Any) -> Any:
    dispatcher: Any = njit(kernel, **options)
    # an error means that numba found no folder to which it may write
    with contextlib.suppress(RuntimeError, OSError):
        dispatcher._cache = _ShippedCache(kernel) if _SHIPPED else _Cache(kernel)
    return dispatcher


class _CheckedFile(caching.IndexDataCacheFile):
    """Numba's files of compiled kernels, with a digest: damaged machine code is never run."""

    def _load_index(self) -> dict[Any, str]:
        try:
            index: dict[Any, str] = super()._load_index()
        except Exception:  # damaged: it is written again with the next kernel
            return {}
        return index

    def _load_data(self, name: str) -> Any:
        with open(self._data_path(name), "rb") as stream:
            data = stream.read()
        if hashlib.sha256(data[_DIGEST:]).digest() != data[:_DIGEST]:
            raise OSError("damaged")
        return pickle.loads(data[_DIGEST:])

    def _save_data(self, name: str, data: Any) -> None:
        content = self._dump(data)
        with self._open_for_write(self._data_path(name)) as stream:
            stream.write(hashlib.sha256(content).digest() + content)


class _Cache(caching.FunctionCache):
    """Numba's store of compiled kernels; if it is full or damaged, kernels are compiled again."""

    def __init__(self, kernel: Callable[..., Any]) -> None:
        super().__init__(kernel)
        stamp = self._impl.locator.get_source_stamp()
        self._cache_file = _CheckedFile(self._cache_path, self._impl.filename_base, stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled kernel, or None if it must be compiled."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Store a compiled kernel, if possible."""
        try:
            super().save_overload(sig, data)
        except Exception as error:
            reason = (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
            _cache_problems.append(
                f"compiled kernels cannot be kept in {self._cache_path} ({reason}); every run compiles them again"
            )


class _SourceFolder(caching.InTreeCacheLocator):
    """The folder next to the sources, which may be read-only."""

    def ensure_cache_path(self) -> None:
        """Do not require a folder that can be written to."""


class _SourceFolderImpl(caching.CompileResultCacheImpl):
    _locator_classes = [_SourceFolder]  # noqa: RUF012


class _ShippedCache(_Cache):
    """The compiled kernels of an installation: read from the folder of the sources, never written."""

    _impl_class = _SourceFolderImpl  # type: ignore[assignment]

    def save_overload(self, sig: Any, data: Any) -> None:
        """Do nothing: the kernel stays in memory."""
