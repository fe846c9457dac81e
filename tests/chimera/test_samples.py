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
        ("-", "stdin"),
    ],
)
def test_a_sample_is_named_after_its_file(path, name):
    assert name_samples([path]) == [(path, name)]


def test_names_are_given_in_the_order_of_the_files():
    assert name_samples(["b.fq", "a.fq"], ["x", "y"]) == [("b.fq", "x"), ("a.fq", "y")]


@pytest.mark.parametrize(
    ("paths", "names", "problem"),
    [
        (["a.fq"], ["x", "y"], "2 --sample for 1 READS"),
        (["a.fq", "b.fq"], ["x"], "1 --sample for 2 READS"),
        (["a.fq", "b.fq"], ["x", "x"], "two samples are named 'x'"),
        (["1/a.fq", "2/a.fq.gz"], [], "two samples are named 'a'"),
        (["-", "-"], ["x", "y"], "standard input is named twice"),
        (["a.fq"], [""], "sample name '' cannot be a column name"),
        (["a.fq"], ["x\ty"], "cannot be a column name"),
        (["a.fq"], ["x "], "cannot be a column name"),
        (["a\nb.fq"], [], "cannot be a column name"),
    ],
)
def test_invalid_names(paths, names, problem):
    with pytest.raises(UsageError, match=problem):
        name_samples(paths, names)
