"""Sample sheets: read as people write them, refused where they contradict themselves."""

from __future__ import annotations

import pytest

from mirtools.errors import InputError
from mirtools.io.samplesheet import Sample, by_condition, read_samples


def sheet(tmp_path, text):
    path = tmp_path / "samples.tsv"
    path.write_text(text)
    return str(path)


def test_a_sheet_of_two_conditions(tmp_path):
    path = sheet(tmp_path, "sample\tcondition\treplicate\tadapter\nw1\twt\t1\tTGG\nw2\twt\t2\t.\nk1\tko\t1\tTGG\n")
    samples = read_samples(path)
    assert samples[0] == Sample("w1", "wt", "1", {"adapter": "TGG"})
    assert samples[1].other == {"adapter": ""}
    assert by_condition(samples) == {"wt": ["w1", "w2"], "ko": ["k1"]}


def test_commas_blanks_and_no_conditions(tmp_path):
    samples = read_samples(sheet(tmp_path, "sample,fastq\na ,x.fq\nb,y.fq\n"))
    assert [sample.name for sample in samples] == ["a", "b"]
    assert by_condition(samples) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sample\tcondition\na\twt\na\tko\n", "described twice"),
        ("sample\tcondition\na\twt\nb\t.\n", "only some samples have a condition"),
        ("sample\tcondition\treplicate\na\twt\t1\nb\twt\t1\n", "replicate '1' of 'wt' is listed twice"),
        ("sample\n.\n", "has no name"),
        ("sample\n", "lists no samples"),
        ("name\na\n", "has no column sample"),
    ],
)
def test_what_is_refused(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        read_samples(sheet(tmp_path, text))
