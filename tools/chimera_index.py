"""chimera-index: transcripts in, an index for chimera-parse out."""

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
        "Index transcripts once for many runs of chimera-parse. The index holds the sequences, too; it is mapped "
        "into memory, so that a run starts at once and all runs on a machine share it. chimera-parse takes it in "
        "place of the FASTA file; the result is the same. Worth it for a whole transcriptome: a few transcripts "
        "are indexed in less than a second.",
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
    from mirtools.chimera.kmers import KmerIndex
    from mirtools.chimera.references import References
    from mirtools.sequences import read_references

    output = run.outputs.open_binary(args.output)
    index = KmerIndex.of(References.of(read_references(args.transcripts, counts=run.counts)))
    index.save(output)
    run.counts["transcripts"] = len(index.references)
    run.counts["bases"] = int(index.references.lengths.sum())
    run.facts["word_length"] = index.k


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
