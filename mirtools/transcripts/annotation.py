"""Annotation of transcripts: their regions, and their positions on the genome if GTF or GFF3 is given."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from mirtools.transcripts.gtf import Placement, read_placements, regions_of_placements
from mirtools.transcripts.names import NameIndex
from mirtools.transcripts.regions import (
    REGIONS,
    Regions,
    Transcript,
    headers_name_regions,
    regions_from_headers,
    regions_from_table,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Annotation:
    """Regions and genomic positions of transcripts, by FASTA identifier.

    Attributes
    ----------
    regions : mapping of str to Regions
    placements : mapping of str to Placement
        Empty unless the annotation is GTF or GFF3; includes transcripts of another length.
    other_length : collection of str
        Transcripts whose total exon length differs from that of the sequence; their regions are unknown.
    """

    regions: Mapping[str, Regions]
    placements: Mapping[str, Placement] = field(default_factory=dict)
    other_length: Collection[str] = ()

    def region_of(self, target_id: str, start: int, end: int) -> str:
        """Return the region of a site's midpoint: one of ``5'UTR CDS 3'UTR noncoding unknown``.

        Parameters
        ----------
        target_id : str
        start, end : int
            The site on the transcript, 0-based and half-open. The stop codon belongs to the CDS.
        """
        regions = self.regions_of(target_id)
        return "unknown" if regions is None else regions.region_of(start, end)

    def regions_of(self, target_id: str) -> Regions | None:
        """Return the regions of a transcript, given by its whole name in the FASTA file or by its accession."""
        return self._regions.find(target_id)

    def is_of_other_length(self, target_id: str) -> bool:
        """Return whether a transcript, given likewise, has exons of another length than its sequence."""
        return self._other_length.find(target_id) is not None

    @cached_property
    def _regions(self) -> NameIndex[Regions]:
        return NameIndex(self.regions, any_version=False)

    @cached_property
    def _other_length(self) -> NameIndex[str]:
        return NameIndex({name: name for name in self.other_length}, any_version=False)

    def region_numbers(
        self,
        names: Sequence[str],
        targets: NDArray[np.int64],
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
    ) -> NDArray[np.uint8]:
        """Return :meth:`region_of` for many sites, as positions in ``REGIONS``.

        Parameters
        ----------
        names : sequence of str
            Identifiers of the transcripts.
        targets : array of int, shape (n,)
            Positions in ``names``.
        starts, ends : array of int, shape (n,)

        Returns
        -------
        array of uint8, shape (n,)
        """
        import numpy as np

        used, which = np.unique(targets, return_inverse=True)
        known = [self.regions.get(names[number]) for number in used.tolist()]
        cds = np.array([(each.cds_start, each.cds_end) if each else (0, 0) for each in known], np.int64)
        cds = cds.reshape(-1, 2)[which]
        coding = np.array([each is not None and each.cds_start < each.length for each in known], bool)[which]
        unknown = np.array([each is None for each in known], bool)[which]
        middles = (np.asarray(starts) + np.asarray(ends)) // 2
        numbers = (middles >= cds[:, 0]).astype(np.uint8) + (middles >= cds[:, 1])
        numbers[~coding] = REGIONS.index("noncoding")
        numbers[unknown] = REGIONS.index("unknown")
        return numbers


def read_annotation(
    transcripts: Sequence[Transcript], fasta: str, gtf: str | None = None, table: str | None = None
) -> Annotation:
    """Read the annotation of transcripts from GTF, GFF3, a table, or (if no file is given) the FASTA headers.

    Parameters
    ----------
    transcripts : sequence of Transcript
    fasta : str
        The file of the transcripts, for messages.
    gtf, table : str, optional
        See :func:`mirtools.transcripts.gtf.read_placements` and
        :func:`mirtools.transcripts.regions.regions_from_table`.

    Raises
    ------
    InputError
        If a file has none of these formats, or the regions of no transcript are known.
    """
    if gtf is not None:
        placements = read_placements(gtf, transcripts)
        regions, other_length = regions_of_placements(placements, transcripts, gtf)
        return Annotation(regions, placements, other_length)
    if table is not None:
        return Annotation(regions_from_table(table, transcripts))
    return Annotation(regions_from_headers(transcripts, fasta))


def read_annotation_if_any(
    transcripts: Sequence[Transcript], fasta: str, gtf: str | None = None, table: str | None = None
) -> Annotation | None:
    """As :func:`read_annotation`, but the annotation is optional.

    If no file is given, FASTA headers that contradict their sequences are ignored, and ``None`` is returned if no
    header names regions.
    """
    if gtf is None and table is None:
        if not headers_name_regions(transcripts):
            return None
        return Annotation(regions_from_headers(transcripts, fasta, strict=False))
    return read_annotation(transcripts, fasta, gtf, table)
