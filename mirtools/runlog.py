"""Counts and messages of a run of a command, from a command line or a notebook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

Item = TypeVar("Item")


class RunLog:
    """Counts, results and messages of a run; this base class prints nothing.

    Parameters
    ----------
    threads : int
        Processor cores to use; results do not depend on it.

    Attributes
    ----------
    counts, dropped : collections.Counter
        What went in and out, and how many were dropped for which reason.
    facts : dict
        Further results (metrics, derived settings).
    hints : list of str
        Properties of inputs that explain an empty result, and what to try.
    notes : list of str
        Other messages for the user.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self.counts: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.facts: dict[str, Any] = {}
        self.hints: list[str] = []
        self.notes: list[str] = []

    def say(self, message: str) -> None:
        """Store one line for the user."""
        self.notes.append(message)

    def progress(
        self,
        items: Iterable[Item],
        unit: str,
        total: int | None = None,
        size: Callable[[Item], int] | None = None,
    ) -> Iterator[Item]:
        """Yield ``items``, and show progress on a terminal.

        Parameters
        ----------
        items : iterable
        unit : str
            Name of what is counted, in the plural.
        total : int, optional
            Number of units.
        size : callable, optional
            Returns the number of units in an item (default: one).
        """
        yield from items
