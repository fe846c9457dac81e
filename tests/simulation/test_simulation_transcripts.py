"""Simulated transcripts: sites at their recorded positions, the same for the same seed."""

from __future__ import annotations

from collections import Counter

import pytest

from mirtools.errors import InputError
from mirtools.io.sequences import Reference
from mirtools.simulation.transcripts import (
    Planting,
    SitePool,
    check_planting,
    plant,
    planted,
    read_pools,
    stitch,
    stitch_all,
)

MIRNAS = [Reference("let-7a", "", "TGAGGTAGTAGGTTGTATAGTT"), Reference("m:1", "", "AACCGGTTACGTACGTAGCT")]


def test_the_default_is_the_complement_of_ten_bases_from_the_second():
    assert planted("TGAGGTAGTAGGTTGTATAGTT") == "CTACTACCTC"
    assert planted("TGAGGTAGTAGGTTGTATAGTT", 1, 4) == "CTCA"


def test_seeds_lie_at_their_distance():
    made = list(plant(MIRNAS, Planting((0, 15, 50), copies=3, length=120), seed=4))
    assert [each.name for each in made[:4]] == ["let-7a:0:1", "let-7a:0:2", "let-7a:0:3", "let-7a:15:1"]
    assert len({each.name for each in made}) == len({each.sequence for each in made}) == 18
    for each in made:
        name, distance, _ = each.name.rsplit(":", 2)
        mirna = next(mirna for mirna in MIRNAS if mirna.name == name)
        assert len(each.sequence) == 120
        assert len(each.sites) == (1 if distance == "0" else 2)
        assert each.sites[-1].start - each.sites[0].start == int(distance)
        for site in each.sites:
            assert site.mirna_id == name
            assert each.sequence[site.start : site.end] == planted(mirna.sequence)


def test_a_transcript_depends_only_on_its_name_and_the_seed():
    all_of_them = {each.name: each for each in plant(MIRNAS, Planting((0, 15)), seed=1)}
    (alone,) = plant(MIRNAS[1:], Planting((15,)), seed=1)
    assert all_of_them[alone.name] == alone
    (other,) = plant(MIRNAS[1:], Planting((15,)), seed=2)
    assert other.sequence != alone.sequence


def test_all_bases_are_equally_likely():
    (made,) = plant(MIRNAS[:1], Planting((0,), length=40_000), seed=1)
    assert all(0.24 < count / 40_000 < 0.26 for count in Counter(made.sequence).values())


def test_plantings_that_do_not_fit_are_an_error():
    with pytest.raises(ValueError, match="overlap at a distance of 9"):
        check_planting(Planting((9,)))
    with pytest.raises(ValueError, match="do not fit into 20"):
        check_planting(Planting((11,), length=20))
    check_planting(Planting((10,), length=20))
    for sequence in ("TGAGGTAGTA", "TGAGGTNGTAGGTTGTATAGTT"):
        with pytest.raises(InputError, match="lacks known bases from 2 to 11"):
            list(plant([Reference("short", "", sequence)], Planting((0,)), 1))


@pytest.mark.usefixtures("short_sequences")
def test_pools(tmp_path):
    path = tmp_path / "pairs.tsv"
    lines = [
        "miRNA\tgene\tlabel\tmirna_id",
        "ACGU\tAAAA\t1\ta b",
        "ACGT\tCCCC\t0\ta b",
        "ACGT\tAAAA\t0\ta b",  # positive elsewhere
        "GGGG\tAAAA\t1\t.",
        "GGGG\tTTTT\t1\t.",
        "TTTT\tAAAA\t0\tno",
        "ACGA\tAAAT\t1\ta b",
    ]
    path.write_text("\n".join(lines) + "\n")
    pools = read_pools(str(path), 5)
    assert pools == [
        SitePool("GGGG", "GGGG", ["AAAA", "TTTT"], []),
        SitePool("a_b", "ACGT", ["AAAA"], ["CCCC"]),
        SitePool("a_b:ACGA", "ACGA", ["AAAT"], []),
    ]
    assert read_pools(str(path), 1) == pools[:1]
    path.write_text("mirna_seq\tsite_seq\tlabel\nACGT\tAAAA\tyes\n")
    with pytest.raises(InputError, match="label is neither 0 nor 1"):
        read_pools(str(path), 1)


def test_stitched_sites():
    pool = SitePool("m", "ACGT", [f"{at:05d}".replace("0", "A") for at in range(20)], ["CCC", "GGG"])
    made = list(stitch(pool, 3, 5, copies=4, seed=1))
    assert made == list(stitch_all([pool], 3, 5, 4, 1))
    assert len({each.sequence for each in made}) == 4
    for each in made:
        assert len(each.sites) == 3
        assert len(each.sequence) == 3 * 5 + 2 * 3
        assert all(each.sequence[site.start : site.end] in pool.positive for site in each.sites)
        assert {"CCC", "GGG"} <= {each.sequence[at : at + 3] for at in range(len(each.sequence))}
