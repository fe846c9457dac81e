"""How long the page of interactions-report takes with many sites: to write, open, sort, filter and scroll.

    python benchmarks/sites_page.py [--sites 50000] [--threads 2]

Sites are invented (test-data/make_sites.py). The browser is a headless Chromium, driven by Playwright
(pip install playwright, apt-get install chromium); the page is opened from disk. Each time is the median of
repetitions, from the click to the end of the next frame that is drawn.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "test-data")]

REPEATS = 5
# runs an action, waits for the frame after it, and returns the milliseconds
TIMED = """async () => {
  const start = performance.now();
  %s;
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""
FILTER = (
    "const field = document.getElementById('{0}'); field.value = '{1}'; "
    "document.getElementById('filters').dispatchEvent(new Event('submit', {{cancelable: true}}))"
)
ACTIONS = {
    "sort by reads": "document.querySelectorAll('#sites thead button')[4].click()",
    "sort by gene": "document.querySelectorAll('#sites thead button')[1].click()",
    "sort by position": "document.querySelectorAll('#sites thead button')[3].click()",
    "search 'gene12'": FILTER.format("search", "gene12"),
    "filter q at most 0.05": FILTER.format("filter-q", "0.05"),
    "clear the filters": "document.getElementById('filters').reset()",
    "scroll to the middle": "const box = document.getElementById('scroller'); box.scrollTop = 750000",
    "scroll by a page": "document.getElementById('scroller').scrollTop += 500",
    "open a site": "document.querySelector('#sites tbody button').click()",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=50_000)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    import make_sites

    with tempfile.TemporaryDirectory() as folder:
        table, page = Path(folder, "sites.tsv"), Path(folder, "page.html")
        make_sites.write(table, make_sites.COLUMNS, make_sites.site_rows(options.sites, genes=8000))
        command = [shutil.which("interactions-report") or "interactions-report", "--quiet", "--html", str(page)]
        started = time.perf_counter()
        subprocess.run([*command, "--threads", str(options.threads), "-o", "/dev/null", str(table)], check=True)
        print(f"{options.sites:,} sites")
        print(f"write the page ({options.threads} threads)\t{time.perf_counter() - started:.1f} s")
        print(f"size of table, page\t{table.stat().st_size / 1e6:.1f}, {page.stat().st_size / 1e6:.1f} MB")
        measure(page)


def measure(page: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        times: dict[str, list[float]] = {}
        for _ in range(REPEATS):
            tab = browser.new_page(viewport={"width": 1400, "height": 900})
            started = time.perf_counter()
            tab.goto(page.as_uri(), wait_until="commit")
            tab.wait_for_selector("#sites tbody tr[data-place]")
            times.setdefault("table ready", []).append(1000 * (time.perf_counter() - started))
            painted = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"
            times.setdefault("first paint", []).append(tab.evaluate(painted))
            for name, action in ACTIONS.items():
                times.setdefault(name, []).append(tab.evaluate(TIMED % action))
            memory = "performance.memory ? performance.memory.usedJSHeapSize / 1e6 : NaN"
            times.setdefault("memory of the script (MB)", []).append(tab.evaluate(memory))
            tab.close()
        browser.close()
    for name, values in times.items():
        unit = "" if "MB" in name else " ms"
        print(f"{name}\t{statistics.median(values):.0f}{unit}")


if __name__ == "__main__":
    main()
