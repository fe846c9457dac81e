"""Figures do not depend on backend, styles and settings of matplotlib."""

import io
import os
import subprocess
import sys

import pytest

from mirtools.report import drawing
from mirtools.report.training_curves import draw_curves
from mirtools.training.fit import Epoch, Trained

matplotlib = pytest.importorskip("matplotlib")

DRAW = """
import sys
from mirtools.report import drawing
assert drawing.figure_format("a.svg") == "svg"
panel = lambda axes: drawing.draw_bars(axes, ["a", "b"], [([3, 5], drawing.BLUE, "n")], ["3", "5"])
drawing.draw_page(sys.stdout.buffer, "png", [[panel]], "title")
"""


def page(kind="png"):
    stream = io.BytesIO()

    def panel(axes):
        drawing.draw_bars(axes, ["a", "b"], [([3, 5], drawing.BLUE, "n")], ["3", "5"])

    drawing.draw_page(stream, kind, [[panel]], "title")
    return stream.getvalue()


def test_a_notebook_and_a_matplotlibrc_change_nothing(tmp_path):
    # a backend that is not installed, and settings in the working folder: TeX, other sizes, a locale, no UTF-8
    settings = b"text.usetex: True\nfont.size: 40\nsavefig.dpi: 20\naxes.formatter.use_locale: True\n# \xff\n"
    (tmp_path / "matplotlibrc").write_bytes(settings)
    environment = {
        **os.environ,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MATPLOTLIBRC": str(tmp_path),
    }
    run = subprocess.run(
        [sys.executable, "-c", DRAW], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, b"")
    assert run.stdout == page()


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_settings_of_this_process_change_nothing(kind):
    def curves():
        stream = io.BytesIO()
        draw_curves(stream, kind, [("fold 1", Trained({}, 1, [Epoch(1, 0.7, 0.6, 0.8, 0.8)]))])
        return stream.getvalue()

    expected = page(kind), curves()
    settings = {
        "font.size": 40,
        "savefig.dpi": 20,
        "lines.linewidth": 9,
        "svg.fonttype": "none",
        "axes.grid": True,
    }
    with matplotlib.rc_context(settings):
        assert (page(kind), curves()) == expected
        # the user's own remain
        assert matplotlib.rcParams["font.size"] == 40


def test_a_broken_matplotlib_is_reported_before_the_work(monkeypatch):
    def broken():
        raise ImportError("libfreetype")

    monkeypatch.setattr(drawing, "import_matplotlib", broken)
    with pytest.raises(drawing.MissingExtraError, match="a matplotlib that can be imported"):
        drawing.figure_format("a.png")
