"""A network on pairing matrices over the windows of a target: what windows share is done once.

Where the first convolution spans the whole miRNA, all convolutions are without padding and a global pooling ends
them, the values in front of the pooling belong to positions of the target, not of a window. So the trunk of the
network runs once over the target, a window pools over its range of positions, and only the dense layers are left
for each. The first convolution is a table: with one miRNA, a letter in each row of the kernel adds a known vector.

The trunk runs in tiles of one size that begin at multiples of it on the target, so every position is always in the
same place of the same matrices, and neither threads nor shards nor neighbouring windows change a bit. Scores equal
those of :class:`mirtools.models.network_steps.PairingPredictor` up to rounding (1e-6).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mirtools.models.cost import MOST_VALUES
from mirtools.models.layers import finite, sigmoid
from mirtools.models.network import Named, Network, placed
from mirtools.models.network_steps import (
    Convolution,
    Dense,
    GlobalPool,
    PairingPredictor,
    run_steps,
    steps_of,
)
from mirtools.models.pairing import Codes, Floats
from mirtools.models.scanning import PairByPair
from mirtools.models.tiling import Windows

TILE = 256  # positions of a target computed at once: few enough for the cache


def can_share(network: Network) -> bool:
    """Tell whether windows of a target can share this network's work."""
    layers = placed(network)
    first = layers[0]
    pools = [place for place, layer in enumerate(layers) if layer.op == "global_pool"]
    if first.op != "conv" or not _slides(first) or first.fields["kernel"][1] != network.mirna_length or not pools:
        return False
    return all(map(_slides, layers[1 : pools[0]]))


def _slides(layer: Named) -> bool:
    """Tell whether a layer gives the same everywhere along the site, and takes no more memory than a pair may."""
    if layer.op == "conv":
        # what a tile's positions read, all at once
        read = TILE * math.prod(layer.fields["kernel"]) * layer.before[-1]
        return bool(layer.fields["padding"] == "valid") and read <= MOST_VALUES
    return layer.op in ("norm", "relu", "dropout") or (layer.op == "residual" and all(map(_slides, layer.inner)))


