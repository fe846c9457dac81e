"""The functions for notebooks: the time of ``import mirtools``, the examples of docs/notebook.md, all inputs."""

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import mirtools
from mirtools.errors import InputError, UsageError

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "notebook.md"
DATA = ROOT / "test-data"
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def examples() -> list[tuple[str, str]]:
    """Return the examples of the page, each with the output that it shows."""
    return EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))


def outputs(folder: Path) -> list[str]:
    """Run the examples one after the other in a folder with the files of test-data; returns what each prints."""
    for path in DATA.iterdir():
        (folder / path.name).symlink_to(path)
    names: dict[str, object] = {}
    printed = []
    with contextlib.chdir(folder):
        for code, _ in examples():
            stream = io.StringIO()
            with contextlib.redirect_stdout(stream):
                exec(compile(code, str(PAGE), "exec"), names)
            printed.append(stream.getvalue())
    return printed


def test_the_examples_print_the_outputs_on_the_page(tmp_path):
    assert len(examples()) == PAGE.read_text().count("```python")
    assert outputs(tmp_path) == [shown for _, shown in examples()]


def test_import_is_cheap():
    code = (
        "import sys, mirtools; dir(mirtools); sys.exit(any(name in sys.modules for name in ('numpy', 'pandas')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names():
    assert {"check_reads", "parse_reads", "classify", "predict", "explain", "narrow", "predict_genes"} <= set(
        dir(mirtools)
    )
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = mirtools.nonsense


REFERENCES = {"mirnas": DATA / "mirnas.fa", "transcripts": DATA / "transcripts.fa.gz"}


@pytest.fixture(scope="module")
def pairs():
    options = {"adapter": "TGGAATTCTCGGGTGCCAAGG", "min_reads": 2, "ties": True}
    return mirtools.parse_reads(DATA / "tiny_reads.fastq.gz", **REFERENCES, **options)


def test_tables_and_files_give_the_same(pairs, tmp_path):
    pairs.to_csv(tmp_path / "pairs.tsv", sep="\t", index=False, na_rep=".")
    mirnas = {"hsa-let-7a-5p": "UGAGGUAGUAGGUUGUAUAGUU", "hsa-miR-16-5p": "UAGCAGCACGUAAAUAUUGGCG"}
    (tmp_path / "two.fa").write_text("".join(f">{name}\n{sequence}\n" for name, sequence in mirnas.items()))
    own = pairs[pairs["mirna_id"].isin(mirnas)]
    own.to_csv(tmp_path / "own.tsv", sep="\t", index=False, na_rep=".")
    first = mirtools.classify(own, mirnas, min_reads=2)
    second = mirtools.classify(tmp_path / "own.tsv", tmp_path / "two.fa", min_reads=2)
    assert len(first) > 5
    pd.testing.assert_frame_equal(first, second)
    assert first.attrs == second.attrs


def test_columns_are_text_or_numbers(pairs):
    assert pairs["n_reads"].dtype.kind == "i"
    assert pairs["mirna_evalue"].dtype.kind == "f"
    assert pairs["mirna_unassigned"].map(type).eq(str).all()
    assert pairs["tied_mirnas"].map(type).eq(str).all()
    typed = mirtools.classify(pairs, DATA / "mirnas.fa", min_reads=2)
    assert typed["isomir_types"].isna().equals(typed["mirna_class"] == "exact")
    # if some numbers are missing, the others are still written as whole numbers for the next command
    again = mirtools.classify(typed, DATA / "mirnas.fa", min_reads=2)
    assert again["isomir_min_qual"].dropna().mod(1).eq(0).all()


def test_numbers_keep_their_digits():
    mine = pd.DataFrame({"mirna_seq": ["TGAGGTAGTAGGTTGTATAGTT"], "site_seq": ["ACGT" * 12], "own": [0.1 + 0.2]})
    mine["other"], mine["none"] = "x", None
    found = mirtools.predict(mine)
    assert found["own"].tolist() == mine["own"].tolist()
    assert found["other"].tolist() == ["x"]
    assert found["none"].isna().all()


def test_names_that_are_numbers_stay_names():
    mine = pd.DataFrame({"mirna_id": ["007"], "mirna_seq": ["TGAGGTAGTAGGTTGTATAGTT"], "site_seq": ["ACGT" * 12]})
    assert mirtools.predict(mine)["mirna_id"].tolist() == ["007"]


def test_mirnas_on_targets(tmp_path):
    mirnas = {"let-7a": "UGAGGUAGUAGGUUGUAUAGUU"}
    found = mirtools.predict(mirnas=mirnas, targets=DATA / "planted.fa", best=True, bed=tmp_path / "sites.bed")
    assert found["mirna_id"].eq("let-7a").all()
    assert found["target_id"].is_unique
    assert len((tmp_path / "sites.bed").read_text().splitlines()) > 0
    for wrong in ({}, {"mirnas": mirnas}, {"pairs": "p.tsv", "targets": "t.fa"}):
        with pytest.raises(UsageError, match="give a table of pairs, or mirnas and targets"):
            mirtools.predict(**wrong)


def test_further_outputs_are_files(tmp_path):
    gff3, figure = tmp_path / "isomirs.gff3", tmp_path / "isomirs.svg"
    golden = ROOT / "tests" / "golden" / "tiny_pairs.tsv"
    options = {"gff3": gff3, "plot": figure, "compare": golden.with_name("tiny_typed.tsv")}
    options["compare_output"] = tmp_path / "compared.tsv"
    options["precursors"] = {"pre": "GG" + "TGAGGTAGTAGGTTGTATAGTT" + "GG"}
    found = mirtools.classify(golden, DATA / "mirnas.fa", **options)
    assert found.attrs["counts"]["mirnas_without_precursor"] > 0
    assert gff3.read_text().startswith("## mirGFF3")
    assert figure.read_text().startswith("<?xml")
    assert len(pd.read_csv(options["compare_output"], sep="\t")) > 3


def test_wrong_arguments(tmp_path):
    with pytest.raises(UsageError, match=r"parse_reads\(\) has no option nonsense, .* it has reads, "):
        mirtools.parse_reads("r.fq", "m.fa", "t.fa", nonsense=1)
    with pytest.raises(UsageError, match="argument --min-reads: '0' is not a whole number of 1 or more"):
        mirtools.parse_reads("r.fq", "m.fa", "t.fa", min_reads=0)
    with pytest.raises(InputError, match=r"no\.fq: cannot be read"):
        mirtools.parse_reads(tmp_path / "no.fq", **REFERENCES, bed=tmp_path / "sites.bed")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="has no column mirna_seq"):
        mirtools.explain(pd.DataFrame({"a": [1]}))
    with pytest.raises(UsageError, match="invalid choice: 'none'"):
        mirtools.narrow({"m": "ACGTACGTACGTACGTACGT"}, DATA / "planted.fa", explainer="none")


