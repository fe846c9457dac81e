"""Files that appear whole: they are written as a part file in the same folder and renamed when complete.

A process that is killed (SIGKILL, out of memory) leaves its part file behind. The next process that writes the
same file removes it if no process can still be using it: a part file is locked (flock) as long as its process
lives, and its name identifies the running system that made it. Part files of other machines that share the folder,
and those from before a restart, are never removed. All containers on one machine count as one system. If the file
system has no locks, or the system has no identifier, part files are not removed.
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
    """A file that is being written under a temporary name.

    Parameters
    ----------
    final : str
        The name that it gets, without symbolic links. Part files of it that dead processes left are removed.

    Attributes
    ----------
    final : str
    name : str
        The temporary name.
    """

    def __init__(self, final: str) -> None:
        self.final = final
        self.name = ""
        self._lock: int | None = None
        self._folder, self._base = os.path.split(final)
        self._mark = _mark(self._base)

    def open(self) -> int:
        """Create the part file; returns a descriptor to write to, which the caller closes.

        Raises
        ------
        OSError
            If it cannot be created.
        """
        if self._mark is not None:
            _sweep(self._folder, self._mark)
        for _ in range(_ATTEMPTS):
            if (handle := self._made()) is not None:
                return handle
        raise BlockingIOError(None, "its temporary files are removed by another process")

    def finish(self) -> None:
        """Give the file its final name; the descriptor should be closed before.

        Raises
        ------
        OSError
            If that is not possible.
        """
        os.replace(self.name, self.final)
        self._unlock()

    def remove(self) -> None:
        """Remove the part file."""
        with suppress(OSError):
            os.unlink(self.name)
        self._unlock()

    def _made(self) -> int | None:
        """Return the descriptor of a new part file, or None if another process removed it as one without owner."""
        # the name is stored before the file exists, so that a signal in between does not leave it behind
        self.name = os.path.join(self._folder, f"{self._mark or _start(self._base)}{os.urandom(8).hex()}.part")
        handle = os.open(self.name, _FLAGS | os.O_CREAT | os.O_EXCL, 0o666)
        if self._mark is None:
            return handle
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_nlink:
                self._lock = os.dup(handle)  # stays locked until the file has its final name
                return handle
        except BlockingIOError:
            pass
        except OSError:  # no locks: use a name in which other processes do not expect one
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
    """Return the beginning of names of this system's part files of a file, or None without a system identifier."""
    try:
        with open(_SYSTEM, "rb") as stream:
            system = stream.read(64)
    except OSError:
        return None
    # the digest is of the whole name; the part file's name shows its first letters
    digest = hashlib.blake2b(system + os.fsencode(base), digest_size=8).hexdigest()
    return f"{_start(base)}{digest}."


def _sweep(folder: str, mark: str) -> None:
    """Remove the part files whose names begin with ``mark`` and that no process has locked."""
    with suppress(OSError), os.scandir(folder or ".") as entries:
        for entry in entries:
            if entry.name.startswith(mark) and entry.name.endswith(".part"):
                with suppress(OSError):
                    _remove_unlocked(entry.path)


def _remove_unlocked(path: str) -> None:
    # some network file systems lock only descriptors that can write
    handle = os.open(path, _FLAGS | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found = os.fstat(handle)
        there = os.lstat(path)
        if (found.st_dev, found.st_ino) == (there.st_dev, there.st_ino):
            os.unlink(path)
    finally:
        os.close(handle)
