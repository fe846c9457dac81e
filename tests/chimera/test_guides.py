"""Guides of several classes: options, names, which guide a read gets, and what isomir-classify leaves alone."""

import json
import random

import pytest
from commands import run

from mirtools.chimera.guides import GuideFile, parse_guides, read_guides
from mirtools.errors import InputError, UsageError

RNG = random.Random(11)
TRANSCRIPT = "".join(RNG.choices("ACGT", k=600))
MIRNA = "TAGCAGCACGTAAATATTGGCG"
TRNA = "".join(RNG.choices("ACGT", k=74))
GUIDES = {"tRF-1": TRNA[:30], "tRNA-1": TRNA, "tRF-same-as-miR": MIRNA, "yRNA": "".join(RNG.choices("ACGT", k=30))}


def fasta(path, sequences):
    path.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in sequences.items()))
    return str(path)


@pytest.fixture
def folder(tmp_path):
    """References, and reads of known guides: 12 of each kind."""
    fasta(tmp_path / "mirnas.fa", {"hsa-miR-16-5p": MIRNA})
    fasta(tmp_path / "trf.fa", {"tRF-1": GUIDES["tRF-1"]})
    fasta(tmp_path / "yrna.fa", {"yRNA": GUIDES["yRNA"]})
    fasta(tmp_path / "same.fa", {"tRF-same-as-miR": MIRNA})
    fasta(tmp_path / "trna.fa", {"tRNA-1": TRNA})
    fasta(tmp_path / "transcripts.fa", {"t": TRANSCRIPT})
    parts = {"m": MIRNA, "f": GUIDES["tRF-1"], "y": GUIDES["yRNA"], "w": TRNA[38:66]}
    reads = {
        f"{name}{number}": part + TRANSCRIPT[20 * number : 20 * number + 35 + number]
        for name, part in parts.items()
        for number in range(12)
    }
    fasta(tmp_path / "reads.fa", reads)
    return tmp_path


def parse(folder, *options, reads="reads.fa"):
    line = ["--mirnas", folder / "mirnas.fa", "--transcripts", folder / "transcripts.fa", *options]
    done = run("chimera-parse", [*map(str, line), str(folder / reads)])
    assert done.status == 0, done.err
    header, *lines = [row.split("\t") for row in done.out.decode().splitlines()]
    return header, [dict(zip(header, row, strict=True)) for row in lines], done


@pytest.mark.parametrize(
    "text", ["tRF", "=a.fa", "tRF=", " tRF=a.fa", "a\tb=c.fa", ".=a.fa", "miRNA=a.fa", "mirna=a.fa"]
)
def test_guides_without_class_or_file_are_refused(text):
    with pytest.raises(UsageError, match="--guides"):
        parse_guides(text)


def test_a_name_in_two_classes_is_refused(tmp_path):
    mirnas = fasta(tmp_path / "m.fa", {"a": MIRNA})
    other = fasta(tmp_path / "o.fa", {"b": TRNA, "a": TRNA[::-1]})
    with pytest.raises(
        InputError, match="'a': is a name of class miRNA, too; give each guide its own name"
    ) as error:
        read_guides(mirnas, [GuideFile("tRNA", other)])
    assert "\n" not in str(error.value)
    found = read_guides(mirnas, [GuideFile("tRNA", fasta(tmp_path / "p.fa", {"b": TRNA}))])
    assert (found.names, found.classes) == (["a", "b"], ["miRNA", "tRNA"])
    assert read_guides(mirnas).classes == ()


def test_each_read_is_given_to_its_guide(folder):
    options = ["--guides", f"tRF={folder}/trf.fa", "--guides", f"Y={folder}/yrna.fa", "--json", folder / "r.json"]
    header, rows, done = parse(folder, *options)
    assert header[3:6] == ["mirna_id", "guide_class", "mirna_seq"]
    found = {
        row["guide_class"]: {row["mirna_id"] for row in rows if row["guide_class"] == row["guide_class"]}
        for row in rows
    }
    assert set(found) == {"miRNA", "tRF", "Y"}
    assert {(row["guide_class"], row["mirna_id"]) for row in rows} == {
        ("miRNA", "hsa-miR-16-5p"),
        ("tRF", "tRF-1"),
        ("Y", "yRNA"),
    }
    report = json.loads((folder / "r.json").read_text())
    assert report["guide_classes"] == {
        name: {"pairs": 12, "reads": 12, "tied_pairs": 0} for name in ("Y", "miRNA", "tRF")
    }
    assert done.err.count("several classes") == 0
    plain, others, _ = parse(folder)
    assert "guide_class" not in plain
    assert [row["pair_id"] for row in others] == [row["pair_id"] for row in rows if row["guide_class"] == "miRNA"]


