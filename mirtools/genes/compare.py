"""Forms of a miRNA side by side: which genes an isomiR gains and loses, and by which sites.

A form named ``NAME|...`` (as :mod:`mirtools.sites` names forms) is compared with the miRNA ``NAME``, any other
with the first miRNA. Two sites are shared if their matches have a base of the target in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mirtools.errors import UsageError
from mirtools.genes.features import REGION_NAMES
from mirtools.genes.isoforms import Isoforms
from mirtools.genes.predict import Prediction
from mirtools.genes.targets import Targets
from mirtools.io.sequences import Reference
from mirtools.io.tables import MISSING
from mirtools.pairs.site_types import SITE_TYPES

COMPARE_COLUMNS = (
    "reference_id form_id form_seq target_id gene_id gene_name reference_log2fc form_log2fc difference status "
    "shared_sites gained_sites lost_sites"
).split()
# What may happen to a gene
STATUSES = ("gained", "lost", "stronger", "weaker", "same")
# Smallest difference that counts as stronger or weaker, log2 fold change
_SHIFT = 0.05

Site = tuple[int, int, str]


def references_of(mirnas: Sequence[Reference]) -> list[int]:
    """Return the position of the miRNA with which each is compared; its own if it is a reference itself.

    Raises
    ------
    UsageError
        If there are fewer than two miRNAs.
    """
    if len(mirnas) < 2:
        raise UsageError(
            "--compare needs two or more miRNAs: the canonical one and its forms; give them in --mirnas"
        )
    names = {mirna.name: at for at, mirna in enumerate(mirnas)}
    found = []
    for at, mirna in enumerate(mirnas):
        own, bar, _ = mirna.name.partition("|")
        if bar:
            found.append(names.get(own, 0))
        else:
            forms = any(other.name.startswith(f"{mirna.name}|") for other in mirnas)
            found.append(at if forms else 0)
    return found


class Kept:
    """What is kept of a prediction until its forms are compared: changes, and the sites that contribute.

    Parameters
    ----------
    prediction : Prediction
        Of transcripts, or of genes.
    isoforms : Isoforms, optional
        For a prediction of genes, whose sites are named with their transcripts.
    """

    def __init__(self, prediction: Prediction, isoforms: Isoforms | None = None) -> None:
        found = prediction.found
        self.change = prediction.change
        self._sites: dict[int, list[Site]] = {}
        for site in np.flatnonzero(prediction.contribution < 0).tolist():
            start, end = int(found.starts[site]), int(found.ends[site])
            region = REGION_NAMES[found.described.region[site]]
            text = f"{region}:{SITE_TYPES[found.described.kind[site]]}:{start}-{end}"
            target = int(found.sites[site, 1])
            if isoforms is not None:
                # positions in all transcripts, one after the other, so that only sites of the same one overlap
                start, end = (int(isoforms.transcripts.starts[target]) + place for place in (start, end))
                text = f"{isoforms.transcripts.names[target]}:{text}"
                target = isoforms.gene_of(target)
            self._sites.setdefault(target, []).append((start, end, text))

    def sites(self, target: int) -> list[Site]:
        """Return start, end and description of the sites that contribute to the prediction of a target."""
        return self._sites.get(target, [])


def compare_rows(
    reference: Reference, before: Kept, form: Reference, after: Kept, targets: Targets
) -> Iterator[list[str]]:
    """Yield a row, ``COMPARE_COLUMNS``, for each target that either form represses; the largest shift first."""
    difference = after.change - before.change
    either = np.flatnonzero((before.change < 0) | (after.change < 0))
    for at in sorted(either.tolist(), key=lambda at: (-abs(difference[at]), targets.names[at])):
        old, new = before.sites(at), after.sites(at)
        gene = targets.genes[at]
        yield [
            reference.name,
            form.name,
            form.sequence,
            targets.names[at],
            gene.identifier,
            gene.symbol,
            f"{before.change[at]:.6f}",
            f"{after.change[at]:.6f}",
            f"{difference[at]:.6f}",
            status(float(before.change[at]), float(after.change[at])),
            _listed(site for site in new if _overlaps(site, old)),
            _listed(site for site in new if not _overlaps(site, old)),
            _listed(site for site in old if not _overlaps(site, new)),
        ]


def status(before: float, after: float, least: float = _SHIFT) -> str:
    """Return what happens to a gene: ``gained``, ``lost``, ``stronger`` or ``weaker`` (by ``least``), or ``same``.

    >>> [status(0, -0.2), status(-0.2, 0), status(-0.2, -0.5), status(-0.2, -0.21)]
    ['gained', 'lost', 'stronger', 'same']
    """
    if (before == 0) != (after == 0):
        return "gained" if after < 0 else "lost"
    if abs(after - before) < least:
        return "same"
    return "stronger" if after < before else "weaker"


def _overlaps(site: Site, others: Sequence[Site]) -> bool:
    return any(site[0] < end and start < site[1] for start, end, _ in others)


def _listed(sites: Iterator[Site]) -> str:
    return ",".join(text for *_, text in sites) or MISSING
