"""Running the commands in tests: inside this process if possible, otherwise as separate processes.

``COMMANDS`` is the one list to extend for a new command: what a good run needs, what it reads, what it writes.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mirtools.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
TEST_DATA = ROOT / "test-data"
PEERS = ROOT / ".venv-peers" / "bin"


@dataclass(frozen=True)
class Command:
    """A command and a good run of it in the folder that the fixture ``workplace`` makes.

    Attributes
    ----------
    options : str
        Options of the good run besides its inputs.
    inputs : dict
        Every input of the good run: the option (``""`` for the positional one) and its file.
    kinds : dict
        What each input is: ``fasta``, ``reads``, ``table``, ``peaks``, ``sites``, ``sheet``, ``bed`` or ``model``.
    header : str
        First line of the main output, as far as it is known.
    empty : dict
        Inputs that mean "nothing to do", by the same keys; ``None`` if there are none.
    """

    options: str
    inputs: dict[str, str]
    kinds: dict[str, str]
    header: str
    empty: dict[str, str] | None = None
    threads: bool = True
    heavy: bool = False  # imports TensorFlow
    many: bool = False  # accepts any number of files
    rows: bool = True  # writes the rows of its input table
    output: str = "-o"
    extra_outputs: dict[str, str] = field(default_factory=dict)

    def line(self, **changed: str) -> list[str]:
        """Return the arguments of the good run; ``changed`` replaces inputs by their key (``main`` for "")."""
        arguments = self.options.split()
        positional = []
        for key, name in self.inputs.items():
            value = changed.get(key.strip("-").replace("-", "_") or "main", name)
            if key:
                arguments += [key, value]
            else:
                positional.append(value)
        return arguments + positional


_REFERENCES = {"--mirnas": "mirnas.fa", "--transcripts": "transcripts.fa"}
MIRGFF_HEADER = """\
## mirGFF3. VERSION 1.1
## source-ontology: miRBase doi:10.25504/fairsharing.hmgte8
## TOOLS: mirtools isomir-classify
## FILTER: PASS(is ok), PASS:ambiguous(other miRNAs explain the sequence as well)
## COLDATA: reads
"""
BED_TRACK = (
    'track name="binding sites" description="miRNA binding sites (mirtools sites-merge)" itemRgb="On" useScore=0\n'
)

COMMANDS = {
    "attrib-align": Command(
        options="--explainer masking --quiet",
        inputs={"--model": "model.safetensors", "": "typed.tsv"},
        kinds={"--model": "model", "": "table"},
        header="pair_id\tn_reads\t",
        empty={"": "no_pairs.tsv"},
        extra_outputs={
            "--text": (
                "# site 5'->3' above miRNA 3'->5', positions from 1 in each from its 5' end; "
                "| Watson-Crick, : G and U\n"
                "# score: 1 to 9 are tenths of the pair's largest column, . is almost zero, x is negative\n"
            ),
        },
    ),
    "attrib-compare": Command(
        options="--quiet",
        inputs={"": "aligned.tsv"},
        kinds={"": "table"},
        header="label\truns\t",
        empty={"": "no_aligned.tsv"},
        threads=False,
        many=True,
        rows=False,
        extra_outputs={
            "--correlations": "first\tsecond\tover\tposition\tvalues\tpearson\tspearman\n",
            "--agreement": "first\tsecond\tpairs\taligned_bases\tagreement\tidentical_alignments\n",
            "--spread": (
                "label\truns\tpairs\tmean_sd\trelative_sd\trun_correlation\trun_agreement\t"
                "run_identical_alignments\n"
            ),
        },
    ),
    "binding-classes": Command(
        options="--k 3 --cofold --quiet",
        inputs={"": "aligned.tsv"},
        kinds={"": "table"},
        header="pair_id\tn_reads\t",
        empty={"": "no_aligned.tsv"},
        extra_outputs={
            "--summary": (
                "vectors\tscale\tbinding_class\tclass_name\trows\tshare\tmean_class_silhouette\tcentre_of_mass\t"
                "share_seed\tshare_middle\tshare_3p\tcentre\tsd\tmean_importance\n"
            ),
            "--cross": "binding_class\tclass_name\tcofold_class\tcofold_name\trows\texpected\n",
        },
    ),
    "chimera-check": Command(
        options="--quiet",
        inputs={**_REFERENCES, "": "reads.fastq"},
        kinds={"--mirnas": "fasta", "--transcripts": "fasta", "": "reads"},
        header="sample\tcheck\tresult\tstatus\thint",
        empty={"": "no_reads.fastq"},
        threads=False,
        many=True,
        rows=False,
    ),
    "chimera-index": Command(
        options="",
        inputs={"": "transcripts.fa"},
        kinds={"": "fasta"},
        header="",  # bytes
        threads=False,
        rows=False,
    ),
    "chimera-parse": Command(
        options="--min-reads 2 --adapter TGGAATTCTCGGGTGCCAAGG",
        inputs={**_REFERENCES, "": "reads.fastq"},
        kinds={"--mirnas": "fasta", "--transcripts": "fasta", "": "reads"},
        header="pair_id\tn_reads\t",
        empty={"": "no_reads.fastq"},
        many=True,
        extra_outputs={"--read-report": "read_id\tstatus\tpair_id\n", "--hyb": "", "--bed": ""},
    ),
    "chimera-simulate": Command(
        options="--reads 60",
        inputs=_REFERENCES,
        kinds={"--mirnas": "fasta", "--transcripts": "fasta"},
        header="@sim",
        threads=False,
        extra_outputs={"--truth": "read_id\t"},
    ),
    "isomir-classify": Command(
        options="--min-reads 2",
        inputs={"--mirnas": "mirnas.fa", "": "pairs.tsv"},
        kinds={"--mirnas": "fasta", "": "table"},
        header="pair_id\tn_reads\t",
        empty={"": "no_pairs.tsv"},
        threads=False,
        many=True,
        extra_outputs={"--gff3": MIRGFF_HEADER},
    ),
    "genes-predict": Command(
        options="--quiet",
        inputs={"--mirnas": "few_mirnas.fa", "--targets": "transcripts.fa"},
        kinds={"--mirnas": "fasta", "--targets": "fasta"},
        header="mirna_id\tmirna_seq\ttarget_id\tgene_id\t",
        rows=False,
        extra_outputs={
            "--sites": "mirna_id\tmirna_seq\ttarget_id\t",
            "--bed": "",
            "--compare": "reference_id\tform_id\tform_seq\t",
            "--html": '<!DOCTYPE html>\n<html lang="en">\n',
        },
    ),
    "interactions-report": Command(
        options="",
        inputs={"": "typed.tsv"},
        kinds={"": "table"},
        header="# miRNA-target interactions\n",
        empty={"": "no_pairs.tsv"},
        rows=False,
    ),
    "negatives-generate": Command(
        options="",
        inputs={"--transcripts": "transcripts.fa", "": "typed.tsv"},
        kinds={"--transcripts": "fasta", "": "table"},
        header="pair_id\tn_reads\t",
        empty={"": "no_pairs.tsv"},
        extra_outputs={
            "--unmet": "pair_id\tmirna_seq\ttarget_id\treason\tnegatives\n",
            "--audit": "property\tkind\tlearned_from\tpairs\tseen\tauroc\tlow\thigh\tdirection\tverdict\n",
        },
    ),
    "peak-evaluate": Command(
        options="--quiet",
        inputs={"--truth": "truth.bed", "": "peaks.tsv"},
        kinds={"--truth": "bed", "": "peaks"},
        header="mirna_id\ttarget_id\tsite_start\t",
        threads=False,
        rows=False,
    ),
    "peak-narrow": Command(
        options="--threshold 0.4 --background 2 --min-height 0 --quiet",
        inputs={"--model": "network.safetensors", "--mirnas": "few_mirnas.fa", "--targets": "planted.fa"},
        kinds={"--model": "model", "--mirnas": "fasta", "--targets": "fasta"},
        header="mirna_id\tmirna_seq\ttarget_id\t",
        rows=False,
        extra_outputs={"--bed": "", "--score-bedgraph": "", "--attribution-bedgraph": ""},
    ),
    "peak-simulate": Command(
        options="--distances 15 --length 80 --quiet",
        inputs={"--plant-seeds": "few_mirnas.fa"},
        kinds={"--plant-seeds": "fasta"},
        header=">",
        threads=False,
        rows=False,
        extra_outputs={"--bed": ""},
    ),
    "sites-compare": Command(
        options="--contrast A B --quiet",
        inputs={"--samples": "condition_samples.tsv", "": "condition_sites.tsv"},
        kinds={"--samples": "sheet", "": "sites"},
        header="site_id\tmirna_id\tgene_name\tgene_id\tregion\tbase_mean\tlog2_fold_change\t",
        empty={"": "no_condition_sites.tsv"},
        rows=False,
    ),
    "sites-merge": Command(
        options="--sample one --quiet",
        inputs={"": "typed.tsv"},
        kinds={"": "table"},
        header="site_id\tmirna_id\t",
        empty={"": "no_pairs.tsv"},
        many=True,
        rows=False,
        extra_outputs={
            "--pairs": "pair_id\tsite_id\tn_reads\n",
            "--bed": BED_TRACK,
        },
    ),
    "table-join": Command(
        options="--min-reads 2 --quiet",
        inputs={"": "pairs.tsv"},
        kinds={"": "table"},
        header="pair_id\tn_reads\t",
        empty={"": "no_pairs.tsv"},
        threads=False,
        many=True,
    ),
    "dmiso-predict": Command(
        options="--quiet",
        inputs={"--model": "model.safetensors", "": "typed.tsv"},
        kinds={"--model": "model", "": "table"},
        header="pair_id\tn_reads\t",
        empty={"": "no_pairs.tsv"},
    ),
    "dmiso-evaluate": Command(
        options="--energy site_mfe --resamples 20 --quiet",
        inputs={"": "labelled.tsv"},
        kinds={"": "table"},
        header="part\tpredictor\t",
        empty={"": "no_labelled.tsv"},
        many=True,
        rows=False,
        extra_outputs={
            "--differences": "part\tpredictor\treference\tfigure\tdifference\tlow\thigh\n",
            "--summary": "# Evaluation of the predictors\n\nNo pairs to evaluate on.\n",
        },
    ),
    "dmiso-interpret": Command(
        options="--min-pairs 2 --n-clusters 2 --quiet",
        inputs={"--model": "model.safetensors", "": "labelled.tsv"},
        kinds={"--model": "model", "": "table"},
        header="sequence\tpairs\t",
        empty={"": "no_pairs.tsv"},
        rows=False,
        extra_outputs={
            "--clusters": (
                "mirna_id\tcluster\tpairs\ttargets\tsilhouette\tstrongest_start\tstrongest_change\tprofile\n"
            ),
            "--shared-targets": (
                "cluster\tmirnas\tpairs\ttargets\tshared_targets\tmean_overlap\trandom_overlap\tp_value\t"
                "mirna_ids\n"
            ),
            "--common-targets": "cluster\ttarget_id\tmirnas\tmirna_ids\n",
            "--motifs": (
                "MEME version 4\n\nALPHABET= ACGT\n\nstrands: +\n\nBackground letter frequencies\n"
                "A 0.250000 C 0.250000 G 0.250000 T 0.250000\n"
            ),
        },
    ),
    "dmiso-train": Command(
        options="--epochs 1 --patience 0 --hold-out 0.2 --group none --quiet -m trained.safetensors",
        inputs={"": "labelled.tsv"},
        kinds={"": "table"},
        header="model\t",
        heavy=True,
        rows=False,
        extra_outputs={"--history": "part\tepoch\t", "--metrics": "{", "--scores": "pair_id\tn_reads\t"},
    ),
}
#: every output of a good run, by its option
OUTPUTS = {
    name: {"-o": "out", "--json": "out.json"} | {option: f"out{option}" for option in command.extra_outputs}
    for name, command in COMMANDS.items()
}
OUTPUTS["interactions-report"]["--figure"] = "out.svg"
OUTPUTS["chimera-parse"]["--plot"] = OUTPUTS["chimera-check"]["--plot"] = "out.svg"
TABLE_COMMANDS = [name for name, command in COMMANDS.items() if command.kinds.get("") == "table"]


def line_with_outputs(name: str, **changed: str) -> list[str]:
    """Return the arguments of the good run with all its outputs; ``changed`` as for ``Command.line``."""
    outputs = [word for option, path in OUTPUTS[name].items() for word in (option, path)]
    return [*COMMANDS[name].line(**changed), *outputs]


def digests(name: str, folder: str = ".") -> dict[str, str]:
    """Return the SHA-256 of every existing output of that run."""
    found = {}
    for output in (*OUTPUTS[name].values(), "trained.safetensors"):
        path = Path(folder, output)
        if path.exists():
            found[output] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def refusal(work) -> str:
    """Return the message of the InputError that ``work`` raises, or ``""``"""
    try:
        work()
    except InputError as error:
        return str(error)
    return ""


class Done(NamedTuple):
    """How a command ended."""

    status: int
    out: bytes
    err: str


def main_of(name: str):
    """Return the function that the console script of a command calls."""
    return importlib.import_module(f"tools.{name.replace('-', '_')}").main


def run(name: str, arguments, stdin: bytes = b"") -> Done:
    """Run a command in this process."""
    before = sys.stdin, sys.stdout, sys.stderr
    out, err = io.BytesIO(), io.StringIO()
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin)))
    sys.stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    sys.stderr = err
    try:
        status = main_of(name)(list(arguments))
        sys.stdout.flush()
        return Done(status, out.getvalue(), err.getvalue())
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


def process_line(name: str) -> list[str]:
    """Return the beginning of the command line that runs a command as a separate process."""
    module = name.replace("-", "_")
    return [sys.executable, "-c", f"import sys; from mirtools.commands import {module}; sys.exit({module}())"]


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of such a process."""
    return os.environ | {"PYTHONPATH": str(ROOT)} | changes


def start(name: str, arguments, **options) -> subprocess.Popen:
    """Start a command as a separate process."""
    options.setdefault("env", environment())
    return subprocess.Popen([*process_line(name), *arguments], **options)


def run_process(name: str, arguments, stdin: bytes = b"", **options) -> Done:
    """Run a command as a separate process."""
    options.setdefault("env", environment())
    done = subprocess.run([*process_line(name), *arguments], input=stdin, capture_output=True, **options)
    return Done(done.returncode, done.stdout, done.stderr.decode())
