"""The sample sheet of a workflow: files of reads, and what was ligated to them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mirtools.chimera.guides import parse_guides
from mirtools.errors import InputError, MirtoolsError, shorten
from mirtools.io.samplesheet import Sample, by_condition, read_samples
from mirtools.io.sequences import to_dna

# names of samples are parts of names of files
_NAME = re.compile(r"[A-Za-z0-9_+][A-Za-z0-9._+-]{0,99}")
_UMI = re.compile(r"(?:(5p|3p):)?([0-9]{1,3})|(name)")


@dataclass(frozen=True)
class Library:
    """One library: its reads, and how to read them.

    Attributes
    ----------
    name, condition, replicate : str
    fastq : str
        Absolute path of its reads.
    fastq2 : str
        Absolute path of the second mates, which are merged with the first; empty if reads are not paired.
    adapters : tuple of str
        3' adapters, DNA letters.
    umi : tuple of str
        Options of chimera-parse for the UMI.
    guides : tuple of str
        Further guides, as ``CLASS=FASTA`` with absolute paths.
    """

    name: str
    condition: str
    replicate: str
    fastq: str
    fastq2: str
    adapters: tuple[str, ...]
    umi: tuple[str, ...]
    guides: tuple[str, ...]

    def options(self) -> list[str]:
        """Return the options of chimera-parse for this library."""
        adapters = [word for adapter in self.adapters for word in ("--adapter", adapter)]
        guides = [word for guide in self.guides for word in ("--guides", guide)]
        return [*adapters, *self.umi, *guides]


def read_libraries(path: str) -> list[Library]:
    """Read the sample sheet of a workflow.

    In addition to ``sample``, ``condition`` and ``replicate`` it has ``fastq``, and optionally ``fastq2`` (second
    mates), ``adapter`` (several separated by commas), ``umi`` (``5p:10``, ``3p:6``, or ``name``: in read names)
    and ``guides`` (``CLASS=FASTA``, several separated by commas). Paths are relative to the sheet.

    Raises
    ------
    InputError
        As :func:`mirtools.io.samplesheet.read_samples`; and for missing files and cells that mean nothing.
    """
    libraries = [_library(sample, path) for sample in read_samples(path)]
    for library in libraries:
        if library.guides != libraries[0].guides:
            problem = f"has other guides than {libraries[0].name}; search all samples for the same guides"
            raise InputError(problem, source=path, record=library.name)
    return libraries


def contrasts_of(libraries: Sequence[Library]) -> list[tuple[str, str]]:
    """Return each condition compared with the first of the sheet.

    >>> libraries = [Library(name, name[0], "", "", "", (), (), ()) for name in ("wt1", "ko1", "ko2")]
    >>> contrasts_of(libraries)
    [('k', 'w')]
    """
    first, *others = by_condition([Sample(each.name, each.condition) for each in libraries]) or [""]
    return [(other, first) for other in others]


def folders_of(config: Mapping[str, Any], libraries: Iterable[Library]) -> list[str]:
    """Return the folders of all inputs of a workflow, which containers need, by its configuration."""
    names = ("samples", "mirnas", "transcripts", "gtf", "regions", "genes", "model")
    files = [config[name] for name in names if os.path.isfile(config[name])]
    for library in libraries:
        files += [library.fastq, library.fastq2, *(guide.partition("=")[2] for guide in library.guides)]
    return sorted({os.path.dirname(os.path.abspath(path)) for path in files if path})


def _library(sample: Sample, sheet: str) -> Library:
    def error(problem: str) -> InputError:
        return InputError(problem, source=sheet, record=sample.name)

    def file(name: str, column: str) -> str:
        found = os.path.abspath(os.path.join(os.path.dirname(sheet), name))
        if not os.path.isfile(found):
            raise error(f"{column} '{shorten(name, 60)}' is not a file; paths are relative to the sheet")
        return found

    if not _NAME.fullmatch(sample.name):
        raise error("cannot name files; use letters, digits, dots, plus, minus and underscores for samples")
    cells = sample.other
    if not cells.get("fastq"):
        raise error("has no reads; name a file in the column fastq")
    umi = _UMI.fullmatch(cells.get("umi", "") or "0")
    if umi is None:
        raise error(f"umi '{shorten(cells['umi'], 30)}' is not a UMI; write 5p:10, 3p:6 or name")
    guides = []
    for text in _listed(cells.get("guides", "")):
        kind, _, fasta = text.partition("=")
        try:
            parse_guides(text)
        except MirtoolsError as problem:
            raise error(f"guides: {problem}") from problem
        guides.append(f"{kind}={file(fasta, 'guides')}")
    return Library(
        sample.name,
        sample.condition,
        sample.replicate,
        file(cells["fastq"], "fastq"),
        file(cells["fastq2"], "fastq2") if cells.get("fastq2") else "",
        tuple(_adapter(text, error) for text in _listed(cells.get("adapter", ""))),
        _umi_options(umi),
        tuple(guides),
    )


def _listed(cell: str) -> list[str]:
    return [text.strip() for text in cell.split(",") if text.strip()]


def _adapter(text: str, error: Callable[[str], InputError]) -> str:
    try:
        return to_dna(text)
    except ValueError as problem:
        raise error(f"adapter: {problem}") from problem


def _umi_options(umi: re.Match[str]) -> tuple[str, ...]:
    if umi[3]:
        return ("--umi-position", "name")
    if not int(umi[2]):
        return ()
    return ("--umi-length", umi[2], "--umi-position", umi[1] or "5p")
