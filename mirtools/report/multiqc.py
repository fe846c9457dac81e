"""The statistics of chimera-parse as custom content of MultiQC: one JSON file per plot.

MultiQC finds files named ``*_mqc.json`` and merges those with the same ``id``: all runs in a folder appear in one
section, each as a bar or line. It uses the categories of the last file that it reads; therefore every file names
all of them. It does not merge files that hold several data sets; therefore each length has a file of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from mirtools.io.streams import Outputs
from mirtools.report.chimera_figure import FATES, Statistics, fates, numbered
from mirtools.report.drawing import BLUE, GREEN, GREY, ORANGE, SKY
from mirtools.report.markdown import fate_name
from mirtools.transcripts.regions import REGIONS

# Names of the files of every run, after the prefix, and of the one that needs known regions.
FILES = tuple(
    f"{name}_mqc.json" for name in "fate insert_lengths mirna_lengths target_lengths gaps general".split()
)
REGIONS_FILE = "regions_mqc.json"

_PARENT = {
    "parent_id": "mirtools_chimera_parse",
    "parent_name": "chimera-parse",
    "parent_description": "finds the miRNA and its target site in chimeric reads (mirtools).",
}
_FATE_COLOURS = (BLUE, SKY, "#F0E442", "#D55E00", "#CC79A7", ORANGE, GREY, "#C8C8C8")
_LENGTHS = {
    "insert_lengths": ("Lengths: trimmed reads", "Distinct reads without adapter and UMI"),
    "mirna_lengths": ("Lengths: miRNA parts", "miRNA parts of distinct chimeric reads"),
    "target_lengths": ("Lengths: target parts", "Aligned target parts of distinct chimeric reads"),
}


class MultiqcFiles:
    """The files of one run, which are opened before the work and written after it.

    Parameters
    ----------
    outputs : Outputs
    prefix : str
        Beginning of their names.
    """

    def __init__(self, outputs: Outputs, prefix: str) -> None:
        self._outputs = outputs
        self._prefix = prefix
        self._streams: dict[str, TextIO] = {}

    def open(self, with_regions: bool) -> None:
        """Open the files of a run, with or without that of regions."""
        for ending in [*FILES, *([REGIONS_FILE] if with_regions else [])]:
            self._streams[ending] = self._outputs.open(f"{self._prefix}_{ending}")

    def write(self, statistics: Statistics, sample: str | None) -> None:
        """Write the files; a run of several samples is named after the files."""
        name = os.path.basename(self._prefix) if sample is None else sample
        for ending, text in multiqc_files(statistics, name).items():
            self._streams[ending].write(text)


def multiqc_files(statistics: Statistics, run_name: str) -> dict[str, str]:
    """Return the contents of the files for MultiQC, by the ends of their names.

    Parameters
    ----------
    statistics : mapping
        As for :func:`mirtools.report.chimera_figure.draw_chimera`.
    run_name : str
        Name of the run in plots and, unless it has several samples, in the table; runs that are reported together
        need different names.

    Returns
    -------
    dict
        JSON text by ``FILES``, and by ``REGIONS_FILE`` if the statistics have regions.
    """
    name = _printable(run_name)
    files = {"fate_mqc.json": _fate(statistics, name)}
    for key in _LENGTHS:
        files[f"{key}_mqc.json"] = _lengths(key, statistics, name)
    files["gaps_mqc.json"] = _gaps(statistics, name)
    files["general_mqc.json"] = _general(statistics, name)
    if "regions" in statistics:
        files[REGIONS_FILE] = _regions(statistics, name)
    return {ending: json.dumps(content, indent=1, ensure_ascii=False) + "\n" for ending, content in files.items()}


def _section(
    key: str, title: str, description: str, plot_type: str, pconfig: Mapping[str, Any], **more: Any
) -> dict[str, Any]:
    identity = f"mirtools_chimera_parse_{key}"
    return {
        "id": identity,
        **_PARENT,
        "section_name": title,
        "description": description,
        "plot_type": plot_type,
        "pconfig": {"id": f"{identity}_plot", "title": f"chimera-parse: {title}", **pconfig},
        **more,
    }


def _fate(statistics: Statistics, name: str) -> dict[str, Any]:
    counts = dict.fromkeys([*FATES, "other"], 0)
    for key, count in fates(statistics):
        counts[key if key in FATES else "other"] += count
    colours = dict(zip(FATES, _FATE_COLOURS, strict=True)) | {"other": "#000000"}
    names = {key: fate_name(key) for key in FATES} | {
        "paired": fate_name("paired_reads"),
        "other": "other reasons",
    }
    return _section(
        "fate",
        "Fate of reads",
        "What happened to each distinct read.",
        "bargraph",
        {"ylab": "distinct reads"},
        categories=_categories(names, colours),
        data={name: counts},
    )


def _lengths(key: str, statistics: Statistics, name: str) -> dict[str, Any]:
    title, description = _LENGTHS[key]
    axes = {"xlab": "nt", "ylab": "distinct reads", "x_decimals": False, "ymin": 0}
    return _section(key, title, f"{description}.", "linegraph", axes, data={name: _line(statistics.get(key, {}))})


def _gaps(statistics: Statistics, name: str) -> dict[str, Any]:
    axes = {"xlab": "overlap < 0 < gap (nt)", "ylab": "distinct reads", "x_decimals": False, "ymin": 0}
    description = "Distance of miRNA and target part on the read; overlaps are negative."
    line = _line(statistics.get("gaps", {}))
    return _section("gaps", "Junctions", description, "linegraph", axes, data={name: line})


def _regions(statistics: Statistics, name: str) -> dict[str, Any]:
    counts = {region: statistics["regions"].get(region, 0) for region in REGIONS}
    colours = dict(zip(REGIONS, (SKY, ORANGE, GREEN, GREY, "#C8C8C8"), strict=True))
    return _section(
        "regions",
        "Regions of target sites",
        "Where on their transcripts the target sites of distinct chimeric reads lie, by the site's midpoint.",
        "bargraph",
        {"ylab": "distinct reads"},
        categories=_categories(dict(zip(REGIONS, REGIONS, strict=True)), colours),
        data={name: counts},
    )


def _general(statistics: Statistics, name: str) -> dict[str, Any]:
    samples = statistics.get("samples", {})
    first = statistics.get("first_reads", {})
    if len(samples) < 2:
        first = dict(zip([name], first.values(), strict=False))
        distinct = sum(count for _, count in fates(statistics))
        everything = {
            "reads": distinct + statistics.get("duplicates", 0),
            "distinct_reads": distinct,
            "paired_reads": dict(fates(statistics)).get("paired", 0),
        }
        samples = {name: everything}
    count = {"format": "{:,.0f}", "min": 0, "scale": "Blues"}
    percent = {"format": "{:,.1f}", "suffix": "%", "min": 0, "max": 100}
    return {
        "id": "mirtools_chimera_parse_general",
        "plot_type": "generalstats",
        "namespace": "chimera-parse",
        "headers": {
            "reads": {"title": "Reads", "description": "Reads", "hidden": True, **count},
            "duplicates": {
                "title": "Duplicates",
                "description": "Reads that are copies of other reads",
                "scale": "OrRd",
                **percent,
            },
            "paired_reads": {
                "title": "Chimeras",
                "description": "Distinct reads with miRNA and target",
                **count,
            },
            "paired_share": {
                "title": "Chimeras",
                "description": "Share of distinct reads with miRNA and target",
                "scale": "Greens",
                **percent,
            },
            "adapter_share": {
                "title": "Adapter",
                "description": "Share of the first reads that contain the adapter",
                "hidden": True,
                **percent,
            },
            "mirna_share": {
                "title": "miRNA",
                "description": "Share of the first reads that contain 16 nt of a miRNA",
                "hidden": True,
                **percent,
            },
        },
        "data": {
            _printable(sample): _row(**counts) | _first_row(first.get(sample))
            for sample, counts in samples.items()
        },
    }


def _first_row(counts: Mapping[str, int] | None) -> dict[str, float]:
    if counts is None:
        return {}
    return {
        "adapter_share": _percent(counts["with_adapter"], counts["reads"]),
        "mirna_share": _percent(counts["with_mirna"], counts["distinct_reads"]),
    }


def _row(reads: int, distinct_reads: int, paired_reads: int, **_: int) -> dict[str, float]:
    return {
        "reads": reads,
        "duplicates": _percent(reads - distinct_reads, reads),
        "paired_reads": paired_reads,
        "paired_share": _percent(paired_reads, distinct_reads),
    }


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 3) if whole else 0.0


def _categories(names: Mapping[str, str], colours: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {key: {"name": name, "color": colours[key]} for key, name in names.items()}


def _line(counts: Mapping[str, int]) -> dict[str, int]:
    """Return counts with zeros between them, so that the line is at zero where nothing was counted."""
    present = numbered(counts)
    if not present:
        return {}
    steps: Iterable[int] = range(min(present) - 1, max(present) + 2)
    # outliers would make the line long; then only the zeros next to each count are added
    if max(present) - min(present) > 1000:
        steps = sorted({foot for number in present for foot in (number - 1, number, number + 1)})
    return {str(number): present.get(number, 0) for number in steps}


def _printable(name: str) -> str:
    """Return a name that UTF-8 can encode: a file name may hold bytes that are not text."""
    return name.encode("utf-8", "replace").decode("utf-8")
