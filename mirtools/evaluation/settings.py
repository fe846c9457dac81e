"""The settings of dmiso-evaluate."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mirtools import settings
from mirtools.errors import UsageError, shorten
from mirtools.evaluation.assembly import PeerFile, Table
from mirtools.evaluation.judgement import PART_KINDS, Bootstrap
from mirtools.evaluation.programs.output import LOWER
from mirtools.evaluation.programs.registry import PROGRAMS
from mirtools.evaluation.score_columns import Column
from mirtools.pairs.baselines import BASELINES, IDENTITIES

_ALL = "all"


@dataclass(frozen=True)
class EvaluateSettings(settings.Settings):
    """Which predictors are judged, by which pairs, and how; see the options of ``dmiso-evaluate``.

    Attributes
    ----------
    tables : sequence of str
        Tables of scores, ``NAME=TABLE`` or ``TABLE``; the first one holds the pairs and their labels.
    score, energy : sequence of str
        Columns whose higher, and whose lower values mean an interaction; ``score`` if there are none.
    threshold : mapping of str to float
        Say yes beyond it, by predictor, in its own units; ``""`` is for the tables' scores.
    positives_only : bool
        All pairs are positives; no column ``label`` is needed.
    baselines : sequence of str
        Of :data:`mirtools.pairs.baselines.BASELINES`, or ``all``.
    training : str, optional
        Table of the labelled pairs of the training.
    programs : mapping of str to str
        Outputs of other programs, by :data:`mirtools.evaluation.programs.registry.PROGRAMS`.
    rank_by : mapping of str to str
        What a program's sites are ranked by, of its ``ranks``; the first by default.
    peer_ranking : {"score", "prediction"}
        Rank pairs by programs' scores, or by yes and no alone.
    match : {"names", "order"}
        ``order``: the i-th prediction is for the i-th pair.
    positions : mapping of str to str
        ``transcript``, or ``site`` for programs that saw sites alone; ``""`` is for all programs.
    regions : str, optional
        Table of where 3'UTRs begin, from which TargetScan counts.
    species : str, optional
        The only taxon whose rows of TargetScan are read.
    families : str, optional
        TargetScan's ``miR_Family_Info.txt``.
    parts : sequence of str
        Of :data:`mirtools.evaluation.judgement.PART_KINDS`; all if there are none.
    only : mapping of str to sequence of str
        Values that rows of the first table must have, by column.
    by : sequence of str
        Columns whose values make parts.
    resamples : int
        Bootstrap samples.
    resample : {"pairs", "mirnas"}
        What is drawn.
    confidence : float
        Of intervals.
    seed : int
    """

    tables: tuple[str, ...] = settings.paths()
    score: tuple[str, ...] = settings.names()
    energy: tuple[str, ...] = settings.names()
    threshold: Mapping[str, float] = field(default_factory=dict)
    positives_only: bool = False
    baselines: tuple[str, ...] = settings.names()
    training: str | None = settings.optional_path()
    programs: Mapping[str, str] = field(default_factory=dict)
    rank_by: Mapping[str, str] = field(default_factory=dict)
    peer_ranking: str = settings.choice("score", "prediction")
    match: str = settings.choice("names", "order")
    positions: Mapping[str, str] = field(default_factory=dict)
    regions: str | None = settings.optional_path()
    species: str | None = None
    families: str | None = settings.optional_path()
    parts: tuple[str, ...] = settings.names()
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    by: tuple[str, ...] = settings.names()
    resamples: int = settings.whole(1000, 0)
    resample: str = settings.choice("pairs", "mirnas")
    confidence: float = settings.number(0.95, 0.5, 0.999)
    seed: int = settings.whole(1, 0)

    def check(self) -> None:  # noqa: D102
        _require_known("--baselines", self.baselines, (*BASELINES, _ALL))
        _require_known("--parts", self.parts, PART_KINDS)
        _require_known("programs", self.programs, PROGRAMS)
        _require_known("--rank-by", self.rank_by, PROGRAMS)
        for name, what in self.rank_by.items():
            _require_known(f"--rank-by {name}", [what], PROGRAMS[name].ranks)
        _require_known("--positions", self.positions, ("", *PROGRAMS))
        _require_known("--positions", self.positions.values(), ("transcript", "site"))

    @property
    def named_tables(self) -> list[Table]:
        """The tables with their names; of ``NAME=TABLE``, a file that is so called stays whole."""
        tables = []
        for text in self.tables:
            name, sign, path = text.partition("=")
            tables.append(Table(name, path) if sign and not os.path.exists(text) else Table("", text))
        return tables

    @property
    def columns(self) -> list[Column]:
        """The columns of scores, as far as they are named."""
        return [Column(name) for name in self.score] + [Column(name, LOWER) for name in self.energy]

    @property
    def wanted_baselines(self) -> list[str]:
        """The baselines, ``all`` spelt out: those that can be had with or without the pairs of a training."""
        if _ALL not in self.baselines:
            return list(self.baselines)
        return [name for name in BASELINES if self.training is not None or name not in IDENTITIES]

    @property
    def peer_files(self) -> list[PeerFile]:
        """Other programs' outputs, in the order in which programs are known."""
        return [
            PeerFile(name, self.programs[name], self.rank_by.get(name))
            for name in PROGRAMS
            if name in self.programs
        ]

    @property
    def on_sites(self) -> frozenset[str]:
        """Programs that saw sites alone."""
        default = self.positions.get("")
        return frozenset(name for name in PROGRAMS if self.positions.get(name, default) == "site")

    @property
    def bootstrap(self) -> Bootstrap:
        """How intervals are made."""
        return Bootstrap(self.seed, self.resamples, self.confidence, self.resample)


def _require_known(option: str, words: Iterable[str], known: Iterable[str]) -> None:
    for word in words:
        if word not in known:
            raise UsageError(f"argument {option}: no '{shorten(word, 30)}'; there are {', '.join(known)}")
