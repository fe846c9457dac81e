"""Divide the pairs so that the test shares neither miRNA nor target with the training.

Usage: hold_out_both.py PAIRS.tsv TRAIN.tsv TEST.tsv

Three tenths of the miRNA groups and three tenths of the target groups are drawn; pairs with both are the test,
pairs with neither the training, the others are left out. Needed because re-paired negatives show every site twice,
once with each label: when miRNAs alone are held out, a site's other label may be in the training part, which
makes memory of sites worse than useless (`site_identity` far below 0.5).
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from mirtools.pairs.grouping import group_pairs, hold_out  # noqa: E402
from mirtools.training.data import read_labelled  # noqa: E402

SHARE, SEED = 0.3, 1


def main(table: str, training: str, test: str) -> int:
    pairs = read_labelled(table)
    mirna, target = (hold_out(group_pairs(pairs, grouping), SHARE, SEED) for grouping in ("family", "target"))
    header, *lines = Path(table).read_text().splitlines(keepends=True)
    for path, chosen in ((training, ~mirna & ~target), (test, mirna & target)):
        kept = [line for line, take in zip(lines, chosen, strict=True) if take]
        Path(path).write_text(header + "".join(kept))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
