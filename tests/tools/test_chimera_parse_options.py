"""Options of chimera-parse: samples, UMIs, lengths, shards, several pairs per read, usage errors."""

import gzip
import itertools
import json
import random
from collections import Counter

import pytest
from commands import TEST_DATA, run

REFERENCES = f"--mirnas {TEST_DATA}/mirnas.fa --transcripts {TEST_DATA}/transcripts.fa.gz".split()
ADAPTER = "TGGAATTCTCGGGTGCCAAGG"
LINE = [*REFERENCES, "--adapter", ADAPTER, "--quiet"]
READS = str(TEST_DATA / "tiny_reads.fastq.gz")


def table(text):
    """Return a table as a list of dictionaries."""
    header, *lines = [line.split("\t") for line in text.split("\n")[:-1]]
    return [dict(zip(header, line, strict=True)) for line in lines]


def parse(*options, reads=(READS,), name="chimera-parse", line=LINE):
    done = run(name, [*line, *map(str, options), *map(str, reads)])
    assert done.status == 0, done.err
    return done.out.decode()


def records(path=READS):
    """Return reads as lists of four lines."""
    lines = gzip.open(path, "rt").read().splitlines()
    return [lines[at : at + 4] for at in range(0, len(lines), 4)]


def write(path, reads):
    path.write_text("".join(line + "\n" for read in reads for line in read))
    return str(path)


# ---- samples --------------------------------------------------------------------------------------------------


def test_samples_are_counted_separately(tmp_path):
    """Each column has the counts of a run on only its file; a read of both samples is two reads."""
    reads = records()
    parts = [write(tmp_path / "a.fq", reads[:120]), write(tmp_path / "b.fastq", reads[90:])]
    report = tmp_path / "report.json"
    both = table(parse("--min-reads", 1, "--json", report, reads=parts))
    alone = [{row["pair_id"]: row for row in table(parse("--min-reads", 1, reads=[part]))} for part in parts]
    assert {row["pair_id"] for row in both} == {*alone[0], *alone[1]}
    shared = 0
    for row in both:
        counts = [found.get(row["pair_id"], {"n_reads": "0", "n_copies": "0"}) for found in alone]
        assert [row["n_reads:a"], row["n_reads:b"]] == [count["n_reads"] for count in counts]
        for column in ("n_reads", "n_copies"):
            assert int(row[column]) == sum(int(count[column]) for count in counts)
        shared += row["n_reads:a"] != "0" != row["n_reads:b"]
    assert shared > 10
    samples = json.loads(report.read_text())["statistics"]["samples"]
    assert [samples[name]["reads"] for name in "ab"] == [120, len(reads) - 90]
    paired = [sum(int(row[f"n_reads:{name}"]) for row in both) for name in "ab"]
    assert [samples[name]["paired_reads"] for name in "ab"] == paired


def test_names_of_samples(tmp_path):
    parts = [write(tmp_path / f"{name}.fq", records()[:40]) for name in "ab"]
    header = parse("--sample", "liver 1", "--sample", "brain", reads=parts).split("\n")[0].split("\t")
    assert header[-2:] == ["n_reads:liver 1", "n_reads:brain"]


def test_a_sample_alone_keeps_its_name(tmp_path):
    part = write(tmp_path / "liver.fq", records()[:60])
    for options, name in (([], "liver"), (["--sample", "only"], "only")):
        rows = table(parse("--min-reads", 1, *options, reads=[part]))
        assert [column for column in rows[0] if column.startswith("n_reads:")] == [f"n_reads:{name}"]
        assert [row[f"n_reads:{name}"] for row in rows] == [row["n_reads"] for row in rows]


# ---- UMIs and lengths -----------------------------------------------------------------------------------------


