"""Forms of a miRNA side by side, and the figure of the best targets."""

from __future__ import annotations

import io

import numpy as np
import pytest

from mirtools.errors import UsageError
from mirtools.genes.compare import COMPARE_COLUMNS, Kept, compare_rows, references_of, status
from mirtools.genes.model import load_model
from mirtools.genes.predict import predict
from mirtools.genes.targets import targets_of
from mirtools.io.sequences import Reference
from mirtools.report.genes_figure import GenesFigure
from mirtools.transcripts.regions import Regions

LET_7 = "TGAGGTAGTAGGTTGTATAGTT"
# an 8mer of let-7, one of the form without its first two bases, and one of let-7 that overlaps a 7mer of the form
OLD, NEW, BOTH = "CTACCTCA", "TACTACCA", "TACTACCTCA"


def named(name, sequence=LET_7):
    return Reference(name, name, sequence)


def targets():
    flank = "T" * 30
    listed = {"old": OLD, "new": NEW, "both": BOTH, "none": "GGGGGGGG"}
    return targets_of([(name, flank + site + flank) for name, site in listed.items()], {})


def compared():
    found, model = targets(), load_model()
    before, after = (Kept(predict(sequence, found, model)) for sequence in (LET_7, LET_7[2:]))
    rows = compare_rows(named("let-7"), before, named("let-7|5p-2", LET_7[2:]), after, found)
    return {row[3]: dict(zip(COMPARE_COLUMNS, row, strict=True)) for row in rows}


def test_a_moved_end_gains_loses_and_shares_sites():
    rows = compared()
    assert set(rows) == {"old", "new", "both"}
    assert (rows["old"]["status"], rows["new"]["status"]) == ("lost", "gained")
    assert rows["old"]["lost_sites"] == "3'UTR:8mer:30-38"
    assert rows["new"]["gained_sites"] == "3'UTR:8mer:30-38"
    assert rows["old"]["gained_sites"] == rows["old"]["shared_sites"] == rows["new"]["lost_sites"] == "."
    assert rows["both"]["shared_sites"] == "3'UTR:7mer-m8:30-37"
    for row in rows.values():
        difference = float(row["form_log2fc"]) - float(row["reference_log2fc"])
        assert float(row["difference"]) == pytest.approx(difference, abs=2e-6)


def test_the_largest_shift_is_first():
    differences = [abs(float(row["difference"])) for row in compared().values()]
    assert differences == sorted(differences, reverse=True)


def test_status():
    assert [status(-0.3, -0.4), status(-0.4, -0.3), status(-0.3, -0.32)] == ["stronger", "weaker", "same"]


def test_forms_are_compared_with_their_own_mirna():
    names = ["let-7", "miR-1", "miR-1|iso_5p:+1", "let-7|iso_3p:-1", "other", "miR-9|iso_5p:-1"]
    assert references_of([named(name) for name in names]) == [0, 1, 1, 0, 0, 0]
    with pytest.raises(UsageError, match="needs two or more miRNAs"):
        references_of([named("alone")])


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_figure_of_the_best_targets(kind):
    found, model = targets(), load_model()
    sequence = "G" * 50 + OLD + "G" * 200 + OLD + "G" * 100
    whole = targets_of([("whole", sequence)], {"whole": Regions(20, 150, len(sequence))})
    drawn = []
    for _ in range(2):
        stream = io.BytesIO()
        figure = GenesFigure(stream, kind, 2)
        for each in (found, whole):
            prediction = predict(LET_7, each, model)
            figure.add(named("let-7"), prediction, each, np.arange(len(each.names)))
        figure.draw()
        drawn.append(stream.getvalue())
    assert drawn[0] == drawn[1]
    if kind == "svg":
        text = drawn[0].decode()
        assert text.count("base of the transcript (the first is 1) -->") == 3
        assert text.count("<!-- sites of the miRNA: -->") == 1


def test_figure_without_a_target():
    found = targets_of([("none", "GGGGGGGGGGG")], {})
    stream = io.BytesIO()
    figure = GenesFigure(stream, "svg", 2)
    figure.add(named("let-7"), predict(LET_7, found, load_model()), found, np.arange(1))
    figure.draw()
    assert stream.getvalue()
