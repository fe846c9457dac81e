"""Pairing on several threads, and the counts of a run, compared with plain Python; with a simple string engine."""

import gc
import random
import threading
import time
from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_pairing import Hit, as_rows, columns, packed

from mirtools.chimera.chimeras import Chimeras
from mirtools.chimera.inserts import ReadLayout
from mirtools.chimera.paired_reads import Pairing, pair_reads
from mirtools.chimera.pairing import REASONS, PairingRules, pair_hits
from mirtools.chimera.references import decode, encode
from mirtools.chimera.samples import Sample, name_samples
from mirtools.errors import InputError
from mirtools.io.tables import PARSE_COLUMNS

MIRNAS = [("m1", "TGAGGTAGTAGGTTGTATAGTT"), ("m2", "CAAAGTGCTTACAGTGCAGGTAG")]
TRANSCRIPTS = [
    ("t1", "GGATTCCGAACCATGCAAGCTTGACCGATCAAGGCTTTCAGGCACGATTACAGGCATCCAGGACTCAGGTTACCAGATTGACCA"),
    ("t2", "CCTAGCATTCGACGTTAACCGTGATCTTGCAACGGTCATTGCCAATCGTTGGACCTAGTCATGCAATCCGGATTACGTACCGTT"),
]
REFERENCES = packed(MIRNAS, TRANSCRIPTS)
SEED = 16
RULES = PairingRules(min_site=20)


class StringEngine:
    """An engine that finds whole miRNAs and common strings with transcripts."""

    def __init__(self, batch_size=5, naps=0.0, fail_at=None):
        self.batch_size = batch_size
        self.searched = []
        self.stopped = 0
        self._naps, self._fail_at = naps, fail_at
        self._lock = threading.Lock()

    def search(self, bases, starts):
        reads = [decode(bases[a:b]) for a, b in pairwise(starts.tolist())]
        with self._lock:
            number = len(self.searched)
            self.searched.append(reads)
        if self._naps:
            time.sleep(random.Random(str(reads)).random() * self._naps)
        if number == self._fail_at:
            raise RuntimeError("the engine broke")
        return columns(list(map(whole_mirnas, reads))), columns(list(map(common_strings, reads)))

    def stop(self):
        self.stopped += 1


def whole_mirnas(read):
    found = ((number, read.find(mirna), len(mirna)) for number, (_, mirna) in enumerate(MIRNAS))
    return [Hit(n, at, at + length, 0, length, 1e-6, 44.0) for n, at, length in found if at >= 0]


def common_strings(read):
    hits, reached = [], 0
    for at in range(len(read) - SEED + 1):
        for number, (_, transcript) in enumerate(TRANSCRIPTS):
            place = transcript.find(read[at : at + SEED])
            if at < reached or place < 0:
                continue
            length = SEED
            while read[at : at + length + 1] in transcript and at + length < len(read):
                length += 1
            hits.append(Hit(number, at, at + length, place, place + length, 10.0 ** (10 - length), 2.0 * length))
            reached = at + length
    return hits


def inserts(rng, count):
    """Return inserts of all kinds: pairs, reads with a missing part or distant parts, and short ones."""
    dna = lambda length: "".join(rng.choices("ACGT", k=length))  # noqa: E731
    found = []
    for _ in range(count):
        mirna, shift = rng.choice(MIRNAS)[1], rng.randrange(40)
        site = rng.choice(TRANSCRIPTS)[1][shift : shift + rng.randint(18, 25)]
        kinds = mirna + site, mirna + dna(2) + site, site + mirna, mirna + dna(20), dna(30), dna(9) + site + dna(9)
        found.append(rng.choice([*kinds, mirna + dna(12) + site, mirna + site[: SEED + 1], dna(12)]))
    return found


def write_reads(path, reads, first=0):
    lines = [f"@r{first + number}\n{read}\n+\n{'I' * len(read)}\n" for number, read in enumerate(reads)]
    path.write_text("".join(lines))
    return str(path)


