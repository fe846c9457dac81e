"""The truth of simulated libraries, checked against references and reads without the simulation's own helpers."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mirtools.errors import InputError, UsageError
from mirtools.io.sequences import Reference, read_references, reverse_complement
from mirtools.io.tables import ISOMIR_TYPES
from mirtools.simulation.isomirs import AmbiguityTest, Repertoire, exact_variant, make_isomir
from mirtools.simulation.library import BOUNDARY_CASES, DECOYS, Library, simulate
from mirtools.simulation.reads import TRUTH_COLUMNS, truth_row, unread_cells
from mirtools.simulation.settings import LibrarySettings

TEST_DATA = Path(__file__).resolve().parents[2] / "test-data"
MIRNAS = read_references(str(TEST_DATA / "mirnas.fa"))
TRANSCRIPTS = read_references(str(TEST_DATA / "transcripts.fa.gz"))
CANONICAL = {mirna.name: mirna.sequence for mirna in MIRNAS}
TARGETS = {transcript.name: transcript.sequence for transcript in TRANSCRIPTS}
ADAPTER = "TGGAATTCTCGGGTGCCAAGG"


def rows_of(library: Library) -> list[dict[str, str]]:
    """Return the truth as dictionaries, with bases and qualities of the read as two further cells."""
    rows = []
    for read in library.reads:
        row = dict(zip(TRUTH_COLUMNS, truth_row(read, library.supports), strict=True))
        rows.append(row | {"sequence": read.sequence, "qualities": read.qualities})
    return rows


@pytest.fixture(scope="module")
def library() -> Library:
    return simulate(MIRNAS, TRANSCRIPTS, LibrarySettings(reads=8000, umi_length=6, error_rate=0.004, seed=3))


@pytest.fixture(scope="module")
def rows(library: Library) -> list[dict[str, str]]:
    return rows_of(library)


@pytest.fixture(scope="module")
def chimeras(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row for row in rows if row["read_class"] == "chimera"]


def apply(canonical: str, kind: str, detail: str) -> str:
    """Make the isomiR from its description."""
    if kind == "exact":
        return canonical
    if kind.endswith("addition"):
        added = detail.removeprefix("+")
        return added + canonical if kind.startswith("5p") else canonical + added
    if kind.endswith("deletion"):
        lost = int(detail.removeprefix("-"))
        return canonical[lost:] if kind.startswith("5p") else canonical[:-lost]
    bases = list(canonical)
    for change in detail.split(","):
        place, old, new = re.fullmatch(r"(\d+)([ACGT])>([ACGT])", change).groups()
        assert bases[int(place) - 1] == old != new
        bases[int(place) - 1] = new
    return "".join(bases)


def changed_places(row: dict[str, str]) -> list[int]:
    """Return the 0-based positions of added or changed bases on the miRNA part."""
    kind, detail = row["isomir_type"], row["isomir_detail"]
    if kind == "5p_addition":
        return list(range(len(detail) - 1))
    if kind == "3p_addition":
        return list(range(len(row["mirna_canonical"]), len(row["mirna_canonical"]) + len(detail) - 1))
    return [int(change) - 1 for change in re.findall(r"(\d+)[ACGT]>", detail)]


def mirna_start(row: dict[str, str]) -> int:
    return 0 if row["order"] != "target_first" else len(row["insert"]) - len(row["mirna_portion"])


@pytest.mark.parametrize("kind", ["exact", *ISOMIR_TYPES])
def test_portion_follows_from_canonical_and_detail(chimeras, kind):
    found = [row for row in chimeras if row["isomir_type"] == kind]
    assert len({row["mirna_portion"] for row in found}) >= 2
    for row in found:
        assert row["mirna_canonical"] == CANONICAL[row["mirna_id"]]
        assert apply(row["mirna_canonical"], kind, row["isomir_detail"]) == row["mirna_portion"]


def test_changes_lie_where_their_type_says(chimeras):
    for row in chimeras:
        length = len(row["mirna_canonical"])
        places, kind = changed_places(row), row["isomir_type"]
        if kind == "5p_replacement":
            assert places in ([0], [0, 1])
        elif kind == "3p_replacement":
            assert places in ([length - 1], [length - 2, length - 1])
        elif kind in ("SNP", "MNP"):
            assert len(places) == (1 if kind == "SNP" else 2)
            assert min(places) >= 4
            assert max(places) < length - 4


@pytest.mark.parametrize("read_class", ["chimera", "gap_too_long"])
def test_insert_is_the_two_parts_with_their_gap(rows, read_class):
    for row in rows:
        if row["read_class"] != read_class:
            continue
        insert, portion, gap = row["insert"], row["mirna_portion"], int(row["gap"])
        start, end = int(row["target_start"]), int(row["target_end"])
        assert 0 <= start < end <= len(TARGETS[row["target_id"]])
        assert len(insert) == len(portion) + gap + end - start
        target = TARGETS[row["target_id"]][start:end]
        if row["order"] == "mirna_first":
            assert insert.startswith(portion)
            assert insert.endswith(target)
            between = insert[len(portion) : len(portion) + gap] if gap > 0 else "."
        else:
            assert insert.endswith(portion)
            assert insert.startswith(target)
            between = insert[len(target) : len(target) + gap] if gap > 0 else "."
        assert row["linker"] == (between or ".")
        assert (-4 <= gap <= 4) if read_class == "chimera" else (5 <= gap <= 9)


def test_neither_part_can_be_extended_over_the_junction(rows):
    """The base next to each part, towards the other part, never matches that part's reference."""
    for row in rows:
        if row["read_class"] not in ("chimera", "gap_too_long"):
            continue
        insert, text, canonical = row["insert"], TARGETS[row["target_id"]], row["mirna_canonical"]
        length, kind = len(row["mirna_portion"]), row["isomir_type"]
        start, end = int(row["target_start"]), int(row["target_end"])
        if row["order"] == "mirna_first":
            neighbour = len(insert) - (end - start) - 1
            assert start == 0 or insert[neighbour] != text[start - 1]
            if kind == "3p_deletion":
                assert insert[length] != canonical[length]
        else:
            assert end == len(text) or insert[end - start] != text[end]
            if kind == "5p_deletion":
                assert insert[-length - 1] != canonical[len(canonical) - length - 1]


