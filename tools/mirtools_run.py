"""mirtools-run: the whole workflow, from reads of an experiment to binding sites, on a computer or a cluster."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  mirtools-run samples.tsv --mirnas mature.fa --transcripts transcripts.fa.gz --gtf genes.gtf.gz -o results
  mirtools-run samples.tsv --mirnas mature.fa --transcripts transcripts.fa.gz --gtf genes.gtf.gz -o results \\
      --profile slurm --partition short --read-shards 8 --row-shards 16 --cores 4
  mirtools-run samples.tsv --mirnas mature.fa --transcripts transcripts.fa.gz -o results --dry-run
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "mirtools-run",
        "Run the whole workflow of an experiment: pairs, isomiRs, scores, binding sites, what changes between "
        "conditions, which genes respond, and one page. Reads and rows are divided between jobs on this computer "
        "or on a cluster (Snakemake: pip install 'mirtools[workflow]'); the results are those of one process. "
        "Repeat the command after a failure: it resumes. The sample sheet has the columns sample and fastq, and "
        "optionally condition, replicate, fastq2 (second mates), adapter, umi (5p:10, 3p:6, name) and guides "
        "(CLASS=FASTA).",
        EXAMPLES,
    )
    parser.add_argument("sheet", metavar="SAMPLES", help="sample sheet; paths in it are relative to it")
    parser.add_argument("--mirnas", required=True, metavar="FASTA", help="mature miRNAs")
    parser.add_argument("--transcripts", required=True, metavar="FASTA", help="transcripts")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="folder of results; made if needed")
    regions = parser.add_mutually_exclusive_group()
    regions.add_argument("--gtf", metavar="GTF", help="GTF or GFF3: genes, regions and places of sites")
    regions.add_argument(
        "--regions", metavar="FILE", help="table with the columns target_id, cds_start and cds_end"
    )
    parser.add_argument("--genes", metavar="FILE", help="table with the columns target_id, gene_id and gene_name")
    _add_place(parser)
    _add_rules(parser)
    cli.add_common(parser, threads=False)
    return parser


def _add_place(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("where and how")
    group.add_argument(
        "--profile",
        default="laptop",
        metavar="NAME|DIR",
        help="laptop, slurm, container, or the folder of a profile of Snakemake (default: laptop)",
    )
    group.add_argument("--partition", metavar="NAME", help="partition of SLURM (default: that of the cluster)")
    group.add_argument("--account", metavar="NAME", help="account of SLURM (default: none)")
    group.add_argument("--image", metavar="IMAGE", help="container image, for --profile container")
    group.add_argument(
        "--engine",
        choices=("apptainer", "docker", "podman"),
        default="apptainer",
        help="what runs the image (default: apptainer)",
    )
    group.add_argument(
        "--jobs",
        type=cli.positive_int,
        default=None,
        metavar="N",
        help="most jobs at the same time; on one machine, most processor cores (default: all cores; slurm: 200)",
    )
    group.add_argument(
        "--cores", type=cli.positive_int, default=1, metavar="N", help="processor cores of each job (default: 1)"
    )
    group.add_argument(
        "--memory",
        type=cli.positive_int,
        default=8000,
        metavar="MB",
        help="memory of the larger jobs; more if they are repeated (default: 8000)",
    )
    group.add_argument(
        "--runtime",
        type=cli.positive_int,
        default=720,
        metavar="MINUTES",
        help="time after which SLURM ends a job (default: 720)",
    )
    group.add_argument(
        "--read-shards",
        type=cli.positive_int,
        default=1,
        metavar="N",
        help="jobs per sample for reads (default: 1)",
    )
    group.add_argument(
        "--row-shards", type=cli.positive_int, default=1, metavar="N", help="jobs for scores (default: 1)"
    )
    group.add_argument("--snakemake", metavar="OPTIONS", help="further options of Snakemake, in quotes")
    group.add_argument("--dry-run", action="store_true", help="list the jobs, and run nothing")


def _add_rules(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("rules")
    group.add_argument(
        "--contrast",
        nargs=2,
        action="append",
        default=[],
        metavar=("A", "B"),
        help="conditions to compare; may be repeated (default: each with the first of the sheet)",
    )
    group.add_argument(
        "--relative", choices=("mirna", "gene"), default=None, help="changes relative to those of miRNA or gene"
    )
    group.add_argument(
        "--min-reads",
        type=cli.positive_int,
        default=10,
        metavar="N",
        help="distinct reads of a miRNA part, over all samples and shards (default: 10)",
    )
    group.add_argument(
        "--max-gap", type=cli.whole_number, default=4, metavar="N", help="as for chimera-parse (default: 4)"
    )
    group.add_argument(
        "--min-replicates",
        type=cli.positive_int,
        default=1,
        metavar="K",
        help="replicates of one condition that must have a site (default: 1)",
    )
    group.add_argument(
        "--top-mirnas",
        type=cli.positive_int,
        default=10,
        metavar="N",
        help="predict genes for the N miRNAs with most reads (default: 10)",
    )
    group.add_argument("--model", default=None, metavar="NAME|FILE", help="model of dmiso-predict")


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.experiments.run import run_workflow
    from mirtools.experiments.settings import WorkflowSettings

    run_workflow(WorkflowSettings.of(vars(args), contrast=tuple(map(tuple, args.contrast))), run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
