"""What tests of pages in a real browser share: names that look like markup, colours, and what a page shows.

Tests marked ``NEEDS_BROWSER`` need Playwright (extra ``test``) and Chromium on the path; they are skipped without.
"""

import shutil
from importlib.util import find_spec

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOSTILE = [
    "<script>document.title='bad'</script>",
    '"><img src=x onerror="document.title=\'bad\'">',
    "=cmd()|' /C calc'!A0",
]
WIDTHS = [(1400, 900), (400, 800)]

NEEDS_BROWSER = pytest.mark.skipif(
    find_spec("playwright") is None or CHROMIUM is None,
    reason="needs playwright (pip install playwright) and chromium (apt-get install chromium)",
)

#: colour of the text of an element, and of what lies behind it
COLOURS = """(element) => {
  const parts = (text) => text.match(/[0-9.]+/g).map(Number);
  const layers = [];
  for (let each = element; each; each = each.parentElement) {
    layers.push(parts(getComputedStyle(each).backgroundColor));
  }
  let behind = [255, 255, 255];
  for (const [r, g, b, a = 1] of layers.reverse()) {
    behind = behind.map((value, at) => value + a * ([r, g, b][at] - value));
  }
  return [getComputedStyle(element).color, `rgb(${behind.join()})`];
}"""


def contrast(first, second):
    """Return the contrast of two colours by WCAG 2.1."""

    def luminance(colour):
        shares = [float(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in shares]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def wait_for(page, text):
    """Wait until the page says that it shows so many rows."""
    from playwright.sync_api import expect

    expect(page.locator("#shown")).to_have_text(text)


def exported(page, tmp_path):
    with page.expect_download() as caught:
        page.click("#export")
    path = tmp_path / caught.value.suggested_filename
    caught.value.save_as(path)
    return path.read_text(encoding="utf-8")