def test_the_order_of_classes_does_not_matter(folder):
    files = [f"tRF={folder}/trf.fa", f"Y={folder}/yrna.fa", f"A={folder}/same.fa"]
    outputs = [
        parse(folder, *(word for each in order for word in ("--guides", each)))[2].out
        for order in (files, files[::-1])
    ]
    assert outputs[0] == outputs[1]


def test_ties_between_classes_go_to_the_mirna_and_are_reported(folder):
    options = ["--guides", f"A={folder}/same.fa", "--ties", "--json", folder / "r.json"]
    _, rows, done = parse(folder, *options)
    assert {(row["mirna_id"], row["guide_class"], row["tied_mirnas"], row["n_best"]) for row in rows} == {
        ("hsa-miR-16-5p", "miRNA", "hsa-miR-16-5p,tRF-same-as-miR", "2")
    }
    assert "12 of 12 pairs fit guides of several classes equally well" in done.err
    report = json.loads((folder / "r.json").read_text())
    assert report["guide_classes"] == {"miRNA": {"pairs": 12, "reads": 12, "tied_pairs": 12}}
    assert report["counts"]["pairs_of_several_classes"] == 12
    header, *_ = parse(folder, "--guides", f"A={folder}/same.fa")
    assert "tied_mirnas" not in header


def test_fragments_of_longer_guides_keep_few_bases_beside_them(folder):
    """A linker of 20 nt before a fragment that begins at base 38 of the guide belongs to neither."""
    linker = "ACCAGTTGCATGGACTTCAG"
    fasta(
        folder / "linked.fa", {f"r{n}": linker + TRNA[38:66] + TRANSCRIPT[9 * n : 9 * n + 40] for n in range(10)}
    )
    _, rows, _ = parse(folder, "--guides", f"tRNA={folder}/trna.fa", reads="linked.fa")
    assert rows
    assert all(len(row["mirna_seq"]) <= 28 + 12 + 4 for row in rows)


def test_hyb_files_name_the_class(folder):
    parse(folder, "--guides", f"tRF={folder}/trf.fa", "--hyb", folder / "out.hyb")
    lines = (folder / "out.hyb").read_text().splitlines()
    assert sum("seg1_type=tRF;seg2_type=mRNA" in line for line in lines) == 12
    assert sum("seg1_type=miRNA;seg2_type=mRNA" in line for line in lines) == 12
    _, rows, _ = parse(folder, "--guides", f"tRF={folder}/trf.fa", reads="out.hyb")
    assert sorted(row["guide_class"] for row in rows) == ["miRNA"] * 12 + ["tRF"] * 12


@pytest.mark.parametrize("shards", [1, 2, 3])
def test_isomir_classify_leaves_other_classes_alone(folder, shards):
    options = ["--guides", f"tRF={folder}/trf.fa", "--guides", f"Y={folder}/yrna.fa", "--ties"]
    _, whole, _ = parse(folder, *options)
    paths = []
    for number in range(1, shards + 1):
        _, _, done = parse(folder, *options, "--min-reads", "1", "--shard", f"{number}/{shards}")
        paths.append(folder / f"{number}.tsv")
        paths[-1].write_bytes(done.out)
    done = run("isomir-classify", ["--mirnas", str(folder / "mirnas.fa"), *map(str, paths)])
    assert done.status == 0, done.err
    header, *lines = [row.split("\t") for row in done.out.decode().splitlines()]
    rows = [dict(zip(header, row, strict=True)) for row in lines]
    others = {row["pair_id"]: row for row in rows if row["guide_class"] != "miRNA"}
    assert len(others) == 24
    for row in whole:
        if row["guide_class"] != "miRNA":
            assert {name: others[row["pair_id"]][name] for name in row} == row
    assert {row["mirna_class"] for row in others.values()} == {"."}
    assert {row["mirna_class"] for row in rows if row["guide_class"] == "miRNA"} == {"exact"}
    assert [int(row["n_reads"]) for row in rows] == sorted((int(row["n_reads"]) for row in rows), reverse=True)
    assert "pairs of other guides 24" in done.err
