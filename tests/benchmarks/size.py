"""How much disk the bot takes with everything that it needs, compiled files included."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.row import Row

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1_000_000
GOAL = 350
"""Megabytes."""


def measure() -> list[Row]:
    """Install the product's lock and the bot into an empty environment, and weigh it."""
    with TemporaryDirectory() as folder:
        made = Path(folder, "venv")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(made)], check=True)
        pip = [sys.executable, "-m", "pip", "--python", str(made), "install", "--quiet", "--no-deps"]
        subprocess.run([*pip, "--require-hashes", "-r", "requirements/run.txt"], cwd=ROOT, check=True)
        subprocess.run([*pip, "."], cwd=ROOT, check=True)
        taken = sum(taken_on_disk(made)) / MEGABYTE
    return [Row("installed with all it needs", f"{taken:.0f} MB", f"under {GOAL} MB", taken < GOAL)]


def taken_on_disk(folder: Path) -> Iterator[int]:
    """The bytes that each file takes, in whole blocks of the disk."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path.stat().st_blocks * 512
