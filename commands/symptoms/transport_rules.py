"""Mail-flow rules of the whole tenant that send mail outside or drop it.

Source: Exchange PowerShell, "New-TransportRule", "Get-TransportRule"; detections D08 and D09 of the public
rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.clues.actions import AUDITS, actions, given, graded, on
from commands.clues.contacts import recipients_in
from commands.clues.records import found, one_line, whence
from commands.clues.rules.rule import Rule
from commands.report import Finding, weighed
from commands.sentence import sentence
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence

TITLE = "Mail flow rules that send mail outside the organization"
SOURCE = "additional indicator"
NEEDS: Final = ("transport_rules",)
HELPS: Final = AUDITS

BY_INTRUDER = weighed("transport_rule_by_intruder")
OUTSIDE = weighed("transport_rule_outside")
NEW = weighed("transport_rule_outside_by_others")
DROPPED = weighed("transport_rule_drops")
REMOVED = weighed("transport_rule_removed")
CHANGED = weighed("transport_rule_changed")
STANDING = weighed("transport_rule_standing")
SIGNS: Final = (BY_INTRUDER, OUTSIDE, NEW, DROPPED, REMOVED, CHANGED, STANDING)

_TARGETS: Final = ("redirectmessageto", "blindcopyto", "copyto", "addtorecipients")
_OPERATIONS: Final = frozenset(
    {
        "new-transportrule",
        "set-transportrule",
        "enable-transportrule",
        "remove-transportrule",
        "disable-transportrule",
    }
)


_VERBS: Final = {
    "new": "created",
    "set": "changed",
    "enable": "turned on",
    "remove": "removed",
    "disable": "turned off",
}


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield mail flow rules that this account changed, and rules that send mail outside."""
    told: set[str] = set()
    for record in actions(evidence, _OPERATIONS):
        parameters = given(record)
        given_names = names_in(record)
        lines = [one_line(one) for one in given_names]
        name = next(filter(None, lines), "")
        # Nobody finds a rule again by a name that cannot be seen, so the finding holds its id.
        nameless = "" in lines
        standing = [
            rule.guid or rule.name
            for rule in evidence.transport_rules.seen(())
            if nameless and not one_line(rule.name)
        ]
        targets = _outside(";".join(parameters.get(one, "") for one in _TARGETS), evidence, usual)
        if record.operation.casefold().startswith(("remove", "disable")):
            plain = REMOVED
        elif targets:
            plain = OUTSIDE
        elif on(parameters.get("deletemessage", "")):
            plain = DROPPED
        else:
            plain = CHANGED
        if plain is OUTSIDE:
            told.update(map(key_of, given_names))
        sign = graded(record, usual, suspect=BY_INTRUDER, plain=plain)
        to = f", which sends mail to {', '.join(targets)}," if targets else ""
        verb = _VERBS[record.operation.casefold().partition("-")[0]]
        says = sentence(f"The mail flow rule {_called(name)}{to} was {verb}", whence(record, usual))
        yield found(
            "transport_rules",
            sign,
            says,
            record,
            after=", ".join(targets),
            records=standing,
            names=targets,
        )
    told.discard("")
    for rule in evidence.transport_rules.seen(()):
        if rule.state.casefold() == "disabled" or {key_of(rule.name), key_of(rule.guid)} & told:
            continue
        where = (*rule.redirect_message_to, *rule.blind_copy_to, *rule.copy_to, *rule.add_to_recipients)
        targets = _outside(";".join(where), evidence, usual)
        if not targets:
            continue
        recent = rule.when_changed is not None and rule.when_changed in evidence.window
        summary = f"The mail flow rule {_called(one_line(rule.name))} sends mail to {', '.join(targets)}"
        yield Finding(
            symptom="transport_rules",
            sign=NEW if recent else STANDING,
            summary=summary,
            at=rule.when_changed,
            after=", ".join(targets),
            records=(rule.guid or rule.name,),
            names=tuple(targets),
        )


def names_in(record: AuditRecord) -> tuple[str, ...]:
    """Give every name or id by which a record calls the rule that it is about, as it was written."""
    parameters = given(record)
    names = (
        parameters.get("name", ""),
        parameters.get("identity", ""),
        record.object_id.rpartition("\\")[2],
    )
    return tuple(one for one in names if one)


def key_of(name: str) -> str:
    """Give a rule's name or id in the form in which two are the same. No name tells of one that it quotes."""
    return name.strip().casefold()


def _called(name: str) -> str:
    return Rule(name, "mail flow rule", ()).spoken_name


def _outside(text: str, evidence: Evidence, usual: Usual) -> list[str]:
    return [address for address in recipients_in(text, evidence) if usual.is_outside(address)]
