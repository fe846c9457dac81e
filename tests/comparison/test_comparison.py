"""Comparing importances and alignments: known answers, and the same results as SciPy."""

from collections import Counter

import numpy as np
import pytest
from commands import refusal
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from mirtools.comparison.mutagenesis import COLUMNS, measure, mutagenesis_rows, read_assays
from mirtools.comparison.statistics import (
    AGREEMENT_COLUMNS,
    CORRELATION_COLUMNS,
    PROFILE_COLUMNS,
    SPREAD_COLUMNS,
    Statistics,
    agreement,
    agreement_rows,
    correlation_rows,
    pearson,
    profile_rows,
    row_pearson,
    row_spearman,
    spearman,
    spread_rows,
    summary,
)
from mirtools.comparison.tables import Source, compare, parse_sources, partners_of, read_aligned
from mirtools.errors import UsageError

pytestmark = pytest.mark.usefixtures("short_sequences")

MIRNA, SITE = "TGAGGT", "CCACCTCACC"


def write(path, rows, columns="mirna_seq site_seq mirna_importance"):
    path.write_text("".join("\t".join(row) + "\n" for row in [columns.split(), *rows]))
    return str(path)


def aligned(path, rows, length=6, columns="mirna_seq site_seq mirna_importance"):
    dropped = Counter()
    return read_aligned(write(path, rows, columns), length, dropped), dropped


def tables(tmp_path, *importances, length=6):
    """Return one table per label: cells of the pairs A, C, G, ... in order; ``None`` skips a pair."""
    found = []
    for number, cells in enumerate(importances):
        rows = [("TGAGGT", "ACGT"[at] * 10, cell) for at, cell in enumerate(cells) if cell is not None]
        found.append(aligned(tmp_path / f"t{number}.tsv", rows, length)[0])
    return found


# ---- sources and tables --------------------------------------------------------------------------------------


def test_sources():
    found = parse_sources(["deep=a.tsv", "dir/b.tsv.gz", "deep=-", "x/y=z.tsv", "k=v=w.tsv"])
    assert [tuple(source) for source in found] == [
        ("deep", "a.tsv"),
        ("b", "dir/b.tsv.gz"),
        ("deep", "-"),
        ("y=z", "x/y=z.tsv"),
        ("k", "v=w.tsv"),
    ]
    assert parse_sources(["-"]) == [("stdin", "-")]


@pytest.mark.parametrize(
    ("texts", "other", "words"),
    [
        (["=x", "b=y"], None, "'=x' has no label or no file name"),
        (["a=", "b=y"], None, "'a=' has no label or no file name"),
        (["a\tb=x", "b=y"], None, "has no label"),
        (["", "b=y"], None, "has no label"),
        (["a=-", "b=-"], None, "standard input is named for two files"),
        (["a=-", "b=y"], "-", "standard input is named for two files"),
    ],
)
def test_bad_sources(texts, other, words):
    with pytest.raises(UsageError) as error:
        parse_sources(texts, other)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("above", "below", "partners"),
    [
        # site CCACCTCACC 5'->3' above TGGAGT 3'->5'
        ("CCACCTCACC", "--TGGAGT--", [7, 6, 5, 4, 3, 2]),
        ("CCAC-CTCACC", "--TGG-AGT--", [7, 6, 5, -1, 3, 2]),
        ("CCACCTCACC------", "----------TGGAGT", [-1] * 6),
        ("ccaccucacc", "--uggagu--", [7, 6, 5, 4, 3, 2]),
        # the middle of the site: two bases on either side are cropped
        ("ACCTCA", "TGGAGT", [7, 6, 5, 4, 3, 2]),
        # the beginning of the miRNA
        ("CCACCTCACC", "----GAGT--", [7, 6, 5, 4, -1, -1]),
        (".", ".", [-1] * 6),
        ("", "", [-1] * 6),
    ],
)
def test_partners(above, below, partners):
    assert partners_of(above, below, MIRNA, SITE, 6).tolist() == partners
    assert partners_of(above, below, MIRNA, SITE, 3).tolist() == partners[:3]


