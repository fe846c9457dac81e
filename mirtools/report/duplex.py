"""Text drawings of miRNA-target duplexes."""

from __future__ import annotations

from dataclasses import dataclass

_WATSON_CRICK = {"AT", "TA", "CG", "GC"}
_FLANK = 4  # target bases shown on either side of the duplex


@dataclass(frozen=True)
class Duplex:
    """The best duplex of a miRNA and a site, as three lines of equal length.

    Attributes
    ----------
    energy : float
        Free energy of the duplex in kcal/mol (ViennaRNA's ``duplexfold``, 37 degrees Celsius).
    start, end : int
        0-based, half-open interval of the site from its first to its last paired base.
    target, marks, mirna : str
        Target 5'->3', ``|`` Watson-Crick and ``:`` G:U pairs, miRNA 3'->5'; RNA letters, ``-`` opposite bulges of
        the other strand, blank beyond the ends.
    """

    energy: float
    start: int
    end: int
    target: str
    marks: str
    mirna: str

    def text(self) -> str:
        """Return the drawing with the ends of both strands marked."""
        lines = (f"target 5' {self.target} 3'", f"          {self.marks}".rstrip(), f"miRNA  3' {self.mirna} 5'")
        return "\n".join(lines)


def fold_duplex(mirna: str, site: str) -> Duplex | None:
    """Fold a miRNA with a site and draw the best duplex; return ``None`` if no duplex is stable.

    Parameters
    ----------
    mirna, site : str
        DNA letters, 5'->3'.
    """
    import RNA

    fold = RNA.duplexfold(site, mirna)
    upper, lower = fold.structure.split("&")
    site_start = fold.i - len(upper)
    mirna_start = fold.j - 1
    opened = [site_start + at for at, mark in enumerate(upper) if mark == "("]
    closed = [mirna_start + at for at, mark in enumerate(lower) if mark == ")"]
    if not opened or fold.energy >= 0:
        return None
    columns = _columns(mirna, site, list(zip(opened, reversed(closed), strict=True)))
    target, facing, marks = ("".join(line) for line in zip(*columns, strict=True))
    return Duplex(
        energy=fold.energy,
        start=opened[0],
        end=opened[-1] + 1,
        target=target.replace("T", "U"),
        marks=marks,
        mirna=facing.replace("T", "U"),
    )


_Column = tuple[str, str, str]  # target base, miRNA base, mark


def _columns(mirna: str, site: str, pairs: list[tuple[int, int]]) -> list[_Column]:
    """Lay out base pairs ``(site position, miRNA position)``, the first ascending, the second descending."""
    (site_first, mirna_first), (site_last, mirna_last) = pairs[0], pairs[-1]
    # the miRNA's unpaired 3' end is drawn left of the duplex, its 5' end right of it
    tail, head = mirna[mirna_first + 1 :][::-1], mirna[:mirna_last][::-1]
    left = site[max(0, site_first - len(tail) - _FLANK) : site_first]
    right = site[site_last + 1 : site_last + 1 + len(head) + _FLANK]
    width = max(len(left), len(tail))
    columns = _unpaired(left.rjust(width), tail.rjust(width))
    before: tuple[int, int] | None = None
    for at, facing in pairs:
        if before is not None:
            upper, lower = site[before[0] + 1 : at], mirna[facing + 1 : before[1]][::-1]
            width = max(len(upper), len(lower))
            columns += _unpaired(upper.ljust(width, "-"), lower.ljust(width, "-"))
        columns.append((site[at], mirna[facing], "|" if site[at] + mirna[facing] in _WATSON_CRICK else ":"))
        before = at, facing
    width = max(len(right), len(head))
    return columns + _unpaired(right.ljust(width), head.ljust(width))


def _unpaired(upper: str, lower: str) -> list[_Column]:
    return [(above, below, " ") for above, below in zip(upper, lower, strict=True)]
