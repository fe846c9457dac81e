"""A small good input of every kind, made by the commands if possible."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import commands

from mirtools.models.dmiso.family import Dmiso
from mirtools.models.matrix.family import Matrix


def _model(path):
    """A model with random weights, which is sufficient for these tests."""
    import numpy as np

    from mirtools.models.base import Model
    from mirtools.models.dmiso import architecture
    from mirtools.models.modelfile import save_model

    random = np.random.default_rng(5)
    weights = {
        name: random.uniform(0.5, 1.5, shape) if name.endswith("variance") else random.normal(0, 0.3, shape)
        for name, shape in architecture.TENSOR_SHAPES.items()
    }
    with open(path, "wb") as stream:
        save_model(Model(Dmiso(), weights, "test", 0.5), stream)


def _network(path):
    """A small network on pairing matrices with random weights."""
    import numpy as np

    from mirtools.models.base import Model
    from mirtools.models.matrix.network import mirbind
    from mirtools.models.modelfile import save_model

    network = mirbind(filters=4, blocks=1, units=4)
    random = np.random.default_rng(6)
    weights = {
        name: random.uniform(0.5, 1.5, shape) if name.endswith("variance") else random.normal(0, 0.3, shape)
        for name, shape in network.tensor_shapes().items()
    }
    weights = {name: values.astype("f4") for name, values in weights.items()}
    with open(path, "wb") as stream:
        save_model(Model(Matrix("mirbind", network), weights, "test", 0.5), stream)


def _align(pairs, path, seed):
    """Add random importances as attrib-align writes them; some rows have none."""
    import numpy as np

    random = np.random.default_rng(seed)
    header, *rows = pairs.read_text().splitlines()
    at = header.split("\t").index("mirna_seq")
    lines = [f"{header}\tmirna_importance"]
    for number, row in enumerate(rows):
        values = random.random(len(row.split("\t")[at])) * (random.random(len(row.split("\t")[at])) < 0.6)
        lines.append(f"{row}\t{'.' if number % 10 == 9 else ','.join(f'{value:.6f}' for value in values)}")
    path.write_text("\n".join(lines) + "\n")


def make(folder: Path) -> None:
    """Fill ``folder`` with the inputs that ``commands.COMMANDS`` names."""
    (folder / "mirnas.fa").write_bytes((commands.TEST_DATA / "mirnas.fa").read_bytes())
    (folder / "transcripts.fa").write_bytes(
        gzip.decompress((commands.TEST_DATA / "transcripts.fa.gz").read_bytes())
    )
    for name in ("condition_sites.tsv", "condition_samples.tsv"):
        (folder / name).write_bytes((commands.TEST_DATA / name).read_bytes())
    (folder / "reads.fastq").write_bytes(
        gzip.decompress((commands.TEST_DATA / "tiny_reads.fastq.gz").read_bytes())
    )
    (folder / "no_reads.fastq").write_bytes(b"")
    _model(folder / "model.safetensors")
    _network(folder / "network.safetensors")
    few = (folder / "mirnas.fa").read_text().splitlines(keepends=True)[:4]
    (folder / "few_mirnas.fa").write_text("".join(few))
    before = os.getcwd()
    os.chdir(folder)
    try:
        for command, output in (
            ("chimera-parse", "pairs.tsv"),
            ("isomir-classify", "typed.tsv"),
            ("negatives-generate", "labelled.tsv"),
            ("peak-simulate", "planted.fa"),
            ("peak-narrow", "peaks.tsv"),
        ):
            more = ["--bed", "truth.bed"] if command == "peak-simulate" else []
            done = commands.run(command, [*commands.COMMANDS[command].line(), *more, "-o", output])
            assert done.status == 0, done.err
    finally:
        os.chdir(before)
    _align(folder / "typed.tsv", folder / "aligned.tsv", 1)
    for full, empty in (
        ("pairs.tsv", "no_pairs.tsv"),
        ("labelled.tsv", "no_labelled.tsv"),
        ("aligned.tsv", "no_aligned.tsv"),
        ("condition_sites.tsv", "no_condition_sites.tsv"),
    ):
        (folder / empty).write_text((folder / full).read_text().splitlines(keepends=True)[0])
