"""Choose few pairs of a labelled table: of the miRNAs with most pairs some exact ones and some isomiRs each.

Usage: python make_labelled.py LABELLED > labelled_pairs.tsv
"""

import csv
import sys

COLUMNS = "pair_id mirna_id mirna_seq target_id site_seq mirna_class isomir_types label".split()
MIRNAS, EXACT, ISOMIRS = 8, 6, 4


def main() -> None:
    """Write the chosen positives, each with its negative, under short names."""
    with open(sys.argv[1], encoding="utf-8") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    negatives = {row["negative_of"]: row for row in rows if row["label"] == "0"}
    positives: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        if row["label"] == "1":
            positives.setdefault(row["mirna_id"], []).append(row)
    print(*COLUMNS, sep="\t")
    number = 0
    for mirna in sorted(positives, key=lambda mirna: (-len(positives[mirna]), mirna))[:MIRNAS]:
        exact = [row for row in positives[mirna] if row["mirna_class"] == "exact"]
        isomirs = [row for row in positives[mirna] if row["mirna_class"] != "exact"]
        for positive in exact[:EXACT] + isomirs[:ISOMIRS]:
            number += 1
            for letter, row in (("p", positive), ("n", negatives[positive["pair_id"]])):
                short = {**row, "pair_id": f"{letter}{number}", "target_id": row["target_id"].partition("|")[0]}
                print(*(short[name] for name in COLUMNS), sep="\t")


if __name__ == "__main__":
    main()
