"""Reports on tables of sites: counts, charts, changes, alignments, summary and figure."""

import io
import math
import re
from collections import Counter

import pytest
from site_pages import SHEET, SITES, TEST_DATA, counted, page_of, rows_of, small

from mirtools.errors import InputError
from mirtools.report.sites import charts, figure
from mirtools.report.sites.alignments import Drawn, draw_sites, read_explained
from mirtools.report.sites.compared import read_comparisons
from mirtools.report.sites.findings import findings
from mirtools.report.sites.statistics import heat_map, ranked, types_in_order
from mirtools.report.sites.summary import write_site_summary
from mirtools.report.sites.volcano import labels_of, volcano_of

# ---- counts -------------------------------------------------------------------------------------------------


def test_counts_agree_with_those_of_the_rows():
    found, rows = counted(sheet=SHEET), rows_of()
    assert found.all.sites == len(rows) == 40
    assert found.all.reads == 100 * sum(int(row["n_reads"]) for row in rows)
    for column, tallies in (("mirna_id", found.mirnas), ("gene_name", found.genes), ("region", found.regions)):
        assert {name: tally.sites for name, tally in tallies.items()} == Counter(row[column] for row in rows)
    by_type = Counter()
    for row in rows:
        by_type[row["site_type"]] += int(row["n_reads"])
    assert {name: tally.reads for name, tally in found.types.items()} == {
        name: 100 * reads for name, reads in by_type.items()
    }
    assert found.pairs.keys() == {(row["mirna_id"], row["gene_name"]) for row in rows}
    assert found.significant == sum(float(row["q_value"]) < 0.05 for row in rows)
    assert found.samples == ["wt_1", "wt_2", "ko_1", "ko_2"]
    assert found.conditions == {"wt": ["wt_1", "wt_2"], "ko": ["ko_1", "ko_2"]}
    for sample, counts in zip(found.samples, found.by_sample, strict=True):
        having = [row for row in rows if int(row[f"n_reads:{sample}"])]
        assert counts.all.sites == len(having)
        assert counts.mirnas == {row["mirna_id"] for row in having}
        assert counts.alone == sum(row["n_samples"] == "1" for row in having)
    assert found.seen_in[""] == Counter(int(row["n_samples"]) for row in rows)
    assert found.seen_in["ko"] == Counter(int(row["n_replicates:ko"]) for row in rows)


def test_counts_do_not_depend_on_the_order_of_rows(tmp_path):
    header, *lines = SITES.read_text().splitlines(keepends=True)
    other = tmp_path / "other.tsv"
    other.write_text(header + "".join(lines[::-1]))
    pages = [page_of(path)[0] for path in (SITES, other)]
    assert pages[0] == pages[1]


