"""attrib-align: alignments of miRNA and site by the contribution of each pair of bases to a model's score."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mirtools import cli

EXAMPLES = """\
  attrib-align pairs.tsv > aligned.tsv
  attrib-align --text drawings.txt --plot first.png --html all.html scored.tsv.gz -o aligned.tsv.gz
  attrib-align --matrix shap_values.npz pairs.tsv > aligned.tsv
  attrib-align --matrix shap_values.npz --mode published --scale largest pairs.tsv > aligned.tsv
  attrib-align --model mine.safetensors --explainer shap --background 50 --threads 8 pairs.tsv > aligned.tsv
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "attrib-align",
        "Explain miRNA-target pairs: computes how much each pair of bases adds to a model's score "
        "(attributions), and the alignment of miRNA and site with the highest sum of attributions. Adds to every "
        "row the alignment (target 5'->3', miRNA 3'->5'), the score of each of its columns, and an importance "
        "for each base of both. Attributions are computed or read from a file. Without positive attributions, "
        "the alignment is empty (.) and importances are 0.",
        EXAMPLES,
    )
    cli.add_pairs(parser)
    cli.add_shard(parser, "rows")
    cli.add_output(parser)
    given = parser.add_argument_group("attributions")
    given.add_argument(
        "--matrix",
        metavar="FILE",
        help="read the attributions from a NumPy file (.npz with one array, .npy): shape (pairs, site length, "
        "miRNA length), both axes 5'->3', matrix i for row i",
    )
    given.add_argument(
        "--model",
        default=None,
        metavar="NAME|FILE",
        help="compute the attributions with a bundled model or a model file (default: the best bundled model on "
        "pairing matrices)",
    )
    given.add_argument(
        "--explainer",
        choices=("deep", "shap", "gradient", "ism", "masking"),
        default=None,
        help="deep: DeepSHAP; shap, gradient: DeepSHAP and expected gradients by the package shap; ism: "
        "in-silico mutagenesis; masking: bases hidden in pairs, for models without a pairing matrix (default: "
        "deep; for models without a pairing matrix, its alignments are those of masking)",
    )
    given.add_argument(
        "--background",
        type=cli.positive_int,
        default=None,
        metavar="N",
        help="number of background pairs, to which attributions are relative (default: 100)",
    )
    given.add_argument(
        "--background-pairs",
        metavar="FILE",
        help="table of background pairs (default: training pairs in the model file, or random ones of their "
        "composition)",
    )
    given.add_argument(
        "--importance",
        choices=("alignment", "bases"),
        default="alignment",
        help="importances are the scores of the alignment, or the explainer's importances of bases: with ism the "
        "mean over mutants (ISM Full), else the sum over the matrix (default: alignment)",
    )
    given.add_argument(
        "--mutations",
        metavar="FILE",
        help="table of mutations: pair_id (or *), side (mirna, site), position (from 1) and bases; importances "
        "are their decreases of the score (needs --explainer ism)",
    )
    given.add_argument("--mutants", metavar="FILE", help="write a table of the scores of these mutants to FILE")
    costs = parser.add_argument_group("alignment")
    cli.add_gap_costs(costs)
    costs.add_argument(
        "--mode",
        choices=("affine", "published"),
        default="affine",
        help="published: the dynamic programming of the program of Gresova et al. (default: affine)",
    )
    rules = costs.add_mutually_exclusive_group()
    rules.add_argument(
        "--wobble", action="store_true", help="G and U pair, too (default: as in the matrix of --model)"
    )
    rules.add_argument(
        "--pairing",
        metavar="FILE",
        help="table of letters that pair, for any alphabet: columns site, mirna (a letter each) and a number",
    )
    costs.add_argument(
        "--scale",
        choices=("none", "largest"),
        default="none",
        help="divide the scores of the table by the largest score of their matrix, as in published figures "
        "(default: none)",
    )
    drawings = parser.add_argument_group("drawings")
    drawings.add_argument("--text", metavar="FILE", help="draw all alignments as text")
    drawings.add_argument(
        "--plot", metavar="FILE", help="draw heat map and alignment of the first pairs (.png, .svg, .pdf)"
    )
    drawings.add_argument(
        "--plot-pairs",
        type=cli.positive_int,
        default=1,
        metavar="N",
        help="pairs in the figure, up to 20 (default: 1)",
    )
    drawings.add_argument(
        "--html", metavar="FILE", help="write an HTML page with the first pairs, which needs no network"
    )
    drawings.add_argument(
        "--html-pairs", type=cli.positive_int, default=200, metavar="N", help="pairs on the page (default: 200)"
    )
    cli.add_common(parser, seed=True)
    return parser


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    from mirtools.alignment.run import AlignOutputs, Drawing, align_pairs
    from mirtools.alignment.settings import AlignSettings
    from mirtools.errors import UsageError
    from mirtools.report.alignment_figure import FigureDrawing
    from mirtools.report.alignment_page import PageDrawing, require_page
    from mirtools.report.alignment_text import TextDrawing
    from mirtools.report.drawing import open_figure

    if args.plot_pairs > 20:
        raise UsageError(f"argument --plot-pairs: {args.plot_pairs} is more than 20; use --html for more pairs")
    settings = AlignSettings.of(vars(args), pairs=cli.stdin_default(args.pairs, "pairs"))
    if args.html is not None:
        require_page()
    drawings: list[Drawing] = []
    if (figure := open_figure(run.outputs, args.plot, FigureDrawing)) is not None:
        drawings.append(figure(args.plot_pairs))
    if args.text is not None:
        drawings.append(TextDrawing(run.outputs.open(args.text)))
    if args.html is not None:
        drawings.append(PageDrawing(run.outputs.open(args.html), args.html_pairs))
    outputs = AlignOutputs(run.outputs.open(args.output), run.open(args.mutants), drawings)
    align_pairs(settings, outputs, run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
