"""peak-evaluate: hold the peaks of peak-narrow against known sites."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  peak-evaluate --truth truth.bed peaks.tsv > sites.tsv
  peak-evaluate --truth truth.bed --targets planted.fa --max-distance 3 --plot found.png peaks.tsv > sites.tsv
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "peak-evaluate",
        "Hold peaks against known sites: which sites have a peak and which one of their own, how far from the "
        "site's centre, how wide the peaks of attributions and of scores are, and how many peaks are false. One "
        "row a known site; sums in --json and --plot.",
        EXAMPLES,
    )
    parser.add_argument("peaks", nargs="?", metavar="PEAKS", help="table of peak-narrow; - for stdin")
    parser.add_argument(
        "--truth", required=True, metavar="BED", help="known sites: target, start, end, and miRNA (or . for any)"
    )
    parser.add_argument(
        "--max-distance",
        type=cli.whole_number,
        default=0,
        metavar="NT",
        help="how far outside of a site a summit may lie to belong to it (default: 0)",
    )
    parser.add_argument("--targets", metavar="FASTA", help="what was scanned, to count false peaks by its length")
    cli.add_output(parser)
    parser.add_argument("--plot", metavar="FILE", help="figure of the results (.png .svg .pdf)")
    cli.add_common(parser, threads=False)
    return parser


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.errors import UsageError
    from mirtools.interactions import TableWriter
    from mirtools.models.shards import survey
    from mirtools.report.drawing import figure_format
    from mirtools.scan.bed import read_sites
    from mirtools.scan.evaluate import SITE_COLUMNS, judge, read_peaks, site_row

    path = cli.stdin_default(args.peaks, "peaks")
    if [path, args.truth, args.targets].count("-") > 1:
        raise UsageError("only one input can be standard input; name files for the others")
    kind = figure_format(args.plot) if args.plot else None
    figure = run.outputs.open_binary(args.plot) if args.plot else None
    writer = TableWriter(run.outputs.open(args.output), SITE_COLUMNS)
    lengths = (
        {each.name: each.length for each in survey(args.targets, counts=run.counts)} if args.targets else None
    )
    judgement = judge(read_sites(args.truth), read_peaks(path), args.max_distance, lengths)
    for site in judgement.sites:
        writer.write(site_row(site))
    summary = judgement.summary()
    run.facts["evaluation"] = summary
    for name in ("sites", "found", "separate", "peaks", "false_peaks"):
        run.counts[name] = summary[name]
    run.dropped["peaks_of_other_pairs"] = judgement.other_peaks
    if judgement.sites and judgement.other_peaks and not judgement.peaks:
        run.hints.append("no peak is of a miRNA and target of --truth; are their names the same in both?")
    if kind is not None and figure is not None:
        from mirtools.report.peaks_evaluation_figure import draw_evaluation

        draw_evaluation(figure, kind, judgement)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
