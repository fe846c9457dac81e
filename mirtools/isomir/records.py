"""Rows of an interaction table as isomir-classify needs them: parsed, trimmed and merged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mirtools.chimera.inserts import best_qualities
from mirtools.chimera.pairing import MIRNA_FIRST, TARGET_FIRST
from mirtools.errors import shorten
from mirtools.interactions import MISSING, TableReader
from mirtools.isomir.junction import Junction, turn

PLACE = ("target_id", "target_start", "target_end")
# With these columns the end of the miRNA can be settled; without them a sequence is taken as it stands.
_COORDINATES = ("target_start", "target_end", "site_start")
_JUNCTION = ("mirna_unassigned", "order", "gap", "site_seq", *_COORDINATES)
_USED = ("pair_id", "n_reads", "n_copies", "mirna_qual", "target_id", *_JUNCTION)
_NO_QUALITY = b"!"
# Numbers of more digits are defects
_UNASSIGNED = re.compile(r"([0-9]{1,9}),([0-9]{1,9})")
_GAP = re.compile(r"-?[0-9]{1,9}")


@dataclass(slots=True)
class Record:
    """One row of the table.

    Attributes
    ----------
    cells : list of str
        The row as it stands.
    mirna : str
        miRNA name.
    sequence : str
        Observed miRNA part, 5'->3', DNA letters.
    qualities : bytes or None
        Phred+33 values of its bases; ``!`` where a base was claimed by the target and has none.
    junction : Junction or None
        Where its end is open; ``None`` where the sequence is to be taken as it stands.
    reads, copies : int
        Distinct reads, and reads with duplicates.
    sources : list of str
        ``pair_id`` of every row that was merged into this one.
    strength : tuple
        Of merged rows, the cells of the one with the least strength stay, whatever their order.
    """

    cells: list[str]
    mirna: str
    sequence: str
    qualities: bytes | None
    junction: Junction | None
    reads: int
    copies: int
    sources: list[str]
    strength: tuple[int, str]

    def cut(self, start: int, end: int) -> None:
        """Settle the miRNA part at ``junction.bases[start:end]``."""
        if self.junction is None:
            return
        step = 1 if self.junction.mirna_first else -1
        self.sequence = self.junction.part(start, end)
        if self.qualities is not None:
            values = self.qualities[::step][start:end].ljust(len(self.sequence), _NO_QUALITY)
            self.qualities = values[::step]
        self.junction = None

    def merge(self, other: Record) -> None:
        """Add another row of the same pair."""
        if other.strength < self.strength:
            self.cells, self.strength = other.cells, other.strength
        self.reads += other.reads
        self.copies += other.copies
        self.qualities = best_qualities(self.qualities, other.qualities)
        self.sources += other.sources


class RecordReader:
    """Parses rows and writes settled records back into their cells.

    Parameters
    ----------
    reader : TableReader
        Needs ``mirna_id`` and ``mirna_seq``.
    canonical : mapping of str to str
        The known miRNAs.
    """

    def __init__(self, reader: TableReader, canonical: Mapping[str, str]) -> None:
        self._reader = reader
        self._canonical = canonical
        self._mirna, self._sequence = reader.index("mirna_id"), reader.index("mirna_seq")
        self._at = {name: position for name in _USED if (position := reader.find(name)) is not None}
        self._has_junction = all(name in self._at for name in _JUNCTION)
        self.has_place = all(name in self._at for name in PLACE)

    def __iter__(self) -> Iterator[Record]:
        reader, at = self._reader, self._at
        for cells in reader:
            mirna = cells[self._mirna]
            if mirna not in self._canonical:
                name = shorten(mirna, 40)
                raise reader.error(f"miRNA '{name}' is not in --mirnas; give the FASTA the pairs were made with")
            sequence = reader.dna(cells, self._sequence)
            reads = reader.whole_number(cells, at["n_reads"]) if "n_reads" in at else 1
            copies = reader.whole_number(cells, at["n_copies"]) if "n_copies" in at else reads
            source = cells[at["pair_id"]] if "pair_id" in at else ""
            junction = self._junction(cells, sequence)
            qualities = self._qualities(cells, len(sequence))
            yield Record(cells, mirna, sequence, qualities, junction, reads, copies, [source], (-reads, source))

    def place(self, record: Record) -> tuple[str, ...]:
        """Return the target place of a record; only where ``has_place``."""
        return tuple(record.cells[self._at[name]] for name in PLACE)

    def write_back(self, record: Record, identifier: str) -> None:
        """Write what settling and merging changed into the cells; ``""`` keeps the identifier."""
        cells, at = record.cells, self._at
        cells[self._mirna], cells[self._sequence] = record.mirna, record.sequence
        values = {"n_reads": str(record.reads), "n_copies": str(record.copies), "mirna_unassigned": MISSING}
        if record.qualities is not None:
            values["mirna_qual"] = record.qualities.decode("ascii")
        if identifier:
            values["pair_id"] = identifier
        for name, value in values.items():
            if name in at:
                cells[at[name]] = value

    def _qualities(self, cells: list[str], length: int) -> bytes | None:
        column = self._at.get("mirna_qual")
        if column is None or cells[column] == MISSING:
            return None
        qualities = cells[column].encode("ascii", "replace")
        if len(qualities) != length:
            raise self._reader.error("mirna_qual and mirna_seq differ in length; repair the row")
        return qualities

    def _junction(self, cells: list[str], sequence: str) -> Junction | None:
        if not self._has_junction or cells[self._at["mirna_unassigned"]] == MISSING:
            return None
        cell = cells[self._at["mirna_unassigned"]]
        ends = _UNASSIGNED.fullmatch(cell)
        if not ends or int(ends[1]) + int(ends[2]) >= len(sequence):
            raise self._reader.error(f"mirna_unassigned is '{shorten(cell, 30)}'; give two whole numbers, a,b")
        cell = cells[self._at["gap"]]
        if not _GAP.fullmatch(cell):
            raise self._reader.error(f"gap is '{shorten(cell, 30)}'; give a whole number")
        order = cells[self._at["order"]]
        if order not in (MIRNA_FIRST, TARGET_FIRST):
            problem = f"order is '{shorten(order, 30)}'; give {MIRNA_FIRST} or {TARGET_FIRST}"
            raise self._reader.error(problem)
        start, end, site_start = (self._reader.whole_number(cells, self._at[name]) for name in _COORDINATES)
        shared = max(0, -int(cell))
        # bases that both parts claim lie at the start or at the end of the target part
        before, behind = (start + shared, end) if order == MIRNA_FIRST else (start, end - shared)
        if start > end or site_start > before:
            raise self._reader.error("target_start, target_end and site_start contradict; repair the row")
        site = self._reader.dna(cells, self._at["site_seq"])
        target_only = site[before - site_start : max(behind, before) - site_start]
        return turn(sequence, (int(ends[1]), int(ends[2])), int(cell), target_only, order == MIRNA_FIRST)
