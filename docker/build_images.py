"""Build the two container images: ``build`` makes them, ``clean`` removes the store of a podman set up here.

An engine that answers is used: docker, or podman for a user. Root on Debian needs neither: podman is installed
with apt and keeps its images in a separate store, and the base image is made from Debian's packages. The store
keeps all layers, so that the next build takes seconds.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

DOCKER = Path(__file__).resolve().parent
ROOT = DOCKER.parent
BASE = "docker.io/library/debian:trixie-slim"
CERTIFICATES = Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
# runc, as crun refuses some trees of control groups; limits that need no privilege; no systemd; the host's network
ENGINE_SETTINGS = """\
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
# folders that the official slim image does not have, either
EXCLUDED = ("doc/*", "man/*", "info/*", "locale/*")


class CannotBuildError(Exception):
    """Images can't be built here."""


class StepError(Exception):
    """A step of the build or of the test failed."""


def version() -> str:
    """Return the version of mirtools."""
    found = re.search(r'__version__ = "(.+)"', (ROOT / "mirtools" / "__init__.py").read_text())
    assert found
    return found[1]


IMAGES = {"slim": f"mirtools:{version()}-slim", "full": f"mirtools:{version()}"}


def last_line(*texts: str) -> str:
    """Return the last line of the first text that is not empty."""
    return next((text.strip().splitlines()[-1] for text in texts if text.strip()), "no message")


