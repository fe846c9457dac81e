"""Motifs of convolution kernels: alignments of the bases that activate a kernel most in every sequence.

The method is DeepBind's (Alipanahi et al. 2015, Nat Biotechnol 33:831): one site per sequence, at the position of
the kernel's largest activation, from sequences that activate it enough (as in Basset, Kelley et al. 2016, Genome
Res 26:990, by half of the largest activation in the data). A kernel covers eight bases. Its activations by all
65,536 8-mers are in a table, and sites are counted by 8-mer, so that any threshold can be applied after one pass
over the data, in constant memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirtools.interpretation.comparison import Comparison, best_matches
from mirtools.interpretation.motifs import Frequencies, Motif, consensus, information, relative_entropy
from mirtools.io.encoding import encode
from mirtools.models.arrays import Weights
from mirtools.models.dmiso.architecture import KERNEL_WIDTH, KERNELS, MIRNA_LENGTH, SITE_LENGTH

KERNEL_COLUMNS = (
    "kernel branch bias largest_activation sites distinct_kmers share_of_sequences consensus information "
    "relative_entropy best_match best_match_name best_e_value control_p_value "
    "complement complement_e_value complement_control_p_value"
).split()
# the two inputs of the model: the name of their kernels, and their length
BRANCHES = {"mirna": ("mirna_conv", MIRNA_LENGTH), "site": ("site_conv", SITE_LENGTH)}
# the activation of a site is above this share of the largest activation in the data
SITE_SHARE = 0.5
_KMERS = 4**KERNEL_WIDTH
# the letters of base codes 0..3 are A T C G; motifs have A C G T
_TO_MOTIF = [0, 2, 3, 1]


class KernelSites:
    """The 8-mer of every distinct sequence that activates a kernel most, for all kernels of one branch.

    Each distinct sequence counts once; otherwise the kernels of the miRNA branch would show the few miRNAs with
    most pairs. Sequences are cropped as for the model; 8-mers with N are ignored.

    Parameters
    ----------
    weights : dict of str to ndarray
        The weights of a model.
    branch : {"mirna", "site"}

    Attributes
    ----------
    branch : str
    activations : ndarray of shape (10, 65536), float64
        Activation of every kernel by every 8-mer, before ReLU. 8-mers are numbers in base 4, first base first,
        digits A T C G.
    biases : ndarray of shape (10,), float64
    counts : ndarray of shape (10, 65536), int64
        By kernel and 8-mer, the number of sequences with this 8-mer as the strongest site; the first if tied.
    letters : ndarray of shape (4,), int64
        Numbers of A, C, G and T.
    sequences, scanned : int
        Distinct sequences, and distinct sequences with an 8-mer.
    """

    def __init__(self, weights: Weights, branch: str) -> None:
        name, self._length = BRANCHES[branch]
        self.branch = branch
        self.activations = activations(weights, branch)
        self.biases = np.asarray(weights[f"{name}.bias"], np.float64)
        self.counts = np.zeros((KERNELS, _KMERS), np.int64)
        self.letters = np.zeros(4, np.int64)
        self.scanned = 0
        self._seen: set[str] = set()

    @property
    def sequences(self) -> int:
        """Number of distinct sequences."""
        return len(self._seen)

    def add(self, sequences: Iterable[str]) -> None:
        """Scan the sequences (DNA letters, 5'->3') that have not been added before."""
        new = dict.fromkeys(s for s in sequences if s not in self._seen)
        self._seen.update(new)
        if not new:
            return
        codes = encode(list(new), self._length)
        self.letters += np.bincount(codes.ravel(), minlength=5)[_TO_MOTIF]
        kmers, known = kmer_numbers(codes)
        some = known.any(1)
        kmers, known = kmers[some], known[some]
        self.scanned += len(kmers)
        rows = np.arange(len(kmers))
        for kernel, table in enumerate(self.activations):
            strongest = np.where(known, table[kmers], -np.inf).argmax(1)
            np.add.at(self.counts[kernel], kmers[rows, strongest], 1)

    def background(self) -> Frequencies:
        """Return the frequencies of A, C, G and T, with a pseudocount of 1."""
        return (self.letters + 1) / (self.letters.sum() + 4)


@dataclass(frozen=True)
class KernelMotif:
    """A kernel and its sites.

    Attributes
    ----------
    branch : {"mirna", "site"}
    number : int
        1-based.
    bias : float
    largest : float
        Largest activation by an 8-mer in the data; 0 if no 8-mer activates the kernel.
    kmers : int
        Distinct 8-mers among the sites.
    share : float
        Share of sequences with a site; a kernel with a large share and little information is not specific.
    motif : Motif or None
        ``None`` if no 8-mer activates the kernel.
    """

    branch: str
    number: int
    bias: float
    largest: float
    kmers: int
    share: float
    motif: Motif | None

    @property
    def name(self) -> str:
        """Name of the motif in files and figures."""
        return f"{self.branch}_kernel_{self.number}"


def kmer_numbers(codes: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the 8-mer at every position as a number, 0 if it has an N, and whether it has no N.

    Parameters
    ----------
    codes : ndarray of shape (n, length), uint8
        Base codes, see :func:`mirtools.io.encoding.encode`.

    Returns
    -------
    numbers, known : ndarrays of shape (n, length - 7), int64 and bool
    """
    windows: NDArray[np.int64] = np.lib.stride_tricks.sliding_window_view(
        codes.astype(np.int64), KERNEL_WIDTH, axis=1
    )
    places = 4 ** np.arange(KERNEL_WIDTH - 1, -1, -1, dtype=np.int64)
    known: NDArray[np.bool_] = np.all(windows < 4, axis=2)
    return np.where(known, windows @ places, 0), known


