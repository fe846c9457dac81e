"""chimera-index: indexes transcripts for chimera-parse."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  chimera-index -o gencode.index gencode.transcripts.fa.gz
  chimera-parse --mirnas mature.fa --transcripts gencode.index reads.fastq.gz > pairs.tsv
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "chimera-index",
        "Index transcripts once for many runs of chimera-parse. Give the index to chimera-parse instead of the "
        "FASTA file; the result is the same. The index contains the sequences and is mapped into memory, so that "
        "a run starts at once and all runs on a machine share it. Useful for a whole transcriptome: a few "
        "transcripts are indexed in less than a second.",
        EXAMPLES,
    )
    parser.add_argument("transcripts", metavar="FASTA", help="transcripts; - for stdin")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        default="-",
        help="write the index to FILE, never compressed, so that it can be mapped (default: standard output)",
    )
    cli.add_common(parser, threads=False)
    return parser


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.chimera.run import index_transcripts

    index_transcripts(args.transcripts, run.outputs.open_binary(args.output), run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
