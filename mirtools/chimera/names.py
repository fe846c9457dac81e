"""What the names of reads say: how many reads a collapsed one stands for, and its UMI.

Every program that collapses reads or cuts UMIs off writes them in its own way; all common ways are known.
"""

from __future__ import annotations

import re

import numpy as np

from mirtools.chimera.batches import RawReads
from mirtools.chimera.digests import Bytes, Places
from mirtools.errors import InputError
from mirtools.sequences import first_word

# What is looked for stands in so many letters at the end of a name; more would make hostile names slow
_TAIL = 250
# VSEARCH and USEARCH (;size=30), OBITools (count=30), BBMap (copies=30), pRESTO (|DUPCOUNT=30)
_COPIES_KEY = re.compile(
    r"(?:^|[;|,\s_])(?:size|count|copies|dupcount|read_?count|reads|abundance|multiplicity)=([0-9]{1,15})(?![\w.])",
    re.IGNORECASE,
)
# 1-30 (FASTX-Toolkit), r_30 (hyb), r_x30 (miRDeep2, seqcluster, tally), 1#30 (sRNAbench), r|30, ACGT(30) (UEA
# Workbench), r#30#ACGT (CTK, with a barcode behind). More digits than any library has reads are a defect.
_COPIES = re.compile(r"(?:[_#|-][xX]?([0-9]{1,15})|\(([0-9]{1,15})\))(?:#[ACGTN]+)?(?:/[12])?$")

# One part or several
_UMI = r"r?[ACGTUN]+(?:[-+_]r?[ACGTUN]+)*"
# written out, for IGNORECASE takes twice the time
_ANY_CASE = _UMI.replace("ACGTUN", "ACGTUNacgtun")
# r_ACGT (UMI-tools), r:ACGT (fastp, the eighth field of bcl2fastq), r:UMI_ACGT_TGCA (fastp), r#3#ACGT (CTK)
_UMI_BEHIND = re.compile(rf"(?:[-+_:;.|]|#[0-9]+#)({_ANY_CASE})(?:#[0-9]+)?(?:/[12])?$")
# ACGT:r (eCLIP), ACGT_r, UMI:ACGT_r
_UMI_BEFORE = re.compile(rf"(?:UMI[_:=])?(?=..)({_UMI})[_:#|](?=.)")
# In name or comment: RX:Z:ACGT-TGCA, BX:Z:ACGT, umi=ACGT, UMI:ACGT:IIII
_UMI_TAG = re.compile(
    rf"(?:^|[\s;|,_:])(?:(?:RX|BX|OX|UB|UR|ZU):Z:|(?:UMI|umi)[=:_]|(?:BX|RX)=)({_ANY_CASE})(?![A-Za-z0-9])"
)
_TAG_MARKS = (":Z:", "UMI", "umi", "X=")  # looked for first, which is fast
# A name that another one was put before, as by SRA; a word of bases alone. 1:N:0:ACGT has the sample's index.
_UMI_IN_COMMENT = re.compile(rf"(?:\s\S*:[0-9]+:[0-9]+[:_]|\s(?=\S\S))({_UMI})(?=\s|/[12]|$)")
_BETWEEN_PARTS = re.compile("[-+_]")


def copies_of(reads: RawReads, in_names: bool) -> Places:
    """Return how many reads each record stands for: what its file says apart from names, else one.

    Parameters
    ----------
    reads : RawReads
    in_names : bool
        Whether names tell what the file does not.

    Raises
    ------
    InputError
        For a record whose name ought to tell and does not.
    """
    copies = np.zeros(len(reads.records), np.int64) if reads.copies is None else reads.copies.copy()
    unknown = np.flatnonzero(copies == 0)
    if not in_names:
        copies[unknown] = 1
        return copies
    for number in unknown.tolist():
        found = copies_in_name(reads.records[number].name)
        if not found:
            problem = "its number of copies is 0; leave the record out"
            if found is None:
                problem = "name tells no number of copies, as 1-30, r_30, r_x30, r#30, r|30 and ;size=30 do; "
                problem += "leave out --collapsed where a record is one read"
            raise InputError(problem, source=reads.source, record=reads.name(number))
        copies[number] = found
    return copies


def copies_in_name(header: str) -> int | None:
    """Return the number of reads that a collapsed one stands for, or ``None`` where its header has none.

    >>> [copies_in_name(name) for name in ("1-30", "seq_1_x30", "s1;size=30;", "1#30", "read7")]
    [30, 30, 30, 30, None]
    """
    found = _COPIES_KEY.search(header) if "=" in header else None
    if found is None:
        found = _COPIES.search(first_word(header)[-_TAIL:])
    return None if found is None else int(next(number for number in found.groups() if number))


def umis_in_names(reads: RawReads, length: int) -> tuple[Bytes, Places, Places]:
    """Return the UMIs of all reads one after the other, and where each starts and ends.

    Parameters
    ----------
    reads : RawReads
    length : int
        Letters of a UMI, of all its parts or of the last; 0 for any.

    Raises
    ------
    InputError
        For a read without a UMI, or with one of another length.
    """
    umis = []
    for number in range(len(reads.records)):
        umi = umi_in_name(reads.records[number].name)
        if umi is None:
            problem = "no UMI in its name, as r_ACGT, r:ACGT+TGCA, ACGT:r or 'r RX:Z:ACGT' have one; "
            problem += "leave out --umi-position name"
            raise InputError(problem, source=reads.source, record=reads.name(number))
        if length and len(umi) != length:
            parts = _BETWEEN_PARTS.split(umi)
            if len(parts[-1]) == length:
                umi = parts[-1]  # behind the barcode of a cell or sample
            elif (letters := sum(map(len, parts))) != length:
                problem = f"the UMI in its name has {letters} letters, not {length}; mend --umi-length"
                raise InputError(problem, source=reads.source, record=reads.name(number))
        umis.append(umi)
    bounds = np.zeros(len(umis) + 1, np.int64)
    np.cumsum([len(umi) for umi in umis], out=bounds[1:])
    return np.frombuffer("".join(umis).encode("ascii"), np.uint8), bounds[:-1], bounds[1:]


def umi_in_name(header: str) -> str | None:
    """Return the UMI that a read's header has, or ``None``.

    Upper case, ``T`` for ``U``; what stands between its parts is kept, the ``r`` before a part that BCL Convert
    writes reverse-complemented is not.

    >>> [umi_in_name(name) for name in ("r_acgu", "i:7:ACG+rTTT 1:N:0:GATC", "ACGT:i:7", "r RX:Z:AC-GT", "i:7")]
    ['ACGT', 'ACG+TTT', 'ACGT', 'AC-GT', None]
    """
    name = first_word(header)
    found = (
        (_UMI_TAG.search(header) if any(mark in header for mark in _TAG_MARKS) else None)
        or _UMI_BEHIND.search(name[-_TAIL:])
        or _UMI_BEFORE.match(name[:_TAIL])
        or (_UMI_IN_COMMENT.search(header) if len(name) < len(header) else None)
    )
    return None if found is None else found[1].upper().replace("U", "T").replace("R", "")
