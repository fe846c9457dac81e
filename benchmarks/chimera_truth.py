"""How accurate chimera-parse and isomir-classify are, on reads whose origin is known.

    python benchmarks/chimera_truth.py [--data ../shared/data] [--threads 2] [--engines native blast]

Runs the commands, with each search engine, on real qCLASH reads (truth: the hyb programme's call on Ensembl and an
exact match on RefSeq), on the simulated CLASH reads in the same folder, and on the project's own simulated reads,
and tabulates what was found; then on two real libraries of unknown origin, with the reasons for dropping reads.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from mirtools.io.sequences import read_references
from mirtools.tools import chimera_parse, chimera_simulate, isomir_classify

ROOT = Path(__file__).resolve().parents[1]
ADAPTER = "TGGAATTCTCGGGTGCCAAGG"


class Result:
    """Rows and read fates of one run of both commands."""

    def __init__(self, folder: Path, reads: Path, mirnas: Path, transcripts: Path, *options: str) -> None:
        pairs, fates, report = folder / "pairs.tsv", folder / "reads.tsv", folder / "report.json"
        typed = folder / "typed.tsv"
        min_reads = options[options.index("--min-reads") + 1] if "--min-reads" in options else "10"
        run = ["--mirnas", str(mirnas), "--transcripts", str(transcripts), "--ties", "--quiet", *options]
        run += ["--read-report", str(fates), "--json", str(report), "-o", str(pairs), str(reads)]
        if chimera_parse.main(run):
            sys.exit(1)
        run = ["--mirnas", str(mirnas), "--quiet", "--min-reads", min_reads, "-o", str(typed), str(pairs)]
        if isomir_classify.main(run):
            sys.exit(1)
        self.fates = {row["read_id"]: row for row in table(fates)}
        self.report = json.loads(report.read_text())
        self.rows = {}
        for row in table(typed):
            for identifier in (row["pair_id"], *row["merged_from"].split(",")):
                self.rows[identifier] = row

    def row_of(self, read_id: str) -> dict[str, str] | None:
        """Return the classified row that a distinct read ended in."""
        return self.rows.get(self.fates[read_id]["pair_id"]) if read_id in self.fates else None


def table(path: Path) -> Iterable[dict[str, str]]:
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else path.open()
    with opened as stream:
        yield from csv.DictReader(stream, delimiter="\t")


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:6.2f} % ({part:,} of {whole:,})" if whole else "      - "


def subset(mirnas: Path, folder: Path, species: str) -> Path:
    """Write the miRNAs of some species, a regular expression of name prefixes."""
    path = folder / "mirnas.fa"
    with path.open("w") as fasta:
        for reference in read_references(str(mirnas)):
            if re.match(species, reference.name):
                fasta.write(f">{reference.header}\n{reference.sequence}\n")
    return path


def qclash(data: Path, engine: str, threads: str) -> Counter[str]:
    """Run on the real qCLASH reads, print what agrees with the truth table and return the counts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mirnas = subset(data / "references/mirbase22.1_mature_hsa_mmu_kshv_dme.fa.gz", folder, "(hsa|kshv)-")
        canonical = {reference.name: reference.sequence for reference in read_references(str(mirnas))}
        reads = data / "chimeric_reads/hyb_qclash_refseq_reads.fasta.gz"
        transcripts = data / "references/human_refseq_hg19_mrna_4000.fa.gz"
        options = ["--collapsed", "--min-reads", "1", "--engine", engine, "--threads", threads]
        result = Result(folder, reads, mirnas, transcripts, *options)
        counts: Counter[str] = Counter()
        for truth in table(data / "chimeric_reads/hyb_qclash_refseq_truth.tsv.gz"):
            counts["reads"] += 1
            row = result.row_of(truth["read_id"])
            if row is None:
                continue
            counts["paired"] += 1
            counts["miRNA"] += same_mirna(truth, row, canonical)
            target = truth["refseq_id"]
            counts["transcript"] += row["target_id"] == target
            tied = target in row["tied_targets"].split(",")
            counts["transcript or tied"] += tied
            counts["order"] += row["order"].split("_")[0] == truth["order"].split("_")[0].lower().replace(
                "mrna", "target"
            )
            if row["target_id"] == target:
                start, end = int(truth["refseq_start"]) - 1, int(truth["refseq_end"])
                near = abs(int(row["target_start"]) - start) <= 4 and abs(int(row["target_end"]) - end) <= 4
                counts["coordinates within 4 nt"] += near
        print(f"\nreal qCLASH reads (human and KSHV miRNAs, 4,000 RefSeq mRNAs), --min-reads 1, {engine}")
        print(f"  paired                    {share(counts['paired'], counts['reads'])}")
        for what in ("miRNA", "transcript", "transcript or tied", "order"):
            print(f"  same {what:<20} {share(counts[what], counts['paired'])}")
        near = share(counts["coordinates within 4 nt"], counts["transcript"])
        print(f"  coordinates within 4 nt   {near}")
        print(f"  dropped                   {result.report['dropped']}")
        return counts


def same_mirna(truth: dict[str, str], row: dict[str, str], canonical: dict[str, str]) -> bool:
    """Tell whether names mean one sequence; viral names lack the arm in the truth, so there the hairpin counts."""
    name = truth["mirna_name_mirbase22"] or truth["mirna_ref_hOH7"]
    found = row["mirna_id"]
    if truth["mirna_name_mirbase22"]:
        return found == name or canonical.get(name) == canonical[found]
    return re.sub(r"(-[35]p|\*)$", "", found) == re.sub(r"(-[35]p|\*)$", "", name)


