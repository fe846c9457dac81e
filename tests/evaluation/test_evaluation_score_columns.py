"""Labelled pairs and scores, from one table and from several."""

from dataclasses import replace

import numpy as np
import pytest

from mirtools.errors import InputError, UsageError
from mirtools.evaluation.assembly import Table, own_predictors
from mirtools.evaluation.predictors import Predictor, from_column, require_good_names, table_name, with_thresholds
from mirtools.evaluation.score_columns import Column, read_further, read_judged

HEADER = "pair_id\tmirna_id\tmirna_seq\tsite_seq\tlabel\tsite_mfe\tscore\tprediction\n"
FIRST = f"""{HEADER}\
a\tm1\tACGUACGUAC\tGGGGCCC\t1\t-20\t0.9\t1
b\tm1\tACGUACGUAC\tCCCCCCC\t0\t.\t0.6\t0
c\tm2\tacgtacgtac\tTTTTCCC\t1\t-5.5\t.\t0
"""
SECOND = "pair_id\tscore\tother\nc\t0.1\t1\na\t0.2\t2\nz\t0.3\t3\n"
BY_BASES = "miRNA\tgene\tscore\nACGTACGTAC\tTTTTCCC\t0.5\nACGTACGTAC\tGGGGCCC\t0.7\n"


@pytest.fixture
def tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in (("first.tsv", FIRST), ("second.tsv", SECOND), ("bases.tsv", BY_BASES)):
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_first_table(tables):
    pairs, scores, _ = read_judged("first.tsv", [Column("score"), Column("site_mfe", "lower"), Column("absent")])
    assert pairs.labels.tolist() == [1, 0, 1]
    assert pairs.mirnas == ["ACGTACGTAC"] * 3
    assert pairs.mirna_names() == ["m1", "m1", "m2"]
    assert pairs.spans is None
    assert [column.name for column in scores] == ["score", "site_mfe"]
    assert scores[0].scores.tolist() == [0.9, 0.6, -np.inf]
    assert scores[0].called.tolist() == [True, False, False]
    # turned round: larger is better
    assert scores[1].scores.tolist() == [20, -np.inf, 5.5]
    assert scores[1].called is None


@pytest.mark.parametrize(
    ("table", "expected"), [("second.tsv", [0.2, -np.inf, 0.1]), ("bases.tsv", [0.7, -np.inf, 0.5])]
)
def test_scores_from_another_table(tables, table, expected):
    pairs = read_judged("first.tsv", [Column("score")]).pairs
    scores, missing = read_further(table, [Column("score")], pairs)
    assert scores[0].scores.tolist() == expected
    assert missing == 1


def test_pairs_that_occur_twice(tables):
    twice = "miRNA\tgene\tlabel\tscore\n" + "".join(f"ACGTACGTAC\tGGGGGGG\t1\t{n}\n" for n in (1, 2, 3))
    (tables / "twice.tsv").write_text(twice)
    pairs = read_judged("twice.tsv", [Column("score")]).pairs
    scores, _ = read_further("twice.tsv", [Column("score")], pairs)
    assert scores[0].scores.tolist() == [1, 2, 3]
    (tables / "once.tsv").write_text("miRNA\tgene\tscore\nACGTACGTAC\tGGGGGGG\t5\n")
    scores, missing = read_further("once.tsv", [Column("score")], pairs)
    assert (scores[0].scores.tolist(), missing) == ([5, 5, 5], 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (FIRST.replace("\tlabel", "\tnote"), "first.tsv:1: has no column label"),
        (FIRST.replace("\t1\t-20", "\tyes\t-20"), "first.tsv:2: label is 'yes'"),
        (FIRST.replace("0.6", "nan"), "first.tsv:3: score is 'nan'"),
        (FIRST.replace("0.6", "high"), "first.tsv:3: score is 'high'"),
        ("", "first.tsv: is empty"),
    ],
)
def test_what_is_refused(tables, text, message):
    (tables / "first.tsv").write_text(text)
    with pytest.raises(InputError) as refusal:
        read_judged("first.tsv", [Column("score")])
    assert message in str(refusal.value)


def test_tables_that_do_not_fit(tables):
    pairs = read_judged("first.tsv", [Column("score")]).pairs
    with pytest.raises(InputError, match=r"second\.tsv:1: has no column energy or mfe"):
        read_further("second.tsv", [Column("energy"), Column("mfe")], pairs)
    (tables / "strange.tsv").write_text("pair_id\tscore\nx\t1\n")
    with pytest.raises(InputError, match=r"strange\.tsv: holds none of the pairs"):
        read_further("strange.tsv", [Column("score")], pairs)
    with pytest.raises(InputError, match=r"first\.tsv:1: has no column energy"):
        own_predictors([Table("", "first.tsv")], [Column("energy", "lower")])


def test_names_of_predictors(tables):
    _, predictors, missing, _ = own_predictors([Table("", "first.tsv"), Table("mine", "second.tsv")], [])
    assert [predictor.name for predictor in predictors] == ["first", "mine"]
    assert missing == {"second.tsv": 1}
    _, predictors, _, _ = own_predictors([Table("", "first.tsv")], [Column("score"), Column("site_mfe", "lower")])
    assert [predictor.name for predictor in predictors] == ["score", "site_mfe"]
    assert table_name("", "-", "score", 1, True) == "stdin"
    assert table_name("mine", "x.tsv", "score", 2, False) == "mine:score"
    with pytest.raises(UsageError, match="two predictors are named 'score'"):
        require_good_names([predictors[0], predictors[0]])
    with pytest.raises(UsageError, match=r"'a\?b' cannot stand in a table"):
        require_good_names([replace(predictors[0], name="a\tb")])


def test_what_is_a_yes(tables):
    _, scores, _ = read_judged("first.tsv", [Column("score")])
    # what the table says, unless a threshold is asked for; above it, not at it
    assert from_column("x", scores[0]).called.tolist() == [True, False, False]
    assert from_column("x", scores[0], 0.6).called.tolist() == [True, False, False]
    assert from_column("x", scores[0], 0.5).called.tolist() == [True, True, False]
    (tables / "plain.tsv").write_text("label\tscore\n1\t0.5\n0\t0.51\n")
    assert from_column("x", read_judged("plain.tsv", [Column("score")])[1][0]).called.tolist() == [False, True]
    (tables / "plain.tsv").write_text("label\tscore\n1\t0.5\n0\t1.51\n")
    assert from_column("x", read_judged("plain.tsv", [Column("score")])[1][0]).called is None


def test_thresholds_in_own_units():
    energy = Predictor("mfe", "energy", "lower", np.array([20.0, 12.0, -np.inf]))
    (judged,) = with_thresholds([energy], {"mfe": -15})
    assert judged.called.tolist() == [True, False, False]
    with pytest.raises(UsageError, match="no predictor 'x'; there are mfe"):
        with_thresholds([energy], {"x": 1})


def test_positives_alone_need_no_labels(tables):
    (tables / "positives.tsv").write_text("score\tsupport\n0.7\tstrong\n0.1\tweak\n")
    pairs, predictors, _, _ = own_predictors([Table("", "positives.tsv")], [], ["support"], positives_only=True)
    assert pairs.labels.tolist() == [1, 1]
    assert pairs.texts["support"] == ["strong", "weak"]
    assert predictors[0].called.tolist() == [True, False]
    with pytest.raises(InputError, match=r"first\.tsv:3: label is 0, but --positives-only"):
        read_judged("first.tsv", [], positives_only=True)
