"""Hints on empty results of the commands after chimera-parse; good inputs give no hint."""

import json

import pytest

from mirtools.io.empty_results import references_hint
from mirtools.negatives import no_negatives
from mirtools.negatives.same_transcript import _ABSENT, _TOO_SHORT, ENERGY, NO_REGIONS, NO_ROOM, OTHER_LENGTH
from mirtools.negatives.whole_table import _REASONS
from mirtools.tools import dmiso_predict, negatives_generate, peak_evaluate, peak_narrow

LET7 = "TGAGGTAGTAGGTTGTATAGTT"
TARGET = "GCATTCGACGTTAACCGTGATCTTGCAACGGTCATTGCCACTACCTCATCGTTGGACCTAGTCATGCAATCCGGATTACG"


@pytest.fixture
def hints(tmp_path, capsys):
    """Return a function that runs a command and returns its hints."""

    def hints_of(command, *options, **texts):
        for name, text in texts.items():
            (tmp_path / name).write_text(text)
        line = [str(tmp_path / option) if option in texts else option for option in options]
        report = tmp_path / "report.json"
        assert command.main([*line, "--json", str(report), "-o", str(tmp_path / "out")]) == 0
        found = json.loads(report.read_text())["hints"]
        printed = [
            line.partition(": hint: ")[2] for line in capsys.readouterr().err.splitlines() if ": hint: " in line
        ]
        assert printed == found
        return found

    return hints_of


@pytest.mark.parametrize(
    ("command", "options"),
    [
        (peak_narrow, ("--mirnas", "m", "--targets", "t", "--background", "2")),
        (dmiso_predict, ("--mirnas", "m", "--targets", "t")),
    ],
)
def test_thresholds_above_all_scores(hints, command, options):
    references = {"m": f">let-7a\n{LET7}\n", "t": f">t\n{TARGET}\n"}
    (hint,) = hints(command, *options, "--threshold", "1", **references)
    assert hint.startswith("none of ")
    assert "windows scores above --threshold 1; the highest score is 0." in hint
    assert hints(command, *options, "--threshold", "0.000001", **references) == []
    (hint,) = hints(command, *options, **references | {"m": f">mir\n{TARGET}\n"})
    assert "as hairpins have; give mature miRNAs" in hint


def test_no_possible_negatives(hints):
    header = "mirna_id\tmirna_seq\ttarget_id\tsite_start\tsite_end\tsite_seq\n"
    pair = f"{header}let-7a\t{LET7}\tt\t30\t60\t{TARGET[30:60]}\n"
    regions = "target_id\tcds_start\tcds_end\nt\t0\t80\n"
    options = ("--transcripts", "t", "--regions", "r", "p")
    texts = {"t": f">t\n{TARGET}\n", "r": regions, "p": pair}
    assert hints(negatives_generate, *options, **texts) == [
        "1 positives: their transcripts have no 3'UTR; --region any takes other parts of the transcript"
    ]
    (hint,) = hints(negatives_generate, *options, **texts | {"p": header})
    assert hint.startswith("PAIRS has no rows")


def test_every_reason_for_no_negatives_has_its_hint():
    reasons = {
        *_ABSENT.values(),
        *_TOO_SHORT.values(),
        *_REASONS.values(),
        ENERGY,
        NO_REGIONS,
        NO_ROOM,
        OTHER_LENGTH,
    }
    assert set(no_negatives._HINTS) == reasons - {""}


def test_peaks_of_other_names(hints):
    truth = "t\t10\t17\tlet-7a\t0\t+\n"
    header = "mirna_id\ttarget_id\tstart\tend\tsummit\tscore\n"
    options = ("--truth", "b", "p")
    assert hints(peak_evaluate, *options, b=truth, p=f"{header}let-7a\tt\t10\t17\t13\t0.9\n") == []
    (hint,) = hints(peak_evaluate, *options, b=truth, p=f"{header}let-7a\tother\t10\t17\t13\t0.9\n")
    assert "are their names the same in both?" in hint


def test_lengths_of_references():
    assert references_hint([22, 21], [1500, 800], "--targets") is None
    assert references_hint([31, 24, 22], [50, 31], "--targets") is None
    assert "as transcripts have" in references_hint([900, 700], [1500], "--targets")