class Result:
    """The result of a run on some files."""

    def __init__(self, samples, engine, threads=1, min_reads=1, share=(0, 1)):
        layout = ReadLayout(share=share[0], shares=share[1])
        pairing = Pairing(REFERENCES, RULES, layout, keep_names=True)
        self.sequence = []  # paired reads and their pairs
        with Chimeras(pairing, samples, min_reads) as chimeras:
            for found in pair_reads(samples, pairing, engine, threads):
                new = chimeras.add(found)
                paired = found.reasons == 0
                assert not (new & ~paired).any()
                read = [found.batch.digests[number].tolist() for number in found.pairs.read]
                pairs = [row[1:] for row in as_rows(found.pairs)]
                self.sequence.append((found.batch.sample, found.reads, found.too_short, read, pairs))
            self.report = chimeras.report()
            self.fates = list(chimeras.fates())
            self.rows = list(chimeras.table.rows())

    def __eq__(self, other):
        return vars(self) == vars(other)

    __hash__ = None


# ---- order and threads --------------------------------------------------------------------------------------


def test_any_number_of_threads_gives_the_same(tmp_path):
    rng = random.Random(1)
    pool = inserts(rng, 60)
    samples = [
        Sample(write_reads(tmp_path / f"{name}.fq", rng.choices(pool, k=150)), name) for name in ("one", "two")
    ]
    expected = Result(samples, StringEngine())
    assert len(expected.rows) > 10
    assert len(expected.sequence) == 60
    for threads in (2, 8):
        assert Result(samples, StringEngine(naps=0.004), threads) == expected


def test_the_size_of_batches_does_not_change_the_table(tmp_path):
    rng = random.Random(2)
    path = write_reads(tmp_path / "reads.fq", rng.choices(inserts(rng, 40), k=120))
    results = [Result(name_samples([path]), StringEngine(size)) for size in (1, 7, 1000)]
    assert results[0].rows
    for result in results[1:]:
        assert (result.rows, result.fates, result.report) == (
            results[0].rows,
            results[0].fates,
            results[0].report,
        )


def test_copies_of_reads_without_a_pair_are_searched_once(tmp_path):
    rng = random.Random(3)
    pool = inserts(rng, 30)
    reads = pool + pool + rng.choices(pool, k=60)
    engine = StringEngine()
    result = Result(name_samples([write_reads(tmp_path / "reads.fq", reads)]), engine)
    searched = Counter(read for batch in engine.searched for read in batch)
    without = {result.status for result in result.fates} - {"paired"}
    assert len(without) >= 3
    unpaired = {reads[int(name[1:])] for name, status, _ in result.fates if status != "paired"}
    assert {searched[read] for read in unpaired} == {1}
    # but qualities of copies of paired ones count
    assert max(searched.values()) > 1
    assert result.report.counts == {
        "reads": 120,
        "duplicate_reads": 120 - sum(len(read) < 15 for read in reads) - len(searched),
        "distinct_reads": len(searched),
        "paired_reads": len(searched) - len(unpaired),
    }


def test_few_batches_are_read_ahead(tmp_path):
    path = write_reads(tmp_path / "reads.fq", inserts(random.Random(4), 300))
    engine = StringEngine()
    pairing = Pairing(REFERENCES, RULES, ReadLayout())
    found = pair_reads(name_samples([path]), pairing, engine, 2)
    for _ in range(3):
        next(found)
    time.sleep(0.05)
    assert 3 <= len(engine.searched) <= 3 + 2 * 2
    found.close()


# ---- errors -------------------------------------------------------------------------------------------------


def failing(tmp_path, text, threads, engine):
    """Return the names of the reads before the error, and the error."""
    path = tmp_path / "reads.fq"
    path.write_text(text)
    pairing = Pairing(REFERENCES, RULES, ReadLayout(), keep_names=True)
    names = []
    found = (some.batch.names for some in pair_reads(name_samples([str(path)]), pairing, engine, threads))
    with pytest.raises((InputError, RuntimeError)) as caught:
        names.extend(name for some in found for name in some)
    assert gc.isenabled()
    return names, str(caught.value)


