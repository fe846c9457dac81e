"""Outputs of other programs: what is read from each, in its own words, and what is refused."""

import shutil
import subprocess
from math import isfinite
from pathlib import Path
from random import Random

import pytest
from commands import refusal

from mirtools.errors import InputError
from mirtools.evaluation.programs.output import Hit
from mirtools.evaluation.programs.registry import PROGRAMS, read_output
from mirtools.evaluation.programs.targetscan import read_families
from tools import dmiso_evaluate

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / ".." / "shared" / "data"
PEERS = DATA / "clash_pairs" / "peer_outputs"

# miRanda 3.3a prints a drawing of each site, a line of the site and a sum of the pair
MIRANDA = """\

===========================================================================
miranda v3.3a    microRNA Target Scanning Algorithm
===========================================================================
Current Settings:
--------------------
Read Sequence:ENST00000369158 (900 nt)
Performing Scan: hsa-miR-16-5p vs ENST00000369158
   Forward:\tScore: 155.000000  Q:2 to 20  R:101 to 122 Align Len (18) (72.22%) (88.89%)

   Query:    3' gcGGUUAUAAAUGCACGACGAu 5'
                  ||:| ||   |  |||||||
   Ref:      5' agCCGAGATCCAATTGCTGCTa 3'

   Energy:  -21.430000 kCal/Mol

Scores for this hit:
>hsa-miR-16-5p\tENST00000369158\t155.00\t-21.43\t2 20\t101 122\t18\t72.22%\t88.89%

Score for this Scan:
Seq1,Seq2,Tot Score,Tot Energy,Max Score,Max Energy,Strand,Len1,Len2,Positions
>>hsa-miR-16-5p\tENST00000369158\t155.00\t-21.43\t155.00\t-21.43\t1\t22\t900\t 101
Complete
"""
# nf-core's module keeps the hits alone, without >, tabs for blanks, and names the columns
MIRANDA_TABLE = """\
miRNA\tTarget\tScore\tEnergy_KcalMol\tQuery_Start\tQuery_End\tSubject_Start\tSubject_End\tAln_len\tSubject_Identity\tQuery_Identity
hsa-miR-16-5p\tcirc 1\t155.00\t-21.43\t2\t20\t101\t122\t18\t72.22%\t88.89%
"""
MIRANDA_ROW = MIRANDA_TABLE.splitlines(keepends=True)[1]
RNAHYBRID = """\
target too long: NM_1
target: NM_2
length: 26
miRNA : hsa-let-7a-5p
length: 22

mfe: -41.5 kcal/mol
p-value: 0.000000

position  4
target 5' G                       3'
           GACUAUACAACCUACUACCUCA\x20\x20\x20
           UUGAUAUGUUGGAUGAUGGAGU\x20\x20\x20
miRNA  3'                         5'


"""
COMPACT = (
    "a:b:c:32:hsa-miR-16-5p:22:-22.1:0.999831:10:A  A             G    C: GC CGAU   UACGUG UGUU : "
    "CG GUUA   AUGCAC ACGA :G       UAA      G    U\n"
)
RNA22 = (
    "hsa_miR_16_5p\tENSG00000000001_ENST00000000001\ttarget from/to=[14,31]\t-21.3\tCACCACAGCATGAATGTA\t"
    "AACATTCATTGCTGTCGGTG\t(((((((((((((((((.\t.))))))).)))))).))))\t17\t18\t0.0517\t1\n"
)
RNA22_SET = "hsa_miR_16_5p\tENSG00000000001_ENST00000000001\t140\t14.5\tX\t0.02\n"
SITES = """\
a_Gene_ID\tmiRNA_family_ID\tspecies_ID\tMSA_start\tMSA_end\tUTR_start\tUTR_end\tGroup_num\tSite_type\trest
NM_1\tmiR-16-5p/15-5p\t9606\t40\t47\t30\t36\t1\t7mer-m8\tx
NM_1\tmiR-16-5p/15-5p\t10090\t40\t47\t33\t39\t1\t8mer-1a\tx
NM_2\tAGCAGCA\t9606\t40\t47\t1\t7\t1\t7mer-1a\tx
NM_2\tAGCAGCA\t9606\t40\t47\t1\t6\t1\t6mer\tx
"""
CONTEXT = """\
Gene ID\tGene Symbol\tTranscript ID\tGene Tax ID\tmiRNA\tSite Type\tUTR_start\tUTR end\t\
context++ score\tpercentile\tweighted context++ score
ENSG00000000001.2\tABC\tENST00000000001.3\t9606\thsa-miR-16-5p\t3\t30\t37\t-0.5\t99\t-0.4
ENSG00000000001.2\tABC\tENST00000000001.3\t9606\thsa-miR-16-5p\t1\t50\t56\tNULL\t1\tNULL
"""
FAMILY_SITES = """\
miR Family\tGene ID\tGene Symbol\tTranscript ID\tSpecies ID\tUTR start\tUTR end\tMSA start\tMSA end\tSeed match
miR-15-5p/16-5p\tENSG00000000001.2\tABC\tENST00000000001.3\t9606\t30\t37\t1\t9\t8mer
miR-15-5p/16-5p\tENSG00000000001.2\tABC\tENST00000000001.3\t10090\t30\t37\t1\t9\t8mer
"""
FAMILIES = """\
miR family\tSeed+m8\tSpecies ID\tMiRBase ID\tMature sequence
miR-15-5p/16-5p\tAGCAGCA\t9606\thsa-miR-16-5p\tUAGCAGCACGUAAAUAUUGGCG
miR-15-5p/16-5p\tAGCAGCA\t9606\thsa-miR-15a-5p\tUAGCAGCACAUAAUGGUUUGUG
let-7-5p\tGAGGUAG\t9606\thsa-let-7a-5p\tUGAGGUAGUAGGUUGUAUAGUU
"""
MIRAW_SITES = """\
GeneName\tGeneId\tmiRNA\tSiteStart\tSiteEnd\tPrediction\tPairStartinSite
ABC\tENSG00000000001\thsa-miR-16-5p\t100\t140\t0.9\t2
ABC\tENSG00000000001\thsa-miR-16-5p\t200\t240\t-0.3\t2
"""
MIRAW_SUMMARY = """\
#a comment
GeneName\tGeneId\tmiRNA\tPrediction\tHighestPredVal\tLowestPredVal
ABC\tENSG00000000001\thsa-miR-16-5p\t1\t0.97\t-0.9
"""
MITAR = """\
>hsa-miR-16-5p|NM_1|12|3|0.87
GCGGUUAUAAAUGCACGACGAUNNNN
ACGUACGUNN
>A|B|1|1|0.6
GCGGUUAUAAAUGCACGACGAUNNNNTTTT
"""
DMISO = """\
miRNA ID\tTarget ID\tmiRNA Sequence\tTarget Sequence\tPrediction Score\tPrediction
hsa-miR-4286|MIMAT0016916\tENST00000338086.9\tACCCCACUCCUGGUACCA\tGUAGAUUAUUGGAAGAUUUCAGAAACAACCGC\t0.025999159\t0
hsa-miR-16\tENST00000338086.9\tUAGCAGCACGUAAAUAUUGGCG\tGUAGAUUAUUGGAAGAUUUCAGAAACAACCGC\t0.9\t1"""

