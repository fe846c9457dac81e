"""Changes between conditions: simulated experiments with known truth, exact tests, and what may be missing."""

import numpy as np
import pytest
from scipy.stats import binomtest, fisher_exact

from mirtools.errors import MissingExtraError
from mirtools.simulation.conditions import ConditionRules, simulate_conditions
from mirtools.sites import deseq
from mirtools.sites.changes import FEW_READS, NO_OTHERS, OUTLIER, TESTED, Normalisation, changes, size_factors


def compared(rules, relative=None, min_reads=10, threads=1):
    """Return a simulated experiment, and the changes found in it."""
    experiment = simulate_conditions(rules)
    reads = experiment.reads.astype(float)
    in_a = np.arange(reads.shape[1]) < rules.in_a
    groups = {None: None, "mirna": experiment.mirna, "gene": experiment.gene}[relative]
    return experiment, changes(reads, in_a, size_factors(reads), min_reads, groups, threads)


def shares(called, truth):
    """Return the share of false calls, and the share of true changes that are called."""
    return (called & ~truth).sum() / max(called.sum(), 1), (called & truth).sum() / truth.sum()


@pytest.mark.parametrize(
    ("in_a", "in_b", "fold", "power"),
    [(2, 2, 2, 0.25), (2, 2, 4, 0.95), (3, 3, 2, 0.6), (4, 2, 2, 0.45), (1, 3, 4, 0.85)],
)
def test_planted_changes(in_a, in_b, fold, power):
    """Realised FDR at q 0.05, and power for sites of 100 reads and more; dispersion 0.05."""
    called = false = 0
    shares_found = []
    for seed in (3, 5):
        rules = ConditionRules(sites=700, mean=60, in_a=in_a, in_b=in_b, fold=fold, abundant=0, seed=seed)
        experiment, found = compared(rules)
        below, changed = found.q_value < 0.05, experiment.binding != 0
        called, false = called + below.sum(), false + (below & ~changed).sum()
        many = experiment.mean >= 100
        shares_found.append(shares(below[many], changed[many])[1])
        # changes are estimated without bias, and their intervals hold the truth as often as they should
        tested = (found.status == TESTED) & (experiment.mean > 30)
        errors = found.log2_fold_change[tested] - experiment.binding[tested]
        assert abs(errors.mean()) < 0.1
        inside = (found.lower <= experiment.binding) & (experiment.binding <= found.upper)
        assert inside[tested].mean() > 0.93
    assert np.mean(shares_found) >= power
    # two standard errors
    assert false <= 0.05 * called + 2 * np.sqrt(0.05 * called)


def test_abundance_is_not_binding():
    """Sites of miRNAs whose abundance changes are called, but not relative to their miRNA."""
    rules = ConditionRules(sites=600, mirnas=20, abundance_fold=4, abundant=0.3, dispersion=0.02, seed=4)
    experiment, plain = compared(rules)
    _, relative = compared(rules, "mirna")
    only = (experiment.binding == 0) & (experiment.abundance != 0) & (experiment.mean > 20)
    assert (plain.q_value < 0.05)[only].mean() > 0.8
    assert (relative.q_value < 0.05)[only].mean() < 0.02
    false, _ = shares(relative.q_value < 0.05, experiment.binding != 0)
    assert false <= 0.1
    many = experiment.mean >= 30
    assert shares((relative.q_value < 0.05)[many], experiment.binding[many] != 0)[1] > 0.5
    errors = (relative.log2_fold_change - experiment.binding)[(relative.status == TESTED) & many]
    assert np.median(np.abs(errors)) < 0.25
    # what is tested relative to the gene still changes with the miRNA
    _, of_gene = compared(rules, "gene")
    assert (of_gene.q_value < 0.05)[only].mean() > 0.3


def test_nothing_changes():
    """Without changes hardly anything is called, and p-values are not too small."""
    called = tests = below = 0
    for seed in range(3):
        _, found = compared(ConditionRules(sites=300, changed=0, abundant=0, seed=seed))
        tested = found.status == TESTED
        called += (found.q_value < 0.05).sum()
        tests, below = tests + tested.sum(), below + (found.p_value[tested] < 0.05).sum()
    assert called <= 3
    assert below / tests < 0.06


def test_counts_that_vary_by_sampling_only():
    """Dispersions of zero have no trend; the test is that of Poisson counts."""
    rules = ConditionRules(sites=40, mean=300, spread=0.3, changed=0.5, abundant=0, dispersion=0, seed=1)
    experiment, found = compared(rules)
    assert shares(found.q_value < 0.05, experiment.binding != 0)[1] == 1
    reads = np.tile([[50.0], [80], [120], [30]], (1, 4))
    same = changes(reads, np.array([True, True, False, False]), size_factors(reads), 10, None, 1)
    assert same.trend == "none"
    assert same.p_value.min() > 0.99
    assert np.abs(same.log2_fold_change).max() < 1e-6


@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize("relative", [False, True])
def test_few_rows(rows, relative):
    random = np.random.default_rng(rows)
    reads = random.negative_binomial(10, 0.1, (rows, 4)).astype(float)
    groups = np.zeros(rows, int) if relative else None
    found = changes(reads, np.array([True, True, False, False]), size_factors(reads), 10, groups, 1)
    if relative and rows == 1:
        assert found.status.tolist() == [NO_OTHERS]
        return
    assert found.status.tolist() == [TESTED] * rows
    assert np.isfinite([found.log2_fold_change, found.lower, found.upper, found.p_value, found.q_value]).all()


