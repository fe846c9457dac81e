"""Pairing rules on hand-made hits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slow_pairing import Hit, batch_of, columns, extend, packed

from mirtools.chimera.pairing import MIN_SCORE, REASONS, PairingRules, likely_hits, natural, pair_hits

MIRNA = "TGAGGTAGTAGGTTGTATAGTT"
SITE = "CCATGCAAGCTTGACCGATCAAGGCT"
TRANSCRIPT = "GGATTCCGAA" + SITE + "TTCAGGCACGATTACAGGCATCCAGGACT"
PLACE = 10, 36  # of the site
MIRNAS, TRANSCRIPTS = [("m", MIRNA)], [("t", TRANSCRIPT)]


def mirna_hit(start, length=22, subject=0, evalue=1e-6, bits=44.0, subject_start=0):
    return Hit(subject, start, start + length, subject_start, subject_start + length, evalue, bits)


def target_hit(start, length=26, subject=0, evalue=1e-5, bits=50.0, subject_start=10):
    return Hit(subject, start, start + length, subject_start, subject_start + length, evalue, bits)


def pairs_of(read, mirna_hits, target_hits, mirnas=MIRNAS, transcripts=TRANSCRIPTS, keep_ties=False, **rules):
    """Return the pairs of one read, in order, and its outcome."""
    batch = *batch_of([read]), packed(mirnas, transcripts), PairingRules(**rules)
    pairs, reasons = pair_hits(columns([mirna_hits]), columns([target_hits]), *batch, keep_ties)
    assert len(reasons) == 1
    assert pairs.read.tolist() == [0] * len(pairs.rank)
    return pairs, REASONS[reasons[0]]


def pair_of(*arguments, **options):
    """Return the only pair of a read as a record of plain numbers."""
    pairs, reason = pairs_of(*arguments, **options)
    assert (reason, len(pairs.read)) == ("paired", 1)
    return pairs._replace(
        **{name: getattr(pairs, name)[0].item() for name in pairs._fields if name != "tied"},
        tied=pairs.tied and pairs.tied[0],
    )


# ---- the miRNA part -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", range(5))
def test_gap_bases_stay_with_the_mirna_as_unassigned(gap):
    read = MIRNA + "CGCG"[:gap] + SITE
    pair = pair_of(read, [mirna_hit(0)], [target_hit(22 + gap)])
    assert (pair.target_first, pair.gap, pair.unassigned_5p, pair.unassigned_3p) == (False, gap, 0, gap)
    assert read[pair.part_start : pair.part_end] == MIRNA + "CGCG"[:gap]


@pytest.mark.parametrize("gap", range(5))
def test_target_first_mirrors_it(gap):
    read = SITE + "CGCG"[:gap] + MIRNA
    pair = pair_of(read, [mirna_hit(26 + gap)], [target_hit(0)])
    assert (pair.target_first, pair.gap, pair.unassigned_5p, pair.unassigned_3p) == (True, gap, gap, 0)
    assert read[pair.part_start : pair.part_end] == "CGCG"[:gap] + MIRNA


@pytest.mark.parametrize(("before", "kept"), [(0, 0), (1, 1), (4, 4), (5, 0), (11, 0)])
def test_bases_before_a_mirna_are_an_addition_or_a_barcode(before, kept):
    read = "CGCGCGCGCGC"[:before] + MIRNA + SITE
    pair = pair_of(read, [mirna_hit(before)], [target_hit(before + 22)])
    assert (pair.unassigned_5p, pair.unassigned_3p) == (kept, 0)
    assert (pair.part_start, pair.part_end) == (before - kept, before + 22)


@pytest.mark.parametrize(("after", "kept"), [(0, 0), (1, 1), (4, 4), (5, 0), (11, 0)])
def test_bases_after_a_mirna_are_an_addition_or_a_linker(after, kept):
    read = SITE + MIRNA + "CGCGCGCGCGC"[:after]
    pair = pair_of(read, [mirna_hit(26)], [target_hit(0)])
    assert (pair.unassigned_5p, pair.unassigned_3p) == (0, kept)
    assert (pair.part_start, pair.part_end) == (26, 48 + kept)


@pytest.mark.parametrize(("before", "kept"), [(2, 2), (3, 3), (7, 7), (8, 3)])
def test_a_barcode_starts_where_the_hidden_start_of_the_mirna_would_be(before, kept):
    """The read lacks the first 3 bases of the miRNA, or has others in their place."""
    read = "CGCGCGCG"[:before] + MIRNA[3:] + SITE
    pair = pair_of(read, [mirna_hit(before, 19, subject_start=3)], [target_hit(before + 19)])
    assert (pair.unassigned_5p, pair.part_start) == (kept, before - kept)


# ---- where both parts meet ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shared", range(1, 5))
def test_shared_bases_belong_to_the_mirna(shared):
    target = target_hit(22 - shared, 26 + shared, subject_start=10 - shared)
    pair = pair_of(MIRNA + SITE, [mirna_hit(0)], [target])
    assert (pair.gap, pair.unassigned_5p, pair.unassigned_3p, pair.part_end) == (-shared, 0, 0, 22)
    assert (pair.target_start, pair.target_ref_start) == (22 - shared, 10 - shared)  # as aligned
    assert (pair.site_start, pair.site_end) == (10, 61)


@pytest.mark.parametrize(("extra", "length"), [(1, 31), (2, 32), (4, 34)])
def test_a_target_that_extends_too_far_is_trimmed(extra, length):
    target = target_hit(18 - extra, length, subject_start=6 - extra)
    pair = pair_of(MIRNA + SITE, [mirna_hit(0)], [target])
    assert (pair.gap, pair.target_start, pair.target_ref_start) == (-4, 18, 6)
    assert (pair.site_start, pair.site_end) == (10, 61)


@pytest.mark.parametrize("extra", [1, 4])
def test_a_target_before_the_mirna_is_trimmed_at_its_end(extra):
    pair = pair_of(SITE + MIRNA, [mirna_hit(26)], [target_hit(0, 30 + extra)])
    assert (pair.gap, pair.target_end, pair.target_ref_end, pair.site_end) == (-4, 30, 40, 65)


def test_a_target_that_extends_much_too_far_is_a_loop():
    assert pairs_of(MIRNA + SITE, [mirna_hit(0)], [target_hit(13, 35, subject_start=1)])[1] == "loop"
    assert pairs_of(SITE + MIRNA, [mirna_hit(26)], [target_hit(0, 35)])[1] == "loop"
    # a target of which fewer than 15 bases would remain is not trimmed, either
    assert pairs_of(MIRNA + SITE, [mirna_hit(0)], [target_hit(16, 20, subject_start=4)])[1] == "loop"
    assert pairs_of(MIRNA + SITE, [mirna_hit(0)], [target_hit(16, 21, subject_start=4)])[1] == "paired"


@pytest.mark.parametrize("changed", [1, 2])
def test_replaced_last_bases_do_not_widen_the_gap(changed):
    read = MIRNA[: 22 - changed] + "AC"[:changed] + "CGCG" + SITE
    pair = pair_of(read, [mirna_hit(0, 22 - changed)], [target_hit(26)])
    assert (pair.gap, pair.unassigned_5p, pair.unassigned_3p) == (4 + changed, 0, 4 + changed)


def test_replaced_first_bases_do_not_widen_the_gap_either():
    read = SITE + "CGCG" + "AC" + MIRNA[2:]
    pair = pair_of(read, [mirna_hit(32, 20, subject_start=2)], [target_hit(0)])
    assert (pair.gap, pair.unassigned_5p, pair.unassigned_3p) == (6, 6, 0)


def test_more_than_two_hidden_bases_do_widen_it():
    read = MIRNA[:19] + "AAC" + "CGCG" + SITE
    assert pairs_of(read, [mirna_hit(0, 19)], [target_hit(26)])[1] == "gap"
    assert pairs_of(read[:19] + read[20:], [mirna_hit(0, 19)], [target_hit(25)])[1] == "paired"


@pytest.mark.parametrize(
    ("target_first", "gap", "expected"),
    [(False, 2, (10, 61)), (False, -3, (13, 61)), (True, -3, (10, 61)), (True, 0, (10, 61))],
)
@pytest.mark.parametrize("length", [100, 50])
def test_the_site_starts_after_bases_of_the_mirna(target_first, gap, expected, length):
    read = "ACGTTGCATG" * 8
    mirna, target = (mirna_hit(26 + gap), target_hit(0)) if target_first else (mirna_hit(0), target_hit(22 + gap))
    transcripts = [("t", "ACGTTGCATG" * (length // 10))]
    # other bases next to the miRNA, so that its hit is not extended
    pair = pair_of(read, [mirna], [target], [("m", "N" * 22)], transcripts, extend=25)
    assert (pair.target_first, pair.gap) == (target_first, gap)
    assert (pair.site_start, pair.site_end) == (expected[0], min(expected[1], length))


# ---- reads without a pair -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mirnas", "targets", "expected"),
    [
        ([], [target_hit(22)], "no_mirna"),
        ([], [], "no_mirna"),
        ([mirna_hit(0, 14)], [target_hit(22)], "no_mirna"),
        ([mirna_hit(0, 14)], [], "no_mirna"),
        ([mirna_hit(0)], [], "no_target"),
        ([mirna_hit(0)], [target_hit(0, 40, subject_start=0)], "loop"),
        ([mirna_hit(0)], [target_hit(5, 17)], "loop"),
        ([mirna_hit(0)], [target_hit(27, 21, subject_start=15)], "gap"),
        ([mirna_hit(0)], [target_hit(22, 26, subject_start=39)], "short_site"),
        # the reason nearest to a pair is reported
        ([mirna_hit(0)], [target_hit(27, 21, subject_start=15), target_hit(5, 17)], "gap"),
        ([mirna_hit(0)], [target_hit(22, 26, subject_start=39), target_hit(5, 17)], "short_site"),
    ],
)
def test_reasons(mirnas, targets, expected):
    # other bases after the miRNA, so that a short hit is not extended
    read = MIRNA[:14] + "CCCCCCCC" + SITE if mirnas and mirnas[0].end == 14 else MIRNA + "C" * 5 + SITE
    pairs, reason = pairs_of(read, mirnas, targets)
    assert (len(pairs.read), reason) == (0, expected)


def test_one_good_target_among_bad_ones_is_enough():
    targets = [target_hit(5, 17), target_hit(22), target_hit(27, 21, subject_start=15)]
    pair = pair_of(MIRNA + SITE, [mirna_hit(0)], targets)
    assert (pair.target_start, pair.n_best) == (22, 1)


# ---- the score of a miRNA -----------------------------------------------------------------------------------


def changed_at(*places):
    """Return the miRNA with other bases at some places."""
    return "".join("ACGT"["CGTA".index(base)] if n in places else base for n, base in enumerate(MIRNA))


@pytest.mark.parametrize(
    ("places", "start", "end", "score"),
    [
        ((), 0, 22, 22),
        ((), 3, 12, 22),  # the extension reaches both ends
        ((10,), 0, 10, 20),  # one mismatch: of twelve bases after the hit, eleven match
        ((10,), 11, 22, 20),
        ((10, 14), 0, 10, 18),
        ((4, 17), 5, 17, 18),
        ((20, 21), 0, 20, 20),  # no gain after it
        ((19,), 0, 19, 20),  # two matches for a mismatch
        ((20,), 0, 20, 20),  # one match for a mismatch is no gain
        ((15, 16, 17, 18), 0, 15, 15),
        ((5, 6, 12), 7, 12, 5 + 8 + 3),
    ],
)
def test_the_score_is_the_length_of_the_hit_and_what_both_extensions_gain(places, start, end, score):
    read = changed_at(*places) + SITE
    hit = mirna_hit(start, end - start, subject_start=start)
    for least in range(8, 19):  # 18 = 22 - 4 is the largest threshold
        assert (pairs_of(read, [hit], [target_hit(22)], min_score=least)[1] == "no_mirna") == (score < least)
        likely = likely_hits(columns([[hit]]), *batch_of([read])[:2], packed(MIRNAS, TRANSCRIPTS).mirnas, least)
        assert len(likely.read) == (score >= least)


@pytest.mark.parametrize(("length", "needed"), [(16, 11), (18, 13), (20, 15), (21, 16), (24, 16), (30, 16)])
def test_five_bases_less_than_the_mirna_are_enough(length, needed):
    sequence = ("TGAGGTAGTAGGTTGTATAGTTCCAGTGCA")[:length]
    for found in range(10, length):
        read = sequence[:found] + "N" * (length - found) + SITE
        outcome = pairs_of(read, [mirna_hit(0, found)], [target_hit(length)], [("m", sequence)], min_score=16)
        # the missing bases widen the gap by no more than two hidden bases
        if found < needed:
            assert outcome[1] == "no_mirna"
        else:
            assert outcome[1] == ("paired" if length - found <= 4 + 2 else "gap")


def test_the_default_least_score():
    assert PairingRules().min_score == MIN_SCORE
    sequence = "TGAGGTAGTAGGTTGTATAGTTCCAGTGCA"
    for found, expected in ((MIN_SCORE, "paired"), (MIN_SCORE - 1, "no_mirna")):
        read = sequence[:found] + SITE
        assert pairs_of(read, [mirna_hit(0, found)], [target_hit(found)], [("m", sequence)])[1] == expected


def test_a_mirna_is_not_extended_into_its_target():
    """The miRNA ends like the start of the site: bases of the target part do not count for the miRNA."""
    mirna = MIRNA[:14] + SITE[:8]
    read = MIRNA[:14] + SITE
    assert pairs_of(read, [mirna_hit(0, 14)], [target_hit(14)], [("m", mirna)], min_score=15)[1] == "no_mirna"
    pair = pair_of(read, [mirna_hit(0, 14)], [target_hit(14)], [("m", mirna)], min_score=14)
    assert (pair.gap, pair.mirna_end, pair.mirna_ref_end) == (0, 14, 14)
    # bases between them do
    pair = pair_of(read, [mirna_hit(0, 14)], [target_hit(17, 23, subject_start=13)], [("m", mirna)], min_score=17)
    assert (pair.gap, pair.mirna_end, pair.mirna_ref_end) == (0, 17, 17)


@given(st.sets(st.integers(0, 21), max_size=5), st.data())
def test_the_score_by_trying_every_extension(places, data):
    start = data.draw(st.integers(0, 20))
    end = data.draw(st.integers(start + 1, 22))
    least = data.draw(st.integers(1, 17))
    read = changed_at(*places)
    gains = [1 if a == b else -1 for a, b in zip(read, MIRNA, strict=True)]
    score = end - start + max(sum(gains[left:start]) for left in range(start + 1))
    score += max(sum(gains[end:right]) for right in range(end, 23))
    hit = mirna_hit(start, end - start, subject_start=start)
    assert extend(hit, read, MIRNA, 0, 22)[1] == score
    found = likely_hits(columns([[hit]]), *batch_of([read])[:2], packed(MIRNAS, TRANSCRIPTS).mirnas, least)
    assert len(found.read) == (score >= least)


# ---- the best of several ------------------------------------------------------------------------------------


FAMILY = [(name, MIRNA) for name in ("hsa-miR-106a", "hsa-miR-17", "hsa-miR-9")]


def test_better_evalues_win_then_bits_then_names():
    read, family = MIRNA + SITE, (FAMILY, [(name, TRANSCRIPT) for name in ("t2", "t10")])
    targets = [target_hit(22, subject=0), target_hit(22, subject=1)]
    pair = pair_of(read, [mirna_hit(0, subject=n) for n in range(3)], targets, *family)
    # miRNAs by the value of their numbers, transcripts by their letters
    assert (pair.mirna, pair.target, pair.n_best, pair.rank) == (2, 1, 6, 1)
    pair = pair_of(read, [mirna_hit(0, subject=0, bits=46.0), mirna_hit(0, subject=1)], targets, *family)
    assert (pair.mirna, pair.n_best, pair.mirna_bits) == (0, 2, 46.0)
    mirnas = [mirna_hit(0, subject=0, bits=46.0), mirna_hit(0, subject=1, evalue=1e-7)]
    pair = pair_of(read, mirnas, targets[:1], *family)
    assert (pair.mirna, pair.n_best, pair.mirna_evalue) == (1, 1, 1e-7)


def test_the_product_of_evalues_decides():
    read, transcripts = MIRNA + SITE, [("t2", TRANSCRIPT), ("t10", TRANSCRIPT)]
    mirnas = [mirna_hit(0, subject=1, evalue=1e-3), mirna_hit(0, subject=0, evalue=1e-5)]
    targets = [target_hit(22, subject=0, evalue=1e-8), target_hit(22, subject=1, evalue=1e-6)]
    pair = pair_of(read, mirnas, targets, FAMILY, transcripts, keep_ties=True)
    assert (pair.mirna, pair.target, pair.n_best, pair.tied) == (0, 0, 1, ((0, 0, *PLACE),))
    pairs, _ = pairs_of(read, mirnas, targets, FAMILY, transcripts, top=4)
    assert [(m, t) for m, t in zip(pairs.mirna.tolist(), pairs.target.tolist(), strict=True)] == [
        (0, 0),
        (1, 0),
        (0, 1),
        (1, 1),
    ]
    assert (pairs.rank.tolist(), pairs.n_best.tolist()) == ([1, 2, 3, 4], [1] * 4)


def test_equal_products_of_different_factors_are_ties():
    read = MIRNA + SITE + "N" * 10 + SITE + MIRNA
    # the two products differ in their last bits
    factors = (1e-3, 1e-10), (1e-5, 1e-8)
    assert factors[0][0] * factors[0][1] != factors[1][0] * factors[1][1]
    mirnas = [mirna_hit(0, evalue=factors[0][0]), mirna_hit(84, subject=1, evalue=factors[1][0])]
    targets = [target_hit(22, evalue=factors[0][1]), target_hit(58, evalue=factors[1][1])]
    pair = pair_of(read, mirnas, targets, FAMILY, keep_ties=True)
    assert (pair.mirna, pair.n_best, pair.tied) == (1, 2, ((0, 0, *PLACE), (1, 0, *PLACE)))
    pair = pair_of(read, [mirnas[0]._replace(bits=45.0), mirnas[1]], targets, FAMILY)
    assert (pair.mirna, pair.n_best) == (0, 1)


def test_a_whole_mirna_wins_over_part_of_a_longer_one():
    mirnas = [("a-1", MIRNA + "CAC"), ("b-2", MIRNA)]
    pair = pair_of(MIRNA + SITE, [mirna_hit(0, subject=0), mirna_hit(0, subject=1)], [target_hit(22)], mirnas)
    assert (pair.mirna, pair.n_best) == (1, 2)


def test_the_first_position_on_a_transcript_wins():
    targets = [target_hit(22, subject_start=start) for start in (21, 4, 10)]
    pair = pair_of(MIRNA + SITE, [mirna_hit(0)], targets, keep_ties=True)
    assert (pair.target_ref_start, pair.n_best, pair.tied) == (
        4,
        3,
        tuple((0, 0, start, start + len(SITE)) for start in (4, 10, 21)),
    )


@pytest.mark.parametrize("step", [1, -1])
def test_the_order_of_hits_of_one_pair_does_not_matter(step):
    """With an e-value of 0 of the other part, their own e-values do not change the product."""
    mirnas = [mirna_hit(0, 20, evalue=1e-5), mirna_hit(0, 22), mirna_hit(0, 21, evalue=1e-5)]
    pair = pair_of(MIRNA + SITE, mirnas[::step], [target_hit(22, evalue=0.0)])
    assert (pair.mirna_end, pair.n_best, pair.mirna_evalue) == (22, 3, 1e-6)
    targets = [target_hit(22, evalue=1e-4), target_hit(22, evalue=1e-5)]
    pair = pair_of(MIRNA + SITE, [mirna_hit(0, evalue=0.0)], targets[::step])
    assert (pair.n_best, pair.target_evalue) == (2, 1e-5)


def test_top_keeps_more():
    transcripts = [(f"t{n}", TRANSCRIPT) for n in range(3)]
    targets = [target_hit(22, subject=n, evalue=10.0**-n) for n in range(3)]
    pairs, _ = pairs_of(MIRNA + SITE, [mirna_hit(0)], targets, transcripts=transcripts, top=2)
    assert (pairs.target.tolist(), pairs.rank.tolist(), pairs.n_best.tolist()) == ([2, 1], [1, 2], [1, 1])


def test_ties_are_named_only_on_request():
    transcripts = [(f"t{n}", TRANSCRIPT) for n in range(2)]
    targets = [target_hit(22, subject=n) for n in range(2)]
    mirnas = [mirna_hit(0, subject=n) for n in range(3)]
    assert pairs_of(MIRNA + SITE, mirnas, targets, FAMILY, transcripts)[0].tied is None
    pairs, _ = pairs_of(MIRNA + SITE, mirnas, targets, FAMILY, transcripts, keep_ties=True, top=2)
    assert pairs.tied == [tuple((m, t, *PLACE) for m in range(3) for t in range(2))] * 2


def test_natural_order():
    names = ["hsa-miR-106a", "hsa-miR-17-5p", "hsa-miR-17-3p", "hsa-let-7a"]
    assert sorted(names, key=natural) == ["hsa-let-7a", "hsa-miR-17-3p", "hsa-miR-17-5p", "hsa-miR-106a"]
    assert sorted(["a-01", "a-1", "a-1b", "b"], key=natural) == ["a-01", "a-1", "a-1b", "b"]
    long = ["a" + "1" * 5000, "a" + "1" * 4999 + "2", "a" + "1" * 5001]
    assert sorted(["a2", *long[::-1]], key=natural) == ["a2", *long]


@given(st.lists(st.text("a0129-", max_size=5), max_size=6))
def test_natural_order_is_one_of_names(names):
    backwards = names[::-1]
    assert sorted(backwards, key=natural) == sorted(names, key=natural)
    assert len({str(natural(name)) for name in names}) == len(set(names))
