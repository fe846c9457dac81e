"""dmiso-evaluate from a notebook: settings, outputs and a log in, figures out."""

import io

import pytest

from mirtools.errors import UsageError
from mirtools.evaluation.run import EvaluateOutputs, evaluate
from mirtools.evaluation.settings import EvaluateSettings
from mirtools.pairs.baselines import BASELINES, IDENTITIES
from mirtools.runlog import RunLog

MIR16, LET7 = "TAGCAGCACGTAAATATTGGCG", "TGAGGTAGTAGGTTGTATAGTT"
ROWS = [
    ("P1", "miR-16", MIR16, "GCCAATATTTACGTGCTGCTAA", "1", "0.9", "-30"),
    ("P2", "miR-16", MIR16, "ACGTACGTACGTACGTACGTAC", "0", "0.4", "-3"),
    ("P3", "let-7", LET7, "AACTATACAACCTACTACCTCA", "1", "0.3", "-28"),
    ("P4", "let-7", LET7, "ACACACACACACACACACACAC", "0", "0.1", "-29"),
]
HEADER = "pair_id mirna_id mirna_seq site_seq label score site_mfe".split()
MIRANDA = ">miR-16\tP1\t155.00\t-20.0\t2 20\t1 20\t18\t72%\t88%\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.tsv").write_text("".join("\t".join(row) + "\n" for row in [HEADER, *ROWS]))
    (tmp_path / "miranda.txt").write_text(MIRANDA)
    return tmp_path


def judged(outputs=None, **options):
    log = RunLog()
    found = evaluate(EvaluateSettings(**options, resamples=5), outputs or EvaluateOutputs(io.StringIO()), log)
    return {(each.part, each.predictor): each for each in found}, log


def test_predictors_side_by_side(folder):
    table, differences, what = io.StringIO(), io.StringIO(), []
    outputs = EvaluateOutputs(
        table, differences, lambda *given: what.append(given), lambda *given: what.append(given)
    )
    found, log = judged(
        outputs,
        tables="mine.tsv",
        score="score",
        energy="site_mfe",
        threshold={"site_mfe": -28.5},
        programs={"miranda": "miranda.txt"},
        baselines=["8mer"],
        parts=["all"],
        by="mirna_id",
    )
    assert list(found)[:4] == [("all", name) for name in ("score", "site_mfe", "miranda", "8mer")]
    assert {part for part, _ in found} == {"all", "mirna_id=let-7", "mirna_id=miR-16"}
    figures = {name: found["all", name].figures for name in ("score", "site_mfe", "miranda", "8mer")}
    assert figures["score"]["auroc"].value == 0.75
    assert figures["score"]["recall"].value == 0.5
    assert figures["site_mfe"]["precision"].value == 0.5
    assert figures["miranda"]["recall"].value == 0.5
    assert figures["8mer"]["auroc"].value == 1
    assert log.counts == {"pairs": 4, "positives": 2}
    assert log.facts["programs"]["miranda"] == {"predictions": 1, "used": 1, "pairs_predicted": 1}
    assert "site_mfe is ranked by site_mfe, of which lower is better: its sign is turned" in log.notes
    assert table.getvalue().startswith("part\tpredictor\t")
    assert differences.getvalue().count("\n") == 1 + 4 * 3 * 3  # figures, predictors but the first, parts
    assert [len(given) for given in what] == [3, 3]


def test_only_some_rows_and_what_a_training_remembers(folder):
    found, log = judged(
        tables=["mine=mine.tsv"], only={"mirna_id": ["miR-16"]}, baselines="all", training="mine.tsv"
    )
    assert log.dropped == {"pairs left out by --only": 2}
    assert {name for _, name in found} == {"mine", *BASELINES}
    assert log.facts["training"] == {"training_pairs": 2, "mirna_identity_auroc": 0.5, "site_identity_auroc": 1.0}
    assert found["mirna_seen", "site_identity"].figures["auroc"].value == 1


def test_all_baselines_are_those_that_can_be_had():
    settings = EvaluateSettings(tables="t.tsv", baselines="all")
    assert settings.wanted_baselines == [name for name in BASELINES if name not in IDENTITIES]
    assert EvaluateSettings(tables="t.tsv", baselines="all", training="u.tsv").wanted_baselines == list(BASELINES)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"baselines": "odd"}, "--baselines: no 'odd'; there are site_type"),
        ({"parts": "odd"}, "--parts: no 'odd'"),
        ({"programs": {"odd": "f"}}, "no 'odd'; there are miranda"),
        ({"rank_by": {"miranda": "odd"}}, "--rank-by miranda: no 'odd'; there are score, energy"),
        ({"positions": {"": "odd"}}, "--positions: no 'odd'; there are transcript, site"),
        ({"confidence": 2}, "--confidence: '2' is not a number"),
    ],
)
def test_settings_that_are_none(options, message):
    with pytest.raises(UsageError, match=message):
        EvaluateSettings(tables="t.tsv", **options)
