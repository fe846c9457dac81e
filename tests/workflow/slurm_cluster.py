"""A SLURM of two nodes on this machine, for tests: its controller and its nodes are processes here.

Needs root, and Debian's slurm-wlm and munge. ``/etc/slurm/slurm.conf`` is replaced while the cluster runs: jobs
find it only there.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel", "munged")
NODES = ("mirtools1", "mirtools2")
_CONFIG = Path("/etc/slurm/slurm.conf")
_MUNGE = Path("/run/munge")
_TEMPLATE = """\
ClusterName=mirtools
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
SlurmctldPort={port}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/linux
AccountingStorageType=accounting_storage/none
ReturnToService=2
MinJobAge=3600
"""


class ClusterError(Exception):
    """SLURM cannot be started, or does not do what it should."""


def why_not() -> str:
    """Return why SLURM cannot be started here, or ``""``."""
    if os.geteuid() != 0:
        return "only root can start SLURM's daemons"
    missing = [program for program in PROGRAMS if _program(program) is None]
    if missing:
        return f"{missing[0]} is not installed; install it: apt-get install slurm-wlm munge"
    if _CONFIG.exists() and not _CONFIG.read_text().startswith("ClusterName=mirtools\n"):
        return f"{_CONFIG} belongs to a cluster"
    return ""


class Cluster:
    """A cluster with two nodes of one core each, in two partitions; a context manager.

    Parameters
    ----------
    folder : Path
        Of its state and logs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._munged: int | None = None

    def __enter__(self) -> Cluster:
        for name in ("state", "spool"):
            (self._folder / name).mkdir(parents=True)
        _CONFIG.parent.mkdir(exist_ok=True)
        _CONFIG.write_text(self._configuration())
        try:
            self._start_munge()
            self.start_controller()
            for node in NODES:
                self._call("slurmd", "-N", node)
            self.wait(lambda: self.command("sinfo", "-h", "-o", "%T").split() == ["idle"], 60, "two idle nodes")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ClusterError):
            self.command("scancel", "--user", "root")
        for name in (*NODES, "slurmctld"):
            self._end(name)
        if self._munged is not None:
            with suppress(ProcessLookupError):
                os.kill(self._munged, signal.SIGTERM)
        _CONFIG.unlink(missing_ok=True)

    def command(self, *words: str) -> str:
        """Return the output of a command of SLURM."""
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise ClusterError(f"{' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def start_controller(self) -> None:
        """Start the controller and wait until it answers."""
        self._call("slurmctld")
        self.wait(lambda: "UP" in self.command("scontrol", "ping"), 60, "the controller")

    def restart_controller(self) -> None:
        """End the controller, leave the cluster without one for some seconds, and start it again."""
        self._end("slurmctld")
        time.sleep(3)
        self.start_controller()

    def running(self) -> list[str]:
        """Return the numbers of the running jobs."""
        return self.command("squeue", "-h", "-t", "RUNNING", "-o", "%i").split()

    def wait(self, reached: Callable[[], object], seconds: float, what: str) -> None:
        """Wait until ``reached()`` is true.

        Raises
        ------
        ClusterError
            If it takes longer than ``seconds``.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with suppress(ClusterError):
                if reached():
                    return
            time.sleep(0.2)
        raise ClusterError(f"{what}: not within {seconds:.0f} s; see {self._folder}")

    def _configuration(self) -> str:
        host = socket.gethostname().partition(".")[0]
        ports = _free_ports(1 + len(NODES))
        lines = [_TEMPLATE.format(host=host, folder=self._folder, port=ports[0])]
        lines += [
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=1 RealMemory=8000\n"
            for node, port in zip(NODES, ports[1:], strict=True)
        ]
        lines.append(f"PartitionName=main Nodes={','.join(NODES)} Default=YES MaxTime=60 State=UP\n")
        lines.append(f"PartitionName=second Nodes={NODES[1]} MaxTime=60 State=UP\n")
        return "".join(lines)

    def _start_munge(self) -> None:
        has_socket = (_MUNGE / "munge.socket.2").exists()
        if has_socket and not subprocess.run(["munge", "-n"], capture_output=True).returncode:
            return
        _MUNGE.mkdir(exist_ok=True)
        shutil.chown(_MUNGE, "munge", "munge")
        key = Path("/etc/munge/munge.key")
        if not key.exists():
            self._call("mungekey", "--create")
        user = "--reuid=munge --regid=munge --clear-groups".split()
        self._call("setpriv", *user, _program("munged") or "munged", "--force")
        self._munged = int((_MUNGE / "munged.pid").read_text())

    def _call(self, program: str, *words: str) -> None:
        line = [_program(program) or program, *words]
        done = subprocess.run(line, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        if done.returncode:
            raise ClusterError(f"{program}: {done.stderr.strip()}")

    def _end(self, name: str) -> None:
        path = self._folder / f"{name}.pid"
        with suppress(FileNotFoundError, ValueError, ProcessLookupError):
            process = int(path.read_text())
            os.kill(process, signal.SIGTERM)
            end = time.monotonic() + 20
            while time.monotonic() < end:
                os.kill(process, 0)
                time.sleep(0.1)


def _program(name: str) -> str | None:
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