@pytest.mark.parametrize(
    ("above", "below", "words"),
    [
        ("CCACCTCACC", "--TGGAGT-", "differ in length"),
        ("CCACCTCACC", "--TGGAGA--", "aligned_mirna holds other bases"),
        ("CCACCTCACC", "--TGAGGT--", "aligned_mirna holds other bases"),
        ("CCACCTCAGC", "--TGGAGT--", "aligned_target holds other bases"),
        ("CCACCTCACCC", "--TGGAGT---", "aligned_target holds other bases"),
        (".", "--TGGAGT--", "differ in length"),
    ],
)
def test_alignments_of_other_pairs(above, below, words):
    with pytest.raises(ValueError, match="aligned_") as error:
        partners_of(above, below, MIRNA, SITE, 6)
    assert words in str(error.value)


def test_a_table(tmp_path):
    rows = [
        ("n1", "tgaggu", SITE, "1,2,3,4,5,6", SITE, "--TGGAGT--"),
        (".", MIRNA, "AAAA", ".", ".", "."),
        ("n1", MIRNA, SITE, "9,9,9,9,9,9", SITE, "--TGGAGT--"),
        ("n2", "TGA", SITE, "0,0,0", SITE, "-----AGT--"),
    ]
    table, dropped = aligned(
        tmp_path / "t.tsv", rows, 8, "mirna_id mirna_seq site_seq mirna_importance aligned_target aligned_mirna"
    )
    assert list(table.rows) == [(MIRNA, SITE), (MIRNA, "AAAA"), ("TGA", SITE)]
    assert table.names == ["n1", ".", "n2"]
    np.testing.assert_array_equal(table.values[0], [1, 2, 3, 4, 5, 6, np.nan, np.nan])
    assert np.isnan(table.values[1]).all()
    assert table.partners[0].tolist() == [7, 6, 5, 4, 3, 2, -1, -1]
    assert table.aligned.tolist() == [True, False, False]
    assert dropped == {"pairs_that_occur_again": 1}
    bare, _ = aligned(tmp_path / "b.tsv", [])
    assert (bare.values.shape, bare.partners, bare.rows) == ((0, 6), None, {})


@pytest.mark.parametrize(
    ("cell", "words"),
    [("1,x", "t.tsv:2: mirna_importance: 'x'"), ("1,2,3,4,5,6,7", "has 7 numbers for 6 bases; give one per base")],
)
def test_a_bad_table(tmp_path, cell, words):
    path = write(tmp_path / "t.tsv", [(MIRNA, SITE, cell)])
    assert words in refusal(lambda: read_aligned(path, 20, Counter()))


def test_pairs_in_all_tables(tmp_path):
    dropped = Counter()
    both = tables(tmp_path, ["1,0", "2,2", None, "0,0"], ["4,1", "1,1", "1,1", "1,1"], length=3)
    found = compare([Source("a", ""), Source("b", "")], both, "none", dropped)
    assert [site[0] for _, site in found.pairs] == ["A", "C"]
    assert dropped == {"pairs_not_in_every_table": 1, "pairs_without_alignment": 1}
    assert found.values[:, :, :2].tolist() == [[[1, 0], [2, 2]], [[4, 1], [1, 1]]]
    assert np.isnan(found.values[:, :, 2]).all()


def test_runs_share_their_scale(tmp_path):
    three = tables(tmp_path, ["1,0,0"], ["3,0,2"], ["-50,0,5"])
    sources = [Source("a", ""), Source("a", ""), Source("b", "")]
    found = compare(sources, three, "row", Counter())
    assert found.labels == ["a", "b"]
    assert found.runs == [[0, 1], [2]]
    assert found.values[:, 0, :3].tolist() == [[0.5, 0, 0], [1.5, 0, 1], [-1, 0, 0.1]]
    assert found.means[:, 0, :3].tolist() == [[1, 0, 0.5], [-1, 0, 0.1]]
    # runs that cancel out
    two = tables(tmp_path, ["1,-1"], ["-1,1"])
    assert compare(sources[:2], two, "row", Counter()).values[:, 0, :2].tolist() == [[1, -1], [-1, 1]]


