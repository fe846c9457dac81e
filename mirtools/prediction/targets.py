"""The targets of a scan: names, genes and regions, and sequences that are read again when they are needed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator

from mirtools.io.sequences import Reference, stream_references, to_dna
from mirtools.transcripts.names import accessions
from mirtools.transcripts.regions import Transcript


class ScanTargets:
    """The targets of a FASTA file, named by their accessions as in all other commands.

    A file is read when it is opened and again by :meth:`stream`; names, headers and lengths stay in memory. A pipe
    can be read only once, and its sequences stay in memory, too.

    Parameters
    ----------
    path : str
        ``-`` for standard input.
    read : callable
        Normalises each sequence.
    counts : collections.Counter, optional
        Gains records without sequence, see :func:`mirtools.io.sequences.stream_references`.

    Attributes
    ----------
    path : str
    transcripts : list of Transcript
        In the order of the file, with their :func:`mirtools.transcripts.names.accessions` as names.

    Raises
    ------
    InputError
        As :func:`mirtools.io.sequences.stream_references`.
    """

    def __init__(self, path: str, read: Callable[[str], str] = to_dna, counts: Counter[str] | None = None) -> None:
        self.path = path
        self._read = read
        self._kept: list[Reference] | None = None
        found = stream_references(path, read, Counter() if counts is None else counts)
        if not is_file(path):
            self._kept = list(found)
            found = iter(self._kept)
        listed = [Transcript(each.name, each.header, len(each.sequence)) for each in found]
        names = accessions([each.name for each in listed])
        self.transcripts = [each._replace(name=name) for each, name in zip(listed, names, strict=True)]

    @property
    def lengths(self) -> list[int]:
        """Lengths in nt."""
        return [each.length for each in self.transcripts]

    def stream(self, chosen: tuple[int, int] | None = None) -> Iterator[Reference]:
        """Yield the targets, all or those from the first number in ``chosen`` to before the second."""
        first, last = chosen or (0, len(self.transcripts))
        found = iter(self._kept) if self._kept is not None else stream_references(self.path, self._read, Counter())
        for number, (target, transcript) in enumerate(zip(found, self.transcripts, strict=True)):
            if number == last:
                return
            if number >= first:
                yield target._replace(name=transcript.name)


def is_file(path: str) -> bool:
    """Return whether a path can be read twice; one that does not exist counts, so that opening it fails."""
    return path != "-" and (os.path.isfile(path) or not os.path.exists(path))
