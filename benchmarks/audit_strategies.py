"""The audit of each strategy of negatives-generate on real pairs: qCLASH reads on RefSeq transcripts.

    python benchmarks/audit_strategies.py [--data ../shared/data] [--pairs 4000] [--energies 2000] > audit.md

Positives are distinct pairs of the reads of Gay et al. 2018 as hyb cut them, with sites 25 nt longer than aligned.
AUROC of each property alone; **bold**: warning; *slanted*: leaks if split at random.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "benchmarks"))

from audit_public_sets import print_table  # noqa: E402

from mirtools.io.sequences import read_references  # noqa: E402
from tools.negatives_generate import main as negatives_generate  # noqa: E402

COLUMNS = "mirna_id mirna_seq target_id site_start site_end site_seq".split()
STRATEGIES = {
    "same-transcript (3'UTR)": "--strategy same-transcript",
    "same-transcript --region same": "--strategy same-transcript --region same",
    "same-transcript --region same --max-energy 0": "--strategy same-transcript --region same --max-energy 0",
    "frequency-matched": "--strategy frequency-matched",
    "random-mirna": "--strategy random-mirna",
    "shuffled": "--strategy shuffled",
}


def positives(data: Path, count: int) -> list[list[str]]:
    fasta = data / "references" / "human_refseq_hg19_mrna_4000.fa.gz"
    transcripts = {each.name: each.sequence for each in read_references(str(fasta))}
    found: dict[tuple[str, ...], None] = {}
    with gzip.open(data / "chimeric_reads" / "hyb_qclash_refseq_truth.tsv.gz", "rt") as stream:
        for read in csv.DictReader(stream, delimiter="\t"):
            target = read["refseq_id"]
            start = int(read["refseq_start"]) - 1
            # the miRNA part keeps the bases that both parts of the read share
            start += max(-int(read["gap"]), 0) if read["order"] == "miRNA_first" else 0
            end = min(int(read["refseq_end"]) + 25, len(transcripts[target]))
            if end - start >= 30:
                name = read["mirna_name_mirbase22"] or read["mirna_ref_hOH7"]
                site = transcripts[target][start:end]
                found[name, read["mirna_portion"], target, str(start), str(end), site] = None
    pairs = [list(pair) for pair in found]
    return random.Random(1).sample(pairs, min(count, len(pairs)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / ".." / "shared" / "data")
    parser.add_argument("--pairs", type=int, default=4000)
    parser.add_argument("--energies", type=int, default=2000)
    args = parser.parse_args()
    references = args.data / "references"
    found, unmet = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "pairs.tsv")
        rows = positives(args.data, args.pairs)
        table.write_text("".join("\t".join(row) + "\n" for row in (COLUMNS, *rows)))
        for name, options in STRATEGIES.items():
            line = [*options.split(), "--quiet", "--audit-energies", str(args.energies)]
            if "same-transcript" in name:
                line += ["--transcripts", str(references / "human_refseq_hg19_mrna_4000.fa.gz")]
                line += ["--regions", str(references / "human_refseq_hg19_mrna_4000.regions.tsv.gz")]
            line += [
                "-o",
                f"{folder}/labelled.tsv",
                "--audit",
                f"{folder}/audit.tsv",
                "--json",
                f"{folder}/run.json",
            ]
            if negatives_generate([*line, str(table)]):
                return 1
            with open(f"{folder}/audit.tsv") as stream:
                found[name] = {row["property"]: row for row in csv.DictReader(stream, delimiter="\t")}
            counts = json.loads(Path(folder, "run.json").read_text())["counts"]
            unmet[name] = counts["unmet_positives"]
    print_table(found)
    print("| positives without a negative |", " | ".join(str(number) for number in unmet.values()), "|")
    return 0


if __name__ == "__main__":
    sys.exit(main())
