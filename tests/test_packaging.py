"""The lists in setup.cfg agree with each other and the tree; the wheel can be installed and works."""

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from mirtools import __version__

ROOT = Path(__file__).resolve().parent.parent
CONFIG = configparser.ConfigParser()
CONFIG.read(ROOT / "setup.cfg")
WORKFLOW = [path for path in (ROOT / "workflow").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
COMMANDS = [
    line.partition(" = ")[0] for line in CONFIG["options.entry_points"]["console_scripts"].strip().splitlines()
]


def test_one_entry_point_for_each_command_file():
    lines = CONFIG["options.entry_points"]["console_scripts"].strip().splitlines()
    files = {path.stem for path in (ROOT / "tools").glob("*.py")} - {"__init__"}
    assert lines == [f"{name} = mirtools.commands:{name.replace('-', '_')}" for name in COMMANDS]
    assert {name.replace("-", "_") for name in COMMANDS} == files
    assert sorted(COMMANDS) == COMMANDS


def test_one_man_page_for_each_command():
    lines = CONFIG["build_manpages"]["manpages"].strip().splitlines()
    pages = [
        re.match(r"man/(.+)\.1:module=tools\.(\w+):function=build_parser:prog=(.+?):", line) for line in lines
    ]
    assert [page.groups() for page in pages] == [(name, name.replace("-", "_"), name) for name in COMMANDS]


def test_every_room_is_packaged():
    packages = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "mirtools").rglob("__init__.py")}
    assert set(CONFIG["options"]["packages"].split()) == packages | {"mirtools.tools", "mirtools.workflow"}


def test_every_command_is_in_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for needed in (*COMMANDS, "make demo", "make test", "make test-all", "make attack"):
        assert f"`{needed}`" in text or f"\n{needed}" in text, needed


def test_one_version_number():
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def _declared(text):
    return {re.match(r"[\w.-]+", line)[0].lower() for line in text.split("\n") if re.match(r"\w", line)}


