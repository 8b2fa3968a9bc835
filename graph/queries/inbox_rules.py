"""The inbox rules that Graph shows. Source: Microsoft Graph v1.0, "List rules".

Hidden rules never come this way; see `hidden_inbox_rules`.
"""

from __future__ import annotations

from graph.effects import Asking, fetch
from graph.evidence import Known
from graph.parts.reading import read_each, segment, untold, without_nulls
from graph.question import Question
from graph.request import Limit, Request
from graph.resources.rules import InboxRule

ASKS = (Request("GET", "/users/{id}/mailFolders/inbox/messageRules"),)
LICENSE = ""


def ask(question: Question) -> Asking[tuple[InboxRule, ...]]:
    """Ask for the rules of the inbox; only the inbox has any."""
    path = f"/users/{segment(question.subject.id)}/mailFolders/inbox/messageRules"
    items = yield from fetch(Request("GET", path, limit=Limit.MAILBOX))
    cleaned = [
        {
            **item,
            "conditions": without_nulls(item.get("conditions")),
            "exceptions": without_nulls(item.get("exceptions")),
            "actions": without_nulls(item.get("actions")) or {},
        }
        for item in items
    ]
    rules, missing = read_each(InboxRule, cleaned)
    return Known(rules, missing=missing + untold(items, "isEnabled", "actions"))
