"""How fast dmiso-predict is, compared with Keras and with the peak arithmetic of the processor.

Usage: predict_speed.py [--keras] [--repeats N] > table.tsv

steady state   the forward pass alone, encoded sequences in memory; one thread, by its processor time, so that
               other users of the machine disturb little
whole process  the command from start to exit, files read and written: seconds on the clock, seconds of processor
               time, peak memory
ceiling        matrix products at the rate of one large product, plus the time of every tanh, both measured in the
               same run; nothing else is free in practice
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import numpy as np  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mirtools.io.encoding import encode, one_hot  # noqa: E402
from mirtools.models.arrays import Weights  # noqa: E402
from mirtools.models.bundled import resolve_model  # noqa: E402
from mirtools.models.dmiso.family import Dmiso  # noqa: E402
from mirtools.models.dmiso.pair_scorer import DmisoPairScorer  # noqa: E402
from mirtools.models.dmiso.window_scorer import DmisoWindowScorer  # noqa: E402
from mirtools.models.keras import import_keras  # noqa: E402
from mirtools.models.matrix.network import mirbind  # noqa: E402
from mirtools.models.matrix.pair_scorer import MatrixPairScorer  # noqa: E402
from mirtools.models.matrix.window_scorer import MatrixWindowScorer  # noqa: E402
from mirtools.models.pairing import WOBBLE  # noqa: E402
from mirtools.models.tiling import Tiling  # noqa: E402


class Work(NamedTuple):
    """What one pair or window needs at least."""

    flop: int
    tanh: int


CELL = 2 * (10 + 10) * 40  # a step of one direction
PAIR = Work((23 + 53) * 2 * 8 * 4 * 10 + 70 * 2 * CELL + 2 * (1400 * 100 + 100), 70 * 2 * 10 * 5)
# of a scan with many miRNAs: 50 steps forward and 20 backward, the dense layer's half that reads these
WINDOW = Work(70 * CELL + 2 * (700 * 100 + 100), 70 * 10 * 5)


def best_of(repeats: int, work: Callable[[], object], clock: Callable[[], float] = time.thread_time) -> float:
    """Return the shortest time: the machine has other users."""
    times = []
    for _ in range(repeats):
        begin = clock()
        work()
        times.append(clock() - begin)
    return min(times)


def ceilings(repeats: int) -> dict[Work, float]:
    left, right = np.ones((512, 512), np.float32), np.ones((512, 512), np.float32)
    flops = 2 * 512**3 / best_of(20 * repeats, lambda: left @ right)
    values = np.linspace(-3, 3, 25_600, dtype=np.float32)  # what the cache holds
    out = np.empty_like(values)
    tanhs = 50 * len(values) / best_of(10 * repeats, lambda: [np.tanh(values, out=out) for _ in range(50)])
    print(f"# {flops / 1e9:.0f} GFLOP/s, {tanhs / 1e6:.0f} M tanh/s on one core")
    print(
        f"# a pair needs {PAIR.flop:,} FLOP and {PAIR.tanh:,} tanh, a window {WINDOW.flop:,} and {WINDOW.tanh:,}"
    )
    return {work: 1 / (work.flop / flops + work.tanh / tanhs) for work in (PAIR, WINDOW)}


def steady_state(repeats: int, with_keras: bool) -> None:
    weights = resolve_model("dmiso").weights
    chance = np.random.default_rng(1)
    codes = tuple(chance.integers(0, 4, (16384, length), np.uint8) for length in (30, 60))
    top = ceilings(repeats)
    predictor = DmisoPairScorer(weights)
    rates = [("pairs, ceiling", top[PAIR], PAIR)]
    seconds = best_of(repeats, lambda: predictor.score(*codes))
    rates.append(("pairs, NumPy", len(codes[0]) / seconds, PAIR))
    if with_keras:
        rates += [(name, rate, PAIR) for name, rate in keras_rates(weights, codes, repeats).items()]
    sequences = ["".join("ATCG"[code] for code in row) for row in codes[1]]
    seconds = best_of(repeats, lambda: encode(sequences, 60))
    rates.append(("encoding of sites alone", len(sequences) / seconds, PAIR))
    rates.append(("windows, ceiling", top[WINDOW], WINDOW))
    for mirnas in (1, 10, 100):
        scanner = DmisoWindowScorer(weights, codes[0][:mirnas])
        sites = codes[1][: 2 * scanner.batch_size]
        numbers = range(mirnas)
        seconds = best_of(
            repeats, lambda scanner=scanner, numbers=numbers, sites=sites: scanner.score(numbers, sites)
        )
        rates.append((f"windows, {mirnas} miRNAs", mirnas * len(sites) / seconds, WINDOW))
    print("steady state, one core", "a CPU-second", "of the ceiling", sep="\t")
    for name, rate, work in rates:
        print(name, f"{rate:,.0f}", f"{rate / top[work]:.2f}", sep="\t")


def network_rates(repeats: int) -> None:
    """Print how much faster windows are that share their work; speed does not depend on the weights."""
    network = mirbind(WOBBLE, 50, 22)
    chance = np.random.default_rng(1)
    weights = {
        name: np.abs(chance.normal(0, 0.05, shape)).astype(np.float32)
        for name, shape in network.tensor_shapes().items()
    }
    mirna, target = chance.integers(0, 4, (1, 22), np.uint8), chance.integers(0, 4, 3000, np.uint8)
    scanner, predictor = MatrixWindowScorer(network, weights, mirna), MatrixPairScorer(network, weights)
    sites = np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(target, 50)[:1024])
    seconds = best_of(repeats, lambda: predictor.score(np.repeat(mirna, len(sites), axis=0), sites))
    alone = len(sites) / seconds
    print("mirbind on 3,000 nt, one core", "windows a CPU-second", "of one by one", sep="\t")
    print("windows one by one", f"{alone:,.0f}", "1.0", sep="\t")
    for stride in (50, 10, 1):
        starts = Tiling(50, stride).starts(len(target))
        seconds = best_of(repeats, lambda starts=starts: scanner.at(0, target, starts))
        rate = len(starts) / seconds
        print(f"windows shared, stride {stride}", f"{rate:,.0f}", f"{rate / alone:.1f}", sep="\t")


def keras_rates(weights: Weights, codes: tuple[np.ndarray, ...], repeats: int) -> dict[str, float]:
    keras = import_keras()
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.disable_interactive_logging()
    model = Dmiso().keras_form(weights).model
    rates = {}
    for batch, count in ((32, 2048), (4096, 16384)):
        inputs = [one_hot(part[:count]) for part in codes]
        model.predict(inputs, batch_size=batch, verbose=0)
        seconds = best_of(
            repeats,
            lambda given=inputs, size=batch: model.predict(given, batch_size=size, verbose=0),
            time.process_time,
        )
        rates[f"pairs, Keras predict, batch {batch:,}"] = count / seconds
    return rates


def bases(chance: random.Random, length: int) -> str:
    return "".join(chance.choices("ACGT", k=length))


def pair_file(folder: str, count: int) -> list[str]:
    chance = random.Random(1)
    path = f"{folder}/{count}.tsv"
    with open(path, "w") as stream:
        stream.write("pair_id\tmirna_seq\tsite_seq\n")
        for number in range(count):
            stream.write(f"pair{number}\t{bases(chance, 22)}\t{bases(chance, 50)}\n")
    return [path]


def scan_files(folder: str, mirnas: int, targets: int) -> list[str]:
    chance = random.Random(2)
    names = f"{folder}/m{mirnas}.fa", f"{folder}/t{targets}.fa"
    for path, count, length in zip(names, (mirnas, targets), (22, 3000), strict=True):
        with open(path, "w") as stream:
            stream.writelines(f">{number}\n{bases(chance, length)}\n" for number in range(count))
    return ["--predicted", "--mirnas", names[0], "--targets", names[1]]


def whole_process(arguments: list[str], threads: int, folder: str, repeats: int) -> tuple[float, float, float]:
    """Return seconds on the clock, processor seconds and peak memory (MB) of the command."""
    # the kernel's own peak of a child counts this process, too; /proc counts from the child's start
    code = (
        "import sys; from tools.dmiso_predict import main; status = main(); "
        "print(next(line for line in open('/proc/self/status') if 'VmHWM' in line).split()[1]); sys.exit(status)"
    )
    model = ["--model", "dmiso"]
    line = [
        sys.executable,
        "-c",
        code,
        *model,
        "--quiet",
        "--threads",
        str(threads),
        "-o",
        f"{folder}/out",
        *arguments,
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    clock, processor, peak = [], [], 0.0
    for _ in range(repeats):
        begin, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(line, env=environment, capture_output=True, check=True)
        clock.append(time.perf_counter() - begin)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor.append(after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime)
        peak = max(peak, int(done.stdout) / 1024)
    return min(clock), min(processor), peak


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keras", action="store_true", help="measure Keras too (needs TensorFlow)")
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()

    steady_state(args.repeats, args.keras)
    print()
    network_rates(args.repeats)
    print("\nwhole process", "threads", "seconds", "a second", "CPU-seconds", "a CPU-second", "MB", sep="\t")
    with tempfile.TemporaryDirectory() as folder:
        jobs = [(f"{count:,} pairs", pair_file(folder, count), count) for count in (10, 1_000, 100_000)]
        for mirnas, targets in ((1, 500), (10, 500), (100, 50)):
            windows = mirnas * targets * 295
            jobs.append((f"{windows:,} windows, {mirnas} miRNAs", scan_files(folder, mirnas, targets), windows))
        for name, arguments, count in jobs:
            for threads in (1, 2) if count >= 100_000 else (1,):
                seconds, used, peak = whole_process(arguments, threads, folder, args.repeats)
                rates = f"{count / seconds:,.0f}", f"{used:.2f}", f"{count / used:,.0f}", f"{peak:.0f}"
                print(name, threads, f"{seconds:.2f}", *rates, sep="\t", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
