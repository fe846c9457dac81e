"""The audit: planted leaks are found with the AUROC that was planted, sets without one are clean."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mirtools.negatives.audit import AuditRules, audit
from mirtools.negatives.findings import REMEDIES, TABLE_COLUMNS, WARNINGS, as_json, remedy, table_rows
from mirtools.negatives.labelled import ENERGY, REGION, WrittenPairs, read_audited
from mirtools.negatives.shuffled import shuffle_sites
from mirtools.pairs.energy import cofold_energy
from mirtools.pairs.repairing import draw_mirnas, permute_sites
from mirtools.pairs.table import LabelledPairs, Pair

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
NO_FOLDING = AuditRules(folded=0)
MIRNAS = ["".join(random.Random(name).choices("ACGT", k=22)) for name in range(20)]


def bases(rng, size, weights=(1, 1, 1, 1)):
    return "".join(rng.choices("ACGT", weights, k=size))


def clean_set(seed, count, ratio=1, **change):
    """Pairs whose label is chance alone; ``change`` makes columns out of the label and the generator."""
    rng = random.Random(seed)
    labels = []
    cells = {"mirnas": [], "sites": [], "targets": [], "regions": []}
    for number in range(count):
        label = int(number % (ratio + 1) == 0)
        columns = {
            "mirnas": lambda label, rng: rng.choice(MIRNAS),
            "sites": lambda label, rng: bases(rng, rng.randint(40, 60)),
            "targets": lambda label, rng: f"T{rng.randrange(50)}",
            "regions": lambda label, rng: rng.choice(["CDS", "3'UTR"]),
        } | change
        made = {name: make(label, rng) for name, make in columns.items()}
        labels.append(label)
        for name, value in made.items():
            cells[name].append(value)
    return LabelledPairs(
        cells["mirnas"],
        cells["sites"],
        np.array(labels, np.uint8),
        cells["mirnas"],
        cells["targets"],
        texts={REGION: cells["regions"]},
    )


def findings_of(rows, training=None, rules=NO_FOLDING):
    return {each.name: each for each in audit(rows, training, rules)}


def warned(found):
    """Names of the single properties with a warning; together they must leak wherever one does."""
    names = [each.name for each in found.values() if each.verdict in WARNINGS and each.name != "all_together"]
    if any(found[name].verdict == "leak" and name != "site_memory" for name in names):
        assert (
            found["all_together"].auroc > max(found[name].auroc for name in names if name != "site_memory") - 0.03
        )
        assert found["all_together"].verdict == "leak"
    return names


def unlike(share):
    """A choice that is the first one for positives with a share, for negatives with the rest of it."""
    return lambda first, second: lambda label, rng: (first if (rng.random() < share) == label else second)(rng)


PLANTED = {
    "mirna_length": ("mirnas", lambda rng: bases(rng, 22), lambda rng: bases(rng, 20)),
    "site_length": ("sites", lambda rng: bases(rng, 51), lambda rng: bases(rng, rng.choice([50, 52]))),
    "n_count": ("sites", lambda rng: bases(rng, 50), lambda rng: bases(rng, 46) + "NNNN"),
    "region": ("regions", lambda rng: "CDS", lambda rng: "3'UTR"),
    "mirna_identity": (
        "mirnas",
        lambda rng: MIRNAS[rng.randrange(10)],
        lambda rng: MIRNAS[10 + rng.randrange(10)],
    ),
    "target_identity": ("targets", lambda rng: f"T{rng.randrange(40)}", lambda rng: f"U{rng.randrange(40)}"),
}


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("ratio", [1, 4])
def test_a_planted_leak_is_found_with_its_size(name, ratio):
    column, first, second = PLANTED[name]
    found = findings_of(clean_set(2, 6000, ratio, **{column: unlike(0.85)(first, second)}))
    assert found[name].verdict == "leak"
    # two kinds, of which 85 % of one label and 15 % of the other are the first
    assert found[name].auroc == pytest.approx(0.85, abs=0.02)
    assert found[name].low < 0.85 < found[name].high
    allowed = {"mirna_seed"} if name == "mirna_identity" else set()
    assert {name} <= set(warned(found)) <= {name} | allowed


def test_small_leaks_add_up():
    small = unlike(0.57)
    rows = clean_set(
        5,
        6000,
        sites=small(lambda rng: bases(rng, 50), lambda rng: bases(rng, 52)),
        mirnas=small(lambda rng: rng.choice(MIRNAS[:10]), lambda rng: rng.choice(MIRNAS[10:])),
        regions=small(lambda rng: "CDS", lambda rng: "3'UTR"),
        targets=small(lambda rng: f"T{rng.randrange(40)}", lambda rng: f"U{rng.randrange(40)}"),
    )
    found = findings_of(rows)
    assert warned(found) == []
    assert found["all_together"].verdict == "leak"
    # the number of four coins, each right with 0.57, has an AUROC of 0.650; some of it is too little to learn
    assert 0.61 < found["all_together"].auroc < 0.66


def test_composition_is_found_also_where_gc_is_the_same():
    found = findings_of(
        clean_set(
            1,
            3000,
            sites=unlike(1)(lambda rng: bases(rng, 50, (3, 2, 2, 3)), lambda rng: bases(rng, 50, (2, 3, 3, 2))),
        )
    )
    assert warned(found) == ["site_gc", "site_dinucleotides"]
    assert found["site_gc"].auroc > 0.9
    # letters in steps of two: GC, TG, TA... of equal GC
    found = findings_of(
        clean_set(
            1,
            3000,
            sites=unlike(1)(
                lambda rng: "".join(rng.choices(["AC", "GT", "CA", "TG"], k=25)),
                lambda rng: "".join(rng.choices(["AG", "CT", "GA", "TC"], k=25)),
            ),
        )
    )
    assert warned(found) == ["site_dinucleotides"]
    # neither more nor less, but only at the edges
    found = findings_of(
        clean_set(
            1,
            3000,
            sites=unlike(1)(
                lambda rng: bases(rng, 50), lambda rng: bases(rng, 50, rng.choice([(1, 4, 4, 1), (4, 1, 1, 4)]))
            ),
        )
    )
    assert "site_gc" in warned(found)


@pytest.mark.parametrize("target_first", [False, True])
def test_bases_shared_at_the_junction_are_found(target_first):
    rows = clean_set(4, 2500)
    for number, (label, mirna, site) in enumerate(zip(rows.labels, rows.mirnas, rows.sites, strict=True)):
        if label:
            rows.sites[number] = site[:-3] + mirna[:3] if target_first else mirna[-3:] + site[3:]
    found = findings_of(rows)
    assert warned(found) == ["junction"]
    assert found["junction"].auroc > 0.9


def test_target_memory_is_found_against_the_training():
    rng = random.Random(5)
    sites = [bases(rng, 50) for _ in range(4000)]
    training = clean_set(6, 8000)
    known = [sites[number // 2] if number % 2 == 0 else bases(rng, 50) for number in range(8000)]
    training = replace(training, sites=known)
    tested = clean_set(
        7,
        4000,
        sites=lambda label, rng: rng.choice(sites) if rng.random() < (0.05 if label else 0.85) else bases(rng, 50),
    )
    found = findings_of(tested, training)
    memory = found["site_memory"]
    assert (memory.verdict, memory.direction, memory.learned_from) == ("leak", "reversed", "training")
    assert memory.auroc == pytest.approx(0.9, abs=0.015)
    assert memory.seen == pytest.approx(0.45, abs=0.03)
    assert warned(found) == ["site_memory"]
    assert "split by" in remedy(memory)
    assert "site_memory" not in warned(findings_of(tested))
    assert warned(findings_of(clean_set(8, 4000), training)) == []


def test_sites_that_recur_among_positives_need_a_split_by_target():
    rng = random.Random(11)
    genome = bases(rng, 3000)

    def site(label, rng):
        start = rng.randrange(2900)
        return genome[start : start + 50] if label and rng.random() < 0.6 else bases(rng, 50)

    rows = clean_set(11, 3000, sites=site)
    found = findings_of(rows)
    assert warned(found) == []
    assert (found["site_identity"].verdict, found["site_identity"].direction) == ("group_by_target", "as_learned")
    assert found["site_identity"].auroc == pytest.approx(0.8, abs=0.03)
    assert warned(findings_of(clean_set(12, 3000, sites=site), rows)) == ["site_identity"]


def test_frequency_is_learned_from_the_training_alone():
    leaky = clean_set(1, 3000, mirnas=unlike(0.9)(lambda rng: MIRNAS[0], lambda rng: MIRNAS[1]))
    clean = clean_set(2, 3000, mirnas=lambda label, rng: rng.choice(MIRNAS[:2]))
    again = clean_set(3, 3000, mirnas=unlike(0.9)(lambda rng: MIRNAS[0], lambda rng: MIRNAS[1]))
    assert warned(findings_of(leaky, again)) == ["mirna_identity", "mirna_seed"]
    assert warned(findings_of(clean, leaky)) == []
    # what the training does not know, no model can owe to it
    assert warned(findings_of(leaky, clean)) == []


def test_clean_sets_are_found_clean_as_often_as_stated():
    warnings = unsure = 0
    for seed in range(250):
        found = findings_of(clean_set(seed, 200, ratio=1 + seed % 2))
        assert len(found) == 14
        warnings += any(each.verdict in WARNINGS for each in found.values())
        unsure += found["site_length"].verdict == "too_few_pairs"
    # one in a hundred may be; 2.5 are expected at most, eight or more once in 250 trials
    assert warnings < 8
    assert unsure == 250
    found = findings_of(clean_set(1, 2000))
    assert {each.verdict for each in found.values()} == {"clean", "."}


def skewed_pairs(count):
    rng = random.Random(8)
    mirnas = ["".join(rng.choices("ACGT", k=22)) for _ in range(60)]
    shares = [1 / (rank + 1) for rank in range(60)]
    named = [(f"miR-{number}", mirna) for number, mirna in enumerate(mirnas)]
    return [
        Pair(mirna, bases(rng, rng.randint(35, 60), (3, 2, 2, 3)), name)
        for name, mirna in rng.choices(named, shares, k=count)
    ]


def labelled(pairs, negatives):
    written = WrittenPairs(["mirna_id", "mirna_seq", "site_seq", "label"], find=lambda name: None)
    for label, part in ((1, pairs), (0, negatives)):
        for pair in part:
            written.add([pair.mirna_id, pair.mirna, pair.site, str(label)])
    return written.pairs()


def test_what_the_strategies_make():
    pairs = skewed_pairs(2500)
    matched = [
        pair._replace(site=pairs[other].site)
        for pair, others in zip(pairs, permute_sites(pairs, 1, 1), strict=True)
        for other in others
    ]
    found = findings_of(labelled(pairs, matched))
    assert warned(found) == []
    assert (found["site_memory"].verdict, found["site_memory"].direction) == ("group_by_target", "reversed")
    assert found["site_memory"].auroc > 0.9
    shuffled = [
        pair._replace(site=site)
        for pair, made in zip(pairs, shuffle_sites(pairs, 1, 1), strict=True)
        for site in made
    ]
    found = findings_of(labelled(pairs, shuffled))
    assert warned(found) == []
    # a site and its shuffled twin do not teach the opposite of each other
    assert found["site_dinucleotides"].auroc < 0.53
    assert found["site_memory"].verdict == "clean"
    other = [
        pairs[number]._replace(site=pair.site)
        for pair, numbers in zip(pairs, draw_mirnas(pairs, 1, 1), strict=True)
        for number in numbers
    ]
    assert warned(findings_of(labelled(pairs, other))) == ["mirna_identity", "mirna_seed"]


def test_negatives_that_bind_better_are_a_warning():
    rng = random.Random(9)
    site = "AACTATACAACCTACTACCTCA"
    rows = clean_set(9, 400)
    sites = [bases(rng, 22) if label else rng.choice([site, bases(rng, 22)]) for label in rows.labels]
    rows = replace(rows, mirnas=["TGAGGTAGTAGGTTGTATAGTT"] * 400, sites=sites)
    found = findings_of(rows, rules=AuditRules(folded=300))
    for name in ("site_type", "duplex_energy", "cofold_energy"):
        assert (found[name].verdict, found[name].direction) == ("reversed", "reversed")
    assert (found["site_type"].pairs, found["cofold_energy"].pairs) == (400, 300)
    # energies in the table are taken as they are
    rows = replace(rows, numbers={ENERGY: np.where(rows.labels == 1, -30.0, -1.0)})
    assert findings_of(rows, rules=AuditRules(folded=400))["cofold_energy"].auroc == 1
    energies = [cofold_energy(*pair) for pair in zip(rows.mirnas, rows.sites, strict=True)]
    rows = replace(rows, numbers={ENERGY: np.array(energies)})
    assert findings_of(rows, rules=AuditRules(folded=300))["cofold_energy"].auroc == found["cofold_energy"].auroc


def test_order_of_rows_and_names_of_things_do_not_matter_much():
    rows = clean_set(3, 2000, mirnas=unlike(0.8)(lambda rng: MIRNAS[0], lambda rng: MIRNAS[1]))
    first = findings_of(rows)
    named = replace(rows, mirna_ids=[f"name of {name}" for name in rows.mirna_ids])
    assert list(table_rows(findings_of(named).values())) == list(table_rows(first.values()))
    turned = rows.subset(np.arange(len(rows))[::-1])
    assert findings_of(turned)["mirna_identity"].auroc == pytest.approx(first["mirna_identity"].auroc, abs=0.01)


def test_nothing_to_audit():
    assert audit(clean_set(1, 0)) == []
    assert list(table_rows([])) == []
    assert as_json([]) == {"limit": 0.6, "significance": 0.01, "warnings": [], "properties": {}}
    rows = clean_set(1, 300)
    assert audit(replace(rows, labels=np.ones(300, np.uint8))) == []
    # regions known of positives alone tell nothing that a model sees
    rows = clean_set(1, 300, regions=lambda label, rng: "CDS" if label else ".", targets=lambda label, rng: ".")
    found = findings_of(rows)
    assert "region" not in found
    assert "target_identity" not in found


def test_table_and_json_say_the_same():
    found = audit(clean_set(1, 300), rules=NO_FOLDING)
    table = list(table_rows(found))
    assert {len(row) for row in table} == {len(TABLE_COLUMNS)}
    for row, each in zip(table, found, strict=True):
        cells = dict(zip(TABLE_COLUMNS, row, strict=True))
        entry = as_json(found)["properties"][each.name]
        assert cells["property"] == each.name
        assert float(cells["auroc"]) == entry["auroc"] >= 0.5
        assert (cells["seen"] == ".") == ("seen" not in entry)
    assert set(REMEDIES) >= {each.name for each in found}


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data")
def test_public_sets():
    pairs = DATA / "clash_pairs"
    training = read_audited(str(pairs / "mirbind_train_set_1_1.tsv.gz"))
    for name in ("mirbind_test_set_1_1.tsv.gz", "mirbind_test_set_1_10.tsv.gz"):
        found = findings_of(read_audited(str(pairs / name)), training)
        assert warned(found) == ["mirna_identity", "mirna_seed", "site_memory"]
        assert found["mirna_identity"].auroc == pytest.approx(0.90, abs=0.005)
        assert found["site_memory"].auroc == pytest.approx(0.90, abs=0.005)
    # negatives of equal family frequency are clean, but a split at random would leak
    found = findings_of(read_audited(str(DATA / "miRBench/AGO2_CLASH_Hejret2023_train_minus_holdout.tsv.gz")))
    assert warned(found) == []
    assert found["site_memory"].verdict == "group_by_target"
