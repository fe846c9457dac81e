"""Compiling kernels with numba: once, then kept on disk.

A compiled kernel releases Python's global lock, so threads run it side by side. Without a folder to keep it in
(a read-only installation and no home, a full disk) it is compiled anew in each process.

An installation may bring its kernels compiled, as the container image does. They lie beside the sources, where
numba puts them, and the environment variable ``MIRTOOLS_KERNELS`` says what for: levels of x86-64, the best first.
The first level that this processor can run is taken, and nothing is ever written. For a processor that can run
none of them kernels are compiled as if there were no others.
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
_unkept: list[str] = []  # why kernels could not be kept on disk


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


def unkept() -> str | None:
    """Return why compiled kernels could not be kept on disk, None where they were."""
    return _unkept[0] if _unkept else None


def _compiled(kernel: Callable[..., Any], **options: Any) -> Any:
    dispatcher: Any = njit(kernel, **options)
    # numba found no folder that it may write to
    with contextlib.suppress(RuntimeError, OSError):
        dispatcher._cache = _Brought(kernel) if _BROUGHT else _Kept(kernel)
    return dispatcher


class _Sealed(caching.IndexDataCacheFile):
    """Numba's files of compiled kernels, with a digest: damaged machine code is never run."""

    def _load_index(self) -> dict[Any, str]:
        try:
            index: dict[Any, str] = super()._load_index()
        except Exception:  # damaged: it is written anew with the next kernel
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


class _Kept(caching.FunctionCache):
    """Numba's store of compiled kernels; where it is full or damaged, they are compiled as if there were none."""

    def __init__(self, kernel: Callable[..., Any]) -> None:
        super().__init__(kernel)
        stamp = self._impl.locator.get_source_stamp()
        self._cache_file = _Sealed(self._cache_path, self._impl.filename_base, stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled kernel, None where it must be compiled."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled kernel, where there is room."""
        try:
            super().save_overload(sig, data)
        except Exception as error:
            reason = (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
            _unkept.append(
                f"compiled kernels cannot be kept in {self._cache_path} ({reason}); every run compiles them again"
            )


class _Beside(caching.InTreeCacheLocator):
    """The folder beside the sources, written to or not."""

    def ensure_cache_path(self) -> None:
        """Ask for no folder that can be written to."""


class _BesideImpl(caching.CompileResultCacheImpl):
    _locator_classes = [_Beside]  # noqa: RUF012


class _Brought(_Kept):
    """The compiled kernels that an installation brings: read beside the sources, and written nowhere."""

    _impl_class = _BesideImpl  # type: ignore[assignment]

    def save_overload(self, sig: Any, data: Any) -> None:
        """Leave what was compiled in memory."""
