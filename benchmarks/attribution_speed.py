"""What an explanation costs, compared with shap's explainers, and how much accuracy fewer background pairs cost.

Usage: attribution_speed.py [--model NAME|FILE] [--pairs N] [--repeats N] [--no-peers] > tables.md

speed        processor time of one thread and pair, all explainers in one process and the same run, backgrounds of
             100 pairs; `floor`: the multiplications and additions of the way back through all convolutions, at the
             rate that the kernels reach on a large product
backgrounds  values from few background pairs compared with those from 1,000: drawn, and the middle ones of groups
             of one score (means over draws); and those closest to the centres of k-means on pairing matrices,
             weighted with the sizes of their groups (as in shap.kmeans, with real pairs as centres)

Pairs are drawn as the model's background is; half of them have a site with a match to the miRNA's bases 2-8, so
that there is something to explain. Without --model, networks with drawn weights: speed does not depend on them.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ[_variable] = "1"

import numpy as np  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from networks import drawn_weights  # noqa: E402

from mirtools.attribution.backgrounds import Background, choose_background, representative_background  # noqa: E402
from mirtools.attribution.choose import make_explainer  # noqa: E402
from mirtools.attribution.explained import Explained, Explainer  # noqa: E402
from mirtools.attribution.matrix.convolution import WindowProduct  # noqa: E402
from mirtools.models.base import Model  # noqa: E402
from mirtools.models.bundled import resolve_model  # noqa: E402
from mirtools.models.matrix.family import Matrix  # noqa: E402
from mirtools.models.matrix.network import ARCHITECTURES, Network, named  # noqa: E402
from mirtools.models.pairing import WATSON_CRICK, WOBBLE  # noqa: E402

COUNTS = (1, 5, 10, 20, 50, 100)
REFERENCE = 1000
DRAWS = 5
Pairs = tuple[Sequence[str], Sequence[str]]


def models(name: str | None) -> list[Model]:
    if name is not None:
        return [resolve_model(name)]
    made = []
    for kind, build in ARCHITECTURES.items():
        for rule, mirna_length in ((WATSON_CRICK, 20), (WOBBLE, 22)):
            network = build(rule, 50, mirna_length)
            label = f"{kind} 50x{mirna_length} {'+'.join(rule.channels)}"
            made.append(Model(Matrix(kind, network), drawn_weights(network), label))
    return made


def pairs_of(model: Model, count: int, seed: int) -> Pairs:
    drawn = choose_background(model, count, seed)
    complement = str.maketrans("ACGT", "TGCA")
    sites = []
    for number, (mirna, site) in enumerate(zip(drawn.mirnas, drawn.sites, strict=True)):
        match = mirna[1:8].translate(complement)[::-1]
        start = 5 + number % 30
        sites.append(site[:start] + match + site[start + len(match) :] if number % 2 else site)
    return drawn.mirnas, sites


def processor_time(work: Callable[[], object], repeats: int) -> float:
    """Return the shortest processor time: the machine has other users."""
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return min(times)


def products_a_second() -> float:
    kernel = np.ones((3, 1, 96, 96), np.float32)
    product = WindowProduct(kernel, np.zeros(96, np.float32), (41, 1), ((0, 0), (0, 0)), reuse=True)
    values = np.ones((20, 41, 1, 96), np.float32)
    product.run(values)
    seconds = processor_time(lambda: [product.run(values) for _ in range(50)], 5) / 50
    return 20 * 39 * kernel.size / seconds


def network_of(model: Model) -> Network:
    assert isinstance(model.family, Matrix)
    return model.family.network


def products_back(network: Network) -> int:
    """Return the multiplications of the way back of one background pair, all convolutions but the first."""
    convolutions = [layer for layer in named(network) if layer.op == "conv"][1:]
    # as many as forward: each product links one value before a convolution with one after it
    return sum(
        int(np.prod(layer.after)) * int(np.prod(layer.fields["kernel"])) * layer.before[-1]
        for layer in convolutions
    )


def speed(model: Model, pairs: Pairs, repeats: int, peers: bool, rate: float) -> None:
    network = network_of(model)
    background = choose_background(model, 100, 1)
    print(f"\n## {model.name}\n")
    print("| explainer | CPU-ms a pair | times deep | largest difference from shap | largest additivity gap |")
    print("| --- | --- | --- | --- | --- |")
    found: dict[str, Explained] = {}
    costs: dict[str, float] = {}
    for kind in ("deep", "shap", "gradient", "ism") if peers else ("deep", "ism"):
        explainer = make_explainer(model, kind, background)
        explainer.explain(pairs[0][:1], pairs[1][:1])

        def work(explainer: Explainer = explainer, kind: str = kind) -> None:
            found[kind] = explainer.explain(*pairs)

        costs[kind] = processor_time(work, repeats) / len(pairs[0]) * 1000
    for kind, cost in costs.items():
        difference = (
            "" if "shap" not in found else f"{np.abs(found[kind].values - found['shap'].values).max():.1g}"
        )
        gap = f"{found[kind].gaps.max():.1g}" if kind != "ism" else ""
        print(f"| {kind} | {cost:.1f} | {cost / costs['deep']:.1f} | {difference} | {gap} |")
    floor = 100 * products_back(network) / rate * 1000
    print(f"| floor | {floor:.1f} | {floor / costs['deep']:.2f} | | |")


def medoids(model: Model, background: Background, count: int) -> Background | None:
    """Return the pairs closest to the centres of k-means on pairing matrices; None without scikit-learn."""
    try:
        from sklearn.cluster import KMeans
    except ImportError:
        return None
    network = network_of(model)
    codes = make_explainer(model, "ism").codes(background.mirnas, background.sites)
    flat = network.rule.matrices(*codes).reshape(len(background), -1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = KMeans(count, n_init=1, random_state=1).fit(flat)
    chosen = [int(np.argmin(((flat - centre) ** 2).sum(axis=1))) for centre in fitted.cluster_centers_]
    shares = np.bincount(fitted.labels_, minlength=count) / len(background)
    mirnas, sites = (tuple(own[place] for place in chosen) for own in (background.mirnas, background.sites))
    return Background(mirnas, sites, background.source, shares)


def curve(model: Model, pairs: Pairs, repeats: int) -> None:
    whole = choose_background(model, REFERENCE, 99)
    reference = make_explainer(model, "deep", whole).explain(*pairs)
    largest = np.abs(reference.values).max(axis=(1, 2))
    print(f"\n## Fewer background pairs than {len(whole)}: {model.name}\n")
    print("| pairs | chosen | CPU-ms a pair | error / largest cell | correlation | least | expectation off by |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for count in COUNTS:
        ways: dict[str, list[Background]] = {
            "drawn": [choose_background(model, count, seed) for seed in range(1, DRAWS + 1)],
            "middle of groups of one score": [
                representative_background(model, count, seed) for seed in range(1, DRAWS + 1)
            ],
        }
        if (centres := medoids(model, whole, count)) is not None:
            ways["closest to k-means centres"] = [centres]
        for way, backgrounds in ways.items():
            errors, correlations, offsets, costs = [], [], [], []
            for background in backgrounds:
                explainer = make_explainer(model, "deep", background)
                found = explainer.explain(*pairs)
                costs.append(processor_time(lambda: explainer.explain(*pairs), repeats))  # noqa: B023
                errors.append(np.abs(found.values - reference.values).max(axis=(1, 2)) / largest)
                correlations.append(
                    [
                        np.corrcoef(one.reshape(-1), other.reshape(-1))[0, 1]
                        for one, other in zip(found.values, reference.values, strict=True)
                    ]
                )
                offsets.append(abs(found.expectation - reference.expectation))
            print(
                f"| {count} | {way} | {min(costs) / len(pairs[0]) * 1000:.2f} | {np.median(errors):.3f} "
                f"| {np.median(correlations):.3f} | {np.min(correlations):.3f} | {np.mean(offsets):.4f} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", metavar="NAME|FILE")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true")
    args = parser.parse_args()
    rate = products_a_second()
    print(f"{2 * rate / 1e9:.0f} GFLOP/s in a large product of the kernels, one thread; {args.pairs} pairs")
    chosen = models(args.model)
    for model in chosen:
        speed(model, pairs_of(model, args.pairs, 7), args.repeats, not args.no_peers, rate)
    curve(chosen[0] if args.model else chosen[1], pairs_of(chosen[0], args.pairs, 7), args.repeats)


if __name__ == "__main__":
    main()
