"""Why no positive has a negative, and what to try."""

from __future__ import annotations

from collections.abc import Mapping

from mirtools.io.empty_results import most_frequent

_OTHER_REGION = "; --region any takes other parts of the transcript"
_HINTS = {
    "no_regions": "no 3'UTR or other region is known of their transcripts; give --gtf or --regions for them, or "
    "--region any",
    "other_length": "their transcripts have another length in the annotation; give that of the same release",
    "no_3utr": f"their transcripts have no 3'UTR{_OTHER_REGION}",
    "no_cds": f"their transcripts have no coding sequence{_OTHER_REGION}",
    "no_5utr": f"their transcripts have no 5'UTR{_OTHER_REGION}",
    "utr_too_short": f"the 3'UTR is shorter than the site{_OTHER_REGION}",
    "cds_too_short": f"the coding sequence is shorter than the site{_OTHER_REGION}",
    "utr5_too_short": f"the 5'UTR is shorter than the site{_OTHER_REGION}",
    "transcript_too_short": "the transcript is shorter than the site; are --transcripts whole?",
    "no_room": "no window is far enough from all positive sites; a smaller --min-distance or --region any helps",
    "energy": "no window pairs with the miRNA as stably as --max-energy asks; a larger one finds some",
    "no_partner": "no site of another miRNA can be exchanged; the table needs several miRNAs with sites on others",
    "no_other_mirna": "no other miRNA can take the site; the table needs several miRNAs of different families",
    "no_other_order": "their sites have no other order of bases with the same pairs of neighbours",
}


def no_negatives_hint(unmet: Mapping[str, int]) -> str:
    """Return a hint on positives of which none has a negative, from the reasons of all of them.

    >>> no_negatives_hint({"utr_too_short": 1, "energy": 3})
    '3 positives: no window pairs with the miRNA as stably as --max-energy asks; a larger one finds some'
    """
    reason, count = most_frequent(unmet)
    return f"{count:,} positives: {_HINTS.get(reason, reason.replace('_', ' '))}"
