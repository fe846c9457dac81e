"""Invented tables of sites, as sites-merge writes them: a small one for tests, one of any size for measurements.

MiRNAs are those of mirnas.fa, genes and sequences are random. A few miRNAs and genes have most reads, as in
libraries; a site's type is that of its bases.
"""

import sys
from pathlib import Path
from random import Random

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from mirtools.io.sequences import reverse_complement  # noqa: E402
from mirtools.pairs.site_types import seed_match  # noqa: E402
from mirtools.report.duplex import fold_duplex  # noqa: E402
from mirtools.sites.columns import site_columns  # noqa: E402

SAMPLES = {"wt_1": "wt", "wt_2": "wt", "ko_1": "ko", "ko_2": "ko"}
COLUMNS = site_columns(list(SAMPLES), ["wt", "ko"])
REGIONS = ["5'UTR"] * 1 + ["CDS"] * 4 + ["3'UTR"] * 8 + ["noncoding"] * 2
FORMS = ["exact"] * 6 + ["iso_3p:+1", "iso_3p:-1", "iso_add3p:1", "iso_5p:+1"]


def site_rows(count: int, seed: int = 1, genes: int = 30):
    """Yield the cells of invented sites, in the order of COLUMNS."""
    random = Random(seed)
    lines = (HERE / "mirnas.fa").read_text().splitlines()
    mirnas = [
        (name[1:].split()[0], bases.replace("U", "T")) for name, bases in zip(lines[::2], lines[1::2], strict=True)
    ]
    strands = {gene: random.choice("+-") for gene in range(1, genes + 1)}
    for number in range(count):
        name, mirna = mirnas[int(len(mirnas) * random.random() ** 2)]
        gene = 1 + int(genes * random.random() ** 2)
        depth = 1 / (0.02 + random.random()) ** 1.1
        reads = {sample: int(depth * random.expovariate(1)) for sample in SAMPLES}
        if not any(reads.values()):
            reads["wt_1"] = 1
        start = random.randrange(100, 3000)
        site = site_bases(mirna, random)
        match = seed_match(mirna, site)
        at_chromosome = 10_000 * gene + start
        seen = {sample: value > 0 for sample, value in reads.items()}
        total = sum(reads.values())
        expected = 0.3 + 2 * random.random()
        chance = min(1.0, 10 ** (0.5 - total / expected / 4))
        cells = {
            "site_id": f"S{number:016x}",
            "mirna_id": name,
            "gene_name": f"GENE{gene}",
            "gene_id": f"SYNG{gene:011d}.1",
            "region": random.choice(REGIONS),
            "chrom": f"chr{1 + gene % 5}",
            "chrom_start": at_chromosome,
            "chrom_end": at_chromosome + len(site),
            "strand": strands[gene],
            "target_id": f"SYNT{gene:011d}.1",
            "site_start": start,
            "site_end": start + len(site),
            "summit": start + len(site) // 2,
            "core_start": start + 5,
            "core_end": start + len(site) - 5,
            "n_reads": total,
            **{f"n_reads:{sample}": value for sample, value in reads.items()},
            "n_samples": sum(seen.values()),
            "n_replicates:wt": seen["wt_1"] + seen["wt_2"],
            "n_replicates:ko": seen["ko_1"] + seen["ko_2"],
            "isomir_share": f"{random.random():.4g}",
            "top_form": random.choice(FORMS),
            "site_type": match.site_type,
            "supplementary": int(match.supplementary),
            "duplex_mfe": f"{-6 - 20 * random.random():.2f}",
            "score": f"{random.random():.6g}",
            "expected": f"{expected:.4g}",
            "fold": f"{total / expected:.4g}",
            "p_value": f"{chance:.4g}",
            "q_value": f"{min(1.0, 3 * chance):.4g}",
            "idr:wt": ".",
            "idr:ko": ".",
            "n_pairs": max(1, total // 3),
            "top_pair": f"P{number:016x}",
            "mirna_seq": mirna,
            "site_seq": site,
        }
        yield [str(cells[column]) for column in COLUMNS]


def site_bases(mirna: str, random: Random) -> str:
    """Return random bases that contain a match of bases 2 to 6, 7 or 8, or none."""
    match = reverse_complement(mirna[1 : random.choice([6, 7, 8, 8])]) if random.random() < 0.6 else ""
    before, after = random.randrange(15, 30), random.randrange(5, 15)
    return bases(before, random) + match + random.choice(["A", ""]) + bases(after, random)


def bases(count: int, random: Random) -> str:
    """Return random bases."""
    return "".join(random.choices("ACGT", k=count))


def write(path: Path, header: list[str], rows) -> None:
    """Write a table."""
    with path.open("w") as stream:
        for row in [header, *rows]:
            stream.write("\t".join(map(str, row)) + "\n")


def changes(rows: list[list[str]]):
    """Yield how sites change between ko and wt, as sites-compare writes it."""
    cells = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    for number, site in enumerate(cells):
        if int(site["n_reads"]) < 3:
            continue
        change = ((number * 7) % 13 - 6) / 2
        value = 10 ** -abs(2 * change)
        yield (
            site["site_id"],
            f"{int(site['n_reads']) / 4:g}",
            f"{change:g}",
            f"{change - 0.8:g}",
            f"{change + 0.8:g}",
            f"{value:.4g}",
            f"{min(1, 2 * value):.4g}",
        )


def aligned(rows: list[list[str]]):
    """Yield every second pair with its alignment, as attrib-align writes it."""
    for row in rows[::2]:
        site = dict(zip(COLUMNS, row, strict=True))
        duplex = fold_duplex(site["mirna_seq"], site["site_seq"])
        if duplex is not None:
            lines = duplex.target.strip(), duplex.marks, duplex.mirna
            at = len(duplex.target) - len(duplex.target.lstrip())
            shown = slice(at, at + len(lines[0]))
            yield (
                site["top_pair"],
                site["mirna_seq"],
                site["site_seq"],
                lines[0].replace("U", "T"),
                duplex.marks[shown],
                duplex.mirna[shown].replace(" ", "-").replace("U", "T"),
            )


def main() -> None:
    """Write the small tables."""
    rows = list(site_rows(40))
    write(HERE / "report_sites.tsv", COLUMNS, rows)
    sheet = [(sample, condition, sample[-1]) for sample, condition in SAMPLES.items()]
    write(HERE / "report_samples.tsv", ["sample", "condition", "replicate"], sheet)
    header = "site_id base_mean log2_fold_change lower upper p_value q_value".split()
    write(HERE / "report_changes.tsv", header, changes(rows))
    header = "pair_id mirna_seq site_seq aligned_target aligned_marks aligned_mirna".split()
    write(HERE / "report_aligned.tsv", header, aligned(rows))


if __name__ == "__main__":
    main()