def test_all_gaps_and_both_orders_occur(chimeras):
    gaps = Counter(int(row["gap"]) for row in chimeras)
    assert set(gaps) == set(range(-4, 5))
    first = sum(row["order"] == "mirna_first" for row in chimeras) / len(chimeras)
    assert first == pytest.approx(0.85, abs=0.03)
    assert sum(count for gap, count in gaps.items() if gap > 0) / len(chimeras) == pytest.approx(0.23, abs=0.04)


def test_read_is_umi_insert_adapter_tail_with_exactly_the_recorded_errors(rows):
    for row in rows:
        true = (row["umi"] if row["umi"] != "." else "") + (row["insert"] if row["insert"] != "." else "")
        adapter_nt = int(row["adapter_nt"])
        assert adapter_nt == min(len(ADAPTER), 75 - len(true))
        true = (true + ADAPTER[:adapter_nt]).ljust(75, "A")
        assert len(row["sequence"]) == len(row["qualities"]) == len(true) == 75
        wrong = [str(place) for place in range(75) if row["sequence"][place] != true[place]]
        assert (",".join(wrong) or ".") == row["error_positions"]


def test_error_rate_is_that_of_the_settings(rows):
    originals = [row for row in rows if row["pcr_duplicate_of"] == "."]
    errors = sum(len(row["error_positions"].split(",")) for row in originals if row["error_positions"] != ".")
    expected = 75 * len(originals) * 0.004
    # within five standard deviations
    assert abs(errors - expected) < 5 * expected**0.5


def test_no_errors_at_rate_zero():
    clean = rows_of(simulate(MIRNAS, TRANSCRIPTS, LibrarySettings(reads=400, error_rate=0)))
    assert {row["error_positions"] for row in clean} == {"."}


