"""Progress of trainings: pairs trained on, loss, and the longest remaining time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mirtools.training.fit import Begun, Ended, Epoch, Event


class TrainingBar:
    """Turns the events of several trainings into the position and the end of one bar.

    The end assumes that all trainings run all epochs; a training that stops early shortens it.

    Parameters
    ----------
    bar : tqdm.tqdm
        Counts pairs.
    epochs : int
        Largest number of epochs of a training.
    trainings : int
    """

    def __init__(self, bar: Any, epochs: int, trainings: int) -> None:
        self._bar, self._epochs, self._trainings = bar, epochs, trainings
        self._expected: dict[str, int] = {}
        self._done: dict[str, int] = {}

    def update(self, part: str, event: Event) -> None:
        """Update the bar for an event of the training ``part``."""
        if isinstance(event, Begun):
            self._expected[part] = event.pairs * max(self._epochs - event.finished, 0)
            self._done[part] = 0
        elif isinstance(event, Ended):
            self._expected[part] = self._done[part]
        elif isinstance(event, Epoch):
            loss, validation = f"{event.training_loss:.3f}", f"{event.validation_loss:.3f}"
            self._bar.set_postfix(part=part, epoch=event.epoch, loss=loss, validation=validation, refresh=False)
        else:
            self._done[part] += event
            self._bar.update(event)
        # trainings that have not begun are assumed to be as long as the others
        known = sum(self._expected.values())
        self._bar.total = known + (self._trainings - len(self._expected)) * known // max(len(self._expected), 1)


class TrainingProgress:
    """Shows the progress of trainings: on a bar, or a line every ten epochs if the bar is disabled.

    Parameters
    ----------
    bar : tqdm.tqdm
        Counts pairs.
    say : callable
        Writes a line.
    """

    def __init__(self, bar: Any, say: Callable[[str], None]) -> None:
        self._bar, self._say = bar, say
        self._updated: TrainingBar | None = None

    def begin(self, epochs: int, trainings: int) -> None:
        """Set the largest number of epochs of a training, and the number of trainings."""
        self._updated = TrainingBar(self._bar, epochs, trainings)

    def watch(self, part: str, event: Event) -> None:
        """Show an event of the training ``part``."""
        if self._updated is not None:
            self._updated.update(part, event)
        if self._bar.disable and isinstance(event, Epoch) and event.epoch and event.epoch % 10 == 0:
            self._say(
                f"{part}: epoch {event.epoch}, loss {event.training_loss:.4f}, validation loss "
                f"{event.validation_loss:.4f}, AUROC {event.validation_auroc:.4f}"
            )
