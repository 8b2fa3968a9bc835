"""`make sbom`: write what the bot is made of as CycloneDX, from the lock that it is installed from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]


def command(output: Path) -> list[str]:
    """How it is written; the same lock gives the same file."""
    return [
        *(
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "cyclonedx_py",
            "requirements",
            "--pyproject",
            "pyproject.toml",
        ),
        *("--mc-type", "application", "--output-format", "JSON", "--output-reproducible", "--validate"),
        *("--output-file", str(output), "requirements/run.txt"),
    ]


def main() -> int:
    """Write it; give the exit status."""
    output = Path(sys.argv[1])
    output.parent.mkdir(parents=True, exist_ok=True)
    return subprocess.run(command(output), cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
