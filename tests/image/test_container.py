"""The container's recipe, its locks and Bioconda's recipe agree with setup.cfg."""

import configparser
import json
import re
from pathlib import Path

import jinja2
import pytest
import yaml

from mirtools import __version__
from mirtools.computing.compiled import _LEVELS

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
CONFIG = configparser.ConfigParser()
CONFIG.read(ROOT / "setup.cfg")
COMMANDS = CONFIG["options.entry_points"]["console_scripts"].strip().splitlines()
LOCKS = ["build", "slim", "full"]
#: conda's names of packages of PyPI, if they differ; BLAST+ is not on PyPI
CONDA_NAMES = {"matplotlib": "matplotlib-base"}
#: labels that the specification of BioContainers requires
LABELS = {
    "base_image",
    "version",
    "software",
    "software.version",
    "about.summary",
    "about.home",
    "about.license",
    "maintainer",
}


def requirements(text: str) -> dict[str, str]:
    """Return the names of packages and their bounds, without extras and markers."""
    found = (re.match(r"([\w.-]+)(?:\[.*?\])?\s*([^;]*)", line.strip()) for line in text.strip().splitlines())
    return {match[1].lower(): match[2].strip() for match in found if match}


CORE = requirements(CONFIG["options"]["install_requires"])
REPORT = requirements(CONFIG["options.extras_require"]["report"])
TRACKS = requirements(CONFIG["options.extras_require"]["tracks"])
FURTHER = {
    name: bound
    for name, bound in requirements(CONFIG["options.extras_require"]["all"]).items()
    if name not in REPORT
}


def lock(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (DOCKER / f"{name}.lock").read_text(), re.MULTILINE))


def instruction(name: str, text: str = DOCKERFILE) -> str:
    """Return the arguments of the last instruction of a name, lines joined."""
    joined = text.replace("\\\n", " ")
    return re.findall(rf"^{name} +(.*)$", joined, re.MULTILINE)[-1]


def labels() -> dict[str, str]:
    return {name: value.strip('"') for name, value in re.findall(r'(\S+)=("[^"]*"|\S+)', instruction("LABEL"))}


def test_labels_agree_with_setup_cfg():
    found = labels()
    assert set(found) >= LABELS
    assert found["software"] == CONFIG["metadata"]["name"]
    assert found["software.version"] == found["org.opencontainers.image.version"] == "${VERSION}"
    assert f"\nARG VERSION={__version__}\n" in DOCKERFILE
    assert (
        found["about.summary"]
        == found["org.opencontainers.image.description"]
        == CONFIG["metadata"]["description"]
    )
    assert found["about.license"] == "SPDX:" + CONFIG["metadata"]["license"]
    assert found["maintainer"] == CONFIG["metadata"]["author"]
    assert found["base_image"] in instruction("ARG BASE=", DOCKERFILE.replace("ARG BASE=", "ARG BASE= "))


def test_the_image_has_the_name_that_the_specification_requires():
    assert "\nENTRYPOINT" not in DOCKERFILE
    assert instruction("USER") == "1000:1000"
    assert instruction("WORKDIR") == "/data"
    assert json.loads(instruction("CMD"))[1:] == ["--help"]
    levels = re.search(r'MIRTOOLS_KERNELS="(.*?)"', DOCKERFILE)
    assert levels
    assert set(levels[1].split()) == set(_LEVELS)
    for level in levels[1].split():
        assert f"compile_kernels.sh {level} " in DOCKERFILE


def test_structure_yaml_expects_this_version():
    structure = yaml.safe_load((Path(__file__).parent / "structure.yaml").read_text())["metadataTest"]
    expected = {label["key"]: label["value"] for label in structure["labels"]}
    found = {name: value.replace("${VERSION}", __version__) for name, value in labels().items()}
    assert expected.items() <= found.items()
    assert set(expected) >= LABELS


@pytest.mark.parametrize("name", LOCKS)
def test_locks_hold_hashed_lines_and_nothing_else(name):
    text = (DOCKER / f"{name}.lock").read_text()
    entries = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    one = r"[\w.-]+==[\w.+!-]+(?: ; [^\n\\]+)? \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+"
    assert re.fullmatch(rf"(?:{one})+", entries)
    assert "://" not in text


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("slim", CORE | REPORT | TRACKS),
        (
            "full",
            CORE
            | REPORT
            | {
                "tensorflow-cpu" if name == "tensorflow" else name: bound
                for name, bound in FURTHER.items()
                if not name.startswith("snakemake")
            },
        ),
        ("build", {"setuptools": ">=64", "argparse-manpage": ">=4.8", "shtab": ">=1.7"}),
    ],
)
def test_locks_hold_every_dependency_within_its_bounds(name, needed):
    from packaging.specifiers import SpecifierSet

    locked = lock(name)
    assert set(needed) <= set(locked)
    for package, bounds in needed.items():
        assert locked[package] in SpecifierSet(bounds), package


