"""Simulate sites of two conditions with three replicates, in which a tenth of the sites changes four-fold.

Usage: python make_conditions.py

Writes condition_sites.tsv and condition_samples.tsv, the same sheet with one sample per condition
(two_samples.tsv), and condition_forms.tsv, whose guides are exact miRNAs and isomiRs.
"""

import io

from mirtools.simulation.conditions import ConditionRules, simulate_conditions, write_conditions

RULES = ConditionRules(mirnas=12, genes=60, sites=240, changed=0.1, fold=4, dispersion=0.02, seed=11)
FORMS = ConditionRules(mirnas=6, genes=20, sites=80, changed=0.0, dispersion=0.02, seed=12)


def main() -> None:
    """Write the four files."""
    table, sheet = io.StringIO(), io.StringIO()
    write_conditions(simulate_conditions(RULES), table, sheet)
    rows = sheet.getvalue().splitlines(keepends=True)
    two = [row for row in rows if row.startswith(("sample", "a1", "b1"))]
    _write("condition_sites.tsv", table.getvalue())
    _write("condition_samples.tsv", sheet.getvalue())
    _write("two_samples.tsv", "".join(two))
    forms = io.StringIO()
    write_conditions(simulate_conditions(FORMS), forms, io.StringIO())
    header, *lines = forms.getvalue().splitlines()
    written = [header]
    for line in lines:
        cells = line.split("\t")
        # each guide of the simulation is one of three forms of a miRNA
        number = int(cells[1].removeprefix("miR-")) - 1
        cells[1] = f"miR-{number // 3 + 1}|{('exact', 'iso_5p:+1', 'iso_3p:-2')[number % 3]}"
        written.append("\t".join(cells))
    _write("condition_forms.tsv", "\n".join(written) + "\n")


def _write(name: str, text: str) -> None:
    with open(name, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


if __name__ == "__main__":
    main()
