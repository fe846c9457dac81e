"""Hints on why reads make no pairs: one line with the finding and what to try; no hint for reads with pairs."""

import io
import json
import random
import sys

import pytest

from mirtools.io.sequences import reverse_complement
from mirtools.tools.chimera_parse import main as parse
from mirtools.tools.interactions_report import main as summarize
from mirtools.tools.isomir_classify import main as classify

RNG = random.Random(11)
ADAPTER = "TGGAATTCTCGGGTGCCAAGG"


def dna(length):
    return "".join(RNG.choices("ACGT", k=length))


MIRNAS = {"hsa-miR-21-5p": "TAGCTTATCAGACTGATGTTGA", "hsa-miR-16-5p": "TAGCAGCACGTAAATATTGGCG"}
TRANSCRIPTS = {f"tx{number}": dna(700) for number in range(3)}
READS = [
    mirna + TRANSCRIPTS[f"tx{number % 3}"][number * 20 : number * 20 + 34]
    for number in range(15)
    for mirna in MIRNAS.values()
]
OTHERS = [dna(56) for _ in READS]


def fasta(path, sequences):
    path.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in sequences.items()))
    return str(path)


def fastq(path, reads):
    lines = (
        f"@r{number}\n{read}\n+\n{'I5' * (len(read) // 2)}{'I' * (len(read) % 2)}\n"
        for number, read in enumerate(reads)
    )
    path.write_text("".join(lines))
    return str(path)


@pytest.fixture
def run(tmp_path, capsys):
    """Return a function that runs chimera-parse and returns rows, hints and standard error."""

    def parsed(reads, *options, mirnas=MIRNAS, transcripts=TRANSCRIPTS):
        files = [fastq(tmp_path / f"reads{number}.fastq", each) for number, each in enumerate(reads)]
        references = ["--mirnas", fasta(tmp_path / "m.fa", mirnas)]
        references += ["--transcripts", fasta(tmp_path / "t.fa", transcripts)]
        out, report = tmp_path / "pairs.tsv", tmp_path / "parse.json"
        assert parse([*references, "-o", str(out), "--json", str(report), *options, *files]) == 0
        found = json.loads(report.read_text())
        return found["counts"]["pairs"], found["hints"], capsys.readouterr().err

    return parsed


def test_good_reads_get_no_hint(run):
    for options in ([], ["--adapter", ADAPTER], ["--shard", "2/9", "--min-reads", "1"]):
        pairs, hints, log = run([READS], *options)
        assert pairs
        assert hints == []
        assert "hint" not in log
    # few chimeras among many other reads, as in a real library
    assert run([READS[:20] + [dna(50) for _ in range(1500)]])[:2] == (20, [])


@pytest.mark.parametrize(
    ("reads", "options", "words"),
    [
        (
            [list(map(reverse_complement, READS))],
            [],
            ["reads0.fastq: reads look like reverse complements", "and 30 the reverse complement"],
        ),
        (
            [READS, [reverse_complement(read) for read in READS[:9]]],
            [],
            ["reads1.fastq: reads look like reverse com"],
        ),
        ([OTHERS], [], ["30 of 30 distinct reads contain no miRNA of --mirnas; are they of this species"]),
        (
            [[dna(22) + TRANSCRIPTS["tx1"][:30] for _ in range(20)]],
            [],
            ["20 of 20 distinct reads contain no miRNA"],
        ),
        ([[read[:22] + dna(34) for read in READS]], [], ["contain a miRNA, but no part of --transcripts"]),
        ([[read[:22] + dna(20) + read[22:] for read in READS]], [], ["more than --max-gap 4 nt apart"]),
        ([READS], ["--min-site", "90"], ["have sites shorter than --min-site 90 nt"]),
        (
            [[read[: 18 + number % 9] for number, read in enumerate(READS)]],
            [],
            ["shorter than 30 nt, too short for a"],
        ),
        ([[read[:12] for read in READS]], [], ["30 of 30 reads are shorter than --min-length 15", "--adapter"]),
        (
            [READS[:8]],
            [],
            ["8 distinct reads make pairs, but no miRNA part is in --min-reads 10", "smaller --min-reads"],
        ),
        (
            [READS[:3] * 40],
            [],
            ["3 distinct reads make pairs", "117 reads are copies of 3 others; is there a UMI"],
        ),
        ([OTHERS], ["--adapter", ADAPTER], ["none of the first 30 reads contain the --adapter"]),
        ([[]], [], ["READS contain no read"]),
    ],
)
def test_nothing_found(run, reads, options, words):
    pairs, hints, log = run(reads, *options)
    assert pairs == (20 if len(reads) > 1 else 0) or pairs == 30
    assert len(hints) == 1
    assert f"chimera-parse: hint: {hints[0]}\n" in log
    assert all(word in hints[0] for word in words), hints


def test_adapter_of_another_library(run):
    """Reads of one length, none with the adapter, get a hint although they make pairs; trimmed reads do not."""
    untrimmed = [(READS[number % 30] + "AGATCGGAAGAGCACACGTCT" + dna(9)) for number in range(1000)]
    pairs, hints, _ = run([untrimmed], "--adapter", ADAPTER)
    assert pairs
    assert "of the first 1,000 reads contain the --adapter" in hints[0]
    assert run([untrimmed], "--adapter", "AGATCGGAAGAGCACACGTCT")[1] == []
    trimmed = [read[: 56 - number % 4] for number, read in enumerate(READS * 40)]
    assert run([trimmed], "--adapter", ADAPTER)[1] == []


