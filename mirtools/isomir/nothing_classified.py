"""Hints on why classification drops most or all pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mirtools.io.empty_results import mirnas_hint, most_frequent, no_rows_hint


def hints_of(
    lengths: Sequence[int], counts: Mapping[str, int], dropped: Mapping[str, int], min_reads: int, min_quality: int
) -> list[str]:
    """Return hints on tables and miRNAs that do not fit; an empty list if pairs are classified normally.

    Parameters
    ----------
    lengths : sequence of int
        Lengths of the miRNAs, in nt.
    counts, dropped : mapping
        Of :class:`mirtools.isomir.table.IsomirTable`.
    min_reads, min_quality : int
    """
    if hint := mirnas_hint(lengths):
        return [hint]
    rows, pairs = counts.get("rows_in", 0), counts.get("pairs", 0)
    if not rows:
        return [no_rows_hint("PAIRS")]
    reason, count = most_frequent(dropped)
    if pairs and not (reason in _OF_ALL_READS and count > rows / 2):
        return []
    return [
        _HINTS.get(reason, "{rows} are dropped as {reason}").format(
            rows=f"{count:,} of {rows:,} rows", reason=reason, min_reads=min_reads, min_quality=min_quality
        )
    ]


# Reasons that point to a problem with all reads; a hint is given even if some pairs remain
_OF_ALL_READS = "no_ungapped_alignment", "unread_base"
_HINTS = {
    "low_support": "{rows} have a miRNA part that is in fewer than --min-reads {min_reads} distinct reads; a "
    "smaller --min-reads keeps them",
    "low_quality": "{rows} have a changed base with no quality above --min-quality {min_quality}; a "
    "smaller --min-quality keeps them",
    "unread_base": "{rows} have N in their miRNA part, and match no form that other reads show in full; if a "
    "cycle failed in all reads, add tables of lanes or samples in which it was read",
    "no_ungapped_alignment": "{rows} have a miRNA part that does not align with the miRNA of its name; are "
    "--mirnas the sequences that the pairs were made with?",
}
