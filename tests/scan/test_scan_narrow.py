"""From pairs to tracks and peaks, with known scores and attributions, and with a network."""

from __future__ import annotations

import tracemalloc
from collections import Counter

import numpy as np
import pytest
import slow_tracks

from mirtools.alignment.align import Costs
from mirtools.attribution.choose import explainer_of
from mirtools.attribution.explained import Explained
from mirtools.io.sequences import Reference, reverse_complement
from mirtools.models.base import Model
from mirtools.models.encoder import Encoder
from mirtools.models.matrix.family import Matrix
from mirtools.models.matrix.network import Network, cnn, mirbind
from mirtools.models.pairing import WATSON_CRICK, WOBBLE
from mirtools.scan.narrow import Narrower, Pair, WindowSettings, pairs_of
from mirtools.scan.peaks import PeakFinder, PeakRules
from mirtools.scan.table import COLUMNS, bed_lines, rows

LET7 = Reference("let-7a", "", "TGAGGTAGTAGGTTGTATAGTT")
SEED = reverse_complement(LET7.sequence[1:8])
ENCODER = Encoder(22, 50, "ATCG", mirna_centre=False)
FINDER = PeakFinder(WATSON_CRICK, Costs(), PeakRules(), 50)


class SeedModel:
    """A window with the whole seed match scores 0.9, others 0.1; the seed's pairs have all of the attribution."""

    kind, additive, threads, background, expectation = "seed", False, True, None, 0.0

    def __init__(self) -> None:
        self.asked = 0

    def score_windows(self, mirnas, windows, first, last):
        texts = ["".join("ATCGN"[code] for code in codes) for codes in windows.codes(first, last)]
        return np.array([[0.9 if SEED in text else 0.1 for text in texts]], "f4")

    def explain_codes(self, mirnas, sites):
        self.asked += len(sites)
        values = np.zeros((len(sites), 50, 22), "f4")
        for number, site in enumerate(sites):
            text = "".join("ATCGN"[code] for code in site)
            at = text.find(SEED)
            assert at >= 0, "a window that scores low was explained"
            while at >= 0:
                for step in range(7):
                    values[number, at + step, 7 - step] = 0.1
                at = text.find(SEED, at + 1)
        scores = np.full(len(sites), 0.9, "f4")
        return Explained(values, scores, 0.0, np.zeros(len(sites), "f4"))


def narrower(model: SeedModel, **settings) -> Narrower:
    return Narrower(ENCODER, model, model, FINDER, WindowSettings(**settings))


def transcript(name: str, length: int, *places: int) -> Reference:
    letters = list("A" * length)
    for place in places:
        letters[place : place + 7] = SEED
    return Reference(name, "", "".join(letters))


def test_known_sites_are_found_and_low_windows_are_not_explained():
    model = SeedModel()
    found = narrower(model)
    (result,) = found.run([Pair(0, LET7, transcript("t", 300, 100, 115, 200))])
    assert [peak.summit for peak in result.peaks] == [103, 118, 203]
    assert result.scores.shape == (251,)
    passing = int((result.scores > 0.5).sum())
    assert found.counts == {
        "pairs": 1,
        "windows": 251,
        "windows_below_threshold": 251 - passing,
        "windows_above_threshold": passing,
        "windows_explained": passing,
        "peaks": 3,
    }
    assert model.asked == passing


@pytest.mark.parametrize("stride", [1, 3, 50])
def test_both_tracks_equal_the_papers(stride):
    model = SeedModel()
    target = transcript("t", 130, 20, 90)
    (result,) = narrower(model, stride=stride).run([Pair(0, LET7, target)])
    assert np.allclose(result.score_track, slow_tracks.mean_scores(result.scores, 130, 50))
    codes = ENCODER.letters(target.sequence)
    starts = [at for at in sorted({*range(0, 81, stride), 80}) if result.scores[at] > 0.5]
    values = model.explain_codes(None, [codes[at : at + 50] for at in starts]).values
    explained = [(at, matrix, 0.9) for at, matrix in zip(starts, values, strict=True)]
    matrix = slow_tracks.attributions(explained, 130, 22, 50, stride)
    expected = slow_tracks.smoothed(np.maximum(matrix.max(axis=1), 0), 5)
    assert np.allclose(result.attribution_track, expected, atol=1e-7)


def test_order_threads_and_neighbours_have_no_effect():
    targets = [transcript(f"t{at}", 20 + 37 * at, *range(5, 13 + 37 * at, 61)) for at in range(8)]
    pairs = [Pair(0, LET7, target) for target in targets]
    alone = [next(narrower(SeedModel()).run([pair])) for pair in pairs]
    for threads in (1, 2, 5):
        together = list(narrower(SeedModel()).run(iter(pairs), threads))
        assert [list(rows(result)) for result in together] == [list(rows(result)) for result in alone]
        for one, other in zip(alone, together, strict=True):
            assert (one.attribution_track == other.attribution_track).all()
            assert (one.score_track == other.score_track).all()


