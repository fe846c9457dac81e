"""Raw reads to distinct inserts, compared with plain Python that processes one read after the other."""

import re
from itertools import pairwise

import numpy as np
import pytest
from cutadapt.adapters import BackAdapter
from hypothesis import given
from hypothesis import strategies as st

from mirtools.chimera.adapters import Adapters
from mirtools.chimera.batches import pack
from mirtools.chimera.inserts import ReadLayout, inserts_of, longest_trimmed
from mirtools.chimera.read_state import ReadState
from mirtools.chimera.references import References, decode
from mirtools.chimera.umis import parse_umis
from mirtools.errors import InputError
from mirtools.io.sequences import Read

ADAPTER = "TGGAATTCTCGGGTGCCAAGG"
INSERT = "ACGTTGCATTACGGATCCATTGACCGT"


def found_in(reads, keep_names=True, sample=0, longest=0, **layout):
    adapters = Adapters(layout.pop("adapters", ()))
    layout.setdefault("min_length", 5)
    umis = parse_umis(layout.pop("umi_length", 0), layout.pop("umi_position", "5p"))
    return inserts_of(pack(reads, "reads.fq"), ReadLayout(adapters, umis, **layout), sample, keep_names, longest)


def entries(batch):
    """Return (name, bases, qualities, copies) of each read of a batch."""
    bounds = batch.starts.tolist()
    places = list(pairwise(bounds))
    qualities = [
        batch.qualities[a:b].tobytes().decode() if batch.qualities is not None else None for a, b in places
    ]
    bases = [decode(batch.bases[a:b]) for a, b in places]
    return list(zip(batch.names, bases, qualities, batch.copies.tolist(), strict=True))


@pytest.mark.parametrize("kept", [3, 4, 10, 21])
def test_adapter_is_removed_wherever_the_read_ends(kept):
    found = found_in([Read("r", INSERT + ADAPTER[:kept], None)], adapters=[ADAPTER])
    assert entries(found.batch) == [("r", INSERT, None, 1)]


def test_one_error_in_ten_adapter_bases_is_tolerated():
    damaged = ADAPTER[:8] + "A" + ADAPTER[9:]
    found = found_in([Read("r", INSERT + damaged + "CCC", None)], adapters=[ADAPTER])
    assert entries(found.batch) == [("r", INSERT, None, 1)]


@pytest.mark.parametrize(
    ("position", "form"), [("5p", "{umi}" + INSERT), ("3p", INSERT + "{umi}" + ADAPTER), ("name", INSERT)]
)
def test_umi_distinguishes_copies_from_molecules(position, form):
    umis = ["AAA", "CCC", "AAA"]
    reads = [Read(f"{name}_{umi}", form.format(umi=umi), None) for name, umi in zip("abc", umis, strict=True)]
    found = found_in(reads, adapters=[ADAPTER], umi_length=3, umi_position=position)
    assert entries(found.batch) == [("a_AAA", INSERT, None, 2), ("b_CCC", INSERT, None, 1)]
    assert (found.reads, found.too_short) == (3, 0)


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("r1_ACGT", "r2_ACGT", True),
        ("r1:ACGU", "r2_acgt", True),
        ("i:7:ACG+TTT", "i:8:ACG+TTT", True),
        ("i:7:ACG+TTT", "i:8:ACG-TTT", False),
        ("r1_ACGT", "r1_ACGA", False),
        ("r1_AC", "r1_ACC", False),
        ("ACGT:r1 1:N:0:TT", "ACGT:r2 1:N:0:GG", True),
        ("r1 RX:Z:AC-GT", "r2 RX:Z:AC-GA", False),
    ],
)
def test_umi_in_the_name(name, other, same):
    found = found_in([Read(name, INSERT, None), Read(other, INSERT, None)], umi_position="name")
    assert len(found.batch.copies) == (1 if same else 2)


@pytest.mark.parametrize(
    ("name", "length", "problem"),
    [
        ("read7", 0, "no UMI in its name \\(such as r_ACGT"),
        ("", 0, "no UMI in its name"),
        ("read_ACGT", 5, "the UMI in its name has 4 letters, not 5"),
        ("read_ACGT+TTA", 4, "the UMI in its name has 7 letters, not 4"),
    ],
)
def test_names_without_the_umi_are_an_error(name, length, problem):
    with pytest.raises(InputError, match=re.escape(f"reads.fq: record '{name}': ") + problem):
        found_in([Read(name, INSERT, None)], umi_position="name", umi_length=length)


def test_qualities_are_the_best_of_all_copies():
    reads = [Read("a", "ACGTA", "I#I#I"), Read("b", "TTTTT", "IIIII"), Read("c", "ACGTA", "#I##I")]
    assert entries(found_in(reads).batch) == [("a", "ACGTA", "III#I", 2), ("b", "TTTTT", "IIIII", 1)]


def test_collapsed_names_count_copies():
    reads = [Read("1_408", "ACGTA", None), Read("2_x12", "CCCCC", None), Read("9_2", "ACGTA", None)]
    assert found_in(reads, copies_in_name=True).batch.copies.tolist() == [410, 12]
    with pytest.raises(InputError, match=r"reads.fq: record 'plain': name has no number of copies \(such as 1-30"):
        found_in([Read("plain", "ACGTA", None)], copies_in_name=True)
    with pytest.raises(InputError, match="record 'a_0': its number of copies is 0"):
        found_in([Read("a_0", "ACGTA", None)], copies_in_name=True)