def test_sites_with_most_reads_are_kept(tmp_path):
    path = small(tmp_path, *((f"S{n:05d}", "m", "g", "CDS", "8mer", (n * 37) % 2003, 1) for n in range(4000)))
    found = counted(path, most=5)
    assert [site.reads // 100 for site in found.top] == [2002, 2002, 2001, 2001, 2000]
    assert [site.site_id for site in found.top] == sorted(
        (site.site_id for site in found.top),
        key=lambda name: (-((int(name[1:]) * 37) % 2003), name),
    )
    assert found.all.sites == 4000


def test_shared_reads_are_counted_exactly(tmp_path):
    columns = [*"site_id mirna_id n_reads".split(), "n_reads:a", "n_reads:b"]
    path = small(tmp_path, ("S1", "m", "0.33", "0.33", "."), ("S2", "m", "2.5", "0.5", "2"), columns=columns)
    found = counted(path)
    assert found.all.reads == 283
    assert [counts.all.sites for counts in found.by_sample] == [1, 1]
    assert [counts.all.reads for counts in found.by_sample] == [83, 200]
    assert found.counts().tolist() == [[0.33, 0.0], [0.5, 2.0]]
    assert found.seen_in[""] == {0: 1, 2: 1}


def test_a_gene_without_a_name_is_called_by_its_identifier_or_transcript(tmp_path):
    columns = "site_id mirna_id gene_name gene_id target_id n_reads".split()
    rows = ("S1", "m", "A", "G1", "T1", 3), ("S2", "m", ".", "G1", "T1", 2)
    path = small(tmp_path, *rows, ("S3", "m", ".", ".", "T|G|-|-|x|FTL|9|", 1), columns=columns)
    assert [name for name, _ in ranked(counted(path).genes)] == ["A", "G1", "FTL"]


def test_heat_map_has_genes_of_a_mirna_next_to_each_other(tmp_path):
    rows = [("a", "x", 9), ("b", "y", 8), ("a", "z", 7), ("b", "x", 1), ("c", "w", 1)]
    path = small(tmp_path, *((f"S{n}", m, g, "CDS", "8mer", r, 1) for n, (m, g, r) in enumerate(rows)))
    found = counted(path)
    assert heat_map(found, 2, 9) == (["a", "b"], ["x", "z", "y"], [[900, 700, 0], [100, 0, 800]])
    assert heat_map(found, 2, 1) == (["a", "b"], ["x"], [[900], [100]])


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (("S1", "m", "g", "CDS", "8mer", "many", 1), ":2: n_reads is 'many'; give a number of 0 or more"),
        (("S1", "m", "g", "CDS", "8mer", "-1", 1), ":2: n_reads is '-1'"),
        (("S1", "m", "g", "CDS", "8mer", "nan", 1), ":2: n_reads is 'nan'"),
        (("S1", "m", "g", "CDS", "8mer", 1, 2), ":2: q_value is '2'; give a number from 0 to 1"),
        ((".", "m", "g", "CDS", "8mer", 1, 1), ":2: site_id is missing; give every site one"),
    ],
)
def test_cells_that_cannot_be_used(tmp_path, row, problem):
    with pytest.raises(InputError, match=re.escape(problem)):
        counted(small(tmp_path, row))


def test_sequences_that_cannot_be_used(tmp_path):
    path = small(
        tmp_path, ("S1", "m", 1, "ACGT", "AC<GT"), columns="site_id mirna_id n_reads mirna_seq site_seq".split()
    )
    with pytest.raises(InputError, match=r"small.tsv:2: site_seq: '<' at position 3 is not a nucleotide"):
        counted(path)


def test_a_sheet_must_name_all_samples(tmp_path):
    sheet = tmp_path / "sheet.tsv"
    sheet.write_text("sample\tcondition\nwt_1\twt\nwt_2\twt\nko_1\tko\n")
    with pytest.raises(InputError, match=r"sample 'ko_2' has no row in .*sheet.tsv; add it there"):
        counted(sheet=sheet)


def test_a_sheet_orders_samples():
    lines = SHEET.read_text().splitlines()
    found = counted()
    assert found.conditions == {"wt": [], "ko": []}
    assert found.samples == [line.split("\t")[0] for line in lines[1:]]


# ---- sentences and charts -----------------------------------------------------------------------------------


def test_three_sentences(tmp_path):
    rows = [
        ("a", "x", "CDS", "8mer", 3, 0.01),
        ("a", "y", "CDS", "none", 0.5, 1),
        ("b", "x", "3'UTR", "6mer", 1, 1),
    ]
    path = small(tmp_path, *((f"S{n}", *row) for n, row in enumerate(rows)))
    assert findings(counted(path)) == [
        "4.5 chimeric reads show 3 binding sites of 2 miRNAs on 2 genes (3 pairs of a miRNA and a gene).",
        "a has the most reads (77.8 %), 66.7 % of sites match a seed, and 66.7 % lie in coding sequences.",
        "1 site (33.3 %) has more reads than chance ligation gives (q < 0.05).",
    ]
    assert findings(counted(small(tmp_path))) == ["No binding sites."]


def test_sentences_without_regions_types_and_q(tmp_path):
    path = small(tmp_path, ("S1", "a", 1), columns="site_id mirna_id n_reads".split())
    assert findings(counted(path)) == [
        "1 chimeric read shows 1 binding site of 1 miRNA on 1 gene (1 pair of a miRNA and a gene).",
        "a has the most reads (100.0 %).",
    ]


