"""A browser on the machine at which somebody sits, for pages that they are to see."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable, Mapping


def opener(*, wanted: bool | None) -> Callable[[str], bool] | None:
    """Give what opens an address in a browser on this machine; None where there is none to see it.

    Args:
        wanted: Whether there is to be one; None leaves it to what the machine looks like.
    """
    if wanted is None:
        wanted = sys.stdin.isatty() and has_screen(sys.platform, os.environ)
    if not wanted:
        return None
    return webbrowser.open


def has_screen(platform: str, environ: Mapping[str, str]) -> bool:
    """Whether somebody sits before this machine, and not at the other end of a line."""
    if "SSH_CONNECTION" in environ:
        return False
    return platform in ("darwin", "win32") or any(environ.get(one) for one in ("DISPLAY", "WAYLAND_DISPLAY"))
