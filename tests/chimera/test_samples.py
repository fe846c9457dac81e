"""Names of samples."""

import pytest

from mirtools.chimera.samples import name_samples
from mirtools.errors import UsageError


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("liver.fastq.gz", "liver"),
        ("/data/x.y/liver.2.fq", "liver.2"),
        ("liver.hyb.zst", "liver"),
        ("liver", "liver"),
        ("liver.fastq.fastq", "liver.fastq"),
        ("liver.trimmed", "liver.trimmed"),
        (".fq", ".fq"),
        ("a\nb.fq", "a\nb"),
        ("-", "stdin"),
    ],
)
def test_a_file_gives_its_sample_a_name(path, name):
    assert name_samples([path]) == [(path, name)]


def test_names_are_given_in_the_order_of_the_files():
    assert name_samples(["b.fq", "a.fq"], ["x", "y"]) == [("b.fq", "x"), ("a.fq", "y")]


@pytest.mark.parametrize(
    ("paths", "names", "problem"),
    [
        (["a.fq"], ["x", "y"], "2 --sample for 1 READS"),
        (["a.fq", "b.fq"], ["x"], "1 --sample for 2 READS"),
        (["a.fq", "b.fq"], ["x", "x"], "two samples are called 'x'"),
        (["1/a.fq", "2/a.fq.gz"], [], "two samples are called 'a'"),
        (["-", "-"], ["x", "y"], "standard input is named twice"),
        (["a.fq"], [""], "sample name '' cannot head a column"),
        (["a.fq"], ["x\ty"], "cannot head a column"),
        (["a.fq"], ["x "], "cannot head a column"),
        (["a\nb.fq", "c.fq"], [], "cannot head a column"),
    ],
)
def test_names_that_do_not_do(paths, names, problem):
    with pytest.raises(UsageError, match=problem):
        name_samples(paths, names)
