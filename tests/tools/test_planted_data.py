"""The files of test-data/ with known answers are what the commands make of each other, in order."""

import csv
import io

from commands import TEST_DATA, run


def output(command, *arguments):
    done = run(command, ["--quiet", *map(str, arguments)])
    assert (done.status, done.err) == (0, "")
    return done.out.decode()


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def test_planted_sites_are_narrowed_and_found(tmp_path):
    bed, mirnas, planted = tmp_path / "planted.bed", TEST_DATA / "let-7a.fa", TEST_DATA / "planted.fa"
    seeds = ("--plant-seeds", mirnas, "--distances", 0, 15, "--length", 90, "--bed", bed)
    assert output("peak-simulate", *seeds) == planted.read_text()
    assert bed.read_text() == (TEST_DATA / "planted.bed").read_text()

    model = ("--model", TEST_DATA / "seeds.safetensors", "--background", 5, "--threshold", 0.5)
    peaks = rows_of(output("peak-narrow", *model, "--mirnas", mirnas, "--targets", planted))
    columns = "mirna_id target_id site_seq score peak_start peak_end summit aligned_marks".split()
    stored = rows_of((TEST_DATA / "narrowed.tsv").read_text())
    assert [[row[name] for name in columns] for row in peaks] == [
        [row[name] for name in columns] for row in stored
    ]

    sites = rows_of(output("peak-evaluate", "--truth", bed, TEST_DATA / "narrowed.tsv"))
    assert [(row["found"], row["separate"], row["offset"]) for row in sites] == [("1", "1", "1.5")] * 3


def test_planted_classes_come_back(tmp_path):
    summary = tmp_path / "classes.tsv"
    rows = rows_of(output("binding-classes", "--k", 4, TEST_DATA / "importances.tsv", "--summary", summary))
    assert len(rows) == 48
    assert [row["class_name"] for row in rows] == [row["shape"] for row in rows]
    columns = "binding_class class_name rows share_seed share_middle share_3p".split()
    made, stored = (rows_of(path.read_text()) for path in (summary, TEST_DATA / "classes.tsv"))
    assert [[row[name] for name in columns] for row in made] == [[row[name] for name in columns] for row in stored]
