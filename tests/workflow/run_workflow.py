#!/usr/bin/env python3
"""Run the workflow on a real SLURM and disturb it (``make workflow-test``): its results are those of a plain pipe.

A job is killed, a node drained, the controller restarted, the run itself killed, and a library is damaged.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from experiment import differing, environment, make_libraries, plain_pipe, workflow_line
from slurm_cluster import NODES, Cluster, ClusterError, why_not

_SLURM = (
    "--slurm-status-command squeue --slurm-init-seconds-before-status-checks 2 --seconds-between-status-checks 2 "
    "--latency-wait 15"
)
_PATIENCE = 900


class WorkflowTestError(Exception):
    """The workflow did something else than it should."""


def main() -> int:
    """Run all steps; returns 0 if they passed, or if SLURM cannot be had and --if-possible is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=Path, required=True, help="bin folder with the commands")
    parser.add_argument("--reads", type=int, default=1500, help="reads per sample (default: 1500)")
    parser.add_argument("--if-possible", action="store_true", help="without SLURM, say so and succeed")
    parser.add_argument("--keep", type=Path, help="folder for everything that is written (default: temporary)")
    options = parser.parse_args()
    if reason := why_not():
        print(f"workflow-test: {'skipped' if options.if_possible else 'not possible'}: {reason}", flush=True)
        return 0 if options.if_possible else 1
    with _folder(options.keep) as folder:
        try:
            _run(folder, options.commands.absolute(), options.reads)
        except (WorkflowTestError, ClusterError) as error:
            print(f"FAILED {error}", flush=True)
            for path in sorted(folder.rglob("snakemake.log")):
                print(f"--- {path}", *path.read_text().splitlines()[-60:], sep="\n", flush=True)
            return 1
    print("all steps passed", flush=True)
    return 0


def _run(folder: Path, commands: Path, reads: int) -> None:
    start = time.monotonic()

    def done(what: str) -> None:
        print(f"ok {time.monotonic() - start:6.1f} s  {what}", flush=True)

    sheet = make_libraries(folder / "reads", commands, reads)
    plain_pipe(sheet, folder / "plain", commands)
    done("the plain pipe")
    with Cluster(folder / "slurm") as cluster:
        done(f"SLURM with {len(NODES)} nodes")
        _damaged_library(sheet, folder, commands)
        done("a damaged library: named with its reason, the others are parsed")
        results = folder / "results"
        line = workflow_line(sheet, results, *_options())
        _disturbed(cluster, line, results, commands)
        done("the run is killed with its jobs")
        _repeat(cluster, line, results, commands)
        done("a job is killed, a node drained, the controller restarted: the repeated run ends")
    if different := differing(results, folder / "plain"):
        raise WorkflowTestError(f"other bytes than the plain pipe: {', '.join(different)}")
    for name in ("sites.html", "summary.md", "changes.ko_vs_wt.png"):
        if not (results / name).stat().st_size:
            raise WorkflowTestError(f"{name} is empty")
    done("the bytes of the plain pipe")


def _options(*more: str) -> list[str]:
    shards = ["--read-shards", "2", "--row-shards", "2"]
    return ["--profile", "slurm", *shards, "--memory", "1000", "--runtime", "30", "--snakemake", _SLURM, *more]


def _damaged_library(sheet: Path, folder: Path, commands: Path) -> None:
    """Run with a library that is cut; the run must name it, and parse the others."""
    damaged = folder / "damaged"
    shutil.copytree(sheet.parent, damaged)
    library = damaged / "ko_1.fastq.gz"
    library.write_bytes(library.read_bytes()[:-500])
    once = _options()
    once[-1] += " --retries 0"
    line = workflow_line(damaged / sheet.name, folder / "stopped", *once, "--partition", "main")
    line[line.index("--read-shards") + 1] = "1"
    found = subprocess.run(line, env=environment(commands), capture_output=True, text=True, timeout=_PATIENCE)
    expected = "failed: parse of ko_1.1-of-1: chimera-parse: error: "
    if found.returncode != 1 or expected not in found.stderr or "the file is cut" not in found.stderr:
        raise WorkflowTestError(f"the damaged library is not named: {found.stderr[-2000:]}")
    parsed = sorted(path.parent.name for path in (folder / "stopped" / "parts").glob("*/pairs.1-of-1.tsv.gz"))
    if parsed != ["ko_2", "wt_1", "wt_2"]:
        raise WorkflowTestError(f"after a failure, only {', '.join(parsed)} are parsed")


def _disturbed(cluster: Cluster, line: list[str], results: Path, commands: Path) -> None:
    """Kill a run, and all that it started, in the middle of jobs."""
    with _started(line, commands) as run:
        cluster.wait(lambda: cluster.running() and list(results.glob("parts/*/pairs.*")), 300, "the first tables")
        children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
        for process in (run.pid, *map(int, children)):
            os.kill(process, signal.SIGKILL)
    if (results / "sites.tsv").exists():
        raise WorkflowTestError("the run was killed too late")


def _repeat(cluster: Cluster, line: list[str], results: Path, commands: Path) -> None:
    """Repeat the command, and disturb the cluster while it runs."""
    with _started(line, commands) as run:
        cluster.wait(cluster.running, 300, "a running job")
        cluster.command("scancel", "--signal=KILL", "--full", cluster.running()[0])
        cluster.command("scontrol", "update", f"nodename={NODES[1]}", "state=drain", "reason=test")
        cluster.restart_controller()
        cluster.wait(lambda: (results / "pairs.tsv").exists(), _PATIENCE, "the table of pairs")
        cluster.command("scontrol", "update", f"nodename={NODES[1]}", "state=resume")
        _, errors = run.communicate(timeout=_PATIENCE)
        if run.returncode or "look at:" not in errors:
            raise WorkflowTestError(f"the repeated run ended with {run.returncode}: {errors[-2000:]}")


@contextmanager
def _started(line: list[str], commands: Path) -> Iterator[subprocess.Popen[str]]:
    run = subprocess.Popen(line, env=environment(commands), stderr=subprocess.PIPE, text=True)
    try:
        yield run
    finally:
        with suppress(ProcessLookupError):
            run.terminate()
        run.communicate()


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="mirtools-workflow-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())