def test_the_locks_agree():
    assert lock("slim").items() <= lock("full").items()
    assert not set(lock("slim")) & {"tensorflow", "tensorflow-cpu", "keras", "shap"}
    built_with = (ROOT / "pyproject.toml").read_text().partition("requires = [")[2].partition("]\n")[0]
    wanted = [line for line in (DOCKER / "build.in").read_text().splitlines() if not line.startswith("#")]
    assert re.findall(r'"(.*?)"', built_with) == wanted


def test_every_command_is_tested():
    lines = (DOCKER / "test-cmds.txt").read_text().splitlines()
    names = {command.partition(" = ")[0] for command in COMMANDS}
    assert names <= {line.split()[0] for line in lines if line.endswith("--version")}
    assert all(line == line.strip() and line for line in lines)


def test_the_recipe_contains_no_host_or_path_of_a_machine():
    for path in DOCKER.rglob("*"):
        if path.suffix not in {".md", ".pyc"} and path.is_file():
            text = path.read_text(encoding="utf-8")
            assert "index-url" not in text, path
            hosts = set(re.findall(r"https?://([^/\s\"']+)", text))
            assert hosts <= {"doi.org"}, path


@pytest.fixture(scope="module")
def recipe():
    """Return Bioconda's recipe as conda-build renders it."""
    text = (DOCKER / "bioconda" / "meta.yaml").read_text()
    text = text.replace("@SOURCE_URL@", "archive.tar.gz").replace("@SOURCE_SHA256@", "0" * 64)
    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(text)
    rendered = template.render(PYTHON="python", pin_subpackage=lambda name, max_pin: f"{name} pinned to {max_pin}")
    return yaml.safe_load(rendered)


def bounds(lines: list[str]) -> dict[str, str]:
    return {name: bound for name, _, bound in (line.partition(" ") for line in lines)}


def test_the_recipe_has_the_dependencies_of_setup_cfg(recipe):
    assert recipe["package"] == {"name": CONFIG["metadata"]["name"], "version": __version__}
    assert recipe["build"]["entry_points"] == COMMANDS
    assert recipe["about"]["license"] == CONFIG["metadata"]["license"]
    assert recipe["about"]["license_file"] == CONFIG["metadata"]["license_files"]
    assert recipe["about"]["summary"] == CONFIG["metadata"]["description"]


def test_the_recipe_depends_on_what_setup_cfg_depends_on(recipe):
    run = bounds(recipe["requirements"]["run"])
    # xopen's extra zstd is a package of its own, and so is BLAST+
    assert run.pop("zstandard") == ""
    assert run.pop("blast")
    assert run.pop("python") == CONFIG["options"]["python_requires"]
    assert run == {CONDA_NAMES.get(name, name): bound for name, bound in (CORE | REPORT).items()}
    assert bounds(recipe["requirements"]["run_constrained"]) == FURTHER
    host = bounds(recipe["requirements"]["host"])
    assert host.keys() == {"python", "pip", "setuptools", "argparse-manpage", "shtab"}
    assert host["python"] == CONFIG["options"]["python_requires"]


def test_the_recipe_passes_what_bioconda_lints(recipe):
    build, about = recipe["build"], recipe["about"]
    assert build["number"] == 0
    assert build["noarch"] == "python"
    assert build["run_exports"] == ["mirtools pinned to x.x"]
    assert "--no-deps" in build["script"]
    assert "setuptools" not in bounds(recipe["requirements"]["run"])
    assert re.fullmatch(r"[0-9a-f]{64}", recipe["source"]["sha256"])
    assert "git_url" not in recipe["source"]
    assert "\n" not in about["summary"]
    assert about["home"].startswith("https://")
    assert (ROOT / about["license_file"]).is_file()
    assert all(re.fullmatch(r"(doi|biotools):\S+", name) for name in recipe["extra"]["identifiers"])
    assert recipe["extra"]["recipe-maintainers"]
    for lines in recipe["requirements"].values():
        assert lines[1:] == sorted(lines[1:]) or lines[0].startswith("python")
        assert not [line for line in lines if re.search(r"\w[<>=]", line)], "a blank stands before a bound"


def test_the_recipe_tests_every_command_without_data(recipe):
    names = [command.partition(" = ")[0] for command in COMMANDS]
    assert recipe["test"]["commands"] == [*(f"{name} --help" for name in names), "chimera-parse --version"]
    for module in recipe["test"]["imports"]:
        __import__(module.replace("mirtools.tools", "tools"))
    assert "requires" not in recipe["test"]


def test_galaxy_names_the_images_that_are_built():
    macros = (ROOT / "galaxy_xml" / "macros.xml").read_text()
    named = re.search(r'<container type="docker">mirtools:@TOOL_VERSION@(.*?)</container>', macros)
    assert named
    engine = (DOCKER / "build_images.py").read_text()
    assert 'IMAGES = {"slim": f"mirtools:{version()}-slim", "full": f"mirtools:{version()}"}' in engine
    assert set(re.findall(r'token_image="(.*?)"', macros)) <= {"-slim"}
