"""A simulated experiment, and its results by a plain pipe of commands."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "test-data"
SAMPLES = ("wt_1", "wt_2", "ko_1", "ko_2")
ADAPTER = "TGGAATTCTCGGGTGCCAAGG"
REFERENCES = f"--mirnas {DATA}/mirnas.fa --transcripts {DATA}/transcripts.fa.gz"
GTF = f"--gtf {DATA}/transcripts.gtf"
#: results that have the bytes of one process
RESULTS = "pairs.tsv typed.tsv interactions.tsv sites.tsv sites.bed changes.ko_vs_wt.tsv genes.tsv".split()


def make_libraries(folder: Path, commands: Path, reads: int) -> Path:
    """Simulate two replicates of two conditions; returns the sample sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["sample\tfastq\tcondition\treplicate\tadapter"]
    for sample in SAMPLES:
        line = f"{REFERENCES} --samples {DATA}/samples.tsv --sample {sample} --sites 60 --reads {reads} --fold 4"
        run(f"chimera-simulate {line} --dispersion 0.02 --quiet -o {folder}/{sample}.fastq.gz", commands)
        condition, _, replicate = sample.partition("_")
        rows.append(f"{sample}\t{sample}.fastq.gz\t{condition}\t{replicate}\t{ADAPTER}")
    sheet = folder / "samples.tsv"
    sheet.write_text("\n".join(rows) + "\n")
    return sheet


def plain_pipe(sheet: Path, folder: Path, commands: Path) -> None:
    """Write the results of one process per command, connected by pipes."""
    folder.mkdir(parents=True, exist_ok=True)
    reads = " ".join(str(sheet.parent / f"{sample}.fastq.gz") for sample in SAMPLES)
    mirnas = f"--mirnas {DATA}/mirnas.fa"
    run(
        f"chimera-parse {REFERENCES} {GTF} --adapter {ADAPTER} --ties --quiet --json parse.json {reads}"
        " | tee pairs.tsv"
        f" | isomir-classify {mirnas} --quiet - | tee typed.tsv | dmiso-predict --quiet - > interactions.tsv\n"
        f"sites-merge --samples {sheet} {GTF} --bed sites.bed --quiet -o sites.tsv interactions.tsv\n"
        f"sites-compare --samples {sheet} --contrast ko wt --quiet sites.tsv > changes.ko_vs_wt.tsv\n"
        "names=$(awk -F'\\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }"
        ' { reads[$at["mirna_id"]] += $at["n_reads"] } END { for (name in reads) print reads[name] "\\t" name }\''
        " sites.tsv | LC_ALL=C sort -t $'\\t' -k1,1gr -k2,2 | sed 10q | cut -f 2)\n"
        f"genes-predict --mirnas $names --database {DATA}/mirnas.fa --targets {DATA}/transcripts.fa.gz {GTF}"
        " --per-gene --observed sites.tsv --quiet -o genes.tsv",
        commands,
        folder,
    )


def differing(folder: Path, expected: Path) -> list[str]:
    """Return the results that are missing or have other bytes than expected."""
    return [
        name
        for name in RESULTS
        if not (folder / name).exists() or (folder / name).read_bytes() != (expected / name).read_bytes()
    ]


def run(script: str, commands: Path, folder: Path | None = None) -> None:
    """Run lines of a shell script with the commands of an installation."""
    line = ["bash", "-euo", "pipefail", "-c", script]
    subprocess.run(line, check=True, cwd=folder, env=environment(commands), stdin=subprocess.DEVNULL)


def environment(commands: Path) -> dict[str, str]:
    """Return an environment in which the commands are found."""
    return {**os.environ, "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}


def workflow_line(sheet: Path, results: Path, *options: str) -> list[str]:
    """Return the command that runs the workflow."""
    return ["mirtools-run", str(sheet), *shlex.split(f"{REFERENCES} {GTF}"), "-o", str(results), *options]
