"""One of N shares of an input: neighbouring rows or targets, so that the shares' results follow each other."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from mirtools.errors import UsageError
from mirtools.interactions import TableReader
from mirtools.models.tiling import Tiling
from mirtools.regions import Transcript
from mirtools.sequences import Reference, stream_references, to_dna


def must_be_file(path: str, option: str) -> None:
    """Refuse what cannot be read twice.

    Raises
    ------
    UsageError
        For standard input and pipes.
    """
    if path == "-" or (os.path.exists(path) and not os.path.isfile(path)):
        raise UsageError(f"{option} reads '{path}' twice, which a pipe does not allow; save it as a file")


def row_share(path: str, layout: str, share: tuple[int, int]) -> tuple[int, int]:
    """Return the rows of a table that belong to a share: from the one to before the other, counted from 0.

    Parameters
    ----------
    path : str
        A file; it is read once for this.
    layout : {"table", "dmiso"}
    share : (int, int)
        Its 0-based number, and how many there are.
    """
    number, shares = share
    rows = sum(1 for _ in TableReader(path, layout=layout))
    return rows * number // shares, rows * (number + 1) // shares


def target_share(transcripts: Sequence[Transcript], tiling: Tiling, share: tuple[int, int]) -> tuple[int, int]:
    """Return the targets that belong to a share, all shares having about as many windows."""
    number, shares = share
    counts = [tiling.count(transcript.length) for transcript in transcripts]
    total, before = sum(counts), 0
    owners = []
    for count in counts:
        owners.append(before * shares // total)
        before += count
    return sum(owner < number for owner in owners), sum(owner <= number for owner in owners)


def survey(path: str, read: Callable[[str], str] = to_dna, counts: Counter[str] | None = None) -> list[Transcript]:
    """Read the names and lengths of the sequences of a FASTA file, in the letters that ``read`` gives."""
    found = stream_references(path, read, Counter() if counts is None else counts)
    return [Transcript(each.name, each.header, len(each.sequence)) for each in found]


def targets_of(
    path: str,
    chosen: tuple[int, int] | None,
    read: Callable[[str], str] = to_dna,
    counts: Counter[str] | None = None,
) -> Iterator[Reference]:
    """Stream the targets of a FASTA file, all or from one to before another.

    ``counts`` is told of records without sequence, see :func:`mirtools.sequences.stream_references`.
    """
    found = stream_references(path, read, Counter() if counts is None else counts)
    for number, target in enumerate(found):
        if chosen is None or chosen[0] <= number < chosen[1]:
            yield target
