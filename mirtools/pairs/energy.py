"""Free energy of a miRNA with a site: RNAcofold, as in the DMISO paper, and of the duplex alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice

import numpy as np

from mirtools.computing.processes import distinct_in_order
from mirtools.computing.threads import in_order
from mirtools.pairs.duplex_kernel import NO_PAIR, duplex_energies_of

# The paper asks for "free folding energy < 10 kcal/mol", which every pair fulfils (the minimum free energy is
# never above 0). Read as "at least 10 kcal/mol below the unfolded state".
MAX_ENERGY = -10.0

Duplex = tuple[str, str]

_CHUNK = 4096
_UNPAIRED = 1e5


@lru_cache(maxsize=1 << 14)
def cofold_energy(mirna: str, site: str) -> float:
    """Return the minimum free energy of miRNA and site folded together, in kcal/mol, rounded to 2 decimals.

    Pairs within either strand count as well. ViennaRNA's defaults hold: 37 degrees C, dangles 2, Turner 2004.
    The result is that of ``RNA.cofold``, which folds both strands apart once more for every pair; here each
    strand is folded alone once.

    Parameters
    ----------
    mirna, site : str
        5'->3', DNA letters; N pairs with nothing.
    """
    # ``joined_fold`` knows only structures that join the strands
    return round(min(joined_fold(mirna, site)[1], _fold_energy(mirna) + _fold_energy(site)), 2) + 0.0  # no "-0.00"


def joined_fold(mirna: str, site: str) -> tuple[str, float]:
    """Return the structure of least free energy of those that join both strands, and its energy in kcal/mol.

    In dot-bracket notation, miRNA and site with ``&`` between, by the rules of :func:`cofold_energy`.
    """
    import RNA

    structure, energy = RNA.fold_compound(f"{_rna(mirna)}&{_rna(site)}").mfe()
    return structure, energy


def cofold_energies(duplexes: Iterable[Duplex], threads: int) -> Iterator[float]:
    """Yield the :func:`cofold_energy` of each duplex, in order; equal ones are folded once.

    Memory: what distinct duplexes take.
    """
    yield from distinct_in_order(_fold_together, duplexes, threads)


def duplex_energies(duplexes: Iterable[Duplex], threads: int) -> Iterator[float]:
    """Yield the minimum free energy of pairs between the two strands alone, in kcal/mol, of each duplex in order.

    Never below :func:`cofold_energy`; 100000 where no bases pair, as ViennaRNA's ``duplexfold`` says. Memory: what
    some thousand duplexes a thread take.
    """
    for energies in in_order(_pair_up, _chunks(duplexes), threads):
        yield from energies


def _chunks(duplexes: Iterable[Duplex]) -> Iterator[list[Duplex]]:
    waiting = iter(duplexes)
    while chunk := list(islice(waiting, _CHUNK)):
        yield chunk


def _pair_up(duplexes: list[Duplex]) -> list[float]:
    hundredths = duplex_energies_of([mirna for mirna, _ in duplexes], [site for _, site in duplexes])
    found: list[float] = np.where(hundredths == NO_PAIR, _UNPAIRED, hundredths / 100).tolist()
    return found


@lru_cache(maxsize=1 << 14)
def _fold_energy(sequence: str) -> float:
    import RNA

    energy: float = RNA.fold_compound(_rna(sequence)).mfe()[1]
    return energy


def _rna(sequence: str) -> str:
    # U, not T: the bonus of special hairpin loops is looked up by their letters (1 in 200 pairs differs)
    return sequence.replace("T", "U")


def _fold_together(duplex: Duplex) -> float:
    return cofold_energy(*duplex)