def test_imported_packages_are_declared_and_declared_ones_are_imported():
    """A package may hold modules of other names (biopython has Bio), which the installed packages list."""
    distributions = packages_distributions()
    imported = set()
    for path in (*(ROOT / "mirtools").rglob("*.py"), *(ROOT / "tools").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(node.module.partition(".")[0])
    # _typeshed exists only for type checkers
    imported -= sys.stdlib_module_names | {"mirtools", "tools", "_typeshed"}
    needed = {name: {each.lower() for each in distributions.get(name, [name])} for name in imported}
    extras = CONFIG["options.extras_require"]
    declared = _declared(CONFIG["options"]["install_requires"])
    for extra in set(extras) - {"test"}:
        declared |= _declared(extras[extra])
    assert {name for name, packages in needed.items() if not packages & declared} == set()
    assert declared - set().union(*needed.values()) == set()


def _call(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the source archive from a copy of the tree, and the wheel from that archive."""
    folder = tmp_path_factory.mktemp("package")
    left_out = shutil.ignore_patterns(
        ".git", ".*cache", ".hypothesis", ".venv*", "*venv", "build", "dist", "*.egg-info", "demo-results",
        "completions", "*.1", "__pycache__",
    )  # fmt: skip
    shutil.copytree(ROOT, folder / "tree", ignore=left_out)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1767225600", "TZ": "UTC"}
    _call(sys.executable, "-m", "build", "--outdir", folder / "dist", folder / "tree", env=environment)
    return next((folder / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Return a fresh environment with only the wheel and its light dependencies."""
    prefix = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(prefix, with_pip=True)
    _call(prefix / "bin" / "pip", "install", "--quiet", f"{wheel}[report]")
    return prefix


@pytest.fixture
def environment(installed):
    """Return environment variables with which the installed commands are found, but not the checkout."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "MAN"))}
    return {**kept, "PATH": f"{installed}/bin:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}


@pytest.mark.package
def test_contents_of_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"mirtools"}
    assert not [name for name in names if re.search(r"^mirtools/(man|tests)/|build_pages|\.part$", name)]
    data = f"mirtools-{__version__}.data/data/share"
    for name in COMMANDS:
        assert f"mirtools/tools/{name.replace('-', '_')}.py" in names
        assert f"{data}/man/man1/{name}.1" in names
        assert f"{data}/bash-completion/completions/{name}" in names
        assert f"{data}/zsh/site-functions/_{name}" in names
        assert f"{data}/fish/vendor_completions.d/{name}.fish" in names
    sources = {f"mirtools/{path.relative_to(ROOT / 'mirtools')}" for path in (ROOT / "mirtools").rglob("*.py")}
    assert sources <= names
    workflow = {f"mirtools/workflow/{path.relative_to(ROOT / 'workflow')}" for path in WORKFLOW}
    assert workflow <= names
    models = {f"mirtools/models/{path.name}" for path in (ROOT / "mirtools" / "models").glob("*.safetensors")}
    assert models <= names
    assert f"mirtools-{__version__}.dist-info/licenses/LICENSE" in names
    assert wheel.stat().st_size < 5_000_000


@pytest.mark.package
def test_light_installation_has_no_deep_learning_framework(installed):
    listed = _call(installed / "bin" / "pip", "list", "--format", "freeze").lower()
    assert "matplotlib==" in listed
    assert not re.search(r"^(tensorflow|keras|shap|torch)", listed, re.MULTILINE)


@pytest.mark.package
def test_packages_are_nested_as_installed(installed):
    code = "import mirtools.tools, importlib.util as u; print(mirtools.__file__, u.find_spec('tools'))"
    place, tools = _call(installed / "bin" / "python", "-c", code, cwd=installed).split()
    assert place.startswith(str(installed))
    assert tools == "None"


@pytest.mark.package
@pytest.mark.parametrize("name", COMMANDS)
def test_man_pages(installed, environment, name):
    page = installed / "share" / "man" / "man1" / f"{name}.1"
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f'.TH {name.upper()} "1" "2026-01-01" "mirtools {__version__}" "User Commands"\n')
    for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS", "SEE ALSO"):
        assert f"\n.SH {section}\n" in text
    if shutil.which("man"):
        assert _call("man", "-w", name, env=environment).strip() == str(page)
        shown = subprocess.run(
            ["man", "--warnings", "-l", page],
            env={**environment, "MANWIDTH": "200"},
            capture_output=True,
            text=True,
        )
        assert (shown.returncode, shown.stderr) == (0, "")
        for option in re.findall(
            r"^  (-\S[^\n]*?)(?:  |\n)", _call(installed / "bin" / name, "--help"), re.MULTILINE
        ):
            assert re.split(r"[ ,]", option)[0] in shown.stdout
    if shutil.which("mandoc"):
        assert _call("mandoc", "-Tlint", "-W", "style", page) == ""


@pytest.mark.package
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_are_valid(installed, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    folders = {
        "bash": "bash-completion/completions",
        "zsh": "zsh/site-functions",
        "fish": "fish/vendor_completions.d",
    }
    for path in (installed / "share" / folders[shell]).iterdir():
        _call(shell, "-n", path)


@pytest.mark.package
def test_bash_completes_every_command_in_one_shell(installed):
    folder = installed / "share" / "bash-completion" / "completions"
    script = "".join(f"source {folder / name}\n" for name in COMMANDS)
    for name in COMMANDS:
        function = f"_shtab_{name.replace('-', '_')}"
        script += (
            f"COMP_WORDS=({name} --js); COMP_CWORD=1; COMPREPLY=(); {function}; echo {name} ${{COMPREPLY[*]}}\n"
        )
    assert _call("bash", "-c", script).splitlines() == [f"{name} --json" for name in COMMANDS]


@pytest.mark.package
def test_the_installed_commands_run_as_a_chain(installed, environment, tmp_path):
    if shutil.which("blastn") is None:
        pytest.skip("NCBI BLAST+ is not installed")
    pipe = (
        "chimera-parse --mirnas data/mirnas.fa --transcripts data/transcripts.fa.gz data/reads.fastq.gz"
        " | isomir-classify --mirnas data/mirnas.fa - | dmiso-predict - | tee interactions.tsv"
        " | interactions-report --figure figure.png -o summary.md -"
    )
    (tmp_path / "data").symlink_to(ROOT / "test-data")
    _call("bash", "-euo", "pipefail", "-c", pipe, env=environment, cwd=tmp_path)
    assert len((tmp_path / "interactions.tsv").read_text().splitlines()) > 10
    assert "predicted to bind" in (tmp_path / "summary.md").read_text()
    assert (tmp_path / "figure.png").stat().st_size > 10_000


@pytest.mark.package
def test_a_missing_extra_is_reported_in_one_line(installed, environment, tmp_path):
    table = tmp_path / "labelled.tsv"
    table.write_text("mirna_seq\tsite_seq\tlabel\nTGAGGTAGTAGG\tCCTACTACCTCA\t1\n")
    command = ["dmiso-train", "-m", str(tmp_path / "model.safetensors"), str(table)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "pip install 'mirtools[train]'" in done.stderr
    assert not (tmp_path / "model.safetensors").exists()


@pytest.mark.package
def test_editable_installation_runs_from_anywhere(tmp_path):
    scripts = Path(sys.prefix) / "bin"
    if not (scripts / COMMANDS[0]).exists():
        pytest.skip("the commands are not installed in this environment; make setup does it")
    for name in COMMANDS:
        assert _call(scripts / name, "--version", cwd=tmp_path) == f"{name} {__version__}\n"
