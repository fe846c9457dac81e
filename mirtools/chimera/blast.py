"""The BLAST engine: NCBI blastn as the DMISO paper used it (Identification of miRNA-mRNA interactions).

``blastn -task blastn-short``, plus strand, e-value at most 0.1, each read against a database of the miRNAs and a
database of the transcripts. Low-complexity bases (DUST) start no transcript hit. They may start a miRNA hit,
because some miRNAs have low complexity (miR-3613) and would be missed. Reads without a miRNA hit are not searched
against the transcripts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import ExitStack, suppress
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from mirtools.chimera.engine import Hits, SearchReferences
from mirtools.chimera.references import References, decode
from mirtools.errors import MirtoolsError, MissingExtraError, shorten
from mirtools.termination import cleanup_on_signal

_FIELDS = "6 qseqid sseqid qstart qend sstart send evalue bitscore"


class BlastEngine:
    """Searches with NCBI BLAST+ in temporary databases; a context manager that removes them.

    Parameters
    ----------
    references : SearchReferences
    evalue : float
        Largest e-value of a reported hit, in either database.

    Raises
    ------
    MissingExtraError
        If ``blastn`` or ``makeblastdb`` is not on PATH.
    """

    # One process per batch and database: enough reads to make the start of a process cheap
    batch_size = 4000

    def __init__(self, references: SearchReferences, evalue: float = 0.1) -> None:
        for program in ("blastn", "makeblastdb"):
            if shutil.which(program) is None:
                raise MissingExtraError(f"NCBI BLAST+ ({program})", "apt-get install ncbi-blast+")
        self._evalue = evalue
        self._running: set[subprocess.Popen[str]] = set()
        self._folder = tempfile.TemporaryDirectory(prefix="mirtools-blast-")
        self._terminating = ExitStack()
        self._terminating.enter_context(cleanup_on_signal(self._leave))
        try:
            self._mirnas = self._database("mirnas", references.mirnas)
            self._transcripts = self._database("transcripts", references.transcripts)
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __enter__(self) -> BlastEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._terminating:
            try:
                self._folder.cleanup()
            except BaseException:  # Ctrl-C during the cleanup: finish it before the command ends
                shutil.rmtree(self._folder.name, ignore_errors=True)
                raise

    def stop(self) -> None:
        """Stop all running searches; threads that wait for them get an error."""
        for process in list(self._running):
            with suppress(OSError):
                process.kill()

    def _leave(self) -> None:
        self.stop()
        shutil.rmtree(self._folder.name, ignore_errors=True)

    def search(self, bases: NDArray[np.uint8], starts: NDArray[np.int64]) -> tuple[Hits, Hits]:
        """Return the miRNA hits of all reads, and the target hits of reads with a miRNA hit."""
        mirnas = self._blast(self._mirnas, "no", bases, starts, np.arange(len(starts) - 1))
        targets = self._blast(self._transcripts, "yes", bases, starts, np.unique(mirnas.read))
        return mirnas, targets

    def _database(self, name: str, references: References) -> str:
        # Numbers replace names: real names contain pipes and may be longer than BLAST accepts.
        path = os.path.join(self._folder.name, name)
        with open(path + ".fa", "w", encoding="ascii") as fasta:
            for number in range(len(references)):
                fasta.write(f">{number}\n{references.sequence(number)}\n")
        self._run(["makeblastdb", "-dbtype", "nucl", "-in", path + ".fa", "-out", path], "")
        os.unlink(path + ".fa")
        return path

    def _blast(
        self,
        database: str,
        dust: str,
        bases: NDArray[np.uint8],
        starts: NDArray[np.int64],
        reads: NDArray[np.integer],
    ) -> Hits:
        command = ["blastn", "-task", "blastn-short", "-strand", "plus", "-dust", dust, "-db", database]
        command += ["-evalue", repr(self._evalue), "-outfmt", _FIELDS]
        bounds = starts.tolist()
        queries = [f">{read}\n{decode(bases[bounds[read] : bounds[read + 1]])}\n" for read in reads.tolist()]
        lines = self._run(command, "".join(queries)).splitlines() if queries else []
        cells = np.array([line.split("\t") for line in lines], np.str_).reshape(-1, 8).T
        read, subject, start, end, subject_start, subject_end = cells[:6].astype(np.int32)
        evalue, bits = cells[6:].astype(np.float64)
        return Hits(read, subject, start - 1, end, subject_start - 1, subject_end, evalue, bits)

    def _run(self, command: list[str], text: str) -> str:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        )
        self._running.add(process)
        with process:
            try:
                out, messages = process.communicate(text)
            except BaseException:
                process.kill()
                raise
            finally:
                self._running.discard(process)
        if process.returncode:
            problem = shorten((messages.strip() or "no message").splitlines()[-1], 120)
            raise MirtoolsError(f"{command[0]} failed with status {process.returncode}: {problem}")
        return out
