"""The settings of binding-classes."""

from __future__ import annotations

from dataclasses import dataclass

from mirtools import settings
from mirtools.classes.classify import ClassOptions
from mirtools.classes.vectors import LENGTH, LONGEST
from mirtools.errors import UsageError

CLASSES = 5
_MOST_CLASSES = 50


@dataclass(frozen=True)
class ClassSettings(settings.Settings):
    """A table and the classes into which it is sorted; see the options of ``binding-classes``.

    Attributes
    ----------
    aligned : str
        Table of alignments.
    k : int, optional
        Number of classes (by default 5), unless ``choose_k`` or ``classes`` is given.
    choose_k : (int, int), optional
        Smallest and largest number of classes to test.
    classes : str, optional
        Summary of an earlier run, whose classes are used.
    scale : {"row", "none"}, optional
        By default ``row``; with ``classes`` their scale.
    length : int, optional
        Number of bases to use, by default 20; with ``classes`` their number.
    cofold : bool
        Whether rows are also sorted by the bases that pair when miRNA and site fold together.
    seed : int
    """

    aligned: str = settings.path()
    k: int | None = settings.optional_whole()
    choose_k: tuple[int, int] | None = settings.optional_range(2, _MOST_CLASSES)
    classes: str | None = settings.optional_path()
    scale: str | None = settings.choice(None, "row", "none")
    length: int | None = settings.optional_whole()
    cofold: bool = False
    seed: int = settings.whole(1, 0)

    def check(self) -> None:  # noqa: D102
        if self.k is not None and self.k > _MOST_CLASSES:
            raise UsageError(f"argument --k: {self.k} is more than {_MOST_CLASSES} classes; give a smaller number")
        if self.length is not None and self.length > LONGEST:
            raise UsageError(
                f"argument --length: {self.length} is more than {LONGEST} bases; give a smaller number"
            )
        if [self.k, self.choose_k, self.classes].count(None) < 2:
            raise UsageError("--k, --choose-k and --classes exclude each other; give one of them")
        if self.classes is not None and (self.scale, self.length) != (None, None):
            raise UsageError("--classes defines scale and length; omit --scale and --length")
        if self.classes == self.aligned == "-":
            raise UsageError("--classes and the table cannot both be standard input; name a file for one")

    def options(self, length: int | None = None) -> ClassOptions:
        """Return the settings of the classification; ``length`` is that of known classes."""
        choices = None if self.choose_k is None else range(self.choose_k[0], self.choose_k[1] + 1)
        bases = length or self.length or LENGTH
        return ClassOptions(self.k or CLASSES, choices, self.scale or "row", bases, self.seed)
