"""Turns raw reads into distinct inserts: removes UMI and adapter, drops short ones, collapses copies in a batch.

DMISO, Identification of miRNA-mRNA interactions: "removed adapters from the reads, discarded duplicate reads".

If sequencing stopped before the adapter, the 3' end of an insert is that of the read, not of the RNA. The end of
the RNA is known if the adapter was found with an overlap too long for chance, or, in files without adapters, if
the read is shorter than the longest one and therefore was already trimmed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mirtools.chimera.adapters import LEAST_OVERLAP, Adapters
from mirtools.chimera.batches import END_SEEN, RawReads, ReadBatch, gather, raise_qualities
from mirtools.chimera.digests import Places, digests_of, first_copies
from mirtools.chimera.names import copies_of
from mirtools.chimera.read_state import ReadState
from mirtools.chimera.umi_bases import cut_umis
from mirtools.chimera.umis import UmiLayout

# Fewer adapter bases at the end of a read may belong to the insert; they are removed anyway
_SURE_OVERLAP = 7
# Share of already trimmed reads that seem to contain an adapter: its first three bases end one read in 64
_WITH_ADAPTER = 0.05
# Added to digests of inserts with an unknown end: copies of a molecule agree in whether the end is known
_OPEN = np.uint64(0x9E3779B97F4A7C15)


class ReadLayout(NamedTuple):
    """The structure of raw reads, and which inserts are used.

    Attributes
    ----------
    adapters : Adapters
        Removed first, at the 3' end.
    umis : UmiLayout
        The UMI, which distinguishes PCR copies from distinct molecules. Its part before the adapter is not removed
        if ``adapters`` are given but none is found.
    min_length : int
        Shortest insert in nt.
    copies_in_name : bool
        Whether names contain the number of copies, see :func:`mirtools.chimera.names.copies_in_name`.
    share, shares : int
        Only the reads of one of several shares are used (0-based). Copies are always in the same share.
    gather_umis : bool
        Whether batches keep UMIs, to find those that differ by an error.
    """

    adapters: Adapters = Adapters(())
    umis: UmiLayout = UmiLayout()
    min_length: int = 15
    copies_in_name: bool = False
    share: int = 0
    shares: int = 1
    gather_umis: bool = False


class Inserts(NamedTuple):
    """The distinct inserts of some reads, and the numbers of reads.

    Attributes
    ----------
    batch : ReadBatch
    raw : array of int64, shape (n,)
        The read of each entry of the batch, by position.
    reads : int
        All reads of this share.
    too_short : int
        Reads whose insert was too short.
    """

    batch: ReadBatch
    raw: Places
    reads: int
    too_short: int


def longest_trimmed(state: ReadState, layout: ReadLayout) -> int:
    """Return the length of the longest read (shorter ones were already trimmed), or 0 if reads contain adapters.

    Parameters
    ----------
    state : ReadState
        Of the first reads of a file.
    layout : ReadLayout
    """
    if layout.adapters and state.trimmable > _WITH_ADAPTER * state.reads:
        return 0
    return max(state.lengths, default=0)


def inserts_of(
    reads: RawReads, layout: ReadLayout, sample: int = 0, keep_names: bool = False, longest: int = 0
) -> Inserts:
    """Return the distinct inserts of some reads, in the order of their first copies.

    Parameters
    ----------
    reads : RawReads
    layout : ReadLayout
    sample : int
        Position of the sample among all samples.
    keep_names : bool
    longest : int
        Shorter reads were already trimmed, so their 3' ends are known; see :func:`longest_trimmed`.

    Raises
    ------
    InputError
        If the name of a read lacks the number of copies or the UMI that the layout requires.
    """
    starts, stops = layout.adapters.spans(reads)
    adapters = reads.starts[:-1] + starts
    without = adapters == reads.starts[1:] if layout.adapters else np.zeros(len(starts), bool)
    open_end = (reads.starts[1:] - adapters < _SURE_OVERLAP) & (np.diff(reads.starts) >= longest)
    # this number of bases of an unknown adapter may remain
    loose = np.where(without, layout.adapters.begun(reads), 0 if layout.adapters else LEAST_OVERLAP - 1)
    # without adapter it is unknown how much of a UMI before it was read
    loose[without] += len(layout.umis.three_prime)
    begins, ends, *umis = cut_umis(reads, layout.umis, adapters, reads.starts[:-1] + stops, without)
    copies = copies_of(reads, layout.copies_in_name)
    digests = digests_of(sample, *umis, reads.bases, begins, ends)
    digests[open_end, 0] ^= _OPEN
    loose = np.where(open_end, loose, END_SEEN)
    mine = np.ones(len(begins), bool)
    if layout.shares > 1:
        mine = digests[:, 1] % np.uint64(layout.shares) == layout.share
    long_enough = ends - begins >= layout.min_length
    used = np.flatnonzero(mine & long_enough)
    firsts = first_copies(digests[used])
    chosen = used[firsts == np.arange(len(used))]
    entry_of = np.cumsum(firsts == np.arange(len(used))) - 1
    entries = entry_of[firsts]
    bases, bounds = gather(reads.bases, begins, ends, chosen)
    qualities = None
    if reads.qualities is not None:
        qualities, _ = gather(reads.qualities, begins, ends, chosen)
        if len(chosen) < len(used):
            raise_qualities(qualities, bounds, entries, reads.qualities, begins[used])
    names = [reads.name(read) for read in chosen.tolist()] if keep_names else []
    summed = np.zeros(len(chosen), np.int64)
    np.add.at(summed, entries, copies[used])
    batch = ReadBatch(bases, bounds, qualities, names, digests[chosen], summed, sample, loose[chosen])
    if layout.gather_umis:
        text, umi_starts = gather(umis[0], umis[1], umis[2], chosen)
        molecules = digests_of(sample, text, chosen, chosen, reads.bases, begins[chosen], ends[chosen])
        molecules[open_end[chosen], 0] ^= _OPEN
        batch = batch._replace(molecules=molecules, umis=text, umi_starts=umi_starts)
    return Inserts(batch, chosen, int(mine.sum()), int((mine & ~long_enough).sum()))
