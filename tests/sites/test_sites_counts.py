"""Reading counts: what is added at each level, names, fractions, and what is refused."""

import numpy as np
import pytest

from mirtools.errors import InputError
from mirtools.sites.counts import read_counts

HEADER = "site_id\tmirna_id\tgene_name\tgene_id\tregion\ttarget_id\tn_reads\tn_reads:a\tn_reads:b\n"
ROWS = [
    "S1\tm1\tG\tg1\tCDS\tT1\t30\t10\t20\n",
    "S2\tm1\tG\tg1\t3UTR\tT1\t3\t1\t2\n",
    "S3\tm1\t.\t.\t.\tT2\t0.9\t0.3\t0.6\n",
    "S4\tm2\tG\tg1\tCDS\tT1\t7\t.\t7\n",
    "S5\tm2\tH\t.\tCDS\tT3\t1\t1\t0\n",
]
FORMS = [
    row.replace("m1\t", f"m1|{form}\t")
    for row, form in zip(ROWS, ["exact", "iso_5p:+1", "TGAG", "", ""], strict=True)
]


@pytest.fixture
def read(tmp_path):
    def reader(rows, by, samples=("a", "b"), header=HEADER):
        path = tmp_path / "sites.tsv"
        path.write_text(header + "".join(rows))
        return read_counts(str(path), samples, by)

    return reader


def as_dict(counts):
    return dict(zip(counts.keys, counts.reads.tolist(), strict=True))


def test_sites(read):
    found = read(ROWS, "site", ["b", "a"])
    assert found.columns == ("site_id", "mirna_id", "gene_name", "gene_id", "region")
    assert found.keys[0] == ("S1", "m1", "G", "g1", "CDS")
    assert found.reads.tolist() == [[20, 10], [2, 1], [0.6, 0.3], [7, 0], [0, 1]]
    assert found.mirna.tolist() == [0, 0, 0, 1, 1]
    # a gene without identifier is its name, a target without gene is its own
    assert found.gene.tolist() == [2, 2, 1, 2, 0]
    assert found.libraries.tolist() == found.reads.tolist()


def test_pairs_genes_and_mirnas(read):
    assert as_dict(read(ROWS, "pair")) == {
        ("m1", "G", "g1"): [11, 22],
        ("m1", ".", "T2"): [0.3, 0.6],
        ("m2", "G", "g1"): [0, 7],
        ("m2", "H", "H"): [1, 0],
    }
    assert as_dict(read(ROWS, "gene")) == {("G", "g1"): [11, 29], (".", "T2"): [0.3, 0.6], ("H", "H"): [1, 0]}
    assert as_dict(read(ROWS, "mirna")) == {("m1",): [11.3, 22.6], ("m2",): [1, 7]}


def test_forms(read):
    found = read(FORMS, "form")
    assert as_dict(found) == {
        ("m1|exact",): [10, 20],
        ("m1|iso_5p:+1",): [1, 2],
        ("m1|TGAG",): [0.3, 0.6],
        ("m2",): [1, 7],
    }
    # forms are compared with the other forms of their miRNA, sites with the other sites of their form
    assert len(set(found.mirna.tolist())) == 2
    assert len(set(read(FORMS, "site").mirna.tolist())) == 4
    assert as_dict(read(FORMS, "mirna")) == as_dict(read(ROWS, "mirna"))
    # other text after | belongs to the name
    assert read([ROWS[0].replace("m1", "m1|MIMAT1")], "mirna").keys == [("m1|MIMAT1",)]


@pytest.mark.parametrize("by", ["site", "pair", "gene", "mirna"])
def test_order_of_rows_has_no_effect(read, by):
    rows = [
        f"S{number}\tm{number % 3}\tG\tg{number % 2}\t.\t.\t1\t0.{number}\t0.{number}7\n" for number in range(9)
    ]
    one, two = read(rows, by), read(rows[::-1], by)
    assert one.keys == two.keys
    assert np.array_equal(one.reads, two.reads)
    assert one.gene.tolist() == two.gene.tolist()


def test_targets_without_a_gene(read):
    row = ROWS[0].replace("G\tg1", ".\t.").replace("T1", ".")
    assert read([row], "pair").dropped == 1
    assert read([row], "site").gene.tolist() == [-1]
    bare = "site_id\tmirna_id\tn_reads:a\nS1\tm\t5\n"
    assert as_dict(read([], "site", ["a"], bare)) == {("S1", "m", ".", ".", "."): [5]}
    with pytest.raises(InputError, match="has no column gene_id"):
        read([], "gene", ["a"], bare)


def test_nothing(read):
    for by in ("site", "pair", "gene", "mirna", "form"):
        found = read([], by)
        assert found.keys == []
        assert found.reads.shape == found.libraries.shape == (0, 2)


@pytest.mark.parametrize(
    ("rows", "by", "problem"),
    [
        ([ROWS[0], ROWS[0]], "site", "sites.tsv:3: site 'S1' occurs twice"),
        ([ROWS[0].replace("\t20\n", "\t-1\n")], "site", "sites.tsv:2: n_reads:b is '-1'; give a number of reads"),
        ([ROWS[0].replace("\t20\n", "\tnan\n")], "gene", "is 'nan'"),
        ([ROWS[0].replace("\t20\n", "\t1e300\n")], "gene", "is '1e300'"),
        ([ROWS[0].replace("\t20\n", "\t99999999999\n")], "gene", "from 0 to 1,000,000,000"),
        (ROWS, "form", "names no forms such as hsa-miR-21-5p|exact; merge with sites-merge --by form"),
    ],
)
def test_refused(read, rows, by, problem):
    with pytest.raises(InputError) as caught:
        read(rows, by)
    assert problem in str(caught.value)


def test_a_sample_without_a_column(read):
    with pytest.raises(InputError, match="has no column n_reads:c; name samples in the sheet as in the table"):
        read(ROWS, "site", ["a", "c"])
