"""The page of genes-predict in a real browser: it filters, sorts, exports, draws, and runs nothing of the data."""

import csv
import io

import pytest
from commands import TEST_DATA, run
from page_browser import COLOURS, HOSTILE, NEEDS_BROWSER, WIDTHS, contrast, exported, wait_for

pytestmark = NEEDS_BROWSER

FORMS = {"let-7": "TGAGGTAGTAGGTTGTATAGTT", "let-7|iso_5p:+1": "GAGGTAGTAGGTTGTATAGTT"}
FORM = "let-7|iso_5p:+1"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The page of let-7 and a form on 60 transcripts, next to its tables."""
    folder = tmp_path_factory.mktemp("genes")
    (folder / "forms.fa").write_text("".join(f">{name}\n{bases}\n" for name, bases in FORMS.items()))
    options = {
        "--targets": TEST_DATA / "transcripts.fa.gz",
        "--mirnas": folder / "forms.fa",
        "-o": folder / "genes.tsv",
    }
    options |= {
        "--sites": folder / "sites.tsv",
        "--compare": folder / "compared.tsv",
        "--html": folder / "page.html",
    }
    done = run("genes-predict", ["--quiet", *(str(part) for each in options.items() for part in each)])
    assert done.status == 0, done.err
    return folder / "page.html"


def rows_of(path):
    with path.open() as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def genes(report, mirna="let-7"):
    return [row for row in rows_of(report.with_name("genes.tsv")) if row["mirna_id"] == mirna]


def column(page, title):
    heads = page.locator("#genes thead button").all_inner_texts()
    return page.locator(f"#genes tbody tr[data-place] > :nth-child({heads.index(title) + 1})").all_inner_texts()


def head(page, name):
    return page.locator("#genes thead button").get_by_text(name, exact=True)


def test_begins_with_the_first_mirna_strongest_first(opened, report):
    page = opened(report)
    wait_for(page, "60 of 120 predictions")
    shown = column(page, "log2 fold change")
    expected = [float(row["predicted_log2fc"]) for row in genes(report)]
    assert [float(cell.replace("\u2212", "-")) for cell in shown] == [
        round(x, 2) + 0.0 for x in expected[: len(shown)]
    ]
    best = genes(report)[0]
    assert column(page, "strongest site")[0] == (
        f"{best['best_region']} {best['best_type']} {int(best['best_start']) + 1:,}–{int(best['best_end']):,}"
    )


def test_filters_and_links(opened, report):
    page, rows = opened(report), genes(report)
    both = rows + genes(report, FORM)
    compared = rows_of(report.with_name("compared.tsv"))

    def count(number):
        wait_for(page, f"{number} of 120 predictions")
        page.locator("#clear").click()
        wait_for(page, "60 of 120 predictions")

    page.select_option("#filter-type", "8mer")
    count(sum(int(row["n_8mer"]) > 0 for row in rows))
    page.select_option("#filter-type", "CDS")
    count(sum(int(row["n_cds"]) > 0 for row in rows))
    page.fill("#filter-gene", rows[3]["gene_name"].lower())
    count(sum(row["gene_name"] == rows[3]["gene_name"] for row in rows))
    page.fill("#filter-change", "-0.2")
    count(sum(float(row["predicted_log2fc"]) <= -0.2 for row in rows))
    page.fill("#filter-confidence", "0.7")
    count(sum(float(row["confidence"]) >= 0.7 for row in rows))
    page.select_option("#filter-mirna", FORM)
    page.select_option("#filter-status", "lost")
    count(sum(row["status"] == "lost" for row in compared))
    page.select_option("#filter-mirna", "")
    page.fill("#search", rows[0]["target_id"])
    count(sum(row["target_id"] == rows[0]["target_id"] for row in both))
    page.locator("#mirnas a").last.click()
    wait_for(page, "60 of 120 predictions")
    assert set(column(page, "miRNA")) == {FORM}


def test_sorts_and_exports_cells_as_they_are(opened, report, tmp_path):
    page = opened(report)
    head(page, "8mer").click()
    assert head(page, "8mer").locator("xpath=..").get_attribute("aria-sort") == "descending"
    numbers = [int(cell) for cell in column(page, "8mer")]
    assert numbers == sorted(numbers, reverse=True)
    head(page, "log2 fold change").click()
    assert column(page, "rank")[0] == "1"
    page.select_option("#filter-mirna", "")
    wait_for(page, "120 predictions")
    rows = list(csv.DictReader(io.StringIO(exported(page, tmp_path)), delimiter="\t"))
    original = rows_of(report.with_name("genes.tsv"))
    assert list(rows[0]) == [*original[0], "reference_log2fc", "difference", "status"]
    key = lambda row: (row["mirna_id"], row["target_id"])  # noqa: E731
    for row, other in zip(sorted(rows, key=key), sorted(original, key=key), strict=True):
        assert {name: row[name] for name in other} == other


def test_draws_the_transcript_with_its_sites(opened, report):
    page = opened(report)
    row = max(genes(report), key=lambda row: int(row["n_8mer"]) + int(row["n_7mer_m8"]))
    page.fill("#search", row["target_id"])
    wait_for(page, "1 of 120 predictions")
    page.locator("#genes tbody button").first.click()
    sites = [
        site
        for site in rows_of(report.with_name("sites.tsv"))
        if (site["mirna_id"], site["target_id"]) == ("let-7", row["target_id"]) and float(site["contribution"]) < 0
    ]
    assert page.locator("#details-title").inner_text() == f"let-7 on {row['gene_name']}"
    assert page.locator(".drawing").count() == 1
    assert page.locator(".drawing .stem").count() == len(sites) > 1
    cells = [line.locator("td").all_inner_texts() for line in page.locator("#details-sites tbody tr").all()]
    assert [line[:3] for line in cells] == [
        [site["region"], site["site_type"], f"{int(site['site_start']) + 1:,}–{int(site['site_end']):,}"]
        for site in sites
    ]
    # a stem is as long as its contribution, and lies above the middle of its site
    lengths = {
        stem.locator("title").text_content(): float(stem.get_attribute("height"))
        for stem in page.locator(".drawing .stem").all()
    }
    longest = max(sites, key=lambda site: -float(site["contribution"]))
    assert max(lengths, key=lengths.get).startswith(f"{longest['region']} {longest['site_type']}, ")
    left = float(page.locator(".drawing .stem").first.get_attribute("x").removesuffix("%"))
    width = sum(float(each.get_attribute("width").removesuffix("%")) for each in page.locator(".region").all())
    assert 0 < left < 100
    assert width == pytest.approx(100)


def test_draws_a_lost_target_with_that_of_the_mirna(opened, report):
    page = opened(report)
    page.select_option("#filter-mirna", FORM)
    page.select_option("#filter-status", "lost")
    lost = sum(row["status"] == "lost" for row in rows_of(report.with_name("compared.tsv")))
    wait_for(page, f"{lost} of 120 predictions")
    page.locator("#genes tbody button").first.click()
    assert "lost, compared with let-7" in page.locator("#details-place").inner_text()
    assert page.locator("#details-change").inner_text() == "No repression is predicted."
    form, own = page.locator(".drawing").all()
    assert form.locator(".stem").count() == 0
    assert own.locator(".stem").count() > 0
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.closest('tr').dataset.place") == "1"


def test_draws_each_isoform_of_a_gene(opened, tmp_path):
    site, page_path = "CTACCTCA", tmp_path / "page.html"
    lengths = {"one": 60, "two": 90, "none": 0}
    targets = {name: "G" * 40 + (site if length else "") + "A" * length for name, length in lengths.items()}
    (tmp_path / "targets.fa").write_text("".join(f">{name}\n{bases}\n" for name, bases in targets.items()))
    (tmp_path / "genes.tsv").write_text(
        "target_id\tgene_id\tgene_name\n" + "".join(f"{name}\tG\tABC\n" for name in targets)
    )
    line = ["--mirnas", FORMS["let-7"], "--targets", tmp_path / "targets.fa", "--genes", tmp_path / "genes.tsv"]
    line += ["--per-gene", "--isoforms", "mean", "--html", page_path, "-o", tmp_path / "out.tsv", "--quiet"]
    assert run("genes-predict", list(map(str, line))).status == 0
    page = opened(page_path)
    wait_for(page, "1 prediction")
    page.locator("#genes tbody button").click()
    titles = page.locator(".drawing figcaption").all_inner_texts()
    assert sorted(title.split(" on ")[1].split(":")[0] for title in titles) == ["one", "two"]
    assert page.locator(".drawing .stem").count() == 2
    names = [row.locator("td").first.inner_text() for row in page.locator("#details-sites tbody tr").all()]
    assert sorted(names) == ["one", "two"]


def test_a_link_shows_a_row_that_filters_hide(opened, report):
    page = opened(
        report.as_uri() + "#target=" + f"{FORM} {genes(report, FORM)[0]['target_id']}".replace("|", "%7C")
    )
    assert page.locator("#details[open]").is_visible()
    assert page.locator("#details-title").inner_text().startswith(FORM)


def test_the_keyboard_is_enough(opened, report):
    page = opened(report)
    page.locator("#export").focus()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('#genes tbody') !== null"):
            break
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.closest('tr').dataset.place") == "59"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert page.locator("#details[open]").is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.closest('tr').dataset.place") == "58"
    unnamed = page.evaluate(
        "[...document.querySelectorAll('input, select, button')].filter((each) => "
        "!each.labels?.length && !each.textContent.trim() && !each.ariaLabel).length"
    )
    assert unnamed == 0


def test_prints_and_can_be_read_without_javascript(opened, report):
    page = opened(report)
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("#printed tbody tr").count() == 60
    assert not page.locator("#scroller").is_visible()
    plain = opened(report, java_script_enabled=False)
    assert "is predicted to repress" in plain.locator(".found").inner_text()
    assert plain.locator("#printed").is_visible()
    assert 0 < plain.locator("#printed tbody tr").count() <= 100
    assert not plain.locator("#filters").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_fits_the_screen_and_can_be_read(opened, report, width, height, scheme):
    page = opened(report, width, height, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert contrast(*page.locator("section").first.evaluate(COLOURS)) > 7
    page.locator("#genes tbody button").first.click()
    inside = "(each) => each.getBoundingClientRect().right <= innerWidth && each.getBoundingClientRect().left >= 0"
    for element in page.locator(".drawing svg, #details-change, #details .buttons").all():
        assert element.evaluate(inside)
    for element in (
        "nav a",
        ".note",
        "#genes tbody button",
        "thead th",
        "#shown",
        "#filters label",
        "#details dt",
    ):
        assert contrast(*page.locator(element).first.evaluate(COLOURS)) > 4.5, element


def test_nothing_of_the_data_is_executed(opened, tmp_path):
    names = [text.replace(" ", "_").replace("|", "_") for text in HOSTILE]
    site, page_path = "CTACCTCA", tmp_path / "page.html"
    (tmp_path / "targets.fa").write_text("".join(f">{name}\nGGGGG{site}AAAAA\n" for name in names))
    (tmp_path / "mirnas.fa").write_text("".join(f">{name}\nTGAGGTAGTAGGTTGTATAGTT\n" for name in names))
    lines = [f"{name}\t{text}\t{text}" for name, text in zip(names, HOSTILE, strict=True)]
    (tmp_path / "genes.tsv").write_text("\n".join(["target_id\tgene_id\tgene_name", *lines]) + "\n")
    options = {"--mirnas": "mirnas.fa", "--targets": "targets.fa", "--genes": "genes.tsv", "--html": "page.html"}
    options |= {"--compare": "compared.tsv", "-o": "out.tsv"}
    line = [part for name, path in options.items() for part in (name, str(tmp_path / path))]
    done = run("genes-predict", ["--quiet", *line])
    assert done.status == 0, done.err
    page = opened(page_path)
    page.select_option("#filter-mirna", "")
    wait_for(page, "9 predictions")
    assert set(column(page, "gene")) == set(HOSTILE)
    for place in range(9):
        page.locator("#genes tbody button").nth(place).click()
        page.keyboard.press("Escape")
    page.locator("#mirnas a").first.click()
    assert page.title() == "Predicted targets of miRNAs"
    assert page.locator("img").count() == 0
    assert opened.problems == []
