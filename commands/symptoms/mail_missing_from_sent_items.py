"""Mail that others received, and that the sender's Sent Items do not hold.

Source: Microsoft's document, symptom 2. The message trace and the audit log's Send records are compared with
Sent Items, Deleted Items and Recoverable Items by internet message id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from commands.clues.records import (
    listed,
    message_key,
    one_line,
)
from commands.clues.rules import rules_of
from commands.clues.sending import Sent, sent_of
from commands.clues.subject_lines import is_automatic, topic
from commands.report import Finding, weighed
from commands.sentence import around, further, sentence, whole
from commands.usual import Usual
from graph.evidence import Evidence, Known, Source
from graph.resources.mail import Message
from graph.resources.mailbox import Mailbox

TITLE = (
    "Other users might receive emails from the compromised account without the corresponding email "
    "existing in the "
    "Sent Items folder of the sender"
)
SOURCE = "symptom 2"
NEEDS = (("message_trace", "audit_log"), "sent_items")
HELPS = (
    "recoverable_items",
    "deleted_items",
    "inbox_rules",
    "hidden_inbox_rules",
    "mailbox",
    "audit_log_on_mailbox",
)

FROM_SUSPECT = weighed("missing_mail_sent_from_suspect_address")
MANY = weighed("many_sent_messages_missing")
SOME = weighed("sent_messages_missing")
HOME = weighed("sent_messages_missing_from_usual_address")
SIGNS = (FROM_SUSPECT, MANY, SOME, HOME)

LATENESS: Final = timedelta(minutes=15)
"""How long a copy may take to appear: Outlook sends first and files afterwards."""

MANY_MESSAGES: Final = 5
MANY_RECIPIENTS: Final = 10

_ID: Final = "mail_missing_from_sent_items"


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield one finding for each subject line under which mail is missing."""
    if not isinstance(evidence.sent_items, Known):
        return
    kept = _keys(evidence.sent_items)
    thrown_away = _keys(evidence.deleted_items)
    purged = _keys(evidence.recoverable_items)
    start, end = _comparable(evidence)
    forwarded_to = _rule_targets(evidence)
    groups: dict[str, list[Sent]] = {}
    for sent in sent_of(evidence, usual):
        if not sent.key or sent.key in kept or not start <= sent.at <= end:
            continue
        if is_automatic(sent.subject) or (sent.delegate and not sent.suspect) or _by_rule(sent, forwarded_to):
            continue
        # What the user deleted is not missing; what an intruder deleted is.
        if not sent.suspect and (sent.key in thrown_away or sent.key in purged):
            continue
        groups.setdefault(topic(sent.subject), []).append(sent)
    missing = [sent for group in groups.values() for sent in group]
    copies = _copies(evidence)
    for group in groups.values():
        one = _finding(group, missing, usual, thrown_away=thrown_away, purged=purged)
        found = (id_ for sent in group for id_ in copies.get(sent.key, ()))
        yield replace(one, records=tuple(dict.fromkeys((*one.records, *found))))


def _keys(source: Source[tuple[Message, ...]]) -> frozenset[str]:
    return frozenset(message_key(message.internet_message_id) for message in source.seen(())) - {""}


def _copies(evidence: Evidence) -> dict[str, list[str]]:
    """Give the ids of the copies that lie elsewhere, by key: what tells of a copy is about the same."""
    found: dict[str, list[str]] = {}
    for source in (evidence.deleted_items, evidence.recoverable_items):
        for message in source.seen(()):
            found.setdefault(message_key(message.internet_message_id), []).append(message.id)
    return found


def _comparable(evidence: Evidence) -> tuple[datetime, datetime]:
    """When a missing copy means something: not in the last minutes, not before a list that is cut off."""
    source = evidence.sent_items
    assert isinstance(source, Known)
    end = min(evidence.window.end, source.complete_until or evidence.window.end) - LATENESS
    times = [message.sent_date_time for message in source.value if message.sent_date_time is not None]
    cut_off = not set(source.missing) <= set(source.texts)
    start = min(times, default=end) if cut_off else evidence.window.start
    return start, end


def _rule_targets(evidence: Evidence) -> frozenset[str]:
    """Where rules and the mailbox's forwarding send mail on to."""
    targets = {address for rule in rules_of(evidence) for address in rule.destinations}
    mailbox = evidence.mailbox.seen(Mailbox())
    for address in (
        mailbox.forwarding_smtp_address,
        mailbox.forwarding_contact_address,
        mailbox.forwarding_address,
    ):
        targets.add(address.casefold().removeprefix("smtp:"))
    return frozenset(targets)


def _by_rule(sent: Sent, targets: frozenset[str]) -> bool:
    """Say whether a rule or the mailbox's forwarding sent it on; that has symptoms of its own."""
    return bool(sent.recipients) and targets.issuperset(sent.recipients)


def _finding(
    group: Sequence[Sent],
    missing: Sequence[Sent],
    usual: Usual,
    *,
    thrown_away: frozenset[str],
    purged: frozenset[str],
) -> Finding:
    first = group[0]
    recipients = tuple(dict.fromkeys(address for sent in group for address in sent.recipients))
    outside = [address for address in recipients if usual.is_outside(address)]
    addresses = tuple(dict.fromkeys(address for sent in group for address in sent.addresses))
    if any(sent.suspect for sent in group):
        sign = FROM_SUSPECT
    elif all(sent.familiar for sent in group) or (recipients and not outside):
        sign = HOME
    elif len(outside) >= MANY_RECIPIENTS or len(missing) >= MANY_MESSAGES:
        sign = MANY
    else:
        sign = SOME
    count = f"{len(group)} messages" if len(group) > 1 else "A message"
    reach = (
        f" to {len(recipients)} recipients"
        if len(recipients) > 1
        else f" to {recipients[0]}"
        if recipients
        else ""
    )
    place = around(f" from {listed(addresses)}" if addresses else "")
    keys = {sent.key for sent in group}
    copies = ""
    if keys & purged:
        copies = "; copies were purged and are in Recoverable Items"
    elif keys & thrown_away:
        copies = "; copies are in Deleted Items"
    came_to = ""
    if lost := sum(bool(sent.undelivered) and not sent.recipients for sent in group):
        which = "" if lost == len(group) else f"{lost} of them "
        came_to = f"; {which}not delivered to anyone, according to the message trace"
    says = sentence(
        f"{count} “{one_line(first.subject)}” sent{reach}",
        place,
        ", with no copy in Sent Items",
        further(f"{copies}{came_to}"),
    )
    return Finding(
        symptom=_ID,
        sign=sign,
        summary=whole(says),
        at=min(sent.at for sent in group),
        by=next((sent.by for sent in group if sent.by), ""),
        address=addresses[0] if addresses else "",
        records=tuple(dict.fromkeys(identity for sent in group for identity in sent.records)),
        pieces=says,
    )
