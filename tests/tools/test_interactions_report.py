"""The command interactions-report."""

import io
import json
import sys
import tracemalloc

import pytest

from tools.interactions_report import main

TABLE = (
    "pair_id\tn_reads\tn_copies\tmirna_id\tmirna_seq\ttarget_id\tsite_start\tsite_end\tsite_seq\tscore\tprediction\n"
    "P1\t12\t15\thsa-let-7a-5p\tTGAGGTAGTAGGTTGTATAGTT\tNM_1\t100\t131\tTTTAACTATACAGGGACCTGCTACCTCATTT\t0.9\t1\n"
    "P2\t3\t3\thsa-let-7a-5p\tTGAGGTAGTAGGTTGTATAGTT\tNM_2\t7\t37\tACGACGACGACGACGACGACGACGACGACG\t0.1\t0\n"
)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "interactions.tsv"
    path.write_text(TABLE)
    return path


def test_summary_figure_and_json(tmp_path, table, capsys):
    outputs = {name: tmp_path / name for name in ("s.md", "f.png", "r.json")}
    status = main(
        [
            "-o",
            str(outputs["s.md"]),
            "--figure",
            str(outputs["f.png"]),
            "--json",
            str(outputs["r.json"]),
            str(table),
        ]
    )
    assert status == 0
    text = outputs["s.md"].read_text()
    assert "**2 miRNA-target pairs** of 1 miRNA and 2 target transcripts in 2 interactions" in text
    assert "seen in 15 distinct reads (18 with duplicates)" in text
    assert "![Figure](<f.png>)" in text
    assert outputs["f.png"].read_bytes().startswith(b"\x89PNG")
    assert json.loads(outputs["r.json"].read_text())["counts"] == {"interactions": 2, "pairs": 2}
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "interactions-report: interactions 2, pairs 2\n"


def test_standard_input_and_output(table, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(TABLE.encode()))))
    assert main(["--quiet", "-"]) == 0
    piped = capsys.readouterr().out
    assert main(["--quiet", str(table)]) == 0
    assert capsys.readouterr().out == piped
    assert piped.startswith("# miRNA-target interactions\n")


def test_header_alone_is_a_valid_result(tmp_path, table, capsys):
    table.write_text(TABLE.splitlines(keepends=True)[0])
    assert main(["--figure", str(tmp_path / "f.svg"), str(table)]) == 0
    assert "No interactions." in capsys.readouterr().out
    assert (tmp_path / "f.svg").stat().st_size > 500


def test_top_and_duplexes(table, capsys):
    assert main(["--quiet", "--top", "1", "--duplexes", "0", str(table)]) == 0
    text = capsys.readouterr().out
    assert "NM_1" in text
    assert "NM_2" not in text
    assert "kcal/mol" not in text
    assert main(["--quiet", "--top", "0", str(table)]) == 0
    assert "Strongest" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "table_text", "status", "said"),
    [
        ([], "", 1, "is empty"),
        ([], "a\tb\n1\t2\n", 1, "mirna_seq"),
        ([], TABLE + "short\trow\n", 1, "interactions.tsv:4: 2 columns"),
        ([], TABLE.replace("\t12\t", "\ttwelve\t"), 1, "interactions.tsv:2: n_reads is 'twelve'"),
        (["--figure", "f.jpg"], TABLE, 2, "'f.jpg' is no .png"),
        (["--top", "-1"], TABLE, 2, "--top"),
        (["--run-report", "absent.json"], TABLE, 1, "absent.json: cannot be read"),
        (["--figure", "s.png", "--json", "s.png"], TABLE, 2, "named for two outputs"),
    ],
)
def test_bad_input_gives_one_line_and_no_file(
    tmp_path, monkeypatch, table, capsys, arguments, table_text, status, said
):
    monkeypatch.chdir(tmp_path)
    table.write_text(table_text)
    assert main(["-o", "s.md", *arguments, "interactions.tsv"]) == status
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert len(error) <= 201
    assert sorted(path.name for path in tmp_path.iterdir()) == ["interactions.tsv"]


def test_memory_does_not_grow_with_rows(tmp_path, capsys):
    header, row, _ = TABLE.splitlines(keepends=True)
    peaks = []
    for rows in (2_000, 20_000):
        path = tmp_path / f"{rows}.tsv"
        path.write_text(header + row * rows)
        tracemalloc.start()
        assert main(["--quiet", str(path)]) == 0
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 300_000
