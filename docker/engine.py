"""The container engine that is there, or one of our own, and building the images with it.

Where docker, or podman for a user, answers, that is used. Root on Debian needs neither: podman is installed with
apt and keeps its images in a store of their own, and the base image is made from Debian's packages. What was built
once is kept there, layer by layer, so that the next time takes seconds.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
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
# what the official slim image leaves out, too
LEFT_OUT = ("doc/*", "man/*", "info/*", "locale/*")


class NotPossible(Exception):
    """Images can't be built here."""


class Failed(Exception):
    """A step of the test failed."""


def version() -> str:
    """Return the version of mirtools."""
    found = re.search(r'__version__ = "(.+)"', (ROOT / "mirtools" / "__init__.py").read_text())
    assert found
    return found[1]


IMAGES = {"slim": f"mirtools:{version()}-slim", "full": f"mirtools:{version()}"}


def last_line(*texts: str) -> str:
    """Return the last line that says anything."""
    return next((text.strip().splitlines()[-1] for text in texts if text.strip()), "no message")


@dataclass
class Engine:
    """A container engine: the program, its environment, the number of containers' user, options of every run."""

    program: str
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    user: int = 4321
    extra: Sequence[str] = ()
    own: bool = False

    def __call__(self, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        """Run the engine; its output is kept."""
        settings: dict[str, object] = {"stdin": subprocess.DEVNULL} if "input" not in options else {}
        settings |= {"env": self.environment, "text": True, "capture_output": True} | options
        return subprocess.run([self.program, *arguments], **settings)  # type: ignore[call-overload]

    def run(
        self, image: str, command: str, *options: str, data: Path | None = None, given: bytes | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a line of bash in an image as a user that it does not know, without network, its root read-only."""
        shut = ["--network", "none", "--read-only", "--user", f"{self.user}:{self.user}", *self.extra]
        if data:
            shut += ["-v", f"{data}:/data"]
        line = [self.program, "run", "--rm", "-i", *shut, *options, image]
        line += ["bash", "-c", "set -euo pipefail; " + command]
        return subprocess.run(line, env=self.environment, input=given or b"", capture_output=True)

    def good(self, image: str, command: str, *options: str, data: Path | None = None, given: bytes = b"") -> str:
        """Run a line as :meth:`run` does, which must succeed, and return its output."""
        done = self.run(image, command, *options, data=data, given=given)
        if done.returncode:
            said = last_line(done.stderr.decode(errors="replace"), done.stdout.decode(errors="replace"))
            raise Failed(f"exit status {done.returncode} of: {command}\n    {said}")
        return done.stdout.decode()


def answers(*line: str) -> bool:
    """Return whether a program is there and succeeds."""
    if not shutil.which(line[0]):
        return False
    return subprocess.run(line, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0


def find_engine(store: Path) -> Engine:
    """Return the engine that is there, or podman made ready for root."""
    if answers("docker", "info"):
        return Engine("docker", user=4321 if os.geteuid() == 0 else os.getuid())
    if os.geteuid():
        if answers("podman", "info"):
            return Engine("podman", user=os.getuid(), extra=["--userns=keep-id", "--read-only-tmpfs=false"])
        raise NotPossible("no docker or podman answers; start one, or run this as root on Debian")
    missing = [name for name in ("podman", "buildah", "runc", "mmdebstrap") if not shutil.which(name)]
    if missing:
        if not shutil.which("apt-get"):
            raise NotPossible(
                f"no docker answers, and {missing[0]} is missing; install podman, buildah, runc, mmdebstrap"
            )
        quiet = {"env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, "capture_output": True, "text": True}
        subprocess.run(["apt-get", "update", "-qq"], **quiet)  # type: ignore[call-overload]
        line = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        done = subprocess.run(line, **quiet)  # type: ignore[call-overload]
        if done.returncode:
            raise NotPossible("apt-get cannot install podman: " + last_line(done.stderr))
    return own_engine(store)


def own_engine(store: Path) -> Engine:
    """Return podman with a store of its own and, in it, the base image; a container of it must run."""
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
        rules = [f"--dpkgopt=path-exclude=/usr/share/{name}" for name in LEFT_OUT]
        line = ["mmdebstrap", "--quiet", "--variant=minbase", *rules]
        line += ["--dpkgopt=path-include=/usr/share/doc/*/copyright", "trixie", str(root)]
        done = subprocess.run(line, env=environment | {"TMPDIR": "/tmp"}, capture_output=True, text=True)
        if not done.returncode:
            change = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            done = engine("import", "-q", "--change", 'CMD ["bash"]', "--change", change, str(root), BASE)
        root.unlink(missing_ok=True)
        if done.returncode:
            raise NotPossible("cannot make the base image: " + last_line(done.stderr))
    done = engine("run", "--rm", "--network", "none", BASE, "true")
    if done.returncode:
        raise NotPossible("podman cannot run a container: " + last_line(done.stderr))
    return engine


def build(engine: Engine, log: Path) -> None:
    """Build both images from the Dockerfile."""
    options = ["-f", str(HERE / "Dockerfile")]
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
        with log.open("w") as said:
            # the one that stands on the other first: what they share and what it adds are built side by side
            for target, image in reversed(IMAGES.items()):
                line = [engine.program, "build", *options, "--target", target, "-t", image]
                line += ["--build-arg", f"VERSION={version()}", str(ROOT)]
                streams = {"stdin": subprocess.DEVNULL, "stdout": said, "stderr": subprocess.STDOUT}
                if subprocess.run(line, env=environment, **streams).returncode:  # type: ignore[call-overload]
                    raise Failed(f"the {target} image does not build; the end of {log}:\n" + tail(log))


def tail(log: Path) -> str:
    """Return the last lines of a file, indented."""
    lines = log.read_text(errors="replace").splitlines()[-12:]
    return "\n".join("    " + line[:300] for line in lines)


def megabytes(engine: Engine, image: str) -> int:
    """Return the size of an image, unpacked."""
    return round(int(engine("image", "inspect", "--format", "{{.Size}}", image).stdout) / 1e6)
