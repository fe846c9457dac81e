"""Sources of attributions for alignments: a file of matrices, or an explainer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mirtools.alignment.matrices import Matrices
from mirtools.attribution.explained import Explainer
from mirtools.attribution.mutations import Mutants
from mirtools.errors import InputError
from mirtools.io.tables import TableReader
from mirtools.models.arrays import finite
from mirtools.models.base import Model
from mirtools.models.encoder import Encoder, is_nucleic
from mirtools.models.pairing import WATSON_CRICK, WOBBLE, PairingRule
from mirtools.prediction.scores import score_cells

MUTANT_COLUMNS = "pair_id side position bases score mutant_score change".split()
_PAIRS = 32

Floats = NDArray[np.floating]


class Attributed(NamedTuple):
    """Attributions of pairs.

    Attributes
    ----------
    values : ndarray of shape (n, site length, miRNA length), float
    cells : list of tuple of str
        Cells that the source adds to each row.
    gap : float
        The largest additivity gap of the values.
    bases : tuple of ndarray, optional
        Importances that replace the alignment's scores: shapes ``(n, miRNA length)`` and ``(n, site length)``; NaN
        for bases without a known importance.
    notes : list of list of str
        Rows of the table of mutants.
    """

    values: Floats
    cells: list[tuple[str, ...]]
    gap: float = 0.0
    bases: tuple[Floats, Floats] | None = None
    notes: Sequence[list[str]] = ()


class Source(Protocol):
    """A source of attributions.

    Attributes
    ----------
    encoder : Encoder
        Crops longer sequences to the part that a matrix covers.
    columns : tuple of str
        Columns that it adds to the table.
    batch_size : int
    threads : bool
        Whether attributions of several batches may be computed at once.
    windows : bool
        Whether its matrix of a long site is for the window in the table (from dmiso-predict), not for the centre.
    """

    encoder: Encoder
    columns: tuple[str, ...]
    batch_size: int
    threads: bool
    windows: bool

    def attribute(
        self, names: Sequence[str], mirnas: Sequence[str], sites: Sequence[str]
    ) -> Callable[[], Attributed]:
        """Return a function that returns the attributions of the next pairs; sequences may exceed the matrix.

        Called for one batch after the other; the returned functions may be called in any order, by any thread.
        """

    def skip(self, number: int) -> None:
        """Skip the attributions of the next pairs."""

    def finish(self) -> None:
        """Raise InputError if there are more attributions."""

    def close(self) -> None:
        """Close open files."""


class FileSource:
    """The matrices of a file, one per row, in order."""

    columns: tuple[str, ...] = ()
    threads = True
    windows = False

    def __init__(self, matrices: Matrices, rule: PairingRule) -> None:
        self._matrices = matrices
        self.encoder = Encoder(matrices.mirna_length, matrices.site_length, rule.alphabet, mirna_centre=False)
        self.batch_size = matrices.batch_size
        self._read = 0

    def attribute(
        self, names: Sequence[str], mirnas: Sequence[str], sites: Sequence[str]
    ) -> Callable[[], Attributed]:
        """Return a function that returns the next matrices; raises InputError if there are not enough."""
        found = Attributed(self._matrices.take(len(mirnas)), [()] * len(mirnas))
        self._read += len(found.values)
        if len(found.values) < len(mirnas):
            problem = f"has {self._read:,} matrices for a table of more rows; give one for each row"
            raise InputError(problem, source=self._matrices.path)
        return lambda: found

    def skip(self, number: int) -> None:
        """Skip the next matrices."""
        while number > 0 and (skipped := len(self._matrices.take(min(number, self.batch_size)))):
            self._read += skipped
            number -= skipped

    def finish(self) -> None:
        """Raise InputError if there are more matrices than rows."""
        if self._read < self._matrices.count:
            count = self._matrices.count
            problem = f"has {count:,} matrices for a table of {self._read:,} rows; give one for each row"
            raise InputError(problem, source=self._matrices.path)

    def close(self) -> None:
        """Close the file."""
        self._matrices.close()


class ExplainerSource:
    """The attributions of an explainer; if the table has no scores, the model's are added.

    Parameters
    ----------
    model : Model
    explainer : Explainer
        An explainer of this model.
    reader : TableReader
        The table of pairs to explain.
    by_base : bool
        Importances are the explainer's importances of bases: by ISM Full, by DeepSHAP of a model of two sequences,
        else sums over the matrix.
    mutants : Mutants, optional
        Importances are the effects of mutations of a table on the score; if no mutation changes a base, the effect
        for the base aligned with it.
    """

    batch_size = _PAIRS

    def __init__(
        self,
        model: Model,
        explainer: Explainer,
        reader: TableReader,
        by_base: bool = False,
        mutants: Mutants | None = None,
    ) -> None:
        self._explainer, self._by_base, self._mutants = explainer, by_base, mutants
        self.encoder = model.encoder
        # one thread, since mutants are counted
        self.threads = explainer.threads and mutants is None
        # positions of mutations refer to the whole site
        self.windows = mutants is None
        self.columns: tuple[str, ...] = () if reader.find("score") is not None else ("score",)

    def attribute(
        self, names: Sequence[str], mirnas: Sequence[str], sites: Sequence[str]
    ) -> Callable[[], Attributed]:
        """Return a function that explains these pairs."""

        def explain() -> Attributed:
            with np.errstate(over="ignore", invalid="ignore"):
                found = self._explainer.explain(mirnas, sites)
            finite(found.values)
            finite(found.scores)
            cells: list[tuple[str, ...]] = [()] * len(mirnas)
            if self.columns:
                cells = [(score,) for score, _ in score_cells(found.scores, 0.5)]
            gap = float(found.gaps.max()) if self._explainer.additive else 0.0
            bases = None
            notes: list[list[str]] = []
            if self._by_base:
                bases = found.values.sum(axis=1), found.values.sum(axis=2)
                if found.mirna is not None and found.site is not None:
                    bases = found.mirna, found.site
            elif self._mutants is not None:
                bases = self._changed(names, mirnas, sites, self._mutants, notes)
            return Attributed(found.values, cells, gap, bases, notes)

        return explain

    def _changed(
        self,
        names: Sequence[str],
        mirnas: Sequence[str],
        sites: Sequence[str],
        mutants: Mutants,
        notes: list[list[str]],
    ) -> tuple[Floats, Floats]:
        """Return the effect of mutations of each base; ``notes`` gains a row for each mutant."""
        encoder = self.encoder
        by_mirna = np.full((len(names), encoder.mirna_length), np.nan)
        by_site = np.full((len(names), encoder.site_length), np.nan)
        for number, (name, mirna, site) in enumerate(zip(names, mirnas, sites, strict=True)):
            found = mutants.of(name, mirna, site)
            mirna_length, site_length = len(encoder.mirna(mirna)), len(encoder.site(site))
            start = (len(site) - site_length) // 2
            by_mirna[number, :mirna_length] = found.mirna[:mirna_length]
            by_site[number, :site_length] = found.site[start : start + site_length]
            for mutation, score, change in found.changes:
                numbers = (f"{found.score:.6f}", f"{score:.6f}", f"{change:.6f}")
                notes.append([name, mutation.side, str(mutation.start + 1), mutation.bases, *numbers])
        return by_mirna, by_site

    def skip(self, number: int) -> None:
        """Do nothing, since pairs are explained on demand."""

    def finish(self) -> None:
        """Do nothing, since there are as many attributions as rows."""

    def close(self) -> None:
        """Do nothing, since no file is open."""


def pairing_of(model: Model) -> PairingRule:
    """Return the letters that pair in alignments for a model.

    These are Watson-Crick pairs, and G:U if the model's rule has values for both and for no other pairs. A rule of
    another alphabet is returned as it is.
    """
    rule = model.family.pairing
    if rule is None:
        return WATSON_CRICK
    if not is_nucleic(rule.alphabet):
        return rule
    shown = {letters for letters, values in rule.pairs.items() if any(values)}
    return WOBBLE if set(WATSON_CRICK.pairs) < shown <= set(WOBBLE.pairs) else WATSON_CRICK
