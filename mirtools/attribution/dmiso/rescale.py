"""DeepSHAP of the DMISO model: the rescale rule of DeepLIFT through its layers, averaged over background pairs.

Shrikumar et al. 2017 ("Learning important features through propagating activation differences") compare a pair
with a background pair: multipliers are propagated back from the score, and the value of each base is its
multiplier times the difference of its one-hot row. The rules of layers (Lundberg & Lee 2017; as in
shap.DeepExplainer):

* one input (ReLU, tanh, sigmoid): multiply by the difference of outputs over the difference of inputs, or by the
  derivative if the inputs are equal;
* a product of two varying inputs (gate and value of the LSTM): multiply, for each input, by the mean of the
other's
  two values, so that both orders in which they could change have equal weight;
* max pooling: the rise above the background's maximum is assigned to the position of the pair's maximum, the fall
  below it to the position of the background's; both are divided by the difference of inputs there, and overlapping
  windows are summed up;
* linear layers: the transposed matrix.

The forward pass runs once for each pair and each background, the backward pass for every combination. Combinations
are columns of matrices of one width, in blocks that are never divided between two matrices, so that a pair's
values do not depend on other pairs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.attribution.dmiso.states import GATES, SLOPES, Branch, Recorder, States, filled_rows, filled_up
from mirtools.models.arrays import Codes, Floats, Weights
from mirtools.models.dmiso.architecture import (
    DENSE_UNITS,
    KERNEL_WIDTH,
    KERNELS,
    LSTM_UNITS,
    MIRNA_LENGTH,
    MIRNA_STEPS,
    POOL,
    SITE_LENGTH,
    STEPS,
)
from mirtools.models.dmiso.layers import WIDTH, steady_columns
from mirtools.models.dmiso.weights import CANDIDATE, STRIP, fold

# inputs closer than this count as equal (as in shap)
_EQUAL = np.float32(1e-6)
_EQUAL_POOLED = np.float32(1e-7)
# least number of backgrounds in a block, if there are several
_BLOCK = 48
_I, _F, _O, _C = (slice(number * LSTM_UNITS, (number + 1) * LSTM_UNITS) for number in range(4))
_CELL = slice(GATES, SLOPES)
_STATES = STEPS * 2 * LSTM_UNITS


class Vectors(NamedTuple):
    """Attributions per base.

    Attributes
    ----------
    mirna : ndarray of shape (n, 30), float32
    site : ndarray of shape (n, 60), float32
        The value of each base, its four one-hot columns summed up, 5'->3'. Positions after the end of a sequence
        have values, too, since their padding differs from the backgrounds' bases.
    scores : ndarray of shape (n,), float32
    """

    mirna: Floats
    site: Floats
    scores: Floats


class _Segment(NamedTuple):
    """One pair with one block of backgrounds: its columns, the pair's index, the backgrounds."""

    columns: slice
    pair: int
    block: slice


class _Workspace:
    """The arrays of one thread."""

    def __init__(self) -> None:
        def empty(*shape: int) -> Floats:
            return np.zeros((*shape, WIDTH), np.float32)

        self.inner, self.outer, self.slope = (empty(2, SLOPES) for _ in range(3))
        self.total, self.multiplier = empty(2, SLOPES), empty(2, GATES)
        self.earlier, self.cell, self.way = (empty(2, LSTM_UNITS) for _ in range(3))
        self.equal = np.zeros((2, SLOPES, WIDTH), bool)
        self.back = empty(2, filled_rows(KERNELS + LSTM_UNITS))
        self.states = empty(filled_rows(_STATES))
        self.hidden, self.distance = empty(DENSE_UNITS), empty(DENSE_UNITS)
        self.merged = empty(STEPS, KERNELS)
        self.branches = (_BranchWorkspace(MIRNA_LENGTH), _BranchWorkspace(SITE_LENGTH))


