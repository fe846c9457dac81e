"""The Galaxy suite beside the commands, as far as it can be told without a Galaxy (make galaxy-test boots one)."""

import argparse
import importlib
import importlib.util
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from mirtools import __version__
from mirtools.models.modelfile import FORMAT_VERSION

PROJECT = Path(__file__).resolve().parents[1]
SUITE = PROJECT / "galaxy_xml"
COMMANDS = sorted(path.stem for path in (PROJECT / "tools").glob("*.py") if path.stem != "__init__")

#: options for shells alone: what Galaxy itself does, and shares of work that it would not know how to join
NOT_IN_GALAXY = {"--help", "--version", "--quiet", "--debug", "--output", "--shard"}
#: options that one wrapper leaves out
LEFT_OUT = {
    "dmiso_predict": {"--backend"},  # without a graphics card NumPy is faster, and needs no TensorFlow
    "dmiso_train": {"--checkpoint"},  # a job that ends leaves no folder to go on from
}
#: choices that no test in Galaxy makes: the wrapper hands them on by name as those beside them, which are made,
#: and the commands' own tests make them all
UNTRIED = {
    "attrib_align": {("model", "mirbind")},  # what the choice of the best takes
    "chimera_parse": {("quality_base", "64")},
    "chimera_simulate": {("qualities", "binned")},
    "dmiso_evaluate": {("rank_targetscan", "context")}
    | {("positions", program) for program in ("rnahybrid", "targetscan", "miraw", "dmiso")},
    "dmiso_train": {("model", "mirbind"), ("group", "locus")},
    "negatives_generate": {("region", "any"), ("region", "5utr")},
    "peak_narrow": {("model", "mirbind"), ("explainer", "shap"), ("explainer", "gradient")},  # slow
}


#: in which order reviewers want to read the attributes of a parameter
ATTRIBUTES = (
    "name argument type format collection_type min truevalue max falsevalue value checked multiple optional "
    "display label help"
).split()


def _text(command: str) -> str:
    """Return a wrapper with the macros' tokens in their places."""
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
def test_tests_hold_what_reviewers_ask_for(command: str) -> None:
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
    """Typed text is kept to a list of characters, and no list lets the quote through that would end its own."""
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
    """Each parameter is set by a test of the wrapper, each choice of a list is its default or made by one."""
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
def test_attributes_stand_in_order(command: str) -> None:
    for parameter in ET.parse(SUITE / f"{command}.xml").getroot().iter("param"):
        if "ftype" not in parameter.attrib:
            places = [ATTRIBUTES.index(attribute) for attribute in parameter.attrib if attribute != "value_json"]
            assert places == sorted(places), parameter.attrib


@pytest.mark.parametrize("command", COMMANDS)
def test_every_text_field_is_attacked(command: str) -> None:
    """make galaxy-test submits hostile text for each; what it must have for that is an ordinary request."""
    security = _script("check_security")
    texts = {name for name, parameter in _parameters(command) if parameter.get("type") == "text"}
    requests = security.REQUESTS[command] | (security.SAMPLES_REQUEST if command == "chimera_parse" else {})
    assert texts <= {path.split("|")[-1] for path in requests}


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SUITE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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


def test_data_is_small_and_there() -> None:
    files = [path for path in (SUITE / "test-data").iterdir() if path.is_file() or path.is_symlink()]
    assert all(path.exists() for path in files), "a link leads nowhere"
    assert sum(path.stat().st_size for path in files) < 1_000_000, "reviewers take no more"
    named = "".join(path.read_text() for path in [*SUITE.glob("*.xml"), *SUITE.glob("workflows/*/*.yml")])
    named += "".join(path.read_text() for path in (SUITE / "test-data").glob("*.loc"))
    used = set(re.findall(r"[\w.-]+", named))
    assert {path.name for path in files if path.suffix != ".loc"} <= used