class NetworkScanner:
    """Scores all of a list of miRNAs against windows.

    Parameters
    ----------
    network : Network
        One that :func:`can_share` is true of.
    weights : dict of str to ndarray
        Tensors by name, float32.
    mirnas : ndarray of shape (n, miRNA length), uint8
        Codes of the network's rule.

    Attributes
    ----------
    batch_size : int
        Windows to ask for at once: enough that few tiles are needed by two batches.
    """

    batch_size = 2048

    def __init__(self, network: Network, weights: Mapping[str, Floats], mirnas: Codes) -> None:
        steps = steps_of(network, weights)
        place = next(number for number, step in enumerate(steps) if isinstance(step, GlobalPool))
        first, self._trunk, pool, self._head = steps[0], steps[1:place], steps[place], steps[place + 1 :]
        assert isinstance(first, Convolution)
        assert isinstance(pool, GlobalPool)
        self._kinds = pool.kinds
        pooled = next(layer.before for layer in placed(network) if layer.op == "global_pool")
        self._pooled: int = pooled[0]  # positions that a window pools over
        self._reach = network.site_length - self._pooled  # letters behind its own that a position looks at
        self._site_length, self._unknown = network.site_length, network.rule.unknown
        self._height, self._bias = len(first.kernel), first.bias
        self._tables = _tables(network, first, mirnas)
        self._pairs = PairByPair(PairingPredictor(network, weights), mirnas)

    def score(self, mirnas: Sequence[int], sites: Codes) -> Floats:
        """Return the scores of miRNAs, by their numbers, and any windows, shape ``(mirnas, windows)``."""
        return self._pairs.score(mirnas, sites)

    def score_windows(self, mirnas: Sequence[int], windows: Windows, first: int, last: int) -> Floats:
        """Return the scores of miRNAs and windows ``first`` to before ``last``, shape ``(mirnas, windows)``."""
        # windows that hardly overlap have nothing to share
        if not windows.whole or windows.tiling.stride > self._pooled:
            return self.score(mirnas, windows.codes(first, last))
        scores = np.empty((len(mirnas), last - first), np.float32)
        for part, codes in windows.by_target(first, last):
            starts = windows.starts[part]
            for row, number in enumerate(mirnas):
                scores[row, part.start - first : part.stop - first] = self.at(number, codes, starts)
        return scores

    def tracks(self, mirna: int, codes: Codes) -> Floats:
        """Return the scores of all windows of a target at stride 1, shape ``(max(length - site length, 0) + 1,)``.

        Parameters
        ----------
        mirna : int
            Its number.
        codes : ndarray of shape (length,), uint8
            Of the whole target, see :meth:`mirtools.models.encoder.Encoder.letters`.
        """
        return self.at(mirna, codes, np.arange(self._windows(codes)))

    @np.errstate(over="ignore", invalid="ignore")
    def at(self, mirna: int, codes: Codes, starts: NDArray[np.intp]) -> Floats:
        """Return the scores of some windows of a target, shape ``(n,)``, float32.

        Parameters
        ----------
        mirna : int
            Its number.
        codes : ndarray of shape (length,), uint8
            Of the whole target; what a window reaches over its end is unknown letters.
        starts : ndarray of shape (n,)
            Of the windows, ascending.
        """
        windows = self._windows(codes)
        padded = np.full(windows - 1 + self._site_length, self._unknown, np.uint8)
        padded[: len(codes)] = codes
        positions = windows - 1 + self._pooled
        scores = np.empty(len(starts), np.float32)
        held: dict[int, Floats] = {}
        done = 0
        while done < len(starts):
            tile = int(starts[done]) // TILE
            first, last = tile * TILE, min((tile + 1) * TILE, windows)
            needed = range(tile, -(-min(last - 1 + self._pooled, positions) // TILE))
            held = {
                number: held[number] if number in held else self._positions(mirna, padded, number, positions)
                for number in needed
            }
            values = np.concatenate(list(held.values()))[: last - first + self._pooled - 1]
            stop = int(np.searchsorted(starts, last))
            scores[done:stop] = sigmoid(finite(self._logits(values)[starts[done:stop] - first]))
            done = stop
        return scores

    def _windows(self, codes: Codes) -> int:
        return max(len(codes) - self._site_length, 0) + 1

    def _positions(self, mirna: int, padded: Codes, tile: int, positions: int) -> Floats:
        """Return the values in front of the pooling of a tile's positions, shape ``(positions, channels)``."""
        first, last = tile * TILE, min((tile + 1) * TILE, positions)
        codes = padded[first : last + self._reach]
        count = len(codes) - self._height + 1
        values = np.take(self._tables[mirna][0], codes[:count], axis=0)
        for row in range(1, self._height):
            values += np.take(self._tables[mirna][row], codes[row : row + count], axis=0)
        values += self._bias
        result: Floats = run_steps(self._trunk, values[None, :, None, :])[0, :, 0]
        return result

    def _logits(self, values: Floats) -> Floats:
        """Return the logits of the windows that begin at each position but the last ones."""
        parts = []
        for kind in self._kinds:
            if kind == "max":
                parts.append(_sliding(np.maximum, values, self._pooled))
            else:
                parts.append(_sliding(np.add, values, self._pooled) / np.float32(self._pooled))
        vectors = np.concatenate(parts, axis=1)
        for step in self._head:
            # one product for all windows of a tile, not one a window
            vectors = vectors @ step.kernel + step.bias if isinstance(step, Dense) else step.run(vectors)
        logits: Floats = vectors[:, 0]
        return logits


def _tables(network: Network, first: Convolution, mirnas: Codes) -> list[Floats]:
    """Return for each miRNA what a letter in a row of the first kernel adds, (height, letters + 1, filters)."""
    rule = network.rule.table().astype(np.float64)
    height, width, channels, filters = first.kernel.shape
    kernel = first.kernel.astype(np.float64).transpose(1, 2, 0, 3).reshape(width * channels, height * filters)
    tables = []
    for codes in mirnas:  # one product a miRNA: the same bits whatever the list
        added = rule[:, codes].reshape(len(rule), -1) @ kernel
        table = added.reshape(len(rule), height, filters).transpose(1, 0, 2)
        tables.append(np.ascontiguousarray(table, np.float32))
    return tables


def _sliding(combine: np.ufunc, values: Floats, width: int) -> Floats:
    """Return the combination of every ``width`` rows in a row, always in the same order."""
    count = len(values) - width + 1
    powers, size, offset = values, 1, 0  # combinations of ``size`` rows
    result: Floats | None = None
    while True:
        if width & size:
            piece = powers[offset : offset + count]
            result = piece if result is None else combine(result, piece)
            offset += size
        if 2 * size > width:
            assert result is not None
            return result
        powers = combine(powers[:-size], powers[size:])
        size *= 2
