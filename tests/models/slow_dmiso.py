"""DMISO's forward pass as in a textbook: float64, loops, one pair at a time. And random weights for it."""

import numpy as np

from mirtools.io.encoding import ONE_HOT
from mirtools.models.dmiso import architecture


def random_weights(seed=0):
    """Weights with which scores depend on every base and are not close to 0 or 1."""
    random = np.random.default_rng(seed)
    weights = {}
    for name, shape in architecture.TENSOR_SHAPES.items():
        values = random.uniform(0.2, 2, shape) if name.endswith("variance") else random.normal(0, 0.5, shape)
        if name.endswith("kernel"):
            values *= 3 / np.sqrt(np.prod(shape[:-1]))
        weights[name] = values.astype(np.float32)
    weights["output_norm.beta"][:] = weights["output_norm.mean"][:] = 0
    return weights


def random_codes(random, count, length):
    """Random bases and Ns; half of the sequences end in padding."""
    codes = random.integers(0, 4, (count, length), dtype=np.uint8)
    codes[random.random((count, length)) < 0.02] = 4
    for row, end in zip(codes, random.integers(length // 2, 3 * length // 2, count), strict=True):
        row[end:] = 4
    return codes


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def score(weights, mirna, site):
    """Return the score of one pair of code arrays."""
    w = {name: value.astype(np.float64) for name, value in weights.items()}

    def norm(x, name):
        spread = np.sqrt(w[f"{name}.variance"] + 1e-3)
        return (x - w[f"{name}.mean"]) / spread * w[f"{name}.gamma"] + w[f"{name}.beta"]

    def branch(codes, name):
        x = ONE_HOT[codes].astype(np.float64)
        convolved = []
        for start in range(len(x) - 7):
            value = w[f"{name}.bias"].copy()
            for offset in range(8):
                value += x[start + offset] @ w[f"{name}.kernel"][offset]
            convolved.append(np.maximum(value, 0))
        return [np.max(convolved[start : start + 4], axis=0) for start in range(len(convolved) - 3)]

    def lstm(sequence, name):
        hidden, cell, states = np.zeros(10), np.zeros(10), []
        for x in sequence:
            gates = x @ w[f"{name}.kernel"] + hidden @ w[f"{name}.recurrent_kernel"] + w[f"{name}.bias"]
            enter, forget, candidate, leave = gates[:10], gates[10:20], gates[20:30], gates[30:]
            cell = sigmoid(forget) * cell + sigmoid(enter) * np.tanh(candidate)
            hidden = sigmoid(leave) * np.tanh(cell)
            states.append(hidden)
        return states

    merged = [norm(x, "merged_norm") for x in branch(mirna, "mirna_conv") + branch(site, "site_conv")]
    forward = lstm(merged, "lstm_forward")
    backward = lstm(merged[::-1], "lstm_backward")[::-1]
    both = [norm(np.concatenate(pair), "lstm_norm") for pair in zip(forward, backward, strict=True)]
    hidden = np.concatenate(both) @ w["dense.kernel"] + w["dense.bias"]
    hidden = np.maximum(norm(hidden, "dense_norm"), 0)
    return float(sigmoid(norm(hidden @ w["output.kernel"] + w["output.bias"], "output_norm"))[0])
