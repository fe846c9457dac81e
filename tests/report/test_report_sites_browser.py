"""The page on sites in a real browser: it sorts, filters, exports, prints, and executes nothing of the data.

Needs Playwright (extra ``test``) and a Chromium on the path; without them, all tests here are skipped.
"""

import csv
import io
import random
import re
from pathlib import Path

import pytest
from page_browser import COLOURS, HOSTILE, NEEDS_BROWSER, WIDTHS, contrast, exported, wait_for

from tools.interactions_report import main

TEST_DATA = Path(__file__).resolve().parents[2] / "test-data"

pytestmark = NEEDS_BROWSER


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The page of the small table."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    options = [
        "--samples",
        "report_samples.tsv",
        "--compared",
        "report_changes.tsv",
        "--pairs",
        "report_aligned.tsv",
    ]
    options[1::2] = [str(TEST_DATA / name) for name in options[1::2]]
    line = ["--quiet", "--html", str(path), *options, "-o", str(path.with_suffix(".md"))]
    assert main([*line, str(TEST_DATA / "report_sites.tsv")]) == 0
    return path


def sites():
    with (TEST_DATA / "report_sites.tsv").open() as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def column(page, number):
    return page.locator(f"#sites tbody tr[data-place] > :nth-child({number})").all_inner_texts()


def head(page, name):
    return page.locator("#sites thead button").get_by_text(name, exact=True)


def test_sorts(opened, report):
    page = opened(report)
    reads = sorted((int(row["n_reads"]) for row in sites()), reverse=True)
    shown = [int(cell) for cell in column(page, 5)]
    assert shown == reads[: len(shown)]
    assert len(shown) > 20
    head(page, "reads").click()
    assert [int(cell) for cell in column(page, 5)] == reads[: len(shown)]
    assert head(page, "reads").locator("xpath=..").get_attribute("aria-sort") == "descending"
    head(page, "reads").click()
    assert [int(cell) for cell in column(page, 5)] == reads[::-1][: len(shown)]
    head(page, "q").click()
    smallest = sorted(float(row["q_value"]) for row in sites())
    assert [float(cell) for cell in column(page, 8)] == smallest[: len(shown)]
    head(page, "site type").click()
    order = (
        "8mer 7mer-m8 7mer-A1 6mer offset-6mer 8mer+GU 7mer-m8+GU 7mer-A1+GU 6mer+GU 8mer+bulge 7mer-m8+bulge none"
    )
    ranks = [order.split().index(cell) for cell in column(page, 7)]
    assert ranks == sorted(ranks)
    head(page, "gene").click()
    genes = [int(cell.removeprefix("GENE")) for cell in column(page, 2)]
    assert genes == sorted(genes)
    head(page, "position").click()
    places = [cell.split(":") for cell in column(page, 4)]
    starts = [(name, int(place.split("–")[0].replace(",", ""))) for name, place in places]
    assert starts == sorted(starts)


def test_filters(opened, report):
    page, rows = opened(report), sites()

    def count(keep):
        wait_for(page, f"{sum(map(keep, rows))} of 40 sites")
        page.locator("#clear").click()
        wait_for(page, "40 sites")

    page.fill("#filter-mirna", "let-7")
    count(lambda row: "let-7" in row["mirna_id"])
    page.fill("#filter-mirna", "hsa-let-7a-5p")
    count(lambda row: row["mirna_id"] == "hsa-let-7a-5p")
    page.fill("#filter-gene", "gene1")
    count(lambda row: row["gene_name"] == "GENE1")
    page.fill("#filter-gene", "ene1")
    count(lambda row: "ENE1" in row["gene_name"])
    page.select_option("#filter-region", "3'UTR")
    count(lambda row: row["region"] == "3'UTR")
    page.select_option("#filter-type", "seed")
    count(lambda row: row["site_type"] in ("8mer", "7mer-m8", "7mer-A1", "6mer", "offset-6mer"))
    page.fill("#filter-q", "0.05")
    count(lambda row: float(row["q_value"]) <= 0.05)
    page.fill("#filter-reads", "5")
    count(lambda row: int(row["n_reads"]) >= 5)
    page.fill("#search", "let-7 chr4")
    count(lambda row: "let-7" in row["mirna_id"] and row["chrom"] == "chr4")
    page.fill("#search", "nothing at all")
    count(lambda row: False)
    name = page.locator("#mirnas a").first.inner_text()
    page.locator("#mirnas a").first.click()
    count(lambda row: row["mirna_id"] == name)
    page.locator("#regions a").get_by_text("CDS").click()
    count(lambda row: row["region"] == "CDS")


