"""The motifs of the kernels of both branches, as one figure of sequence logos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any, BinaryIO

from mirtools.errors import shorten
from mirtools.interpretation.comparison import Comparison, best_matches
from mirtools.interpretation.kernels import KernelMotif
from mirtools.interpretation.motifs import LETTERS, information
from mirtools.report.drawing import BLUE, GREEN, GREY, ORANGE, draw_page

_COLUMNS = 4
_ROW_HEIGHT = 1.75
_COLOURS = {"A": GREEN, "C": BLUE, "G": ORANGE, "T": "#D55E00"}
_BRANCHES = {"mirna": "miRNA", "site": "Site"}
_LETTER_WIDTH = 0.92


def draw_logos(
    stream: BinaryIO,
    kind: str,
    kernels: Sequence[KernelMotif],
    known: Comparison,
    max_e_value: float,
) -> None:
    """Draw the logo of every kernel: heights in bits, with the small-sample correction.

    Parameters
    ----------
    stream : BinaryIO
    kind : {"png", "svg", "pdf"}
    kernels : sequence of KernelMotif
        The miRNA branch is drawn left, the site branch right.
    known : Comparison
        With known motifs; the best match with an E-value up to ``max_e_value`` is named below a logo.
    max_e_value : float
    """
    halves = [[kernel for kernel in kernels if kernel.branch == branch] for branch in _BRANCHES]
    side = _COLUMNS // 2
    # kernels go down the columns, the most informative first
    depth = max(-(-len(half) // side) for half in halves)
    columns = []
    for half in halves:
        ranked = sorted(half, key=lambda kernel: -_bits(kernel))
        columns += [ranked[at * depth : (at + 1) * depth] for at in range(side)]
    notes = {
        name: f"{shorten(match.target.alternative or match.target.name, 18)}, E {match.e_value:.2g}, "
        f"control p {known.controls[name].p_value:.2g}"
        for name, match in best_matches(known.matches, max_e_value).items()
    }
    rows = [
        [partial(_draw_logo, kernel=column[row] if row < len(column) else None, notes=notes) for column in columns]
        for row in range(depth)
    ]
    title = "Kernels as motifs: miRNA branch left, site branch right (bits)"
    draw_page(stream, kind, rows, title, _ROW_HEIGHT)


@cache
def _outline(letter: str) -> Any:
    """Return the outline of a letter, with its lower left corner at 0, 0, as wide and high as 1."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    path = TextPath((0, 0), letter, size=1, prop=FontProperties(family="DejaVu Sans", weight="bold"))
    box = path.get_extents()
    return path.transformed(Affine2D().translate(-box.x0, -box.y0).scale(1 / box.width, 1 / box.height))


def _draw_letter(axes: Any, letter: str, position: int, bottom: float, height: float) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.transforms import Affine2D

    place = Affine2D().scale(_LETTER_WIDTH, height).translate(position - _LETTER_WIDTH / 2, bottom)
    axes.add_patch(PathPatch(_outline(letter).transformed(place), facecolor=_COLOURS[letter], linewidth=0))


def _bits(kernel: KernelMotif) -> float:
    motif = kernel.motif
    return -1.0 if motif is None else float(information(motif.frequencies, motif.sites).sum())


def _draw_logo(axes: Any, kernel: KernelMotif | None, notes: Mapping[str, str]) -> None:
    if kernel is None:
        axes.set_axis_off()
        return
    name = f"{_BRANCHES[kernel.branch]} {kernel.number}"
    motif = kernel.motif
    if motif is None:
        axes.set_title(f"{name}: never active", fontsize=9, color=GREY)
        axes.set_axis_off()
        return
    bits = information(motif.frequencies, motif.sites)
    for position, row in enumerate(motif.frequencies * bits[:, None], 1):
        bottom = 0.0
        # the tallest letter on top
        for height, letter in sorted(zip(row.tolist(), LETTERS, strict=True)):
            if height > 0:
                _draw_letter(axes, letter, position, bottom, height)
            bottom += height
    axes.set_xlim(0.4, motif.width + 0.6)
    axes.set_ylim(0, 2)
    axes.set_yticks([0, 1, 2])
    axes.set_xticks(range(1, motif.width + 1))
    axes.tick_params(labelsize=7.5)
    axes.set_title(name, fontsize=9.5)
    axes.set_title(f"{bits.sum():.1f} bits, {motif.sites:,} sites", loc="right", fontsize=8, fontweight="normal")
    axes.set_xlabel(notes.get(motif.name, ""), fontsize=8)
