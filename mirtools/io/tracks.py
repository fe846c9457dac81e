"""Tracks for genome browsers: coverage as bigWig, alignments as BAM.

The libraries pyBigWig and pysam write both formats. They need files with names, which are created in a temporary
folder and copied to the output.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import MissingExtraError
from mirtools.io.sequences import reverse_complement
from mirtools.io.streams import Outputs, in_temporary_file

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NOT_IN_NAMES = re.compile(r"[^\w.+-]")
_REMEDY = "pip install 'mirtools[tracks]'"
_AT_ONCE = 1 << 16
# SAM flag of an alignment to the minus strand; CIGAR operations; mapping quality that is not known
_REVERSE, _MATCH, _SKIP, _UNKNOWN_QUALITY = 16, 0, 3, 255


class Block(NamedTuple):
    """A weighted interval on a chromosome or transcript, 0-based and half-open."""

    chromosome: str
    start: int
    end: int
    weight: float


class Alignment(NamedTuple):
    """One line of a BAM file.

    Attributes
    ----------
    name, chromosome, strand : str
    blocks : sequence of (int, int)
        Aligned parts, ascending, 0-based and half-open; the bases between them are skipped (introns).
    bases : str
        As sequenced, 5'->3' on ``strand``, DNA letters; empty if unknown.
    tags : sequence of (str, str or int)
        Two letters and their value.
    """

    name: str
    chromosome: str
    strand: str
    blocks: Sequence[tuple[int, int]]
    bases: str
    tags: Sequence[tuple[str, str | int]]


def need_bigwig() -> None:
    """Raise MissingExtraError if pyBigWig is not installed."""
    try:
        import pyBigWig  # noqa: F401
    except ImportError:
        raise MissingExtraError("pyBigWig", _REMEDY) from None


def need_bam() -> None:
    """Raise MissingExtraError if pysam is not installed."""
    try:
        import pysam  # noqa: F401
    except ImportError:
        raise MissingExtraError("pysam", _REMEDY) from None


def open_track(outputs: Outputs, prefix: str, name: str) -> BinaryIO:
    """Open ``PREFIX.NAME.bw``; characters that file names cannot hold become ``_``."""
    return outputs.open_binary(f"{prefix}.{_NOT_IN_NAMES.sub('_', name)}.bw")


def write_bigwig(stream: BinaryIO, sizes: Mapping[str, int], blocks: Iterable[Block]) -> None:
    """Write the coverage of each base; bases without coverage are skipped.

    Parameters
    ----------
    stream : BinaryIO
    sizes : mapping of str to int
        Length of each chromosome or transcript.
    blocks : iterable of Block
        In any order.
    """
    import pyBigWig

    header = sorted(sizes.items()) or [("none", 1)]
    with _named_file(stream) as path, pyBigWig.open(path, "w") as file:
        file.addHeader(header)
        for chromosome, starts, ends, values in _covered(blocks):
            for first in range(0, len(starts), _AT_ONCE):
                some = slice(first, first + _AT_ONCE)
                names = [chromosome] * len(starts[some])
                file.addEntries(
                    names, starts[some].tolist(), ends=ends[some].tolist(), values=values[some].tolist()
                )


def write_bam(
    stream: BinaryIO, index: BinaryIO, sizes: Mapping[str, int], alignments: Iterable[Alignment]
) -> None:
    """Write alignments, sorted by position and name, and the index of the file.

    Parameters
    ----------
    stream, index : BinaryIO
        The BAM file, and its index, a file with the same name and ``.bai`` at its end.
    sizes : mapping of str to int
        Length of each chromosome or transcript.
    alignments : iterable of Alignment
        In any order; pysam sorts them, so that memory stays constant.
    """
    import pysam

    names = sorted(sizes)
    references = [{"SN": name, "LN": max(1, sizes[name])} for name in names]
    number_of = {name: number for number, name in enumerate(names)}
    header = pysam.AlignmentHeader.from_dict({"HD": {"VN": "1.6", "SO": "unsorted"}, "SQ": references})
    with tempfile.TemporaryDirectory() as folder:
        unsorted, ordered = f"{folder}/unsorted.bam", f"{folder}/sorted.bam"
        with in_temporary_file():
            with pysam.AlignmentFile(unsorted, "wb", header=header) as file:
                for alignment in alignments:
                    file.write(_segment(alignment, number_of, header))
            pysam.sort("--no-PG", "-o", ordered, unsorted)
            pysam.index(ordered)
        for path, output in ((ordered, stream), (f"{ordered}.bai", index)):
            with open(path, "rb") as file:
                shutil.copyfileobj(file, output)


def _segment(alignment: Alignment, number_of: Mapping[str, int], header: Any) -> Any:
    import pysam

    segment = pysam.AlignedSegment(header)
    segment.query_name = alignment.name[:254]
    segment.flag = _REVERSE if alignment.strand == "-" else 0
    segment.reference_id = number_of[alignment.chromosome]
    segment.reference_start = alignment.blocks[0][0]
    segment.mapping_quality = _UNKNOWN_QUALITY
    cigar: list[tuple[int, int]] = []
    before = alignment.blocks[0][0]
    for start, end in alignment.blocks:
        if start > before:
            cigar.append((_SKIP, start - before))
        cigar.append((_MATCH, end - start))
        before = end
    segment.cigartuples = cigar
    if alignment.bases:
        forward = alignment.strand != "-"
        segment.query_sequence = alignment.bases if forward else reverse_complement(alignment.bases)
    segment.set_tags([(tag, value, "i" if isinstance(value, int) else "Z") for tag, value in alignment.tags])
    return segment


def _covered(blocks: Iterable[Block]) -> Iterator[tuple[str, Ints, Ints, Floats]]:
    """Yield each chromosome with starts, ends and coverage of its runs of equal coverage above 0, by position."""
    by_chromosome: dict[str, list[tuple[int, int, float]]] = {}
    for chromosome, start, end, weight in blocks:
        by_chromosome.setdefault(chromosome, []).append((start, end, weight))
    for chromosome in sorted(by_chromosome):
        # sorted, so that the sums do not depend on the order of the blocks
        parts = np.array(sorted(by_chromosome[chromosome]), np.float64)
        borders, at = np.unique(parts[:, :2].astype(np.int64), return_inverse=True)
        at = at.reshape(-1, 2)
        change: Floats = np.zeros(len(borders))
        np.add.at(change, at[:, 0], parts[:, 2])
        np.subtract.at(change, at[:, 1], parts[:, 2])
        cover: Floats = np.cumsum(change)[:-1].round(4)
        kept = cover > 0
        yield chromosome, borders[:-1][kept], borders[1:][kept], cover[kept]


@contextmanager
def _named_file(stream: BinaryIO) -> Iterator[str]:
    """Yield the name of a temporary file, and copy its content to a stream at the end."""
    with in_temporary_file(), tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/file"
        yield path
        with open(path, "rb") as file:
            shutil.copyfileobj(file, stream)
