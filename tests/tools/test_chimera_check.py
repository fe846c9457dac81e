"""chimera-check and the hints of chimera-parse: libraries that are right, and each wrong situation."""

import json
import re

import pytest
from commands import ROOT, run
from simulated_libraries import (
    DARNELL,
    FLY,
    MIRNAS,
    QIASEQ,
    TRANSCRIPTS,
    TRUSEQ,
    TRUSEQ_2,
    TRUSEQ_SMALL,
    Kit,
    fasta,
    simulate,
)

from mirtools.io.sequences import reverse_complement

DATA = ROOT.parent / "shared" / "data"


@pytest.fixture
def checked(tmp_path):
    """Return a function that runs a command and returns its report and table; by default of chimera-check."""

    def work(library, *options, mirnas=MIRNAS, transcripts=TRANSCRIPTS, command="chimera-check"):
        line = [
            "--mirnas",
            fasta(tmp_path / "m.fa", mirnas),
            "--transcripts",
            fasta(tmp_path / "t.fa", transcripts),
        ]
        least = ["--min-reads", "2"] if command == "chimera-parse" else []
        files = ["--json", str(tmp_path / "j.json"), "-o", str(tmp_path / "o.tsv")]
        words = [word for option in options for word in option.split()]
        done = run(command, [*line, *least, *files, *words, library.write(tmp_path / "reads.fastq")])
        assert done.status == 0, done.err
        report = json.loads((tmp_path / "j.json").read_text())
        for hint in report["hints"]:
            assert f"{command}: hint: {hint}\n" in done.err
        return report, [line.split("\t") for line in (tmp_path / "o.tsv").read_text().splitlines()[1:]]

    return work


RIGHT = {
    "trimmed": (Kit(adapter=""), ""),
    "CLASH": (Kit(), f"--adapter {TRUSEQ_SMALL}"),
    "miR-eCLIP": (Kit(TRUSEQ, five_prime="N" * 10), f"--adapter {TRUSEQ} --umi-length 10"),
    "CLEAR-CLIP": (Kit(DARNELL, five_prime="NNNACAGC"), f"--adapter {DARNELL} --umi-length 8"),
    "NEXTflex": (
        Kit(five_prime="NNNN", three_prime="NNNN"),
        f"--adapter {TRUSEQ_SMALL} --umi-length 4,4 --umi-position 5p,3p",
    ),
    "QIAseq": (
        Kit(QIASEQ, behind="N" * 12 + "AGATCGGAAGAGCACACGTC", length=120),
        f"--adapter {QIASEQ} --umi-length 12 --umi-position after-adapter",
    ),
    "QIAseq, reads end with the UMI": (
        Kit(QIASEQ, behind="N" * 12, length=94),
        f"--adapter {QIASEQ} --umi-length 12 --umi-position after-adapter",
    ),
    "UMI-tools": (Kit(in_name=8), f"--adapter {TRUSEQ_SMALL} --umi-length 0 --umi-position name"),
}


@pytest.mark.parametrize("kit", RIGHT)
def test_right_libraries(checked, kit):
    """With the right options there is no hint; without any, the right options are found."""
    structure, options = RIGHT[kit]
    library = simulate(structure)
    for command in ("chimera-check", "chimera-parse"):
        report, rows = checked(library, options, command=command)
        assert report["hints"] == []
    assert sum(int(row[1]) for row in rows) >= 0.95 * len(library.molecules)
    report, rows = checked(library)
    advised = report["fitting_options"]["reads"].replace(
        "--umi-position name", "--umi-length 0 --umi-position name"
    )
    assert advised == options
    assert rows[-1][:3] == ["reads", "options", report["fitting_options"]["reads"] or "none needed"]
    assert bool(report["hints"]) == bool(options)
    targets = next(row for row in rows if row[1] == "targets")
    assert targets[3] == "ok"


@pytest.mark.parametrize(
    ("barcode", "pattern"), [("NNNACTCAGC", "NNNXXXXXXX"), ("NNNACGTNN", "NNNXXXXNN")], ids=["CLASH", "iCLIP"]
)
def test_barcodes_between_the_bases_of_umis(checked, barcode, pattern):
    """An error in a barcode makes no molecule of its own; the bases of the UMI do."""
    kit = Kit(five_prime=barcode, length=120)
    library = simulate(kit)
    wrong = [(f"x{name}", f"{bases[:4]}N{bases[5:]}") for name, bases in library.reads]
    library.reads += wrong
    options = f"--adapter {TRUSEQ_SMALL} --umi-length {pattern}"
    report, rows = checked(library, options, command="chimera-parse")
    assert report["hints"] == []
    molecules = len(library.molecules)
    assert 0.95 * molecules <= sum(int(row[1]) for row in rows) <= molecules
    assert sum(int(row[2]) for row in rows) == 2 * sum(int(row[1]) for row in rows)


def hairpins():
    return {name: "ACGTTGCA" * 3 + mirna + "TTGACCAT" * 4 for name, mirna in MIRNAS.items()}


