"""Man pages and shell completions, made while the package is built; not part of what is installed.

setup.cfg names the three classes below in ``cmdclass``; setuptools finds this file relative to the project's root.
Built on argparse-manpage, with these repairs to what it writes: a line that starts with ``.`` or ``'`` would be
taken for a roff request and vanish, hyphens in the synopsis and the date are escaped the wrong way round, and the
examples below a parser's options become a section of their own that keeps its line breaks.
"""

import argparse
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import shtab
from argparse_manpage import manpage
from argparse_manpage.tooling import get_parser, write_to_filename
from build_manpages import build_manpages as _build_manpages
from build_manpages import get_build_py_cmd, get_install_cmd

ROOT = Path(__file__).resolve().parent.parent
COMPLETIONS = {
    "bash": ("share/bash-completion/completions", "{}"),
    "zsh": ("share/zsh/site-functions", "_{}"),
    "fish": ("share/fish/vendor_completions.d", "{}.fish"),
}
LINE_WIDTH = 78
# Values without a type or choices are file names, these excepted.
NOT_A_FILE = {"SEQ", "NAME", "LIST", "REGION", "TEXT", "STR"}

_escape = manpage._ManpageFormatter.format_text


def roff_text(text: str) -> str:
    """Escape text for roff; ``\\&`` keeps a leading dot or quote from being a request."""
    return re.sub(r"(?m)^(?=[.'])", r"\\&", _escape(text))


manpage._ManpageFormatter.format_text = staticmethod(roff_text)
# otherwise positional arguments stand, without a heading, at the end of DESCRIPTION
manpage.DEFAULT_GROUP_NAMES = {"ARGUMENTS": ["positional arguments"], "OPTIONS": ["options"]}


def roff_page(parser: argparse.ArgumentParser, data: dict[str, str], others: list[str]) -> str:
    """Return the man page of one parser whose epilog is ``examples:`` and indented command lines.

    ``others`` are the commands of the section SEE ALSO.
    """
    _, _, examples = (parser.epilog or "").partition("examples:\n")
    parser.epilog = None
    if examples:
        # the include file's sections follow
        parser._manpage = [{"heading": "examples", "content": f".nf\n{roff_text(examples)}\n.fi"}]
    page = manpage.Manpage(parser, _data=data)
    if others:
        page.add_section("SEE ALSO", ">", " ,\n".join(f".BR {name} (1)".replace("-", r"\-") for name in others))
    page.synopsis[1:] = [word.replace("-", r"\-") for word in page.synopsis[1:]]
    head, _, body = str(page).partition("\n")
    body = re.sub(r"(?m)^\.UR (.*)\n\.UE$", r"\1", body)
    body = re.sub(r"\n\n+(?=\.)", "\n", body).rstrip("\n")
    return "\n".join((head.replace(r"\-", "-"), *_short_lines(body), ""))


def _short_lines(body: str) -> Iterator[str]:
    filled = True
    tag = False
    for line in body.split("\n"):
        filled = line == ".fi" or (filled and line != ".nf")
        if len(line) > LINE_WIDTH and filled and not tag and not line.startswith("."):
            words = re.sub(r"(?<= )(?=[.'])", r"\\&", line)
            yield from textwrap.wrap(words, LINE_WIDTH, break_long_words=False, break_on_hyphens=False)
        else:
            yield line
        tag = line == ".TP"


def completion(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return the completion of one command; its functions bear the command's name, so that commands get on."""
    for action in parser._actions:
        takes_value = action.nargs != 0 and not action.choices and action.type is None
        if takes_value and action.metavar not in NOT_A_FILE:
            action.complete = shtab.DIRECTORY if action.metavar == "DIR" else shtab.FILE
    return shtab.complete(parser, shell=shell, root_prefix=parser.prog) + "\n"


class build_manpages(_build_manpages):
    """Write ``man/*.1`` and ``completions/``, and have the completions installed."""

    def run(self):
        # an isolated build has the project's root nowhere on the path
        sys.path.insert(0, str(ROOT))
        files = {folder: [] for folder, _ in COMPLETIONS.values()}
        commands = [data["prog"] for data in self.manpages_data.values()]
        for page, data in self.manpages_data.items():
            others = [name for name in commands if name != data["prog"]]
            source = (data["import_type"], data["import_from"], data["objname"], data["objtype"], data["prog"])
            write_to_filename(roff_page(get_parser(*source), data, others), page)
            parser = get_parser(*source)
            for shell, (folder, name) in COMPLETIONS.items():
                path = f"completions/{shell}/{name.format(parser.prog)}"
                write_to_filename(completion(parser, shell), path)
                files[folder].append(path)
        self.distribution.data_files = [*(self.distribution.data_files or []), *files.items()]


build_py = get_build_py_cmd()
install = get_install_cmd()
