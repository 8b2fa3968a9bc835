"""`make audit`: ask for known vulnerabilities of what the bot needs, with pip-audit.

Ends with 0 where every package was looked up and nothing is known, with 1 where something is known, and with
3 where nobody could be asked about some or all of them: that is no good news, and not told as such.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
CLEAN, VULNERABLE, COULD_NOT_LOOK = 0, 1, 3

SERVICES: Final = ("osv", "pypi")
"""Who is asked, one after the other, until one of them knows every package."""


def told(answer: str) -> tuple[int, str]:
    """Read what pip-audit wrote; give the exit status and a sentence.

    Args:
        answer: Its standard output, JSON where it came so far.
    """
    try:
        packages: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return COULD_NOT_LOOK, "Could not look: the service that knows vulnerabilities did not answer."
    bad = [
        f"{one['name']} {one['version']}: {vuln['id']}" for one in packages for vuln in one.get("vulns", ())
    ]
    skipped = [one["name"] for one in packages if "vulns" not in one]
    if bad:
        return VULNERABLE, "Known vulnerabilities:\n" + "\n".join(bad)
    if skipped or not packages:
        return (
            COULD_NOT_LOOK,
            f"Could not look: {len(skipped)} of {len(packages)} packages are not known there.",
        )
    return CLEAN, f"No known vulnerabilities in {len(packages)} packages."


def main() -> int:
    """Ask; give the exit status."""
    status, says = COULD_NOT_LOOK, ""
    for service in SERVICES:
        asked = [
            *(sys.executable, "-m", "pip_audit", "--vulnerability-service", service, "--disable-pip"),
            *("--require-hashes", "--requirement", "requirements/run.txt", "--format", "json"),
            *("--progress-spinner", "off", "--timeout", "10"),
        ]
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
        status, says = told(done.stdout)
        print(f"{service}: {says}", flush=True)
        if status != COULD_NOT_LOOK:
            break
    return status


if __name__ == "__main__":
    sys.exit(main())
