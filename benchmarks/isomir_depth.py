"""What depth does to isomiRs: forms that are not there and forms that are lost, on simulated reads.

    python benchmarks/isomir_depth.py [--reads 5000 20000] [--error-rates 0.002] [--qualities varied flat binned]
        [--scenarios depth open_ends unread] [--forms]

Six miRNAs, two of them a base apart, the first in two thirds of the reads, and sites on 300 random mRNAs; every
read is a chimera, none a copy. Each library goes through chimera-parse once and through isomir-classify with its
default rules and with --paper-rules. False are forms (different miRNA parts) that no simulated molecule has; true
forms are asked for where at least 20 reads carry them. Scenarios:

- depth: linkers and overlaps as chimera-simulate makes them, without isomiRs and with its default share;
- open_ends: reads of 52 cycles that may end in the miRNA, half of them target first, no errors, no isomiRs;
- unread: N at cycle 10 of a tenth of the reads, or of all.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mirtools.tools import chimera_parse, chimera_simulate, isomir_classify

ADAPTER = "TGGAATTCTCGGGTGCCAAGG"
MIRNAS = {
    "hsa-miR-21-5p": "TAGCTTATCAGACTGATGTTGA",
    "hsa-let-7a-5p": "TGAGGTAGTAGGTTGTATAGTT",
    "hsa-let-7f-5p": "TGAGGTAGTAGATTGTATAGTT",
    "hsa-miR-16-5p": "TAGCAGCACGTAAATATTGGCG",
    "hsa-miR-92a-3p": "TATTGCACTTGTCCCGGCCTGT",
    "hsa-miR-124-3p": "TAAGGCACGCGGTGAATGCCAA",
}
LEAST_READS = 20
UNREAD_CYCLE = 10
RULES = {"default": [], "paper": ["--paper-rules"]}
CLEAN = ["--isomirs", "0", "--overlaps", "0", "--linkers", "0", "--error-rate", "0"]


class Library(NamedTuple):
    """Options of chimera-simulate, the share of reads with N, and cells that name the row."""

    cells: list[str]
    reads: int
    options: list[str]
    unread: float = 0.0


def libraries(args: argparse.Namespace) -> Iterator[Library]:
    """Yield what to simulate."""
    for reads in args.reads:
        if "depth" in args.scenarios:
            for rate in args.error_rates:
                for qualities in args.qualities:
                    for isomirs in args.isomirs:
                        options = ["--error-rate", rate, "--qualities", qualities, "--isomirs", isomirs]
                        yield Library([rate, qualities, isomirs], reads, options)
        if "open_ends" in args.scenarios:
            yield Library(["0", "ends open", "0"], reads, ["--read-length", "52", "--order", "0.5", *CLEAN])
        if "unread" in args.scenarios:
            for share in (0.1, 1.0):
                for isomirs in args.isomirs:
                    name = f"N in {share:.0%}"
                    yield Library(["0.002", name, isomirs], reads, ["--isomirs", isomirs], share)


class Truth:
    """Forms of a library with their reads, and the type of each chimera."""

    def __init__(self, path: Path) -> None:
        self.reads: Counter[str] = Counter()
        self.type_of: dict[str, str] = {}
        for row in table(path):
            self.reads[row["mirna_portion"]] += 1
            self.type_of[row["read_id"]] = sys.intern(row["isomir_type"])


class Found:
    """Forms of a table of isomir-classify with their reads and pairs, and what they are by the truth."""

    def __init__(self, typed: Path, report: Path, truth: Truth) -> None:
        self.reads: Counter[str] = Counter()
        self.pairs: Counter[str] = Counter()
        self.types: dict[str, str] = {}
        self.false_ends: Counter[str] = Counter()
        type_of_pair = {}
        for row in table(typed):
            form = row["mirna_seq"]
            name = "exact" if row["mirna_class"] == "exact" else row["isomir_types"]
            self.reads[form] += int(row["n_reads"])
            self.pairs[form] += 1
            self.types[form] = name
            if form not in truth.reads:
                self.false_ends.update(name.split(","))
            for identifier in (row["pair_id"], *row["merged_from"].split(",")):
                type_of_pair[identifier] = name
        self.typed = self.right = 0
        for row in table(report):
            if row["pair_id"] in type_of_pair:
                self.typed += 1
                self.right += type_of_pair[row["pair_id"]] == truth.type_of[row["read_id"]]
        self.false = sorted(self.reads.keys() - truth.reads.keys(), key=lambda form: -self.reads[form])
        asked = [form for form, reads in truth.reads.most_common() if reads >= LEAST_READS]
        self.asked = len(asked)
        self.lost = [form for form in asked if form not in self.reads]

    def cells(self) -> list[str]:
        """Return the cells of the table."""
        pairs, reads = (sum(counts[form] for form in self.false) for counts in (self.pairs, self.reads))
        ends = [self.false_ends[name] for name in ("3p_addition", "3p_deletion")]
        right = f"{100 * self.right / self.typed:.2f} % of {self.typed:,}" if self.typed else "-"
        return [
            f"{len(self.false):,}",
            f"{pairs:,} ({ends[0]:,}; {ends[1]:,})",
            f"{reads:,}",
            f"{self.asked - len(self.lost)} of {self.asked}",
            right,
        ]


def table(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a table."""
    with path.open() as stream:
        yield from csv.DictReader(stream, delimiter="\t")


