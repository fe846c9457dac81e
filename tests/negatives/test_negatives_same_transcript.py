"""The strategy same-transcript: which windows are open, and in which order they are drawn."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirtools.negatives.same_transcript import Positive, Rules, find_sites, prepare
from mirtools.pairs.bound import PositiveSites
from mirtools.pairs.energy import cofold_energy
from mirtools.transcripts.regions import Regions

LET7 = "TGAGGTAGTAGGTTGTATAGTT"


def random_sequence(seed, length, letters="ACGT"):
    return "".join(random.Random(seed).choices(letters, k=length))


def open_windows(search):
    return [search.part_start + start for first, last in search.starts for start in range(first, last + 1)]


def open_windows_slowly(transcript, utr, size, positives, distance, bound_words):
    """Try every window of the 3'UTR against the wording of the rules."""
    windows = []
    for start in range(utr[0], utr[1] - size + 1):
        end = start + size
        window = transcript[start:end]
        far = all(end + distance <= other or start - distance >= other_end for other, other_end in positives)
        new = not any(window[i : i + 20] in bound_words for i in range(size - 19))
        if far and new and "N" not in window:
            windows.append(start)
    return windows


@settings(deadline=None)
@given(
    st.integers(0, 50),
    st.integers(0, 120),
    st.integers(1, 40),
    st.lists(st.tuples(st.integers(0, 150), st.integers(1, 40)), max_size=4),
    st.integers(0, 15),
    st.integers(0, 9),
)
def test_open_windows_equal_trying_all(utr_start, utr_length, size, spans, distance, seed):
    transcript = random_sequence(seed, utr_start + utr_length, "ACGT" * 30 + "N")
    length = len(transcript)
    spans = [(start, min(start + width, length)) for start, width in spans if start < length]
    elsewhere = transcript[-30:]
    known = PositiveSites()
    for start, end in spans:
        known.add("m", "T", start, end, transcript[start:end])
    known.add("m", "other", 5, 35, elsewhere)
    known.add("another", "T", 0, length, transcript)
    sites = [transcript[start:end] for start, end in spans] + [elsewhere]
    bound = {word for site in sites for i in range(len(site) - 19) if "N" not in (word := site[i : i + 20])}
    positive = Positive("m", LET7, "T", 0, size, "A" * size)
    search = prepare(positive, Regions(0, utr_start, length), transcript, known, Rules(min_distance=distance))
    expected = open_windows_slowly(transcript, (utr_start, length), size, spans, distance, bound)
    assert open_windows(search) == expected
    if utr_length == 0:
        assert search.reason == "no_3utr"
    elif utr_length < size:
        assert search.reason == "utr_too_short"
    else:
        assert search.reason == ("" if expected else "no_room")


@pytest.mark.parametrize("ratio", [1, 3])
def test_reasons(ratio):
    transcript = random_sequence(1, 300)
    positive = Positive("m", LET7, "T", 10, 50, transcript[10:50])
    rules = Rules(ratio=ratio)

    def reason(regions, rules=rules, known=None, positive=positive):
        return find_sites(prepare(positive, regions, transcript, known or PositiveSites(), rules))

    assert reason("no_regions").reason == "no_regions"
    assert reason("no_regions").energy == cofold_energy(LET7, transcript[10:50])
    assert reason(Regions(300, 300, 300)).reason == "no_3utr"
    assert reason(Regions(0, 261, 300)).reason == "utr_too_short"
    crowded = PositiveSites()
    crowded.add("m", "T", 150, 200, "A")
    assert reason(Regions(0, 130, 219), known=crowded).reason == "no_room"
    assert reason(Regions(0, 100, 300), Rules(ratio, max_energy=-99)).reason == "energy"
    assert reason(Regions(0, 100, 300), Rules(ratio, max_energy=0)).reason == ""
    one_window = reason(Regions(0, 260, 300), Rules(ratio, max_energy=0))
    assert (len(one_window.sites), one_window.reason) == (1, "" if ratio == 1 else "no_room")


