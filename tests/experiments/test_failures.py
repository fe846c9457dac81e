"""Which jobs failed, and why, from the output of Snakemake."""

import pytest

from mirtools.experiments.failures import failures, reason_in

LOG = """\
[Tue Dec  1 05:40:31 2026]
Error in rule parse:
    message: SLURM-job '3' failed, SLURM status is: 'TIMEOUT'. Detailed failure reason unavailable.
    jobid: 5
    input: reads.fq
    output: parts/ko_1/pairs.1-of-2.tsv.gz, reports/parse/ko_1.1-of-2.json
    log: logs/parse/ko_1.1-of-2.log, .snakemake/slurm_logs/3.log (check log file(s) for error details)
    shell:
        chimera-parse 2> logs/parse/ko_1.1-of-2.log
        (command exited with non-zero exit code)
    external_jobid: 3
Trying to restart job 5.
[Tue Dec  1 05:40:31 2026]
Error in rule sites:
    message: None
    jobid: 8
    output: sites.tsv, sites.bed
    log: logs/sites.log (check log file(s) for error details)
[Tue Dec  1 05:40:47 2026]
3 of 16 steps (19%) done
""".splitlines(keepends=True)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "logs" / "parse").mkdir(parents=True)
    return tmp_path


def found(folder):
    return [(each.rule, each.part, each.reason) for each in failures(LOG, str(folder))]


def test_the_reason_is_in_the_log_of_the_job(folder):
    text = "chimera-parse: reads 5\nchimera-parse: error: a.fq: is empty\n"
    (folder / "logs" / "parse" / "ko_1.1-of-2.log").write_text(text)
    assert found(folder) == [
        ("parse", "ko_1.1-of-2", "chimera-parse: error: a.fq: is empty"),
        ("sites", "", "it was ended without a message"),
    ]
    assert failures(LOG, str(folder))[0].log == "logs/parse/ko_1.1-of-2.log"


def test_the_cluster_tells_the_reason_of_others(folder):
    assert found(folder)[0][2] == "SLURM-job '3' failed, SLURM status is: 'TIMEOUT'"


def test_a_job_that_was_repeated_with_success_did_not_fail(folder):
    (folder / "parts" / "ko_1").mkdir(parents=True)
    (folder / "parts" / "ko_1" / "pairs.1-of-2.tsv.gz").write_text("")
    assert [rule for rule, *_ in found(folder)] == ["sites"]


def test_no_error_no_failure(folder):
    assert failures(LOG[-2:], str(folder)) == []


def test_the_last_error_of_a_long_log_counts(tmp_path):
    path = tmp_path / "log"
    path.write_text("a: error: first\n" + "progress\n" * 20_000 + "slurmstepd: error: out of memory\nbye\n")
    assert reason_in(str(path)) == "slurmstepd: error: out of memory"
    assert reason_in(str(tmp_path / "absent")) == ""
