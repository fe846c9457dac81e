"""Transcripts and annotations in the formats of databases, in all commands that read them."""

import json
import random

import pytest
from commands import COMMANDS, run

UNAVAILABLE = ">ENSG00000000002|ENST00000000002\nSequence unavailable\n"


def rows(path):
    header, *lines = path.read_text().splitlines()
    return [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("chimera-index", ""),
        ("chimera-parse", "--transcripts"),
        ("chimera-simulate", "--transcripts"),
        ("negatives-generate", "--transcripts"),
        ("peak-narrow", "--targets"),
        ("dmiso-predict", "--targets"),
    ],
)
def test_records_without_sequence_are_skipped_and_counted(workplace, name, option):
    command = COMMANDS[name]
    source = "planted.fa" if name == "dmiso-predict" else command.inputs[option]
    (workplace / "export.fa").write_text(
        UNAVAILABLE + (workplace / source).read_text() + UNAVAILABLE.replace("2", "3")
    )
    outputs = {}
    for path in (source, "export.fa"):
        if name == "dmiso-predict":
            line = f"--quiet --model model.safetensors --mirnas mirnas.fa --targets {path} --best".split()
        else:
            line = command.line(**{option.strip("-") or "main": path})
        done = run(name, [*line, "-o", "out", "--json", "report.json"])
        assert done.status == 0, done.err
        counts = json.loads((workplace / "report.json").read_text())["counts"]
        outputs[path] = (workplace / "out").read_bytes(), counts.pop("without_sequence", 0), counts
    assert outputs["export.fa"] == (outputs[source][0], 2, outputs[source][2])
    assert outputs[source][1] == 0


@pytest.fixture
def mature(tmp_path):
    path = tmp_path / "mirnas.fa"
    path.write_text(">miR-1\nTGGAATGTAAAGAAGTATGTAT\n")
    return path


def bases(length, seed):
    return "".join(random.Random(seed).choices("ACGT", k=length))


def test_genes_of_common_headers(tmp_path, mature):
    headers = [
        "NM_000146.4 Homo sapiens ferritin light chain (FTL), mRNA",
        "XR_001737193.2 PREDICTED: Homo sapiens uncharacterized LOC1 (LOC1), transcript variant X3, misc_RNA",
        "XR_001737194.2 PREDICTED: Homo sapiens uncharacterized LOC1 (LOC1), transcript variant X4, misc_RNA",
        "NM_057274.4 Drosophila melanogaster Suppressor of Hairless (Su(H)), mRNA",
        "ENSG00000087086|ENST00000331825",
        "ENST00000600773|ENSG00000087086",
        "ENSMUSG00000050708_ENSMUST00000094434_Ftl1_mRNA",
        "FBtr0079786 type=mRNA; ID=FBtr0079786; name=Su(H)-RA; parent=FBgn0004837; species=Dmel;",
        "FBtr0305550 type=mRNA; ID=FBtr0305550; name=Su(H)-RB; parent=FBgn0004837; species=Dmel;",
    ]
    targets = tmp_path / "targets.fa"
    targets.write_text("".join(f">{header}\n{bases(60, seed)}\n" for seed, header in enumerate(headers)))
    genes = tmp_path / "genes.tsv"
    line = ["--model", "dmiso", "--mirnas", mature, "--targets", targets, "--genes", genes, "-o", tmp_path / "out"]
    assert run("dmiso-predict", map(str, line)).status == 0
    assert [(row["gene_id"], row["gene_name"], row["n_targets"]) for row in rows(genes)] == [
        ("FTL", "FTL", "1"),
        ("LOC1", "LOC1", "2"),
        ("Su(H)", "Su(H)", "1"),
        ("ENSG00000087086", ".", "2"),
        ("ENSMUSG00000050708", "Ftl1", "1"),
        ("FBgn0004837", "Su(H)", "2"),
    ]


GFF3 = """\
##gff-version 3
1\tx\tmRNA\t1001\t1200\t.\t+\t.\tID=transcript:AT1G01010.1;Parent=gene:AT1G01010;Name=AT1G01010.1
1\tx\texon\t1001\t1100\t.\t+\t.\tParent=transcript:AT1G01010.1
1\tx\texon\t1201\t1300\t.\t+\t.\tParent=transcript:AT1G01010.1
1\tx\tCDS\t1011\t1050\t.\t+\t0\tParent=transcript:AT1G01010.1
##FASTA
>1
ACGT
"""


@pytest.mark.parametrize("name", ["AT1G01010.1", "AT1G01010.2"])
def test_regions_and_positions_from_gff3(tmp_path, mature, name):
    """Isoform .2 is missing from the annotation and does not get the regions of isoform .1."""
    transcript, annotation = bases(200, 1), tmp_path / "genes.gtf"
    annotation.write_text(GFF3)
    (tmp_path / "t.fa").write_text(f">{name}\n{transcript}\n>other\n{bases(90, 2)}\n")
    (tmp_path / "reads.fa").write_text(f">1-30\nTGGAATGTAAAGAAGTATGTAT{transcript[80:120]}\n")
    if name != "AT1G01010.1":  # else the annotation describes none
        annotation.write_text(GFF3.replace("##FASTA", "2\tx\texon\t1\t90\t.\t+\t.\tParent=other\n##FASTA"))
    files = {each: tmp_path / each for each in ("out", "bed", "report")}
    line = f"--mirnas {mature} --transcripts {tmp_path}/t.fa --gtf {annotation} --min-reads 1 --collapsed"
    line += f" -o {files['out']} --bed-genome {files['bed']} --json {files['report']} {tmp_path}/reads.fa"
    assert run("chimera-parse", line.split()).status == 0
    (row,) = rows(files["out"])
    assert (row["target_id"], row["n_copies"], row["site_start"], row["site_end"]) == (name, "30", "80", "145")
    report = json.loads(files["report"].read_text())
    regions = {region for region, reads in report["statistics"]["regions"].items() if reads}
    if name == "AT1G01010.1":
        assert regions == {"3'UTR"}
        assert files["bed"].read_text().split("\t")[:3] == ["1", "1080", "1245"]
    else:
        assert regions == {"unknown"}
        assert files["bed"].read_text() == ""


@pytest.mark.parametrize("form", ["1-{}", "seq_1_x{}", "s1;size={}", "1#{}", "r|{}", "1_{}"])
def test_collapsed_reads_of_any_program(tmp_path, mature, form):
    transcript = bases(200, 1)
    (tmp_path / "t.fa").write_text(f">t\n{transcript}\n")
    reads = [f">{form.format(n)}\nTGGAATGTAAAGAAGTATGTAT{transcript[80 : 110 + n]}\n" for n in (2, 30)]
    (tmp_path / "reads.fa").write_text("".join(reads))
    line = f"--mirnas {mature} --transcripts {tmp_path}/t.fa --min-reads 1 --collapsed -o {tmp_path}/out"
    assert run("chimera-parse", [*line.split(), f"{tmp_path}/reads.fa"]).status == 0
    assert sum(int(row["n_copies"]) for row in rows(tmp_path / "out")) == 32
