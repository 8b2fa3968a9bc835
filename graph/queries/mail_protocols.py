"""Which protocols reach the mailbox. Source: Exchange PowerShell, "Get-CASMailbox"."""

from __future__ import annotations

from graph.effects import Asking, fetch
from graph.evidence import Known
from graph.parts.reading import only, untold
from graph.question import Question
from graph.request import Cmdlet
from graph.resources.mailbox import MailProtocols

ASKS = (Cmdlet("Get-CASMailbox"),)
LICENSE = ""


def ask(question: Question) -> Asking[MailProtocols]:
    """Ask for the switches of every protocol, the ones without second factor among them."""
    name = question.subject.user_principal_name
    items = yield from fetch(Cmdlet("Get-CASMailbox", {"Identity": name}, anchor=name))
    found = MailProtocols.model_validate(only(items, "Get-CASMailbox"))
    return Known(found, missing=untold(items, "PopEnabled"))
