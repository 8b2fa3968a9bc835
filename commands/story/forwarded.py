"""Where mail was sent on to, and whose doing that was, so that the message trace can tell how much. Pure.

By rules, the mailbox's own forwarding and mail flow rules of the window; what was taken away since counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from commands.clues.records import addresses_in
from commands.clues.rules import rules_of
from commands.report import Finding
from commands.symptoms.mail_forwarding import forwardings
from commands.usual import Usual
from graph.evidence import Evidence
from graph.resources.rules import TransportRule

_FORWARDING: Final = "mail_forwarding"


def targets(evidence: Evidence, ordinary: Usual) -> tuple[str, ...]:
    """Give the addresses outside that mail was sent on to, lower case; settings of the mailbox first."""
    return tuple(dict.fromkeys(address for address, _ in _all(evidence) if ordinary.is_outside(address)))


def targets_of(findings: Iterable[Finding], evidence: Evidence, ordinary: Usual) -> tuple[str, ...]:
    """Give those of `targets` that these findings tell of."""
    found = list(findings)
    records = {record for one in found for record in one.records}
    named = {one.after.casefold() for one in found if one.symptom == _FORWARDING}
    theirs = (address for address, ids in _all(evidence) if address in named or records.intersection(ids))
    return tuple(dict.fromkeys(address for address in theirs if ordinary.is_outside(address)))


def _all(evidence: Evidence) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give each address with the ids of rules and records that tell of it."""
    for one in forwardings(evidence):
        for address in addresses_in(one.to):
            yield address, one.records
    for rule in rules_of(evidence):
        for address in rule.destinations:
            yield address.casefold(), rule.ids
    for flow in evidence.transport_rules.seen(()):
        # An old one is the organization's own, and sends everybody's mail somewhere.
        if flow.when_changed and flow.when_changed >= evidence.window.start:
            for address in _sent_to(flow):
                yield address, (flow.guid, flow.name)


def _sent_to(rule: TransportRule) -> tuple[str, ...]:
    given = (rule.redirect_message_to, rule.blind_copy_to, rule.copy_to, rule.add_to_recipients)
    return addresses_in(";".join(text for texts in given for text in texts))
