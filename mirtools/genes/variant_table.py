"""The effects of variants: reads them, predicts in batches the transcripts that they touch, writes and counts.

Rows have the order of the VCF file, then that of alleles, names of transcripts and miRNAs. Memory does not depend
on the number of variants.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TextIO

from mirtools.computing.threads import in_order
from mirtools.errors import shorten
from mirtools.genes.alleles import LEAST_EFFECT, Alleles, Effect, change_text, site_text
from mirtools.genes.compare import status
from mirtools.genes.features import REGION_NAMES
from mirtools.genes.model import RepressionModel
from mirtools.genes.predict import predict
from mirtools.genes.targets import Targets
from mirtools.genes.variants import ELSEWHERE, ON_TRANSCRIPT, AllelePlacer, Edit, Placed
from mirtools.io.sequences import Reference
from mirtools.io.tables import MISSING, TableWriter
from mirtools.io.vcf import Variant, read_variants
from mirtools.runlog import RunLog

VARIANT_COLUMNS = (
    "chrom pos variant_id ref alt target_id gene_id gene_name region variant_start variant_end mirna_id mirna_seq "
    "reference_log2fc alternative_log2fc difference status made_sites broken_sites changed_sites"
).split()
# Bases of transcripts that are predicted at once, and pairs of an allele and a miRNA
_MOST_BASES = 1 << 22
_MOST_PAIRS = 1 << 17
# Share of alleles in exons whose REF differs, from which the VCF file is probably on another genome
_TOO_MANY = 0.1


class _Allele(NamedTuple):
    variant: Variant
    alternative: str
    placed: Placed


class VariantTable:
    """Writes the table of the effects of variants.

    Parameters
    ----------
    stream : TextIO
        Gains one row per allele, transcript and miRNA, ``VARIANT_COLUMNS``.
    mirnas : sequence of Reference
    targets : Targets
    model : RepressionModel
    every : bool
        Whether alleles without an effect, and those outside of all targets, have rows.
    log : RunLog
        Gains counts, drops by reason, and hints.
    """

    def __init__(
        self,
        stream: TextIO,
        mirnas: Sequence[Reference],
        targets: Targets,
        model: RepressionModel,
        every: bool,
        log: RunLog,
    ) -> None:
        self._table = TableWriter(stream, VARIANT_COLUMNS)
        self._mirnas = mirnas
        self._targets = targets
        self._model = model
        self._every = every
        self._log = log
        self._placer = AllelePlacer(targets)
        self._chromosomes: set[str] = set()

    def write(self, path: str) -> None:
        """Write the rows of all variants of a VCF file.

        Raises
        ------
        InputError
            As :func:`mirtools.io.vcf.read_variants`.
        """
        counts = self._log.counts
        for name in ("variants", "variant_alleles", "variant_alleles_predicted", "variant_alleles_with_effect"):
            counts[name] += 0
        batch: list[_Allele] = []
        bases = edits = 0
        for allele in self._log.progress(self._alleles(path), "alleles"):
            batch.append(allele)
            for edit in allele.placed.edits:
                bases += int(self._targets.edges[edit.target, 3]) + len(edit.codes)
                edits += 1
            if bases > _MOST_BASES or edits * len(self._mirnas) > _MOST_PAIRS or len(batch) > _MOST_PAIRS:
                self._write_batch(batch)
                batch, bases, edits = [], 0, 0
        self._write_batch(batch)
        self._add_hints()

    def _alleles(self, path: str) -> Iterator[_Allele]:
        for variant in read_variants(path):
            self._log.counts["variants"] += 1
            if len(self._chromosomes) < 5:
                self._chromosomes.add(shorten(variant.chromosome, 30))
            for alternative in variant.alternatives:
                placed = self._placer.place(variant, alternative)
                self._log.counts["variant_alleles"] += 1
                if placed.reason is None:
                    self._log.counts["variant_alleles_predicted"] += 1
                else:
                    self._log.dropped[f"variant_{placed.reason}"] += 1
                yield _Allele(variant, alternative, placed)

    def _write_batch(self, batch: Sequence[_Allele]) -> None:
        edits = [edit for allele in batch for edit in allele.placed.edits]
        found = self._effects(edits)
        number = 0
        for allele in batch:
            has_effect = False
            if self._every and allele.placed.elsewhere is not None:
                self._table.write([*_variant_cells(allele), *_unplaced(allele.placed.elsewhere)])
            for target, reason in allele.placed.refused:
                self._table.write([*_variant_cells(allele), *self._target_cells(target), *_unpredicted(reason)])
            for edit in allele.placed.edits:
                for mirna, effects in zip(self._mirnas, found, strict=True):
                    effect = effects.get(number)
                    if effect is not None:
                        has_effect |= effect.counts
                        self._write_effect(allele, edit, mirna, effect)
                number += 1
            self._log.counts["variant_alleles_with_effect"] += has_effect

    def _effects(self, edits: Sequence[Edit]) -> list[dict[int, Effect]]:
        """Return for each miRNA the effects to write, by the position of the edit."""
        if not edits:
            return [{} for _ in self._mirnas]
        alleles = Alleles(self._targets, edits)

        def work(mirna: Reference) -> dict[int, Effect]:
            return alleles.effects(predict(mirna.sequence, alleles.targets, self._model), self._every)

        return list(in_order(work, self._mirnas, self._log.threads))

    def _write_effect(self, allele: _Allele, edit: Edit, mirna: Reference, effect: Effect) -> None:
        before, after = f"{effect.before:.6f}", f"{effect.after:.6f}"
        self._table.write(
            [
                *_variant_cells(allele),
                *self._target_cells(edit.target),
                REGION_NAMES[edit.region],
                str(edit.start),
                str(edit.end),
                mirna.name,
                mirna.sequence,
                before,
                after,
                f"{effect.after - effect.before + 0.0:.6f}",
                status(effect.before, effect.after, LEAST_EFFECT),
                _listed(map(site_text, effect.made)),
                _listed(map(site_text, effect.broken)),
                _listed(change_text(old, new) for old, new in effect.changed),
            ]
        )

    def _target_cells(self, target: int) -> list[str]:
        gene = self._targets.genes[target]
        return [self._targets.names[target], gene.identifier, gene.symbol]

    def _add_hints(self) -> None:
        log = self._log
        if not len(self._placer.exons):
            log.hints.append(
                "no target has a position on the genome, so no variant can be placed; give whole transcripts in "
                "--targets, of the release of --gtf"
            )
            return
        alleles, predicted = log.counts["variant_alleles"], log.counts["variant_alleles_predicted"]
        others = log.dropped["variant_other_reference"]
        if others > _TOO_MANY * (predicted + others):
            log.hints.append(
                f"REF of {others:,} of {predicted + others:,} alleles in exons differs from the transcripts; give "
                "variants on the genome of --gtf (another build?)"
            )
        elif alleles and alleles == log.dropped["variant_unknown_chromosome"]:
            known = ", ".join(self._placer.exons.chromosomes[:3])
            log.hints.append(
                f"no variant lies on a chromosome of the targets: the variants are on "
                f"{', '.join(sorted(self._chromosomes)[:3])}, the targets on {known}"
            )
        elif alleles and not predicted:
            reason = max(_REASONS, key=lambda name: (log.dropped[f"variant_{name}"], name))
            count = log.dropped[f"variant_{reason}"]
            log.hints.append(
                f"no allele of --variants is predicted; the most frequent reason is {reason} ({count:,} of "
                f"{alleles:,}): {_REASONS[reason]}"
            )


_REASONS = ON_TRANSCRIPT | ELSEWHERE


def _variant_cells(allele: _Allele) -> list[str]:
    variant = allele.variant
    return [variant.chromosome, str(variant.position), variant.identifier, variant.reference, allele.alternative]


def _unplaced(reason: str) -> list[str]:
    return [MISSING] * 3 + _unpredicted(reason)


def _unpredicted(reason: str) -> list[str]:
    """Return the cells from ``region`` for an allele that is not predicted on a transcript."""
    cells = dict.fromkeys(VARIANT_COLUMNS[VARIANT_COLUMNS.index("region") :], MISSING)
    return list((cells | {"status": reason}).values())


def _listed(texts: Iterator[str]) -> str:
    return ",".join(texts) or MISSING
