"""The audit of public data sets, as tables and figures: what predicts their labels other than binding.

    python benchmarks/audit_public_sets.py [--data ../shared/data] [--energies 2000] [--figures FOLDER] > audit.md

The miRBind split (Klimentova et al. 2022) and the sets of Hejret et al. 2023 give sites of positives to random
miRNAs as negatives; miRBench's keep the share of each miRNA family; DeepMirTar's negatives are made-up
miRNAs under real names. AUROC of each property alone; **bold**: warning; *slanted*: leaks if split at random.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.negatives_generate import main as negatives_generate  # noqa: E402


class Set(NamedTuple):
    """A data set, and the one to learn from, if it has a split."""

    name: str
    file: str
    training: str | None = None


MIRBIND = "clash_pairs/mirbind_train_set_1_1.tsv.gz"
SETS = (
    Set("miRBind training", MIRBIND),
    Set("miRBind test 1:1, learned from training", "clash_pairs/mirbind_test_set_1_1.tsv.gz", MIRBIND),
    Set("miRBind test 1:10, learned from training", "clash_pairs/mirbind_test_set_1_10.tsv.gz", MIRBIND),
    Set("Hejret training", "clash_pairs/hejret2023_miRNA_train_set.tsv.gz"),
    Set("Hejret training, miRNA as read", "clash_pairs/hejret2023_miRNA_real_seq_train_set.tsv.gz"),
    Set("miRBench, Hejret", "miRBench/AGO2_CLASH_Hejret2023_train_minus_holdout.tsv.gz"),
    Set("miRAW test", "mirna_target_pairs/miraw_test_dmiso_format.tsv.gz"),
    Set("DeepMirTar", "mirna_target_pairs/deepmirtar_variable_length_sites.tsv.gz"),
)
FOREIGN = {
    "miraw_test_dmiso_format.tsv.gz": ("mirna_id", "target_id", "mirna_seq", "site_seq", "label"),
    "deepmirtar_variable_length_sites.tsv.gz": ("mirna_id", "mirna_seq", "target_id", "site_seq", "label"),
}


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of a table with a header of ours; DeepMirTar writes its miRNAs 3'->5'."""
    columns = FOREIGN[path.name]
    turned = path.name.startswith("deepmirtar")
    yield "\t".join(columns)
    with gzip.open(path, "rt") as stream:
        for number, line in enumerate(stream):
            cells = line.rstrip("\r\n").split("\t")
            if turned and number == 0:
                continue
            if turned:
                cells[1] = cells[1][::-1]
            yield "\t".join(cells)


def audited(path: Path, each: Set, data: Path, energies: int, figure: Path | None) -> list[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        if path.name in FOREIGN:
            table = Path(folder, "pairs.tsv")
            table.write_text("\n".join(lines(path)) + "\n")
        else:
            table = path
        options = ["--audit-only", "--quiet", "--audit-energies", str(energies), "-o", f"{folder}/audit.tsv"]
        if each.training:
            options += ["--against", str(data / each.training)]
        if figure:
            options += ["--audit-figure", str(figure)]
        if negatives_generate([*options, str(table)]):
            sys.exit(1)
        with open(f"{folder}/audit.tsv") as stream:
            return list(csv.DictReader(stream, delimiter="\t"))


def print_table(found: dict[str, dict[str, dict[str, str]]]) -> None:
    """Print AUROCs in Markdown, a column for each set: rows of its audit by property."""
    marks = {"leak": "**{}**", "reversed": "**{}**", "group_by_target": "*{}*"}
    print("| property |", " | ".join(found), "|")
    print("| --- |", " | ".join("---:" for _ in found), "|")
    for name in dict.fromkeys(name for rows in found.values() for name in rows):
        cells = [
            marks.get(rows[name]["verdict"], "{}").format(f"{float(rows[name]['auroc']):.2f}")
            if name in rows
            else ""
            for rows in found.values()
        ]
        print("|", name, "|", " | ".join(cells), "|")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / ".." / "shared" / "data")
    parser.add_argument("--energies", type=int, default=2000)
    parser.add_argument("--figures", type=Path)
    args = parser.parse_args()
    found = {}
    for each in SETS:
        figure = (
            args.figures and args.figures / f"{each.name.replace(',', '').replace(' ', '_').replace(':', '_')}.png"
        )
        rows = audited(args.data / each.file, each, args.data, args.energies, figure)
        found[each.name] = {row["property"]: row for row in rows}
    print_table(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