WRONG = {
    "no adapter given": (Kit(), "", {}, f"reads contain {TRUSEQ_SMALL} .*, but no --adapter is given"),
    "another adapter": (
        Kit(TRUSEQ),
        f"--adapter {TRUSEQ_SMALL}",
        {},
        f"none of the first 900 reads contain the --adapter, but [0-9]+ contain {TRUSEQ} ",
    ),
    "forgotten UMI": (
        Kit(five_prime="N" * 10),
        f"--adapter {TRUSEQ_SMALL}",
        {},
        "miRNAs begin at base 11 of reads .*, with NNNNNNNNNN before them, as a UMI has; try --umi-length 10",
    ),
    "forgotten barcode": (
        Kit(five_prime="CACAGC"),
        f"--adapter {TRUSEQ_SMALL}",
        {},
        "with CACAGC before them, as a barcode or linker has; try --umi-length 6",
    ),
    "UMI that is already removed": (
        Kit(),
        f"--adapter {TRUSEQ_SMALL} --umi-length 6",
        {},
        "miRNAs begin at base 1 .*, but --umi-length removes 6 bases; try omit --umi-length",
    ),
    "forgotten UMI at the 3' end": (
        Kit(three_prime="NNNNN"),
        f"--adapter {TRUSEQ_SMALL}",
        {},
        "5 random bases lie between miRNAs and the adapter .*; try --umi-length 5 --umi-position 3p",
    ),
    "wrong UMI at the 3' end": (
        Kit(),
        f"--adapter {TRUSEQ_SMALL} --umi-length 8 --umi-position 3p",
        {},
        "0 bases lie between miRNAs and the adapter .*, but 8 are removed; try omit --umi-length",
    ),
    "forgotten UMI in names": (
        Kit(in_name=8),
        f"--adapter {TRUSEQ_SMALL}",
        {},
        "names of reads contain what looks like UMIs .*; --umi-position name uses them",
    ),
    "transcripts and miRNAs swapped": (
        Kit(adapter=""),
        "",
        {"mirnas": TRANSCRIPTS, "transcripts": MIRNAS},
        "--mirnas and --transcripts look swapped",
    ),
    "hairpins": (Kit(adapter=""), "", {"mirnas": hairpins()}, "as hairpins have; give mature miRNAs"),
    "miRNAs of another species": (
        Kit(adapter=""),
        "",
        {"mirnas": FLY},
        "different reads contain an abundant miRNA of vertebrates that --mirnas lacks .*, and 0 one of --mirnas",
    ),
    "transcripts of another species": (
        Kit(adapter=""),
        "",
        {"transcripts": {f"other{name}": text[::-1] for name, text in TRANSCRIPTS.items()}},
        "reads with a miRNA and 20 nt or more next to it, 14 contain a part of --transcripts; are these the",
    ),
    "antisense transcripts": (
        Kit(adapter=""),
        "",
        {"transcripts": {name: reverse_complement(text) for name, text in TRANSCRIPTS.items()}},
        "reverse complements of them are next to miRNAs: give transcripts in sense direction",
    ),
}


@pytest.mark.parametrize("command", ["chimera-check", "chimera-parse"])
@pytest.mark.parametrize("situation", WRONG)
def test_wrong_situations(checked, situation, command):
    kit, options, references, words = WRONG[situation]
    report, _ = checked(simulate(kit), options, **references, command=command)
    (hint,) = report["hints"]
    assert re.search(words, hint), hint


@pytest.mark.parametrize("command", ["chimera-check", "chimera-parse"])
def test_read_2(checked, command):
    """Read 2 is the reverse complement, with the adapter of read 2."""
    library = simulate(Kit(adapter=""))
    library.reads = [(name, (reverse_complement(bases) + TRUSEQ_2)[:70]) for name, bases in library.reads]
    report, _ = checked(library, f"--adapter {TRUSEQ}", command=command)
    assert any("reads look like reverse complements" in hint for hint in report["hints"])
    long = simulate(Kit(TRUSEQ_2), chimeric=0, mirnas={"a": "GATTACAGATTACAGATTACAG"})
    (hint,) = checked(long, "--adapter AACCGGTTAACCGGTT", command=command)[0]["hints"]
    assert "contain the adapter that follows inserts on read 2; are these reads 2? Give reads 1" in hint
    assert checked(simulate(Kit(adapter="")).reversed(), command=command)[0]["hints"][0].endswith(
        "give the other read of the pair, or reverse-complement the reads"
    )


def test_some_pairs_but_few(checked):
    """Hints do not need an empty table: one chimera in a hundred has the right transcripts, or support."""
    few = simulate(Kit(adapter=""), 30)
    others = {f"o{name}": text[::-1] for name, text in TRANSCRIPTS.items()}
    many = simulate(Kit(adapter=""), 900, transcripts=others, seed=2)
    many.reads += [(f"x{name}", bases) for name, bases in few.reads]
    report, rows = checked(many, command="chimera-parse")
    assert rows
    assert "contain a part of --transcripts" in report["hints"][0]
    report, rows = checked(simulate(Kit(adapter="")), "--max-gap 0", command="chimera-parse")
    assert rows
    linker = simulate(Kit(adapter=""), mirnas={name: text + "GATCCGTA" for name, text in MIRNAS.items()})
    report, _ = checked(linker, "--max-gap 4", command="chimera-parse")
    assert "more than --max-gap 4 nt apart; is there a linker?" in report["hints"][0]


