"""Sample sheets of a workflow: paths, adapters, UMIs, guides, and cells that mean nothing."""

import pytest
from commands import refusal

from mirtools.experiments.libraries import contrasts_of, folders_of, read_libraries
from mirtools.experiments.top_mirnas import top_mirnas


@pytest.fixture
def sheet(tmp_path):
    for name in ("a.fq", "b.fq", "mate.fq", "tRF.fa"):
        (tmp_path / name).write_text("")

    def write(columns, *rows):
        path = tmp_path / "sheet.tsv"
        lines = [columns, *rows]
        path.write_text("".join("\t".join(line.split()) + "\n" for line in lines))
        return str(path)

    return write


def test_what_a_sheet_says(sheet, tmp_path):
    path = sheet(
        "sample fastq fastq2 condition replicate adapter umi guides batch",
        "a a.fq mate.fq wt 1 acgu,TTT 3p:6 tRF=tRF.fa x",
        f"b {tmp_path}/b.fq . ko 1 . name tRF=tRF.fa y",
    )
    first, second = read_libraries(path)
    assert (first.fastq, first.fastq2) == (f"{tmp_path}/a.fq", f"{tmp_path}/mate.fq")
    assert first.options() == [
        *("--adapter", "ACGT", "--adapter", "TTT"),
        *("--umi-length", "6", "--umi-position", "3p", "--guides", f"tRF={tmp_path}/tRF.fa"),
    ]
    assert (second.fastq, second.fastq2) == (f"{tmp_path}/b.fq", "")
    assert second.options() == ["--umi-position", "name", "--guides", f"tRF={tmp_path}/tRF.fa"]
    assert contrasts_of([first, second]) == [("ko", "wt")]


def test_a_sheet_of_two_columns(sheet):
    (only,) = read_libraries(sheet("sample fastq", "a a.fq"))
    assert only.options() == []
    assert contrasts_of([only]) == []


@pytest.mark.parametrize(
    ("columns", "row", "expected"),
    [
        ("sample fastq", "a absent.fq", "record 'a': fastq 'absent.fq' is not a file; paths are relative"),
        ("sample condition", "a wt", "record 'a': has no reads; name a file in the column fastq"),
        ("sample fastq", "a/b a.fq", "record 'a/b': cannot name files"),
        ("sample fastq", "-rf a.fq", "record '-rf': cannot name files"),
        ("sample fastq fastq2", "a a.fq no", "fastq2 'no' is not a file"),
        ("sample fastq umi", "a a.fq 7p:3", "umi '7p:3' is not a UMI; write 5p:10, 3p:6 or name"),
        ("sample fastq adapter", "a a.fq A1", "record 'a': adapter: "),
        ("sample fastq guides", "a a.fq tRF", "record 'a': guides: "),
        ("sample fastq guides", "a a.fq tRF=no.fa", "guides 'no.fa' is not a file"),
    ],
)
def test_cells_that_mean_nothing(sheet, columns, row, expected):
    path = sheet(columns, row)
    assert expected in refusal(lambda: read_libraries(path))


def test_folders_that_containers_need(sheet, tmp_path):
    (tmp_path / "references").mkdir()
    (tmp_path / "references" / "mirnas.fa").write_text("")
    path = sheet("sample fastq guides", "a a.fq tRF=tRF.fa")
    config = dict.fromkeys(("transcripts", "gtf", "regions", "genes"), "")
    config |= {"samples": path, "mirnas": f"{tmp_path}/references/mirnas.fa", "model": "mirbind"}
    assert folders_of(config, read_libraries(path)) == [f"{tmp_path}", f"{tmp_path}/references"]


def test_all_samples_have_the_same_guides(sheet):
    path = sheet("sample fastq guides", "a a.fq tRF=tRF.fa", "b b.fq .")
    assert "record 'b': has other guides than a" in refusal(lambda: read_libraries(path))


def test_the_mirnas_with_most_reads(tmp_path):
    fasta, sites = tmp_path / "mirnas.fa", tmp_path / "sites.tsv"
    fasta.write_text(
        "".join(f">{name}\nACGTACGTACGTACGTACGTA{base}\n" for name, base in zip("acgt", "ACGT", strict=True))
    )
    sites.write_text("mirna_id\tn_reads\ng\t2.5\nc\t3\na\t1\ng\t0.5\nx\t9\n")
    assert top_mirnas(2, str(fasta), str(sites)) == ["c", "g"]
    assert top_mirnas(9, str(fasta), str(sites)) == ["c", "g", "a"]
    sites.write_text("mirna_id\tn_reads\n")
    assert top_mirnas(2, str(fasta), str(sites)) == ["a"]
