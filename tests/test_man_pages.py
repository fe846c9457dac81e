"""man/build_pages.py: errors of argparse-manpage are corrected, and completions of commands do not interfere."""

import shutil
import subprocess

import pytest

from man.build_pages import completion, roff_page
from mirtools import cli

EXAMPLES = """\
  some-tool --json report.json \\
      -o out.tsv in.tsv
  .hidden --starts-with-a-dot 'and has quotes' | other-tool - > interactions.tsv.gz # longer than the others
"""
DATA = {"prog": "some-tool", "description": "do something", "project_name": "mirtools", "version": "1.2"}


@pytest.fixture
def parser():
    parser = cli.make_parser("some-tool", ".description that starts with a dot. " + "word " * 40, EXAMPLES)
    parser.add_argument("table", metavar="TABLE", help="'-' reads standard input; starts with a quote")
    parser.add_argument("--gz", metavar="FILE", help=".gz compresses; 50 %% of the time, a\\b stays")
    parser.add_argument("--long", metavar="N", type=int, help="x " * 36 + ".dot 'quote " * 6 + "end")
    parser.add_argument("--kind", choices=("left", "right"), help="which")
    cli.add_common(parser)
    return parser


@pytest.fixture
def page(parser, tmp_path):
    path = tmp_path / "some-tool.1"
    path.write_text(roff_page(parser, dict(DATA), ["other-tool"]), encoding="utf-8")
    return path


def test_the_page_is_complete(page):
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    done = subprocess.run(
        ["man", "--warnings", "-l", page],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "MANWIDTH": "400", "LC_ALL": "C"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    shown = " ".join(done.stdout.split())
    for expected in (
        ".description that starts with a dot.",
        "'-' reads standard input",
        ".gz compresses; 50 % of the time, a\\b stays",
        ".dot 'quote .dot 'quote",
        "ARGUMENTS TABLE",
        "SEE ALSO other-tool(1)",
    ):
        assert expected in shown
    for line in EXAMPLES.splitlines():
        assert any(shown_line.endswith(line) for shown_line in done.stdout.splitlines()), line


def test_page_is_clean(page):
    text = page.read_text()
    assert text.startswith('.TH SOME-TOOL "1" "')
    assert "COMMENTS" not in text
    if shutil.which("mandoc"):
        done = subprocess.run(["mandoc", "-Tlint", "-W", "style", page], capture_output=True, text=True)
        assert done.stdout + done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_have_the_name_of_their_command(parser, shell):
    script = completion(parser, shell)
    assert "some-tool" in script
    assert "right" in script
    if shell == "bash":
        assert "_shtab_some_tool__" in script
        assert "_shtab_some_tool___gz_COMPGEN=_shtab_compgen_files" in script
        assert "_shtab_some_tool___long_COMPGEN" not in script
