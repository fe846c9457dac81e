"""The k-mer index: its contents, and checks of its files."""

import json
import random

import numpy as np
import pytest

from mirtools.chimera.kmers import KmerIndex, is_index
from mirtools.chimera.references import References
from mirtools.errors import InputError
from mirtools.io.sequences import Reference


@pytest.fixture
def index():
    rng = random.Random(3)
    sequences = ["".join(rng.choices("ACGTN", (9, 9, 9, 9, 1), k=length)) for length in (1, 40, 700, 8)]
    return KmerIndex.of(
        References.of([Reference(f"t{n}", f"t{n} möre|x", text) for n, text in enumerate(sequences)])
    )


def words_of(index):
    text = index.references.codes.copy()
    text[text > 3] = 0
    return [int("".join(map(str, text[n : n + index.k])), 4) for n in range(len(text) - index.k + 1)]


def test_every_position_is_listed_under_its_word(index):
    words = words_of(index)
    for word in set(words):
        found = index.positions[index.table[word] : index.table[word + 1]].tolist()
        assert found == [position for position, other in enumerate(words) if other == word]
    assert index.table[0] == 0
    assert index.table[-1] == len(words) == len(index.positions)


def test_word_length_follows_the_number_of_bases():
    assert KmerIndex.of(References.of([Reference("a", "a", "ACGT" * 3)])).k == 8
    assert KmerIndex.of(References.of([Reference("a", "a", "ACGT" * 300_000)])).k == 10


def saved(index, tmp_path):
    path = tmp_path / "x.index"
    with open(path, "wb") as stream:
        index.save(stream)
    return path


def test_round_trip(index, tmp_path):
    path = saved(index, tmp_path)
    again = KmerIndex.load(str(path))
    assert is_index(str(path))
    assert (again.k, again.references.names, again.references.headers) == (
        index.k,
        index.references.names,
        index.references.headers,
    )
    for name in ("table", "positions", "packed"):
        assert (getattr(again, name) == getattr(index, name)).all()
    for name in ("codes", "starts", "ends"):
        assert (getattr(again.references, name) == getattr(index.references, name)).all()
    assert [again.references.sequence(n) for n in range(4)] == [index.references.sequence(n) for n in range(4)]


def test_the_library_reads_the_file_too(index, tmp_path):
    from safetensors.numpy import load_file

    arrays = load_file(saved(index, tmp_path))
    assert (arrays["positions"] == index.positions).all()


def test_a_truncated_file_is_an_error(index, tmp_path):
    path = saved(index, tmp_path)
    whole = path.read_bytes()
    for length in [*range(0, 1200, 7), *range(1200, len(whole), 9973), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="make it again with chimera-index"):
            KmerIndex.load(str(path))


def test_parts_that_do_not_fit_are_an_error(index, tmp_path):
    from safetensors.numpy import load_file, save_file

    path = saved(index, tmp_path)
    good = load_file(path)
    changes = {
        "positions": good["positions"][:-1],
        "table": good["table"][:-1],
        "starts": good["starts"][::-1].copy(),
        "ends": good["ends"] + 1,
        "codes": good["codes"][:-4],
        "packed": good["packed"].astype(np.int64),
        "headers": np.frombuffer(b"one", np.uint8),
    }
    for name, array in changes.items():
        save_file(good | {name: array}, path, {"format": "mirtools k-mer index 1"})
        with pytest.raises(InputError, match="make it again with chimera-index"):
            KmerIndex.load(str(path))
        save_file(
            {key: value for key, value in good.items() if key != name}, path, {"format": "mirtools k-mer index 1"}
        )
        with pytest.raises(InputError, match="make it again with chimera-index"):
            KmerIndex.load(str(path))
    save_file(good, path, {"format": "mirtools k-mer index 99"})
    with pytest.raises(InputError, match="not an index of this version"):
        KmerIndex.load(str(path))


def test_files_that_are_no_index(tmp_path):
    fasta = tmp_path / "a.fa"
    fasta.write_text(">a\nACGT\n")
    assert not is_index(str(fasta))
    assert not is_index(str(tmp_path))
    assert not is_index("-")
    assert not is_index(str(tmp_path / "absent"))
    model = tmp_path / "x.safetensors"
    header = json.dumps({"__metadata__": {}}).encode()
    model.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(InputError, match=r"x\.safetensors: is not"):
        KmerIndex.load(str(model))


def test_damaged_arrays_do_not_crash_a_search(index, tmp_path):
    """A search in a damaged index may find wrong hits, but stays within the arrays."""
    import numpy as np
    from test_search import find

    path = saved(index, tmp_path)
    rng = np.random.default_rng(1)
    damaged = KmerIndex.load(str(path))
    table = rng.integers(0, 2**32, len(damaged.table), dtype=np.uint32)
    positions = rng.integers(0, 2**32, len(damaged.positions), dtype=np.uint32)
    for case in ((damaged.table, positions), (table, damaged.positions), (table, positions)):
        damaged.table, damaged.positions = case
        find(damaged, [damaged.references.sequence(2)[:300]], 8, 8)
