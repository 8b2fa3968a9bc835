"""The house rules that a tool cannot check by itself."""

from __future__ import annotations

import importlib.metadata
import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_every_folder_of_tests_is_a_package():
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    missing = [str(folder) for folder in folders if not (folder / "__init__.py").exists()]
    assert missing == [], "without it tests/commands would shadow commands"


def test_niquests_is_not_installed_because_it_replaces_urllib3():
    installed = {distribution.metadata["Name"].lower() for distribution in importlib.metadata.distributions()}
    assert "niquests" not in installed
    assert "urllib3-future" not in installed


def test_the_lock_file_pins_with_hashes_and_names_no_registry():
    text = (ROOT / "constraints.txt").read_text()
    assert "://" not in text
    assert not re.search(r"^--", text, re.MULTILINE), "no index, no find-links"
    pins = re.findall(r"^([a-z0-9._-]+)==\S+ \\$", text, re.MULTILINE)
    assert len(pins) > 50
    for block in re.split(r"\n(?=[a-z0-9])", text.strip()):
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_what_the_interop_tests_install_is_pinned_with_hashes_and_names_no_registry():
    folder = ROOT / "tests" / "interop"
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    del packages[""]
    assert packages
    assert [name for name, facts in packages.items() if "resolved" in facts or "integrity" not in facts] == []
    wanted = (folder / "requirements.txt").read_text()
    assert "://" not in wanted
    for block in re.split(r"\n(?=[a-z0-9])", wanted.strip()):
        assert re.match(r"[a-z-]+==\S+ \\\n    --hash=sha256:", block), block.splitlines()[0]


def test_every_direct_dependency_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[^A-Za-z0-9._-]", entry)[0].lower().replace("_", "-") for entry in wanted}
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    assert names <= pinned, names - pinned


def test_every_symptom_and_query_has_its_own_test_file():
    for package in ("commands/symptoms", "graph/queries"):
        tested = " ".join(path.read_text() for path in (ROOT / "tests" / package).glob("test_*.py"))
        for path in (ROOT / package).glob("*.py"):
            if path.stem in ("__init__", "registry"):
                continue
            assert path.stem in tested, (
                f"{package}/{path.name} is not named in any test below tests/{package}"
            )


def test_nothing_catches_everything_and_stays_silent():
    for package in ("bot", "commands", "graph", "sandbox"):
        for path in (ROOT / package).rglob("*.py"):
            assert not re.search(r"except[^\n]*:\s*\n\s*pass\b", path.read_text()), path


def test_nothing_is_left_for_later():
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    for package in ("bot", "commands", "graph", "sandbox"):
        for path in (ROOT / package).rglob("*.py"):
            assert not marks.search(path.read_text()), path