def molecules(umis):
    """Return trimmed reads, each several times: (name, UMI, bases, qualities)."""
    reads = [read for read in records() if read[1].find(ADAPTER[:12]) > 30][:40]
    chance = random.Random(4)
    found = []
    for number, (name, bases, _, qualities) in enumerate(reads):
        end = bases.index(ADAPTER[:12])
        for umi in chance.choices(umis, k=1 + number % 4):
            found.append((f"{name.split()[0]}.{len(found)}", umi, bases[:end], qualities[:end]))
    return found


@pytest.mark.parametrize("position", ["5p", "3p", "name"])
def test_umis_distinguish_molecules(tmp_path, position):
    found = molecules(["ACGTA", "TTTTT", "ACGTC"])
    reads = {
        "5p": [[n, u + b + ADAPTER, "+", "I" * 5 + q + "I" * 21] for n, u, b, q in found],
        "3p": [[n, b + u + ADAPTER, "+", q + "I" * 26] for n, u, b, q in found],
        "name": [[f"{n}_{u} 1:N:0", b + ADAPTER, "+", q + "I" * 21] for n, u, b, q in found],
    }[position]
    plain = [[n, b + ADAPTER, "+", q + "I" * 21] for n, _, b, q in found]
    path, bare = write(tmp_path / "umis.fq", reads), write(tmp_path / "bare.fq", plain)
    rows = table(parse("--min-reads", 1, "--umi-length", 5, "--umi-position", position, reads=[path]))
    fates = tmp_path / "fates.tsv"
    parse("--min-reads", 1, "--read-report", fates, reads=[bare])
    bases_of = {name[1:]: bases for name, _, bases, _ in found}
    pair_of = {bases_of[row["read_id"]]: row["pair_id"] for row in table(fates.read_text())}
    n_copies = Counter(pair_of[bases] for _, _, bases, _ in found)
    n_reads = Counter(pair_of[bases] for bases, _ in {(bases, umi) for _, umi, bases, _ in found})
    for counts in (n_copies, n_reads):
        assert counts.pop(".", 0) < 40  # reads without a pair
    assert len(n_reads) > 10
    assert n_reads.total() < n_copies.total()
    assert {row["pair_id"]: int(row["n_copies"]) for row in rows} == n_copies
    assert {row["pair_id"]: int(row["n_reads"]) for row in rows} == n_reads


@pytest.mark.parametrize("least", [15, 45, 60])
def test_min_length(tmp_path, least):
    report = tmp_path / "report.json"
    parse("--min-length", least, "--json", report)
    found = json.loads(report.read_text())
    lengths = {int(length) for length in found["statistics"]["insert_lengths"]}
    assert min(lengths) >= least
    # every read whose adapter is whole
    short = sum(0 <= read[1].find(ADAPTER) < least for read in records())
    assert found["dropped"]["too_short"] >= short > 0


# ---- shards ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A folder with two samples of the larger set of reads."""
    folder = tmp_path_factory.mktemp("whole")
    reads = records(TEST_DATA / "reads.fastq.gz")[:6000]
    return folder, [
        write(folder / f"{name}.fq", part) for name, part in (("a", reads[:3500]), ("b", reads[3000:]))
    ]


def classified(paths, folder, *options):
    line = ["--mirnas", f"{TEST_DATA}/mirnas.fa", "--quiet", "--min-reads", "3", *options]
    outputs = [word for name in ("gff3", "summary") for word in (f"--{name}", str(folder / name))]
    text = parse(*outputs, reads=paths, name="isomir-classify", line=line)
    return text, (folder / "gff3").read_text(), (folder / "summary").read_text()


