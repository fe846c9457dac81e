"""Reads that are left after each step: numbers of the commands' reports."""

from collections import Counter

from site_pages import counted, written

from mirtools.report.run_reports import RunReport
from mirtools.report.sites.page import PageContent
from mirtools.report.sites.reads import reads_by_step
from mirtools.report.sites.table import UNIT

PARSED = RunReport("chimera-parse", Counter(reads=1000, duplicate_reads=200, paired_reads=500))
CLASSIFIED = RunReport("isomir-classify", Counter(reads_in=500, reads_out=480))
MERGED = RunReport("sites-merge", Counter(reads_in=480, reads_out=300))


def steps_of(*reports):
    found = counted()
    found.all.reads = 300 * UNIT
    return [tuple(step) for step in reads_by_step(reports, found)]


def test_one_number_for_each_step():
    assert steps_of(MERGED, CLASSIFIED, PARSED) == [
        ("all reads", 100_000, "1,000", "100.0 %"),
        ("without duplicates", 80_000, "800", "80.0 %"),
        ("miRNA and target found", 50_000, "500", "50.0 %"),
        ("miRNA form supported", 48_000, "480", "48.0 %"),
        ("at these sites", 30_000, "300", "30.0 %"),
    ]


def test_steps_begin_at_the_first_command_that_reported():
    assert [step[0] for step in steps_of(MERGED, CLASSIFIED)] == [
        "classified reads",
        "miRNA form supported",
        "at these sites",
    ]
    assert [step[0] for step in steps_of(MERGED)] == ["reads of all pairs", "at these sites"]
    assert steps_of(MERGED)[-1][-1] == "62.5 %"
    no_duplicates = RunReport("chimera-parse", Counter(reads=300, paired_reads=300))
    assert [step[0] for step in steps_of(no_duplicates)] == [
        "all reads",
        "miRNA and target found",
        "at these sites",
    ]


def test_no_steps_without_reports_of_reads():
    assert steps_of() == []
    assert steps_of(RunReport("dmiso-predict", Counter(pairs=10)), RunReport("chimera-parse")) == []


def test_page_shows_the_steps_only_if_there_are_any():
    found = counted()
    found.all.reads = 300 * UNIT
    page = written(PageContent(found, [], steps=reads_by_step([PARSED], found)))
    assert '<section id="reads">' in page
    assert "30.0 % of all reads are at these sites" in page
    assert '<section id="reads">' not in written(PageContent(found, []))
