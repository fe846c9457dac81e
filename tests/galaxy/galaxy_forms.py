"""The form of a tool as Galaxy's API describes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def visible_inputs(inputs: list[dict[str, Any]], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name of the element and the label of every input that a form shows with all sections open.

    Parameters
    ----------
    inputs : list of dict
        Inputs of a tool as Galaxy's API lists them (``tools/ID/build``).
    prefix : str
        Names of the conditionals, sections and repeats around them.
    """
    for entry in inputs:
        name = f"{prefix}{entry['name']}"
        if entry["type"] == "conditional":
            test = entry["test_param"]
            yield from visible_inputs([test], f"{name}|")
            chosen = [case for case in entry["cases"] if str(case["value"]) == str(test["value"]).lower()]
            chosen = chosen or [case for case in entry["cases"] if str(case["value"]) == str(test["value"])]
            for case in chosen:
                yield from visible_inputs(case["inputs"], f"{name}|")
        elif entry["type"] == "section":
            yield from visible_inputs(entry["inputs"], f"{name}|")
        elif entry["type"] == "repeat":
            for number, block in enumerate(entry["cache"]):
                yield from visible_inputs(block, f"{name}_{number}|")
        elif not entry["type"].startswith("hidden") and not entry.get("hidden"):
            yield name, entry["label"]


def titles(inputs: list[dict[str, Any]]) -> list[str]:
    """Return the titles of sections and repeats at the top level of a tool."""
    return [entry["title"] for entry in inputs if entry["type"] in ("section", "repeat")]
