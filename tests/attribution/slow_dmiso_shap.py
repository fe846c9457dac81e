"""DeepSHAP of the DMISO model as in the papers: float64, loops, one pair and one background at a time.

Nothing is folded: convolutions, normalisations and gates stand as Keras has them.
"""

import numpy as np
from models.slow_dmiso import sigmoid

from mirtools.io.encoding import ONE_HOT
from mirtools.models.dmiso.architecture import MIRNA_STEPS, STEPS


def slope(x, r, function, derivative):
    """Difference of outputs over difference of inputs, or the derivative if inputs are equal."""
    result = derivative(r).astype(np.float64)
    apart = np.abs(x - r) >= 1e-6
    result[apart] = (function(x) - function(r))[apart] / (x - r)[apart]
    return result


RELU = (lambda x: np.maximum(x, 0), lambda x: x > 0)
TANH = (np.tanh, lambda x: 1 - np.tanh(x) ** 2)
SIGMOID = (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x)))


class Slow:
    def __init__(self, weights):
        self.w = {name: value.astype(np.float64) for name, value in weights.items()}

    def scale(self, name):
        return self.w[f"{name}.gamma"] / np.sqrt(self.w[f"{name}.variance"] + 1e-3)

    def norm(self, x, name):
        return (x - self.w[f"{name}.mean"]) * self.scale(name) + self.w[f"{name}.beta"]

    def forward(self, mirna, site):
        w, kept = self.w, {}
        merged = []
        for name, codes in (("mirna", mirna), ("site", site)):
            hot = ONE_HOT[codes].astype(np.float64)
            kernel = w[f"{name}_conv.kernel"]
            z = np.array(
                [np.einsum("ob,obk->k", hot[p : p + 8], kernel) for p in range(len(hot) - 7)]
            ) + w[f"{name}_conv.bias"]  # fmt: skip
            y = np.maximum(z, 0)
            kept[name] = hot, z, y
            merged += [y[p : p + 4].max(axis=0) for p in range(len(y) - 3)]
        x = self.norm(np.array(merged), "merged_norm")
        lstm = np.zeros((STEPS, 20))
        for direction, order, units in (
            ("forward", range(STEPS), slice(0, 10)),
            ("backward", range(STEPS - 1, -1, -1), slice(10, 20)),
        ):
            h, c = np.zeros(10), np.zeros(10)
            for t in order:
                z = x[t] @ w[f"lstm_{direction}.kernel"] + h @ w[f"lstm_{direction}.recurrent_kernel"]
                z = (z + w[f"lstm_{direction}.bias"]).reshape(4, 10)
                before = c
                c = sigmoid(z[1]) * c + sigmoid(z[0]) * np.tanh(z[2])
                h = sigmoid(z[3]) * np.tanh(c)
                kept[direction, t] = z, before, c
                lstm[t, units] = h
        flat = self.norm(lstm, "lstm_norm").reshape(-1)
        kept["dense"] = self.norm(flat @ w["dense.kernel"] + w["dense.bias"], "dense_norm")
        hidden = np.maximum(kept["dense"], 0)
        kept["logit"] = self.norm(hidden @ w["output.kernel"] + w["output.bias"], "output_norm")
        return sigmoid(kept["logit"])[0], kept

    def values(self, pair, background):
        """Values of the bases of the miRNA and of the site."""
        w = self.w
        _, x = self.forward(*pair)
        _, r = self.forward(*background)
        m = slope(x["logit"], r["logit"], *SIGMOID) * self.scale("output_norm")
        m = (w["output.kernel"] @ m) * slope(x["dense"], r["dense"], *RELU) * self.scale("dense_norm")
        m = (w["dense.kernel"] @ m).reshape(STEPS, 20) * self.scale("lstm_norm")
        merged = np.zeros((STEPS, 10))
        for direction, order, units in (
            ("forward", range(STEPS), slice(0, 10)),
            ("backward", range(STEPS - 1, -1, -1), slice(10, 20)),
        ):
            mh, mc = np.zeros(10), np.zeros(10)
            for t in reversed(order):
                (zx, px, cx), (zr, pr, cr) = x[direction, t], r[direction, t]
                mean = [(f(zx[g]) + f(zr[g])) / 2 for g, f in enumerate((sigmoid, sigmoid, np.tanh, sigmoid))]
                mh = mh + m[t, units]
                mc = mc + mh * mean[3] * slope(cx, cr, *TANH)
                gates = np.concatenate(
                    [
                        mc * mean[2] * slope(zx[0], zr[0], *SIGMOID),
                        mc * (px + pr) / 2 * slope(zx[1], zr[1], *SIGMOID),
                        mc * mean[0] * slope(zx[2], zr[2], *TANH),
                        mh * (np.tanh(cx) + np.tanh(cr)) / 2 * slope(zx[3], zr[3], *SIGMOID),
                    ]
                )
                mc = mc * mean[1]
                mh = w[f"lstm_{direction}.recurrent_kernel"] @ gates
                merged[t] += w[f"lstm_{direction}.kernel"] @ gates
        merged *= self.scale("merged_norm")
        return (
            self.branch(x["mirna"], r["mirna"], merged[:MIRNA_STEPS], w["mirna_conv.kernel"]),
            self.branch(x["site"], r["site"], merged[MIRNA_STEPS:], w["site_conv.kernel"]),
        )

    @staticmethod
    def branch(x, r, merged, kernel):
        (hot_x, zx, yx), (hot_r, zr, yr) = x, r
        given = np.zeros_like(yx)
        for p in range(len(merged)):
            for k in range(10):
                top_x, top_r = yx[p : p + 4, k], yr[p : p + 4, k]
                rise = top_x.max() - top_r.max()
                given[p + (top_x if rise > 0 else top_r).argmax(), k] += merged[p, k] * rise
        m = np.zeros_like(given)
        apart = np.abs(yx - yr) >= 1e-7
        m[apart] = given[apart] / (yx - yr)[apart]
        m *= slope(zx, zr, *RELU)
        bases = np.zeros_like(hot_x)
        for p in range(len(m)):
            bases[p : p + 8] += kernel @ m[p]
        return (bases * (hot_x - hot_r)).sum(axis=1)
