"""dmiso-train: labelled pairs to a model, with figures from pairs it never saw."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  dmiso-train -m mine.safetensors labelled.tsv
  dmiso-train -m mine.safetensors --group family --l1 1e-5 --curves curves.png labelled.tsv > figures.tsv
  dmiso-train -m tuned.safetensors --start dmiso --learning-rate 1e-4 --patience 5 small_experiment.tsv
  negatives-generate --transcripts mrna.fa pairs.tsv | dmiso-train -m mine.safetensors --cross-validate 10 \\
      --threads 2 --checkpoint state --scores scores.tsv -
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
    parser.add_argument("--history", metavar="FILE", help="write losses and figures of every epoch to FILE (TSV)")
    parser.add_argument(
        "--scores",
        metavar="FILE",
        help="write the table to FILE with score, prediction and part: what each pair got from the model that did "
        "not see it, for dmiso-evaluate (training pairs: from the final model)",
    )
    parser.add_argument("--curves", metavar="FILE", help="draw the learning curves (.png, .svg, .pdf)")
    parser.add_argument(
        "--checkpoint", metavar="DIR", help="save the state of every epoch here, and go on from there if stopped"
    )
    split = parser.add_argument_group("split")
    split.add_argument(
        "--group",
        choices=("none", "mirna", "family", "target", "locus", "pair-cluster"),
        default=None,
        help="what never stands on both sides: mirna (name or sequence), family (also bases 2-8, or --families), "
        "locus (sites that overlap or share 20 bases), target (also the target's name), pair-cluster (family and "
        "target equal), or nothing but equal pairs (default: target)",
    )
    split.add_argument("--families", metavar="TSV", help="miRNA and its family, tab between, for --group family")
    split.add_argument(
        "--hold-out",
        type=cli.number(0, 0.9),
        default=None,
        metavar="SHARE",
        help="share of pairs kept for judging the model (default: 0.2; none with --cross-validate)",
    )
    split.add_argument(
        "--half-of-mirnas",
        action="store_true",
        help="train with half of the miRNAs and judge by the other half, the paper's test of unknown miRNAs; by "
        "families with --group family, which is harder and fairer",
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
        "--decay-after",
        type=cli.whole_number,
        default=0,
        metavar="N",
        help="halve the learning rate after N epochs without a lower validation loss; 0 never does (default: 0)",
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
    recipe.add_argument(
        "--positive-weight",
        type=_positive_weight,
        default=1.0,
        metavar="X",
        help="what a positive counts in the loss, a negative counting 1; balanced: both labels count the same in "
        "all (default: 1)",
    )
    recipe.add_argument(
        "--fresh-negatives",
        type=cli.whole_number,
        default=0,
        metavar="N",
        help="make N new negatives a positive for every epoch by pairing the training positives' miRNAs and sites "
        "anew, in place of the table's; validation and held-out pairs stay as they are and are never made "
        "(default: 0)",
    )
    recipe.add_argument(
        "--abundance",
        action="store_true",
        help="read coverages (columns mirna_coverage and target_coverage) join the last layer; the model then "
        "needs them to predict, too",
    )
    recipe.add_argument(
        "--start",
        metavar="NAME|FILE",
        help="begin with a trained model, bundled or own, not with random weights; it is judged beside the result",
    )
    cli.add_common(parser, seed=True)
    return parser


def _positive_weight(text: str) -> float:
    """Argument type: a weight above 0, or 0 for the word ``balanced``."""
    return 0.0 if text == "balanced" else cli.number(1e-6, 1e6)(text)


def _dropouts(text: str) -> tuple[float, float, float]:
    """Argument type: three shares from 0 to below 1."""
    shares = [cli.number(0, 0.99)(part) for part in text.split(",")]
    if len(shares) != 3:
        raise argparse.ArgumentTypeError("give three shares, as in 0.25,0.5,0.5")
    return (shares[0], shares[1], shares[2])


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    _check(args)

    import json

    from mirtools.models.bundled import resolve_model
    from mirtools.models.dmiso import Regularization, require
    from mirtools.models.modelfile import save_model
    from mirtools.negatives.random_mirna import read_families
    from mirtools.training.curves import draw_curves, figure_format
    from mirtools.training.data import read_labelled_rows
    from mirtools.training.evaluation import TABLE_COLUMNS, score_rows
    from mirtools.training.experiment import Design, Setting, check_start, run_experiment
    from mirtools.training.fit import Epoch, Event, TrainingOptions
    from mirtools.training.parallel import side_by_side
    from mirtools.training.progress import TrainingBar

    require("tensorflow", "scipy")
    kind = "" if args.curves is None else figure_format(args.curves)
    options = TrainingOptions(
        args.epochs,
        args.patience,
        args.batch_size,
        args.learning_rate,
        args.decay_after,
        Regularization(args.l1, args.dropout),
        args.positive_weight,
        args.fresh_negatives,
        args.abundance,
        args.seed,
    )
    start = None if args.start is None else resolve_model(args.start)
    if start is not None:
        check_start(start, options, args.start)
    families = read_families(args.families) if args.families else {}
    whole = args.cross_validate or args.half_of_mirnas
    design = Design(
        args.group or ("mirna" if args.half_of_mirnas else "target"),
        (0.0 if whole else 0.2) if args.hold_out is None else args.hold_out,
        args.half_of_mirnas,
        args.cross_validate or 0,
        (0.1 if args.patience else 0.0) if args.validation is None else args.validation,
        families,
    )
    pairs, columns, rows = read_labelled_rows(cli.stdin_default(args.labelled, "labelled pairs"), args.abundance)
    run.counts.update(pairs=len(pairs), positives=int(pairs.labels.sum()))
    outputs = run.outputs
    table = outputs.open(args.output)
    metrics = None if args.metrics is None else outputs.open(args.metrics)
    history = None if args.history is None else outputs.open(args.history)
    scores = None if args.scores is None else outputs.open(args.scores)
    model_stream = outputs.open_binary(args.model)
    curves_stream = None if args.curves is None else outputs.open_binary(args.curves)

    bar = run.progress_bar(0, "pairs")
    training_bar = TrainingBar(bar, options.epochs, design.folds + 1)

    def watch(part: str, event: Event) -> None:
        training_bar.told(part, event)
        if bar.disable and isinstance(event, Epoch) and event.epoch and event.epoch % 10 == 0:
            run.say(
                f"{part}: epoch {event.epoch}, loss {event.training_loss:.4f}, validation loss "
                f"{event.validation_loss:.4f}, AUROC {event.validation_auroc:.4f}"
            )

    setting = Setting(pairs, options, families, start, args.checkpoint)
    with bar:
        outcome = run_experiment(
            setting,
            design,
            args.name or _stem(args.model),
            watch,
            lambda setting, parts, watch: side_by_side(run.threads, setting, parts, watch),
        )
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
    if scores is not None:
        for row in score_rows(columns, rows, outcome.scores, outcome.roles, outcome.model.threshold):
            scores.write("\t".join(row) + "\n")
    if curves_stream is not None:
        draw_curves(outcome.history, curves_stream, kind)


def _check(args: argparse.Namespace) -> None:
    """Refuse options that contradict each other."""
    from mirtools.errors import UsageError

    if args.cross_validate == 1:
        raise UsageError("argument --cross-validate: one part cannot be left out; ask for 2 or more")
    if args.cross_validate and args.hold_out:
        raise UsageError("--cross-validate judges by all pairs and --hold-out by some; choose one")
    if args.half_of_mirnas and (args.cross_validate or args.hold_out):
        raise UsageError(
            "--half-of-mirnas holds half of the miRNAs out; leave --hold-out and --cross-validate out"
        )
    if args.half_of_mirnas and args.group not in (None, "mirna", "family"):
        raise UsageError(f"--half-of-mirnas divides miRNAs, not --group {args.group}; use mirna or family")
    if args.families and args.group not in ("family", "pair-cluster") and not args.fresh_negatives:
        raise UsageError("--families means nothing without --group family or --fresh-negatives; leave it out")
    if args.patience and args.validation == 0:
        raise UsageError("early stopping needs validation pairs; give --validation a share, or --patience 0")
    if args.decay_after and not args.patience and not args.validation:
        raise UsageError("--decay-after needs validation pairs; give --validation a share")


def _stem(path: str) -> str:
    import os

    return os.path.basename(path).removesuffix(".safetensors")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
