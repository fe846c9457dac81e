"""Files that appear whole: written under a temporary name beside the one that they get in the end.

A process that is killed (SIGKILL, no more memory) leaves its part behind. The next one that writes the same file
removes it, if nobody can be at work on it any more: a part is locked (flock) as long as its process lives, and its
name says which running system made it, so that parts of other machines that share the folder are never touched,
nor are those from before a restart. All containers on one machine are one system here, whatever process numbers
they see. Where a file system has no locks, or the system tells no name, parts are left alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import suppress

_SYSTEM = "/proc/sys/kernel/random/boot_id"
_FLAGS = os.O_WRONLY | os.O_CLOEXEC
_ATTEMPTS = 100


class PartFile:
    """A file on its way.

    Parameters
    ----------
    final : str
        The name that it gets, without symbolic links. Parts of it that dead processes left are removed.

    Attributes
    ----------
    final : str
    name : str
        The temporary one.
    """

    def __init__(self, final: str) -> None:
        self.final = final
        self.name = ""
        self._lock: int | None = None
        self._folder, self._base = os.path.split(final)
        self._mark = _mark(self._base)

    def open(self) -> int:
        """Make the part; returns a descriptor to write to, which is the caller's to close.

        Raises
        ------
        OSError
            Where it cannot be made.
        """
        if self._mark is not None:
            _sweep(self._folder, self._mark)
        for _ in range(_ATTEMPTS):
            if (handle := self._made()) is not None:
                return handle
        raise BlockingIOError(None, "its temporary files are removed by another process")

    def finish(self) -> None:
        """Give the file its name; the descriptor should be closed.

        Raises
        ------
        OSError
            Where that is not possible.
        """
        os.replace(self.name, self.final)
        self._unlock()

    def remove(self) -> None:
        """Remove the part."""
        with suppress(OSError):
            os.unlink(self.name)
        self._unlock()

    def _made(self) -> int | None:
        """Return the descriptor of a new part, or None where another process took it for one without an owner."""
        # the name is noted before the file is made, so that no signal in between leaves it behind
        self.name = os.path.join(self._folder, f"{self._mark or _start(self._base)}{os.urandom(8).hex()}.part")
        handle = os.open(self.name, _FLAGS | os.O_CREAT | os.O_EXCL, 0o666)
        if self._mark is None:
            return handle
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_nlink:
                self._lock = os.dup(handle)  # stays locked until the file has its name
                return handle
        except BlockingIOError:
            pass
        except OSError:  # no locks here: no name either that tells others to look for one
            self._mark = None
        os.close(handle)
        with suppress(OSError):
            os.unlink(self.name)
        return None

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _start(base: str) -> str:
    return f".{base[:40]}."


def _mark(base: str) -> str | None:
    """Return how the names of this system's parts of a file begin, or None where the system has no name."""
    try:
        with open(_SYSTEM, "rb") as stream:
            system = stream.read(64)
    except OSError:
        return None
    # of the whole name, of which the part shows the first letters
    digest = hashlib.blake2b(system + os.fsencode(base), digest_size=8).hexdigest()
    return f"{_start(base)}{digest}."


def _sweep(folder: str, mark: str) -> None:
    """Remove the parts whose names begin with ``mark`` and that no process holds."""
    with suppress(OSError), os.scandir(folder or ".") as entries:
        for entry in entries:
            if entry.name.startswith(mark) and entry.name.endswith(".part"):
                with suppress(OSError):
                    _remove_unlocked(entry.path)


def _remove_unlocked(path: str) -> None:
    # a lock needs a descriptor that may write on some network file systems
    handle = os.open(path, _FLAGS | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found = os.fstat(handle)
        there = os.lstat(path)
        if (found.st_dev, found.st_ino) == (there.st_dev, there.st_ino):
            os.unlink(path)
    finally:
        os.close(handle)
