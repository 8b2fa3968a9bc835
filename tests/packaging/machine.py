"""A machine of another day: a copy of the repository, a Python with some other pip, an index that went on."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parents[2]
PYTHON = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
"""The machine's own Python, not that of a virtual environment."""

NEWER = "9999"
"""The version of the releases that came after the locks were written."""

EXPORT = """CreationDate,UserIds,Operations,AuditData
2026-11-20T10:00:00,adele.vance@contoso.example,UserLoggedIn,"{""Id"":""1"",""CreationTime"":\
""2026-11-20T10:00:00"",""Operation"":""UserLoggedIn"",""UserId"":""adele.vance@contoso.example"",\
""RecordType"":15,""Workload"":""AzureActiveDirectory""}"
"""
"""An export of the audit log with one record."""


def locked(*locks: str) -> dict[str, str]:
    """The version of every package that these locks ask for on this machine, by name."""
    text = "".join((ROOT / f"requirements/{lock}.txt").read_text() for lock in locks)
    lines = re.findall(r"^(\S+?)==(\S+)(?: ; (.+))? \\$", text, re.MULTILINE)
    return {name: version for name, version, marker in lines if not marker or Marker(marker).evaluate()}


def newer_releases(folder: Path) -> Path:
    """Fill a folder with a newer release of every package in the locks. None of them has anything in it."""
    for name in locked("run", "build", "dev"):
        if name == "pip":
            continue  # the installer itself is what a test chooses
        module = name.replace("-", "_")
        info = f"{module}-{NEWER}.dist-info"
        with zipfile.ZipFile(folder / f"{module}-{NEWER}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {NEWER}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
    return folder


def clone(folder: Path) -> Path:
    """Copy what git knows of the repository, as it stands in the work tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    return folder


def environment(newer: Path, **more: str) -> dict[str, str]:
    """The variables of a shell in which pip and uv see the newer releases beside the machine's index."""
    ours = re.compile(r"VIRTUAL_ENV|PYTHON|MAKE|MFLAGS|PYTEST|COV_|COVERAGE|UV_|PIPX_")
    kept = {name: value for name, value in os.environ.items() if not ours.match(name)}
    return {**kept, "PIP_FIND_LINKS": str(newer), "UV_FIND_LINKS": str(newer), **more}


def python_with(pip: str, folder: Path) -> Path:
    """A `python` whose virtual environments hold this pip, as those of a distribution hold its own."""
    made = folder / "python"
    made.write_text(
        f'#!/bin/sh\n"{PYTHON}" "$@" || exit\n[ "$1 $2" != "-m venv" ] || '
        f'PIP_FIND_LINKS= "$3/bin/python" -m pip install --quiet --upgrade {pip}\n'
    )
    made.chmod(0o755)
    return made


def run(*command: str | Path, cwd: Path, env: Mapping[str, str]) -> str:
    """Run a command to its end and give what it printed; fails with all of it when the command fails."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


def installed(python: Path) -> dict[str, str]:
    """The version of every package that this Python can import, by its normal name."""
    script = (
        "import importlib.metadata as m, json, re\n"
        "print(json.dumps({re.sub('[-_.]+', '-', d.name).lower(): d.version for d in m.distributions()}))"
    )
    done = subprocess.run([python, "-I", "-c", script], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found
