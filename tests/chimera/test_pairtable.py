"""Rows of the interaction table from pairs of reads, compared with a dictionary of rows."""

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_pairing import Hit, batch_of, columns, packed
from slow_pairtable import SlowTable

from mirtools.chimera.batches import ReadBatch
from mirtools.chimera.pairing import PairingRules, pair_hits
from mirtools.chimera.pairtable import PairTable
from mirtools.io.tables import PARSE_COLUMNS, TIE_COLUMNS, pair_id

MIRNA = "TGAGGTAGTAGGTTGTATAGTT"
TRANSCRIPT = "GGATTCCGAACCATGCAAGCTTGACCGATCAAGGCTTTCAGGCACGATTACAGGCATCCAGGACTCAGGTTACCAGATTGACCA"
# One family: a part of a read is one of several of these, with other ends
MIRNAS = [("hsa-miR-17", MIRNA), ("hsa-miR-9", MIRNA), ("s", MIRNA[2:]), ("l", MIRNA + "CA")]
# The second contains the first at another position
TRANSCRIPTS = [("t|x", TRANSCRIPT), ("u", "ACGTA" + TRANSCRIPT[:70]), ("v", TRANSCRIPT[:60])]
REFERENCES = packed(MIRNAS, TRANSCRIPTS)
WIDTH = len(PARSE_COLUMNS)


def reads_with_hits(rng, count, bits=True):
    """Return distinct inserts with their hits: (sequence, miRNA hits, target hits); many make the same rows."""
    scores = lambda: (rng.choice([1e-6, 1.004e-6, 1.2e-6, 3e-5, 0.0]), rng.choice([44.1, 40.23, 40.2]) * bits)  # noqa: E731
    # few of each, so that many reads make the same row
    starts, ends = rng.choices([0, 0, 1, 2, 4], k=2), rng.choices([22, 22, 21, 20, 18], k=2)
    gaps, tails = rng.choices(["", "", "C", "GA", "CAG"], k=2), rng.choices(["", "", "A", "CC"], k=2)
    shifts, lengths = rng.choices([5, 6, 9], k=2), rng.choices([18, 20], k=2)
    made = {}
    while len(made) < count:
        first, last = rng.choice(starts), rng.choice(ends)
        part, gap = MIRNA[first:last], rng.choice(gaps)
        shift, length = rng.choice(shifts), rng.choice(lengths)
        site = TRANSCRIPT[shift : shift + length]
        # bases after the target change the read but not its row
        tail, linker = rng.choice(tails), "".join(rng.choices("ACGT", k=rng.choice([0, 6, 7])))
        if rng.random() < 0.7:
            read, start, at = tail + part + gap + site + linker, len(tail), len(tail + part + gap)
        else:
            read, start, at = linker + site + gap + part + tail, len(linker + site + gap), len(linker)
        mirna_hits = []
        for subject in rng.sample(range(4), rng.randint(1, 4)):
            low, high = (max(first, 2), last) if subject == 2 else (first, last)
            moved = 2 if subject == 2 else 0
            begin = start + low - first
            mirna_hits.append(Hit(subject, begin, begin + high - low, low - moved, high - moved, *scores()))
        target_hits = []
        for subject in rng.sample(range(3), rng.randint(1, 3)):
            place = shift + 5 * (subject == 1)
            target_hits.append(Hit(subject, at, at + length, place, place + length, *scores()))
        made[read] = (read, mirna_hits, target_hits)
    return list(made.values())


def random_reads(rng, count, samples=1, bits=True):
    """Return reads as (insert with hits, molecule, sample, qualities, copies), with copies among them."""
    inserts = reads_with_hits(rng, rng.randint(1, 20), bits)
    with_qualities = [rng.random() < 0.6 for _ in range(samples)]
    reads = []
    for _ in range(count):
        number, sample = rng.randrange(len(inserts)), rng.randrange(samples)
        molecule = number, rng.randrange(3), sample
        qualities = "".join(rng.choices("#5I~", k=len(inserts[number][0])))
        reads.append((inserts[number], molecule, qualities if with_qualities[sample] else None, rng.randint(1, 3)))
    return reads


def batches_of(rng, reads, size):
    """Return reads as batches of one sample each."""
    waiting, batches = list(reads), []
    while waiting:
        sample = waiting[0][1][2]
        some = [read for read in waiting if read[1][2] == sample][: rng.randint(1, size)]
        taken = set(map(id, some))
        waiting = [read for read in waiting if id(read) not in taken]
        batches.append(some)
    return batches


