"""Errors: one line that names the place, the problem and the remedy."""

from __future__ import annotations


class MirtoolsError(Exception):
    """Base of every error that a user can cause or correct. ``str(error)`` is the one line shown to the user."""

    exit_code = 1


class UsageError(MirtoolsError):
    """Options are wrong, on a command line (exit status 2) or of a function."""

    exit_code = 2


class InputError(MirtoolsError):
    """An input cannot be used.

    Parameters
    ----------
    problem : str
        What is wrong and, after a semicolon, what to do.
    source : str, optional
        File name as the user gave it; ``-`` is shown as ``<stdin>``.
    line : int, optional
        1-based line number in the decompressed text.
    record : str, optional
        Name of the offending read, sequence or pair.
    """

    def __init__(
        self,
        problem: str,
        *,
        source: str | None = None,
        line: int | None = None,
        record: str | None = None,
    ) -> None:
        place = {None: "", "": "''", "-": "<stdin>"}.get(source, source)
        if line is not None:
            place = f"{place}:{line}" if place else f"line {line}"
        if record is not None:
            problem = f"record '{shorten(record, 40)}': {problem}"
        super().__init__(f"{place}: {problem}" if place else problem)


class OutputError(MirtoolsError):
    """An output cannot be written (no such folder, no permission, disk full)."""


class MissingExtraError(MirtoolsError):
    """A command needs a part of the suite that is not installed.

    Parameters
    ----------
    needs : str
        The missing Python package or program.
    remedy : str
        The command that installs it.
    """

    def __init__(self, needs: str, remedy: str) -> None:
        super().__init__(f"{needs} is not installed; install it with: {remedy}")


def shorten(text: str, width: int) -> str:
    """Return ``text`` on one line, printable, with its middle removed if it is longer than ``width``.

    >>> shorten("ACGTACGTACGT", 9)
    'ACG...CGT'
    """
    text = "".join(c if c.isprintable() else "?" for c in text)
    if len(text) <= width:
        return text
    keep = max(width - 3, 2)
    return f"{text[: keep - keep // 2]}...{text[len(text) - keep // 2 :]}"
