"""chimera-check: reports what the first reads of a library look like, and which options of chimera-parse fit."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  chimera-check --mirnas mature.fa --transcripts mrna.fa.gz reads.fastq.gz
  chimera-check --mirnas mature.fa --transcripts mrna.index --adapter TGGAATTCTCGGGTGCCAAGG --umi-length 5 \\
      --plot reads.png --json reads.json -o reads.tsv liver.fastq.gz brain.fastq.gz
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "chimera-check",
        "Report in seconds what the first reads of a library look like: lengths, adapter, qualities, UMIs, "
        "strand, where miRNAs begin, whether targets are next to them. The table has one row per property; hints "
        "name what looks wrong; the row 'options' has the options of chimera-parse that fit the reads.",
        EXAMPLES,
    )
    parser.add_argument(
        "reads",
        nargs="*",
        metavar="READS",
        help="FASTQ or FASTA files, plain or compressed, each a sample; - for stdin",
    )
    parser.add_argument("--mirnas", required=True, metavar="FASTA", help="mature miRNAs, RNA or DNA letters")
    parser.add_argument(
        "--transcripts",
        required=True,
        metavar="FASTA",
        help="transcripts in which targets are searched, or their index from chimera-index",
    )
    cli.add_output(parser)
    parser.add_argument("--plot", metavar="FILE", help="figure of the reads (.png .svg .pdf)")
    group = parser.add_argument_group("reads")
    group.add_argument(
        "--sample",
        action="append",
        default=[],
        metavar="NAME",
        help="name of the sample in each of READS (default: file name)",
    )
    cli.add_read_ends(group)
    group.add_argument(
        "--first",
        type=cli.positive_int,
        default=100_000,
        metavar="N",
        help="number of first reads of each file that are used (default: 100000)",
    )
    cli.add_common(parser, threads=False)
    return parser


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.chimera.check import CheckOutputs, check
    from mirtools.chimera.settings import CheckSettings
    from mirtools.report.check_figure import draw_check
    from mirtools.report.drawing import open_figure

    reads = args.reads or [cli.stdin_default(None, "reads")]
    settings = CheckSettings.of(vars(args), reads=reads)
    figure = open_figure(run.outputs, args.plot, draw_check)
    check(settings, CheckOutputs(run.outputs.open(args.output), figure), run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
