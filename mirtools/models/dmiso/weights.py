"""DMISO's weights prepared for plain matrix products: batch normalisation folded in, gates halved."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.models.arrays import Weights
from mirtools.models.dmiso import architecture
from mirtools.models.dmiso.architecture import KERNEL_WIDTH, KERNELS, LSTM_UNITS, STEPS

Floats = NDArray[np.float32]

# positions convolved by one matrix product: more of them use the processor better but multiply more zeros
STRIP = 4
# inputs of a step of the LSTM: the merged branches, a one for the bias, its own state
STEP_INPUTS = KERNELS + 1 + LSTM_UNITS
# rows of a gate matrix: the three sigmoid gates first, for one operation on all of them; Keras has i, f, c, o
_GATES = (0, 1, 3, 2)
CANDIDATE = _GATES.index(2)


class Folded(NamedTuple):
    """The weights of the forward pass, every matrix as (to, from).

    A gate is sigmoid(z) = (tanh(z / 2) + 1) / 2. The halves are folded into the weights, and states are stored
    doubled, so that one tanh computes all gates, in few passes.

    Attributes
    ----------
    mirna_strip, site_strip : ndarray of shape (STRIP * KERNELS, (STRIP + KERNEL_WIDTH - 1) * 4)
        A branch's kernels at STRIP neighbouring positions.
    mirna_bias, site_bias : ndarray of shape (KERNELS,)
    gates : ndarray of shape (2, 4 * LSTM_UNITS, STEP_INPUTS)
        Forward and backward direction; rows: the gates i, f, o, c, LSTM_UNITS each.
    dense : ndarray of shape (DENSE_UNITS, STEPS, 2, LSTM_UNITS)
        From the doubled states of each direction, in the order of computation.
    dense_bias : ndarray of shape (DENSE_UNITS, 1)
    output : ndarray of shape (1, DENSE_UNITS)
    output_bias : float
    """

    mirna_strip: Floats
    mirna_bias: Floats
    site_strip: Floats
    site_bias: Floats
    gates: Floats
    dense: Floats
    dense_bias: Floats
    output: Floats
    output_bias: float


def fold(weights: Weights) -> Folded:
    """Fold a tensor table (:data:`mirtools.models.dmiso.architecture.TENSOR_SHAPES`), in float64."""
    exact = {name: np.asarray(value, np.float64) for name, value in weights.items()}

    def norm(layer: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        scale = exact[f"{layer}.gamma"] / np.sqrt(exact[f"{layer}.variance"] + architecture.NORM_EPSILON)
        return scale, exact[f"{layer}.beta"] - exact[f"{layer}.mean"] * scale

    def strip(branch: str) -> Floats:
        kernel = exact[f"{branch}.kernel"].reshape(KERNEL_WIDTH * 4, KERNELS).T
        wide = np.zeros((STRIP, KERNELS, (STRIP + KERNEL_WIDTH - 1) * 4))
        for position in range(STRIP):
            wide[position, :, position * 4 : (position + KERNEL_WIDTH) * 4] = kernel
        return wide.reshape(STRIP * KERNELS, -1).astype(np.float32)

    merged_scale, merged_shift = norm("merged_norm")
    gates = np.zeros((2, 4, LSTM_UNITS, STEP_INPUTS))
    for matrix, direction in zip(gates, ("lstm_forward", "lstm_backward"), strict=True):
        kernel = exact[f"{direction}.kernel"].T.reshape(4, LSTM_UNITS, KERNELS)
        bias = exact[f"{direction}.bias"].reshape(4, LSTM_UNITS)
        state = exact[f"{direction}.recurrent_kernel"].T.reshape(4, LSTM_UNITS, LSTM_UNITS)
        for row, gate in enumerate(_GATES):
            matrix[row, :, :KERNELS] = kernel[gate] * merged_scale
            matrix[row, :, KERNELS] = bias[gate] + kernel[gate] @ merged_shift
            matrix[row, :, KERNELS + 1 :] = state[gate] / 2  # states are stored doubled
        matrix[:CANDIDATE] /= 2

    lstm_scale, lstm_shift = norm("lstm_norm")
    dense_scale, dense_shift = norm("dense_norm")
    output_scale, output_shift = norm("output_norm")
    kernel = exact["dense.kernel"].reshape(STEPS, 2 * LSTM_UNITS, architecture.DENSE_UNITS)
    dense_bias = exact["dense.bias"] + np.einsum("tud,u->d", kernel, lstm_shift)
    dense = (kernel * lstm_scale[:, None] * dense_scale / 2).reshape(STEPS, 2, LSTM_UNITS, -1)
    # step t of the backward direction belongs to position STEPS - 1 - t of the sequence
    dense[:, 1] = dense[::-1, 1].copy()
    return Folded(
        mirna_strip=strip("mirna_conv"),
        mirna_bias=exact["mirna_conv.bias"].astype(np.float32),
        site_strip=strip("site_conv"),
        site_bias=exact["site_conv.bias"].astype(np.float32),
        gates=gates.reshape(2, 4 * LSTM_UNITS, STEP_INPUTS).astype(np.float32),
        dense=np.ascontiguousarray(dense.transpose(3, 0, 1, 2), np.float32),
        dense_bias=(dense_bias * dense_scale + dense_shift).astype(np.float32)[:, None],
        output=np.ascontiguousarray((exact["output.kernel"] * output_scale).T, np.float32),
        output_bias=float((exact["output.bias"] * output_scale + output_shift)[0]),
    )
