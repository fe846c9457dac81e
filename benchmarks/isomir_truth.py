"""isomir-classify compared with published isomiR annotations: agreement by file, every difference with its reason.

    python benchmarks/isomir_truth.py ../shared/data [--differences]

The annotations are in the words of other tools: simulated events in read names, seqbuster's columns (mism, add,
t5, t3), GFF of several versions. All are first read as the same four things: bases more or less at the 5' end,
templated bases more or less at the 3' end, non-templated bases at the 3' end, changed bases. Signs of ``iso_5p``
differ: before mirGFF3 1.1 ``iso_5p:+1`` is one base longer, since then ``iso_5p:-1`` is.
"""

from __future__ import annotations

import argparse
import csv
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mirtools.io.sequences import read_references
from mirtools.io.tables import ISOMIR_TYPES
from mirtools.isomir.types import classify, snv_name
from mirtools.tools.isomir_classify import main as isomir_classify

# made of the two tables of miraligner by an early mirtop
_CONVERTED_FILE = "mirGFF3 1.1 (mirtop), real reads"
LET7A = "hsa-let-7a-5p"
_NAME = re.compile(r".*_([0-9]+):([0-9]+)_(-?[0-9]+):(-?[0-9]+)_mut:(\S+?)_add:([A-Za-z]+)")


class Claim(NamedTuple):
    """What an annotation says of a sequence; ``changed`` are 1-based positions on the sequence."""

    source: str
    mirna: str
    sequence: str
    five: int
    three: int
    added: int
    changed: tuple[int, ...]


class Found(NamedTuple):
    """What isomir-classify says of it."""

    mirna: str
    types: str
    variant: str
    ambiguous: str


# ---- annotations ----------------------------------------------------------------------------------------------


def simulated(folder: Path) -> Iterator[Claim]:
    """Yield the events that mirtop's simulator put into the names of reads."""
    lines = (folder / "mirtop_simulation_reads.fa").read_text().split("\n")
    for name, sequence in zip(lines[::2], lines[1::2], strict=False):
        yield from _named("simulated reads (mirtop)", name, sequence)
    seen = set()
    for line in (folder / "mirtop_annotate_sim_isomir.sam").read_text().splitlines():
        cells = line.split("\t")
        if line[0] != "@" and cells[9] != "*" and cells[0] not in seen:
            seen.add(cells[0])
            yield from _named("simulated reads (mirtop, SAM)", cells[0], cells[9])


def _named(source: str, name: str, sequence: str) -> Iterator[Claim]:
    if not (match := _NAME.match(name)) or LET7A not in name:
        return
    five, three, mutation, added = -int(match[3]), int(match[4]), match[5], match[6]
    changed = () if mutation == "null" else (int(re.match("[0-9]+", mutation)[0]),)
    yield Claim(source, LET7A, sequence, five, three, 0 if added == "null" else len(added), changed)


def seqbuster(folder: Path) -> Iterator[Claim]:
    """Yield the lines of seqbuster and miraligner: upper case is more, lower case is less."""
    files = {
        "mirtop_seqbuster_reads.mirna": "seqbuster on the simulated reads",
        "mirtop_synthetic_let7a-5p.mirna": "seqbuster, synthetic let-7a",
        "isomiRs_sample1.mirna": "miraligner, real reads 1",
        "isomiRs_sample2.mirna": "miraligner, real reads 2",
    }
    for file, source in files.items():
        with (folder / file).open() as stream:
            for row in csv.DictReader(stream, delimiter="\t"):
                ends = [row[end] if row[end] != "0" else "" for end in ("t5", "t3")]
                five, three = (len(end) if end.isupper() else -len(end) for end in ends)
                added = len(row["add"]) if row["add"] != "0" else 0
                changed = tuple(int(digits) for digits in re.findall("[0-9]+", row["mism"]) if digits != "0")
                yield Claim(source, row["mir"], row["seq"], five, three, added, changed)


def gff(folder: Path) -> Iterator[Claim]:
    """Yield the lines of GFF files; in the oldest version 5' additions are positive."""
    files = {
        "mirtop_simulation_test.gff": ("GFF 0.0.1 (mirtop)", 1),
        "mirtop_synthetic_let7a-5p.gff": ("mirGFF3 1.1 (mirtop), synthetic let-7a", -1),
        "mirtop_optimir_synthetic_100_full.gff3": ("mirGFF3 1.1 (OptimiR)", -1),
        "isomiRs_mirtop.gff": (_CONVERTED_FILE, -1),
    }
    for file, (source, sign) in files.items():
        for line in (folder / file).read_text().splitlines():
            if line.startswith("#") or not line:
                continue
            pairs = (re.split("[= ]", item.strip(), maxsplit=1) for item in line.split("\t")[8].split(";"))
            row = dict(pair for pair in pairs if len(pair) == 2)
            sequence = row["Read"].rsplit(".", 1)[-1]
            sizes = Counter()
            for name in row.get("Variant", "NA").split(","):
                kind, _, size = name.partition(":")
                sizes[{"iso_add": "iso_add3p"}.get(kind, kind)] += int(size or 1)
            five = sign * sizes["iso_5p"]
            letters = re.sub("([0-9]+)([A-Z])", lambda m: m[2] * int(m[1]), row["Cigar"])
            end = len(letters) - sizes["iso_add3p"]
            has_changed = any(kind.startswith(("iso_snp", "iso_snv")) for kind in sizes)
            changed = [i + 1 for i in range(max(five, 0), end) if letters[i] not in "M"] if has_changed else []
            yield Claim(source, row["Name"], sequence, five, sizes["iso_3p"], sizes["iso_add3p"], tuple(changed))