def test_short_inserts_are_counted():
    found = found_in([Read("a", ADAPTER, None), Read("b", INSERT, None)], adapters=[ADAPTER])
    assert [entry[0] for entry in entries(found.batch)] == ["b"]
    assert (found.reads, found.too_short) == (2, 1)
    assert found.raw.tolist() == [1]


def test_reads_are_already_trimmed_only_if_none_has_an_adapter():
    def longest(lists, *adapters):
        state = ReadState(References.of([]))
        state.measure([pack(reads, "r.fq") for reads in lists], Adapters(adapters))
        return longest_trimmed(state, ReadLayout(Adapters(adapters)))

    without = [Read(f"r{number}", INSERT[: 20 + number % 5], None) for number in range(100)]
    assert longest([without[:50], without[50:]], ADAPTER) == 24
    assert longest([without]) == 24
    few = [Read("a", INSERT + ADAPTER[:3], None)] * 4
    assert longest([without, few], ADAPTER) == len(INSERT) + 3
    # reads trimmed by quality, together with others with adapters
    raw = [Read("a", INSERT + ADAPTER[:9], None)] * 10
    assert longest([without, raw], ADAPTER) == 0
    assert longest([], ADAPTER) == 0


def test_no_reads():
    for layout in ({}, {"adapters": [ADAPTER]}, {"umi_position": "name"}, {"copies_in_name": True}):
        found = found_in([], **layout)
        assert (entries(found.batch), found.reads, found.too_short) == ([], 0, 0)


def test_samples_are_collapsed_separately():
    reads = [Read("a", INSERT, None)]
    first, second = found_in(reads), found_in(reads, sample=1)
    assert (first.batch.sample, second.batch.sample) == (0, 1)
    assert first.batch.digests.tolist() != second.batch.digests.tolist()


def one_by_one(reads, adapter, umi_length, position, min_length, longest):
    """Trim and collapse; simple and slow."""
    oracle = BackAdapter(adapter, max_errors=0.1, min_overlap=3)
    found, too_short = {}, 0
    for name, sequence, qualities in reads:
        match = oracle.match_to(sequence)
        end = match.rstart if match else len(sequence)
        loose = -1
        if len(sequence) - end < 7 and len(sequence) >= longest:
            begun = [sequence.endswith(adapter[:length]) for length in (2, 1)]
            loose = 0 if match else 2 if begun[0] else 1 if begun[1] else 0
        if position == "5p":
            start = min(umi_length, end)
            umi = sequence[:start]
        elif match:
            start, last = 0, max(end - umi_length, 0)
            umi, end = sequence[last:end], last
        else:
            start, umi = 0, ""
            loose += umi_length if loose >= 0 else 0
        if end - start < min_length:
            too_short += 1
            continue
        key = umi, sequence[start:end], loose >= 0
        if key not in found:
            found[key] = [name, sequence[start:end], list(qualities[start:end]), 1, loose]
        else:
            found[key][2] = list(map(max, found[key][2], qualities[start:end]))
            found[key][3] += 1
    rows = [(name, bases, "".join(best), copies) for name, bases, best, copies, _ in found.values()]
    return rows, [loose for *_, loose in found.values()], too_short


@given(st.data())
def test_against_reads_one_by_one(data):
    position, umi_length = data.draw(st.sampled_from([("5p", 0), ("5p", 2), ("3p", 1), ("3p", 9)]))
    some = st.lists(st.sampled_from(["AC", "GTT", "TGG", ADAPTER[:5], ADAPTER[:12], ADAPTER, "N"]), max_size=6)
    reads = []
    for number in range(data.draw(st.integers(0, 12))):
        sequence = "".join(data.draw(some))
        qualities = data.draw(st.text("!5I~", min_size=len(sequence), max_size=len(sequence)))
        reads.append(Read(f"r{number}", sequence, qualities))
    layout = {"umi_length": umi_length, "umi_position": position, "min_length": 3}
    longest = data.draw(st.sampled_from([0, 12, 30]))
    found = found_in(reads, adapters=[ADAPTER], longest=longest, **layout)
    expected, loose, too_short = one_by_one(reads, ADAPTER, umi_length, position, 3, longest)
    assert entries(found.batch) == expected
    assert found.batch.loose.tolist() == loose
    assert (found.reads, found.too_short) == (len(reads), too_short)


@pytest.mark.parametrize("shares", [1, 2, 3, 7])
def test_shares_are_a_partition_and_copies_are_in_one_share(shares):
    rng = np.random.default_rng(4)
    reads = [Read(f"r{n}", "".join(rng.choice(list("ACGT"), 4 + n % 3)), None) for n in range(900)]
    whole = found_in(reads, min_length=5)
    parts = [found_in(reads, min_length=5, share=share, shares=shares) for share in range(shares)]
    assert sum(part.reads for part in parts) == len(reads)
    assert sum(part.too_short for part in parts) == whole.too_short == 300
    found = sorted(entry for part in parts for entry in entries(part.batch))
    assert found == sorted(entries(whole.batch))
    assert min(len(part.batch.copies) for part in parts) > len(whole.batch.copies) / shares * 0.7
