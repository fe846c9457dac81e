"""Finds the number of copies and the UMI in names of reads.

Programs that collapse reads or extract UMIs use different formats; all common ones are supported.
"""

from __future__ import annotations

import re

import numpy as np

from mirtools.chimera.batches import RawReads
from mirtools.chimera.digests import Bytes, Places
from mirtools.errors import InputError
from mirtools.io.sequences import first_word

# Only this many letters at the end of a name are searched, so that malicious names are not slow
_TAIL = 250
# VSEARCH and USEARCH (;size=30), OBITools (count=30), BBMap (copies=30), pRESTO (|DUPCOUNT=30)
_COPIES_KEY = re.compile(
    r"(?:^|[;|,\s_])(?:size|count|copies|dupcount|read_?count|reads|abundance|multiplicity)=([0-9]{1,15})(?![\w.])",
    re.IGNORECASE,
)
# 1-30 (FASTX-Toolkit), r_30 (hyb), r_x30 (miRDeep2, seqcluster, tally), 1#30 (sRNAbench), r|30, ACGT(30) (UEA
# Workbench), r#30#ACGT (CTK, followed by a barcode). More digits than any library has reads are a defect.
_COPIES = re.compile(r"(?:[_#|-][xX]?([0-9]{1,15})|\(([0-9]{1,15})\))(?:#[ACGTN]+)?(?:/[12])?$")

# One part or several
_UMI = r"r?[ACGTUN]+(?:[-+_]r?[ACGTUN]+)*"
# both cases are written out, because IGNORECASE takes twice the time
_ANY_CASE = _UMI.replace("ACGTUN", "ACGTUNacgtun")
# r_ACGT (UMI-tools), r:ACGT (fastp, the eighth field of bcl2fastq), r:UMI_ACGT_TGCA (fastp), r#3#ACGT (CTK)
_UMI_AFTER = re.compile(rf"(?:[-+_:;.|]|#[0-9]+#)({_ANY_CASE})(?:#[0-9]+)?(?:/[12])?$")
# ACGT:r (eCLIP), ACGT_r, UMI:ACGT_r
_UMI_BEFORE = re.compile(rf"(?:UMI[_:=])?(?=..)({_UMI})[_:#|](?=.)")
# In name or comment: RX:Z:ACGT-TGCA, BX:Z:ACGT, umi=ACGT, UMI:ACGT:IIII
_UMI_TAG = re.compile(
    rf"(?:^|[\s;|,_:])(?:(?:RX|BX|OX|UB|UR|ZU):Z:|(?:UMI|umi)[=:_]|(?:BX|RX)=)({_ANY_CASE})(?![A-Za-z0-9])"
)
_TAG_MARKS = (":Z:", "UMI", "umi", "X=")  # a fast test before the search
# A name after the one of SRA; a word of only bases. 1:N:0:ACGT has the sample's index.
_UMI_IN_COMMENT = re.compile(rf"(?:\s\S*:[0-9]+:[0-9]+[:_]|\s(?=\S\S))({_UMI})(?=\s|/[12]|$)")
_BETWEEN_PARTS = re.compile("[-+_]")


def copies_of(reads: RawReads, in_names: bool) -> Places:
    """Return the number of copies of each record: from its file, else from its name if ``in_names``, else one.

    Parameters
    ----------
    reads : RawReads
    in_names : bool
        Whether names contain the number of copies.

    Raises
    ------
    InputError
        If a name should contain the number of copies and does not.
    """
    copies = np.zeros(len(reads.records), np.int64) if reads.copies is None else reads.copies.copy()
    unknown = np.flatnonzero(copies == 0)
    if not in_names:
        copies[unknown] = 1
        return copies
    for number in unknown.tolist():
        found = copies_in_name(reads.records[number].name)
        if not found:
            problem = "its number of copies is 0; remove the record"
            if found is None:
                problem = "name has no number of copies (such as 1-30, r_30, r_x30, r#30, r|30 or ;size=30); "
                problem += "omit --collapsed if a record is one read"
            raise InputError(problem, source=reads.source, record=reads.name(number))
        copies[number] = found
    return copies


def copies_in_name(header: str) -> int | None:
    """Return the number of copies in a header, or ``None``.

    >>> [copies_in_name(name) for name in ("1-30", "seq_1_x30", "s1;size=30;", "1#30", "read7")]
    [30, 30, 30, 30, None]
    """
    found = _COPIES_KEY.search(header) if "=" in header else None
    if found is None:
        found = _COPIES.search(first_word(header)[-_TAIL:])
    return None if found is None else int(next(number for number in found.groups() if number))


def umis_in_names(reads: RawReads, length: int) -> tuple[Bytes, Places, Places]:
    """Return the concatenated UMIs of all reads, and the start and end of each.

    Parameters
    ----------
    reads : RawReads
    length : int
        Letters of a UMI (of all its parts or of the last one); 0 for any.

    Raises
    ------
    InputError
        If a read has no UMI, or one of another length.
    """
    umis = []
    for number in range(len(reads.records)):
        umi = umi_in_name(reads.records[number].name)
        if umi is None:
            problem = "no UMI in its name (such as r_ACGT, r:ACGT+TGCA, ACGT:r or 'r RX:Z:ACGT'); "
            problem += "omit --umi-position name"
            raise InputError(problem, source=reads.source, record=reads.name(number))
        if length and len(umi) != length:
            parts = _BETWEEN_PARTS.split(umi)
            if len(parts[-1]) == length:
                umi = parts[-1]  # after the barcode of a cell or sample
            elif (letters := sum(map(len, parts))) != length:
                problem = f"the UMI in its name has {letters} letters, not {length}; correct --umi-length"
                raise InputError(problem, source=reads.source, record=reads.name(number))
        umis.append(umi)
    bounds = np.zeros(len(umis) + 1, np.int64)
    np.cumsum([len(umi) for umi in umis], out=bounds[1:])
    return np.frombuffer("".join(umis).encode("ascii"), np.uint8), bounds[:-1], bounds[1:]


def umi_in_name(header: str) -> str | None:
    """Return the UMI in a read's header, or ``None``.

    It is in upper case with ``T`` for ``U``. Separators between its parts are kept, but not the ``r`` that BCL
    Convert writes before a reverse-complemented part.

    >>> [umi_in_name(name) for name in ("r_acgu", "i:7:ACG+rTTT 1:N:0:GATC", "ACGT:i:7", "r RX:Z:AC-GT", "i:7")]
    ['ACGT', 'ACG+TTT', 'ACGT', 'AC-GT', None]
    """
    name = first_word(header)
    found = (
        (_UMI_TAG.search(header) if any(mark in header for mark in _TAG_MARKS) else None)
        or _UMI_AFTER.search(name[-_TAIL:])
        or _UMI_BEFORE.match(name[:_TAIL])
        or (_UMI_IN_COMMENT.search(header) if len(name) < len(header) else None)
    )
    return None if found is None else found[1].upper().replace("U", "T").replace("R", "")
