"""DMISO's forward pass in NumPy: batch normalisation folded away, both LSTM directions together.

Arrays are feature-major, ``(feature, pair)``: a layer is a plain matrix product. Every batch has the same width,
and pairs stand only in those of its columns that the machine's matrix product treats alike, so a pair's score
does not depend on the pairs beside it, on their number or order, or on the number of threads.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.encoding import N_CODE, ONE_HOT
from mirtools.models import dmiso
from mirtools.models.dmiso import KERNEL_WIDTH, KERNELS, LSTM_UNITS, MIRNA_STEPS, POOL, STEPS

Codes = NDArray[np.uint8]
Floats = NDArray[np.float32]

# Columns of every matrix: few enough that a batch stays in the cache. OpenBLAS's kernels for AVX2 treat 304 of 320
# columns alike, those for AVX-512 all.
WIDTH = 320
_BOTH = 2 * LSTM_UNITS
# positions convolved by one matrix product: more fill the processor better but multiply more zeros
_STRIP = 4


class _Folded(NamedTuple):
    """The weights of the forward pass, folded, every matrix as (to, from)."""

    mirna_strip: Floats
    mirna_bias: Floats
    site_strip: Floats
    site_bias: Floats
    gates_input: Floats  # (8 units, 2 kernels + 1), the last column is the bias
    gates_state: Floats  # (8 units, 2 units)
    dense: Floats
    dense_bias: Floats
    output: Floats
    output_bias: float


class _Workspace:
    """The arrays of one thread's batches."""

    def __init__(self) -> None:
        self.inputs = np.ones((STEPS, 2 * KERNELS + 1, WIDTH), np.float32)
        self.states = np.zeros((STEPS + 1, _BOTH, WIDTH), np.float32)
        self.cell = np.empty((_BOTH, WIDTH), np.float32)
        self.gates = np.empty((4 * _BOTH, WIDTH), np.float32)
        self.recurrent = np.empty((4 * _BOTH, WIDTH), np.float32)
        self.activated = np.empty((_BOTH, WIDTH), np.float32)


class Predictor:
    """Scores pairs with a model's weights.

    Parameters
    ----------
    weights : dict of str to ndarray
        A tensor table as :class:`mirtools.models.modelfile.Model` holds it.

    Attributes
    ----------
    batch_size : int
        Pairs computed at once; a smaller batch takes as long.
    """

    def __init__(self, weights: dmiso.Weights) -> None:
        self._folded = _fold(weights)
        self._columns = steady_columns(
            [m.shape for m in self._folded if isinstance(m, np.ndarray) and m.ndim == 2]
        )
        self.batch_size = len(self._columns)
        self._local = threading.local()

    def score(self, mirnas: Codes, sites: Codes) -> Floats:
        """Return the probability of interaction of every pair, shape ``(n,)``, float32.

        Parameters
        ----------
        mirnas : ndarray of shape (n, 30), uint8
        sites : ndarray of shape (n, 60), uint8
            Base codes, see :func:`mirtools.encoding.encode`.
        """
        scores = np.empty(len(mirnas), np.float32)
        for start in range(0, len(mirnas), self.batch_size):
            stop = min(start + self.batch_size, len(mirnas))
            scores[start:stop] = self._batch(mirnas[start:stop], sites[start:stop])
        return scores

    def score_stream(self, batches: Iterable[tuple[Codes, Codes]], threads: int = 1) -> Iterator[Floats]:
        """Yield the scores of every batch, in order, with at most ``2 * threads`` batches waiting."""
        if threads == 1:
            for mirnas, sites in batches:
                yield self.score(mirnas, sites)
            return
        with ThreadPoolExecutor(threads) as pool:
            waiting: deque[Future[Floats]] = deque()
            for mirnas, sites in batches:
                waiting.append(pool.submit(self.score, mirnas, sites))
                if len(waiting) >= 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _batch(self, mirnas: Codes, sites: Codes) -> Floats:
        work = self._workspace()
        folded = self._folded
        columns = self._columns[: len(mirnas)]
        x = work.inputs
        _convolve(_widen(mirnas, columns), folded.mirna_strip, folded.mirna_bias, x[:MIRNA_STEPS, :KERNELS])
        _convolve(_widen(sites, columns), folded.site_strip, folded.site_bias, x[MIRNA_STEPS:, :KERNELS])
        # the backward direction reads the steps from the last to the first
        x[:, KERNELS : 2 * KERNELS] = x[::-1, :KERNELS]
        _run_lstm(work, folded)
        hidden = folded.dense @ work.states[1:].reshape(STEPS * _BOTH, WIDTH)
        hidden += folded.dense_bias
        np.maximum(hidden, 0, out=hidden)
        logits = (folded.output @ hidden)[0, columns] + np.float32(folded.output_bias)
        return sigmoid(logits)

    def _workspace(self) -> _Workspace:
        if not hasattr(self._local, "work"):
            self._local.work = _Workspace()
        work: _Workspace = self._local.work
        return work


