"""The settings of sites-compare."""

from __future__ import annotations

from dataclasses import dataclass

from mirtools import settings
from mirtools.errors import UsageError

LEVELS = ("site", "pair", "gene", "mirna", "form")
# what a change can be relative to at each level
_RELATIVE = {"site": ("mirna", "gene"), "pair": ("mirna", "gene"), "form": ("mirna",)}


@dataclass(frozen=True)
class CompareSitesSettings(settings.Settings):
    """Which sites of which conditions are compared, and how; see the options of ``sites-compare``.

    Attributes
    ----------
    sites : str
        Table of sites-merge.
    samples : str
        Sample sheet with the columns sample and condition.
    contrast : tuple of str
        Two conditions, A and B; changes are those from B to A.
    by : {"site", "pair", "gene", "mirna", "form"}
        What is compared: reads are added over the sites of each.
    relative : {"mirna", "gene"}, optional
        Changes are relative to the change of the other reads of the same miRNA or gene.
    min_reads : int
        Reads that a test needs, over all samples of both conditions.
    """

    sites: str = settings.path()
    samples: str = settings.path()
    contrast: tuple[str, ...] = settings.names()
    by: str = settings.choice(*LEVELS)
    relative: str | None = settings.choice(None, "mirna", "gene")
    min_reads: int = settings.whole(10)

    def check(self) -> None:  # noqa: D102
        if len(self.contrast) != 2 or self.contrast[0] == self.contrast[1]:
            raise UsageError("argument --contrast: give two different conditions of the sample sheet")
        if self.relative is not None and self.relative not in _RELATIVE.get(self.by, ()):
            possible = " or ".join(
                f"--by {level}" for level in LEVELS if self.relative in _RELATIVE.get(level, ())
            )
            raise UsageError(f"--relative {self.relative} needs {possible}")
