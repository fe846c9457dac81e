"""Simulated counts of two conditions: what is planted is in them."""

import io

import numpy as np
import pytest

from mirtools.simulation.conditions import ConditionRules, simulate_conditions, write_conditions


def test_what_is_planted():
    rules = ConditionRules(
        sites=4000, mean=200, changed=0.2, fold=3, abundant=0.5, abundance_fold=2, depths=(1, 1)
    )
    found = simulate_conditions(rules)
    assert found.samples == ["a1", "a2", "a3", "b1", "b2", "b3"]
    assert (found.binding != 0).sum() == 800
    assert np.unique(np.abs(found.binding)) == pytest.approx([0, np.log2(3)])
    assert len(set(zip(found.mirna.tolist(), found.abundance.tolist(), strict=True))) == rules.mirnas
    for changed in np.unique(found.binding):
        for abundance in (-1, 0, 1):
            sites = (found.binding == changed) & (found.abundance == abundance)
            a, b = found.reads[sites, :3].sum(), found.reads[sites, 3:].sum()
            assert np.log2(a / b) == pytest.approx(changed + abundance, abs=0.25)


@pytest.mark.parametrize(("dispersion", "spread"), [(0.0, 0.0), (0.2, 0.0), (0.2, 0.5)])
def test_noise(dispersion, spread):
    rules = ConditionRules(
        sites=3000, in_a=8, in_b=8, mean=400, spread=0, changed=0, abundant=0, dispersion=dispersion,
        dispersion_spread=spread, depths=(1, 1),
    )  # fmt: skip
    reads = simulate_conditions(rules).reads
    between = (reads.var(axis=1, ddof=1) - 400) / 400**2
    assert between.mean() == pytest.approx(dispersion, abs=0.01)


def test_written_tables():
    table, sheet = io.StringIO(), io.StringIO()
    write_conditions(simulate_conditions(ConditionRules(sites=3, in_a=1, in_b=2)), table, sheet)
    header, *rows = table.getvalue().splitlines()
    assert header.endswith("target_id\tn_reads\tn_reads:a1\tn_reads:b1\tn_reads:b2")
    assert len(rows) == 3
    cells = rows[0].split("\t")
    assert int(cells[6]) == sum(map(int, cells[7:]))
    assert sheet.getvalue() == "sample\tcondition\treplicate\na1\tA\t1\nb1\tB\t1\nb2\tB\t2\n"
