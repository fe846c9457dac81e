"""Fixtures of the tests of figures and pages."""

from pathlib import Path

import pytest
from page_browser import CHROMIUM


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


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def opened(browser):
    """Return a function that opens a page; requests, errors and messages of the console fail the test."""
    contexts, problems = [], []

    def open_page(path, width=1400, height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "request", lambda request: request.url.startswith(("file:", "blob:")) or problems.append(request.url)
        )
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text))
        page.on("dialog", lambda dialog: problems.append(dialog.message))
        page.goto(path.as_uri() if isinstance(path, Path) else path)
        return page

    open_page.problems = problems
    yield open_page
    for context in contexts:
        context.close()
    assert problems == []
