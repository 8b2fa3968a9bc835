"""Every sentence that the bot can say to people, for `docs/reference/words.md`: `make docs` writes it.

Strings are read off the syntax trees. Taken for words is what has two words in it, and in messages and
reports also a single word with a capital, such as a button's. Docstrings, log lines, patterns and queries are
left out, except for the docstrings that `--help` shows.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "commands", "graph")
LABELLED = {"messages", "artefacts", "cards"}
"""Folders in which a single word with a capital is a label."""

_UNSAID = {
    *("debug", "info", "warning", "error", "exception", "bind", "refer", "refer_run", "noted"),
    *("compile", "search", "fullmatch"),
}
"""Calls whose texts reach logs or the matching of patterns."""

_SAID = {"why", "says", "name", "ask", "how", "none", "harmless"}
"""Keys of the tables of facts whose texts people read."""

_SENTENCE = re.compile(r"[^\W\d_]{2,}[^\n]* [^\n]*[^\W\d_]{2,}|[^\W\d_]{2,} \{|\} [^\W\d_]{2,}")
_LABEL = re.compile(r"[A-Z][a-z]{2,}")
_QUERY = re.compile(r"\b(CREATE|SELECT|UPDATE|WHERE|CAST|IN \()|state = '|(\w|\)) (eq|ge|le) ['{]|-eq '")
"""Texts for the database, Graph and PowerShell."""


def words() -> str:
    """Every string that people may read, below the file that says it."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*"))]
    found = {path: list(dict.fromkeys(in_file(path))) for path in paths if path.is_file()}
    return "".join(
        f"\n## {path.relative_to(ROOT)}\n\n```text\n" + "".join(f"{_shown(one)}\n" for one in texts) + "```\n"
        for path, texts in found.items()
        if texts
    )


def in_file(path: Path) -> Iterator[str]:
    """Give the strings of one module, template or file of facts."""
    inside = path.relative_to(ROOT).parts  # whatever the checkout's own folders are called
    if path.suffix == ".py":
        return said(ast.parse(path.read_text("utf-8")), labels=not LABELLED.isdisjoint(inside))
    if path.suffix == ".toml" and "facts" in inside:
        return in_facts(tomllib.loads(path.read_text("utf-8")))
    if path.suffix == ".html":
        text = path.read_text("utf-8")
        text = re.sub(r"\{\{ *(.*?) *\}\}", r"{\1}", re.sub(r"\{%.*?%\}", "", text, flags=re.DOTALL))
        found = (one.strip() for one in re.findall(r">([^<>]*)<", text))
        return (one for one in found if re.search(r"[^\W\d_]{2}", re.sub(r"\{.*?\}", "", one)))
    return iter(())


def in_facts(table: Any) -> Iterator[str]:
    """Give the reasons, names, questions and instructions below a table of facts."""
    for key, value in table.items() if isinstance(table, dict) else ():
        if key in _SAID:
            yield from [value] if isinstance(value, str) else value
        for inner in value if isinstance(value, list) else [value]:
            yield from in_facts(inner)


def said(node: ast.AST, *, labels: bool) -> Iterator[str]:
    """Give the strings below a node in their order, with what is filled in as {placeholders}."""
    for child in ast.iter_child_nodes(node):
        text = _text(child) if isinstance(child, ast.expr) else None
        if text is not None:
            if (_SENTENCE.search(text) and not _QUERY.search(text)) or (labels and _LABEL.fullmatch(text)):
                yield text
        elif not _is_unsaid(child):
            if isinstance(child, ast.FunctionDef) and any(
                re.search(r"\.command\(", ast.unparse(one)) for one in child.decorator_list
            ):
                yield ast.get_docstring(child) or ""
            yield from said(child, labels=labels)


def _is_unsaid(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name in _UNSAID
    return False


def _text(node: ast.expr) -> str | None:
    """A string, an f-string or a sum of them; None for everything else."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_text(value) or "" for value in values)
        case ast.FormattedValue(value=value):
            return f"{{{_placeholder(value)}}}"
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            sides = [(_text(side), side) for side in (left, right)]
            if any(text is not None for text, _ in sides):
                return "".join(f"{{{_placeholder(side)}}}" if text is None else text for text, side in sides)
    return None


def _placeholder(node: ast.expr) -> str:
    match node:
        case ast.IfExp(body=body, orelse=other):
            return f"{_text(body) or _placeholder(body)}|{_text(other) or _placeholder(other)}"
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str() as between), attr="join")):
            return f"…{between}…"
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return "…"


def _shown(text: str) -> str:
    return " ⏎ ".join(text.strip().splitlines())
