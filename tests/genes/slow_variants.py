"""Slow and obvious: a genome base by base, its transcripts, and what a variant makes of them."""

from __future__ import annotations

from mirtools.io.sequences import reverse_complement


def cells(genome, position, reference, alternative):
    """Return the genome as one text per base, with an allele; the first base of REF is at ``position``."""
    found = list(genome)
    assert genome[position : position + len(reference)] == reference
    if len(reference) == len(alternative):
        found[position : position + len(reference)] = list(alternative)
        return found
    found[position : position + len(reference)] = [alternative] + [""] * (len(reference) - 1)
    return found


def spliced(bases, placement):
    """Return the transcript of a genome (a text, or one text per base)."""
    joined = "".join("".join(bases[start:end]) for start, end in placement.exons)
    return joined if placement.strand == "+" else reverse_complement(joined)


def regions(bases, placement):
    """Return start and end of the coding sequence on the transcript."""
    first, last = placement.coding
    sizes = [0, 0, 0]
    for start, end in placement.exons:
        for at in range(start, end):
            sizes[0 if at < first else 1 if at < last else 2] += len(bases[at])
    if placement.strand == "-":
        sizes.reverse()
    return sizes[0], sizes[0] + sizes[1]
