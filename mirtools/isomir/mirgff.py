"""mirGFF3 1.1: the format in which tools of the isomiR field exchange what they found.

One line for each observed miRNA sequence and each locus that explains it best. Coordinates are those on the
precursor, or on the canonical miRNA where no precursor is known; 1-based and closed, cut off at its ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TextIO

from mirtools.isomir.precursors import Precursors
from mirtools.isomir.types import Isomir

# The alphabet of licence plates: the letters and digits that are not mistaken for each other, mixed.
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
        All miRNAs that explain it equally well, ``mirna`` among them.
    """

    mirna: str
    sequence: str
    isomir: Isomir
    expression: Sequence[int]
    names: Sequence[str]


def licence_plate(sequence: str) -> str:
    """Return the UID of a sequence over ``ACGT``: ``iso``, its length, and its bases in a code of 32 characters.

    Five bases are a number below 4^5 (A = 0, C = 1, G = 2, T = 3) and two characters. The one to four bases that
    are left are numbered through by length and alphabet (A, C, G, T, AA, AC, ...), in as many characters as the
    number needs. The definition is that of MINTplates (Pliatsika et al. 2016), which mirtop uses.

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
    """Return how many words are shorter than ``length`` and not empty."""
    return sum(4**size for size in range(1, length))


def escaped(text: str) -> str:
    """Return text as it stands in an attribute: reserved characters as ``%XX``.

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
    """Write the header and all lines; returns how many sequences have no UID and were left out.

    Parameters
    ----------
    stream : TextIO
    observed : iterable of Observed
        In the order of the lines. Sequences with ``N`` have no UID.
    precursors : Precursors
    accessions : mapping of str to str
        Accession of miRNAs by name, as far as known: ``Alias``, and the sign of miRBase.
    samples : sequence of str
        Names of the columns of ``Expression``.

    Notes
    -----
    ``Hits`` counts the loci of all miRNAs that explain the sequence equally well; lines are written for the one
    that the table names, and for its loci with the variant that the table names, so that no read counts twice.
    Other miRNAs are told by the filter ``PASS:ambiguous``.
    ``iso_5p`` follows 1.1 and mirtop: negative where the isomiR starts before the canonical miRNA.
    """
    mirbase = bool(accessions)
    source = "miRBase" if mirbase else "custom"
    ontology = "miRBase doi:10.25504/fairsharing.hmgte8" if mirbase else "custom"
    stream.write("## mirGFF3. VERSION 1.1\n")
    stream.write(f"## source-ontology: {ontology}\n")
    stream.write("## TOOLS: mirtools isomir-classify\n")
    stream.write("## FILTER: PASS(is ok), PASS:ambiguous(other miRNAs explain the sequence as well)\n")
    stream.write(f"## COLDATA: {','.join(map(escaped, samples))}\n")
    left_out = 0
    for item in observed:
        if "N" in item.sequence:
            left_out += 1
            continue
        places = precursors.places(item.mirna, item.sequence, item.isomir)
        hits = len(places) + sum(max(1, len(precursors.loci(name))) for name in item.names if name != item.mirna)
        for place in (place for place in places if place.variant == places[0].variant):
            attributes = {
                "Read": item.sequence,
                "UID": licence_plate(item.sequence),
                "Name": escaped(item.mirna),
                "Parent": escaped(place.precursor),
                "Variant": place.variant or _EXACT,
                "Cigar": place.cigar,
                "Hits": str(hits),
                "Alias": escaped(accessions.get(item.mirna, "")),
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
            stream.write("\t".join(columns) + "\n")
    return left_out


def _seqid(name: str) -> str:
    """Return a name as the first column takes it: ``>`` would start FASTA, ``#`` a comment."""
    text = name.replace("%", "%25")
    for character, code in (("\t", "%09"), (">", "%3E"), ("#", "%23")):
        text = text.replace(character, code)
    return text