def test_copies_have_the_bases_of_their_original_and_no_better_qualities(rows):
    by_name = {row["read_id"]: row for row in rows}
    copies = [row for row in rows if row["pcr_duplicate_of"] != "."]
    assert len(copies) == 1200
    worse = 0
    for row in copies:
        original = by_name[row["pcr_duplicate_of"]]
        assert original["pcr_duplicate_of"] == "."
        assert row["read_id"] != original["read_id"]
        differ = {"read_id", "pcr_duplicate_of", "qualities", "variant_qualities"}
        assert all(row[key] == original[key] for key in row if key not in differ)
        assert all(map(str.__le__, row["qualities"], original["qualities"]))
        worse += row["qualities"] != original["qualities"]
    assert 0.2 < worse / len(copies) < 0.4


def test_supports_are_the_distinct_clean_chimeric_reads(chimeras):
    carriers = defaultdict(set)
    for row in chimeras:
        start = len(row["umi"]) + mirna_start(row)
        sequenced = row["sequence"][6 : 6 + len(row["insert"])]
        if row["sequence"][start : start + len(row["mirna_portion"])] == row["mirna_portion"]:
            carriers[row["mirna_portion"]].add(sequenced)
    for row in chimeras:
        assert int(row["support_observed"]) == len(carriers[row["mirna_portion"]])
    supports = Counter(len(reads) for reads in carriers.values())
    assert supports[9] >= 3
    assert supports[10] >= 7
    assert min(supports) == 1
    assert max(supports) > 100


def test_boundary_cases_have_the_planned_reads(chimeras):
    planned = Counter((kind, support) for kind, support, _ in BOUNDARY_CASES)
    found = Counter(
        {(row["isomir_type"], row["mirna_portion"]): int(row["support_observed"]) for row in chimeras}.items()
    )
    observed = Counter((kind, support) for ((kind, _), support) in found)
    assert all(observed[case] >= count for case, count in planned.items())


def test_variant_qualities_are_those_of_the_changed_bases(chimeras):
    seen = Counter()
    for row in chimeras:
        start = len(row["umi"]) + mirna_start(row)
        values = [ord(row["qualities"][start + place]) - 33 for place in changed_places(row)]
        assert row["variant_qualities"] == (",".join(map(str, values)) or ".")
        seen.update(values)
    assert seen[30] >= 10
    assert seen[31] >= 10
    assert min(seen) < 20


def test_expected_pairs_follow_the_rules(rows):
    by_name = {row["read_id"]: row for row in rows}
    for row in rows:
        expected = row["read_class"] == "chimera" and int(row["support_observed"]) >= 10
        if expected:
            source = by_name.get(row["pcr_duplicate_of"], row)
            start = len(row["umi"]) + mirna_start(row)
            part = row["sequence"][start : start + len(row["mirna_portion"])]
            qualities = [int(value) for value in source["variant_qualities"].split(",") if value != "."]
            site_end = min(int(row["target_end"]) + 25, len(TARGETS[row["target_id"]]))
            expected = (
                part == row["mirna_portion"]
                and all(value > 30 for value in qualities)
                and site_end - int(row["target_start"]) >= 30
            )
        assert row["expect_pair"] == str(int(expected))
    assert {row["expect_pair"] for row in rows if row["read_class"] == "chimera"} == {"0", "1"}


def test_seed_matches_lie_in_the_target_part(library, chimeras):
    with_seed = 0
    for row in chimeras:
        if row["seed_match"] == ".":
            continue
        at = int(row["seed_match"])
        assert int(row["target_start"]) <= at
        assert at + 6 <= int(row["target_end"])
        assert TARGETS[row["target_id"]][at : at + 6] == reverse_complement(row["mirna_portion"][1:7])
        with_seed += 1
    assert with_seed / len(chimeras) > 0.8
    assert 0.8 < library.facts["pairs_at_seed_match"] <= 1