MIR16 = "TAGCAGCACGTAAATATTGGCG"
TRANSCRIPT = "ENSG00000000001_ENST00000000001"
SYMBOL = "ABC|ENSG00000000001"
BOTH = "ENST00000000001.3|ENSG00000000001.2|ABC"
FOUND = [
    ("miranda", None, MIRANDA, [Hit("hsa-miR-16-5p", "ENST00000369158", 155, True, 100, 122)]),
    ("miranda", "energy", MIRANDA, [Hit("hsa-miR-16-5p", "ENST00000369158", 21.43, True, 100, 122)]),
    *(
        ("miranda", None, text, [Hit("hsa-miR-16-5p", "circ 1", 155, True, 100, 122)] * count)
        for text, count in (
            (MIRANDA_TABLE, 1),
            (MIRANDA_TABLE * 2, 2),
            (MIRANDA_ROW, 1),
            (">" + MIRANDA_ROW, 1),
            (MIRANDA_TABLE.replace("\nhsa", "\n>hsa"), 1),
            ("".join(f'"{cell}"\t' for cell in MIRANDA_ROW.split("\t")[:-1]) + '"0"\n', 1),
        )
    ),
    (
        "miranda",
        "energy",
        MIRANDA_ROW.replace("\t", " ").replace("circ 1", "c"),
        [Hit("hsa-miR-16-5p", "c", 21.43, True, 100, 122)],
    ),
    ("rnahybrid", None, RNAHYBRID, [Hit("hsa-let-7a-5p", "NM_2", 41.5, True, 3, 26)]),
    ("rnahybrid", None, COMPACT, [Hit("hsa-miR-16-5p", "a:b:c", 22.1, True, 9, 29)]),
    ("rnahybrid", "pvalue", COMPACT, [Hit("hsa-miR-16-5p", "a:b:c", -0.999831, True, 9, 29)]),
    ("rna22", None, RNA22, [Hit("hsa_miR_16_5p", TRANSCRIPT, -0.0517, True, 13, 31)]),
    ("rna22", "energy", RNA22, [Hit("hsa_miR_16_5p", TRANSCRIPT, 21.3, True, 13, 31)]),
    (
        "rna22",
        None,
        "miRNA\tmRNA\tposition\tenergy\tp-value\n" + RNA22,
        [Hit("hsa_miR_16_5p", TRANSCRIPT, -0.0517, True, 13, 31)],
    ),
    ("rna22", None, RNA22_SET, [Hit("hsa_miR_16_5p", TRANSCRIPT, -0.02, True, 139, 161)]),
    ("rna22", "energy", RNA22_SET, [Hit("hsa_miR_16_5p", TRANSCRIPT, 14.5, True, 139, 161)]),
    (
        "targetscan",
        None,
        SITES,
        [
            Hit("miR-16-5p/15-5p", "NM_1", 3, True, 29, 36),
            Hit("miR-16-5p/15-5p", "NM_1", 4, True, 32, 39),
            Hit("AGCAGCA", "NM_2", 2, True, 0, 7),
            Hit("AGCAGCA", "NM_2", 1, True, 0, 6),
        ],
    ),
    *(
        ("targetscan", None, text, [Hit("AGCAGCA", "NM_2", 1, True, 0, 6)] * count)
        for text, count in (
            (SITES.splitlines()[-1] + "\n", 1),
            ((SITES.splitlines()[0] + "\n" + SITES.splitlines()[-1] + "\n") * 2, 2),
            ((SITES.splitlines()[0] + "\n" + SITES.splitlines()[-1] + "\n").replace("\t", ","), 1),
        )
    ),
    (
        "targetscan",
        None,
        CONTEXT,
        [Hit("hsa-miR-16-5p", BOTH, 0.4, True, 29, 37), Hit("hsa-miR-16-5p", BOTH, 0, True, 49, 56)],
    ),
    (
        "targetscan",
        "site_type",
        CONTEXT,
        [Hit("hsa-miR-16-5p", BOTH, 4, True, 29, 37), Hit("hsa-miR-16-5p", BOTH, 2, True, 49, 56)],
    ),
    (
        "miraw",
        None,
        MIRAW_SITES,
        [Hit("hsa-miR-16-5p", SYMBOL, 0.9, True, 100, 140), Hit("hsa-miR-16-5p", SYMBOL, -0.3, False, 200, 240)],
    ),
    ("miraw", None, MIRAW_SUMMARY, [Hit("hsa-miR-16-5p", SYMBOL, 0.97, True)]),
    (
        "mitar",
        None,
        MITAR,
        [
            Hit(f"hsa-miR-16-5p|NM_1|{MIR16}", "hsa-miR-16-5p|NM_1", 0.87, bases="ACGTACGT"),
            Hit(f"A|B|{MIR16}", "A|B", 0.6, bases="TTTT"),
        ],
    ),
    (
        "dmiso",
        None,
        DMISO,
        DMISO_HITS := [
            Hit("ACCCCACTCCTGGTACCA", "GTAGATTATTGGAAGATTTCAGAAACAACCGC", 0.025999159, False),
            Hit("TAGCAGCACGTAAATATTGGCG", "GTAGATTATTGGAAGATTTCAGAAACAACCGC", 0.9, True),
        ],
    ),
    ("dmiso", None, "\n".join(DMISO.splitlines()[1:]), DMISO_HITS),
    ("dmiso", None, f"{DMISO}\n{DMISO}", DMISO_HITS * 2),
]


