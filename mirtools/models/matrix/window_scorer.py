"""A network on pairing matrices over the windows of a target, with shared work done once.

If the first convolution spans the whole miRNA, no convolution has padding, and a global pooling follows them, the
values before the pooling belong to positions of the target, not of a window. Then the convolutions (the trunk) run
once over the target, each window pools over its range of positions, and only the dense layers run per window. The
first convolution is a table: for a given miRNA, a letter in each row of the kernel adds a known vector.

The trunk runs in tiles of equal size that begin at multiples of it on the target. Every position is therefore
always in the same place of the same matrices, and neither threads nor shards nor neighbouring windows change a
bit. Scores equal those of :class:`mirtools.models.matrix.pair_scorer.MatrixPairScorer` up to rounding (1e-6).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mirtools.models.arrays import Codes, Floats, finite, sigmoid
from mirtools.models.matrix.cost import MOST_VALUES
from mirtools.models.matrix.network import Named, Network, placed
from mirtools.models.matrix.pair_scorer import MatrixPairScorer
from mirtools.models.matrix.steps import Convolution, Dense, GlobalPool, run_steps, steps_of
from mirtools.models.scorers import PairByPair
from mirtools.models.tiling import Windows

TILE = 256  # positions of a target computed at once, few enough for the cache


def can_share(network: Network) -> bool:
    """Return whether windows of a target can share this network's work."""
    layers = placed(network)
    first = layers[0]
    pools = [place for place, layer in enumerate(layers) if layer.op == "global_pool"]
    if first.op != "conv" or not _slides(first) or first.fields["kernel"][1] != network.mirna_length or not pools:
        return False
    return all(map(_slides, layers[1 : pools[0]]))


def _slides(layer: Named) -> bool:
    """Return whether a layer does the same everywhere along the site, and needs no more memory than a pair may."""
    if layer.op == "conv":
        # inputs of all positions of a tile
        read = TILE * math.prod(layer.fields["kernel"]) * layer.before[-1]
        return bool(layer.fields["padding"] == "valid") and read <= MOST_VALUES
    return layer.op in ("norm", "relu", "dropout") or (layer.op == "residual" and all(map(_slides, layer.inner)))


class MatrixWindowScorer:
    """Scores a list of miRNAs against windows.

    Parameters
    ----------
    network : Network
        :func:`can_share` must be true for it.
    weights : dict of str to ndarray
        Tensors by name, float32.
    mirnas : ndarray of shape (n, miRNA length), uint8
        Codes of the network's rule.

    Attributes
    ----------
    batch_size : int
        Windows to score per call: enough for few tiles to be computed in two batches.
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
        self._reach = network.site_length - self._pooled  # letters after its own that a position depends on
        self._site_length, self._unknown = network.site_length, network.rule.unknown
        self._height, self._bias = len(first.kernel), first.bias
        self._tables = _tables(network, first, mirnas)
        self._pairs = PairByPair(MatrixPairScorer(network, weights), mirnas)

    def score(self, mirnas: Sequence[int], sites: Codes) -> Floats:
        """Return the scores of miRNAs, by their indices, and any windows, shape ``(mirnas, windows)``."""
        return self._pairs.score(mirnas, sites)

    def score_windows(self, mirnas: Sequence[int], windows: Windows, first: int, last: int) -> Floats:
        """Return the scores of miRNAs and windows ``first`` to before ``last``, shape ``(mirnas, windows)``."""
        # windows that hardly overlap share no work
        if not windows.whole or windows.tiling.stride > self._pooled:
            return self.score(mirnas, windows.codes(first, last))
        scores = np.empty((len(mirnas), last - first), np.float32)
        for part, codes in windows.by_target(first, last):
            starts = windows.starts[part]
            for row, number in enumerate(mirnas):
                scores[row, part.start - first : part.stop - first] = self.at(number, codes, starts)
        return scores

    @np.errstate(over="ignore", invalid="ignore")
    def at(self, mirna: int, codes: Codes, starts: NDArray[np.intp]) -> Floats:
        """Return the scores of some windows of a target, shape ``(n,)``, float32.

        Parameters
        ----------
        mirna : int
            Its index.
        codes : ndarray of shape (length,), uint8
            Codes of the whole target; a window is padded beyond its end.
        starts : ndarray of shape (n,)
            Starts of the windows, ascending.
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
        """Return the values of a tile's positions before the pooling, shape ``(positions, channels)``."""
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
        """Return the logits of the windows that begin at each position except the last ones."""
        parts = []
        for kind in self._kinds:
            if kind == "max":
                parts.append(_sliding(np.maximum, values, self._pooled))
            else:
                parts.append(_sliding(np.add, values, self._pooled) / np.float32(self._pooled))
        vectors = np.concatenate(parts, axis=1)
        for step in self._head:
            # one product for all windows of a tile, not one per window
            vectors = vectors @ step.kernel + step.bias if isinstance(step, Dense) else step.run(vectors)
        logits: Floats = vectors[:, 0]
        return logits


def _tables(network: Network, first: Convolution, mirnas: Codes) -> list[Floats]:
    """Return, per miRNA, the vector that each letter in each row of the first kernel adds.

    Each table has shape ``(height, letters + 1, filters)``.
    """
    rule = network.rule.table().astype(np.float64)
    height, width, channels, filters = first.kernel.shape
    kernel = first.kernel.astype(np.float64).transpose(1, 2, 0, 3).reshape(width * channels, height * filters)
    tables = []
    for codes in mirnas:  # one product per miRNA, so that the list does not change a bit
        added = rule[:, codes].reshape(len(rule), -1) @ kernel
        table = added.reshape(len(rule), height, filters).transpose(1, 0, 2)
        tables.append(np.ascontiguousarray(table, np.float32))
    return tables


def _sliding(combine: np.ufunc, values: Floats, width: int) -> Floats:
    """Return the combination of every ``width`` consecutive rows, always in the same order."""
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
