"""Every miRNA on every window: scores equal those of pairs, in order, however the work is grouped."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from models import slow_dmiso

from mirtools.io.encoding import encode
from mirtools.io.sequences import Reference
from mirtools.models.dmiso.pair_scorer import DmisoPairScorer
from mirtools.models.dmiso.window_scorer import DmisoWindowScorer
from mirtools.models.encoder import Encoder
from mirtools.models.scorers import PairByPair
from mirtools.models.tiling import Tiling, Windows, batches
from mirtools.pairs.site_types import seed_match
from mirtools.prediction import windows
from mirtools.prediction.scores import printed
from mirtools.prediction.windows import Selection, lines, scan

SIXTY = Tiling(60, 10)
WEIGHTS = slow_dmiso.random_weights()
PREDICTOR = DmisoPairScorer(WEIGHTS)


def references(random, prefix, lengths):
    return [
        Reference(f"{prefix}{number}", "", "".join(random.choice(list("ACGTN"), length)))
        for number, length in enumerate(lengths)
    ]


def scorer_of(mirnas, kind=DmisoWindowScorer):
    codes = encode([mirna.sequence for mirna in mirnas], 30)
    return DmisoWindowScorer(WEIGHTS, codes) if kind is DmisoWindowScorer else PairByPair(PREDICTOR, codes)


def scanned(mirnas, targets, tiling=SIXTY, threads=1, kind=DmisoWindowScorer, **selection):
    counts = Counter()
    found = scan(mirnas, iter(targets), scorer_of(mirnas, kind), tiling, threads, counts, Encoder())
    text = [
        line
        for each in found
        for _, line in lines(each, Selection(np.full(len(mirnas), 0.5), **selection), counts)
    ]
    return [line.rstrip("\n").split("\t") for line in text], counts


@given(st.integers(1, 300), st.integers(1, 60), st.integers(1, 80))
def test_windows_cover_the_target(length, window, stride):
    tiling = Tiling(window, stride)
    starts = tiling.starts(length).tolist()
    assert starts[0] == 0
    assert starts[-1] == max(length - window, 0)
    assert starts == sorted(set(starts))
    assert all(later - earlier <= stride for earlier, later in itertools.pairwise(starts))
    assert tiling.count(length) == len(starts)


@given(st.lists(st.text("ACGTN", min_size=1, max_size=150), min_size=1, max_size=5), st.integers(1, 60))
def test_codes_of_windows(sequences, window):
    tiling = Tiling(window, 13)
    cut = Windows(sequences, tiling, Encoder())
    sites = [s[at : at + window] for s in sequences for at in tiling.starts(len(s)).tolist()]
    assert (cut.codes(0, len(cut)) == encode(sites, 60)).all()
    assert [sequences[0][a:b] for a, b in zip(cut.starts, cut.ends, strict=True)][: cut.bounds[1]] == sites[
        : cut.bounds[1]
    ]
    assert [len(range(*cut.of_target(n).indices(len(cut)))) for n in range(len(sequences))] == [
        tiling.count(len(s)) for s in sequences
    ]


@given(st.lists(st.integers(1, 2000), max_size=20), st.integers(1, 50), st.integers(50, 100))
def test_batches_have_all_targets_and_long_ones_are_separate(lengths, least, most):
    targets = [Reference(str(number), "", "A" * length) for number, length in enumerate(lengths)]
    tiling = SIXTY
    found = list(batches(targets, tiling, least, most))
    assert [target for batch in found for target in batch] == targets
    for batch in found:
        counts = [tiling.count(len(target.sequence)) for target in batch]
        assert len(batch) == 1 or max(counts) <= most
        assert sum(counts[:-1]) < least


@pytest.mark.parametrize("seed", [0, 1])
def test_scanner_equals_the_textbook(seed):
    weights = slow_dmiso.random_weights(seed)
    random = np.random.default_rng(seed)
    mirnas, sites = slow_dmiso.random_codes(random, 5, 30), slow_dmiso.random_codes(random, 6, 60)
    expected = [[slow_dmiso.score(weights, mirna, site) for site in sites] for mirna in mirnas]
    found = DmisoWindowScorer(weights, mirnas).score(range(5), sites)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_scanner_equals_pairs_and_does_not_depend_on_other_windows():
    random = np.random.default_rng(4)
    mirnas, sites = slow_dmiso.random_codes(random, 600, 30), slow_dmiso.random_codes(random, 1100, 60)
    scanner = DmisoWindowScorer(WEIGHTS, mirnas)
    together = scanner.score(range(590, 600), sites)
    pairs = PREDICTOR.score(np.repeat(mirnas[590:], 1100, axis=0), np.tile(sites, (10, 1))).reshape(10, 1100)
    np.testing.assert_allclose(together, pairs, rtol=0, atol=1e-6)
    assert (PairByPair(PREDICTOR, mirnas).score(range(590, 600), sites) == pairs).all()
    few = DmisoWindowScorer(WEIGHTS, mirnas[[3, 597]])
    assert (few.score([1], sites[77:79]) == together[7:8, 77:79]).all()
    assert (scanner.score([597, 591], sites[600:]) == together[[7, 1], 600:]).all()
    assert scanner.score([5], sites[:0]).shape == (1, 0)


@pytest.mark.parametrize("tiling", [SIXTY, Tiling(40, 7), Tiling(60, 1)])
@pytest.mark.parametrize("kind", [DmisoWindowScorer, PairByPair])
def test_scan_equals_pair_by_pair(tiling, kind):
    random = np.random.default_rng(1)
    mirnas = references(random, "m", [22, 35, 18])
    targets = references(random, "t", [10, 60, 61, 500])
    rows, counts = scanned(mirnas, targets, tiling, kind=kind)
    expected = []
    for target in targets:
        for mirna in mirnas:
            for start in tiling.starts(len(target.sequence)).tolist():
                site = target.sequence[start : start + tiling.window]
                place = (str(start), str(start + len(site)), site)
                expected.append([mirna.name, mirna.sequence, target.name, *place])
    assert [row[:6] for row in rows] == expected
    codes = encode([row[1] for row in rows], 30), encode([row[5] for row in rows], 60)
    scores = printed(PREDICTOR.score(*codes))
    np.testing.assert_allclose([float(row[10]) for row in rows], scores, rtol=0, atol=1.1e-6)
    assert all(row[11] == str(int(float(row[10]) > 0.5)) for row in rows)
    assert {tuple(row[6:9]) for row in rows} == {(".", ".", ".")}
    assert [row[9] for row in rows] == [seed_match(row[1], row[5]).site_type for row in rows]
    assert counts["windows"] == len(rows)
    assert counts["predicted_interactions"] == sum(row[11] == "1" for row in rows)
    assert (counts["mirnas"], counts["targets"], counts["mirnas_cropped"]) == (3, 4, 1)
    assert counts["short_targets"] == (2 if tiling.window > 60 else 1)


@pytest.mark.parametrize("most", [1, 1200, 1 << 23])
def test_groups_and_threads_change_nothing(monkeypatch, most):
    random = np.random.default_rng(2)
    mirnas = references(random, "m", [22] * 12)
    targets = references(random, "t", [30, 900, 61, 5400, 60, 60, 2000])
    expected, counts = scanned(mirnas, targets)
    monkeypatch.setattr(windows, "_MOST_SCORES", most)
    monkeypatch.setattr(windows, "_MIRNAS_PER_TASK", 5)
    for threads in (1, 3):
        assert scanned(mirnas, targets, threads=threads) == (expected, counts)


def test_targets_are_read_when_needed():
    random = np.random.default_rng(3)
    mirnas = references(random, "m", [22])
    (target,) = references(random, "t", [9000])
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield target

    stream = scan(mirnas, endless(), scorer_of(mirnas), SIXTY, 2, Counter(), Encoder())
    next(stream)
    assert taken < 60
    stream.close()


def test_best_is_the_first_of_the_highest():
    random = np.random.default_rng(2)
    mirnas, targets = references(random, "m", [22, 20]), references(random, "t", [200, 30, 90])
    targets.append(Reference("same", "", "A" * 200))
    every, _ = scanned(mirnas, targets)
    best, counts = scanned(mirnas, targets, best=True)
    assert len(best) == 8
    assert counts["windows"] == len(every)
    for row in best:
        rivals = [rival for rival in every if (rival[0], rival[2]) == (row[0], row[2])]
        assert row == max(rivals, key=lambda rival: float(rival[10]))
    assert scanned(mirnas, targets, predicted=True)[0] == [row for row in every if row[11] == "1"]
    assert scanned(mirnas, targets, predicted=True, best=True)[0] == [row for row in best if row[11] == "1"]