@pytest.mark.parametrize("shards", [2, 3, 7])
@pytest.mark.parametrize("ties", [[], ["--ties"]])
def test_joined_shards_equal_the_whole(whole, tmp_path, shards, ties):
    """Promise 7: with the support rule applied afterwards, in any order of the shards."""
    folder, paths = whole
    pairs = folder / f"pairs{len(ties)}.tsv"
    if not pairs.exists():
        parse("--min-reads", 1, *ties, "-o", pairs, reads=paths)
    expected = classified([pairs], tmp_path)
    assert expected[0].count("\n") > 100
    parts = []
    for number in range(1, shards + 1):
        parts.append(tmp_path / f"part{number}.tsv")
        parse("--min-reads", 1, *ties, "--shard", f"{number}/{shards}", "-o", parts[-1], reads=paths)
    sizes = [part.read_text().count("\n") for part in parts]
    assert min(sizes) > 20
    orders = list(itertools.permutations(parts))
    for order in [*random.Random(1).sample(orders, 2), parts, parts[::-1]]:
        assert classified(order, tmp_path) == expected
    joined = tmp_path / "joined.tsv"
    joined.write_text("".join(part.read_text() for part in parts))
    assert classified([joined], tmp_path) == expected


def test_shards_are_a_partition_of_the_reads(whole, tmp_path):
    _, paths = whole
    counts = Counter()
    for number in (1, 2, 3):
        report = tmp_path / "report.json"
        parse("--min-reads", 1, "--shard", f"{number}/3", "--json", report, reads=paths)
        content = json.loads(report.read_text())
        assert content["options"]["shard"] == f"{number}/3"
        counts.update(content["counts"])
    report = tmp_path / "report.json"
    parse("--min-reads", 1, "--json", report, reads=paths)
    expected = json.loads(report.read_text())["counts"]
    for key in ("reads", "duplicate_reads", "distinct_reads", "paired_reads"):
        assert counts[key] == expected[key]


def test_the_first_of_one_shard_is_all():
    assert parse("--shard", "1/1") == parse()


# ---- pairs ----------------------------------------------------------------------------------------------------


def test_top_five(tmp_path):
    """Ranks of a read start at 1; the best pairs are those of a run without --top."""
    reads = write(tmp_path / "reads.fq", records()[:60])
    # every transcript three times, so that there are equal pairs to rank
    text = gzip.open(TEST_DATA / "transcripts.fa.gz", "rt").read()
    copies = text.replace(">", ">copy_") + text.replace(">", ">other_")
    (tmp_path / "t.fa").write_text(text + copies)
    line = [f"{tmp_path}/t.fa" if word.endswith("transcripts.fa.gz") else word for word in LINE]
    best = table(parse("--min-reads", 1, reads=[reads], line=line))
    top = table(parse("--min-reads", 1, "--top", 5, "--ties", reads=[reads], line=line))
    first = [row for row in top if row["rank"] == "1"]
    assert {row["pair_id"] for row in first} == {row["pair_id"] for row in best}
    assert {row["n_best"] for row in first} == {"3"}
    assert {row["rank"] for row in top} >= {"1", "2", "3"}
    assert all(int(row["rank"]) <= 5 for row in top)
    for row in first:
        targets = row["tied_targets"].split(",")
        assert {name.removeprefix("copy_").removeprefix("other_") for name in targets} == {row["target_id"]}
        for other in targets:
            assert (row["mirna_seq"], other) in {(row["mirna_seq"], row["target_id"]) for row in top}


def test_evalue():
    strict = table(parse("--min-reads", 1, "--evalue", "1e-9"))
    assert 0 < len(strict) < len(table(parse("--min-reads", 1)))
    assert all(float(row[key]) <= 1e-9 for row in strict for key in ("mirna_evalue", "target_evalue"))


@pytest.mark.parametrize(("score", "found"), [(15, 1), (16, 1), (17, 0), (30, 0)])
def test_min_score(tmp_path, score, found):
    """16 bases of a miRNA of 22 nt score 16; at most 17, its length minus 5, is required."""
    site = gzip.open(TEST_DATA / "transcripts.fa.gz", "rt").read().split("\n", 2)[1][10:50]
    (tmp_path / "reads.fa").write_text(f">r\nTGAGGTAGTAGGTTGT{site}\n")
    line = [*LINE, "--min-reads", "1", "--min-score", str(score)]
    assert len(table(parse(line=line, reads=[tmp_path / "reads.fa"]))) == found
    (tmp_path / "reads.fa").write_text(f">r\nTGAGGTAGTAGGTTGTA{site}\n")
    assert len(table(parse(line=line, reads=[tmp_path / "reads.fa"]))) == 1


