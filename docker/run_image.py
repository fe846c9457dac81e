"""Build the two container images and test them.

``build`` makes them, ``test`` makes and tests them, ``clean`` removes the store of an engine of our own.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from checks import Checks
from engine import IMAGES, Engine, Failed, NotPossible, build, find_engine, megabytes


def test(engine: Engine, arguments: argparse.Namespace) -> int:
    """Test both images, two steps at a time, and return the exit status."""

    def result(name: str, step: Callable[[], str]) -> bool:
        start = time.monotonic()
        try:
            told = step()
        except Failed as failure:
            print(f"FAILED {name}: {failure}", flush=True)
            return False
        print(f"ok {time.monotonic() - start:6.1f} s  {name}" + f": {told}" * bool(told), flush=True)
        return True

    with ThreadPoolExecutor(2) as pool:
        steps = [
            pool.submit(result, *each) for each in Checks(engine, arguments.tools, arguments.commands).steps()
        ]
    failures = sum(not step.result() for step in steps)
    print(f"{failures} steps failed" if failures else "all steps passed")
    return 1 if failures else 0


def default_store() -> Path:
    """Return where images are kept: a folder for caches, since it is large and can be made again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "mirtools-image"


def main() -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("action", choices=["build", "test", "clean"])
    parser.add_argument(
        "--store", type=Path, default=default_store(), help="folder for images (default: %(default)s)"
    )
    parser.add_argument("--tools", type=Path, help="bin folder with hadolint and container-structure-test")
    parser.add_argument("--commands", type=Path, help="bin folder with the commands, to compare the demo with")
    parser.add_argument(
        "--if-possible", action="store_true", help="where no image can be built, say so and succeed"
    )
    arguments = parser.parse_args()
    store = arguments.store.resolve()
    if arguments.action == "clean":
        shutil.rmtree(store, ignore_errors=True)
        return 0
    start = time.monotonic()
    try:
        engine = find_engine(store)
    except NotPossible as reason:
        print(f"not run: images cannot be built here: {reason}")
        return 0 if arguments.if_possible else 1
    store.mkdir(parents=True, exist_ok=True)
    print(f"ok {time.monotonic() - start:6.1f} s  {engine.program} and the base image", flush=True)
    start = time.monotonic()
    try:
        build(engine, store / "build.log")
    except Failed as failure:
        print(f"FAILED build: {failure}")
        return 1
    sizes = ", ".join(f"{image} {megabytes(engine, image)} MB" for image in IMAGES.values())
    print(f"ok {time.monotonic() - start:6.1f} s  build: {sizes}", flush=True)
    return test(engine, arguments) if arguments.action == "test" else 0


if __name__ == "__main__":
    sys.exit(main())
