"""The settings of dmiso-train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mirtools import settings
from mirtools.errors import UsageError
from mirtools.pairs.grouping import GROUPINGS


@dataclass(frozen=True)
class TrainSettings(settings.Settings):
    """The model, its training pairs and the training; see the options of ``dmiso-train``.

    Fields that are None depend on the architecture (:attr:`mirtools.training.learner.Learner.defaults`) or on
    other fields, as the options explain.

    Attributes
    ----------
    labelled : str
        Table with ``mirna_seq``, ``site_seq`` and ``label``; ``-`` for standard input.
    architecture : str, optional
        By default that of the start, or dmiso.
    name : str
        Name in the model file.
    checkpoint : str, optional
        Folder of checkpoints.
    background_pairs : int, optional
        Number of training pairs to store in the model file.
    wobble, pairing_rule, site_length, mirna_length, filters, blocks
        Sizes and rule of networks on pairing matrices.
    group : str, optional
        The groups that a split does not divide, see :func:`mirtools.pairs.grouping.group_pairs`.
    families : str, optional
        Table of miRNAs and their families.
    hold_out, half_of_mirnas, cross_validate, validation
        The split of the pairs, see :class:`mirtools.training.experiment.Design`.
    epochs, patience, batch_size, learning_rate, decay_after, weight_decay, clip_norm, positive_weight, \
fresh_negatives, abundance, seed
        See :class:`mirtools.training.options.TrainingOptions`.
    decay : {"none", "linear", None}
    l1 : float, optional
    dropout : tuple of float, optional
        Three shares for dmiso, one for networks on pairing matrices.
    start : str, optional
        Name of a bundled model, or a model file, to begin with.
    """

    labelled: str = settings.path()
    architecture: str | None = None
    name: str = "model"
    checkpoint: str | None = settings.optional_path()
    background_pairs: int | None = settings.optional_whole(0)
    wobble: bool = False
    pairing_rule: str | None = settings.optional_path()
    site_length: int | None = settings.optional_whole()
    mirna_length: int | None = settings.optional_whole()
    filters: int | None = settings.optional_whole()
    blocks: int | None = settings.optional_whole()
    group: str | None = settings.choice(None, *GROUPINGS)
    families: str | None = settings.optional_path()
    hold_out: float | None = settings.optional_number(0, 0.9)
    half_of_mirnas: bool = False
    cross_validate: int | None = settings.optional_whole()
    validation: float | None = settings.optional_number(0, 0.5)
    epochs: int | None = settings.optional_whole()
    patience: int | None = settings.optional_whole(0)
    batch_size: int | None = settings.optional_whole()
    learning_rate: float | None = settings.optional_number(1e-9, 1)
    decay: str | None = settings.choice(None, "none", "linear")
    decay_after: int | None = settings.optional_whole(0)
    l1: float | None = settings.optional_number(0, 1e6)
    weight_decay: float | None = settings.optional_number(0, 1)
    clip_norm: float | None = settings.optional_number(0, 1e6)
    dropout: tuple[float, ...] | None = None
    positive_weight: float = settings.number(1.0, 0, 1e6)
    fresh_negatives: int = settings.whole(0, 0)
    abundance: bool = False
    start: str | None = settings.optional_path()
    seed: int = settings.whole(1, 0)

    def check(self) -> None:  # noqa: D102
        if self.cross_validate == 1:
            raise UsageError("argument --cross-validate: a single part cannot be held out; give 2 or more")
        if self.cross_validate and self.hold_out:
            raise UsageError("--cross-validate evaluates on all pairs and --hold-out on some; choose one")
        if self.half_of_mirnas and (self.cross_validate or self.hold_out):
            raise UsageError("--half-of-mirnas holds out half of the miRNAs; omit --hold-out and --cross-validate")
        if self.half_of_mirnas and self.group not in (None, "mirna", "family"):
            raise UsageError(f"--half-of-mirnas divides miRNAs, not --group {self.group}; use mirna or family")
        if self.families and self.group not in ("family", "pair-cluster") and not self.fresh_negatives:
            raise UsageError("--families has no effect without --group family or --fresh-negatives; omit it")

    def given(self, names: Sequence[str]) -> str | None:
        """Return the option of the first of these fields that is not at its default; None if all are."""
        found = next((name for name in names if getattr(self, name) not in (None, False)), None)
        return None if found is None else settings.option_of(found)
