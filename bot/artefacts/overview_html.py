"""All accounts of exported logs as one HTML page that loads nothing and runs nothing; see `report_html`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.artefacts.old_records import age_of, newest_of
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
        (report, parts.VERDICT[report.verdict.answer][1], parts.utc(newest_of(report)), first_words(report))
        for report in analysis.users
    ]
    newest = max(analysis.users, key=newest_of, default=None)
    return page(
        "overview",
        "Accounts in the exported logs",
        rows=rows,
        made_at=parts.utc(newest.made_at) if newest else "",
        age=age_of(newest) if newest else "",
        folders=folders,
        files=analysis.files,
        accounts=parts.counted(len(rows), "account"),
        recorded=parts.counted(analysis.records, "record"),
        shared=pivots(analysis.users),
    )
