"""Figures of predictors by part, against scikit-learn and by hand; intervals; the result table."""

import numpy as np
import pytest

from mirtools.errors import UsageError
from mirtools.evaluation import judgement
from mirtools.evaluation.judgement import Bootstrap, judge, parts_of
from mirtools.evaluation.predictors import Predictor
from mirtools.evaluation.score_columns import CLASS
from mirtools.evaluation.score_columns import TYPES as TYPES_COLUMN
from mirtools.pairs.table import LabelledPairs

FEW = Bootstrap(samples=50)
CLASSES = "exact isomir isomir . isomir".split()
TYPES = ". 5p_addition,SNP 3p_deletion . 3p_addition,5p_addition".split()


def pairs_of(labels, mirnas=None, sites=None, classes=None, types=None, others=None):
    dots = ["."] * len(labels)
    mirnas = mirnas or dots
    texts = {CLASS: classes or dots, TYPES_COLUMN: types or dots, **(others or {})}
    return LabelledPairs(mirnas, sites or dots, np.array(labels, np.uint8), mirnas, dots, texts=texts)


def ranked(name, scores, called=None):
    return Predictor(
        name, "score", "higher", np.array(scores, float), None if called is None else np.array(called)
    )


def everywhere(pairs, *predictors, bootstrap=FEW):
    return judge(pairs, predictors, "all", np.ones(len(pairs), bool), bootstrap)


def test_figures_are_those_of_scikit_learn():
    from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score, roc_auc_score

    random = np.random.default_rng(4)
    labels = random.integers(0, 2, 300)
    scores = np.round(random.normal(labels * 0.8), 1)
    called = scores > 0.4
    names = [f"m{number}" for number in random.integers(0, 12, 300)]
    (judged,) = everywhere(pairs_of(labels, names), ranked("x", scores, called))
    figures = {name: estimate.value for name, estimate in judged.figures.items()}
    assert figures["auroc"] == pytest.approx(roc_auc_score(labels, scores))
    assert figures["average_precision"] == pytest.approx(average_precision_score(labels, scores))
    assert figures["f1"] == pytest.approx(f1_score(labels, called))
    assert figures["precision"] == pytest.approx(precision_score(labels, called))
    assert figures["recall"] == pytest.approx(recall_score(labels, called))
    assert figures["specificity"] == pytest.approx(recall_score(1 - labels, ~called))
    names = np.array(names)
    groups = [(roc_auc_score(labels[names == m], scores[names == m]), (names == m).sum()) for m in set(names)]
    assert figures["within_mirna_auroc"] == pytest.approx(sum(a * n for a, n in groups) / 300)
    groups = [
        (average_precision_score(labels[names == m], scores[names == m]), (names == m).sum()) for m in set(names)
    ]
    assert figures["within_mirna_ap"] == pytest.approx(sum(a * n for a, n in groups) / 300)
    assert (judged.pairs, judged.positives, judged.mirnas, judged.scored) == (300, labels.sum(), 12, 300)
    for estimate in judged.figures.values():
        assert 0 <= estimate.low < estimate.value < estimate.high <= 1


