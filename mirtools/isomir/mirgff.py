"""Writes mirGFF3 1.1, the exchange format of isomiR tools.

One line for each observed miRNA sequence and each locus that explains it best. Coordinates are on the precursor,
or on the canonical miRNA if no precursor is known; 1-based and closed, cut off at its ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TextIO

from mirtools.isomir.precursors import Placed, Precursors
from mirtools.isomir.types import Isomir

# The alphabet of licence plates, in the order of MINTplates
_PLATE = "BD0EF1HI2JK3LM4NO5PQ6RS7UV8WX9YZ"
_BASES = "ACGT"
_WORD = 5
# In the order of the specification; "%" has to be first.
_ESCAPED = {"%": "%25", ";": "%3B", "=": "%3D", "&": "%26", ",": "%2C", "\t": "%09", "\n": "%0A", "\r": "%0D"}
_EXACT = "NA"


class Observed(NamedTuple):
    """One observed miRNA sequence.

    Attributes
    ----------
    mirna, sequence : str
    isomir : Isomir
    expression : sequence of int
        Distinct reads in each sample.
    names : sequence of str
        All miRNAs that explain it equally well, including ``mirna``.
    """

    mirna: str
    sequence: str
    isomir: Isomir
    expression: Sequence[int]
    names: Sequence[str]


def licence_plate(sequence: str) -> str:
    """Return the UID of a sequence over ``ACGT``: ``iso``, its length, and its bases in a code of 32 characters.

    Five bases are a number below 4^5 (A = 0, C = 1, G = 2, T = 3), written as two characters. The remaining one to
    four bases are numbered by length and alphabet (A, C, G, T, AA, AC, ...) and written in as many characters as
    needed. The definition is that of MINTplates (Pliatsika et al. 2016), which mirtop uses.

    >>> licence_plate("TGAGGTAGTAGGTTGTATAGTTA")
    'iso-23-XKVLRYVP0O'
    """
    plate = []
    for start in range(0, len(sequence), _WORD):
        word = sequence[start : start + _WORD]
        number = 0
        for base in word:
            number = 4 * number + _BASES.index(base)
        if len(word) < _WORD:
            number += _shorter(len(word))
        high, low = divmod(number, len(_PLATE))
        plate.append((_PLATE[high] if high or len(word) == _WORD else "") + _PLATE[low])
    return f"iso-{len(sequence)}-{''.join(plate)}"


def _shorter(length: int) -> int:
    """Return the number of non-empty words shorter than ``length``."""
    return sum(4**size for size in range(1, length))


def escaped(text: str) -> str:
    """Return text as written in an attribute: reserved characters as ``%XX``.

    >>> escaped("a;b=c%")
    'a%3Bb%3Dc%25'
    """
    return "".join(_ESCAPED.get(character, character) for character in text)


def write_mirgff(
    stream: TextIO,
    observed: Iterable[Observed],
    precursors: Precursors,
    accessions: Mapping[str, str],
    samples: Sequence[str],
) -> int:
    """Write the header and all lines; returns how many sequences were skipped because they have no UID.

    Parameters
    ----------
    stream : TextIO
    observed : iterable of Observed
        In the order of the lines. Sequences with ``N`` have no UID.
    precursors : Precursors
    accessions : mapping of str to str
        Known accessions of miRNAs, by name: written as ``Alias``. If there are any, the source is miRBase.
    samples : sequence of str
        Names of the columns of ``Expression``.

    Notes
    -----
    ``Hits`` counts the loci of all miRNAs that explain the sequence equally well. Lines are written only for the
    miRNA in the table, and for its loci with the variant in the table, so that no read counts twice. The filter
    ``PASS:ambiguous`` indicates other miRNAs.
    ``iso_5p`` follows 1.1 and mirtop: negative if the isomiR starts before the canonical miRNA.
    """
    mirbase = bool(accessions)
    source = "miRBase" if mirbase else "custom"
    ontology = "miRBase doi:10.25504/fairsharing.hmgte8" if mirbase else "custom"
    stream.write("## mirGFF3. VERSION 1.1\n")
    stream.write(f"## source-ontology: {ontology}\n")
    stream.write("## TOOLS: mirtools isomir-classify\n")
    stream.write("## FILTER: PASS(is ok), PASS:ambiguous(other miRNAs explain the sequence as well)\n")
    stream.write(f"## COLDATA: {','.join(map(escaped, samples))}\n")
    skipped = 0
    for item in observed:
        if "N" in item.sequence:
            skipped += 1
            continue
        places = precursors.places(item.mirna, item.sequence, item.isomir)
        hits = len(places) + sum(max(1, len(precursors.loci(name))) for name in item.names if name != item.mirna)
        for place in (place for place in places if place.variant == places[0].variant):
            stream.write(_line(item, place, source, hits, accessions.get(item.mirna, "")))
    return skipped


def _line(item: Observed, place: Placed, source: str, hits: int, accession: str) -> str:
    attributes = {
        "Read": item.sequence,
        "UID": licence_plate(item.sequence),
        "Name": escaped(item.mirna),
        "Parent": escaped(place.precursor),
        "Variant": place.variant or _EXACT,
        "Cigar": place.cigar,
        "Hits": str(hits),
        "Alias": escaped(accession),
        "Expression": ",".join(map(str, item.expression)),
        "Filter": "PASS:ambiguous" if len(item.names) > 1 else "PASS",
    }
    columns = (
        _seqid(place.precursor),
        source,
        "isomiR" if item.isomir.types else "ref_miRNA",
        str(place.start + 1),
        str(place.end),
        ".",
        "+",
        ".",
        "; ".join(f"{key}={value}" for key, value in attributes.items() if value),
    )
    return "\t".join(columns) + "\n"


def _seqid(name: str) -> str:
    """Return a name as written in the first column: ``>`` would start FASTA, ``#`` a comment."""
    text = name.replace("%", "%25")
    for character, code in (("\t", "%09"), (">", "%3E"), ("#", "%23")):
        text = text.replace(character, code)
    return text
