"""Custom content for MultiQC: the numbers in the files, and how MultiQC itself reads them."""

import json
import subprocess

from mirtools.report.chimera_figure import FATES
from mirtools.report.multiqc import FILES, REGIONS_FILE, multiqc_files

RUN = {
    "fate": {"paired": 30, "low_support": 2, "no_mirna": 50, "no_target": 9, "too_short": 4, "odd_reason": 5},
    "duplicates": 25,
    "insert_lengths": {"9": 4, "50": 60, "52": 31},
    "mirna_lengths": {"20": 2, "22": 30},
    "target_lengths": {"25": 31, "90": 1},
    "gaps": {"-2": 10, "0": 20, "3": 2},
    "orders": {"mirna_first": 31, "target_first": 1},
    "regions": {"5'UTR": 1, "CDS": 20, "3'UTR": 9, "noncoding": 0, "unknown": 2},
}
SAMPLES = {
    "samples": {
        "heart": {"reads": 60, "distinct_reads": 50, "paired_reads": 20},
        "brain <b>": {"reads": 0, "distinct_reads": 0, "paired_reads": 0},
    }
}
NO_HITS = {"fate": {"paired": 0, "no_mirna": 7}, "duplicates": 0, "insert_lengths": {"30": 7}} | {
    key: {} for key in ("mirna_lengths", "target_lengths", "gaps", "orders")
}
NOTHING = NO_HITS | {"fate": {"paired": 0}, "insert_lengths": {}}


def content(statistics, name="run"):
    files = multiqc_files(statistics, name)
    assert all(text.endswith("}\n") for text in files.values())
    return {ending: json.loads(text) for ending, text in files.items()}


def test_files_and_numbers():
    files = content(RUN)
    assert [*files] == [*FILES, REGIONS_FILE]
    assert [*content(NO_HITS)] == [*content(NOTHING)] == [*FILES]
    fate = files["fate_mqc.json"]
    assert fate["data"] == {
        "run": dict.fromkeys(FATES, 0) | {k: RUN["fate"][k] for k in FATES if k in RUN["fate"]} | {"other": 5}
    }
    assert [*fate["categories"]] == [*fate["data"]["run"]] == [*content(NOTHING)["fate_mqc.json"]["categories"]]
    assert files["gaps_mqc.json"]["data"]["run"] == {str(n): RUN["gaps"].get(str(n), 0) for n in range(-3, 5)}
    assert files["regions_mqc.json"]["data"]["run"] == RUN["regions"]
    assert files["general_mqc.json"]["data"] == {
        "run": {"reads": 125, "duplicates": 20.0, "paired_reads": 30, "paired_share": 30.0}
    }


def test_one_row_per_sample():
    assert content(RUN | SAMPLES)["general_mqc.json"]["data"] == {
        "heart": {"reads": 60, "duplicates": 16.667, "paired_reads": 20, "paired_share": 40.0},
        "brain <b>": {"reads": 0, "duplicates": 0.0, "paired_reads": 0, "paired_share": 0.0},
    }


def test_far_lengths_do_not_make_long_lines():
    line = content(RUN | {"insert_lengths": {"20": 5, "21": 6, "90000": 1}})["insert_lengths_mqc.json"]["data"][
        "run"
    ]
    assert line == {"19": 0, "20": 5, "21": 6, "22": 0, "89999": 0, "90000": 1, "90001": 0}


def test_names_that_are_no_text():
    assert [*content(RUN, "b\udce4d")["fate_mqc.json"]["data"]] == ["b?d"]


def multiqc(peer, folder, runs):
    """Run the real MultiQC over the files of some runs; return its report and the data that it parsed."""
    for number, (name, statistics) in enumerate(runs.items()):
        for ending, text in multiqc_files(statistics, name).items():
            (folder / f"{number}.{ending}").write_text(text)
    line = [peer("multiqc"), ".", "--data-format", "json", "--strict", "--no-version-check", "--no-ansi"]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True)
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    log = (folder / "multiqc_data" / "multiqc.log").read_text()
    assert not [line for line in log.splitlines() if "[WARNING" in line or "[ERROR" in line]
    assert "Traceback" not in printed + log
    assert (folder / "multiqc_report.html").stat().st_size > 100_000
    return json.loads((folder / "multiqc_data" / "multiqc_data.json").read_text())


def test_multiqc_merges_runs(peer, tmp_path):
    found = multiqc(peer, tmp_path, {"first": RUN, "second": RUN | {"gaps": {"1": 8}}, "third": NO_HITS})
    raw = found["report_saved_raw_data"]
    prefix = "multiqc_mirtools_chimera_parse"
    assert {name: counts["paired"] for name, counts in raw[f"{prefix}_fate_plot"].items()} == {
        "first": 30,
        "second": 30,
        "third": 0,
    }
    assert raw[f"{prefix}_fate_plot"]["first"] == content(RUN)["fate_mqc.json"]["data"]["run"]
    assert raw[f"{prefix}_gaps_plot"]["second"] == {"0": 0, "1": 8, "2": 0}
    assert raw[f"{prefix}_gaps_plot"]["first"] == content(RUN)["gaps_mqc.json"]["data"]["run"]
    assert raw[f"{prefix}_regions_plot"] == {"first": RUN["regions"], "second": RUN["regions"]}
    for key in ("insert_lengths", "mirna_lengths", "target_lengths"):
        assert {length: n for length, n in raw[f"{prefix}_{key}_plot"]["first"].items() if n} == RUN[key]
    general = found["report_general_stats_data"]["custom_content"]
    assert general["first"] == {"reads": 125, "duplicates": 20.0, "paired_reads": 30, "paired_share": 30.0}
    assert [*general] == ["first", "second", "third"]
    # one section for chimera-parse with all plots under it
    assert (tmp_path / "multiqc_report.html").read_text().count('id="mirtools_chimera_parse">chimera-parse') == 1
    plots = {"fate", "insert_lengths", "mirna_lengths", "target_lengths", "gaps", "regions"}
    assert {f"mirtools_chimera_parse_{name}_plot" for name in plots} <= set(found["report_plot_data"])


def test_multiqc_on_samples(peer, tmp_path):
    found = multiqc(peer, tmp_path, {"experiment": RUN | SAMPLES})
    assert [*found["report_general_stats_data"]["custom_content"]] == ["heart", "brain <b>"]


def test_multiqc_on_nothing(peer, tmp_path):
    found = multiqc(peer, tmp_path, {"run": NOTHING})
    assert found["report_general_stats_data"]["custom_content"]["run"]["paired_reads"] == 0
