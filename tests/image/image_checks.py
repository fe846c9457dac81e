"""Checks of the two images: each method is a step of ``make image-test`` and returns a detail to print."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path

from build_images import DOCKER, IMAGES, ROOT, Engine, StepError, last_line

HERE = Path(__file__).resolve().parent
DATA = ROOT / "test-data"
READ_ONLY_DATA = ("-v", f"{DATA}:/data:ro")
TEMPORARY = ("--tmpfs", "/tmp")
SECTION = "## In a container"
# files that must be in both images, as stat prints them, and files that must not
FILES = """\
drwxr-xr-x 1000:1000 /data
-rwxr-xr-x 0:0 /bin/bash
-rwxr-xr-x 0:0 /usr/bin/ps
-rwxr-xr-x 0:0 /usr/bin/blastn
-rwxr-xr-x 0:0 /usr/bin/makeblastdb
-rwxr-xr-x 0:0 /opt/mirtools/bin/chimera-parse
-rw-r--r-- 0:0 /opt/mirtools/LICENSE
-rw-r--r-- 0:0 /usr/share/doc/ncbi-blast+/copyright
-rw-r--r-- 0:0 /opt/mirtools/lib/python3.13/site-packages/mirtools/models/mirbind.safetensors
-rw-r--r-- 0:0 /opt/mirtools/lib/python3.13/site-packages/mirtools/models/dmiso.safetensors
"""
NO_FILES = "/opt/mirtools/bin/pip /usr/bin/pip /src /wheels /etc/pip.conf /etc/ssl/build-ca.pem"
# settings of images, with the names that engines use
SETTINGS = ("Labels", "Env", "User", "WorkingDir", "Cmd", "Entrypoint", "Volumes", "ExposedPorts")

# Runs commands in one process, and prints the number of kernels in the image and the names of kernels compiled
# now.
KERNELS = """\
import gc
from importlib import import_module
from numba.core.dispatcher import Dispatcher
lines = '''
chimera-parse --mirnas mirnas.fa --transcripts transcripts.fa.gz --adapter TGGAATT -o /tmp/pairs.tsv reads.fastq.gz
isomir-classify --mirnas mirnas.fa -o /tmp/typed.tsv /tmp/pairs.tsv
dmiso-predict -o /tmp/scored.tsv /tmp/typed.tsv
dmiso-predict --model dmiso --mirnas two_mirnas.fa --targets three_transcripts.fa -o /tmp/scanned.tsv
attrib-align --background 5 -o /tmp/explained.tsv labelled_pairs.tsv
attrib-align --background 5 --mode published -o /tmp/explained.tsv labelled_pairs.tsv
peak-narrow --mirnas let-7a.fa --targets planted.fa --background 5 --threshold 0.5 --threads 2 -o /tmp/peaks.tsv
negatives-generate --transcripts transcripts.fa.gz -o /tmp/labelled.tsv chimera_typed.tsv.gz
'''
for line in lines.strip().splitlines():
    name, *options = line.split()
    status = import_module('mirtools.tools.' + name.replace('-', '_')).main([*options, '--quiet'])
    assert status == 0, line
