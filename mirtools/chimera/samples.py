"""The input files of one run and the names of their samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mirtools.errors import UsageError, shorten
from mirtools.io.samplesheet import file_stem


class Sample(NamedTuple):
    """One input file: its path, and the name of its sample."""

    path: str
    name: str


def name_samples(paths: Sequence[str], names: Sequence[str] = ()) -> list[Sample]:
    """Return the samples of some files; by default named like the files, without folder and suffixes.

    Raises
    ------
    UsageError
        If the numbers of names and files differ, or a name is empty, occurs twice or cannot be a column name.

    >>> name_samples(["a/liver.fastq.gz", "-"])
    [Sample(path='a/liver.fastq.gz', name='liver'), Sample(path='-', name='stdin')]
    """
    if names and len(names) != len(paths):
        raise UsageError(
            f"{len(names)} --sample for {len(paths)} READS; give one for each file, in the same order"
        )
    if paths.count("-") > 1:
        raise UsageError("standard input is named twice in READS; name a file for one")
    samples: list[Sample] = []
    for path, name in zip(paths, names or map(file_stem, paths), strict=True):
        if not name or not name.isprintable() or name != name.strip():
            problem = (
                f"sample name '{shorten(name, 40)}' cannot be a column name; give printable letters with --sample"
            )
            raise UsageError(problem)
        if name in {sample.name for sample in samples}:
            raise UsageError(f"two samples are named '{shorten(name, 40)}'; give different names with --sample")
        samples.append(Sample(path, name))
    return samples
