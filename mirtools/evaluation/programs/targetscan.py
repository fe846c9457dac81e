"""Outputs of TargetScan, a program that looks for conserved sites in 3'UTRs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from mirtools.evaluation.programs.output import (
    HIGHER,
    LOWER,
    Hit,
    Lines,
    Output,
    Program,
    looks_a_number,
    not_output_of,
)

# weakest first; the numbers and short names are those of its context scores and of releases up to 6
_SITE_TYPES = {
    "6mer": 1.0,
    "1a": 2.0, "7mer-1a": 2.0, "7mer-a1": 2.0, "1": 2.0,
    "m8": 3.0, "7mer-m8": 3.0, "2": 3.0,
    "m8:1a": 4.0, "8mer": 4.0, "8mer-1a": 4.0, "3": 4.0,
}  # fmt: skip
_OTHER_SITE = 0.5
Families = dict[str, tuple[str, ...]]
_TARGETSCAN = {
    "gene": ("a_gene_id", "gene_id", "gene id", "geneid"),
    "symbol": ("gene symbol",),
    "transcript": ("transcript id", "transcript_id"),
    "mirna": ("mirbase id", "mirna", "mirna_family_id", "mirna family_id", "mir family"),
    "type": ("site_type", "site type", "seed match"),
    "start": ("utr_start", "utr start"),
    "end": ("utr_end", "utr end"),
    "context": ("weighted context++ score", "context++ score"),
    "species": ("species_id", "species id", "gene tax id"),
}
# what targetscan_70.pl writes, if a pipeline has taken its header away
_SITES_HEADER = (
    "a_gene_id mirna_family_id species_id msa_start msa_end utr_start utr_end group_num site_type".split()
)
_FAMILIES = "mir family"  # the column of its downloads that name families alone


def read_targetscan(
    path: str, ranked_by: str, species: str | None = None, families: Families | None = None
) -> Output:
    """Read TargetScan: predicted sites (``targetscan_70.pl``) or context++ scores (its scripts, its downloads).

    Positions count from the 3'UTR's first base. The miRNA may be a family's name, the seed's bases 2-8 included.
    Predicted sites may come without their header, and headers again, as in files that pipelines put together.
    Its downloads of families (``..._Family_Info.txt``) leave out letters of names; ``families`` has their seeds.

    Parameters
    ----------
    path : str
    ranked_by : {"auto", "site_type", "context"}
        ``auto``: the (weighted) context++ score, lower is better, if there is one, else the type of the site.
    species : str, optional
        Taxonomy identifier: rows of other species are left out.
    families : dict, optional
        As :func:`read_families` returns them.
    """
    lines = Lines(path)
    stream = lines.cells()
    first = next(stream, [""])
    header = [name.lower() for name in first]
    if _is_site(first):
        header, stream = _SITES_HEADER, chain([first], stream)
    places = {
        what: next((header.index(name) for name in names if name in header), None)
        for what, names in _TARGETSCAN.items()
    }
    if header != [""] and any(places[what] is None for what in ("gene", "mirna", "type", "start", "end")):
        raise not_output_of("TargetScan", path)
    if ranked_by == "auto":
        ranked_by = "site_type" if places["context"] is None else "context"
    elif ranked_by == "context" and places["context"] is None and header != [""]:
        raise lines.error("has no context++ score; rank TargetScan by site_type")
    if families is None and places["mirna"] is not None and header[places["mirna"]] == _FAMILIES:
        raise lines.error("names families, not miRNAs; give TargetScan's miR_Family_Info.txt by --families")
    hits = _targetscan(lines, stream, places, (header, ranked_by == "context", species, families or {}))
    return Output(hits, ranked_by, LOWER if ranked_by == "context" else HIGHER, in_utr3=True)


def _targetscan(
    lines: Lines,
    stream: Iterator[list[str]],
    places: dict[str, int | None],
    reading: tuple[list[str], bool, str | None, Families],
) -> Iterator[Hit]:
    header, by_context, species, families = reading
    for row in stream:
        if [cell.lower() for cell in row] == header:  # files that were concatenated
            continue
        if len(row) < min(len(header), 9):
            raise lines.error("has too few columns for TargetScan; give its output as it wrote it")
        cells = {what: "" if at is None or at >= len(row) else row[at] for what, at in places.items()}
        if species is not None and cells["species"] not in ("", species):
            continue
        start, end = (lines.whole_number_in(cells[what], what) for what in ("start", "end"))
        if by_context:
            # "NULL" and "too_close": a site without a score, which is the weakest there is
            text = cells["context"]
            score = -lines.number_in(text, "context++ score") if looks_a_number(text) else 0.0
        else:
            score = _SITE_TYPES.get(cells["type"].lower(), _OTHER_SITE)
        target = "|".join(name for name in (cells["transcript"], cells["gene"], cells["symbol"]) if name)
        mirna = "|".join((cells["mirna"], *families.get(cells["mirna"].lower(), ())))
        yield Hit(mirna, target, score, True, start - 1, end)


def _is_site(row: Sequence[str]) -> bool:
    """Return whether a row is one of ``targetscan_70.pl``: numbers for species and positions, then a type."""
    return (
        len(row) >= len(_SITES_HEADER)
        and all(cell.isascii() and cell.isdigit() for cell in row[2:7])
        and row[8].lower() in _SITE_TYPES
    )


def read_families(path: str) -> Families:
    """Read TargetScan's ``miR_Family_Info.txt``: seeds (bases 2-8, DNA letters) of every family by its name."""
    lines = Lines(path)
    stream = lines.cells()
    header = [name.lower() for name in next(stream, [""])]
    if not {"mir family", "seed+m8"} <= set(header):
        raise not_output_of("TargetScan (miR_Family_Info.txt)", path)
    name_at, seed_at = header.index("mir family"), header.index("seed+m8")
    seeds: dict[str, set[str]] = {}
    for row in stream:
        if len(row) <= max(name_at, seed_at):
            raise lines.error("has too few columns for miR_Family_Info.txt; give it as TargetScan wrote it")
        seeds.setdefault(row[name_at].lower(), set()).add(lines.dna_in(row[seed_at]))
    return {name: tuple(sorted(found)) for name, found in seeds.items()}


PROGRAM = Program("targetscan", ("auto", "site_type", "context"), read_targetscan)