def hits(folder, program, text, ranked_by=None, species=None):
    path = folder / "output.txt"
    path.write_text(text, newline="")
    return list(read_output(program, str(path), ranked_by, species).hits)


@pytest.mark.parametrize(("program", "ranked_by", "text", "expected"), FOUND)
def test_every_output(tmp_path, program, ranked_by, text, expected):
    assert hits(tmp_path, program, text, ranked_by) == expected
    # line ends of another system, and none at the end
    assert hits(tmp_path, program, text.rstrip("\n").replace("\n", "\r\n"), ranked_by) == expected


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_found_is_a_result(tmp_path, program):
    assert hits(tmp_path, program, "") == []
    headers = {"targetscan": SITES, "dmiso": DMISO, "miraw": MIRAW_SITES}
    first = headers.get(program, "\n").splitlines()[0]
    assert hits(tmp_path, program, first + "\n") == []


def test_a_scan_without_a_hit_is_a_result(tmp_path):
    text = "".join(line for line in MIRANDA.splitlines(keepends=True) if not line.startswith(">"))
    assert hits(tmp_path, "miranda", text) == []
    assert hits(tmp_path, "rnahybrid", "target too long: NM_1\n") == []


def test_species_of_targetscan(tmp_path):
    assert [hit.start for hit in hits(tmp_path, "targetscan", SITES, species="9606")] == [29, 0, 0]
    assert [hit.start for hit in hits(tmp_path, "targetscan", SITES, species="10090")] == [32]


