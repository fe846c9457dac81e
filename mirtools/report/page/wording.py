"""Numbers and positions in words, as pages show them."""

from __future__ import annotations


def many(count: int, noun: str) -> str:
    """Return a number with its noun.

    >>> many(1, "site"), many(2000, "site")
    ('1 site', '2,000 sites')
    """
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def signed(value: float) -> str:
    """Return a log2 fold change with two decimals and a true minus.

    >>> signed(-0.517), signed(0.0)
    ('−0.52', '0.00')
    """
    return f"{value:.2f}".replace("-", "\u2212")


def span(start: str, end: str) -> str | None:
    """Return 0-based, half-open cells of a table as people count, or ``None`` without a start.

    >>> span("1199", "1230"), span("5", "."), span(".", ".")
    ('1,200–1,230', '6–.', None)
    """
    if not _is_number(start):
        return None
    return f"{int(start) + 1:,}–{int(end):,}" if _is_number(end) else f"{int(start) + 1:,}–{end}"


def _is_number(cell: str) -> bool:
    return cell.isascii() and cell.isdigit() and len(cell) < 16