def simulated(
    title: str, reads: Path, truth_path: Path, mirnas: Path, transcripts: Path, engine: str, threads: str
) -> Counter[str]:
    """Run on simulated reads, print what agrees with their truth and return the counts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "mirbase" in mirnas.name:
            mirnas = subset(mirnas, folder, "(hsa|mmu)-")
        names = defaultdict(set)
        for reference in read_references(str(mirnas)):
            names[reference.sequence].add(reference.name)
        options = ["--adapter", ADAPTER, "--engine", engine, "--threads", threads]
        result = Result(folder, reads, mirnas, transcripts, *options)
        truths = list(table(truth_path))
        # A distinct read is reported under the name of its first copy
        fate_of = {truth["insert"]: truth["read_id"] for truth in truths if truth["read_id"] in result.fates}
        counts: Counter[str] = Counter()
        types: dict[str, Counter[str]] = defaultdict(Counter)
        decoys: dict[str, Counter[str]] = defaultdict(Counter)
        for truth in truths:
            if truth["pcr_duplicate_of"] not in ("", "."):
                continue
            row = result.row_of(fate_of.get(truth["insert"], ""))
            if truth["read_class"] != "chimera":
                decoys[truth["read_class"]]["reads"] += 1
                decoys[truth["read_class"]]["paired"] += row is not None
            elif truth["expect_pair"] == "1":
                counts["expected"] += 1
                types[truth["isomir_type"]]["expected"] += 1
                if row is None:
                    continue
                right = row["mirna_id"] in names[truth["mirna_canonical"]]
                found = "exact" if row["mirna_class"] == "exact" else row["isomir_types"]
                counts["found"] += 1
                counts["miRNA"] += right
                counts["target"] += truth.get("target_id", truth.get("mrna_id")) in row["tied_targets"].split(",")
                counts["type"] += found == truth["isomir_type"]
                types[truth["isomir_type"]]["found"] += 1
                types[truth["isomir_type"]]["right"] += found == truth["isomir_type"]
        print(f"\n{title}, {engine}")
        print(f"  expected pairs found      {share(counts['found'], counts['expected'])}")
        print(f"  right miRNA               {share(counts['miRNA'], counts['found'])}")
        print(f"  right or tied target      {share(counts['target'], counts['found'])}")
        print(f"  right isomiR type         {share(counts['type'], counts['found'])}")
        total = sum((counter for counter in decoys.values()), Counter())
        print(f"  decoys paired             {share(total['paired'], total['reads'])}")
        for kind, counter in sorted(types.items()):
            right = share(counter["right"], counter["found"])
            line = f"found {share(counter['found'], counter['expected'])}, right {right}"
            print(f"    {kind:<16} {line}")
        for kind, counter in sorted(decoys.items()):
            print(f"    {kind:<16} paired {share(counter['paired'], counter['reads'])}")
        counts.update({"decoys": total["reads"], "decoys paired": total["paired"]})
        return counts


def without_truth(title: str, reads: Path, mirnas: Path, species: str, transcripts: Path, *options: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for min_reads in ("1", "10"):
            run = (*options, "--min-reads", min_reads)
            result = Result(folder, reads, subset(mirnas, folder, species), transcripts, *run)
            print(f"\n{title}, --min-reads {min_reads}")
            print(f"  counts  {result.report['counts']}\n  dropped {result.report['dropped']}")
            rows = {row["pair_id"]: row for row in result.rows.values()}.values()
            best = Counter(row["mirna_id"] for row in rows).most_common(6)
            print(f"  rows after isomir-classify: {len(rows)}; most frequent miRNAs: {best}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--engines", nargs="+", choices=("native", "blast"), default=["native", "blast"])
    args = parser.parse_args()
    data, own = args.data, ROOT / "test-data"
    title = "the project's own simulated reads (test-data)"
    mirnas, transcripts = own / "mirnas.fa", own / "transcripts.fa.gz"
    with tempfile.TemporaryDirectory() as name:
        truth, reads = Path(name) / "truth.tsv", Path(name) / "reads.fastq.gz"
        run = ["--mirnas", str(mirnas), "--transcripts", str(transcripts), "--reads", "6000", "--seed", "42"]
        if chimera_simulate.main([*run, "--quiet", "--truth", str(truth), "-o", str(reads)]):
            sys.exit(1)
        for engine in args.engines:
            simulated(title, reads, truth, mirnas, transcripts, engine, args.threads)
    if not data.is_dir():
        print("no further reads: the shared data are not next to the project")
        return
    mirnas = data / "references/mirbase22.1_mature_hsa_mmu_kshv_dme.fa.gz"
    transcripts = data / "references/human_refseq_hg19_mrna_4000.fa.gz"
    reads = data / "chimeric_reads"
    files = reads / "sim_clash_seed11.fastq.gz", reads / "sim_clash_seed11.truth.tsv.gz", mirnas, transcripts
    for engine in args.engines:
        simulated("simulated CLASH reads, seed 11 (human and mouse miRNAs)", *files, engine, args.threads)
        qclash(data, engine, args.threads)
    agoclip = reads / "SRR1742056_huh75_ago_clip_reads1-5000.fastq.gz"
    trim = ("--adapter", "GTGTCAGTCACTTCCAGCGG", "--umi-length", "5")
    without_truth("5,000 real AGO-CLIP reads (human)", agoclip, mirnas, "hsa-", transcripts, *trim)
    mouse = reads / "mouse_mireclip_IP10_WT1_miR181_chr19_1000reads.fastq.gz"
    trim = ("--adapter", "AGATCGGAAGAGCACACGTCTGAACTCCAGTCA", "--umi-length", "10")
    title = "1,000 real mouse miR-eCLIP reads (mouse miRNAs; the only transcripts at hand are human)"
    without_truth(title, mouse, mirnas, "mmu-", transcripts, *trim)


if __name__ == "__main__":
    main()
