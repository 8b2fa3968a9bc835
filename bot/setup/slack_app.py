"""The link by which Slack's page makes the app, with the manifest filled in.

Source: Slack, "Create and configure apps with manifests", sharing a manifest by link.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import yaml

PAGE: Final = "https://api.slack.com/apps?new_app=1&manifest_json="
LONGEST: Final = 8_000
"""Characters of a link that browsers, proxies and servers take; Slack's page names no limit of its own."""


def link(manifest: str, *, socket: bool = True) -> str:
    """The link for a manifest.

    Args:
        manifest: The manifest's text, which is YAML.
        socket: Whether the app connects by Socket Mode; by signed HTTP its addresses are still to be set.

    Returns:
        The link, or "" where it would be too long, and the manifest has to be pasted.
    """
    app: Mapping[str, Any] = yaml.safe_load(manifest)
    if not socket:
        app = {**app, "settings": {**app["settings"], "socket_mode_enabled": False}}
    whole = PAGE + quote(json.dumps(app, separators=(",", ":")), safe="")
    return whole if len(whole) <= LONGEST else ""
