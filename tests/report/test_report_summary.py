"""Counting an interaction table."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirtools.errors import InputError
from mirtools.io.tables import TableReader
from mirtools.report.summary import LONGEST_GAP, SCORE_BINS, gene_symbol, summarize

HEADER = (
    "n_reads n_copies mirna_id mirna_seq target_id site_start site_end gap "
    "mirna_class isomir_types score prediction"
)


def _table(tmp_path, rows, header=HEADER):
    path = tmp_path / "table.tsv"
    lines = [header.split(), *([str(cell) for cell in row] for row in rows)]
    path.write_text("".join("\t".join(line) + "\n" for line in lines))
    return TableReader(str(path))


def _summary(tmp_path, rows, header=HEADER, top=20):
    table = _table(tmp_path, rows, header)
    return summarize(table, table, top)


@pytest.mark.usefixtures("short_sequences")
def test_known_table(tmp_path):
    rows = [
        (5, 9, "miR-1", "UGGAAU", "T1", 0, 30, -2, "exact", ".", 0.99, 1),
        (3, 3, "miR-1", "TGGAAUA", "T1", 40, 70, 0, "isomir", "3p_addition", 0.5, 0),
        (7, 8, "miR-2", "TGGAC", "T2", 5, 50, 1, "isomir", "5p_deletion,SNP", 1, 1),
    ]
    summary = _summary(tmp_path, rows)
    assert (summary.interactions, summary.reads, summary.copies, summary.negatives) == (3, 15, 20, 0)
    assert (summary.pairs, summary.targets) == (2, 2)
    assert summary.reads_of == Counter({"miR-1": 8, "miR-2": 7})
    assert summary.isomir_reads_of == Counter({"miR-1": 3, "miR-2": 7})
    assert summary.rows_of_class == Counter(exact=1, isomir=2)
    assert summary.reads_of_class == Counter(exact=5, isomir=10)
    assert summary.rows_of_type == {"3p_addition": 1, "5p_deletion": 1, "SNP": 1}
    assert summary.reads_of_type["SNP"] == 7
    assert summary.rows_of_gap == {-2: 1, 0: 1, 1: 1}
    assert summary.rows_of_prediction == {0: 1, 1: 2}
    assert summary.scores[1][SCORE_BINS - 1] == 2
    assert summary.scores[0][SCORE_BINS // 2] == 1
    assert [pair.best.mirna for pair in summary.top] == ["miR-1", "miR-2"]
    assert summary.top[0].best.mirna_seq == "TGGAAT"
    assert (summary.top[0].interactions, summary.top[0].reads) == (2, 8)


def test_negatives_are_skipped(tmp_path):
    summary = _summary(tmp_path, [("a", 1), ("a", 0), ("b", 0)], "mirna_id label")
    assert (summary.interactions, summary.negatives, dict(summary.reads_of)) == (1, 2, {"a": 1})


def test_second_best_rows_are_skipped(tmp_path):
    summary = _summary(tmp_path, [("a", 4, 1), ("b", 4, 2), ("b", 1, ".")], "mirna_id n_reads rank")
    assert (summary.interactions, summary.alternatives, summary.reads) == (2, 1, 5)


@pytest.mark.usefixtures("short_sequences")
def test_other_spellings_and_missing_columns(tmp_path):
    summary = _summary(tmp_path, [("ugag", "ACGT"), ("TGAG", "ACGT")], "miRNA gene")
    assert summary.reads_of == {"TGAG": 2}
    assert summary.has == {"mirna_seq", "site_seq"}
    assert not summary.targets


def test_missing_cells_count_nowhere(tmp_path):
    summary = _summary(tmp_path, [(".",) * 12])
    assert summary.interactions == 1
    assert not summary.reads_of
    assert not summary.scores
    assert not summary.rows_of_gap


def test_far_gaps_are_clamped(tmp_path):
    summary = _summary(tmp_path, [("a", -900), ("a", 900)], "mirna_id gap")
    assert summary.rows_of_gap == {-LONGEST_GAP: 1, LONGEST_GAP: 1}


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("n_reads", "many", "n_reads is 'many'"),
        ("n_reads", "-1", "n_reads is '-1'"),
        ("n_copies", "1e3", "n_copies is '1e3'"),
        ("gap", "--1", "gap is '--1'"),
        ("gap", "9" * 5000, "gap is '999"),
        ("score", "nan", "score is 'nan'"),
        ("score", "1.01", "score is '1.01'"),
        ("score", "high", "score is 'high'"),
        ("prediction", "2", "prediction is 2"),
        ("mirna_seq", "TG!", "mirna_seq: '!'"),
    ],
)
def test_wrong_cells_name_line_and_column(tmp_path, column, cell, message):
    with pytest.raises(InputError, match=r"table\.tsv:2: ") as caught:
        _summary(tmp_path, [("a", cell)], f"mirna_id {column}")
    assert message in str(caught.value)
    assert len(str(caught.value)) - len(str(tmp_path)) < 150


def test_a_table_of_something_else_is_refused(tmp_path):
    with pytest.raises(InputError, match="mirna_seq"):
        _summary(tmp_path, [("1", "2")], "chrom start")


@given(st.lists(st.tuples(*map(st.integers, (0,) * 5, (3, 2, 4, 5, 1))), max_size=60), st.integers(0, 8))
def test_top_equals_grouping_and_sorting(tmp_path_factory, rows, top):
    cells = [(f"m{m}", f"t{t}", reads, score / 5, binds) for m, t, reads, score, binds in rows]
    path = tmp_path_factory.mktemp("top")
    summary = _summary(path, cells, "mirna_id target_id n_reads score prediction", top)
    groups = {}
    for mirna, target, *numbers in cells:
        groups.setdefault((mirna, target), []).append(numbers)
    strength = {
        pair: (max(n[2] for n in found), sum(n[0] for n in found), max(n[1] for n in found))
        for pair, found in groups.items()
    }
    # the sort is stable, but equal pairs are ordered by when their miRNA and their target were first seen
    seen = {name: at for at, name in enumerate(dict.fromkeys(name for cell in cells for name in cell[:2]))}
    order = sorted(groups, key=lambda pair: (*(-part for part in strength[pair]), seen[pair[0]], seen[pair[1]]))
    assert [(pair.best.mirna, pair.best.target) for pair in summary.top] == order[:top]
    assert [pair.reads for pair in summary.top] == [strength[pair][1] for pair in order[:top]]
    assert [pair.interactions for pair in summary.top] == [len(groups[pair]) for pair in order[:top]]
    assert (summary.pairs, summary.targets) == (len(groups), len({target for _, target in groups}))


def test_totals_agree_with_the_rows(tmp_path):
    generator = random.Random(5)
    rows = [(generator.randint(1, 9), f"m{generator.randint(0, 30)}", generator.random()) for _ in range(500)]
    summary = _summary(tmp_path, rows, "n_reads mirna_id score")
    assert sum(summary.reads_of.values()) == summary.reads == sum(row[0] for row in rows)
    assert sum(summary.scores[-1]) == 500


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("ENST1.1|ENSG1.1|-|-|FTL-201|FTL|871|UTR5:1-29|", "FTL"),
        ("ENST1.1|ENSG1.1|-|-|FTL-201||871|", "ENST1.1|ENSG1.1|-|-|FTL-201||871|"),
        ("a|b", "a|b"),
        ("", ""),
    ],
)
def test_gene_symbol(name, symbol):
    assert gene_symbol(name) == symbol
