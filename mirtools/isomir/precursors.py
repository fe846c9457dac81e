"""Precursors of miRNAs: which bases at the ends of an isomiR are templated, and where it lies on its precursors.

A precursor belongs to a miRNA if it contains the canonical sequence; each occurrence is a locus. A locus makes the
mirGFF3 ``Variant`` exact at the 3' end: bases that continue on the precursor are ``iso_3p:+N``, other bases are
``iso_add3p:N``. The non-templated end of an isomiR begins with the first base that disagrees with the precursor,
at or after the last base over the canonical miRNA (all following bases were added later, whether or not they
happen to agree), and includes the disagreeing bases directly before it. Thus a miRNA that was trimmed and then
tailed is ``iso_3p:-1,iso_add3p:2``, not a changed base and an addition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from mirtools.io.sequences import Reference
from mirtools.isomir.types import Isomir, snv_name


class Locus(NamedTuple):
    """One locus of a miRNA: name and sequence of its precursor, 0-based start of the canonical miRNA on it."""

    precursor: str
    sequence: str
    start: int


class Placed(NamedTuple):
    """An observed miRNA at one locus.

    Attributes
    ----------
    precursor : str
    start, end : int
        0-based and half-open on the precursor; bases beyond its ends are cut off.
    variant : str
        mirGFF3 ``Variant``; empty for the exact miRNA.
    cigar : str
        mirGFF3 ``Cigar``: ``M`` if the base equals that of the precursor or either is N, else the observed base.
    not_templated : int
        Bases that disagree with the precursor or lie beyond its ends.
    """

    precursor: str
    start: int
    end: int
    variant: str
    cigar: str
    not_templated: int


class Precursors:
    """The loci of all miRNAs.

    Files of precursors often contain many species. If names begin with a species code as in miRBase (``hsa-``), a
    miRNA's loci are those of its own species, if it has any.

    Parameters
    ----------
    canonical : mapping of str to str
        Sequence of each miRNA by its name.
    precursors : iterable of Reference
        May be empty; a miRNA without locus is its own precursor.

    Attributes
    ----------
    without : int
        Number of miRNAs that no precursor contains.
    """

    def __init__(self, canonical: Mapping[str, str], precursors: Iterable[Reference]) -> None:
        self._canonical = canonical
        self._loci: dict[str, list[Locus]] = {}
        references = list(precursors)
        for sequence in dict.fromkeys(canonical.values()):
            for reference in references:
                for start in _occurrences(sequence, reference.sequence):
                    locus = Locus(reference.name, reference.sequence, start)
                    self._loci.setdefault(sequence, []).append(locus)
        self.without = sum(sequence not in self._loci for sequence in canonical.values())

    def loci(self, name: str) -> list[Locus]:
        """Return the loci of a miRNA, in the order of the precursors."""
        loci = self._loci.get(self._canonical[name], [])
        species, dash, _ = name.partition("-")
        own = [locus for locus in loci if locus.precursor.startswith(species + dash)] if dash else []
        return own or loci

    def places(self, name: str, observed: str, isomir: Isomir) -> list[Placed]:
        """Return an isomiR at all loci that explain it best: with the fewest non-templated bases.

        Parameters
        ----------
        name : str
        observed : str
        isomir : Isomir
            Result of ``classify``.

        Returns
        -------
        list of Placed
            Never empty. Without a locus the miRNA itself is the precursor; it is then unknown whether bases at its
            ends are templated, and the variant is that of ``classify``.
        """
        canonical = self._canonical[name]
        loci = self.loci(name)
        if not loci:
            own = _place(observed, canonical, isomir.shift, Locus(name, canonical, 0))
            return [own._replace(variant=isomir.variant)]
        placed = [_place(observed, canonical, isomir.shift, locus) for locus in loci]
        fewest = min(place.not_templated for place in placed)
        return [place for place in placed if place.not_templated == fewest]


def _occurrences(sequence: str, precursor: str) -> Iterator[int]:
    """Yield the starts of a miRNA on a precursor; N agrees with every base, at less than half of the bases."""
    if "N" in sequence or "N" in precursor:
        pattern = "".join("." if base == "N" else f"[{base}N]" for base in sequence)
        for found in re.finditer(f"(?=({pattern}))", precursor):
            pairs = zip(sequence, found[1], strict=True)
            if 2 * sum("N" in pair for pair in pairs) < len(sequence):
                yield found.start()
        return
    start = precursor.find(sequence)
    while start >= 0:
        yield start
        start = precursor.find(sequence, start + 1)


def _place(observed: str, canonical: str, shift: int, locus: Locus) -> Placed:
    length, offset = len(observed), locus.start + shift
    agrees = [
        0 <= offset + i < len(locus.sequence)
        and (observed[i] == locus.sequence[offset + i] or "N" in (observed[i], locus.sequence[offset + i]))
        for i in range(length)
    ]
    # the last observed base that lies over the canonical miRNA
    last = min(len(canonical) - 1 - shift, length - 1)
    tail = next((i for i in range(last, length) if not agrees[i]), length)
    while tail < length and not agrees[tail - 1]:
        tail -= 1

    parts = []
    if shift:
        parts.append(f"iso_5p:{shift:+d}")
    if (moved := tail + shift - len(canonical)) != 0:
        parts.append(f"iso_3p:{moved:+d}")
    if tail < length:
        parts.append(f"iso_add3p:{length - tail}")
    changed = [snv_name(i + shift + 1) for i in range(tail) if not agrees[i]]
    return Placed(
        locus.precursor,
        min(max(offset, 0), len(locus.sequence) - 1),
        max(min(offset + length, len(locus.sequence)), 1),
        ",".join([*parts, *dict.fromkeys(changed)]),
        _cigar(observed, agrees),
        length - sum(agrees),
    )


def _cigar(observed: str, agrees: list[bool]) -> str:
    cigar, run = [], 0
    for base, same in zip(observed, agrees, strict=True):
        if same:
            run += 1
            continue
        cigar += [_run(run), base]
        run = 0
    return "".join([*cigar, _run(run)])


def _run(length: int) -> str:
    return "" if not length else "M" if length == 1 else f"{length}M"