@dataclass
class Engine:
    """A container engine.

    Attributes
    ----------
    program : str
        ``docker`` or ``podman``.
    environment : dict of str to str
        Its environment.
    user : int
        Number of the user in containers.
    extra : sequence of str
        Options of every run.
    own : bool
        Whether it has a separate store.
    """

    program: str
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    user: int = 4321
    extra: Sequence[str] = ()
    own: bool = False

    def __call__(self, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        """Run the engine and capture its output."""
        settings: dict[str, object] = {"stdin": subprocess.DEVNULL} if "input" not in options else {}
        settings |= {"env": self.environment, "text": True, "capture_output": True} | options
        return subprocess.run([self.program, *arguments], **settings)  # type: ignore[call-overload]

    def run(
        self, image: str, command: str, *options: str, data: Path | None = None, given: bytes | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a line of bash in an image as a user unknown to it, without a network, on a read-only root."""
        closed = ["--network", "none", "--read-only", "--user", f"{self.user}:{self.user}", *self.extra]
        if data:
            closed += ["-v", f"{data}:/data"]
        line = [self.program, "run", "--rm", "-i", *closed, *options, image]
        line += ["bash", "-c", "set -euo pipefail; " + command]
        return subprocess.run(line, env=self.environment, input=given or b"", capture_output=True)

    def output(self, image: str, command: str, *options: str, data: Path | None = None, given: bytes = b"") -> str:
        """Run a line as :meth:`run` does, and return its output; it must succeed."""
        done = self.run(image, command, *options, data=data, given=given)
        if done.returncode:
            message = last_line(done.stderr.decode(errors="replace"), done.stdout.decode(errors="replace"))
            raise StepError(f"exit status {done.returncode} of: {command}\n    {message}")
        return done.stdout.decode()


def answers(*line: str) -> bool:
    """Return whether a program is installed and succeeds."""
    if not shutil.which(line[0]):
        return False
    return subprocess.run(line, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0


def find_engine(store: Path) -> Engine:
    """Return the engine that answers, or podman prepared for root."""
    if answers("docker", "info"):
        return Engine("docker", user=4321 if os.geteuid() == 0 else os.getuid())
    if os.geteuid():
        if answers("podman", "info"):
            return Engine("podman", user=os.getuid(), extra=["--userns=keep-id", "--read-only-tmpfs=false"])
        raise CannotBuildError("no docker or podman answers; start one, or run this as root on Debian")
    missing = [name for name in ("podman", "buildah", "runc", "mmdebstrap") if not shutil.which(name)]
    if missing:
        if not shutil.which("apt-get"):
            raise CannotBuildError(
                f"no docker answers, and {missing[0]} is missing; install podman, buildah, runc, mmdebstrap"
            )
        quiet = {"env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, "capture_output": True, "text": True}
        subprocess.run(["apt-get", "update", "-qq"], **quiet)  # type: ignore[call-overload]
        line = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        done = subprocess.run(line, **quiet)  # type: ignore[call-overload]
        if done.returncode:
            raise CannotBuildError("apt-get cannot install podman: " + last_line(done.stderr))
    return own_engine(store)


def own_engine(store: Path) -> Engine:
    """Return podman with a separate store that holds the base image; a container of it must run."""
    store.mkdir(parents=True, exist_ok=True)
    settings, storage = store / "containers.conf", store / "storage.conf"
    settings.write_text(ENGINE_SETTINGS)
    storage.write_text(f'[storage]\ndriver = "overlay"\ngraphroot = "{store}/images"\nrunroot = "{store}/run"\n')
    environment = dict(
        os.environ, CONTAINERS_CONF=str(settings), CONTAINERS_STORAGE_CONF=str(storage), TMPDIR="/var/tmp"
    )
    engine = Engine("podman", environment, extra=["--read-only-tmpfs=false"], own=True)
    if engine("image", "exists", BASE).returncode:
        root = store / "base.tar"
        rules = [f"--dpkgopt=path-exclude=/usr/share/{name}" for name in EXCLUDED]
        line = ["mmdebstrap", "--quiet", "--variant=minbase", *rules]
        line += ["--dpkgopt=path-include=/usr/share/doc/*/copyright", "trixie", str(root)]
        done = subprocess.run(line, env=environment | {"TMPDIR": "/tmp"}, capture_output=True, text=True)
        if not done.returncode:
            change = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            done = engine("import", "-q", "--change", 'CMD ["bash"]', "--change", change, str(root), BASE)
        root.unlink(missing_ok=True)
        if done.returncode:
            raise CannotBuildError("cannot make the base image: " + last_line(done.stderr))
    done = engine("run", "--rm", "--network", "none", BASE, "true")
    if done.returncode:
        raise CannotBuildError("podman cannot run a container: " + last_line(done.stderr))
    return engine


def build(engine: Engine, log: Path) -> None:
    """Build both images from the Dockerfile."""
    options = ["-f", str(DOCKER / "Dockerfile")]
    if engine.program == "podman":
        options += ["--format", "docker", "--pull=missing", "--jobs", "2"]
    with tempfile.TemporaryDirectory() as work:
        if CERTIFICATES.is_file():
            settings = Path(work, "pip.conf")
            settings.write_text("[global]\ncert = /etc/ssl/build-ca.pem\n")
            options += ["--secret", f"id=pip_conf,src={settings}", "--secret", f"id=ca_bundle,src={CERTIFICATES}"]
        if engine.own:
            options += ["--network", "host"]
        environment = engine.environment | {"DOCKER_BUILDKIT": "1"}
        with log.open("w") as output:
            # full first, which is built on slim: their common layers and its own are built side by side
            for target, image in reversed(IMAGES.items()):
                line = [engine.program, "build", *options, "--target", target, "-t", image]
                line += ["--build-arg", f"VERSION={version()}", str(ROOT)]
                streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
                if subprocess.run(line, env=environment, **streams).returncode:  # type: ignore[call-overload]
                    raise StepError(f"the {target} image does not build; the end of {log}:\n" + tail(log))


def tail(log: Path) -> str:
    """Return the last lines of a log, indented, without the stack of an engine that crashed on the failure."""
    text = re.split(r"^panic: ", log.read_text(errors="replace"), maxsplit=1, flags=re.MULTILINE)[0]
    return "\n".join("    " + line[:300] for line in text.splitlines()[-12:])


def megabytes(engine: Engine, image: str) -> int:
    """Return the size of an image, unpacked."""
    return round(int(engine("image", "inspect", "--format", "{{.Size}}", image).stdout) / 1e6)


def default_store() -> Path:
    """Return the folder for images: a cache, because it is large and can be made again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "mirtools-image"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of both building and testing."""
    parser.add_argument(
        "--store",
        type=lambda text: Path(text).resolve(),
        default=default_store(),
        help="folder for images (default: %(default)s)",
    )
    parser.add_argument(
        "--if-possible", action="store_true", help="if no image can be built here, report it and succeed"
    )


def build_images(options: argparse.Namespace) -> tuple[Engine | None, int]:
    """Build both images, and print the steps.

    Returns
    -------
    engine : Engine or None
        The engine that holds them; None if there are none.
    status : int
        The exit status.
    """
    start = time.monotonic()
    try:
        engine = find_engine(options.store)
    except CannotBuildError as reason:
        print(f"not run: images cannot be built here: {reason}")
        return None, 0 if options.if_possible else 1
    options.store.mkdir(parents=True, exist_ok=True)
    print(f"ok {time.monotonic() - start:6.1f} s  {engine.program} and the base image", flush=True)
    start = time.monotonic()
    try:
        build(engine, options.store / "build.log")
    except StepError as failure:
        print(f"FAILED build: {failure}")
        return None, 1
    sizes = ", ".join(f"{image} {megabytes(engine, image)} MB" for image in IMAGES.values())
    print(f"ok {time.monotonic() - start:6.1f} s  build: {sizes}", flush=True)
    return engine, 0


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("action", choices=["build", "clean"])
    add_options(parser)
    options = parser.parse_args()
    if options.action == "clean":
        shutil.rmtree(options.store, ignore_errors=True)
        return 0
    return build_images(options)[1]


if __name__ == "__main__":
    sys.exit(main())
