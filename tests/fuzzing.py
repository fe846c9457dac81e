"""Readers on damaged inputs, in memory: they return valid results or raise errors of mirtools.

Inputs are read from standard input, as a reader's ``-``, so that no file is written. Case ``n`` of a seed is the
same in every run and on every machine; ``benchmarks/fuzz_readers.py`` runs any number of them.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from mirtools.chimera.adapters import Adapters
from mirtools.chimera.batches import pack, read_batches
from mirtools.chimera.engine import SearchReferences
from mirtools.chimera.hyb import read_hyb
from mirtools.chimera.inserts import ReadLayout, inserts_of
from mirtools.chimera.references import References
from mirtools.chimera.umis import UmiLayout
from mirtools.classes.classify import read_classes
from mirtools.comparison.mutagenesis import read_assays
from mirtools.comparison.statistics import Statistics, profile_rows
from mirtools.comparison.tables import Source, compare, read_aligned
from mirtools.errors import MirtoolsError
from mirtools.io.bed import read_sites
from mirtools.io.sequences import Read, Reference, read_reads, read_references
from mirtools.io.tables import TableReader
from mirtools.negatives.table import PositiveReader, read_pairs
from mirtools.report.run_reports import read_reports
from mirtools.report.summary import summarize
from mirtools.scan.evaluate import read_peaks
from mirtools.transcripts.annotation import read_annotation, read_annotation_if_any
from mirtools.transcripts.genes import read_genes
from mirtools.transcripts.names import NameIndex
from mirtools.transcripts.regions import REGIONS, Transcript, transcripts_of

try:
    from compression import zstd  # Python 3.14
except ImportError:
    from backports import zstd  # what xopen uses before

DNA = re.compile("[ACGTN]*")
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda data: gzip.compress(data, mtime=0),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    # with a checksum, as the program zstd writes it
    "zst": lambda data: zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}),
}

# ---- good inputs ----------------------------------------------------------------------------------------------

FASTQ = (
    b"@r1 first\nACGTNACGU\n+\nIIIIIIIII\n@r2\nacgt\n+r2\n!~#I\n@r3_x12\nTTTTGGGGCCCCAAAA\n+\nIIIIIIIIIIIIIIII\n"
)
FASTA = (
    b"# made by hand\n>m1 MIMAT0000001 species\nUGAGGUAGUAGG\nUUGUAUAGUU\n>m2\nACGTRYN\n"
    b">t1|x|UTR5:1-3|CDS:4-9|UTR3:10-12|\nACGTACGTACGT\n"
)
COLLAPSED = (
    b"@r1_x2\nACGTNACGUGGCCCC\n+\nIIIIIIIIIIIIIII\n@r2_7 x\nacgtacgt\n+\n!~#IIIII\n"
    b"@r3_x2\nACGTNACGUGGCCCC\n+\nIIIIIIIIIIIIIII\n@r4:x_1\nTTTTGGGGCCCCAAAA\n+\nIIIIIIIIIIIIIIII\n"
)
UMIS = COLLAPSED.replace(b"_x2", b"_ACG").replace(b"_7", b":TTGA").replace(b"_1\n", b"_acu+A\n")
TABLE = (
    b"pair_id\tn_reads\tn_copies\tmirna_id\tmirna_seq\tmirna_qual\tmirna_unassigned\ttarget_id\ttarget_start\t"
    b"target_end\tsite_start\tsite_end\tsite_seq\torder\tgap\tmirna_evalue\tmirna_bits\ttarget_evalue\ttarget_bits\t"
    b"rank\tn_best\tmirna_class\tisomir_types\tisomir_variant\tisomir_min_qual\tlabel\tscore\tprediction\n"
    b"p1\t12\t13\tmiR-1\tTGGAATGTAAAG\tIIIIIIIIIIII\t0,1\tT1\t2\t9\t2\t12\tGTACGTACGT\tmirna_first\t0\t1e-05\t40.1\t"
    b"1e-9\t60\t1\t1\texact\t.\t.\t.\t1\t0.9\t1\n"
    b"p2\t3\t3\tmiR-2\tACGTACGTACGT\t.\t2,0\tT2\t0\t5\t0\t7\tACGTACG\ttarget_first\t-3\t0.1\t20\t0.2\t19.2\t1\t2\tisomir\t"
    b"SNP,3p_addition\tiso_snv\t31\t0\t.\t.\n"
)
PAIRS = b"miRNA\tgene\tlabel\nTGGAATGTAAAG\tACGTACGTAC\t1\nACGUACGUAC\tacgtnac\t0\n"
DMISO = b"miR-1\tT1\tUGGAAUGUAAAG\tACGTACGTAC\nmiR-2\tT2\tACGTACGTAC\tTTTTTTT\n"
HYB = (
    b"read_1\tTGGAATGTAAAGACGTACGTAC\t-12.3\tmiR-1\t1\t12\t1\t12\t1e-05\tT1\t13\t22\t3\t12\t.\n"
    b"# comment\n"
    b"read_1\tTGGAATGTAAAGACGTACGTAC\t-12.3\tmiR-1\t1\t12\t1\t12\t1e-05\tT1\t13\t16\t1\t4\t.\n"
    b"2_5\tACGTATGGAATGTAAAG\t.\tT2\t1\t5\t1\t5\t0.01\tmiR-1\t6\t17\t1\t12\t3e-4\tcount_total=5;seg1_type=mRNA;\n"
)
GTF = (
    b'#!genome-build X\n1\tx\texon\t11\t20\t.\t+\t.\tgene_id "G"; transcript_id "T1"; \n'
    b'1\tx\texon\t31\t32\t.\t+\t.\tgene_id "G"; transcript_id "T1"; \n'
    b'1\tx\tCDS\t15\t31\t.\t+\t0\ttranscript_id "T1";\n1\tx\tstop_codon\t32\t32\t.\t+\t.\ttranscript_id "T1";\n'
    b'2\tx\texon\t1\t5\t.\t-\t.\ttranscript_id "T2"; transcript_version "3";\n'
)
BED = b"track name=x\n# comment\nT1\t0\t9\tmiR-1\t982\t+\t3\t4\nT%201\t5\t8\t.\nT2 1 3\n"
PEAKS = b"mirna_id\ttarget_id\tsummit\theight\nmiR-1\tT1\t7\t0.25\nmiR-1\tT1\t9\t.\n"
GENE_TABLE = b"target_id\tgene_id\tgene_name\nENST1.2\tENSG1\tFTL\nENST2\tENSG2\t\n"
REGION_TABLE = b"transcript_id\tcds_start\tcds_end\tnote\nT1\t3\t9\tx\nT2.3\t.\t.\ty\n"
GENCODE = b">T1|G|UTR5:1-3|CDS:4-9|UTR3:10-12|\nACGTACGTACGT\n>T2|G|CDS:1-5|\nACGTA\n>T3|lncRNA|\nACG\n"
REPORT = b'{"schema": 1, "tool": "chimera-parse", "counts": {"reads": 5}, "dropped": {"gap": 2}, "x": [1, null]}\n'

ALIGNED = (
    b"mirna_id\tmirna_seq\tsite_seq\tmirna_importance\taligned_target\taligned_mirna\n"
    b"m1\tTGAGGTTTTT\tCCACCTCACC\t0,0.5,1e-3,-0.2,1,0,0,0,0,0\t----CCAC-CTCACC\tTTTT--TGG-AGT--\n"
    b".\tUGAGGUUUUU\tACCTACC\t.\t.\t.\n"
    b"m2\tACGTCCCCCC\tACGTACGT\t1,1,1,1,0,0,0,0,0,0\t----ACGTACGT\tCCCCCCTGCA--\n"
)
CENTRES = (
    b"vectors\tscale\tbinding_class\tclass_name\trows\tcentre\nimportance\trow\t1\tseed\t3\t0,1,0.5\n"
    b"importance\trow\t2\t3p\t1\t0,0,1\nimportance\trow\t.\tno_alignment\t1\t.\ncofold\trow\t1\tseed\t5\t1,0,0\n"
)
ASSAYS = b"mirna_id\tsite_seq\tposition\tvalue\nm1\t.\t1\t0.5\nm1\t.\t2-4\t-1e3\nm2\tACGUACG\t11-20\t0\n"

MIRNAS = [Reference("miR-1", "miR-1", "TGGAATGTAAAG"), Reference("miR-2", "miR-2", "ACGTACGTACGT")]
TARGETS = [
    Reference("T1", "T1", "ACGTACGTACGT"),
    Reference("T2.3", "T2.3", "ACGTACG"),
    Reference("T2", "T2", "ACGTACG"),
]
HYB_REFERENCES = SearchReferences(References.of(MIRNAS), References.of(TARGETS))
_TRANSCRIPTS = [Transcript(each.name, each.header, len(each.sequence)) for each in TARGETS]
_SEQUENCES = {each.name: each.sequence for each in TARGETS}

# ---- readers, with what they promise of what they return -------------------------------------------------------


def reads() -> None:
    """``read_reads``, and the reader into arrays, which must agree with it."""
    data = sys.stdin.buffer.read()
    found: list[Read] = []
    refused = _refusal(data, lambda: found.extend(read_reads("-")))
    for read in found:
        assert DNA.fullmatch(read.sequence)
        assert read.qualities is None or len(read.qualities) == len(read.sequence)
        assert read.name.split() in ([], [read.name])
    packed: list[Read] = []

    def batches() -> None:
        for records in read_batches("-", 2):
            raw = pack(records, "-")
            for number in range(len(records)):
                bases = slice(raw.starts[number], raw.starts[number + 1])
                qualities = None if raw.qualities is None else raw.qualities[bases].tobytes().decode("ascii")
                packed.append(Read(raw.name(number), raw.sequence(number), qualities))

    other = _refusal(data, batches)
    assert str(refused) == str(other)
    assert packed == found[: len(packed)]
    assert refused or len(packed) == len(found)
    if refused:
        raise refused


_LAYOUTS = [
    ReadLayout(min_length=5, copies_in_name=True),
    ReadLayout(Adapters(["GGCCCC", "TTNA"]), min_length=1),
    ReadLayout(umis=UmiLayout("NN"), min_length=3, shares=2),
    ReadLayout(Adapters(["GGCCCC"]), UmiLayout("N", "NXN"), min_length=1),
    ReadLayout(umis=UmiLayout(in_name=True), min_length=1),
]


def inserts() -> None:
    """``inserts_of``: adapters, UMIs, copies in names."""
    data = sys.stdin.buffer.read()
    layouts = _LAYOUTS[:-1] if b"_x" in data else _LAYOUTS[1:]
    layout = layouts[len(data) % len(layouts)]
    with standard_input(data):
        for records in read_batches("-", 3):
            batch, raw, reads, too_short = inserts_of(pack(records, "-"), layout, keep_names=True)
            lengths = np.diff(batch.starts)
            assert len(lengths) == len(batch.names) == len(batch.copies) == len(batch.digests) == len(raw)
            assert batch.starts[-1] == len(batch.bases)
            assert (lengths >= layout.min_length).all()
            assert (batch.copies > 0).all()
            assert len(lengths) + too_short <= reads <= len(records)


def references() -> None:
    """``read_references``, and the regions of GENCODE headers."""
    found = read_references("-")
    assert found
    assert all(DNA.fullmatch(each.sequence) and each.sequence and each.name for each in found)
    assert len({each.name for each in found}) == len(found)
    annotation = read_annotation_if_any(transcripts_of(found), "-")
    if annotation is not None:
        for each in found:
            assert annotation.region_of(each.name, 0, len(each.sequence)) in REGIONS


def table() -> None:
    """``TableReader`` and the cells of its rows."""
    reader = TableReader("-", ["mirna_seq", "site_seq"])
    numbers = [column for column in map(reader.find, ("n_reads", "label")) if column is not None]
    for row in reader:
        assert len(row) == len(reader.columns)
        assert DNA.fullmatch(reader.dna(row, reader.index("mirna_seq")))
        assert all(reader.whole_number(row, column) >= 0 for column in numbers)


def dmiso_pairs() -> None:
    """The headerless layout of ``TableReader``."""
    reader = TableReader("-", ["mirna_seq", "site_seq"], "dmiso")
    for row in reader:
        assert reader.dna(row, 2)


def positives() -> None:
    """Positives of ``negatives-generate``, and pairs by sequence alone."""
    data = sys.stdin.buffer.read()
    refused = _refusal(data, lambda: list(read_pairs(TableReader("-"))))
    other = _refusal(
        data, lambda: list(PositiveReader(TableReader("-"), NameIndex(_SEQUENCES, any_version=False)))
    )
    if refused or other:
        raise refused or other


def summary() -> None:
    """``summarize`` of ``interactions-report``."""
    reader = TableReader("-")
    assert summarize(reader, reader).interactions >= 0


def gtf() -> None:
    """``read_placements`` and the regions from it."""
    annotation = read_annotation(_TRANSCRIPTS, "t.fa", gtf="-")
    for name, _, length in _TRANSCRIPTS:
        assert annotation.region_of(name, 0, length) in REGIONS
    for placement in annotation.placements.values():
        assert all(0 <= start < end for start, end in placement.exons)


def region_table() -> None:
    """``regions_from_table``."""
    annotation = read_annotation(_TRANSCRIPTS, "t.fa", table="-")
    for name, regions in annotation.regions.items():
        assert 0 <= regions.cds_start <= regions.cds_end <= regions.length == len(_SEQUENCES[name])


def hyb() -> None:
    """``read_hyb``: both segments lie within the read and their references, however the reads are divided."""
    data = sys.stdin.buffer.read()
    found: list[tuple[Read, list[tuple[float, ...]]]] = []

    def whole() -> None:
        for raw, *columns in read_hyb("-", HYB_REFERENCES):
            for number in range(len(raw.records)):
                found.append((Read(raw.name(number), raw.sequence(number), None), []))
            for subjects, hits in zip(HYB_REFERENCES, columns, strict=True):
                for read, *hit in zip(*(column.tolist() for column in hits), strict=True):
                    subject, start, end, subject_start, subject_end, evalue, _ = hit
                    assert 0 <= start < end <= len(found[read][0].sequence)
                    assert 0 <= subject_start < subject_end <= subjects.lengths[subject]
                    assert 0 <= evalue < float("inf")
                    found[read][1].append(tuple(hit))

    listed: list[int] = []

    def divided() -> None:
        for reads in read_hyb("-", HYB_REFERENCES, 1):
            assert len(reads.raw.records) == 1
            listed.append(len(reads.mirna_hits.read) + len(reads.target_hits.read))

    refused, other = _refusal(data, whole), _refusal(data, divided)
    assert str(refused) == str(other)
    assert all(DNA.fullmatch(read.sequence) for read, _ in found)
    assert refused or listed == [len(hits) for _, hits in found]
    if refused:
        raise refused


def report() -> None:
    """``read_reports`` of ``interactions-report``."""
    [found] = read_reports(["-"])
    assert all(count >= 0 for count in found.counts.values())


def bed() -> None:
    for site in read_sites("-"):
        assert site.target_id
        assert 0 <= site.start < site.end


def peaks() -> None:
    for peak in read_peaks("-"):
        assert peak.summit >= 0
        assert isinstance(peak.height, float)


def genes() -> None:
    assert all(gene.identifier and gene.symbol for gene in read_genes("-").values())


def aligned_table() -> None:
    """``read_aligned`` of ``attrib-compare``: what it returns can be compared."""
    table = read_aligned("-", 5, Counter())
    assert len(table.rows) == len(table.names) == len(table.values) == len(table.aligned)
    if table.partners is not None:
        assert all(
            -1 <= partner < len(site)
            for (_, site), partners in zip(table.rows, table.partners, strict=True)
            for partner in partners
        )
    list(profile_rows(Statistics(compare([Source("a", "-")], [table], "row", Counter()))))


def assays() -> None:
    """``read_assays`` of ``attrib-compare``."""
    for assay in read_assays("-"):
        assert all(1 <= first <= last for first, last in assay.ranges)
        assert np.isfinite(assay.values).all()


def centres() -> None:
    """``read_classes`` of ``binding-classes``."""
    for classes in read_classes("-").values():
        assert np.isfinite(classes.centres).all()
        assert len(classes.centres) == len(classes.names) > 0


READERS: dict[Callable[[], None], Sequence[bytes]] = {
    reads: (FASTQ, FASTA),
    inserts: (COLLAPSED, UMIS),
    references: (FASTA, GENCODE),
    table: (TABLE, PAIRS),
    dmiso_pairs: (DMISO,),
    positives: (TABLE.replace(b"31\t0\t", b"31\t1\t"),),
    summary: (TABLE,),
    hyb: (HYB,),
    gtf: (GTF,),
    region_table: (REGION_TABLE,),
    genes: (GENE_TABLE,),
    bed: (BED,),
    peaks: (PEAKS,),
    report: (REPORT,),
    aligned_table: (ALIGNED,),
    assays: (ASSAYS,),
    centres: (CENTRES,),
}


@contextmanager
def standard_input(data: bytes) -> Iterator[None]:
    """Let readers find ``data`` as ``-``."""
    before, sys.stdin = sys.stdin, SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(data)))
    try:
        yield
    finally:
        sys.stdin = before


def _refusal(data: bytes, work: Callable[[], object]) -> MirtoolsError | None:
    with standard_input(data):
        try:
            work()
        except MirtoolsError as error:
            return error
    return None


# ---- damage ---------------------------------------------------------------------------------------------------

TOKENS = [
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\xc3\x28", b"\r", b"\n", b"\r\n", b"\n\n", b"\t", b"\t\t", b" ", b"\x0b"),
    *(b">", b"\n>\n", b"@", b"\n@\n", b"+", b"\n+\n", b"#", b"\n#\n", b";", b'"', b"|", b",", b".", b"-", b"_x3"),
    *(b"9" * 19, b"9" * 5000, b"-1", b"0", b"1e999", b"-1e999", b"nan", b"inf", b"1e-400", b"0x10", b"1_0", b"+5"),
    *(text.encode() for text in ("é", "²", "١", "名", "\u2028", "\x85", "\x1c")),
    *(b"\xed\xa0\x80", b"A", b"N", b"u", b"*", b"CDS:4-9|", b"CDS:99-1|", b"T1", b"miR-1", b"2.5", b"A" * 3000),
    *(b"{", b"]", b"null", b"true", b"\\u0000", b"\\ud800", b"[" * 2000),
    *(b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"BAM\x01", b"transcript_id"),
]
_FIELD = re.compile(rb"[^\t\n]*")


def damaged(good: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Return ``good`` with one to four defects."""
    data = good
    for _ in range(chance.choice((1, 1, 1, 1, 2, 2, 3, 4))):
        data = chance.choice(_DAMAGES)(data, others, chance)
    return data


