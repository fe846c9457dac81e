"""Runs mirtools-run: checks the inputs, writes the configuration, and runs the workflow with Snakemake."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from mirtools.errors import InputError, MirtoolsError, MissingExtraError, OutputError, UsageError, shorten
from mirtools.experiments.failures import Failure, failures, steps_done
from mirtools.experiments.libraries import Library, contrasts_of, read_libraries
from mirtools.experiments.settings import PROFILES, WorkflowSettings
from mirtools.runlog import RunLog
from mirtools.termination import cleanup_on_signal

_REMEDY = "pip install 'mirtools[workflow]'"
# between looks at the output of Snakemake
_SECONDS = 0.5
_WHERE = {
    "sites.html": "the page on all binding sites: open it in a browser",
    "summary.md": "the same in short, as text",
    "sites.tsv": "binding sites; sites.bed for a genome browser",
    "genes.tsv": "genes that the miRNAs with most reads repress, with the reads of their sites",
    "interactions.tsv": "pairs of miRNA and site, with isomiR types and scores",
}


class WorkflowError(MirtoolsError):
    """Jobs of a workflow failed."""


def run_workflow(settings: WorkflowSettings, log: RunLog) -> None:
    """Run the workflow from reads to binding sites, changes, genes and the page; resumes what is not finished.

    Parameters
    ----------
    settings : WorkflowSettings
    log : RunLog
        Receives progress, each failed job with its log and its reason, and where to look.

    Raises
    ------
    InputError, UsageError
        For inputs that cannot be used, before any work.
    MissingExtraError
        If Snakemake, or a package that the workflow needs, is not installed.
    WorkflowError
        If jobs failed.
    """
    require_workflow(settings.profile)
    libraries = read_libraries(settings.sheet)
    contrasts = _contrasts(settings, libraries)
    _require_commands(settings, libraries, bool(contrasts))
    folder = os.path.abspath(settings.output)
    with suppress(FileExistsError):
        os.makedirs(os.path.join(folder, "logs"))
    if not os.path.isdir(os.path.join(folder, "logs")):
        raise OutputError(f"{shorten(settings.output, 60)}: is not a folder; name another with -o")
    log.counts["samples"], log.counts["contrasts"] = len(libraries), len(contrasts)
    with _locked(folder) as lock, as_file(files("mirtools.workflow")) as workflow:
        _write_config(settings, contrasts, folder)
        _run_snakemake(_command_line(settings, workflow, folder), folder, lock, settings.dry_run, log)
    if not settings.dry_run:
        _say_where(settings.output, contrasts, log)


def require_workflow(profile: str) -> None:
    """Raise MissingExtraError if Snakemake, or its executor for a profile, is not installed."""
    try:
        import snakemake  # noqa: F401
    except ImportError:
        raise MissingExtraError("Snakemake", _REMEDY) from None
    if profile == "slurm":
        try:
            import snakemake_executor_plugin_slurm  # noqa: F401
        except ImportError:
            raise MissingExtraError("Snakemake's executor for SLURM", _REMEDY) from None
        if shutil.which("sbatch") is None:
            raise UsageError(
                "--profile slurm needs SLURM's sbatch, which is not on the PATH; run this on a login node"
            )


def _contrasts(settings: WorkflowSettings, libraries: Sequence[Library]) -> list[tuple[str, str]]:
    known = {library.condition for library in libraries} - {""}
    for pair in settings.contrast:
        for condition in pair:
            if condition not in known:
                problem = f"--contrast names '{shorten(condition, 40)}', a condition that {settings.sheet} lacks"
                raise UsageError(f"{problem}; it has: {shorten(', '.join(sorted(known)) or 'none', 80)}")
    return [*settings.contrast] or contrasts_of(libraries)


def _require_commands(settings: WorkflowSettings, libraries: Sequence[Library], compares: bool) -> None:
    """Check what jobs need, so that a run does not fail after hours."""
    for path in (settings.mirnas, settings.transcripts, settings.gtf, settings.regions, settings.genes):
        if path is not None and not os.path.isfile(path):
            raise InputError("is not a file; check the path", source=path)
    paired = any(library.fastq2 for library in libraries)
    if settings.image is not None:
        if shutil.which(settings.engine) is None:
            raise UsageError(f"{settings.engine} is not installed; install it, or name another --engine")
        if paired:
            raise UsageError("fastq2 needs fastp, which the image lacks; merge the mates first, or omit --profile")
        return
    if find_spec("jinja2") is None or find_spec("matplotlib") is None:
        raise MissingExtraError("Jinja2 or matplotlib", "pip install 'mirtools[report]'")
    if compares and find_spec("pydeseq2") is None:
        raise MissingExtraError("PyDESeq2", "pip install 'mirtools[compare]'")
    if paired and shutil.which("fastp") is None:
        raise MissingExtraError(
            "fastp, which merges paired reads (column fastq2),", "conda install -c bioconda fastp"
        )


@contextmanager
def _locked(folder: str) -> Iterator[int]:
    """Keep other runs out of a folder; the lock ends with the processes that have its file open."""
    with open(os.path.join(folder, "logs", "lock"), "w", encoding="ascii") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError("another mirtools-run works in this folder; wait for it", source=folder) from None
        yield stream.fileno()


def _write_config(settings: WorkflowSettings, contrasts: Sequence[tuple[str, str]], folder: str) -> None:
    def path(name: str | None) -> str:
        return "" if name is None else os.path.abspath(name)

    # a bundled model is a name
    model = settings.model or ""
    content: dict[str, Any] = {
        "samples": path(settings.sheet),
        **{name: path(getattr(settings, name)) for name in ("mirnas", "transcripts", "gtf", "regions", "genes")},
        "contrasts": [list(pair) for pair in contrasts],
        "relative": settings.relative or "",
        **{name: getattr(settings, name) for name in ("min_reads", "max_gap", "min_replicates", "top_mirnas")},
        "model": path(model) if os.path.isfile(model) else model,
        "read_shards": settings.read_shards,
        "row_shards": settings.row_shards,
        "threads": settings.cores,
        "mem_mb": settings.memory,
        "runtime": settings.runtime,
        "container": settings.image or "",
        "engine": settings.engine,
    }
    # JSON is YAML
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    Path(folder, "config.yaml").write_text(text, encoding="utf-8")


def _command_line(settings: WorkflowSettings, workflow: Path, folder: str) -> list[str]:
    profile = settings.profile
    if profile == "container" and settings.engine != "apptainer":
        # Snakemake knows Apptainer only
        profile = "laptop"
    if profile in PROFILES:
        profile = str(workflow / "profiles" / profile)
    elif not os.path.isfile(os.path.join(profile, "config.yaml")):
        raise InputError(f"is no profile: {', '.join(PROFILES)}, or a folder with config.yaml", source=profile)
    line = [sys.executable, "-m", "snakemake", "--snakefile", str(workflow / "Snakefile"), "--directory", folder]
    line += [
        "--configfile",
        os.path.join(folder, "config.yaml"),
        "--profile",
        os.path.abspath(profile),
        "--nolock",
    ]
    if settings.jobs is not None:
        line += ["--cores" if settings.profile in ("laptop", "container") else "--jobs", str(settings.jobs)]
    if settings.profile == "slurm":
        named = {"slurm_partition": settings.partition, "slurm_account": settings.account}
        if given := [f"{key}={value}" for key, value in named.items() if value is not None]:
            line += ["--default-resources", *given]
        if settings.account is None:
            line.append("--slurm-no-account")
    try:
        line += shlex.split(settings.snakemake or "")
    except ValueError as error:
        raise UsageError(f"--snakemake: {str(error).lower()}") from error
    return [*line, "--dry-run"] if settings.dry_run else line


def _run_snakemake(line: Sequence[str], folder: str, lock: int, dry_run: bool, log: RunLog) -> None:
    path = os.path.join(folder, "logs", "snakemake.log")
    # jobs use the commands of this installation
    search = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
    with open(path, "w", encoding="utf-8") as output:
        # Snakemake writes to a file and inherits the lock: it goes on if this process is killed
        child = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": search},
            pass_fds=(lock,),
            start_new_session=True,
        )
    with child, cleanup_on_signal(lambda: _stop(child)), open(path, encoding="utf-8", errors="replace") as stream:
        try:
            _follow(_lines(stream, child), dry_run, log)
        except BaseException:
            _stop(child)
            raise
    if child.returncode:
        with open(path, encoding="utf-8", errors="replace") as stream:
            raise _failed(failures(stream, folder), path, log)


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End Snakemake, which cancels its jobs, and wait for it."""
    with suppress(ProcessLookupError):
        child.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            child.wait(30)
        os.killpg(child.pid, signal.SIGKILL)