# ---- statistics ---------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(arrays(np.float64, (2, 8), elements=st.sampled_from([-2.0, 0.0, 0.5, 1.0, 3.0, np.nan])))
def test_correlations_are_those_of_scipy(values):
    known = ~np.isnan(values).any(0)
    first, second = values[:, known]
    if known.sum() < 2 or len(set(first)) < 2 or len(set(second)) < 2:
        assert np.isnan(pearson(*values))
        assert np.isnan(spearman(*values))
        return
    assert pearson(*values) == pytest.approx(stats.pearsonr(first, second)[0], abs=1e-9)
    assert spearman(*values) == pytest.approx(stats.spearmanr(first, second)[0], abs=1e-9)
    assert row_spearman(values[:1], values[1:])[0] == pytest.approx(spearman(*values), abs=1e-9)
    assert pearson(1e-90 * values[0], 1e90 * values[1]) == pytest.approx(pearson(*values), abs=1e-9)


def test_correlations_row_by_row():
    random = np.random.default_rng(1)
    first, second = random.random((2, 9000, 20))
    found = row_pearson(first, second), row_spearman(first, second)
    for row in (0, 4095, 4096, 8999):
        assert found[0][row] == pytest.approx(stats.pearsonr(first[row], second[row])[0])
        assert found[1][row] == pytest.approx(stats.spearmanr(first[row], second[row])[0])
    assert np.isnan(row_pearson(np.full((1, 3), 0.1), np.array([[1.0, 2, 3]]))).all()
    assert row_spearman(first[:0], second[:0]).shape == (0,)


@pytest.mark.parametrize(
    ("first", "second", "figures"),
    [
        ([[3, 2, 1]], [[3, 2, 1]], (3, 1, 1)),
        ([[3, 2, -1]], [[3, 1, 0]], (2.5, 2 / 5, 0)),
        ([[3, 2, 1], [-1, -1, -1]], [[3, 2, 1], [-1, -1, -1]], (3, 1, 1)),
        ([[-1, -1]], [[-1, -1]], (0, np.nan, 1)),
        ([[1, -1]], [[-1, 0]], (1, 0, 0)),
    ],
)
def test_agreement(first, second, figures):
    found = agreement(np.array(first, np.int32), np.array(second, np.int32))
    assert (found.bases, found.agreement, found.identical) == pytest.approx(figures, nan_ok=True)


def comparison(runs=2, pairs=30, noise=0.1, seed=1):
    """Sets a and b of several runs each; b has half the noise of a, and one base less."""
    from mirtools.comparison.tables import Comparison

    random = np.random.default_rng(seed)
    truth = random.random((pairs, 20))
    values = np.array(
        [truth + random.normal(0, noise / (1 + (at >= runs)), truth.shape) for at in range(2 * runs)]
    )
    values[:, :, 19] = np.nan
    partners = [np.tile(np.arange(20, dtype=np.int32), (pairs, 1)) for _ in range(2 * runs)]
    partners[-1] = partners[-1] + 1
    return Comparison(
        ["a", "b"],
        [list(range(runs)), list(range(runs, 2 * runs))],
        [(MIRNA, f"{at}") for at in range(pairs)],
        ["."] * pairs,
        values,
        partners,
    )