def test_decoys_are_of_their_kind(rows):
    found = Counter(row["read_class"] for row in rows)
    assert set(found) == {"chimera", *DECOYS}
    assert sum(row["read_class"] != "chimera" and row["pcr_duplicate_of"] == "." for row in rows) == 2400
    for row in rows:
        kind, insert = row["read_class"], row["insert"]
        if kind == "chimera":
            continue
        assert row["expect_pair"] == "0"
        assert row["support_observed"] == "."
        if kind == "adapter_dimer":
            assert insert == "."
        elif kind == "mirna_only":
            assert insert == row["mirna_portion"] == CANONICAL[row["mirna_id"]]
        elif kind == "mirna_mirna":
            first, second = row["mirna_id"].split(",")
            assert insert == CANONICAL[first] + CANONICAL[second]
        elif kind == "target_only":
            assert insert == TARGETS[row["target_id"]][int(row["target_start"]) : int(row["target_end"])]
        elif kind == "target_target":
            first, second = (TARGETS[name] for name in row["target_id"].split(","))
            assert any(insert[:cut] in first and insert[cut:] in second for cut in range(20, len(insert) - 19))
        elif kind == "antisense_target":
            target = TARGETS[row["target_id"]][int(row["target_start"]) : int(row["target_end"])]
            parts = [row["mirna_portion"], reverse_complement(target)]
            assert row["strand"] == "-"
            assert insert == "".join(parts if row["order"] == "mirna_first" else parts[::-1])


def test_abundance_is_skewed_by_default():
    def largest_share(skew: float) -> float:
        made = rows_of(simulate(MIRNAS, TRANSCRIPTS, LibrarySettings(reads=4000, skew=skew)))
        reads = Counter(row["mirna_id"] for row in made if row["read_class"] == "chimera")
        return reads.most_common(1)[0][1] / reads.total()

    assert largest_share(2) > 0.4
    assert largest_share(0) < 0.12


def test_number_of_pairs_is_that_of_the_settings():
    library = simulate(MIRNAS, TRANSCRIPTS, LibrarySettings(reads=None, pairs=60, decoys=0, duplicates=0))
    assert library.counts["pairs"] == 60
    assert {read.molecule.read_class for read in library.reads} == {"chimera"}


def test_shares_of_zero_and_one():
    plain = LibrarySettings(reads=600, isomirs=0, overlaps=0, linkers=0, order=1, decoys=0, duplicates=0)
    made = rows_of(simulate(MIRNAS, TRANSCRIPTS, plain))
    assert {(row["isomir_type"], row["gap"], row["order"]) for row in made} == {("exact", "0", "mirna_first")}
    turned = LibrarySettings(reads=600, isomirs=1, linkers=1, overlaps=0, order=0, decoys=0, duplicates=0)
    made = rows_of(simulate(MIRNAS, TRANSCRIPTS, turned))
    assert "exact" not in {row["isomir_type"] for row in made}
    assert {row["order"] for row in made} == {"target_first"}
    assert min(int(row["gap"]) for row in made) == 1


def test_good_qualities_only():
    made = rows_of(
        simulate(MIRNAS, TRANSCRIPTS, LibrarySettings(reads=1500, low_quality=0, error_rate=0, duplicates=0))
    )
    values = [value for row in made for value in row["variant_qualities"].split(",") if value != "."]
    assert min(map(int, values)) == 31


def test_without_adapter_reads_end_with_their_insert():
    for read in simulate(MIRNAS, TRANSCRIPTS, LibrarySettings(reads=300, adapter="none", error_rate=0)).reads:
        assert read.sequence == read.molecule.insert
        assert read.adapter_nt == 0


def test_long_inserts_are_cut_by_short_reads():
    made = rows_of(simulate(MIRNAS, TRANSCRIPTS, LibrarySettings(reads=500, read_length=54)))
    assert {len(row["sequence"]) for row in made} == {54}
    assert any(row["adapter_nt"] == "0" for row in made)


def test_same_seed_same_library_other_seed_another():
    first, again, other = (
        simulate(MIRNAS, TRANSCRIPTS, LibrarySettings(reads=500, seed=seed)) for seed in (5, 5, 6)
    )
    assert rows_of(first) == rows_of(again)
    assert [read.sequence for read in first.reads] != [read.sequence for read in other.reads]


def best_overlap(sequence: str, canonical: str) -> int:
    """Brute force: the most bases in common over all ungapped placements shifted by at most 3."""
    return max(
        sum(
            sequence[place] == canonical[place + shift]
            for place in range(len(sequence))
            if 0 <= place + shift < len(canonical)
        )
        for shift in range(-3, 4)
    )


