"""Rows with scores, and windows over whole targets."""

import itertools
from collections import Counter

import numpy as np
import pytest
import slow_dmiso
from hypothesis import given
from hypothesis import strategies as st

from mirtools.encoding import encode
from mirtools.interactions import TableReader
from mirtools.models.inference import Predictor
from mirtools.models.pairs import PairScores, score_cells
from mirtools.models.windows import COLUMNS, Tiling, scan, window_starts
from mirtools.sequences import Reference

PREDICTOR = Predictor(slow_dmiso.random_weights())


def references(random, prefix, lengths):
    return [
        Reference(f"{prefix}{number}", "", "".join(random.choice(list("ACGTN"), length)))
        for number, length in enumerate(lengths)
    ]


def scanned(mirnas, targets, tiling, threads=1):
    counts = Counter()
    rows = list(scan(mirnas, targets, PREDICTOR, 0.5, tiling, threads, counts))
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows], counts


@given(st.integers(1, 300), st.integers(1, 60), st.integers(1, 80))
def test_windows_cover_what_they_can(length, window, stride):
    starts = window_starts(length, Tiling(window, stride)).tolist()
    assert starts[0] == 0
    assert starts[-1] == max(length - window, 0)
    assert starts == sorted(set(starts))
    assert all(later - earlier <= stride for earlier, later in itertools.pairwise(starts))


@pytest.mark.parametrize("tiling", [Tiling(), Tiling(40, 7), Tiling(60, 1)])
@pytest.mark.parametrize("threads", [1, 2])
def test_scan_equals_pair_by_pair(tiling, threads):
    random = np.random.default_rng(1)
    mirnas = references(random, "m", [22, 35, 18])
    targets = references(random, "t", [10, 60, 61, 500])
    rows, counts = scanned(mirnas, targets, tiling, threads)
    expected = []
    for mirna in mirnas:
        for target in targets:
            for start in window_starts(len(target.sequence), tiling).tolist():
                site = target.sequence[start : start + tiling.window]
                score = PREDICTOR.score(encode([mirna.sequence], 30), encode([site], 60))
                text, prediction = next(score_cells(score, 0.5))
                places = (str(start), str(start + len(site)), site)
                expected.append([mirna.name, mirna.sequence, target.name, *places, text, prediction])
    assert [list(row.values()) for row in rows] == expected
    assert counts["windows"] == len(rows)
    assert (counts["mirnas"], counts["targets"], counts["mirnas_cropped"]) == (3, 4, 1)


def test_best_is_the_first_of_the_highest():
    random = np.random.default_rng(2)
    mirnas, targets = references(random, "m", [22, 20]), references(random, "t", [200, 30, 90])
    targets.append(Reference("same", "", "A" * 200))
    every, _ = scanned(mirnas, targets, Tiling())
    best, counts = scanned(mirnas, targets, Tiling(best=True))
    assert len(best) == 8
    assert counts["windows"] == len(every)
    for row in best:
        rivals = [r for r in every if (r["mirna_id"], r["target_id"]) == (row["mirna_id"], row["target_id"])]
        assert row == max(rivals, key=lambda rival: float(rival["score"]))


def test_printed_score_decides():
    cells = list(score_cells(np.array([0.5, 0.5000001, 0.5000009, 1.0, 0.0], np.float32), 0.5))
    assert cells == [
        ("0.500000", "0"),
        ("0.500000", "0"),
        ("0.500001", "1"),
        ("1.000000", "1"),
        ("0.000000", "0"),
    ]


def test_rows_keep_their_columns_and_order(tmp_path):
    path = tmp_path / "pairs.tsv"
    lines = [f"TGAGGTAGTAGGTTGTATAGTT\tx{number}\tACGTACGTAGGATTTGATCCA" for number in range(3000)]
    path.write_text("\n".join(["mirna_seq\tnote\tsite_seq", *lines]) + "\n")
    scores = PairScores(TableReader(str(path), ("mirna_seq", "site_seq")), PREDICTOR, 0.5)
    rows = list(scores.rows(2))
    assert scores.columns == ["mirna_seq", "note", "site_seq", "score", "prediction"]
    assert [row[1] for row in rows] == [f"x{number}" for number in range(3000)]
    assert len({row[3] for row in rows}) == 1
    assert scores.counts["pairs"] == 3000


def test_own_output_gets_no_second_score(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("score\tmiRNA\tprediction\tgene\nold\tTGAGGTAGTAGG\told\tACGTACGTAGG\n")
    scores = PairScores(TableReader(str(path)), PREDICTOR, 0.5)
    (row,) = scores.rows()
    assert scores.columns == ["score", "miRNA", "prediction", "gene"]
    assert "old" not in row
