"""Whether the account is barred from sending. Source: Exchange PowerShell, "Get-BlockedSenderAddress"."""

from __future__ import annotations

from graph.asking import Asking, fetch
from graph.errors import NotFound
from graph.evidence import BlockedSender, Known
from graph.parts.reading import read_each
from graph.question import Question
from graph.request import Cmdlet

PERMISSIONS = ("Exchange.ManageAsApp", "an Exchange role with Get-BlockedSenderAddress")
LICENCE = ""


def ask(question: Question) -> Asking[tuple[BlockedSender, ...]]:
    """Ask for the subject's own entry. "Not found" is the plain answer that there is none."""
    try:
        items = yield from fetch(Cmdlet("Get-BlockedSenderAddress", {"SenderAddress": question.subject.mail}))
    except NotFound:
        items = []
    found, missing = read_each(BlockedSender, items)
    return Known(found, missing=missing)
