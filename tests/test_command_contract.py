"""The contract of every command: help, options, versions, usage errors."""

import argparse
import configparser
import importlib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mirtools import __version__

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"numpy", "pandas", "tensorflow", "keras", "shap", "matplotlib", "RNA", "Bio", "sklearn", "scipy"}


def _commands():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = config["options.entry_points"]["console_scripts"].strip().splitlines()
    modules = {}
    for line in lines:
        name, _, target = line.partition(" = ")
        modules[name] = target.partition(":")[2]
    return {name: module for name, module in modules.items() if (ROOT / "tools" / f"{module}.py").exists()}


COMMANDS = _commands()
pytestmark = pytest.mark.parametrize("command", COMMANDS)


def _python(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def _run(command, *arguments):
    return _python(f"import sys; from tools.{COMMANDS[command]} import main; sys.exit(main())", *arguments)


def _parser(command):
    return importlib.import_module(f"tools.{COMMANDS[command]}").build_parser()


def test_help_answers_without_heavy_imports(command):
    code = (
        f"import sys; from tools.{COMMANDS[command]} import main; status = main(['--help']);"
        f"print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr); sys.exit(status)"
    )
    done = _python(code)
    assert done.returncode == 0
    assert done.stderr == "[]\n"
    assert done.stdout.startswith(f"usage: {command} ")
    assert "\nexamples:\n" in done.stdout


def test_parser_needs_only_the_standard_library(command):
    code = f"""
import sys
class OnlyStandard:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in sys.stdlib_module_names | {{"mirtools", "tools"}}:
            raise ImportError(f"{{name}} is not in the standard library")
sys.meta_path.insert(0, OnlyStandard())
from tools.{COMMANDS[command]} import build_parser
build_parser().format_help()
"""
    done = _python(code)
    assert done.returncode == 0, done.stderr


def test_version(command):
    done = _run(command, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{command} {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments", [["--no-such-option"], ["--json"], ["\u2013\u2013help"], ["--no-" + "x" * 500]]
)
def test_usage_errors_are_one_line(command, arguments):
    done = _run(command, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"{command}: error: ")
    assert done.stderr.count("\n") == 1
    assert len(done.stderr) <= 201


def test_every_option_is_explained(command):
    parser = _parser(command)
    assert parser.prog == command
    assert parser.description
    for action in parser._actions:
        name = "/".join(action.option_strings) or action.metavar
        assert action.help, name
        assert not action.help.endswith("."), name
        if action.option_strings and action.nargs != 0:
            assert action.metavar or action.choices, name


def test_defaults_in_the_help_are_the_real_ones(command):
    parser = _parser(command)
    for action in parser._actions:
        default = action.default
        if default is None or isinstance(default, bool) or default in ([], "-", argparse.SUPPRESS):
            continue
        parts = default if isinstance(default, tuple) else (default,)
        between = " " if action.nargs else ","
        shown = between.join(f"{part:g}" if isinstance(part, float) else str(part) for part in parts)
        assert f"default: {shown}" in parser._get_formatter()._expand_help(action), action.option_strings


# other options that a command requires before it checks the figure
NEEDED = {
    "attrib-compare": ["a=absent", "b=absent"],
    "dmiso-evaluate": ["absent"],
    "negatives-generate": ["--audit", "absent", "--transcripts", "absent"],
    "peak-narrow": ["--mirnas", "absent", "--targets", "absent"],
    "sites-compare": ["--samples", "absent", "--contrast", "a", "b", "absent"],
}


def test_a_figure_without_matplotlib_is_refused_before_the_work(command, monkeypatch, tmp_path, capsys):
    """The inputs do not exist either, but matplotlib is reported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mirtools.report.drawing.find_spec", lambda name: None)
    parser = _parser(command)
    needed = []
    for action in parser._actions:
        if action.required and action.option_strings:
            needed += [action.option_strings[0], "absent"]
        elif not action.option_strings and not isinstance(action, argparse._SubParsersAction):
            needed += ["absent"]
    needed = NEEDED.get(command, needed)
    figures = [action.option_strings[-1] for action in parser._actions if re.search(r"\.png\b", action.help)]
    for option in figures:
        main = importlib.import_module(f"tools.{COMMANDS[command]}").main
        assert main([*needed, option, "figure.png"]) == 1
        message = capsys.readouterr().err
        assert message.startswith(f"{command}: error: matplotlib is not installed"), (option, message)
    assert list(tmp_path.iterdir()) == []


def test_common_options(command):
    options = {name for action in _parser(command)._actions for name in action.option_strings}
    assert {"-h", "--json", "--quiet", "--debug", "--version"} <= options


def test_examples_use_options_that_exist(command):
    examples = _parser(command).epilog.partition("examples:\n")[2].replace("\\\n", " ")
    seen = set()
    for part in re.split(r"[|\n]", examples):
        words = shlex.split(part)
        if words and words[0] in COMMANDS:
            seen.add(words[0])
            options = {name for action in _parser(words[0])._actions for name in action.option_strings}
            used = {word.partition("=")[0] for word in words if re.fullmatch(r"--?[a-z].*", word)}
            assert used <= options, part
    assert command in seen
