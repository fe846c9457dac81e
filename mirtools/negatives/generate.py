"""From a table of positives to labelled rows, by one strategy or the other."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TextIO, cast

from mirtools.annotation import read_annotation
from mirtools.interactions import TableReader, TableWriter
from mirtools.negatives.energy import cofold_energy
from mirtools.negatives.frequency_matched import NO_PARTNER, Pair, pair_anew
from mirtools.negatives.parallel import in_order
from mirtools.negatives.positives import PositiveSites, mirna_key
from mirtools.negatives.same_transcript import NO_REGIONS, OTHER_LENGTH, Found, Rules, Search, find_sites, prepare
from mirtools.negatives.table import Labelled, RowMaker, read_known, read_pairs, read_positives
from mirtools.regions import Regions, transcripts_of
from mirtools.sequences import Reference

SAME_TRANSCRIPT = "same-transcript"
FREQUENCY_MATCHED = "frequency-matched"


def find_regions(
    transcripts: Sequence[Reference], fasta: str, gtf: str | None = None, table: str | None = None
) -> Callable[[str], Regions | str]:
    """Return a function from ``target_id`` to the transcript's regions, or to the reason why there are none.

    Parameters
    ----------
    transcripts : sequence of Reference
    fasta : str
        The file that they came from; its headers are used where neither ``gtf`` nor ``table`` is given.
    gtf, table : str, optional
    """
    found = read_annotation(transcripts_of(transcripts), fasta, gtf, table)
    regions, other_length = found.regions, found.other_length
    return lambda name: regions.get(name) or (OTHER_LENGTH if name in other_length else NO_REGIONS)


class SameTranscript:
    """Label a table with negatives of the strategy ``same-transcript``.

    The table is read twice, since every positive site must be known before the first negative is drawn; a pipe
    is kept in a temporary file in between. Memory: the transcripts, and about 0.7 kB for each positive.

    Parameters
    ----------
    path : str
        Table of positives, or ``-``.
    transcripts : mapping
        Sequences by ``target_id``.
    regions_of : callable
        See :func:`find_regions`.
    rules : Rules
    avoid : str, optional
        Table with further positives to keep away from.

    Attributes
    ----------
    columns : list of str
        Those of the labelled table.
    positives : int
        Number of rows.

    Raises
    ------
    InputError
        As :func:`mirtools.negatives.table.read_positives`, before anything is written.
    """

    def __init__(
        self,
        path: str,
        transcripts: Mapping[str, str],
        regions_of: Callable[[str], Regions | str],
        rules: Rules,
        avoid: str | None = None,
    ) -> None:
        self._transcripts = transcripts
        self._regions_of = regions_of
        self._rules = rules
        self._known = PositiveSites()
        self.positives = 0
        with ExitStack() as files:
            reader = TableReader(path)
            copy = None
            if not os.path.isfile(path):
                kept = tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="mirtools-", suffix=".tsv")
                stream = cast(TextIO, files.enter_context(kept))
                path = kept.name
                copy = TableWriter(stream, reader.columns)
            for row, positive in read_positives(reader, transcripts):
                self.positives += 1
                self._known.add(positive.mirna, positive.target, positive.start, positive.end, positive.site_seq)
                if copy is not None:
                    copy.write(row)
            if copy is not None:
                stream.flush()
            if avoid is not None:
                self._avoid(avoid)
            self._reader = TableReader(path)
            self._files = files.pop_all()
        self._make = RowMaker(self._reader, SAME_TRANSCRIPT)
        self.columns = self._make.columns

    def labelled(self, threads: int = 1) -> Iterator[Labelled]:
        """Yield each positive with its negatives, in the order of the table."""
        waiting: deque[list[str]] = deque()

        def searches() -> Iterator[Search]:
            for row, positive in read_positives(self._reader, self._transcripts):
                waiting.append(row)
                transcript = self._transcripts[positive.target]
                regions = self._regions_of(positive.target)
                yield prepare(positive, regions, transcript, self._known, self._rules)

        with self._files:
            for number, found in enumerate(in_order(find_sites, searches(), threads), 1):
                yield self._label(waiting.popleft(), number, found)

    def _label(self, row: list[str], number: int, found: Found) -> Labelled:
        name = self._make.name(row, number)
        target = self._make.site_cells(row)["target_id"]
        rows = [self._make.positive(row, found.energy)]
        for rank, (start, end, sequence, energy) in enumerate(found.sites, 1):
            site = {"target_id": target, "site_start": str(start), "site_end": str(end), "site_seq": sequence}
            rows.append(self._make.negative(row, name, rank, site, energy))
        unmet = self._make.unmet(row, name, found.reason, len(found.sites)) if found.reason else None
        return Labelled(rows, unmet)

    def _avoid(self, path: str) -> None:
        reader = TableReader(path)
        target, start, end = (reader.index(name) for name in ("target_id", "site_start", "site_end"))
        for row, pair in read_known(reader):
            span = reader.whole_number(row, start), reader.whole_number(row, end)
            self._known.add(mirna_key(pair.mirna_id, pair.mirna_seq), row[target], *span, pair.site_seq)


class FrequencyMatched:
    """Label a table with negatives of the strategy ``frequency-matched``; the whole table is kept in memory.

    Parameters
    ----------
    path : str
        Table of positives, or ``-``.
    ratio, seed : int
    avoid : str, optional
        Table with further positives.

    Attributes
    ----------
    columns : list of str
        Those of the labelled table.
    positives : int
        Number of rows.
    """

    def __init__(self, path: str, ratio: int, seed: int, avoid: str | None = None) -> None:
        reader = TableReader(path)
        self._make = RowMaker(reader, FREQUENCY_MATCHED)
        self._rows: list[list[str]] = []
        self._pairs: list[Pair] = []
        for row, pair in read_pairs(reader):
            self._rows.append(row)
            self._pairs.append(pair)
        known = [] if avoid is None else [pair for _, pair in read_known(TableReader(avoid))]
        self.columns = self._make.columns
        self.positives = len(self._rows)
        self._ratio = ratio
        self._partners = pair_anew(self._pairs, ratio, seed, known)

    def labelled(self, threads: int = 1) -> Iterator[Labelled]:
        """Yield each positive with its negatives, in the order of the table."""
        energies = in_order(_fold, self._duplexes(), threads)
        for number, (row, partners) in enumerate(zip(self._rows, self._partners, strict=True), 1):
            name = self._make.name(row, number)
            rows = [self._make.positive(row, next(energies))]
            for rank, other in enumerate(partners, 1):
                site = {**self._make.site_cells(self._rows[other]), "site_seq": self._pairs[other].site_seq}
                rows.append(self._make.negative(row, name, rank, site, next(energies)))
            short = len(partners) < self._ratio
            yield Labelled(rows, self._make.unmet(row, name, NO_PARTNER, len(partners)) if short else None)

    def other_length(self) -> int:
        """Return the number of negatives whose site is not as long as that of their positive."""
        sizes = [len(pair.site_seq) for pair in self._pairs]
        return sum(sizes[other] != size for size, new in zip(sizes, self._partners, strict=True) for other in new)

    def _duplexes(self) -> Iterator[tuple[str, str]]:
        for pair, partners in zip(self._pairs, self._partners, strict=True):
            yield pair.mirna_seq, pair.site_seq
            yield from ((pair.mirna_seq, self._pairs[other].site_seq) for other in partners)


def _fold(duplex: tuple[str, str]) -> float:
    return cofold_energy(*duplex)
