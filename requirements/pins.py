"""Give the wheel the locked versions as its dependencies, so that any installer makes the same of it.

The bot is an application: whoever runs `pipx install .` or `uv tool install .` wants the packages that were
tested together, not the newest of each. A wheel can name versions, though no hashes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Pins(MetadataHookInterface):
    """Fills the dynamic field `dependencies`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Called by hatchling with the `project` table of pyproject.toml."""
        lock = Path(self.root, "requirements/run.txt").read_text()
        metadata["dependencies"] = re.findall(r"^(\S+==.+?) \\$", lock, re.MULTILINE)
        if not metadata["dependencies"]:
            raise ValueError("requirements/run.txt pins nothing; `make lock` writes it")
