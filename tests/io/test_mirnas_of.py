"""miRNAs of a command line: files, sequences, names."""

from __future__ import annotations

import pytest

from mirtools.errors import InputError, UsageError
from mirtools.io.mirnas import mirnas_of

LET_7 = "TGAGGTAGTAGGTTGTATAGTT"


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "mature.fa"
    path.write_text(
        f">hsa-let-7a-5p MIMAT0000062\n{LET_7}\n>hsa-miR-1 x\nTGGAATGTAAAGAAGTATGTAT\n>hsa-mir-1\n{LET_7}\n"
    )
    return str(path)


def test_files_sequences_and_names_in_their_order(database, tmp_path):
    own = tmp_path / "own"
    own.write_text(f">mine\n{LET_7[1:]}\n")
    found = mirnas_of(["ugagguaguagguuguauaguu", "hsa-let-7a-5p", str(own)], database)
    assert [(each.name, each.sequence) for each in found] == [
        (LET_7, LET_7), ("hsa-let-7a-5p", LET_7), ("mine", LET_7[1:]),
    ]  # fmt: skip


def test_case_matters_only_if_names_differ_in_nothing_else(database):
    assert mirnas_of(["HSA-LET-7A-5P"], database)[0].name == "hsa-let-7a-5p"
    assert mirnas_of(["hsa-miR-1"], database)[0].name == "hsa-miR-1"
    with pytest.raises(UsageError, match="may be hsa-miR-1, hsa-mir-1"):
        mirnas_of(["HSA-MIR-1"], database)


def test_unknown_names(database):
    with pytest.raises(UsageError, match="it has hsa-let-7a-5p"):
        mirnas_of(["let-7a-5p"], database)
    with pytest.raises(UsageError, match="no 'bantam' in"):
        mirnas_of(["bantam"], database)
    with pytest.raises(UsageError, match="neither a file nor a sequence"):
        mirnas_of(["let-7a-5p"])


def test_files_that_are_absent_and_names_that_occur_twice(database):
    with pytest.raises(InputError, match="no such file"):
        mirnas_of(["absent.x"])
    with pytest.raises(InputError, match="given twice"):
        mirnas_of([LET_7, LET_7])
