"""Shards: reads of one pair in several tables give the same result as in one table."""

import random
from collections import defaultdict
from pathlib import Path

import pytest

from mirtools.tools.isomir_classify import main

ROOT = Path(__file__).resolve().parents[2]
MIRNAS, PAIRS = str(ROOT / "test-data" / "mirnas.fa"), ROOT / "tests" / "golden" / "tiny_pairs.tsv"
KEY = "mirna_id mirna_seq mirna_unassigned target_id target_start target_end".split()


def spread(rows, rng):
    """Make one to four rows of each row, with different evidence, qualities and numbers of reads."""
    for row in rows:
        for _ in range(rng.randint(1, 4)):
            reads = rng.randint(1, 4)
            yield row | {
                "n_reads": str(reads),
                "n_copies": str(reads + rng.randint(0, 2)),
                "n_reads:tiny_reads": str(reads),
                "n_reads:z": str(rng.randint(0, reads)),
                "mirna_evalue": f"{10 ** rng.uniform(-12, -2):.3g}",
                "n_best": str(rng.randint(1, 3)),
                "mirna_qual": "".join(rng.choices("5:?@AI", k=len(row["mirna_seq"]))),
            }


def together(rows):
    """Merge rows of the same pair as one run of chimera-parse does; simple and slow."""
    groups = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in KEY)].append(row)
    for group in groups.values():
        best = min(group, key=lambda row: float(row["mirna_evalue"]))
        quality = "".join(max(letters) for letters in zip(*(row["mirna_qual"] for row in group), strict=True))
        counts = ("n_reads", "n_copies", "n_reads:tiny_reads", "n_reads:z")
        sums = {name: str(sum(int(row[name]) for row in group)) for name in counts}
        yield best | sums | {"mirna_qual": quality}


def write(path, header, rows):
    path.write_text(
        "".join("\t".join(cells) + "\n" for cells in (header, *(map(row.get, header) for row in rows)))
    )
    return str(path)


@pytest.mark.parametrize("shards", [2, 3, 7])
@pytest.mark.parametrize("min_reads", ["1", "10"])
def test_shards_give_the_result_of_the_whole(tmp_path, shards, min_reads):
    rng = random.Random(shards)
    header, *lines = [line.split("\t") for line in PAIRS.read_text().splitlines()]
    header.append("n_reads:z")
    rows = list(spread([dict(zip(header, [*line, "0"], strict=True)) for line in lines], rng))
    whole = write(tmp_path / "whole.tsv", header, together(rows))
    parts = [[] for _ in range(shards)]
    for row in rows:
        rng.choice(parts).append(row)
    tables = [write(tmp_path / f"shard{number}.tsv", header, part) for number, part in enumerate(parts)]
    (tmp_path / "cat.tsv").write_text("".join(Path(table).read_text() for table in tables))
    outputs = []
    for number, paths in enumerate(([whole], tables, tables[::-1], [str(tmp_path / "cat.tsv")])):
        names = [str(tmp_path / f"{name}{number}") for name in ("typed", "gff", "summary")]
        options = ["--min-reads", min_reads, "-o", names[0], "--gff3", names[1], "--summary", names[2]]
        assert main(["--mirnas", MIRNAS, "--quiet", *options, *paths]) == 0
        outputs.append([Path(name).read_text() for name in names])
    assert outputs[0][0].count("\n") > 20
    assert outputs[1:] == outputs[:1] * 3