def test_bars_of_regions_and_types():
    found, rows = counted(), rows_of()
    by_region = Counter(row["region"] for row in rows)
    bars = charts.region_bars(found)
    assert [bar.value for bar in bars.rows] == ["5'UTR", "CDS", "3'UTR", "noncoding"]
    assert [bar.numbers[0] for bar in bars.rows] == [str(by_region[bar.value]) for bar in bars.rows]
    assert max(part.length for bar in bars.rows for part in bar.parts) == 100
    types = charts.type_bars(found)
    assert [bar.name for bar in types.rows] == types_in_order({row["site_type"] for row in rows})
    for bar in charts.region_shares(found).rows:
        assert math.isclose(sum(part.length for part in bar.parts), 100, abs_tol=0.05)
        assert bar.parts[0].start == 0


def test_site_types_in_their_order():
    assert types_in_order(["none", "6mer", "unknown", "new", "8mer+GU", "8mer"]) == [
        "8mer",
        "6mer",
        "8mer+GU",
        "none",
        "new",
        "unknown",
    ]


def test_correlations_of_samples(tmp_path):
    columns = [*"site_id mirna_id n_reads".split(), "n_reads:a", "n_reads:b", "n_reads:c"]
    rows = [(f"S{n}", "m", 9, n + 1, 2 * n + 1, 9 - n) for n in range(4)]
    table = charts.correlations(counted(small(tmp_path, *rows, columns=columns)))
    assert [[cell.text for cell in cells] for _, cells in table.rows] == [
        ["1.00", "1.00", "-1.00"],
        ["1.00", "1.00", "-1.00"],
        ["-1.00", "-1.00", "1.00"],
    ]
    assert [cell.level for cell in table.rows[0][1]] == [9, 9, 0]
    assert table.title == "Rank correlation between samples is -1.00 to 1.00"


def test_recurrence(tmp_path):
    found = counted(sheet=SHEET)
    bars = charts.recurrence_bars(found)
    assert [bar.name for bar in bars.rows] == ["4 of 4", "3 of 4", "2 of 4", "1 of 4"]
    assert sum(int(bar.numbers[0]) for bar in bars.rows) == 40
    assert "both replicates of ko" in charts.recurrence_bars(found, "ko").title


# ---- changes ------------------------------------------------------------------------------------------------


def changes(tmp_path, header, *rows):
    path = tmp_path / "ko_vs_wt.tsv"
    path.write_text("\n".join("\t".join(map(str, row)) for row in (header.split(), *rows)) + "\n")
    return read_comparisons([str(path)])[0]


def test_a_comparison_is_ordered_by_significance(tmp_path):
    found = changes(
        tmp_path,
        "site_id base_mean log2_fold_change lower upper p_value q_value",
        ("S1", 5, -1, -2, 0, 0.5, 0.6),
        ("S2", 5, 2, 1, 3, 0.001, 0.01),
        ("S3", 5, -3, -4, -2, 0.001, 0.01),
        ("S4", 0, ".", ".", ".", ".", "."),
    )
    assert [change.key[0] for change in found.changes] == ["S3", "S2", "S1", "S4"]
    assert (found.name, found.kind, found.up, found.down) == ("ko_vs_wt", "site", 1, 1)
    drawn = volcano_of(found, labels_of(found, [("S3", "miR-1", "HAND2")]))
    assert drawn.title == "2 of 3 sites tested change: 1 up, 1 down (q < 0.05)"
    assert [change.name for change in drawn.top] == ["miR-1 on HAND2", "S2", "S1"]
    assert drawn.top[0].numbers == ["5", "\u22123.00", "\u22124.0 to \u22122.0", "0.01"]
    assert Counter(point.colour for point in drawn.points) == {"down": 1, "up": 1, "even": 1}
    assert drawn.note == "1 more were not tested."
    by_label = {point.label: point for point in drawn.points}
    assert by_label["miR-1 on HAND2"].x < by_label["S1"].x < 50 < by_label["S2"].x
    assert by_label["S1"].y > by_label["S2"].y == by_label["miR-1 on HAND2"].y
    assert all(0 <= value <= 100 for point in drawn.points for value in (point.x, point.y))
    assert 50 in [tick.at for tick in drawn.x_ticks if tick.text == "0"]


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("mirna_id gene_name", "pair"),
        ("mirna_id gene_name gene_id", "pair"),
        ("mirna_id", "miRNA"),
        ("gene_name", "gene"),
        ("gene_name gene_id", "gene"),
        ("site_id mirna_id gene_name gene_id region", "site"),
    ],
)
def test_what_is_compared(tmp_path, header, kind):
    found = changes(tmp_path, f"{header} log2_fold_change q_value", (*header.split(), 1, 0.5))
    assert found.kind == kind
    assert math.isnan(found.changes[0].p_value)
    assert volcano_of(found, {}).points


