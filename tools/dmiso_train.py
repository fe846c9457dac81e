"""dmiso-train: trains a model on labelled pairs and evaluates it on held-out pairs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  dmiso-train -m mine.safetensors labelled.tsv
  dmiso-train -m mine.safetensors --group family --l1 1e-5 --curves curves.png labelled.tsv > figures.tsv
  dmiso-train -m tuned.safetensors --start dmiso --learning-rate 1e-4 --patience 5 small_experiment.tsv
  dmiso-train -m two_d.safetensors --architecture mirbind --wobble --mirna-length 22 labelled.tsv > figures.tsv
  dmiso-train -m peptides.safetensors --architecture mirbind --pairing-rule charges.tsv labelled.tsv
  negatives-generate --transcripts mrna.fa pairs.tsv | dmiso-train -m mine.safetensors --cross-validate 10 \\
      --threads 2 --checkpoint state --scores scores.tsv -
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "dmiso-train",
        "Train a model on labelled pairs and evaluate it on pairs whose targets or miRNAs are held out, compared "
        "with seed matches, folding energies and the frequencies of miRNAs and targets among positives. "
        "Architectures: dmiso reads sequences, with the defaults of its paper (Talukder et al. 2022) and early "
        "stopping; mirbind (a residual network) and cnn read the pairing matrix (Gresova et al. 2022), which "
        "attrib-align explains. Needs TensorFlow: pip install 'mirtools[train]'.",
        EXAMPLES,
    )
    parser.add_argument(
        "labelled",
        nargs="?",
        metavar="LABELLED",
        help="table with mirna_seq, site_seq and label (1 or 0), best with mirna_id and target_id; - for stdin",
    )
    parser.add_argument(
        "-m", "--model", required=True, metavar="FILE", help="write the model (.safetensors) to FILE"
    )
    parser.add_argument(
        "--architecture",
        choices=("dmiso", "mirbind", "cnn"),
        default=None,
        help="architecture of the model (default: that of --start, else dmiso)",
    )
    parser.add_argument("--name", default=None, metavar="TEXT", help="name in the model (default: the file's)")
    cli.add_output(parser, "table of results")
    parser.add_argument("--metrics", metavar="FILE", help="write the results as JSON to FILE")
    parser.add_argument("--history", metavar="FILE", help="write losses and results of every epoch to FILE (TSV)")
    parser.add_argument(
        "--scores",
        metavar="FILE",
        help="write the table to FILE with score, prediction and part, for dmiso-evaluate; the score is by the "
        "model for which the pair was held out (for training pairs by the final model)",
    )
    parser.add_argument("--curves", metavar="FILE", help="draw the learning curves (.png, .svg, .pdf)")
    parser.add_argument(
        "--checkpoint", metavar="DIR", help="save the state of every epoch in this folder, and resume from it"
    )
    parser.add_argument(
        "--background-pairs",
        type=cli.whole_number,
        default=None,
        metavar="N",
        help="store N random training pairs in the model file, as the background of explanations; with 0 only "
        "letter statistics are stored (default: 200, fewer if sequences are very long)",
    )
    matrix = parser.add_argument_group("pairing matrix (mirbind and cnn)")
    matrix.add_argument(
        "--wobble", action="store_true", help="add a channel for G:U pairs to that of Watson-Crick pairs"
    )
    matrix.add_argument(
        "--pairing-rule",
        metavar="TABLE",
        help="letters that pair, for any alphabet: columns site and mirna, a letter each, and one or more "
        "columns of values; other pairs have zeros. mirna_seq and site_seq are then sequences of these letters",
    )
    matrix.add_argument(
        "--site-length",
        type=cli.positive_int,
        default=None,
        metavar="N",
        help="letters of a site; longer ones are cropped around their centre (default: 50)",
    )
    matrix.add_argument(
        "--mirna-length",
        type=cli.positive_int,
        default=None,
        metavar="N",
        help="letters of a miRNA; longer ones are cropped at their end (default: 20)",
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
        help="pairs that a split keeps together: of the same mirna (name or sequence), family (also bases 2-8, or "
        "--families), locus (sites that overlap or share 20 bases), target (also the target's name), pair-cluster "
        "(family and target), or none: only equal pairs (default: target)",
    )
    split.add_argument(
        "--families", metavar="TSV", help="table of miRNAs and families, tab-separated, for --group family"
    )
    split.add_argument(
        "--hold-out",
        type=cli.number(0, 0.9),
        default=None,
        metavar="SHARE",
        help="share of pairs to hold out for the evaluation (default: 0.2; none with --cross-validate)",
    )
    split.add_argument(
        "--half-of-mirnas",
        action="store_true",
        help="train on half of the miRNAs and evaluate on the other half, as the paper tests unknown miRNAs; with "
        "--group family on half of the families, which is a harder and fairer test",
    )
    split.add_argument(
        "--cross-validate",
        type=cli.positive_int,
        default=None,
        metavar="K",
        help="evaluate by K trainings, each without one of K parts; the model itself is trained on all pairs",
    )
    split.add_argument(
        "--validation",
        type=cli.number(0, 0.5),
        default=None,
        metavar="SHARE",
        help="share of the training pairs that decide when to stop (default: 0.1; 0 with --patience 0)",
    )
    recipe = parser.add_argument_group("training (defaults of mirbind and cnn in brackets)")
    recipe.add_argument(
        "--epochs", type=cli.positive_int, default=None, metavar="N", help="largest number (default: 500 [30])"
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
        "--batch-size",
        type=cli.positive_int,
        default=None,
        metavar="N",
        help="pairs per step (default: 100 [256])",
    )
    recipe.add_argument(
        "--learning-rate",
        type=cli.number(1e-9, 1),
        default=None,
        metavar="X",
        help="learning rate of Adam (default: 0.001 [0.002])",
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
        help="halve the learning rate after N epochs without a lower validation loss; 0 for never (default: 0)",
    )
    recipe.add_argument(
        "--l1",
        type=cli.number(0, 1e6),
        default=None,
        metavar="X",
        help="L1 penalty on kernels and dense layers; with 0.01 dmiso learns little, try 1e-5 (default: 0.01 [0])",
    )
    recipe.add_argument(
        "--weight-decay",
        type=cli.number(0, 1),
        default=None,
        metavar="X",
        help="share of each kernel, times the learning rate, that every step subtracts (AdamW; default: 0 [1e-4])",
    )
    recipe.add_argument(
        "--clip-norm",
        type=cli.number(0, 1e6),
        default=None,
        metavar="X",
        help="scale gradients with a larger norm to this norm; 0 for no limit (default: 0 [1])",
    )
    recipe.add_argument(
        "--dropout",
        type=_dropouts,
        default=None,
        metavar="A,B,C",
        help="dropout rates after the branches, the LSTM and the dense layer (default: 0.25,0.5,0.5); [one rate, "
        "before the dense layer: 0.1]",
    )
    recipe.add_argument(
        "--positive-weight",
        type=_positive_weight,
        default=1.0,
        metavar="X",
        help="weight of a positive in the loss, relative to a negative; balanced: equal sums of both labels "
        "(default: 1)",
    )
    recipe.add_argument(
        "--fresh-negatives",
        type=cli.whole_number,
        default=0,
        metavar="N",
        help="replace the table's negatives by N new ones per positive in every epoch, made by re-pairing the "
        "miRNAs and sites of training positives; validation and held-out pairs are not changed, and never used "
        "as negatives (default: 0)",
    )
    recipe.add_argument(
        "--abundance",
        action="store_true",
        help="add read coverages (columns mirna_coverage and target_coverage) to the last layer; predictions "
        "with the model then need them, too",
    )
    recipe.add_argument(
        "--start",
        metavar="NAME|FILE",
        help="begin with a trained model (bundled or a file) instead of random weights; both models are evaluated",
    )
    cli.add_common(parser, seed=True)
    return parser


def _positive_weight(text: str) -> float:
    """Argument type: a weight above 0, or 0 for the word ``balanced``."""
    return 0.0 if text == "balanced" else cli.number(1e-6, 1e6)(text)


def _dropouts(text: str) -> tuple[float, ...]:
    """Argument type: three rates from 0 to below 1, or one."""
    shares = [cli.number(0, 0.99)(part) for part in text.split(",")]
    if len(shares) not in (1, 3):
        raise argparse.ArgumentTypeError("give three rates, as in 0.25,0.5,0.5, or one for mirbind and cnn")
    return tuple(shares)


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.models.keras import require
    from mirtools.report.drawing import open_figure
    from mirtools.report.training_curves import draw_curves
    from mirtools.training.progress import TrainingProgress
    from mirtools.training.run import TrainOutputs, train_model
    from mirtools.training.settings import TrainSettings

    labelled = "-" if args.labelled is None else args.labelled
    settings = TrainSettings.of(vars(args), labelled=labelled, name=args.name or _stem(args.model))
    require("tensorflow", "scipy")
    cli.stdin_default(args.labelled, "labelled pairs")
    outputs = TrainOutputs(
        run.outputs.open_binary(args.model),
        run.outputs.open(args.output),
        run.open(args.metrics),
        run.open(args.history),
        run.open(args.scores),
        open_figure(run.outputs, args.curves, draw_curves),
    )
    with run.progress_bar(0, "pairs") as bar:
        train_model(settings, outputs, run, TrainingProgress(bar, run.say))


def _stem(path: str) -> str:
    import os

    return os.path.basename(path).removesuffix(".safetensors")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