def test_profiles():
    compared = comparison()
    rows = [dict(zip(PROFILE_COLUMNS, row, strict=True)) for row in profile_rows(Statistics(compared))]
    assert [(row["label"], row["position"]) for row in rows] == [
        (label, str(base)) for label in "ab" for base in range(1, 20)
    ]
    column = compared.values[:2, :, 4].mean(0)
    assert float(rows[4]["mean"]) == pytest.approx(column.mean(), rel=1e-5)
    assert float(rows[4]["sd"]) == pytest.approx(column.std(ddof=1), rel=1e-5)
    assert float(rows[4]["run_sd"]) == pytest.approx(compared.values[:2, :, 4].std(0, ddof=1).mean(), rel=1e-5)
    single = [dict(zip(PROFILE_COLUMNS, row, strict=True)) for row in profile_rows(Statistics(comparison(1, 1)))]
    assert {row["sd"] for row in single} == {"."}
    assert {row["run_sd"] for row in single} == {"."}


def test_correlations_of_sets():
    compared = comparison()
    rows = [dict(zip(CORRELATION_COLUMNS, row, strict=True)) for row in correlation_rows(Statistics(compared))]
    assert [row["over"] for row in rows] == ["pooled", "pair_median"] + ["position"] * 19
    first, second = compared.means[:, :, :19]
    assert rows[0]["values"] == str(30 * 19)
    assert float(rows[0]["pearson"]) == pytest.approx(stats.pearsonr(first.ravel(), second.ravel())[0], rel=1e-5)
    assert float(rows[0]["spearman"]) == pytest.approx(stats.spearmanr(first.ravel(), second.ravel())[0], rel=1e-5)
    by_pair = [stats.spearmanr(one, other)[0] for one, other in zip(first, second, strict=True)]
    assert float(rows[1]["spearman"]) == pytest.approx(np.median(by_pair), rel=1e-5)
    assert float(rows[2]["pearson"]) == pytest.approx(stats.pearsonr(first[:, 0], second[:, 0])[0], rel=1e-5)


def test_agreement_and_spread_of_sets():
    compared = comparison()
    rows = [dict(zip(AGREEMENT_COLUMNS, row, strict=True)) for row in agreement_rows(Statistics(compared))]
    # both runs of a agree only with the first run of b
    assert rows == [
        dict(zip(AGREEMENT_COLUMNS, ["a", "b", "30", "600.0", "0.5", "0.5"], strict=True)),
    ]
    spread = [dict(zip(SPREAD_COLUMNS, row, strict=True)) for row in spread_rows(Statistics(compared))]
    assert [(row["label"], row["runs"], row["run_agreement"]) for row in spread] == [
        ("a", "2", "1"),
        ("b", "2", "0"),
    ]
    sds = [compared.values[own].std(0, ddof=1)[:, :19] for own in compared.runs]
    for row, sd, mean in zip(spread, sds, compared.means, strict=True):
        assert float(row["mean_sd"]) == pytest.approx(sd.mean(), rel=1e-5)
        assert float(row["relative_sd"]) == pytest.approx(sd.mean() / np.abs(mean[:, :19]).mean(), rel=1e-5)
    assert float(spread[0]["mean_sd"]) > 1.5 * float(spread[1]["mean_sd"])
    assert float(spread[0]["run_correlation"]) < float(spread[1]["run_correlation"])
    assert summary(Statistics(compared))[0]["alignment_agreement"] == 0.5
    # one run each: no spread
    assert list(spread_rows(Statistics(comparison(1)))) == []


def test_sets_without_alignments_and_pairs():
    from dataclasses import replace

    compared = replace(comparison(), partners=[None] * 4)
    assert list(agreement_rows(Statistics(compared))) == []
    assert next(spread_rows(Statistics(compared)))[-2:] == [".", "."]
    statistics = Statistics(comparison(2, 0))
    for rows in (profile_rows, correlation_rows, agreement_rows, spread_rows):
        assert list(rows(statistics)) == []
    assert summary(statistics) == [
        {"first": "a", "second": "b", "median_pearson": None, "alignment_agreement": None}
    ]


# ---- mutagenesis --------------------------------------------------------------------------------------------


