"""Make the synthetic transcripts of test-data/: GENCODE-style headers, real seed sites for the miRNAs of a FASTA.

Each transcript has a GC-rich 5'UTR, a coding sequence (ATG, random codons, one stop codon at its end) and an
AU-rich 3'UTR of at least 300 nt. Sites are planted in the 3'UTR and the coding sequence: the reverse complement of
miRNA positions 2-8 with an A opposite position 1, and of 4-8 nt from position 13 on, 1-6 nt further upstream.

Run: python make_transcripts.py MIRNAS TRANSCRIPTS REGIONS [SEED]
"""

from __future__ import annotations

import gzip
import random
import sys

TRANSCRIPTS = 60
STOPS = ("TAA", "TAG", "TGA")


def bases(rng: random.Random, length: int, gc: float) -> str:
    """Return random bases with the given G+C share."""
    return "".join(rng.choices("ACGT", (1 - gc, gc, gc, 1 - gc), k=length))


def codons(rng: random.Random, count: int) -> list[str]:
    """Return random codons other than stops; G and C are favoured at the third place, as in human genes."""
    made: list[str] = []
    while len(made) < count:
        codon = bases(rng, 2, 0.5) + bases(rng, 1, 0.58)
        if codon not in STOPS:
            made.append(codon)
    return made


def site(rng: random.Random, mirna: str) -> str:
    """Return a target site: supplementary pairing, a bulge or loop, the seed match, A."""
    length = rng.randrange(4, 9)
    complement = str.maketrans("ACGT", "TGCA")
    supplementary = mirna[12 : 12 + length].translate(complement)[::-1]
    seed = mirna[1:8].translate(complement)[::-1]
    return supplementary + bases(rng, rng.randrange(1, 7), 0.4) + seed + "A"


def plant(sequence: str, at: int, piece: str) -> str:
    """Return ``sequence`` with ``piece`` written over it."""
    return sequence[:at] + piece + sequence[at + len(piece) :]


def in_frame_stop(coding: str) -> bool:
    """Tell whether a stop codon stands before the last codon."""
    return any(coding[at : at + 3] in STOPS for at in range(0, len(coding) - 3, 3))


def transcript(rng: random.Random, mirnas: list[str]) -> tuple[str, str, str]:
    """Return 5'UTR, coding sequence and 3'UTR of one transcript, 1-2 sites in the CDS and 3-5 in the 3'UTR."""
    total = rng.randrange(700, 2500)
    utr5 = bases(rng, rng.randrange(60, 180), 0.62)
    utr3 = bases(rng, rng.randrange(300, max(301, total * 2 // 5)), 0.42)
    coding = "ATG" + "".join(codons(rng, max((total - len(utr5) - len(utr3)) // 3, 60))) + rng.choice(STOPS)
    for _ in range(rng.randrange(1, 3)):
        while True:
            piece = site(rng, rng.choice(mirnas))
            changed = plant(coding, rng.randrange(3, len(coding) - 40), piece)
            if not in_frame_stop(changed):
                coding = changed
                break
    count = rng.randrange(3, 6)
    slot = len(utr3) // count
    for number in range(count):
        piece = site(rng, rng.choice(mirnas))
        utr3 = plant(utr3, number * slot + rng.randrange(slot - len(piece)), piece)
    return utr5, coding, utr3


def main(mirna_file: str, transcript_file: str, region_file: str, seed: str = "1") -> None:
    """Write the transcripts and their coding regions (0-based, half-open)."""
    rng = random.Random(int(seed))
    with open(mirna_file) as lines:
        mirnas = [line.strip().replace("U", "T") for line in lines if not line.startswith(">")]
    fasta = []
    regions = ["transcript_id\tcds_start\tcds_end\n"]
    for number in range(1, TRANSCRIPTS + 1):
        utr5, coding, utr3 = transcript(rng, mirnas)
        start, end, length = len(utr5), len(utr5) + len(coding), len(utr5) + len(coding) + len(utr3)
        name = (
            f"SYNT{number:011d}.1|SYNG{number:011d}.1|-|-|SYN{number}-201|SYN{number}|{length}|"
            f"UTR5:1-{start}|CDS:{start + 1}-{end}|UTR3:{end + 1}-{length}|"
        )
        fasta.append(f">{name}\n")
        sequence = utr5 + coding + utr3
        fasta.extend(f"{sequence[at : at + 60]}\n" for at in range(0, length, 60))
        regions.append(f"{name}\t{start}\t{end}\n")
    # no time and no file name in the gzip header: the same seed gives the same bytes
    with open(transcript_file, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as stream:
        stream.write("".join(fasta).encode())
    with open(region_file, "w") as stream:
        stream.write("".join(regions))


if __name__ == "__main__":
    main(*sys.argv[1:])
