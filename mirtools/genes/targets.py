"""The targets of a prediction: bases of all transcripts in one array, their regions and genes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.io.encoding import encode
from mirtools.io.sequences import Reference, stream_references
from mirtools.runlog import RunLog
from mirtools.transcripts.annotation import Annotation, read_annotation_if_any
from mirtools.transcripts.geneheaders import Gene
from mirtools.transcripts.genes import Genes, read_genes
from mirtools.transcripts.gtf import Placement
from mirtools.transcripts.names import accessions
from mirtools.transcripts.regions import Regions, Transcript


class Targets(NamedTuple):
    """Transcripts, in the order of their file; positions are 0-based and half-open on each transcript.

    Attributes
    ----------
    names : list of str
        Accessions, as :func:`mirtools.transcripts.names.accessions` gives them.
    genes : list of Gene
    codes : array of uint8, shape (total length,)
        Bases of all transcripts, one after the other, A T C G N as 0 to 4.
    starts : array of int64, shape (n + 1,)
        Where each begins in ``codes``, and the end of the last.
    edges : array of int64, shape (n, 4)
        0, the start and the end of the coding sequence, and the length; the end of 5'UTR, CDS and 3'UTR is the
        start of the next. A target that is a 3'UTR, or not coding, has 0 for both.
    coding : array of bool, shape (n,)
        Whether a coding sequence is known.
    placements : list of (Placement or None)
        Position on the genome of each whose exons are as long as its sequence; empty without such an annotation.
    """

    names: list[str]
    genes: list[Gene]
    codes: NDArray[np.uint8]
    starts: NDArray[np.int64]
    edges: NDArray[np.int64]
    coding: NDArray[np.bool_]
    placements: list[Placement | None]

    def select(self, kept: Sequence[int]) -> Targets:
        """Return some of the targets, by their positions."""
        parts = [self.codes[self.starts[at] : self.starts[at + 1]] for at in kept]
        return Targets(
            [self.names[at] for at in kept],
            [self.genes[at] for at in kept],
            np.concatenate([np.zeros(0, np.uint8), *parts]),
            _starts([len(part) for part in parts]),
            self.edges[list(kept)],
            self.coding[list(kept)],
            [self.placements[at] for at in kept] if self.placements else [],
        )

    def one_per_gene(self) -> Targets:
        """Return the transcript with the longest 3'UTR of each gene, in the order of the transcripts.

        Of equal ones, it is the longest transcript, then the first by name.
        """
        best: dict[str, int] = {}
        for at, gene in enumerate(self.genes):
            best[gene.identifier] = min(best.get(gene.identifier, at), at, key=self.representative_key)
        return self.select(sorted(best.values()))

    def representative_key(self, at: int) -> tuple[int, int, str]:
        """Return what sorts isoforms: the longest 3'UTR, then the longest transcript, then the first by name."""
        _, _, cds_end, length = self.edges[at].tolist()
        return cds_end - length, -length, self.names[at]


def targets_of(
    transcripts: Sequence[tuple[str, str]], regions: dict[str, Regions], genes: Sequence[Gene] | None = None
) -> Targets:
    """Return targets from names and sequences in upper-case DNA letters, 5'->3'.

    Parameters
    ----------
    transcripts : sequence of (str, str)
    regions : dict of str to Regions
        Targets without an entry are 3'UTRs.
    genes : sequence of Gene, optional
        By default each target is its own gene.
    """
    names = [name for name, _ in transcripts]
    codes = [encode([sequence], len(sequence))[0] for _, sequence in transcripts]
    listed = list(genes) if genes is not None else [Gene(name, ".") for name in names]
    return _assemble(names, listed, codes, Annotation(regions))


def read_targets(
    fasta: str, log: RunLog, gtf: str | None = None, regions: str | None = None, genes: str | None = None
) -> Targets:
    """Read targets from FASTA and what is known of them from other files.

    Parameters
    ----------
    fasta : str
        Whole transcripts or 3'UTRs.
    log : RunLog
        Gains counts and notes.
    gtf, regions : str, optional
        As :func:`mirtools.transcripts.annotation.read_annotation`; without them, regions in GENCODE's headers are
        used. Targets of unknown regions are 3'UTRs.
    genes : str, optional
        As :func:`mirtools.transcripts.genes.read_genes`.

    Raises
    ------
    InputError
        For files that cannot be used, and regions outside of a transcript.
    """
    table = None if genes is None else read_genes(genes)
    transcripts, codes = [], []
    for each in stream_references(fasta, counts=log.counts):
        transcripts.append(Transcript(each.name, each.header, len(each.sequence)))
        codes.append(encode([each.sequence], len(each.sequence))[0])
    annotation = read_annotation_if_any(transcripts, fasta, gtf, regions)
    names = [each.name for each in transcripts]
    known = Genes(table, annotation.placements if annotation else None)
    listed = [known.of(Reference(each.name, each.header, "")) for each in transcripts]
    found = _assemble(names, listed, codes, annotation or Annotation({}))
    _note(log, found, annotation, names)
    return found._replace(names=accessions(names))


def _note(log: RunLog, targets: Targets, annotation: Annotation | None, names: Sequence[str]) -> None:
    log.counts["targets"] = len(targets.names)
    if annotation is None:
        log.say("no regions are known, so every target counts as a 3'UTR; --regions or --gtf describe transcripts")
        return
    unknown = sum(name not in annotation.regions for name in names)
    without = int((targets.coding & (targets.edges[:, 2] == targets.edges[:, 3])).sum())
    log.counts["targets_of_unknown_regions"] = unknown
    log.counts["targets_without_3p_utr"] = without
    if unknown:
        log.say(f"{unknown} targets have no regions and count as 3'UTRs; describe them in --regions or --gtf")


def _assemble(
    names: list[str], genes: list[Gene], codes: list[NDArray[np.uint8]], annotation: Annotation
) -> Targets:
    edges = np.zeros((len(names), 4), np.int64)
    coding = np.zeros(len(names), bool)
    for at, (name, bases) in enumerate(zip(names, codes, strict=True)):
        edges[at, 3] = len(bases)
        regions = annotation.regions.get(name)
        if regions is not None and regions.cds_start < regions.length:
            edges[at, 1:3] = regions.cds_start, regions.cds_end
            coding[at] = True
    placements: list[Placement | None] = []
    if annotation.placements:
        unsure = annotation.other_length
        placements = [None if name in unsure else annotation.placements.get(name) for name in names]
    joined = np.concatenate([np.zeros(0, np.uint8), *codes])
    return Targets(names, genes, joined, _starts([len(each) for each in codes]), edges, coding, placements)


def _starts(lengths: Sequence[int]) -> NDArray[np.int64]:
    starts: NDArray[np.int64] = np.concatenate([[0], np.cumsum(np.array(lengths, np.int64))]).astype(np.int64)
    return starts
