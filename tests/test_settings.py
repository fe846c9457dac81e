"""Settings: the values that fields allow, and that commands and their settings have the same defaults."""

import ast
import importlib
from dataclasses import MISSING, FrozenInstanceError, dataclass, fields
from pathlib import Path

import numpy as np
import pytest

from mirtools import settings
from mirtools.alignment.settings import AlignSettings
from mirtools.chimera.settings import CheckSettings, ParseSettings
from mirtools.classes.settings import ClassSettings
from mirtools.comparison.settings import CompareSettings
from mirtools.errors import UsageError
from mirtools.evaluation.settings import EvaluateSettings
from mirtools.experiments.settings import WorkflowSettings
from mirtools.genes.settings import GenesSettings
from mirtools.interpretation.settings import InterpretSettings
from mirtools.isomir.settings import ClassifySettings
from mirtools.negatives.settings import NegativeSettings
from mirtools.prediction.settings import PredictSettings
from mirtools.report.settings import ReportSettings
from mirtools.scan.settings import NarrowSettings, PeakEvaluationSettings
from mirtools.settings import option_of
from mirtools.shards.settings import JoinSettings
from mirtools.simulation.settings import LibrarySettings, TranscriptSettings
from mirtools.sites.settings import MergeSettings
from mirtools.sites.settings_compare import CompareSitesSettings
from mirtools.training.settings import TrainSettings

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Example(settings.Settings):
    table: str = settings.path()
    tables: tuple[str, ...] = settings.paths()
    top: int = settings.whole(1, most=9)
    k: int | None = settings.optional_whole()
    share: float = settings.number(0.5, 0, 1)
    kind: str = settings.choice("a", "b")
    other: str | None = settings.optional_path()
    sample: tuple[str, ...] = settings.names()
    adapter: tuple[str, ...] = settings.sequences()
    shard: settings.Share = settings.share()
    part: settings.Share | None = settings.optional_share()
    choose: tuple[int, int] | None = settings.optional_range(2, 50)
    distances: tuple[int, ...] = settings.wholes((0, 15), 0)
    percentiles: tuple[float, float] = settings.numbers((99.0, 90.0), 0, 100)
    primer: str = settings.sequence("ACGT")
    flag: bool = False

    def check(self):
        if self.flag and self.kind == "b":
            raise UsageError("--flag and --kind b exclude each other")


def test_values_are_converted():
    found = Example(Path("a.tsv"), Path("b.tsv"), np.int64(3), adapter="acgu", sample="x", shard="2/4", share=1)
    assert found.table == "a.tsv"
    assert found.tables == ("b.tsv",)
    assert found.top == 3
    assert type(found.top) is int
    assert found.adapter == ("ACGT",)
    assert found.sample == ("x",)
    assert (found.shard, str(found.shard)) == (settings.Share(1, 4), "2/4")
    assert found.share == 1
    assert Example("a", ["b", "c"], shard=(0, 2)).shard == settings.Share(0, 2)
    more = Example(
        "a", "b", part="1/2", choose="3", distances=[5], percentiles=[9, 8], primer="uu", other=Path("c")
    )
    assert (more.part, more.choose, more.distances) == (settings.Share(0, 2), (3, 3), (5,))
    assert (more.percentiles, more.primer, more.other) == ((9.0, 8.0), "TT", "c")
    assert Example("a", "b", choose=(2, 8), primer="none").choose == (2, 8)
    with pytest.raises(FrozenInstanceError):
        found.top = 4


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("table", 5, "argument --table: expected str"),
        ("tables", [], "argument --tables: no file is named"),
        ("top", 0, "argument --top: '0' is not a whole number from 1 to 9"),
        ("top", 10, "argument --top: '10' is not a whole number from 1 to 9"),
        ("top", 1.5, "argument --top: '1.5' is not a whole number"),
        ("k", "many", "argument --k: 'many' is not a whole number of 1 or more"),
        ("share", 2, "argument --share: '2' is not a number from 0 to 1"),
        ("share", float("nan"), "argument --share: 'nan' is not a number"),
        ("share", None, "argument --share: 'None' is not a number"),
        ("kind", "c", r"argument --kind: invalid choice: 'c' \(choose from 'a', 'b'\)"),
        ("adapter", ["ACGT", "ACXG"], "argument --adapter: "),
        ("adapter", [""], "argument --adapter: is empty; give a sequence"),
        ("shard", "0/3", "argument --shard: '0/3' is not a share such as 1/4"),
        ("shard", "4/3", "argument --shard: '4/3' is not a share"),
        ("shard", "x", "argument --shard: 'x' is not a share"),
        ("part", "3/2", "argument --part: '3/2' is not a share"),
        ("choose", "8-2", "argument --choose: '8-2' is not a range such as 2-8, from 2 to 50"),
        ("choose", "2-x", "argument --choose: '2-x' is not a range"),
        ("choose", (2, 3, 4), "argument --choose: .* is not a range"),
        ("choose", (2, 51), "argument --choose: '51' is not a whole number from 2 to 50"),
        ("choose", 5, "argument --choose: "),
        ("distances", [15, -1], "argument --distances: '-1' is not a whole number of 0 or more"),
        ("percentiles", [99], "argument --percentiles: 1 numbers are given; give 2"),
        ("percentiles", [99, 101], "argument --percentiles: '101' is not a number from 0 to 100"),
        ("primer", "", "argument --primer: is empty; give a sequence"),
    ],
)
def test_values_that_are_not_allowed(field, value, problem):
    with pytest.raises(UsageError, match=problem):
        Example(**{"table": "a", "tables": "b", field: value})