GOOD = "@r{}\nTGAGGTAGTAGGTTGTATAGTTACGTACGT\n+\n" + "I" * 30 + "\n"
BAD_LETTER = "@bad\nTGAGG!AGTAGGTTGTATAGTT\n+\n" + "I" * 22 + "\n"
CUT_OFF = "@cut\nACGT\n"


def distinct(first, last):
    """Return distinct reads."""
    bases = lambda number: "".join("ACGT"[number // 4**place % 4] for place in range(8))  # noqa: E731
    return "".join(GOOD.format(number).replace("ACGTACGT", bases(number)) for number in range(first, last))


@pytest.mark.parametrize("threads", [1, 2, 8])
class TestErrors:
    def test_reads_before_the_end_of_a_truncated_file_are_yielded(self, tmp_path, threads):
        names, problem = failing(tmp_path, distinct(0, 40) + CUT_OFF, threads, StringEngine(naps=0.002))
        assert names[:35] == [f"r{number}" for number in range(35)]
        assert "reads.fq" in problem
        one = failing(tmp_path, distinct(0, 40) + CUT_OFF, 1, StringEngine())
        assert (names, problem) == one

    def test_a_bad_letter_before_the_truncation_is_reported(self, tmp_path, threads):
        text = distinct(0, 21) + BAD_LETTER + distinct(22, 30) + CUT_OFF
        names, problem = failing(tmp_path, text, threads, StringEngine(naps=0.002))
        assert names == [f"r{number}" for number in range(20)]
        assert "'bad'" in problem

    def test_the_first_of_two_bad_letters_is_reported(self, tmp_path, threads):
        text = distinct(0, 21) + BAD_LETTER.replace("bad", "first") + distinct(22, 26) + BAD_LETTER
        names, problem = failing(tmp_path, text, threads, StringEngine(naps=0.002))
        assert names == [f"r{number}" for number in range(20)]
        assert "'first'" in problem

    def test_an_error_of_the_engine_stops_the_rest(self, tmp_path, threads):
        engine = StringEngine(fail_at=6)
        names, problem = failing(tmp_path, distinct(0, 1000), threads, engine)
        assert problem == "the engine broke"
        assert len(engine.searched) < 40
        assert engine.stopped == (threads > 1)
        # whole batches in order; which one fails is up to the threads
        assert names == [f"r{number}" for number in range(len(names))]

    def test_closing_the_generator_stops_the_rest(self, tmp_path, threads):
        path = tmp_path / "reads.fq"
        path.write_text(distinct(0, 1000))
        engine = StringEngine()
        found = pair_reads(name_samples([str(path)]), Pairing(REFERENCES, RULES, ReadLayout()), engine, threads)
        next(found)
        assert not gc.isenabled()
        before = threading.active_count()
        found.close()
        assert gc.isenabled()
        assert engine.stopped == (threads > 1)
        assert len(engine.searched) < 40
        assert threading.active_count() < before or threads == 1

    def test_the_engine_is_not_stopped_after_a_normal_end(self, tmp_path, threads):
        path = tmp_path / "reads.fq"
        path.write_text(distinct(0, 12))
        engine = StringEngine()
        pairing = Pairing(REFERENCES, RULES, ReadLayout())
        reads = [found.reads for found in pair_reads(name_samples([str(path)]), pairing, engine, threads)]
        assert (reads, engine.stopped) == ([5, 5, 2], 0)


# ---- counts -------------------------------------------------------------------------------------------------


def plainly(samples_reads):
    """Return the counts of a run; simple and slow."""
    reasons, rows, lengths = Counter(), defaultdict(list), Counter()
    pairing = Pairing(REFERENCES, RULES, ReadLayout())
    per_sample = []
    for sample, reads in enumerate(samples_reads):
        kept = [read for read in reads if len(read) >= 15]
        for read in dict.fromkeys(kept):
            found, reason = one_read(pairing, read)
            lengths[len(read)] += 1
            if reason == 0:
                rows[found].append(sample)
            else:
                reasons[reason] += 1
        per_sample.append((len(reads), len(set(kept)), len(kept)))
    support = Counter()
    for (mirna, *_), carriers in rows.items():
        support[mirna] += len(carriers)
    return reasons, rows, support, lengths, per_sample


def one_read(pairing, read):
    hits = columns([whole_mirnas(read)]), columns([common_strings(read)])
    bounds = np.array([0, len(read)], np.int64)
    ends = np.array([-1])
    pairs, reasons = pair_hits(*hits, encode(read).copy(), bounds, ends, pairing.references, pairing.rules)
    if reasons[0]:
        return None, REASONS[reasons[0]]
    pair = [column[0].item() for column in pairs[:-1]]
    named = dict(zip(pairs._fields, pair, strict=False))
    part = read[named["mirna_start"] : named["mirna_end"]]
    ends = named["part_start"], named["part_end"]
    return (
        part,
        MIRNAS[named["mirna"]][0],
        read[slice(*ends)],
        f"{named['unassigned_5p']},{named['unassigned_3p']}",
        TRANSCRIPTS[named["target"]][0],
        str(named["target_ref_start"]),
        str(named["target_ref_end"]),
    ), 0


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 2**32).map(random.Random),
    st.integers(1, 2),
    st.sampled_from([1, 3, 10]),
    st.sampled_from([1, 2]),
)
def test_the_report_adds_up(tmp_path_factory, rng, files, min_reads, threads):
    folder = tmp_path_factory.mktemp("reads")
    pool = inserts(rng, rng.randint(1, 30))
    # if a file has a longer read, all ends are seen
    contents = [["AC" * 60, *rng.choices(pool, k=rng.randint(0, 60))] for _ in range(files)]
    samples = [
        Sample(write_reads(folder / f"s{number}.fq", reads), f"s{number}") for number, reads in enumerate(contents)
    ]
    result = Result(samples, StringEngine(), threads, min_reads)
    reasons, rows, support, lengths, per_sample = plainly(contents)
    supported = {row: carriers for row, carriers in rows.items() if support[row[0]] >= min_reads}
    paired = sum(map(len, supported.values()))
    low = sum(map(len, rows.values())) - paired

    counts, dropped, statistics = result.report
    distinct_reads = sum(lengths.values())
    too_short = sum(reads - kept for reads, _, kept in per_sample)
    assert counts == {
        "reads": sum(map(len, contents)),
        "duplicate_reads": sum(kept - found for _, found, kept in per_sample),
        "distinct_reads": distinct_reads,
        "paired_reads": paired,
    }
    expected = +Counter({**reasons, "low_support": low, "too_short": too_short})
    assert dropped == expected
    assert statistics["fate"] == {"paired": paired, **expected}
    assert list(statistics["fate"])[1:] == sorted(expected)
    assert statistics["duplicates"] == counts["duplicate_reads"]
    assert counts["reads"] == sum(statistics["fate"].values()) + statistics["duplicates"]
    assert counts["reads"] == counts["duplicate_reads"] + counts["distinct_reads"] + too_short
    assert statistics["insert_lengths"] == {str(length): count for length, count in sorted(lengths.items())}
    for name in ("mirna_lengths", "target_lengths", "gaps", "orders"):
        assert sum(statistics[name].values()) == paired + low
    if files == 2:
        of = statistics["samples"]
        assert [(of[s.name]["reads"], of[s.name]["distinct_reads"]) for s in samples] == [
            found[:2] for found in per_sample
        ]
        assert [of[s.name]["paired_reads"] for s in samples] == [
            sum(carriers.count(number) for carriers in supported.values()) for number in range(2)
        ]
    else:
        assert "samples" not in statistics

    names = "mirna_id mirna_seq mirna_unassigned target_id target_start target_end n_reads".split()
    columns_of = [PARSE_COLUMNS.index(name) for name in names]
    found = {tuple(row[place] for place in columns_of): row[len(PARSE_COLUMNS) :] for row in result.rows}
    assert found == {
        (*row[1:], str(len(carriers))): [str(carriers.count(number)) for number in range(files)]
        for row, carriers in supported.items()
    }
    assert Counter(fate.status for fate in result.fates) == +Counter(
        {**reasons, "paired": paired, "low_support": low}
    )