def test_wrong_references(run):
    hairpins = {name: dna(25) + mirna + dna(25) for name, mirna in MIRNAS.items()}
    pairs, hints, _ = run([READS], mirnas=hairpins)
    assert pairs
    assert hints == ["--mirnas have a median length of 72 nt, as hairpins have; give mature miRNAs (about 22 nt)"]
    pairs, hints, _ = run([READS], mirnas=TRANSCRIPTS, transcripts=MIRNAS)
    assert (pairs, len(hints)) == (0, 1)
    assert "--mirnas and --transcripts look swapped (medians of 700 and 22 nt)" in hints[0]
    assert "--transcripts have a median length of 22 nt" in run([READS], transcripts=MIRNAS)[1][0]
    antisense = {name: reverse_complement(sequence) for name, sequence in TRANSCRIPTS.items()}
    assert "reverse complements of --transcripts" in run([READS], transcripts=antisense)[1][0]


@pytest.mark.parametrize("source", ["file", "stdin"])
def test_hyb_names(tmp_path, run, monkeypatch, source):
    """A .hyb file without any name of the references."""

    def hyb(mirna, target):
        cells = ("r1", READS[0], ".", mirna, 1, 22, 1, 22, "1e-5", target, 23, 56, 1, 34, "1e-9")
        return "\t".join(map(str, cells)) + "\n"

    def hints_of(text):
        name = "-"
        if source == "file":
            (tmp_path / "found.hyb").write_text(text)
            name = str(tmp_path / "found.hyb")
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(text.encode()))))
        return run([], "--format", "hyb", "--min-reads", "1", name)[1]

    assert hints_of(hyb("hsa-miR-21-5p", "tx0")) == []
    (hint,) = hints_of(hyb("MIMAT1_MirBase_miR-21_microRNA", "tx0"))
    assert hint.startswith("1 of 1 distinct reads have no name of --mirnas (such as 'hsa-miR-21-5p');")
    assert hint.endswith("; give the FASTA that the .hyb file was made with")
    assert ("found.hyb has 'MIMAT1_MirBase_miR-21_microRNA' and 'tx0'" in hint) == (source == "file")
    assert "have no name of --transcripts (such as 'tx0')" in hints_of(hyb("hsa-miR-21-5p", "NM_1"))[0]


def test_summary_shows_hints(tmp_path, run, capsys):
    run([list(map(reverse_complement, READS))])
    typed, report = str(tmp_path / "typed.tsv"), str(tmp_path / "classify.json")
    mirnas = ["--mirnas", str(tmp_path / "m.fa")]
    assert classify([*mirnas, "-o", typed, "--json", report, str(tmp_path / "pairs.tsv")]) == 0
    assert "hint: PAIRS has no rows" in capsys.readouterr().err
    reports = ["--run-report", str(tmp_path / "parse.json"), "--run-report", report]
    assert summarize([*reports, "-o", str(tmp_path / "summary.md"), typed]) == 0
    text = (tmp_path / "summary.md").read_text()
    assert "No interactions.\n\nHints:\n\n- chimera-parse: " in text
    assert "reads look like reverse complements: of 30 different reads, 0 contain a miRNA, and 30 the" in text
    assert "- isomir-classify: PAIRS has no rows" in text


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            [("TAGCTTATCAGACTGATGTTGA", 3)],
            "1 of 1 rows have a miRNA part that is in fewer than --min-reads 10 distinct",
        ),
        ([("GGATCCAACCGGTTAACCGG", 20)] * 2, "does not align with the miRNA of its name"),
        (
            [("TAGCTTNTCAGACTGATGTTGA", 20)] * 2 + [("TAGCAGCACGTAAATATTGGCG", 20)],
            "2 of 3 rows have N in their miRNA part, and match no form that other reads show in full",
        ),
        ([("TAGCTTNTCAGACTGATGTTGA", 20), ("TAGCTTATCAGACTGATGTTGA", 20)], None),
        ([("TAGCTTATCAGACTGATGTTGA", 30)], None),
    ],
)
def test_tables_that_do_not_fit_the_mirnas(tmp_path, rows, words):
    lines = [
        f"hsa-miR-21-5p\t{sequence}\tt{number}\t1\t30\t{reads}\n" for number, (sequence, reads) in enumerate(rows)
    ]
    table = "mirna_id\tmirna_seq\ttarget_id\ttarget_start\ttarget_end\tn_reads\n" + "".join(lines)
    (tmp_path / "pairs.tsv").write_text(table)
    report = tmp_path / "report.json"
    mirnas = fasta(tmp_path / "m.fa", MIRNAS)
    out = str(tmp_path / "typed.tsv")
    assert classify(["--mirnas", mirnas, "--json", str(report), "-o", out, str(tmp_path / "pairs.tsv")]) == 0
    hints = json.loads(report.read_text())["hints"]
    assert words in hints[0] if words else hints == []
