"""Outputs of TargetScan, miRAW, miTAR and the original DMISO: programs that look for sites or judge pairs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from mirtools.evaluation.hits import HIGHER, LOWER, Hit, Lines, Output, not_output_of
from mirtools.sequences import meant_sequence

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
# what targetscan_70.pl writes, where a pipeline has taken its header away
_SITES_HEADER = (
    "a_gene_id mirna_family_id species_id msa_start msa_end utr_start utr_end group_num site_type".split()
)
_FAMILIES = "mir family"  # the column of its downloads that name families alone
_MITAR_MIRNA = 26  # bases of the miRNA, padded with N, before those of the target
_MITAR_NAME = re.compile(r">(.+)\|(\d+)\|(\d+)\|([0-9.eE+-]+)")
_DMISO_HEADER = "mirna id\ttarget id\tmirna sequence\ttarget sequence\tprediction score\tprediction".split("\t")


def read_targetscan(
    path: str, ranked_by: str, species: str | None = None, families: Families | None = None
) -> Output:
    """Read TargetScan: predicted sites (``targetscan_70.pl``) or context++ scores (its scripts, its downloads).

    Positions count from the 3'UTR's first base. The miRNA may be a family's name, the seed's bases 2-8 included.
    Predicted sites may come without their header, and headers again, as in files that pipelines put together.
    Its downloads of families (``..._Family_Info.txt``) leave out letters of names; ``families`` tells their seeds.

    Parameters
    ----------
    path : str
    ranked_by : {"auto", "site_type", "context"}
        ``auto``: the (weighted) context++ score, lower is better, where there is one, else the type of the site.
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
            score = -lines.number_in(text, "context++ score") if _looks_a_number(text) else 0.0
        else:
            score = _SITE_TYPES.get(cells["type"].lower(), _OTHER_SITE)
        target = "|".join(name for name in (cells["transcript"], cells["gene"], cells["symbol"]) if name)
        mirna = "|".join((cells["mirna"], *families.get(cells["mirna"].lower(), ())))
        yield Hit(mirna, target, score, True, start - 1, end)


def _is_site(row: Sequence[str]) -> bool:
    """Tell whether a row is one of ``targetscan_70.pl``: numbers for species and positions, then a type."""
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
        seeds.setdefault(row[name_at].lower(), set()).add(_dna(lines, row[seed_at]))
    return {name: tuple(sorted(found)) for name, found in seeds.items()}


def read_miraw(path: str, ranked_by: str) -> Output:
    """Read miRAW: its sites (``...TargetSites.csv``) or its summary (``...targetPredictionOutput.csv``), by tabs.

    The prediction runs from -1 (certainly no target) to 1; called is what is above 0.

    Parameters
    ----------
    path : str
    ranked_by : {"probability"}
    """
    return Output(_miraw(path), ranked_by, HIGHER)


def _miraw(path: str) -> Iterator[Hit]:
    lines = Lines(path)
    stream = (row for row in lines.cells() if not row[0].startswith("#"))
    header = [name.lower() for name in next(stream, [""])]
    places = {name: at for at, name in enumerate(header)}
    if header == [""]:
        return
    if not {"genename", "mirna", "prediction"} <= set(places):
        raise not_output_of("miRAW", path)
    value_at = places.get("highestpredval", places["prediction"])
    for row in stream:
        if [cell.lower() for cell in row] == header:  # files that were concatenated
            continue
        if len(row) <= max(value_at, places["prediction"], places["mirna"]):
            raise lines.error("has too few columns for miRAW; give its output as it wrote it")
        score = lines.number_in(row[value_at], "prediction")
        names = [row[places[name]] for name in ("genename", "geneid") if name in places]
        start = end = -1
        if "sitestart" in places and "siteend" in places:
            start, end = (lines.whole_number_in(row[places[name]], name) for name in ("sitestart", "siteend"))
        yield Hit(row[places["mirna"]], "|".join(names), score, score > 0, start, end)


def read_mitar(path: str, ranked_by: str) -> Output:
    """Read miTAR: FASTA with ``>miRNA|target|sites|fragment|probability``, miRNA and fragment as its sequence.

    Its script for one miRNA leaves the miRNA's name out; the miRNA's bases stand in both, 3'->5'. miTAR writes
    fragments above its own threshold only; where they lie is told by their bases.

    Parameters
    ----------
    path : str
    ranked_by : {"probability"}
    """
    return Output(_mitar(path), ranked_by, HIGHER)


def _mitar(path: str) -> Iterator[Hit]:
    lines = Lines(path)
    pending: tuple[str, float] | None = None
    sequence: list[str] = []
    for line in lines:
        if not line.startswith(">"):
            if line.strip() and pending is None:
                raise not_output_of("miTAR", path)
            sequence.append(line.strip())
            continue
        if pending is not None:
            yield _fragment(lines, *pending, sequence)
        name = _MITAR_NAME.fullmatch(line.strip())
        if name is None:
            raise lines.error(
                "is no prediction of miTAR (>miRNA|target|sites|fragment|probability); give its output"
            )
        pending = name.group(1), lines.number_in(name.group(4), "probability")
        sequence = []
    if pending is not None:
        yield _fragment(lines, *pending, sequence)


def _fragment(lines: Lines, names: str, score: float, sequence: Sequence[str]) -> Hit:
    bases = _dna(lines, "".join(sequence))
    mirna = bases[:_MITAR_MIRNA].strip("N")[::-1]
    # which of the names is the miRNA's cannot be told, as names hold "|", too: each may be either
    return Hit(f"{names}|{mirna}", names, score, bases=bases[_MITAR_MIRNA:].strip("N"))


def read_dmiso(path: str, ranked_by: str) -> Output:
    """Read the table that the original DMISO writes; its pairs are known by their sequences, not their names.

    Its header may be missing, or come again.

    Parameters
    ----------
    path : str
    ranked_by : {"score"}
    """
    return Output(_dmiso(path), ranked_by, HIGHER)


def _dmiso(path: str) -> Iterator[Hit]:
    lines = Lines(path)
    for number, row in enumerate(lines.cells()):
        if [cell.lower() for cell in row] == _DMISO_HEADER:
            continue
        if not number and not (len(row) == len(_DMISO_HEADER) and _looks_a_number(row[4])):
            raise not_output_of("DMISO", path)
        if len(row) != len(_DMISO_HEADER):
            raise lines.error(f"{len(row)} columns where DMISO writes 6; give its output as it wrote it")
        score = lines.number_in(row[4], "prediction score")
        yield Hit(_dna(lines, row[2]), _dna(lines, row[3]), score, row[5] == "1")


def _dna(lines: Lines, text: str) -> str:
    try:
        return meant_sequence(text.strip())
    except ValueError as error:
        raise lines.error(str(error)) from error


def _looks_a_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
