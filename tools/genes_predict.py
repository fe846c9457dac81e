"""genes-predict: which genes a miRNA or isomiR represses, how strongly, and by which sites."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  genes-predict --mirnas UGAGGUAGUAGGUUGUAUAGUU --targets transcripts.fa.gz --gtf genes.gtf.gz > genes.tsv
  genes-predict --mirnas let-7a-5p miR-1-3p --database mature.fa --targets utr3.fa --html genes.html -o genes.tsv
  genes-predict --mirnas forms.fa --targets mrnas.fa --gtf genes.gtf.gz --per-gene --isoforms quant.sf -o genes.tsv
  genes-predict --mirnas mirnas.fa --targets transcripts.fa.gz --gtf genes.gtf.gz --variants patient.vcf.gz \\
      --variant-effects effects.tsv -o genes.tsv
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "genes-predict",
        "Predict how strongly each miRNA or isomiR represses each gene: the log2 fold change of the mRNA after "
        "transfection of the miRNA, as the sum of what each site contributes. Every miRNA and target has a row; "
        "0 means that no repression is predicted.",
        EXAMPLES,
    )
    cli.add_mirnas(parser)
    parser.add_argument(
        "--targets", required=True, metavar="FASTA", help="whole transcripts, or 3'UTRs; of any species"
    )
    parser.add_argument(
        "--order",
        choices=("prediction", "input"),
        default="prediction",
        help="order of the targets of a miRNA: strongest prediction first, or as in FASTA (default: prediction)",
    )
    cli.add_output(parser)
    _add_targets(parser)
    _add_variants(parser)
    _add_outputs(parser)
    cli.add_common(parser)
    return parser


def _add_targets(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("targets")
    group.add_argument(
        "--regions",
        metavar="FILE",
        help="table with the columns target_id, cds_start and cds_end, 0-based and half-open (default: regions in "
        "GENCODE's FASTA headers; a target of unknown regions is a 3'UTR)",
    )
    group.add_argument("--gtf", metavar="GTF", help="GTF or GFF3: regions, and sites on the genome for --bed")
    group.add_argument(
        "--genes",
        metavar="FILE",
        help="table with the columns target_id, gene_id and, if known, gene_name (default: FASTA headers)",
    )
    group.add_argument(
        "--per-gene",
        action="store_true",
        help="write one row for each gene instead of each transcript, see --isoforms",
    )
    group.add_argument(
        "--isoforms",
        default="longest",
        metavar="HOW",
        help="with --per-gene, which transcripts of a gene count: longest, that with the longest 3'UTR; mean, all "
        "the same; or the FILE of a table of their weights, with the columns target_id and weight, or Name and "
        "TPM (quant.sf of salmon). A gene changes as the sum of its mRNAs (default: longest)",
    )
    group.add_argument(
        "--observed",
        metavar="TABLE",
        help="binding sites of sites-merge: adds the columns n_observed and observed_reads to the targets, and "
        "observed_site and observed_reads to the sites",
    )


def _add_variants(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("variants")
    group.add_argument(
        "--variants",
        metavar="VCF",
        help="variants of the genome of --gtf, plain or compressed: predict each transcript that one changes with "
        "both alleles (write --variant-effects)",
    )
    group.add_argument(
        "--variant-effects",
        metavar="FILE",
        help="write to FILE which sites each allele makes, breaks and changes, and predictions with both alleles",
    )
    group.add_argument(
        "--variant-rows",
        choices=("effects", "all"),
        default="effects",
        help="rows for alleles and miRNAs with an effect, and for alleles whose effect cannot be predicted, for "
        "example at exon borders and stop codons; or for all (default: effects)",
    )


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("more outputs")
    group.add_argument(
        "--sites",
        metavar="FILE",
        help="write one row for each site to FILE: type, position, context, affinity and contribution; the "
        "contributions of a target add up to its prediction",
    )
    group.add_argument(
        "--bed",
        metavar="FILE",
        help="write the sites that contribute to FILE as BED12, on the genome with --gtf, else on the targets; "
        "score -1000 * contribution, coloured by site type",
    )
    group.add_argument(
        "--compare",
        metavar="FILE",
        help="compare forms with the canonical miRNA: write to FILE which genes each gains, loses, represses more "
        "or less, and by which sites; a form named NAME|... is compared with NAME, any other with the first",
    )
    group.add_argument(
        "--plot", metavar="FILE", help="figure of the best targets and their sites (.png .svg .pdf)"
    )
    group.add_argument(
        "--plot-targets",
        type=cli.positive_int,
        default=4,
        metavar="N",
        help="draw the N best targets of each miRNA (default: 4)",
    )
    group.add_argument(
        "--html",
        metavar="FILE",
        help="write one page that needs no network: a table of genes to search, and the transcript of each, drawn "
        "with its sites",
    )
    group.add_argument(
        "--html-targets",
        type=cli.positive_int,
        default=50_000,
        metavar="N",
        help="predictions on the page, shared equally by the miRNAs, the strongest first (default: 50000)",
    )


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.genes.run import GenesOutputs, predict_genes
    from mirtools.genes.settings import GenesSettings
    from mirtools.report.alignment_page import require_page
    from mirtools.report.drawing import open_figure
    from mirtools.report.genes.page import GenesPage
    from mirtools.report.genes_figure import GenesFigure

    known = [args.database, args.regions, args.gtf, args.genes, args.observed, args.variants, args.isoforms]
    cli.read_once([*args.mirnas, args.targets, *known])
    settings = GenesSettings.of(vars(args))
    if args.html is not None:
        require_page()
    figure = open_figure(run.outputs, args.plot, GenesFigure)
    page = run.open(args.html)
    outputs = GenesOutputs(
        run.outputs.open(args.output),
        run.open(args.sites),
        run.open(args.bed),
        run.open(args.compare),
        None if figure is None else figure(args.plot_targets),
        run.open(args.variant_effects),
        None if page is None else GenesPage(page, args.html_targets),
    )
    predict_genes(settings, outputs, run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
