"""Interaction tables for tests of sites, from a few words a row."""

from __future__ import annotations

COLUMNS = "pair_id mirna_id mirna_seq target_id target_start target_end site_start site_end site_seq".split()
LET7 = "TGAGGTAGTAGGTTGTATAGTT"
SEQUENCES = {"let-7a": LET7, "miR-16": "TAGCAGCACGTAAATATTGGCG", "miR-21": "TAGCTTATCAGACTGATGTTGA"}


def row(mirna, target, start, end, **others):
    """Return a row as a dict; the site is the aligned part with five bases more, all G unless given."""
    site_start, site_end = others.pop("site", (start, end + 5))
    cells = {
        "pair_id": f"P{mirna}-{target}-{start}-{end}-{others.get('isomir_variant', '')}",
        "mirna_id": mirna,
        "mirna_seq": SEQUENCES.get(mirna, LET7),
        "target_id": target,
        "target_start": start,
        "target_end": end,
        "site_start": site_start,
        "site_end": site_end,
        "site_seq": "G" * (site_end - site_start),
        "n_reads": 1,
    }
    return {**cells, **others}


def write_rows(path, rows):
    """Write rows as a table; columns that a row lacks are missing values."""
    columns = list(dict.fromkeys(name for each in rows for name in each)) or [*COLUMNS, "n_reads"]
    lines = ["\t".join(columns), *("\t".join(str(each.get(name, ".")) for name in columns) for each in rows)]
    path.write_text("\n".join(lines) + "\n")
    return str(path)
