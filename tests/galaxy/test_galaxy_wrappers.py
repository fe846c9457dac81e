"""The wrappers agree with the commands (tests without Galaxy; make galaxy-test boots one)."""

import argparse
import importlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_requests import REQUESTS, SAMPLES_REQUEST

from mirtools import __version__
from mirtools.models.modelfile import FORMAT_VERSION

PROJECT = Path(__file__).resolve().parents[2]
SUITE = PROJECT / "galaxy_xml"
#: commands without a wrapper: Galaxy has workflows of its own, divides work itself, and has no --shard
ONLY_FOR_SHELLS = {"mirtools_run", "table_join"}
COMMANDS = sorted({path.stem for path in (PROJECT / "tools").glob("*.py")} - {"__init__"} - ONLY_FOR_SHELLS)

#: options only for shells: Galaxy itself provides them, or, for shards, could not join the outputs
NOT_IN_GALAXY = {"--help", "--version", "--quiet", "--debug", "--output", "--shard"}
#: options that one wrapper does not have
LEFT_OUT = {
    "dmiso_predict": {"--backend"},  # without a graphics card NumPy is faster, and needs no TensorFlow
    "dmiso_train": {"--checkpoint"},  # a job that ends leaves no folder from which to resume
}
#: choices without a test in Galaxy: the wrapper passes them on by name like the other choices, which are tested,
#: and the tests of the commands cover all of them
UNTRIED = {
    "attrib_align": {("model", "mirbind")},  # the choice "best" uses it
    # the same macro as that of chimera_parse
    "chimera_check": {("position", "name"), ("position", "3p")}
    | {
        ("adapter", sequence)
        for sequence in (
            "AGATCGGAAGAGCACACGTCTGAACTCCAGTCA",
            "GTGTCAGTCACTTCCAGCGG",
            "AACTGTAGGCACCATCAAT",
            "TCGTATGCCGTCTTCTGCTTG",
        )
    },
    "chimera_parse": {("quality_base", "64")},
    "chimera_simulate": {("qualities", "binned")},
    "dmiso_evaluate": {("rank_targetscan", "context")}
    | {("positions", program) for program in ("rnahybrid", "targetscan", "miraw", "dmiso")},
    "dmiso_train": {("model", "mirbind"), ("group", "locus")},
    "negatives_generate": {("region", "any"), ("region", "5utr")},
    "peak_narrow": {("model", "mirbind"), ("explainer", "shap"), ("explainer", "gradient")},  # slow
}


#: the order of attributes of a parameter that reviewers require
ATTRIBUTES = (
    "name argument type format collection_type min truevalue max falsevalue value checked multiple optional "
    "display label help"
).split()


def _text(command: str) -> str:
    """Return a wrapper with the tokens of the macros replaced."""
    text = (SUITE / f"{command}.xml").read_text()
    for _ in range(3):
        for token in ET.parse(SUITE / "macros.xml").getroot().iter("token"):
            text = text.replace(token.get("name", ""), token.text or "")
    return text


def _options(command: str) -> set[str]:
    parser: argparse.ArgumentParser = importlib.import_module(f"tools.{command}").build_parser()
    return {
        next((text for text in action.option_strings if text.startswith("--")), action.option_strings[0])
        for action in parser._actions
        if action.option_strings
    }


def test_every_command_has_a_wrapper() -> None:
    wrappers = {path.stem: ET.parse(path).getroot() for path in SUITE.glob("*.xml")}
    found = {stem: root.get("id") for stem, root in wrappers.items() if root.tag == "tool"}
    assert found == {command: f"mirtools_{command}" for command in COMMANDS}


def test_versions_are_those_of_the_package() -> None:
    tokens = {token.get("name"): token.text for token in ET.parse(SUITE / "macros.xml").getroot().iter("token")}
    assert tokens["@TOOL_VERSION@"] == __version__
    assert tokens["@MODEL_FORMAT@"] == str(FORMAT_VERSION)
    for path in SUITE.glob("workflows/*/*.gxwf.yml"):
        versions = set(re.findall(r"tool_version: *['\"]?([^\s'\"]+)", path.read_text()))
        assert versions == {f"{__version__}+galaxy{tokens['@VERSION_SUFFIX@']}"}, path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_can_be_reached(command: str) -> None:
    text = _text(command)
    missing = {option for option in _options(command) if not re.search(rf"{re.escape(option)}\b(?!-)", text)}
    assert missing - NOT_IN_GALAXY == LEFT_OUT.get(command, set())


