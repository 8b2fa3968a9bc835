"""Whom the mailbox trusts and whom it blocks.

Source: Exchange PowerShell, "Get-MailboxJunkEmailConfiguration".
"""

from __future__ import annotations

from graph.effects import Asking, fetch
from graph.evidence import Known
from graph.parts.reading import only, unsent, untold
from graph.question import Question
from graph.request import Cmdlet
from graph.resources.mailbox import JunkLists

ASKS = (Cmdlet("Get-MailboxJunkEmailConfiguration"),)
LICENSE = ""

_LISTS = ("TrustedSendersAndDomains", "BlockedSendersAndDomains")


def ask(question: Question) -> Asking[JunkLists]:
    """Ask for the junk mail settings; attackers block those who would warn the victim."""
    name = question.subject.user_principal_name
    items = yield from fetch(Cmdlet("Get-MailboxJunkEmailConfiguration", {"Identity": name}, anchor=name))
    found = JunkLists.model_validate(only(items, "Get-MailboxJunkEmailConfiguration"))
    return Known(found, missing=untold(items, "Enabled") + unsent(items, *_LISTS))
