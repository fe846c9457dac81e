"""Build the two container images and test them (``make image-test``)."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from build_images import StepError, add_options, build_images
from image_checks import ImageChecks


def run_step(name: str, step: Callable[[], str]) -> bool:
    """Run one step of the test, print its result, and return whether it passed."""
    start = time.monotonic()
    try:
        detail = step()
    except StepError as failure:
        print(f"FAILED {name}: {failure}", flush=True)
        return False
    print(f"ok {time.monotonic() - start:6.1f} s  {name}" + f": {detail}" * bool(detail), flush=True)
    return True


def main() -> int:
    """Build both images and test them, two steps at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument(
        "--tools", type=Path, required=True, help="bin folder with hadolint and container-structure-test"
    )
    parser.add_argument(
        "--commands", type=Path, required=True, help="bin folder with the commands, to compare the demo with"
    )
    options = parser.parse_args()
    engine, status = build_images(options)
    if engine is None:
        return status
    checks = ImageChecks(engine, options.tools, options.commands)
    with ThreadPoolExecutor(2) as pool:
        steps = [pool.submit(run_step, *each) for each in checks.steps()]
    failures = sum(not step.result() for step in steps)
    print(f"{failures} steps failed" if failures else "all steps passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
