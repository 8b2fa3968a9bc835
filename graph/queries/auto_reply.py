"""The automatic reply. Source: Microsoft Graph v1.0, "Get user mailbox settings"."""

from __future__ import annotations

from graph.effects import Asking, fetch
from graph.evidence import Known
from graph.parts.reading import segment, unsent, untold
from graph.question import Question
from graph.request import Limit, Request
from graph.resources.mailbox import AutoReply

ASKS = (Request("GET", "/users/{id}/mailboxSettings"),)
LICENSE = ""


def ask(question: Question) -> Asking[AutoReply]:
    """Ask for this one part of the mailbox settings."""
    path = f"/users/{segment(question.subject.id)}/mailboxSettings"
    query = {"$select": "automaticRepliesSetting"}
    items = yield from fetch(Request("GET", path, query, limit=Limit.MAILBOX))
    setting = items[0].get("automaticRepliesSetting") or {}
    missing = untold([setting], "status") + unsent([setting], "internalReplyMessage", "externalReplyMessage")
    return Known(AutoReply.model_validate(setting), missing=missing)
