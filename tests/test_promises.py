"""The promises that hold for every command: complete outputs, dialects, determinism, names, zero hits."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import random
import re
import shutil
import subprocess
import sys
import time

import fuzzing
import pytest
from attack import mutation
from attack.interruption import SIGNALS, interrupted
from commands import (
    COMMANDS,
    OUTPUTS,
    TABLE_COMMANDS,
    TEST_DATA,
    digests,
    environment,
    line_with_outputs,
    process_line,
    run,
    run_process,
    start,
)

LIGHT = [name for name, command in COMMANDS.items() if not command.heavy]


# ---- promise 2: complete files or none ----------------------------------------------------------------------


def test_commands_stopped_at_any_time_leave_complete_outputs(workplace):
    # more: make attack stops several commands 300 times by each signal
    outcomes = [*interrupted("isomir-classify", SIGNALS, 3, random.Random(1))]
    assert [outcome.problem for outcome in outcomes if outcome.kind == "WRONG"] == []
    assert len(outcomes) == 3 * len(SIGNALS)


# ---- promise 3: full disk, closed pipe ----------------------------------------------------------------------


@pytest.mark.parametrize("name", LIGHT)
@pytest.mark.parametrize("option", ["-o", "--json", ">"])
def test_full_disk(workplace, name, option):
    before = sorted(os.listdir(workplace))
    if option == ">":
        with open("/dev/full", "wb") as full:
            process = start(name, COMMANDS[name].line(), stdout=full, stderr=subprocess.PIPE)
            printed = process.communicate()[1].decode()
            status, place = process.returncode, "<stdout>"
    else:
        line = [*COMMANDS[name].line(), option, "/dev/full"]
        done = run(name, line if option == "-o" else [*line, "-o", "out"])
        status, printed, place = done.status, done.err, "/dev/full"
    assert status == 1
    assert printed.splitlines()[-1] == f"{name}: error: {place}: cannot be written (no space left on device)"
    assert printed.count("\n") == 1
    assert sorted(os.listdir(workplace)) == before


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_full_disk_compressed(workplace, suffix):
    os.symlink("/dev/full", f"full{suffix}")
    line = [*COMMANDS["isomir-classify"].line(), "-o", f"full{suffix}"]
    done = run_process("isomir-classify", line)
    assert done.status == 1
    assert done.err == (f"isomir-classify: error: full{suffix}: cannot be written (no space left on device)\n")


@pytest.mark.parametrize("name", LIGHT)
def test_closed_pipe_is_silent(workplace, name):
    reading, writing = os.pipe()
    os.close(reading)
    process = start(name, [*COMMANDS[name].line(), "--quiet"], stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert process.communicate()[1] == b""
    assert process.returncode == 141


def test_head_of_a_long_output(workplace):
    line = [*process_line("chimera-simulate"), *COMMANDS["chimera-simulate"].line(), "--reads", "2000", "--quiet"]
    script = '"$@" | head -1; echo "${PIPESTATUS[0]}"'
    done = subprocess.run(
        ["bash", "-c", script, "bash", *line], capture_output=True, env=environment(), check=True
    )
    assert done.stdout == b"@sim1_000001\n141\n"
    assert done.stderr == b""


def test_help_into_a_closed_pipe_is_silent():
    reading, writing = os.pipe()
    os.close(reading)
    process = start("isomir-classify", ["--help"], stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert process.communicate()[1] == b""


@pytest.mark.parametrize(
    ("closed", "status", "printed"),
    [
        ("<&-", 0, ""),
        (">&-", 1, "isomir-classify: error: <stdout>: is closed; name a file with -o\n"),
        ("2>&-", 0, ""),
        ("2>/dev/full", 0, ""),
        ("-o out >&-", 0, ""),
        ("-o out <&- >&- 2>&-", 0, ""),
    ],
)
def test_closed_standard_streams(workplace, closed, status, printed):
    line = [*process_line("isomir-classify"), *COMMANDS["isomir-classify"].line()]
    quiet = [] if "2>" in closed else ["--quiet"]
    done = subprocess.run(
        ["bash", "-c", f'"$@" {closed}', "bash", *line, *quiet], capture_output=True, env=environment()
    )
    assert (done.returncode, done.stderr.decode()) == (status, printed)
    if "-o" in closed:
        assert os.path.getsize("out") > 1000
    elif status == 0:
        assert done.stdout.startswith(b"pair_id\t")


def test_closed_standard_input_that_is_needed(workplace):
    for arguments in (["-"], []):
        line = [*process_line("dmiso-predict"), "--quiet", "--model", "model.safetensors", *arguments]
        done = subprocess.run(["bash", "-c", '"$@" <&-', "bash", *line], capture_output=True, env=environment())
        assert done.returncode in (1, 2)
        assert done.stderr.count(b"\n") == 1
        assert b"internal error" not in done.stderr


# ---- outputs that are not files -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", LIGHT)
def test_devices_and_pipes_as_outputs(workplace, name):
    plain = run(name, COMMANDS[name].line())
    done = run_process(name, [*COMMANDS[name].line(), "-o", "/dev/stdout"])
    assert (done.status, done.out) == (0, plain.out)
    options = [
        word for option in ("-o", *COMMANDS[name].extra_outputs, "--json") for word in (option, "/dev/null")
    ]
    done = run(name, [*COMMANDS[name].line(), *options])
    assert (done.status, done.out) == (0, b"")
    script = '"$@" -o >(cat >copy; touch done)'
    subprocess.run(
        ["bash", "-c", script, "bash", *process_line(name), *COMMANDS[name].line()],
        env=environment(),
        check=True,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 10
    while not os.path.exists("done") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (workplace / "copy").read_bytes() == plain.out


# ---- promise 4: readers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", fuzzing.READERS, ids=lambda reader: reader.__name__)
def test_good_inputs_are_read(reader):
    for data in fuzzing.READERS[reader]:
        assert fuzzing.try_case(reader, data) == ("read", None)


def test_readers_raise_only_errors_of_mirtools():
    # 2,000,000 cases: python benchmarks/fuzz_readers.py
    result = fuzzing.fuzz(8_000, seed=8_000)
    assert not result.findings, "\n".join(map(str, result.findings))
    readers = {reader.__name__ for reader in fuzzing.READERS}
    assert set(result.outcomes) == {(name, outcome) for name in readers for outcome in ("read", "refused")}


def test_damage_at_every_byte_of_a_compressed_file_is_reported():
    # every change of every byte: python benchmarks/fuzz_readers.py
    outcomes = {outcome for _, outcome in fuzzing.damaged_archives((0x01, 0x80))}
    assert outcomes == {"read", "refused"}


def test_commands_on_damaged_files(tmp_path, monkeypatch):
    # 5,000 files: make attack
    mutation.make_inputs(tmp_path)
    monkeypatch.chdir(tmp_path)
    mutation.without_training(monkeypatch.setattr)
    cases = [mutation.attempt(number, seed=1) for number in range(6 * len(mutation.LINES))]
    assert [case.problem for case in cases if case.problem] == []
    assert {case.kind for case in cases} == {"read", "refused"}


# ---- promise 5: dialects ------------------------------------------------------------------------------------


def zstandard(data: bytes) -> bytes:
    import io

    from xopen import xopen

    packed = io.BytesIO()
    with xopen(packed, "wb", format="zst", threads=0) as stream:
        stream.write(data)
    return packed.getvalue()


def on_sequences(change):
    """Return a function that changes the sequence lines of FASTA or FASTQ, or the sequence cells of a table."""

    def changed(data: bytes) -> bytes:
        lines = data.decode().splitlines()
        if lines[0].startswith((">", "@")):
            step = 4 if lines[0].startswith("@") else 0
            for number, line in enumerate(lines):
                if (number % step == 1) if step else not line.startswith(">"):
                    lines[number] = change(line)
        else:
            header = lines[0].split("\t")
            at = [header.index(name) for name in ("mirna_seq", "site_seq")]
            for number, line in enumerate(lines[1:], 1):
                cells = line.split("\t")
                for place in at:
                    cells[place] = change(cells[place])
                lines[number] = "\t".join(cells)
        return "".join(line + "\n" for line in lines).encode()

    return changed


def wrapped(data: bytes) -> bytes:
    lines = []
    for line in data.decode().splitlines():
        lines += [line] if line.startswith(">") else [line[at : at + 7] for at in range(0, len(line), 7)]
    return "\n\n".join(lines).encode()


EVERYWHERE = {
    "crlf": lambda data: data.replace(b"\n", b"\r\n"),
    "bom": lambda data: b"\xef\xbb\xbf" + data,
    "no-final-newline": lambda data: data.rstrip(b"\n"),
    "lower-case": on_sequences(str.lower),
    "rna": on_sequences(lambda sequence: sequence.replace("T", "U")),
    "dna": on_sequences(lambda sequence: sequence.replace("U", "T")),
    "mixed": on_sequences(lambda sequence: sequence[:9].lower().replace("t", "u") + sequence[9:]),
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard,
    "bom-crlf-gz": lambda data: gzip.compress(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")),
    "two-gz-members": lambda data: gzip.compress(data[:500]) + gzip.compress(data[500:]),
    "stdin": lambda data: data,
    "stdin-gz": gzip.compress,
    "stdin-zst": zstandard,
    "fifo": lambda data: data,
    "plain-named-gz": lambda data: data,
    "named-as-something-else": lambda data: data,
}
ONLY = {"fasta": {"wrapped": wrapped}, "table": {"blank-lines": lambda data: data.replace(b"\n", b"\n\n")}}
NAMES = {"plain-named-gz": "input.gz", "bz2": "input.gz", "gz": "input.txt", "named-as-something-else": "input.fq"}
DIALECTS = [
    (name, option, dialect)
    for name in LIGHT
    for option, kind in COMMANDS[name].kinds.items()
    if kind not in ("model", "bed")
    for dialect in (*EVERYWHERE, *ONLY.get(kind, {}))
    # tables without sequences
    if kind not in ("sites", "sheet") or dialect not in ("lower-case", "rna", "dna", "mixed")
    # the transcripts of chimera-parse are slow, and are read like all others
    if (name, option) != ("chimera-parse", "--transcripts") or dialect in ("crlf", "rna", "wrapped", "xz")
]


@pytest.fixture(scope="module")
def plain_output():
    """Outputs of good runs, each made once."""
    return {}


def comparable(output: bytes, name: str) -> bytes:
    """Remove text that is passed on unchanged: the letters of sequences, and labels from file names."""
    if name in ("attrib-compare", "chimera-check"):
        return b"".join(line.partition(b"\t")[2] for line in output.splitlines(keepends=True))
    if name == "chimera-parse":
        return re.sub(rb"n_reads:[^\t\n]+", b"n_reads:", output)
    if name in ("attrib-align", "isomir-classify", "dmiso-predict", "negatives-generate", "binding-classes"):
        return on_sequences(lambda sequence: sequence.upper().replace("U", "T"))(output)
    return output


@pytest.mark.parametrize(("name", "option", "dialect"), DIALECTS)
def test_dialect(workplace, plain_output, name, option, dialect):
    command = COMMANDS[name]
    if name not in plain_output:
        plain_output[name] = run(name, command.line()).out
        assert plain_output[name].startswith(command.header.encode())
    change = EVERYWHERE.get(dialect) or ONLY[command.kinds[option]][dialect]
    content = change((workplace / command.inputs[option]).read_bytes())
    path = NAMES.get(dialect, "input.dat")
    key = option.strip("-").replace("-", "_") or "main"
    if dialect.startswith("stdin"):
        done = run(name, command.line(**{key: "-"}), content)
    elif dialect == "fifo":
        os.mkfifo(path)
        # the first bytes arrive one by one, as from a slow program
        script = 'import sys,time\nd=open(sys.argv[1],"rb").read()\nwith open(sys.argv[2],"wb",0) as f:\n'
        script += " for i in range(8): f.write(d[i:i+1]); time.sleep(.002)\n f.write(d[8:])"
        writer = subprocess.Popen(["python3", "-c", script, command.inputs[option], path])
        done = run(name, command.line(**{key: path}))
        writer.wait()
    else:
        (workplace / path).write_bytes(content)
        done = run(name, command.line(**{key: path}))
    assert done.status == 0, done.err
    assert comparable(done.out, name) == comparable(plain_output[name], name)


def test_iupac_codes_are_n(workplace):
    lines = (workplace / "transcripts.fa").read_text().splitlines(keepends=True)[:40]
    outputs = []
    for code in "NRYSWKMBDHVnryswkmbdhv":
        (workplace / "coded.fa").write_text("".join(lines).replace("ACGT", f"AC{code}T"))
        arguments = ["--model", "model.safetensors", "--mirnas", "coded.fa", "--targets", "coded.fa"]
        outputs.append(run("dmiso-predict", [*arguments, "--stride", "60"]))
        assert outputs[-1] == outputs[0]
    assert outputs[0].status == 0
    assert outputs[0].out.count(b"N") > 3


def test_other_names_of_columns_and_the_dmiso_format(workplace):
    lines = (workplace / "typed.tsv").read_text().splitlines()
    header = lines[0].split("\t")
    rows = [dict(zip(header, line.split("\t"), strict=True)) for line in lines[1:]]
    scores = {}
    for columns in (("mirna_seq", "site_seq"), ("miRNA", "gene"), ("noncodingRNA", "target"), ()):
        text = "\t".join(columns) + "\n" if columns else ""
        before = [] if columns else ["mirna_id", "target_id"]
        for row in rows:
            text += "\t".join(row[name] for name in (*before, "mirna_seq", "site_seq")) + "\n"
        (workplace / "named.tsv").write_text(text)
        options = [] if columns else ["--format", "dmiso"]
        done = run("dmiso-predict", [*COMMANDS["dmiso-predict"].line(main="named.tsv"), *options])
        scores[columns] = [line.split("\t")[-2:] for line in done.out.decode().splitlines()[1:]]
    assert len(set(map(str, scores.values()))) == 1
    assert len(scores[()]) == len(rows)


# ---- promise 6: determinism ---------------------------------------------------------------------------------


def reference_digests(name: str, runs) -> None:
    """Run a command in every given way; all outputs must be the same bytes."""
    expected = None
    for number, (threads, hash_seed) in enumerate(runs):
        os.makedirs(f"run{number}")
        line = line_with_outputs(name)
        if COMMANDS[name].threads:
            line += ["--threads", str(threads)]
        line = [f"../{word}" if word in COMMANDS[name].inputs.values() else word for word in line]
        done = run_process(name, line, cwd=f"run{number}", env=environment(PYTHONHASHSEED=hash_seed))
        assert done.status == 0, done.err
        found = digests(name, f"run{number}")
        assert len(found) >= len(OUTPUTS[name])
        expected = expected or found
        assert found == expected, (threads, hash_seed)


# chimera-parse with all its outputs: below
@pytest.mark.parametrize("name", [name for name in LIGHT if name != "chimera-parse"])
def test_same_bytes(workplace, name):
    if name == "dmiso-predict":
        lines = (workplace / "typed.tsv").read_text().splitlines(keepends=True)
        (workplace / "typed.tsv").unlink()
        (workplace / "typed.tsv").write_text(lines[0] + "".join(lines[1:]) * 50)
    reference_digests(name, [(1, "0"), (8, "4321")])


def _gtf_of(fasta) -> str:
    """Return a GTF that places the transcripts of a FASTA file one after the other, two exons each."""
    lines, start = [], 0
    for record in fasta.read_text().split(">")[1:]:
        header, *sequence = record.splitlines()
        end = start + sum(map(len, sequence)) + 99
        for exon in ((start, start + 60), (start + 159, end)):
            name = header.split("|")[0]
            lines.append(f'c\tx\texon\t{exon[0] + 1}\t{exon[1]}\t.\t-\t.\ttranscript_id "{name}";\n')
        start = end + 1000
    return "".join(lines)


@pytest.mark.parametrize("engine", ["native", "blast"])
def test_every_output_of_chimera_parse_is_the_same_bytes(workplace, engine):
    if engine == "blast" and shutil.which("blastn") is None:
        pytest.skip("NCBI BLAST+ is not installed")
    (workplace / "a.gtf").write_text(_gtf_of(workplace / "transcripts.fa"))
    os.symlink("reads.fastq", "second.fastq")
    expected = None
    # BLAST is slow and gets few reads
    reads = str(TEST_DATA / "reads.fastq.gz") if engine == "native" else "../reads.fastq"
    for threads, hash_seed in ((1, "0"), (8, "4321")):
        place = workplace / f"run{threads}"
        place.mkdir()
        names = {"--bed-genome": "g.bed", "--multiqc": "run", "--plot": "out.png", "--bed": "t.bed"}
        names |= {"-o": "out", "--hyb": "out.hyb", "--read-report": "fates", "--json": "out.json"}
        line = f"--engine {engine} --threads {threads} --ties --top 3 --gtf ../a.gtf --min-reads 2".split()
        line += "--mirnas ../mirnas.fa --transcripts ../transcripts.fa --adapter TGGAATTCTCGGGTGCCAAGG".split()
        line += [word for pair in names.items() for word in pair] + [reads, "../second.fastq"]
        done = run_process("chimera-parse", line, cwd=place, env=environment(PYTHONHASHSEED=hash_seed))
        assert done.status == 0, done.err
        found = {path.name: path.read_bytes() for path in place.iterdir()}
        assert len(found) == 7 + 7  # the files for MultiQC are seven
        assert all(found.values())
        expected = expected or found
        assert [name for name in found if found[name] != expected.get(name)] == []


def test_same_bytes_over_many_small_batches(workplace, monkeypatch):
    outputs = set()
    for size, threads in ((4000, 1), (7, 1), (7, 3), (16, 8)):
        monkeypatch.setattr("mirtools.chimera.native.NativeEngine.batch_size", size)
        outputs.add(run("chimera-parse", [*COMMANDS["chimera-parse"].line(), "--threads", str(threads)]).out)
    assert len(outputs) == 1


# ---- promise 19: memory -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_memory_of_chimera_parse_does_not_grow_with_the_reads(workplace):
    """Distinct reads, one in ten a chimera; twenty million of them: ``benchmarks/chimera_speed.py``."""
    good = (workplace / "reads.fastq").read_text().splitlines()[1::4]
    chance = random.Random(19)
    script = "import sys; from tools.chimera_parse import main; status = main(); "
    script += (
        "print(next(line for line in open('/proc/self/status') if 'VmHWM' in line).split()[1]); sys.exit(status)"
    )
    peaks = []
    for count in (50_000, 200_000):
        with open("many.fasta", "w") as stream:
            for number in range(count):
                tail = "".join(chance.choices("ACGT", k=20))
                bases = chance.choice(good)[:50] if number % 10 == 0 else "".join(chance.choices("ACGT", k=40))
                stream.write(f">r{number}\n{bases}{tail}\n")
        line = ["--mirnas", "mirnas.fa", "--transcripts", "transcripts.fa", "--quiet", "-o", "out", "many.fasta"]
        done = subprocess.run([sys.executable, "-c", script, *line], capture_output=True, env=environment())
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stdout) / 1000)
    assert peaks[1] < 400
    assert peaks[1] < 1.3 * peaks[0]


# ---- promise 20: zero hits ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in COMMANDS if COMMANDS[name].empty])
def test_empty_inputs_give_empty_outputs(workplace, name):
    command = COMMANDS[name]
    done = run(name, line_with_outputs(name, main=command.empty[""]))
    assert done.status == 0, done.err
    assert done.out == b""
    assert "error" not in done.err
    output = (workplace / "out").read_text()
    assert output.startswith(command.header)
    if name not in ("interactions-report", "chimera-check"):
        assert output.count("\n") == 1
    for option, header in command.extra_outputs.items():
        assert (workplace / f"out{option}").read_text() == header
    report = json.loads((workplace / "out.json").read_text())
    assert report["tool"] == name
    assert {"schema_version", "version", "options", "counts", "dropped"} <= set(report)
    assert not any(report["counts"].values())
    assert len(report["hints"]) == 1


@pytest.mark.parametrize("kind", ["empty", "blank", "gz", "strange"])
def test_reads_without_hits(workplace, kind):
    chance = random.Random(3)
    reads = [f"@r{number}\n{'AC' * 20}\n+\n{'I' * 40}\n" for number in range(5)]
    reads += [f"@q{number}\n{''.join(chance.choices('AC', k=40))}\n+\n{'I' * 40}\n" for number in range(30)]
    content = {"empty": b"", "blank": b"\n", "gz": gzip.compress(b""), "strange": "".join(reads).encode()}[kind]
    (workplace / "reads.dat").write_bytes(content)
    done = run("chimera-parse", line_with_outputs("chimera-parse", main="reads.dat"))
    assert done.status == 0, done.err
    assert (workplace / "out").read_text().count("\n") == 1
    report = json.loads((workplace / "out.json").read_text())
    assert report["counts"].get("pairs", 0) == 0
    if kind == "strange":
        assert report["counts"]["reads"] == 35
        assert sum(report["dropped"].values()) == report["counts"]["distinct_reads"] == 31
        assert (workplace / "out--read-report").read_text().count("\n") == 32


def test_training_on_an_empty_table_is_an_error(workplace):
    (workplace / "none.tsv").write_text("mirna_seq\tsite_seq\tlabel\n")
    done = run("dmiso-train", COMMANDS["dmiso-train"].line(main="none.tsv"))
    assert done.status == 1
    assert done.err == "dmiso-train: error: none.tsv: has no pairs; give labelled pairs to train on\n"


def test_the_whole_chain_on_empty_reads(workplace):
    piped = run("chimera-parse", COMMANDS["chimera-parse"].line(main="no_reads.fastq")).out
    for name in ("isomir-classify", "negatives-generate", "dmiso-predict"):
        done = run(name, COMMANDS[name].line(main="-"), piped)
        assert done.status == 0, done.err
        piped = done.out
        assert piped.count(b"\n") == 1
    assert b"No interactions." in run("interactions-report", ["-"], piped).out


# ---- tables between commands --------------------------------------------------------------------------------


def test_pipes_and_files_give_the_same(workplace):
    piped = run("chimera-parse", COMMANDS["chimera-parse"].line()).out
    for name, result in (("isomir-classify", "typed.tsv"), ("negatives-generate", "labelled.tsv")):
        piped = run(name, COMMANDS[name].line(main="-"), piped).out
        assert piped == (workplace / result).read_bytes()


STRANGE = [
    "=cmd()",
    "100 %",
    "a;b",
    '"quoted',
    "<script>",
    "é 日本",
    "'",
    " ",
    "",
    "-1",
    "\\t",
    "$(id)",
    "`id`",
]


@pytest.mark.parametrize(
    "name",
    [name for name in TABLE_COMMANDS if COMMANDS[name].rows and (COMMANDS[name].threads or "isomir" in name)],
)
@pytest.mark.parametrize("place", [0, 5, None])
def test_unknown_columns_are_kept_in_place(workplace, name, place):
    lines = (workplace / COMMANDS[name].inputs[""]).read_text().splitlines()
    table = [line.split("\t") for line in lines]
    place = len(table[0]) if place is None else place
    for number, row in enumerate(table):
        row[place:place] = (
            ["my column", "number"] if number == 0 else [STRANGE[number % len(STRANGE)], str(number)]
        )
    (workplace / "wide.tsv").write_text("".join("\t".join(row) + "\n" for row in table))
    done = run(name, COMMANDS[name].line(main="wide.tsv"))
    assert done.status == 0, done.err
    result = [line.split("\t") for line in done.out.decode().split("\n")[:-1]]
    assert result[0][: len(table[0])] == table[0]
    same = [table[0].index(column) for column in ("target_id", "site_seq", "order", "my column")]
    rows = [row for row in result[1:] if row[place + 1] != "."]
    assert len(rows) > 10
    for row in rows:
        assert len(row) == len(result[0])
        assert [row[at] for at in same] == [table[int(row[place + 1])][at] for at in same]


def test_a_second_run_replaces_its_own_columns(workplace):
    (workplace / "once.tsv").write_bytes(run("dmiso-predict", COMMANDS["dmiso-predict"].line()).out)
    twice = run("dmiso-predict", COMMANDS["dmiso-predict"].line(main="once.tsv"))
    assert twice.out == (workplace / "once.tsv").read_bytes()
    again = run("isomir-classify", COMMANDS["isomir-classify"].line(main="typed.tsv"))
    assert again.out.splitlines()[0] == (workplace / "typed.tsv").read_bytes().splitlines()[0]


# ---- promise 18: names do not change ------------------------------------------------------------------------

NASTY = [
    "<script>alert(1)</script>",
    "=cmd()|'/C'!A0",
    "100%s%n",
    "a;b=c,d",
    "\"'`$(id)`",
    "../../etc/passwd",
    "-rf",
    "\\",
]


def test_names_do_not_change(workplace):
    names: dict[str, list[str]] = {}
    for path in ("mirnas.fa", "transcripts.fa", "reads.fastq"):
        number = 0
        lines = (workplace / path).read_text().splitlines()
        for at, line in enumerate(lines):
            if at % 4 == 0 if path == "reads.fastq" else line.startswith(">"):
                new = f"{NASTY[number % len(NASTY)]}#{number}"
                names.setdefault(path, []).append(new)
                regions = "" if "|" not in line else " " + line
                lines[at] = line[0] + new + regions
                number += 1
        (workplace / path).unlink()
        (workplace / path).write_text("\n".join(lines) + "\n")
    line = [*COMMANDS["chimera-parse"].line(), "-o", "p.tsv", "--read-report", "rr.tsv", "--json", "p.json"]
    line += ["--hyb", "p.hyb", "--bed", "p.bed", "--multiqc", "p", "--plot", "p.svg"]
    assert run("chimera-parse", line).status == 0
    for path, columns in (("p.hyb", {16}), ("p.bed", {12})):
        lines = [line.split("\t") for line in (workplace / path).read_text().split("\n")[:-1]]
        assert {len(line) for line in lines} == columns
        assert not [line for line in lines if line[0].startswith("#")]
    assert {line.split("\t")[3] for line in (workplace / "p.hyb").read_text().splitlines()} & {*names["mirnas.fa"]}
    (workplace / "pairs.tsv").unlink()
    (workplace / "typed.tsv").unlink()
    os.rename("p.tsv", "pairs.tsv")
    assert run("isomir-classify", [*COMMANDS["isomir-classify"].line(), "-o", "typed.tsv"]).status == 0
    line = [*COMMANDS["negatives-generate"].line(), "-o", "labelled.tsv2", "--unmet", "unmet.tsv"]
    assert run("negatives-generate", line).status == 0
    line = [*COMMANDS["dmiso-predict"].line(), "-o", "scored.tsv", "--json", "s.json"]
    assert run("dmiso-predict", line).status == 0
    line = ["scored.tsv", "--run-report", "p.json", "--run-report", "s.json", "-o", "s.md", "--figure", "s.svg"]
    assert run("interactions-report", line).status == 0

    for path in ("pairs.tsv", "typed.tsv", "labelled.tsv2", "scored.tsv"):
        rows = [line.split("\t") for line in (workplace / path).read_text().split("\n")[:-1]]
        assert {len(row) for row in rows} == {len(rows[0])}
        for column, source in (("mirna_id", "mirnas.fa"), ("target_id", "transcripts.fa")):
            found = {row[rows[0].index(column)] for row in rows[1:]} - {"."}
            assert found <= set(names[source])
            assert len(found) > 5
    reads = [line.split("\t")[0] for line in (workplace / "rr.tsv").read_text().splitlines()[1:]]
    assert set(reads) <= set(names["reads.fastq"])
    for path in ("s.md", "s.svg"):
        assert "<script>" not in (workplace / path).read_text()
    assert re.fullmatch(r"s\.(md|svg)", "s.md")


def test_file_names_do_not_change_in_the_report(workplace):
    strange = b"na\xffme <b>;%s.tsv".decode("utf-8", "surrogateescape")
    os.rename("typed.tsv", strange)
    done = run("dmiso-predict", [*COMMANDS["dmiso-predict"].line(main=strange), "-o", "o.tsv", "--json", "o.json"])
    assert done.status == 0, done.err
    assert json.loads((workplace / "o.json").read_text())["options"]["pairs"] == strange
    done = run("dmiso-predict", COMMANDS["dmiso-predict"].line(main=strange + "x"))
    assert done.err.startswith("dmiso-predict: error: na?me <b>;%s.tsvx: cannot be read (no such file")
