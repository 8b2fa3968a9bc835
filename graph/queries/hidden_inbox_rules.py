"""The inbox rules that Exchange knows, hidden ones included. Source: Exchange PowerShell, "Get-InboxRule".

Rules, forms and home pages that live in desktop Outlook alone are seen by neither interface.
"""

from __future__ import annotations

from graph.asking import Asking, fetch
from graph.evidence import HiddenInboxRule, Known
from graph.parts.reading import read_each
from graph.question import Question
from graph.request import Cmdlet

PERMISSIONS = ("Exchange.ManageAsApp", "an Exchange role with Get-InboxRule")
LICENCE = ""


def ask(question: Question) -> Asking[tuple[HiddenInboxRule, ...]]:
    """Ask for all rules with IncludeHidden. View-only roles do not hold this cmdlet."""
    name = question.subject.user_principal_name
    items = yield from fetch(Cmdlet("Get-InboxRule", {"Mailbox": name, "IncludeHidden": True}, anchor=name))
    rules, missing = read_each(HiddenInboxRule, items)
    return Known(rules, missing=missing)
