"""Damaged files for every reader, through the commands: one clear line or a result, quickly and in little memory.

    python -m attack.mutation FOLDER SEED FIRST STEP COUNT

runs the cases FIRST, FIRST + STEP, ... below COUNT in this process, in FOLDER, and prints a line of JSON before
and after each. If a case hangs, the process is ended, and the process that reads the lines continues with the next
case (:func:`watched`).
"""

from __future__ import annotations

import faulthandler
import gzip
import json
import os
import random
import re
import resource
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import fuzzing
from commands import ROOT, TEST_DATA, environment, run

#: every reader of every command; any file of test-data may be damaged
LINES = """\
chimera-parse --min-reads 2 --mirnas mirnas.fa --transcripts three_transcripts.fa tiny_reads.fastq
chimera-parse --min-reads 2 --mirnas two_mirnas.fa --transcripts transcripts.index --umi-length 4 tiny_reads.fastq
chimera-parse --min-reads 1 --mirnas mirnas.fa --transcripts transcripts.fa chimeras.hyb
chimera-parse --min-reads 1 --mirnas mirnas.fa --transcripts transcripts.fa --gtf transcripts.gtf --bed-genome more
  chimeras.hyb
chimera-check --mirnas mirnas.fa --transcripts three_transcripts.fa tiny_reads.fastq
chimera-index three_transcripts.fa
chimera-simulate --reads 20 --mirnas mirnas.fa --transcripts three_transcripts.fa
isomir-classify --mirnas mirnas.fa --min-reads 2 chimera_pairs.tsv
isomir-classify --mirnas mirnas.fa --precursors precursors.fa --gff3 more chimera_pairs.tsv
isomir-classify --mirnas mirnas.fa --compare chimera_typed.tsv --compare-output more chimera_pairs.tsv
negatives-generate --transcripts transcripts.fa --regions transcripts.regions.tsv chimera_typed.tsv
negatives-generate --transcripts transcripts.fa --gtf transcripts.gtf chimera_typed.tsv
negatives-generate --strategy frequency-matched --avoid chimera_pairs.tsv chimera_typed.tsv
negatives-generate --strategy random-mirna --families one_family.tsv chimera_typed.tsv
negatives-generate --audit-only labelled_pairs.tsv
dmiso-predict labelled_pairs.tsv
dmiso-predict --format dmiso four_columns.tsv
dmiso-predict --model seeds.safetensors scored_pairs.tsv
dmiso-predict --model seeds.safetensors --mirnas two_mirnas.fa --targets three_targets.fa --threshold 0.5
dmiso-predict --model dmiso --mirnas two_mirnas.fa --targets three_targets.fa --genes more
  --gene-table genes_of_targets.tsv
dmiso-predict --model seeds.safetensors --mirnas two_mirnas.fa --targets three_transcripts.fa --bed more
  --gtf transcripts.gtf
attrib-align --matrix attributed_pairs.npz attributed_pairs.tsv
attrib-align --matrix attributed_pairs.npz --pairing pairing.tsv attributed_pairs.tsv
attrib-align --model seeds.safetensors --background-pairs labelled_pairs.tsv --background 2 attributed_pairs.tsv
attrib-align --model seeds.safetensors --explainer ism --mutations mutations.tsv --mutants more
  attributed_pairs.tsv
attrib-compare --mutagenesis mutagenesis.tsv --measured more a=explained_once.tsv b=explained_twice.tsv
binding-classes --k 3 importances.tsv
binding-classes --classes classes.tsv importances.tsv
dmiso-evaluate --resamples 20 scored_pairs.tsv scored_elsewhere.tsv
dmiso-evaluate --resamples 20 --training labelled_pairs.tsv --baselines mirna_identity scored_pairs.tsv
dmiso-evaluate --resamples 20 --miranda miranda.txt --rnahybrid rnahybrid.txt --rna22 rna22.txt scored_pairs.tsv
dmiso-evaluate --resamples 20 --miraw miraw.csv --mitar mitar.fa --dmiso original_dmiso.txt scored_pairs.tsv
dmiso-evaluate --resamples 20 --targetscan targetscan.txt --regions utr3_starts.tsv scored_pairs.tsv
dmiso-evaluate --resamples 20 --targetscan targetscan_families.txt --families mirna_families.txt
  --regions utr3_starts.tsv scored_pairs.tsv
dmiso-interpret --n-clusters 2 --min-pairs 2 --compare known_motifs.meme --matches more labelled_pairs.tsv
dmiso-train -m more --start seeds.safetensors labelled_pairs.tsv
dmiso-train -m more --group family --families families.tsv labelled_pairs.tsv
dmiso-train -m more --architecture mirbind --pairing-rule pairing.tsv labelled_pairs.tsv
genes-predict --mirnas two_mirnas.fa --targets transcripts.fa --gtf transcripts.gtf --sites more --bed more2
  --compare more.svg
genes-predict --mirnas two_mirnas.fa --targets three_targets.fa --genes genes_of_targets.tsv --per-gene
genes-predict --mirnas two_mirnas.fa --targets transcripts.fa --gtf transcripts.gtf --variants variants.vcf
  --variant-effects more
genes-predict --mirnas two_mirnas.fa --targets transcripts.fa --genes isoforms.tsv --per-gene
  --isoforms isoforms.tsv
genes-predict --mirnas two_mirnas.fa --targets transcripts.fa --observed report_sites.tsv --html more
genes-predict --mirnas let-7a --database let-7a.fa --targets transcripts.fa --regions transcripts.regions.tsv
interactions-report --run-report chimera_parse.json --run-report isomir_classify.json tiny_interactions.tsv
interactions-report --html more --samples report_samples.tsv --compared report_changes.tsv
  --pairs report_aligned.tsv report_sites.tsv
peak-evaluate --truth planted.bed --targets planted.fa narrowed.tsv
peak-narrow --mirnas let-7a.fa --targets planted.fa --model seeds.safetensors --background 2 --threshold 0.5
peak-narrow --mirnas let-7a.fa --targets planted.fa --model seeds.safetensors --background 2 --threshold 0.5
  --pairs narrowed.tsv
  --background-pairs labelled_pairs.tsv --plot more.svg --known planted.bed
peak-simulate --stitch labelled_sites.tsv
peak-simulate --length 80 --plant-seeds let-7a.fa
sites-compare --samples two_samples.tsv --contrast A B condition_sites.tsv
sites-compare --samples condition_samples.tsv --contrast A B --relative mirna --by form condition_forms.tsv
sites-merge --pairs more --bed more2 --transcripts transcripts.fa --gtf transcripts.gtf tiny_interactions.tsv
sites-merge --by family --families families.tsv --genes genes_of_targets.tsv tiny_interactions.tsv
table-join --min-reads 1 chimera_pairs.tsv
table-join scored_pairs.tsv
""".replace("\n  ", " ").splitlines()

