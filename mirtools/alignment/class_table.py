"""A table read once, kept in a temporary file, and given back with the class of every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from mirtools.alignment.class_cofold import all_paired_bases
from mirtools.alignment.class_rows import WaitingRows
from mirtools.alignment.class_vectors import IMPORTANCES, VectorList, Vectors, read_numbers
from mirtools.alignment.classes import Classes, Classified, Wanted, classify
from mirtools.errors import InputError, UsageError
from mirtools.interactions import MISSING, TableReader, extended
from mirtools.negatives.energy import Duplex

Item = TypeVar("Item")
# what lets items through, and shows progress
Passing = Callable[[Iterable[Item]], Iterable[Item]]

IMPORTANCE, COFOLD = "importance", "cofold"
CLASS_COLUMNS = "binding_class class_name class_distance class_silhouette".split()
COFOLD_COLUMNS = "cofold_paired cofold_class cofold_name cofold_distance cofold_silhouette".split()


@dataclass(frozen=True)
class KeptTable:
    """A table that has been read.

    Attributes
    ----------
    columns : list of str
    rows : WaitingRows
    importances : Vectors or None
        ``None`` where the table has no importances, and none are needed.
    duplexes : list of (str, str)
        miRNA and site of every row, DNA letters, 5'->3'; empty unless they are to be folded.
    cofold : bool
        Whether they are to be folded.
    """

    columns: list[str]
    rows: WaitingRows
    importances: Vectors | None
    duplexes: list[Duplex]
    cofold: bool


def read_table(
    path: str,
    length: int,
    cofold: bool,
    waiting: WaitingRows,
    passing: Passing[list[str]] = iter,
) -> KeptTable:
    """Read a table of alignments.

    Parameters
    ----------
    path : str
        With the column mirna_importance, and for ``cofold`` with mirna_seq and site_seq (the former is then not
        needed).
    length : int
        Bases of the vectors: longer ones are cut at their 3' end, shorter ones filled up with 0.
    cofold : bool
        Whether miRNA and site are to be folded.
    waiting : WaitingRows
        Keeps the rows.
    passing : callable
        Rows go through it.

    Raises
    ------
    InputError
        For importances that are no numbers, and all that TableReader refuses.
    """
    reader = TableReader(path, ("mirna_seq", "site_seq") if cofold else ())
    column = reader.find(IMPORTANCES)
    if column is None and not cofold:
        problem = f"has no column {IMPORTANCES}; give attrib-align's table, or fold with --cofold"
        raise InputError(problem, source=path, line=1)
    sequences = (reader.index("mirna_seq"), reader.index("site_seq")) if cofold else None
    vectors = VectorList(length)
    duplexes: list[Duplex] = []
    for row in passing(reader):
        if column is not None:
            try:
                vectors.add(read_numbers(row[column], IMPORTANCES))
            except ValueError as error:
                raise reader.error(str(error)) from error
        if sequences is not None:
            duplexes.append((reader.dna(row, sequences[0]), reader.dna(row, sequences[1])))
        waiting.add(row)
    return KeptTable(reader.columns, waiting, None if column is None else vectors.vectors(), duplexes, cofold)


def classify_table(
    kept: KeptTable,
    wanted: Wanted,
    known: Mapping[str, Classes] | None,
    threads: int,
    passing: Passing[str] = iter,
) -> list[Classified]:
    """Return the classes of the rows: by importances, then by folding, as far as the table has been read for both.

    Parameters
    ----------
    kept : KeptTable
    wanted : Wanted
    known : mapping of str to Classes, optional
        Classes to sort into, by kind, instead of new ones.
    threads : int
        For folding.
    passing : callable
        What has been folded goes through it.

    Raises
    ------
    UsageError
        Where ``known`` lacks a kind.
    """
    found = []
    if kept.importances is not None:
        found.append(_classified(IMPORTANCE, kept.importances, wanted, known))
    if kept.cofold:
        paired, vectors = [], VectorList(wanted.length)
        for bases in passing(all_paired_bases(kept.duplexes, threads)):
            paired.append(bases)
            vectors.add([float(base) for base in bases])
        found.append(replace(_classified(COFOLD, vectors.vectors(), wanted, known), paired=paired))
    return found


def report(found: Iterable[Classified], counts: Counter[str], facts: dict[str, Any]) -> None:
    """Add to a run's report how many rows have a class, and what the classes are."""
    classes: dict[str, Any] = {}
    for classified in found:
        numbers = classified.members.numbers
        counts["rows"] = len(numbers)
        prefix = "" if classified.kind == IMPORTANCE else "cofold_"
        counts[f"{prefix}classified"] = int((numbers > 0).sum())
        counts[f"{prefix}without_alignment"] = int((numbers == 0).sum())
        classes[classified.kind] = {
            "scale": classified.classes.scale,
            "rows": {
                name: int(classified.known(number).sum())
                for number, name in enumerate(classified.classes.names, 1)
            },
            "silhouettes": {str(choice.k): round(choice.silhouette, 4) for choice in classified.choices},
        }
    facts["classes"] = classes


def _classified(kind: str, vectors: Vectors, wanted: Wanted, known: Mapping[str, Classes] | None) -> Classified:
    if known is None:
        return classify(kind, vectors, wanted)
    if kind not in known:
        raise UsageError(
            f"--classes has none of {kind} vectors; make them anew, or give the summary of such a run"
        )
    return Classified(kind, vectors, known[kind], known[kind].assign(vectors))


def class_columns(kept: KeptTable, found: Iterable[Classified]) -> list[str]:
    """Return the columns of the table with classes."""
    return extended(kept.columns, _new_columns(found))[0]


def class_rows(kept: KeptTable, found: Sequence[Classified]) -> Iterator[list[str]]:
    """Yield the rows of the table with their classes, in their order."""
    columns, places = extended(kept.columns, _new_columns(found))
    fresh = [MISSING] * (len(columns) - len(kept.columns))
    for number, kept_row in enumerate(kept.rows):
        row = kept_row + fresh
        cells: list[str] = []
        for classified in found:
            cells += classified.paired[number : number + 1]
            cells += _class_cells(classified, number)
        for place, cell in zip(places, cells, strict=True):
            row[place] = cell
        yield row


def _new_columns(found: Iterable[Classified]) -> list[str]:
    columns = {IMPORTANCE: CLASS_COLUMNS, COFOLD: COFOLD_COLUMNS}
    return [name for classified in found for name in columns[classified.kind]]


def _class_cells(classified: Classified, row: int) -> list[str]:
    number = int(classified.members.numbers[row])
    if not number:
        return [MISSING, classified.label(0), MISSING, MISSING]
    silhouette = float(classified.members.silhouettes[row])
    return [
        str(number),
        classified.label(number),
        f"{classified.members.distances[row]:.4f}",
        MISSING if silhouette != silhouette else f"{silhouette:.4f}",
    ]
