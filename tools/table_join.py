"""table-join: joins the tables of shards to the table of one run."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  for i in 1 2 3 4; do
      dmiso-predict --shard $i/4 -o scored.$i-of-4.tsv pairs.tsv
      chimera-parse --shard $i/4 --min-reads 1 --mirnas mirs.fa --transcripts mrna.fa -o pairs.$i-of-4.tsv reads.fq
  done
  table-join scored.*-of-4.tsv > scored.tsv
  table-join pairs.*-of-4.tsv | isomir-classify --mirnas mirs.fa - > typed.tsv
  table-join --shards 8 peaks.?.tsv.gz > peaks.tsv
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "table-join",
        "Join the tables of all shards (--shard I/N) of a run; the result has the same bytes as the table of one "
        "run. Files may be given in any order: their names contain I-of-N, such as hits.2-of-8.tsv, or differ in "
        "one number only. A shard that is missing, given twice, or of another run is an error. Shards of rows and "
        "targets are joined in order. Shards of reads (chimera-parse) may contain the same pair; its rows are "
        "merged, and --min-reads is applied to the reads of all shards. Therefore make them with --min-reads 1. "
        "Samples may be in shards of their own.",
        EXAMPLES,
    )
    parser.add_argument(
        "tables", nargs="*", metavar="TABLES", help="tables of all shards; - for stdin, if it is one"
    )
    parser.add_argument(
        "--shards",
        type=cli.positive_int,
        default=None,
        metavar="N",
        help="number of shards (default: as named by the files, else the largest number in their names)",
    )
    group = parser.add_argument_group("tables of chimera-parse")
    group.add_argument(
        "--samples",
        metavar="TSV",
        help="sample sheet, for the order of the columns n_reads:NAME (default: as in the tables, or by name if "
        "samples are in different tables)",
    )
    group.add_argument(
        "--min-reads",
        type=cli.positive_int,
        default=10,
        metavar="N",
        help="distinct reads that must carry a miRNA part, over all its targets and all shards (default: 10)",
    )
    group.add_argument(
        "--max-gap",
        type=cli.whole_number,
        default=4,
        metavar="N",
        help="that of chimera-parse: reads also count for parts that are up to N bases shorter (default: 4)",
    )
    group.add_argument(
        "--run-report",
        action="append",
        default=[],
        metavar="FILE",
        help="--json report of a shard; give those of all shards for --report and --multiqc",
    )
    group.add_argument(
        "--report", metavar="FILE", help="write the --json report of one run over all reads to FILE"
    )
    group.add_argument(
        "--multiqc",
        metavar="PREFIX",
        help="write the statistics of each sample for MultiQC to files PREFIX.SAMPLE_..._mqc.json, or PREFIX_... "
        "if all shards have the same samples",
    )
    cli.add_output(parser)
    cli.add_common(parser, threads=False)
    return parser


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from functools import partial

    from mirtools.report.multiqc import MultiqcFiles
    from mirtools.shards.run import JoinOutputs, join
    from mirtools.shards.settings import JoinSettings

    tables = args.tables or [cli.stdin_default(None, "tables")]
    settings = JoinSettings.of(vars(args), tables=tables)
    multiqc = None if args.multiqc is None else partial(MultiqcFiles, run.outputs)
    outputs = JoinOutputs(run.outputs.open(args.output), run.open(args.report), multiqc, args.multiqc or "")
    join(settings, outputs, run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