def references(folder: Path) -> list[str]:
    """Write the miRNAs and 300 random mRNAs of 1,500 nt; return the options that name them."""
    rng = random.Random(1)
    mrnas = {f"mRNA{number}": "".join(rng.choices("ACGT", k=1500)) for number in range(300)}
    for file, sequences in (("mirnas.fa", MIRNAS), ("mrnas.fa", mrnas)):
        (folder / file).write_text("".join(f">{name}\n{bases}\n" for name, bases in sequences.items()))
    return ["--mirnas", str(folder / "mirnas.fa"), "--transcripts", str(folder / "mrnas.fa")]


def hide(reads: Path, share: float, out: Path) -> None:
    """Write reads with N of quality 2 at one cycle of a share of them."""
    rng = random.Random(1)
    at = UNREAD_CYCLE - 1
    with reads.open() as lines, out.open("w") as stream:
        for name, bases, plus, qualities in zip(lines, lines, lines, lines, strict=True):
            if rng.random() < share:
                bases = f"{bases[:at]}N{bases[at + 1 :]}"
                qualities = f"{qualities[:at]}#{qualities[at + 1 :]}"
            stream.write(name + bases + plus + qualities)


def measure(library: Library, folder: Path, named: list[str], seed: str) -> dict[str, tuple[Found, Truth]]:
    """Simulate a library, run both commands on it and return what was found under each rule."""
    reads, truth, report, pairs, typed = (
        folder / name for name in ("reads.fastq", "truth.tsv", "report.tsv", "pairs.tsv", "typed.tsv")
    )
    run = ["--reads", str(library.reads), "--skew", "2", "--decoys", "0", "--duplicates", "0", "--seed", seed]
    run += ["--low-quality", "0", *library.options, "--truth", str(truth), "-o", str(reads), "--quiet"]
    finish(chimera_simulate.main([*named, *run]))
    if library.unread:
        hide(reads, library.unread, folder / "hidden.fastq")
        reads = folder / "hidden.fastq"
    run = ["--adapter", ADAPTER, "--read-report", str(report), "-o", str(pairs), "--quiet", str(reads)]
    finish(chimera_parse.main([*named, *run]))
    known = Truth(truth)
    found = {}
    for rules, options in RULES.items():
        finish(isomir_classify.main([*named[:2], *options, "--quiet", "-o", str(typed), str(pairs)]))
        found[rules] = Found(typed, report, known), known
    return found


def finish(status: int) -> None:
    """End the run if a command failed."""
    if status:
        sys.exit(status)


def main() -> None:
    """Print a Markdown table, a row for each library and rule."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, nargs="+", default=[5000, 20000])
    parser.add_argument("--error-rates", nargs="+", default=["0.002"])
    parser.add_argument("--qualities", nargs="+", default=["varied", "flat", "binned"])
    parser.add_argument("--isomirs", nargs="+", default=["0", "0.5"], help="shares of pairs with an isomiR")
    parser.add_argument("--scenarios", nargs="+", choices=("depth", "open_ends", "unread"), default=["depth"])
    parser.add_argument("--seed", default="1")
    parser.add_argument("--forms", action="store_true", help="list every false and every lost form, too")
    args = parser.parse_args()
    heads = ["reads", "errors a base", "reads are", "isomiRs", "rules", "false forms"]
    heads += ["false pairs (3' added; lost)", "their reads", "true forms kept", "reads of the right type"]
    print(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}", flush=True)
    for library in libraries(args):
        with tempfile.TemporaryDirectory() as name:
            results = measure(library, Path(name), references(Path(name)), args.seed)
        for rules, (found, truth) in results.items():
            cells = [f"{library.reads:,}", *library.cells, rules, *found.cells()]
            print(f"| {' | '.join(cells)} |", flush=True)
            if args.forms:
                for form in found.false:
                    counts = f"{found.reads[form]} reads, {found.pairs[form]} pairs"
                    print(f"<!-- false {form} {found.types[form]} {counts} -->")
                for form in found.lost:
                    print(f"<!-- lost {form} {truth.reads[form]} reads -->", flush=True)


if __name__ == "__main__":
    main()
