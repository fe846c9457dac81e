"""Writes a self-contained HTML page: a shared frame, style and script of a searchable table, and a page's own.

Nothing is loaded from anywhere, and nothing from the data is executed: the page's policy allows only its own style
and script, by their checksums; text is escaped; the script writes text only.

A page is a package with ``page.html`` (extends ``frame.html``), ``page.css`` and ``page.js``. Its script calls
``startTable`` of the shared ``table.js``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from importlib.resources import files
from typing import Any, TextIO

_SHARED = "mirtools.report.page"


def write_document(stream: TextIO, package: str, data: Iterable[str], **values: Any) -> None:
    """Write the page of a package.

    Parameters
    ----------
    stream : TextIO
    package : str
        That with the page's template, style and script.
    data : iterable of str
        JSON for the script, safe within HTML (:mod:`mirtools.report.page.data`), in parts.
    **values
        What the template shows; text is escaped.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        loader=FunctionLoader(lambda name: _template(package, name)),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = (_text(_SHARED, f"table.{kind}") + _text(package, f"page.{kind}") for kind in ("css", "js"))
    parts = environment.get_template("page.html").generate(
        style=Markup(style),
        script=Markup(script),
        policy=_policy(style, script),
        data=(Markup(part) for part in data),
        **values,
    )
    for part in parts:
        stream.write(part)


def _text(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text("utf-8")


def _template(package: str, name: str) -> str | None:
    """Return a template of a page or, if it has none of this name, of those that all pages share."""
    own = files(package).joinpath(name)
    return own.read_text("utf-8") if own.is_file() else _text(_SHARED, name)


def _policy(style: str, script: str) -> str:
    """Return the policy that allows the page's own style and script, and nothing else."""
    style_sum, script_sum = (
        base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") for text in (style, script)
    )
    return (
        f"default-src 'none'; style-src 'sha256-{style_sum}'; script-src 'sha256-{script_sum}'; "
        "base-uri 'none'; form-action 'none'"
    )
