"""The DMISO architecture (Talukder et al. 2022, "Deep learning model") as plain data: sizes and tensor names.

With these, models are checked and used without TensorFlow.
"""

from __future__ import annotations

from collections.abc import Mapping

NAME = "dmiso"
ENCODER = "one-hot-ATCG-N-quarter-right-padded"
MIRNA_LENGTH = 30
SITE_LENGTH = 60
KERNELS = 10
KERNEL_WIDTH = 8
POOL = 4
MIRNA_STEPS = MIRNA_LENGTH - KERNEL_WIDTH - POOL + 2  # 30 -> 23 -> 20
SITE_STEPS = SITE_LENGTH - KERNEL_WIDTH - POOL + 2  # 60 -> 53 -> 50
STEPS = MIRNA_STEPS + SITE_STEPS
LSTM_UNITS = 10
DENSE_UNITS = 100
NORM_EPSILON = 1e-3

_NORM = ("gamma", "beta", "mean", "variance")


def _shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for branch in ("mirna_conv", "site_conv"):
        shapes[f"{branch}.kernel"] = (KERNEL_WIDTH, 4, KERNELS)
        shapes[f"{branch}.bias"] = (KERNELS,)
    shapes.update({f"merged_norm.{part}": (KERNELS,) for part in _NORM})
    for direction in ("lstm_forward", "lstm_backward"):
        # columns: the gates i, f, c, o, LSTM_UNITS each
        shapes[f"{direction}.kernel"] = (KERNELS, 4 * LSTM_UNITS)
        shapes[f"{direction}.recurrent_kernel"] = (LSTM_UNITS, 4 * LSTM_UNITS)
        shapes[f"{direction}.bias"] = (4 * LSTM_UNITS,)
    shapes.update({f"lstm_norm.{part}": (2 * LSTM_UNITS,) for part in _NORM})
    shapes["dense.kernel"] = (STEPS * 2 * LSTM_UNITS, DENSE_UNITS)
    shapes["dense.bias"] = (DENSE_UNITS,)
    shapes.update({f"dense_norm.{part}": (DENSE_UNITS,) for part in _NORM})
    shapes["output.kernel"] = (DENSE_UNITS, 1)
    shapes["output.bias"] = (1,)
    shapes.update({f"output_norm.{part}": (1,) for part in _NORM})
    return shapes


TENSOR_SHAPES: Mapping[str, tuple[int, ...]] = _shapes()