def test_rows_that_are_not_tested():
    random = np.random.default_rng(5)
    reads = random.poisson(40, (60, 6)).astype(float)
    reads[0] = 0
    reads[1] = [1, 2, 1, 2, 1, 2]
    reads[2] = [1, 2, 1, 2, 1, 2.4]  # rounded for the test
    reads[3] = [1, 2, 1, 2, 1, 2.6]
    reads[4, 2] = 4000
    in_a = np.arange(6) < 3
    found = changes(reads, in_a, Normalisation(np.ones(6), "total_reads"), 10, None, 1)
    assert found.status[:5].tolist() == [FEW_READS, FEW_READS, FEW_READS, TESTED, OUTLIER]
    assert (found.status[5:] == TESTED).all()
    assert np.isnan(found.p_value[[0, 1, 2, 4]]).all()
    assert np.isnan(found.log2_fold_change[:3]).all()
    assert found.base_mean[4] == pytest.approx(reads[4].mean())
    groups = np.full(60, -1)
    groups[10:20] = 0
    relative = changes(reads, in_a, Normalisation(np.ones(6), "total_reads"), 10, groups, 1)
    assert (relative.status[10:20] == TESTED).all()
    assert (relative.status[20:] == NO_OTHERS).all()
    assert relative.status[0] == FEW_READS


def test_size_factors():
    random = np.random.default_rng(6)
    depths = np.array([0.5, 1, 2, 1])
    means = random.lognormal(1.5, 1.5, (3000, 1))
    # one sample has a third of its reads at one site; medians are not misled, and sparse sites do not bias them
    reads = random.poisson(means * depths).astype(float)
    reads[0, 0] = reads[:, 0].sum() / 2
    found = size_factors(reads)
    assert found.method == "median_ratios"
    assert found.size_factors == pytest.approx(depths / np.exp(np.log(depths).mean()), rel=0.03)
    assert np.exp(np.log(found.size_factors).mean()) == pytest.approx(1)
    permuted = size_factors(reads[random.permutation(3000)])
    assert permuted.size_factors.tolist() == found.size_factors.tolist()
    few = size_factors(reads[1:12])
    assert few.method == "total_reads"
    assert few.size_factors[2] / few.size_factors[1] == pytest.approx(reads[1:12, 2].sum() / reads[1:12, 1].sum())


def test_two_samples_are_compared_by_exact_tests():
    reads = np.array([[10.0, 30], [0, 25], [50, 50], [7, 8], [4, 5]])
    factors = np.array([0.5, 2.0])
    normalisation = Normalisation(factors, "total_reads")
    found = changes(reads, np.array([True, False]), normalisation, 10, None, 1)
    assert found.test == "exact"
    expected = [binomtest(int(a), int(a + b), 0.2).pvalue for a, b in reads[:4]]
    assert found.p_value[:4] == pytest.approx(expected)
    assert found.status[4] == FEW_READS
    half = reads[:4] + 0.5
    change = np.log2(half[:, 0] / half[:, 1] * 4)
    assert found.log2_fold_change[:4] == pytest.approx(change)
    reach = 1.959964 * np.sqrt((1 / half).sum(axis=1)) / np.log(2)
    assert found.upper[:4] - change == pytest.approx(reach, rel=1e-6)
    groups = np.array([0, 0, 0, 1, 1])
    relative = changes(reads, np.array([True, False]), normalisation, 5, groups, 1)
    rest = reads[:3].sum(axis=0) - reads[0]
    assert relative.p_value[0] == pytest.approx(fisher_exact([reads[0], rest]).pvalue)
    # relative to a group, the depths of samples have no effect
    others = changes(reads, np.array([True, False]), Normalisation(np.ones(2), ""), 5, groups, 1)
    assert np.array_equal(relative.p_value, others.p_value, equal_nan=True)
    assert relative.log2_fold_change == pytest.approx(others.log2_fold_change, nan_ok=True)


def test_false_discoveries_of_exact_tests_without_noise_between_replicates():
    experiment, found = compared(ConditionRules(in_a=1, in_b=1, dispersion=0, abundant=0, seed=2))
    false, power = shares(found.q_value < 0.05, experiment.binding != 0)
    assert false <= 0.05
    assert power > 0.3


@pytest.mark.slow
def test_processes_have_no_effect(monkeypatch):
    monkeypatch.setattr(deseq, "_MANY", 10)
    rules = ConditionRules(sites=70, abundant=0, seed=9)
    _, one = compared(rules)
    _, two = compared(rules, threads=2)
    for name in ("log2_fold_change", "lower", "p_value", "q_value"):
        assert np.array_equal(getattr(one, name), getattr(two, name), equal_nan=True)


def test_order_of_rows_has_no_effect():
    experiment = simulate_conditions(ConditionRules(sites=60, seed=9))
    one, two = experiment.reads.astype(float), experiment.reads[::-1].astype(float)
    in_a = np.arange(6) < 3
    ahead, back = (changes(reads, in_a, size_factors(reads), 10, None, 1) for reads in (one, two))
    assert back.p_value[::-1] == pytest.approx(ahead.p_value, rel=1e-4, nan_ok=True)


def test_missing_extra(monkeypatch):
    monkeypatch.setattr(deseq, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"PyDESeq2 is not installed; .*mirtools\[compare\]"):
        deseq.require_pydeseq2()
