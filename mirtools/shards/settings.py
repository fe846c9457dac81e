"""The settings of table-join."""

from __future__ import annotations

from dataclasses import dataclass

from mirtools import settings
from mirtools.errors import UsageError


@dataclass(frozen=True)
class JoinSettings(settings.Settings):
    """Which tables are joined, and by which rules; see the options of ``table-join``.

    Attributes
    ----------
    tables : sequence of str
        Tables of all shards, in any order.
    shards : int, optional
        Number of shards, if names of files do not give it.
    samples : str, optional
        Sample sheet, for the order of the columns of samples.
    min_reads : int
        Distinct reads that a miRNA part needs, over all shards (tables of chimera-parse).
    max_gap : int
        ``--max-gap`` of chimera-parse: a part may also have reads that are this number of bases longer.
    run_report : sequence of str
        Reports of all shards of chimera-parse.
    """

    tables: tuple[str, ...] = settings.paths()
    shards: int | None = settings.optional_whole()
    samples: str | None = settings.optional_path()
    min_reads: int = settings.whole(10)
    max_gap: int = settings.whole(4, 0)
    run_report: tuple[str, ...] = settings.names()

    def check(self) -> None:  # noqa: D102
        if "-" in self.tables and len(self.tables) > 1:
            raise UsageError("standard input has no shard number; name files")
