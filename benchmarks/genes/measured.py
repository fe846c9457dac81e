"""Measured changes of mRNAs after a small RNA was added or removed: reads the files of ../shared/data/functional.

Log2 fold changes are arrays of shape (targets, experiments), NaN where nothing was measured, below 0 where the
small RNA represses: the sign of knock-outs is turned.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.genes.targets import Targets, targets_of
from mirtools.io.sequences import read_references, reverse_complement, to_dna
from mirtools.transcripts.regions import Regions

Floats = NDArray[np.float64]

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
_MRNAS = "references/human_refseq_hg19_mrna_4000"
# Where the seed match begins in the windows
_MATCH = 39


class Measured(NamedTuple):
    """Experiments with the transcripts that were measured.

    Attributes
    ----------
    names, mirnas : list of str
        One entry per experiment: its name, and the small RNA in DNA letters, 5'->3'.
    natural : array of bool, shape (experiments,)
        Whether it is a miRNA, not an siRNA.
    targets : Targets
    changes : array of float64, shape (targets, experiments)
    """

    names: list[str]
    mirnas: list[str]
    natural: NDArray[np.bool_]
    targets: Targets
    changes: Floats


class Windows(NamedTuple):
    """79-nt windows with the first 8mer site of a small RNA in a region of an mRNA of unknown sequence.

    Attributes
    ----------
    targets : Targets
        The windows.
    experiment, region : array of int64, shape (n,)
    changes : array of float64, shape (n,)
        As :func:`own_change_removed` returns them.
    """

    targets: Targets
    experiment: NDArray[np.int64]
    region: NDArray[np.int64]
    changes: Floats


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(_text(name), delimiter="\t"))


def _text(name: str) -> Iterator[str]:
    path = DATA / name
    with gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as stream:
        yield from io.TextIOWrapper(stream, encoding="utf-8")


def _matrix(name: str, labels: int) -> tuple[list[str], list[list[str]], Floats]:
    """Return experiments, the labels of each row, and the numbers of a table."""
    rows = list(csv.reader(_text(name), delimiter="\t"))
    numbers = [[float(cell) if cell not in ("", "NA") else np.nan for cell in row[labels:]] for row in rows[1:]]
    return rows[0][labels:], [row[:labels] for row in rows[1:]], np.array(numbers)


def mrnas() -> tuple[dict[str, str], dict[str, Regions]]:
    """Return sequences and regions of the human mRNAs at hand."""
    sequences = {each.name: each.sequence for each in read_references(str(DATA / f"{_MRNAS}.fa.gz"))}
    regions = {
        row["transcript_id"]: Regions(int(row["cds_start0"]), int(row["cds_end"]), int(row["length"]))
        for row in _rows(f"{_MRNAS}.regions.tsv.gz")
    }
    return sequences, regions


def transfections() -> tuple[Measured, Windows]:
    """Return the 74 transfections of Agarwal et al. (2015), and windows of other mRNAs."""
    described = {row["name"]: row for row in _rows("functional/agarwal2015_74_srnas.tsv")}
    names, labels, changes = _matrix("functional/agarwal2015_74_transfections_log2fc.tsv.gz", 1)
    mirnas = [to_dna(described[name]["sequence"]) for name in names]
    natural = np.array([described[name]["kind"] == "mirna" for name in names])
    sequences, regions = mrnas()
    accessions = [label[0] for label in labels]
    known = [at for at, name in enumerate(accessions) if name in sequences]
    targets = targets_of([(accessions[at], sequences[accessions[at]]) for at in known], regions)
    measured = Measured(names, mirnas, natural, targets, changes[known])
    return measured, _windows(measured, accessions, own_change_removed(changes))


def _windows(measured: Measured, accessions: Sequence[str], changes: Floats) -> Windows:
    row_of = {name: at for at, name in enumerate(accessions)}
    known = set(measured.targets.names)
    experiment_of = {name: at for at, name in enumerate(measured.names)}
    kept = []
    for row in _rows("functional/agarwal2015_seed_site_windows.tsv.gz"):
        experiment = experiment_of[row["srna"]]
        site = reverse_complement(measured.mirnas[experiment][1:8]) + "A"
        change = changes[row_of[row["refseq"]], experiment] if row["refseq"] in row_of else np.nan
        placed = row["window"].startswith(site, _MATCH) and len(row["window"]) == 79
        if row["refseq"] not in known and placed and not np.isnan(change):
            kept.append((row["window"], experiment, ("5utr", "cds", "3utr").index(row["region"]), change))
    windows, experiments, regions, values = zip(*kept, strict=True)
    targets = targets_of([(f"window{at}", window) for at, window in enumerate(windows)], {})
    return Windows(targets, np.array(experiments), np.array(regions), np.array(values))


def rna_seq() -> Measured:
    """Return the 27 experiments of FuNmiRBench, for genes of which an mRNA is at hand (the longest one)."""
    described = {row["id"]: row for row in _rows("functional/funmirbench_experiments.tsv")}
    names, labels, changes = _matrix("functional/funmirbench_log2fc.tsv.gz", 2)
    turn = np.array([-1.0 if described[name]["experiment_type"] == "KO" else 1.0 for name in names])
    sequences, regions = mrnas()
    best: dict[str, str] = {}
    for row in sorted(_rows("references/refseq_symbols.tsv"), key=lambda row: row["refseq_id"]):
        name, symbol = row["refseq_id"], row["gene_symbol"]
        if name in sequences and len(sequences[name]) > len(sequences.get(best.get(symbol, ""), "")):
            best[symbol] = name
    kept = {best[symbol]: at for at, (_, symbol) in enumerate(labels) if symbol in best}
    listed = sorted(kept)
    mirnas = [to_dna(described[name]["mirna_sequence"]) for name in names]
    targets = targets_of([(name, sequences[name]) for name in listed], regions)
    return Measured(names, mirnas, np.ones(len(names), bool), targets, (changes * turn)[[kept[n] for n in listed]])


def fly_knock_outs() -> Measured:
    """Return the knock-outs of miR-14, miR-34 and miR-277 in flies; of each gene, its longest 3'UTR."""
    gene_of = {row[0]: row[2] for row in csv.reader(_text("functional/fly/id2geneid.txt.gz"), delimiter="\t")}
    best: dict[str, str] = {}
    for each in read_references(str(DATA / "functional/fly/utr3_seqs.fa.gz")):
        gene = gene_of.get(each.name, each.name)
        if len(each.sequence) > len(best.get(gene, "")):
            best[gene] = each.sequence
    genes = sorted(best)
    row_of = {gene: at for at, gene in enumerate(genes)}
    experiments = {
        "miR14_medianThresh": "TCAGTCTTTTTCTCTCTCCTAT",
        "miR34_Day20_medianThresh": "TGGCAGTGTGGTTAGCTGGTTG",
        "miR277_medianThresh": "TAAATGCACTATCTGGTACGACA",
    }
    changes = np.full((len(genes), len(experiments)), np.nan)
    for at, name in enumerate(experiments):
        for row in csv.reader(_text(f"functional/fly/diff/{name}.diff.gz"), delimiter="\t"):
            if row[0] in row_of:
                changes[row_of[row[0]], at] = -float(row[1])
    measured = ~np.isnan(changes).all(axis=1)
    kept = [at for at in range(len(genes)) if measured[at]]
    targets = targets_of([(genes[at], best[genes[at]]) for at in kept], {})
    mirnas = list(experiments.values())
    return Measured(list(experiments), mirnas, np.ones(len(mirnas), bool), targets, changes[kept])


def own_change_removed(changes: Floats) -> Floats:
    """Return changes minus the mean of each experiment, then minus the mean of each mRNA over all experiments.

    What remains of an mRNA that reacts to every transfection alike is its reaction to this one.
    """
    centred = changes - np.nanmean(changes, axis=0)
    left: Floats = centred - np.nanmean(centred, axis=1, keepdims=True)
    return left


def gene_folds(names: Sequence[str], folds: int) -> NDArray[np.int64]:
    """Return the fold of each mRNA; those of one gene, if its symbol is known, are in the same."""
    symbols = {row["refseq_id"]: row["gene_symbol"] for row in _rows("references/refseq_symbols.tsv")}
    genes = [symbols.get(name, name) for name in names]
    number = {gene: at for at, gene in enumerate(sorted(set(genes)))}
    return np.array([number[gene] % folds for gene in genes])
