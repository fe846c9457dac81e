"""From chimeric reads to explained microRNA target sites.

The package is divided into rooms. A room may import those above it in this list, never those below
(``tests/test_rooms.py`` draws the import graph):

- ``errors``, ``termination``, ``runlog``: errors in one line, signals, what a run counts and says;
- ``computing``: compiled kernels, threads and processes in order, growing arrays;
- ``io``: streams, sequences, tables, BED, temporary files;
- ``settings``, ``cli``, ``commands``: what every command does alike;
- ``transcripts``: names, genes, regions, places on the genome;
- ``pairs``: labelled pairs, what belongs together, plain predictors, ranking;
- ``models``: model families (``models.dmiso``, ``models.matrix``), the model file, bundled models;
- ``prediction``: what commands do with a model: tables, windows, sites;
- ``chimera``: from reads to miRNA-target pairs;
- ``isomir``: exact miRNAs and the eight isomiR types;
- ``shards``: tables of shards joined to that of one run;
- ``sites``: binding sites of any number of samples: merging, chance, replicates, conditions;
- ``simulation``: reads and transcripts with known truth;
- ``negatives``, ``training``, ``evaluation``, ``interpretation``: models made, judged and read;
- ``attribution``, ``alignment``, ``classes``, ``comparison``: scores explained base by base;
- ``scan``: tracks and peaks along transcripts;
- ``genes``: repression of genes: sites, their context, what each contributes;
- ``report``: figures, summaries, pages;
- ``experiments``: the workflow of an experiment on computers and clusters;
- ``notebook``: the commands as functions that return tables; ``import mirtools`` offers them.

The commands themselves live in ``tools/`` (installed as ``mirtools.tools``) and compute nothing; console scripts
reach them through ``mirtools.commands``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirtools.notebook import check_reads, classify, explain, narrow, parse_reads, predict, predict_genes

__version__ = "0.1.0"
__all__ = [
    "__version__",
    "check_reads",
    "classify",
    "explain",
    "narrow",
    "parse_reads",
    "predict",
    "predict_genes",
]


def __getattr__(name: str) -> Any:
    # at first use: neither commands nor --help shall wait for pandas
    if name in __all__:
        from importlib import import_module

        return getattr(import_module("mirtools.notebook"), name)
    raise AttributeError(f"module 'mirtools' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
