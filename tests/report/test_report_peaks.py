"""What the figures of peaks show."""

import io

import numpy as np
import pytest

from mirtools.alignment.align import Costs
from mirtools.io.bed import KnownSite
from mirtools.io.sequences import Reference
from mirtools.models.pairing import WATSON_CRICK
from mirtools.report import peaks_evaluation_figure, peaks_figure
from mirtools.scan.evaluate import FoundPeak, evaluate
from mirtools.scan.narrow import Narrowed
from mirtools.scan.peaks import PeakFinder, PeakRules

MIRNA = Reference("let-7a", "", "TGAGGTAGTAGGTTGTATAGTT")


def narrowed(name: str, *places: int) -> Narrowed:
    letters, matrix = ["A"] * 200, np.zeros((200, 22))
    for place in places:
        letters[place : place + 10] = "CTACTACCTC"
        for step in range(10):
            matrix[place + step, 10 - step] = 0.1
    finder = PeakFinder(WATSON_CRICK, Costs(), PeakRules(), 50)
    target = Reference(name, "", "".join(letters))
    track = finder.track(matrix)
    peaks = finder.find(matrix, track, MIRNA.sequence, target.sequence)
    return Narrowed(MIRNA, target, 50, np.full(151, 0.5, "f4"), np.full(200, 0.5), track, peaks)


def test_tracks_peaks_known_sites_and_alignments(pages_of):
    kept = pages_of(peaks_figure)
    known = [KnownSite("t1", 100, 110, "let-7a"), KnownSite("t1", 20, 30, "other"), KnownSite("t0", 5, 9, "")]
    figure = peaks_figure.PeaksFigure(io.BytesIO(), "png", known, 3)
    for found in (narrowed("nothing"), narrowed("t0"), narrowed("t1", 20, 100, 150, 175), narrowed("t2", 9)):
        figure.add(found)
    figure.add(narrowed("too many", 9))
    figure.draw()
    ((title, rows),) = kept
    assert title == ""
    first = rows[0][0]
    assert "let-7a on t0" in (first.get_title(loc="left"), first.get_title())
    tracks = [row[0] for row in rows if len(row) == 1]
    assert [len(axes.patches) for axes in tracks] == [1, 1, 0]
    alignments = [axes for row in rows if len(row) == 3 for axes in row if axes.texts]
    assert len(alignments) == 3 + 1
    # three letters a column, top down
    letters = [text.get_text() for text in alignments[0].texts]
    columns = ["".join(letters[at : at + 3]) for at in range(0, 66, 3)]
    assert "C|G U|A A|U C|G" in " ".join(columns)
    assert letters[66:] == ["5'", "3'", "3'", "5'"]


def test_nothing_to_draw(pages_of):
    kept = pages_of(peaks_figure)
    figure = peaks_figure.PeaksFigure(io.BytesIO(), "png", [], 3)
    figure.add(narrowed("nothing"))
    figure.draw()
    assert kept == [(peaks_figure.NOTHING, [])]


@pytest.mark.parametrize("neighbours", [True, False])
def test_evaluation(pages_of, neighbours):
    kept = pages_of(peaks_evaluation_figure)
    sites = [KnownSite("t", 10, 20, "m"), KnownSite("t" if neighbours else "u", 40, 50, "m")]
    peaks = [FoundPeak("m", "t", 12, 0.1, 7, 70), FoundPeak("m", "t", 80, 0.1, 7, 70)]
    peaks_evaluation_figure.draw_evaluation(io.BytesIO(), "png", evaluate(sites, peaks, 0, {"t": 250, "u": 250}))
    ((title, (panels,)),) = kept
    assert title.startswith("1 of 2 known sites have a peak; ")
    assert len(panels) == (3 if neighbours else 2)
    assert sum(patch.get_height() for patch in panels[0].patches) == 1


def test_evaluation_of_nothing(pages_of):
    kept = pages_of(peaks_evaluation_figure)
    peaks_evaluation_figure.draw_evaluation(io.BytesIO(), "png", evaluate([], [], 0))
    peaks_evaluation_figure.draw_evaluation(io.BytesIO(), "png", evaluate([KnownSite("t", 1, 2, "m")], [], 0))
    assert [title for title, _ in kept] == [peaks_evaluation_figure.NOTHING, "0 of 1 known sites have a peak"]