def test_changes_are_named_by_their_table(tmp_path):
    header = "mirna_id gene_name gene_id log2_fold_change q_value"
    rows = ("miR-1", "HAND2", "G1", 1, 0.1), ("miR-1", ".", "G2", 1, 0.2)
    drawn = volcano_of(changes(tmp_path, header, *rows), {})
    assert [change.name for change in drawn.top] == ["miR-1 on HAND2", "miR-1 on G2"]
    assert [(change.site, change.mirna, change.gene) for change in drawn.top] == [
        ("", "miR-1", "HAND2"),
        ("", "miR-1", "G2"),
    ]


@pytest.mark.parametrize(
    ("header", "row", "problem"),
    [
        (
            "name q_value",
            ("a", 1),
            ":1: has no column site_id, mirna_id or gene_id; give a table of sites-compare",
        ),
        ("site_id q_value", ("a", 1), ":1: has no column log2_fold_change; give a table of sites-compare"),
        ("site_id log2_fold_change q_value", ("a", "x", 1), ":2: log2_fold_change is 'x'; give a number"),
        ("site_id log2_fold_change q_value", ("a", "inf", 1), ":2: log2_fold_change is 'inf'; give a number"),
    ],
)
def test_comparisons_that_cannot_be_used(tmp_path, header, row, problem):
    with pytest.raises(InputError, match=re.escape(problem)):
        changes(tmp_path, header, row)
    with pytest.raises(InputError, match="S1 occurs twice"):
        changes(tmp_path, "site_id log2_fold_change q_value", ("S1", 1, 1), ("S1", 1, 1))


def test_thousands_of_points_are_thinned_out(tmp_path):
    rows = [(f"S{n}", (n % 100) / 1000, 0.9 - (n % 7) / 1e4) for n in range(5000)]
    found = changes(tmp_path, "site_id log2_fold_change q_value", *rows, ("S_top", 3, 1e-9))
    points = volcano_of(found, {}).points
    assert len(points) < 100
    assert "S_top" in {point.label for point in points}


# ---- alignments ---------------------------------------------------------------------------------------------


def test_alignments_are_explained_or_folded():
    found = counted()
    explained = read_explained(str(TEST_DATA / "report_aligned.tsv"), {site.cells[-3] for site in found.top})
    drawn = list(draw_sites(found.top, found.columns, explained))
    known = {row["pair_id"]: row for row in rows_of(TEST_DATA / "report_aligned.tsv")}
    assert [each.explained for each in drawn] == [site.cells[-3] in known for site in found.top]
    for site, each in zip(found.top, drawn, strict=True):
        assert len(each.target) == len(each.marks) == len(each.mirna)
        letters = re.sub("[ -]", "", each.mirna)[::-1].replace("U", "T")
        assert letters in site.cells[-2]
        if each.explained:
            assert each.marks.rstrip() == known[site.cells[-3]]["aligned_marks"].rstrip()
    assert list(draw_sites(found.top, found.columns, explained, threads=2)) == drawn


def test_sites_themselves_may_be_explained(tmp_path):
    aligned = TEST_DATA / "report_aligned.tsv"
    other = tmp_path / "explained_sites.tsv"
    other.write_text(aligned.read_text().replace("pair_id", "top_pair", 1))
    wanted = {row["pair_id"] for row in rows_of(aligned)[:3]}
    assert read_explained(str(other), wanted) == read_explained(str(aligned), wanted)
    assert len(read_explained(str(other), wanted)) == 3


