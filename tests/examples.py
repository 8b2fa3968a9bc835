"""Where the real log records and the reference data lie, and how a test says that it reads them.

The records belong to others under their own licenses, so they are read in place and never copied here. A test
that reads them adds to those that need nothing from outside the repository: where the folder is not there,
tests/conftest.py leaves such a test out.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

EXAMPLES = Path(
    os.environ.get("COMPROMISE_EXAMPLES", Path(__file__).resolve().parents[2] / "shared" / "examples")
)
"""The folder of real records; set COMPROMISE_EXAMPLES to read them from elsewhere."""

REFERENCE = EXAMPLES.parent / "reference"
"""The folder of reference data (Graph's contract, Slack's methods and manifest schema)."""

CASES = EXAMPLES.parent / "cases"
"""The folder of cases that somebody else made."""

needs_cases = pytest.mark.needs_cases
needs_examples = pytest.mark.needs_examples
needs_reference = pytest.mark.needs_reference

FOLDERS = {"needs_cases": CASES, "needs_examples": EXAMPLES, "needs_reference": REFERENCE}
"""What a test with the mark reads."""