def pack_batch(reads):
    # a molecule's end is seen or not, whatever the copy
    loose = [(-1, -1, 2)[molecule[1]] for _, molecule, _, _ in reads]
    bases, starts, loose = batch_of([insert[0] for insert, _, _, _ in reads], loose)
    qualities = None
    if reads and reads[0][2] is not None:
        qualities = np.frombuffer("".join(read[2] for read in reads).encode(), np.uint8)
    digests = np.array([hashed(molecule) for _, molecule, _, _ in reads], np.uint64).reshape(-1, 2)
    copies = np.array([copies for _, _, _, copies in reads], np.int64)
    return ReadBatch(bases, starts, qualities, [], digests, copies, reads[0][1][2] if reads else 0, loose)


def hashed(molecule):
    number, umi, sample = molecule
    return number + 1, 1000 * umi + sample


def fill(batches, rules, min_reads, samples=1, keep_ties=False):
    """Return the table of some batches, the slow one, and the outcome of each read."""
    table = PairTable(REFERENCES, rules, min_reads, samples)
    slow = SlowTable(MIRNAS, TRANSCRIPTS, min_reads, rules.max_gap, samples)
    outcomes = {}
    for reads in batches:
        batch = pack_batch(reads)
        hits = (columns([read[0][side] for read in reads]) for side in (1, 2))
        pairs, _ = pair_hits(*hits, batch.bases, batch.starts, batch.loose, REFERENCES, rules, keep_ties)
        rows = table.add(batch, pairs)
        found = table.outcomes(pairs, rows, len(reads)).tolist()
        new = np.zeros(len(reads), bool)
        for number, (_, molecule, _, _) in enumerate(reads):
            if found[number] >= 0:
                new[number] = hashed(molecule) not in outcomes
                # copies have the same outcome
                assert outcomes.setdefault(hashed(molecule), found[number]) == found[number]
            else:
                assert number not in pairs.read
        table.count(batch.sample, pairs, rows, new)
        slow.add(batch, pairs)
    return table, slow, outcomes


def agree(batches, rules, min_reads, samples=1, keep_ties=False):
    table, slow, outcomes = fill(batches, rules, min_reads, samples, keep_ties)
    names = [*PARSE_COLUMNS, *(f"sample {number}" for number in range(samples))]
    names += TIE_COLUMNS if keep_ties else []
    found = list(table.rows())
    expected = slow.rows()
    assert [dict(zip(names, cells, strict=True)) for cells in found] == expected
    # in the order of the columns, too
    assert found == [[row[name] for name in names] for row in expected]
    ids = {digest: table.pair_id(outcome) for digest, outcome in outcomes.items()}
    assert ids == {digest: slow.pair_id(digest) for digest in slow.reads}
    return found, ids, slow


# ---- against a dictionary of rows ---------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 2**32).map(random.Random),
    st.sampled_from([1, 5]),
    st.integers(1, 8),
    st.integers(1, 3),
    st.booleans(),
    st.booleans(),
)
def test_rows_are_those_of_a_dictionary(rng, top, min_reads, samples, keep_ties, bits):
    reads = random_reads(rng, rng.randint(0, 25), samples, bits)
    rules = PairingRules(rng.randint(0, 4), min_score=14, min_site=25, top=top)
    agree(batches_of(rng, reads, 8), rules, min_reads, samples, keep_ties)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32).map(random.Random))
def test_the_strongest_evidence_is_shown(rng):
    """Few rows of many similar reads, so that each rule decides sometimes."""
    sequence = MIRNA + TRANSCRIPT[10:30]
    scores = lambda: (rng.choice([1e-6, 1e-5]), rng.choice([40.0, 40.0, 44.0]))  # noqa: E731
    reads = []
    for number in range(12):
        # a second hit of one miRNA makes the same row
        starts = rng.choices([0, 2], k=rng.randint(1, 2))
        mirna_hits = [Hit(rng.randrange(2), start, 22, start, 22, *scores()) for start in starts]
        target_hits = [
            Hit(subject, 22, 42, 10 + 5 * subject, 30 + 5 * subject, *scores())
            for subject in rng.sample(range(2), rng.randint(1, 2))
        ]
        reads.append(((sequence, mirna_hits, target_hits), (number, 0, 0), None, rng.randint(1, 3)))
    agree(batches_of(rng, reads, 6), PairingRules(top=rng.choice([1, 5])), 1, 1, rng.random() < 0.7)


