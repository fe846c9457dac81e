"""Rows of a table with their scores."""

import numpy as np
import pytest
from models import slow_dmiso

from mirtools.errors import InputError
from mirtools.io.encoding import encode
from mirtools.io.tables import TableReader
from mirtools.models.base import Model
from mirtools.models.dmiso.family import Dmiso
from mirtools.models.dmiso.pair_scorer import DmisoPairScorer
from mirtools.models.tiling import Tiling
from mirtools.prediction.rows import PairScores
from mirtools.prediction.scores import printed, score_cells

MODEL = Model(Dmiso(), slow_dmiso.random_weights(), "random")
PREDICTOR = DmisoPairScorer(MODEL.weights)


def table(path, rows):
    path.write_text("".join("\t".join(row) + "\n" for row in [("mirna_seq", "note", "site_seq"), *rows]))
    return TableReader(str(path), ("mirna_seq", "site_seq"))


def bases(random, length):
    return "".join(random.choice(list("ACGT"), length))


def test_prediction_depends_on_the_printed_score():
    scores = np.array([0.5, 0.5000001, 0.5000009, 1.0, 0.0], np.float32)
    texts = ["0.500000", "0.500000", "0.500001", "1.000000", "0.000000"]
    assert list(score_cells(scores, 0.5)) == list(zip(texts, "00110", strict=True))
    assert printed(scores).tolist() == list(map(float, texts))


def test_rows_keep_their_columns_and_order(tmp_path):
    reader = table(
        tmp_path / "pairs.tsv",
        [("TGAGGTAGTAGGTTGTATAGTT", f"x{number}", "ACGTACGTAGGATTTGATCCA") for number in range(3000)],
    )
    scores = PairScores(reader, MODEL)
    rows = list(scores.rows(2))
    assert scores.columns == ["mirna_seq", "note", "site_seq", "score", "prediction"]
    assert [row[1] for row in rows] == [f"x{number}" for number in range(3000)]
    assert len({row[3] for row in rows}) == 1
    assert scores.counts["pairs"] == 3000


