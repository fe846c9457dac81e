"""UMIs that differ by an error, compared with the published method written plainly, and in whole runs."""

import random
from collections import Counter

import numpy as np
import pytest
from commands import run
from hypothesis import given
from hypothesis import strategies as st
from simulated_libraries import MIRNAS, TRANSCRIPTS, TRUSEQ_SMALL, Kit, fasta, simulate

from mirtools.chimera.umi_errors import _gathered, _ranks


def directional(counts):
    """Return the UMIs that are gathered into others: Smith et al. 2017, one network after the other."""
    edges = {
        umi: [
            other
            for other in counts
            if len(other) == len(umi)
            and sum(a != b for a, b in zip(umi, other, strict=True)) == 1
            and counts[umi] >= 2 * counts[other] - 1
        ]
        for umi in counts
    }
    observed, gathered = set(), set()
    for umi in sorted(counts, key=lambda each: (-counts[each], each)):
        if umi in observed:
            continue
        network, queue = {umi}, [umi]
        while queue:
            for other in edges[queue.pop()]:
                if other not in network:
                    network.add(other)
                    queue.append(other)
        gathered |= network - observed - {umi}
        observed |= network
    return gathered


def found_in(groups):
    """Return the gathered UMIs of groups of {umi: copies}."""
    listed = [(number, umi, copies) for number, group in enumerate(groups) for umi, copies in group.items()]
    random.Random(3).shuffle(listed)
    umis = np.frombuffer("".join(umi for _, umi, _ in listed).encode(), np.uint8).copy()
    ends = np.cumsum([len(umi) for _, umi, _ in listed]).astype(np.int64)
    starts = np.append(0, ends)[:-1].astype(np.int64)
    group = np.array([number for number, _, _ in listed], np.int64)
    copies = np.array([count for _, _, count in listed], np.int64)
    order = np.lexsort((_ranks(umis, starts, ends), -copies, group)).astype(np.int64)
    bounds = np.flatnonzero(np.diff(group[order], prepend=-1, append=-1)).astype(np.int64)
    errors = _gathered(order, bounds, copies, umis, starts, ends)
    return [
        {umi for at, (n, umi, _) in enumerate(listed) if errors[at] and n == number}
        for number in range(len(groups))
    ]


def test_the_example_of_the_paper():
    """Figure 1d of Smith et al. 2017: ACGT (456) collects TCGT, CCGT, ACAT and over it ACAG; not AAAT (90)."""
    counts = {"ACGT": 456, "AAAT": 90, "ACAT": 72, "TCGT": 2, "CCGT": 2, "ACAG": 1}
    assert found_in([counts]) == [{"ACAT", "TCGT", "CCGT", "ACAG"}]
    assert directional(counts) == {"ACAT", "TCGT", "CCGT", "ACAG"}


@given(
    st.lists(
        st.dictionaries(st.text("AC", min_size=3, max_size=5), st.integers(1, 9), min_size=1, max_size=12),
        min_size=1,
        max_size=4,
    )
)
def test_against_the_plain_method(groups):
    assert found_in(groups) == [directional(group) for group in groups]


@pytest.fixture(scope="module")
def library():
    """Eight copies of each molecule, one of them with an error in its UMI."""
    kit = Kit(five_prime="N" * 12)
    found = simulate(kit, 250, copies=8, chimeric=0.9)
    rng = random.Random(5)
    reads = []
    for name, bases in found.reads:
        if name.endswith(".7"):
            at = rng.randrange(12)
            bases = bases[:at] + rng.choice("ACGT".replace(bases[at], "")) + bases[at + 1 :]
        reads.append((name, bases))
    found.reads = reads
    return found


def parse(tmp_path, reads, *options):
    line = ["--mirnas", fasta(tmp_path / "m.fa", MIRNAS), "--transcripts", fasta(tmp_path / "t.fa", TRANSCRIPTS)]
    line += [
        "--adapter",
        TRUSEQ_SMALL,
        "--umi-length",
        "12",
        "--min-reads",
        "1",
        "--json",
        str(tmp_path / "j.json"),
    ]
    done = run("chimera-parse", [*line, *options, reads])
    assert done.status == 0, done.err
    rows = [row.split("\t") for row in done.out.decode().splitlines()[1:]]
    return sorted((row[3:14], int(row[1]), int(row[2])) for row in rows), done.err


def test_errors_in_umis_make_no_molecules(tmp_path, library):
    path = library.write(tmp_path / "r.fq")
    report = tmp_path / "fates.tsv"
    rows, err = parse(tmp_path, path, "--umi-errors", "1", "--read-report", str(report))
    every, _ = parse(tmp_path, path)
    clean = type(library)([read for read in library.reads if not read[0].endswith(".7")]).write(tmp_path / "c.fq")
    expected, _ = parse(tmp_path, clean)
    # the same rows and molecules as without the reads that have errors, and all copies
    assert [(row, reads) for row, reads, _ in rows] == [(row, reads) for row, reads, _ in expected]
    assert sum(copies for *_, copies in rows) == sum(copies for *_, copies in every)
    assert sum(reads for _, reads, _ in every) == 2 * sum(reads for _, reads, _ in rows)
    assert "UMI errors" in err or "umi errors" in err
    statuses = Counter(line.split("\t")[1] for line in report.read_text().splitlines())
    assert statuses["umi_error"] == statuses["paired"] == sum(reads for _, reads, _ in rows)


def test_threads_and_batches_do_not_matter(tmp_path, library):
    path = library.write(tmp_path / "r.fq")
    found = [parse(tmp_path, path, "--umi-errors", "1", "--threads", threads)[0] for threads in ("1", "3")]
    library.reads.reverse()
    found.append(parse(tmp_path, library.write(tmp_path / "r2.fq"), "--umi-errors", "1", "--sample", "r")[0])
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("--umi-errors 1", "--umi-errors needs a UMI"),
        ("--umi-errors 1 --umi-length 5 --shard 1/2", "--umi-errors compares all reads of an insert"),
        ("--umi-errors 2 --umi-length 5", "argument --umi-errors: invalid choice"),
    ],
)
def test_usage(options, problem):
    done = run("chimera-parse", ["--mirnas", "m.fa", "--transcripts", "t.fa", *options.split(), "r.fq"])
    assert (done.status, problem in done.err) == (2, True), done.err
