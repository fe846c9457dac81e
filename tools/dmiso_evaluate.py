"""dmiso-evaluate: evaluates and compares predictors on labelled pairs, with intervals."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from mirtools import cli

EXAMPLES = """\
  dmiso-predict test.tsv | dmiso-evaluate --baselines all --training train.tsv --figure roc.png - > figures.tsv
  dmiso-evaluate mine=mine.tsv bundled=bundled.tsv --differences lead.tsv
  dmiso-evaluate scored.tsv --energy site_mfe --rnahybrid hybrids.txt --rna22 rna22.tsv

the tables of Talukder et al. 2022 on your data (test.tsv: labelled pairs with scores):
  Table 1, comparison of tools, ranked by their predictions (yes or no) as in the paper
  dmiso-evaluate --peer-ranking prediction --parts all --miranda miranda.txt --rna22 rna22.tsv \\
      --targetscan targetscan.txt --regions regions.tsv --miraw sites.csv --mitar mitar.fa test.tsv
  Table 2, only positives: recall, here also by the values of a column
  dmiso-evaluate --positives-only --by support mirtarbase.tsv
  Table S5, by type of isomiR
  dmiso-evaluate --parts all,type test.tsv
  Table S6, comparison of tools for exact miRNAs and for isomiRs
  dmiso-evaluate --parts class --positions site --miranda miranda.txt --targetscan targetscan.txt test.tsv
  Table S8, held-out miRNAs: half of them (after dmiso-train --half-of-mirnas --scores half.tsv), or those that are
  not in the training
  dmiso-evaluate --parts all --only part=held_out half.tsv
  dmiso-evaluate --training train.tsv --parts seen test.tsv
"""
PEERS = {
    "miranda": "miRanda 3.3a, its own output or the table of nf-core",
    "rnahybrid": "RNAhybrid, full or compact (-c) output; every printed hit is a prediction, see --threshold",
    "rna22": "RNA22 version 2, its own table or one of its pre-computed sets",
    "targetscan": "TargetScan, predicted sites or context++ scores",
    "miraw": "miRAW, target sites or summary (tab-separated .csv)",
    "mitar": "miTAR, FASTA of predicted fragments",
    "dmiso": "the original DMISO, its table of predictions",
}
# possible rankings of each, the first by default; a test compares them with the parsers
RANKS = {
    "miranda": ("score", "energy"),
    "rnahybrid": ("energy", "pvalue"),
    "rna22": ("pvalue", "energy"),
    "targetscan": ("auto", "site_type", "context"),
}
BASELINES = (
    "site_type 6mer 7mer-A1 7mer-m8 8mer duplex_energy cofold_energy mirna_identity site_identity"
).split()
PART_KINDS = "all class type seen".split()


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "dmiso-evaluate",
        "Evaluate predictors on labelled pairs: AUROC and average precision over all pairs and within miRNAs, "
        "F1, precision, recall and specificity, each with a bootstrap interval; for all pairs, exact miRNAs, "
        "isomiRs and every type of isomiR. Several tables, outputs of other programs and baselines are compared "
        "on the same pairs. The sign of energies and other scores whose lower values are better is changed, "
        "which is reported.",
        EXAMPLES,
    )
    parser.add_argument(
        "tables",
        nargs="*",
        metavar="[NAME=]TABLE",
        help="table with label (1 or 0) and score; further tables are scores for the same pairs; - for stdin",
    )
    cli.add_output(parser, "table of results")
    parser.add_argument(
        "--differences", metavar="FILE", help="write the differences of each predictor from the first to FILE"
    )
    parser.add_argument("--summary", metavar="FILE", help="write the results as Markdown tables to FILE")
    parser.add_argument("--figure", metavar="FILE", help="draw ROC and precision-recall curves (.png, .svg, .pdf)")
    _add_scores(parser)
    _add_peers(parser)
    _add_parts(parser)
    _add_bootstrap(parser)
    cli.add_common(parser, seed=True)
    return parser


def _add_scores(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("scores in the tables")
    group.add_argument(
        "--score",
        action="append",
        default=[],
        metavar="COLUMN",
        help="column whose higher values mean an interaction; may be repeated (default: score)",
    )
    group.add_argument(
        "--energy",
        action="append",
        default=[],
        metavar="COLUMN",
        help="column whose lower values mean an interaction; may be repeated",
    )
    group.add_argument(
        "--threshold",
        action="append",
        type=_threshold,
        default=[],
        metavar="[NAME=]X",
        help="predict an interaction beyond X, in the predictor's own units; without NAME for the tables' scores "
        "(default: the column prediction, else 0.5 for scores of 0 to 1)",
    )
    group.add_argument(
        "--positives-only",
        action="store_true",
        help="all pairs are positives, without a column label: computes the recall",
    )
    group.add_argument(
        "--baselines",
        type=_words("baseline", (*BASELINES, "all")),
        default=[],
        metavar="NAME,...",
        help=f"baselines to compare with: {', '.join(BASELINES)}, all",
    )
    group.add_argument(
        "--training",
        metavar="TABLE",
        help="labelled training pairs: for the two identities, for the parts seen and unseen, and for warnings of "
        "labels that can be predicted from the training pairs alone",
    )


def _add_peers(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "outputs of other programs",
        "A prediction is assigned to pairs with its miRNA, its transcript or gene, and an overlapping site; names "
        "may also be the sequences or the pair_id. Pairs without a prediction rank last.",
    )
    for name, text in PEERS.items():
        group.add_argument(f"--{name}", metavar="FILE", help=text)
    group.add_argument(
        "--rank-by",
        action="append",
        type=_rank,
        default=[],
        metavar="NAME=WHAT",
        help="; ".join(f"{name}: {' or '.join(ranks)}" for name, ranks in RANKS.items()) + " (default: the first)",
    )
    group.add_argument(
        "--peer-ranking",
        choices=("score", "prediction"),
        default="score",
        help="rank pairs by these programs' scores, or only by their predictions (yes or no) as in the paper "
        "(default: score)",
    )
    group.add_argument(
        "--match",
        choices=("names", "order"),
        default="names",
        help="order: the i-th prediction is for the i-th pair (default: names)",
    )
    group.add_argument(
        "--positions",
        action="append",
        type=_positions,
        default=[],
        metavar="[NAME=]WHAT",
        help="transcript, or site if the programs (or the one named) were given only sites, so that positions are "
        "ignored (default: transcript)",
    )
    group.add_argument(
        "--regions",
        metavar="TABLE",
        help="table with transcript_id and cds_end (0-based): starts of 3'UTRs, to which TargetScan's positions "
        "refer",
    )
    group.add_argument(
        "--species", metavar="TAXON", help="drop TargetScan's rows of other species than TAXON, such as 9606"
    )
    group.add_argument(
        "--families", metavar="TABLE", help="TargetScan's miR_Family_Info.txt, for its tables with families"
    )


def _add_parts(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("parts of the pairs")
    group.add_argument(
        "--parts",
        type=_words("kind of part", PART_KINDS),
        metavar="KIND,...",
        help="all pairs; class (exact, isomir); type of isomiR; seen in --training or not (default: all of these)",
    )
    group.add_argument(
        "--only",
        action="append",
        type=_only,
        default=[],
        metavar="COLUMN=VALUE",
        help="evaluate only rows with VALUE in COLUMN; may be repeated: rows with one of the values of each "
        "column",
    )
    group.add_argument(
        "--by",
        action="append",
        default=[],
        metavar="COLUMN",
        help="a part for every value of COLUMN; may be repeated",
    )


def _add_bootstrap(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("intervals")
    group.add_argument(
        "--resamples", type=cli.whole_number, default=1000, metavar="N", help="bootstrap samples (default: 1000)"
    )
    group.add_argument(
        "--resample",
        choices=("pairs", "mirnas"),
        default="pairs",
        help="resample pairs (positives and negatives separately), or whole miRNAs with all their pairs (default: "
        "pairs)",
    )
    group.add_argument(
        "--confidence",
        type=cli.number(0.5, 0.999),
        default=0.95,
        metavar="P",
        help="level of intervals (default: 0.95)",
    )


def _threshold(text: str) -> tuple[str, float]:
    """Argument type: a number, or a predictor's name and a number."""
    name, _, value = text.rpartition("=")
    return name, cli.number(float("-inf"))(value)