class _BranchWorkspace:
    """The arrays of one thread for one branch."""

    def __init__(self, length: int) -> None:
        positions = length - KERNEL_WIDTH + 1
        steps = positions - POOL + 1
        strips = -(-positions // STRIP)
        self.rise = np.zeros((steps, KERNELS, WIDTH), np.float32)
        self.chosen = np.zeros((steps, KERNELS, WIDTH), np.uint8)
        self.here = np.zeros((steps, KERNELS, WIDTH), bool)
        self.share = np.zeros((steps, KERNELS, WIDTH), np.float32)
        # rows after the last position remain 0 to fill up the last strip
        self.positions = np.zeros((strips * STRIP, KERNELS, WIDTH), np.float32)
        self.distance = np.zeros((positions, KERNELS, WIDTH), np.float32)
        self.strip = np.zeros((filled_rows((STRIP + KERNEL_WIDTH - 1) * 4), WIDTH), np.float32)
        self.bases = np.zeros((strips * STRIP + KERNEL_WIDTH - 1, 4, WIDTH), np.float32)
        self.change = np.zeros((length, 4, WIDTH), np.float32)


def layout(count: int, steady: NDArray[np.intp]) -> tuple[list[slice], list[int]]:
    """Return backgrounds by block, and the columns at which blocks begin in a matrix.

    A block fits into a run of steady columns. The number of blocks is chosen to leave the fewest columns empty.

    Parameters
    ----------
    count : int
        Number of backgrounds.
    steady : ndarray of int
        Columns that may be used, ascending.
    """
    runs = np.split(steady, np.flatnonzero(np.diff(steady) > 1) + 1)
    longest = max(len(run) for run in runs)

    def places(blocks: int) -> list[int]:
        size = -(-count // blocks)
        return [int(run[start]) for run in runs for start in range(0, len(run) - size + 1, size)]

    fewest = -(-count // longest)
    blocks = max(range(fewest, max(fewest, count // _BLOCK) + 1), key=lambda number: len(places(number)) / number)
    edges = [number * count // blocks for number in range(blocks + 1)]
    return [slice(*edge) for edge in pairwise(edges)], places(blocks)


class DmisoShap:
    """Explains scores of a DMISO model by DeepSHAP.

    Parameters
    ----------
    weights : dict of str to ndarray
        A tensor table as :class:`mirtools.models.modelfile.Model` holds it.
    mirnas, sites : ndarray of shape (backgrounds, 30) and (backgrounds, 60), uint8
        The background pairs as base codes, see :func:`mirtools.io.encoding.encode`; at least one.
    shares : ndarray of shape (backgrounds,), optional
        The weight of each background; they sum up to 1. None for equal weights.

    Attributes
    ----------
    expectation : float
        The backgrounds' mean score. A pair's values add up to its score minus this.
    """

    def __init__(
        self, weights: Weights, mirnas: Codes, sites: Codes, shares: NDArray[np.float64] | None = None
    ) -> None:
        folded = self._folded = fold(weights)

        def turned(matrix: Floats) -> Floats:
            return filled_up(np.swapaxes(matrix, -1, -2))

        inputs = np.delete(folded.gates, KERNELS, axis=2)  # without the bias
        self._gates = turned(inputs)
        self._dense = turned(folded.dense.reshape(DENSE_UNITS, -1))
        self._strips = turned(folded.mirna_strip), turned(folded.site_strip)
        shapes = [*Recorder.shapes(), self._gates[0].shape, self._dense.shape, self._strips[0].shape]
        steady = steady_columns(shapes)
        self._recorder = Recorder(folded, steady)
        self._blocks, self._places = layout(len(mirnas), steady)
        self.batch_size = len(steady)
        self._background = self._recorder.states(mirnas, sites)
        self._shares = np.full(len(mirnas), 1 / len(mirnas)) if shares is None else shares
        self.expectation = float((self._background.scores * self._shares).sum())
        self._local = threading.local()

    def explain(self, mirnas: Codes, sites: Codes) -> Vectors:
        """Explain pairs.

        Parameters
        ----------
        mirnas : ndarray of shape (n, 30), uint8
        sites : ndarray of shape (n, 60), uint8
        """
        values = np.zeros((len(mirnas), MIRNA_LENGTH + SITE_LENGTH))
        scores = np.empty(len(mirnas), np.float32)
        for start in range(0, len(mirnas), self.batch_size):
            part = slice(start, start + self.batch_size)
            states = self._recorder.states(mirnas[part], sites[part])
            scores[part] = states.scores
            for segments in self._segments(len(states)):
                found = self._combinations(states, segments)
                for columns, pair, block in segments:
                    each = np.ascontiguousarray(found[:, columns], np.float64)
                    values[start + pair] += (each * self._shares[block]).sum(axis=1)
        exact = values.astype(np.float32)
        return Vectors(exact[:, :MIRNA_LENGTH], exact[:, MIRNA_LENGTH:], scores)

    def _segments(self, pairs: int) -> Iterator[list[_Segment]]:
        """Yield the segments in the columns of each matrix."""
        segments: list[_Segment] = []
        for pair in range(pairs):
            for block in self._blocks:
                start = self._places[len(segments)]
                segments.append(_Segment(slice(start, start + block.stop - block.start), pair, block))
                if len(segments) == len(self._places):
                    yield segments
                    segments = []
        if segments:
            yield segments

    def _combinations(self, states: States, segments: list[_Segment]) -> Floats:
        """Return the values of every base (miRNA, then site) in every column, shape ``(90, WIDTH)``."""
        if not hasattr(self._local, "work"):
            self._local.work = _Workspace()
        work: _Workspace = self._local.work
        background = self._background
        with np.errstate(divide="ignore", invalid="ignore"):  # 0 / 0 of equal values is corrected
            self._through_dense(work, states, segments)
            self._through_lstm(work, states, segments)
            merged, strips = work.merged, self._strips
            mirna = self._through_branch(
                work.branches[0], states.mirna, background.mirna, merged[:MIRNA_STEPS], strips[0], segments
            )
            site = self._through_branch(
                work.branches[1], states.site, background.site, merged[MIRNA_STEPS:], strips[1], segments
            )
        return np.concatenate((mirna, site))

    def _through_dense(self, work: _Workspace, states: States, segments: list[_Segment]) -> None:
        """Write the multipliers of the LSTM's states."""
        # zero for columns without a combination, so that values of an earlier matrix in them do no harm
        background, last = self._background, np.zeros(WIDTH, np.float32)
        distance, slope = work.distance, work.hidden
        for columns, pair, block in segments:
            one, others = states.hidden[:, pair, None], background.hidden[:, block]
            np.subtract(one, others, out=distance[:, columns])
            np.subtract(np.maximum(one, 0), np.maximum(others, 0), out=slope[:, columns])
            logit = states.logits[pair] - background.logits[block]
            score = background.scores[block]
            change = (states.scores[pair] - score) / logit
            last[columns] = np.where(np.abs(logit) < _EQUAL, score * (1 - score), change)
        equal = np.abs(distance) < _EQUAL
        slope /= distance
        if equal.any():
            for columns, _, block in segments:
                np.copyto(slope[:, columns], background.hidden[:, block] > 0, where=equal[:, columns])
        slope *= self._folded.output.T
        slope *= last
        np.matmul(self._dense, slope, out=work.states)

    def _through_lstm(self, work: _Workspace, states: States, segments: list[_Segment]) -> None:
        """Write the multipliers of the merged branches, both directions at once, from the last step to the first.

        States are doubled and gates are given as tanh ``t`` of half their input, so that the state is
        ``(t_o + 1) tanh(c)`` and the cell ``((t_f + 1) c' + (t_i + 1) t_c) / 2``.
        """
        background = self._background
        inner, outer, slope, total, equal = work.inner, work.outer, work.slope, work.total, work.equal
        cell, way, back, multiplier = work.cell, work.way, work.back, work.multiplier
        dense = work.states[:_STATES].reshape(STEPS, 2, LSTM_UNITS, WIDTH)
        cell.fill(0)
        back.fill(0)
        work.merged.fill(0)
        for step in reversed(range(STEPS)):
            for columns, pair, block in segments:
                one, others = states.before[step, :, :, pair, None], background.before[step, :, :, block]
                np.subtract(one, others, out=inner[:, :, columns])
                one, others = states.after[step, :, :, pair, None], background.after[step, :, :, block]
                np.subtract(one, others, out=outer[:, :, columns])
                np.add(one, others, out=total[:, :, columns])
                if step:
                    one = states.before[step - 1, :, _CELL, pair, None]
                    np.add(one, background.before[step - 1, :, _CELL, block], out=work.earlier[:, :, columns])
            if not step:
                work.earlier.fill(0)
            np.divide(outer, inner, out=slope)
            np.abs(inner, out=inner)
            np.less(inner, _EQUAL, out=equal)
            if equal.any():
                slope[equal] = 1 - (total[equal] / 2) ** 2
            np.add(dense[step], back[:, KERNELS : KERNELS + LSTM_UNITS], out=way)
            np.multiply(way, total[:, _CELL], out=multiplier[:, _O])
            total[:, : CANDIDATE * LSTM_UNITS] += 2
            way *= total[:, _O]
            way *= slope[:, _CELL]
            way *= 0.5
            cell += way
            cell *= 0.25
            multiplier[:, _O] *= 0.5
            np.multiply(cell, total[:, _C], out=multiplier[:, _I])
            np.multiply(cell, work.earlier, out=multiplier[:, _F])
            np.multiply(cell, total[:, _I], out=multiplier[:, _C])
            cell *= total[:, _F]
            multiplier *= slope[:, :GATES]
            np.matmul(self._gates, multiplier, out=back)
            work.merged[step] += back[0, :KERNELS]
            work.merged[STEPS - 1 - step] += back[1, :KERNELS]

    @staticmethod
    def _through_branch(
        work: _BranchWorkspace,
        branch: Branch,
        background: Branch,
        merged: Floats,
        strip: Floats,
        segments: list[_Segment],
    ) -> Floats:
        """Return the values of a sequence's bases."""
        steps = len(merged)
        for columns, pair, block in segments:
            rise = work.rise[:, :, columns]
            np.subtract(branch.pooled[:, :, pair, None], background.pooled[:, :, block], out=rise)
            work.chosen[:, :, columns] = np.where(
                rise > 0, branch.chosen[:, :, pair, None], background.chosen[:, :, block]
            )
            one, others = branch.convolved[:, :, pair, None], background.convolved[:, :, block]
            np.subtract(one, others, out=work.distance[:, :, columns])
            np.subtract(branch.hot[:, :, pair, None], background.hot[:, :, block], out=work.change[:, :, columns])
        work.rise *= merged
        work.positions.fill(0)
        for place in range(POOL):
            np.equal(work.chosen, place, out=work.here)
            np.multiply(work.rise, work.here, out=work.share)
            work.positions[place : place + steps] += work.share
        # pooling divides by the difference after ReLU, and ReLU's slope is the ratio of differences after and
        # before it: together, divide by the difference before ReLU
        positions = work.positions[: len(work.distance)]
        np.divide(positions, work.distance, out=positions)
        np.abs(work.distance, out=work.distance)
        positions[work.distance < _EQUAL_POOLED] = 0
        work.bases.fill(0)
        flat = work.positions.reshape(-1, STRIP * KERNELS, WIDTH)
        for number, rows in enumerate(flat):
            np.matmul(strip, rows, out=work.strip)
            span = slice(number * STRIP, (number + 1) * STRIP + KERNEL_WIDTH - 1)
            work.bases[span] += work.strip[: (STRIP + KERNEL_WIDTH - 1) * 4].reshape(-1, 4, WIDTH)
        work.change *= work.bases[: len(work.change)]
        values: Floats = work.change.sum(axis=1)
        return values
