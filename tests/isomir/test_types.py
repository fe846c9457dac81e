"""The eight types: a truth table, and simulated single events."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mirtools.io.tables import ISOMIR_TYPES
from mirtools.isomir.types import classify

LET7A = "TGAGGTAGTAGGTTGTATAGTT"

TABLE = [
    # observed, types, mirGFF3 1.1 variant, changed positions
    (LET7A, "", "", ()),
    ("C" + LET7A, "5p_addition", "iso_5p:-1", (0,)),
    ("GC" + LET7A, "5p_addition", "iso_5p:-2", (0, 1)),
    (LET7A[1:], "5p_deletion", "iso_5p:+1", ()),
    ("A" + LET7A[1:], "5p_replacement", "iso_snv", (0,)),
    ("AA" + LET7A[2:], "5p_replacement", "iso_snv,iso_snv_seed", (0, 1)),
    (LET7A + "A", "3p_addition", "iso_add3p:1", (22,)),
    (LET7A + "AAT", "3p_addition", "iso_add3p:3", (22, 23, 24)),
    (LET7A[:-1], "3p_deletion", "iso_3p:-1", ()),
    (LET7A[:-4], "3p_deletion", "iso_3p:-4", ()),
    (LET7A[:-1] + "A", "3p_replacement", "iso_snv", (21,)),
    (LET7A[:-2] + "AC", "3p_replacement", "iso_snv", (20, 21)),
    (LET7A[:3] + "A" + LET7A[4:], "SNP", "iso_snv_seed", (3,)),
    (LET7A[:7] + "C" + LET7A[8:], "SNP", "iso_snv_central_offset", (7,)),
    (LET7A[:10] + "C" + LET7A[11:], "SNP", "iso_snv_central", (10,)),
    (LET7A[:14] + "C" + LET7A[15:], "SNP", "iso_snv_central_supp", (14,)),
    (LET7A[:18] + "C" + LET7A[19:], "SNP", "iso_snv", (18,)),
    (LET7A[:1] + "A" + LET7A[2:], "SNP", "iso_snv_seed", (1,)),
    (LET7A[:3] + "AC" + LET7A[5:], "MNP", "iso_snv_seed", (3, 4)),
    (LET7A[:5] + "A" + LET7A[6:12] + "C" + LET7A[13:], "MNP", "iso_snv_seed,iso_snv_central_supp", (5, 12)),
    (LET7A[1:] + "A", "5p_deletion,3p_addition", "iso_5p:+1,iso_add3p:1", (21,)),
    ("C" + LET7A[:-1], "5p_addition,3p_deletion", "iso_5p:-1,iso_3p:-1", (0,)),
    ("A" + LET7A[1:-1] + "A", "5p_replacement,3p_replacement", "iso_snv", (0, 21)),
    ("A" + LET7A[1:10] + "C" + LET7A[11:], "5p_replacement,SNP", "iso_snv,iso_snv_central", (0, 10)),
]


@pytest.mark.parametrize(("observed", "types", "variant", "changed"), TABLE)
def test_truth_table(observed, types, variant, changed):
    isomir = classify(observed, LET7A)
    assert isomir is not None
    assert ",".join(isomir.types) == types
    assert isomir.variant == variant
    assert isomir.changed == changed
    assert [name for name in ISOMIR_TYPES if name in isomir.types] == list(isomir.types)


@pytest.mark.parametrize(
    "observed", ["CCCCCCCCCCCCCCCCCCCCCC", LET7A[:8], LET7A[:7] + "CAC" + LET7A[7:] + "C" * 9]
)
def test_no_alignment(observed):
    assert classify(observed, LET7A) is None


@pytest.mark.parametrize(
    ("observed", "canonical", "types"),
    [
        (LET7A[:9] + "N" + LET7A[10:], LET7A, ()),
        ("N" + LET7A[1:], LET7A, ()),
        (LET7A[:-1] + "N", LET7A, ()),
        ("N" + LET7A, LET7A, ()),
        (LET7A + "NN", LET7A, ()),
        (LET7A + "AN", LET7A, ("3p_addition",)),
        ("NN" + LET7A[2:], LET7A, ()),
        (LET7A[1:] + "N", LET7A, ("5p_deletion",)),
        (LET7A[:9] + "NC" + LET7A[11:], LET7A, ("SNP",)),
        (LET7A, LET7A[:9] + "N" + LET7A[10:], ()),
        (LET7A, "NN" + LET7A[2:], ()),
        ("C" + LET7A[1:], LET7A[:4] + "N" + LET7A[5:], ("5p_replacement",)),
    ],
)
def test_n_is_no_change_on_either_side(observed, canonical, types):
    found = classify(observed, canonical)
    assert found.types == types
    assert "N" not in [observed[place] for place in found.changed]


@pytest.mark.parametrize(("lost", "types"), [(1, ()), (4, ()), (0, ())])
def test_an_end_that_was_not_seen_is_no_deletion(lost, types):
    observed = LET7A[: len(LET7A) - lost]
    assert classify(observed, LET7A, end_seen=False).types == types
    assert classify(observed + "AC", LET7A[: len(observed)], end_seen=False).types == ("3p_addition",)
    assert classify(observed[2:], LET7A, end_seen=False).types == ("5p_deletion",)


@given(st.text("ACGT", min_size=18, max_size=25), st.sampled_from(ISOMIR_TYPES), st.data())
def test_single_events_are_found(canonical, name, data):
    """A simulated event gets its type unless another alignment of the sequences agrees as well."""
    assume(len(set(canonical)) == 4)
    size = data.draw(st.integers(1, 2))
    other = {base: data.draw(st.sampled_from([b for b in "ACGT" if b != base])) for base in "ACGT"}
    if name == "5p_addition":
        observed = data.draw(st.text("ACGT", min_size=size, max_size=size)) + canonical
    elif name == "3p_addition":
        observed = canonical + data.draw(st.text("ACGT", min_size=size, max_size=size))
    elif name == "5p_deletion":
        observed = canonical[size:]
    elif name == "3p_deletion":
        observed = canonical[:-size]
    elif name == "5p_replacement":
        observed = "".join(other[b] for b in canonical[:size]) + canonical[size:]
    elif name == "3p_replacement":
        observed = canonical[:-size] + "".join(other[b] for b in canonical[-size:])
    else:
        places = data.draw(st.lists(st.integers(4, len(canonical) - 5), min_size=2, max_size=2, unique=True))
        places = places[:1] if name == "SNP" else places
        observed = "".join(other[b] if i in places else b for i, b in enumerate(canonical))
    true_shift = {"5p_addition": -size, "5p_deletion": size}.get(name, 0)
    agreement = []
    for shift in range(-12, 13):
        pairs = [
            (observed[i], canonical[i + shift]) for i in range(len(observed)) if 0 <= i + shift < len(canonical)
        ]
        agreement.append((2 * sum(a == b for a, b in pairs) - len(pairs), shift))
    assume(max(agreement)[1] == true_shift and sorted(agreement)[-2][0] < max(agreement)[0])
    isomir = classify(observed, canonical)
    assert isomir is not None
    assert isomir.types == (name,)
