"""Joint effects of bases of a site and a miRNA in the DMISO model, from masking them one by one and in pairs.

The model has no pairing matrix. A matrix is computed by masking: with the score f, and N in place of site base i
or miRNA base j (masked),

    value(i, j) = f(pair) - f(i masked) - f(j masked) + f(both masked)

is the effect of the two bases together, beyond the effects of each alone. This is an approximation of a pairing
attribution: values do not add up to the score, and joint effects of more than two bases are spread over the
matrix. (Masking as in Talukder et al. 2022, Feature identification; here one base wide.)

The 1,200 or so masked copies of a pair share much work: a masked site base does not change the forward LSTM before
the first window that covers it, and the first steps of the backward LSTM depend only on the site. Therefore a
miRNA's masked copies are columns of matrices, and the site's masked copies are computed one after another, each
from its first changed step on.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.io.encoding import N_CODE
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
    SITE_STEPS,
)
from mirtools.models.dmiso.layers import WIDTH, PooledConvolution, Recurrence, steady_columns, widen
from mirtools.models.dmiso.weights import STEP_INPUTS, fold

_STATE = slice(KERNELS + 1, None)
_REACH = KERNEL_WIDTH + POOL - 2  # a base affects the window that begins at it and this many before it
# distance between the steps from which the dense layer's sum can begin
_STRIDE = 10


class Interactions(NamedTuple):
    """The effects of masking on the scores of some pairs; 0 for positions without a base.

    Attributes
    ----------
    values : ndarray of shape (n, 60, 30), float32
        Site x miRNA, both 5'->3': the joint effect of two bases.
    mirna, site : ndarray of shape (n, 30) and (n, 60), float32
        The effect of each base alone: the score minus the score without it.
    scores : ndarray of shape (n,), float32
    """

    values: Floats
    mirna: Floats
    site: Floats
    scores: Floats


class _Sites(NamedTuple):
    """The masked copies of some pairs' sites, in the last axis; ``number`` has the indices of a pair's copies.

    Attributes
    ----------
    merged : ndarray of shape (SITE_STEPS, KERNELS, copies)
    hidden, cell : ndarray of shape (LSTM_UNITS, copies)
        The states of the backward LSTM after the site (``hidden`` doubled).
    dense : ndarray of shape (DENSE_UNITS, copies)
        Its input to the dense layer.
    number : ndarray of shape (pairs, 1 + SITE_LENGTH)
        Index of the unmasked site, then of the copy with each base masked; that of the unmasked site for positions
        without a base.
    """

    merged: Floats
    hidden: Floats
    cell: Floats
    dense: Floats
    number: NDArray[np.intp]


class _Workspace:
    """The arrays of one thread."""

    def __init__(self) -> None:
        # the rows of ones after the merged branches, for the bias, stay as they are
        self.mirna = np.ones((MIRNA_STEPS + 1, 1, STEP_INPUTS, WIDTH), np.float32)
        self.back = np.ones((MIRNA_STEPS + 1, 1, STEP_INPUTS, WIDTH), np.float32)
        self.site = np.ones((SITE_STEPS + 1, 1, STEP_INPUTS, WIDTH), np.float32)
        self.mirna_states = np.empty((MIRNA_STEPS, 1, LSTM_UNITS, WIDTH), np.float32)
        self.site_states = np.empty((SITE_STEPS, 1, LSTM_UNITS, WIDTH), np.float32)
        self.hidden, self.part = (np.empty((DENSE_UNITS, WIDTH), np.float32) for _ in range(2))
        self.recurrence = Recurrence(1)
        self.branches = PooledConvolution(MIRNA_LENGTH), PooledConvolution(SITE_LENGTH)


class PairMasking:
    """Explains scores of a DMISO model by masking pairs of bases.

    A pair's values do not depend on other pairs, their number or threads.

    Parameters
    ----------
    weights : dict of str to ndarray
        A tensor table as :class:`mirtools.models.modelfile.Model` holds it.
    """

    def __init__(self, weights: Weights) -> None:
        folded = self._folded = fold(weights)

        def flat(part: Floats) -> Floats:
            return np.ascontiguousarray(part.reshape(DENSE_UNITS, -1))

        forward, backward = folded.dense[:, :, 0], folded.dense[:, :, 1]
        self._forward_mirna, self._forward_site = flat(forward[:, :MIRNA_STEPS]), flat(forward[:, MIRNA_STEPS:])
        self._backward_site, self._backward_mirna = flat(backward[:, :SITE_STEPS]), flat(backward[:, SITE_STEPS:])
        # the forward LSTM's site steps from each possible beginning to the end
        self._rests = [
            np.ascontiguousarray(self._forward_site[:, start * LSTM_UNITS :])
            for start in range(0, SITE_STEPS, _STRIDE)
        ]
        matrices = (folded.mirna_strip, folded.site_strip, folded.gates[0], folded.output, self._forward_mirna)
        shapes = [matrix.shape for matrix in (*matrices, *self._rests)]
        self._columns = steady_columns([*shapes, (DENSE_UNITS, _STRIDE * LSTM_UNITS)])
        self._local = threading.local()

    def explain(self, mirnas: Codes, sites: Codes) -> Interactions:
        """Explain pairs.

        Parameters
        ----------
        mirnas : ndarray of shape (n, 30), uint8
        sites : ndarray of shape (n, 60), uint8
            Base codes, see :func:`mirtools.io.encoding.encode`.
        """
        count = len(mirnas)
        result = Interactions(
            np.zeros((count, SITE_LENGTH, MIRNA_LENGTH), np.float32),
            np.zeros((count, MIRNA_LENGTH), np.float32),
            np.zeros((count, SITE_LENGTH), np.float32),
            np.empty(count, np.float32),
        )
        # as many pairs at once as fit into the columns
        copies = np.cumsum(1 + (mirnas != N_CODE).sum(axis=1))
        first = 0
        while first < count:
            done = copies[first - 1] if first else 0
            last = int(np.searchsorted(copies, done + len(self._columns), side="right"))
            part = slice(first, last)
            self._together(mirnas[part], sites[part], Interactions(*(array[part] for array in result)))
            first = last
        return result

    def _together(self, mirnas: Codes, sites: Codes, out: Interactions) -> None:
        """Explain pairs whose miRNAs' masked copies fit into the columns together."""
        pair, base = _copies(mirnas)
        masked = mirnas[pair]
        masked[base >= 0, base[base >= 0]] = N_CODE
        # scores (site unmasked, then each base masked; miRNA copy)
        scores = np.empty((1 + SITE_LENGTH, len(pair)))
        known = sites != N_CODE
        for row, values in self._scores(masked, self._sites(sites), pair, known.any(axis=0)):
            scores[row] = values
        alone = base < 0
        whole = np.flatnonzero(alone)  # the unmasked miRNA of each pair
        out.scores[:] = scores[0, whole]
        inside = np.flatnonzero(~alone)
        out.mirna[pair[inside], base[inside]] = scores[0, whole[pair[inside]]] - scores[0, inside]
        for position in np.flatnonzero(known.any(axis=0)).tolist():
            here = known[:, position]
            change = scores[0] - scores[1 + position]  # effect of the site's base, by miRNA copy
            out.site[here, position] = change[whole[here]]
            some = inside[here[pair[inside]]]
            out.values[pair[some], position, base[some]] = change[whole[pair[some]]] - change[some]

    def _scores(
        self, mirnas: Codes, sites: _Sites, pair: NDArray[np.intp], positions: NDArray[np.bool_]
    ) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """Yield the scores of all miRNA copies, with the unmasked sites (0), then by masked base (1 + base)."""
        work, folded = self._workspace(), self._folded
        recurrence, x, states = work.recurrence, work.site, work.site_states
        columns = self._columns[: len(pair)]
        wide = np.zeros(WIDTH, np.intp)
        wide[columns] = pair
        ours = self._mirnas(work, widen(mirnas, self._columns))

        x[:SITE_STEPS, 0, :KERNELS] = sites.merged[:, :, sites.number[wide, 0]]
        x[0, :, _STATE] = work.mirna[MIRNA_STEPS, :, _STATE]
        hidden, cells = np.empty((2, SITE_STEPS, LSTM_UNITS, WIDTH), np.float32)
        for step in range(SITE_STEPS):
            hidden[step], cells[step] = x[step, 0, _STATE], recurrence.cell[0]
            recurrence.step(folded.gates[:1], x[step], states[step])
            x[step + 1, :, _STATE] = states[step]
        # input of the steps before each possible beginning to the dense layer
        begun = [ours]
        width = _STRIDE * LSTM_UNITS
        for start in range(0, SITE_STEPS - _STRIDE, _STRIDE):
            matrix = np.ascontiguousarray(self._forward_site[:, start * LSTM_UNITS :][:, :width])
            begun.append(begun[-1] + matrix @ states[start : start + _STRIDE].reshape(-1, WIDTH))
        yield 0, self._finish(work, sites, sites.number[wide, 0], begun[0], 0)[columns]

        unmasked = states.copy()
        for position in np.flatnonzero(positions).tolist():
            number = sites.number[wide, 1 + position]
            changed = slice(max(position - _REACH, 0), min(position + 1, SITE_STEPS))
            start = changed.start
            kept = x[changed, 0, :KERNELS].copy()
            x[changed, 0, :KERNELS] = sites.merged[changed, :, :][:, :, number]
            x[start, 0, _STATE], recurrence.cell[0] = hidden[start], cells[start]
            for step in range(start, SITE_STEPS):
                recurrence.step(folded.gates[:1], x[step], states[step])
                x[step + 1, :, _STATE] = states[step]
            x[changed, 0, :KERNELS] = kept
            block = start // _STRIDE
            states[block * _STRIDE : start] = unmasked[block * _STRIDE : start]
            yield 1 + position, self._finish(work, sites, number, begun[block], block)[columns]

    def _finish(
        self, work: _Workspace, sites: _Sites, number: NDArray[np.intp], begun: Floats, block: int
    ) -> NDArray[np.float64]:
        """Run the miRNA's steps of the backward LSTM and the dense layers; returns the scores of all columns."""
        folded, recurrence, x, states = self._folded, work.recurrence, work.back, work.mirna_states
        x[0, 0, _STATE], recurrence.cell[0] = sites.hidden[:, number], sites.cell[:, number]
        for step in range(MIRNA_STEPS):
            recurrence.step(folded.gates[1:], x[step], states[step])
            x[step + 1, :, _STATE] = states[step]
        hidden = np.matmul(self._backward_mirna, states.reshape(-1, WIDTH), out=work.hidden)
        forward = work.site_states[block * _STRIDE :].reshape(-1, WIDTH)
        hidden += np.matmul(self._rests[block], forward, out=work.part)
        hidden += begun
        hidden += sites.dense[:, number]
        np.maximum(hidden, 0, out=hidden)
        # double precision, since values are small differences of four scores that may be close to 1
        logits = (folded.output @ hidden)[0] + np.float64(folded.output_bias)
        return 1 / (1 + np.exp(-np.clip(logits, -500, 500)))

    def _mirnas(self, work: _Workspace, codes: Codes) -> Floats:
        """Run the forward LSTM and write the backward LSTM's inputs; returns the dense layer's sum so far."""
        folded, x, states, recurrence = self._folded, work.mirna, work.mirna_states, work.recurrence
        merged = x[:MIRNA_STEPS, 0, :KERNELS]
        work.branches[0].run(codes, folded.mirna_strip, folded.mirna_bias, merged)
        work.back[:MIRNA_STEPS, 0, :KERNELS] = merged[::-1]
        x[0, :, _STATE] = 0
        recurrence.cell.fill(0)
        for step in range(MIRNA_STEPS):
            recurrence.step(folded.gates[:1], x[step], states[step])
            x[step + 1, :, _STATE] = states[step]
        dense: Floats = self._forward_mirna @ states.reshape(-1, WIDTH)
        dense += folded.dense_bias
        return dense

    def _sites(self, sites: Codes) -> _Sites:
        """Run the site's branch and the backward LSTM over the masked copies of sites."""
        pair, base = _copies(sites)
        masked = sites[pair]
        masked[base >= 0, base[base >= 0]] = N_CODE
        number = np.empty((len(sites), 1 + SITE_LENGTH), np.intp)
        number[:] = np.flatnonzero(base < 0)[:, None]
        number[pair, 1 + base] = np.arange(len(pair))
        size = len(self._columns)
        parts = [self._site_batch(masked[at : at + size]) for at in range(0, len(masked), size)]
        merged, hidden, cell, dense = (np.concatenate(arrays, axis=-1) for arrays in zip(*parts, strict=True))
        return _Sites(merged, hidden, cell, dense, number)

    def _site_batch(self, codes: Codes) -> tuple[Floats, Floats, Floats, Floats]:
        """Return merged, hidden, cell and dense of sites, at most as many as there are columns."""
        work, folded, columns = self._workspace(), self._folded, self._columns[: len(codes)]
        x, states, recurrence = work.site, work.site_states, work.recurrence
        merged = x[:SITE_STEPS, 0, :KERNELS]
        work.branches[1].run(widen(codes, self._columns), folded.site_strip, folded.site_bias, merged)
        x[SITE_STEPS - 1, :, _STATE] = 0
        recurrence.cell.fill(0)
        for step in range(SITE_STEPS):
            place = SITE_STEPS - 1 - step
            recurrence.step(folded.gates[1:], x[place], states[step])
            x[place - 1, :, _STATE] = states[step]
        dense = self._backward_site @ states.reshape(-1, WIDTH)
        arrays = (merged, states[-1, 0], recurrence.cell[0], dense)
        one, two, three, four = (np.take(array, columns, axis=-1) for array in arrays)
        return one, two, three, four

    def _workspace(self) -> _Workspace:
        if not hasattr(self._local, "work"):
            self._local.work = _Workspace()
        work: _Workspace = self._local.work
        return work


def _copies(codes: Codes) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the sequence and the masked base of every copy: none (-1) first, then each base that is not N."""
    exists = np.ones((len(codes), 1 + codes.shape[1]), bool)
    exists[:, 1:] = codes != N_CODE
    which, place = np.nonzero(exists)
    return which, place - 1
