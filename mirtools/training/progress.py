"""What the progress bar of trainings shows: pairs learned from, loss, and so the time left at most."""

from __future__ import annotations

from typing import Any

from mirtools.training.fit import Begun, Ended, Epoch, Event


class TrainingBar:
    """Turns the events of several trainings into the position and the end of one bar.

    The end is where all trainings go through all epochs; a training that stops early draws it nearer.

    Parameters
    ----------
    bar : tqdm.tqdm
        Counts pairs.
    epochs : int
        Of a training, at most.
    trainings : int
    """

    def __init__(self, bar: Any, epochs: int, trainings: int) -> None:
        self._bar, self._epochs, self._trainings = bar, epochs, trainings
        self._expected: dict[str, int] = {}
        self._learned: dict[str, int] = {}

    def told(self, part: str, event: Event) -> None:
        """Take an event of the training ``part``."""
        if isinstance(event, Begun):
            self._expected[part] = event.pairs * max(self._epochs - event.finished, 0)
            self._learned[part] = 0
        elif isinstance(event, Ended):
            self._expected[part] = self._learned[part]
        elif isinstance(event, Epoch):
            loss, validation = f"{event.training_loss:.3f}", f"{event.validation_loss:.3f}"
            self._bar.set_postfix(part=part, epoch=event.epoch, loss=loss, validation=validation, refresh=False)
        else:
            self._learned[part] += event
            self._bar.update(event)
        # trainings that have not begun are taken to be as long as the others
        known = sum(self._expected.values())
        self._bar.total = known + (self._trainings - len(self._expected)) * known // max(len(self._expected), 1)