def test_scores_of_an_own_output_are_replaced(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("score\tmiRNA\tprediction\tgene\nold\tTGAGGTAGTAGG\told\tACGTACGTAGG\n")
    scores = PairScores(TableReader(str(path)), MODEL)
    (row,) = scores.rows()
    assert scores.columns == ["score", "miRNA", "prediction", "gene"]
    assert "old" not in row


@pytest.mark.parametrize("chosen", [(0, 0), (0, 7), (7, 1995), (1995, 2000)])
def test_a_share_of_the_rows(tmp_path, chosen):
    rows = [("TGAGGTAGTAGG", f"x{number}", "ACGTACGTAGG") for number in range(2000)]
    found = PairScores(table(tmp_path / "pairs.tsv", rows), MODEL).rows(1, chosen)
    assert [row[1] for row in found] == [f"x{number}" for number in range(*chosen)]


@pytest.mark.parametrize("tiling", [Tiling(60, 10), Tiling(40, 7)])
@pytest.mark.parametrize("threads", [1, 2])
def test_long_sites_in_windows(tmp_path, tiling, threads):
    random = np.random.default_rng(5)
    lengths = [8, 39, 40, 41, 60, 61, 75, 200, 30_000, 60, 90]
    rows = [(bases(random, 22), str(number), bases(random, length)) for number, length in enumerate(lengths)]
    rows.append((bases(random, 22), "same", "A" * 100))
    scores = PairScores(table(tmp_path / "pairs.tsv", rows), MODEL, tiling=tiling)
    found = list(scores.rows(threads))
    assert scores.columns[-4:] == ["score", "prediction", "window_start", "window_end"]
    for mirna, note, site, score, prediction, start, end in found:
        starts = tiling.starts(len(site)).tolist()
        sites = [site[at : at + tiling.window] for at in starts]
        every = printed(PREDICTOR.score(encode([mirna] * len(sites), 30), encode(sites, 60)))
        best = int(every.argmax())
        assert (score, start) == (f"{every[best]:.6f}", str(starts[best])), note
        assert int(end) == min(starts[best] + tiling.window, len(site))
        assert prediction == str(int(every[best] > 0.5))
    assert [row[1] for row in found] == [row[1] for row in rows]
    assert scores.counts["sites_in_windows"] == sum(len(row[2]) > tiling.window for row in rows)


@pytest.mark.usefixtures("short_sequences")
def test_short_sites_are_one_window(tmp_path):
    random = np.random.default_rng(8)
    rows = [(bases(random, 22), "", bases(random, length)) for length in (1, 30, 59, 60)]
    found = list(PairScores(table(tmp_path / "pairs.tsv", rows), MODEL, tiling=Tiling(60, 10)).rows())
    plain = list(PairScores(table(tmp_path / "pairs.tsv", rows), MODEL).rows())
    assert [row[:5] for row in found] == plain
    assert [row[5:] for row in found] == [["0", "1"], ["0", "30"], ["0", "59"], ["0", "60"]]


def test_cropped_around_the_centre_without_windows(tmp_path):
    random = np.random.default_rng(6)
    mirna, site = bases(random, 22), bases(random, 75)
    scores = PairScores(table(tmp_path / "pairs.tsv", [(mirna, "", site)]), MODEL)
    (row,) = scores.rows()
    (expected,) = printed(PREDICTOR.score(encode([mirna], 30), encode([site[7:67]], 60)))
    assert row[3] == f"{expected:.6f}"
    assert scores.counts["sites_cropped"] == 1


@pytest.mark.parametrize("tiling", [None, Tiling(60, 10)])
def test_scores_depend_on_abundance(tmp_path, tiling):
    weights = slow_dmiso.random_weights() | {
        "abundance.kernel": np.array([[0.7], [-0.4]], np.float32),
        "abundance.mean": np.array([2, 1], np.float32),
        "abundance.deviation": np.array([1.5, 0.5], np.float32),
    }
    aware = Model(Dmiso(knows_abundance=True), weights, "aware")
    random = np.random.default_rng(7)
    mirna, site = bases(random, 22), bases(random, 80)
    average = [f"{np.expm1(2):.12f}", f"{np.expm1(1):.12f}"]
    cells = [["9", "3"], average, ["9", "3"]]
    path = tmp_path / "pairs.tsv"
    lines = [
        "mirna_seq\tsite_seq\tmirna_coverage\ttarget_coverage",
        *("\t".join([mirna, site, *c]) for c in cells),
    ]
    path.write_text("\n".join(lines) + "\n")
    scores = PairScores(TableReader(str(path)), aware, tiling=tiling)
    found = [float(row[4]) for row in scores.rows()]
    plain = [float(row[4]) for row in PairScores(TableReader(str(path)), MODEL, tiling=tiling).rows()]
    assert found[1] == plain[0]
    scale = weights["output_norm.gamma"][0] / np.sqrt(weights["output_norm.variance"][0] + 1e-3)
    shift = scale * (0.7 * (np.log(10) - 2) / 1.5 - 0.4 * (np.log(4) - 1) / 0.5)
    logit = np.log(plain[0] / (1 - plain[0]))
    np.testing.assert_allclose([found[0], found[2]], 1 / (1 + np.exp(-logit - shift)), atol=2e-6)
    with pytest.raises(InputError, match="no column mirna_coverage"):
        PairScores(table(tmp_path / "bare.tsv", [(mirna, "", site)]), aware, tiling=tiling)
    path.write_text(lines[0] + f"\n{mirna}\t{site}\t1\tmany\n")
    with pytest.raises(InputError, match="target_coverage is 'many'; give a number of reads"):
        list(PairScores(TableReader(str(path)), aware, tiling=tiling).rows())
