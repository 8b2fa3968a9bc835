"""Whether the account is barred from sending. Source: Exchange PowerShell, "Get-BlockedSenderAddress"."""

from __future__ import annotations

from graph.effects import Asking, fetch
from graph.errors import NotFound
from graph.evidence import Known
from graph.parts.reading import read_each, untold
from graph.question import Question, Subject
from graph.request import Cmdlet
from graph.resources.mailbox import BlockedSender

ASKS = (Cmdlet("Get-BlockedSenderAddress"),)
LICENSE = ""


def ask(question: Question) -> Asking[tuple[BlockedSender, ...]]:
    """Ask for all restricted senders and keep the subject's: any of its addresses may be the restricted one.

    "Not found" is the plain answer that there is none.
    """
    try:
        listed = yield from fetch(Cmdlet("Get-BlockedSenderAddress"))
    except NotFound:
        listed = []
    subject = question.subject
    items = [item for item in listed if _may_be(item.get("SenderAddress"), subject)]
    found, missing = read_each(BlockedSender, items)
    named = [{**item, "SenderAddress": _told(item.get("SenderAddress"))} for item in items]
    return Known(found, missing=missing + untold(named, "SenderAddress"))


def _told(address: object) -> object:
    """An address that is blank says no more than none."""
    return address if not isinstance(address, str) else address.strip() or None


def _may_be(address: object, subject: Subject) -> bool:
    """Whether an entry is the subject's, or nobody can tell whose it is."""
    return _told(address) is None or not isinstance(address, str) or subject.is_meant_by(address)
