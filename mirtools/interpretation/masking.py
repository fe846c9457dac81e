"""Masking maps: changes of the score if bases are hidden from the model (paper: Feature identification, Fig. 2).

Every window of a sequence is replaced by N, one at a time, and the pair is scored again. The change is masked
minus unmasked score: it is negative if the hidden bases raised the score.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.io.encoding import N_CODE, encode
from mirtools.models.arrays import Codes, Floats
from mirtools.models.dmiso.architecture import MIRNA_LENGTH, SITE_LENGTH
from mirtools.models.scorers import PairScorer
from mirtools.pairs.table import Pair

COLUMNS = "sequence pairs start end n mean_change sd_change mean_abs_change".split()
LENGTHS = {"mirna": MIRNA_LENGTH, "site": SITE_LENGTH}
GROUPS = ("all", "positive", "negative")

# pairs per batch, with about 70 masked copies each
_CHUNK = 128


class MaskedPairs(NamedTuple):
    """Some pairs, their scores and the changes of these by masking.

    Attributes
    ----------
    pairs : sequence of Pair
    scores : ndarray of shape (n,), float64
        Scores without masking.
    changes : dict of str to ndarray of shape (n, 31 - width) and (n, 61 - width), float64
        ``mirna`` and ``site``, by first masked base; NaN if the window exceeds the sequence.
    """

    pairs: tuple[Pair, ...]
    scores: NDArray[np.float64]
    changes: dict[str, NDArray[np.float64]]


class MaskingMap(NamedTuple):
    """Changes by window over many pairs, arrays of shape ``(windows,)``.

    Attributes
    ----------
    counts : ndarray of int64
        Pairs whose sequence contains the whole window.
    mean, sd, mean_abs : ndarray of float64
        Mean, standard deviation and mean absolute value of the change; NaN without pairs (``sd``: with fewer than
        two).
    """

    counts: NDArray[np.int64]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    mean_abs: NDArray[np.float64]


def masked_copies(
    codes: Codes, lengths: NDArray[np.int64], width: int
) -> tuple[Codes, NDArray[np.intp], NDArray[np.intp]]:
    """Return copies of the sequences, one window of N in each, with the sequence and the start of each window.

    Parameters
    ----------
    codes : ndarray of shape (n, length), uint8
    lengths : ndarray of shape (n,)
        Bases before the padding; windows are within them.
    width : int
        Bases of a window.
    """
    starts = np.arange(codes.shape[1] - width + 1)
    which, start = np.nonzero(starts[None] + width <= lengths[:, None])
    copies = codes[which]
    copies[np.arange(len(copies))[:, None], start[:, None] + np.arange(width)] = N_CODE
    return copies, which, start


def mask_pairs(pairs: Iterable[Pair], scorer: PairScorer, width: int, threads: int = 1) -> Iterator[MaskedPairs]:
    """Yield the pairs in order, in batches, scored with every window masked, in constant memory."""
    waiting: deque[tuple[tuple[Pair, ...], dict[str, tuple[NDArray[np.intp], NDArray[np.intp]]]]] = deque()

    def batches() -> Iterator[tuple[Codes, Codes]]:
        stream = iter(pairs)
        while chunk := tuple(islice(stream, _CHUNK)):
            sequences = {"mirna": [pair.mirna for pair in chunk], "site": [pair.site for pair in chunk]}
            codes = {name: encode(sequences[name], length) for name, length in LENGTHS.items()}
            copies, windows = {}, {}
            for name, length in LENGTHS.items():
                lengths = np.array([min(len(sequence), length) for sequence in sequences[name]])
                copies[name], *places = masked_copies(codes[name], lengths, width)
                windows[name] = places[0], places[1]
            waiting.append((chunk, windows))
            # unmasked pairs, masked miRNAs with their sites, miRNAs with their masked sites
            mirnas = (codes["mirna"], copies["mirna"], codes["mirna"][windows["site"][0]])
            sites = (codes["site"], codes["site"][windows["mirna"][0]], copies["site"])
            yield np.concatenate(mirnas), np.concatenate(sites)

    for scores in scorer.score_stream(batches(), threads):
        yield _masked_pairs(*waiting.popleft(), scores, width)


def _masked_pairs(
    pairs: tuple[Pair, ...],
    windows: dict[str, tuple[NDArray[np.intp], NDArray[np.intp]]],
    scores: Floats,
    width: int,
) -> MaskedPairs:
    exact = scores.astype(np.float64)
    unmasked, rest = exact[: len(pairs)], exact[len(pairs) :]
    changes = {}
    for name, (which, start) in windows.items():
        table = np.full((len(pairs), LENGTHS[name] - width + 1), np.nan)
        table[which, start] = rest[: len(which)] - unmasked[which]
        rest = rest[len(which) :]
        changes[name] = table
    return MaskedPairs(pairs, unmasked, changes)


class MaskingSums:
    """Sums changes up, for all pairs and for positive and negative ones.

    Parameters
    ----------
    width : int
        Bases of a window.
    threshold : float
        Pairs without a label are positive if the unmasked score is larger.

    Attributes
    ----------
    counts : collections.Counter
        pairs, labelled_pairs, positive_pairs, mirnas_cropped, sites_cropped, mirnas_too_short, sites_too_short.
    """

    def __init__(self, width: int, threshold: float) -> None:
        self.width = width
        self.counts: Counter[str] = Counter(
            dict.fromkeys(
                (
                    "pairs labelled_pairs positive_pairs mirnas_cropped sites_cropped mirnas_too_short "
                    "sites_too_short"
                ).split(),
                0,
            )
        )
        self._threshold = threshold
        # rows: number of pairs, sums of change, of its square, of its absolute value
        self._sums = {
            (name, group): np.zeros((4, length - width + 1))
            for name, length in LENGTHS.items()
            for group in GROUPS
        }

    def add(self, masked: MaskedPairs) -> NDArray[np.bool_]:
        """Add some pairs; returns which of them are positive."""
        labelled = [
            score > self._threshold if pair.label is None else pair.label == 1
            for pair, score in zip(masked.pairs, masked.scores.tolist(), strict=True)
        ]
        positive = np.array(labelled, bool)
        self.counts["pairs"] += len(positive)
        self.counts["positive_pairs"] += int(positive.sum())
        for pair in masked.pairs:
            self.counts["labelled_pairs"] += pair.label is not None
            self.counts["mirnas_cropped"] += len(pair.mirna) > MIRNA_LENGTH
            self.counts["sites_cropped"] += len(pair.site) > SITE_LENGTH
            self.counts["mirnas_too_short"] += len(pair.mirna) < self.width
            self.counts["sites_too_short"] += len(pair.site) < self.width
        for name, table in masked.changes.items():
            for group, part in zip(GROUPS, (table, table[positive], table[~positive]), strict=True):
                sums = self._sums[name, group]
                sums[0] += (~np.isnan(part)).sum(0)
                sums[1] += np.nansum(part, 0)
                sums[2] += np.nansum(part**2, 0)
                sums[3] += np.nansum(np.abs(part), 0)
        return positive

    def map(self, sequence: str, group: str) -> MaskingMap:
        """Return the map of ``mirna`` or ``site`` over all, positive or negative pairs."""
        counts, total, squares, absolute = self._sums[sequence, group]
        some = np.where(counts > 0, counts, np.nan)
        mean = total / some
        variance = np.maximum(squares / some - mean**2, 0) * some / np.where(counts > 1, counts - 1, np.nan)
        return MaskingMap(counts.astype(np.int64), mean, np.sqrt(variance), absolute / some)

    def rows(self) -> Iterator[list[str]]:
        """Yield the table of all maps, with COLUMNS, windows 0-based and half-open, without empty rows."""
        for name in LENGTHS:
            for group in GROUPS:
                found = self.map(name, group)
                for start in np.flatnonzero(found.counts).tolist():
                    values = (float(column[start]) for column in found[1:])
                    cells = ["." if value != value else f"{value:.6f}" for value in values]
                    places = [str(start), str(start + self.width), str(found.counts[start])]
                    yield [name, group, *places, *cells]