kernels = [found for found in gc.get_objects() if isinstance(found, Dispatcher)]
kernels = [kernel for kernel in kernels if kernel.py_func.__module__.startswith('mirtools.')]
print(sum(bool(kernel.stats.cache_hits) for kernel in kernels))
print(*sorted(kernel.py_func.__name__ for kernel in kernels if kernel.stats.cache_misses))
"""


def difference(one: str, other: str) -> str:
    """Return the first difference of two texts beyond the last digits of numbers, or an empty string."""
    number = r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)"
    for a, b in zip_longest(re.split(number, one), re.split(number, other), fillvalue="(end)"):
        if a == b:
            continue
        close = False
        if re.fullmatch(number, a) and re.fullmatch(number, b) and "." in a + b:
            # numbers have six digits or fewer, and cancellation can change some of them
            written = 1.5 * 10.0 ** -len(a.partition(".")[2]) if "e" not in a else 0.0
            close = abs(float(a) - float(b)) <= max(2e-5 * abs(float(a)), 2e-7, written if len(a) > 5 else 0.0)
        if not close:
            return f"{a[:60]!r} is {b[:60]!r}"
    return ""


@dataclass
class ImageChecks:
    """Steps of the test of two images.

    Attributes
    ----------
    engine : Engine
        Runs containers.
    tools : Path
        Folder with hadolint and container-structure-test.
    commands : Path
        Folder with the commands outside of the images.
    """

    engine: Engine
    tools: Path
    commands: Path

    def steps(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """Yield name and function of each step."""
        yield "the demo inside as outside", self.demo
        yield "hadolint", self.lint
        for kind in IMAGES:
            yield f"files of the {kind} image", partial(self.files, kind)
            yield f"test-cmds.txt in the {kind} image", partial(self.test_commands, kind)
        yield "exit status 0, 1 and 2", self.exit_statuses
        yield "kernels are compiled in the image", self.kernels
        yield "gzip on standard input, and nowhere to write", self.pipe
        yield "chimera-parse --engine blast", self.blast
        yield "training and shap in the full image", self.training
        yield "the lines of README.md", self.readme
        yield "the workflow with its jobs in the full image", self.workflow
        yield "container-structure-test, and the same settings of both images", self.structure

    def outside(self, *line: str, **settings: object) -> str:
        """Run a program outside and return its output."""
        done = subprocess.run(line, capture_output=True, text=True, stdin=subprocess.DEVNULL, **settings)  # type: ignore[call-overload]
        if done.returncode:
            raise StepError(
                f"exit status {done.returncode} of: {' '.join(line)}\n{done.stdout}{done.stderr}".rstrip()
            )
        return str(done.stdout)

    def lint(self) -> str:
        """The Dockerfile passes hadolint."""
        self.outside(str(self.tools / "hadolint"), "--no-color", str(DOCKER / "Dockerfile"))
        return ""

    def files(self, kind: str) -> str:
        """Required files exist, all users can read all files, and there are no files that only the build needs."""
        paths = [line.split()[-1] for line in FILES.splitlines()]
        output = self.engine.output(IMAGES[kind], f"stat -c '%A %u:%g %n' {' '.join(paths)}")
        if output != FILES:
            raise StepError("some files are wrong:\n" + output)
        others = f"for name in {NO_FILES}; do [ ! -e $name ] || echo $name; done; find /opt ! -perm -444"
        if output := self.engine.output(IMAGES[kind], others):
            raise StepError("these should not be there, or only root can read them:\n" + output)
        return f"{len(paths)} files"

    def structure(self) -> str:
        """Labels, user and settings of both images are the same, and those in structure.yaml."""
        configured = []
        for image in IMAGES.values():
            settings = json.loads(self.engine("image", "inspect", "--format", "{{json .Config}}", image).stdout)
            configured.append({name: settings.get(name) for name in SETTINGS})
        if configured[0] != configured[1] or not configured[0]["Labels"]:
            raise StepError(f"the settings of the images differ: {configured[0]} and {configured[1]}")
        # only the smaller image, because the archive must be unpacked
        with tempfile.TemporaryDirectory(dir="/var/tmp") as work:
            archive = Path(work, "image.tar")
            options = ["--format", "docker-archive"] if self.engine.program == "podman" else []
            done = self.engine("save", *options, "-o", str(archive), IMAGES["slim"])
            if done.returncode:
                raise StepError(last_line(done.stderr))
            program = str(self.tools / "container-structure-test")
            options = ["--driver", "tar", "--image", str(archive), "--config", str(HERE / "structure.yaml")]
            output = self.outside(program, "test", "--no-color", *options, env=os.environ | {"TMPDIR": work})
        found = re.search(r"Passes:\s*(\d+)", output)
        return f"{found[1]} tests" if found else ""

    def test_commands(self, kind: str) -> str:
        """Every line of test-cmds.txt succeeds."""
        lines = (DOCKER / "test-cmds.txt").read_text()
        one = 'bash -c "$line" </dev/null >/tmp/said 2>&1 || echo "$? $line: $(tail -n 1 /tmp/said)"'
        loop = f"while read -r line; do {one}; done"
        failures = self.engine.output(IMAGES[kind], loop, *TEMPORARY, given=lines.encode())
        if failures:
            raise StepError("exit status and line:\n" + failures.rstrip())
        return f"{len(lines.splitlines())} lines"

    def exit_statuses(self) -> str:
        """The exit status of a command is that of the container, and missing files and packages are named."""
        cases = (
            ("slim", "chimera-parse --version", 0, "chimera-parse 0."),
            ("slim", "dmiso-predict missing.tsv", 1, "missing.tsv"),
            ("slim", "dmiso-predict --threshold high two_pairs.tsv", 2, "--threshold"),
            ("slim", "dmiso-train -m /tmp/m.safetensors labelled_pairs.tsv", 1, "TensorFlow is not installed"),
            ("full", "dmiso-train -m /tmp/m.safetensors missing.tsv", 1, "missing.tsv"),
        )
        for kind, command, status, words in cases:
            done = self.engine.run(IMAGES[kind], command, *READ_ONLY_DATA, *TEMPORARY)
            output = (done.stdout + done.stderr).decode()
            if done.returncode != status or words not in output:
                raise StepError(
                    f"exit status {done.returncode}, not {status}, of: {command}\n    {last_line(output)}"
                )
        return f"{len(cases)} lines"

    def kernels(self) -> str:
        """No kernel is compiled at run time, and the first run is fast."""
        output = self.engine.output(
            IMAGES["slim"], "python -", *READ_ONLY_DATA, *TEMPORARY, given=KERNELS.encode()
        )
        count, compiled, *_ = [*output.splitlines(), ""]
        if compiled or int(count) < 20:
            raise StepError(f"{count} kernels were compiled in the image; these were not: {compiled}")
        start = time.monotonic()
        line = "chimera-parse --quiet --mirnas mirnas.fa --transcripts transcripts.fa.gz tiny_reads.fastq.gz"
        self.engine.output(IMAGES["slim"], line, *READ_ONLY_DATA)
        return f"{count} used; chimera-parse with container {time.monotonic() - start:.1f} s"

    def pipe(self) -> str:
        """A pipe of commands runs on a compressed stream without a writable folder; the result is as outside."""
        line = (
            "chimera-parse --quiet --sample tiny_reads --min-reads 5 --adapter TGGAATTCTCGGGTGCCAAGG"
            " --mirnas mirnas.fa --transcripts transcripts.fa.gz - |"
            " isomir-classify --quiet --min-reads 5 --mirnas mirnas.fa - |"
            " dmiso-predict --quiet -"
        )
        reads = DATA / "tiny_reads.fastq.gz"
        inside = self.engine.output(IMAGES["slim"], line, *READ_ONLY_DATA, given=reads.read_bytes())
        expected = self.outside("zcat", str(DATA / "tiny_interactions.tsv.gz"))
        if found := difference(inside, expected):
            raise StepError(f"the table differs from test-data/tiny_interactions.tsv.gz: {found}")
        return f"{len(inside.splitlines()) - 1} pairs, as in test-data"

    def blast(self) -> str:
        """chimera-parse finds pairs with the BLAST+ of the image, too."""
        line = (
            "chimera-parse --quiet --engine blast --min-reads 5 --adapter TGGAATTCTCGGGTGCCAAGG --mirnas mirnas.fa"
            " --transcripts transcripts.fa.gz tiny_reads.fastq.gz"
        )
        inside = self.engine.output(IMAGES["slim"], line, *READ_ONLY_DATA, *TEMPORARY)
        native = self.engine.output(IMAGES["slim"], line.replace("--engine blast ", ""), *READ_ONLY_DATA)
        if len(inside.splitlines()) < 50:
            raise StepError("too few pairs are found")
        return f"{len(inside.splitlines()) - 1} pairs; the default engine {len(native.splitlines()) - 1}"

    def training(self) -> str:
        """The full image trains a model, predicts with it, and explains with the package shap."""
        line = (
            "dmiso-train --quiet --architecture cnn --epochs 2 -m /tmp/m.safetensors -o /tmp/r labelled_pairs.tsv;"
            " head -n 3 labelled_pairs.tsv >/tmp/pairs.tsv;"
            " dmiso-predict --quiet --model /tmp/m.safetensors /tmp/pairs.tsv;"
            " attrib-align --quiet --explainer shap --background 3 /tmp/pairs.tsv"
        )
        output = self.engine.output(IMAGES["full"], line, *READ_ONLY_DATA, *TEMPORARY).splitlines()
        if len(output) != 6 or "score" not in output[0] or "target_importance" not in output[3]:
            raise StepError("not two tables of two pairs:\n" + "\n".join(output))
        return ""

    def readme(self) -> str:
        """The commands of README.md run unchanged, in a folder with the files that they name."""
        section = (ROOT / "README.md").read_text().partition(SECTION)[2].partition("\n## ")[0]
        blocks = [block for block in re.findall(r"```sh\n(.*?)```", section, re.S) if "docker run" in block]
        if not blocks:
            raise StepError(f"README.md has no section {SECTION} with docker run")
        with tempfile.TemporaryDirectory(dir="/var/tmp") as work:
            names = {"mature.fa": "mirnas.fa", "transcripts.fa.gz": "transcripts.fa.gz"}
            names |= {"reads.fastq.gz": "reads.fastq.gz", "labelled.tsv": "labelled_pairs.tsv"}
            folder = Path(work, "data")
            folder.mkdir()
            for name, source in names.items():
                shutil.copy(DATA / source, folder / name)
            environment = dict(self.engine.environment)
            if self.engine.program != "docker":
                docker = Path(work, "docker")
                docker.write_text(f'#!/bin/sh\nexec {self.engine.program} "$@"\n')
                docker.chmod(0o755)
                environment["PATH"] = f"{work}:{environment['PATH']}"
            for block in blocks:
                self.outside("bash", "-euo", "pipefail", "-c", block, cwd=folder, env=environment)
            made = sorted(path for path in folder.iterdir() if path.name not in names)
            if any(path.stat().st_uid != os.getuid() or not path.stat().st_size for path in made) or len(made) < 4:
                raise StepError(f"some of the files made are empty or not ours: {', '.join(p.name for p in made)}")
        return f"{sum(block.count('docker run') for block in blocks)} containers, {len(made)} files made"

    def demo(self) -> str:
        """The demo writes the same files inside as outside, owned by the user who runs the container."""
        make = ["make", "-s", "-n", "-o", "demo-setup", "-C", str(ROOT), "--no-print-directory", "demo"]
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
        }
        script = self.outside(*make, env=environment)
        with tempfile.TemporaryDirectory(dir="/var/tmp") as work:
            inside, outside = Path(work, "inside"), Path(work, "outside")
            for folder in (inside, outside / "demo-results"):
                folder.mkdir(parents=True)
            os.chown(inside, self.engine.user, self.engine.user)
            Path(work).chmod(0o755)
            mounts = ["-v", f"{DATA}:/data/test-data:ro", "-v", f"{inside}:/data/demo-results", *TEMPORARY]
            self.engine.output(IMAGES["full"], script, *mounts)
            (outside / "test-data").symlink_to(DATA)
            path = {"PATH": f"{self.commands.resolve()}:{os.environ['PATH']}"}
            self.outside("bash", "-euo", "pipefail", "-c", script, cwd=outside, env=environment | path)
            return self.compared(inside, outside / "demo-results")

    def workflow(self) -> str:
        """The workflow gives the results of a plain pipe outside if its jobs run in containers."""
        if not (self.commands / "snakemake").exists():
            return "not run: Snakemake is not installed; make test-setup installs it"
        from experiment import RESULTS, environment, make_libraries, plain_pipe, workflow_line

        commands = self.commands.resolve()
        with tempfile.TemporaryDirectory(dir="/var/tmp") as work:
            results, plain = Path(work, "results"), Path(work, "plain")
            sheet = make_libraries(Path(work, "reads"), commands, 400)
            plain_pipe(sheet, plain, commands)
            engine = ["--profile", "container", "--engine", self.engine.program, "--image", IMAGES["full"]]
            path = {"PATH": environment(commands)["PATH"]}
            line = workflow_line(sheet, results, "--read-shards", "2", "--jobs", "2", *engine)
            self.outside(*line, env=self.engine.environment | path)
            for name in RESULTS:
                if found := difference((results / name).read_text(), (plain / name).read_text()):
                    raise StepError(f"{name}: {found}")
        return f"{len(RESULTS)} results"

    def compared(self, inside: Path, outside: Path) -> str:
        """Compare two folders of results."""
        names = sorted(path.name for path in inside.iterdir())
        if names != sorted(path.name for path in outside.iterdir()) or len(names) < 10:
            raise StepError(f"different files: {' '.join(names)}")
        owners = {path.stat().st_uid for path in inside.iterdir()}
        if owners != {self.engine.user}:
            raise StepError(f"results belong to {owners}, not to {self.engine.user}")
        equal, close = [], []
        for name in names:
            one, other = (folder / name for folder in (inside, outside))
            if one.read_bytes() == other.read_bytes():
                equal.append(name)
            elif one.suffix not in (".png", ".bw", ".gz") and (
                found := difference(self.text(one), self.text(other))
            ):
                raise StepError(f"{name} differs inside and outside: {found}")
            else:
                close.append(name)
        return f"{len(equal)} of {len(names)} files to the byte; to the last digit or pixel: {' '.join(close)}"

    @staticmethod
    def text(path: Path) -> str:
        """Return a text without the version of Python, which reports contain."""
        return re.sub(r'"python": "[\d.]+"', "", path.read_text())
