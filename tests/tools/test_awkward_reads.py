"""Reads of real sequencers, trimmers and archives: unread or badly read bases make no isomiR."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from commands import TEST_DATA, run

from mirtools.io.sequences import read_references

MIRNAS = TEST_DATA / "mirnas.fa"
TRANSCRIPTS = TEST_DATA / "transcripts.fa.gz"
ADAPTER = "TGGAATTCTCGGGTGCCAAGG"
MIRNA = next(mirna.sequence for mirna in read_references(str(MIRNAS)) if mirna.name == "hsa-miR-16-5p")
EXACT = (MIRNA, ".")


def sites(count):
    """Return different target sites of 30 nt."""
    rng, transcripts = random.Random(1), read_references(str(TRANSCRIPTS))
    found = set()
    while len(found) < count:
        sequence = rng.choice(transcripts).sequence
        start = rng.randrange(len(sequence) - 30)
        found.add(sequence[start : start + 30])
    found = sorted(found)
    rng.shuffle(found)
    return found


SITES = sites(40)


def changed(place, letter, sequence=MIRNA):
    return sequence[:place] + letter + sequence[place + 1 :]


def ligated(parts, mirna_first=True):
    """Return the insert of each part with a separate site."""
    return [part + site if mirna_first else site + part for part, site in zip(parts, SITES, strict=False)]


def types_of(folder, inserts, qualities=None, adapter=ADAPTER, cycles=None, options=(), fasta=False):
    """Return the pairs of inserts by miRNA part and types, and the dropped reads, after a number of cycles.

    ``qualities``: Phred+33 characters by position on all inserts; the others are good and vary.
    """
    lines = []
    for number, insert in enumerate(inserts):
        read = (insert + (adapter or ""))[:cycles]
        values = ["I" if place % 3 else "F" for place in range(len(read))]
        for place, value in (qualities or {}).items():
            values[place] = value
        lines.append(f">r{number}\n{read}\n" if fasta else f"@r{number}\n{read}\n+\n{''.join(values)}\n")
    reads = folder / "reads.fastq"
    reads.write_text("".join(lines))
    trimmed = ("--adapter", adapter) if adapter else ()
    references = ("--mirnas", str(MIRNAS), "--transcripts", str(TRANSCRIPTS))
    pairs = run("chimera-parse", [*references, *trimmed, *options, str(reads)])
    typed = run("isomir-classify", ["--mirnas", str(MIRNAS), "-"], pairs.out)
    assert (pairs.status, typed.status) == (0, 0), pairs.err + typed.err
    header, *rows = (line.split("\t") for line in typed.out.decode().splitlines())
    at = [header.index(name) for name in ("n_reads", "mirna_seq", "isomir_types")]
    found = Counter()
    for row in rows:
        reads, sequence, types = (row[place] for place in at)
        found[sequence, types] += int(reads)
    dropped = next((line for line in typed.err.splitlines() if "dropped" in line), "")
    return found, dropped.partition("dropped: ")[2]


# ---- a base that was not read ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mirna_first", [True, False])
@pytest.mark.parametrize("place", [0, 5, 20, 21])
def test_n_at_one_cycle_of_all_reads_is_no_isomir(tmp_path, mirna_first, place):
    inserts = ligated([changed(place, "N")] * 15, mirna_first)
    found, dropped = types_of(tmp_path, inserts)
    assert (found, dropped) in [(Counter(), "unread_base 15"), (Counter({EXACT: 15}), "")]


@pytest.mark.parametrize("letter", ["N", ".", "R"])
@pytest.mark.parametrize("fasta", [True, False])
def test_reads_with_an_unread_base_are_counted_with_complete_forms(tmp_path, letter, fasta):
    inserts = ligated([changed(9, letter)] * 5 + [MIRNA] * 15)
    assert types_of(tmp_path, inserts, fasta=fasta) == (Counter({EXACT: 20}), "")


def test_n_next_to_the_mirna_is_no_addition(tmp_path):
    found, _ = types_of(tmp_path, ligated([MIRNA + "N"] * 15))
    assert found == {EXACT: 15}


# ---- qualities ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("quality", "kept"), [("!", 0), ('"', 0), ("#", 0), ("?", 0), ("@", 15)])
def test_phred_0_is_a_quality(tmp_path, quality, kept):
    found, dropped = types_of(tmp_path, ligated([changed(9, "C")] * 15), {9: quality})
    assert found == ({(changed(9, "C"), "SNP"): 15} if kept else {})
    assert dropped == ("" if kept else "low_quality 15")


@pytest.mark.parametrize(
    ("part", "place"), [(MIRNA + "A", 22), ("G" + MIRNA, 0), (changed(0, "C"), 0), (changed(21, "C"), 21)]
)
@pytest.mark.parametrize("mirna_first", [True, False])
@pytest.mark.parametrize("quality", ["!", "I"])
def test_quality_is_tested_if_the_target_includes_the_base(tmp_path, part, place, mirna_first, quality):
    place += 0 if mirna_first else 30
    found, dropped = types_of(tmp_path, ligated([part] * 30, mirna_first), {place: quality})
    reads = 0 if quality == "!" else 30
    assert (sum(found.values()), dropped) == (reads, "" if reads else "low_quality 30")


# ---- ends that were not seen ----------------------------------------------------------------------------------


@pytest.mark.parametrize("adapter", [ADAPTER, "AGATCGGAAGAGC", "AACTGTAGGCACCATCAAT"])
@pytest.mark.parametrize("seen", [0, 1, 2, 3])
def test_bases_of_the_adapter_are_no_tail(tmp_path, adapter, seen):
    found, _ = types_of(tmp_path, ligated([MIRNA] * 15, False), adapter=adapter, cycles=52 + seen)
    assert found == {EXACT: 15}


def test_bases_of_an_unknown_adapter_are_no_tail(tmp_path):
    found, _ = types_of(tmp_path, [insert + "TG" for insert in ligated([MIRNA] * 15, False)], adapter=None)
    assert found == {EXACT: 15}


@pytest.mark.parametrize("lost", [1, 3, 5])
def test_a_read_that_ends_in_the_mirna_is_no_deletion(tmp_path, lost):
    found, _ = types_of(tmp_path, ligated([MIRNA] * 15, False), cycles=52 - lost)
    assert found == {EXACT: 15}


def test_a_mirna_that_ends_before_the_adapter_is_a_deletion(tmp_path):
    found, _ = types_of(tmp_path, ligated([MIRNA[:-2]] * 15, False), cycles=70)
    assert found == {(MIRNA[:-2], "3p_deletion"): 15}


def test_half_a_umi_removes_nothing(tmp_path):
    rng = random.Random(2)
    inserts = [insert + "".join(rng.choices("ACGT", k=8)) for insert in ligated([MIRNA] * 15, False)]
    options = ("--umi-length", "8", "--umi-position", "3p")
    found, _ = types_of(tmp_path, inserts, cycles=58, options=options)
    assert {types for _, types in found} == {"."}


# ---- errors at depth ------------------------------------------------------------------------------------------


def test_errors_of_an_abundant_mirna_are_no_forms():
    """In 40,000 reads, errors make each substitution about 27 times; one with 3,000 reads is real."""
    rng, real = random.Random(3), changed(9, "C")
    rows = [(MIRNA, 40_000), (real, 3000)]
    for place in range(1, len(MIRNA) - 1):
        others = (changed(place, base) for base in "ACGT")
        rows += [(other, rng.randrange(17, 38)) for other in others if other not in (MIRNA, real)]
    lines = [f"hsa-miR-16-5p\t{sequence}\tT{at}\t{reads}\n" for at, (sequence, reads) in enumerate(rows)]
    table = "".join(["mirna_id\tmirna_seq\ttarget_id\tn_reads\n", *lines]).encode()
    for options, expected in (([], {real}), (["--paper-rules"], {sequence for sequence, _ in rows[1:]})):
        done = run("isomir-classify", ["--mirnas", str(MIRNAS), *options, "-"], table)
        header, *found = (line.split("\t") for line in done.out.decode().splitlines())
        sequence, types = header.index("mirna_seq"), header.index("isomir_types")
        assert {row[sequence] for row in found if row[types] != "."} == expected