def test_measured_values_are_compared_with_importances(tmp_path):
    compared = comparison()
    # values invented for this test: twice set a's importances of one pair, ranges averaged
    truth = 2 * compared.means[0, 7]
    rows = [(MIRNA, "7", str(base), f"{truth[base - 1]:.9f}") for base in range(1, 11)]
    rows.append((MIRNA, "7", "11-19", f"{truth[10:19].mean():.9f}"))
    compared.pairs[7] = (MIRNA, "ACGT")
    rows = [(mirna, "ACGT", *rest) for mirna, _, *rest in rows]
    assays = read_assays(write(tmp_path / "m.tsv", rows, "mirna_seq site_seq position value"))
    assert [(assay.mirna, assay.site, assay.ranges[-1]) for assay in assays] == [(MIRNA, "ACGT", (11, 19))]
    measured = measure(compared, assays, dropped := Counter())
    table = [dict(zip(COLUMNS, row, strict=True)) for row in mutagenesis_rows(compared, measured)]
    assert [(row["label"], row["pairs"], row["positions"], row["runs"]) for row in table] == [
        ("a", "1", "11", "2"),
        ("b", "1", "11", "2"),
    ]
    assert (table[0]["pearson"], table[0]["spearman"]) == ("1.0000", "1.0000")
    assert 0.5 < float(table[1]["pearson"]) < 1
    assert float(table[0]["run_pearson_mean"]) < 1
    assert dropped == {}


def test_measured_values_by_name_are_those_of_all_pairs(tmp_path):
    compared = comparison()
    compared.names[:2] = ["miR-7", "miR-7"]
    rows = [("miR-7", "1", "0.5"), ("miR-7", "2-3", "-1"), ("miR-7", "4", "2"), ("miR-7", "18-25", "0")]
    rows += [("miR-7", "20", "1"), ("miR-7", "90-99", "1"), ("miR-8", "1", "1")]
    assays = read_assays(write(tmp_path / "m.tsv", rows, "mirna_id position value"))
    (measured,) = measure(compared, assays, dropped := Counter())
    assert dropped == {"assay_positions_beyond_the_mirna": 2, "assays_without_a_pair": 1}
    both = compared.means[0, :2].mean(0)
    expected = [both[0], both[1:3].mean(), both[3], both[17:19].mean()]
    assert measured.means[0].tolist() == pytest.approx(expected)
    assert measured.pearsons[0] == pytest.approx(stats.pearsonr(expected, [0.5, -1, 2, 0])[0])


def test_few_positions_have_no_correlation(tmp_path):
    path = write(tmp_path / "m.tsv", [(MIRNA, "1", "0.5"), (MIRNA, "2", "1")], "mirna_seq position value")
    measured = measure(comparison(), read_assays(path), Counter())
    assert [row[6:8] for row in mutagenesis_rows(comparison(), measured)] == [[".", "."]] * 2


@pytest.mark.parametrize(
    ("columns", "rows", "words"),
    [
        ("mirna_seq position", [], "m.tsv:1: has no column value"),
        ("position value", [], "m.tsv:1: has no column mirna_seq"),
        ("mirna_seq position value", [], "m.tsv: holds no measured value"),
        *[
            ("mirna_seq position value", [(MIRNA, position, "1")], "m.tsv:2: position is")
            for position in ("0", "x", "", "3-2", "1-101", "-1", "1-", "1.5", "²", "1000")
        ],
        *[
            ("mirna_seq position value", [(MIRNA, "1", value)], "m.tsv:2: value is")
            for value in ("", "x", "nan", "inf", "1e200")
        ],
        ("mirna_seq position value", [(MIRNA, "1", "1"), (MIRNA, "1", "2")], "m.tsv:3: position 1 occurs twice"),
        ("mirna_seq position value", [("XYZ", "1", "1")], "m.tsv:2: mirna_seq: 'X'"),
        ("mirna_seq site_seq position value", [(MIRNA, "!", "1", "1")], "m.tsv:2: site_seq: '!'"),
    ],
)
def test_bad_assays(tmp_path, columns, rows, words):
    path = write(tmp_path / "m.tsv", rows, columns)
    assert words in refusal(lambda: read_assays(path))
