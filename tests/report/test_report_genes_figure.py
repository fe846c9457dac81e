"""The figure of the best targets: one scale, positions that count from 1, and sequences in RNA letters."""

import io

import numpy as np
import pytest

from mirtools.genes.model import load_model
from mirtools.genes.predict import predict
from mirtools.genes.targets import targets_of
from mirtools.io.sequences import Reference
from mirtools.report import genes_figure
from mirtools.report.genes_figure import GenesFigure
from mirtools.transcripts.regions import Regions

LET_7 = "TGAGGTAGTAGGTTGTATAGTT"
SITE = "CTACCTCA"


def test_all_targets_have_one_scale_and_count_from_one(pages_of):
    pages = pages_of(genes_figure)
    strong = "G" * 100 + (SITE + "A" * 30) * 3
    weak = "G" * 400 + SITE + "G" * 592
    targets = targets_of([("weak", weak), ("strong", strong)], {"weak": Regions(100, 300, len(weak))})
    prediction = predict(LET_7, targets, load_model())
    figure = GenesFigure(io.BytesIO(), "svg", 5)
    figure.add(Reference(LET_7, LET_7, LET_7), prediction, targets, np.arange(2))
    figure.draw()
    ((_, rows),) = pages
    (legend,), (first,), (second,) = rows
    assert [text.get_text() for text in legend.get_legend().get_texts()] == [
        "sites of the miRNA:",
        *"8mer 7mer-m8 7mer-A1 6mer offset-6mer".split(),
    ]
    assert first.get_ylim() == second.get_ylim()
    change = f"{prediction.change[1]:.2f}".replace("-", "\u2212")
    assert first.get_title(loc="center") == f"UGAGGUAGUAGGUUGUAUAGUU on strong: log2 fold change {change}"
    (stem,) = second.collections
    # bases 401-408
    assert stem.get_segments()[0][:, 0].tolist() == [404.5, 404.5]
    assert min(stem.get_segments()[0][:, 1]) == pytest.approx(float(prediction.change[0]))
    bars = [(bar.get_x(), bar.get_width()) for bar in second.patches]
    assert bars == [(0.5, 100), (100.5, 200), (300.5, 700)]
    assert second.get_xticklabels()[0].get_text() == "1"