def _rank(text: str) -> tuple[str, str]:
    """Argument type: a program and its ranking."""
    name, _, what = text.partition("=")
    if what not in RANKS.get(name, ()):
        choices = ", ".join(f"{name}={rank}" for name, ranks in RANKS.items() for rank in ranks)
        raise argparse.ArgumentTypeError(f"give one of {choices}")
    return name, what


def _only(text: str) -> tuple[str, str]:
    """Argument type: a column and a value."""
    column, sign, value = text.partition("=")
    if not (column and sign):
        raise argparse.ArgumentTypeError(f"'{text[:30]}' is not a column and value; give them as in part=held_out")
    return column, value


def _positions(text: str) -> tuple[str, str]:
    """Argument type: transcript or site, also with a program."""
    name, _, what = text.rpartition("=")
    if what not in ("transcript", "site") or name not in ("", *PEERS):
        raise argparse.ArgumentTypeError("give transcript or site, or a program with it, as in miranda=site")
    return name, what


def _words(what: str, known: Sequence[str]) -> Callable[[str], list[str]]:
    """Return an argument type: known words, separated by commas."""

    def parse(text: str) -> list[str]:
        words = text.split(",")
        for word in words:
            if word not in known:
                raise argparse.ArgumentTypeError(f"no {what} '{word[:30]}'; choose from {', '.join(known)}")
        return words

    return parse


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from functools import partial

    from mirtools.evaluation.run import EvaluateOutputs, evaluate
    from mirtools.evaluation.settings import EvaluateSettings
    from mirtools.report.drawing import open_figure
    from mirtools.report.evaluation_figure import draw_evaluation
    from mirtools.report.evaluation_summary import write_evaluation

    only: dict[str, list[str]] = {}
    for column, value in args.only:
        only.setdefault(column, []).append(value)
    settings = EvaluateSettings.of(
        vars(args),
        tables=args.tables or [cli.stdin_default(None, "table")],
        threshold=dict(args.threshold),
        programs={name: path for name in PEERS if (path := getattr(args, name)) is not None},
        rank_by=dict(args.rank_by),
        positions=dict(args.positions),
        only=only,
        parts=args.parts or (),
    )
    figure = open_figure(run.outputs, args.figure, draw_evaluation)
    table, differences, summary = run.outputs.open(args.output), run.open(args.differences), run.open(args.summary)
    write = None if summary is None else partial(write_evaluation, summary)
    evaluate(settings, EvaluateOutputs(table, differences, write, figure), run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
