"""The composition of a model's training pairs: letter statistics, and random pairs drawn from them.

Explanations compare a pair with a background of ordinary pairs. A model file may contain some of its training
pairs (``background_pairs`` in its training), or only their composition: the lengths of miRNAs and sites, their
first letters, and the probability of each letter after each other (a Markov chain of first order).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.errors import InputError
from mirtools.models.base import Family, Model
from mirtools.models.encoder import DNA, Encoder, code_of_byte

Pairs = list[tuple[str, str]]
Shares = NDArray[np.float64]

PAIRS_KEY, COMPOSITION_KEY = "background_pairs", "composition"
STORED, DRAWN, UNIFORM = "training pairs", "composition of the training pairs", "uniform letters"
_MIRNA_LENGTH, _SITE_LENGTH = 22, 50  # if nothing is known
_STREAM = 0xC0395  # separates these random numbers from others of the same seed
_DECIMALS = 6
_MOST_CHARACTERS = 150_100  # of training pairs in a model's description
_PUNCTUATION = 13  # of a pair in it
_MOST_LENGTH, _MOST_LETTERS, _MOST_PAIRS = 1000, 32, 100_000


class Typical(NamedTuple):
    """Pairs like the training pairs of a model, and their source (:data:`STORED`, ``DRAWN`` or ``UNIFORM``)."""

    pairs: Pairs
    source: str


def composition_of(mirnas: Sequence[str], sites: Sequence[str], alphabet: str = DNA) -> dict[str, Any]:
    """Return letter statistics of pairs as plain data.

    Parameters
    ----------
    mirnas, sites : sequence of str
        At least one letter of the alphabet in each list; other letters are ignored.
    alphabet : str
        Distinct letters.

    Returns
    -------
    dict
        ``alphabet``, and for ``mirna`` and ``site``: ``lengths`` (share by length), ``first`` (share of each
        letter at the beginning) and ``next`` (one row per letter: shares of the letters that follow it).
    """
    return {
        "alphabet": alphabet,
        "mirna": _statistics(mirnas, alphabet),
        "site": _statistics(sites, alphabet),
    }


def uniform(
    alphabet: str = DNA, mirna_length: int = _MIRNA_LENGTH, site_length: int = _SITE_LENGTH
) -> dict[str, Any]:
    """Return a composition with one length of miRNAs, one of sites, and equally common letters."""

    def statistics(length: int) -> dict[str, Any]:
        shares = [1 / len(alphabet)] * len(alphabet)
        return {"lengths": {str(length): 1.0}, "first": shares, "next": [shares] * len(alphabet)}

    return {"alphabet": alphabet, "mirna": statistics(mirna_length), "site": statistics(site_length)}


def draw(composition: object, count: int, seed: int) -> Pairs:
    """Draw pairs, miRNA and site independently; the same arguments give the same pairs.

    Raises
    ------
    ValueError
        If the composition is not as :func:`composition_of` returns it; the message names the problem.
    """
    random = np.random.default_rng([seed, _STREAM])
    alphabet = _alphabet_of(composition)
    mirnas, sites = (_drawn(_chain(composition, side), alphabet, count, random) for side in ("mirna", "site"))
    return list(zip(mirnas, sites, strict=True))


def typical_pairs(model: Model, count: int, seed: int) -> Typical:
    """Return ``count`` pairs like the training pairs of a model: stored ones, or drawn from its composition.

    If more pairs are stored, random ones are chosen; if fewer, all are returned. For a model with neither pairs
    nor a composition, letters are equally common.

    Raises
    ------
    InputError
        If the model's pairs or composition are not valid.
    """
    encoder = model.encoder
    try:
        stored = _stored(model.training.get(PAIRS_KEY, []))
        if len(stored) > count:
            chosen = np.random.default_rng([seed, _STREAM]).permutation(len(stored))[:count]
            stored = [stored[place] for place in sorted(chosen.tolist())]
        if stored:
            return Typical(stored, STORED)
        if COMPOSITION_KEY in model.training:
            composition = model.training[COMPOSITION_KEY]
            if _alphabet_of(composition) != encoder.alphabet:
                raise ValueError("a composition whose alphabet is not the model's")
            return Typical(draw(composition, count, seed), DRAWN)
    except ValueError as error:
        raise InputError(f"has {error}; train it again", source=f"model {model.name!a}") from error
    lengths = encoder.mirna_length, encoder.site_length
    if encoder.nucleic:
        lengths = min(_MIRNA_LENGTH, lengths[0]), min(_SITE_LENGTH, lengths[1])
    return Typical(draw(uniform(encoder.alphabet, *lengths), count, seed), UNIFORM)


def training_facts(
    mirnas: Sequence[str], sites: Sequence[str], encoder: Encoder, count: int, seed: int
) -> dict[str, Any]:
    """Return the composition of training pairs, and some of the pairs, for a model file's training.

    Parameters
    ----------
    mirnas, sites : sequence of str
        They are cropped to the model's input.
    encoder : Encoder
        The encoder of the model.
    count : int
        Number of random pairs to store.
    seed : int
    """
    cropped = [encoder.mirna(mirna) for mirna in mirnas], [encoder.site(site) for site in sites]
    facts: dict[str, Any] = {COMPOSITION_KEY: composition_of(*cropped, encoder.alphabet)}
    if count:
        chosen = np.random.default_rng([seed, _STREAM]).permutation(len(mirnas))[:count]
        facts[PAIRS_KEY] = [[cropped[0][place], cropped[1][place]] for place in sorted(chosen.tolist())]
    return facts


def most_stored(family: Family) -> int:
    """Return how many pairs fit into the description of a model of this family."""
    # escaped twice, since the description is JSON in a string of the JSON header
    described = json.dumps(json.dumps(family.described()))
    encoder = family.encoder
    free = max(_MOST_CHARACTERS - len(described), 0)
    return free // (encoder.mirna_length + encoder.site_length + _PUNCTUATION)


def _statistics(sequences: Sequence[str], alphabet: str) -> dict[str, Any]:
    count = len(alphabet)
    # an unknown letter between sequences, so that no letter is counted as following one of another sequence
    joined = " ".join(["", *sequences, ""]).encode("latin-1", "replace")
    codes = code_of_byte(alphabet)[np.frombuffer(joined, np.uint8)].astype(np.intp)
    followed = np.bincount(codes[:-1] * (count + 1) + codes[1:], minlength=(count + 1) ** 2).reshape(count + 1, -1)
    letters = followed[:count].sum(axis=1)
    if not letters.sum():
        raise ValueError("the sequences have no letter of the alphabet")
    first = followed[count, :count]  # a letter after an unknown letter counts as a first one
    table = followed[:count, :count].astype(np.float64)
    table[table.sum(axis=1) == 0] = letters
    lengths, times = np.unique([len(sequence) for sequence in sequences], return_counts=True)
    return {
        "lengths": dict(zip(map(str, lengths.tolist()), _rounded(times), strict=True)),
        "first": _rounded(first),
        "next": [_rounded(row) for row in table],
    }


def _rounded(counts: NDArray[Any]) -> list[float]:
    return np.round(counts / counts.sum(), _DECIMALS).tolist()


def _alphabet_of(composition: object) -> str:
    alphabet = composition.get("alphabet") if isinstance(composition, dict) else None
    if not isinstance(alphabet, str) or not 1 <= len(alphabet) <= _MOST_LETTERS:
        raise ValueError("a composition without an alphabet")
    if len(set(alphabet)) < len(alphabet) or not (alphabet.isascii() and alphabet.isupper()):
        raise ValueError("a composition whose alphabet does not consist of distinct letters")
    return alphabet


class _Chain(NamedTuple):
    lengths: NDArray[np.intp]
    length_shares: Shares
    first: Shares
    table: Shares


def _chain(composition: Any, side: str) -> _Chain:
    alphabet, statistics = composition["alphabet"], composition.get(side)
    if not isinstance(statistics, dict) or not isinstance(lengths := statistics.get("lengths"), dict):
        raise ValueError(f"a composition without lengths of the {side}")
    if not lengths or not all(key.isascii() and key.isdigit() and len(key) < 5 for key in lengths):
        raise ValueError(f"a composition with lengths of the {side} that are not whole numbers")
    numbers = np.array([int(key) for key in lengths], np.intp)
    if numbers.min() < 1 or numbers.max() > _MOST_LENGTH:
        raise ValueError(f"a composition with lengths of the {side} that are not from 1 to {_MOST_LENGTH}")
    rows = statistics.get("next")
    if not isinstance(rows, list) or len(rows) != len(alphabet):
        raise ValueError(f"a composition without a row for each letter of the {side}")
    return _Chain(
        numbers,
        _shares(list(lengths.values()), len(lengths), side),
        _shares(statistics.get("first"), len(alphabet), side),
        np.stack([_shares(row, len(alphabet), side) for row in rows]),
    )


def _shares(values: object, count: int, side: str) -> Shares:
    if (
        not isinstance(values, list)
        or len(values) != count
        or not all(
            isinstance(v, float | int) and not isinstance(v, bool) and math.isfinite(v) and v >= 0 for v in values
        )
        or sum(values) <= 0
    ):
        raise ValueError(f"a composition with shares of the {side} that are not valid")
    shares = np.array(values, np.float64)
    return shares / shares.sum()


def _drawn(chain: _Chain, alphabet: str, count: int, random: np.random.Generator) -> list[str]:
    lengths = random.choice(chain.lengths, count, p=chain.length_shares)
    letters = np.frombuffer(alphabet.encode(), np.uint8)
    steps = np.cumsum(chain.table, axis=1)[:, :-1]  # the last letter gets the rest
    codes = np.empty((count, int(lengths.max(initial=1))), np.intp)
    codes[:, 0] = random.choice(len(alphabet), count, p=chain.first)
    for place in range(1, codes.shape[1]):
        codes[:, place] = (steps[codes[:, place - 1]] <= random.random((count, 1))).sum(axis=1)
    return [letters[row[:length]].tobytes().decode() for row, length in zip(codes, lengths.tolist(), strict=True)]


def _stored(pairs: object) -> Pairs:
    if not isinstance(pairs, list) or len(pairs) > _MOST_PAIRS:
        raise ValueError("background pairs that are not valid")
    found = []
    for pair in pairs:
        if (
            not isinstance(pair, list)
            or len(pair) != 2
            or not all(isinstance(s, str) and _is_sequence(s) for s in pair)
        ):
            raise ValueError("background pairs that are not two sequences each")
        found.append((pair[0], pair[1]))
    return found


def _is_sequence(text: str) -> bool:
    return 1 <= len(text) <= _MOST_LENGTH and text.isascii() and text.isalpha() and text.isupper()
