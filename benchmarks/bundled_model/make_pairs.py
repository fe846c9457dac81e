"""Make the labelled pairs of the bundled model from public data: one table, each source with as many 0 as 1.

Usage: make_pairs.py DATA_FOLDER PAIRS.tsv

Sources (the columns `source` and `mirna_class` pass through all commands and serve the evaluation):

qclash    human endothelial cells with KSHV (Gay et al. 2018), one row per distinct miRNA part and site; the site
          is the part aligned to RefSeq and the following 25 nt, as in the DMISO paper
helwak    HEK293 (Helwak et al. 2013), 50-nt sites, miRNAs cut to 20 nt; sites of miRBind's test set are excluded
hejret    HEK293 (Hejret et al. 2023), 50-nt sites, miRNAs as read; what is also in mirbench is excluded
mirbench  the same experiment, canonical miRNAs, with miRBench's own bias-corrected negatives

Negatives of the first three come from `negatives-generate --strategy frequency-matched`: the same sites in
new pairs, so that neither length, composition, region nor the frequency of a miRNA or site predicts the label.
`same-transcript` (3'UTR alone) is not used: most real sites here are in coding sequence, and the difference in
composition would predict the label.
"""

from __future__ import annotations

import csv
import gzip
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from mirtools.io.sequences import read_references, to_dna  # noqa: E402
from mirtools.io.tables import TableReader, TableWriter  # noqa: E402
from tools.negatives_generate import main as negatives_generate  # noqa: E402

COLUMNS = "mirna_id mirna_seq target_id site_seq source mirna_class".split()
EXTENSION, SHORTEST_SITE, SHARED = 25, 30, 14

Row = list[str]


def rows(path: Path, delimiter: str = "\t") -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt") as stream:
        yield from csv.DictReader(stream, delimiter=delimiter)


class Names:
    """miRBase names by accession, and by the longest part that a miRNA as read shares with a human one."""

    def __init__(self, fasta: Path) -> None:
        self.of_accession: dict[str, str] = {}
        self.sequences: dict[str, str] = {}
        self.words: dict[str, list[str]] = {}
        for reference in read_references(str(fasta)):
            self.of_accession[reference.header.split()[1]] = reference.name
            self.sequences[reference.name] = reference.sequence
            if reference.name.startswith("hsa-"):
                for word in parts(reference.sequence, SHARED):
                    self.words.setdefault(word, []).append(reference.name)

    def nearest(self, sequence: str) -> str:
        """Return the human miRNA that shares the longest part, at least SHARED bases, or a dot."""
        for length in range(len(sequence), SHARED - 1, -1):
            for part in parts(sequence, length):
                for name in self.words.get(part[:SHARED], ()):
                    if part in self.sequences[name]:
                        return name
        return "."

    def kind(self, name: str, sequence: str) -> str:
        """Return ``exact`` or ``isomir``."""
        return "exact" if self.sequences.get(name) == sequence else "isomir"


def parts(sequence: str, length: int) -> Iterator[str]:
    for start in range(len(sequence) - length + 1):
        yield sequence[start : start + length]


def qclash(data: Path, names: Names) -> Iterator[Row]:
    transcripts = {
        reference.name: reference.sequence
        for reference in read_references(str(data / "references/human_refseq_hg19_mrna_4000.fa.gz"))
    }
    seen = set()
    for row in rows(data / "chimeric_reads/hyb_qclash_refseq_truth.tsv.gz"):
        start, end = int(row["refseq_start"]) - 1, int(row["refseq_end"]) + EXTENSION
        # Where both parts of a read overlap, the end of the miRNA is the beginning of the site: a mark of the
        # ligation that negatives lack (AUROC 0.63 alone). The shared bases are cut from the site; in the rare
        # reads that begin with the target they lie inside it, and these are left out.
        overlap = max(-int(row["gap"]), 0)
        if overlap and row["order"] != "miRNA_first":
            continue
        start += overlap
        site = transcripts[row["refseq_id"]][start:end]
        mirna = to_dna(row["mirna_portion"])
        key = (mirna, row["refseq_id"], start, end)
        if len(site) < SHORTEST_SITE or key in seen:
            continue
        seen.add(key)
        name = names.of_accession.get(row["mirna_ref_hOH7"].split("_")[0]) or row["mirna_ref_hOH7"]
        symbol = row["mrna_ref_hOH7"].split("_")[2]
        yield [name, mirna, symbol, site, "qclash", names.kind(name, mirna)]


