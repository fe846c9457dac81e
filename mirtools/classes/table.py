"""A table that is read once, kept in a temporary file, and written with the class of every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from mirtools.classes.classify import Classes, Classified, ClassOptions, classify
from mirtools.classes.cofold import all_paired_bases
from mirtools.classes.vectors import IMPORTANCES, VectorList, Vectors, read_numbers
from mirtools.errors import InputError, UsageError
from mirtools.io.spool import Lines
from mirtools.io.tables import MISSING, TableReader, extended
from mirtools.pairs.energy import Duplex

Item = TypeVar("Item")
# a function that yields items and shows progress
Passing = Callable[[Iterable[Item]], Iterable[Item]]

IMPORTANCE, COFOLD = "importance", "cofold"
CLASS_COLUMNS = "binding_class class_name class_distance class_silhouette".split()
COFOLD_COLUMNS = "cofold_paired cofold_class cofold_name cofold_distance cofold_silhouette".split()


@dataclass(frozen=True)
class KeptTable:
    """A table in a temporary file.

    Attributes
    ----------
    columns : list of str
    rows : Lines
    importances : Vectors or None
        ``None`` if the table has no importances and does not need them.
    duplexes : list of (str, str)
        miRNA and site of every row, DNA letters, 5'->3'; empty if they are not folded.
    cofold : bool
        Whether they are folded.
    """

    columns: list[str]
    rows: Lines
    importances: Vectors | None
    duplexes: list[Duplex]
    cofold: bool


def read_table(
    path: str,
    length: int,
    cofold: bool,
    waiting: Lines,
    passing: Passing[list[str]] = iter,
) -> KeptTable:
    """Read a table of alignments.

    Parameters
    ----------
    path : str
        With the column mirna_importance; for ``cofold`` with mirna_seq and site_seq, and mirna_importance is
        optional.
    length : int
        Number of bases in a vector: longer ones are cut at their 3' end, shorter ones filled with 0.
    cofold : bool
        Whether miRNA and site are folded.
    waiting : Lines
        Keeps the rows.
    passing : callable
        Called with the rows; yields them.

    Raises
    ------
    InputError
        For importances that are not numbers, and as TableReader.
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
        waiting.add("\t".join(row))
    return KeptTable(reader.columns, waiting, None if column is None else vectors.vectors(), duplexes, cofold)


def classify_table(
    kept: KeptTable,
    options: ClassOptions,
    known: Mapping[str, Classes] | None,
    threads: int,
    passing: Passing[str] = iter,
) -> list[Classified]:
    """Return the classes of the rows by importances and by folding, as far as the table has the data.

    Parameters
    ----------
    kept : KeptTable
    options : ClassOptions
    known : mapping of str to Classes, optional
        Classes to sort into, by kind, instead of new ones.
    threads : int
        For folding.
    passing : callable
        Called with the folded duplexes; yields them.

    Raises
    ------
    UsageError
        If ``known`` lacks a kind.
    """
    found = []
    if kept.importances is not None:
        found.append(_classified(IMPORTANCE, kept.importances, options, known))
    if kept.cofold:
        paired, vectors = [], VectorList(options.length)
        for bases in passing(all_paired_bases(kept.duplexes, threads)):
            paired.append(bases)
            vectors.add([float(base) for base in bases])
        found.append(replace(_classified(COFOLD, vectors.vectors(), options, known), paired=paired))
    return found


def report(found: Iterable[Classified], counts: Counter[str], facts: dict[str, Any]) -> None:
    """Add the number of rows with a class, and the classes, to a run's report."""
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


def _classified(
    kind: str, vectors: Vectors, options: ClassOptions, known: Mapping[str, Classes] | None
) -> Classified:
    if known is None:
        return classify(kind, vectors, options)
    if kind not in known:
        raise UsageError(f"--classes has no classes of {kind} vectors; omit it, or give the summary of such a run")
    return Classified(kind, vectors, known[kind], known[kind].assign(vectors))


def class_columns(kept: KeptTable, found: Iterable[Classified]) -> list[str]:
    """Return the columns of the table with classes."""
    return extended(kept.columns, _new_columns(found))[0]


def class_rows(kept: KeptTable, found: Sequence[Classified]) -> Iterator[list[str]]:
    """Yield the rows of the table with their classes, in their order."""
    columns, places = extended(kept.columns, _new_columns(found))
    fresh = [MISSING] * (len(columns) - len(kept.columns))
    for number, kept_row in enumerate(kept.rows):
        row = kept_row.split("\t") + fresh
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