def test_a_file_of_other_reads(checked):
    """Reads of RNA without miRNAs, and reads with many N."""
    library = simulate(Kit(adapter=""), 1800, mirnas={"a": "GATTACAGATTACAGATTACAG"})
    report, _ = checked(library)
    assert re.search("none of 1,[0-9]+ different reads contain 16 nt of a miRNA of --mirnas", report["hints"][0])
    unread = simulate(Kit(adapter=""))
    unread.reads = [(name, f"{bases[:9]}NNNNNN{bases[15:]}") for name, bases in unread.reads]
    assert "of bases are N, most of them in cycle 10" in checked(unread)[0]["hints"][0]


def test_measurements_are_those_of_the_reads(checked):
    library = simulate(Kit(five_prime="NN"), 300)
    report, _ = checked(library, f"--adapter {TRUSEQ_SMALL}", "--umi-length 2", "--first 250")
    state = report["read_state"]["reads"]
    reads = [bases for _, bases in library.reads[:250]]
    assert (state["reads"], state["equal_length"], state["lengths"]) == (250, 100, {"100": 250})
    assert state["reads_with_adapter"] == 250
    assert state["known_adapters"] == {TRUSEQ_SMALL: 250}
    assert state["by_cycle"]["A"] == [
        round(sum(bases[at] == "A" for bases in reads) / 250, 6) for at in range(100)
    ]
    assert state["by_cycle"]["quality"] == [40.0, 20.0] * 50
    starts = [bases for bases in reads if any(bases[2:].startswith(mirna) for mirna in MIRNAS.values())]
    assert abs(state["mirna_begins"]["2"] - len(starts)) <= 2
    assert state["mirnas"]["reverse"] == 0
    parsed, _ = checked(library, f"--adapter {TRUSEQ_SMALL}", "--umi-length 2", command="chimera-parse")
    assert parsed["read_state"]["reads"]["reads"] == 300


def test_several_samples_empty_files_and_figures(tmp_path):
    references = [
        "--mirnas",
        fasta(tmp_path / "m.fa", MIRNAS),
        "--transcripts",
        fasta(tmp_path / "t.fa", TRANSCRIPTS),
    ]
    good = simulate(Kit(adapter="")).write(tmp_path / "good.fq")
    (tmp_path / "none.fq").write_text("")
    line = [*references, "--sample", "a", "--sample", "b", "--plot", str(tmp_path / "p.svg"), good]
    done = run("chimera-check", [*line, str(tmp_path / "none.fq")])
    assert done.status == 0
    rows = [line.split("\t") for line in done.out.decode().splitlines()]
    assert rows[0] == "sample check result status hint".split()
    assert [row[:3] for row in rows if row[0] == "b"][1] == ["b", "reads", "none"]
    assert "none.fq: contains no read; is this the right file?" in done.err
    assert (tmp_path / "p.svg").stat().st_size > 5000
    empty = run("chimera-check", [*references, "--plot", str(tmp_path / "e.svg"), str(tmp_path / "none.fq")])
    assert empty.status == 0


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (
            "--umi-length 4,4",
            "argument --umi-length: has 2 and --umi-position 1 parts; give a length for each position",
        ),
        ("--umi-length NNQ", "'NNQ' is not a number of bases up to 100 or a pattern such as NNNXXNN"),
        (
            "--umi-length 4 --umi-position 2p",
            "invalid choice: '2p' (choose from '5p', '3p', 'after-adapter', 'name')",
        ),
        ("--umi-length 4,4 --umi-position 3p,3p", "--umi-position names 3p twice"),
        ("--umi-length NX --umi-position name", "is a number of letters; give one, or 0 for any"),
    ],
)
@pytest.mark.parametrize("command", ["chimera-check", "chimera-parse"])
def test_layouts_that_cannot_be(tmp_path, options, problem, command):
    done = run(command, ["--mirnas", "m.fa", "--transcripts", "t.fa", *options.split(), "r.fq"])
    assert done.status == 2
    assert problem in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.skipif(not DATA.is_dir(), reason="real reads are not next to the checkout")
def test_real_reads():
    """The adapter and the barcode of a HITS-CLIP library, from its reads alone."""
    references = DATA / "references"
    mirnas = references / "mirbase22.1_mature_hsa_mmu_kshv_dme.fa.gz"
    line = ["--mirnas", str(mirnas), "--transcripts", str(references / "human_refseq_hg19_mrna_4000.fa.gz")]
    reads = DATA / "chimeric_reads" / "SRR1742056_huh75_ago_clip_reads1-5000.fastq.gz"
    done = run("chimera-check", [*line, str(reads)])
    assert done.out.decode().splitlines()[-1].split("\t")[2] == f"--adapter {DARNELL} --umi-length 5"
