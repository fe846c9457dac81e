"""From a table of positives to labelled rows by the strategy ``same-transcript``, in a stream."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from typing import TextIO, cast

from mirtools.annotation import Annotation
from mirtools.interactions import TableReader, TableWriter
from mirtools.negatives.parallel import in_order
from mirtools.negatives.positives import PositiveSites, mirna_key
from mirtools.negatives.same_transcript import NO_REGIONS, OTHER_LENGTH, Found, Rules, Search, find_sites, prepare
from mirtools.negatives.table import Labelled, RowMaker, read_known, read_positives
from mirtools.regions import Regions
from mirtools.termination import tidied

SAME_TRANSCRIPT = "same-transcript"


def regions_in(annotation: Annotation | None) -> Callable[[str], Regions | str]:
    """Return a function from ``target_id`` to the transcript's regions, or to the reason why there are none."""
    if annotation is None:
        return lambda name: NO_REGIONS
    regions, other_length = annotation.regions, annotation.other_length
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
        See :func:`regions_in`.
    rules : Rules
    avoid : str, optional
        Table with further positives to keep away from.

    Attributes
    ----------
    columns : list of str
        Those of the labelled table.
    find : callable
        Position of a column of the table of positives by its standard name, or ``None``.
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
                files.enter_context(tidied(partial(os.unlink, path)))
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
        self.columns, self.find = self._make.columns, self._make.find

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
