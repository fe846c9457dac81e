"""The rooms of the package, and the imports that are allowed."""

from __future__ import annotations

import graphlib
import re
from pathlib import Path

import grimp
import pytest

import mirtools

# remaining imports against the order of rooms, as (importer, imported); to become empty
NOT_YET: set[tuple[str, str]] = set()
# remaining imports that close a circle of modules; to become empty
IN_CIRCLES: set[tuple[str, str]] = set()
ORDER = [
    name
    for line in re.findall(r"^- (.*?):", mirtools.__doc__ or "", re.MULTILINE)
    for name in re.findall(r"``(\w+)``", line)
]


@pytest.fixture(scope="module")
def graph():
    # imports inside functions count, those only for type checkers do not
    return grimp.build_graph("mirtools", cache_dir=None, exclude_type_checking_imports=True)


def imports_of(graph):
    return {
        (importer, imported)
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    }


def room_of(module):
    return module.split(".")[1]


def test_every_room_is_listed_once():
    folder = Path(mirtools.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    rooms = {path.parent.name for path in folder.glob("*/__init__.py")}
    assert sorted(ORDER) == sorted(modules | rooms)


def test_rooms_import_those_above_them(graph):
    against = {
        (importer, imported)
        for importer, imported in imports_of(graph)
        if "." in imported and ORDER.index(room_of(imported)) > ORDER.index(room_of(importer))
    }
    assert against == NOT_YET


def test_no_circle_between_modules(graph):
    assert imports_of(graph) >= NOT_YET | IN_CIRCLES
    above: dict[str, set[str]] = {module: set() for module in graph.modules}
    for importer, imported in imports_of(graph) - NOT_YET - IN_CIRCLES:
        above[importer].add(imported)
    try:
        graphlib.TopologicalSorter(above).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))