def helwak(data: Path, names: Names) -> Iterator[Row]:
    kept_apart = {
        row["gene"] for row in rows(data / "clash_pairs/mirbind_test_set_1_1.tsv.gz") if row["label"] == "1"
    }
    seen = set()
    for row in rows(data / "clash_pairs/helwak2013_positive_set_extended_minus_eval.csv.gz", ","):
        key = (row["miRNA"], row["gene"])
        if row["gene"] in kept_apart or key in seen:
            continue
        seen.add(key)
        name = names.of_accession.get(row["miRNA_name"].split("_")[0]) or row["miRNA_name"]
        yield [name, row["miRNA"], row["gene_name"].split("_")[2], row["gene"], "helwak", "cut_to_20"]


def hejret(data: Path, names: Names, known: set[tuple[str, str]]) -> Iterator[Row]:
    for row in rows(data / "clash_pairs/hejret2023_miRNA_real_seq_train_set.tsv.gz"):
        key = (row["noncodingRNA"], row["gene"])
        if row["label"] == "1" and key not in known:
            known.add(key)
            name = names.nearest(row["noncodingRNA"])
            yield [name, row["noncodingRNA"], ".", row["gene"], "hejret", names.kind(name, row["noncodingRNA"])]


def mirbench(data: Path) -> Iterator[Row]:
    """Yield rows of :data:`COLUMNS` followed by a label."""
    for row in rows(data / "miRBench/AGO2_CLASH_Hejret2023_train_minus_holdout.tsv.gz"):
        yield [row["noncodingRNA_name"], row["noncodingRNA"], ".", row["gene"], "mirbench", "exact", row["label"]]


def write(path: Path, table: Iterable[Row]) -> None:
    with path.open("w") as stream:
        writer = TableWriter(stream, COLUMNS)
        for row in table:
            writer.write(row)


def balanced(path: Path) -> Iterator[Row]:
    """Yield the labelled rows of a table; positives without a negative are left out."""
    reader = TableReader(str(path), ("label",))
    label = reader.index("label")
    positive: Row | None = None
    for row in reader:
        kept = [*row[: len(COLUMNS)], row[label]]
        if row[label] == "1":
            positive = kept
        elif positive is not None:
            kept[COLUMNS.index("source")] = positive[COLUMNS.index("source")]
            yield positive
            yield kept
            positive = None


def main(data: Path, output: Path) -> int:
    names = Names(data / "references/mirbase22.1_mature_hsa_mmu_kshv_dme.fa.gz")
    ready = list(mirbench(data))
    known = {(row[1], row[3]) for row in ready if row[-1] == "1"}
    sources = {
        "qclash": list(qclash(data, names)),
        "helwak": list(helwak(data, names)),
        "hejret": list(hejret(data, names, known)),
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        positives = [row for table in sources.values() for row in table]
        write(folder / "all.tsv", [*positives, *(row[:-1] for row in ready if row[-1] == "1")])
        for source, table in sources.items():
            write(folder / f"{source}.tsv", table)
            options = (
                f"--strategy frequency-matched --seed 1 --avoid {folder}/all.tsv -o {folder}/{source}.labelled.tsv"
            )
            if negatives_generate([*options.split(), str(folder / f"{source}.tsv")]):
                return 1
            ready += balanced(folder / f"{source}.labelled.tsv")
    with output.open("w") as stream:
        writer = TableWriter(stream, [*COLUMNS, "label"])
        for row in ready:
            writer.write(row)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
