"""Classes of interactions by the important bases of the miRNA (second paper: 3.3, Figure 3).

The method is k-means on the importances by base of the miRNA. Classes are ordered by their centre of mass, from
the 5' end, and named after their centre by a rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mirtools.classes.kmeans import Choice, distinct, k_means, try_numbers
from mirtools.classes.vectors import LONGEST, SCALES, Booleans, Floats, Integers, Vectors, read_numbers, scaled
from mirtools.errors import InputError, shorten
from mirtools.io.tables import MISSING, TableReader

SEED, RELAXED_SEED, MIDDLE, THREE_PRIME, DISTRIBUTED = "seed", "relaxed_seed", "middle", "3p", "distributed"
NO_ALIGNMENT = "no_alignment"
# first and last base of a region, 1-based; base 1 belongs to no region, the last region ends with the miRNA
REGIONS = {SEED: (2, 8), MIDDLE: (9, 12), THREE_PRIME: (13, None)}
# a region names a class if the mean weight of its bases is this many times the mean weight of all bases
DENSE = 1.5
# smallest share of the whole weight in the seed of a seed class; with less it is a relaxed seed class
SEED_SHARE = 2 / 3
# decimals of centres: a summary shows exactly the centres with which rows were compared
_DECIMALS = 6

SUMMARY_COLUMNS = (
    "vectors scale binding_class class_name rows share mean_class_silhouette centre_of_mass share_seed "
    "share_middle share_3p centre sd mean_importance"
).split()
CHOICE_COLUMNS = "vectors k inertia mean_silhouette chosen".split()


@dataclass(frozen=True)
class Classes:
    """Centres of classes, ordered by their centre of mass; class ``n`` is row ``n - 1``.

    Attributes
    ----------
    centres : ndarray of shape (k, length), float64
    names : list of str
    scale : {"row", "none"}
        The scale of the vectors.
    """

    centres: Floats
    names: list[str]
    scale: str

    def assign(self, vectors: Vectors) -> Members:
        """Return the nearest class of every row; ties go to the first."""
        values = scaled(vectors.values, self.scale)
        count = len(values)
        distances = np.full((count, max(len(self.names), 1)), np.inf)
        for number, centre in enumerate(self.centres):
            distances[:, number] = np.sqrt(((values - centre) ** 2).sum(1))
        members = np.where(vectors.known & (len(self.names) > 0), distances.argmin(1) + 1, 0)
        ranked = np.sort(distances, axis=1)
        own = ranked[:, 0]
        # with one class there is no next one
        following = ranked[:, 1] if ranked.shape[1] > 1 else np.full(count, np.nan)
        with np.errstate(invalid="ignore"):
            silhouettes = np.where(following > 0, (following - own) / following, 0.0)
        silhouettes[np.isnan(following)] = np.nan
        return Members(members, own, silhouettes)


@dataclass(frozen=True)
class Members:
    """The classes of rows.

    Attributes
    ----------
    numbers : ndarray of shape (rows,), int64
        From 1; 0 for rows without an alignment.
    distances : ndarray of shape (rows,), float64
        Euclidean distance from the class's centre.
    silhouettes : ndarray of shape (rows,), float64
        1 - distance from the own centre / distance from the next centre; NaN if there is only one class.
    """

    numbers: Integers
    distances: Floats
    silhouettes: Floats


@dataclass(frozen=True)
class Classified:
    """Vectors and their classes.

    Attributes
    ----------
    kind : {"importance", "cofold"}
        The contents of the vectors.
    vectors : Vectors
    classes : Classes
    members : Members
    choices : sequence of Choice
        The tested numbers of classes.
    paired : sequence of str
        For folded duplexes, by row: which bases pair.
    """

    kind: str
    vectors: Vectors
    classes: Classes
    members: Members
    choices: Sequence[Choice] = ()
    paired: Sequence[str] = ()

    def known(self, number: int) -> Booleans:
        """Return a mask of the rows that belong to a class."""
        return self.members.numbers == number

    def label(self, number: int) -> str:
        """Return the name of a class; 0 means no class."""
        return self.classes.names[number - 1] if number else NO_ALIGNMENT


@dataclass(frozen=True)
class ClassOptions:
    """Settings of the classification.

    Attributes
    ----------
    k : int
        Number of classes.
    choices : range or None
        Numbers of classes to test; the one with the best mean silhouette replaces ``k``.
    scale : {"row", "none"}
    length : int
        Number of bases in a vector.
    seed : int
    """

    k: int
    choices: range | None
    scale: str
    length: int
    seed: int


def classify(kind: str, vectors: Vectors, options: ClassOptions) -> Classified:
    """Classify vectors."""
    points = distinct(scaled(vectors.values[vectors.known], options.scale))
    choices: list[Choice] = []
    k = options.k
    if options.choices is not None and len(points.values):
        choices = try_numbers(points, options.choices, options.seed)
        # ties go to the smallest number; with fewer distinct rows than that, each is its own class
        k = max(choices, key=lambda choice: choice.silhouette).k if choices else options.choices[0]
    centres = k_means(points, k, options.seed).centres.round(_DECIMALS) + 0.0
    order = sorted(range(len(centres)), key=lambda at: (centre_of_mass(centres[at]), centres[at].tolist()))
    centres = centres[order]
    classes = Classes(centres, class_names(centres), options.scale)
    return Classified(kind, vectors, classes, classes.assign(vectors), choices)


def weight(centre: Floats) -> Floats:
    """Return the weights of bases: their importances, but 0 for negative ones."""
    return np.maximum(centre, 0.0)


def centre_of_mass(centre: Floats) -> float:
    """Return the weighted mean position, 1-based; 0 if there is no weight."""
    positive = weight(centre)
    total = float(positive.sum())
    return float((positive * np.arange(1, len(centre) + 1)).sum()) / total if total > 0 else 0.0


def shares(centre: Floats) -> dict[str, float]:
    """Return each region's share of the whole weight."""
    positive = weight(centre)
    total = float(positive.sum())
    return {
        region: float(positive[first - 1 : last].sum()) / total if total > 0 else 0.0
        for region, (first, last) in REGIONS.items()
    }


