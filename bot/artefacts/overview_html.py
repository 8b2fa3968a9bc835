"""All accounts of exported logs as one HTML page that loads nothing and runs nothing; see `report_html`."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.artefacts.overview import first_words
from bot.messages import parts
from bot.messages.escape import visible
from commands.analyze.pivot import pivots

if TYPE_CHECKING:
    from commands.analyze import Analysis


def overview_html(analysis: Analysis, folders: Mapping[str, str]) -> str:
    """Write the page.

    Args:
        analysis: What was found.
        folders: The folder of each account that has files of its own, by the account's name.
    """
    pages = _pages()
    style = pages.get_template("overview.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    rows = [
        (report, parts.VERDICT[report.verdict.answer][1], first_words(report)) for report in analysis.users
    ]
    return pages.get_template("overview.html").render(
        rows=rows,
        folders=folders,
        files=analysis.files,
        records=analysis.records,
        shared=pivots(analysis.users),
        style_hash=f"sha256-{digest}",
    )


@cache
def _pages() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
