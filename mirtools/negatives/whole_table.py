"""From a table of positives to labelled rows by the strategies that must see all positives at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from mirtools.io.tables import TableReader
from mirtools.negatives.settings import FREQUENCY_MATCHED, RANDOM_MIRNA, SHUFFLED
from mirtools.negatives.shuffled import shuffle_sites
from mirtools.negatives.table import Labelled, LabelledTable, RowMaker, read_known, read_pairs
from mirtools.pairs.energy import cofold_energies
from mirtools.pairs.repairing import draw_mirnas, permute_sites
from mirtools.pairs.table import Pair

# Why a positive has too few negatives
_REASONS = {FREQUENCY_MATCHED: "no_partner", RANDOM_MIRNA: "no_other_mirna", SHUFFLED: "no_other_order"}


class New(NamedTuple):
    """A negative: the numbers of the pairs that give the miRNA and the site (``None``: on no transcript)."""

    mirna: int
    site: int | None
    site_seq: str


class WholeTable(LabelledTable):
    """A table in memory with negatives of the other strategies.

    Parameters
    ----------
    path : str
        Table of positives, or ``-``.
    strategy : {"frequency-matched", "random-mirna", "shuffled"}
    ratio, seed : int
    avoid : str, optional
        Table with further positives.
    families : mapping, optional
        Family by ``mirna_id``, for ``random-mirna``.

    Raises
    ------
    InputError
        As :func:`mirtools.negatives.table.read_pairs`.
    """

    def __init__(
        self,
        path: str,
        strategy: str,
        ratio: int,
        seed: int,
        avoid: str | None = None,
        families: Mapping[str, str] | None = None,
    ) -> None:
        reader = TableReader(path)
        self._make = RowMaker(reader, strategy)
        self._rows: list[list[str]] = []
        self._pairs: list[Pair] = []
        for row, pair in read_pairs(reader):
            self._rows.append(row)
            self._pairs.append(pair)
        known = [] if avoid is None else [pair for _, pair in read_known(TableReader(avoid))]
        self.columns, self.find = self._make.columns, self._make.find
        self.positives = len(self._rows)
        self._ratio = ratio
        self._reason = _REASONS[strategy]
        plans: dict[str, Callable[[], list[list[New]]]] = {
            FREQUENCY_MATCHED: lambda: self._other_sites(permute_sites(self._pairs, ratio, seed, known)),
            RANDOM_MIRNA: lambda: self._other_mirnas(draw_mirnas(self._pairs, ratio, seed, known, families)),
            SHUFFLED: lambda: self._made_sites(shuffle_sites(self._pairs, ratio, seed, known)),
        }
        self._negatives = plans[strategy]()

    def labelled(self, threads: int = 1) -> Iterator[Labelled]:
        """Yield each positive with its negatives, in the order of the table."""
        energies = cofold_energies(self._duplexes(), threads)
        for number, (row, negatives) in enumerate(zip(self._rows, self._negatives, strict=True), 1):
            name = self._make.name(row, number)
            rows = [self._make.positive(row, next(energies))]
            for rank, new in enumerate(negatives, 1):
                site = {} if new.site is None else self._make.site_cells(self._rows[new.site])
                site["site_seq"] = new.site_seq
                rows.append(self._make.negative(self._rows[new.mirna], name, rank, site, next(energies)))
            short = len(negatives) < self._ratio
            yield Labelled(rows, self._make.unmet(row, name, self._reason, len(negatives)) if short else None)
        next(energies, None)

    def other_length(self) -> dict[str, int]:
        """Return how many negatives have a miRNA, and how many a site, of another length than their positive's."""
        found = {"mirnas": 0, "sites": 0}
        for pair, negatives in zip(self._pairs, self._negatives, strict=True):
            for new in negatives:
                found["mirnas"] += len(self._pairs[new.mirna].mirna) != len(pair.mirna)
                found["sites"] += len(new.site_seq) != len(pair.site)
        return found

    def _other_sites(self, partners: Sequence[Sequence[int]]) -> list[list[New]]:
        return [
            [New(number, other, self._pairs[other].site) for other in others]
            for number, others in enumerate(partners)
        ]

    def _other_mirnas(self, partners: Sequence[Sequence[int]]) -> list[list[New]]:
        return [
            [New(other, number, self._pairs[number].site) for other in others]
            for number, others in enumerate(partners)
        ]

    def _made_sites(self, sites: Sequence[Sequence[str]]) -> list[list[New]]:
        return [[New(number, None, site) for site in made] for number, made in enumerate(sites)]

    def _duplexes(self) -> Iterator[tuple[str, str]]:
        for pair, negatives in zip(self._pairs, self._negatives, strict=True):
            yield pair.mirna, pair.site
            yield from ((self._pairs[new.mirna].mirna, new.site_seq) for new in negatives)
