"""Small libraries of known structure: adapter, UMI, strand, copies; for tests of what they look like."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

from mirtools.io.sequences import read_references, reverse_complement

ROOT = Path(__file__).resolve().parent.parent
MIRNAS = {each.name: each.sequence for each in read_references(str(ROOT / "test-data" / "mirnas.fa"))}
TRUSEQ_SMALL = "TGGAATTCTCGGGTGCCAAGG"
TRUSEQ = "AGATCGGAAGAGCACACGTCTGAACTCCAGTCA"
TRUSEQ_2 = "AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT"
QIASEQ = "AACTGTAGGCACCATCAAT"
DARNELL = "GTGTCAGTCACTTCCAGCGG"
FLY = {"dme-miR-14-3p": "TCAGTCTTTTTCTCTCTCCTAT", "dme-bantam-3p": "TGAGATCATTTTGAAAGCTGATT"}


def dna(rng: random.Random, length: int) -> str:
    """Return random bases."""
    return "".join(rng.choices("ACGT", k=length))


TRANSCRIPTS = {f"tx{number}": dna(random.Random(number), 900) for number in range(8)}


@dataclass(frozen=True)
class Kit:
    """The structure of a library.

    Attributes
    ----------
    adapter : str
        3' adapter; empty if it was removed.
    five_prime, three_prime, behind : str
        Bases before the insert, between insert and adapter, and after the adapter: N is random.
    in_name : int
        Letters of a UMI in the name.
    length : int
        Cycles.
    """

    adapter: str = TRUSEQ_SMALL
    five_prime: str = ""
    three_prime: str = ""
    behind: str = "AACTCCAGTCACATCACGATCTCGTATGCC"
    in_name: int = 0
    length: int = 100


@dataclass
class Library:
    """Reads, and the molecules that they are copies of.

    Attributes
    ----------
    reads : list of (name, bases)
    molecules : set of (insert, UMI)
        Of chimeras with the miRNA first.
    """

    reads: list[tuple[str, str]] = field(default_factory=list)
    molecules: set[tuple[str, str]] = field(default_factory=set)

    def write(self, path: Path) -> str:
        """Write FASTQ; returns its name."""
        path.write_text("".join(f"@{name}\n{bases}\n+\n{_qualities(bases)}\n" for name, bases in self.reads))
        return str(path)

    def reversed(self) -> Library:
        """Return the reverse complements."""
        return Library([(name, reverse_complement(bases)) for name, bases in self.reads])


def _qualities(bases: str) -> str:
    return ("I5" * len(bases))[: len(bases)]


def simulate(
    kit: Kit,
    molecules: int = 900,
    mirnas: dict[str, str] = MIRNAS,
    transcripts: dict[str, str] = TRANSCRIPTS,
    seed: int = 1,
    copies: int = 1,
    chimeric: float = 0.6,
) -> Library:
    """Return reads of chimeras, miRNAs alone and targets alone; each molecule ``copies`` times."""
    rng = random.Random(seed)
    library = Library()
    names, texts = list(mirnas.values())[:20], list(transcripts.values())
    for number in range(molecules):
        text = rng.choice(texts)
        start = rng.randrange(len(text) - 60)
        target = text[start : start + rng.randrange(26, 40)]
        mirna = rng.choice(names)
        kind = rng.random()
        insert = mirna + target if kind < chimeric else mirna if kind < chimeric + 0.2 else target
        umi = {part: _filled(rng, getattr(kit, part)) for part in ("five_prime", "three_prime", "behind")}
        named = dna(rng, kit.in_name)
        if kind < chimeric:
            library.molecules.add((insert, "|".join([*umi.values(), named])))
        for copy in range(copies):
            name = f"r{number}.{copy}" + (f"_{named}" if named else "")
            bases = umi["five_prime"] + insert + umi["three_prime"]
            if kit.adapter:
                bases = (bases + kit.adapter + umi["behind"] + "A" * kit.length)[: kit.length]
            library.reads.append((name, bases))
    return library


def _filled(rng: random.Random, pattern: str) -> str:
    return "".join(rng.choice("ACGT") if letter == "N" else letter for letter in pattern)


def fasta(path: Path, sequences: dict[str, str]) -> str:
    """Write FASTA; returns its name."""
    path.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in sequences.items()))
    return str(path)
