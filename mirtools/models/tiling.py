"""How targets are cut into overlapping windows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirtools.io.sequences import Reference
from mirtools.models.arrays import Codes
from mirtools.models.encoder import Encoder


@dataclass(frozen=True)
class Tiling:
    """Windows of a target.

    Attributes
    ----------
    window : int
        Width in nt, at most the site length of the model; a shorter target is one window.
    stride : int
        Distance between the starts of neighbouring windows.
    """

    window: int
    stride: int = 10

    def starts(self, length: int) -> NDArray[np.intp]:
        """Return the 0-based starts of the windows of a target; the last window ends with the target.

        >>> Tiling(60, 10).starts(75).tolist()
        [0, 10, 15]
        """
        last = max(length - self.window, 0)
        starts = np.arange(0, last + 1, self.stride)
        return starts if starts[-1] == last else np.append(starts, last)

    def count(self, length: int) -> int:
        """Return the number of windows of a target.

        >>> Tiling(60, 10).count(75)
        3
        """
        return 1 - (-max(length - self.window, 0) // self.stride)


class Windows:
    """The windows of some targets, target after target.

    Parameters
    ----------
    sequences : iterable of str
        Of at least one base each.
    tiling : Tiling
    encoder : Encoder
        The encoder of the model.

    Attributes
    ----------
    tiling : Tiling
    starts, ends : ndarray of shape (n,)
        Position of each window on its target, 0-based and half-open.
    bounds : ndarray of shape (targets + 1,)
        Index of the first window of each target, then the number of all windows.
    """

    def __init__(self, sequences: Iterable[str], tiling: Tiling, encoder: Encoder) -> None:
        sequences = list(sequences)
        starts = [tiling.starts(len(sequence)) for sequence in sequences]
        lengths = np.array([len(sequence) for sequence in sequences], np.intp)
        counts = [len(each) for each in starts]
        self.bounds = np.concatenate(([0], np.cumsum(counts)))
        self.starts = np.concatenate(starts)
        self.ends = np.minimum(self.starts + tiling.window, np.repeat(lengths, counts))
        # padding after each target, as long as a window can extend beyond its end; no alphabet contains a blank
        padded = lengths + encoder.site_length
        self._codes = encoder.letters((" " * encoder.site_length).join((*sequences, "")))
        self._offsets = np.append(0, np.cumsum(padded))
        self._places = self.starts + np.repeat(self._offsets[:-1], counts)
        self.tiling = tiling
        self._length, self._unknown = encoder.site_length, encoder.unknown

    def __len__(self) -> int:
        return len(self.starts)

    def codes(self, first: int, last: int) -> Codes:
        """Return the codes of windows ``first`` to before ``last``, padded: ``(n, site length)``."""
        codes = self._codes[self._places[first:last, None] + np.arange(self._length)]
        codes[:, self.tiling.window :] = self._unknown
        return codes

    @property
    def whole(self) -> bool:
        """Whether windows are as wide as the model's input, so that none is padded within its target."""
        return self.tiling.window == self._length

    def by_target(self, first: int, last: int) -> Iterator[tuple[slice, Codes]]:
        """Yield the windows ``first`` to before ``last``, target by target, each with the codes of its target."""
        number = int(np.searchsorted(self.bounds, first, "right")) - 1
        while first < last:
            stop = min(int(self.bounds[number + 1]), last)
            yield slice(first, stop), self._codes[self._offsets[number] : self._offsets[number + 1] - self._length]
            first, number = stop, number + 1

    def of_target(self, number: int) -> slice:
        """Return the windows of a target, given its index."""
        return slice(int(self.bounds[number]), int(self.bounds[number + 1]))


def batches(targets: Iterable[Reference], tiling: Tiling, least: int, most: int) -> Iterator[list[Reference]]:
    """Combine consecutive targets until they have ``least`` windows; one with more than ``most`` ends a batch."""
    batch: list[Reference] = []
    windows = 0
    for target in targets:
        count = tiling.count(len(target.sequence))
        if batch and count > most:
            yield batch
            batch, windows = [], 0
        batch.append(target)
        windows += count
        if windows >= least:
            yield batch
            batch, windows = [], 0
    if batch:
        yield batch
