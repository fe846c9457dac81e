"""How long 100,000 negatives with their energies take: the whole command, a table read and written.

    python benchmarks/negatives_speed.py [--pairs 100000] [--threads 2] [--strategy NAME ...] > table.tsv

Positives are places of 35-60 nt on real transcripts, each with a real miRNA, a few of which are frequent. Columns:
seconds by the clock; seconds of processor time of all processes together, which says more where the machine has
other users; peak memory of the main process; negatives made and positives without.

Measured on two cores, one of them busy with something else, Python 3.11, ViennaRNA 2.7.2, 100,000 positives:

    same-transcript, 2 threads: 506 s by the clock, 657 s of processor time, 145 MB; 96,042 negatives

Windows that the energy rule refuses are folded, since no bound cheaper than RNAcofold itself identifies them (its
energy may be below that of the duplex plus those of both strands alone).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REFERENCES = ROOT / ".." / "shared" / "data" / "references"
MIRNAS = REFERENCES / "mirbase22.1_mature_hsa_mmu_kshv_dme.fa.gz"
TRANSCRIPTS = REFERENCES / "human_refseq_hg19_mrna_4000.fa.gz"
REGIONS = REFERENCES / "human_refseq_hg19_mrna_4000.regions.tsv.gz"
STRATEGIES = ("same-transcript", "frequency-matched", "random-mirna", "shuffled")
COLUMNS = "mirna_id mirna_seq target_id site_start site_end site_seq".split()
# the kernel's own peak of a child counts this process, too; /proc counts from the child's start
RUN = (
    "import sys; from tools.negatives_generate import main; status = main(); "
    "print(next(line for line in open('/proc/self/status') if 'VmHWM' in line).split()[1]); sys.exit(status)"
)


def sequences(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    with gzip.open(path, "rt") as stream:
        for line in stream:
            if line.startswith(">"):
                name = line[1:].split()[0]
                found[name] = ""
            else:
                found[name] += line.strip().upper().replace("U", "T")
    return found


def write_pairs(path: str, count: int) -> None:
    chance = random.Random(1)
    mirnas = {name: text for name, text in sequences(MIRNAS).items() if name.startswith("hsa-")}
    names = chance.sample(sorted(mirnas), 400)
    shares = [1 / (rank + 5) for rank in range(len(names))]
    transcripts = {name: text for name, text in sequences(TRANSCRIPTS).items() if len(text) > 400}
    targets = sorted(transcripts)
    with open(path, "w") as stream:
        stream.write("\t".join(COLUMNS) + "\n")
        for name in chance.choices(names, shares, k=count):
            target, size = chance.choice(targets), chance.randint(35, 60)
            start = chance.randrange(len(transcripts[target]) - size)
            site = transcripts[target][start : start + size]
            stream.write(f"{name}\t{mirnas[name]}\t{target}\t{start}\t{start + size}\t{site}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--strategy", nargs="+", choices=STRATEGIES, default=["same-transcript"])
    args = parser.parse_args()
    if not REFERENCES.exists():
        sys.exit("needs ../shared/data/references")
    print("strategy", "threads", "seconds", "cpu_seconds", "peak_mb", "negatives", "unmet", sep="\t", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        write_pairs(f"{folder}/pairs.tsv", args.pairs)
        for strategy in args.strategy:
            options = ["--strategy", strategy, "--threads", str(args.threads), "--quiet"]
            if strategy == "same-transcript":
                options += ["--transcripts", str(TRANSCRIPTS), "--regions", str(REGIONS)]
            files = ["-o", f"{folder}/labelled.tsv", "--json", f"{folder}/report.json", f"{folder}/pairs.tsv"]
            before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", RUN, *options, *files],
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                check=True,
            )
            seconds, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            counts = json.loads(Path(folder, "report.json").read_text())["counts"]
            figures = f"{seconds:.0f}", f"{cpu:.0f}", f"{int(done.stdout.split()[-1]) / 1024:.0f}"
            found = counts["negatives"], counts["unmet_positives"]
            print(strategy, args.threads, *figures, *found, sep="\t", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
