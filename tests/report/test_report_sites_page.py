"""The page on sites: its data, its policy, and names that look like markup."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from site_pages import TEST_DATA, decoded, embedded, page_of, rows_of, small

from mirtools.report.page.data import compact, encoded_columns
from mirtools.sites.columns import site_columns


def test_numbers_stay_as_they_are_written():
    cells = "0 1 -3 1.5 0.25 0.00012 1e-05 1E5 007 1.0 0.50 . nan inf 12345678901234567890 -0 -0.5".split()
    cells += ["+1", "\u0661", "1_000", "0.1e3"]
    for cell in cells:
        value = compact(cell)
        assert isinstance(value, str) == (cell not in "0 1 -3 1.5 0.25 0.00012 -0.5".split())
        assert str(value) == cell or (repr(value) == cell)


def test_the_data_of_a_page_are_those_of_the_table():
    page, found, drawn = page_of(compared=[TEST_DATA / "report_changes.tsv"])
    data = embedded(page)
    rows = {row["site_id"]: row for row in rows_of()}
    columns = {column["name"]: [str(cell) for cell in decoded(column)] for column in data["columns"]}
    assert list(columns)[:-2] == list(rows_of()[0])
    for number, name in enumerate(columns["site_id"]):
        assert {column: cells[number] for column, cells in columns.items() if column in rows[name]} == rows[name]
    changed = {row["site_id"]: row for row in rows_of(TEST_DATA / "report_changes.tsv")}
    for name, fold in zip(columns["site_id"], columns["log2_fold_change:report_changes"], strict=True):
        assert fold == (changed[name]["log2_fold_change"] if name in changed else ".")
    assert decoded(data["more"]["target"]) == [each.target for each in drawn]
    assert decoded(data["more"]["gene"]) == [site.gene for site in found.top]
    assert data["total"] == 40


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><!--",
    "a\u2028b&amp;{{7*7}}",
    "=cmd()",
]


def test_nothing_of_the_data_is_markup(tmp_path):
    rows = [(text, text, text, text, text, 3, 0.5) for text in HOSTILE]
    page, _, _ = page_of(small(tmp_path, *rows), sheet=None)
    tags = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attributes):
            tags.append((tag, dict(attributes)))

    Parser().feed(page)
    assert not [tag for tag, attributes in tags if tag in ("img", "iframe", "object", "link", "base")]
    assert sum(tag == "script" for tag, _ in tags) == 2
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    names = {column["name"]: decoded(column) for column in embedded(page)["columns"]}
    assert sorted(names["mirna_id"]) == sorted(HOSTILE)


def test_the_policy_allows_only_the_style_and_script_of_the_page():
    page, _, _ = page_of()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#39;", "'")
    for kind, name in (("style", "style"), ("script", "script")):
        text = re.findall(rf"<{name}>(.*?)</{name}>", page, re.DOTALL)
        assert len(text) == 1
        checksum = base64.b64encode(hashlib.sha256(text[0].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{checksum}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert not re.search(r"""(?:src|href)=["'](?!#)""", page)
    assert "://" not in page.replace("http://www.w3.org", "")
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|fetch\(|XMLHttp", page
    )


def test_a_page_without_sites(tmp_path):
    path = tmp_path / "none.tsv"
    path.write_text("\t".join(site_columns(["a", "b"])) + "\n")
    page, found, _ = page_of(path, sheet=None)
    assert found.all.sites == 0
    assert "No binding sites." in page
    assert embedded(page)["total"] == 0


def test_a_page_of_a_table_of_few_columns(tmp_path):
    page, _, _ = page_of(small(tmp_path, ("S1", "m", 1), columns="site_id mirna_id n_reads".split()), sheet=None)
    for absent in ("Regions and site types", 'id="replicates"', 'id="samples"'):
        assert absent not in page
    assert "1 chimeric read shows 1 binding site" in page


def test_columns_in_json():
    text = "".join(encoded_columns(["a"], [["x"], ["x"], ["</script>"]], {}, {}))
    assert text == '{"columns":[{"name":"a","v":["x","x","\\u003c/script\\u003e"]}],"more":{}}'
    text = "".join(encoded_columns(["a"], [["x"]] * 4, {}, {"n": 1}))
    assert text == '{"n":1,"columns":[{"name":"a","d":["x"],"i":[0,0,0,0]}],"more":{}}'


def test_changes_of_pairs_are_those_of_their_sites(tmp_path):
    compared = tmp_path / "pairs.tsv"
    rows = rows_of()
    pairs = sorted({(row["mirna_id"], row["gene_id"]) for row in rows})
    lines = [f"{mirna}\t.\t{gene}\t{number}\t0.5" for number, (mirna, gene) in enumerate(pairs)]
    header = "mirna_id\tgene_name\tgene_id\tlog2_fold_change\tq_value"
    compared.write_text("\n".join([header, *lines]) + "\n")
    data = embedded(page_of(compared=[compared])[0])
    columns = {column["name"]: decoded(column) for column in data["columns"]}
    for mirna, gene, fold in zip(
        columns["mirna_id"], columns["gene_id"], columns["log2_fold_change:pairs"], strict=True
    ):
        assert fold == pairs.index((mirna, gene))
