"""All accounts of exported logs as one HTML page that loads nothing and runs nothing; see `report_html`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.artefacts.overview import first_words
from bot.artefacts.pages import page
from bot.messages import parts
from commands.analyze.pivot import pivots

if TYPE_CHECKING:
    from commands.analyze import Analysis


def overview_html(analysis: Analysis, folders: Mapping[str, str]) -> str:
    """Write the page.

    Args:
        analysis: What was found.
        folders: The folder of each account that has files of its own, by the account's name.
    """
    rows = [
        (report, parts.VERDICT[report.verdict.answer][1], first_words(report)) for report in analysis.users
    ]
    return page(
        "overview",
        "Accounts in the exported logs",
        rows=rows,
        folders=folders,
        files=analysis.files,
        accounts=parts.counted(len(rows), "account"),
        recorded=parts.counted(analysis.records, "record"),
        shared=pivots(analysis.users),
    )
