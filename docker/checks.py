"""What must hold of the two images: methods are steps of ``make image-test`` and return what is worth telling."""

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

from engine import HERE, IMAGES, ROOT, Engine, Failed, last_line

DATA = ROOT / "test-data"
READ_ONLY_DATA = ("-v", f"{DATA}:/data:ro")
TEMPORARY = ("--tmpfs", "/tmp")
SECTION = "## In a container"
# what must be in both images, as stat tells it, and what must not
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
# what images say of themselves, as engines call it
SETTINGS = ("Labels", "Env", "User", "WorkingDir", "Cmd", "Entrypoint", "Volumes", "ExposedPorts")

# Runs commands in one process, and tells how many kernels came compiled and which had to be compiled.
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
peak-narrow --mirnas let-7a.fa --targets planted.fa --background 5 --threads 2 -o /tmp/peaks.tsv
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
    """Return where two texts first differ by more than the last digits of numbers, or nothing."""
    number = r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)"
    for a, b in zip_longest(re.split(number, one), re.split(number, other), fillvalue="(end)"):
        if a == b:
            continue
        close = False
        if re.fullmatch(number, a) and re.fullmatch(number, b) and "." in a + b:
            # six digits, some of them lost where numbers cancel; fewer where fewer are written
            written = 1.5 * 10.0 ** -len(a.partition(".")[2]) if "e" not in a else 0.0
            close = abs(float(a) - float(b)) <= max(2e-5 * abs(float(a)), 2e-7, written if len(a) > 5 else 0.0)
        if not close:
            return f"{a[:60]!r} is {b[:60]!r}"
    return ""


