"""The tests check what they claim: none passes because there was nothing to look at."""

from __future__ import annotations

import ast
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import portion_of

TESTS = Path(__file__).parent
FILES = sorted(TESTS.rglob("test_*.py"))

MAY_BE_EMPTY = {
    "commands/steps/test_contract.py": "some of its plans are empty; a test sees that the takeover's is not",
}
"""Files whose loops may have nothing to go through, each with the reason."""


def is_safe(things: ast.expr) -> bool:
    """Whether a loop over this looks at something: a literal, a constant of the project, or `each(…)`."""
    match things:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return bool(elements)
        case ast.Constant() | ast.Dict():
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.isupper()
        case ast.Call(func=ast.Name(id="each" | "range")):
            return True
        case ast.Call(func=ast.Name(id="enumerate" | "zip" | "sorted"), args=[first, *_]):
            return is_safe(first)
        case ast.Call(func=ast.Attribute(value=value, attr="items" | "values" | "keys")):
            return is_safe(value)
    return False


def hollow(node: ast.AST, *, safe: bool = True) -> Iterator[bool]:
    """Tell of every assertion below a node whether it may be passed over without a look."""
    match node:
        case ast.Assert(
            test=ast.Call(func=ast.Name(id="all"), args=[ast.GeneratorExp(generators=[first, *_])])
        ):
            yield not (safe and is_safe(first.iter))
            return
        case ast.Assert():
            yield not safe
            return
        case ast.For(iter=things):
            safe = safe and is_safe(things)
        case ast.With() if any("raises" in ast.unparse(one.context_expr) for one in node.items):
            yield not safe
    for child in ast.iter_child_nodes(node):
        yield from hollow(child, safe=safe)


def hollow_tests(text: str) -> list[str]:
    """Give the tests of a file that check nothing where what they go through is empty."""
    return [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and (found := list(hollow(node)))
        and all(found)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TESTS).as_posix())
def test_no_test_passes_because_there_was_nothing_to_look_at(path: Path) -> None:
    if path.relative_to(TESTS).as_posix() not in MAY_BE_EMPTY:
        assert hollow_tests(path.read_text()) == [], "let it go through each(…), of tests/each.py"


@pytest.mark.parametrize(
    ("body", "is_hollow"),
    [
        ("for one in found(): assert one", True),
        ("assert all(one for one in found())", True),
        ("for one in each(found()): assert one", False),
        ("for one in (1, 2): assert found(one)", False),
        ("for one in STEPS: assert one", False),
        ("for name, one in STEPS.items(): assert one", False),
        ("assert found()\n    for one in found(): assert one", False),
        ("for one in found():\n        with raises(ValueError): read(one)", True),
        ("for one in each(found()):\n        for part in one: assert part", True),
    ],
)
def test_a_hollow_test_is_seen(body: str, is_hollow: bool) -> None:
    assert bool(hollow_tests(f"def test_it():\n    {body}\n")) is is_hollow


@pytest.mark.parametrize(
    ("test", "portion"),
    [
        ("tests/scenarios/test_asking.py::test_it[a]", "tests/scenarios/test_asking.py::test_it[a]"),
        ("tests/scenarios/test_deciding.py::test_it", "tests/scenarios/test_deciding.py"),
        ("tests/browser/test_story.py::test_it", "tests/browser/test_story.py"),
        ("tests/commands/test_kill.py::test_it[1]", "tests/commands/test_kill.py"),
    ],
)
def test_what_a_file_sets_up_once_stays_with_one_worker(test: str, portion: str) -> None:
    assert portion_of(test) == portion


def test_a_property_holds_while_a_thread_of_somebody_else_draws_by_chance():
    """Slack's library and the engine do; Hypothesis would say that our strategies use `random`."""
    over = threading.Event()

    def draw() -> None:
        while not over.is_set():
            random.random()

    @given(st.lists(st.integers(), max_size=50))
    def holds(drawn: list[int]) -> None:
        assert sorted(drawn, reverse=True)[::-1] == sorted(drawn)

    beside = threading.Thread(target=draw)
    beside.start()
    try:
        holds()
    finally:
        over.set()
        beside.join()