@pytest.mark.parametrize("sequence", ["A", SEED, SEED + "N" * 10, "N" * 120, "A" * 49 + SEED, "N" * 60 + SEED])
def test_any_transcript(sequence):
    (result,) = narrower(SeedModel()).run([Pair(0, LET7, Reference("t", "", sequence))])
    assert len(result.score_track) == len(result.attribution_track) == len(sequence)
    assert len(result.peaks) == sequence.count(SEED)
    for peak in result.peaks:
        assert sequence.find(SEED) <= peak.summit < sequence.find(SEED) + 7
    for row in rows(result):
        assert len(row) == len(COLUMNS)
        assert int(row[COLUMNS.index("site_end")]) <= len(sequence)


def test_rows_and_bed():
    (result,) = narrower(SeedModel()).run([Pair(0, LET7, transcript("t", 300, 100))])
    (row,) = rows(result)
    cells = dict(zip(COLUMNS, row, strict=True))
    assert (cells["mirna_id"], cells["mirna_seq"], cells["target_id"]) == ("let-7a", LET7.sequence, "t")
    assert (cells["summit"], cells["peak_end"], cells["score"]) == ("103", "108", "0.900000")
    assert cells["site_seq"] == result.target.sequence[int(cells["site_start"]) : int(cells["site_end"])]
    assert int(cells["site_start"]) + int(cells["alignment_start"]) == int(cells["peak_start"])
    assert int(cells["site_start"]) + int(cells["alignment_end"]) == int(cells["peak_end"])
    assert float(cells["attribution_width"]) < 8
    assert 40 < float(cells["score_width"]) < 70
    assert len(cells["target_importance"].split(",")) == 50
    assert [tuple(line) for line in bed_lines(result)] == [
        (int(cells["peak_start"]), 108, "let-7a", 900, 103, 104)
    ]


def test_pairs_target_by_target():
    mirnas, targets = [LET7, LET7._replace(name="b")], [transcript(name, 60) for name in "xyz"]
    counts: Counter[str] = Counter()
    pairs = [(pair.number, pair.mirna.name, pair.target.name) for pair in pairs_of(mirnas, targets, None, counts)]
    assert pairs == [(at, name, target) for target in "xyz" for at, name in enumerate(("let-7a", "b"))]
    only = frozenset({("b", "x"), ("b", "nowhere"), ("let-7a", "z")})
    pairs = [(pair.number, pair.mirna.name, pair.target.name) for pair in pairs_of(mirnas, targets, only, counts)]
    assert pairs == [(1, "b", "x"), (0, "let-7a", "z")]
    assert counts == {"targets": 6}


def test_memory_grows_only_with_the_matrix():
    target = transcript("t", 30_000, *range(0, 29_000, 40))
    model = SeedModel()
    tracemalloc.start()
    (result,) = narrower(model, stride=5).run([Pair(0, LET7, target)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(result.peaks) > 700
    assert peak < 8 * 30_000 * 22 * 8


def drawn(network: Network) -> Model:
    random = np.random.default_rng(1)
    weights = {}
    for name, shape in network.tensor_shapes().items():
        spread = 0.1 if len(shape) == 1 else np.sqrt(2 / np.prod(shape[:-1]))
        values = random.uniform(0.5, 1.5, shape) if "variance" in name else random.normal(0, spread, shape)
        weights[name] = values.astype("f4")
    return Model(Matrix("drawn", network), weights, "drawn")


@pytest.mark.parametrize(
    "network", [mirbind(WOBBLE, 30, 12, filters=6, height=5, units=5), cnn(WATSON_CRICK, 24, 11)]
)
@pytest.mark.parametrize("kind", ["deep", "ism"])
def test_with_a_network_results_equal_those_window_by_window(network, kind):
    model = drawn(network)
    random = np.random.default_rng(2)
    target = Reference("t", "", "".join(random.choice(list("ACGT"), 90)))
    mirna = Reference("m", "", LET7.sequence[:10])
    encoder = network.encoder
    explainer = explainer_of(model, kind, 3)
    windows = [target.sequence[at : at + encoder.site_length] for at in range(91 - encoder.site_length)]
    explained = explainer.explain([mirna.sequence] * len(windows), windows)
    threshold = float(np.median(explained.scores))
    finder = PeakFinder(WATSON_CRICK, Costs(), PeakRules(least_height=0), encoder.site_length)
    scorer = model.window_scorer(["ACGT", mirna.sequence])
    narrow = Narrower(encoder, scorer, explainer, finder, WindowSettings(threshold))
    results = [next(narrow.run([Pair(1, mirna, target)], threads)) for threads in (1, 2)]
    assert list(rows(results[0])) == list(rows(results[1]))
    assert np.allclose(results[0].scores, explained.scores, atol=2e-6)
    chosen = [
        (at, explained.values[at], results[0].scores[at])
        for at in range(len(windows))
        if results[0].scores[at] > threshold
    ]
    matrix = slow_tracks.attributions(chosen, 90, 10, encoder.site_length, 1)
    expected = slow_tracks.smoothed(np.maximum(matrix.max(axis=1), 0), 5)
    assert np.allclose(results[0].attribution_track, expected, atol=1e-6)