def test_the_random_reads_include_every_case():
    """Dropped rows, several reads and evidence per row, reads of several parts, ties."""
    seen = Counter()
    for seed in range(24):
        rng = random.Random(seed)
        batches = batches_of(rng, random_reads(rng, 40, 2), 10)
        rules = PairingRules(max_gap=2, min_score=14, min_site=25, top=5)
        found, ids, slow = agree(batches, rules, 12, 2, keep_ties=True)
        everything, every_id, _ = agree(batches, rules, 1, 2, keep_ties=True)
        assert all(every_id.values())
        seen["rows"] += len(found)
        seen["dropped rows"] += len(everything) - len(found)
        seen["reads without"] += sum(not text for text in ids.values())
        seen["second choice"] += sum(bool(text) and text != every_id[read] for read, text in ids.items())
        seen["several parts"] += sum(len(set(rows.values())) > 1 for rows in slow.reads.values())
        seen["evidence"] += sum(len(set(map(tuple, rows))) > 1 for rows in slow.evidence.values())
        seen["two samples"] += sum("0" not in cells[WIDTH : WIDTH + 2] for cells in found)
        seen["ties"] += sum("," in cells[WIDTH + 2] or "," in cells[WIDTH + 3] for cells in found)
        seen["without qualities"] += sum(cells[5] == "." for cells in found)
        seen["with qualities"] += sum(cells[5] != "." for cells in found)
    assert len(seen) == 10, seen
    assert min(seen.values()) > 5, seen


@pytest.mark.parametrize("seed", range(6))
def test_neither_batches_nor_the_order_of_reads_matter(seed):
    rng = random.Random(seed)
    reads = random_reads(rng, 60, 2)
    rules = PairingRules(min_site=25, top=rng.choice([1, 5]))

    def result(reads, size):
        table, _, outcomes = fill(batches_of(rng, reads, size), rules, 2, 2, keep_ties=True)
        return list(table.rows()), {digest: table.pair_id(outcome) for digest, outcome in outcomes.items()}

    expected = result(reads, 1)
    assert expected[0]
    for size in (2, 7, 100):
        assert result(rng.sample(reads, len(reads)), size) == expected


def test_an_empty_table():
    table, _, _ = fill([[]], PairingRules(), 1)
    assert list(table.rows()) == []
    assert list(PairTable(REFERENCES, PairingRules(), 10, 2).rows()) == []


# ---- known answers ------------------------------------------------------------------------------------------


def read_of(shift, gap="", number=0, evalue=1e-5, quality=None, copies=1, mirna_first=True):
    """Return a read of the first miRNA and 20 bases of the first transcript."""
    site = TRANSCRIPT[shift : shift + 20]
    sequence = MIRNA + gap + site if mirna_first else site + gap + MIRNA
    start, at = (0, 22 + len(gap)) if mirna_first else (20 + len(gap), 0)
    mirna_hits = [Hit(0, start, start + 22, 0, 22, 1e-7, 44.0)]
    target_hits = [Hit(0, at, at + 20, shift, shift + 20, evalue, 40.0)]
    qualities = None if quality is None else (quality * 99)[: len(sequence)]
    return (sequence, mirna_hits, target_hits), (number, 0, 0), qualities, copies


def test_a_row_has_the_values_of_its_reads():
    reads = [read_of(10, evalue=1e-4, quality="5"), read_of(10, number=1, quality="I", copies=6)]
    table, _, _ = fill([reads], PairingRules(), 1, keep_ties=True)
    (row,) = table.rows()
    assert dict(zip([*PARSE_COLUMNS, "n_reads:a", *TIE_COLUMNS], row, strict=True)) == {
        "pair_id": pair_id("hsa-miR-17", MIRNA, "0,0", "t|x", 10, 30),
        "n_reads": "2",
        "n_copies": "7",
        "mirna_id": "hsa-miR-17",
        "mirna_seq": MIRNA,
        "mirna_qual": "I" * 22,
        "mirna_unassigned": "0,0",
        "mirna_3p_end": "seen",
        "target_id": "t|x",
        "target_start": "10",
        "target_end": "30",
        "site_start": "10",
        "site_end": "55",
        "site_seq": TRANSCRIPT[10:55],
        "gene_id": ".",
        "gene_name": ".",
        "region": ".",
        "order": "mirna_first",
        "gap": "0",
        "mirna_evalue": "1e-07",
        "mirna_bits": "44.0",
        "target_evalue": "1e-05",
        "target_bits": "40.0",
        "rank": "1",
        "n_best": "1",
        "mirna_coverage": "2",
        "target_coverage": "2",
        "n_reads:a": "2",
        "tied_mirnas": "hsa-miR-17",
        "tied_targets": "t|x",
        "tied_sites": "t|x:10-30",
    }