def test_no_variant_fits_another_mirna_as_well(chimeras):
    for name, portion in {(row["mirna_id"], row["mirna_portion"]) for row in chimeras}:
        own = best_overlap(portion, CANONICAL[name])
        assert all(best_overlap(portion, other) < own for key, other in CANONICAL.items() if key != name)


@given(st.data())
@hypothesis_settings(max_examples=150, deadline=None)
def test_ambiguity_agrees_with_brute_force(data):
    """On a family: one miRNA and relatives that differ in up to two bases or are shifted by up to three."""
    rng = random.Random(data.draw(st.integers(0, 10**6)))
    base = "".join(rng.choices("ACGT", k=22))
    family = [Reference("own", "own", base)]
    for number in range(4):
        relative = list(base)
        for _ in range(rng.randrange(3)):
            relative[rng.randrange(22)] = rng.choice("ACGT")
        shift = rng.randrange(4)
        family.append(
            Reference(f"m{number}", "", "".join(relative)[shift:] + "".join(rng.choices("ACGT", k=shift)))
        )
    kind = data.draw(st.sampled_from(["exact", *ISOMIR_TYPES]))
    variant = exact_variant(family[0]) if kind == "exact" else make_isomir(rng, family[0], kind)
    own = len(variant.sequence) - len(variant.changed)
    slow = any(best_overlap(variant.sequence, other.sequence) >= own for other in family[1:])
    assert AmbiguityTest(family).is_ambiguous(variant) == slow


def test_mirnas_with_the_same_sequence_are_dropped():
    twins = [Reference("a", "a", CANONICAL["hsa-miR-21-5p"]), Reference("b", "b", CANONICAL["hsa-miR-21-5p"])]
    inside = Reference("c", "c", CANONICAL["hsa-miR-122-5p"][:-2])
    others = [Reference("d", "d", CANONICAL["hsa-miR-122-5p"]), Reference("e", "e", CANONICAL["hsa-miR-155-5p"])]
    short = [Reference("f", "f", "ACGTACGTACGTACG"), Reference("g", "g", "ACGTACGTNCGTACGATTCAG")]
    repertoire = Repertoire(random.Random(1), [*twins, inside, *others, *short])
    assert sorted(mirna.name for mirna in repertoire.mirnas) == ["d", "e"]
    assert repertoire.unusable == 5


@pytest.mark.parametrize(
    ("mirnas", "transcripts", "settings", "error", "words"),
    [
        ([Reference("a", "a", "ACGTACGTACG")], TRANSCRIPTS, LibrarySettings(), InputError, "no miRNA can be used"),
        (MIRNAS, [Reference("t", "t", "ACGT" * 9)], LibrarySettings(), InputError, "no transcript has 40 nt"),
        (MIRNAS, [Reference("t", "t", "ACGTN" * 90)], LibrarySettings(), InputError, "no transcript has 40 nt"),
        (
            MIRNAS[:1],
            [Reference("t", "t", "A" * 41)],
            LibrarySettings(),
            InputError,
            "no target part fits on the transcripts",
        ),
        (MIRNAS, TRANSCRIPTS, LibrarySettings(insert_length=51), UsageError, "give 53 or more"),
        (MIRNAS, TRANSCRIPTS, LibrarySettings(read_length=25, umi_length=6), UsageError, "give 30 or more"),
        (MIRNAS, TRANSCRIPTS, LibrarySettings(umi_length=60), UsageError, "give 84 or more"),
    ],
)
def test_unusable_input_is_an_error(mirnas, transcripts, settings, error, words):
    with pytest.raises(error, match=words):
        simulate(mirnas, transcripts, settings)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"decoys": 0.5, "duplicates": 0.5}, "no room for chimeras"),
        ({"overlaps": 0.6, "linkers": 0.5}, "more than 1"),
        ({"reads": 5, "pairs": 5}, "give one of them"),
    ],
)
def test_contradicting_settings_are_an_error(options, words):
    with pytest.raises(UsageError, match=words):
        LibrarySettings(**options)


def test_too_small_references_are_an_error_and_no_endless_loop():
    transcript = Reference("t", "t", TRANSCRIPTS[0].sequence[:45])
    with pytest.raises(InputError, match="too few different reads"):
        simulate(MIRNAS[:1], [transcript], LibrarySettings(reads=None, pairs=5000))


