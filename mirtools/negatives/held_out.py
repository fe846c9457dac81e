"""What can be learned from a property of pairs alone, always judged on pairs that it was not learned from.

Otherwise a set with many miRNAs would seem to leak by chance: a miRNA that occurs once predicts its own label.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mirtools.io.encoding import N_CODE, encode

Numbers = NDArray[np.int64]
Labels = NDArray[np.uint8]
Scores = NDArray[np.float64]
Mask = NDArray[np.bool_]

FOLDS = 10
# A share of positives that a fair draw would bring about as often as not says nothing. Without this, the tiny
# surplus of one label that holding pairs out leaves in a perfectly balanced set would seem to predict the other.
LEAST_EVIDENCE = 1.5
_RIDGE = 1e-3  # of features with unit variance: some add up to a constant
_STREAM = 0xA0D17  # keeps these random numbers apart from others of the same seed


def deal_folds(groups: Numbers, seed: int) -> Numbers:
    """Return a fold for every pair, shape ``(n,)``, equal for pairs of the same group."""
    distinct, which = np.unique(groups, return_inverse=True)
    order = np.random.default_rng([seed, _STREAM]).permutation(len(distinct))
    return np.asarray(order[which.ravel()] % FOLDS, np.int64)


def held_out_shares(
    values: Numbers, labels: Labels, folds: Numbers, share: float, least_evidence: float = LEAST_EVIDENCE
) -> tuple[Scores, Mask]:
    """Return for every pair the share of positives among pairs of other folds with the same value.

    Parameters
    ----------
    values : ndarray of int64, shape (n,)
        The property, as numbers from 0.
    labels : ndarray of uint8, shape (n,)
    folds : ndarray of int64, shape (n,)
    share : float
        The share of positives among all pairs to learn from.
    least_evidence : float
        Shares within this number of standard errors of that of all pairs count as that of all pairs.

    Returns
    -------
    shares : ndarray of float64, shape (n,)
        Drawn towards the share of all pairs, which unseen values have.
    seen : ndarray of bool, shape (n,)
        Whether the value occurs in another fold.
    """
    size = int(values.max(initial=0)) + 1
    cells = folds * size + values
    cell_count = (int(folds.max(initial=0)) + 1) * size
    total = np.bincount(values, minlength=size)[values] - np.bincount(cells, minlength=cell_count)[cells]
    hits = np.bincount(values, labels, size)[values] - np.bincount(cells, labels, cell_count)[cells]
    spread = np.sqrt(np.maximum(total * share * (1 - share), 1e-12))
    shares = (hits + share) / (total + 1)
    shares[(np.abs(hits - total * share) < least_evidence * spread) | (total == 0)] = share
    return shares, total > 0


def held_out_discriminant(features: Scores, labels: Labels, folds: Numbers, asked: Sequence[int]) -> Scores:
    """Return for every pair of the folds ``asked`` Fisher's linear discriminant, learned from all other folds.

    Parameters
    ----------
    features : ndarray of float64, shape (n, m)
    labels, folds : ndarray, shape (n,)
    asked : sequence of int

    Returns
    -------
    ndarray of float64, shape (n,)
        Larger = more like positives. Without the constant term, which would reveal how many positives the other
        folds hold; 0 for pairs of folds that are not asked.
    """
    scaled = features - features.mean(axis=0)
    deviation = scaled.std(axis=0)
    scaled /= np.where(deviation > 0, deviation, 1)
    size, width = int(folds.max(initial=0)) + 1, features.shape[1]
    counts, totals = np.zeros((2, size)), np.zeros((2, size, width))
    products = np.zeros((size, width, width))
    for fold in range(size):
        for label in (0, 1):
            part = scaled[(folds == fold) & (labels == label)]
            counts[label, fold], totals[label, fold] = len(part), part.sum(axis=0)
            products[fold] += part.T @ part
    values = np.zeros(len(labels))
    for fold in asked:
        others = np.arange(size) != fold
        number = counts[:, others].sum(axis=1)
        if (number == 0).any():
            continue
        means = totals[:, others].sum(axis=1) / number[:, None]
        within = products[others].sum(axis=0) - (means.T * number) @ means
        within = within / number.sum() + _RIDGE * np.eye(width)
        held = folds == fold
        values[held] = scaled[held] @ np.linalg.solve(within, means[1] - means[0])
    return values


def held_out_combination(
    properties: Sequence[tuple[Numbers, Mask]],
    features: Scores,
    labels: Labels,
    folds: Numbers,
    asked: Sequence[int],
) -> Scores:
    """Return what properties predict together: a linear discriminant of their shares and of further features.

    The shares that the discriminant learns from are themselves held out, within the folds that it learns from.

    Parameters
    ----------
    properties : sequence of tuple of ndarray, each of shape (n,)
        Values, and for which pairs they are known.
    features : ndarray of float64, shape (n, m)
    labels, folds : ndarray, shape (n,)
    asked : sequence of int

    Returns
    -------
    ndarray of float64, shape (n,)
        0 for pairs of folds that are not asked.
    """
    combined = np.zeros(len(labels))
    for fold in asked:
        held = folds == fold
        share = float(labels[~held].mean()) if not held.all() else 0.5
        columns = []
        for values, known in properties:
            column = np.full(len(labels), share)
            learned = known & ~held
            column[learned] = held_out_shares(values[learned], labels[learned], folds[learned], share)[0]
            asked_shares = held_out_shares(values[known], labels[known], held[known].astype(np.int64), share)[0]
            column[known & held] = asked_shares[held[known]]
            columns.append(column)
        table = np.column_stack([*columns, features])
        combined += held_out_discriminant(table, labels, held.astype(np.int64), [1])
    return combined


def gc_shares(sequences: Sequence[str]) -> Scores:
    """Return the share of G and C among the known bases of each sequence, shape ``(n,)``; 0 for N alone."""
    strong = np.array([sequence.count("G") + sequence.count("C") for sequence in sequences], np.float64)
    known = np.array([len(sequence) - sequence.count("N") for sequence in sequences], np.float64)
    shares: Scores = strong / np.maximum(known, 1)
    return shares


def dinucleotide_shares(sequences: Sequence[str]) -> Scores:
    """Return the share of each of the 16 dinucleotides in each sequence, N not counted; shape ``(n, 16)``."""
    longest = max(map(len, sequences), default=0)
    codes = encode(sequences, longest).astype(np.int64)
    counts = np.zeros((len(sequences), 16))
    rows = np.arange(len(sequences))
    for first, second in zip(codes.T[:-1], codes.T[1:], strict=True):
        known = (first != N_CODE) & (second != N_CODE)
        np.add.at(counts, (rows[known], (4 * first + second)[known]), 1)
    shares: Scores = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares
