"""SVG parts of the HTML page of attribution alignments: the heat map with the path, and the profile of a miRNA."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mirtools.alignment.table import Named
from mirtools.report.alignment_colours import LEVELS, palette
from mirtools.report.alignment_strip import full_colour, path_runs, shown
from mirtools.report.drawing import BLUE

# pixels of a cell, and of the picture's margins
_CELL, _LEFT, _TOP, _BELOW = 12, 44, 6, 44
_ENLARGED = 4  # pixels per cell: some programs blur small pictures, which would merge cells
_MOST_LETTERS = 70
_LOOK = 'font-size="10" font-family="system-ui, sans-serif" fill="#333"'


def map_svg(named: Named) -> str:
    """Return the heat map of a pair's attributions with the alignment's path; site to the right, miRNA down."""
    values, alignment = named.values, named.alignment
    rows, columns = len(alignment.mirna), len(alignment.site)
    width, height = columns * _CELL, rows * _CELL
    picture = b64encode(png(levels(values.T, full_colour(named)))).decode("ascii")
    parts = [
        f'<svg viewBox="0 0 {_LEFT + width + 10} {_TOP + height + _BELOW}" width="{_LEFT + width + 10}" '
        f'{_LOOK} role="img" aria-label="Heat map of the attributions of pair {named.number}">',
        f'<image x="{_LEFT}" y="{_TOP}" width="{width}" height="{height}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="data:image/png;base64,{picture}"/>',
        f'<rect x="{_LEFT}" y="{_TOP}" width="{width}" height="{height}" fill="none" stroke="#444"/>',
        *_path(named),
        *_site_labels(shown(alignment.site, alignment.rule), named.offset, _TOP + height),
        *_mirna_labels(shown(alignment.mirna, alignment.rule)),
        "</svg>",
    ]
    return "\n".join(parts)


def profile_svg(means: Sequence[float]) -> str:
    """Return bars of the mean importance of each base of the miRNA."""
    top = max((*means, 0.0)) or 1.0
    low = min((*means, 0.0))
    left, step, height = 64, 24, 120
    width = step * len(means)
    scale = height / (top - low)
    zero = 16 + top * scale
    parts = [
        f'<svg viewBox="0 0 {left + 10 + width} {height + 56}" width="{left + 10 + width}" {_LOOK} role="img" '
        'aria-label="Mean importance by base of the miRNA">'
    ]
    for base, mean in enumerate(means):
        x, size = left + step * base, abs(mean) * scale
        y = zero - size if mean > 0 else zero
        parts.append(
            f'<rect x="{x}" y="{y:.1f}" width="{step - 6}" height="{size:.1f}" fill="{BLUE}">'
            f"<title>base {base + 1}: {mean:.3g}</title></rect>"
        )
        if base == 0 or (base + 1) % 5 == 0:
            parts.append(_text(x + (step - 6) / 2, height + 32, str(base + 1)))
    for value in (top, 0.0):
        y = zero - value * scale
        parts.append(f'<line x1="{left - 6}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#bbb"/>')
        parts.append(_text(left - 10, y + 3.5, f"{value:.2g}", "end"))
    parts.append(_text(left + width / 2, height + 50, "base of the miRNA, 5\u2032 \u2192 3\u2032"))
    return "\n".join([*parts, "</svg>"])


def levels(values: NDArray[np.floating], limit: float) -> NDArray[np.uint8]:
    """Return each value's index in the palette."""
    middle = LEVELS // 2
    return np.rint(np.clip(values / limit, -1, 1) * middle + middle).astype(np.uint8)


def png(numbers: NDArray[np.uint8]) -> bytes:
    """Return a PNG picture of indices in the palette, each cell several pixels wide and high."""
    pixels = numbers.repeat(_ENLARGED, axis=0).repeat(_ENLARGED, axis=1)
    height, width = pixels.shape
    lines = np.zeros((height, width + 1), np.uint8)  # each begins with the number of its filter: 0, none
    lines[:, 1:] = pixels
    colours = bytes(part for rgb in palette() for part in rgb)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)  # eight bits, a palette
    chunks = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def _path(named: Named) -> list[str]:
    runs = [
        [(_LEFT + (site + 0.5) * _CELL, _TOP + (base + 0.5) * _CELL) for site, base in run]
        for run in path_runs(named)
    ]
    parts = [
        f'<polyline points="{_points([before[-1], after[0]])}" fill="none" stroke="#000" stroke-dasharray="2 2"/>'
        for before, after in pairwise(runs)
    ]
    for run in runs:
        parts.append(f'<polyline points="{_points(run)}" fill="none" stroke="#000"/>')
        parts += [f'<circle cx="{x:g}" cy="{y:g}" r="2.4" fill="none" stroke="#000"/>' for x, y in run]
    return parts


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in places)


def _site_labels(site: str, offset: int, below: int) -> list[str]:
    middles = [_LEFT + (at + 0.5) * _CELL for at in range(len(site))]
    parts = []
    if len(site) <= _MOST_LETTERS:
        parts += [_text(x, below + 12, letter) for x, letter in zip(middles, site, strict=True)]
    positions = range(offset + 1, offset + len(site) + 1)
    parts += [
        _text(x, below + 24, str(position))
        for x, position in zip(middles, positions, strict=True)
        if position == 1 or position % 10 == 0
    ]
    return [*parts, _text(_LEFT + len(site) * _CELL / 2, below + 38, "site 5\u2032 \u2192 3\u2032")]


def _mirna_labels(mirna: str) -> list[str]:
    parts = []
    for base, letter in enumerate(mirna):
        y = _TOP + (base + 0.5) * _CELL + 3.5
        if len(mirna) <= _MOST_LETTERS:
            parts.append(_text(_LEFT - 8, y, letter))
        if base == 0 or (base + 1) % 5 == 0:
            parts.append(_text(_LEFT - 15, y, str(base + 1), "end"))
    middle = _TOP + len(mirna) * _CELL / 2
    label = "miRNA 3\u2032 \u2190 5\u2032"
    turned = f'<text transform="translate(11 {middle:g}) rotate(-90)" text-anchor="middle">{label}</text>'
    return [*parts, turned]


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:g}" y="{y:.4g}" text-anchor="{anchor}">{text}</text>'