#: long files are cut to this number of lines, so that most damage has an effect
_LONG = {"tiny_reads.fastq": 80} | dict.fromkeys(
    ("chimera_pairs.tsv", "chimera_typed.tsv", "labelled_pairs.tsv", "tiny_interactions.tsv"), 12
)
#: largest processor time (s) and memory (MB) of a case
PATIENCE = 10
MEMORY = 500
#: seconds after which a case is considered to hang, even on a busy machine
_ENDLESS = 60
#: memory limit of the process of a case
_ADDRESS_SPACE = 8 << 30


class Case(NamedTuple):
    """The result of a command with a damaged file: ``read``, ``refused`` or ``WRONG``."""

    number: int
    command: str
    kind: str
    problem: str
    seconds: float
    megabytes: float


def make_inputs(folder: Path) -> None:
    """Fill ``folder`` with the files of test-data, decompressed, with long tables and reads cut."""
    for path in TEST_DATA.iterdir():
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        name = path.name.removesuffix(".gz")
        if name in _LONG:
            data = b"".join(data.splitlines(keepends=True)[: _LONG[name]])
        (folder / name).write_bytes(data)


def files_of(line: str) -> list[str]:
    """Return the words of a line that are files of test-data, without the labels of ``attrib-compare``."""
    names = {path.name.removesuffix(".gz") for path in TEST_DATA.iterdir()}
    return [word for word in (word.split("=")[-1] for word in line.split()) if word in names]


def damage(number: int, seed: int) -> tuple[str, str, bytes]:
    """Return the line of a case, the damaged file, and its damaged content; run in the folder of inputs."""
    chance = random.Random(f"{seed}/{number}")
    line = LINES[number % len(LINES)]
    target = chance.choice(files_of(line))
    goods = [Path(name).read_bytes() for name in files_of(line)]
    return line, target, fuzzing.spoiled(Path(target).read_bytes(), goods, chance)


