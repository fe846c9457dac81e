"""Effects of variants: known answers, and transcripts that are edited by hand and predicted from scratch."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter

import numpy as np
import pytest
import slow_variants
from hypothesis import given
from hypothesis import strategies as st

from mirtools.genes import variant_table
from mirtools.genes.alleles import LEAST_EFFECT, Alleles, matched
from mirtools.genes.features import CDS, UTR3, UTR5, has_effect
from mirtools.genes.model import load_model
from mirtools.genes.predict import predict
from mirtools.genes.targets import targets_of
from mirtools.genes.variant_table import VARIANT_COLUMNS, VariantTable
from mirtools.genes.variants import AllelePlacer, Edit, edited, trimmed
from mirtools.io.encoding import encode
from mirtools.io.sequences import Reference, reverse_complement
from mirtools.io.vcf import Variant
from mirtools.pairs.site_types import SITE_TYPES
from mirtools.runlog import RunLog
from mirtools.transcripts.gtf import Placement
from mirtools.transcripts.regions import Regions

LET_7, MIR_16 = "TGAGGTAGTAGGTTGTATAGTT", "TAGCAGCACGTAAATATTGGCG"
MIRNAS = [Reference(name, name, sequence) for name, sequence in (("let-7", LET_7), ("miR-16", MIR_16))]
MODEL = load_model()


def targets_on(genome, placements):
    """Return targets cut out of a genome; those with a coding sequence have regions."""
    transcripts = [(f"T{at}", slow_variants.spliced(genome, each)) for at, each in enumerate(placements)]
    known = {
        name: Regions(*slow_variants.regions(genome, each), len(sequence))
        for (name, sequence), each in zip(transcripts, placements, strict=True)
        if each.coding
    }
    return targets_of(transcripts, known)._replace(placements=list(placements))


def table_of(targets, variants, tmp_path, every=False, log=None, mirnas=MIRNAS):
    path = tmp_path / "variants.vcf"
    lines = [f"{chrom}\t{at + 1}\tv\t{ref}\t{alt}\n" for chrom, at, ref, alt in variants]
    path.write_text("#CHROM\tPOS\tID\tREF\tALT\n" + "".join(lines))
    stream = io.StringIO()
    log = RunLog() if log is None else log
    VariantTable(stream, mirnas, targets, MODEL, every, log).write(str(path))
    rows = list(csv.DictReader(io.StringIO(stream.getvalue()), delimiter="\t"))
    counts = log.counts
    assert counts["variant_alleles"] == counts["variant_alleles_predicted"] + sum(log.dropped.values())
    return rows


def random_genome(letters):
    parts = []
    while sum(map(len, parts)) < 1200:
        parts.append("".join(letters.choices("ACGT", k=letters.randrange(1, 25))))
        mirna = letters.choice([LET_7, MIR_16])
        parts.append(reverse_complement(mirna[letters.randrange(2) : letters.choice([7, 8])]))
        if letters.random() < 0.5:
            parts[-1] = reverse_complement(parts[-1])
        parts.append(letters.choice(["A", "AAAA", "T", ""]))
    return "".join(parts)


def random_placement(letters, chromosome="1"):
    cuts = sorted(letters.sample(range(20, 1150), 6))
    exons = [(start, end) for start, end in zip(cuts[::2], cuts[1::2], strict=True) if end - start > 3]
    if not exons:
        return random_placement(letters, chromosome)
    positions = [at for start, end in exons for at in range(start, end)]
    coding = None
    if letters.random() < 0.7:
        first, last = sorted(letters.sample(positions, 2))
        coding = (first, last + 1)
    return Placement(chromosome, letters.choice("+-"), exons, coding)


def random_variant(letters, genome):
    at = letters.randrange(len(genome) - 30)
    kind = letters.choice(["snv", "mnv", "insertion", "deletion", "other"])
    size = letters.choice([1, 2, 3, 8, 20])
    bases = "".join(letters.choices("ACGT", k=size))
    if kind == "snv":
        return at, genome[at], letters.choice([base for base in "ACGT" if base != genome[at]])
    if kind == "mnv":
        return at, genome[at : at + size], bases
    if kind == "insertion":
        again = letters.random() < 0.3  # a second copy of what is there
        return at, genome[at], genome[at] + (genome[at + 1 : at + 1 + size] if again else bases)
    if kind == "deletion":
        return at, genome[at : at + size + 1], genome[at]
    return at, genome[at : at + size], bases[: letters.randrange(1, size + 1)] + "ACG"


def counted(prediction, at):
    """Return the sites with an effect of a target: anchor, type and region, with their contributions."""
    found = prediction.found
    kept = has_effect(found.described.kind, found.described.region) & (found.sites[:, 1] == at)
    return {
        (int(found.sites[site, 2]), int(found.described.kind[site]), int(found.described.region[site])): float(
            prediction.contribution[site]
        )
        for site in np.flatnonzero(kept)
    }


def listed(cell):
    return [] if cell == "." else cell.split(",")


@pytest.mark.parametrize("seed", range(4))
def test_predictions_are_those_of_transcripts_edited_by_hand(seed, tmp_path, monkeypatch):
    monkeypatch.setattr(variant_table, "_MOST_BASES", 4000)  # several batches
    letters = random.Random(seed)
    genome = random_genome(letters)
    placements = [random_placement(letters) for _ in range(8)]
    targets = targets_on(genome, placements)
    variants = [random_variant(letters, genome) for _ in range(60)]
    variants = [(at, ref, alt) for at, ref, alt in variants if ref != alt]
    rows = table_of(targets, [("chr1", *each) for each in variants], tmp_path, every=True)
    before = {mirna.name: predict(mirna.sequence, targets, MODEL) for mirna in MIRNAS}
    predicted = checked = 0
    for row in rows:
        if row["mirna_id"] == ".":
            continue
        predicted += 1
        number = int(row["target_id"][1:])
        placement = placements[number]
        bases = slow_variants.cells(genome, int(row["pos"]) - 1, row["ref"], row["alt"])
        sequence = slow_variants.spliced(bases, placement)
        known = {}
        if placement.coding:
            start, end = slow_variants.regions(bases, placement)
            edges = targets.edges[number].tolist()
            if row["variant_start"] == row["variant_end"] and int(row["variant_start"]) in edges[1:3]:
                continue  # between two regions
            known = {"alt": Regions(start, end, len(sequence))}
        checked += 1
        alone = predict(row["mirna_seq"], targets_of([("alt", sequence)], known), MODEL)
        old = before[row["mirna_id"]].change[number]
        assert float(row["reference_log2fc"]) == pytest.approx(old, abs=1e-6)
        assert float(row["alternative_log2fc"]) == pytest.approx(alone.change[0], abs=1e-6)
        assert float(row["difference"]) == pytest.approx(alone.change[0] - old, abs=2e-6)
        check_sites(row, counted(before[row["mirna_id"]], number), counted(alone, 0))
    assert checked > 100
    assert checked > 0.9 * predicted
    effects = table_of(targets, [("chr1", *each) for each in variants], tmp_path)
    kept = [row for row in effects if row["mirna_id"] != "."]
    assert kept == [row for row in rows if row["mirna_id"] != "." and counts(row)]
    assert 20 < len(kept) < predicted


def counts(row):
    """Return whether a row has an effect."""
    retyped = any(">" in text.rpartition(":")[0] for text in listed(row["changed_sites"]))
    large = abs(float(row["difference"])) >= LEAST_EFFECT
    return row["made_sites"] != "." or row["broken_sites"] != "." or retyped or large


def check_sites(row, old, new):
    """Check lists of sites against those of both sequences: what is in no list is the same in both."""

    def types(sites):
        return Counter((kind, region) for _, kind, region in sites)

    names = {"5'UTR": UTR5, "CDS": CDS, "3'UTR": UTR3}

    made, broken = Counter(), Counter()
    for name, into in (("made_sites", made), ("broken_sites", broken)):
        for text in listed(row[name]):
            region, kind, _, _ = text.split(":")
            into[SITE_TYPES.index(kind), names[region]] += 1
    before, after = Counter(), Counter()
    for text in listed(row["changed_sites"]):
        region, kind, _, _ = text.split(":")
        kinds, places = kind.split(">"), region.split(">")
        before[SITE_TYPES.index(kinds[0]), names[places[0]]] += 1
        after[SITE_TYPES.index(kinds[-1]), names[places[-1]]] += 1
    assert types(old) - broken - before == types(new) - made - after
    assert not (broken + before) - types(old)
    assert not (made + after) - types(new)
    # contributions that are listed add up to the difference, with those that hardly change
    total = sum(new.values()) - sum(old.values())
    shares = sum(float(text.rpartition(":")[2]) for text in listed(row["made_sites"]))
    shares -= sum(float(text.rpartition(":")[2]) for text in listed(row["broken_sites"]))
    for text in listed(row["changed_sites"]):
        a, b = text.rpartition(":")[2].split(">")
        shares += float(b) - float(a)
    assert abs(shares - total) <= LEAST_EFFECT * (len(old) + len(new)) + 1e-3


SITE = "CTACCTCA"
# 100 G, the site of let-7 as two exons of one transcript on each strand
GENOME = "G" * 60 + "CTAC" + "G" * 40 + "CTCA" + "G" * 60
PLUS = Placement("1", "+", [(30, 64), (104, 140)])


@pytest.mark.parametrize("strand", "+-")
def test_a_site_over_an_intron_on_both_strands(strand, tmp_path):
    genome = GENOME if strand == "+" else reverse_complement(GENOME)
    size = len(genome)
    exons = PLUS.exons if strand == "+" else [(size - end, size - start) for start, end in reversed(PLUS.exons)]
    targets = targets_on(genome, [Placement("1", strand, exons)])
    at, ref, alt = (62, "A", "C") if strand == "+" else (size - 63, "T", "G")
    (row,) = table_of(targets, [("1", at, ref, alt)], tmp_path)
    assert row["broken_sites"].startswith("3'UTR:8mer:30-38:-0.")
    assert (row["status"], row["made_sites"], row["changed_sites"]) == ("lost", ".", ".")
    assert (row["variant_start"], row["variant_end"], row["region"]) == ("32", "33", "3'UTR")
    assert list(row) == VARIANT_COLUMNS
    # and back
    changed = genome[:at] + alt + genome[at + 1 :]
    (row,) = table_of(targets_on(changed, [Placement("1", strand, exons)]), [("1", at, alt, ref)], tmp_path)
    assert row["status"] == "gained"
    assert row["made_sites"].startswith("3'UTR:8mer:30-38:-0.")


@pytest.mark.parametrize(
    ("at", "ref", "alt", "changed"),
    [
        (60, "C", "A", "3'UTR:8mer>7mer-A1:30-38:"),
        (107, "A", "C", "3'UTR:8mer>7mer-m8:30-38:"),
        (60, "C", "CT", "3'UTR:8mer>7mer-A1:30-38:"),  # an insertion in the site
        (106, "CA", "C", "3'UTR:8mer>7mer-m8:30-38:"),  # a deletion of its last base
    ],
)
def test_a_site_of_another_type(at, ref, alt, changed, tmp_path):
    (row,) = table_of(targets_on(GENOME, [PLUS]), [("1", at, ref, alt)], tmp_path)
    assert row["changed_sites"].startswith(changed)
    assert (row["status"], row["made_sites"], row["broken_sites"]) == ("weaker", ".", ".")


def test_sites_move_with_an_insertion(tmp_path):
    (row,) = table_of(targets_on(GENOME, [PLUS]), [("1", 40, "G", "G" + SITE + "CC")], tmp_path)
    assert (row["broken_sites"], row["status"]) == (".", "stronger")
    assert row["made_sites"].startswith("3'UTR:8mer:11-19:")


def test_a_deletion_in_a_repeat_leaves_the_site_as_it_is(tmp_path):
    genome = "G" * 40 + SITE + "AAAA" + "G" * 40
    targets = targets_on(genome, [Placement("1", "+", [(5, 90)])])
    left, right = (48 - 2, "CA", "C"), (50, "AA", "A")
    for variant in (left, right):
        for row in table_of(targets, [("1", *variant)], tmp_path, every=True):
            assert row["made_sites"] == row["broken_sites"] == "."


@pytest.mark.parametrize(
    ("coding", "at", "ref", "alt", "reason"),
    [
        (None, 64, "G", "C", "splice_site"),
        (None, 103, "G", "C", "splice_site"),
        (None, 66, "G", "C", "outside_exons"),
        (None, 10, "G", "C", "outside_exons"),
        (None, 29, "G", "C", "outside_exons"),  # before the transcript, where nothing is spliced
        (None, 63, "CG", "C", "splice_site"),
        (None, 62, "ACG", "A", "exon_border"),
        (None, 63, "C", "CT", "exon_border"),
        (None, 29, "G", "GT", "exon_border"),
        (None, 50, GENOME[50:120], "G", "exon_border"),
        (None, 62, "C", "G", "other_reference"),
        (None, 63, "CC", "CCC", None),  # the second base is in the intron
        (None, 62, "CC", "CCC", "other_reference"),
        (None, 62, "A", "N", "ambiguous_base"),
        (None, 62, "A", "A", "same_as_reference"),
        (None, 62, "A", ".", "no_alternative"),
        (None, 62, "A", "*", "other_deletion"),
        (None, 62, "A", "<DUP>", "symbolic_allele"),
        ((40, 125), 40, "G", "C", "start_codon"),
        ((40, 125), 41, "G", "GC", "start_codon"),
        ((40, 125), 42, "G", "GC", "frameshift"),
        ((40, 125), 39, "G", "GC", None),
        ((40, 125), 122, "G", "C", "stop_codon"),
        ((40, 125), 124, "G", "C", "stop_codon"),
        ((40, 125), 125, "G", "C", None),
        ((40, 125), 124, "G", "GCC", None),
        ((40, 125), 123, "G", "GCC", "stop_codon"),
        ((40, 125), 50, "G", "GC", "frameshift"),
        ((40, 125), 50, "G", "GCCC", None),
        ((40, 125), 50, "GGGG", "G", None),
        ((40, 125), 42, "G", "GTAA", "stop_gained"),
        ((40, 125), 43, "G", "GTAA", None),  # GTA AGG
        ((40, 125), 43, "GGG", "TAA", "stop_gained"),
        ((40, 125), 44, "GGG", "TAA", None),
        ((30, 125), 45, "GGG", "TAA", None),  # no start codon is known
        ((40, 140), 139, "G", "C", None),  # nor a stop codon
    ],
)
def test_reasons(coding, at, ref, alt, reason, tmp_path):
    targets = targets_on(GENOME, [PLUS._replace(coding=coding)])
    log = RunLog()
    rows = table_of(targets, [("chr1", at, ref, alt)], tmp_path, every=True, log=log)
    if reason is None:
        assert {row["mirna_id"] for row in rows} == {"let-7", "miR-16"}
        assert not log.dropped
        return
    assert [(row["status"], row["mirna_id"]) for row in rows] == [(reason, ".")]
    assert log.dropped == {f"variant_{reason}": 1}
    few = table_of(targets, [("chr1", at, ref, alt)], tmp_path)
    assert len(few) == (rows[0]["target_id"] != ".")
    assert log.hints


def test_the_minus_strand_has_its_own_stop_codon(tmp_path):
    targets = targets_on(GENOME, [PLUS._replace(coding=(40, 125), strand="-")])
    rows = table_of(targets, [("1", 41, "G", "A"), ("1", 123, "G", "A")], tmp_path)
    assert [row["status"] for row in rows] == ["stop_codon", "start_codon"]


def test_one_allele_on_several_transcripts(tmp_path):
    targets = targets_on(
        GENOME, [PLUS, PLUS._replace(exons=[(30, 62), (104, 140)]), PLUS._replace(coding=(61, 108))]
    )
    log = RunLog()
    rows = table_of(targets, [("1", 62, "A", "C,G")], tmp_path, log=log, every=True)
    alleles = [(row["alt"], row["target_id"], row["mirna_id"], row["status"]) for row in rows]
    assert ("C", "T1", ".", "splice_site") in alleles
    assert ("G", "T2", ".", "start_codon") in alleles
    assert ("C", "T0", "let-7", "lost") in alleles
    assert len(alleles) == 8
    assert (log.counts["variants"], log.counts["variant_alleles"]) == (1, 2)
    assert log.counts["variant_alleles_predicted"] == log.counts["variant_alleles_with_effect"] == 2


def test_an_insertion_between_two_regions_is_untranslated():
    targets = targets_on(GENOME, [PLUS._replace(coding=(40, 125))])
    placer = AllelePlacer(targets)
    for at, region, edges in ((39, UTR5, [0, 14, 59, 74]), (124, UTR3, [0, 10, 55, 74])):
        (edit,) = placer.place(Variant("1", at + 1, ".", "G", ("GCCCC",)), "GCCCC").edits
        assert edit.region == region
        codes, found = edited(targets.codes, targets.edges[0].tolist(), edit)
        assert (len(codes), found) == (74, edges)


def test_hints(tmp_path):
    targets = targets_on(GENOME, [PLUS])
    log = RunLog()
    table_of(targets, [("2", 3, "A", "C")], tmp_path, log=log)
    assert log.hints == ["no variant lies on a chromosome of the targets: the variants are on 2, the targets on 1"]
    log = RunLog()
    table_of(targets, [("1", 62, "C", "G"), ("1", 61, "T", "G")], tmp_path, log=log)
    assert "REF of 1 of 2 alleles in exons differs" in log.hints[0]
    log = RunLog()
    table_of(targets._replace(placements=[]), [("1", 62, "A", "G")], tmp_path, log=log)
    assert "no target has a position on the genome" in log.hints[0]
    log = RunLog()
    table_of(targets, [("1", 3, "G", "C")], tmp_path, log=log)
    assert "most frequent reason is outside_exons (1 of 1)" in log.hints[0]
    log = RunLog()
    table_of(targets, [], tmp_path, log=log)
    assert log.hints == []


@given(st.integers(0, 50), st.text("AC", min_size=1, max_size=6), st.text("AC", min_size=1, max_size=6))
def test_trimmed_alleles_give_the_same_sequence(at, reference, alternative):
    genome = "GT" * 20 + "A" * 11
    genome = genome[:at] + reference + genome[at:]
    start, end, bases = trimmed(at, reference, alternative)
    assert genome[:start] + bases + genome[end:] == genome[:at] + alternative + genome[at + len(reference) :]
    assert not (start < end and bases and (genome[start] == bases[0] or genome[end - 1] == bases[-1]))


@given(
    st.lists(st.integers(0, 60), unique=True), st.lists(st.integers(0, 60), unique=True),
    st.integers(0, 50), st.integers(0, 8), st.integers(0, 8),
)  # fmt: skip
def test_each_site_is_matched_once(before, after, start, removed, added):
    edit = Edit(0, start, start + removed, np.zeros(added, np.uint8), UTR3)
    pairs = matched(sorted(before), sorted(after), edit, start, start + removed)
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
    # without an edit at it, a site that is there before and after is the same one
    for a, b in pairs:
        old, new = sorted(before)[a], sorted(after)[b]
        assert abs(new - old) < 6 or abs(new - old - edit.shift) < 6 or start <= old < start + removed


@given(st.data())
def test_sites_far_from_an_edit_are_not_listed(data):
    """The same site before and after any edit of 30 G between them is in no list of made or broken sites."""
    middle = "G" * 30
    start = data.draw(st.integers(12, 20))
    end = data.draw(st.integers(start, 20))
    bases = data.draw(st.text("CG", max_size=12))
    sequence = "GG" + SITE + middle + SITE + "GG"
    targets = targets_of([("one", sequence)], {})
    edit = Edit(0, start, end, encode([bases], len(bases))[0], UTR3)
    alleles = Alleles(targets, [edit])
    for effect in alleles.effects(predict(LET_7, alleles.targets, MODEL), every=True).values():
        assert effect.made == effect.broken == []
        assert all(old.kind == new.kind for old, new in effect.changed)
