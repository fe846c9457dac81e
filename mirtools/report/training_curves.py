"""The figure of learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

from mirtools.report.drawing import METADATA
from mirtools.report.plotting import own_settings
from mirtools.training.fit import Trained

# Okabe and Ito's colours, which people with any colour vision can distinguish
_BLUE, _ORANGE, _GREEN = "#0072B2", "#D55E00", "#009E73"


def draw_curves(stream: BinaryIO, kind: str, history: Sequence[tuple[str, Trained]]) -> None:
    """Draw loss and validation AUROC by epoch, one line per training run, with the kept epoch marked."""
    style: Any = {
        "axes.spines.top": False,
        "axes.spines.right": False,
        "font.size": 10,
        "svg.hashsalt": "mirtools",
    }
    with own_settings(style):
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 3.6), layout="constrained")
        losses, aurocs = figure.subplots(1, 2)
        for number, (name, trained) in enumerate(history):
            last = number == len(history) - 1
            _draw(losses, aurocs, trained, alpha=1.0 if last else 0.3, labelled=last)
            if last:
                figure.suptitle(f"{name}: weights of epoch {trained.epoch} kept", fontsize=10)
        losses.set(xlabel="epoch", ylabel="binary cross-entropy")
        losses.legend(frameon=False)
        aurocs.set(xlabel="epoch", ylabel="AUROC, validation pairs")
        if aurocs.has_data():
            aurocs.legend(frameon=False)
        figure.savefig(stream, format=kind, dpi=150, metadata=METADATA[kind])


def _draw(losses: Any, aurocs: Any, trained: Trained, alpha: float, labelled: bool) -> None:
    learned = [line for line in trained.history if line.epoch]
    validated = [line for line in trained.history if line.validation_loss == line.validation_loss]

    def label(text: str) -> str | None:
        return text if labelled else None

    epochs, training = [line.epoch for line in learned], [line.training_loss for line in learned]
    losses.plot(epochs, training, color=_BLUE, alpha=alpha, label=label("training, with dropout"))
    if validated:
        places = [line.epoch for line in validated]
        values = [line.validation_loss for line in validated]
        losses.plot(places, values, color=_ORANGE, linestyle="--", alpha=alpha, label=label("validation"))
        aurocs.plot(places, [line.validation_auroc for line in validated], color=_GREEN, alpha=alpha)
    if labelled:
        losses.axvline(trained.epoch, color="0.6", linewidth=1, linestyle=":")
    if labelled and validated and (kept := trained.kept()) is not None:
        aurocs.plot(
            [kept.epoch], [kept.validation_auroc], "o", color=_GREEN, label=f"kept: {kept.validation_auroc:.3f}"
        )
