"""Further outputs of chimera-parse: .hyb, BED on both coordinates, statistics, MultiQC, figure."""

import gzip
import json
from collections import Counter

import pytest
from commands import TEST_DATA, run

FASTA = TEST_DATA / "transcripts.fa.gz"
LINE = f"--mirnas {TEST_DATA}/mirnas.fa --transcripts {FASTA} --adapter TGGAATTCTCGGGTGCCAAGG --quiet".split()
READS = str(TEST_DATA / "tiny_reads.fastq.gz")


def table(text):
    header, *lines = [line.split("\t") for line in text.split("\n")[:-1]]
    return [dict(zip(header, line, strict=True)) for line in lines]


def cells(path):
    return [line.split("\t") for line in path.read_text().split("\n")[:-1]]


def transcripts():
    """Return the transcripts by accession."""
    found = {}
    for line in gzip.open(FASTA, "rt").read().splitlines():
        if line.startswith(">"):
            name = line[1:].split("|")[0]
            found[name] = ""
        else:
            found[name] += line
    return found


def genome_of(names):
    """Return a GTF of three exons per transcript, every second on the minus strand, and each base's position."""
    lines, places = [], {}
    for number, (name, sequence) in enumerate(names.items()):
        sizes = [37, 400, len(sequence) - 437]
        strand, chromosome, start = "+-"[number % 2], f"chr{number % 3}", 5000 * number
        exons = []
        for size in sizes if strand == "+" else sizes[::-1]:
            exons.append((start, start + size))
            start += size + 61
        bases = [base for exon in exons for base in range(*exon)]
        places[name] = chromosome, strand, bases if strand == "+" else bases[::-1]
        identifier = f'gene_id "g{number}"; transcript_id "{name}"; gene_name "G{number}";'
        for begin, end in exons:
            lines.append(f"{chromosome}\tx\texon\t{begin + 1}\t{end}\t.\t{strand}\t.\t{identifier}\n")
    return "".join(lines), places


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """A folder with every output of a run with regions from headers, and the table."""
    folder = tmp_path_factory.mktemp("outputs")
    names = {"--hyb": "reads.hyb", "--bed": "sites.bed", "--multiqc": "run", "--json": "report.json"}
    names |= {"--read-report": "fates.tsv", "--plot": "reads.svg", "-o": "pairs.tsv"}
    options = [word for option, name in names.items() for word in (option, str(folder / name))]
    done = run("chimera-parse", [*LINE, *options, READS])
    assert done.status == 0, done.err
    return folder


@pytest.fixture(scope="module")
def truth():
    """The truth of the simulated reads, by name."""
    return {row["read_id"]: row for row in table((TEST_DATA / "tiny_reads.truth.tsv").read_text())}


def test_hyb_lines_are_the_paired_reads(outputs):
    """One line per distinct read with a pair, before the support rule; both parts are at the given coordinates."""
    found = cells(outputs / "reads.hyb")
    fates = table((outputs / "fates.tsv").read_text())
    wanted = [row["read_id"] for row in fates if row["status"] in ("paired", "low_support")]
    assert [line[0] for line in found] == wanted
    rows = {row["pair_id"]: row for row in table((outputs / "pairs.tsv").read_text())}
    pair_of = {row["read_id"]: rows[row["pair_id"]] for row in fates if row["pair_id"] != "."}
    sequences = transcripts()
    alike = []
    for line in found:
        flags = dict(flag.split("=") for flag in line[15].split(";"))
        at = 9 if flags["miRNA_seg"] == "5p" else 3
        start, end, ref_start, ref_end = map(int, line[at + 1 : at + 5])
        pairs = zip(line[1][start - 1 : end], sequences[line[at]][ref_start - 1 : ref_end], strict=False)
        alike += [base == other for base, other in pairs]
        if row := pair_of.get(line[0]):
            mirna_at = 12 - at
            assert (line[mirna_at], line[at]) == (row["mirna_id"], row["target_id"])
            assert (ref_start - 1, ref_end) == (int(row["target_start"]), int(row["target_end"]))
    assert sum(alike) > 0.95 * len(alike)
    copies = sum(int(line[15].split("read_count=")[1].split(";")[0]) for line in found if line[0] in pair_of)
    assert len(pair_of) < copies == sum(int(row["n_copies"]) for row in rows.values())


def test_bed_lines_are_the_rows(outputs):
    rows = table((outputs / "pairs.tsv").read_text())
    wanted = sorted(
        (row["target_id"], int(row["site_start"]), int(row["site_end"]), row["mirna_id"], "+") for row in rows
    )
    found = cells(outputs / "sites.bed")
    assert sorted((line[0], int(line[1]), int(line[2]), line[3], line[5]) for line in found) == wanted
    assert [(line[0], int(line[1]), int(line[2])) for line in found] == [key[:3] for key in wanted]
    assert all((line[9], line[10], line[11]) == ("1", f"{int(line[2]) - int(line[1])},", "0,") for line in found)


