"""dmiso-train: labelled pairs to a model, with figures from pairs it never saw."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  dmiso-train -m mine.safetensors labelled.tsv
  dmiso-train -m mine.safetensors --group mirna --l1 1e-5 --curves curves.png labelled.tsv > figures.tsv
  negatives-generate --transcripts mrna.fa pairs.tsv | dmiso-train -m mine.safetensors --cross-validate 10 -
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "dmiso-train",
        "Train a DMISO model on labelled pairs and judge it by pairs whose targets or miRNAs it never saw, beside "
        "seed matches, folding energies and the plain memory of miRNAs and targets. The defaults are the paper's "
        "(Talukder et al. 2022), with early stopping added. Needs TensorFlow: pip install 'mirtools[train]'.",
        EXAMPLES,
    )
    parser.add_argument(
        "labelled",
        nargs="?",
        metavar="LABELLED",
        help="table with mirna_seq, site_seq and label (1 or 0); mirna_id and target_id are used; - for stdin",
    )
    parser.add_argument(
        "-m", "--model", required=True, metavar="FILE", help="write the model (.safetensors) to FILE"
    )
    parser.add_argument("--name", default=None, metavar="TEXT", help="name in the model (default: the file's)")
    cli.add_output(parser, "table of figures")
    parser.add_argument("--metrics", metavar="FILE", help="write the figures as JSON to FILE")
    parser.add_argument("--history", metavar="FILE", help="write loss and AUROC of every epoch to FILE (TSV)")
    parser.add_argument("--curves", metavar="FILE", help="draw the learning curves (.png, .svg, .pdf)")
    parser.add_argument(
        "--checkpoint", metavar="DIR", help="save the state of every epoch here, and go on from there if stopped"
    )
    split = parser.add_argument_group("split")
    split.add_argument(
        "--group",
        choices=("none", "mirna", "target", "pair-cluster"),
        default="target",
        help="what never stands on both sides: miRNAs (by name or seed), targets (by name or 20 shared bases), "
        "both together, or nothing but equal pairs (default: target)",
    )
    split.add_argument(
        "--hold-out",
        type=cli.number(0, 0.9),
        default=None,
        metavar="SHARE",
        help="share of pairs kept for judging the model (default: 0.2; none with --cross-validate)",
    )
    split.add_argument(
        "--cross-validate",
        type=cli.positive_int,
        default=None,
        metavar="K",
        help="judge by K trainings, each without one of K parts; the model is then trained on all pairs",
    )
    split.add_argument(
        "--validation",
        type=cli.number(0, 0.5),
        default=None,
        metavar="SHARE",
        help="share of the training pairs that decides when to stop (default: 0.1; 0 with --patience 0)",
    )
    recipe = parser.add_argument_group("training")
    recipe.add_argument("--epochs", type=cli.positive_int, default=500, metavar="N", help="at most (default: 500)")
    recipe.add_argument(
        "--patience",
        type=cli.whole_number,
        default=20,
        metavar="N",
        help="stop after N epochs without a lower validation loss; 0 runs all epochs, as the paper (default: 20)",
    )
    recipe.add_argument(
        "--batch-size", type=cli.positive_int, default=100, metavar="N", help="pairs (default: 100)"
    )
    recipe.add_argument(
        "--learning-rate", type=cli.number(1e-9, 1), default=0.001, metavar="X", help="of Adam (default: 0.001)"
    )
    recipe.add_argument(
        "--l1",
        type=cli.number(0, 1e6),
        default=0.01,
        metavar="X",
        help="penalty on kernels and dense layers; with 0.01 the model learns little, try 1e-5 (default: 0.01)",
    )
    recipe.add_argument(
        "--dropout",
        type=_dropouts,
        default=(0.25, 0.5, 0.5),
        metavar="A,B,C",
        help="shares dropped after the branches, the LSTM, the dense layer (default: 0.25,0.5,0.5)",
    )
    cli.add_common(parser, threads=False, seed=True)
    return parser


def _dropouts(text: str) -> tuple[float, float, float]:
    """Argument type: three shares from 0 to below 1."""
    shares = [cli.number(0, 0.99)(part) for part in text.split(",")]
    if len(shares) != 3:
        raise argparse.ArgumentTypeError("give three shares, as in 0.25,0.5,0.5")
    return (shares[0], shares[1], shares[2])


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.errors import UsageError

    if args.cross_validate == 1:
        raise UsageError("argument --cross-validate: one part cannot be left out; ask for 2 or more")
    if args.cross_validate and args.hold_out:
        raise UsageError("--cross-validate judges by all pairs and --hold-out by some; choose one")
    validation = (0.1 if args.patience else 0.0) if args.validation is None else args.validation
    if args.patience and not validation:
        raise UsageError("early stopping needs validation pairs; give --validation a share, or --patience 0")

    import json

    from mirtools.models.dmiso import Regularization, require
    from mirtools.models.modelfile import save_model
    from mirtools.training.curves import draw_curves, figure_format
    from mirtools.training.data import read_labelled
    from mirtools.training.evaluation import TABLE_COLUMNS
    from mirtools.training.experiment import Design, run_experiment
    from mirtools.training.fit import Epoch, TrainingOptions

    require("tensorflow", "sklearn", "scipy")
    kind = "" if args.curves is None else figure_format(args.curves)
    hold_out = (0.0 if args.cross_validate else 0.2) if args.hold_out is None else args.hold_out
    design = Design(args.group, hold_out, args.cross_validate or 0, validation)
    options = TrainingOptions(
        args.epochs,
        args.patience,
        args.batch_size,
        args.learning_rate,
        Regularization(args.l1, args.dropout),
        args.seed,
    )
    pairs = read_labelled(cli.stdin_default(args.labelled, "labelled pairs"))
    run.counts.update(pairs=len(pairs), positives=int(pairs.labels.sum()))
    outputs = run.outputs
    table = outputs.open(args.output)
    metrics = None if args.metrics is None else outputs.open(args.metrics)
    history = None if args.history is None else outputs.open(args.history)
    model_stream = outputs.open_binary(args.model)
    curves_stream = None if args.curves is None else outputs.open_binary(args.curves)

    trainings = design.folds + 1
    bar = run.progress_bar(trainings * options.epochs, "epochs")

    def watch(part: str, epoch: Epoch) -> None:
        bar.update()
        bar.set_postfix(part=part, loss=f"{epoch.training_loss:.3f}", validation=f"{epoch.validation_loss:.3f}")
        if bar.disable and epoch.epoch % 10 == 0:
            run.say(
                f"{part}: epoch {epoch.epoch}, loss {epoch.training_loss:.4f}, validation loss "
                f"{epoch.validation_loss:.4f}, AUROC {epoch.validation_auroc:.4f}"
            )

    with bar:
        outcome = run_experiment(pairs, design, options, args.name or _stem(args.model), args.checkpoint, watch)
    save_model(outcome.model, model_stream)
    for row in [TABLE_COLUMNS, *outcome.rows]:
        table.write("\t".join(row) + "\n")
    run.facts["metrics"] = outcome.metrics
    if metrics is not None:
        metrics.write(json.dumps(outcome.metrics, indent=2) + "\n")
    if history is not None:
        history.write("\t".join(("part", *Epoch._fields)) + "\n")
        for part, trained in outcome.history:
            for line in trained.history:
                figures = "\t".join("." if value != value else f"{value:.6f}" for value in line[1:])
                history.write(f"{part}\t{line.epoch}\t{figures}\n")
    if curves_stream is not None:
        draw_curves(outcome.history, curves_stream, kind)


def _stem(path: str) -> str:
    import os

    return os.path.basename(path).removesuffix(".safetensors")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