def test_fields_that_do_not_fit_together():
    with pytest.raises(UsageError, match="exclude each other"):
        Example("a", "b", flag=True, kind="b")


def test_options_of_the_same_names_are_used():
    found = Example.of({"table": "a", "top": 4, "debug": True}, tables=["b"])
    assert (found.table, found.tables, found.top) == ("a", ("b",), 4)


#: settings of each command, and its required arguments
SETTINGS = {
    "attrib-align": (AlignSettings, ""),
    "attrib-compare": (CompareSettings, ""),
    "dmiso-evaluate": (EvaluateSettings, ""),
    "dmiso-interpret": (InterpretSettings, ""),
    "dmiso-predict": (PredictSettings, ""),
    "dmiso-train": (TrainSettings, "--model m.safetensors --name model"),
    "mirtools-run": (WorkflowSettings, "s.tsv --mirnas m.fa --transcripts t.fa --output o"),
    "negatives-generate": (NegativeSettings, ""),
    "binding-classes": (ClassSettings, ""),
    "genes-predict": (GenesSettings, "--mirnas m.fa --targets t.fa"),
    "interactions-report": (ReportSettings, ""),
    "peak-evaluate": (PeakEvaluationSettings, "--truth t.bed"),
    "peak-narrow": (NarrowSettings, "--mirnas m.fa --targets t.fa"),
    "chimera-check": (CheckSettings, "--mirnas m.fa --transcripts t.fa"),
    "chimera-parse": (ParseSettings, "--mirnas m.fa --transcripts t.fa"),
    "chimera-simulate": (LibrarySettings, "--mirnas m.fa --transcripts t.fa"),
    "isomir-classify": (ClassifySettings, "--mirnas m.fa"),
    "peak-simulate": (TranscriptSettings, "--plant-seeds m.fa"),
    "sites-compare": (CompareSitesSettings, "--samples s.tsv --contrast a b"),
    "sites-merge": (MergeSettings, ""),
    "table-join": (JoinSettings, ""),
}


#: commands with functions for their own argument types, or for checks of arguments
WITH_TYPES = {"dmiso-evaluate", "dmiso-interpret", "dmiso-predict", "dmiso-train", "negatives-generate"}


@pytest.mark.parametrize("name", SETTINGS)
def test_defaults_of_a_command_are_those_of_its_settings(name):
    kind, needed = SETTINGS[name]
    parser = importlib.import_module(f"mirtools.tools.{name.replace('-', '_')}").build_parser()
    defaults = vars(parser.parse_args(needed.split()))
    checked = 0
    for field in fields(kind):
        # fields without an option of their name are derived from others
        if field.default is MISSING or field.name not in defaults or option_of(field.name) in needed:
            continue
        default = defaults[field.name]
        if isinstance(field.default, tuple) and field.name != "shard":
            default = tuple(default or ())
        assert default == field.default, field.name
        checked += 1
    assert checked


@pytest.mark.parametrize("name", [*(name for name in SETTINGS if name not in WITH_TYPES), "chimera-index"])
def test_tools_map_arguments_and_compute_nothing(name):
    """Apart from its parser, a tool is short, has no loop, and never writes to its arguments."""
    text = (ROOT / "tools" / f"{name.replace('-', '_')}.py").read_text(encoding="utf-8")
    functions = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    work = functions["_work"]
    assert work.end_lineno - work.lineno < 30
    for node in ast.walk(work):
        assert not isinstance(node, ast.For | ast.While | ast.comprehension)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "args":
            assert isinstance(node.ctx, ast.Load)
    others = [name for name in functions if not name.startswith("_add_")]
    assert sorted(others) == ["_work", "build_parser", "main"]
