"""genes-predict from the command line: rows, sums, orders, and what it refuses."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import re
from pathlib import Path

import pytest
from commands import TEST_DATA, run

from mirtools.genes.table import COLUMNS, SITE_COLUMNS
from mirtools.pairs.site_types import CANONICAL

LET_7 = "TGAGGTAGTAGGTTGTATAGTT"
SITE = "CTACCTCA"
NO_SITE = "G" * 60
TARGETS = (
    f">one gene=G1\n{NO_SITE}\n>two gene=G2\n{'G' * 20}{SITE}{'A' * 30}\n>three gene=G2\n{SITE}{'G' * 9}{SITE}A\n"
)


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def predicted(*arguments, targets=TARGETS, status=0):
    Path("targets.fa").write_text(targets)
    done = run("genes-predict", ["--mirnas", LET_7, "--targets", "targets.fa", *arguments])
    assert done.status == status, done.err
    return rows_of(done.out.decode()) if status == 0 else done.err


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_target_has_a_row_and_the_strongest_is_first():
    rows = predicted()
    assert list(rows[0]) == COLUMNS
    assert {row["target_id"] for row in rows} == {"one", "two", "three"}
    changes = [float(row["predicted_log2fc"]) for row in rows]
    assert changes == sorted(changes)
    assert (rows[-1]["target_id"], changes[-1]) == ("one", 0)
    assert [row["rank"] for row in rows] == ["1", "2", "3"]
    assert [row["percentile"] for row in rows] == ["66.67", "33.33", "0.00"]
    assert rows[-1]["confidence"] == "0.500"
    assert rows[-1]["best_type"] == rows[-1]["best_start"] == "."


def test_types_positions_and_genes_of_a_row():
    row = next(row for row in predicted() if row["target_id"] == "three")
    assert (row["gene_id"], row["mirna_id"], row["mirna_seq"]) == ("G2", LET_7, LET_7)
    assert (row["n_8mer"], row["n_7mer_m8"], row["n_cds"], row["utr3_length"]) == ("2", "0", "0", "26")
    assert (row["best_type"], row["best_region"]) == ("8mer", "3'UTR")
    assert (row["best_start"], row["best_end"]) in {("0", "8"), ("17", "25")}


def test_contributions_of_sites_add_up_to_predictions():
    line = ["--mirnas", str(TEST_DATA / "mirnas.fa"), "--targets", str(TEST_DATA / "transcripts.fa.gz")]
    done = run("genes-predict", [*line, "--sites", "sites.tsv", "-o", "genes.tsv", "--quiet"])
    assert done.status == 0
    rows, sites = rows_of(Path("genes.tsv").read_text()), rows_of(Path("sites.tsv").read_text())
    assert list(sites[0]) == SITE_COLUMNS
    sums: dict = {}
    counts: dict = {}
    for site in sites:
        pair = site["mirna_id"], site["target_id"]
        sums[pair] = sums.get(pair, 0) + float(site["contribution"])
        key = *pair, site["region"], site["site_type"]
        counts[key] = counts.get(key, 0) + 1
    assert len(rows) == 60 * (TEST_DATA / "mirnas.fa").read_text().count(">")
    below = 0
    for row in rows:
        pair = row["mirna_id"], row["target_id"]
        change = float(row["predicted_log2fc"])
        below += change < 0
        assert sums.get(pair, 0) == pytest.approx(change, abs=1e-5)
        parts = [float(row[f"{region}_contribution"]) for region in ("utr3", "cds", "utr5")]
        assert sum(parts) == pytest.approx(change, abs=3e-6)
        for kind, column in zip(CANONICAL, ("n_8mer", "n_7mer_m8", "n_7mer_a1", "n_6mer"), strict=False):
            assert int(row[column]) == counts.get((*pair, "3'UTR", kind), 0)
    assert below > 100


def test_order_of_the_input():
    rows = predicted("--order", "input")
    assert [row["target_id"] for row in rows] == ["one", "two", "three"]
    assert sorted(rows, key=str) == sorted(predicted(), key=str)


def test_one_transcript_of_each_gene():
    assert [row["target_id"] for row in predicted("--per-gene", "--order", "input")] == ["one", "two"]


def test_predictions_do_not_depend_on_threads_or_other_targets():
    mirnas, targets = str(TEST_DATA / "mirnas.fa"), str(TEST_DATA / "transcripts.fa.gz")
    line = ["--mirnas", mirnas, "--targets", targets, "--quiet", "--threads"]
    assert run("genes-predict", [*line, "1"]).out == run("genes-predict", [*line, "3"]).out
    (alone,) = predicted(targets=f">two gene=G2\n{'G' * 20}{SITE}{'A' * 30}\n")
    (among,) = (row for row in predicted() if row["target_id"] == "two")
    assert alone["predicted_log2fc"] == among["predicted_log2fc"]


def test_regions_move_a_site_from_the_3p_utr_to_the_cds():
    Path("regions.tsv").write_text("target_id\tcds_start\tcds_end\ntwo\t0\t40\n")
    row = next(row for row in predicted("--regions", "regions.tsv") if row["target_id"] == "two")
    before = next(row for row in predicted() if row["target_id"] == "two")
    assert (row["n_8mer"], row["n_cds"], before["n_8mer"], before["n_cds"]) == ("0", "1", "1", "0")
    assert float(before["predicted_log2fc"]) < float(row["predicted_log2fc"]) == float(row["cds_contribution"])


def test_a_5p_isomir_has_other_targets():
    # one base less at the 5' end: bases 2-8 are GGTAGTA, and its 8mer ends one base earlier
    targets = f">canonical\n{'G' * 30}{SITE}{'G' * 30}\n>moved\n{'G' * 30}TACTACCA{'G' * 30}\n"
    Path("targets.fa").write_text(targets)
    done = run("genes-predict", ["--mirnas", LET_7, LET_7[1:], "--targets", "targets.fa", "--quiet"])
    best = {row["mirna_id"]: row["target_id"] for row in rows_of(done.out.decode()) if row["rank"] == "1"}
    assert best == {LET_7: "canonical", LET_7[1:]: "moved"}


def test_forms_compared_and_drawn():
    mirnas = f">let-7\n{LET_7}\n>let-7|iso_5p:+2\n{LET_7[2:]}\n>miR-16\nTAGCAGCACGTAAATATTGGCG\n"
    Path("forms.fa").write_text(mirnas)
    line = [
        "--mirnas",
        "forms.fa",
        "--targets",
        str(TEST_DATA / "transcripts.fa.gz"),
        "--quiet",
        "-o",
        "genes.tsv",
    ]
    done = run("genes-predict", [*line, "--compare", "compared.tsv", "--plot", "best.svg", "--plot-targets", "1"])
    assert done.status == 0, done.err
    changes = {
        (row["mirna_id"], row["target_id"]): float(row["predicted_log2fc"])
        for row in rows_of(Path("genes.tsv").read_text())
    }
    rows = rows_of(Path("compared.tsv").read_text())
    assert {(row["reference_id"], row["form_id"]) for row in rows} == {
        ("let-7", "let-7|iso_5p:+2"),
        ("let-7", "miR-16"),
    }
    for row in rows:
        assert float(row["reference_log2fc"]) == changes["let-7", row["target_id"]]
        assert float(row["form_log2fc"]) == changes[row["form_id"], row["target_id"]]
    assert "miR-16 on" in Path("best.svg").read_text()


def test_one_mirna_cannot_be_compared():
    assert "needs two or more miRNAs" in predicted("--compare", "compared.tsv", status=2)
    assert not Path("compared.tsv").exists()


def test_names_are_looked_up_in_the_database():
    Path("targets.fa").write_text(TARGETS)
    line = ["--targets", "targets.fa", "--quiet", "--database", str(TEST_DATA / "two_mirnas.fa"), "--mirnas"]
    rows = rows_of(run("genes-predict", [*line, "hsa-let-7a-5p"]).out.decode())
    assert {(row["mirna_id"], row["mirna_seq"]) for row in rows} == {("hsa-let-7a-5p", LET_7)}
    assert run("genes-predict", [*line, "HSA-LET-7A-5P"]).status == 0
    done = run("genes-predict", [*line, "let-7a-5p"])
    assert done.status == 2
    assert "it has hsa-let-7a-5p" in done.err


def test_bed_on_targets_and_on_the_genome():
    line = ["--mirnas", str(TEST_DATA / "two_mirnas.fa"), "--targets", str(TEST_DATA / "transcripts.fa.gz")]
    run("genes-predict", [*line, "--bed", "own.bed", "--sites", "sites.tsv", "-o", "genes.tsv"])
    run(
        "genes-predict", [*line, "--bed", "genome.bed", "--gtf", str(TEST_DATA / "transcripts.gtf"), "-o", "g.tsv"]
    )
    sites = rows_of(Path("sites.tsv").read_text())
    expected = sorted(
        (site["target_id"], site["site_start"], site["site_end"], site["mirna_id"])
        for site in sites
        if float(site["contribution"]) < 0
    )
    lines = [line.split("\t") for line in Path("own.bed").read_text().splitlines()]
    assert sorted((cells[0], cells[1], cells[2], cells[3]) for cells in lines) == expected
    genome = [line.split("\t") for line in Path("genome.bed").read_text().splitlines()]
    assert len(genome) == len(lines)
    assert {cells[0] for cells in genome} == {"chrSYN"}


def test_short_and_long_mirnas():
    Path("mirnas.fa").write_text(f">short\n{LET_7[:15]}\n>long\n{LET_7}ACGTACGT\n")
    Path("targets.fa").write_text(TARGETS)
    done = run("genes-predict", ["--mirnas", "mirnas.fa", "--targets", "targets.fa"])
    assert done.status == 0
    assert "2 miRNAs have fewer than 19 or more than 26 nt" in done.err
    assert len(rows_of(done.out.decode())) == 6


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--mirnas", "TGNGGTAGTAGGTTGTATAGTT"], 1, "has N among bases 2-8"),
        (["--mirnas", "ACGT"], 2, "is too short for a sequence"),
        (["--mirnas", "ACGT" * 20], 2, "more than a miRNA"),
        (["--mirnas", "let-7"], 2, "neither a file nor a sequence"),
        (["--mirnas", LET_7, LET_7], 1, "is given twice"),
        (["--mirnas", "absent.fa"], 1, "absent.fa"),
        (["--mirnas", "twice.fa"], 1, "name occurs twice"),
        (["--mirnas", LET_7, "--regions", "outside.tsv"], 1, "does not fit the transcript's 58 nt"),
        (["--mirnas", LET_7, "--regions", "others.tsv"], 1, "describes none of the transcripts"),
        (["--mirnas", LET_7, "--regions", "outside.tsv", "--gtf", "a.gtf"], 2, "give one of them"),
    ],
)
def test_bad_input_is_one_line(arguments, status, message):
    Path("targets.fa").write_text(TARGETS)
    Path("twice.fa").write_text(f">a\n{LET_7}\n>a\n{LET_7}\n")
    Path("outside.tsv").write_text("target_id\tcds_start\tcds_end\ntwo\t0\t59\n")
    Path("others.tsv").write_text("target_id\tcds_start\tcds_end\nother\t0\t59\n")
    done = run("genes-predict", [*arguments, "--targets", "targets.fa"])
    assert done.status == status
    assert message in done.err
    assert done.err.count("\n") == 1


def test_targets_without_sites_and_swapped_files_give_a_hint():
    Path("targets.fa").write_text(f">one\n{NO_SITE}\n")
    done = run("genes-predict", ["--mirnas", LET_7, "--targets", "targets.fa"])
    assert done.status == 0
    assert "hint: no target has a site" in done.err
    Path("mirnas.fa").write_text(f">a\n{LET_7}\n")
    done = run("genes-predict", ["--mirnas", "targets.fa", "--targets", "mirnas.fa"])
    assert "look swapped" in done.err


def test_regions_in_gencode_headers_and_accessions():
    line = ["--mirnas", LET_7, "--targets", str(TEST_DATA / "transcripts.fa.gz"), "--json", "run.json"]
    done = run("genes-predict", line)
    assert "regions" not in done.err.replace("targets of unknown regions 0", "")
    assert json.loads(Path("run.json").read_text())["counts"]["targets_of_unknown_regions"] == 0
    rows = rows_of(done.out.decode())
    assert {row["target_id"] for row in rows} == {f"SYNT{at:011d}.1" for at in range(1, 61)}
    from_table = run("genes-predict", [*line, "--regions", str(TEST_DATA / "transcripts.regions.tsv")])
    from_gtf = run("genes-predict", [*line, "--gtf", str(TEST_DATA / "transcripts.gtf")])
    assert done.out == from_table.out == from_gtf.out


def test_observed_sites_are_marked():
    columns = "site_id\tmirna_id\ttarget_id\tsite_start\tsite_end\tn_reads\n"
    rows = ["S1\tlet-7\ttwo\t10\t24\t3.5", "S2\tlet-7\ttwo\t27\t40\t9", "S3\tlet-7\ttwo\t40\t50\t2"]
    rows += ["S4\tmiR-1\ttwo\t10\t40\t9", "S5\tlet-7\tabsent\t10\t40\t9"]
    Path("observed.tsv").write_text(columns + "\n".join(rows) + "\n")
    Path("forms.fa").write_text(
        f">let-7\n{LET_7}\n>let-7|iso_3p:-1\n{LET_7[:-1]}\n>miR-9\nTCTTTGGTTATCTAGCTGTATGA\n"
    )
    Path("targets.fa").write_text(TARGETS)
    line = [
        "--mirnas",
        "forms.fa",
        "--targets",
        "targets.fa",
        "--observed",
        "observed.tsv",
        "--sites",
        "sites.tsv",
    ]
    done = run("genes-predict", [*line, "--json", "run.json"])
    assert done.status == 0, done.err
    marked = {(row["mirna_id"], row["target_id"]): row for row in rows_of(done.out.decode())}
    for mirna in ("let-7", "let-7|iso_3p:-1"):
        assert (marked[mirna, "two"]["n_observed"], marked[mirna, "two"]["observed_reads"]) == ("3", "14.5")
        assert marked[mirna, "three"]["n_observed"] == "0"
    assert marked["miR-9", "two"]["n_observed"] == "0"
    # the 8mer lies on bases 20-27: S1 overlaps it, S2 begins at its last base
    sites = [row for row in rows_of(Path("sites.tsv").read_text()) if row["site_type"] == "8mer"]
    found = {(row["mirna_id"], row["target_id"], row["site_start"]): row for row in sites}
    assert found["let-7", "two", "20"]["observed_site"] == "S2"
    assert found["let-7", "two", "20"]["observed_reads"] == "9"
    assert found["let-7", "three", "0"]["observed_site"] == "."
    counts = json.loads(Path("run.json").read_text())["counts"]
    assert (counts["observed_sites"], counts["observed_sites_on_targets"]) == (5, 4)


def test_observed_sites_of_other_targets_give_a_hint_and_bad_ones_an_error():
    columns = "site_id\tmirna_id\ttarget_id\tsite_start\tsite_end\tn_reads\n"
    Path("observed.tsv").write_text(columns + "S1\tlet-7\tother\t1\t24\t3\n")
    Path("targets.fa").write_text(TARGETS)
    line = ["--mirnas", LET_7, "--targets", "targets.fa", "--observed", "observed.tsv"]
    assert "hint: none of the sites in observed.tsv lies on a target" in run("genes-predict", line).err
    Path("observed.tsv").write_text(columns + "S1\tlet-7\ttwo\t1\t24\tmany\n")
    done = run("genes-predict", line)
    assert (done.status, "observed.tsv:2: n_reads is 'many'" in done.err) == (1, True)


def test_a_transcript_without_3p_utr_is_counted():
    Path("regions.tsv").write_text("target_id\tcds_start\tcds_end\ntwo\t0\t58\n")
    predicted("--regions", "regions.tsv", "--json", "run.json")
    counts = json.loads(Path("run.json").read_text())["counts"]
    assert (counts["targets_without_3p_utr"], counts["targets_of_unknown_regions"]) == (1, 2)
    assert (counts["targets"], counts["predictions"]) == (3, 3)


TWO_MIRNAS, TRANSCRIPTS = str(TEST_DATA / "two_mirnas.fa"), str(TEST_DATA / "transcripts.fa.gz")
ON_GENOME = ["--targets", TRANSCRIPTS, "--gtf", str(TEST_DATA / "transcripts.gtf")]
VARIANTS = ["--variants", str(TEST_DATA / "variants.vcf"), "--variant-effects", "effects.tsv"]


def test_effects_of_variants_are_those_of_edited_transcripts():
    line = ["--mirnas", TWO_MIRNAS, *ON_GENOME, *VARIANTS, "--json", "run.json", "-o", "genes.tsv"]
    assert run("genes-predict", line).status == 0
    rows = {(row["variant_id"], row["alt"]): row for row in rows_of(Path("effects.tsv").read_text())}
    found = {key: (row["target_id"][-4:-2], row["mirna_id"], row["status"]) for key, row in rows.items()}
    assert found == {
        ("stop", "C"): ("03", ".", "stop_codon"),
        ("minus", "C"): ("14", "hsa-let-7a-5p", "weaker"),
        ("plus", "G"): ("17", "hsa-let-7a-5p", "weaker"),
        ("made", "TCTACCTCA"): ("35", "hsa-let-7a-5p", "stronger"),
        ("shortened", "A"): ("37", "hsa-let-7a-5p", "weaker"),
        ("other_build", "G"): ("37", ".", "other_reference"),
    }
    report = json.loads(Path("run.json").read_text())
    assert report["dropped"] == {
        f"variant_{reason}": 1
        for reason in ("other_deletion", "other_reference", "outside_exons", "stop_codon", "symbolic_allele")
    }
    names = ("variants", "variant_alleles", "variant_alleles_predicted", "variant_alleles_with_effect")
    assert [report["counts"][name] for name in names] == [8, 10, 5, 4]
    before = {
        (row["mirna_id"], row["target_id"]): row["predicted_log2fc"]
        for row in rows_of(Path("genes.tsv").read_text())
    }
    # the same transcripts with the alleles in place
    with gzip.open(TRANSCRIPTS, "rt") as stream:
        records = [record.split("\n", 1) for record in stream.read().split(">")[1:]]
    edits = {
        "14": lambda bases: bases[:1848] + "G" + bases[1849:],
        "17": lambda bases: bases[:1170] + "G" + bases[1171:],
        "35": lambda bases: bases[:601] + "CTACCTCA" + bases[601:],
        "37": lambda bases: bases[:1427] + bases[1428:],
    }
    with open("edited.fa", "w") as stream:
        for header, lines in records:
            bases = lines.replace("\n", "")
            number = header[13:15]
            if number in edits:
                header = header.split("|UTR5")[0]
                bases = edits[number](bases)
            stream.write(f">{header}\n{bases}\n")
    line = [
        "--mirnas",
        TWO_MIRNAS,
        "--targets",
        "edited.fa",
        "--regions",
        str(TEST_DATA / "transcripts.regions.tsv"),
    ]
    after = {
        (row["mirna_id"], row["target_id"]): row["predicted_log2fc"]
        for row in rows_of(run("genes-predict", [*line, "--quiet"]).out.decode())
    }
    checked = [row for row in rows.values() if row["mirna_id"] != "."]
    for row in checked:
        pair = row["mirna_id"], row["target_id"]
        assert (row["reference_log2fc"], row["alternative_log2fc"]) == (before[pair], after[pair])
    assert len(checked) == 4


def test_all_rows_of_variants_and_threads():
    line = ["--mirnas", TWO_MIRNAS, *ON_GENOME, *VARIANTS, "-o", "genes.tsv", "--variant-rows", "all", "--threads"]
    written = []
    for threads in "13":
        assert run("genes-predict", [*line, threads]).status == 0
        written.append(Path("effects.tsv").read_bytes())
    assert written[0] == written[1]
    rows = rows_of(written[0].decode())
    # two miRNAs for each of five alleles, and five alleles that are not predicted
    assert len(rows) == 15
    assert {row["status"] for row in rows if row["variant_id"] == "symbolic"} == {"symbolic_allele"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--variants", "a.vcf", "--variant-effects", "b.tsv"], "--variants needs --gtf"),
        (["--variants", "a.vcf", "--gtf", "a.gtf"], "--variants needs --variant-effects"),
        (["--variant-effects", "b.tsv"], "--variants needs --variant-effects"),
    ],
)
def test_options_of_variants_belong_together(arguments, message):
    assert message in predicted(*arguments, status=2)


def test_isoforms_of_a_gene_by_weight():
    Path("quant.sf").write_text("Name\tTPM\ntwo\t1\nthree\t3\n")
    line = ["--per-gene", "--isoforms", "quant.sf", "--json", "run.json", "--sites", "sites.tsv"]
    rows = {row["gene_id"]: row for row in predicted(*line)}
    single = {row["target_id"]: float(row["predicted_log2fc"]) for row in predicted()}
    assert list(next(iter(rows.values())))[-3:] == ["n_isoforms", "gene_weight", "best_target"]
    change = math.log2((2 ** single["two"] + 3 * 2 ** single["three"]) / 4)
    assert float(rows["G2"]["predicted_log2fc"]) == pytest.approx(change, abs=1e-6)
    assert rows["G2"]["target_id"] == rows["G2"]["best_target"] == "three"
    assert (rows["G2"]["n_isoforms"], rows["G2"]["gene_weight"], rows["G2"]["n_8mer"]) == ("2", "4", "1.75")
    assert (rows["G1"]["n_isoforms"], rows["G1"]["gene_weight"], rows["G1"]["predicted_log2fc"]) == (
        *("1", "."),
        "0.000000",
    )
    sites = rows_of(Path("sites.tsv").read_text())
    assert sum(float(site["contribution"]) for site in sites) == pytest.approx(change, abs=1e-5)
    assert {site["target_id"] for site in sites} == {"two", "three"}
    report = json.loads(Path("run.json").read_text())
    assert report["isoforms"] == "weighted"
    assert (report["counts"]["genes"], report["counts"]["genes_without_weight"]) == (2, 1)
    assert "--isoforms joins transcripts to genes" in predicted("--isoforms", "mean", status=2)


def test_genes_of_isoforms_with_all_other_outputs():
    Path("mirnas.fa").write_text(f">let-7\n{LET_7}\n>let-7|iso_5p:+1\n{LET_7[1:]}\n")
    Path("observed.tsv").write_text(
        "site_id\tmirna_id\ttarget_id\tsite_start\tsite_end\tn_reads\nS1\tlet-7\ttwo\t10\t24\t3\n"
        "S2\tlet-7\tthree\t0\t9\t4\n"
    )
    Path("targets.fa").write_text(TARGETS)
    line = ["--mirnas", "mirnas.fa", "--targets", "targets.fa", "--per-gene", "--isoforms", "mean", "--quiet"]
    more = ["--observed", "observed.tsv", "--compare", "compared.tsv", "--bed", "sites.bed", "--plot", "best.svg"]
    done = run("genes-predict", [*line, *more, "--sites", "sites.tsv"])
    assert done.status == 0, done.err
    rows = {(row["mirna_id"], row["gene_id"]): row for row in rows_of(done.out.decode())}
    assert rows["let-7", "G2"]["n_observed"] == "2"
    assert rows["let-7", "G2"]["observed_reads"] == "7"
    (compared,) = (row for row in rows_of(Path("compared.tsv").read_text()) if row["gene_id"] == "G2")
    assert compared["reference_log2fc"] == rows["let-7", "G2"]["predicted_log2fc"]
    named = compared["lost_sites"].split(",") + compared["shared_sites"].split(",")
    assert {text.split(":")[0] for text in named if text != "."} == {"two", "three"}
    contributing = [row for row in rows_of(Path("sites.tsv").read_text()) if float(row["contribution"]) < 0]
    assert len(Path("sites.bed").read_text().splitlines()) == len(contributing)
    assert Path("best.svg").stat().st_size > 1000


def test_genes_of_a_gtf_join_transcripts_whose_headers_name_none():
    with gzip.open(TRANSCRIPTS, "rt") as stream:
        Path("bare.fa").write_text(re.sub(r"\|.*", "", stream.read()))
    line = ["--mirnas", LET_7, "--targets", "bare.fa", "--gtf", str(TEST_DATA / "transcripts.gtf"), "--quiet"]
    whole = run("genes-predict", ["--mirnas", LET_7, *ON_GENOME, "--quiet"])
    assert run("genes-predict", line).out == whole.out