def cells_of(rows, *names):
    return [tuple(row[PARSE_COLUMNS.index(name)] for name in names) for row in rows]


def test_the_site_ends_with_the_transcript():
    table, _, _ = fill([[read_of(50)]], PairingRules(), 1)
    assert cells_of(table.rows(), "site_end") == [(str(len(TRANSCRIPT)),)]


def test_support_is_counted_over_all_targets_without_unassigned_ends():
    batches = [[read_of(5)], [read_of(9, "C", 1), read_of(9, "C", 1)]]
    table, _, outcomes = fill(batches, PairingRules(), 3)
    assert list(table.rows()) == []
    assert [table.pair_id(outcome) for outcome in outcomes.values()] == ["", ""]
    table, _, outcomes = fill([*batches, [read_of(12, "GA", 2)]], PairingRules(), 3)
    assert len(list(table.rows())) == 3
    assert table.pair_id(outcomes[1, 0]) == pair_id("hsa-miR-17", MIRNA, "0,0", "t|x", 5, 25)


def test_copies_raise_qualities_and_copies_but_no_counts():
    batches = [[read_of(10, quality="5")], [read_of(10, quality="I!#", copies=4)], [read_of(10, quality="!")]]
    table, _, _ = fill(batches, PairingRules(), 1)
    assert cells_of(table.rows(), "n_reads", "n_copies", "mirna_qual") == [("1", "6", ("I55" * 8)[:22])]


def test_most_reads_come_first_then_identifiers():
    reads = [read_of(shift, number=10 * shift + n) for shift in (3, 4, 7, 8) for n in range(2 + (shift == 7))]
    table, _, _ = fill([reads], PairingRules(), 1)
    found = cells_of(table.rows(), "n_reads", "pair_id", "target_start")
    assert found == sorted(found, key=lambda cells: (-int(cells[0]), cells[1]))
    assert found[0][2] == "7"


def test_coverages_are_sums_over_written_rows():
    reads = [read_of(5), read_of(5, number=1), read_of(9, number=2), read_of(9, "C", 3)]
    table, _, _ = fill([reads], PairingRules(), 1)
    names = "n_reads mirna_seq target_start mirna_coverage target_coverage".split()
    assert sorted(cells_of(table.rows(), *names)) == [
        ("1", MIRNA, "9", "3", "4"),
        ("1", MIRNA + "C", "9", "1", "4"),
        ("2", MIRNA, "5", "3", "4"),
    ]


def test_rounded_evidence_that_looks_the_same_is_the_same():
    """1.0004e-5 is written as 1e-5; then other cells decide, in a run and across shards."""
    first, second = read_of(10, evalue=1.0004e-5), read_of(10, number=1, evalue=1e-5, mirna_first=False)
    for reads in ([first, second], [second, first]):
        table, _, _ = fill([reads], PairingRules(), 1)
        assert cells_of(table.rows(), "order", "target_evalue") == [("mirna_first", "1e-05")]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
@pytest.mark.parametrize("size", [1, 2])
def test_of_equally_good_ties_the_first_names_are_shown(order, size):
    reads = []
    for number, other in enumerate(order):
        (sequence, mirna_hits, (target,)), *rest = read_of(10, number=number)
        place = 10 + 5 * (other == 1)
        tied = target._replace(subject=other, subject_start=place, subject_end=place + 20)
        reads.append(((sequence, mirna_hits, [target, tied]), *rest))
    batches = [reads] if size == 2 else [[read] for read in reads]
    table, _, _ = fill(batches, PairingRules(), 1, keep_ties=True)
    (row,) = table.rows()
    assert (row[1], row[-2], row[-1]) == ("2", "t|x,u", "t|x:10-30,u:15-35")
