"""An unusual signature, recently added.

Source: Microsoft's document, symptom 10; Exchange PowerShell, "Get-MailboxMessageConfiguration" and its Set
form. With roaming signatures the setting is not what is sent; then only the ends of sent messages tell
something.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from commands.clues.lures import families_in, own_words, signature_families
from commands.clues.records import Doer, changing, doer_of, found, is_about, one_line, untold, whence
from commands.clues.subject_lines import topic
from commands.facts import Family
from commands.report import Finding, weighed
from commands.sentence import sentence, whole
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence
from graph.resources.mail import Message
from graph.resources.mailbox import Signature

TITLE = (
    "An unusual signature was recently added, such as a fake banking signature or a prescription drug "
    "signature"
)
SOURCE = "symptom 10"
NEEDS = ("signature",)
HELPS = (
    "sent_items",
    "audit_log",
    "audit_log_on_mailbox",
    "directory_audits_on_user",
    "directory_audits_by_user",
)

LURE_ADDED = weighed("signature_lure_added")
LURE = weighed("signature_lure")
CHANGED_BY_SUSPECT = weighed("signature_changed_from_suspect_address")
CHANGED_UNFAMILIAR = weighed("signature_changed_from_new_address")
CHANGED = weighed("signature_changed")
SIGNS = (LURE_ADDED, LURE, CHANGED_BY_SUSPECT, CHANGED_UNFAMILIAR, CHANGED)

TAIL_LINES: Final = 6
TAIL_LETTERS: Final = 1000
"""How many lines and characters from the end of a message its signature is looked for."""

_ID: Final = "signature"


@dataclass(frozen=True, slots=True)
class _Tail:
    """The end of one sent message."""

    at: datetime
    lines: tuple[str, ...]
    message: Message
    families: tuple[Family, ...]


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield changes of the signature, what stands in it now, and how the ends of sent messages changed."""
    changes = [
        record
        for record in changing(evidence)
        if record.operation.casefold() == "set-mailboxmessageconfiguration"
        and is_about(record, evidence.subject)
        and _given(record)
    ]
    for record in changes:
        yield _change(record, evidence, usual)
    tails = _tails(evidence)
    yield from _in_force(evidence, changes, tails)
    yield from _in_sent(tails)


def plain(markup: str) -> str:
    """The readable text of a signature in HTML; a line break for each block."""
    lines = re.sub(r"<\s*(?:br|/p|/div|/tr|/li)\b[^>]*>", "\n", markup, flags=re.IGNORECASE)
    return html.unescape(
        re.sub(
            r"<(?:style|script)\b.*?</(?:style|script)\s*>|<[^>]*>",
            " ",
            lines,
            flags=re.DOTALL | re.IGNORECASE,
        )
    )


def _given(record: AuditRecord) -> str:
    """The new signature that a record sets, "" when it sets something else."""
    given = {name.casefold(): value for name, value in record.parameters.items()}
    for name in ("signaturehtml", "signaturetext", "signaturehtmlbody", "signaturetextonmobile"):
        if given.get(name, "").strip():
            return plain(given[name])
    return ""


def _change(record: AuditRecord, evidence: Evidence, usual: Usual) -> Finding:
    text = _given(record)
    families = families_in(text, signature_families())
    doer = doer_of(record, evidence.subject, usual)
    if families and doer not in (Doer.OTHER, Doer.SERVICE):
        sign = LURE_ADDED
    elif doer is Doer.SUSPECT:
        sign = CHANGED_BY_SUSPECT
    else:
        sign = CHANGED_UNFAMILIAR if doer is Doer.UNFAMILIAR else CHANGED
    reads = f", and matches the lure “{families[0].name}”" if families else ""
    return found(
        _ID,
        sign,
        sentence("The signature was changed", whence(record, usual), reads),
        record,
        after=one_line(text, 160),
    )


def _tails(evidence: Evidence) -> tuple[_Tail, ...]:
    tails = []
    for message in evidence.sent_items.seen(()):
        at = message.sent_date_time or message.received_date_time
        lines = tuple(line.strip() for line in own_words(message.text).splitlines() if line.strip())
        if at is not None and lines:
            ending = lines[-TAIL_LINES:]
            families = families_in("\n".join(ending)[-TAIL_LETTERS:], signature_families())
            tails.append(_Tail(at, ending, message, families))
    return tuple(sorted(tails, key=lambda tail: tail.at))


def _in_force(
    evidence: Evidence, changes: Sequence[AuditRecord], tails: Sequence[_Tail]
) -> Iterator[Finding]:
    """The signature in force. A record that set this very text has said it already."""
    signature = evidence.signature.seen(Signature())
    text = plain(signature.signature_html) or signature.signature_text
    families = families_in(text, signature_families())
    if not families or any(_same(_given(record), text) for record in changes):
        return
    old = [tail for tail in tails if families[0] in tail.families]
    others = [tail for tail in tails if families[0] not in tail.families]
    if old and not others:
        return  # every message that could be read ends like that: it is how the user has always signed
    newly = bool(others) and (not old or others[0].at < old[0].at)
    when = untold(evidence, "when it was added")
    says = sentence(f"The signature matches the lure “{families[0].name}”", when)
    yield Finding(
        symptom=_ID,
        sign=LURE_ADDED if newly else LURE,
        summary=whole(says),
        after=one_line(text, 160),
        records=(f"signature {evidence.subject.mail}",),
        pieces=says,
    )


def _same(one: str, other: str) -> bool:
    return one.split() == other.split()


def _in_sent(tails: Sequence[_Tail]) -> Iterator[Finding]:
    """The ends of sent messages: what did not stand there at first and then stands under several."""
    for family in signature_families():
        first = next((place for place, tail in enumerate(tails) if family in tail.families), None)
        if not first:  # nowhere, or from the beginning on
            continue
        having = [tail for tail in tails[first:] if family in tail.families]
        if len({topic(tail.message.subject) for tail in having}) < 2 and len(having) < 3:
            continue  # one letter with such an end is a letter, not a signature
        shared = _shared([tail.lines for tail in having])
        if not shared:
            continue
        since = f"{having[0].at:%Y-%m-%d %H:%M} UTC"
        yield Finding(
            symptom=_ID,
            sign=LURE_ADDED,
            summary=f"Since {since}, the end of sent messages matches the lure “{family.name}”",
            at=having[0].at,
            before=one_line(" / ".join(_earlier(tails[:first])[-2:]), 160),
            after=one_line(" / ".join(shared), 160),
            records=tuple(tail.message.id for tail in having),
        )


def _earlier(tails: Sequence[_Tail]) -> tuple[str, ...]:
    """How messages ended before; nothing where only one can be read, whose last lines may be its text."""
    latest = tails[-3:]
    return _shared([tail.lines for tail in latest]) if len(latest) > 1 else ()


def _shared(endings: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The last lines that all of these have in common."""
    common: list[str] = []
    for lines in zip(*(reversed(ending) for ending in endings), strict=False):
        if len({" ".join(line.split()).casefold() for line in lines}) > 1:
            break
        common.append(lines[0])
    return tuple(reversed(common))
