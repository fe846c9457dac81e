"""The settings of negatives-generate: how negatives are found, and how labelled pairs are audited."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mirtools import settings
from mirtools.errors import UsageError

SAME_TRANSCRIPT = "same-transcript"
FREQUENCY_MATCHED, RANDOM_MIRNA, SHUFFLED = "frequency-matched", "random-mirna", "shuffled"
_MOST_NEGATIVES = 1000


@dataclass(frozen=True)
class NegativeSettings(settings.Settings):
    """Which negatives a table of positives gets; see the options of ``negatives-generate``.

    Attributes
    ----------
    pairs : str
        Table of positives.
    strategy : {"same-transcript", "frequency-matched", "random-mirna", "shuffled"}
    ratio : int
        Negatives for each positive.
    avoid : str, optional
        Table of further positives to keep away from.
    transcripts : str, optional
        FASTA file of the transcripts that the pairs were found with, for ``same-transcript``.
    gtf, regions : str, optional
        Where coding sequences lie: GTF or GFF3, or a table; one of both.
    region : {"3utr", "cds", "5utr", "any", "same"}
        Where negatives are drawn from.
    min_distance : int
        Least number of bases between a negative and any positive site of the miRNA on the transcript.
    max_energy : float
        Largest cofold energy of miRNA and negative site, kcal/mol.
    families : str, optional
        Table of miRNAs and their families, for ``random-mirna``.
    seed : int
    """

    pairs: str = settings.path()
    strategy: str = settings.choice(SAME_TRANSCRIPT, FREQUENCY_MATCHED, RANDOM_MIRNA, SHUFFLED)
    ratio: int = settings.whole(1)
    avoid: str | None = settings.optional_path()
    transcripts: str | None = settings.optional_path()
    gtf: str | None = settings.optional_path()
    regions: str | None = settings.optional_path()
    region: str = settings.choice("3utr", "cds", "5utr", "any", "same")
    min_distance: int = settings.whole(10, 0)
    max_energy: float = settings.number(-10.0, -math.inf)
    families: str | None = settings.optional_path()
    seed: int = settings.whole(1, 0)

    def check(self) -> None:  # noqa: D102
        if self.ratio > _MOST_NEGATIVES:
            raise UsageError(f"--ratio is more than {_MOST_NEGATIVES}; no transcript has room for so many sites")
        if self.families and self.strategy != RANDOM_MIRNA:
            raise UsageError(f"--families means nothing to {self.strategy}; leave it out")
        if self.strategy == SAME_TRANSCRIPT:
            if self.transcripts is None:
                raise UsageError("--strategy same-transcript needs --transcripts; give the FASTA of the targets")
        elif self.transcripts or self.gtf or self.regions:
            raise UsageError(f"--transcripts, --gtf and --regions mean nothing to {self.strategy}; leave them out")


@dataclass(frozen=True)
class AuditSettings(settings.Settings):
    """How labelled pairs are audited; see the options of ``negatives-generate``.

    Attributes
    ----------
    against : str, optional
        Table of labelled pairs to learn from; without it each tenth of the pairs is judged by the others.
    audit_energies : int
        Largest number of pairs of which energies are computed.
    transcripts, gtf, regions : str, optional
        As for :class:`NegativeSettings`: they say in which regions the sites of a table lie.
    seed : int
        For the folds, and for the pairs that are folded.
    """

    against: str | None = settings.optional_path()
    audit_energies: int = settings.whole(20_000, 0)
    transcripts: str | None = settings.optional_path()
    gtf: str | None = settings.optional_path()
    regions: str | None = settings.optional_path()
    seed: int = settings.whole(1, 0)

    def check(self) -> None:  # noqa: D102
        if (self.gtf or self.regions) and not self.transcripts:
            raise UsageError("--gtf and --regions need --transcripts; give the FASTA of the targets")