def kind_of(centre: Floats) -> str:
    """Return the kind of class that has a centre.

    The kind is the region (seed: bases 2-8, middle: 9-12, 3': 13 to the end) with the largest mean weight per base
    if this is at least 1.5 times the mean weight of all bases; otherwise the weight is distributed. A seed class
    with less than two thirds of the whole weight in the seed is a relaxed one.
    """
    by_region = shares(centre)
    density = {}
    for region, (first, last) in REGIONS.items():
        bases = len(centre[first - 1 : last])
        density[region] = by_region[region] * len(centre) / bases if bases else 0.0
    densest = max(density, key=lambda region: density[region])
    # rounding errors must not decide
    if density[densest] < DENSE - 1e-9:
        return DISTRIBUTED
    if densest == SEED and by_region[SEED] < SEED_SHARE - 1e-9:
        return RELAXED_SEED
    return densest


def class_names(centres: Iterable[Floats]) -> list[str]:
    """Return the names of classes; those of one kind are numbered: ``seed_1``, ``seed_2``."""
    kinds = [kind_of(centre) for centre in centres]
    counts = Counter(kinds)
    seen: Counter[str] = Counter()
    names = []
    for kind in kinds:
        seen[kind] += 1
        names.append(kind if counts[kind] == 1 else f"{kind}_{seen[kind]}")
    return names


def summary_rows(found: Classified) -> Iterator[list[str]]:
    """Yield the table of classes, with SUMMARY_COLUMNS; rows without an alignment, if any, have the last row."""
    total = len(found.members.numbers)
    values = scaled(found.vectors.values, found.classes.scale)
    for number, (centre, name) in enumerate(zip(found.classes.centres, found.classes.names, strict=True), 1):
        own = found.known(number)
        count = int(own.sum())
        by_region = shares(centre)
        yield [
            found.kind,
            found.classes.scale,
            str(number),
            name,
            str(count),
            _share(count, total),
            _number(float(found.members.silhouettes[own].mean()) if count else float("nan")),
            _number(centre_of_mass(centre)),
            *(_number(by_region[region]) for region in REGIONS),
            _list(centre),
            _list(values[own].std(0)) if count else MISSING,
            _list(found.vectors.values[own].mean(0)) if count else MISSING,
        ]
    if without := int(found.known(0).sum()):
        head = [found.kind, found.classes.scale, MISSING, NO_ALIGNMENT, str(without), _share(without, total)]
        yield head + [MISSING] * (len(SUMMARY_COLUMNS) - len(head))


def choice_rows(found: Classified) -> Iterator[list[str]]:
    """Yield the table of the tested numbers of classes, with CHOICE_COLUMNS."""
    for choice in found.choices:
        chosen = str(int(choice.k == len(found.classes.names)))
        yield [found.kind, str(choice.k), f"{choice.inertia:.6g}", _number(choice.silhouette), chosen]


def read_classes(path: str) -> dict[str, Classes]:
    """Return the classes of a summary by kind of vectors; all have the same scale and length.

    Raises
    ------
    InputError
        For a table that is not a summary, or without classes.
    """
    reader = TableReader(path, ("vectors", "scale", "binding_class", "class_name", "centre"))
    places = [reader.index(name) for name in ("vectors", "scale", "binding_class", "class_name", "centre")]
    centres: dict[str, list[list[float]]] = {}
    names: dict[str, list[str]] = {}
    scales: dict[str, str] = {}
    for row in reader:
        kind, scale, number, name, cell = (row[at] for at in places)
        if number == MISSING:
            continue
        try:
            centre = read_numbers(cell, "centre") or []
        except ValueError as error:
            raise reader.error(str(error)) from error
        known = centres.get(kind, [])
        if number != str(len(known) + 1):
            raise reader.error(
                f"binding_class is '{shorten(number, 20)}', not {len(known) + 1}; give classes in order"
            )
        if scale not in SCALES or scale != next(iter(scales.values()), scale):
            raise reader.error(f"scale is '{shorten(scale, 20)}'; give row or none, the same for all classes")
        if not 0 < len(centre) <= LONGEST or len(centre) != len(next(iter(centres.values()), [centre])[0]):
            raise reader.error(f"centre has {len(centre)} numbers; give as many as in the other classes")
        centres.setdefault(kind, []).append(centre)
        names.setdefault(kind, []).append(name)
        scales[kind] = scale
    if not centres:
        raise InputError("has no classes; give a table that --summary wrote", source=path)
    return {kind: Classes(np.array(rows), names[kind], scales[kind]) for kind, rows in centres.items()}


def _share(count: int, total: int) -> str:
    return _number(count / total)


def _number(value: float) -> str:
    return MISSING if value != value else f"{value:.4f}"


def _list(values: Floats) -> str:
    return ",".join(f"{value:.6f}" for value in (values.round(_DECIMALS) + 0.0).tolist())
