"""Sample sheets: the condition, replicate and other properties of each sample."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mirtools.errors import shorten
from mirtools.io.streams import COMPRESSED_SUFFIXES
from mirtools.io.tables import MISSING, TableReader

# suffixes of reads and of tables
_SUFFIXES = (".fastq", ".fq", ".fasta", ".fa", ".fna", ".hyb", ".tsv", ".csv", ".txt")


@dataclass(frozen=True)
class Sample:
    """One library.

    Attributes
    ----------
    name : str
        Name of the sample, as in the columns ``n_reads:NAME``.
    condition : str
        Empty if the sheet gives none.
    replicate : str
        Empty if the sheet gives none.
    other : mapping of str to str
        Cells of the other columns of the sheet, unchanged.
    """

    name: str
    condition: str = ""
    replicate: str = ""
    other: Mapping[str, str] = field(default_factory=dict)


def read_samples(path: str) -> list[Sample]:
    """Read a sample sheet: one row per sample, cells separated by tabs, commas or semicolons.

    The column ``sample`` is required; ``condition`` and ``replicate`` are optional.

    Raises
    ------
    InputError
        As :class:`mirtools.io.tables.TableReader`; for a sample without a name, one that is described twice, a
        replicate number that occurs twice in a condition, a condition that only some samples have, and a sheet
        without samples.
    """
    reader = TableReader(path, ("sample",))
    others = [name for name in reader.columns if name not in ("sample", "condition", "replicate")]
    samples: dict[str, Sample] = {}
    replicates: set[tuple[str, str]] = set()
    for row in reader:
        cells = {
            name: "" if cell == MISSING else cell.strip() for name, cell in zip(reader.columns, row, strict=True)
        }
        name, condition, replicate = (cells.get(key, "") for key in ("sample", "condition", "replicate"))
        if not name or not name.isprintable():
            raise reader.error("sample has no name of printable letters; give every sample one")
        if name in samples:
            raise reader.error(f"sample '{shorten(name, 40)}' is described twice; keep one row")
        if bool(condition) != any(each.condition for each in samples.values()) and samples:
            raise reader.error("only some samples have a condition; give all of them one, or none")
        if replicate and (condition, replicate) in replicates:
            problem = f"replicate '{shorten(replicate, 20)}' of '{shorten(condition, 40)}' is listed twice"
            raise reader.error(f"{problem}; number the replicates of a condition")
        replicates.add((condition, replicate))
        samples[name] = Sample(name, condition, replicate, {key: cells[key] for key in others})
    if not samples:
        raise reader.error("lists no samples; give one row for each")
    return list(samples.values())


def by_condition(samples: Sequence[Sample]) -> dict[str, list[str]]:
    """Return the names of the samples by condition, in the order of the sheet.

    >>> by_condition([Sample("a", "ko"), Sample("b", "wt"), Sample("c", "ko")])
    {'ko': ['a', 'c'], 'wt': ['b']}
    """
    found: dict[str, list[str]] = {}
    for sample in samples:
        if sample.condition:
            found.setdefault(sample.condition, []).append(sample.name)
    return found


def file_stem(path: str) -> str:
    """Return the default name of a file's sample: the file's name without folder and suffixes.

    >>> file_stem("a/liver.fastq.gz"), file_stem("-")
    ('liver', 'stdin')
    """
    if path == "-":
        return "stdin"
    name = os.path.basename(path)
    for suffixes in (COMPRESSED_SUFFIXES, _SUFFIXES):
        stem, suffix = os.path.splitext(name)
        if suffix in suffixes and stem:
            name = stem
    return name
