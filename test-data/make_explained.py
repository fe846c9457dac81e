"""Inputs with known answers for the commands that explain: attributions, importances, and a network.

The network knows one thing: whether bases 2 to 8 of the miRNA pair, all seven, anywhere in the window.
"""

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
PAIRS = """\
pair_id\tmirna_id\tmirna_seq\tsite_seq\tnote
p1\tmiR-a\tUGAGGCCCCC\tTTCCTCAT\tx
p2\tmiR-b\tTGAGGCCCCC\tTTCCACAT\t
p3\tmiR-a\ttgaggccccc\tCCCCCCCC\ty
p4\tmiR-c\tTGAGGAACCC\tGGGTTCCTCAGGG\tz
"""
SHAPES = {"seed": (1, 8), "middle": (8, 12), "3p": (12, 20), "distributed": (0, 20)}


def attributions() -> None:
    """The first miRNA pairs with its first five bases, nothing speaks for the third, the rest is noise."""
    values = np.zeros((4, 8, 10), np.float32)
    values[:, :, :5] = np.random.default_rng(1).normal(0, 0.1, (4, 8, 5))
    values[0] = 0
    for base in range(5):
        values[0, 6 - base, base] = 0.5
    values[2] = -abs(values[2])
    (HERE / "attributed_pairs.tsv").write_text(PAIRS)
    np.savez(HERE / "attributed_pairs.npz", shap=values)


def importances() -> None:
    """Rows whose weight lies in the seed, the middle, the 3' end, everywhere, and some without an alignment."""
    random = np.random.default_rng(1)
    lines = ["mirna_seq\tsite_seq\tmirna_importance\tshape"]
    for number in range(48):
        shape = list(SHAPES)[number % 4]
        first, last = SHAPES[shape]
        values = np.zeros(20)
        values[first:last] = random.uniform(0.5, 1, last - first) * 10 ** random.uniform(-2, 0)
        cell = ",".join(f"{value:.6f}" for value in values) if number % 12 else "."
        mirna, site = ("".join(random.choice(list("ACGT"), size)) for size in (22, 40))
        lines.append(f"{mirna}\t{site}\t{cell}\t{shape if number % 12 else 'no_alignment'}")
    (HERE / "importances.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent / "tests" / "tools"))
    from seed_network import write_seed_network

    write_seed_network(HERE / "seeds.safetensors")
    attributions()
    importances()
