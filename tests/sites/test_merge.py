"""Merging rows: against sets of bases, on the genome, between isoforms, and reads that fit several sites."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sites.slow_sites import merged_sets
from sites.tables_of_pairs import row, write_rows

from mirtools.sites.guides import guides_of
from mirtools.sites.merge import merge_rows, shape
from mirtools.sites.multi import shares
from mirtools.sites.rows import read_rows
from mirtools.sites.targets import Targets
from mirtools.transcripts.annotation import Annotation
from mirtools.transcripts.gtf import Placement, genomic_blocks

EXONS = {
    "T1": Placement("1", "+", [(100, 150), (200, 260)]),
    "T2": Placement("1", "+", [(100, 150), (230, 260), (300, 330)]),
    "T3": Placement("1", "-", [(120, 250)]),
}


def merge(tmp_path, listed, known=None, genes=None, multi="em", by="mirna"):
    rows, _ = read_rows([write_rows(tmp_path / "t.tsv", listed)], ["s"])
    _, guides = guides_of(rows, by)
    merged = merge_rows(rows, guides, known or Targets({}), genes or {}, multi)
    found: dict[int, list[str]] = {}
    for spot, site in zip(merged.member_spot, merged.member_site, strict=True):
        found.setdefault(int(site), []).append(rows.pair_ids[merged.spots.row[spot]])
    return merged, rows, [sorted(set(pairs)) for pairs in found.values()]


@given(st.integers(0, 2**32), st.booleans())
def test_sites_as_sets_of_bases_give_them(tmp_path_factory, seed, on_genome):
    draw = random.Random(seed)
    listed = {}
    for _ in range(draw.randrange(1, 25)):
        target = draw.choice(list(EXONS))
        start = draw.randrange(0, 95)
        each = row(draw.choice(["miR-16", "miR-21"]), target, start, min(110, start + draw.randrange(1, 16)))
        listed[each["pair_id"]] = each
    known = Targets({}, Annotation({}, EXONS)) if on_genome else None
    merged, rows, found = merge(tmp_path_factory.mktemp("m"), list(listed.values()), known)
    parts = []
    for identifier in rows.pair_ids:
        each = listed[identifier]
        target, span = each["target_id"], (each["target_start"], each["target_end"])
        key, blocks = (each["mirna_id"], target), [span]
        if on_genome:
            key, blocks = (each["mirna_id"], *EXONS[target][:2]), genomic_blocks(EXONS[target], *span)
        parts.append((key, {base for first, last in blocks for base in range(first, last)}))
    expected = [[rows.pair_ids[number] for number in group] for group in merged_sets(parts)]
    assert sorted(map(sorted, expected)) == sorted(found)
    assert merged.reads.sum() == len(listed)
    # places: the same without miRNAs
    without = merged_sets([(key[1:], positions) for key, positions in parts])
    assert len(np.unique(merged.place)) == len(without)


def test_touching_parts_are_two_sites(tmp_path):
    _, _, found = merge(
        tmp_path, [row("miR-16", "T1", 5, 30), row("miR-16", "T1", 30, 50), row("miR-16", "T1", 49, 60)]
    )
    assert sorted(map(len, found)) == [1, 2]


def test_isoforms_without_annotation_share_places_by_their_bases(tmp_path):
    bases = "".join(random.Random(1).choices("ACGT", k=40))
    site = {"site_seq": bases + "GGGGG"}
    listed = [
        row("miR-16", "T1", 100, 140, **site),
        row("miR-16", "T2", 300, 340, **site),
        row("miR-16", "T3", 300, 340, **site),
        row("miR-21", "T2", 300, 340, **site),
    ]
    _, _, found = merge(tmp_path, listed, genes={"T1": "G", "T2": "G", "T3": "other"})
    assert sorted(map(len, found)) == [1, 1, 2]
    _, _, found = merge(tmp_path, listed)
    assert sorted(map(len, found)) == [1, 1, 1, 1]


def test_guides_by_family_seed_and_form(tmp_path):
    seed_mate = {"mirna_seq": "TGAGGTAGCCCCCCCCCCCC"}
    listed = [
        row("let-7a", "T1", 5, 30, mirna_class="exact"),
        row("let-7b", "T1", 6, 30, mirna_class="exact", **seed_mate),
        row(
            "let-7a",
            "T1",
            7,
            30,
            mirna_class="isomir",
            isomir_variant="iso_5p:+1",
            mirna_seq="GAGGTAGTAGGTTGTATAGTT",
        ),
    ]
    for by, groups in {"mirna": [1, 2], "family": [3], "seed": [1, 2], "form": [1, 1, 1]}.items():
        _, rows, found = merge(tmp_path, listed, by=by)
        assert sorted(map(len, found)) == groups, by
    assert guides_of(rows, "family")[0] == ["let-7a/let-7b"]
    assert guides_of(rows, "family", {"let-7a": "let-7", "let-7b": "let-7"})[0] == ["let-7"]
    assert guides_of(rows, "seed")[0] == ["AGGUAGU", "GAGGUAG"]
    assert guides_of(rows, "form")[0] == ["let-7a|exact", "let-7a|iso_5p:+1", "let-7b|exact"]


def test_reads_that_fit_two_genes(tmp_path):
    tied = "T1:5-30,T9:105-130"
    listed = [
        row("miR-16", "T1", 5, 30, n_reads=10, tied_sites=tied),
        row("miR-16", "T1", 8, 40, n_reads=9),
        row("miR-16", "T9", 100, 120, n_reads=3),
        row("miR-16", "T5", 5, 30, n_reads=1, tied_sites="T5:5-30,T6:5-30"),
    ]
    merged, _, _ = merge(tmp_path, listed)
    # 9 : 3 of the reads of their own, so 10 tied reads go 7.5 : 2.5
    assert sorted(np.round(merged.reads[:, 0], 4).tolist()) == [0.5, 0.5, 5.5, 16.5]
    assert (merged.tied_rows, merged.left_out) == (2, 0)
    first, _, _ = merge(tmp_path, listed, multi="first")
    assert sorted(first.reads[:, 0].tolist()) == [1, 3, 19]
    unique, _, _ = merge(tmp_path, listed, multi="unique")
    assert sorted(unique.reads[:, 0].tolist()) == [3, 9]
    assert unique.left_out == 2


@given(st.integers(0, 2**32))
def test_shares_as_one_read_after_the_other_gives_them(seed):
    draw = np.random.default_rng(seed)
    rows, sites = int(draw.integers(1, 8)), int(draw.integers(1, 5))
    fits = draw.random((rows, sites)) < 0.5
    fits[np.arange(rows), draw.integers(0, sites, rows)] = True
    reads = draw.integers(1, 20, rows).astype(float)
    row_of, site_of = np.nonzero(fits)
    found = np.zeros((rows, sites))
    found[row_of, site_of] = shares(row_of, site_of, reads, sites)
    expected = fits / fits.sum(axis=1, keepdims=True)
    for _ in range(500):
        abundance = (expected * reads[:, None]).sum(axis=0)
        expected = fits * abundance / (fits * abundance).sum(axis=1, keepdims=True)
    assert np.allclose(found.sum(axis=1), 1)
    assert np.abs(found - expected).max() < 5e-3


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(10, 20, 1)], (14, 10, 20)),
        ([(10, 20, 4), (15, 30, 2)], (17, 10, 20)),
        ([(10, 20, 4), (20, 30, 4)], (14, 10, 30)),
        ([(10, 40, 0.1), (12, 14, 0.2), (30, 32, 0.2)], (12, 12, 14)),
    ],
)
def test_summit_and_core(parts, expected):
    assert shape(parts) == expected


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12), st.integers(1, 9)), min_size=1, max_size=8))
def test_summit_and_core_as_counting_bases_gives_them(drawn):
    # parts of one site: each overlaps the one before
    parts = [(start, start + size, reads) for start, size, reads in drawn]
    depth = [sum(reads for a, b, reads in parts if a <= base < b) for base in range(45)]
    top = depth.index(max(depth))
    last = top
    while depth[last + 1] == depth[top] and not any(last + 1 in (a, b) for a, b, _ in parts):
        last += 1
    summit, start, end = shape(parts)
    assert depth[summit] == max(depth)
    assert start <= summit < end
    assert all(2 * depth[base] >= max(depth) for base in range(start, end))
    assert 2 * depth[end] < max(depth)
    assert start == 0 or 2 * depth[start - 1] < max(depth)