def test_exports_cells_as_they_are(opened, report, tmp_path):
    page = opened(report)
    text = exported(page, tmp_path)
    header, *lines = text.splitlines()
    original, *rows = (TEST_DATA / "report_sites.tsv").read_text().splitlines()
    assert header == original + "\tlog2_fold_change:report_changes\tq_value:report_changes"
    assert sorted(line.rsplit("\t", 2)[0] for line in lines) == sorted(rows)
    page.fill("#filter-reads", "5")
    head(page, "gene").click()
    wait_for(page, re.compile(" of "))
    some = list(csv.DictReader(io.StringIO(exported(page, tmp_path)), delimiter="\t"))
    assert len(some) == sum(int(row["n_reads"]) >= 5 for row in sites())
    genes = [int(row["gene_name"].removeprefix("GENE")) for row in some]
    assert genes == sorted(genes)


def test_each_site_has_its_alignment(opened, report):
    page = opened(report)
    first = max(sites(), key=lambda row: (int(row["n_reads"]), row["site_id"]))
    page.locator("#sites tbody button").first.click()
    dialog = page.locator("#details[open]")
    assert first["gene_name"] in dialog.locator("h2").inner_text()
    lines = page.locator("#details-alignment").inner_text().splitlines()
    assert lines[0].startswith("target 5' ")
    assert lines[2].startswith("miRNA  3' ")
    letters = "".join(filter(str.isalpha, lines[2].split("3'")[1]))[::-1]
    assert letters.replace("U", "T") in first["mirna_seq"]
    sources = set()
    for _ in range(12):
        sources.add(page.locator("#details-source").inner_text().split(":")[0])
        page.keyboard.press("ArrowRight")
    assert sources == {"Explained", "Computed"}
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    page.locator("#top .plain a").nth(3).click()
    assert dialog.is_visible()


def test_the_keyboard_is_enough(opened, report):
    page = opened(report)
    page.locator("#export").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('tbody') !== null"):
            break
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.closest('tr').dataset.place") == "39"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert page.locator("#details[open]").is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.closest('tr').dataset.place") == "38"
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.closest('tr').dataset.place") == "0"
    unnamed = page.evaluate(
        "[...document.querySelectorAll('input, select, button')].filter((each) => "
        "!each.labels?.length && !each.textContent.trim() && !each.ariaLabel).length"
    )
    assert unnamed == 0


def test_prints_all_sections_and_the_first_sites(opened, report):
    page = opened(report)
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.fill("#filter-mirna", "let-7")
    wait_for(page, re.compile(" of "))
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    for section in page.locator("main section").all():
        assert section.is_visible()
    assert not page.locator("#scroller").is_visible()
    assert page.locator("#printed tbody tr").count() == sum("let-7" in row["mirna_id"] for row in sites())


