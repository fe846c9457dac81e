"""Wrappers and workflows of the suite in ``galaxy_xml/``, and the commands that they call."""

from __future__ import annotations

import configparser
import xml.etree.ElementTree as ET
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SUITE = PROJECT / "galaxy_xml"
#: this folder, with the scripts that run in separate environments
MACHINERY = PROJECT / "tests" / "galaxy"


def wrappers(suite: Path) -> list[Path]:
    """Return the files of a suite that hold a tool, sorted by name."""
    return sorted(path for path in suite.glob("*.xml") if ET.parse(path).getroot().tag == "tool")


def workflows(suite: Path) -> list[Path]:
    """Return the workflows of a suite, sorted by name."""
    return sorted((suite / "workflows").glob("**/*.gxwf.yml"))


def identifiers(suite: Path) -> dict[str, str]:
    """Return the tools' identifiers by the names of their wrappers."""
    return {name_of(path): ET.parse(path).getroot().get("id", "") for path in wrappers(suite)}


def name_of(path: Path) -> str:
    """Return the name of a wrapper or workflow on the command line and in reports."""
    return path.name.removesuffix(".xml").removesuffix(".gxwf.yml")


def command_names() -> list[str]:
    """Return the names of the suite's commands, from setup.cfg."""
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(PROJECT / "setup.cfg")
    lines = setup["options.entry_points"]["console_scripts"].split("\n")
    return [line.split("=")[0].strip() for line in lines if "=" in line]
