"""attrib-align: alignments of miRNA and site by what each pair of bases adds to a model's score."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from mirtools import cli

if TYPE_CHECKING:
    from mirtools.alignment.table import Named, Source
    from mirtools.attribution.explainer import PairExplainer
    from mirtools.attribution.mutations import Mutants
    from mirtools.models.modelfile import Model

EXAMPLES = """\
  attrib-align pairs.tsv > aligned.tsv
  attrib-align --text drawings.txt --plot first.png --html all.html scored.tsv.gz -o aligned.tsv.gz
  attrib-align --matrix shap_values.npz pairs.tsv > aligned.tsv
  attrib-align --matrix shap_values.npz --mode published --scale largest pairs.tsv > aligned.tsv
  attrib-align --model mine.safetensors --explainer shap --background 50 --threads 8 pairs.tsv > aligned.tsv
"""
# options that say how attributions are computed
_COMPUTED = ("model", "explainer", "background", "background_pairs")
_TEXTS = ("output", "mutants", "text", "html")


def build_parser() -> argparse.ArgumentParser:
    """Return the command-line parser (standard library only)."""
    parser = cli.make_parser(
        "attrib-align",
        "Explain miRNA-target pairs: how much each pair of bases adds to a model's score, and the alignment of "
        "miRNA and site that collects most of it. Every row comes back with the alignment (target 5'->3', miRNA "
        "3'->5'), the score of each of its columns, and an importance for each base of both. Attributions are "
        "computed, or given as a file. A pair that no attribution speaks for has an empty alignment (.) and "
        "importances of 0.",
        EXAMPLES,
    )
    cli.add_pairs(parser)
    cli.add_shard(parser, "rows")
    cli.add_output(parser)
    given = parser.add_argument_group("attributions")
    given.add_argument(
        "--matrix",
        metavar="FILE",
        help="take the attributions from a NumPy file (.npz with one array, .npy): shape (pairs, site length, "
        "miRNA length), both axes 5'->3', matrix i for row i",
    )
    given.add_argument(
        "--model",
        default=None,
        metavar="NAME|FILE",
        help="compute them: bundled model or model file (default: the best bundled model on pairing matrices)",
    )
    given.add_argument(
        "--explainer",
        choices=("deep", "shap", "gradient", "ism", "masking"),
        default=None,
        help="deep: DeepSHAP; shap, gradient: the same, and expected gradients, by the package shap; ism: "
        "in-silico mutagenesis; masking: bases hidden in pairs, for models without a pairing matrix (default: "
        "deep, which for these is masking, too)",
    )
    given.add_argument(
        "--background",
        type=cli.positive_int,
        default=None,
        metavar="N",
        help="pairs that attributions are relative to (default: 100)",
    )
    given.add_argument(
        "--background-pairs",
        metavar="FILE",
        help="table to draw them from (default: what the model file knows of the pairs that it learned from)",
    )
    given.add_argument(
        "--importance",
        choices=("alignment", "bases"),
        default="alignment",
        help="what importances are: the scores of the alignment, or what the explainer gives each base by itself: "
        "with ism the mean over its mutants (ISM Full), else the sum over the matrix (default: alignment)",
    )
    given.add_argument(
        "--mutations",
        metavar="FILE",
        help="table of mutations: pair_id (or *), side (mirna, site), position (from 1) and bases; importances "
        "are what they take from the score (with --explainer ism)",
    )
    given.add_argument("--mutants", metavar="FILE", help="write a table of the scores of these mutants to FILE")
    costs = parser.add_argument_group("alignment")
    cli.add_gap_costs(costs)
    costs.add_argument(
        "--mode",
        choices=("affine", "published"),
        default="affine",
        help="published: fill and follow the table as the program of Gresova et al. does (default: affine)",
    )
    rules = costs.add_mutually_exclusive_group()
    rules.add_argument(
        "--wobble", action="store_true", help="G and U pair, too (default: as in the matrix of --model)"
    )
    rules.add_argument(
        "--pairing",
        metavar="FILE",
        help="table of what pairs, for any alphabet: columns site, mirna (a letter each) and a number",
    )
    costs.add_argument(
        "--scale",
        choices=("none", "largest"),
        default="none",
        help="divide the scores of the table by the largest of their matrix, as in published figures "
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
    drawings.add_argument("--html", metavar="FILE", help="write a page with the first pairs, to be read offline")
    drawings.add_argument(
        "--html-pairs", type=cli.positive_int, default=200, metavar="N", help="pairs on the page (default: 200)"
    )
    cli.add_common(parser, seed=True)
    return parser


def _check(args: argparse.Namespace) -> None:
    from mirtools.alignment.explained import WITHOUT_BACKGROUND
    from mirtools.errors import UsageError

    if args.gap_percentiles[0] < args.gap_percentiles[1]:
        raise UsageError("argument --gap-percentiles: opening a gap costs at least as much as extending it")
    if args.plot_pairs > 20:
        raise UsageError(f"argument --plot-pairs: {args.plot_pairs} is more than 20; --html takes more")
    given = [name for name in _COMPUTED if getattr(args, name) is not None]
    if args.matrix is not None and given:
        raise UsageError(f"--matrix gives the attributions; leave out --{given[0].replace('_', '-')}")
    if args.matrix is not None and args.importance != "alignment":
        raise UsageError("--importance bases needs an explainer; leave out --matrix")
    if args.mutations is not None and (args.explainer != "ism" or args.importance != "alignment"):
        raise UsageError("--mutations are in-silico mutagenesis; give --explainer ism, and no --importance")
    if args.mutants is not None and args.mutations is None:
        raise UsageError("--mutants needs mutations; give --mutations FILE")
    if args.mutations == "-" and args.pairs in (None, "-"):
        raise UsageError("--mutations and the pairs cannot both be standard input; name a file for one")
    if args.background_pairs == "-" and args.pairs in (None, "-"):
        raise UsageError("--background-pairs and the pairs cannot both be standard input; name a file for one")
    if args.explainer in WITHOUT_BACKGROUND and (args.background, args.background_pairs) != (None, None):
        raise UsageError(
            f"--explainer {args.explainer} needs no background; leave out --background and --background-pairs"
        )


def _work(args: argparse.Namespace, run: cli.Run) -> None:
    _check(args)

    from mirtools.alignment.align import Aligner, Costs
    from mirtools.alignment.explained import (
        BACKGROUND,
        MUTANT_COLUMNS,
        ExplainerSource,
        described,
        explained_model,
        explainer_of,
        mutants_of,
        pairing_of,
    )
    from mirtools.alignment.matrices import Matrices
    from mirtools.alignment.table import AlignedPairs, FileSource
    from mirtools.interactions import TableReader, TableWriter
    from mirtools.models.pairing import WATSON_CRICK, WOBBLE, read_rule
    from mirtools.models.shards import must_be_file, row_share
    from mirtools.plausible import no_rows_hint
    from mirtools.report.alignment_figure import draw_alignments
    from mirtools.report.alignment_page import Page, require_page, write_page
    from mirtools.report.alignment_text import LEGEND, draw_text
    from mirtools.report.drawing import figure_format

    source = cli.stdin_default(args.pairs, "pairs")
    if args.shard is not None:
        must_be_file(source, "--shard")
    kind = "" if args.plot is None else figure_format(args.plot)
    if args.html is not None:
        require_page()
    # outputs that cannot be written are better known before the work than after it
    figure = None if args.plot is None else run.outputs.open_binary(args.plot)
    streams = {key: run.outputs.open(path) for key in _TEXTS if (path := getattr(args, key)) is not None}

    chosen = row_share(source, args.format, args.shard) if args.shard else None
    reader = TableReader(source, ("mirna_seq", "site_seq"), args.format)
    rule = read_rule(args.pairing) if args.pairing else WOBBLE if args.wobble else None
    explained: tuple[Model, PairExplainer] | None = None
    mutants: Mutants | None = None
    attributions: Source
    if args.matrix is not None:
        rule = rule or WATSON_CRICK
        attributions = FileSource(Matrices(args.matrix), rule)
    else:
        model = explained_model(args.model)
        explainer = explainer_of(
            model, args.explainer or "deep", args.background or BACKGROUND, args.background_pairs, args.seed
        )
        explained = model, explainer
        run.say(f"model {model.name!a}, explainer {explainer.kind}")
        if model.network is None:
            run.say("the model sees no pairing matrix; what pairs of bases add is approximated by masking them")
        mutants = mutants_of(model, args.mutations) if args.mutations else None
        attributions = ExplainerSource(model, explainer, reader, args.importance == "bases", mutants)
        rule = rule or pairing_of(model)
        run.facts["model"] = {
            "name": model.name,
            "architecture": model.architecture,
            "sha256": model.checksum,
            "mirtools_version": model.version,
        }
    run.facts["pairing"] = ["".join(pair) for pair in sorted(rule.pairs)]
    opening, extension = args.gap_percentiles
    with closing(attributions):
        aligner = Aligner(rule, Costs(opening, extension, args.gap_scale), args.mode)
        pairs = AlignedPairs(reader, attributions, aligner, args.scale)
        writer = TableWriter(streams["output"], pairs.columns)
        notes = TableWriter(streams["mutants"], MUTANT_COLUMNS) if "mutants" in streams else None
        if "text" in streams:
            streams["text"].write(LEGEND)
        wanted = max(args.plot_pairs if figure else 0, args.html_pairs if "html" in streams else 0)
        kept: list[Named] = []
        progress = run.progress_bar(None, "pairs")
        for batch in pairs.batches(run.threads, chosen):
            for number, row in enumerate(batch.rows):
                writer.write(row)
                if "text" in streams or len(kept) < wanted:
                    named = pairs.named(batch, number)
                    if "text" in streams:
                        streams["text"].write("\n" + draw_text(named))
                    if len(kept) < wanted:
                        kept.append(named)
            if notes is not None:
                for note in batch.notes:
                    notes.write(note)
            progress.update(len(batch.rows))
        progress.close()
    run.counts.update(pairs.counts)
    if not pairs.counts["pairs"] and args.shard is None:
        run.hints.append(no_rows_hint("PAIRS"))
    run.facts["mean_mirna_importance"] = pairs.profile()
    if mutants is not None:
        run.counts.update(mutants.counts)
        if mutants.unmet:
            run.dropped["mutations_of_absent_pairs"] += len(mutants.unmet)
    if explained is not None:
        run.facts["explainer"] = described(*explained, pairs.gap)
    if figure is not None:
        draw_alignments(figure, kind, kept[: args.plot_pairs])
    if "html" in streams:
        page = Page(pairs.counts["pairs"], pairs.counts["aligned_pairs"], pairs.profile(), aligner.described())
        write_page(streams["html"], page, kept[: args.html_pairs], pairs.names)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run_command(build_parser, _work, argv)
