"""The learners of families, and the choice of what to train."""

from __future__ import annotations

from mirtools.errors import UsageError, shorten
from mirtools.models.base import Family, Model
from mirtools.models.dmiso.family import Dmiso
from mirtools.models.matrix.family import Matrix
from mirtools.training.dmiso import DmisoLearner
from mirtools.training.learner import Learner
from mirtools.training.matrix import MatrixLearner
from mirtools.training.settings import TrainSettings

# One line per family.
LEARNERS: dict[type[Family], type[Learner]] = {
    Dmiso: DmisoLearner,
    Matrix: MatrixLearner,
}


def learner_of(family: Family) -> type[Learner]:
    """Return the learner of a family.

    Raises
    ------
    UsageError
        If the family has none.
    """
    if type(family) not in LEARNERS:
        raise UsageError(f"{family.architecture} models cannot be trained here")
    return LEARNERS[type(family)]


def family_to_train(settings: TrainSettings, start: Model | None) -> tuple[Family, str]:
    """Return the family to train by the settings, and its architecture as in ``--architecture``.

    Raises
    ------
    UsageError
        For a start of another architecture, options of other families, and an unknown architecture.
    """
    architecture = settings.architecture or "dmiso"
    if start is not None:
        own = learner_of(start.family).architectures
        architecture = start.architecture if start.architecture in own else own[0]
        if settings.architecture not in (None, architecture):
            raise UsageError(f"--start is a {architecture} model; omit --architecture {settings.architecture}")
    by_name = {name: learner for learner in LEARNERS.values() for name in learner.architectures}
    if architecture not in by_name:
        raise UsageError(f"no architecture is called '{shorten(architecture, 30)}'; use {' or '.join(by_name)}")
    learner = by_name[architecture]
    for other in LEARNERS.values():
        if other is not learner and (option := settings.given(other.own_options)):
            names = " or ".join(other.architectures)
            raise UsageError(f"{option} is for --architecture {names}, not {architecture}; omit it")
    return learner.family_of(settings, architecture, start), architecture
