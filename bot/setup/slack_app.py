"""The link by which Slack's page makes the app, with the manifest filled in.

Source: Slack, "Create and configure apps with manifests", sharing a manifest by link.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import yaml

FILE: Final = "slack-app.html"
"""Leads to Slack's page: the link is too long to be copied from a terminal."""

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


def write_page(folder: Path, link: str) -> None:
    """Write the page that leads to Slack's, in place of an older one.

    Raises:
        OSError: it cannot be written.
    """
    path = folder / FILE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(_HTML.format(link=escape(link)))


_HTML: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={link}">
<title>The Slack app of compromise-bot</title>
<p><a href="{link}">Create the Slack app</a>, with its manifest filled in: choose the workspace, Next,
Create.</p>
<p>This page holds no secret.</p>
</html>
"""