@pytest.mark.parametrize(("gap", "least"), [(0, 50), (1, 100), (8, 120)])
def test_max_gap(gap, least):
    """A gap is counted from the canonical end of the miRNA; a changed end may hide two bases of it."""
    rows = table(parse("--min-reads", 1, "--max-gap", gap))
    assert len(rows) >= least
    assert all(-gap <= int(row["gap"]) <= gap + 2 for row in rows)


def test_collapsed_reads_count_with_their_copies(tmp_path):
    reads = [f">r{n}_x{n % 5 + 1}\n{read[1].split(ADAPTER)[0]}\n" for n, read in enumerate(records())]
    (tmp_path / "reads.fa").write_text("".join(reads))
    report = tmp_path / "report.json"
    line = ["--collapsed", "--min-reads", 1, "--json", report]
    rows = table(parse(*line, reads=[tmp_path / "reads.fa"]))
    plain = table(parse("--min-reads", 1, reads=[tmp_path / "reads.fa"]))
    assert [row["pair_id"] for row in rows] == [row["pair_id"] for row in plain]
    assert [row["n_reads"] for row in rows] == [row["n_reads"] for row in plain]
    assert sum(int(row["n_copies"]) for row in rows) > 2 * sum(int(row["n_copies"]) for row in plain)


# ---- an index -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["native"])
def test_an_index_instead_of_the_fasta_file(tmp_path, engine):
    index = str(tmp_path / "transcripts.index")
    assert run("chimera-index", ["-o", index, f"{TEST_DATA}/transcripts.fa.gz"]).status == 0
    outputs = []
    for transcripts in (f"{TEST_DATA}/transcripts.fa.gz", index):
        line = [transcripts if word.endswith("transcripts.fa.gz") else word for word in LINE]
        names = ("pairs.tsv", "fates.tsv", "reads.hyb", "sites.bed")
        options = zip(("-o", "--read-report", "--hyb", "--bed"), (tmp_path / name for name in names), strict=True)
        parse("--engine", engine, *itertools.chain(*options), line=line)
        outputs.append([(tmp_path / name).read_bytes() for name in names])
    assert outputs[0] == outputs[1]
    assert all(len(output) > 1000 for output in outputs[0])


# ---- usage ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--format hyb --adapter ACGT r.hyb", "--adapter and UMI options would shift the coordinates"),
        ("--umi-length 4 r.hyb.gz", "--adapter and UMI options would shift the coordinates"),
        ("--umi-position name r.hyb", "--adapter and UMI options would shift the coordinates"),
        ("r.hyb r.fq", "READS are .hyb files and others"),
        ("--umi-position 3p r.fq", "--umi-position 3p needs --umi-length"),
        ("--bed-genome g.bed r.fq", "--bed-genome needs --gtf"),
        ("--gtf a.gtf --regions r.tsv r.fq", "not allowed with argument"),
        ("--sample a r.fq q.fq", "1 --sample for 2 READS"),
        ("--sample a --sample a r.fq q.fq", "two samples are named 'a'"),
        ("a/r.fq b/r.fastq.gz", "two samples are named 'r'"),
        ("- -", "standard input is named twice"),
        ("--shard 3/2 r.fq", "'3/2' is not a share"),
        ("--shard 0/2 r.fq", "'0/2' is not a share"),
        ("--plot figure.bmp r.fq", "figure.bmp"),
        ("--top 0 r.fq", "argument --top"),
        ("--min-score 0 r.fq", "argument --min-score"),
        ("--umi-length -1 r.fq", "argument --umi-length"),
        ("--hyb same --bed same r.fq", "named for two outputs"),
    ],
)
def test_usage(tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    done = run("chimera-parse", [*REFERENCES, *options.split()])
    assert done.status == 2
    assert message in done.err
    assert done.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
