"""What a convolution kernel looks for: in every sequence the bases that excite it most, one below the other.

The alignment is DeepBind's (Alipanahi et al. 2015, Nat Biotechnol 33:831): one site a sequence, at the position of
the kernel's largest activation, from sequences that excite it enough (as in Basset, Kelley et al. 2016, Genome Res
26:990, half of the largest activation in the data). A kernel sees eight bases, so its activations stand in a table
of all 65,536 8-mers, and a count of the sites by 8-mer says all: any threshold can be applied after the one pass
over the data, in constant memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mirtools.encoding import encode
from mirtools.interpretation.comparison import Comparison, best_matches
from mirtools.interpretation.motifs import Frequencies, Motif, consensus, information, relative_entropy
from mirtools.models.dmiso import KERNEL_WIDTH, KERNELS, MIRNA_LENGTH, SITE_LENGTH, Weights

KERNEL_COLUMNS = (
    "kernel branch bias largest_activation sites distinct_kmers share_of_sequences consensus information "
    "relative_entropy best_match best_match_name best_e_value control_p_value "
    "complement complement_e_value complement_control_p_value"
).split()
# the two inputs of the model: the name of its kernels, and the bases that it sees
BRANCHES = {"mirna": ("mirna_conv", MIRNA_LENGTH), "site": ("site_conv", SITE_LENGTH)}
# a site excites its kernel by more than this share of the largest activation in the data
SITE_SHARE = 0.5
_KMERS = 4**KERNEL_WIDTH
# the letters of base codes 0..3 are A T C G; motifs have A C G T
_TO_MOTIF = [0, 2, 3, 1]


class KernelSites:
    """The 8-mer of every distinct sequence that excites a kernel most, for all kernels of one branch.

    Each distinct sequence counts once: otherwise the kernels of the miRNA branch would show the few miRNAs that
    have most pairs. Sequences are cropped as the model crops them; 8-mers with N are left out.

    Parameters
    ----------
    weights : dict of str to ndarray
        Of a model.
    branch : {"mirna", "site"}

    Attributes
    ----------
    branch : str
    activations : ndarray of shape (10, 65536), float64
        What every kernel makes of every 8-mer, before ReLU. 8-mers are numbers in base 4, first base first, digits
        A T C G.
    biases : ndarray of shape (10,), float64
    counts : ndarray of shape (10, 65536), int64
        By kernel and 8-mer, the sequences whose strongest site it is; of equal ones the first counts.
    letters : ndarray of shape (4,), int64
        How often A, C, G and T occur.
    sequences, scanned : int
        Distinct sequences, and those of them with an 8-mer.
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
        """Scan the sequences (DNA letters, 5'->3') that were not there before."""
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
        """Return the frequencies of A, C, G and T, each letter counted once more than it occurs."""
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
        Activation by the 8-mer in the data that excites the kernel most; 0 where none does.
    kmers : int
        Distinct 8-mers among the sites.
    share : float
        Sequences with a site, by all sequences: a kernel with a large share and little information looks for
        nothing in particular.
    motif : Motif or None
        ``None`` where no 8-mer excites the kernel.
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
    """Return the 8-mer at every position as a number, 0 for those with N, and whether it is free of N.

    Parameters
    ----------
    codes : ndarray of shape (n, length), uint8
        Base codes, see :func:`mirtools.encoding.encode`.

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
    """Return what every kernel makes of every 8-mer, before ReLU: shape ``(10, 65536)``, float64."""
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
        Sites count whose activation is above 0 and above this share of the largest in the data, 0 to below 1.
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
        With known motifs; empty where nothing was compared.
    complements : Comparison
        With the reverse complements of the other branch's kernels.
    max_e_value : float
        Of known motifs.
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