def activations(weights: Weights, branch: str) -> NDArray[np.float64]:
    """Return the activation of every kernel by every 8-mer, before ReLU: shape ``(10, 65536)``, float64."""
    name = BRANCHES[branch][0]
    kernel = np.asarray(weights[f"{name}.kernel"], np.float64)
    sums = np.asarray(weights[f"{name}.bias"], np.float64)[:, None]
    for position in range(KERNEL_WIDTH):
        sums = (sums[:, :, None] + kernel[position].T[:, None, :]).reshape(KERNELS, -1)
    return sums


def kernel_motifs(sites: KernelSites, share: float = SITE_SHARE) -> list[KernelMotif]:
    """Return the motif of every kernel of a branch: the letter frequencies of its aligned sites.

    Parameters
    ----------
    sites : KernelSites
    share : float
        The activation of sites is above 0 and above this share (from 0 to below 1) of the largest in the data.
    """
    bases = np.arange(_KMERS)[:, None] // 4 ** np.arange(KERNEL_WIDTH - 1, -1, -1) % 4
    results = []
    for number, (excited, occurring) in enumerate(zip(sites.activations, sites.counts, strict=True), 1):
        largest = float(excited[occurring > 0].max(initial=0.0))
        chosen = np.flatnonzero((occurring > 0) & (excited > share * largest))
        counts = occurring[chosen]
        total = int(counts.sum())
        name = f"{sites.branch}_kernel_{number}"
        motif = None
        if total:
            table = [np.bincount(bases[chosen, at], counts, 4)[_TO_MOTIF] for at in range(KERNEL_WIDTH)]
            motif = Motif(name, np.stack(table) / total, total)
        results.append(
            KernelMotif(
                branch=sites.branch,
                number=number,
                bias=float(sites.biases[number - 1]),
                largest=largest,
                kmers=len(chosen),
                share=total / sites.scanned if total else 0.0,
                motif=motif,
            )
        )
    return results


def kernel_rows(
    kernels: Iterable[KernelMotif],
    backgrounds: Mapping[str, Frequencies],
    known: Comparison,
    complements: Comparison,
    max_e_value: float,
) -> Iterator[list[str]]:
    """Yield the table of kernels, with KERNEL_COLUMNS.

    Parameters
    ----------
    kernels : iterable of KernelMotif
    backgrounds : mapping of str to ndarray of shape (4,)
        Letter frequencies of each branch.
    known : Comparison
        Comparison with known motifs, may be empty.
    complements : Comparison
        Comparison with the reverse complements of the other branch's kernels.
    max_e_value : float
        Largest E-value of known motifs.
    """
    best = best_matches(known.matches, max_e_value)
    partners = best_matches(complements.matches, float("inf"))
    for kernel in kernels:
        row = [kernel.name, kernel.branch, f"{kernel.bias:.6g}", f"{kernel.largest:.6g}"]
        motif = kernel.motif
        if motif is None:
            row += ["0", "0", "0.0000", ".", ".", "."]
        else:
            bits = information(motif.frequencies, motif.sites).sum()
            distance = relative_entropy(motif.frequencies, backgrounds[kernel.branch]).sum()
            row += [str(motif.sites), str(kernel.kmers), f"{kernel.share:.4f}", consensus(motif.frequencies)]
            row += [f"{bits:.4f}", f"{distance:.4f}"]
        if match := best.get(kernel.name):
            row += [match.target.name, match.target.alternative or ".", f"{match.e_value:.3g}"]
            row.append(f"{known.controls[kernel.name].p_value:.2f}")
        else:
            row += ["."] * 4
        if match := partners.get(kernel.name):
            row += [match.target.name, f"{match.e_value:.3g}"]
            row.append(f"{complements.controls[kernel.name].p_value:.2f}")
        else:
            row += ["."] * 3
        yield row