@pytest.mark.parametrize("seed", range(8))
def test_negatives_lie_in_the_region_asked_for(seed):
    transcript = random_sequence(seed, 600)
    coding, noncoding = Regions(150, 400, 600), Regions(600, 600, 600)

    def found(region, start=10, regions=coding):
        positive = Positive("m", LET7, "T", start, start + 30, transcript[start : start + 30])
        known = PositiveSites()
        known.add("m", "T", start, start + 30, positive.site_seq)
        rules = Rules(ratio=2, max_energy=0, seed=seed, region=region)
        result = find_sites(prepare(positive, regions, transcript, known, rules))
        assert all(site.end + 10 <= start or start + 40 <= site.start for site in result.sites)
        return result

    for region, (low, high) in {"3utr": (400, 600), "cds": (150, 400), "5utr": (0, 150), "any": (0, 600)}.items():
        for start in (10, 200, 500):
            assert all(low <= site.start < site.end <= high for site in found(region, start).sites)
    for start, (low, high) in {10: (0, 150), 200: (150, 400), 500: (400, 600)}.items():
        assert all(low <= site.start < site.end <= high for site in found("same", start).sites)
    assert len(found("same", regions=noncoding).sites) == len(found("any", regions="no_regions").sites) == 2
    reasons = [found(region, regions=noncoding).reason for region in ("3utr", "cds", "5utr")]
    assert reasons == ["no_3utr", "no_cds", "no_5utr"]
    short = Regions(20, 45, 600)
    assert [found(region, regions=short).reason for region in ("cds", "5utr")] == [
        "cds_too_short",
        "utr5_too_short",
    ]


def test_overlapping_sites_only_where_others_do_not_suffice():
    transcript = random_sequence(3, 400)
    positive = Positive("m", LET7, "T", 0, 40, transcript[:40])
    for seed in range(20):
        for ratio, utr_end in ((3, 400), (5, 190)):
            rules = Rules(ratio, max_energy=0, seed=seed)
            sites = find_sites(
                prepare(positive, Regions(0, 100, utr_end), transcript, PositiveSites(), rules)
            ).sites
            assert len(set(sites)) == ratio
            overlaps = sum(a.start < b.end and b.start < a.end for a in sites for b in sites if a < b)
            assert (overlaps == 0) == (utr_end == 400)
            assert all(transcript[site.start : site.end] == site.sequence for site in sites)


def test_every_window_is_drawn_and_equally_often():
    transcript = random_sequence(4, 130)
    starts = Counter()
    for seed in range(1000):
        positive = Positive("m", LET7, "T", 0, 40, transcript[:40])
        rules = Rules(max_energy=0, seed=seed)
        search = prepare(positive, Regions(0, 80, 130), transcript, PositiveSites(), rules)
        starts[find_sites(search).sites[0].start] += 1
        if seed == 0:
            everything = find_sites(search._replace(rules=Rules(ratio=11, max_energy=0)))
            assert sorted(site.start for site in everything.sites) == list(range(80, 91))
    assert sorted(starts) == list(range(80, 91))
    expected = 1000 / 11
    # chi-square with 10 degrees of freedom: above 29.6 once in 1,000
    assert sum((count - expected) ** 2 / expected for count in starts.values()) < 29.6


def test_draw_depends_on_the_pair_and_the_seed_alone():
    transcript = random_sequence(5, 2000)

    def drawn(seed=1, start=0, mirna=LET7):
        positive = Positive("m", mirna, "T", start, start + 40, transcript[start : start + 40])
        rules = Rules(seed=seed, max_energy=0)
        search = prepare(positive, Regions(0, 200, 2000), transcript, PositiveSites(), rules)
        return find_sites(search).sites[0].start

    assert drawn() == drawn() == 1366
    assert len({drawn(), drawn(seed=2), drawn(start=1), drawn(mirna=LET7[:-1])}) == 4
