"""The page of genes-predict: its rows are those of the tables, its limits are named, and names are text."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from commands import TEST_DATA, run
from site_pages import decoded, embedded

from mirtools.genes.compare import status
from mirtools.genes.model import load_model
from mirtools.genes.predict import predict
from mirtools.genes.targets import targets_of
from mirtools.io.sequences import Reference
from mirtools.report.genes.page import GenesPage
from mirtools.report.genes.rows import COMPARED_COLUMNS, Predicted, listed_targets

LET_7 = "TGAGGTAGTAGGTTGTATAGTT"
FORMS = {"let-7": LET_7, "let-7|iso_5p:+1": LET_7[1:], "miR-16": "TAGCAGCACGTAAATATTGGCG"}
HOSTILE = ["</script><!--", "<script>alert(1)</script>", '"><img', "a\u2028b&amp;{{7*7}}", "=cmd()", "\x01'\x7f"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "forms.fa").write_text("".join(f">{name}\n{bases}\n" for name, bases in FORMS.items()))
    return tmp_path


def bases_of(path):
    with gzip.open(path, "rt") as stream:
        return stream.read().splitlines()


def rows_of(path):
    return list(csv.DictReader(io.StringIO(path.read_text()), delimiter="\t"))


def made(folder, *options, mirnas="forms.fa"):
    line = ["--mirnas", mirnas, "--targets", str(TEST_DATA / "transcripts.fa.gz"), "--html", "page.html"]
    done = run("genes-predict", [*line, "-o", "genes.tsv", "--sites", "sites.tsv", *options])
    assert done.status == 0, done.err
    return (folder / "page.html").read_text()


def tables(page):
    """Return the rows and the sites of each miRNA, with the cells of both as text."""
    found = []
    for mirna in embedded(page)["mirnas"]:
        parts = []
        for name in ("genes", "sites"):
            columns = {each["name"]: list(map(str, decoded(each))) for each in mirna["rows"][name]["columns"]}
            parts.append([dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)])
        found.append((*parts, mirna["rows"]["genes"]["more"]))
    return found


def test_rows_and_sites_are_those_of_the_tables(folder):
    page = made(folder)
    rows, sites = rows_of(folder / "genes.tsv"), rows_of(folder / "sites.tsv")
    on_page = tables(page)
    assert len(on_page) == 3
    assert [row for genes, _, _ in on_page for row in genes] == rows
    contributing = [site for site in sites if float(site["contribution"]) < 0]
    listed = [site for _, some, _ in on_page for site in some]
    assert len(listed) == len(contributing) > 50
    for site, other in zip(listed, contributing, strict=True):
        assert site == {name: other[name] for name in site}
    for mirna, (genes, _, more) in zip(FORMS, on_page, strict=True):
        for row, number, silent in zip(genes, decoded(more["sites"]), decoded(more["silent"]), strict=True):
            own = [site for site in sites if (site["mirna_id"], site["target_id"]) == (mirna, row["target_id"])]
            assert number == sum(float(site["contribution"]) < 0 for site in own)
            assert number + silent == len(own)


def test_genes_have_the_sites_of_their_isoforms(folder):
    names = [line[1:].split("|") for line in bases_of(TEST_DATA / "transcripts.fa.gz") if line.startswith(">")]
    genes = [f"{parts[0]}\tG{number // 3}\tgene{number // 3}" for number, parts in enumerate(names)]
    (folder / "genes_of.tsv").write_text("\n".join(["target_id\tgene_id\tgene_name", *genes]) + "\n")
    page = made(folder, "--genes", "genes_of.tsv", "--per-gene", "--isoforms", "mean", "--compare", "compared.tsv")
    rows, sites = rows_of(folder / "genes.tsv"), rows_of(folder / "sites.tsv")
    contributing = [site for site in sites if float(site["contribution"]) < 0]
    on_page = tables(page)
    listed = [site for _, some, _ in on_page for site in some]
    assert [site["target_id"] for site in listed] == [site["target_id"] for site in contributing]
    assert len({row["gene_id"] for row in rows}) == 20
    lengths = {parts[0]: int(parts[6]) for parts in names}
    for mirna, (genes_listed, some, more) in zip(embedded(page)["mirnas"], on_page, strict=True):
        known = {each["name"]: list(map(str, decoded(each))) for each in mirna["rows"]["transcripts"]["columns"]}
        assert set(known["target_id"]) == {site["target_id"] for site in some}
        assert [lengths[name] for name in known["target_id"]] == list(map(int, known["length"]))
        start = 0
        for row, number in zip(genes_listed, decoded(more["sites"]), strict=True):
            own = some[start : start + number]
            start += number
            assert sum(float(site["contribution"]) for site in own) == pytest.approx(
                float(row["predicted_log2fc"]), abs=1e-5
            )
            other = next(
                each for each in rows if (each["mirna_id"], each["gene_id"]) == (row["mirna_id"], row["gene_id"])
            )
            assert {name: row[name] for name in other} == other


def test_regions_of_transcripts(folder):
    more = tables(made(folder))[0][2]
    listed = [row["target_id"] for row in tables((folder / "page.html").read_text())[0][0]]
    regions = {row["transcript_id"].split("|")[0]: row for row in rows_of(TEST_DATA / "transcripts.regions.tsv")}
    for at, name in enumerate(listed):
        known = regions[name]
        assert (decoded(more["cds_start"])[at], decoded(more["cds_end"])[at]) == (
            int(known["cds_start"]),
            int(known["cds_end"]),
        )


def test_compared_forms_have_their_changes(folder):
    page = made(folder, "--compare", "compared.tsv")
    compared = {(row["form_id"], row["target_id"]): row for row in rows_of(folder / "compared.tsv")}
    (reference, _, _), *forms = tables(page)
    assert {row["status"] for row in reference} == {"."}
    seen = set()
    for row in (row for genes, _, _ in forms for row in genes):
        other = compared.get((row["mirna_id"], row["target_id"]))
        if other is None:
            assert (row["predicted_log2fc"], float(row["reference_log2fc"]), row["status"]) == ("0.000000", 0, ".")
            continue
        assert [row[name] for name in COMPARED_COLUMNS] == [other[name] for name in COMPARED_COLUMNS]
        seen.add(row["status"])
    assert {"gained", "lost"} <= seen
    cells = re.findall(r'data-mirna="let-7\|iso_5p:\+1".*?</tr>', page, re.DOTALL)[0]
    numbers = [int(number) for number in re.findall(r'<td class="number">(\d+)</td>', cells)]
    own = [row["status"] for (form, _), row in compared.items() if form == "let-7|iso_5p:+1"]
    assert numbers[1:6] == [own.count(name) for name in ("gained", "lost", "stronger", "weaker", "same")]


def test_a_form_before_its_mirna_is_compared_alike(folder):
    page = made(folder, "--compare", "compared.tsv")
    (folder / "turned.fa").write_text("".join(f">{name}\n{FORMS[name]}\n" for name in reversed(FORMS)))
    turned = made(folder, "--compare", "compared.tsv", mirnas="turned.fa")
    assert tables(page)[1][0] == tables(turned)[1][0]
    assert tables(page)[0][0] == tables(turned)[2][0]


def targets_with(sites):
    """Return targets of invented bases with as many 8mers of let-7 as numbers show."""
    return targets_of(
        [(f"t{at}", "G" * 30 + ("CTACCTCA" + "A" * 30) * number) for at, number in enumerate(sites)], {}
    )


def test_the_strongest_are_listed_and_with_a_comparison_the_lost_ones():
    targets = targets_with([0, 2, 1, 3, 0])
    prediction = predict(LET_7, targets, load_model())
    own = Predicted(Reference("a", "a", LET_7), prediction, np.zeros(5))
    assert listed_targets(own, targets, 2).tolist() == [3, 1]
    assert listed_targets(own, targets, 9).tolist() == [3, 1, 2, 0, 4]
    compared = own._replace(before=np.array([-5.0, 0, 0, 0, 0]))
    assert listed_targets(compared, targets, 2).tolist() == [3, 0]
    assert compared.shifts() == ["lost", "gained", "gained", "gained", "."]
    assert own.shifts() == ["."] * 5
    assert [status(0, -0.2), status(-0.2, 0)] == ["gained", "lost"]


def test_the_limit_is_shared_by_the_mirnas_and_named(folder):
    page = made(folder, "--html-targets", "30", "--json", "run.json")
    assert [len(genes) for genes, _, _ in tables(page)] == [10, 10, 10]
    text = " ".join(page.split())
    assert "The table has the 10 targets of each miRNA with the strongest predictions, of 60." in text
    rows = rows_of(folder / "genes.tsv")
    own = [float(row["predicted_log2fc"]) for row in rows if row["mirna_id"] == "let-7"]
    below = sum(change < 0 for change in own)
    assert f"{below - 10} (\u2212{-sorted(own)[10]:.2f})" in text
    assert '"predictions_on_page": 30' in (folder / "run.json").read_text()
    assert "All predictions are in the table" in made(folder)


def test_a_page_without_repression(folder):
    (folder / "none.fa").write_text(f">one\n{'G' * 60}\n")
    line = ["--mirnas", LET_7, "--targets", "none.fa", "--html", "page.html", "-o", "genes.tsv"]
    assert run("genes-predict", line).status == 0
    page = (folder / "page.html").read_text()
    assert "UGAGGUAGUAGGUUGUAUAGUU is predicted to repress none of them." in page
    assert [row["predicted_log2fc"] for row in tables(page)[0][0]] == ["0.000000"]


def test_the_page_does_not_depend_on_threads(folder):
    assert made(folder, "--compare", "c.tsv", "--threads", "1") == made(
        folder, "--compare", "c.tsv", "--threads", "3"
    )


def test_the_policy_allows_only_the_style_and_script_of_the_page(folder):
    page = made(folder)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#39;", "'")
    for name in ("style", "script"):
        (text,) = re.findall(rf"<{name}>(.*?)</{name}>", page, re.DOTALL)
        checksum = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{checksum}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert not re.search(r"""(?:src|href)=["'](?!#)""", page)
    assert "://" not in page.replace("http://www.w3.org", "")
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|fetch\(|XMLHttp", page
    )


