"""dmiso-train: labelled pairs to a model, with figures from pairs it never saw."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mirtools import cli

if TYPE_CHECKING:
    from mirtools.models.modelfile import Model
    from mirtools.models.network import Network
    from mirtools.training.fit import TrainingOptions

EXAMPLES = """\
  dmiso-train -m mine.safetensors labelled.tsv
  dmiso-train -m mine.safetensors --group family --l1 1e-5 --curves curves.png labelled.tsv > figures.tsv
  dmiso-train -m tuned.safetensors --start dmiso --learning-rate 1e-4 --patience 5 small_experiment.tsv
  dmiso-train -m two_d.safetensors --architecture mirbind --wobble --mirna-length 22 labelled.tsv > figures.tsv
  dmiso-train -m peptides.safetensors --architecture mirbind --pairing-rule charges.tsv labelled.tsv
  negatives-generate --transcripts mrna.fa pairs.tsv | dmiso-train -m mine.safetensors --cross-validate 10 \\
      --threads 2 --checkpoint state --scores scores.tsv -
"""


_MATRIX = "wobble pairing_rule site_length mirna_length filters blocks".split()
_RECIPE = (
    "epochs patience batch_size learning_rate decay_after weight_decay clip_norm positive_weight fresh_negatives "
    "abundance seed"
).split()


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "dmiso-train",
        "Train a model on labelled pairs and judge it by pairs whose targets or miRNAs it never saw, beside "
        "seed matches, folding energies and the plain memory of miRNAs and targets. Architectures: dmiso reads "
        "sequences, its defaults are its paper's (Talukder et al. 2022) with early stopping added; mirbind, a "
        "residual network, and cnn read the matrix of what could pair with what (Gresova et al. 2022), which "
        "attrib-align explains. Needs TensorFlow: pip install 'mirtools[train]'.",
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
    parser.add_argument(
        "--architecture",
        choices=("dmiso", "mirbind", "cnn"),
        default=None,
        help="what to train (default: that of --start, else dmiso)",
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
    parser.add_argument(
        "--background-pairs",
        type=cli.whole_number,
        default=None,
        metavar="N",
        help="keep N of the training pairs, drawn at random, in the model file: what explanations compare with; 0 "
        "keeps none, only letter statistics (default: 200, fewer where sequences are very long)",
    )
    matrix = parser.add_argument_group("pairing matrix (mirbind and cnn)")
    matrix.add_argument("--wobble", action="store_true", help="tell G:U pairs, too, apart from Watson-Crick pairs")
    matrix.add_argument(
        "--pairing-rule",
        metavar="TABLE",
        help="what pairs, for any alphabet: columns site and mirna, a letter each, and one or more columns of "
        "values; other pairs have zeros. mirna_seq and site_seq are then sequences of these letters",
    )
    matrix.add_argument(
        "--site-length",
        type=cli.positive_int,
        default=None,
        metavar="N",
        help="letters of a site; of longer ones the centre (default: 50)",
    )
    matrix.add_argument(
        "--mirna-length",
        type=cli.positive_int,
        default=None,
        metavar="N",
        help="letters of a miRNA; of longer ones the beginning (default: 20)",
    )
    matrix.add_argument(
        "--filters", type=cli.positive_int, default=None, metavar="N", help="width of mirbind (default: 96)"
    )
    matrix.add_argument(
        "--blocks",
        type=cli.positive_int,
        default=None,
        metavar="N",
        help="residual blocks of mirbind (default: 2)",
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
    recipe = parser.add_argument_group("training (defaults of mirbind and cnn in brackets)")
    recipe.add_argument(
        "--epochs", type=cli.positive_int, default=None, metavar="N", help="at most (default: 500 [30])"
    )
    recipe.add_argument(
        "--patience",
        type=cli.whole_number,
        default=None,
        metavar="N",
        help="stop after N epochs without a lower validation loss; 0 runs all epochs, as the paper (default: "
        "20 [10])",
    )
    recipe.add_argument(
        "--batch-size", type=cli.positive_int, default=None, metavar="N", help="pairs (default: 100 [256])"
    )
    recipe.add_argument(
        "--learning-rate",
        type=cli.number(1e-9, 1),
        default=None,
        metavar="X",
        help="of Adam (default: 0.001 [0.002])",
    )
    recipe.add_argument(
        "--decay",
        choices=("none", "linear"),
        default=None,
        help="linear: the learning rate falls to 0 over all epochs (default: none [linear])",
    )
    recipe.add_argument(
        "--decay-after",
        type=cli.whole_number,
        default=None,
        metavar="N",
        help="halve the learning rate after N epochs without a lower validation loss; 0 never does (default: 0)",
    )
    recipe.add_argument(
        "--l1",
        type=cli.number(0, 1e6),
        default=None,
        metavar="X",
        help="penalty on kernels and dense layers; with 0.01 dmiso learns little, try 1e-5 (default: 0.01 [0])",
    )
    recipe.add_argument(
        "--weight-decay",
        type=cli.number(0, 1),
        default=None,
        metavar="X",
        help="share of each kernel, times the learning rate, that a step takes away: AdamW (default: 0 [1e-4])",
    )
    recipe.add_argument(
        "--clip-norm",
        type=cli.number(0, 1e6),
        default=None,
        metavar="X",
        help="shorten longer gradients to this length; 0 does not (default: 0 [1])",
    )
    recipe.add_argument(
        "--dropout",
        type=_dropouts,
        default=None,
        metavar="A,B,C",
        help="shares dropped after the branches, the LSTM, the dense layer (default: 0.25,0.5,0.5); [one share, "
        "before the dense layer: 0.1]",
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


def _dropouts(text: str) -> tuple[float, ...]:
    """Argument type: three shares from 0 to below 1, or one."""
    shares = [cli.number(0, 0.99)(part) for part in text.split(",")]
    if len(shares) not in (1, 3):
        raise argparse.ArgumentTypeError("give three shares, as in 0.25,0.5,0.5, or one for mirbind and cnn")
    return tuple(shares)


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    _check(args)

    import json

    from mirtools.models.bundled import resolve_model
    from mirtools.models.dmiso import require
    from mirtools.models.encoder import encoder_of
    from mirtools.models.modelfile import save_model
    from mirtools.negatives.random_mirna import read_families
    from mirtools.report.drawing import figure_format
    from mirtools.training.curves import draw_curves
    from mirtools.training.data import read_labelled_rows
    from mirtools.training.evaluation import TABLE_COLUMNS, score_rows
    from mirtools.training.experiment import Design, Setting, check_start, run_experiment
    from mirtools.training.fit import Epoch, Event
    from mirtools.training.parallel import side_by_side
    from mirtools.training.progress import TrainingBar

    require("tensorflow", "scipy")
    kind = "" if args.curves is None else figure_format(args.curves)
    start = None if args.start is None else resolve_model(args.start)
    network = _network(args, start)
    options = _options(args, network)
    if start is not None:
        check_start(start, options, args.start)
    args.background_pairs = _background_pairs(args.background_pairs, network)
    families = read_families(args.families) if args.families else {}
    whole = args.cross_validate or args.half_of_mirnas
    design = Design(
        args.group or ("mirna" if args.half_of_mirnas else "target"),
        (0.0 if whole else 0.2) if args.hold_out is None else args.hold_out,
        args.half_of_mirnas,
        args.cross_validate or 0,
        (0.1 if options.patience else 0.0) if args.validation is None else args.validation,
        families,
    )
    source = cli.stdin_default(args.labelled, "labelled pairs")
    pairs, columns, rows = read_labelled_rows(source, args.abundance, encoder_of(network))
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

    architecture = args.architecture
    setting = Setting(
        pairs, options, families, start, args.checkpoint, architecture, network, args.background_pairs
    )
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


def _network(args: argparse.Namespace, start: Model | None) -> Network | None:
    """Return the network to train, None for DMISO; ``args.architecture`` then names what is trained."""
    from mirtools.errors import UsageError
    from mirtools.models.pairing import WATSON_CRICK, WOBBLE, read_rule
    from mirtools.training.layout import network_of

    if start is not None:
        found = start.architecture if start.network else "dmiso"
        if args.architecture not in (None, found):
            raise UsageError(f"--start is a {found} model; leave --architecture {args.architecture} out")
        args.architecture = found
    args.architecture = args.architecture or "dmiso"
    given = [name for name in _MATRIX if getattr(args, name) not in (None, False)]
    option = "" if not given else f"--{given[0].replace('_', '-')}"
    if args.architecture == "dmiso":
        if given:
            raise UsageError(f"{option} is for --architecture mirbind or cnn; name one, or leave it out")
        return None
    if args.abundance:
        raise UsageError(f"--abundance is for --architecture dmiso; {args.architecture} cannot learn from it")
    if start is not None:
        if given:
            raise UsageError(f"the network of --start goes on as it is; leave {option} out")
        return start.network
    if args.wobble and args.pairing_rule:
        raise UsageError("--pairing-rule says itself what pairs; leave --wobble out")
    if args.architecture == "cnn" and (args.filters or args.blocks):
        raise UsageError("--filters and --blocks are mirbind's; leave them out")
    rule = read_rule(args.pairing_rule) if args.pairing_rule else WOBBLE if args.wobble else WATSON_CRICK
    return network_of(args.architecture, rule, args.site_length, args.mirna_length, args.filters, args.blocks)


def _options(args: argparse.Namespace, network: Network | None) -> TrainingOptions:
    """Return the recipe, with the architecture's own where nothing is asked for; ``args`` then holds it, too."""
    from dataclasses import replace

    from mirtools.errors import UsageError
    from mirtools.models.dmiso import Regularization
    from mirtools.training.fit import NETWORK_OPTIONS, TrainingOptions

    defaults = TrainingOptions() if network is None else NETWORK_OPTIONS
    own = defaults.regularization
    dropout = own.dropout
    if args.dropout is not None:
        wanted = 3 if network is None else 1
        if len(args.dropout) != wanted:
            shares = "three shares" if network is None else "one share"
            raise UsageError(f"argument --dropout: give {shares} for --architecture {args.architecture}")
        # a network has one place where it drops
        dropout = args.dropout if network is None else (0.0, 0.0, args.dropout[0])
    linear = defaults.linear_decay and not args.decay_after if args.decay is None else args.decay == "linear"
    given = {name: getattr(args, name) for name in _RECIPE if getattr(args, name) is not None}
    options = replace(
        defaults,
        **given,
        linear_decay=linear,
        regularization=Regularization(own.l1 if args.l1 is None else args.l1, dropout),
    )
    if options.patience and args.validation == 0:
        raise UsageError("early stopping needs validation pairs; give --validation a share, or --patience 0")
    if options.decay_after and not options.patience and not args.validation:
        raise UsageError("--decay-after needs validation pairs; give --validation a share")
    if options.decay_after and linear:
        raise UsageError("--decay-after halves the learning rate, --decay linear lets it fall; choose one")
    for name, value in options.described().items():
        if getattr(args, name, 0) is None:
            setattr(args, name, value)
    args.decay = "linear" if linear else "none"
    return options


def _background_pairs(wanted: int | None, network: Network | None) -> int:
    """Return how many pairs the model keeps; raises UsageError for more than its file can hold."""
    from mirtools.errors import UsageError
    from mirtools.models.composition import most_stored

    most = most_stored(network)
    if wanted is not None and wanted > most:
        raise UsageError(f"argument --background-pairs: a model file of this kind holds {most:,} pairs at most")
    return min(200, most) if wanted is None else wanted


def _check(args: argparse.Namespace) -> None:
    """Refuse options that contradict each other, whatever is trained."""
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


def _stem(path: str) -> str:
    import os

    return os.path.basename(path).removesuffix(".safetensors")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
