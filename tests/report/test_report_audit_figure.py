"""The figure of an audit: what it draws, and that it is the same in every run."""

import io
import random

import numpy as np
import pytest

from mirtools.negatives.audit import AuditRules, audit
from mirtools.negatives.findings import Finding
from mirtools.pairs.table import LabelledPairs
from mirtools.report.audit_figure import _look, draw_audit


def some_rows(count, same=False):
    rng = random.Random(1)
    labels, sites, names = [], [], []
    for number in range(count):
        labels.append(number % 2)
        sites.append("".join(rng.choices("ACGT", k=50 if same else rng.randint(20, 300))))
        names.append("$let-7$" if same else f"miR-{rng.randrange(9)}")
    mirnas = ["TGAGGTAGTAGGTTGTATAGTT"] * count
    return LabelledPairs(mirnas, sites, np.array(labels, np.uint8), names, ["."] * count)


def drawn(rows, kind):
    stream = io.BytesIO()
    draw_audit(stream, kind, audit(rows, rules=AuditRules(folded=5)), rows)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_same_bytes_in_every_run(kind):
    rows = some_rows(200)
    picture = drawn(rows, kind)
    assert picture == drawn(rows, kind)
    assert picture.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[kind])


@pytest.mark.parametrize("rows", [some_rows(0), some_rows(1), some_rows(2, same=True), some_rows(30, same=True)])
def test_small_and_uniform_sets(rows):
    assert drawn(rows, "png").startswith(b"\x89PNG")


def test_each_verdict_has_a_colour():
    looks = {
        _look(Finding("x", kind, "nothing", 1, 1.0, 0.7, 0.6, 0.8, "reversed", verdict))
        for kind, verdict in (
            ("leak", "clean"),
            ("leak", "leak"),
            ("leak", "too_few_pairs"),
            ("split", "group_by_target"),
            ("baseline", "."),
            ("baseline", "reversed"),
        )
    }
    assert len(looks) == 5  # both warnings have the same colour
    assert len({meaning for _, meaning in looks}) == 5
