"""The mail-flow rules of the whole tenant. Source: Exchange PowerShell, "Get-TransportRule"."""

from __future__ import annotations

from graph.effects import Asking, fetch
from graph.evidence import Known
from graph.parts.reading import read_each, unsent, untold
from graph.question import Question
from graph.request import Cmdlet
from graph.resources.rules import TransportRule

ASKS = (Cmdlet("Get-TransportRule"),)
LICENSE = ""

_ACTIONS = ("RedirectMessageTo", "BlindCopyTo", "CopyTo", "AddToRecipients", "DeleteMessage")


def ask(question: Question) -> Asking[tuple[TransportRule, ...]]:
    """Ask for all rules, disabled ones too: one may have been switched off to hide it."""
    items = yield from fetch(Cmdlet("Get-TransportRule"))
    told = [
        {**item, "NotCollected": [name for name in TransportRule.APPLIES if name not in item]}
        for item in items
    ]
    rules, missing = read_each(TransportRule, told)
    missing += untold(items, "Name", "State", "WhenChanged") + unsent(items, *_ACTIONS)
    return Known(rules, missing=missing)
