"""How fast dmiso-predict is, beside Keras and beside what the processor's arithmetic allows. One core each.

Usage: predict_speed.py [--keras] [--repeats N] > table.tsv

steady state   the forward pass alone, encoded pairs in memory
whole process  the command from start to exit, a table read and written; its peak memory
ceiling        matrix products at the rate of one large product, plus the time of the 7,000 tanh of a pair,
               both measured in the same run; nothing else is free in practice
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import numpy as np  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mirtools.encoding import encode, one_hot  # noqa: E402
from mirtools.models import dmiso  # noqa: E402
from mirtools.models.bundled import resolve_model  # noqa: E402
from mirtools.models.inference import Predictor  # noqa: E402

CONVOLUTIONS = (23 + 53) * 2 * 8 * 4 * 10
LSTM = 70 * 2 * 2 * (10 + 10) * 40
DENSE = 2 * (1400 * 100 + 100)
FLOP = CONVOLUTIONS + LSTM + DENSE
TANH = 70 * 2 * 10 * 5


def best_of(repeats: int, work: Callable[[], object]) -> float:
    """Return the shortest wall-clock time: the box has other users."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def ceiling(repeats: int) -> float:
    left, right = np.ones((512, 512), np.float32), np.ones((512, 512), np.float32)
    flops = 2 * 512**3 / best_of(20 * repeats, lambda: left @ right)
    values = np.linspace(-3, 3, 25_600, dtype=np.float32)  # what the cache holds
    tanhs = len(values) / best_of(100 * repeats, lambda: np.tanh(values, out=np.empty_like(values)))
    print(f"# {flops / 1e9:.0f} GFLOP/s, {tanhs / 1e6:.0f} M tanh/s; {FLOP:,} FLOP and {TANH:,} tanh a pair")
    return 1 / (FLOP / flops + TANH / tanhs)


def write_pairs(path: str, count: int) -> None:
    chance = random.Random(1)
    with open(path, "w") as stream:
        stream.write("pair_id\tmirna_seq\tsite_seq\n")
        for number in range(count):
            mirna, site = "".join(chance.choices("ACGT", k=22)), "".join(chance.choices("ACGT", k=50))
            stream.write(f"pair{number}\t{mirna}\t{site}\n")


def whole_process(count: int, threads: int, folder: str, repeats: int) -> tuple[float, float]:
    """Return seconds and peak memory (MB) of the command."""
    pairs = f"{folder}/{count}.tsv"
    if not os.path.exists(pairs):
        write_pairs(pairs, count)
    # the kernel's own peak of a child counts this process, too; /proc counts from the child's start
    code = (
        "import sys; from tools.dmiso_predict import main; status = main(); "
        "print(next(line for line in open('/proc/self/status') if 'VmHWM' in line).split()[1]); sys.exit(status)"
    )
    line = [sys.executable, "-c", code, "--quiet", "--threads", str(threads), "-o", f"{folder}/out.tsv", pairs]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    peaks: list[float] = []

    def run() -> None:
        done = subprocess.run(line, env=environment, capture_output=True, check=True)
        peaks.append(int(done.stdout) / 1024)

    return best_of(repeats, run), max(peaks)


def keras_rates(weights: dmiso.Weights, codes: tuple[np.ndarray, np.ndarray], repeats: int) -> dict[str, float]:
    keras = dmiso.import_keras()
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.disable_interactive_logging()
    model = dmiso.build_keras()
    dmiso.set_weights(model, weights)
    rates = {}
    for batch, count in ((32, 2048), (4096, 16384)):
        inputs = [one_hot(part[:count]) for part in codes]
        model.predict(inputs, batch_size=batch, verbose=0)
        seconds = best_of(
            repeats, lambda given=inputs, size=batch: model.predict(given, batch_size=size, verbose=0)
        )
        rates[f"Keras predict, batch {batch:,}"] = count / seconds
    return rates


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keras", action="store_true", help="measure Keras too (needs TensorFlow)")
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()

    weights = resolve_model().weights
    predictor = Predictor(weights)
    count = 16384
    chance = np.random.default_rng(1)
    codes = tuple(chance.integers(0, 4, (count, length), np.uint8) for length in (30, 60))
    sequences = ["".join("ATCG"[code] for code in row) for row in codes[1]]
    rates = {"ceiling of the arithmetic": ceiling(args.repeats)}
    rates["NumPy, steady state"] = count / best_of(args.repeats, lambda: predictor.score(*codes))
    encoding = best_of(args.repeats, lambda: encode(sequences, 60))
    if args.keras:
        rates |= keras_rates(weights, codes, args.repeats)
    steady = rates["NumPy, steady state"]
    print("what", "pairs/s", "of NumPy's rate", sep="\t")
    for name, rate in rates.items():
        print(name, f"{rate:,.0f}", f"{rate / steady:.2f}", sep="\t")
    print("encoding of sites alone", f"{count / encoding:,.0f}", f"{count / encoding / steady:.2f}", sep="\t")

    print("\nwhole process", "threads", "seconds", "pairs/s", "of NumPy's rate", "peak MB", sep="\t")
    with tempfile.TemporaryDirectory() as folder:
        for size in (10, 1_000, 100_000):
            for threads in (1, 2) if size == 100_000 else (1,):
                seconds, peak = whole_process(size, threads, folder, args.repeats)
                rate = size / seconds
                print(
                    f"{size:,} pairs",
                    threads,
                    f"{seconds:.2f}",
                    f"{rate:,.0f}",
                    f"{rate / steady:.2f}",
                    f"{peak:.0f}",
                    sep="\t",
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
