"""The house rules that a tool cannot check by itself."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.each import each

ROOT = Path(__file__).resolve().parents[1]


def test_every_folder_of_tests_is_a_package():
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    missing = [str(folder) for folder in folders if not (folder / "__init__.py").exists()]
    assert missing == [], "without it tests/commands would shadow commands"


def test_niquests_is_not_installed_because_it_replaces_urllib3():
    installed = {distribution.metadata["Name"].lower() for distribution in importlib.metadata.distributions()}
    assert "niquests" not in installed
    assert "urllib3-future" not in installed


LOCKS = {path.stem: path.read_text() for path in (ROOT / "requirements").glob("*.txt")}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def pins(lock: str) -> dict[str, str]:
    """The version of every package in a lock."""
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)(?: ; .+)? \\$", LOCKS[lock], re.MULTILINE))


def names(entries: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9._-]", entry)[0].lower().replace("_", "-") for entry in entries}


@pytest.mark.parametrize("lock", ["run", "build", "dev"])
def test_a_lock_pins_with_hashes_and_names_no_registry(lock: str):
    assert "://" not in LOCKS[lock]
    assert not re.search(r"^-", LOCKS[lock], re.MULTILINE), "no index, no find-links"
    blocks = re.split(r"\n(?=\S)", LOCKS[lock].strip())
    assert len(pins(lock)) == len(blocks) >= 6
    for block in blocks:
        assert "--hash=sha256:" in block, block.splitlines()[0]


@pytest.mark.parametrize("folder", ["interop", "browser"])
def test_what_the_tests_install_by_npm_is_pinned_with_hashes_and_names_no_registry(folder):
    packages = json.loads((ROOT / "tests" / folder / "package-lock.json").read_text())["packages"]
    del packages[""]
    assert packages
    assert [name for name, facts in packages.items() if "resolved" in facts or "integrity" not in facts] == []


def test_the_node_of_the_tests_is_pinned_with_hashes_and_names_no_registry():
    wanted = (ROOT / "tests" / "interop" / "requirements.txt").read_text()
    assert "://" not in wanted
    for block in re.split(r"\n(?=[a-z0-9])", wanted.strip()):
        assert re.match(r"[a-z-]+==\S+ \\\n    --hash=sha256:", block), block.splitlines()[0]


def test_what_makes_mutants_is_pinned_with_hashes_in_the_versions_of_the_other_locks():
    wanted = (ROOT / "tests" / "mutants" / "requirements.txt").read_text()
    assert "://" not in wanted
    pinned = {}
    for block in re.split(r"\n(?=[a-z0-9])", wanted.strip()):
        pin = re.match(r"([a-z-]+)==(\S+)(?: ; .+)? \\\n    --hash=sha256:", block)
        assert pin, block.splitlines()[0]
        pinned[pin[1]] = pin[2]
    assert names(PROJECT["dependency-groups"]["mutants"]) <= set(pinned)
    other = {name: version for name, version in pins("dev").items() if name in pinned}
    assert len(other) > 10
    assert other.items() <= pinned.items()


def test_every_direct_dependency_is_pinned():
    assert names(PROJECT["dependency-groups"]["run"]) <= set(pins("run"))
    assert names(PROJECT["dependency-groups"]["dev"]) <= set(pins("dev"))


def test_the_bot_is_built_with_exactly_what_is_locked():
    """Then `pipx install .`, which builds it with what pyproject.toml asks for, does the same on any day."""
    asked = dict(entry.split("==") for entry in PROJECT["build-system"]["requires"])
    assert asked == pins("build")


def test_the_locks_agree_on_every_version():
    """So the environment for developing is the one for running with more in it."""
    assert {**pins("run"), **pins("build")}.items() <= pins("dev").items()
    shared = pins("run").keys() & pins("build").keys()
    assert {name: pins("run")[name] for name in shared} == {name: pins("build")[name] for name in shared}


@cache
def distributions() -> Mapping[str, list[str]]:
    """What each module that can be imported belongs to."""
    return importlib.metadata.packages_distributions()


@pytest.mark.parametrize("package", ["bot", "commands", "graph", "sandbox"])
def test_the_product_imports_nothing_that_only_developing_needs(package: str):
    """Not even inside a function, where a run on the lock of the product may not come by."""
    locked, imported = set(pins("run")), set()
    found = distributions()
    for path in each((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module or ""]
            for module in {module.partition(".")[0] for module in modules}:
                if module not in (*sys.stdlib_module_names, "bot", "commands", "graph", "sandbox"):
                    imported.add(module)
                    assert names(found[module]) & locked, f"{path.relative_to(ROOT)} imports {module}"
    assert imported


def used_in(path: Path, package: str) -> set[str]:
    """The modules of a package that a test takes in and then uses by name."""
    tree = ast.parse(path.read_text())
    taken = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == package
        for alias in node.names
    }
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return {name for alias, name in taken.items() if alias in used}


@pytest.mark.parametrize("package", ["commands.symptoms", "commands.steps"])
def test_every_symptom_and_step_has_a_test_file_of_its_own_name_that_calls_it(package: str):
    folder = package.replace(".", "/")
    for path in each((ROOT / folder).glob("*.py")):
        tree = ast.parse(path.read_text())
        if any(isinstance(node, ast.FunctionDef) and node.name in ("detect", "plan") for node in tree.body):
            own = ROOT / "tests" / folder / f"test_{path.stem}.py"
            assert own.exists(), f"{folder}/{path.name} has no test file of its name"
            assert path.stem in used_in(own, package), f"{own.name} does not use {path.stem}"


def test_every_query_is_played_by_a_test_that_names_it():
    tests = list((ROOT / "tests/graph/queries").glob("test_*.py"))
    played = {name for path in tests for name in used_in(path, "graph.queries")}
    queries = {path.stem for path in (ROOT / "graph/queries").glob("*.py")} - {"__init__", "registry"}
    assert len(queries) > 30
    assert queries - played == set()


GROUP_REPEATED_POSSESSIVELY = re.compile(r"(?<!\\)\)(?:[*+?]|\{\d*,?\d*\})\+|\(\?>")


def test_no_pattern_repeats_a_group_possessively():
    """Python reads it wrong before 3.11.5, and Debian 12 has 3.11.2. Source: CPython, gh-106052."""
    assert GROUP_REPEATED_POSSESSIVELY.search(r'"(?:[^"\\]|\\.)*+"')
    assert GROUP_REPEATED_POSSESSIVELY.search(r"(?>ab|a)c")
    assert not GROUP_REPEATED_POSSESSIVELY.search(r'\s*+"[^"]*+"(?:[a-z]++,)*\)*+')
    for package in ("bot", "commands", "graph", "sandbox", "evaluation"):
        for path in each((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found = GROUP_REPEATED_POSSESSIVELY.search(node.value)
                    assert not found, f"{path.relative_to(ROOT)}: {node.value}"


def test_nothing_catches_everything_and_stays_silent():
    for package in ("bot", "commands", "graph", "sandbox", "evaluation"):
        for path in each((ROOT / package).rglob("*.py")):
            assert not re.search(r"except[^\n]*:\s*\n\s*pass\b", path.read_text()), path


def test_nothing_is_left_for_later():
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    for package in ("bot", "commands", "graph", "sandbox", "evaluation"):
        for path in each((ROOT / package).rglob("*.py")):
            assert not marks.search(path.read_text()), path


MAKERS_OF_REFERENCES = ["bot/failing.py", "graph/errors.py"]


def test_a_reference_is_made_where_it_is_logged():
    """What a person is told by its reference must be in the log under it; by hand, it was once forgotten."""
    found = [
        path.relative_to(ROOT).as_posix()
        for package in ("bot", "commands", "graph")
        for path in each((ROOT / package).rglob("*.py"))
        for _ in re.findall(r"uuid4\(\)\.hex\[", path.read_text())
    ]
    assert found == MAKERS_OF_REFERENCES


SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|REPLACE|PRAGMA|BEGIN)\s")
THE_ENGINES = ("PRAGMA journal_mode = WAL",)
"""Said to the engine's own file, which is no part of the ledger."""


def test_the_bot_holds_no_sql():
    """What lies in the ledger is for `commands.ledger` alone to read and write."""
    found = [
        (path.name, node.value)
        for path in (ROOT / "bot").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if SQL.match(node.value) and node.value not in THE_ENGINES
    ]
    assert found == []
    asked = [
        path.name
        for path in (ROOT / "bot").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "rows"
    ]
    assert asked == []


LONGEST = {"bot": 400, "commands": 400, "graph": 400, "sandbox": 400, "evaluation": 400, "tests": 800}
"""Lines, by folder. A test file lists cases, which read well below one another."""


@pytest.mark.parametrize("folder", LONGEST)
def test_a_long_file_says_at_its_top_why_it_is_long(folder: str):
    for path in each((ROOT / folder).rglob("*.py")):
        text = path.read_text()
        if text.count("\n") > LONGEST[folder]:
            reason = re.search(
                r"^Longer than other files because \w+",
                ast.get_docstring(ast.parse(text)) or "",
                re.MULTILINE,
            )
            assert reason, f"{path.relative_to(ROOT)} has {text.count(chr(10))} lines and does not say why"
