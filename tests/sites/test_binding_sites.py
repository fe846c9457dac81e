"""Sites described: place, gene, form, seed match, and what is written of them."""

from __future__ import annotations

import io

import pytest
from sites.tables_of_pairs import LET7, row, write_rows

from mirtools.pairs.energy import duplex_energies
from mirtools.runlog import RunLog
from mirtools.sites.run import MergeOutputs, merge_sites
from mirtools.sites.settings import MergeSettings

GTF = """\
1\tx\texon\t101\t150\t.\t+\t.\tgene_id "G1"; transcript_id "T1"; gene_name "ABC";
1\tx\texon\t201\t260\t.\t+\t.\tgene_id "G1"; transcript_id "T1"; gene_name "ABC";
1\tx\tCDS\t111\t150\t.\t+\t0\tgene_id "G1"; transcript_id "T1"; gene_name "ABC";
1\tx\texon\t101\t150\t.\t+\t.\tgene_id "G1"; transcript_id "T2"; gene_name "ABC";
1\tx\texon\t231\t260\t.\t+\t.\tgene_id "G1"; transcript_id "T2"; gene_name "ABC";
"""


def merged(tmp_path, tables, **options):
    """Return the rows of the table of sites as dicts, the pairs, BED and the log."""
    paths = [write_rows(tmp_path / f"{name}.tsv", rows) for name, rows in tables.items()]
    outputs, log = [io.StringIO() for _ in range(3)], RunLog()
    merge_sites(MergeSettings(paths, **options), MergeOutputs(*outputs), log)
    lines = [line.split("\t") for line in outputs[0].getvalue().splitlines()]
    sites = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    return sites, outputs[1].getvalue(), outputs[2].getvalue(), log


def test_a_site_of_two_samples(tmp_path):
    site = "ACGTACGTACGTCTACCTCAGGGGGGGGGG"  # 8mer at 12-20 of 100-130
    liver = [
        row("let-7a", "T1", 100, 125, site=(100, 130), site_seq=site, mirna_class="exact", n_reads=4, score=0.7),
        row("let-7a", "T1", 104, 126, site=(104, 131), site_seq=site[4:] + "A", mirna_class="exact", n_reads=2),
    ]
    form = {"mirna_class": "isomir", "isomir_variant": "iso_3p:-1", "mirna_seq": LET7[:-1]}
    brain = [row("let-7a", "T1", 98, 120, site=(98, 125), site_seq="GG" + site[:25], **form, score=0.9)]
    found, pairs, bed, log = merged(tmp_path, {"liver": liver, "brain": brain})
    (one,) = found
    assert one["site_seq"] == "GG" + site + "A"
    assert {name: one[name] for name in ("site_start", "site_end", "summit", "core_start", "core_end")} == {
        "site_start": "98",
        "site_end": "131",
        "summit": "111",
        "core_start": "100",
        "core_end": "125",
    }
    assert (one["n_reads"], one["n_reads:brain"], one["n_reads:liver"], one["n_samples"]) == ("7", "1", "6", "2")
    assert (one["isomir_share"], one["top_form"], one["mirna_seq"]) == ("0.1429", "exact", LET7)
    assert (one["site_type"], one["score"], one["n_pairs"]) == ("8mer", "0.9", "3")
    assert one["top_pair"] == liver[0]["pair_id"]
    assert one["duplex_mfe"] == f"{next(duplex_energies([(LET7, one['site_seq'][2:52])], 1)):.2f}"
    assert (one["expected"], one["p_value"], one["q_value"]) == ("7", "1", "1")
    assert "one miRNA" in log.notes[-1]
    assert pairs.splitlines()[0] == "pair_id\tsite_id\tn_reads"
    assert sorted(line.split("\t")[2] for line in pairs.splitlines()[1:]) == ["1", "2", "4"]
    assert {line.split("\t")[1] for line in pairs.splitlines()[1:]} == {one["site_id"]}
    assert bed.splitlines()[1].split("\t")[:9] == (
        ["T1", "98", "131", f"let-7a/{one['site_id']}", "300", "+", "100", "125", "0,60,110"]
    )


def test_isoforms_are_one_site_on_the_genome(tmp_path):
    gtf = tmp_path / "g.gtf"
    gtf.write_text(GTF)
    rows = [
        row("let-7a", "T1", 85, 105, n_reads=3),  # 235-255
        row("let-7a", "T2", 55, 75, site=(55, 78)),  # 235-255
        row("miR-16", "T1", 40, 60, site=(40, 60)),  # 140-150 and 200-210
        row("miR-16", "T9", 40, 60),
    ]
    found, _, bed, log = merged(tmp_path, {"a": rows}, gtf=str(gtf))
    assert [(each["target_id"], each["n_reads"], each["region"]) for each in found] == [
        ("T1", "4", "3'UTR"),
        ("T1", "1", "3'UTR"),
        ("T9", "1", "unknown"),
    ]
    genome = [[each[name] for name in ("chrom", "chrom_start", "chrom_end", "strand")] for each in found]
    assert genome == [["1", "235", "260", "+"], ["1", "140", "210", "+"], ["."] * 4]
    lines = [line.split("\t") for line in bed.splitlines()[1:]]
    assert [line[:3] + line[10:] for line in lines] == [
        ["1", "140", "210", "10,10,", "0,60,"],
        ["1", "235", "260", "25,", "0,"],
    ]
    assert log.counts["bed_left_out_not_on_genome"] == 1