def test_outcomes_of_reads_are_in_input_order(tmp_path):
    mirna, site = MIRNAS[0][1], TRANSCRIPTS[0][1][10:32]
    reads = [mirna + site, "ACGT" * 8, mirna + site, mirna + "ACGT" * 5, "ACGT", site + mirna, "ACGT" * 8]
    result = Result(name_samples([write_reads(tmp_path / "reads.fq", reads)]), StringEngine(2))
    assert [fate[:2] for fate in result.fates] == [
        ("r0", "paired"),
        ("r1", "no_mirna"),
        ("r3", "no_target"),
        ("r5", "paired"),
    ]
    rows = {row[0] for row in result.rows}
    assert [fate.pair_id in rows for fate in result.fates] == [True, False, False, True]


def test_samples_are_counted_separately(tmp_path):
    """A read that occurs in both samples is distinct in both."""
    mirna, site = MIRNAS[0][1], TRANSCRIPTS[0][1][10:32]
    contents = [mirna + site] * 3 + ["ACGT" * 8], [mirna + site, mirna + site + "ACGT", "ACGT" * 8, "ACGT" * 8]
    samples = [
        Sample(write_reads(tmp_path / f"{number}.fq", reads), name)
        for number, (reads, name) in enumerate(zip(contents, ["b", "a"], strict=True))
    ]
    engine = StringEngine()
    result = Result(samples, engine)
    assert result.report.statistics["samples"] == {
        "b": {"reads": 4, "distinct_reads": 2, "paired_reads": 1},
        "a": {"reads": 4, "distinct_reads": 3, "paired_reads": 2},
    }
    assert result.report.counts["duplicate_reads"] == 3
    assert [row[len(PARSE_COLUMNS) :] for row in result.rows] == [["1", "2"]]
    assert [(row[1], row[2]) for row in result.rows] == [("3", "5")]
    # the same read without a pair is known in its own sample only
    assert sum(batch.count("ACGT" * 8) for batch in engine.searched) == 2