def test_bed_on_the_genome_against_every_base(tmp_path):
    sequences = transcripts()
    gtf, places = genome_of(sequences)
    (tmp_path / "a.gtf").write_text(gtf)
    bed, out = tmp_path / "genome.bed", tmp_path / "pairs.tsv"
    line = [*LINE, "--min-reads", "1", "--gtf", f"{tmp_path}/a.gtf", "--bed-genome", str(bed), "-o", str(out)]
    done = run("chimera-parse", [*line, READS])
    assert done.status == 0, done.err
    wanted = Counter()
    numbers = {name: number for number, name in enumerate(sequences)}
    for row in table(out.read_text()):
        chromosome, strand, bases = places[row["target_id"]]
        number = numbers[row["target_id"]]
        assert (row["gene_id"], row["gene_name"], row["region"]) == (f"g{number}", f"G{number}", "noncoding")
        own = bases[int(row["site_start"]) : int(row["site_end"])]
        place = tuple(row[name] for name in ("chrom", "chrom_start", "chrom_end", "strand"))
        assert place == (chromosome, str(min(own)), str(max(own) + 1), strand)
        site = frozenset(bases[int(row["site_start"]) : int(row["site_end"])])
        aligned = bases[max(int(row["target_start"]), int(row["site_start"])) : int(row["target_end"])]
        wanted[chromosome, strand, row["mirna_id"], site, min(aligned), max(aligned) + 1] += 1
    found = Counter()
    split = 0
    for line in cells(bed):
        start = int(line[1])
        sizes, starts = (list(map(int, line[column].rstrip(",").split(","))) for column in (10, 11))
        assert len(sizes) == len(starts) == int(line[9])
        split += len(sizes) > 1
        assert start + starts[-1] + sizes[-1] == int(line[2])
        blocks = zip(starts, sizes, strict=True)
        site = frozenset(base for first, size in blocks for base in range(start + first, start + first + size))
        found[line[0], line[5], line[3], site, int(line[6]), int(line[7])] += 1
    assert found == wanted
    assert split > 3


def test_genes_and_regions_by_header_table_and_annotation(tmp_path):
    """Headers of GENCODE name both; a table of genes comes first; without either there are dots."""
    rows = table(run("chimera-parse", [*LINE, "--min-reads", "1", READS]).out.decode())
    headers = {line.split("|")[0][1:]: line.split("|") for line in gzip.open(FASTA, "rt") if line[0] == ">"}
    spans = [line.split("\t") for line in (TEST_DATA / "transcripts.regions.tsv").read_text().splitlines()[1:]]
    cds = {name.split("|")[0]: (int(start), int(end)) for name, start, end in spans}
    for row in rows:
        fields, (start, end) = headers[row["target_id"]], cds[row["target_id"]]
        assert (row["gene_id"], row["gene_name"]) == (fields[1], fields[5])
        middle = (int(row["site_start"]) + int(row["site_end"])) // 2
        assert row["region"] == ("5'UTR" if middle < start else "CDS" if middle < end else "3'UTR")
    assert {row["region"] for row in rows} == {"5'UTR", "CDS", "3'UTR"}
    target = rows[0]["target_id"]
    (tmp_path / "genes.tsv").write_text(
        f"target_id\tgene_id\tgene_name\n{'|'.join(headers[target])[1:].strip()}\tx\ty\n"
    )
    found = table(
        run("chimera-parse", [*LINE, "--genes", f"{tmp_path}/genes.tsv", "--min-reads", "1", READS]).out.decode()
    )
    for row, before in zip(found, rows, strict=True):
        own = {"gene_id": "x", "gene_name": "y"} if row["target_id"] == target else {}
        assert row == before | own
    bare = tmp_path / "bare.fa"
    bare.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in transcripts().items()))
    line = [*LINE[:2], "--transcripts", str(bare), *LINE[4:], "--min-reads", "1"]
    found = table(run("chimera-parse", [*line, READS]).out.decode())
    assert [row["pair_id"] for row in found] == [row["pair_id"] for row in rows]
    assert {(row["gene_id"], row["gene_name"], row["region"]) for row in found} == {(".", ".", ".")}


def test_a_table_of_other_genes_is_refused(tmp_path):
    (tmp_path / "genes.tsv").write_text("target_id\tgene_id\nother\tG\n")
    done = run("chimera-parse", [*LINE, "--genes", f"{tmp_path}/genes.tsv", READS])
    assert (done.status, done.out) == (1, b"")
    assert "genes.tsv: describes none of the transcripts of the FASTA file" in done.err
    assert done.err.count("\n") == 1


