"""Ungapped extension against a brute-force search over all extensions."""

from hypothesis import given
from hypothesis import strategies as st

from mirtools.chimera.engine import Hit
from mirtools.chimera.extension import extend

DNA = st.text("ACGT", min_size=12, max_size=24)


def brute_force(hit: Hit, read: str, mirna: str, low: int, high: int) -> tuple[int, int, int]:
    """Return start, end and evidence of the best pair of extensions, shortest first among equals."""

    def score(i: int, j: int) -> int:
        return sum(1 if read[hit.start + k] == mirna[hit.subject_start + k] else -1 for k in range(i, j))

    length = hit.end - hit.start
    left = [n for n in range(hit.subject_start + 1) if hit.start - n >= low]
    right = [n for n in range(len(mirna) - hit.subject_end + 1) if hit.end + n <= high]
    best_left = max(left, key=lambda n: (score(-n, 0), -n))
    best_right = max(right, key=lambda n: (score(length, length + n), -n))
    evidence = length + score(-best_left, 0) + score(length, length + best_right)
    return hit.start - best_left, hit.end + best_right, evidence


@given(DNA, DNA, st.data())
def test_equals_brute_force(read, mirna, data):
    size = data.draw(st.integers(3, min(len(read), len(mirna))))
    start = data.draw(st.integers(0, len(read) - size))
    subject = data.draw(st.integers(0, len(mirna) - size))
    low, high = data.draw(st.integers(0, start)), data.draw(st.integers(start + size, len(read)))
    hit = Hit(0, start, start + size, subject, subject + size, 0.01, 30.0)
    extended, evidence = extend(hit, read, mirna, low, high)
    assert (extended.start, extended.end, evidence) == brute_force(hit, read, mirna, low, high)
    assert extended.start - extended.subject_start == start - subject  # same diagonal


def test_two_changed_bases_do_not_hide_the_5p_part():
    mirna = "GCTACTTCACAACACCAGGGCC"
    read = "GCTACTGGACAACACCAGGGCC" + "GGTACCTG"
    hit = Hit(0, 8, 22, 8, 22, 0.002, 28.0)
    extended, evidence = extend(hit, read, mirna, 0, 22)
    assert (extended.start, extended.end, extended.subject_start) == (0, 22, 0)
    assert evidence == 20 - 2


def test_stops_where_the_target_claims():
    mirna, read = "ACGTACGTACGTACGTACGT", "ACGTACGTACGTACGTACGTTTTT"
    hit = Hit(0, 0, 15, 0, 15, 0.002, 30.0)
    assert extend(hit, read, mirna, 0, 17)[0].end == 17