# ---- the eight types and the variant of a claim ----------------------------------------------------------------


def claimed_types(claim: Claim, canonical: str) -> str:
    """Return the paper's types of a claim: an end counts by where it comes to lie in the end."""
    shift = -claim.five
    end = claim.three + claim.added
    tail = range(len(claim.sequence) - claim.added, min(len(claim.sequence), len(canonical) - shift))
    changed = {position - 1 for position in claim.changed}
    changed |= {i for i in tail if claim.sequence[i] != canonical[i + shift]}
    # a changed base among the added ones is no polymorphism of the miRNA
    places = sorted(i + shift for i in changed if 0 <= i + shift < len(canonical))
    left = right = 0
    while shift == 0 and left < len(places) and places[left] == left:
        left += 1
    while end == 0 and right < len(places) - left and places[-1 - right] == len(canonical) - 1 - right:
        right += 1
    inner = len(places) - left - right
    found = {
        "5p_addition": shift < 0,
        "5p_deletion": shift > 0,
        "5p_replacement": left > 0,
        "3p_addition": end > 0,
        "3p_deletion": end < 0,
        "3p_replacement": right > 0,
        "SNP": inner == 1,
        "MNP": inner > 1,
    }
    return ",".join(name for name in ISOMIR_TYPES if found[name]) or "."


def claimed_variant(claim: Claim) -> str:
    """Return the mirGFF3 1.1 variant of a claim."""
    parts = [f"iso_5p:{-claim.five:+d}"] * bool(claim.five) + [f"iso_3p:{claim.three:+d}"] * bool(claim.three)
    parts += [f"iso_add3p:{claim.added}"] * bool(claim.added)
    names = [snv_name(position - claim.five) for position in claim.changed]
    return ",".join([*parts, *dict.fromkeys(names)]) or "."


def fits(claim: Claim, canonical: str) -> bool:
    """Tell whether a claim leads from the canonical miRNA to the sequence."""
    if len(claim.sequence) != len(canonical) + claim.five + claim.three + claim.added:
        return False
    return all(
        base == canonical[i - claim.five]
        for i, base in enumerate(claim.sequence[: len(claim.sequence) - claim.added])
        if 0 <= i - claim.five < len(canonical) and i + 1 not in claim.changed
    )


# ---- agreement -------------------------------------------------------------------------------------------------


RELEASE = "the annotation does not fit the miRNA's sequence in miRBase 22.1"
CONVERTED = "the table that the file was converted from agrees with us; losses at the ends are missing in the file"
OTHER = "another miRNA explains the sequence with fewer types and changed bases"
PARTED = "the same ends; templated, added and changed bases at the 3' end are distinguished differently"
CHANGES = "ours needs fewer changed bases"
UNREAD = "the sequence has N, and no sequence without N shows what was not read"
LEFT_OUT = Found(".", ".", ".", ".")


class Judged(NamedTuple):
    """A claim and the finding; reasons are empty if they agree, ``None`` if nothing explains the difference."""

    claim: Claim
    found: Found
    types: str
    variant: str
    type_reason: str | None
    variant_reason: str | None


def judge(data: Path) -> list[Judged]:
    """Run isomir-classify on all annotated sequences and compare."""
    references, truth = data / "references", data / "isomir_truth"
    claims = [*simulated(truth), *seqbuster(truth), *gff(truth)]
    mirnas = _human(references / "mirbase22.1_mature_hsa_mmu_kshv_dme.fa.gz")
    found = _classified(claims, mirnas, _human(references / "mirbase20_hairpin_hsa_mmu_dme.fa.gz"))
    judged = [_judged(claim, found.get(claim.sequence, LEFT_OUT), mirnas) for claim in claims]
    tables = [item for item in judged if item.claim.source.startswith("miraligner")]
    agreeing = {item.claim[1:3] for item in tables if item.variant_reason in ("", PARTED)}

    def explained(item: Judged, reason: str | None) -> str | None:
        is_converted = item.claim.source == _CONVERTED_FILE and item.claim[1:3] in agreeing
        return CONVERTED if reason == RELEASE and is_converted else reason

    return [
        item._replace(
            type_reason=explained(item, item.type_reason), variant_reason=explained(item, item.variant_reason)
        )
        for item in judged
    ]


