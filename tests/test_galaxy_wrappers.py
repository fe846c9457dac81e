"""The Galaxy suite beside the commands, as far as it can be told without a Galaxy (make galaxy-test boots one)."""

import argparse
import importlib
import re
import xml.etree.ElementTree as ET
from pathlib import Path

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


def _has_list(element: ET.Element) -> bool:
    return any(sanitizer.find("valid") is not None for sanitizer in element.iter("sanitizer"))


def test_data_is_small_and_there() -> None:
    files = [path for path in (SUITE / "test-data").iterdir() if path.is_file() or path.is_symlink()]
    assert all(path.exists() for path in files), "a link leads nowhere"
    assert all(path.stat().st_size < 1_000_000 for path in files)
    named = "".join(path.read_text() for path in [*SUITE.glob("*.xml"), *SUITE.glob("workflows/*/*.yml")])
    named += "".join(path.read_text() for path in (SUITE / "test-data").glob("*.loc"))
    used = set(re.findall(r"[\w.-]+", named))
    assert {path.name for path in files if path.suffix != ".loc"} <= used
