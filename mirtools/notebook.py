"""The commands as functions for notebooks, which take files or tables and return tables (pandas.DataFrame).

``import mirtools`` offers these functions and imports nothing heavy. Options are keywords with the same names and
defaults as on command lines (``min_reads=5`` for ``--min-reads 5``); the value of an option for a further output
is the name of a file. The counts, dropped rows and hints of a run are attributes of the table::

    pairs = mirtools.parse_reads("reads.fastq.gz", "mature.fa", "transcripts.fa.gz")
    pairs.attrs["counts"], pairs.attrs["dropped"], pairs.attrs["hints"]

Tables may be given as files or as DataFrames, miRNAs and transcripts as FASTA files or as mappings of names to
sequences. Problems are raised as errors of :mod:`mirtools.errors`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import fields
from difflib import get_close_matches
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from mirtools.errors import UsageError
from mirtools.io.streams import Outputs
from mirtools.runlog import RunLog
from mirtools.settings import Settings, option_of

if TYPE_CHECKING:
    import pandas as pd

Path = str | os.PathLike[str]
Sequences = Path | Mapping[str, str]

# Columns that always hold text; others become numbers if all their cells are numbers
_TEXT = frozenset(
    "pair_id mirna_id mirna_seq mirna_qual mirna_unassigned mirna_3p_end target_id site_seq order tied_mirnas "
    "tied_targets mirna_class isomir_types isomir_variant mirna_ambiguous merged_from negative_of strategy "
    "aligned_target aligned_marks aligned_mirna column_scores mirna_importance target_importance gene_id "
    "gene_name region chrom strand tied_sites guide_class row_name best_type best_region site_type".split()
)
_MISSING = "."


class _Function(NamedTuple):
    """The parts of a function for notebooks.

    Attributes
    ----------
    name : str
    settings : type of Settings
    outputs : type of NamedTuple
        Open files, the first of them the table.
    work : callable
        Its arguments: settings, outputs and log.
    """

    name: str
    settings: type[Settings]
    outputs: Any
    work: Callable[[Any, Any, RunLog], None]


def parse_reads(
    reads: Path | Sequence[Path], mirnas: Sequences, transcripts: Sequences, *, threads: int = 1, **options: Any
) -> pd.DataFrame:
    """Find the miRNA and the target site in chimeric reads, as ``chimera-parse`` does.

    Parameters
    ----------
    reads : path or sequence of paths
        FASTQ, FASTA or ``.hyb`` files, one per sample.
    mirnas, transcripts : path, or mapping of str to str
        FASTA files, or sequences by name; ``transcripts`` may be an index that chimera-index made.
    threads : int
    **options
        Fields of :class:`mirtools.chimera.settings.ParseSettings`, and the files ``read_report``, ``hyb``,
        ``bed``, ``bed_genome`` and ``plot``.

    Returns
    -------
    pandas.DataFrame
        One row per distinct pair, most reads first.

    Raises
    ------
    mirtools.errors.MirtoolsError
    """
    from mirtools.chimera.run import ParseOutputs, parse
    from mirtools.chimera.settings import ParseSettings
    from mirtools.report.chimera_figure import draw_chimera

    function = _Function("parse_reads", ParseSettings, ParseOutputs, parse)
    with _Inputs() as inputs:
        given = {
            "reads": reads,
            "mirnas": inputs.sequences("mirnas", mirnas),
            "transcripts": inputs.sequences("transcripts", transcripts),
        }
        return _table(function, given, options, threads, draw_chimera)


def check_reads(
    reads: Path | Sequence[Path], mirnas: Sequences, transcripts: Sequences, **options: Any
) -> pd.DataFrame:
    """Report what the first reads look like, and the options of parse_reads that fit, as ``chimera-check`` does.

    Parameters
    ----------
    reads : path or sequence of paths
        FASTQ or FASTA files, one per sample.
    mirnas, transcripts : path, or mapping of str to str
        FASTA files, or sequences by name; ``transcripts`` may be an index that chimera-index made.
    **options
        Fields of :class:`mirtools.chimera.settings.CheckSettings`, and the file ``plot``.

    Returns
    -------
    pandas.DataFrame
        One row per sample and property.

    Raises
    ------
    mirtools.errors.MirtoolsError
    """
    from mirtools.chimera.check import CheckOutputs, check
    from mirtools.chimera.settings import CheckSettings
    from mirtools.report.check_figure import draw_check

    function = _Function("check_reads", CheckSettings, CheckOutputs, check)
    with _Inputs() as inputs:
        given = {
            "reads": reads,
            "mirnas": inputs.sequences("mirnas", mirnas),
            "transcripts": inputs.sequences("transcripts", transcripts),
        }
        return _table(function, given, options, 1, draw_check)


def classify(pairs: Path | pd.DataFrame | Sequence[Path], mirnas: Sequences, **options: Any) -> pd.DataFrame:
    """Classify miRNAs as exact or as one of the eight types of isomiR, as ``isomir-classify`` does.

    Parameters
    ----------
    pairs : path, sequence of paths, or pandas.DataFrame
        Interaction tables, read as one.
    mirnas : path, or mapping of str to str
        The miRNAs with which the pairs were found: a FASTA file, or sequences by name.
    **options
        Fields of :class:`mirtools.isomir.settings.ClassifySettings` (``precursors`` may be a mapping, ``compare``
        a DataFrame), and the files ``gff3``, ``summary``, ``plot`` and ``compare_output``.

    Returns
    -------
    pandas.DataFrame
        The rows with the class, the types and the variant of their miRNA.

    Raises
    ------
    mirtools.errors.MirtoolsError
    """
    from mirtools.isomir.run import ClassifyOutputs
    from mirtools.isomir.run import classify as work
    from mirtools.isomir.settings import ClassifySettings
    from mirtools.report.isomir_figure import draw_isomirs

    if "compare_output" in options:
        options["compared"] = options.pop("compare_output")
    function = _Function("classify", ClassifySettings, ClassifyOutputs, work)
    with _Inputs() as inputs:
        given = {"pairs": inputs.tables("pairs", pairs), "mirnas": inputs.sequences("mirnas", mirnas)}
        if "precursors" in options:
            given["precursors"] = inputs.sequences("precursors", options.pop("precursors"))
        if "compare" in options:
            given["compare"] = inputs.tables("compare", options.pop("compare"))
        return _table(function, given, options, 1, draw_isomirs)


def predict(
    pairs: Path | pd.DataFrame | None = None,
    *,
    mirnas: Sequences | Sequence[str] | None = None,
    targets: Sequences | None = None,
    threads: int = 1,
    **options: Any,
) -> pd.DataFrame:
    """Score pairs of miRNA and site, or all miRNAs on the windows of all targets, as ``dmiso-predict`` does.

    Parameters
    ----------
    pairs : path or pandas.DataFrame, optional
        With the columns ``mirna_seq`` and ``site_seq``; other columns are kept.
    mirnas : path, str, sequence of str, or mapping of str to str, optional
        Instead of pairs: FASTA file, a sequence, a name in ``database``, several of these, or sequences by name.
    targets : path, or mapping of str to str, optional
        With ``mirnas``: FASTA file, or sequences by name.
    threads : int
    **options
        Fields of :class:`mirtools.prediction.settings.PredictSettings`; with targets, those of
        :class:`mirtools.prediction.settings.ScanSettings` (``gene_table`` and ``regions`` may be DataFrames), and
        the files ``genes`` and ``bed``.

    Returns
    -------
    pandas.DataFrame
        The rows with ``score`` and ``prediction``, and ``window_start`` and ``window_end`` of the best window of
        sites that are longer than the model's input; with targets, one row per window.

    Raises
    ------
    mirtools.errors.MirtoolsError
    """
    from mirtools.prediction.run import PredictOutputs, ScanOutputs, predict_pairs, predict_targets
    from mirtools.prediction.settings import PredictSettings, ScanSettings

    given: dict[str, Any]
    with _Inputs() as inputs:
        if pairs is not None and mirnas is None and targets is None:
            given = {"pairs": inputs.tables("pairs", pairs)}
            function = _Function("predict", PredictSettings, PredictOutputs, predict_pairs)
        elif pairs is None and mirnas is not None and targets is not None:
            given = {
                "mirnas": inputs.sequences("mirnas", mirnas),
                "targets": inputs.sequences("targets", targets),
            }
            for name in ("gene_table", "regions"):
                if name in options:
                    given[name] = inputs.tables(name, options.pop(name))
            function = _Function("predict", ScanSettings, ScanOutputs, predict_targets)
        else:
            raise UsageError("give a table of pairs, or mirnas and targets")
        return _table(function, given, options, threads)


def explain(pairs: Path | pd.DataFrame, *, threads: int = 1, **options: Any) -> pd.DataFrame:
    """Align miRNAs and sites by what each pair of bases adds to a model's score, as ``attrib-align`` does.

    Parameters
    ----------
    pairs : path or pandas.DataFrame
        With the columns ``mirna_seq`` and ``site_seq``; other columns are kept.
    threads : int
    **options
        Fields of :class:`mirtools.alignment.settings.AlignSettings` (``background_pairs`` and ``mutations`` may be
        DataFrames), and the file ``mutants``.

    Returns
    -------
    pandas.DataFrame
        The rows with their alignments and importances by base.

    Raises
    ------
    mirtools.errors.MirtoolsError
    """
    from mirtools.alignment.run import AlignOutputs, align_pairs
    from mirtools.alignment.settings import AlignSettings

    function = _Function("explain", AlignSettings, AlignOutputs, align_pairs)
    with _Inputs() as inputs:
        given = {"pairs": inputs.tables("pairs", pairs)}
        for name in ("background_pairs", "mutations"):
            if name in options:
                given[name] = inputs.tables(name, options.pop(name))
        return _table(function, given, options, threads)


def narrow(
    mirnas: Sequences | Sequence[str], targets: Sequences, *, threads: int = 1, **options: Any
) -> pd.DataFrame:
    """Find binding sites of miRNAs on transcripts to within a few bases, as ``peak-narrow`` does.

    Parameters
    ----------
    mirnas : path, str, sequence of str, or mapping of str to str
        FASTA file, a sequence, a name in ``database``, several of these, or sequences by name.
    targets : path, or mapping of str to str
        FASTA file, or sequences by name.
    threads : int
    **options
        Fields of :class:`mirtools.scan.settings.NarrowSettings` (``pairs`` and ``background_pairs`` may be
        DataFrames), and the files ``bed``, ``score_bedgraph`` and ``attribution_bedgraph``.

    Returns
    -------
    pandas.DataFrame
        One row per peak, with its alignment.

    Raises
    ------
    mirtools.errors.MirtoolsError
    """
    from mirtools.scan.run import NarrowOutputs
    from mirtools.scan.run import narrow as work
    from mirtools.scan.settings import NarrowSettings

    function = _Function("narrow", NarrowSettings, NarrowOutputs, work)
    with _Inputs() as inputs:
        given = {
            "mirnas": inputs.sequences("mirnas", mirnas),
            "targets": inputs.sequences("targets", targets),
        }
        for name in ("pairs", "background_pairs"):
            if name in options:
                given[name] = inputs.tables(name, options.pop(name))
        return _table(function, given, options, threads)


def predict_genes(
    mirnas: Sequences | Sequence[str], targets: Sequences, *, threads: int = 1, **options: Any
) -> pd.DataFrame:
    """Predict how strongly miRNAs or isomiRs repress genes, as ``genes-predict`` does.

    Parameters
    ----------
    mirnas : path, str, sequence of str, or mapping of str to str
        FASTA file, a sequence, a name in ``database``, several of these, or sequences by name.
    targets : path, or mapping of str to str
        FASTA file of transcripts or 3'UTRs, or sequences by name.
    threads : int
    **options
        Fields of :class:`mirtools.genes.settings.GenesSettings` (``regions``, ``genes``, ``observed`` and
        ``isoforms`` may be DataFrames), and the files ``sites``, ``bed``, ``compare`` and ``variant_effects``.

    Returns
    -------
    pandas.DataFrame
        One row per miRNA and target, with the predicted log2 fold change.

    Raises
    ------
    mirtools.errors.MirtoolsError
    """
    from mirtools.genes.run import GenesOutputs
    from mirtools.genes.run import predict_genes as work
    from mirtools.genes.settings import GenesSettings

    function = _Function("predict_genes", GenesSettings, GenesOutputs, work)
    with _Inputs() as inputs:
        given = {
            "mirnas": inputs.sequences("mirnas", mirnas),
            "targets": inputs.sequences("targets", targets),
        }
        for name in ("regions", "genes", "observed", "isoforms"):
            if name in options:
                given[name] = inputs.tables(name, options.pop(name))
        return _table(function, given, options, threads)


class _Inputs(ExitStack):
    """Inputs as files: tables and sequences in memory are written to a temporary folder."""

    def tables(self, name: str, tables: Any) -> Any:
        """Return the path of a table, or paths as they are."""
        import pandas as pd

        if not isinstance(tables, pd.DataFrame):
            return tables
        path = self._path(f"{name}.tsv")
        _whole_numbers(tables).to_csv(path, sep="\t", index=False, na_rep=_MISSING, lineterminator="\n")
        return path

    def sequences(self, name: str, sequences: Any) -> Any:
        """Return the path of a FASTA file."""
        if not isinstance(sequences, Mapping):
            return sequences
        path = self._path(f"{name}.fa")
        with open(path, "w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(f">{key}\n{sequence}\n" for key, sequence in sequences.items())
        return path

    def _path(self, name: str) -> str:
        return os.path.join(self.enter_context(TemporaryDirectory(prefix="mirtools-")), name)


def _table(
    function: _Function,
    given: Mapping[str, Any],
    options: Mapping[str, Any],
    threads: int,
    draw: Callable[..., None] | None = None,
) -> pd.DataFrame:
    """Run a command's function and return its table."""
    files = [
        name for name in function.outputs._fields[1:] if name not in ("figure", "multiqc", "drawings", "page")
    ]
    known = [field.name for field in fields(function.settings)]
    _refuse_unknown(function.name, options, [*known, *files, *(["plot"] if draw else [])])
    settings = function.settings.of(options, **given)
    log, table = RunLog(threads), io.StringIO()
    with Outputs() as outputs:
        opened: dict[str, Any] = {
            name: outputs.open(os.fspath(options[name])) for name in files if options.get(name) is not None
        }
        if draw is not None and options.get("plot") is not None:
            from mirtools.report.drawing import open_figure

            opened["figure"] = open_figure(outputs, os.fspath(options["plot"]), draw)
        function.work(settings, function.outputs(table, **opened), log)
    return as_frame(table, log)


