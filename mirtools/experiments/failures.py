"""What a run of Snakemake reports: finished jobs, and which jobs failed, with their logs and reasons."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mirtools.errors import shorten

_ERROR = re.compile(r"Error in (?:group job|rule) (\w+)")
_FIELD = re.compile(r"\s{4,}(message|log|output): ?(.*)")
_STEPS = re.compile(r"(\d+) of (\d+) steps \(.*\) done")
_MOST_BYTES = 1 << 16
_WIDTH = 300


class Failure(NamedTuple):
    """A job that failed.

    Attributes
    ----------
    rule, part : str
        Its rule, and what it worked on, such as ``wt_1.2-of-4``; empty for a job on all samples.
    log : str
        Path of its log, relative to the folder of results.
    reason : str
        One line.
    """

    rule: str
    part: str
    log: str
    reason: str


def steps_done(line: str) -> tuple[int, int] | None:
    """Return how many of how many jobs are done, if a line of Snakemake says so.

    >>> steps_done("3 of 8 steps (38%) done")
    (3, 8)
    """
    found = _STEPS.search(line)
    return None if found is None else (int(found[1]), int(found[2]))


def failures(lines: Iterable[str], folder: str) -> list[Failure]:
    """Return the jobs that failed for good, by rule and part, from the output of Snakemake.

    Parameters
    ----------
    lines : iterable of str
        Output of Snakemake.
    folder : str
        Folder of results, in which logs lie.
    """
    found: dict[str, Failure] = {}
    for rule, fields in _blocks(lines):
        # the rule's own log is the first; the cluster's may follow
        log = fields.get("log", "").partition(" (")[0].partition(", ")[0].strip()
        part = log.removeprefix(f"logs/{rule}").removesuffix(".log").strip("/.")
        reason = reason_in(os.path.join(folder, log)) if log else ""
        message = fields.get("message", "").strip()
        if not reason and message not in ("", "None"):
            reason = message.partition(". ")[0]
        # a repeated job fails again: its last reason counts
        output = fields.get("output", log).split(" ")[0].rstrip(",")
        found[f"{rule} {part}"] = Failure(
            rule, part, log, shorten(reason or "it was ended without a message", _WIDTH)
        )
        if os.path.exists(os.path.join(folder, output)):
            del found[f"{rule} {part}"]
    return sorted(found.values())


def reason_in(path: str) -> str:
    """Return the line of a job's log that says why it failed, or ``""``."""
    try:
        with open(path, "rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(stream.tell() - _MOST_BYTES, 0))
            lines = stream.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    errors = [
        line.strip() for line in lines if ": error: " in line or line.startswith(("slurmstepd: error", "ERROR"))
    ]
    return errors[-1] if errors else ""


def _blocks(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the rule and the fields of each error."""
    rule = ""
    fields: dict[str, str] = {}
    for line in lines:
        if (begun := _ERROR.search(line)) is not None:
            if rule:
                yield rule, fields
            rule, fields = begun[1], {}
        elif rule and (field := _FIELD.match(line)) is not None:
            fields.setdefault(field[1], field[2])
        elif rule and line.strip() and not line.startswith(" "):
            yield rule, fields
            rule = ""
    if rule:
        yield rule, fields
