"""negatives-generate from a notebook: settings, outputs and a log in, negatives and an audit out."""

import io
import random

import pytest

from mirtools.errors import UsageError
from mirtools.negatives.run import AuditOutputs, NegativeOutputs, audit_pairs, audit_table, generate_negatives
from mirtools.negatives.settings import AuditSettings, NegativeSettings
from mirtools.pairs.grouping import seed_of
from mirtools.runlog import RunLog

MIRNAS = {
    "let-7": "TGAGGTAGTAGGTTGTATAGTT",
    "miR-16": "TAGCAGCACGTAAATATTGGCG",
    "miR-21": "TAGCTTATCAGACTGATGTTGA",
}


@pytest.fixture
def positives(tmp_path):
    rng = random.Random(1)
    rows = [
        f"P{number}\t{name}\t{MIRNAS[name]}\t{''.join(rng.choices('ACGT', k=40))}\n"
        for number, name in enumerate(sorted(MIRNAS) * 20)
    ]
    path = tmp_path / "positives.tsv"
    path.write_text("pair_id\tmirna_id\tmirna_seq\tsite_seq\n" + "".join(rows))
    return str(path)


def rows_of(stream):
    header, *rows = (line.split("\t") for line in stream.getvalue().splitlines())
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_negatives_and_their_audit(positives):
    table, unmet, log = io.StringIO(), io.StringIO(), RunLog()
    settings = NegativeSettings(pairs=positives, strategy="frequency-matched", ratio=2)
    pairs = generate_negatives(settings, NegativeOutputs(table, unmet), log, keep=True)
    rows = rows_of(table)
    assert log.counts == {"positives": 60, "negatives": 120, "unmet_positives": 0}
    assert (log.hints, rows_of(unmet)) == ([], [])
    assert pairs.sites == [row["site_seq"] for row in rows]
    assert pairs.labels.tolist() == [int(row["label"]) for row in rows]
    assert pairs.number("site_mfe").tolist() == [float(row["site_mfe"]) for row in rows]
    bound = {(row["mirna_seq"], row["site_seq"]) for row in rows if row["label"] == "1"}
    assert not bound & {(row["mirna_seq"], row["site_seq"]) for row in rows if row["label"] == "0"}

    audited = io.StringIO()
    audit_pairs(pairs, AuditSettings(audit_energies=0), AuditOutputs(audited), log)
    found = {row["property"]: row for row in rows_of(audited)}
    assert found["mirna_identity"]["auroc"] == "0.5000"
    assert log.facts["audit"]["properties"]["mirna_identity"]["auroc"] == 0.5


def test_nothing_is_kept_unless_asked_for(positives):
    table, log = io.StringIO(), RunLog()
    settings = NegativeSettings(pairs=positives, strategy="random-mirna")
    assert generate_negatives(settings, NegativeOutputs(table), log) is None
    rows = rows_of(table)
    for positive, negative in zip(rows[::2], rows[1::2], strict=True):
        assert positive["site_seq"] == negative["site_seq"]
        assert seed_of(positive["mirna_seq"]) != seed_of(negative["mirna_seq"])


def test_a_table_of_others(tmp_path):
    rng = random.Random(2)
    rows = [
        f"{MIRNAS['let-7' if label else 'miR-16']}\t{''.join(rng.choices('ACGT', k=40))}\t{label}\n"
        for label in (1, 0) * 80
    ]
    path = tmp_path / "labelled.tsv"
    path.write_text("mirna_seq\tsite_seq\tlabel\n" + "".join(rows))
    drawn, log = [], RunLog()
    outputs = AuditOutputs(figure=lambda *what: drawn.append(what))
    audit_table(str(path), AuditSettings(audit_energies=0), outputs, log)
    assert log.counts == {"positives": 80, "negatives": 80}
    assert "mirna_identity" in log.facts["audit"]["warnings"]
    assert log.notes[0].startswith("audit: mirna_identity alone has AUROC 1.00; give each miRNA the same share")
    ((findings, pairs),) = drawn
    assert (findings[0].name, len(pairs)) == ("mirna_length", 160)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "--strategy same-transcript needs --transcripts"),
        ({"strategy": "shuffled", "ratio": 1001}, "--ratio is more than 1000"),
        ({"strategy": "shuffled", "families": "f.tsv"}, "--families means nothing to shuffled"),
        ({"strategy": "shuffled", "gtf": "a.gtf"}, "--transcripts, --gtf and --regions mean nothing to shuffled"),
        ({"strategy": "odd"}, "argument --strategy: invalid choice: 'odd'"),
    ],
)
def test_settings_that_do_not_fit(options, message):
    with pytest.raises(UsageError, match=message):
        NegativeSettings(pairs="p.tsv", **options)


def test_regions_need_transcripts():
    with pytest.raises(UsageError, match="--gtf and --regions need --transcripts"):
        AuditSettings(gtf="a.gtf")
