"""How truthful and how fast the two search engines are, side by side.

    python benchmarks/engines.py [--data ../shared/data] [--reads 500] [--target-reads 1500] [--plot engines.png]

Reads are made from human miRNAs and real transcripts, so that what each carries is known:

- recall: reads with a miRNA (exact, and each type of isomiR) followed by a transcript, cut to 18-100 nt; the miRNA
  is found when a hit of its sequence lies where it is;
- false calls: reads without a miRNA, pieces of transcripts or random bases, on which one is found all the same;
- targets: parts of transcripts with changed, deleted and inserted bases after an exact miRNA;
- speed and memory: reads per second of one and two threads, and the largest resident set.

BLAST reports what passes its e-value, the native engine what passes the e-value and the least score of a miRNA.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from mirtools.chimera.blast import BlastEngine
from mirtools.chimera.engine import Hits, SearchReferences
from mirtools.chimera.native import NativeEngine
from mirtools.chimera.references import References, encode
from mirtools.io.sequences import Reference, read_references
from mirtools.io.tables import ISOMIR_TYPES
from mirtools.simulation.isomirs import SHORTEST_MIRNA, exact_variant, make_isomir

ROOT = Path(__file__).resolve().parents[1]
LENGTHS = (18, 20, 22, 25, 30, 40, 50, 75, 100)
TARGET_LENGTHS = (20, 25, 30, 40, 60)
CHANGES = ("exact", "1 changed", "2 changed", "3 changed", "1 lost", "1 added")
KINDS = ("exact", *ISOMIR_TYPES)
NO_TRANSCRIPTS = References.of([Reference("none", "none", "ACGT" * 10)])


def search(engine: BlastEngine | NativeEngine, reads: list[str]) -> tuple[Hits, Hits]:
    return engine.search(encode("".join(reads)), np.cumsum([0, *map(len, reads)]))


class Source:
    """Random pieces of references."""

    def __init__(self, mirnas: list[Reference], transcripts: list[Reference], seed: int) -> None:
        self.random = random.Random(seed)
        self.all_mirnas, self.all_transcripts = mirnas, transcripts
        self.mirnas = [mirna for mirna in mirnas if len(mirna.sequence) >= SHORTEST_MIRNA]
        self.transcripts = [transcript for transcript in transcripts if len(transcript.sequence) >= 200]

    def piece(self, length: int) -> tuple[int, int, str]:
        """Return a transcript's number, a start on it, and the bases there."""
        while True:
            number = self.random.randrange(len(self.transcripts))
            sequence = self.transcripts[number].sequence
            start = self.random.randrange(len(sequence) - length + 1)
            if "N" not in sequence[start : start + length]:
                return number, start, sequence[start : start + length]

    def changed(self, piece: str, kind: str) -> str:
        """Return a piece with bases changed inside, not next to its ends."""
        count, what = (0, "exact") if kind == "exact" else (int(kind[0]), kind.split()[1])
        for place in self.random.sample(range(4, len(piece) - 4), count):
            other = self.random.choice([base for base in "ACGT" if base != piece[place]])
            replacement = {"changed": other, "lost": "", "added": other + piece[place]}[what]
            piece = piece[:place] + replacement + piece[place + 1 :]
        return piece


def mirna_recall(engines: dict, source: Source, reads: int) -> dict:
    """Return {engine: {(type, length): share of the reads whose miRNA was found}}."""
    recall: dict = {name: {} for name in engines}
    for kind in KINDS:
        for length in LENGTHS:
            made, truths = [], []
            while len(made) < reads:
                mirna = source.random.choice(source.mirnas)
                variant = exact_variant(mirna) if kind == "exact" else make_isomir(source.random, mirna, kind)
                if len(variant.sequence) <= length:
                    made.append((variant.sequence + source.piece(100)[2])[:length])
                    truths.append((mirna.sequence, len(variant.sequence)))
            for name, engine in engines.items():
                hits, _ = search(engine, made)
                found = set()
                columns = (hits.read, hits.subject, hits.start, hits.subject_start)
                for read, subject, start, place in zip(*(column.tolist() for column in columns), strict=True):
                    same = source.all_mirnas[subject].sequence == truths[read][0]
                    # a hit some bases away is a chance hit, unless the 5' end was moved
                    if same and start < truths[read][1] and (start == place or kind.startswith("5p")):
                        found.add(read)
                recall[name][kind, length] = len(found) / reads
    return recall


