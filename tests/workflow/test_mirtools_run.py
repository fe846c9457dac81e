"""mirtools-run: the workflow on this machine gives the bytes of a plain pipe, resumes, and names what failed.

The workflow on SLURM: ``make workflow-test``.
"""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ROOT, TEST_DATA, run
from experiment import differing, environment, make_libraries, plain_pipe, workflow_line

COMMANDS = Path(sys.executable).parent
REFERENCES = ["--mirnas", f"{TEST_DATA}/mirnas.fa", "--transcripts", f"{TEST_DATA}/transcripts.fa.gz"]

pytest.importorskip("snakemake")


def called(line):
    return subprocess.run(line, env=environment(COMMANDS), capture_output=True, text=True, timeout=600)


def problem(*arguments):
    done = run("mirtools-run", arguments)
    assert done.err.count("\n") == 1
    return done.status, done.err


@pytest.fixture
def sheet(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.fq").write_text("@r\nACGT\n+\nIIII\n")
    (tmp_path / "s.tsv").write_text("sample\tfastq\tcondition\na\ta.fq\twt\n")
    return "s.tsv"


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """Return a sheet of simulated libraries, and the folder of the results of a plain pipe."""
    folder = tmp_path_factory.mktemp("experiment")
    sheet = make_libraries(folder / "reads", COMMANDS, 600)
    plain_pipe(sheet, folder / "plain", COMMANDS)
    return sheet, folder / "plain"


@pytest.mark.slow
def test_results_are_those_of_a_plain_pipe_after_a_failure(experiment, tmp_path):
    """First with a library that is cut: it is named, the others are parsed; repaired, the run resumes."""
    sheet, plain = experiment
    library = sheet.parent / "ko_1.fastq.gz"
    whole = library.read_bytes()
    results = tmp_path / "results"
    line = workflow_line(sheet, results, "--read-shards", "2", "--row-shards", "3", "--jobs", "2")
    library.write_bytes(whole[:-300])
    try:
        done = called(line)
    finally:
        library.write_bytes(whole)
    assert done.returncode == 1
    for number in (1, 2):
        assert f"mirtools-run: failed: parse of ko_1.{number}-of-2: chimera-parse: error: " in done.stderr
        assert f"(log: {results}/logs/parse/ko_1.{number}-of-2.log)" in done.stderr
    assert done.stderr.splitlines()[-1].startswith(
        "mirtools-run: error: 2 jobs failed: parse ko_1.1-of-2, parse ko_1.2"
    )
    parsed = {path.name: path.stat().st_mtime_ns for path in results.glob("parts/wt_1/*.tsv.gz")}
    assert len(parsed) == 2
    reports = {path.name: path.stat().st_mtime_ns for path in results.glob("reports/parse/wt_1*")}
    done = called(line)
    assert done.returncode == 0, done.stderr
    assert {path.name: path.stat().st_mtime_ns for path in results.glob("reports/parse/wt_1*")} == reports
    assert differing(results, plain) == []
    counts = [json.loads(path.read_text()) for path in (results / "reports" / "parse.json", plain / "parse.json")]
    assert counts[0]["statistics"] == counts[1]["statistics"]
    assert len([*results.glob("multiqc/reads.*_fate_mqc.json")]) == 4
    assert "look at:" in done.stderr
    for word in done.stderr.split():
        if word.startswith(str(results)):
            assert os.path.exists(word), word
    again = called(line)
    assert again.returncode == 0
    assert "everything is done" in again.stderr


def test_a_dry_run_lists_the_jobs(sheet, tmp_path):
    done = called(["mirtools-run", sheet, *REFERENCES, "-o", "out", "--read-shards", "3", "--dry-run"])
    assert done.returncode == 0, done.stderr
    jobs = [line.split() for line in done.stderr.splitlines()]
    assert jobs.count(["mirtools-run:", "parse", "3"]) == 1
    assert not (tmp_path / "out" / "parts").exists()


def test_the_lines_of_the_readme(sheet, tmp_path, monkeypatch):
    """As dry runs, the second without SLURM."""
    Path(sheet).rename("samples.tsv")
    names = {"mature.fa": "mirnas.fa", "transcripts.fa.gz": "transcripts.fa.gz", "genes.gtf": "transcripts.gtf"}
    for name, source in names.items():
        (tmp_path / name).symlink_to(TEST_DATA / source)
    section = (ROOT / "README.md").read_text().partition("\n## On a cluster\n")[2].partition("```sh\n")[2]
    lines = section.partition("```")[0].replace("\\\n", " ").splitlines()
    found = [shlex.split(line) for line in lines if line.startswith("mirtools-run")]
    assert len(found) == 2
    found[1][found[1].index("slurm")] = "laptop"
    for line in found:
        done = called([*line, "--dry-run"])
        assert done.returncode == 0, done.stderr
        assert "Job stats" in done.stderr


@pytest.mark.parametrize(
    ("options", "status", "expected"),
    [
        (["--gtf", "absent.gtf"], 1, "absent.gtf: is not a file"),
        (["--profile", "elsewhere"], 1, "elsewhere: is no profile: laptop, slurm, container, or a folder"),
        (["--contrast", "ko", "wt"], 2, "--contrast names 'ko', a condition that s.tsv lacks; it has: wt"),
        (["--profile", "container"], 2, "--profile container and --image IMAGE need each other"),
        (["--image", "x.sif"], 2, "--profile container and --image IMAGE need each other"),
        (["--profile", "container", "--image", "x.sif"], 2, "apptainer is not installed; install it, or name"),
        (["--snakemake", "'"], 2, "--snakemake: no closing quotation"),
        (["-o", "a.fq"], 1, "a.fq"),
    ],
)
def test_what_cannot_be_used(sheet, monkeypatch, options, status, expected):
    monkeypatch.setattr("mirtools.experiments.run.shutil.which", lambda name: None)
    found, message = problem(sheet, *REFERENCES, "-o", "out", *options)
    assert (found, expected in message) == (status, True), message


def test_the_sheet_is_checked_before_any_work(sheet, tmp_path):
    Path(sheet).write_text("sample\tfastq\na\tabsent.fq\n")
    assert "record 'a': fastq 'absent.fq' is not a file" in problem(sheet, *REFERENCES, "-o", "out")[1]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("missing", "options", "expected"),
    [
        ("snakemake", [], "Snakemake is not installed; install it with: pip install 'mirtools[workflow]'"),
        ("snakemake_executor_plugin_slurm", ["--profile", "slurm"], "executor for SLURM is not installed"),
    ],
)
def test_a_missing_extra_is_reported(sheet, monkeypatch, missing, options, expected):
    monkeypatch.setitem(sys.modules, missing, None)
    status, message = problem(sheet, *REFERENCES, "-o", "out", *options)
    assert status == 1
    assert expected in message


def test_two_runs_in_one_folder(sheet, tmp_path):
    import fcntl

    (tmp_path / "out" / "logs").mkdir(parents=True)
    with open(tmp_path / "out" / "logs" / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another mirtools-run works in this folder" in problem(sheet, *REFERENCES, "-o", "out")[1]
