"""What tests of reports on sites share: tables, their counts, and pages and what is embedded in them."""

import io
import json
import re
from pathlib import Path

from mirtools.io.samplesheet import read_samples
from mirtools.io.tables import TableReader
from mirtools.report.sites.alignments import draw_sites
from mirtools.report.sites.compared import read_comparisons
from mirtools.report.sites.page import PageContent, write_page
from mirtools.report.sites.statistics import count_sites
from mirtools.report.sites.table import SiteReader

TEST_DATA = Path(__file__).resolve().parents[2] / "test-data"
SITES = TEST_DATA / "report_sites.tsv"
SHEET = TEST_DATA / "report_samples.tsv"


def counted(path=SITES, most=100, sheet=None):
    table = TableReader(str(path))
    samples = read_samples(str(sheet)) if sheet else []
    reader = SiteReader(table, samples, str(sheet))
    return count_sites(reader, reader.sites(table), most)


def rows_of(path=SITES):
    header, *lines = Path(path).read_text().splitlines()
    return [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]


COLUMNS = tuple("site_id mirna_id gene_name region site_type n_reads q_value".split())


def small(tmp_path, *rows, columns=COLUMNS):
    path = tmp_path / "small.tsv"
    path.write_text("\n".join("\t".join(map(str, row)) for row in (columns, *rows)) + "\n")
    return path


def written(content):
    stream = io.StringIO()
    write_page(stream, content)
    return stream.getvalue()


def page_of(path=SITES, sheet=SHEET, compared=(), explained=None):
    found = counted(path, sheet=sheet)
    drawn = list(draw_sites(found.top, found.columns, explained or {}))
    comparisons = read_comparisons([str(each) for each in compared])
    samples = {sample.name: sample for sample in read_samples(str(sheet))} if sheet else {}
    return written(PageContent(found, drawn, comparisons, samples)), found, drawn


def embedded(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])


def decoded(column):
    return [column["d"][number] for number in column["i"]] if "d" in column else column["v"]
