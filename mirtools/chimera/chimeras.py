"""The pairs of all reads of a run, the outcome of every read, and statistics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.fates import Fates, FateSummary, ReadFate
from mirtools.chimera.junctions import Junctions, by_number
from mirtools.chimera.paired_reads import PairedReads, Pairing
from mirtools.chimera.pairing import REASONS
from mirtools.chimera.pairtable import PairTable
from mirtools.chimera.samples import Sample
from mirtools.chimera.umi_errors import UmiGatherer
from mirtools.transcripts.annotation import Annotation
from mirtools.transcripts.site_genes import SiteGenes


class Chimeras:
    """The pairs of all reads and the outcome of each read; a context manager that removes its temporary files.

    Parameters
    ----------
    pairing : Pairing
    samples : sequence of Sample
    min_reads : int
        Support rule, see :class:`mirtools.chimera.pairtable.PairTable`.
    annotation : Annotation, optional
        Regions of the transcripts, if known.
    site_genes : SiteGenes, optional
        Genes, regions and places of sites, if more is known than what headers tell.
    show_ties : bool
        Whether the table lists ties.

    Attributes
    ----------
    table : PairTable
    references : SearchReferences
    """

    def __init__(
        self,
        pairing: Pairing,
        samples: Sequence[Sample],
        min_reads: int,
        annotation: Annotation | None = None,
        site_genes: SiteGenes | None = None,
        show_ties: bool = True,
    ) -> None:
        self.references = pairing.references
        self._samples = samples
        self._reads = [0] * len(samples)
        self._too_short = 0
        self._junctions = Junctions(pairing.references.transcripts, annotation)
        self._umis = UmiGatherer() if pairing.layout.gather_umis else None
        self._fates = Fates(REASONS, len(samples), pairing.keep_names)
        self.table = PairTable(pairing.references, pairing.rules, min_reads, len(samples), site_genes, show_ties)

    def __enter__(self) -> Chimeras:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._fates.__exit__(kind, error, trace)

    def add(self, found: PairedReads) -> NDArray[np.bool_]:
        """Collect the pairs of some reads, in input order; returns which reads are paired and not copies."""
        batch, pairs = found.batch, found.pairs
        self._reads[batch.sample] += found.reads
        self._too_short += found.too_short
        rows = self.table.add(batch, pairs)
        new = self._fates.add(batch, found.reasons, self.table.outcomes(pairs, rows, len(found.reasons)))
        if self._umis is not None:  # counted when all UMIs are known
            self._umis.add(batch, pairs, found.reasons, rows)
        else:
            self.table.count(batch.sample, pairs, rows, new)
            self._junctions.add(pairs, new)
        return new

    def report(self) -> ChimeraReport:
        """Return all counts, after all reads are added."""
        errors = self._count_molecules()
        summary = self._fates.summary(self.table.pair_id)
        distinct = sum(sample.distinct_reads for sample in summary.samples)
        copies = sum(self._reads) - self._too_short - distinct
        dropped = {reason: count for reason, count in summary.fates.items() if reason != REASONS[0]}
        if self._too_short:
            dropped["too_short"] = self._too_short
        paired = summary.fates.get(REASONS[0], 0)
        statistics: dict[str, Any] = {
            "fate": {REASONS[0]: paired, **dict(sorted(dropped.items()))},
            "duplicates": copies,
            "insert_lengths": by_number(summary.insert_lengths),
            **self._junctions.statistics(),
        }
        if len(self._samples) > 1:
            statistics["samples"] = self._per_sample(summary)
        counts = {
            "reads": sum(self._reads),
            "duplicate_reads": copies,
            "distinct_reads": distinct,
            "paired_reads": paired,
        }
        if self._umis is not None:
            counts["umi_errors"] = errors
        return ChimeraReport(counts, dropped, statistics)

    def _count_molecules(self) -> int:
        """Count the reads whose UMI is no error of another one's; returns the number of the others."""
        if self._umis is None:
            return 0
        errors = self._umis.errors()
        self._fates.umi_errors = errors
        for kept, counted in self._umis.kept(errors):
            self.table.count(kept.sample, kept.pairs, kept.rows, counted)
            self._junctions.add(kept.pairs, counted)
        return int(errors.sum())

    def copies(self) -> NDArray[np.int64]:
        """Return the number of copies of each paired read, in input order; needs names to be kept."""
        return self._fates.copies

    def fates(self) -> Iterator[ReadFate]:
        """Yield the outcome of each distinct read, in input order; needs names to be kept."""
        return self._fates.reads(self.table.pair_id)

    def _per_sample(self, summary: FateSummary) -> dict[str, dict[str, int]]:
        lists = zip(self._samples, self._reads, summary.samples, strict=True)
        return {sample.name: {"reads": reads, **counts._asdict()} for sample, reads, counts in lists}


class ChimeraReport(NamedTuple):
    """Counts of a run.

    Attributes
    ----------
    counts : dict
        ``reads``, ``duplicate_reads``, ``distinct_reads`` and ``paired_reads``; ``umi_errors``, paired reads that
        are copies except for an error in their UMI, if UMIs are gathered.
    dropped : dict
        Distinct reads by the reason why they are in no row; ``too_short`` counts all copies.
    statistics : dict
        For ``--json`` and :mod:`mirtools.report.chimera_figure`.
    """

    counts: dict[str, int]
    dropped: dict[str, int]
    statistics: dict[str, Any]
