"""Raw reads -> distinct inserts: UMI and adapter off, too short ones out, copies within a batch collapsed.

DMISO, Identification of miRNA-mRNA interactions: "removed adapters from the reads, discarded duplicate reads".

Where sequencing stopped before the adapter, the 3' end of an insert is that of the read, not of the RNA. It is
known where the adapter was found, with an overlap that chance does not give, or, in files that hold no adapters,
where the read is shorter than the longest one, so that somebody else has trimmed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mirtools.chimera.adapters import LEAST_OVERLAP, Adapters
from mirtools.chimera.batches import END_SEEN, RawReads, ReadBatch, gathered, pack, raise_qualities
from mirtools.chimera.digests import Places, digests_of, first_copies
from mirtools.chimera.names import copies_of, umis_in_names
from mirtools.errors import InputError

# Fewer bases of an adapter at the end of a read may as well be the insert's; they are cut off all the same.
_SURE_OVERLAP = 7
# Share of reads that seem to hold an adapter where all are trimmed: its first three bases end one read in 64.
_WITH_ADAPTER = 0.05
# What the digests of inserts with an unknown end differ by: a molecule has one end, so copies agree in it.
_OPEN = np.uint64(0x9E3779B97F4A7C15)


class ReadLayout(NamedTuple):
    """What a raw read is made of, and which inserts are used.

    Attributes
    ----------
    adapters : Adapters
        Taken off first, at the 3' end.
    umi_length : int
        Bases that are no insert but tell PCR copies from distinct molecules; 0 for none. Of a UMI in the name its
        length, or 0 for any.
    umi_position : str
        ``5p``: first bases of the read; ``3p``: last bases before the adapter, none of a read that has no adapter
        where there are ``adapters``; ``name``: in the name or its comment, where
        :func:`mirtools.chimera.names.umi_in_name` finds it.
    min_length : int
        Shortest insert in nt.
    copies_in_name : bool
        Names say how many copies a read stands for, see :func:`mirtools.chimera.names.copies_in_name`.
    share, shares : int
        Only the reads of one of several shares are used (0-based). Copies always fall to the same share.
    """

    adapters: Adapters = Adapters(())
    umi_length: int = 0
    umi_position: str = "5p"
    min_length: int = 15
    copies_in_name: bool = False
    share: int = 0
    shares: int = 1


class Inserts(NamedTuple):
    """The distinct inserts of some reads, and how many reads they come from.

    Attributes
    ----------
    batch : ReadBatch
    raw : array of int64, shape (n,)
        Which of the reads each entry of the batch is the insert of.
    reads : int
        All reads, of this share.
    too_short : int
        Those whose insert was too short.
    """

    batch: ReadBatch
    raw: Places
    reads: int
    too_short: int


def longest_trimmed(first: Sequence[Sequence[Any]], layout: ReadLayout, source: str) -> int:
    """Return the bases of the longest read, below which a read was trimmed before; 0 where reads hold adapters.

    Parameters
    ----------
    first : sequence of sequences of dnaio.SequenceRecord or Read
        The first reads of a file.
    layout : ReadLayout
    source : str
        File name as the user gave it.
    """
    reads = found = 0
    for records in first if layout.adapters else ():
        try:
            raw = pack(records, source)
        except InputError:  # told in its place
            break
        reads += len(records)
        found += int((layout.adapters.starts(raw) < np.diff(raw.starts)).sum())
    if found > _WITH_ADAPTER * reads:
        return 0
    return max((len(record.sequence) for records in first for record in records), default=0)


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
        Shorter reads were trimmed before, so that their 3' ends are known; see :func:`longest_trimmed`.

    Raises
    ------
    InputError
        For a read whose name lacks the number of copies or the UMI that the layout promises.
    """
    begins, ends = reads.starts[:-1], reads.starts[:-1] + layout.adapters.starts(reads)
    without = ends == reads.starts[1:] if layout.adapters else np.zeros(len(begins), bool)
    open_end = (reads.starts[1:] - ends < _SURE_OVERLAP) & (np.diff(reads.starts) >= longest)
    # as many bases of an unknown adapter may have been left
    loose = np.where(without, layout.adapters.begun(reads), 0 if layout.adapters else LEAST_OVERLAP - 1)
    umis, umi_begins, umi_ends = reads.bases, begins, begins
    if layout.umi_position == "name":
        umis, umi_begins, umi_ends = umis_in_names(reads, layout.umi_length)
    elif layout.umi_position == "3p":
        # without adapter there is no telling how much of the UMI was read, if any
        loose[without] += layout.umi_length
        umi_begins, umi_ends = np.where(without, ends, np.maximum(ends - layout.umi_length, begins)), ends
        ends = umi_begins
    else:
        umi_ends = np.minimum(begins + layout.umi_length, ends)
        begins = umi_ends
    copies = copies_of(reads, layout.copies_in_name)
    digests = digests_of(sample, umis, umi_begins, umi_ends, reads.bases, begins, ends)
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
    bases, starts = gathered(reads.bases, begins, ends, chosen)
    qualities = None
    if reads.qualities is not None:
        qualities, _ = gathered(reads.qualities, begins, ends, chosen)
        if len(chosen) < len(used):
            raise_qualities(qualities, starts, entries, reads.qualities, begins[used])
    names = [reads.name(read) for read in chosen.tolist()] if keep_names else []
    summed = np.zeros(len(chosen), np.int64)
    np.add.at(summed, entries, copies[used])
    batch = ReadBatch(bases, starts, qualities, names, digests[chosen], summed, sample, loose[chosen])
    return Inserts(batch, chosen, int(mine.sum()), int((mine & ~long_enough).sum()))