def test_targets_do_not_contain_n():
    holed = [
        Reference(each.name, each.name, each.sequence[:300] + "N" * 20 + each.sequence[320:])
        for each in TRANSCRIPTS[:5]
    ]
    for read in simulate(MIRNAS, holed, LibrarySettings(reads=1500)).reads:
        assert "N" not in read.sequence


def test_reads_end_within_their_insert_where_the_truth_says():
    settings = LibrarySettings(reads=600, read_length=50, umi_length=4, order=0.5, error_rate=0, seed=8)
    library = simulate(MIRNAS, TRANSCRIPTS, settings)
    assert library.cut
    seen = Counter()
    for read in library.reads:
        row = dict(zip(TRUTH_COLUMNS, truth_row(read, library.supports), strict=True))
        insert = "" if row["insert"] == "." else row["insert"]
        insert_unread, mirna_unread = map(int, unread_cells(read))
        whole = read.umi + insert + ADAPTER + "A" * 50
        assert read.sequence == whole[:50]
        assert insert_unread == max(len(insert) - 46, 0)
        assert int(row["adapter_nt"]) == min(max(46 - len(insert), 0), len(ADAPTER))
        if row["read_class"] == "chimera":
            part = row["mirna_portion"]
            behind = 0 if row["order"] == "target_first" else len(insert) - len(part)
            assert mirna_unread == min(max(insert_unread - behind, 0), len(part))
            shown = int(row["target_end"]) - int(row["target_start"])
            shown -= insert_unread if row["order"] == "mirna_first" else 0
            # the type is that of the RNA, but no pair is expected if the read does not show it
            assert row["expect_pair"] == "0" or (mirna_unread == 0 and shown >= 20)
            seen[row["order"], mirna_unread > 0, row["expect_pair"]] += 1
    assert seen["target_first", True, "0"] > 20
    assert seen["mirna_first", False, "1"] > 5
    assert not any(cut for order, cut, _ in seen if order == "mirna_first")


def test_inserts_longer_than_reads_are_made_on_request():
    """Inserts fit reads that have room for chimeras, unless longer ones are requested."""
    fitting = simulate(MIRNAS, TRANSCRIPTS, LibrarySettings(reads=300, read_length=56))
    assert not fitting.cut
    assert not any(read.insert_unread for read in fitting.reads)
    longer = simulate(MIRNAS, TRANSCRIPTS, LibrarySettings(reads=300, read_length=56, insert_length=80))
    lengths = [len(read.molecule.insert) for read in longer.reads]
    assert longer.counts["reads_cut"] == sum(length > 56 for length in lengths) > 30
    assert max(lengths) <= 80


def test_library_of_reads_that_all_end_in_the_mirna_is_finished():
    settings = LibrarySettings(reads=None, pairs=20, read_length=30, order=0)
    library = simulate(MIRNAS, TRANSCRIPTS, settings)
    assert library.counts["pairs"] == 20
    assert not library.counts["reads_expected_in_pairs"]


def test_styles_of_qualities_change_only_qualities():
    varied, flat, binned = (
        simulate(MIRNAS, TRANSCRIPTS, LibrarySettings(reads=400, error_rate=0.01, qualities=style)).reads
        for style in ("varied", "flat", "binned")
    )
    assert [read.sequence for read in varied] == [read.sequence for read in flat]
    assert [read.sequence for read in varied] == [read.sequence for read in binned]
    assert {letter for read in flat for letter in read.qualities} == {chr(37 + 33)}
    assert {ord(letter) - 33 for read in binned for letter in read.qualities} == {2, 12, 23, 37}
    errors = [read.qualities[place] for read in binned if read.original is None for place in read.errors]
    assert 0.35 < errors.count(chr(37 + 33)) / len(errors) < 0.65
    # in bins, the same changed bases pass the threshold of Phred 30
    passes = [
        [
            [value > 30 for value in read.variant_qualities()]
            for read in reads
            if not (read.errors or read.original)
        ]
        for reads in (varied, binned)
    ]
    assert passes[0] == passes[1]
