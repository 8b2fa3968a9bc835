"""The rules of Outlook's Sweep, which move and delete on their own.

Source: Exchange PowerShell, "Get-SweepRule".
"""

from __future__ import annotations

from graph.effects import Asking, fetch
from graph.evidence import Known
from graph.parts.reading import read_each, untold
from graph.question import Question
from graph.request import Cmdlet
from graph.resources.rules import SweepRule

ASKS = (Cmdlet("Get-SweepRule"),)
LICENSE = ""


def ask(question: Question) -> Asking[tuple[SweepRule, ...]]:
    """Ask for the mailbox's sweep rules; Graph does not know them."""
    name = question.subject.user_principal_name
    items = yield from fetch(Cmdlet("Get-SweepRule", {"Mailbox": name}, anchor=name))
    found, missing = read_each(SweepRule, items)
    return Known(found, missing=missing + untold(items, "Name"))
