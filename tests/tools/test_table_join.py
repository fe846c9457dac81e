"""table-join: the bytes of one run, whatever the shards; shards that are missing, doubled or foreign."""

import itertools
import json
import os
import random
from pathlib import Path

import pytest
from commands import TEST_DATA, run

ADAPTER = "TGGAATTCTCGGGTGCCAAGG"
REFERENCES = ["--mirnas", f"{TEST_DATA}/mirnas.fa", "--transcripts", f"{TEST_DATA}/transcripts.fa.gz"]


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    """Work in the folder of the test: messages then name files without folders."""
    monkeypatch.chdir(tmp_path)


def words(arguments):
    return [os.path.relpath(each) if isinstance(each, Path) else str(each) for each in arguments]


def command(name, *arguments):
    done = run(name, words(arguments))
    assert done.status == 0, done.err
    return done.out


def parse(*arguments):
    return command("chimera-parse", *REFERENCES, "--adapter", ADAPTER, "--quiet", *arguments)


def join(*arguments):
    return command("table-join", "--quiet", *arguments)


def problem(*arguments):
    done = run("table-join", words(arguments))
    assert done.status in (1, 2)
    assert done.err.count("\n") == 1
    assert not done.out
    return done.err


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Return a folder with two samples of simulated reads: copies, decoys, errors, isomiRs."""
    folder = tmp_path_factory.mktemp("library")
    for name in ("wt_1", "ko_1"):
        sample = ["--samples", TEST_DATA / "samples.tsv", "--sample", name, "--sites", 40, "--reads", 1200]
        command("chimera-simulate", *REFERENCES, *sample, "-o", folder / f"{name}.fastq")
    return folder


# ---- shards of reads ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shards", [1, 2, 5])
@pytest.mark.parametrize("options", [[], ["--ties"], ["--gtf", TEST_DATA / "transcripts.gtf"]], ids=str)
def test_shards_of_reads_are_one_run(library, tmp_path, shards, options):
    reads = [library / "wt_1.fastq", library / "ko_1.fastq"]
    tables = []
    for number in range(1, shards + 1):
        tables.append(tmp_path / f"pairs.{number}-of-{shards}.tsv")
        parse(*options, "--min-reads", 1, "--shard", f"{number}/{shards}", "-o", tables[-1], *reads)
    random.Random(1).shuffle(tables)
    for least in (1, 3, 10):
        whole = parse(*options, "--min-reads", least, *reads)
        assert whole.count(b"\n") > 100
        assert join("--min-reads", least, *tables) == whole


def test_samples_in_shards_of_their_own_are_one_run(library, tmp_path):
    """Also in other numbers of shards, and with the columns of samples in the order of the sheet."""
    tables = []
    for name, shards in (("wt_1", 3), ("ko_1", 1)):
        for number in range(1, shards + 1):
            tables.append(tmp_path / f"{name}.{number}-of-{shards}.tsv.gz")
            arguments = ["--min-reads", 1, "--shard", f"{number}/{shards}", "-o", tables[-1]]
            parse(*arguments, library / f"{name}.fastq")
    sheet = tmp_path / "samples.tsv"
    sheet.write_text("sample\tcondition\nwt_1\twt\nko_1\tko\nother\twt\n")
    reads = {name: library / f"{name}.fastq" for name in ("wt_1", "ko_1")}
    assert join("--samples", sheet, *tables) == parse(reads["wt_1"], reads["ko_1"])
    assert join(*tables[::-1]) == parse(reads["ko_1"], reads["wt_1"])
    assert b"n_reads:ko_1\tn_reads:wt_1" in join(*tables).split(b"\n")[0]
    sheet.write_text("sample\nwt_1\n")
    assert "samples.tsv: does not list the sample 'ko_1'" in problem("--samples", sheet, *tables)


def test_guides_of_several_classes_are_one_run(library, tmp_path):
    guides = ["--guides", f"tRF={TEST_DATA}/fragments.fa"]
    tables = [tmp_path / f"{number}-of-2.tsv" for number in (1, 2)]
    for number, table in enumerate(tables, 1):
        parse(*guides, "--min-reads", 1, "--shard", f"{number}/2", "-o", table, library / "wt_1.fastq")
    assert join("--min-reads", 3, *tables) == parse(*guides, "--min-reads", 3, library / "wt_1.fastq")


@pytest.mark.slow
def test_a_thousand_shards_are_one_run(library, tmp_path):
    """Each holds a read or two."""
    shards = 1000
    tables = []
    for number in range(1, shards + 1):
        tables.append(tmp_path / f"{number}-of-{shards}.tsv")
        parse("--min-reads", 1, "--shard", f"{number}/{shards}", "-o", tables[-1], library / "wt_1.fastq")
    report = tmp_path / "report.json"
    joined = tmp_path / "joined.tsv"
    join("--json", report, "-o", joined, *random.Random(1).sample(tables, shards))
    whole = tmp_path / "whole.tsv"
    parse("-o", whole, library / "wt_1.fastq")
    assert joined.read_bytes() == whole.read_bytes()
    content = json.loads(report.read_text())
    assert content["tables"] == shards
    assert content["counts"]["merged_rows"] > 0
    tables.remove(tmp_path / f"77-of-{shards}.tsv")
    assert f"77-of-{shards}.tsv: shard 77 of 1,000 is missing" in problem(*tables)


@pytest.mark.parametrize("separate", [False, True])
def test_reports_of_shards_are_that_of_one_run(library, tmp_path, separate):
    """With the reads of rare parts in the place that they have in one run; also the files for MultiQC."""
    names = ["wt_1", "ko_1"]
    tables, reports = [], []
    for group in [[name] for name in names] if separate else [names]:
        for number in (1, 2):
            stem = tmp_path / f"{group[0]}.{number}-of-2"
            reads = [library / f"{name}.fastq" for name in group]
            gtf = ["--gtf", TEST_DATA / "transcripts.gtf", "--min-reads", 1]
            parse(*gtf, "--shard", f"{number}/2", "-o", f"{stem}.tsv", "--json", f"{stem}.json", *reads)
            tables.append(f"{stem}.tsv")
            reports += ["--run-report", f"{stem}.json"]
    whole, joined = tmp_path / "whole.json", tmp_path / "joined.json"
    gtf = ["--gtf", TEST_DATA / "transcripts.gtf", "--min-reads", 3]
    parse(*gtf, "--json", whole, "--multiqc", "whole", *(library / f"{name}.fastq" for name in names))
    join("--min-reads", 3, *reports, "--report", joined, "--multiqc", "joined", *tables)
    expected, found = (json.loads(path.read_text()) for path in (whole, joined))
    assert expected["dropped"]["low_support"] > 0
    for key in ("counts", "dropped", "statistics", "qualities", "tool"):
        assert found[key] == expected[key], key
    assert list(found["statistics"]) == list(expected["statistics"])
    if not separate:
        written = sorted(path.name for path in tmp_path.glob("whole_*"))
        assert written
        for name in written:
            text = (tmp_path / name).read_text()
            assert (tmp_path / name.replace("whole", "joined")).read_text() == text.replace('"whole"', '"joined"')
        return
    parse(*gtf, "--multiqc", "one", library / "wt_1.fastq")
    # the support of parts is that of all samples
    lengths = (tmp_path / "one_insert_lengths_mqc.json").read_text()
    assert (tmp_path / "joined.wt_1_insert_lengths_mqc.json").read_text() == lengths


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"tool": "chimera-parse", "counts": {"reads": -1}}'])
def test_what_is_no_report(library, tmp_path, text):
    (tmp_path / "report.json").write_text(text)
    parse("--min-reads", 1, "-o", "pairs.tsv", library / "wt_1.fastq")
    assert "report.json: is no --json report of chimera-parse" in problem(
        "--run-report", "report.json", "pairs.tsv"
    )


def test_reports_are_needed_for_their_outputs(tmp_path):
    assert "need --run-report" in problem("--report", "x.json", TEST_DATA / "scored_pairs.tsv")


def test_rows_of_several_pairs_per_read_are_refused(library, tmp_path):
    table = tmp_path / "pairs.tsv"
    parse("--min-reads", 1, "--top", 3, "-o", table, library / "wt_1.fastq")
    assert "rank is not 1" in problem(table)


def test_shards_made_with_a_threshold_are_noticed(library, tmp_path):
    tables = [tmp_path / f"{number}-of-2.tsv" for number in (1, 2)]
    for number, table in enumerate(tables, 1):
        parse("--shard", f"{number}/2", "-o", table, library / "wt_1.fastq")
    assert "hint: no read is of a rare miRNA part" in run("table-join", words(tables)).err


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("n_reads", "many", ":2: n_reads is 'many'"),
        ("n_copies", "9" * 18, ":2: n_copies is not a number of reads"),
        ("mirna_unassigned", "x", ":2: mirna_unassigned is 'x'"),
        ("mirna_unassigned", "20,20", ":2: mirna_unassigned is '20,20'"),
        ("mirna_seq", "17", ":2: mirna_seq: "),
        ("target_end", "7", "two pairs have this pair_id"),
    ],
)
def test_damaged_rows(library, tmp_path, column, cell, expected):
    whole = parse("--min-reads", 1, library / "wt_1.fastq").decode().splitlines()
    row = whole[1].split("\t")
    row[whole[0].split("\t").index(column)] = cell
    (tmp_path / "1-of-2.tsv").write_text("\n".join([whole[0], "\t".join(row)]))
    (tmp_path / "2-of-2.tsv").write_text("\n".join(whole[:2]))
    assert expected in problem(tmp_path / "1-of-2.tsv", tmp_path / "2-of-2.tsv")


# ---- shards of rows and targets -------------------------------------------------------------------------------


def test_shards_of_rows_and_targets_are_one_run():
    pairs = TEST_DATA / "chimera_pairs.tsv"
    few = TEST_DATA / "two_mirnas.fa", TEST_DATA / "three_targets.fa"
    scan = ["--mirnas", few[0], "--targets", few[1], "--threshold", "0.1"]
    for options in ([pairs], scan):
        for number in range(1, 13):
            command("dmiso-predict", "--quiet", "--shard", f"{number}/12", "-o", f"x.{number}.tsv", *options)
        tables = [f"x.{number}.tsv" for number in range(1, 13)]
        assert join(*sorted(tables)) == command("dmiso-predict", "--quiet", *options)
        assert join("--shards", 12, *tables[::-1]) == join(*tables)


def test_a_table_without_shards_is_passed_on(tmp_path):
    text = (TEST_DATA / "scored_pairs.tsv").read_bytes()
    (tmp_path / "scored.tsv").write_bytes(text)
    assert join(tmp_path / "scored.tsv") == text
    assert run("table-join", ["--quiet", "-"], text).out == text


# ---- names ----------------------------------------------------------------------------------------------------


def tables_of(folder, *names, header="a\tb"):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{header}\n{name}\t1\n")
    return [folder / name for name in names]


@pytest.mark.parametrize(
    ("names", "order"),
    [
        ("h.10.tsv h.9.tsv h.8.tsv h.7.tsv h.6.tsv h.5.tsv h.4.tsv h.3.tsv h.2.tsv h.1.tsv", range(9, -1, -1)),
        ("run2/3-of-3.tsv run2/1-of-3.tsv run2/2-of-3.tsv", [1, 2, 0]),
        ("s02/h5.tsv s01/h5.tsv", [1, 0]),
        ("h.001-of-002.tsv h.002-of-002.tsv", [0, 1]),
        ("1-of-1.tsv", [0]),
    ],
)
def test_numbers_in_names(tmp_path, names, order):
    listed = names.split()
    tables = tables_of(tmp_path, *listed)
    expected = ["a\tb", *(f"{listed[place]}\t1" for place in order)]
    assert join(*tables).decode().splitlines() == expected
    for some in itertools.islice(itertools.permutations(tables), 5):
        assert join(*some).decode().splitlines() == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("h.1-of-3.tsv h.3-of-3.tsv", "h.2-of-3.tsv: shard 2 of 3 is missing"),
        ("h.01-of-12.tsv h.12-of-12.tsv", "h.02-of-12.tsv: shard 2, and 9 others of 12 are missing"),
        ("h.2-of-2.tsv", "h.1-of-2.tsv: shard 1 of 2 is missing"),
        ("h.1.tsv h.3.tsv", "h.2.tsv: shard 2 of 3 is missing"),
        ("h.1-of-2.tsv h.01-of-2.tsv h.2-of-2.tsv", "h.01-of-2.tsv: is shard 1, as is "),
        ("h.1-of-2.tsv h.2-of-2.tsv h.2-of-2.tsv", "h.2-of-2.tsv: is given twice"),
        ("h.1-of-2.tsv g.2-of-2.tsv", "g.2-of-2.tsv: is no shard of the run of "),
        ("h.1-of-2.tsv h.2-of-3.tsv", "h.2-of-3.tsv: is no shard of the run of "),
        ("h.1-of-2.tsv h.2.tsv", "no number of a shard"),
        ("h.1-of-2.tsv h.3-of-2.tsv", "h.3-of-2.tsv: is shard 3 of 2, but there are 2"),
        ("h.0.tsv h.1.tsv", "h.0.tsv: is shard 0, but there are 1, numbered from 1"),
        ("a.tsv b.tsv", "a.tsv: has no number of a shard: names contain I-of-N"),
        ("a1b1.tsv a2b2.tsv", "has no number of a shard"),
        ("h.1111111111-of-2.tsv h.2-of-2.tsv", "'1111111111' is no number of a shard"),
    ],
)
def test_missing_doubled_and_foreign_shards(names, expected):
    tables_of(Path(), *names.split())
    assert expected in problem(*names.split())


def test_the_number_of_shards_is_checked(tmp_path):
    tables = tables_of(tmp_path, "h.1.tsv", "h.2.tsv")
    assert "h.3.tsv: shard 3, and 5 others of 8 are missing" in problem("--shards", 8, *tables)
    assert "h.2.tsv is taken for the last shard" in run("table-join", words(tables)).err
    stated = tables_of(tmp_path, "h.1-of-2.tsv", "h.2-of-2.tsv")
    assert "is shard 1 of 2, but there are 3" in problem("--shards", 3, *stated)


def test_tables_with_other_columns_are_foreign(tmp_path):
    first, second = tables_of(tmp_path, "h.1-of-2.tsv"), tables_of(tmp_path, "h.2-of-2.tsv", header="a\tc")
    assert "h.2-of-2.tsv:1: is no shard of the run of " in problem(*first, *second)
    assert "it has other columns ('b')" in problem(*first, *second)


def test_samples_of_another_run_are_foreign(library, tmp_path):
    tables = [tmp_path / "a.1-of-2.tsv", tmp_path / "b.1-of-1.tsv"]
    parse("--min-reads", 1, "--shard", "1/2", "-o", tables[0], library / "wt_1.fastq")
    parse("--min-reads", 1, "-o", tables[1], library / "wt_1.fastq", library / "ko_1.fastq")
    assert "has the sample 'wt_1', as has" in problem(*tables)


def test_standard_input_has_no_number():
    assert "standard input has no shard number" in problem("-", "h.1-of-2.tsv")
