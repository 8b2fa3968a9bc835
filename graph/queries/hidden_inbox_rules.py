"""The inbox rules that Exchange knows, hidden ones included. Source: Exchange PowerShell, "Get-InboxRule".

Rules, forms and home pages that live in desktop Outlook alone are seen by neither interface.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from graph.effects import Asking, fetch
from graph.evidence import Known
from graph.parts.reading import needing, read_each, unsent, untold
from graph.parts.recipients import NEEDED, addresses_of
from graph.question import Question
from graph.request import Cmdlet
from graph.resources.rules import HiddenInboxRule

ASKS = (Cmdlet("Get-InboxRule"),)
LICENSE = ""

_INSIDE = re.compile(r"\[EX:([^\]]+)\]")
"""A recipient of the organization, maybe a contact with an address outside. Source: CAPTURE inbox rules."""

_ACTIONS = ("ForwardTo", "ForwardAsAttachmentTo", "RedirectTo", "MoveToFolder", "DeleteMessage")


def ask(question: Question) -> Asking[tuple[HiddenInboxRule, ...]]:
    """Ask for all rules with IncludeHidden. View-only roles do not hold this cmdlet."""
    name = question.subject.user_principal_name
    items = yield from fetch(Cmdlet("Get-InboxRule", {"Mailbox": name, "IncludeHidden": True}, anchor=name))
    rules, missing = read_each(HiddenInboxRule, items)
    missing += untold(items, "Enabled") + unsent(items, *_ACTIONS)
    inside = [name for rule in rules for text in _targets(rule) for name in _INSIDE.findall(text)]
    people = yield from addresses_of(inside)
    if unknown := len(set(inside) - set(people)):
        missing += (needing(f"the addresses of {unknown} whom rules send to", NEEDED),)
    return Known(tuple(_with_addresses(rule, people) for rule in rules), missing=missing)


def _targets(rule: HiddenInboxRule) -> tuple[str, ...]:
    return (*rule.forward_to, *rule.forward_as_attachment_to, *rule.redirect_to)


def _with_addresses(rule: HiddenInboxRule, people: Mapping[str, str]) -> HiddenInboxRule:
    """The rule with an address in place of each name of the organization that could be looked up."""

    def told(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(
            _INSIDE.sub(lambda found: f"[SMTP:{people[found[1]]}]" if found[1] in people else found[0], text)
            for text in texts
        )

    return rule.model_copy(
        update={
            "forward_to": told(rule.forward_to),
            "forward_as_attachment_to": told(rule.forward_as_attachment_to),
            "redirect_to": told(rule.redirect_to),
        }
    )
