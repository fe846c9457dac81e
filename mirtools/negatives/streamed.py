"""From a table of positives to labelled rows by the strategy ``same-transcript``, in a stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

from mirtools.computing.processes import in_order
from mirtools.io.spool import Lines
from mirtools.io.tables import MISSING, TableReader
from mirtools.negatives.labelled import REGION
from mirtools.negatives.same_transcript import NO_REGIONS, OTHER_LENGTH, Found, Rules, Search, find_sites, prepare
from mirtools.negatives.settings import SAME_TRANSCRIPT
from mirtools.negatives.table import GENE_OF_SITE, Labelled, LabelledTable, PositiveReader, RowMaker, read_known
from mirtools.pairs.bound import PositiveSites
from mirtools.transcripts.annotation import Annotation
from mirtools.transcripts.names import NameIndex
from mirtools.transcripts.regions import Regions


def regions_in(annotation: Annotation | None) -> Callable[[str], Regions | str]:
    """Return a function from ``target_id`` to the transcript's regions, or to the reason why there are none."""
    if annotation is None:
        return lambda name: NO_REGIONS
    return lambda name: (
        annotation.regions_of(name) or (OTHER_LENGTH if annotation.is_of_other_length(name) else NO_REGIONS)
    )


class SameTranscript(LabelledTable):
    """A table with negatives of the strategy ``same-transcript``.

    Its rows wait in a temporary file, since every positive site must be known before the first negative is drawn.
    Memory: the transcripts, and about 0.7 kB for each positive.

    Parameters
    ----------
    path : str
        Table of positives, or ``-``.
    transcripts : mapping
        Sequences by their names in the FASTA file; the table may have these or accessions.
    regions_of : callable
        See :func:`regions_in`.
    rules : Rules
    avoid : str, optional
        Table with further positives, which do not become negatives.

    Raises
    ------
    InputError
        As :class:`mirtools.negatives.table.PositiveReader`, before anything is written.
    """

    def __init__(
        self,
        path: str,
        transcripts: Mapping[str, str],
        regions_of: Callable[[str], Regions | str],
        rules: Rules,
        avoid: str | None = None,
    ) -> None:
        self._transcripts = NameIndex(transcripts, any_version=False)
        self._regions_of = regions_of
        self._rules = rules
        self._known = PositiveSites()
        table = TableReader(path)
        self._reader = PositiveReader(table, self._transcripts)
        self._rows = Lines()
        for row, positive in self._reader:
            self._known.add(positive.mirna, positive.target, positive.start, positive.end, positive.site_seq)
            self._rows.add("\t".join(row))
        self.positives = len(self._rows)
        if avoid is not None:
            self._avoid(avoid)
        self._make = RowMaker(table, SAME_TRANSCRIPT)
        self.columns, self.find = self._make.columns, self._make.find

    def labelled(self, threads: int = 1) -> Iterator[Labelled]:
        """Yield each positive with its negatives, in the order of the table."""
        waiting: deque[list[str]] = deque()

        def searches() -> Iterator[Search]:
            for line in self._rows:
                row = line.split("\t")
                positive = self._reader.positive(row)
                waiting.append(row)
                transcript, regions = self._transcripts.find(positive.target), self._regions_of(positive.target)
                assert transcript is not None  # the reader refuses others
                yield prepare(positive, regions, transcript, self._known, self._rules)

        with closing(self._rows):
            for number, found in enumerate(in_order(find_sites, searches(), threads), 1):
                yield self._label(waiting.popleft(), number, found)

    def _label(self, row: list[str], number: int, found: Found) -> Labelled:
        name = self._make.name(row, number)
        cells = self._make.site_cells(row)
        target, regions = cells["target_id"], self._regions_of(cells["target_id"])
        own = {column: cells[column] for column in GENE_OF_SITE if column in cells}
        rows = [self._make.positive(row, found.energy)]
        for rank, (start, end, sequence, energy) in enumerate(found.sites, 1):
            place = {"target_id": target, "site_start": str(start), "site_end": str(end), "site_seq": sequence}
            region = regions.region_of(start, end) if isinstance(regions, Regions) else MISSING
            site = {**own, **place, REGION: region}
            rows.append(self._make.negative(row, name, rank, site, energy))
        unmet = self._make.unmet(row, name, found.reason, len(found.sites)) if found.reason else None
        return Labelled(rows, unmet)

    def _avoid(self, path: str) -> None:
        reader = TableReader(path)
        target, start, end = (reader.index(name) for name in ("target_id", "site_start", "site_end"))
        for row, pair in read_known(reader):
            span = reader.whole_number(row, start), reader.whole_number(row, end)
            self._known.add(pair.mirna_name, row[target], *span, pair.site)
