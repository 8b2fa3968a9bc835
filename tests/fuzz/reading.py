"""Give a file to every reader, and notice whatever they do not tell as they should."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from commands.analyze import Analysis, analyze
from graph.audit_log import files

NOW = datetime(2026, 9, 1, tzinfo=UTC)
OURS = "Internal error"
"""How a reason begins where the fault is ours, and not the file's."""


class Failed(AssertionError):
    """A reader failed on a file."""


def read(data: bytes) -> Analysis:
    """Read a file as lines and as a whole, and judge what is in it.

    Raises:
        Failed: something of ours went wrong, whether it was told or not.
    """
    with tempfile.TemporaryDirectory(prefix="compromise-fuzz-") as folder:
        path = Path(folder, "file")
        path.write_bytes(data)
        try:
            list(files.read(path))
            found = analyze([path], user=None, now=NOW, processes=1)
        except Exception as error:
            raise Failed(f"{type(error).__name__}: {error}") from error
    reasons = [one.reason for one in found.unreadable]
    reasons += [source.reason for report in found.users for source in report.sources]
    reasons += [symptom.reason for report in found.users for symptom in report.symptoms]
    if ours := [reason for reason in reasons if OURS in reason]:
        raise Failed(ours[0])
    return found
