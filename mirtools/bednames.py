"""Names in BED: what its readers cannot hold in a name, or would take for a heading, is percent-escaped."""

from __future__ import annotations

import string
from functools import lru_cache
from urllib.parse import quote

_SAFE = "".join(set(string.punctuation) - {"%"})
# Lines that begin so are no sites to those who read BED
HEADINGS = ("#", "track", "browser")


@lru_cache(maxsize=100_000)  # a name comes with many sites, which share the text
def first_column(name: str) -> str:
    """Return a sequence's name for the first column of BED, escaped also where it would read as a heading."""
    chromosome = escaped(name)
    if chromosome.startswith(HEADINGS):
        return f"%{ord(chromosome[0]):02X}{chromosome[1:]}"
    return chromosome


@lru_cache(maxsize=100_000)
def escaped(name: str) -> str:
    """Return a name with what BED cannot hold percent-escaped; an empty one becomes ``.``.

    >>> escaped("miR 1%")
    'miR%201%25'
    """
    return quote(name, safe=_SAFE) or "."
