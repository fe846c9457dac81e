"""The columns of a table of binding sites, in the order in which people read them."""

from __future__ import annotations

from collections.abc import Sequence

from mirtools.io.tables import SAMPLE_PREFIX

# By condition: how many of its samples have the site, and its irreproducible discovery rate
REPLICATES_PREFIX = "n_replicates:"
IDR_PREFIX = "idr:"

_WHERE = (
    "site_id mirna_id guide_class gene_name gene_id region chrom chrom_start chrom_end strand target_id "
    "site_start site_end summit core_start core_end n_reads"
).split()
_WHAT = ("isomir_share top_form site_type supplementary duplex_mfe score expected fold p_value q_value").split()
_KEYS = "n_pairs top_pair mirna_seq site_seq".split()
# One row a pair: which sites its reads went to, and how many of them
MEMBER_COLUMNS = "pair_id site_id n_reads".split()


def site_columns(samples: Sequence[str], conditions: Sequence[str] = (), classes: bool = False) -> list[str]:
    """Return the header of a table of sites.

    Parameters
    ----------
    samples : sequence of str
        In the order in which their counts stand.
    conditions : sequence of str
        With replicates; each has two columns.
    classes : bool
        Whether guides of several classes were searched.

    >>> site_columns(["a", "b"])[16:20]
    ['n_reads:a', 'n_reads:b', 'n_samples', 'isomir_share']
    """
    where = [name for name in _WHERE if classes or name != "guide_class"]
    counts = [SAMPLE_PREFIX + name for name in samples]
    seen = [REPLICATES_PREFIX + name for name in conditions]
    reproduced = [IDR_PREFIX + name for name in conditions]
    return [*where, *counts, "n_samples", *seen, *_WHAT, *reproduced, *_KEYS]
