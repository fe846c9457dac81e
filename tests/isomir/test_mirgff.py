"""mirGFF3: licence plates, variants on precursors, escapes, the round trip, and mirtop as a reader."""

import csv
import io
import re
import subprocess
from itertools import product
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mirtools.io.sequences import Reference
from mirtools.isomir.mirgff import Observed, escaped, licence_plate, write_mirgff
from mirtools.isomir.precursors import Precursors
from mirtools.isomir.types import classify

LET7A = "TGAGGTAGTAGGTTGTATAGTT"
HAIRPINS = [
    Reference(
        "hsa-let-7a-1", "", "TGGGATGAGGTAGTAGGTTGTATAGTTTTAGGGTCACACCCACCACTGGGAGATAACTATACAATCTACTGTCTTTCCTA"
    ),
    Reference("hsa-let-7a-2", "", "AGGTTGAGGTAGTAGGTTGTATAGTTTAGAATTACATCAAGGGAGATAACTGTACAGCCTCCTAGCTTTCCT"),
    Reference("hsa-let-7a-3", "", "GGGTGAGGTAGTAGGTTGTATAGTTTGGGGCTCTGCCCTGCTATGGGATAACTATACAATCTACTGTCTTTCCT"),
]
_PLATE = "BD0EF1HI2JK3LM4NO5PQ6RS7UV8WX9YZ"
# "mirtop validate" of 0.4.30 does not reach its own validator (it expects another name of the command)
_VALIDATOR = """
import logging, sys
logging.basicConfig(level=logging.INFO, format="%(message)s")
from mirtop.gff import validator
sys.exit(validator._check_file(sys.argv[1]))
"""
_ESCAPE = re.compile("%([0-9A-F]{2})")