@pytest.mark.parametrize("shares", [2, 3, 7])
def test_shares_are_a_partition(tmp_path, shares):
    rng = random.Random(shares)
    samples = [
        Sample(write_reads(tmp_path / f"{name}.fq", rng.choices(inserts(rng, 80), k=200), first), name)
        for first, name in ((0, "a"), (200, "b"))
    ]
    whole = Result(samples, StringEngine())
    parts = [Result(samples, StringEngine(), 1 + share % 2, share=(share, shares)) for share in range(shares)]
    assert sum((Counter(part.report.counts) for part in parts), Counter()) == Counter(whole.report.counts)
    assert sum((Counter(part.report.dropped) for part in parts), Counter()) == Counter(whole.report.dropped)
    # copies are in one share, so every first copy of a share is one of the whole
    assert sorted(fate for part in parts for fate in part.fates) == sorted(whole.fates)
    assert all(part.fates for part in parts)
    reads, copies = Counter(), Counter()
    for row in (row for part in parts for row in part.rows):
        reads[row[0]] += int(row[1])
        copies[row[0]] += int(row[2])
    assert reads == {row[0]: int(row[1]) for row in whole.rows}
    assert copies == {row[0]: int(row[2]) for row in whole.rows}


def test_no_reads_at_all(tmp_path):
    for threads in (1, 2):
        result = Result(name_samples([write_reads(tmp_path / "reads.fq", [])]), StringEngine(), threads)
        assert (result.rows, result.fates, result.sequence) == ([], [], [])
        assert set(result.report.counts.values()) == {0}
        assert result.report.statistics["fate"] == {"paired": 0}
