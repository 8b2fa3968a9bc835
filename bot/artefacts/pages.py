"""How values become an HTML page that loads nothing and runs nothing.

Every text passes `visible`, which leaves nothing hidden in it, and is then escaped by the template. A page's
policy allows its own style sheet, by hash, and pictures that lie in the page itself, and nothing else.
Source: W3C, "Content Security Policy Level 3".
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.artefacts.chapters import short_time
from bot.messages import parts
from bot.messages.escape import visible
from commands.report import spoken


def page(name: str, title: str, *, images: bool = False, **values: Any) -> str:
    """Write a page.

    Args:
        name: The name of its template and of its style sheet, without an ending.
        title: What a browser calls it.
        images: Whether pictures lie in it.
        values: What else the template shows.
    """
    style = _pages().get_template(f"{name}.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        _pages()
        .get_template(f"{name}.html")
        .render(
            values,
            title=title,
            images=images,
            style=Markup(style),  # noqa: S704 - a file of ours, with nobody's text in it
            style_hash=f"sha256-{digest}",
        )
    )


@cache
def _pages() -> Environment:
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    pages.filters["utc"] = parts.utc
    pages.filters["base64"] = _base64
    pages.filters["short_time"] = short_time
    pages.filters["spoken"] = spoken
    return pages


def _shown(value: Any) -> Any:
    """What a template writes for a value: texts without anything hidden; what it built itself as it is."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
