"""Isoforms joined to genes: the fold change of a sum of mRNAs, contributions, weights from tables."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.errors import InputError
from mirtools.genes.isoforms import Isoforms, genes_of, read_weights
from mirtools.genes.model import load_model
from mirtools.genes.predict import predict
from mirtools.genes.targets import targets_of
from mirtools.runlog import RunLog
from mirtools.transcripts.geneheaders import Gene

LET_7, SITE = "TGAGGTAGTAGGTTGTATAGTT", "CTACCTCA"
TRANSCRIPTS = [
    ("a1", "G" * 40 + SITE + "A" * 30),
    ("b1", "G" * 30),
    ("a2", "G" * 300 + "CTACCTCG" + "A" * 20 + SITE),
    ("a3", "G" * 50),
    ("c1", SITE + "G" * 20),
]
GENES = [Gene(name[0].upper(), ".") for name, _ in TRANSCRIPTS]
TARGETS = targets_of(TRANSCRIPTS, {}, GENES)
PREDICTION = predict(LET_7, TARGETS, load_model())


def joined(weights):
    isoforms = Isoforms(TARGETS, np.array(weights, float))
    return isoforms, isoforms.joined(PREDICTION)


def expected(weights):
    """Return the fold changes of genes A, B and C, from transcripts."""
    changes = []
    for members in ((0, 2, 3), (1,), (4,)):
        total = sum(weights[at] for at in members)
        left = sum(weights[at] * 2 ** PREDICTION.change[at] for at in members)
        changes.append(math.log2(left / total))
    return changes


@given(st.lists(st.floats(1e-3, 1e4), min_size=5, max_size=5))
def test_a_gene_changes_as_the_sum_of_its_mrnas(weights):
    isoforms, found = joined(weights)
    assert found.change == pytest.approx(expected(weights), abs=1e-6)
    assert (found.change <= 0).all()
    # contributions of all isoforms add up, and so do those of regions
    genes = [isoforms.gene_of(target) for target in PREDICTION.found.sites[:, 1].tolist()]
    sums = np.bincount(genes, found.contribution, minlength=3)
    assert sums == pytest.approx(found.change, abs=1e-12)
    assert found.by_region.sum(axis=1) == pytest.approx(found.change, abs=1e-12)
    strongest = [found.contribution[at] if at >= 0 else 0 for at in found.best.tolist()]
    assert strongest == [min([0, *found.contribution[np.array(genes) == gene]]) for gene in range(3)]


def test_known_answer_of_two_isoforms():
    # three quarters of the mRNAs have no site, a quarter falls to a half: 7/8 are left
    prediction = PREDICTION._replace(change=np.array([-1.0, 0, 0, 0, 0]))
    isoforms = Isoforms(TARGETS, np.array([1.0, 1, 0, 3, 1]))
    assert isoforms.joined(prediction).change == pytest.approx([math.log2(7 / 8), 0, 0])


def test_an_isoform_with_all_weight_decides():
    _, found = joined([5, 1, 0, 0, 2])
    assert found.change == pytest.approx(PREDICTION.change[[0, 1, 4]], abs=1e-12)
    own = np.isin(PREDICTION.found.sites[:, 1], [0, 1, 4])
    assert found.contribution[own] == pytest.approx(PREDICTION.contribution[own], abs=1e-12)
    assert (found.contribution[~own] == 0).all()
    assert (found.counts == PREDICTION.counts[[0, 1, 4]]).all()


def test_counts_and_lengths_are_weighted_means():
    isoforms, found = joined([1, 1, 3, 0, 1])
    assert found.counts[0] == pytest.approx((PREDICTION.counts[0] + 3 * PREDICTION.counts[2]) / 4)
    assert isoforms.utr3_lengths() == pytest.approx([(78 + 3 * 336) / 4, 30, 28])
    assert isoforms.cells(0, found) == ["3", "4", "a2"]
    assert isoforms.cells(1, found) == ["1", "1", "."]


def test_the_isoform_with_most_weight_names_the_gene():
    assert joined([1, 1, 3, 0, 1])[0].targets.names == ["a2", "b1", "c1"]
    assert joined([1, 1, 0, 3, 1])[0].targets.names == ["a3", "b1", "c1"]
    assert joined([1, 1, 1, 1, 1])[0].targets.names == ["a2", "b1", "c1"]


def test_genes_without_weights_have_equal_ones():
    isoforms, found = joined([0, np.nan, 0, np.nan, 2])
    assert isoforms.without_weight == 2
    assert found.change == pytest.approx(expected([1, 1, 1, 1, 1]), abs=1e-9)
    assert [isoforms.cells(gene, found)[1] for gene in range(3)] == ["0", ".", "2"]
    # an isoform that the table lacks has none, if another one of its gene has
    assert joined([2, 1, np.nan, np.nan, 1])[1].change[0] == pytest.approx(PREDICTION.change[0])


def test_the_order_of_transcripts_has_no_effect():
    order = [3, 2, 4, 1, 0]
    weights = np.array([1.0, 1, 3, 2, 1])
    isoforms, found = joined(weights)
    other = targets_of([TRANSCRIPTS[at] for at in order], {}, [GENES[at] for at in order])
    others = Isoforms(other, weights[order])
    again = others.joined(predict(LET_7, other, load_model()))
    for gene, name in enumerate(isoforms.targets.names):
        at = others.targets.names.index(name)
        assert again.change[at] == pytest.approx(found.change[gene], abs=1e-12)
        assert others.cells(at, again) == isoforms.cells(gene, found)
    assert [others.transcripts.names[at] for at in others.order(np.array([0]))] == ["a1", "a2", "a3"]


@pytest.mark.parametrize(
    "header",
    [
        "Name\tLength\tEffectiveLength\tTPM\tNumReads",
        "target_id\tl\te\ttpm\tn",
        "transcript_id\tTPM2\tg\tWeight\tx",
    ],
)
def test_tables_of_weights(header, tmp_path):
    path = tmp_path / "weights"
    path.write_text(f"{header}\na1\t9\t9\t2.5\t9\nother\t9\t9\t1\t9\nb1\t9\t9\t0\t9\na2\t9\t9\tNA\t9\n")
    log = RunLog()
    weights = read_weights(str(path), TARGETS)
    assert np.array_equal(weights, [2.5, 0, np.nan, np.nan, np.nan], equal_nan=True)
    _, isoforms = genes_of(str(path), TARGETS, log)
    assert isoforms is not None
    counts = {"genes": 3, "targets_without_weight": 3, "genes_without_weight": 2}
    assert (log.counts, log.facts) == (counts, {"isoforms": "weighted"})


def test_whole_names_of_records_and_versions(tmp_path):
    path = tmp_path / "quant.sf"
    path.write_text("Name\tTPM\nENST00000331825.12|ENSG00000087086.15|-|-|FTL-201|FTL|871|CDS:1-9|\t7\n")
    targets = targets_of([("ENST00000331825.11", "ACGT")], {})
    assert read_weights(str(path), targets).tolist() == [7]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name\tTPM\na1\t-1\n", ":2: TPM is '-1'; give a number, 0 or more"),
        ("name\tTPM\na1\tmany\n", ":2: TPM is 'many'"),
        ("name\tTPM\na1\tinf\n", ":2: TPM is 'inf'"),
        ("name\tTPM\na1\t1\na1\t1\n", ":3: 'a1' has a weight in an earlier row"),
        ("name\treads\na1\t1\n", "has no column weight or tpm"),
        ("gene\tTPM\na1\t1\n", "has no column target_id or transcript_id or name"),
        ("name\tTPM\nx1\t1\n", "describes none of the transcripts"),
        ("", "is empty"),
    ],
)
def test_bad_tables_of_weights(text, message, tmp_path):
    path = tmp_path / "weights.tsv"
    path.write_text(text)
    with pytest.raises(InputError) as raised:
        read_weights(str(path), TARGETS)
    assert message in str(raised.value)


def test_longest_and_mean():
    log = RunLog()
    targets, isoforms = genes_of("longest", TARGETS, log)
    assert (targets.names, isoforms, log.facts) == (["b1", "a2", "c1"], None, {"isoforms": "longest"})
    targets, isoforms = genes_of("mean", TARGETS, log)
    assert (len(targets.names), log.counts["genes"], log.facts) == (5, 3, {"isoforms": "mean"})
    assert isoforms is not None
    assert isoforms.joined(PREDICTION).change == pytest.approx(expected([1] * 5), abs=1e-9)
