"""One of N shares of an input: consecutive rows or targets, so that results of all shares can be concatenated."""

from __future__ import annotations

from collections.abc import Sequence

from mirtools.errors import UsageError
from mirtools.io.tables import TableReader
from mirtools.models.tiling import Tiling
from mirtools.prediction.targets import is_file
from mirtools.transcripts.regions import Transcript


def must_be_file(path: str, option: str) -> None:
    """Reject an input that cannot be read twice.

    Raises
    ------
    UsageError
        For standard input and pipes.
    """
    if not is_file(path):
        raise UsageError(f"{option} reads '{path}' twice, which a pipe does not allow; save it as a file")


def row_share(path: str, layout: str, share: tuple[int, int]) -> tuple[int, int]:
    """Return the first row of a share and the row after its last, 0-based.

    Parameters
    ----------
    path : str
        A file, which is read once to count its rows.
    layout : {"table", "dmiso"}
    share : (int, int)
        0-based number of the share, and number of shares.
    """
    number, shares = share
    rows = sum(1 for _ in TableReader(path, layout=layout))
    return rows * number // shares, rows * (number + 1) // shares


def target_share(transcripts: Sequence[Transcript], tiling: Tiling, share: tuple[int, int]) -> tuple[int, int]:
    """Return the first target of a share and the one after its last; shares have similar numbers of windows."""
    number, shares = share
    counts = [tiling.count(transcript.length) for transcript in transcripts]
    total, before = sum(counts), 0
    owners = []
    for count in counts:
        owners.append(before * shares // total)
        before += count
    return sum(owner < number for owner in owners), sum(owner <= number for owner in owners)
