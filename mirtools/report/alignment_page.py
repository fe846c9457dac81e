"""One self-contained HTML page for many attribution alignments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from typing import Any, TextIO

from mirtools.alignment.align import Aligner
from mirtools.alignment.table import AlignedPairs, Named
from mirtools.errors import MissingExtraError, shorten
from mirtools.report.alignment_colours import AGAINST, FOR, NEUTRAL, colour, hexadecimal, ink
from mirtools.report.alignment_strip import NO_ALIGNMENT, full_colour, heading, strip_of
from mirtools.report.alignment_svg import map_svg, profile_svg
from mirtools.report.alignment_text import ruler

_NAMES = {"pair_id": "identifier", "mirna_id": "miRNA", "gene_name": "gene", "target_id": "target"}


def require_page() -> None:
    """Raise MissingExtraError if the package that fills the page's template is not installed."""
    if find_spec("jinja2") is None:
        raise MissingExtraError("Jinja2", "pip install 'mirtools[report]'")


@dataclass(frozen=True)
class Page:
    """The head of a page, above its alignments.

    Attributes
    ----------
    pairs, aligned : int
        Number of rows of the table, and of those with an alignment.
    profile : list of float
        Mean importance of each base of the miRNA, 5'->3'.
    settings : str
        A sentence that describes how the alignments were made.
    """

    pairs: int
    aligned: int
    profile: list[float]
    settings: str


class PageDrawing:
    """Draws the first alignments on a page.

    Parameters
    ----------
    stream : TextIO
    most : int
        Largest number of alignments on the page.
    """

    def __init__(self, stream: TextIO, most: int) -> None:
        self._stream, self._most = stream, most
        self._kept: list[Named] = []

    def has_room(self) -> bool:
        """Return whether there is room for the next alignment."""
        return len(self._kept) < self._most

    def add(self, named: Named) -> None:
        """Keep an alignment."""
        self._kept.append(named)

    def finish(self, pairs: AlignedPairs, aligner: Aligner) -> None:
        """Write the page."""
        counts = pairs.counts
        page = Page(counts["pairs"], counts["aligned_pairs"], pairs.profile(), aligner.described())
        write_page(self._stream, page, self._kept, pairs.names)


def write_page(stream: TextIO, page: Page, drawings: Sequence[Named], names: Sequence[str]) -> None:
    """Write the page.

    Parameters
    ----------
    stream : TextIO
    page : Page
    drawings : sequence of Named
        The alignments on the page.
    names : sequence of str
        The columns from which the names of an alignment are taken.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    template = environment.from_string(files("mirtools.report").joinpath("alignment_page.html").read_text("utf-8"))
    for part in template.generate(
        pairs=page.pairs,
        aligned=page.aligned,
        shown=len(drawings),
        settings=page.settings,
        against=hexadecimal(AGAINST),
        neutral=hexadecimal(NEUTRAL),
        for_=hexadecimal(FOR),
        profile=Markup(profile_svg(page.profile)) if page.aligned else None,
        names=[_NAMES.get(name, name) for name in names],
        scored=any(named.score for named in drawings),
        entries=[_Entry(named) for named in drawings],
    ):
        stream.write(part)


class _Entry:
    """One alignment, with the attributes that the template uses."""

    def __init__(self, named: Named) -> None:
        self._named = named
        self.number = named.number
        self.names = [shorten(name, 80) for name in named.names]
        self.score = shorten(named.score, 20)
        self.alignment = f"{named.alignment.score:.3g}"
        start, end = named.alignment.span
        self.span = "" if named.alignment.empty else f"{named.offset + start + 1}\u2013{named.offset + end}"
        self.heading = " \u00b7 ".join(heading(named))

    @property
    def map(self) -> Any:
        """The heat map, as markup."""
        from markupsafe import Markup

        return Markup(map_svg(self._named))

    @property
    def strip(self) -> Any:
        """The alignment, as markup."""
        from markupsafe import Markup

        if self._named.alignment.empty:
            return Markup("<p>{}</p>").format(NO_ALIGNMENT)
        strip = strip_of(self._named)
        limit = full_colour(self._named)
        lines = [
            _quiet(f"           {ruler(strip.site_positions, 10)}"),
            "site    5' " + _coloured(strip.site, strip.scores, strip.faces, limit) + " 3'",
            f"           {strip.marks}",
            "miRNA   3' " + _coloured(strip.mirna, strip.scores, strip.faces, limit) + " 5'",
            _quiet(f"           {ruler(strip.mirna_positions, 5)}"),
        ]
        return Markup("<pre>" + "\n".join(lines) + "</pre>")


def _coloured(sequence: str, scores: Sequence[float], faces: Sequence[bool], limit: float) -> str:
    """Return a line of the alignment as markup, with the background of aligned bases coloured by score."""
    return "".join(
        f'<span style="background:{colour(score, limit)};color:{ink(score, limit)}">{letter}</span>'
        if faced
        else letter
        for letter, score, faced in zip(sequence, scores, faces, strict=True)
    )


def _quiet(line: str) -> str:
    return f'<span class="p">{line}</span>'