def test_transcripts_that_are_not_on_the_genome_are_counted(tmp_path):
    """One that is missing from the GTF, and one that is longer in it."""
    sequences = transcripts()
    gtf, _ = genome_of(sequences)
    first, second = list(sequences)[:2]
    lines = [line for line in gtf.splitlines(keepends=True) if first not in line]
    chromosome, *_, identifier = next(line for line in lines if second in line).split("\t")
    lines.append(f"{chromosome}\tx\texon\t900001\t900009\t.\t-\t.\t{identifier}")
    (tmp_path / "a.gtf").write_text("".join(lines))
    names = ("genome.bed", "pairs.tsv", "report.json")
    bed, out, report = (tmp_path / name for name in names)
    line = [*LINE, "--gtf", f"{tmp_path}/a.gtf", "--bed-genome", bed, "-o", out, "--json", report, READS]
    done = run("chimera-parse", list(map(str, line)))
    assert done.status == 0, done.err
    rows = table(out.read_text())
    missing = {
        name: sum(row["target_id"] == target for row in rows)
        for name, target in (("site_not_in_gtf", first), ("site_other_length", second))
    }
    for row in rows:
        assert (row["chrom"] == row["chrom_start"] == row["strand"] == ".") == (
            row["target_id"] in (first, second)
        )
        assert row["gene_name"].startswith("SYN" if row["target_id"] == first else "G")
    dropped = json.loads(report.read_text())["dropped"]
    assert {name: dropped.get(name, 0) for name in missing} == missing
    assert sum(missing.values()) > 0
    assert len(cells(bed)) == len(rows) - sum(missing.values())


def test_statistics_against_the_other_outputs(outputs, truth):
    report = json.loads((outputs / "report.json").read_text())
    statistics = report["statistics"]
    hyb = cells(outputs / "reads.hyb")
    assert sum(statistics["insert_lengths"].values()) == report["counts"]["distinct_reads"]
    orders = Counter("mirna_first" if "miRNA_seg=5p" in line[15] else "target_first" for line in hyb)
    assert statistics["orders"] == orders
    lengths = Counter()
    for line in hyb:
        at = 9 if "miRNA_seg=5p" in line[15] else 3
        lengths[str(int(line[at + 2]) - int(line[at + 1]) + 1)] += 1
    assert statistics["target_lengths"] == lengths
    for key in ("gaps", "mirna_lengths", "regions"):
        assert sum(statistics[key].values()) == len(hyb)
    for key in ("insert_lengths", "mirna_lengths", "target_lengths", "gaps"):
        assert list(map(int, statistics[key])) == sorted(map(int, statistics[key]))
    # the table has the same reads after the support rule
    for key, column in (("gaps", "gap"), ("orders", "order")):
        left = Counter()
        for row in table((outputs / "pairs.tsv").read_text()):
            left[row[column]] += int(row["n_reads"])
        assert sum(max(0, count - statistics[key][value]) for value, count in left.items()) <= 3
    true_orders = Counter(truth[line[0]]["order"] for line in hyb)
    assert all(abs(count - statistics["orders"][order]) <= 3 for order, count in true_orders.items())


def test_statistics_of_several_samples(tmp_path):
    report = tmp_path / "report.json"
    done = run("chimera-parse", [*LINE, "--sample", "a", "--sample", "b", "--json", str(report), READS, READS])
    assert done.status == 0, done.err
    found = json.loads(report.read_text())
    samples = found["statistics"]["samples"]
    assert list(samples) == ["a", "b"]
    assert samples["a"] == samples["b"]
    for key, count in samples["a"].items():
        assert 2 * count == found["counts"][key]


def test_multiqc_files_contain_the_statistics(outputs):
    statistics = json.loads((outputs / "report.json").read_text())["statistics"]
    files = {path.name: json.loads(path.read_text()) for path in outputs.glob("run_*_mqc.json")}
    names = "fate insert_lengths mirna_lengths target_lengths gaps general regions".split()
    assert set(files) == {f"run_{name}_mqc.json" for name in names}
    (fates,) = files["run_fate_mqc.json"]["data"].values()
    assert sorted(count for count in fates.values() if count) == sorted(statistics["fate"].values())
    for name in ("insert_lengths", "gaps"):
        (counts,) = files[f"run_{name}_mqc.json"]["data"].values()
        assert {str(key): count for key, count in counts.items() if count} == statistics[name]
    assert list(files["run_fate_mqc.json"]["data"]) == ["tiny_reads"]


def test_no_file_of_regions_if_none_are_known(tmp_path):
    text = "".join(f">{name.split('|')[0]}\n{sequence}\n" for name, sequence in transcripts().items())
    (tmp_path / "plain.fa").write_text(text)
    line = [f"{tmp_path}/plain.fa" if word == str(FASTA) else word for word in LINE]
    report = tmp_path / "report.json"
    done = run("chimera-parse", [*line, "--multiqc", f"{tmp_path}/run", "--json", str(report), READS])
    assert done.status == 0, done.err
    assert "regions" not in json.loads(report.read_text())["statistics"]
    assert len(list(tmp_path.glob("run_*_mqc.json"))) == 6


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_figure_is_the_same_bytes_in_every_run(tmp_path, kind):
    figures = [tmp_path / f"{number}.{kind}" for number in range(2)]
    for figure in figures:
        assert run("chimera-parse", [*LINE, "--plot", str(figure), READS]).status == 0
    assert figures[0].read_bytes() == figures[1].read_bytes()
    assert len(figures[0].read_bytes()) > 5000