def test_names_that_tell_everything_tell_nothing_within():
    """A score that is a table of miRNA names: perfect over all pairs, worth nothing within miRNAs."""
    mirnas = [f"m{number // 20}" for number in range(200)]
    labels = [int((row // 20) % 2 == 0) ^ int(row % 20 == 0) for row in range(200)]
    scores = [float((row // 20) % 2 == 0) for row in range(200)]
    (judged,) = everywhere(pairs_of(labels, mirnas), ranked("names", scores))
    assert judged.figures["auroc"].value == pytest.approx(0.95)
    assert judged.figures["within_mirna_auroc"] == (0.5, 0.5, 0.5)
    assert judged.mirnas == 10


def test_positives_alone_have_recall_alone():
    (judged,) = everywhere(pairs_of([1] * 8), ranked("x", range(8), [True] * 6 + [False] * 2))
    values = {name: estimate.value for name, estimate in judged.figures.items()}
    assert values.pop("recall") == 0.75
    assert np.isnan(list(values.values())).all()
    assert 0.3 <= judged.figures["recall"].low < 0.75 < judged.figures["recall"].high <= 1
    assert judged.called == 6


def test_no_pairs_and_no_resamples():
    (judged,) = everywhere(pairs_of([]), ranked("x", []))
    assert all(np.isnan(estimate).all() for estimate in judged.figures.values())
    (judged,) = everywhere(pairs_of([1, 0]), ranked("x", [2, 1]), bootstrap=Bootstrap(samples=0))
    assert judged.figures["auroc"].value == 1
    assert np.isnan(judged.figures["auroc"].low)


def test_leads_are_paired():
    """Two rankings that are nearly the same differ by less than their own intervals are wide."""
    random = np.random.default_rng(2)
    labels = random.integers(0, 2, 400)
    scores = random.normal(labels.astype(float))
    first, same, near = everywhere(
        pairs_of(labels, [f"m{row % 8}" for row in range(400)]),
        ranked("first", scores),
        ranked("same", 3 * scores),
        ranked("near", scores + random.normal(0, 0.05, 400)),
        bootstrap=Bootstrap(samples=200),
    )
    assert first.leads == {}
    assert all(lead == (0, 0, 0) for lead in same.leads.values())
    lead, own = near.leads["auroc"], near.figures["auroc"]
    assert lead.value == pytest.approx(own.value - first.figures["auroc"].value)
    assert lead.low <= lead.value <= lead.high
    assert lead.high - lead.low < 0.25 * (own.high - own.low)


def test_drawing_mirnas_gives_wider_intervals_where_they_differ():
    random = np.random.default_rng(3)
    mirnas = [f"m{row // 40}" for row in range(800)]
    labels = np.array([row % 2 for row in range(800)])
    quality = np.repeat(random.uniform(-1, 3, 20), 40)
    scores = random.normal(labels * quality)
    (pairs,) = everywhere(pairs_of(labels, mirnas), ranked("x", scores), bootstrap=Bootstrap(samples=300))
    (whole,) = everywhere(
        pairs_of(labels, mirnas), ranked("x", scores), bootstrap=Bootstrap(samples=300, unit="mirnas")
    )
    width = [each.figures["auroc"].high - each.figures["auroc"].low for each in (pairs, whole)]
    assert width[1] > 1.3 * width[0]
    assert pairs.figures["within_mirna_auroc"] == whole.figures["within_mirna_auroc"]


def test_few_mirnas_have_no_interval():
    labels, mirnas = [1, 0] * 8, [f"m{row // 4}" for row in range(16)]
    (judged,) = everywhere(pairs_of(labels, mirnas), ranked("x", range(16)))
    estimate = judged.figures["within_mirna_auroc"]
    assert estimate.value == estimate.value
    assert np.isnan([estimate.low, estimate.high]).all()


@pytest.mark.parametrize(
    ("positives", "negatives", "known"),
    [(4, 40, False), (40, 4, False), (5, 5, True), (4, 0, False), (5, 0, True)],
)
def test_few_pairs_have_no_interval(positives, negatives, known):
    """One pair's resamples are all alike: no sign of certainty."""
    labels = [1] * positives + [0] * negatives
    called = [row % 2 == 0 for row in range(len(labels))]
    first, second = everywhere(
        pairs_of(labels, [f"m{row % 4}" for row in range(len(labels))]),
        ranked("x", range(len(labels)), called),
        ranked("y", called),
    )
    assert first.figures["recall"].value == first.figures["recall"].value
    assert (first.figures["recall"].low == first.figures["recall"].low) == known
    assert (second.leads["auroc"].low == second.leads["auroc"].low) == (known and negatives > 0)


def test_the_same_seed_the_same_figures():
    random = np.random.default_rng(4)
    labels = random.integers(0, 2, 100)
    pairs, predictor = pairs_of(labels), ranked("x", random.normal(labels.astype(float)))
    one, same = (everywhere(pairs, predictor) for _ in range(2))
    assert repr(one) == repr(same)
    (other,) = everywhere(pairs, predictor, bootstrap=Bootstrap(seed=2, samples=50))
    assert other.figures["auroc"].low != one[0].figures["auroc"].low


def test_parts():
    pairs = pairs_of([1] * 5, list("aabbc"), list("vwxyz"), CLASSES, TYPES, {"lab": list("xxyyy")})
    training = pairs_of([1, 0], ["a", "b"], ["x", "q"])
    parts = {
        name: np.flatnonzero(mask).tolist()
        for name, mask in parts_of(pairs, judgement.PART_KINDS, ["lab", "lab"], training)
    }
    assert parts == {
        "all": [0, 1, 2, 3, 4],
        "exact": [0],
        "isomir": [1, 2, 4],
        "5p_addition": [1, 4],
        "3p_addition": [4],
        "3p_deletion": [2],
        "SNP": [1],
        "5p_isomir": [1, 4],
        "3p_isomir": [2, 4],
        "polymorphic": [1],
        "mirna_seen": [0, 1, 2, 3],
        "mirna_unseen": [4],
        "target_seen": [2],
        "target_unseen": [0, 1, 3, 4],
        "lab=x": [0, 1],
        "lab=y": [2, 3, 4],
    }
    assert [name for name, _ in parts_of(pairs, ["seen"], [], None)] == []


def test_a_column_of_many_values_is_no_part():
    pairs = pairs_of([1] * 60, others={"pair": [str(row) for row in range(60)]})
    with pytest.raises(UsageError, match="column 'pair' has 60 values"):
        parts_of(pairs, [], ["pair"], None)


def test_tables_and_json():
    predictors = [ranked("one", [3, 2, 1, 0], [True, False, False, False]), ranked("two", [0, 1, 2, 3])]
    judged = everywhere(pairs_of([1, 0, 1, 0]), *predictors)
    rows = [
        dict(zip(judgement.TABLE_COLUMNS, row, strict=True))
        for row in judgement.table_rows(judged, {each.name: each for each in predictors})
    ]
    assert rows[0]["auroc"] == "0.7500"
    assert (rows[0]["called"], rows[0]["negatives"], rows[1]["called"]) == ("1", "2", ".")
    assert (rows[1]["auroc"], rows[1]["f1"], rows[0]["precision"], rows[0]["recall"]) == (
        "0.2500",
        ".",
        "1.0000",
        "0.5000",
    )
    leads = list(judgement.lead_rows(judged, "one"))
    assert len(leads[0]) == len(judgement.LEAD_COLUMNS)
    assert leads[0][:5] == ["all", "two", "one", "auroc", "-0.5000"]
    found = judgement.as_json(judged)["all"]
    assert found["one"]["auroc"]["value"] == 0.75
    assert "f1" not in found["two"]
    assert found["two"]["lead_over_first"]["auroc"]["value"] == -0.5
    assert "lead_over_first" not in found["one"]