def as_frame(table: io.StringIO, log: RunLog) -> pd.DataFrame:
    """Return a written table as a DataFrame, with the contents of its run's log in ``attrs``.

    ``.`` is a missing value. Columns of names, sequences and lists are text; others are numbers if all cells are.
    """
    import csv

    import pandas as pd

    table.seek(0)
    frame = pd.read_csv(
        table, sep="\t", dtype=str, na_values=[_MISSING], keep_default_na=False, quoting=csv.QUOTE_NONE
    )
    frame = frame.assign(**{name: _as_numbers(frame[name]) for name in frame.columns if name not in _TEXT})
    frame.attrs.update(
        counts=dict(log.counts),
        dropped=dict(log.dropped),
        facts=log.facts,
        hints=list(log.hints),
        notes=list(log.notes),
    )
    return frame


def _as_numbers(cells: pd.Series[Any]) -> pd.Series[Any]:
    """Return text as (whole) numbers if all cells are numbers; exact to the last digit, unlike pandas' reader."""
    for kind in ("int64", "float64"):
        with suppress(ValueError, TypeError):
            return cells.astype(kind)
    return cells


def _whole_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which whole numbers that missing values made floats are whole numbers again."""
    changed = {}
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind == "f" and column.isna().any() and (column.dropna() % 1 == 0).all():
            changed[name] = column.astype("Int64")
    return frame.assign(**changed)


def _refuse_unknown(function: str, options: Iterable[str], known: Sequence[str]) -> None:
    for name in options:
        if name not in known:
            close = get_close_matches(name, known, 1)
            hint = f"; did you mean {close[0]}?" if close else f"; it has {', '.join(known)}"
            raise UsageError(f"{function}() has no option {name}, as its command has no {option_of(name)}{hint}")