def _lines(stream: IO[str], child: subprocess.Popen[bytes]) -> Iterator[str]:
    """Yield the lines of a growing file until the process that writes it ends."""
    held = ""
    while True:
        ended = child.poll() is not None
        for text in stream:
            held += text
            if held.endswith("\n"):
                yield held
                held = ""
        if ended:
            return
        time.sleep(_SECONDS)


def _follow(lines: Iterable[str], dry_run: bool, log: RunLog) -> None:
    """Report finished jobs; in a dry run, the table of jobs."""
    tables, inside = 0, False
    for line in lines:
        if (steps := steps_done(line)) is not None:
            log.say(f"{steps[0]:,} of {steps[1]:,} jobs done")
            log.counts["jobs"] = steps[0]
        elif dry_run:
            # the table comes twice
            tables += line.startswith("Job stats")
            inside = (inside or line.startswith("Job stats")) and bool(line.strip())
            if inside and tables == 1:
                log.say(line.rstrip())
        if line.startswith("Nothing to be done"):
            log.say("everything is done")


def _failed(found: Sequence[Failure], path: str, log: RunLog) -> MirtoolsError:
    for failure in found:
        what = f"{failure.rule} of {failure.part}" if failure.part else failure.rule
        where = os.path.join(os.path.dirname(os.path.dirname(path)), failure.log) if failure.log else path
        log.say(f"failed: {what}: {failure.reason} (log: {where})")
    if not found:
        return WorkflowError(f"Snakemake stopped; see {path}")
    jobs = "1 job" if len(found) == 1 else f"{len(found):,} jobs"
    problem = f"{jobs} failed: {shorten(', '.join(f'{each.rule} {each.part}'.strip() for each in found), 80)}"
    return WorkflowError(f"{problem}; correct the cause and repeat the command: it resumes")


def _say_where(folder: str, contrasts: Sequence[tuple[str, str]], log: RunLog) -> None:
    log.say("look at:")
    for name, what in _WHERE.items():
        log.say(f"  {os.path.join(folder, name)}  {what}")
    for first, second in contrasts:
        place = os.path.join(folder, f"changes.{first}_vs_{second}.tsv")
        log.say(f"  {place}  what changes from {second} to {first}; a figure is next to it")
