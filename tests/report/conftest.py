"""What the tests of figures share."""

import pytest


@pytest.fixture
def pages_of(monkeypatch):
    """Return a function that keeps the title and the axes of every page that a module of figures draws."""

    def keep(module):
        kept = []

        def page(stream, kind, rows, title="", heights=None):
            from matplotlib.figure import Figure

            axes = [[Figure().subplots() for _ in row] for row in rows]
            for row, places in zip(rows, axes, strict=True):
                for panel, place in zip(row, places, strict=True):
                    panel(place)
            kept.append((title, axes))

        monkeypatch.setattr(module, "draw_page", page)
        return kept

    return keep