def test_families_of_targetscan(tmp_path):
    table = tmp_path / "families.txt"
    table.write_text(FAMILIES)
    families = read_families(str(table))
    assert families == {"mir-15-5p/16-5p": ("AGCAGCA",), "let-7-5p": ("GAGGTAG",)}
    (tmp_path / "sites.txt").write_text(FAMILY_SITES)
    output = read_output("targetscan", str(tmp_path / "sites.txt"), None, "9606", families)
    assert list(output.hits) == [Hit("miR-15-5p/16-5p|AGCAGCA", BOTH, 4, True, 29, 37)]
    with pytest.raises(InputError, match=r"sites\.txt:1: names families, not miRNAs; give .* --families"):
        read_output("targetscan", str(tmp_path / "sites.txt"))
    for text, message in (
        ("a\tb\n", "is not output of TargetScan"),
        (FAMILIES + "x\n", r"families\.txt:5: has too few"),
        (FAMILIES.replace("GAGGUAG", "GA-GUAG", 1), r"families\.txt:4: "),
    ):
        table.write_text(text)
        with pytest.raises(InputError, match=message):
            read_families(str(table))


def test_the_command_knows_programs_and_ranks():
    assert list(dmiso_evaluate.PEERS) == list(PROGRAMS)
    several = {name: program.ranks for name, program in PROGRAMS.items() if len(program.ranks) > 1}
    assert several == dmiso_evaluate.RANKS


@pytest.mark.parametrize(
    ("program", "text", "message"),
    [
        *((program, "some\tother\ttext\nof two lines\n", "") for program in PROGRAMS),
        (
            "miranda",
            MIRANDA.replace("155.00\t-21.43\t2 20", "155.00\tnan\t2 20", 1),
            "output.txt:18: score or energy is 'nan'",
        ),
        ("miranda", ">hsa-miR-16\tT\t150\n", "output.txt:1: "),
        ("miranda", MIRANDA_TABLE + "hsa-miR-16-5p\tcirc1\t155.00\n", "output.txt:3: is not a hit of miRanda"),
        ("miranda", MIRANDA_TABLE.replace("\t101\t", "\tNA\t"), "output.txt:2: position is 'NA'"),
        ("miranda", ">m\tT\t150\t-2\t1 2\t-3 4\n", "output.txt:1: position is '-3'"),
        ("rnahybrid", RNAHYBRID.replace("position  4", ""), "output.txt:11: a duplex without position"),
        ("rnahybrid", RNAHYBRID.replace("-41.5", "low"), "output.txt:12: mfe is 'low'"),
        ("rnahybrid", COMPACT.replace(":22:", ":x:"), "output.txt:1: is not a line of RNAhybrid -c"),
        ("rna22", RNA22.replace("0.0517", "?"), "output.txt:1: p-value is '?'"),
        ("rna22", RNA22_SET.replace("140", "near"), "output.txt:1: position of the site is 'near'"),
        ("targetscan", SITES.replace("\t30\t", "\t\t"), "output.txt:2: start is ''"),
        ("targetscan", SITES + "NM_3\tx\n", "output.txt:6: has too few columns"),
        ("miraw", MIRAW_SITES.replace("0.9", "inf"), "output.txt:2: prediction is 'inf'"),
        ("miraw", MIRAW_SITES + "ABC\n", "output.txt:4: has too few columns"),
        ("mitar", MITAR.replace("|0.87", ""), "output.txt:1: is not a prediction of miTAR"),
        ("mitar", MITAR.replace("TTTT", "T!TT"), ""),
        ("dmiso", DMISO + "\t1", "output.txt:3: 7 columns where DMISO writes 6"),
        ("dmiso", DMISO.replace("ACCCCAC", "ACC*CAC"), "output.txt:2: "),
    ],
)
def test_what_is_refused(tmp_path, program, text, message):
    with pytest.raises(InputError, match=r"output\.txt") as refusal:
        hits(tmp_path, program, text)
    assert message in str(refusal.value)
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize(("program", "ranked_by", "text"), [row[:3] for row in FOUND])
def test_damaged_outputs(tmp_path, program, ranked_by, text):
    """Cut anywhere, a piece gone, another byte: a refusal in our own words or a result, never another error."""
    random = Random(7)
    path = tmp_path / "output.txt"
    for _ in range(60):
        start, end = sorted(random.randrange(len(text) + 1) for _ in range(2))
        patch = random.choice(
            ["", "\t", "\n", ">", ":", "-", "9" * 25, "1e999", "\u00b2", "|", "nan", text[start:end]]
        )
        path.write_text(text[:start] + patch + text[random.choice([start, end]) :], newline="")
        found = []
        message = refusal(lambda found=found: found.extend(read_output(program, str(path), ranked_by).hits))
        assert "output.txt" in message or not message
        assert all(isfinite(hit.score) and hit.start >= -1 for hit in found)


