"""Errors as one line on stderr, and their exit status."""

from __future__ import annotations

import contextlib
import errno
import sys
import traceback

from mirtools.errors import InputError, MirtoolsError, OutputError, shorten

_MESSAGE_WIDTH = 200
_MOST_CAUSES = 10  # largest number of causes of an error that are examined
_NO_PLACE = ("failed to map segment", "cannot allocate memory")  # messages of the dynamic linker


def _output_error(error: OSError) -> MirtoolsError:
    if error.filename:
        return InputError(f"cannot be used ({(error.strerror or str(error)).lower()})", source=str(error.filename))
    return OutputError(f"output cannot be written ({(error.strerror or str(error)).lower()})")


def described(error: Exception) -> tuple[str, int]:
    """Return the one line that reports an error, and the exit status."""
    if isinstance(error, MirtoolsError):
        return str(error), error.exit_code
    if _is_out_of_memory(error):
        return "out of memory; give the machine more or split the input", 1
    if isinstance(error, OSError):
        return str(_output_error(error)), 1
    return f"internal error ({type(error).__name__}: {error}); please report it with --debug's output", 1


def _is_out_of_memory(error: BaseException | None) -> bool:
    """Return whether an error, or one of its causes, is a lack of memory.

    A library for which there is no memory is reported as missing by the package that loads it.
    """
    seen = 0
    while error is not None and seen < _MOST_CAUSES:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
            return True
        if isinstance(error, OSError | ImportError) and any(text in str(error).lower() for text in _NO_PLACE):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


def report_error(prog: str, error: BaseException, message: str, status: int, debug: bool) -> int:
    """Write the one line of an error, after its traceback with ``--debug``; returns the exit status."""
    if debug:
        to_stderr("".join(traceback.format_exception(error)).rstrip("\n"))
    to_stderr(shorten(f"{prog}: error: {message}", _MESSAGE_WIDTH))
    return status


def to_stderr(line: str) -> None:
    """Write to stderr; if stderr is closed, the work continues."""
    with contextlib.suppress(OSError, ValueError):
        if sys.stderr is not None:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