def attempt(number: int, seed: int, most_memory: float = float("inf")) -> Case:
    """Run a case in this process; the current folder is filled by :func:`make_inputs`.

    The memory limit (MB) is for the whole process.
    """
    line, target, data = damage(number, seed)
    Path("damaged").write_bytes(data)
    name, *arguments = shlex.split(re.sub(rf"(?<=[ =]){re.escape(target)}\b", "damaged", line))
    before = set(os.listdir())
    _forget_peak()
    begin = time.process_time()
    try:
        done = run(name, [*arguments, "--quiet", "-o", "out"])
    except BaseException as error:
        problem = f"the command raised {type(error).__name__}: {error}"
    else:
        problem = _problem(name, done.status, done.err, set(os.listdir()) - before)
    seconds, megabytes = time.process_time() - begin, _peak()
    if not problem and (seconds > PATIENCE or megabytes > most_memory):
        problem = f"{seconds:.1f} s, {megabytes:.0f} MB"
    for path in set(os.listdir()) - before:
        os.unlink(path)
    kind = "WRONG" if problem else "refused" if done.status else "read"
    where = f"case {number}: {line} (damaged: {target}): {problem}" if problem else ""
    return Case(number, name, kind, where, seconds, megabytes)


def _problem(name: str, status: int, printed: str, new: set[str]) -> str:
    """Return the problem with the end of a command, or an empty string."""
    if status == 0:
        return "" if "out" in new else "no output"
    last = printed.splitlines()[-1] if printed else ""
    if status not in (1, 2) or not last.startswith(f"{name}: error: ") or "internal error" in last:
        return f"exit status {status}: {printed[-500:]}"
    if printed.count("\n") != 1 or len(last) > 200 or not last.isprintable():
        return f"no short clear line: {printed[:500]!r}"
    return f"{', '.join(sorted(new))} left" if new else ""


def _forget_peak() -> None:
    """Reset the peak memory of this process, if the system supports it."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    """Return the peak memory of this process in MB."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1000


def without_training(change: Callable[[object, str, object], None] = setattr) -> None:
    """Let ``dmiso-train`` end before the training, because only readers are attacked."""
    from mirtools.errors import InputError
    from mirtools.training import experiment

    def end(*_: object) -> None:
        raise InputError("everything is read")

    change(experiment, "run_experiment", end)


def watched(folder: Path, seed: int, first: int, step: int, count: int) -> Iterator[Case]:
    """Run cases in separate processes, one after the other; ``folder`` is filled by :func:`make_inputs`."""
    number = first
    while number < count:
        line = [sys.executable, "-m", "attack.mutation", str(folder), *map(str, (seed, number, step, count))]
        places = environment(PYTHONPATH=f"{ROOT / 'tests'}{os.pathsep}{ROOT}")
        with (
            open(folder / "printed", "w+") as messages,
            subprocess.Popen(line, stdout=subprocess.PIPE, stderr=messages, env=places, text=True) as process,
        ):
            begun = None
            for text in process.stdout:
                found = json.loads(text)
                if isinstance(found, int):
                    begun = found
                else:
                    yield Case(*found)
                    begun = None
            process.wait()
            if begun is None and process.returncode == 0:
                return
            messages.seek(0)
            if begun is None:
                raise RuntimeError(messages.read())
            where = f"case {begun}: {LINES[begun % len(LINES)]}"
            ended = f"no end after {_ENDLESS} s, or a crash, exit status {process.returncode}: "
            ended += messages.read()[-2000:]
            yield Case(begun, where.split()[2], "WRONG", f"{where}: {ended}", float(_ENDLESS), 0.0)
            number = begun + step


def main(folder: str, seed: str, first: str, step: str, count: str) -> None:
    """Run cases in this process."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    os.chdir(folder)
    without_training()
    lines = os.fdopen(os.dup(1), "w")
    for line in LINES:  # compiles the kernels, and shows that every line succeeds
        name, *arguments = shlex.split(line)
        done = run(name, [*arguments, "--quiet", "-o", "out"])
        assert done.status == 0 or "everything is read" in done.err, f"{line}: {done.err}"
        for path in ("out", "more", "more.svg"):
            Path(path).unlink(missing_ok=True)
    for number in range(int(first), int(count), int(step)):
        print(number, file=lines, flush=True)
        faulthandler.dump_traceback_later(_ENDLESS, exit=True)
        case = attempt(number, int(seed), MEMORY)
        faulthandler.cancel_dump_traceback_later()
        print(json.dumps(case), file=lines, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