def _human(path: Path) -> dict[str, str]:
    return {r.name: r.sequence for r in read_references(str(path)) if r.name.startswith("hsa-")}


def _classified(claims: list[Claim], mirnas: dict[str, str], hairpins: dict[str, str]) -> dict[str, Found]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, sequences in (("mirnas.fa", mirnas), ("hairpins.fa", hairpins)):
            (folder / file).write_text("".join(f">{name}\n{bases}\n" for name, bases in sequences.items()))
        rows = "".join(f"{claim.mirna}\t{claim.sequence}\n" for claim in claims)
        (folder / "claims.tsv").write_text("mirna_id\tmirna_seq\n" + rows)
        options = ["--mirnas", folder / "mirnas.fa", "--precursors", folder / "hairpins.fa", "--min-reads", "1"]
        options += ["--quiet", "-o", folder / "typed.tsv", folder / "claims.tsv"]
        if isomir_classify(list(map(str, options))):
            raise SystemExit(1)
        with (folder / "typed.tsv").open() as stream:
            return {
                row["mirna_seq"]: Found(
                    row["mirna_id"], row["isomir_types"], row["isomir_variant"], row["mirna_ambiguous"]
                )
                for row in csv.DictReader(stream, delimiter="\t")
            }


def _judged(claim: Claim, found: Found, mirnas: dict[str, str]) -> Judged:
    canonical = mirnas[claim.mirna]
    types, variant = claimed_types(claim, canonical), claimed_variant(claim)
    if found == LEFT_OUT:
        reason = UNREAD if "N" in claim.sequence else None
        return Judged(claim, found, types, variant, reason, reason)
    same = found.types == types and claim.mirna in (found.mirna, *found.ambiguous.split(","))
    if same and sorted(variant.split(",")) == sorted(found.variant.split(",")):
        return Judged(claim, found, types, variant, "", "")
    if same:
        ends = dict(item.split(":") for item in found.variant.split(",") if ":" in item)
        ours = -int(ends.get("iso_5p", 0)), int(ends.get("iso_3p", 0)) + int(ends.get("iso_add3p", 0))
        reason = PARTED if ours == (claim.five, claim.three + claim.added) else None
        if reason is None and not fits(claim, canonical):
            reason = RELEASE
        return Judged(claim, found, types, variant, "", reason)
    reason = None
    if claim.mirna not in (found.mirna, *found.ambiguous.split(",")):
        if _effort(claim.sequence, mirnas[found.mirna]) < _effort(claim.sequence, canonical):
            reason = OTHER
    elif not fits(claim, canonical):
        reason = RELEASE
    elif _effort(claim.sequence, canonical)[1] < claim.added + max(claim.five, 0) + len(claim.changed):
        reason = CHANGES
    return Judged(claim, found, types, variant, reason, reason)


def _effort(sequence: str, canonical: str) -> tuple[int, int]:
    isomir = classify(sequence, canonical)
    return (99, 99) if isomir is None else (len(isomir.types), len(isomir.changed))


def table(judged: list[Judged]) -> list[str]:
    """Return the lines of the table: agreement by annotation, then the reasons of all differences."""
    lines = [f"{'annotation':42} {'sequences':>9} {'miRNA':>6} {'types':>6} {'variant':>8} {'unexplained':>12}"]
    for source in dict.fromkeys(item.claim.source for item in judged):
        items = [item for item in judged if item.claim.source == source]
        same = sum(item.claim.mirna in (item.found.mirna, *item.found.ambiguous.split(",")) for item in items)
        types, variant = (sum(not reason for reason in column) for column in _reasons(items))
        left = sum(None in (item.type_reason, item.variant_reason) for item in items)
        lines.append(f"{source:42} {len(items):9} {same:6} {types:6} {variant:8} {left:12}")
    for title, column in zip(("types", "variants"), _reasons(judged), strict=True):
        lines += ["", f"differences in {title}:"]
        for reason, count in Counter(reason for reason in column if reason != "").most_common():
            lines.append(f"{count:5}  {reason}")
    return lines


def _reasons(items: list[Judged]) -> tuple[list[str | None], list[str | None]]:
    return [item.type_reason for item in items], [item.variant_reason for item in items]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with references and isomir_truth")
    parser.add_argument("--differences", action="store_true", help="list every difference, too")
    args = parser.parse_args()
    judged = judge(args.data)
    print("\n".join(table(judged)))
    if args.differences:
        for item in judged:
            if item.variant_reason != "":
                claim, found = item.claim, item.found
                print(claim.source, claim.mirna, claim.sequence, item.types, item.variant, sep="\t", end="\t")
                print(found.mirna, found.types, found.variant, item.variant_reason, sep="\t")


if __name__ == "__main__":
    main()