def test_context_scores_must_be_there(tmp_path):
    with pytest.raises(InputError, match=r"output\.txt:1: has no context\+\+ score"):
        hits(tmp_path, "targetscan", SITES, "context")


def drawn_bases(lines):
    """Return the target's bases of a drawing: unpaired ones above, paired ones below."""
    return "".join(a if a.isalpha() else b for a, b in zip(*lines, strict=True) if (a + b).strip())


def test_the_real_rnahybrid(tmp_path):
    """Both of its formats say the same, and its sites are where the bases that it draws are."""
    program = shutil.which("RNAhybrid")
    if program is None:
        pytest.skip("RNAhybrid is not installed (Debian: rnahybrid)")
    targets = {
        "T|1": "ACGUGCAAUAGGGUGGAAACCAAACUGCUCCAUGCCGGGUUAUUUAAAAG" * 2,
        "T2": "G" * 9 + "ACUAUACAACCUACUACCUCA",
    }
    mirnas = {"hsa-miR-92a-3p": "UAUUGCACUUGUCCCGGCCUGU", "hsa-let-7a-5p": "UGAGGUAGUAGGUUGUAUAGUU"}
    for name, records in (("t.fa", targets), ("m.fa", mirnas)):
        (tmp_path / name).write_text("".join(f">{key}\n{bases}\n" for key, bases in records.items()))
    line = [program, "-b", "2", "-s", "3utr_human", "-t", "t.fa", "-q", "m.fa"]
    full, compact = (
        subprocess.run([*line, *more], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        for more in ([], ["-c"])
    )
    found = hits(tmp_path, "rnahybrid", full)
    assert found == hits(tmp_path, "rnahybrid", compact)
    assert {(hit.mirna, hit.target) for hit in found} == {(m, t) for m in mirnas for t in targets}
    best = {(hit.mirna, hit.target): hit.score for hit in reversed(found)}
    assert best["hsa-let-7a-5p", "T2"] > 35 > best["hsa-miR-92a-3p", "T2"]
    for hit, text in zip(found, compact.splitlines(), strict=True):
        unpaired, paired = text.split(":")[7:9]
        width = max(len(unpaired), len(paired))
        assert targets[hit.target][hit.start : hit.end] == drawn_bases(
            (unpaired.ljust(width), paired.ljust(width))
        )


@pytest.mark.skipif(not PEERS.is_dir(), reason="the shared data are not beside the project")
def test_published_outputs():
    import gzip

    rnahybrid = list(read_output("rnahybrid", str(PEERS / "test_set_1_1_RNAhybrid_raw.txt.gz")).hits)
    with gzip.open(PEERS / "test_set_1_1_RNAhybrid_scores.tsv.gz", "rt") as stream:
        published = [line.split("\t") for line in stream]
    assert [(hit.mirna, hit.target, -hit.score) for hit in rnahybrid] == [
        (mirna, target, float(energy)) for mirna, target, energy, _ in published
    ]
    # a duplex is a part of its target; the position is that of its first base
    assert all(0 <= hit.start < hit.end <= 50 for hit in rnahybrid)
    rna22 = list(read_output("rna22", str(PEERS / "test_set_1_1_rna22.tsv.gz")).hits)
    assert len(rna22) == 330
    with gzip.open(PEERS / "test_set_1_1_rna22.tsv.gz", "rt") as stream:
        assert [hit.target[hit.start : hit.end] for hit in rna22] == [line.split("\t")[4] for line in stream]


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not beside the project")
def test_the_published_example_of_dmiso():
    found = list(read_output("dmiso", str(DATA / "dmiso_original" / "test_output.txt")).hits)
    assert [(round(hit.score, 4), hit.called) for hit in found] == [
        (0.0337, False),
        (0.0260, False),
        (1.0000, True),
        (0.9998, True),
    ]