@dataclass
class Checks:
    """Steps of the test of two images.

    Attributes
    ----------
    engine : Engine
        Runs containers.
    tools : Path
        Folder with hadolint and container-structure-test.
    commands : Path
        Folder with the commands, as they run outside.
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
        yield "kernels come compiled", self.kernels
        yield "gzip on standard input, and nowhere to write", self.pipe
        yield "chimera-parse --engine blast", self.blast
        yield "training and shap in the full image", self.training
        yield "the lines of README.md", self.readme
        yield "container-structure-test, and the same settings of both images", self.structure

    def outside(self, *line: str, **settings: object) -> str:
        """Run a program outside and return its output."""
        done = subprocess.run(line, capture_output=True, text=True, stdin=subprocess.DEVNULL, **settings)  # type: ignore[call-overload]
        if done.returncode:
            raise Failed(
                f"exit status {done.returncode} of: {' '.join(line)}\n{done.stdout}{done.stderr}".rstrip()
            )
        return str(done.stdout)

    def lint(self) -> str:
        """The Dockerfile is clean."""
        self.outside(str(self.tools / "hadolint"), "--no-color", str(HERE / "Dockerfile"))
        return ""

    def files(self, kind: str) -> str:
        """Files are there that must be, all can be read by anyone, and what belongs to the build is not there."""
        paths = [line.split()[-1] for line in FILES.splitlines()]
        said = self.engine.good(IMAGES[kind], f"stat -c '%A %u:%g %n' {' '.join(paths)}")
        if said != FILES:
            raise Failed("not all files are as they must be:\n" + said)
        others = f"for name in {NO_FILES}; do [ ! -e $name ] || echo $name; done; find /opt ! -perm -444"
        if said := self.engine.good(IMAGES[kind], others):
            raise Failed("these are there, or nobody but root can read them:\n" + said)
        return f"{len(paths)} files"

    def structure(self) -> str:
        """Labels, user and settings are as structure.yaml says in the slim image, and the same in the full one."""
        configured = []
        for image in IMAGES.values():
            settings = json.loads(self.engine("image", "inspect", "--format", "{{json .Config}}", image).stdout)
            configured.append({name: settings.get(name) for name in SETTINGS})
        if configured[0] != configured[1] or not configured[0]["Labels"]:
            raise Failed(f"the settings of the images differ: {configured[0]} and {configured[1]}")
        # of one image, as the archive is unpacked for it: the smaller
        with tempfile.TemporaryDirectory(dir="/var/tmp") as work:
            archive = Path(work, "image.tar")
            options = ["--format", "docker-archive"] if self.engine.program == "podman" else []
            done = self.engine("save", *options, "-o", str(archive), IMAGES["slim"])
            if done.returncode:
                raise Failed(last_line(done.stderr))
            program = str(self.tools / "container-structure-test")
            options = ["--driver", "tar", "--image", str(archive), "--config", str(HERE / "structure.yaml")]
            said = self.outside(program, "test", "--no-color", *options, env=os.environ | {"TMPDIR": work})
        found = re.search(r"Passes:\s*(\d+)", said)
        return f"{found[1]} tests" if found else ""

    def test_commands(self, kind: str) -> str:
        """Every line of test-cmds.txt ends well."""
        lines = (HERE / "test-cmds.txt").read_text()
        one = 'bash -c "$line" </dev/null >/tmp/said 2>&1 || echo "$? $line: $(tail -n 1 /tmp/said)"'
        loop = f"while read -r line; do {one}; done"
        failures = self.engine.good(IMAGES[kind], loop, *TEMPORARY, given=lines.encode())
        if failures:
            raise Failed("exit status and line:\n" + failures.rstrip())
        return f"{len(lines.splitlines())} lines"

    def exit_statuses(self) -> str:
        """The exit status of a command is that of the container, and what is missing is named."""
        cases = (
            ("slim", "chimera-parse --version", 0, "chimera-parse 0."),
            ("slim", "dmiso-predict missing.tsv", 1, "missing.tsv"),
            ("slim", "dmiso-predict --threshold high two_pairs.tsv", 2, "--threshold"),
            ("slim", "dmiso-train -m /tmp/m.safetensors labelled_pairs.tsv", 1, "TensorFlow is not installed"),
            ("full", "dmiso-train -m /tmp/m.safetensors missing.tsv", 1, "missing.tsv"),
        )
        for kind, command, status, words in cases:
            done = self.engine.run(IMAGES[kind], command, *READ_ONLY_DATA, *TEMPORARY)
            said = (done.stdout + done.stderr).decode()
            if done.returncode != status or words not in said:
                raise Failed(f"exit status {done.returncode}, not {status}, of: {command}\n    {last_line(said)}")
        return f"{len(cases)} lines"

    def kernels(self) -> str:
        """No kernel is compiled at run time, and the first answer comes at once."""
        said = self.engine.good(IMAGES["slim"], "python -", *READ_ONLY_DATA, *TEMPORARY, given=KERNELS.encode())
        count, compiled, *_ = [*said.splitlines(), ""]
        if compiled or int(count) < 20:
            raise Failed(f"{count} kernels came compiled; these did not: {compiled}")
        start = time.monotonic()
        line = "chimera-parse --quiet --mirnas mirnas.fa --transcripts transcripts.fa.gz tiny_reads.fastq.gz"
        self.engine.good(IMAGES["slim"], line, *READ_ONLY_DATA)
        return f"{count} used; chimera-parse with container {time.monotonic() - start:.1f} s"

    def pipe(self) -> str:
        """The chain runs on a compressed stream where nothing can be written, and gives what it gives outside."""
        line = (
            "chimera-parse --quiet --min-reads 5 --adapter TGGAATTCTCGGGTGCCAAGG --mirnas mirnas.fa"
            " --transcripts transcripts.fa.gz - | isomir-classify --quiet --min-reads 5 --mirnas mirnas.fa - |"
            " dmiso-predict --quiet -"
        )
        reads = DATA / "tiny_reads.fastq.gz"
        inside = self.engine.good(IMAGES["slim"], line, *READ_ONLY_DATA, given=reads.read_bytes())
        expected = self.outside("zcat", str(DATA / "tiny_interactions.tsv.gz"))
        if found := difference(inside, expected):
            raise Failed(f"the table differs from test-data/tiny_interactions.tsv.gz: {found}")
        return f"{len(inside.splitlines()) - 1} pairs, as in test-data"

    def blast(self) -> str:
        """chimera-parse finds pairs with the BLAST+ of the image, too."""
        line = (
            "chimera-parse --quiet --engine blast --min-reads 5 --adapter TGGAATTCTCGGGTGCCAAGG --mirnas mirnas.fa"
            " --transcripts transcripts.fa.gz tiny_reads.fastq.gz"
        )
        inside = self.engine.good(IMAGES["slim"], line, *READ_ONLY_DATA, *TEMPORARY)
        native = self.engine.good(IMAGES["slim"], line.replace("--engine blast ", ""), *READ_ONLY_DATA)
        if len(inside.splitlines()) < 50:
            raise Failed("hardly any pair is found")
        return f"{len(inside.splitlines()) - 1} pairs; the engine of our own {len(native.splitlines()) - 1}"

    def training(self) -> str:
        """The full image trains a model, predicts with it, and explains with the package shap."""
        line = (
            "dmiso-train --quiet --architecture cnn --epochs 2 -m /tmp/m.safetensors -o /tmp/r labelled_pairs.tsv;"
            " head -n 3 labelled_pairs.tsv >/tmp/pairs.tsv;"
            " dmiso-predict --quiet --model /tmp/m.safetensors /tmp/pairs.tsv;"
            " attrib-align --quiet --explainer shap --background 3 /tmp/pairs.tsv"
        )
        said = self.engine.good(IMAGES["full"], line, *READ_ONLY_DATA, *TEMPORARY).splitlines()
        if len(said) != 6 or "score" not in said[0] or "target_importance" not in said[3]:
            raise Failed("not two tables of two pairs:\n" + "\n".join(said))
        return ""

    def readme(self) -> str:
        """The lines of README.md run as they stand, in a folder with the files that they name."""
        section = (ROOT / "README.md").read_text().partition(SECTION)[2].partition("\n## ")[0]
        blocks = [block for block in re.findall(r"```sh\n(.*?)```", section, re.S) if "docker run" in block]
        if not blocks:
            raise Failed(f"README.md has no section {SECTION} with docker run")
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
                raise Failed(f"of what was made something is empty or not ours: {', '.join(p.name for p in made)}")
        return f"{sum(block.count('docker run') for block in blocks)} containers, {len(made)} files made"

    def demo(self) -> str:
        """The demo writes the same files inside, owned by whoever runs the container, as outside."""
        make = ["make", "-s", "-n", "-o", "setup", "-C", str(ROOT), "--no-print-directory", "demo"]
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
            self.engine.good(IMAGES["slim"], script, *mounts)
            (outside / "test-data").symlink_to(DATA)
            path = {"PATH": f"{self.commands.resolve()}:{os.environ['PATH']}"}
            self.outside("bash", "-euo", "pipefail", "-c", script, cwd=outside, env=environment | path)
            return self.compared(inside, outside / "demo-results")

    def compared(self, inside: Path, outside: Path) -> str:
        """Compare two folders of results."""
        names = sorted(path.name for path in inside.iterdir())
        if names != sorted(path.name for path in outside.iterdir()) or len(names) < 10:
            raise Failed(f"not the same files: {' '.join(names)}")
        owners = {path.stat().st_uid for path in inside.iterdir()}
        if owners != {self.engine.user}:
            raise Failed(f"results belong to {owners}, not to {self.engine.user}")
        equal, close = [], []
        for name in names:
            one, other = (folder / name for folder in (inside, outside))
            if one.read_bytes() == other.read_bytes():
                equal.append(name)
            elif one.suffix != ".png" and (found := difference(self.text(one), self.text(other))):
                raise Failed(f"{name} differs inside and outside: {found}")
            else:
                close.append(name)
        return f"{len(equal)} of {len(names)} files to the byte; to the last digit or pixel: {' '.join(close)}"

    @staticmethod
    def text(path: Path) -> str:
        """Return a text, without the version of Python that reports name."""
        return re.sub(r'"python": "[\d.]+"', "", path.read_text())
