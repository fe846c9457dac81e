"""dmiso-evaluate: what predictors are worth on labelled pairs, side by side and with intervals."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mirtools import cli

if TYPE_CHECKING:
    from mirtools.evaluation.assembly import Table
    from mirtools.evaluation.pairs import JudgedPairs
    from mirtools.evaluation.predictors import Predictor

EXAMPLES = """\
  dmiso-predict test.tsv | dmiso-evaluate --baselines all --training train.tsv --figure roc.png - > figures.tsv
  dmiso-evaluate mine=mine.tsv bundled=bundled.tsv --differences lead.tsv
  dmiso-evaluate scored.tsv --energy site_mfe --rnahybrid hybrids.txt --rna22 rna22.tsv

the tables of Talukder et al. 2022 on your data (test.tsv: labelled pairs with scores):
  Table 1, tools side by side, ranked by their yes and no as in the paper
  dmiso-evaluate --peer-ranking prediction --parts all --miranda miranda.txt --rna22 rna22.tsv \\
      --targetscan targetscan.txt --regions regions.tsv --miraw sites.csv --mitar mitar.fa test.tsv
  Table 2, positives alone: recall, here also by the values of a column
  dmiso-evaluate --positives-only --by support mirtarbase.tsv
  Table S5, by type of isomiR
  dmiso-evaluate --parts all,type test.tsv
  Table S6, exact miRNAs against isomiRs, tools side by side
  dmiso-evaluate --parts class --positions site --miranda miranda.txt --targetscan targetscan.txt test.tsv
  Table S8, miRNAs never trained on: half of them (after dmiso-train --half-of-mirnas --scores half.tsv), or those
  that the training did not see
  dmiso-evaluate --parts all --only part=held_out half.tsv
  dmiso-evaluate --training train.tsv --parts seen test.tsv
"""
PEERS = {
    "miranda": "miRanda 3.3a, as it prints it, or as nf-core tabulates it",
    "rnahybrid": "RNAhybrid, in full or compact (-c); all that it prints is a yes, see --threshold",
    "rna22": "RNA22 version 2, its own table or one of its pre-computed sets",
    "targetscan": "TargetScan, predicted sites or context++ scores",
    "miraw": "miRAW, target sites or summary (tab-separated .csv)",
    "mitar": "miTAR, FASTA of predicted fragments",
    "dmiso": "the original DMISO, its table of predictions",
}
# what each can be ranked by, the first unless asked otherwise; a test holds it against the parsers
RANKS = {
    "miranda": ("score", "energy"),
    "rnahybrid": ("energy", "pvalue"),
    "rna22": ("pvalue", "energy"),
    "targetscan": ("auto", "site_type", "context"),
}
BASELINES = (
    "site_type 6mer 7mer-a1 7mer-m8 8mer duplex_energy cofold_energy mirna_frequency target_frequency"
).split()
PART_KINDS = "all class type seen".split()


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "dmiso-evaluate",
        "Judge predictors by labelled pairs: AUROC and average precision over all pairs and within miRNAs, F1, "
        "precision, recall and specificity, each with a bootstrap interval; for all pairs, exact miRNAs, isomiRs "
        "and every type of isomiR. Several tables, other programs' outputs and plain baselines stand side by side "
        "on the same pairs. Energies and other scores of which lower is better are turned round, and it is said.",
        EXAMPLES,
    )
    parser.add_argument(
        "tables",
        nargs="*",
        metavar="[NAME=]TABLE",
        help="table with label (1 or 0) and score; further tables are scores for the same pairs; - for stdin",
    )
    cli.add_output(parser, "table of figures")
    parser.add_argument("--differences", metavar="FILE", help="write the lead of each predictor over the first")
    parser.add_argument("--summary", metavar="FILE", help="write the figures as tables to read (Markdown)")
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
        help="say yes beyond X, in the predictor's own units; without NAME for the tables' scores "
        "(default: the column prediction, else 0.5 for scores of 0 to 1)",
    )
    group.add_argument(
        "--positives-only", action="store_true", help="no column label is needed, all pairs are positives: recall"
    )
    group.add_argument(
        "--baselines",
        type=_words("baseline", (*BASELINES, "all")),
        default=[],
        metavar="NAME,...",
        help=f"plain predictors beside the others: {', '.join(BASELINES)}, all",
    )
    group.add_argument(
        "--training",
        metavar="TABLE",
        help="labelled pairs of the training: for the two frequencies, to tell what was seen, and to warn where "
        "labels can be told by memory alone",
    )


def _add_peers(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "outputs of other programs",
        "A prediction counts for a pair with its miRNA, its transcript or gene, and an overlapping site; names "
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
        help="; ".join(f"{name}: {' or '.join(ranks)}" for name, ranks in RANKS.items())
        + "; the first if not asked",
    )
    group.add_argument(
        "--peer-ranking",
        choices=("score", "prediction"),
        default="score",
        help="rank pairs by these programs' scores, or by yes and no alone as in the paper (default: score)",
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
        help="transcript, or site where programs (or the one named) saw sites alone: then positions do not count "
        "(default: transcript)",
    )
    group.add_argument(
        "--regions",
        metavar="TABLE",
        help="transcript_id and cds_end (0-based): where 3'UTRs begin, from which TargetScan counts",
    )
    group.add_argument(
        "--species", metavar="TAXON", help="leave TargetScan's rows of other species out, as in 9606"
    )
    group.add_argument(
        "--families", metavar="TABLE", help="TargetScan's miR_Family_Info.txt, for its tables that name families"
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
        help="judge by these rows of the table alone; may be repeated: one of the values of each column",
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
        help="draw pairs, positives and negatives apart, or whole miRNAs with all their pairs (default: pairs)",
    )
    group.add_argument(
        "--confidence", type=cli.number(0.5, 0.999), default=0.95, metavar="P", help="of intervals (default: 0.95)"
    )


def _threshold(text: str) -> tuple[str, float]:
    """Argument type: a number, or a predictor's name and a number."""
    name, _, value = text.rpartition("=")
    return name, cli.number(float("-inf"))(value)


