"""The interaction table of the negatives: positive rows in, each followed by its negatives out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from mirtools.errors import shorten
from mirtools.interactions import MISSING, NEGATIVE_COLUMNS, TableReader, extended
from mirtools.negatives.frequency_matched import Pair
from mirtools.negatives.positives import mirna_key
from mirtools.negatives.same_transcript import Positive

# What a negative has in common with its positive; all else in the row is evidence of reads that it never had.
_MIRNA_PREFIXES = ("mirna", "isomir", "noncodingrna")
_MIRNA_EVIDENCE = {"mirna_evalue", "mirna_bits"}
_SITE_COLUMNS = ("target_id", "target_start", "target_end", "site_start", "site_end", "site_seq")
# A site of the transcript that is not the annotated one differs from it in most bases.
_LEAST_AGREEMENT = 0.8


class Unmet(NamedTuple):
    """A positive with fewer negatives than asked: its name, why, and how many there are."""

    pair_id: str
    mirna_seq: str
    target_id: str
    reason: str
    negatives: str


UNMET_COLUMNS = Unmet._fields


class Labelled(NamedTuple):
    """The rows of a positive and its negatives, and what is to be said where they are too few."""

    rows: list[list[str]]
    unmet: Unmet | None


class RowMaker:
    """Make labelled rows out of the rows of a table of positives.

    Parameters
    ----------
    reader : TableReader
    strategy : str
        Its name, for the column ``strategy``.

    Attributes
    ----------
    columns : list of str
        Those of the labelled rows.
    find : callable
        :meth:`mirtools.interactions.TableReader.find` of the reader.
    """

    def __init__(self, reader: TableReader, strategy: str) -> None:
        self.columns, self._new = extended(reader.columns, NEGATIVE_COLUMNS)
        self.find = reader.find
        self._strategy = strategy
        self._pair_id = reader.find("pair_id")
        self._mirna_seq = reader.index("mirna_seq")
        self._mirna_columns = [
            number
            for number, name in enumerate(reader.columns)
            if name.lower().startswith(_MIRNA_PREFIXES) and name not in _MIRNA_EVIDENCE
        ]
        self.places = {name: place for name in _SITE_COLUMNS if (place := reader.find(name)) is not None}

    def name(self, row: Sequence[str], number: int) -> str:
        """Return the ``pair_id`` of a positive, or ``row`` and its number (from 1) where it has none."""
        named = self._pair_id is not None and row[self._pair_id] not in ("", MISSING)
        return row[self._pair_id] if named and self._pair_id is not None else f"row{number}"

    def site_cells(self, row: Sequence[str]) -> dict[str, str]:
        """Return the cells of a row that describe its site, by standard column name."""
        return {name: row[place] for name, place in self.places.items()}

    def positive(self, row: Sequence[str], energy: float) -> list[str]:
        """Return a positive row with its label and energy."""
        return self._with_label(row, "1", MISSING, MISSING, energy)

    def negative(
        self, row: Sequence[str], name: str, rank: int, site: Mapping[str, str], energy: float
    ) -> list[str]:
        """Return the ``rank``-th negative (from 1) of a positive row.

        Parameters
        ----------
        row : sequence of str
            The positive, of which the miRNA's columns are taken over.
        name : str
            Its :meth:`name`.
        rank : int
        site : mapping
            The negative's own site, by standard column name; what is not given becomes ``.``.
        energy : float
            kcal/mol.
        """
        cells = [MISSING] * len(row)
        for place in self._mirna_columns:
            cells[place] = row[place]
        for column, value in site.items():
            if column in self.places:
                cells[self.places[column]] = value
        if self._pair_id is not None:
            cells[self._pair_id] = f"{name}-n{rank}"
        return self._with_label(cells, "0", name, self._strategy, energy)

    def unmet(self, row: Sequence[str], name: str, reason: str, found: int) -> Unmet:
        """Return what is to be said of a positive with ``found`` negatives, fewer than asked."""
        target = row[self.places["target_id"]] if "target_id" in self.places else MISSING
        return Unmet(name, row[self._mirna_seq], target, reason, str(found))

    def _with_label(self, row: Sequence[str], label: str, of: str, strategy: str, energy: float) -> list[str]:
        cells = [*row, *[MISSING] * (len(self.columns) - len(row))]
        for place, cell in zip(self._new, (label, of, strategy, f"{energy:.2f}"), strict=True):
            cells[place] = cell
        return cells


def read_pairs(reader: TableReader) -> Iterator[tuple[list[str], Pair]]:
    """Yield the rows of a table of positives with the pair in each; needs ``mirna_seq`` and ``site_seq``.

    Raises
    ------
    InputError
        As :class:`mirtools.interactions.TableReader`, and for rows labelled otherwise than 1.
    """
    label = reader.find("label")
    pair_of = _pair_maker(reader)
    for row in reader:
        if label is not None and row[label] not in ("1", MISSING):
            problem = f"label is '{shorten(row[label], 20)}'; give positive pairs only (1, or no column label)"
            raise reader.error(problem)
        yield row, pair_of(row)


def read_positives(reader: TableReader, transcripts: Mapping[str, str]) -> Iterator[tuple[list[str], Positive]]:
    """Yield the rows of a table of positives with the site in each, checked against the transcripts.

    Parameters
    ----------
    reader : TableReader
    transcripts : mapping
        Sequences by ``target_id``.

    Raises
    ------
    InputError
        As :func:`read_pairs`, and for a transcript that is not there or a site that is not on it: the
        transcripts are not those that the pairs were found with.
    """
    target, start_at, end_at = (reader.index(name) for name in ("target_id", "site_start", "site_end"))
    for row, pair in read_pairs(reader):
        name = row[target]
        transcript = transcripts.get(name)
        if transcript is None:
            problem = (
                f"'{shorten(name, 40)}' is not in --transcripts; give the FASTA that the pairs were found with"
            )
            raise reader.error(problem)
        start, end = reader.whole_number(row, start_at), reader.whole_number(row, end_at)
        if not start < end <= len(transcript):
            problem = f"site {start}-{end} is not on '{shorten(name, 40)}' ({len(transcript)} nt); give its FASTA"
            raise reader.error(problem)
        if not _agree(pair.site_seq, transcript[start:end]):
            problem = f"site_seq is not '{shorten(name, 40)}' {start}-{end}; give the FASTA that it was found in"
            raise reader.error(problem)
        yield (
            row,
            Positive(mirna_key(pair.mirna_id, pair.mirna_seq), pair.mirna_seq, name, start, end, pair.site_seq),
        )


def read_known(reader: TableReader) -> Iterator[tuple[list[str], Pair]]:
    """Yield the positive rows of a table that may hold negatives (label 0) as well."""
    label = reader.find("label")
    pair_of = _pair_maker(reader)
    for row in reader:
        if label is None or row[label] != "0":
            yield row, pair_of(row)


def _pair_maker(reader: TableReader) -> Callable[[Sequence[str]], Pair]:
    mirna, site, named = reader.index("mirna_seq"), reader.index("site_seq"), reader.find("mirna_id")

    def pair_of(row: Sequence[str]) -> Pair:
        return Pair(MISSING if named is None else row[named], reader.dna(row, mirna), reader.dna(row, site))

    return pair_of


def _agree(site: str, transcript_part: str) -> bool:
    if len(site) != len(transcript_part):
        return False
    same = sum(a == b for a, b in zip(site, transcript_part, strict=True))
    return same >= _LEAST_AGREEMENT * len(site)