def test_sites_without_sequences_have_no_alignment(tmp_path):
    columns = "site_id mirna_id n_reads mirna_seq site_seq".split()
    rows = (
        ("S1", "m", 3, "TGAGGTAGTAGGTTGTATAGTT", "."),
        ("S2", "m", 2, "tgagguaguagguuguauaguu", "AACTATACAACCTACTACCTCA"),
    )
    found = counted(small(tmp_path, *rows, columns=columns))
    first, second = draw_sites(found.top, found.columns, {})
    assert first == Drawn("", "", "")
    assert second.target.strip() == "AACUAUACAACCUACUACCUCA"
    assert second.marks.strip() == "|" * 22


def test_alignments_of_another_table(tmp_path):
    path = small(
        tmp_path,
        ("P1", "ACG-T", "|| |", "TGCA"),
        columns="pair_id aligned_target aligned_marks aligned_mirna".split(),
    )
    with pytest.raises(InputError, match="lines of the alignment differ in length"):
        read_explained(str(path), {"P1"})
    assert read_explained(str(path), {"P2"}) == {}
    with pytest.raises(InputError, match=":1: has no column pair_id; give a table of attrib-align"):
        read_explained(str(small(tmp_path)), {"P1"})


# ---- summary and figure -------------------------------------------------------------------------------------


def test_the_summary_lists_what_the_counts_are():
    found, stream = counted(sheet=SHEET), io.StringIO()
    write_site_summary(stream, found, 3, 1, read_comparisons([str(TEST_DATA / "report_changes.tsv")]))
    text = stream.getvalue()
    assert text.startswith("# miRNA binding sites\n\n")
    for title in ("Samples", "Regions", "Site types", "miRNAs with most reads", "Changes: report_changes"):
        assert f"## {title}\n" in text
    assert text.count("target 5'") == 1
    name, tally = ranked(found.mirnas)[0]
    assert re.search(rf"\| {name} +\| +{tally.sites} \|", text)


def test_panels_of_the_figure(pages_of):
    pages = pages_of(figure)
    figure.draw_sites(None, "png", counted())
    (title, rows) = pages[0]
    assert title == ""
    assert [len(row) for row in rows] == [3, 3, 1, 1]
    found = counted()
    first = ranked(found.mirnas)[0][0]
    best = ranked({gene: tally for (mirna, gene), tally in found.pairs.items() if mirna == first})[0][0]
    assert rows[0][0].get_title().replace("\n", " ") == f"{first} binds {best} most"
    widths = [sum(bar.get_width() for bar in group) for group in zip(*rows[3][0].containers, strict=True)]
    assert widths == pytest.approx([100] * len(widths))


def test_a_figure_without_sites(tmp_path, pages_of):
    pages = pages_of(figure)
    figure.draw_sites(None, "png", counted(small(tmp_path)))
    assert pages == [("No binding sites", [])]


# ---- classes of guides --------------------------------------------------------------------------------------


def test_guides_of_several_classes_have_a_row_each(tmp_path):
    columns = "site_id mirna_id guide_class n_reads".split()
    rows = [("S1", "let-7a", "miRNA", 7), ("S2", "Gly-GCC", "tRF", 2), ("S3", "miR-16", "miRNA", 1)]
    path = small(tmp_path, *rows, columns=columns)
    found = counted(path)
    assert {name: (tally.sites, tally.reads) for name, tally in found.classes.items()} == {
        "miRNA": (2, 800),
        "tRF": (1, 200),
    }
    drawn = charts.class_bars(found)
    assert drawn.title == "Guides of the class miRNA have 80.0 % of the reads"
    assert [(bar.name, bar.numbers) for bar in drawn.rows] == [
        ("miRNA", ["2", "66.7 %", "80.0 %"]),
        ("tRF", ["1", "33.3 %", "20.0 %"]),
    ]
    stream = io.StringIO()
    write_site_summary(stream, found, 3, 0)
    assert "## Classes of guides" in stream.getvalue()
    assert "Classes of guides" in page_of(path, sheet=None)[0]
    assert "Classes of guides" not in page_of()[0]