def _rank(text: str) -> tuple[str, str]:
    """Argument type: a program and what to rank it by."""
    name, _, what = text.partition("=")
    if what not in RANKS.get(name, ()):
        choices = ", ".join(f"{name}={rank}" for name, ranks in RANKS.items() for rank in ranks)
        raise argparse.ArgumentTypeError(f"give one of {choices}")
    return name, what


def _only(text: str) -> tuple[str, str]:
    """Argument type: a column and a value."""
    column, sign, value = text.partition("=")
    if not (column and sign):
        raise argparse.ArgumentTypeError(f"'{text[:30]}' is no column and value, as in part=held_out")
    return column, value


def _positions(text: str) -> tuple[str, str]:
    """Argument type: what positions count in, or a program and that."""
    name, _, what = text.rpartition("=")
    if what not in ("transcript", "site") or name not in ("", *PEERS):
        raise argparse.ArgumentTypeError("give transcript or site, or a program with it, as in miranda=site")
    return name, what


def _words(what: str, known: Sequence[str]) -> Callable[[str], list[str]]:
    """Return an argument type: known words between commas."""

    def parse(text: str) -> list[str]:
        words = text.split(",")
        for word in words:
            if word not in known:
                raise argparse.ArgumentTypeError(f"no {what} '{word[:30]}'; there are {', '.join(known)}")
        return words

    return parse


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.errors import UsageError
    from mirtools.evaluation import judgement
    from mirtools.evaluation.assembly import own_predictors
    from mirtools.evaluation.leaks import leaks
    from mirtools.evaluation.pairs import Column, read_pairs
    from mirtools.evaluation.predictors import require_good_names, with_thresholds
    from mirtools.plausible import no_rows_hint
    from mirtools.report.drawing import figure_format
    from mirtools.report.evaluation_summary import write_evaluation

    kind = "" if args.figure is None else figure_format(args.figure)
    table = run.outputs.open(args.output)
    differences = None if args.differences is None else run.outputs.open(args.differences)
    summary = None if args.summary is None else run.outputs.open(args.summary)
    figure = None if args.figure is None else run.outputs.open_binary(args.figure)
    columns = [Column(name) for name in args.score] + [Column(name, "lower") for name in args.energy]
    threshold = next((value for name, value in args.threshold if not name), None)
    only: dict[str, list[str]] = {}
    for column, value in args.only:
        only.setdefault(column, []).append(value)
    pairs, predictors, missing = own_predictors(
        _tables(args), columns, args.by, args.positives_only, threshold, only
    )
    if not len(pairs):
        run.hints.append("no pair fits --only" if pairs.left_out else no_rows_hint("the table"))
    if pairs.left_out:
        run.dropped["pairs left out by --only"] = pairs.left_out
    for path, pairs_without in missing.items():
        run.say(f"{path}: no scores for {pairs_without:,} of {len(pairs):,} pairs; they rank last")
        run.dropped["pairs without scores in a table"] += pairs_without
    training = None if args.training is None else read_pairs(args.training, ())[0]
    warnings: list[str] = []
    if training is not None:
        run.facts["training"], warnings = leaks(pairs, training)
        for warning in warnings:
            run.say(f"warning: {warning}")
    predictors += _peer_predictors(args, run, pairs)
    predictors += _baselines(args, run, pairs, training)
    if not predictors:
        raise UsageError("nothing to judge: the table has no column score; name one with --score or --energy")
    require_good_names(predictors)
    predictors = with_thresholds(predictors, {name: value for name, value in args.threshold if name})
    for predictor in predictors:
        turned = ", of which lower is better: its sign is turned" if predictor.better == "lower" else ""
        run.say(f"{predictor.name} is ranked by {predictor.ranked_by}{turned}")

    bootstrap = judgement.Bootstrap(args.seed, args.resamples, args.confidence, args.resample)
    parts = judgement.parts_of(pairs, args.parts or PART_KINDS, args.by, training)
    judged = []
    for part, mask in run.progress(parts, "parts", len(parts)):
        judged += judgement.judge(pairs, predictors, part, mask, bootstrap)
    by_name = {predictor.name: predictor for predictor in predictors}
    for row in judgement.table_rows(judged, by_name):
        table.write("\t".join(row) + "\n")
    if differences is not None:
        for row in judgement.lead_rows(judged, predictors[0].name):
            differences.write("\t".join(row) + "\n")
    if summary is not None:
        write_evaluation(summary, judged, args.confidence, warnings)
    if figure is not None:
        from mirtools.report.evaluation_figure import draw_evaluation

        draw_evaluation(figure, kind, pairs.labels, predictors, judged)
    run.counts.update(pairs=len(pairs), positives=int(pairs.labels.sum()))
    run.facts["predictors"] = {
        each.name: {"ranked_by": each.ranked_by, "better": each.better} for each in predictors
    }
    run.facts["figures"] = judgement.as_json(judged)