def test_nothing_of_the_data_is_markup():
    targets = targets_with([1] * len(HOSTILE))
    genes = [
        gene._replace(identifier=text, symbol=text) for gene, text in zip(targets.genes, HOSTILE, strict=True)
    ]
    targets = targets._replace(names=list(HOSTILE), genes=genes)
    mirnas = [Reference(text, text, LET_7) for text in HOSTILE]
    stream = io.StringIO()
    page = GenesPage(stream, 100)
    page.begin(mirnas, targets, [0] * len(HOSTILE))
    prediction = predict(LET_7, targets, load_model())
    for at, mirna in enumerate(mirnas):
        page.add(mirna, prediction, np.full(len(HOSTILE), 0.5), None, prediction.change if at else None)
    assert page.finish() == len(HOSTILE) ** 2
    tags = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attributes):
            tags.append((tag, dict(attributes)))

    Parser().feed(stream.getvalue())
    assert not [tag for tag, _ in tags if tag in ("img", "iframe", "object", "link", "base")]
    assert sum(tag == "script" for tag, _ in tags) == 2
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    for genes_listed, _, _ in tables(stream.getvalue()):
        assert sorted(row["gene_name"] for row in genes_listed) == sorted(HOSTILE)


def test_jinja_is_asked_for_before_the_work(folder, monkeypatch):
    monkeypatch.setattr("mirtools.report.alignment_page.find_spec", lambda name: None)
    done = run("genes-predict", ["--mirnas", LET_7, "--targets", "absent.fa", "--html", "page.html"])
    assert done.status != 0
    assert "pip install 'mirtools[report]'" in done.err
    assert not (folder / "page.html").exists()