@pytest.mark.parametrize("command", COMMANDS)
def test_tests_fulfil_the_reviewers_rules(command: str) -> None:
    root = ET.parse(SUITE / f"{command}.xml").getroot()
    tests = root.findall("tests/test")
    failing = [test for test in tests if test.get("expect_failure") == "true"]
    assert failing
    assert all(test.find("assert_stderr") is not None for test in failing)
    working = [test for test in tests if test not in failing]
    assert working
    assert all(test.get("expect_num_outputs") for test in working)


@pytest.mark.parametrize("command", COMMANDS)
def test_values_stay_within_quotes(command: str) -> None:
    """Typed text is restricted to a list of characters, and no list contains the quote that would end it."""
    own, shared = (ET.parse(SUITE / name).getroot() for name in (f"{command}.xml", "macros.xml"))
    cleaning = {macro.get("name") for root in (own, shared) for macro in root.iter("xml") if _has_list(macro)}
    for parameter in own.iter("param"):
        if parameter.get("type") == "text":
            used = {expand.get("macro") for expand in parameter.iter("expand")}
            assert used & cleaning or _has_list(parameter), parameter.attrib
    for added in [*own.iter("add"), *shared.iter("add")]:
        assert added.get("value") not in {"'", "\\", "\n", None}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_field_is_filled_in_by_a_test(command: str) -> None:
    """Each parameter is set by a test of the wrapper; each choice of a list is its default or used in a test."""
    filled: dict[str, set[str]] = {}
    for parameter in ET.parse(SUITE / f"{command}.xml").getroot().findall("tests//param"):
        filled.setdefault(parameter.get("name", ""), set()).update(parameter.get("value", "").split(","))
    untried = set()
    for name, parameter in _parameters(command):
        assert name in filled, name
        options = [option for option in parameter.iter("option") if option.get("selected") != "true"]
        untried |= {(name, option.get("value", "")) for option in options} - {
            (name, value) for value in filled[name]
        }
    assert untried == UNTRIED.get(command, set())


@pytest.mark.parametrize("command", [*COMMANDS, "macros"])
def test_attributes_are_in_order(command: str) -> None:
    for parameter in ET.parse(SUITE / f"{command}.xml").getroot().iter("param"):
        if "ftype" not in parameter.attrib:
            places = [ATTRIBUTES.index(attribute) for attribute in parameter.attrib if attribute != "value_json"]
            assert places == sorted(places), parameter.attrib


@pytest.mark.parametrize("command", COMMANDS)
def test_every_text_field_is_attacked(command: str) -> None:
    """make galaxy-test submits hostile text for each, for which it needs an ordinary request."""
    texts = {name for name, parameter in _parameters(command) if parameter.get("type") == "text"}
    requests = REQUESTS[command] | (SAMPLES_REQUEST if command == "chimera_parse" else {})
    assert texts <= {path.split("|")[-1] for path in requests}


def _parameters(command: str) -> Iterator[tuple[str, ET.Element]]:
    """Yield name and element of each parameter of a wrapper, with those of the macros that it expands."""
    own, shared = (ET.parse(SUITE / name).getroot() for name in (f"{command}.xml", "macros.xml"))
    macros = {macro.get("name"): macro for root in (shared, own) for macro in root.iter("xml")}

    def walk(element: ET.Element, argument: str) -> Iterator[tuple[str, ET.Element]]:
        for child in element:
            if child.tag == "expand":
                macro = macros[child.get("macro")]
                yield from walk(macro, child.get("argument") or macro.get("token_argument", ""))
            elif child.tag == "param":
                text = child.get("name") or child.get("argument", "").replace("@ARGUMENT@", argument)
                yield text.removeprefix("--").replace("-", "_"), child
                continue
            yield from walk(child, argument)

    inputs = own.find("inputs")
    assert inputs is not None
    return walk(inputs, "")


def _has_list(element: ET.Element) -> bool:
    return any(sanitizer.find("valid") is not None for sanitizer in element.iter("sanitizer"))


def test_data_exist_and_are_small() -> None:
    files = [path for path in (SUITE / "test-data").iterdir() if path.is_file() or path.is_symlink()]
    assert all(path.exists() for path in files), "a link is broken"
    assert sum(path.stat().st_size for path in files) < 1_000_000, "reviewers accept no more"
    named = "".join(path.read_text() for path in [*SUITE.glob("*.xml"), *SUITE.glob("workflows/*/*.yml")])
    named += "".join(path.read_text() for path in (SUITE / "test-data").glob("*.loc"))
    used = set(re.findall(r"[\w.-]+", named))
    assert {path.name for path in files if path.suffix != ".loc"} <= used