def test_genes_from_sequences_and_tables(tmp_path):
    regions = pd.DataFrame({"target_id": ["t"], "cds_start": [0], "cds_end": [30]})
    targets = {"t": "G" * 40 + "CTACCTCA" + "G" * 20, "u": "G" * 50}
    found = mirtools.predict_genes(
        "UGAGGUAGUAGGUUGUAUAGUU", targets, regions=regions, order="input", sites=tmp_path / "sites.tsv"
    )
    assert found["predicted_log2fc"].tolist()[1] == 0 > found["predicted_log2fc"].tolist()[0]
    assert found["utr3_length"].tolist() == [38, 50]
    assert found.attrs["counts"]["targets_of_unknown_regions"] == 1
    assert len((tmp_path / "sites.tsv").read_text().splitlines()) == 2


def test_an_empty_result_is_a_table_with_a_hint():
    empty = pd.DataFrame({"mirna_seq": [], "site_seq": []})
    for found in (mirtools.predict(empty), mirtools.explain(empty, background=1)):
        assert len(found) == 0
        assert "PAIRS has no rows" in found.attrs["hints"][0]
    elsewhere = pd.DataFrame({"mirna_id": ["x"], "target_id": ["y"]})
    found = mirtools.narrow({"m": "TGAGGTAGTAGGTTGTATAGTT"}, DATA / "planted.fa", pairs=elsewhere, background=1)
    assert "no pair of --pairs" in found.attrs["hints"][0]
    assert found.attrs["dropped"] == {"pairs_not_in_fasta": 1}


if __name__ == "__main__":  # writes the outputs of the examples into the page
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        fresh = iter(outputs(Path(folder)))
    page = EXAMPLE.sub(lambda match: f"```python\n{match[1]}```\n\n```text\n{next(fresh)}```", PAGE.read_text())
    PAGE.write_text(page, encoding="utf-8")