def test_shows_the_summary_without_javascript(opened, report):
    page = opened(report, java_script_enabled=False)
    assert "binding sites of" in page.locator(".found").inner_text()
    assert page.locator("#mirnas").is_visible()
    assert page.locator("#printed tbody tr").count() == 40
    assert page.locator("#printed").is_visible()
    assert not page.locator("#filters").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_fits_the_screen_and_can_be_read(opened, report, width, height, scheme):
    page = opened(report, width, height, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert contrast(*page.locator("section").first.evaluate(COLOURS)) > 7
    cell = page.locator("#pair-map tbody td").first
    for level in range(10):
        cell.evaluate("(cell, level) => { cell.className = 'l' + level; }", level)
        assert contrast(*cell.evaluate(COLOURS)) > 4.5, level
    for element in ("nav a", ".note", "#sites tbody button", "thead th", "#mirnas a", "#shown", "#filters label"):
        assert contrast(*page.locator(element).first.evaluate(COLOURS)) > 4.5, element


def test_nothing_of_the_data_is_executed(opened, tmp_path):
    table, page_path = tmp_path / "sites.tsv", tmp_path / "page.html"
    columns = "site_id mirna_id gene_name gene_id region site_type chrom chrom_start top_form n_reads"
    compared = tmp_path / "changes.tsv"
    rows = [[text] * 7 + ["5", text, "3", "2", "1"] for text in HOSTILE]
    table.write_text(
        "\n".join("\t".join(row) for row in [[*columns.split(), "n_reads:a", "n_reads:b"], *rows]) + "\n"
    )
    compared.write_text(
        "site_id\tlog2_fold_change\tq_value\n" + "".join(f"{text}\t1\t0.001\n" for text in HOSTILE)
    )
    line = [
        "--quiet",
        "--html",
        str(page_path),
        "--compared",
        str(compared),
        "-o",
        str(tmp_path / "s.md"),
        str(table),
    ]
    assert main(line) == 0
    page = opened(page_path)
    for place in range(len(HOSTILE)):
        page.locator("#sites tbody button").nth(place).click()
        page.keyboard.press("Escape")
    page.locator("#mirnas a").first.click()
    page.locator("#top .plain a").first.click()
    page.keyboard.press("Escape")
    page.locator("#clear").click()
    wait_for(page, "3 sites")
    assert page.title() == "miRNA binding sites"
    assert page.locator("img").count() == 0
    assert sorted(column(page, 1)) == sorted(HOSTILE)
    lines = exported(page, tmp_path).splitlines()
    assert {line.split("\t")[1] for line in lines[1:]} == set(HOSTILE)
    assert opened.problems == []
    # a script that was put into the page would not run
    page.evaluate("""() => {
      const script = document.createElement('script');
      script.textContent = "document.title = 'bad'";
      document.body.append(script);
    }""")
    assert page.title() == "miRNA binding sites"
    assert any("Content Security Policy" in problem for problem in opened.problems)
    opened.problems.clear()


def test_filters_what_is_unknown(opened, tmp_path):
    table, page_path = tmp_path / "sites.tsv", tmp_path / "page.html"
    rows = ["S1\tm\t3\t.\tnone", "S2\tm\t2\tunknown\t.", "S3\tm\t1\tCDS\t8mer"]
    table.write_text("\n".join(["site_id\tmirna_id\tn_reads\tregion\tsite_type", *rows]) + "\n")
    assert main(["--quiet", "--html", str(page_path), "-o", str(tmp_path / "s.md"), str(table)]) == 0
    page = opened(page_path)
    page.locator("#regions a").get_by_text("unknown").click()
    wait_for(page, "2 of 3 sites")
    page.locator("#clear").click()
    page.locator("#types a").get_by_text("unknown").click()
    wait_for(page, "1 of 3 sites")
    page.locator("#clear").click()
    wait_for(page, "3 sites")
    page.select_option("#filter-type", "seed")
    wait_for(page, "1 of 3 sites")
    assert column(page, 2) == ["."]
    assert column(page, 6) == ["8mer"]


@pytest.mark.slow
def test_scrolls_through_thousands_of_sites(opened, tmp_path):
    table, page_path = tmp_path / "sites.tsv", tmp_path / "page.html"
    reads = list(range(1, 20_001))
    random.Random(3).shuffle(reads)
    rows = "".join(f"S{number}\tm{number % 90}\tG{number % 700}\t{count}\n" for number, count in enumerate(reads))
    table.write_text("site_id\tmirna_id\tgene_name\tn_reads\n" + rows)
    assert main(["--quiet", "--html", str(page_path), "-o", str(tmp_path / "s.md"), str(table)]) == 0
    page = opened(page_path)
    for at in (0, 5_000, 19_999):
        page.evaluate(f"document.getElementById('scroller').scrollTop = {30 * at}")
        page.wait_for_selector(f'#sites tr[data-place="{at}"]')
        row = page.locator(f'#sites tr[data-place="{at}"] td').last
        assert row.inner_text() == str(20_000 - at)
        assert page.locator("#sites tbody tr").count() < 60
    assert page.locator("#sites").get_attribute("aria-rowcount") == "20001"