def sigmoid(x: Floats) -> Floats:
    """Return ``1 / (1 + exp(-x))`` without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def steady_columns(shapes: Iterable[tuple[int, ...]]) -> NDArray[np.intp]:
    """Return the columns in which products with matrices of these shapes give one column one result.

    Matrix libraries work in tiles, and those at the edges of a matrix may add in another order, which changes
    last bits. The most common result decides; where fewer than a quarter of the columns give it, all are returned.
    """
    random = np.random.default_rng(0)
    kinds = []
    for rows, inner in shapes:
        matrix = random.standard_normal((rows, inner), np.float32)
        column = random.standard_normal((inner, 1), np.float32)
        product = matrix @ np.repeat(column, WIDTH, axis=1)
        kinds.append(np.unique(product, axis=1, return_inverse=True)[1].ravel())
    # columns are alike where they are alike in all products
    _, kind, counts = np.unique(np.stack(kinds), axis=1, return_inverse=True, return_counts=True)
    steady = np.flatnonzero(kind.ravel() == counts.argmax())
    return steady if len(steady) >= WIDTH // 4 else np.arange(WIDTH)


def _widen(codes: Codes, columns: NDArray[np.intp]) -> Codes:
    """Return base codes as (position, pair), each pair in its column and N in the others."""
    full = np.full((codes.shape[1], WIDTH), N_CODE, np.uint8)
    full[:, columns] = codes.T
    return full


def _convolve(codes: Codes, strip: Floats, bias: Floats, out: Floats) -> None:
    """Convolution, ReLU and max pooling of one branch into ``out``, shape (step, kernel, pair)."""
    length = len(codes)
    positions = length - KERNEL_WIDTH + 1
    # the last strip may reach over the end: it reads zeros there, and its surplus rows are left out
    strips = -(-positions // _STRIP)
    hot = np.zeros((strips * _STRIP + KERNEL_WIDTH - 1, 4, WIDTH), np.float32)
    for base in range(4):
        hot[:length, base] = ONE_HOT[:, base][codes]
    convolved = np.empty((strips, _STRIP * KERNELS, WIDTH), np.float32)
    for number in range(strips):
        window = hot[number * _STRIP : (number + 1) * _STRIP + KERNEL_WIDTH - 1]
        np.matmul(strip, window.reshape(-1, WIDTH), out=convolved[number])
    values = convolved.reshape(-1, KERNELS, WIDTH)[:positions]
    # ReLU and the bias commute with the maximum, so they come last, on fewer numbers
    reach = 1
    while reach < POOL:
        step = min(reach, POOL - reach)
        values = np.maximum(values[:-step], values[step:])
        reach += step
    np.add(values, bias[:, None], out=out)
    np.maximum(out, 0, out=out)


def _run_lstm(work: _Workspace, folded: _Folded) -> None:
    """Fill ``work.states``: twice the hidden state after every step, forward units first.

    A gate is sigmoid(z) = (tanh(z / 2) + 1) / 2. The halves are folded into the weights, and ``cell`` holds
    twice the cell state and ``states`` twice the hidden state, which leaves one tanh for all gates and few passes.
    """
    gates, cell, activated = work.gates, work.cell, work.activated
    input_gate, forget_gate, candidate, output_gate = (gates[i * _BOTH : (i + 1) * _BOTH] for i in range(4))
    cell.fill(0)
    for step in range(STEPS):
        np.matmul(folded.gates_input, work.inputs[step], out=gates)
        np.matmul(folded.gates_state, work.states[step], out=work.recurrent)
        gates += work.recurrent
        np.tanh(gates, out=gates)
        # 2c = (forget + 1) / 2 * 2c + (input + 1) * candidate
        input_gate += 1
        input_gate *= candidate
        forget_gate += 1
        forget_gate *= 0.5
        cell *= forget_gate
        cell += input_gate
        np.multiply(cell, 0.5, out=activated)
        np.tanh(activated, out=activated)
        # 2h = (output + 1) * tanh(c)
        output_gate += 1
        np.multiply(output_gate, activated, out=work.states[step + 1])


def _fold(weights: dmiso.Weights) -> _Folded:
    exact = {name: np.asarray(value, np.float64) for name, value in weights.items()}

    def norm(layer: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        scale = exact[f"{layer}.gamma"] / np.sqrt(exact[f"{layer}.variance"] + dmiso.NORM_EPSILON)
        return scale, exact[f"{layer}.beta"] - exact[f"{layer}.mean"] * scale

    def strip(branch: str) -> Floats:
        kernel = exact[f"{branch}.kernel"].reshape(KERNEL_WIDTH * 4, KERNELS).T
        wide = np.zeros((_STRIP, KERNELS, (_STRIP + KERNEL_WIDTH - 1) * 4))
        for position in range(_STRIP):
            wide[position, :, position * 4 : (position + KERNEL_WIDTH) * 4] = kernel
        return wide.reshape(_STRIP * KERNELS, -1).astype(np.float32)

    merged_scale, merged_shift = norm("merged_norm")
    # rows: gate by gate (i, f, c, o), in each the forward units, then the backward units
    gates_input = np.zeros((4, _BOTH, 2 * KERNELS + 1))
    gates_state = np.zeros((4, _BOTH, _BOTH))
    for number, direction in enumerate(("lstm_forward", "lstm_backward")):
        units = slice(number * LSTM_UNITS, (number + 1) * LSTM_UNITS)
        kernel = exact[f"{direction}.kernel"].T.reshape(4, LSTM_UNITS, KERNELS)
        gates_input[:, units, number * KERNELS : (number + 1) * KERNELS] = kernel * merged_scale
        bias = exact[f"{direction}.bias"].reshape(4, LSTM_UNITS)
        gates_input[:, units, -1] = bias + kernel @ merged_shift
        state = exact[f"{direction}.recurrent_kernel"].T.reshape(4, LSTM_UNITS, LSTM_UNITS)
        gates_state[:, units, units] = state / 2  # states are kept doubled
    for gate in (0, 1, 3):
        gates_input[gate] /= 2
        gates_state[gate] /= 2

    lstm_scale, lstm_shift = norm("lstm_norm")
    dense_scale, dense_shift = norm("dense_norm")
    output_scale, output_shift = norm("output_norm")
    dense = exact["dense.kernel"].reshape(STEPS, _BOTH, dmiso.DENSE_UNITS)
    dense_bias = exact["dense.bias"] + np.einsum("tud,u->d", dense, lstm_shift)
    dense = dense * lstm_scale[:, None] / 2
    # step t of the backward direction belongs to position STEPS - 1 - t of the sequence
    dense[:, LSTM_UNITS:] = dense[::-1, LSTM_UNITS:].copy()
    return _Folded(
        mirna_strip=strip("mirna_conv"),
        mirna_bias=exact["mirna_conv.bias"].astype(np.float32),
        site_strip=strip("site_conv"),
        site_bias=exact["site_conv.bias"].astype(np.float32),
        gates_input=gates_input.reshape(4 * _BOTH, -1).astype(np.float32),
        gates_state=gates_state.reshape(4 * _BOTH, -1).astype(np.float32),
        dense=np.ascontiguousarray((dense.reshape(STEPS * _BOTH, -1) * dense_scale).T, np.float32),
        dense_bias=(dense_bias * dense_scale + dense_shift).astype(np.float32)[:, None],
        output=np.ascontiguousarray((exact["output.kernel"] * output_scale).T, np.float32),
        output_bias=float((exact["output.bias"] * output_scale + output_shift)[0]),
    )
