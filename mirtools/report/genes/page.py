"""One self-contained HTML page on predicted repression: miRNAs, and a table of their targets to search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TextIO

from mirtools.errors import shorten
from mirtools.genes.compare import STATUSES
from mirtools.genes.isoforms import Isoforms
from mirtools.genes.observed import Marks
from mirtools.genes.predict import Prediction
from mirtools.genes.targets import Targets
from mirtools.io.sequences import Reference
from mirtools.pairs.site_types import CANONICAL, SITE_TYPES
from mirtools.report.drawing import shown_mirna
from mirtools.report.genes.rows import Floats, Predicted, encoded_rows, gene_name, listed_targets
from mirtools.report.markdown import share
from mirtools.report.page.data import to_json
from mirtools.report.page.document import write_document
from mirtools.report.page.wording import many, signed, span

PRINTED = 100
_NAME = 40
# miRNAs that have a sentence of their own above the table of miRNAs
_SENTENCES = 2


class MirnaLine(NamedTuple):
    """A row of the table of miRNAs.

    Attributes
    ----------
    identifier, name, sequence : str
        As in the tables; as people write it; in RNA letters.
    reference : str
        Name of the miRNA with which it is compared, else empty.
    below : int
        Number of targets with a prediction below 0.
    best : str
        The gene with the strongest prediction, with its prediction; empty without any.
    remaining : int
        Number of predictions below 0 that the page does not list.
    limit : str
        The strongest of these; empty without any.
    shifts : list of int
        Numbers of targets by ``STATUSES``; empty without a comparison.
    """

    identifier: str
    name: str
    sequence: str
    reference: str
    below: int
    best: str
    remaining: int
    limit: str
    shifts: list[int]


class TargetLine(NamedTuple):
    """A row of the table that is read without the script."""

    link: str
    gene: str
    mirna: str
    target: str
    change: str
    confidence: str
    best: str


class GenesPage:
    """Collects the listed targets of each miRNA, already as the text that is written: some 0.2 kB per target.

    Parameters
    ----------
    stream : TextIO
    most : int
        Largest number of targets on the page; the miRNAs share it equally, and each has one at least.
    """

    def __init__(self, stream: TextIO, most: int) -> None:
        self._stream = stream
        self._most = most
        self._blocks: list[list[str]] = []
        self._mirnas: list[MirnaLine] = []
        self._lines: list[TargetLine] = []
        self._listed = 0

    def begin(
        self,
        mirnas: Sequence[Reference],
        targets: Targets,
        compared: Sequence[int],
        isoforms: Isoforms | None = None,
    ) -> None:
        """Take what all miRNAs have in common.

        Parameters
        ----------
        mirnas : sequence of Reference
        targets : Targets
        compared : sequence of int
            The position of the miRNA with which each is compared; empty without a comparison.
        isoforms : Isoforms, optional
            Of targets that are genes.
        """
        self._names = [shown_mirna(mirna) for mirna in mirnas]
        self._targets = targets
        self._isoforms = isoforms
        self._compared = list(compared)
        self._share = max(1, self._most // max(1, len(mirnas)))
        self._printed = max(1, PRINTED // max(1, len(mirnas)))

    def add(
        self,
        mirna: Reference,
        prediction: Prediction,
        confidences: Floats,
        marks: Marks | None = None,
        before: Floats | None = None,
    ) -> None:
        """Keep the listed targets of the next miRNA; ``before`` has the predictions of its reference."""
        predicted = Predicted(mirna, prediction, confidences, marks, before)
        listed = listed_targets(predicted, self._targets, self._share)
        self._blocks.append(
            list(encoded_rows(predicted, self._targets, listed, bool(self._compared), self._isoforms))
        )
        order = listed.tolist()
        if len(self._lines) < PRINTED:
            shown = [at for at in order[: self._printed] if prediction.change[at] < 0]
            self._lines += [self._line(predicted, at) for at in shown]
        self._mirnas.append(self._summary(predicted, order))
        self._listed += len(order)

    def finish(self) -> int:
        """Write the page; returns how many targets it lists, of all miRNAs together."""
        write_document(
            self._stream,
            "mirtools.report.genes",
            self._data(),
            noun="prediction",
            sentences=self._sentences(),
            mirnas=self._mirnas,
            compared=bool(self._compared),
            isoforms=self._isoforms is not None,
            statuses=STATUSES,
            lines=self._lines[:PRINTED],
            share=self._share,
            listed=self._listed,
            targets=len(self._targets.names),
            total=len(self._targets.names) * len(self._mirnas),
        )
        return self._listed

    def _sentences(self) -> list[str]:
        targets = self._targets
        genes = len({gene_name(targets, at) for at in range(len(targets.names))})
        of_genes = f" of {many(genes, 'gene')}" if genes < len(targets.names) else ""
        start = f"{many(len(self._mirnas), 'miRNA or form')} on {many(len(targets.names), 'target')}{of_genes}."
        sentences = [start.replace("miRNA or forms", "miRNAs or forms")]
        for line in self._mirnas if len(self._mirnas) <= _SENTENCES else []:
            name = shorten(line.name, _NAME)
            if not line.below:
                sentences.append(f"{name} is predicted to repress none of them.")
                continue
            of_all = f"{line.below:,} ({share(line.below, len(targets.names))})"
            sentences.append(f"{name} is predicted to repress {of_all}, most strongly {line.best}.")
        return sentences

    def _summary(self, predicted: Predicted, listed: Sequence[int]) -> MirnaLine:
        change, at = predicted.prediction.change, len(self._mirnas)
        on_page = set(listed)
        rest = [float(value) for place, value in enumerate(change.tolist()) if value < 0 and place not in on_page]
        best = min(listed, key=lambda place: float(change[place]), default=None)
        strongest = ""
        if best is not None and change[best] < 0:
            strongest = f"{shorten(gene_name(self._targets, best), _NAME)} ({signed(change[best])})"
        other = self._compared[at] if self._compared else at
        counted = Counter(predicted.shifts())
        return MirnaLine(
            predicted.mirna.name,
            self._names[at],
            predicted.mirna.sequence.replace("T", "U"),
            "" if other == at else self._names[other],
            int((change < 0).sum()),
            strongest,
            len(rest),
            signed(min(rest)) if rest else "",
            [] if other == at else [counted[status] for status in STATUSES],
        )

    def _line(self, predicted: Predicted, at: int) -> TargetLine:
        prediction, targets = predicted.prediction, self._targets
        site, found = int(prediction.best[at]), prediction.found
        place = span(str(found.starts[site]), str(found.ends[site]))
        return TargetLine(
            f"{predicted.mirna.name} {targets.names[at]}",
            shorten(gene_name(targets, at), _NAME),
            shorten(self._names[len(self._mirnas)], _NAME),
            shorten(targets.names[at], _NAME),
            signed(prediction.change[at]),
            f"{predicted.confidences[at]:.3f}",
            f"{SITE_TYPES[found.described.kind[site]]} at {place}",
        )

    def _data(self) -> Iterator[str]:
        """Yield the rows of all miRNAs as JSON."""
        facts = {"types": CANONICAL, "statuses": STATUSES, "compared": bool(self._compared)}
        yield to_json(facts)[:-1] + ',"mirnas":['
        for at, (line, block) in enumerate(zip(self._mirnas, self._blocks, strict=True)):
            other = self._compared[at] if self._compared else at
            fact = {
                "id": line.identifier,
                "name": line.name,
                "reference": None if other == at else other,
                "targets": len(self._targets.names),
            }
            yield ("," if at else "") + to_json(fact)[:-1] + ',"rows":'
            yield from block
            yield "}"
        yield "]}"
