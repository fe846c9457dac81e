"""The input files of one run and the names under which their reads are counted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from mirtools.errors import UsageError, shorten
from mirtools.streams import COMPRESSED_SUFFIXES

_SUFFIXES = (".fastq", ".fq", ".fasta", ".fa", ".fna", ".hyb", ".txt")


class Sample(NamedTuple):
    """One input file: its path, and the name under which its reads are counted."""

    path: str
    name: str


def name_samples(paths: Sequence[str], names: Sequence[str] = ()) -> list[Sample]:
    """Return the samples of some files; without names a file's own name, less folder and suffixes, is taken.

    Raises
    ------
    UsageError
        Where there are not as many names as files, or names that are empty, occur twice or cannot head a column.

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
    for path, name in zip(paths, names or map(_stem, paths), strict=True):
        # the name of a file that is the only one is used nowhere
        used = len(paths) > 1 or names
        if used and (not name or not name.isprintable() or name != name.strip()):
            problem = (
                f"sample name '{shorten(name, 40)}' cannot head a column; give printable letters with --sample"
            )
            raise UsageError(problem)
        if name in {sample.name for sample in samples}:
            raise UsageError(f"two samples are called '{shorten(name, 40)}'; tell them apart with --sample")
        samples.append(Sample(path, name))
    return samples


def _stem(path: str) -> str:
    if path == "-":
        return "stdin"
    name = os.path.basename(path)
    for suffixes in (COMPRESSED_SUFFIXES, _SUFFIXES):
        stem, suffix = os.path.splitext(name)
        if suffix in suffixes and stem:
            name = stem
    return name
