"""Which pair a prediction is about: same miRNA, same transcript or gene, overlapping site."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.errors import InputError, UsageError
from mirtools.evaluation.matching import (
    PairIndex,
    match_by_names,
    match_by_order,
    mirna_names,
    read_utr3_starts,
    share_bases,
    target_names,
)
from mirtools.evaluation.programs.output import Hit
from mirtools.evaluation.score_columns import GENES, PAIR_ID
from mirtools.pairs.table import LabelledPairs

MIR16, LET7 = "TAGCAGCACGTAAATATTGGCG", "TGAGGTAGTAGGTTGTATAGTT"
GENCODE = "ENST00000369158.1|ENSG00000203811.1|H3C14|protein_coding"
ROWS = [
    # miRNA, its bases, target, site, start, end, pair_id
    ("hsa-miR-16-5p|MIMAT0000069", MIR16, GENCODE, "ACGTACGTACGTACGTTGCTGCTA", 100, 124, "P1"),
    ("hsa-miR-16-5p", MIR16[:-1], "ENST00000369158", "ACGTACGTACGTACGTTGCTGCTAA", 200, 225, "P2"),
    ("hsa-let-7a-5p", LET7, "NM_002744", "GGGACTATACAACCTACTACCTCA", -1, -1, "P3"),
    (".", LET7, ".", "GGGACTATACAACCTACTACCTCA", -1, -1, "."),
    ("hsa-let-7a-5p", LET7, "NM_002744.5", ".", 10, 40, "."),
]


def pairs_of(rows):
    mirna_ids, mirnas, targets, sites, starts, ends, names = (list(column) for column in zip(*rows, strict=True))
    spans = np.column_stack([starts, ends])
    return LabelledPairs(
        mirnas, sites, np.ones(len(rows), np.uint8), mirna_ids, targets, spans, texts={PAIR_ID: names}
    )


def test_columns_of_genes_name_targets_as_well():
    """Tables of chimera-parse name transcripts by accessions; programs may name genes."""
    pairs = pairs_of([("hsa-miR-16-5p", MIR16, "ENST00000369158.1", ".", 100, 124, "P1")])
    pairs.texts.update(zip(GENES, (["ENSG00000203811.1"], ["H3C14"]), strict=True))
    for name in ("H3C14", "ENSG00000203811", "ENST00000369158.1"):
        assert PairIndex(pairs).rows(Hit("hsa-miR-16-5p", name, 1, True, 110, 120)) == [0]
    assert PairIndex(pairs).rows(Hit("hsa-miR-16-5p", "FTL", 1, True, 110, 120)) == []


@pytest.mark.parametrize(
    ("hit", "rows"),
    [
        # the transcript by any of its names, versions aside; the site must overlap by a base
        (Hit("hsa-miR-16-5p", "ENST00000369158.7", 1, True, 120, 140), [0]),
        (Hit("hsa-miR-16-5p", "ENST00000369158", 1, True, 123, 140), [0]),
        (Hit("hsa-miR-16-5p", "ENST00000369158", 1, True, 124, 140), []),
        (Hit("hsa-miR-16-5p", "ENST00000369158", 1, True, 90, 100), []),
        (Hit("hsa-miR-16-5p", "ENST00000369158", 1, True, 90, 101), [0]),
        (Hit("hsa-miR-16-5p", "ENST00000369158", 1, True, 0, 900), [0, 1]),
        (Hit("hsa-miR-16-5p", "H3C14", 1, True, 100, 101), [0]),
        (Hit("HSA_MIR_16_5P", "ENSG00000203811.9_ENST00000369158", 1, True, 100, 101), [0]),
        # another transcript of the gene is another sequence
        (Hit("hsa-miR-16-5p", "ENST00000000001|ENSG00000203811", 1, True, 100, 101), []),
        # without a position the names decide
        (Hit("hsa-miR-16-5p", "ENSG00000203811", 1), [0]),
        (Hit("MIMAT0000069", "H3C14", 1), [0]),
        (Hit("hsa-miR-15a-5p", "H3C14", 1), []),
        (Hit("mmu-miR-16-5p", "H3C14", 1), []),
        # families, with and without the species, and the seed's bases
        (Hit("miR-15-5p/16-5p/195-5p", "H3C14", 1), [0]),
        (Hit("AGCAGCA", "H3C14", 1), [0]),
        (Hit("agcagca", "H3C14", 1), [0]),
        (Hit("GAGGUAG", "NM_002744", 1), [2, 4]),
        (Hit("GAGGUAG", "NM_002744", 1, True, 40, 60), [2]),
        # sequences as names, either alphabet
        (Hit(MIR16.replace("T", "U"), "ACGUACGUACGUACGUUGCUGCUA", 1, True, 3, 9), [0]),
        (Hit(LET7, "gggactatacaacctactacctca", 1), [2, 3]),
        (Hit(MIR16, "gggactatacaacctactacctca", 1), []),
        # pair_id as both names
        (Hit("P2", "P2", 1, True, 0, 9), [1]),
        (Hit("P2", "P1", 1, True, 0, 9), []),
        # what is known by its bases must share some with the site
        (Hit("hsa-miR-16-5p", "H3C14", 1, bases="TTTACGTACGTACGTACGTT"), [0]),
        (Hit("hsa-miR-16-5p", "H3C14", 1, bases="TTTACTTACTTACTTACTTT"), []),
    ],
)
def test_the_rule(hit, rows):
    assert PairIndex(pairs_of(ROWS)).rows(hit) == rows


@pytest.mark.parametrize(
    ("target", "same", "other"),
    [
        ("AT1G01010.2", "AT1G01010.2", "AT1G01010.1"),
        ("Y74C9A.3.1", "y74c9a.3.1", "Y74C9A.3.2"),
        ("2L52.1a", "2L52.1a", "2L52.1b"),
        ("ENSMUST00000193812.2", "ENSMUST00000193812.3", "ENSMUST00000193813.2"),
        ("XR_001737193.2", "XR_001737193", "XR_001737194.2"),
        ("FBtr0079786", "FBgn0004837_FBtr0079786_Su(H)_mRNA", "FBgn0004837_FBtr0305550_Su(H)_mRNA"),
    ],
)
def test_isoforms_are_no_versions(target, same, other):
    index = PairIndex(pairs_of([("miR-1", MIR16, target, ".", 10, 40, ".")]))
    assert index.rows(Hit("miR-1", same, 1, True, 20, 30)) == [0]
    assert index.rows(Hit("miR-1", other, 1, True, 20, 30)) == []


def test_positions_within_sites_do_not_count_on_transcripts():
    hit = Hit("hsa-miR-16-5p", "ENST00000369158", 1, True, 3, 9)
    assert PairIndex(pairs_of(ROWS)).rows(hit, "site") == [0, 1]
    assert PairIndex(pairs_of(ROWS)).rows(hit) == []


def test_positions_from_the_3utr(tmp_path):
    table = tmp_path / "regions.tsv"
    table.write_text("transcript_id\tcds_end\nENST00000369158.1\t90\nNM_002744\t.\n")
    starts = read_utr3_starts(str(table))
    assert starts == {"ENST00000369158.1": 90, "ENST00000369158": 90}
    index = PairIndex(pairs_of(ROWS), utr3_starts=starts)
    assert index.rows(Hit("hsa-miR-16-5p", "H3C14", 1, True, 10, 17), "3utr") == [0]
    assert index.rows(Hit("hsa-miR-16-5p", "H3C14", 1, True, 2, 10), "3utr") == []
    # no 3'UTR known, no overlap known
    assert index.rows(Hit("hsa-let-7a-5p", "NM_002744", 1, True, 10, 20), "3utr") == [2]
    with pytest.raises(UsageError, match="give --regions"):
        PairIndex(pairs_of(ROWS)).rows(Hit("hsa-miR-16-5p", "H3C14", 1, True, 10, 17), "3utr")


def test_the_best_prediction_counts():
    hits = [
        Hit("hsa-miR-16-5p", "ENST00000369158", 3, False, 100, 120),
        Hit("hsa-miR-16-5p", "ENST00000369158", 5, False, 110, 210),
        Hit("hsa-miR-16-5p", "ENST00000369158", 4, True, 205, 230),
        Hit("hsa-miR-16-5p", "ENST00000999999", 9, True, 205, 230),
    ]
    pairs = pairs_of(ROWS)
    matched = match_by_names(PairIndex(pairs), hits, "transcript", len(pairs))
    assert matched.scores.tolist() == [5, 5, -np.inf, -np.inf, -np.inf]
    assert matched.called.tolist() == [False, True, False, False, False]
    assert (matched.predictions, matched.used) == (4, 3)


def test_by_order():
    matched = match_by_order(iter([Hit("a", "b", 2.0), Hit("c", "d", 1.0, False)]), "x.txt", 2)
    assert matched.scores.tolist() == [2, 1]
    assert matched.called.tolist() == [True, False]
    with pytest.raises(InputError, match=r"x\.txt: 1 predictions for 2 pairs"):
        match_by_order(iter([Hit("a", "b", 2.0)]), "x.txt", 2)


def test_names():
    assert mirna_names("hsa-miR-17-5p") == {"hsa-mir-17-5p"}
    assert {"let-7-5p", "98-5p", "mir-98-5p"} <= mirna_names("let-7-5p/98-5p")
    assert mirna_names("UGAGGUA") == {"TGAGGTA"}
    assert "MIMAT0000087" in mirna_names("MIMAT0000087_MirBase_miR-30a_microRNA") & mirna_names(
        "miR-30a MIMAT0000087"
    )
    assert target_names("") == frozenset()
    assert {"NM_000014", "abc"} <= target_names("NM_000014.5|ABC")


bases = st.text("ACGT", max_size=20)


@given(bases, bases)
def test_shared_bases(one, other):
    size = min(12, len(one), len(other))
    expected = any(one[at : at + size] in other for at in range(len(one) - size + 1))
    assert share_bases(one, other) == expected
    assert share_bases(one, other) == share_bases(other, one)


names = st.sampled_from(["hsa-miR-16-5p", "hsa-let-7a-5p", "hsa-miR-1-3p"])
targets = st.sampled_from(["NM_1", "NM_2"])
places = st.integers(0, 12)


@given(st.lists(st.tuples(names, targets, places, places)), st.tuples(names, targets, places, places))
def test_against_every_pair_in_turn(rows, hit):
    mirna, target, start, width = hit
    rows = [(name, MIR16, place, ".", at, at + size + 1, ".") for name, place, at, size in rows]
    if not rows:
        return
    expected = [
        row
        for row, (name, _, place, _, at, end, _) in enumerate(rows)
        if (name, place) == (mirna, target)
        and any(base in range(at, end) for base in range(start, start + width + 1))
    ]
    assert PairIndex(pairs_of(rows)).rows(Hit(mirna, target, 1, True, start, start + width + 1)) == expected