def _byte(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    if not data:
        return bytes([chance.randrange(256)])
    at = chance.randrange(len(data))
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _insert(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(TOKENS) + data[at:]


def _replace_field(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    field = _FIELD.search(data, chance.randrange(len(data) + 1))
    assert field is not None
    start = max(data.rfind(b"\t", 0, field.start()), data.rfind(b"\n", 0, field.start())) + 1
    return data[:start] + chance.choice((b"", chance.choice(TOKENS))) + data[field.end() :]


def _cut(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] if chance.random() < 0.8 else data[at:]


def _remove(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.randrange(1, 9) :]


def _repeat(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    part = data[at : at + chance.randrange(1, 60)]
    return data[:at] + part * chance.choice((2, 3, 50)) + data[at:]


def _splice(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    other = chance.choice(others)
    begin = chance.randrange(len(other))
    at = chance.randrange(len(data) + 1)
    return data[:at] + other[begin : begin + chance.randrange(1, 200)] + data[at:]


def _lines(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if not lines:
        return b"\n"
    at = chance.randrange(len(lines))
    line = lines.pop(at)
    kind = chance.randrange(4)
    if kind == 1:
        lines[at:at] = [line, line]
    elif kind == 2:
        lines.insert(chance.randrange(len(lines) + 1), line)
    elif kind == 3:
        lines.insert(at, line.rstrip(b"\n"))
    return b"".join(lines)


def _line_ends(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    return data.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\n\n", b"\n ", b" \n")))


def _bom(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    return chance.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\n\n", b" ", b"\r\n")) + data


_DAMAGES = (
    _byte,
    _byte,
    _insert,
    _insert,
    _replace_field,
    _replace_field,
    _cut,
    _remove,
    _repeat,
    _splice,
    _lines,
)
_DAMAGES += (_line_ends, _bom)


def spoiled(good: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Return ``good`` with one to four defects; one in 25 is compressed."""
    return (_compressed if chance.random() < 0.04 else damaged)(good, others, chance)


def _compressed(good: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Return damaged text compressed, or good text compressed and then damaged."""
    compress = COMPRESS[chance.choice(("gz", "gz", "gz", "bz2", "xz", "zst"))]
    if chance.random() < 0.3:
        return compress(damaged(good, others, chance))
    return chance.choice((_byte, _cut, _remove, _repeat, _insert))(compress(good), others, chance)


# ---- cases ----------------------------------------------------------------------------------------------------


class Finding(NamedTuple):
    """A reader that broke its promise."""

    reader: str
    data: bytes
    error: Exception

    def __str__(self) -> str:
        return f"{self.reader}: {type(self.error).__name__}: {self.error}\n  on {self.data!r}"


def try_case(reader: Callable[[], None], data: bytes) -> tuple[str, Finding | None]:
    """Return how a reader took an input: ``read``, ``refused`` or ``FOREIGN ERROR``."""
    with standard_input(data):
        try:
            reader()
        except MirtoolsError as error:
            message = str(error)
            if message.isprintable() and message:
                return "refused", None
            return "FOREIGN ERROR", Finding(reader.__name__, data, error)
        except Exception as error:
            return "FOREIGN ERROR", Finding(reader.__name__, data, error)
    return "read", None


def damaged_archives(values: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Damage every byte of compressed reads and tables with each of ``values``, and cut them at every byte.

    Yields the format and the outcome: ``read`` (the damage lies where the format keeps no data), ``refused``, or
    ``WRONG RECORDS``.
    """
    kinds: list[tuple[bytes, Callable[[], Iterable[object]]]] = [
        (FASTQ, lambda: read_reads("-")),
        (PAIRS, lambda: TableReader("-", ["mirna_seq", "site_seq"])),
    ]
    for good, records in kinds:
        with standard_input(good):
            whole = list(records())
        for kind, compress in COMPRESS.items():
            packed = compress(good)
            cases = [packed[:size] for size in range(1, len(packed))]
            cases += [
                packed[:at] + bytes([packed[at] ^ value]) + packed[at + 1 :]
                for at in range(len(packed))
                for value in values
            ]
            for data in cases:
                found: list[object] = []
                refused = _refusal(data, lambda records=records, found=found: found.extend(records()))
                yield kind, "refused" if refused else "read" if found == whole else "WRONG RECORDS"


class Result(NamedTuple):
    """Outcomes by reader and kind, what was found, and the seconds of the slowest case."""

    outcomes: Counter[tuple[str, str]]
    findings: list[Finding]
    slowest: float


def fuzz(cases: int, seed: int, most_findings: int = 20) -> Result:
    """Try ``cases`` damaged inputs, the readers in turn; one in 25 is compressed."""
    chance = random.Random(seed)
    outcomes: Counter[tuple[str, str]] = Counter()
    findings: list[Finding] = []
    slowest = 0.0
    readers = list(READERS.items())
    everything = [good for inputs in READERS.values() for good in inputs]
    for case in range(cases):
        reader, inputs = readers[case % len(readers)]
        good = chance.choice(inputs)
        data = spoiled(good, everything, chance)
        begin = time.perf_counter()
        outcome, finding = try_case(reader, data)
        slowest = max(slowest, time.perf_counter() - begin)
        outcomes[reader.__name__, outcome] += 1
        if finding is not None:
            findings.append(finding)
            if len(findings) == most_findings:
                break
    return Result(outcomes, findings, slowest)
