"""Compiled kernels of an installation are used as they are, and only if the processor can run them."""

import os
import platform
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from llvmlite import binding

from mirtools.computing.compiled import best_level, instructions

ROOT = Path(__file__).resolve().parents[2]
LEVELS = "x86-64-v4 x86-64-v3"
LEVEL_3 = "avx avx2 bmi bmi2 cx16 f16c fma lzcnt movbe popcnt sse4.2 ssse3".split()
LEVEL_4 = [*LEVEL_3, *"avx512bw avx512cd avx512dq avx512f avx512vl".split()]

KERNEL = """\
import sys
import numpy as np
from mirtools.computing.compiled import compiled, compiled_arithmetic, instructions

@compiled
def counted(values):
    return len(values)

@compiled_arithmetic
def summed(values):
    total = 0.0
    for value in values:
        total += value * value
    return total

if __name__ == "__main__":
    import kernel
    values = np.arange(int(sys.argv[1]), dtype=sys.argv[2])
    results = [kernel.counted(values), int(kernel.summed(values))]
    for found in (kernel.counted, kernel.summed):
        results += [sum(found.stats.cache_hits.values()), sum(found.stats.cache_misses.values())]
    print(*results, bool(instructions().get("avx512f")))
"""


def has(names):
    return dict.fromkeys(names, True)


@pytest.mark.parametrize(
    ("levels", "features", "best"),
    [
        (LEVELS, has(LEVEL_4), "x86-64-v4"),
        (LEVELS, has(LEVEL_3), "x86-64-v3"),
        (LEVELS, has(LEVEL_3) | {"fma": False}, None),
        (LEVELS, {}, None),
        ("x86-64-v3 x86-64-v4", has(LEVEL_4), "x86-64-v3"),
        ("znver9", has(LEVEL_4), None),
        ("", has(LEVEL_4), None),
    ],
)
def test_the_best_level_that_the_processor_can_run(levels, features, best):
    assert best_level(levels, features) == best


def test_instructions_are_the_processors_unless_numba_is_configured(monkeypatch):
    from numba import config

    monkeypatch.setattr(config, "CPU_NAME", None)
    assert instructions() == binding.get_host_cpu_features()
    monkeypatch.setattr(config, "CPU_NAME", "x86-64-v3")
    assert instructions()["avx2"]
    assert instructions()["fma"]
    assert "avx512f" not in instructions()
    monkeypatch.setattr(config, "CPU_NAME", "generic")
    assert instructions() == {"fma": False}


def run(folder, *arguments, largest_file=None, **settings):
    """Run the kernels in a separate process; return lengths, sums, and the cache hits and misses of both."""

    def limit():
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "MIRTOOLS_"))
    }
    environment |= {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}", "PYTHONDONTWRITEBYTECODE": "1"} | settings
    line = [sys.executable, str(folder / "kernel.py"), *arguments]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=True, preexec_fn=limit)
    return done.stdout.split()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="levels are those of x86-64")
def test_shipped_kernels_are_read_and_nothing_is_written(tmp_path):
    level = best_level("x86-64-v3", binding.get_host_cpu_features())
    if not level:
        pytest.skip("this processor cannot run x86-64-v3")
    (tmp_path / "kernel.py").write_text(KERNEL)
    compiled = run(tmp_path, "5", "int64", NUMBA_CPU_NAME=level, NUMBA_CPU_FEATURES="")
    assert compiled == ["5", "30", "0", "1", "0", "1", "False"]
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert any(path.suffix == ".nbi" for path in kept)

    # neither the home folder nor numba's folder is needed
    nowhere = {"HOME": "/nonexistent", "MIRTOOLS_KERNELS": f"znver9 {level}"}
    assert run(tmp_path, "5", "int64", **nowhere) == ["5", "30", "1", "0", "1", "0", "False"]
    # other kernels are compiled and stay in memory
    assert run(tmp_path, "4", "float64", **nowhere) == ["4", "14", "0", "1", "0", "1", "False"]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == kept


@pytest.mark.skipif(platform.machine() != "x86_64", reason="levels are those of x86-64")
def test_for_a_processor_without_the_instructions_kernels_are_compiled(tmp_path):
    (tmp_path / "kernel.py").write_text(KERNEL)
    settings = {"MIRTOOLS_KERNELS": "x86-64-v99", "NUMBA_CACHE_DIR": str(tmp_path / "own")}
    assert run(tmp_path, "5", "int64", **settings)[:6] == ["5", "30", "0", "1", "0", "1"]
    assert run(tmp_path, "5", "int64", **settings)[:6] == ["5", "30", "1", "0", "1", "0"]


def test_damaged_kernels_are_compiled_and_stored_again(tmp_path):
    (tmp_path / "kernel.py").write_text(KERNEL)
    own = tmp_path / "own"
    settings = {"NUMBA_CACHE_DIR": str(own)}
    cold, warm = (["5", "30", "0", "1", "0", "1"], ["5", "30", "1", "0", "1", "0"])
    assert run(tmp_path, "5", "int64", **settings)[:6] == cold
    for suffix in (".nbc", ".nbi"):
        for path in own.rglob(f"*{suffix}"):
            data = bytearray(path.read_bytes())
            if "counted" in path.name:
                del data[len(data) // 2 :]
            else:
                data[len(data) // 2] ^= 1
            path.write_bytes(data)
        assert run(tmp_path, "5", "int64", **settings)[:4] == cold[:4]
    assert run(tmp_path, "5", "int64", **settings)[:6] == warm


def test_without_room_on_disk_kernels_stay_in_memory(tmp_path):
    (tmp_path / "kernel.py").write_text(
        KERNEL + "    from mirtools.computing.compiled import cache_problem; print(cache_problem())\n"
    )
    own = tmp_path / "own"
    for _ in range(2):
        found = run(tmp_path, "5", "int64", largest_file=2000, NUMBA_CACHE_DIR=str(own))
        assert found[:6] == ["5", "30", "0", "1", "0", "1"]
        note = " ".join(found[7:])
        assert note.startswith(f"compiled kernels cannot be kept in {own}")
        assert note.endswith("(file too large); every run compiles them again")
    assert not [*own.rglob("*.nbc")]
