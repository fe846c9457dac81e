"""Reads one or more interaction tables as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mirtools.errors import InputError, shorten
from mirtools.io.tables import SAMPLE_PREFIX, TableReader


class Tables:
    """Rows of several tables with the same columns, one table after the other.

    Parameters
    ----------
    paths : sequence of str
        Columns may be in any order; the result has the order of the first table. Counts of samples
        (``n_reads:NAME``) may differ: a table without a sample has 0 reads of it.

    Attributes
    ----------
    columns : list of str
    current : TableReader
        The table of the row last read, for messages.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._readers = [TableReader(path) for path in paths]
        self.current = self._readers[0]
        self.columns = list(self.current.columns)
        samples = {name for name in self.columns if name.startswith(SAMPLE_PREFIX)}
        for reader in self._readers[1:]:
            own = {name for name in reader.columns if name.startswith(SAMPLE_PREFIX)}
            if bool(own) != bool(samples):
                first = shorten(paths[0], 60)
                problem = f"only one of it and {first} counts reads by sample; give tables of the same kind"
                raise InputError(problem, source=reader.path, line=1)
            self._same_columns(reader, paths[0])
            # after the other counts, sorted, so that the order of the tables does not matter
            samples |= own
        if len(self._readers) > 1 and samples:
            place = next(at for at, name in enumerate(self.columns) if name in samples)
            others = [name for name in self.columns if name not in samples]
            self.columns = [*others[:place], *sorted(samples), *others[place:]]

    def find(self, name: str) -> int | None:
        """Return the position of a column by its standard name or another spelling, or ``None``."""
        position = self._readers[0].find(name)
        return None if position is None else self.columns.index(self._readers[0].columns[position])

    def index(self, name: str) -> int:
        """Return the position of a required column."""
        return self.columns.index(self._readers[0].columns[self._readers[0].index(name)])

    def samples(self) -> list[int]:
        """Return the positions of the counts of samples."""
        return [at for at, name in enumerate(self.columns) if name.startswith(SAMPLE_PREFIX)]

    def __iter__(self) -> Iterator[list[str]]:
        for reader in self._readers:
            self.current = reader
            if self.current.columns == self.columns:
                yield from self.current
                continue
            at = {name: place for place, name in enumerate(self.current.columns)}
            places = [at.get(name) for name in self.columns]
            for row in self.current:
                yield ["0" if place is None else row[place] for place in places]

    def dna(self, row: Sequence[str], column: int) -> str:
        """Return a sequence cell in upper-case DNA letters; raises InputError for anything else."""
        # the columns of this table may be in another order
        own = self.current.columns.index(self.columns[column])
        return self.current.sequence_in(row[column], own)

    def error(self, problem: str) -> InputError:
        """Return an error that points at the row last read."""
        return self.current.error(problem)

    def _same_columns(self, reader: TableReader, first: str) -> None:
        here = {name for name in reader.columns if not name.startswith(SAMPLE_PREFIX)}
        there = {name for name in self.columns if not name.startswith(SAMPLE_PREFIX)}
        if different := sorted(here ^ there):
            name = shorten(different[0], 40)
            what = "has a column" if different[0] in here else "lacks the column"
            problem = f"{what} '{name}', unlike {shorten(first, 60)}; give tables with the same columns"
            raise InputError(problem, source=reader.path, line=1)
