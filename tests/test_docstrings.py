"""What a docstring names is there: attributes of the class and arguments of the function, each of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.each import each

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("bot", "commands", "graph", "sandbox", "evaluation", "docs", "tests")


def section(docstring: str, title: str) -> list[str]:
    """The names that a section of a docstring explains, in its order; those that share a line as well."""
    found = re.search(rf"^{title}:\n((?:[ ]+.*\n|\n)*)", docstring + "\n", re.MULTILINE)
    lines = found[1].splitlines() if found else []
    return [
        name.strip().lstrip("*")
        for line in lines
        if (entry := re.match(r" {4}(\S[^:]*):(?= |$)", line))
        for name in entry[1].split(",")
    ]


def arguments_of(one: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    args = one.args
    named = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    return [arg.arg for arg in named if arg and arg.arg not in ("self", "cls")]


def attributes_of(one: ast.ClassDef) -> set[str]:
    """Fields, properties, methods and whatever is set on the object itself."""
    found = set()
    for node in ast.walk(one):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                found.add(name)
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                found.add(name)
            case ast.FunctionDef(name=name):
                found.add(name)
    return found


def documented(
    path: Path,
) -> Iterator[tuple[str, str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", ast.get_docstring(node) or "", node


def slips(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, docstring: str) -> set[str]:
    """The names that are told and not there, or there and not told."""
    told = set(section(docstring, "Args"))
    if not isinstance(node, ast.ClassDef):
        return told ^ set(arguments_of(node)) if told else set()
    gone = set(section(docstring, "Attributes")) - attributes_of(node)
    makers = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
    return gone | (told ^ set(arguments_of(makers[0])) if told and makers else set())


@pytest.mark.parametrize("package", PACKAGES)
def test_what_a_docstring_names_is_there_and_no_argument_is_left_out(package: str):
    found = {
        where: wrong
        for path in each((ROOT / package).rglob("*.py"))
        for where, docstring, node in documented(path)
        if (wrong := slips(node, docstring))
    }
    assert found == {}


def test_the_slips_that_were_there_are_found():
    source = '''
class Row:
    """One row.

    Attributes:
        manual tasks: How many.
        licence: Which.

    Args:
        spot: From where. `client`: With what.
    """

    license: str

    def __init__(self, spot, client):
        self.spot = spot
'''
    (row,) = ast.parse(source).body
    assert isinstance(row, ast.ClassDef)
    assert slips(row, ast.get_docstring(row) or "") == {"manual tasks", "licence", "client"}