def _tables(args: argparse.Namespace) -> list[Table]:
    """Return the tables on the command line; of NAME=TABLE, a file that is so called stays whole."""
    import os

    from mirtools.evaluation.assembly import Table

    tables = []
    for text in args.tables:
        name, sign, path = text.partition("=")
        tables.append(Table(name, path) if sign and not os.path.exists(text) else Table("", text))
    return tables or [Table("", cli.stdin_default(None, "table"))]


def _peer_predictors(args: argparse.Namespace, run: cli.Run, pairs: JudgedPairs) -> list[Predictor]:
    from mirtools.evaluation.assembly import Matching, PeerFile, peer_predictors
    from mirtools.evaluation.matching import read_utr3_starts
    from mirtools.evaluation.site_programs import read_families

    ranks, positions = dict(args.rank_by), dict(args.positions)
    files = [PeerFile(name, path, ranks.get(name)) for name in PEERS if (path := getattr(args, name)) is not None]
    matching = Matching(
        args.match == "order",
        frozenset(name for name in PEERS if positions.get(name, positions.get("")) == "site"),
        None if args.regions is None else read_utr3_starts(args.regions),
        args.species,
        None if args.families is None else read_families(args.families),
        args.peer_ranking == "prediction",
    )
    facts, predictors = {}, []
    for found in peer_predictors(files, pairs, matching, lambda hits: run.progress(hits, "predictions")):
        name = found.predictor.name
        run.say(
            f"{name}: {found.predictions:,} predictions, {found.used:,} of them for the pairs; "
            f"{found.pairs_predicted:,} of {len(pairs):,} pairs have one"
        )
        if found.predictions and not found.used:
            run.say(
                f"{name}: no name fits; names may be those of the table, sequences or pair_id; or --match order"
            )
        facts[name] = {
            "predictions": found.predictions,
            "used": found.used,
            "pairs_predicted": found.pairs_predicted,
        }
        predictors.append(found.predictor)
    run.facts["programs"] = facts
    return predictors


def _baselines(
    args: argparse.Namespace, run: cli.Run, pairs: JudgedPairs, training: JudgedPairs | None
) -> list[Predictor]:
    from mirtools.evaluation.baselines import MEMORIES, baseline_predictors

    names = args.baselines
    if "all" in names:
        names = [name for name in BASELINES if training is not None or name not in MEMORIES]
    return list(baseline_predictors(names, pairs, training, run.threads, run.progress))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