def sequence_of(uid):
    """Return the sequence of a licence plate, by looking up its words."""
    _, length, code = uid.split("-")
    sequence, length = "", int(length)
    words = {
        size: {licence_plate("".join(word)).split("-")[2]: "".join(word) for word in product("ACGT", repeat=size)}
        for size in range(1, 6)
    }
    for start in range(0, length, 5):
        sequence += words[min(5, length - start)][code[2 * start // 5 : 2 * start // 5 + 2]]
    return sequence


def read(text):
    """Read mirGFF3, independently of the writer: columns and unescaped attributes."""
    rows = []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        *columns, attributes = line.split("\t")
        assert len(columns) == 8
        pairs = [item.strip().split("=") for item in attributes.split(";")]
        rows.append((columns, {key: _ESCAPE.sub(lambda m: chr(int(m[1], 16)), value) for key, value in pairs}))
    return rows


def written(sequences, hairpins=(), name="hsa-let-7a-5p", samples=("reads",), names=None, accession=None):
    canonical = {name: LET7A}
    precursors = Precursors(canonical, hairpins)
    observed = [
        Observed(name, sequence, classify(sequence, LET7A), [7] * len(samples), names or (name,))
        for sequence in sequences
    ]
    stream = io.StringIO()
    skipped = write_mirgff(stream, observed, precursors, {name: accession} if accession else {}, samples)
    return stream.getvalue(), skipped


@pytest.mark.parametrize(
    ("sequence", "uid"),
    [  # from mirtop's test data
        (LET7A, "iso-22-XKVLRYVPQ"),
        ("GATGAGGTAGTAGGTTGTATAGTT", "iso-24-5URPV39QFE"),
        (LET7A + "A", "iso-23-XKVLRYVP0O"),
        (LET7A[:-2], "iso-20-XKVLRYVP"),
        ("TGAGGTAGTACGTTGTATAGTT", "iso-22-XKVLMYVPQ"),
        ("A", "iso-1-B"),
        ("T", "iso-1-E"),
        ("AA", "iso-2-F"),
        ("ATA", "iso-3-DB"),
    ],
)
def test_licence_plates(sequence, uid):
    assert licence_plate(sequence) == uid


def test_licence_plates_of_short_ends_are_consecutive_numbers():
    shorter = ["".join(word) for size in range(1, 5) for word in product("ACGT", repeat=size)]
    numbers = []
    for word in shorter:
        code = licence_plate(word).split("-")[2]
        numbers.append(sum(_PLATE.index(c) * 32**place for place, c in enumerate(reversed(code))))
    assert numbers == list(range(len(shorter)))


@given(st.text("ACGT", min_size=1, max_size=40))
def test_licence_plates_are_unique(sequence):
    code = licence_plate(sequence)
    assert code.startswith(f"iso-{len(sequence)}-")
    assert sequence_of(code) == sequence


@pytest.mark.parametrize(
    ("observed", "variant", "cigar", "hits"),
    [
        (LET7A, "NA", "22M", 3),
        (LET7A + "T", "iso_3p:+1", "23M", 3),
        (LET7A + "TT", "iso_3p:+2", "24M", 1),  # only let-7a-1 continues like this
        (LET7A + "TA", "iso_3p:+2", "24M", 1),  # let-7a-2
        (LET7A + "A", "iso_add3p:1", "22MA", 3),
        (LET7A + "AT", "iso_add3p:2", "22MAM", 1),  # T fits let-7a-1 by chance, but was added
        (LET7A + "TC", "iso_3p:+1,iso_add3p:1", "23MC", 3),
        (LET7A[:-1], "iso_3p:-1", "21M", 3),
        (LET7A[:-1] + "A", "iso_3p:-1,iso_add3p:1", "21MA", 3),  # trimmed and tailed
        (LET7A[:-1] + "AA", "iso_3p:-1,iso_add3p:2", "21MAA", 3),
        (LET7A[:-1] + "AT", "iso_3p:-1,iso_add3p:2", "21MAM", 3),
        (LET7A[:-2] + "AAA", "iso_3p:-2,iso_add3p:3", "20MAAA", 3),
        (LET7A[:-3] + "C", "iso_3p:-3,iso_add3p:1", "19MC", 3),
        ("A" + LET7A, "iso_5p:-1", "23M", 1),
        ("G" + LET7A, "iso_5p:-1", "23M", 1),  # let-7a-3
        ("C" + LET7A, "iso_5p:-1,iso_snv", "C22M", 3),
        (LET7A[1:], "iso_5p:+1", "21M", 3),
        ("C" + LET7A[1:], "iso_snv", "C21M", 3),
        (LET7A[:10] + "C" + LET7A[11:], "iso_snv_central", "10MC11M", 3),
        (LET7A[:20] + "C" + LET7A[21:], "iso_snv", "20MCM", 3),
        (LET7A[2:10] + "C" + LET7A[11:] + "A", "iso_5p:+2,iso_add3p:1,iso_snv_central", "8MC11MA", 3),
    ],
)
def test_variants_on_precursors(observed, variant, cigar, hits):
    text, _ = written([observed], HAIRPINS)
    rows = read(text)
    assert {(row["Variant"], row["Cigar"]) for _, row in rows} == {(variant, cigar)}
    assert len(rows) == hits
    assert {row["Hits"] for _, row in rows} == {str(hits)}
    for columns, row in rows:
        hairpin = next(h.sequence for h in HAIRPINS if h.name == row["Parent"])
        assert columns[0] == row["Parent"]
        # bases with M equal those of the precursor
        start = int(columns[3]) - 1
        bases = "".join(
            "M" * int(number or 1) if letter == "M" else letter
            for number, letter in re.findall(r"(\d*)([A-Z])", row["Cigar"])
        )
        assert len(bases) == len(observed) == int(columns[4]) - start
        assert all(letter != "M" or hairpin[start + i] == observed[i] for i, letter in enumerate(bases))
        assert all(letter == "M" or letter == observed[i] for i, letter in enumerate(bases))


def test_a_trimmed_and_tailed_mirna():
    """let-7f-1-3p CTATACAATCTATTGCCTTCCC observed as ...CCT: one base trimmed, another one added."""
    canonical = "CTATACAATCTATTGCCTTCCC"
    precursors = Precursors({"let-7f": canonical}, [Reference("p", "", "AAAA" + canonical + "TGAT")])
    observed = canonical[:-1] + "T"
    (place,) = precursors.places("let-7f", observed, classify(observed, canonical))
    assert place.variant == "iso_3p:-1,iso_add3p:1"


def test_without_precursors_the_mirna_is_the_precursor():
    text, _ = written([LET7A, "A" + LET7A + "T", LET7A[2:-1]])
    rows = read(text)
    assert [row["Variant"] for _, row in rows] == ["NA", "iso_5p:-1,iso_add3p:1", "iso_5p:+2,iso_3p:-1"]
    assert [row["Cigar"] for _, row in rows] == ["22M", "A22MT", "19M"]
    assert [columns[2:5] for columns, _ in rows] == [
        ["ref_miRNA", "1", "22"],
        ["isomiR", "1", "22"],
        ["isomiR", "3", "21"],
    ]
    assert {row["Parent"] for _, row in rows} == {"hsa-let-7a-5p"}


def test_a_precursor_may_contain_a_mirna_twice_or_end_with_it():
    hairpins = [Reference("twice", "", LET7A + "CCC" + LET7A), Reference("other", "", "ACGT" * 9)]
    text, _ = written([LET7A + "G", LET7A + "CC"], hairpins)
    rows = read(text)
    assert [(columns[0], *columns[3:5]) for columns, _ in rows] == [
        ("twice", "1", "23"),
        ("twice", "26", "47"),  # beyond the end of the precursor
        ("twice", "1", "24"),
    ]
    assert [row["Variant"] for _, row in rows] == ["iso_add3p:1", "iso_add3p:1", "iso_3p:+2"]


def test_reads_count_once_if_loci_differ_in_the_variant():
    """One non-templated base at both loci: A before the miRNA is templated at one, G after it at the other."""
    hairpins = [Reference("one", "", "A" + LET7A + "C"), Reference("two", "", "C" + LET7A + "G")]
    text, _ = written(["A" + LET7A + "G"], hairpins)
    ((_, row),) = read(text)
    assert (row["Parent"], row["Variant"], row["Hits"]) == ("one", "iso_5p:-1,iso_add3p:1", "2")


def test_sequences_with_n_are_skipped_and_counted():
    text, skipped = written([LET7A[:9] + "N" + LET7A[10:], LET7A])
    assert skipped == 1
    assert len(read(text)) == 1


@pytest.mark.parametrize("name", ["a;b", "a=b", "a&b", "a,b", "50%", "x;=,&%", "<script>", "=cmd()", "µ"])
def test_special_characters_in_names_are_escaped(name):
    text, _ = written([LET7A], name=name, samples=(name, "b"))
    ((_, row),) = read(text)
    assert row["Name"] == row["Parent"] == name
    assert row["Expression"] == "7,7"
    assert f"## COLDATA: {escaped(name)},b\n" in text


def test_ambiguous_sequences_are_marked():
    name = "hsa-let-7a-5p"
    canonical = {name: LET7A, "other": LET7A}
    stream = io.StringIO()
    observed = [Observed(name, LET7A[:-1], classify(LET7A[:-1], LET7A), [3], (name, "other"))]
    write_mirgff(stream, observed, Precursors(canonical, HAIRPINS), {name: "MIMAT0000062"}, ["reads"])
    rows = read(stream.getvalue())
    assert [row["Filter"] for _, row in rows] == ["PASS:ambiguous"] * 3
    assert {row["Hits"] for _, row in rows} == {"6"}
    assert {row["Alias"] for _, row in rows} == {"MIMAT0000062"}
    assert "## source-ontology: miRBase doi:10.25504/fairsharing.hmgte8\n" in stream.getvalue()


@given(st.lists(st.text("ACGT", max_size=3), min_size=2, max_size=2), st.integers(0, 3), st.integers(0, 3))
def test_round_trip_of_types_and_sequences(added, lost_5p, lost_3p):
    observed = added[0] + LET7A[lost_5p : len(LET7A) - lost_3p] + added[1]
    assume(classify(observed, LET7A) is not None)
    text, _ = written([observed], HAIRPINS)
    for _, row in read(text):
        assert row["Read"] == observed
        assert sequence_of(row["UID"]) == observed
        assert classify(row["Read"], LET7A).types == classify(observed, LET7A).types
        # the changes at the ends add up to the change of length
        ends = dict(item.split(":") for item in row["Variant"].split(",") if ":" in item)
        moved = -int(ends.get("iso_5p", 0)) + int(ends.get("iso_3p", 0)) + int(ends.get("iso_add3p", 0))
        assert len(observed) == len(LET7A) + moved


def run(program, *arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)


def validate(mirtop, path):
    """Return the number of mistakes that mirtop's validator finds, and its messages."""
    done = run(Path(mirtop).with_name("python"), "-W", "ignore", "-c", _VALIDATOR, path)
    messages = [line for line in done.stderr.splitlines() if line != "HEADER CHECKED"]
    assert len(messages) < len(done.stderr.splitlines()), done.stderr
    return done.returncode, messages


@pytest.mark.parametrize("hairpins", [(), HAIRPINS])
def test_mirtop_accepts_it(peer, tmp_path, hairpins):
    mirtop = peer("mirtop")
    sequences = [LET7A, LET7A + "A", LET7A + "TT", "A" + LET7A, LET7A[:-1], LET7A[:9] + "T" + LET7A[10:]]
    text, _ = written(sequences, hairpins, samples=("a", "b"), accession="MIMAT0000062")
    path = tmp_path / "isomirs.gff3"
    path.write_text(text)
    assert validate(mirtop, path) == (0, [])

    assert run(mirtop, "stats", path, "-o", tmp_path).returncode == 0
    stats = (tmp_path / "mirtop_stats.txt").read_text()
    for sample in "ab":
        # a sequence on three precursors is counted once
        assert re.search(rf"ref_miRNA_sum,{sample},7\b", stats)
        assert re.search(rf"isomiR_sum,{sample},35\b", stats)
        assert re.search(rf"iso_add3p_sum,{sample},{7 if hairpins else 14}\b", stats)
        assert re.search(rf"iso_5p_sum,{sample},7\b", stats)


def test_mirtop_refuses_broken_files(peer, tmp_path):
    """Shows that the validator in the test above does find mistakes."""
    text, _ = written([LET7A], HAIRPINS)
    path = tmp_path / "broken.gff3"
    for old, new, mistakes in (
        ("Variant=NA", "Variant=iso_4p:2", 3),
        ("XKVLRYVPQ", "XKVLRYVPA", 3),
        ("## TOOLS", "## TULES", 4),  # and the number of samples is wrong, too
        ("Expression=7", "Expression=7,7", 3),
    ):
        path.write_text(text.replace(old, new))
        assert validate(peer("mirtop"), path)[0] == mistakes


def test_mirtop_makes_the_same_table(peer, tmp_path):
    sequences = [LET7A, LET7A + "A", LET7A + "TT", "A" + LET7A, LET7A[:-1], LET7A[:9] + "T" + LET7A[10:]]
    text, _ = written(sequences, HAIRPINS)
    (tmp_path / "isomirs.gff3").write_text(text)
    (tmp_path / "hairpin.fa").write_text("".join(f">{h.name}\n{h.sequence}\n" for h in HAIRPINS))
    genome = "##gff-version 3\n# microRNAs: miRBase v21\n"
    for number, hairpin in enumerate(HAIRPINS):
        first = 1000 * number + 1
        start = first + hairpin.sequence.index(LET7A)
        for kind, begin, end, attributes in (
            ("miRNA_primary_transcript", first, first + len(hairpin.sequence) - 1, f"Name={hairpin.name}"),
            ("miRNA", start, start + 21, f"Name=hsa-let-7a-5p;Derives_from=MI{number}"),
        ):
            identifier = f"ID=MI{number}" if kind != "miRNA" else f"ID=MIMAT0000062_{number}"
            line = ["chr1", ".", kind, begin, end, ".", "+", ".", f"{identifier};{attributes}"]
            genome += "\t".join(map(str, line)) + "\n"
    (tmp_path / "genome.gff3").write_text(genome)
    arguments = ["--gff", tmp_path / "isomirs.gff3", "--hairpin", tmp_path / "hairpin.fa"]
    arguments += ["--gtf", tmp_path / "genome.gff3", "--sps", "hsa", "-o", tmp_path]
    done = run(peer("mirtop"), "counts", *arguments)
    assert done.returncode == 0, done.stderr
    with open(tmp_path / "isomirs.tsv") as stream:
        counted = {row["Read"]: row for row in csv.DictReader(stream, delimiter="\t")}
    assert list(counted) == sequences
    assert {row["reads"] for row in counted.values()} == {"7"}
    assert {row["miRNA"] for row in counted.values()} == {"hsa-let-7a-5p"}
    variants = [[row[name] for name in ("iso_5p", "iso_3p", "iso_add3p", "iso_snp")] for row in counted.values()]
    assert variants == [
        ["0", "0", "0", "0"],
        ["0", "0", "1", "0"],
        ["0", "+2", "0", "0"],
        ["-1", "0", "0", "0"],
        ["0", "-1", "0", "0"],
        ["0", "0", "0", "1"],
    ]


def test_mirtop_and_a_file_without_hits(peer, tmp_path):
    mirtop = peer("mirtop")
    text, _ = written([])
    path = tmp_path / "none.gff3"
    path.write_text(text)
    assert validate(mirtop, path) == (0, [])
