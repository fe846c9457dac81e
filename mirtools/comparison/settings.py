"""The settings of attrib-compare."""

from __future__ import annotations

from dataclasses import dataclass

from mirtools import settings
from mirtools.comparison.tables import Source, parse_sources
from mirtools.errors import UsageError

_LONGEST = 100


@dataclass(frozen=True)
class CompareSettings(settings.Settings):
    """The explanations to compare; see the options of ``attrib-compare``.

    Attributes
    ----------
    aligned : sequence of str
        Tables of alignments, ``LABEL=FILE`` or ``FILE``; tables with the same label are runs of one set.
    mutagenesis : str, optional
        Table of measured effects of mutations.
    scale : {"row", "none"}
        Whether each pair is divided by its largest importance in a set.
    length : int
        Number of bases of the miRNA to compare, from the 5' end.
    """

    aligned: tuple[str, ...] = settings.paths()
    mutagenesis: str | None = settings.optional_path()
    scale: str = settings.choice("row", "none")
    length: int = settings.whole(20)

    def check(self) -> None:  # noqa: D102
        if self.length > _LONGEST:
            problem = f"{self.length} is more than {_LONGEST} bases; give a smaller number"
            raise UsageError(f"argument --length: {problem}")
        _ = self.sources  # raises UsageError for invalid labels

    @property
    def sources(self) -> list[Source]:
        """The tables with their sets."""
        return parse_sources(self.aligned, self.mutagenesis)
