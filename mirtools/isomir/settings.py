"""The settings of isomir-classify."""

from __future__ import annotations

from dataclasses import dataclass

from mirtools import settings
from mirtools.errors import UsageError


@dataclass(frozen=True)
class ClassifySettings(settings.Settings):
    """Tables to classify, and the rules; see the options of ``isomir-classify``.

    Attributes
    ----------
    pairs : sequence of str
        Interaction tables, read as one.
    mirnas : str
        FASTA file of the miRNAs that the pairs were made with.
    precursors : str, optional
        FASTA file of hairpins.
    compare : str, optional
        Table of isomir-classify for another experiment.
    min_reads : int
        Distinct reads that a form needs, counted over all its targets.
    min_quality : int
        Phred value that added and changed bases must exceed.
    min_pairs : int
        isomiR pairs that a miRNA needs to be tested for preferred types.
    paper_rules : bool
        Whether only recurrence and quality decide, as in DMISO, without testing whether sequencing errors or
        linkers explain a form.
    """

    pairs: tuple[str, ...] = settings.paths()
    mirnas: str = settings.path()
    precursors: str | None = settings.optional_path()
    compare: str | None = settings.optional_path()
    min_reads: int = settings.whole(10)
    min_quality: int = settings.whole(30, 0)
    min_pairs: int = settings.whole(100)
    paper_rules: bool = False

    def check(self) -> None:  # noqa: D102
        if [*self.pairs, self.compare].count("-") > 1:
            raise UsageError("'-' is named more than once; standard input can be read only once")