def false_calls(engines: dict, source: Source, reads: int) -> dict:
    """Return {engine: {(kind of read, length): share of the reads without a miRNA that are given one}}."""
    calls: dict = {name: {} for name in engines}
    for kind in ("mRNA", "random"):
        for length in LENGTHS:
            made = [source.piece(length)[2] for _ in range(reads)]
            if kind == "random":
                made = ["".join(source.random.choices("ACGT", k=length)) for _ in range(reads)]
            for name, engine in engines.items():
                calls[name][kind, length] = len(np.unique(search(engine, made)[0].read)) / reads
    return calls


def target_recall(engines: dict, source: Source, reads: int) -> tuple[dict, dict]:
    """Return {engine: {(change, length): share of the targets that were found where they are}}.

    And how many targets each engine found that no other did.
    """
    recall: dict = {name: {} for name in engines}
    alone = dict.fromkeys(engines, 0)
    for kind in CHANGES:
        for length in TARGET_LENGTHS:
            made, truths = [], []
            for _ in range(reads):
                number, start, piece = source.piece(length)
                made.append(source.random.choice(source.mirnas).sequence + source.changed(piece, kind))
                truths.append((source.transcripts[number].name, start))
            of_engine: dict[str, set[int]] = {}
            for name, engine in engines.items():
                _, hits = search(engine, made)
                found = set()
                columns = (hits.read, hits.subject, hits.subject_start, hits.subject_end)
                for read, subject, start, end in zip(*(column.tolist() for column in columns), strict=True):
                    place = truths[read][1]
                    same = source.all_transcripts[subject].name == truths[read][0]
                    if same and start < place + length and end > place:
                        found.add(read)
                recall[name][kind, length] = len(found) / reads
                of_engine[name] = found
            for name, found in of_engine.items():
                others = [of_engine[other] for other in engines if other != name]
                alone[name] += len(found.difference(*others))
    return recall, alone


def table(title: str, rows: tuple[str, ...], columns: tuple[int, ...], values: dict) -> None:
    """Print one line a row and engine, one column a length, in per cent."""
    print(f"\n{title} (%), by length in nt")
    print(f"{'':<16}{'':<8}" + "".join(f"{column:>8}" for column in columns))
    for row in rows:
        for name in values:
            cells = "".join(f"{100 * values[name][row, column]:>8.2f}" for column in columns)
            print(f"{row:<16}{name:<8}{cells}")


