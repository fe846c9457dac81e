"""The settings of dmiso-interpret."""

from __future__ import annotations

from dataclasses import dataclass

from mirtools import settings


@dataclass(frozen=True)
class InterpretSettings(settings.Settings):
    """The model, the pairs, and the analyses; see the options of ``dmiso-interpret``.

    Attributes
    ----------
    pairs : str
        Table with ``mirna_seq`` and ``site_seq``; ``-`` for standard input.
    format : {"table", "dmiso"}
    model : str
        Name of a bundled model, or a model file.
    sample : int, optional
        Number of random pairs of the table to use; by default all.
    mask : int
        Bases hidden at once.
    min_activation : float
        Align 8-mers above this share of the largest activation.
    compare : str, optional
        File of motifs to compare with.
    max_evalue : float
        Largest E-value of matches.
    both_strands : bool
        Compare with reverse complements, too.
    n_clusters : int, optional
        By default the number with the best silhouettes.
    min_pairs : int
        Drop miRNAs with fewer positive pairs.
    seed : int
    """

    pairs: str = settings.path()
    format: str = settings.choice("table", "dmiso")
    model: str = "dmiso"
    sample: int | None = settings.optional_whole()
    mask: int = settings.whole(4, 1)
    min_activation: float = settings.number(0.5, 0, 0.999)
    compare: str | None = settings.optional_path()
    max_evalue: float = settings.number(10.0, 0)
    both_strands: bool = False
    n_clusters: int | None = settings.optional_whole()
    min_pairs: int = settings.whole(10)
    seed: int = settings.whole(1, 0)