def test_genes_from_table_headers_and_columns(tmp_path):
    header = "ENST00000331825.11|ENSG00000087086.15|-|-|FTL-201|FTL|871|UTR5:1-29|"
    found, *_ = merged(tmp_path, {"a": [row("let-7a", header, 5, 30)]})
    assert (found[0]["gene_name"], found[0]["gene_id"]) == ("FTL", "ENSG00000087086.15")
    genes = tmp_path / "genes.tsv"
    genes.write_text("target_id\tgene_id\tgene_name\nT1\tG1\tABC\n")
    found, *_ = merged(tmp_path, {"a": [row("let-7a", "T1", 5, 30)]}, genes=str(genes))
    assert (found[0]["gene_name"], found[0]["gene_id"]) == ("ABC", "G1")
    cells = row("let-7a", "T1", 5, 30, gene_id="G7", gene_name="XYZ", region="3'UTR")
    found, *_ = merged(tmp_path, {"a": [cells]})
    assert [found[0][name] for name in ("gene_name", "gene_id", "region")] == ["XYZ", "G7", "3'UTR"]


def test_replicates_and_filters(tmp_path):
    sheet = tmp_path / "samples.tsv"
    sheet.write_text("sample\tcondition\nk1\tko\nw1\twt\nw2\twt\n")
    tables = {
        "w2": [row("let-7a", "T1", 5, 30, n_reads=2), row("miR-16", "T1", 200, 230)],
        "w1": [row("let-7a", "T1", 5, 30)],
        "k1": [row("miR-16", "T1", 200, 230)],
    }
    found, *_ = merged(tmp_path, tables, samples=str(sheet))
    columns = [name for name in found[0] if ":" in name]
    assert columns == [
        "n_reads:k1",
        "n_reads:w1",
        "n_reads:w2",
        "n_replicates:ko",
        "n_replicates:wt",
        "idr:ko",
        "idr:wt",
    ]
    assert [each["n_replicates:wt"] for each in found] == ["2", "1"]
    found, _, _, log = merged(tmp_path, tables, samples=str(sheet), min_replicates=2)
    assert [each["mirna_id"] for each in found] == ["let-7a"]
    assert log.dropped["sites_filtered"] == 1
    found, *_ = merged(tmp_path, tables, min_replicates=2)
    assert len(found) == 2
    found, *_ = merged(tmp_path, tables, min_reads=3)
    assert len(found) == 1


def test_no_rows_are_a_valid_result_with_a_hint(tmp_path):
    found, pairs, bed, log = merged(tmp_path, {"a": []})
    assert found == []
    assert pairs == "pair_id\tsite_id\tn_reads\n"
    assert bed.startswith("track ")
    assert log.hints


def test_shared_reads_are_fractions(tmp_path):
    rows = [
        row("let-7a", "T1", 5, 30, tied_sites="T1:5-30,T2:5-30", n_reads=1),
        row("let-7a", "T1", 6, 30, n_reads=2),
        row("let-7a", "T2", 6, 30, n_reads=1),
    ]
    found, pairs, *_ = merged(tmp_path, {"a": rows})
    assert [each["n_reads"] for each in found] == ["2.67", "1.33"]
    assert sorted(line.split("\t")[2] for line in pairs.splitlines()[1:]) == ["0.33", "0.67", "1", "2"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"families": "x"}, "--families needs --by family"),
        ({"gtf": "x", "regions": "y"}, "give one of them"),
        ({"regions": "y"}, "--regions needs --transcripts"),
        ({"max_q": 2}, "--max-q"),
    ],
)
def test_options_that_do_not_fit_together(options, said):
    with pytest.raises(Exception, match=said):
        MergeSettings(["a"], **options)


def test_coverage_and_alignments_on_the_genome(tmp_path):
    import pyBigWig
    import pysam

    gtf = tmp_path / "g.gtf"
    gtf.write_text(GTF)
    spliced = row(
        "miR-16", "T1", 40, 60, site=(40, 65), site_seq="ACGTACGTACAAAAATTTTTGGGGG", n_reads=3, gene_name="ABC"
    )
    rows = [spliced, {**row("miR-21", "T1", 45, 60), "merged_from": "P1,P2"}, row("miR-16", "T9", 1, 30)]
    path = write_rows(tmp_path / "a.tsv", rows)
    report = tmp_path / "reads.tsv"
    report.write_text(
        f"read_id\tstatus\tpair_id\nr1\tpaired\t{spliced['pair_id']}\nr2\tpaired\tP2\nr3\tno_target\t.\nr4\tpaired\tP9\n"
    )
    for reads in ((), (str(report),)):
        with (
            (tmp_path / "x.bw").open("wb") as track,
            (tmp_path / "x.bam").open("wb") as bam,
            (tmp_path / "x.bam.bai").open("wb") as index,
        ):
            outputs = MergeOutputs(io.StringIO(), bigwig=lambda name, track=track: track, bam=(bam, index))
            merge_sites(MergeSettings([path], gtf=str(gtf), read_report=reads), outputs, RunLog())
        with pyBigWig.open(str(tmp_path / "x.bw")) as file:
            assert file.chroms() == {"1": 260}
            assert file.intervals("1") == ((140, 145, 3.0), (145, 150, 4.0), (200, 210, 4.0))
        with pysam.AlignmentFile(str(tmp_path / "x.bam")) as file:
            first, second = file
        assert (first.cigarstring, second.cigarstring) == ("10M50N10M", "5M50N10M")
        assert first.query_sequence == "ACGTACGTACAAAAATTTTT"
        tags = dict(first.tags)
        assert (tags["XM"], tags["XN"], tags["XG"], tags["XP"]) == ("miR-16", 3, "ABC", spliced["pair_id"])
        names = (first.query_name, second.query_name)
        assert names == (("r1", "r2") if reads else (spliced["pair_id"], rows[1]["pair_id"]))
