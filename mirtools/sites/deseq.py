"""Negative binomial models of counts, fitted and tested by PyDESeq2, without its output and warnings.

PyDESeq2 (Muzellec et al. 2023, Bioinformatics 39:btad547) implements DESeq2 (Love et al. 2014, Genome Biology
15:550). Its steps are called one by one, because size factors are given, and for relative changes also the means
that the trend of dispersions depends on.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirtools.computing.processes import in_order
from mirtools.errors import MissingExtraError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# rows for which processes are worth their start, three times for one fit
_MANY = 5000
_LEAST_DISPERSION = 1e-8
# dispersions below are those of counts that vary no more than by sampling; DESeq2 does not use them for its prior
_SAMPLING = 100 * _LEAST_DISPERSION


class Fit(NamedTuple):
    """What PyDESeq2 finds, by row.

    Attributes
    ----------
    log2_fold_change, standard_error : array of float64
        Of the coefficient tested, both log2.
    p_value : array of float64
        Of Wald's test.
    outlier : array of bool
        One sample of three or more replicates differs from the others too much (Cook's distance).
    converged : array of bool
    trend : {"parametric", "mean", "none"}
        Of dispersions with means; ``none``: no row varies more than by sampling.
    """

    log2_fold_change: Floats
    standard_error: Floats
    p_value: Floats
    outlier: Bools
    converged: Bools
    trend: str


def require_pydeseq2() -> None:
    """Check that PyDESeq2 is installed, without importing it; raises MissingExtraError."""
    if find_spec("pydeseq2") is None:
        raise MissingExtraError("PyDESeq2", "pip install 'mirtools[compare]'")


def fit(
    counts: Floats, design: Floats, size_factors: Floats, means: Floats, find_outliers: bool, threads: int
) -> Fit:
    """Fit a negative binomial model to each row, and test the last coefficient.

    Parameters
    ----------
    counts : array of float64, shape (rows, observations)
        Whole numbers; no row is zero throughout.
    design : array of float64, shape (observations, coefficients)
    size_factors : array of float64, shape (observations,)
    means : array of float64, shape (rows,)
        Mean normalised counts, that dispersions may depend on.
    find_outliers : bool
        Whether replicates are compared by Cook's distance.
    threads : int
        Processes; the result never depends on them.
    """
    with _quiet():
        dataset = _dataset(counts, design, size_factors, means, threads if len(counts) >= _MANY else 1)
        dataset.fit_genewise_dispersions()
        trend = _shrink(dataset)
        dataset.fit_LFC()
        outlier = np.zeros(len(counts), bool)
        if find_outliers:
            dataset.calculate_cooks()
            outlier = np.asarray(dataset.cooks_outlier(), bool)
        changes, errors, p_values = _tested(dataset, design)
    converged = np.asarray(dataset.var["_LFC_converged"], bool)
    return Fit(changes, errors, p_values, outlier, converged, trend)


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def _dataset(counts: Floats, design: Floats, size_factors: Floats, means: Floats, threads: int) -> Any:
    import pandas as pd
    from pydeseq2.dds import DeseqDataSet

    observations = [f"o{number}" for number in range(len(design))]
    rows = [f"r{number}" for number in range(len(counts))]
    coefficients = [f"c{number}" for number in range(design.shape[1])]
    dataset = DeseqDataSet(
        counts=pd.DataFrame(counts.T.astype(np.int64), observations, rows),
        metadata=pd.DataFrame({"observation": observations}, observations),
        design=pd.DataFrame(design, observations, coefficients),
        min_disp=_LEAST_DISPERSION,
        refit_cooks=False,
        inference=_inference(threads),
        quiet=True,
    )
    dataset.obs["size_factors"] = size_factors
    dataset.layers["normed_counts"] = counts.T / size_factors[:, None]
    dataset.var["_normed_means"] = means
    return dataset


def _shrink(dataset: Any) -> str:
    """Shrink dispersions towards their trend, and return its kind."""
    rough = np.asarray(dataset.var["genewise_dispersions"], np.float64)
    if not (rough >= _SAMPLING).any():
        dataset.var["dispersions"] = dataset.var["genewise_dispersions"]
        return "none"
    dataset.fit_dispersion_trend()
    if not np.isfinite(np.asarray(dataset.var["fitted_dispersions"], np.float64)).all():
        dataset.fit_type = "mean"
        dataset.fit_dispersion_trend()
    dataset.fit_dispersion_prior()
    dataset.fit_MAP_dispersions()
    return str(dataset.uns["disp_function_type"])


def _tested(dataset: Any, design: Floats) -> tuple[Floats, Floats, Floats]:
    from pydeseq2.ds import DeseqStats

    contrast = np.zeros(design.shape[1])
    contrast[-1] = 1
    statistics = DeseqStats(
        dataset,
        contrast=contrast,
        cooks_filter=False,
        independent_filter=False,
        inference=dataset.inference,
        quiet=True,
    )
    statistics.summary()
    table = statistics.results_df
    changes, errors, p_values = (
        table[name].to_numpy(np.float64, copy=True) for name in ("log2FoldChange", "lfcSE", "pvalue")
    )
    return changes, errors, p_values


def _inference(threads: int) -> Any:
    """Return PyDESeq2's methods for single rows, which run in ``threads`` processes."""
    from pydeseq2.default_inference import DefaultInference

    class Inference(DefaultInference):
        """What takes long; PyDESeq2's own processes (joblib) would not end with the command."""

        def irls(self, counts: Floats, disp: Floats, **shared: Any) -> Any:
            rows = ({"counts": count, "disp": each} for count, each in zip(counts.T, disp, strict=True))
            found = zip(*_of_rows("irls_solver", shared, rows, threads), strict=True)
            beta, mu, hat, converged = map(np.array, found)
            return beta, mu.T, hat.T, converged

        def alpha_mle(self, counts: Floats, mu: Floats, alpha_hat: Floats, **shared: Any) -> Any:
            each = zip(counts.T, mu.T, alpha_hat, strict=True)
            rows = ({"counts": count, "mu": mean, "alpha_hat": alpha} for count, mean, alpha in each)
            dispersions, converged = zip(*_of_rows("fit_alpha_mle", shared, rows, threads), strict=True)
            return np.array(dispersions), np.array(converged)

    return Inference(n_cpus=1)


def _of_rows(name: str, shared: dict[str, Any], rows: Iterable[dict[str, Any]], threads: int) -> list[Any]:
    return list(in_order(_of_row, ((name, {**shared, **row}) for row in rows), threads))


def _of_row(task: tuple[str, dict[str, Any]]) -> Any:
    """Call a function of PyDESeq2 for one row."""
    from pydeseq2 import utils

    name, arguments = task
    with _quiet():
        return getattr(utils, name)(**arguments)
