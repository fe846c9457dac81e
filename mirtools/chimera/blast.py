"""The BLAST engine: NCBI blastn as the DMISO paper used it (Identification of miRNA-mRNA interactions).

``blastn -task blastn-short``, plus strand, e-value at most 0.1, each read against a database of the miRNAs and a
database of the transcripts. Low-complexity bases (DUST) start no transcript hit; they may start a miRNA hit, for
some miRNAs are of low complexity themselves (miR-3613) and would be lost. Reads without a miRNA hit are not
searched against the transcripts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from mirtools.chimera.engine import Hit, ReadHits, SearchReferences
from mirtools.errors import MirtoolsError, MissingExtraError, shorten
from mirtools.sequences import Reference

_FIELDS = "6 qseqid sseqid qstart qend sstart send evalue bitscore"


class BlastEngine:
    """Searches with NCBI BLAST+ in temporary databases; a context manager that removes them.

    Parameters
    ----------
    references : SearchReferences
    evalue : float
        Largest e-value of a reported hit, in either database.
    threads : int
        BLAST processes that run side by side, each on its own batches; the result is the same for any number.

    Raises
    ------
    MissingExtraError
        When ``blastn`` or ``makeblastdb`` is not on PATH.
    """

    def __init__(self, references: SearchReferences, evalue: float = 0.1, threads: int = 1) -> None:
        for program in ("blastn", "makeblastdb"):
            if shutil.which(program) is None:
                raise MissingExtraError(f"NCBI BLAST+ ({program})", "apt-get install ncbi-blast+")
        self._evalue = evalue
        self._threads = threads
        self._folder = tempfile.TemporaryDirectory(prefix="mirtools-blast-")
        self._mirnas = self._database("mirnas", references.mirnas)
        self._transcripts = self._database("transcripts", references.transcripts)

    def __enter__(self) -> BlastEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._folder.cleanup()
        except BaseException:  # a signal in the middle: finish tidying up before it ends the command
            shutil.rmtree(self._folder.name, ignore_errors=True)
            raise

    def search(self, batches: Iterable[Sequence[str]]) -> Iterator[list[ReadHits]]:
        """Yield the hits of each read of each batch; at most two batches a thread are held."""
        with ThreadPoolExecutor(self._threads) as pool:
            waiting: deque[Future[list[ReadHits]]] = deque()
            for batch in batches:
                waiting.append(pool.submit(self._search_batch, list(batch)))
                if len(waiting) >= 2 * self._threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _search_batch(self, reads: list[str]) -> list[ReadHits]:
        mirnas = self._blast(self._mirnas, "no", dict(enumerate(reads)))
        targets = self._blast(self._transcripts, "yes", {number: reads[number] for number in mirnas})
        return [ReadHits(mirnas.get(number, []), targets.get(number, [])) for number in range(len(reads))]

    def _database(self, name: str, references: Sequence[Reference]) -> str:
        # Numbers stand for names: real names hold pipes and are longer than BLAST accepts.
        path = os.path.join(self._folder.name, name)
        with open(path + ".fa", "w", encoding="ascii") as fasta:
            for number, reference in enumerate(references):
                fasta.write(f">{number}\n{reference.sequence}\n")
        self._run(["makeblastdb", "-dbtype", "nucl", "-in", path + ".fa", "-out", path], "")
        os.unlink(path + ".fa")
        return path

    def _blast(self, database: str, dust: str, reads: dict[int, str]) -> dict[int, list[Hit]]:
        if not reads:
            return {}
        command = ["blastn", "-task", "blastn-short", "-strand", "plus", "-dust", dust, "-db", database]
        command += ["-evalue", repr(self._evalue), "-outfmt", _FIELDS]
        queries = "".join(f">{number}\n{sequence}\n" for number, sequence in reads.items())
        hits: dict[int, list[Hit]] = {}
        for line in self._run(command, queries).splitlines():
            query, subject, start, end, subject_start, subject_end, evalue, bits = line.split("\t")
            hit = Hit(
                int(subject),
                int(start) - 1,
                int(end),
                int(subject_start) - 1,
                int(subject_end),
                float(evalue),
                float(bits),
            )
            hits.setdefault(int(query), []).append(hit)
        return hits

    def _run(self, command: list[str], text: str) -> str:
        done = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=False)
        if done.returncode:
            said = (done.stderr.strip() or "no message").splitlines()[-1]
            raise MirtoolsError(f"{command[0]} failed with status {done.returncode}: {shorten(said, 120)}")
        return done.stdout