def cpu_seconds() -> float:
    """Return the time that this process and those it waited for have kept a processor busy."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def speed(engines: dict, source: Source, reads: int) -> None:
    """Print how many reads a second each engine searches."""
    made = []
    for _ in range(reads):
        mirna = source.random.choice(source.mirnas).sequence if source.random.random() < 0.5 else ""
        made.append((mirna + source.piece(75)[2])[:75])
    print("\nreads of 75 nt, half of them chimeric; BLAST on a hundredth of them")
    print(f"{'':<18}{'reads/s':>12}{'':>10}{'reads/CPU s':>14}")
    rates = {}
    for name, engine in engines.items():
        sample = made[: len(made) // 100] if name == "blast" else made
        search(engine, sample[:100])
        for threads in (1, 2):
            pieces = [sample[start::8] for start in range(8)]
            begin, used = time.perf_counter(), cpu_seconds()
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(lambda piece, engine=engine: search(engine, piece), pieces))
            seconds = time.perf_counter() - begin, cpu_seconds() - used
            rates[name, threads] = [len(sample) / each for each in seconds]
            line = f"  {name:<8}{threads} thread{'s' * (threads > 1)}".ljust(18)
            for rate, slow, width in zip(rates[name, threads], rates["blast", threads], (12, 14), strict=True):
                line += f"{rate:>{width},.0f}{rate / slow:>8.0f} x"
            print(line)
    own, child = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"  largest resident set: {own:,.0f} MB (both engines and the reads), {child:,.0f} MB (a BLAST process)")


def draw(path: str, mirnas: dict, false: dict, targets: dict) -> None:
    """Draw recall and false calls by length; panels say what they show."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    colours = {"blast": "#D55E00", "native": "#0072B2"}  # Okabe & Ito: safe for the colour-blind
    # equal lines lie on each other: BLAST's marks are seen around the others
    marks = {
        "blast": {"marker": "o", "markersize": 9, "fillstyle": "none"},
        "native": {"marker": "o", "markersize": 4},
    }
    figure, axes = plt.subplots(3, 6, figsize=(15, 8), layout="constrained")
    panels = [(kind, mirnas, kind, LENGTHS) for kind in KINDS]
    panels += [(f"no miRNA: {kind}", false, kind, LENGTHS) for kind in ("mRNA", "random")]
    panels += [(f"target, {kind}", targets, kind, TARGET_LENGTHS) for kind in CHANGES]
    for axis, (title, values, row, columns) in zip(axes.flat, panels, strict=False):
        for name in values:
            shares = [100 * values[name][row, column] for column in columns]
            axis.plot(columns, shares, color=colours[name], label=name, **marks[name])
        axis.set_title(title.replace("_", " "), fontsize=10)
        axis.set_xlabel("length (nt)", fontsize=9)
        false_panel = values is false
        axis.set_ylabel("miRNA called (%)" if false_panel else "found (%)", fontsize=9)
        axis.set_ylim((0, None) if false_panel else (0, 104))
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes.flat[len(panels) :]:
        axis.axis("off")
    axes.flat[0].legend(fontsize=9, frameon=False, loc="lower right")
    figure.savefig(path, dpi=110)
    print(f"\n{path} written")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--reads", type=int, default=500, help="reads of each kind and length")
    parser.add_argument("--target-reads", type=int, help="the same of reads with targets (default: a fifth)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plot", metavar="FILE")
    args = parser.parse_args()
    mirnas = read_references(str(ROOT / "test-data/mirnas.fa"))
    transcripts = read_references(str(ROOT / "test-data/transcripts.fa.gz"))
    if args.data.is_dir():
        path = args.data / "references/mirbase22.1_mature_hsa_mmu_kshv_dme.fa.gz"
        mirnas = [mirna for mirna in read_references(str(path)) if mirna.name.startswith("hsa-")]
        transcripts = read_references(str(args.data / "references/human_refseq_hg19_mrna_4000.fa.gz"))
    source = Source(mirnas, transcripts, args.seed)
    references = SearchReferences(References.of(mirnas), References.of(transcripts))
    begin = time.perf_counter()
    native = NativeEngine(references)
    print(f"{len(mirnas):,} miRNAs, {len(transcripts):,} transcripts; seed {args.seed}")
    print(f"index built in {time.perf_counter() - begin:.2f} s")
    with BlastEngine(references) as blast, BlastEngine(references._replace(transcripts=NO_TRANSCRIPTS)) as quick:
        both = {"blast": blast, "native": native}
        # reads of the first two tables need no transcripts, for BLAST these would take an hour
        mirna_only = {"blast": quick, "native": native}
        found = mirna_recall(mirna_only, source, args.reads)
        table("miRNA found", KINDS, LENGTHS, found)
        false = false_calls(mirna_only, source, 4 * args.reads)
        table("reads without a miRNA that are given one", ("mRNA", "random"), LENGTHS, false)
        targets, alone = target_recall(both, source, args.target_reads or max(args.reads // 5, 20))
        table("target found", CHANGES, TARGET_LENGTHS, targets)
        print("targets that one engine alone found: " + ", ".join(f"{name} {n}" for name, n in alone.items()))
        speed(both, source, 100 * args.reads)
    if args.plot:
        draw(args.plot, found, false, targets)


if __name__ == "__main__":
    main()
