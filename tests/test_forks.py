"""Tests in forked processes: all are run and told, also after one of the processes died."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

CONFTEST = """
import pytest
from tests.forks import Forks

@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    Forks(session, [range(0, 4), range(4, 5), range(5, 6)]).run(2)
    return True
"""

ONE = """
import os, signal
from pathlib import Path
import pytest

HERE = Path(__file__).parent

@pytest.fixture(scope="module")
def made():
    with (HERE / "told").open("a") as told:
        told.write("made ")
    yield 1
    with (HERE / "told").open("a") as told:
        told.write("gone ")

def test_passes(made): pass
def test_fails(made):
    print("what it said")
    assert made == 2
def test_kills_its_process(): os.kill(os.getpid(), signal.SIGKILL)
def test_goes_on_elsewhere(made): pass
"""

TWO = """
import sys

def told(stream=sys.stderr):
    stream.write("said by what was imported")

def test_has_a_folder_of_its_own(tmp_path):
    assert "worker" in str(tmp_path)
    told()
"""


def run_in(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    own = (*more, "-p", "no:cacheprovider", f"--rootdir={folder}", str(folder))
    command = [sys.executable, "-m", "pytest", *own]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_every_test_is_run_and_told_although_a_process_dies(tmp_path):
    for name, text in {"conftest": CONFTEST, "test_one": ONE, "test_two": TWO, "test_zwei": TWO}.items():
        (tmp_path / f"{name}.py").write_text(text)
    ran = run_in(tmp_path, "-rA")
    assert ran.returncode == 1
    assert "2 failed, 4 passed" in ran.stdout
    assert "what it said" in ran.stdout
    assert ran.stdout.count("said by what was imported") == 2
    assert "The process that ran this ended (status -9)" in ran.stdout
    for name in ("test_passes", "test_goes_on_elsewhere", "test_has_a_folder_of_its_own"):
        assert f"{name}\n" in ran.stdout.split("short test summary")[1]
    # Torn down at the end of each portion; the process that was killed could not.
    assert (tmp_path / "told").read_text() == "made made gone "


def test_what_breaks_beside_a_test_is_told(tmp_path):
    (tmp_path / "conftest.py").write_text(
        CONFTEST.replace("[range(0, 4), range(4, 5), range(5, 6)]", "[range(0, 1)]")
        + "\n@pytest.fixture(scope='session')\ndef bad():\n    yield\n    raise ValueError('it broke late')\n"
    )
    (tmp_path / "test_one.py").write_text("def test_passes(bad): pass\n")
    ran = run_in(tmp_path)
    assert ran.returncode == 1
    assert "it broke late" in ran.stdout
    assert "1 failed, 1 passed" in ran.stdout
