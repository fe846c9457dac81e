"""Predicted sites that were observed: read in chimeras and merged by sites-merge."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.genes.predict import Prediction
from mirtools.genes.targets import Targets
from mirtools.io.tables import MISSING, TableReader
from mirtools.runlog import RunLog
from mirtools.transcripts.names import match_names

OBSERVED_TARGET_COLUMNS = ["n_observed", "observed_reads"]
OBSERVED_SITE_COLUMNS = ["observed_site", "observed_reads"]


class ObservedSite(NamedTuple):
    """A binding site: its identifier, its bases on the transcript (0-based and half-open), its reads."""

    site_id: str
    start: int
    end: int
    reads: float


class Marks(NamedTuple):
    """What was observed of one miRNA.

    Attributes
    ----------
    sites : list of ObservedSite or None
        For each predicted site, the observed site with most reads whose bases overlap its match.
    number : array of int64, shape (targets,)
        Observed sites on each target, whether a predicted site overlaps them or not.
    reads : array of float64, shape (targets,)
        Their reads.
    """

    sites: list[ObservedSite | None]
    number: NDArray[np.int64]
    reads: NDArray[np.float64]


class Observed:
    """Observed sites by miRNA and target.

    Parameters
    ----------
    sites : dict of (str, int) to list of ObservedSite
        By miRNA and position of the target.
    targets : int
        Number of targets.
    """

    def __init__(self, sites: dict[tuple[str, int], list[ObservedSite]], targets: int) -> None:
        self._sites = sites
        self._targets = targets

    def marks(self, mirna: str, prediction: Prediction) -> Marks:
        """Return what was observed of a miRNA; a form ``NAME|...`` has the sites of the miRNA ``NAME``."""
        name = mirna if any(key[0] == mirna for key in self._sites) else mirna.partition("|")[0]
        number = np.zeros(self._targets, np.int64)
        reads = np.zeros(self._targets)
        for (other, target), sites in self._sites.items():
            if other == name:
                number[target] = len(sites)
                reads[target] = sum(site.reads for site in sites)
        found = prediction.found
        places = zip(found.sites[:, 1].tolist(), found.starts.tolist(), found.ends.tolist(), strict=True)
        marked = [
            _strongest(
                [site for site in self._sites.get((name, target), []) if site.start < end and start < site.end]
            )
            for target, start, end in places
        ]
        return Marks(marked, number, reads)


def read_observed(path: str, targets: Targets, log: RunLog) -> Observed:
    """Read the sites of a table of sites-merge that lie on one of the targets.

    Parameters
    ----------
    path : str
        Table with the columns site_id, mirna_id, target_id, site_start, site_end and n_reads.
    targets : Targets
        Names are matched by :func:`mirtools.transcripts.names.match_names`.
    log : RunLog
        Gains the number of sites, and a hint if none lies on a target.

    Raises
    ------
    InputError
        As :class:`mirtools.io.tables.TableReader`, and for positions that are not whole numbers.
    """
    columns = ("site_id", "mirna_id", "target_id", "site_start", "site_end", "n_reads")
    reader = TableReader(path)
    for name in columns:
        reader.index(name)
    by_target: dict[str, list[tuple[str, ObservedSite]]] = {}
    total = 0
    for row in reader:
        site_id, mirna, target, _, _, reads = (row[reader.index(name)] for name in columns)
        start, end = (reader.whole_number(row, reader.index(name)) for name in ("site_start", "site_end"))
        site = ObservedSite(site_id, start, end, _reads(reader, reads))
        by_target.setdefault(target, []).append((mirna, site))
        total += 1
    sites: dict[tuple[str, int], list[ObservedSite]] = {}
    position = {name: at for at, name in enumerate(targets.names)}
    placed = 0
    for name, listed in match_names(targets.names, by_target).items():
        placed += len(listed)
        for mirna, site in listed:
            sites.setdefault((mirna, position[name]), []).append(site)
    log.counts["observed_sites"] = total
    log.counts["observed_sites_on_targets"] = placed
    if total and not placed:
        log.hints.append(
            f"none of the sites in {path} lies on a target; give --targets with the names of its target_id"
        )
    return Observed(sites, len(targets.names))


def target_cells(marks: Marks, target: int) -> list[str]:
    """Return the cells of a target, ``OBSERVED_TARGET_COLUMNS``."""
    return [str(marks.number[target]), f"{marks.reads[target]:g}"]


def site_cells(marks: Marks, site: int) -> list[str]:
    """Return the cells of a predicted site, ``OBSERVED_SITE_COLUMNS``."""
    seen = marks.sites[site]
    return [MISSING, "0"] if seen is None else [seen.site_id, f"{seen.reads:g}"]


def _strongest(sites: list[ObservedSite]) -> ObservedSite | None:
    return min(sites, key=lambda site: (-site.reads, site.start, site.site_id)) if sites else None


def _reads(reader: TableReader, cell: str) -> float:
    # reads that fit several sites are shared, so that counts may be fractions
    try:
        value = float(cell)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise reader.error(f"n_reads is '{cell[:30]}'; give a number, 0 or more")
    return value
