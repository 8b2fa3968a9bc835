"""Where the real log records lie, and how a test says that they are missing.

The records belong to others under their own licences, so they are read in place and never copied here.
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

needs_examples = pytest.mark.skipif(
    not EXAMPLES.is_dir(), reason=f"the real log records are not at {EXAMPLES}; set COMPROMISE_EXAMPLES"
)
needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason=f"the reference data are not at {REFERENCE}; set COMPROMISE_EXAMPLES"
)
