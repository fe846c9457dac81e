"""Sites on transcripts and their context: known answers, and the slow way."""

from __future__ import annotations

import random

import numpy as np
import pytest
import slow_genes

from mirtools.genes.context import CONTEXT
from mirtools.genes.features import CDS, UTR3, UTR5, seed_stability
from mirtools.genes.predict import find_sites
from mirtools.genes.seeds import FIRST, LAST
from mirtools.genes.targets import targets_of
from mirtools.io.sequences import reverse_complement
from mirtools.pairs.site_types import SITE_TYPES, seed_match
from mirtools.transcripts.regions import Regions

LET_7 = "TGAGGTAGTAGGTTGTATAGTT"
SITE = "CTACCTCA"


def found(mirna, *transcripts, **regions):
    named = [(f"t{at}", transcript) for at, transcript in enumerate(transcripts)]
    return find_sites([mirna], targets_of(named, regions))


def typed(mirna, transcript):
    result = found(mirna, transcript)
    return [(int(site[2]), SITE_TYPES[site[3]]) for site in result.sites]


@pytest.mark.parametrize(
    ("transcript", "kind", "start", "end"),
    [
        ("GGGGG" + SITE + "GG", "8mer", 5, 13),
        ("GGGGGCTACCTCGG", "7mer-m8", 5, 12),
        ("GGGGGGTACCTCAG", "7mer-A1", 6, 13),
        ("GGGGGGTACCTCGG", "6mer", 6, 12),
        ("GGGGGCTACCTGGG", "offset-6mer", 5, 11),
        ("GGGGGCTATCTCAG", "8mer+GU", 5, 13),
        ("GGGGGCTAGCCTCAG", "8mer+bulge", 5, 14),
        (SITE, "8mer", 0, 8),
        ("CTACCTC", "7mer-m8", 0, 7),  # the base opposite base 1 is missing
        ("TACCTCA", "7mer-A1", 0, 7),
        ("TACCTC", "6mer", 0, 6),
        ("CTACCT", "offset-6mer", 0, 6),
        ("NNCTACCTCNN", "7mer-m8", 2, 9),
    ],
)
def test_types_and_positions(transcript, kind, start, end):
    result = found(LET_7, transcript)
    assert [SITE_TYPES[each] for each in result.described.kind] == [kind]
    assert (result.starts.tolist(), result.ends.tolist()) == ([start], [end])
    assert seed_match(LET_7, transcript)[:3] == (kind, start, end)


def test_no_site():
    assert typed(LET_7, "GGGGGGGGGGGGGGG") == []
    assert typed(LET_7, "CTNCCTCA") == []
    assert typed(LET_7, "A") == []


def test_sites_of_one_mirna_do_not_share_their_seed():
    # a run of A that a seed of U matches everywhere
    sites = typed("TTTTTTTTTTTTTTTTTTTT", "A" * 40)
    anchors = [anchor for anchor, _ in sites]
    assert min(np.diff(anchors)) >= 6
    assert {kind for _, kind in sites} <= {"8mer", "7mer-A1", "7mer-m8", "6mer"}


@pytest.mark.parametrize("seed", range(4))
def test_sites_equal_those_found_slowly(seed):
    letters = random.Random(seed)
    for number in range(30):
        mirna = "".join(letters.choices("ACGT", k=letters.choice((10, 19, 22))))
        parts = []
        for kind, pattern, _ in letters.choices(slow_genes.patterns(mirna), k=6):
            assert kind in SITE_TYPES
            parts.append(pattern + "".join(letters.choices("ACGTN", [9, 9, 9, 9, 1], k=letters.randrange(12))))
        transcript = "".join(parts)
        assert typed(mirna, transcript) == slow_genes.sites(mirna, transcript), (number, mirna, transcript)
        best = min((SITE_TYPES.index(kind) for _, kind in typed(mirna, transcript)), default=11)
        assert SITE_TYPES[best] == seed_match(mirna, transcript).site_type


@pytest.mark.parametrize("seed", range(3))
def test_context_equals_that_found_slowly(seed):
    letters = random.Random(seed)
    for _ in range(10):
        mirna = "".join(letters.choices("ACGT", k=21))
        before, after = (
            "".join(letters.choices("ACGTN", [9, 9, 9, 9, 1], k=letters.randrange(150))) for _ in "ab"
        )
        transcript = (
            before + reverse_complement(mirna[12:17]) + "ACG" + reverse_complement(mirna[1:8]) + "A" + after
        )
        result = found(mirna, transcript)
        for site, row in zip(result.sites, result.described.context, strict=True):
            anchor, context = int(site[2]), dict(zip(CONTEXT, row.tolist(), strict=True))
            upstream = slow_genes.weighted_au(transcript, anchor - 8, -1)
            downstream = slow_genes.weighted_au(transcript, anchor + 1, 1)
            assert context["au_upstream"] == pytest.approx(upstream, abs=1e-6)
            assert context["au_downstream"] == pytest.approx(downstream, abs=1e-6)
            assert context["supplementary"] == slow_genes.supplementary(mirna, transcript, anchor)


def test_supplementary_pairing_has_its_best_score_without_a_difference_of_the_loops():
    # bases 13-16 pair, and the loops of both strands have 4 nt (bases 9-12)
    transcript = "GG" + reverse_complement(LET_7[12:16]) + "GGGG" + SITE
    result = found(LET_7, transcript)
    context = dict(zip(CONTEXT, result.described.context[-1].tolist(), strict=True))
    assert (context["supplementary"], context["supplementary_offset"]) == (4.0, 0.0)


def test_regions_and_distances():
    transcript = "G" * 10 + SITE + "G" * 22 + SITE + "G" * 12 + SITE + "G" * 20 + SITE + "G" * 30
    result = found(LET_7, transcript, t0=Regions(30, 60, len(transcript)))
    sites = [at for at, kind in enumerate(result.described.kind.tolist()) if SITE_TYPES[kind] == "8mer"]
    assert result.described.region[sites].tolist() == [UTR5, CDS, UTR3, UTR3]
    context = result.described.context[sites]
    assert context[:, CONTEXT.index("to_start")].tolist() == [10, 10, 0, 28]
    assert context[:, CONTEXT.index("to_end")].tolist() == [12, 12, 58, 30]
    # the two sites of the 3'UTR are 28 nt apart; those of other regions do not count
    assert context[:, CONTEXT.index("neighbours")].tolist() == [0, 0, 1, 1]
    assert result.described.utr3_length[sites].tolist() == [66] * 4
    assert result.described.cds_length[sites].tolist() == [30] * 4


def test_a_target_without_regions_is_a_3p_utr():
    result = found(LET_7, "GG" + SITE + "GG")
    assert result.described.region.tolist() == [UTR3]
    assert result.spans.tolist() == [[0, 12]]


def test_ends_of_matches():
    lengths = dict(zip(SITE_TYPES, (FIRST + LAST).tolist(), strict=True))
    assert lengths == {
        "8mer": 8, "7mer-m8": 7, "7mer-A1": 7, "6mer": 6, "offset-6mer": 6, "8mer+GU": 8, "7mer-m8+GU": 7,
        "7mer-A1+GU": 7, "6mer+GU": 6, "8mer+bulge": 9, "7mer-m8+bulge": 8, "none": 0,
    }  # fmt: skip


def test_stability_of_a_seed():
    # GAGGTAG: GA AG GG GT TA AG
    assert seed_stability(LET_7) == pytest.approx(-2.35 - 2.08 - 3.26 - 2.24 - 1.33 - 2.08)
    assert seed_stability("TAAAAAAAT") > seed_stability("TGGGGGGGT")
