"""Colours of attributions: blue for negative, vermilion for positive, distinguishable with any colour vision."""

from __future__ import annotations

from collections.abc import Sequence

# Okabe and Ito's blue and vermilion around white
AGAINST, NEUTRAL, FOR = (0, 114, 178), (255, 255, 255), (213, 94, 0)
LEVELS = 101  # odd: the middle one is white
_DARK = 0.6


def palette() -> list[tuple[int, int, int]]:
    """Return the colours from the most negative to the most positive value, as red, green, blue from 0 to 255."""
    middle = LEVELS // 2
    return [_mixed((level - middle) / middle) for level in range(LEVELS)]


def colour(value: float, limit: float) -> str:
    """Return a value's colour as #rrggbb; ``limit`` is the value with the full colour."""
    return hexadecimal(_mixed(max(-1.0, min(1.0, value / limit)) if limit else 0.0))


def ink(value: float, limit: float) -> str:
    """Return black or white, whichever is easier to read on a value's colour."""
    return "#ffffff" if limit and value / limit < -_DARK else "#000000"


def hexadecimal(rgb: tuple[int, int, int]) -> str:
    """Return a colour as #rrggbb."""
    return "#" + "".join(f"{part:02x}" for part in rgb)


def _mixed(share: float) -> tuple[int, int, int]:
    end = FOR if share > 0 else AGAINST
    red, green, blue = (round(low + (high - low) * abs(share)) for low, high in zip(NEUTRAL, end, strict=True))
    return red, green, blue


def shares(colours: Sequence[tuple[int, int, int]]) -> list[tuple[float, float, float]]:
    """Return colours as red, green, blue from 0 to 1."""
    return [(red / 255, green / 255, blue / 255) for red, green, blue in colours]
