"""README's commands on a machine of another day: whatever its pip is, and whatever was released since."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.packaging.machine import clone, environment, installed, locked, newer_releases, python_with, run

pytestmark = pytest.mark.packaging

OF_VENV = {"compromise-bot", "pip", "setuptools"}
"""What a lock does not name: the bot, and what some Pythons put into each virtual environment."""


@pytest.mark.parametrize("pip", ["pip==23.0.1", "pip"], ids=["the pip of Debian 12", "the newest pip"])
def test_make_installs_the_locks_alone(pip: str, tmp_path: Path):
    """Everything in one story, since each environment takes its time."""
    (tmp_path / "newer").mkdir()
    env = environment(newer_releases(tmp_path / "newer"))
    copy = clone(tmp_path / "compromise-bot")
    make = ("make", f"PYTHON={python_with(pip, tmp_path)}")

    told = run(*make, "demo", cwd=copy, env=env)
    assert "requests to Microsoft 365" in told
    assert (copy / "demo-output/ledger.db").is_file()

    python = copy / ".venv/bin/python"
    found = installed(python)
    wanted = locked("run", "build")
    assert {name: version for name, version in found.items() if name not in OF_VENV} == {
        name: version for name, version in wanted.items() if name not in OF_VENV
    }
    assert not found.keys() & (locked("dev").keys() - wanted.keys() - OF_VENV), "only developing needs these"
    assert "sandbox" in run(copy / ".venv/bin/compromise", "--help", cwd=copy, env=env)

    run(*make, ".venv/.develop", cwd=copy, env=env)
    assert locked("dev").items() <= installed(python).items()
    run(python, "-m", "pytest", "-q", "tests/test_house.py", cwd=copy, env=env)


def test_the_locks_stay_as_they_are_until_somebody_asks_for_newer_releases(tmp_path: Path):
    (tmp_path / "newer").mkdir()
    env = environment(newer_releases(tmp_path / "newer"))
    copy = clone(tmp_path / "compromise-bot")
    before = {path.name: path.read_text() for path in (copy / "requirements").glob("*.txt")}
    arguments = ("make", f"RUN={sys.executable}", f"UV={Path(sys.executable).parent / 'uv'}")
    run(*arguments, "lock", cwd=copy, env=env)
    assert {path.name: path.read_text() for path in (copy / "requirements").glob("*.txt")} == before
    run(*arguments, "upgrade", cwd=copy, env=env)
    assert "==9999 \\" in (copy / "requirements/run.txt").read_text()
