"""Where the attacker's texts say that money is to go, and whom they say to answer. Pure.

Read from what surely is the attacker's: their messages, and the signature and automatic reply that the story
tells as theirs. Only what has the form of an account number, a bank's name or an address is taken, bounded,
and no other word of a message: a bank stops a payment by its account, and a fake address is to be answered by
nobody. All of it is the attacker's text: whoever shows it makes it harmless.
Source: ISO 13616-1:2020 and the SWIFT IBAN Registry (form, at most 34 characters); ISO/IEC 7064 (check
digits).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import Final

from commands.clues.lures import own_words
from commands.clues.outgoing import COPIES, Origin, Outgoing
from commands.clues.records import addresses_in, message_key, one_line
from commands.report import Finding, Payee, Report, numbered
from commands.symptoms.signature import plain
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence
from graph.resources.mail import Message
from graph.resources.mailbox import AutoReply, Signature

MOST: Final = 8
"""Accounts, and addresses, that are kept, so that a mailbox full of numbers stays a bounded report."""

_LONGEST: Final = 60
_SHORTEST_IBAN: Final = 15  # Norway's. Source: SWIFT IBAN Registry.
_LONGEST_IBAN: Final = 34
_GROUP: Final = 4  # characters of a printed group
_LONGEST_ADDRESS: Final = 254  # RFC 5321, section 4.5.3.1.3, without the brackets
_IBAN: Final = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}[A-Z0-9]{0,30}(?:[ \u00a0-][A-Z0-9]{1,30}){0,10}(?![A-Za-z0-9])"
)
_NUMBER: Final = re.compile(
    r"(?i)\b(?P<label>account(?: (?:no|number))?|acct|a/c|routing(?: number)?|aba|sort code|swift|bic)\b"
    r"[.:#]?(?: (?:is|code|number|no)\b[.:]?)?\s{0,3}"
    r"(?P<number>[A-Z]{6}[A-Z0-9]{2,5}|\d(?:[ -]?\d){5,16})(?!\w)"
)
"""Numbers without check digits count only behind the name of what they are: mail is full of numbers."""
_HOLDS_TEXT: Final = re.compile(r"(?i)message$|^signature(?:html|text)")
"""Parameters of a cmdlet in which a reply or a signature stands."""
_BANK: Final = re.compile(
    r"(?:\b[A-Z][\w'&-]{1,20} ){1,3}(?:Ban[kcq]\w{0,8}|[A-Z]\w{0,20}ban[kcq]\w{0,8})\b"
    r"|\bBank of(?: [A-Z]\w{1,20}){1,3}"
)
"""A bank's name as most languages write it; a name that is not found costs the name alone."""
_PLACES: Final = {"message": "the message", "signature": "the signature", "auto_reply": "the automatic reply"}
_KINDS: Final = {
    "routing": "routing number",
    "aba": "routing number",
    "sort": "sort code",
    "swift": "BIC",
    "bic": "BIC",
}


@dataclass(frozen=True, slots=True)
class Details:
    """What the attacker's texts give.

    Attributes:
        payees: The accounts and banks, each once, in the order in which they were found.
        replies: Addresses outside of the tenant for answers, lower case, each once.
        attachments: How many of the attacker's messages have attachments, which nobody opened.
    """

    payees: tuple[Payee, ...] = ()
    replies: tuple[str, ...] = ()
    attachments: int = 0


@dataclass(frozen=True, slots=True)
class _Text:
    """A text of the attacker's, and where it stands: ``message``, ``signature`` or ``auto_reply``."""

    text: str
    place: str
    subject: str = ""


def details_in(evidence: Evidence, ordinary: Usual, report: Report, theirs: Sequence[Outgoing]) -> Details:
    """Read the attacker's texts.

    Args:
        evidence: Everything that was seen.
        ordinary: What is ordinary for the user.
        report: What the check found, with its story.
        theirs: The messages of the outbox that may be looked at; those of the attacker count.
    """
    letters = _letters(evidence, theirs)
    texts = [
        *_settings(evidence, report),
        *(_Text(own_words(one.text), "message", one.subject) for one in letters),
    ]
    payees: dict[tuple[str, str], Payee] = {}
    for one in (payee for text in texts for payee in _payees(text)):
        payees.setdefault((one.kind, one.number), one)
    replies = dict.fromkeys(_replies(evidence, ordinary, texts, letters))
    return Details(
        tuple(payees.values())[:MOST],
        tuple(replies)[:MOST],
        sum(one.has_attachments is True for one in letters),
    )


def payee(one: Payee) -> str:
    """Say which account the attacker gave out, and where: text of the attacker's, to be made harmless."""
    bank = f" at “{one.bank}”" if one.bank else ""
    odd = " (check digits do not fit)" if one.fits is False else ""
    place = _PLACES[one.place] + (f" “{one.subject}”" if one.subject else "")
    return f"{one.kind} {one.number}{odd}{bank}, in {place}"


def defanged(address: str) -> str:
    """Write a mail address so that no program makes a link of it: ``adele [at] contoso [dot] example``.

    Letters that look like others are spelled out.
    """
    local, _, domain = address.rpartition("@")
    try:
        host = domain.encode("idna").decode()
    except UnicodeError:
        host = domain.encode("ascii", "backslashreplace").decode()
    name = local.encode("ascii", "backslashreplace").decode()
    return f"{name} [at] {host}".replace(".", " [dot] ")


def is_valid_iban(number: str) -> bool:
    """Say whether the check digits fit. Source: ISO/IEC 7064, MOD 97-10.

    >>> is_valid_iban("DE89370400440532013000"), is_valid_iban("GB00HARB00000077777777")
    (True, False)
    """
    return int("".join(str(int(letter, 36)) for letter in number[4:] + number[:4])) % 97 == 1


def _letters(evidence: Evidence, theirs: Sequence[Outgoing]) -> list[Message]:
    """Give the copies of the attacker's messages, each message once."""
    wanted = {record for one in theirs if one.origin is Origin.INTRUDER for record in one.records}
    copies = (one for source in COPIES for one in getattr(evidence, source).seen(()) if one.id in wanted)
    found: dict[str, Message] = {}
    for one in copies:
        found.setdefault(message_key(one.internet_message_id) or one.id, one)
    return list(found.values())


def _settings(evidence: Evidence, report: Report) -> Iterator[_Text]:
    """Give signature and automatic reply as far as the story tells them as the attacker's."""
    told = {number for one in (report.story.sent if report.story else ()) for number in one.findings}
    records = {one.id: one for one in evidence.records()}
    signature, reply = evidence.signature.seen(Signature()), evidence.auto_reply.seen(AutoReply())
    standing = {
        "signature": (signature.signature_html, signature.signature_text),
        "auto_reply": (reply.internal_reply_message, reply.external_reply_message),
    }
    for finding in (one for number, one in numbered(report.symptoms) if number in told):
        for text in _written(finding, standing, records) if finding.symptom in standing else ():
            yield _Text(plain(text), finding.symptom)


def _written(
    finding: Finding, standing: Mapping[str, Sequence[str]], records: Mapping[str, AuditRecord]
) -> Iterator[str]:
    """Give what a finding tells of, as it stands and as records have it: a finding keeps its begin alone."""
    yield finding.after
    yield from standing[finding.symptom]
    for record in (records[id_] for id_ in finding.records if id_ in records):
        yield from (value for name, value in record.parameters.items() if _HOLDS_TEXT.search(name))


def _payees(given: _Text) -> Iterator[Payee]:
    text = given.text
    banks = [(one.start(), one_line(one.group(), _LONGEST)) for one in _BANK.finditer(text)]

    def bank_before(place: int) -> str:
        return next((name for start, name in reversed(banks) if 0 <= place - start <= 2 * _LONGEST), "")

    subject = one_line(given.subject, _LONGEST)
    for one in _IBAN.finditer(text):
        if number := _iban(one.group()):
            fits = is_valid_iban(number.replace(" ", ""))
            yield Payee("IBAN", number, bank_before(one.start()), given.place, subject, fits)
    for one in _NUMBER.finditer(text):
        kind = _KINDS.get(one["label"].casefold().partition(" ")[0], "account number")
        if (kind == "BIC") != one["number"][0].isdigit():
            yield Payee(kind, one["number"], bank_before(one.start()), given.place, subject)


def _iban(text: str) -> str:
    """Give the account number at the beginning of a text, in groups as it is printed; "" where there is none.

    Words that follow it look like further groups: the longest one with right check digits counts, else as
    many groups of four as there are and the one after them.
    """
    groups = re.split(r"[ \u00a0-]", text)
    ends = list(accumulate(groups))
    fits = [one for one in ends if _SHORTEST_IBAN <= len(one) <= _LONGEST_IBAN]
    number = next((one for one in reversed(fits) if is_valid_iban(one)), "")
    if not number and len(groups) > 1:
        whole = list(takewhile(lambda group: len(group) == _GROUP, groups))
        last = [one for one in groups[len(whole) : len(whole) + 1] if len(one) < _GROUP]
        number = "".join((*whole, *last))
    number = number or text
    if not _SHORTEST_IBAN <= len(number) <= _LONGEST_IBAN or sum(map(str.isdigit, number)) < 8:
        return ""
    return " ".join(number[place : place + _GROUP] for place in range(0, len(number), _GROUP))


def _replies(
    evidence: Evidence, ordinary: Usual, texts: Iterable[_Text], letters: Iterable[Message]
) -> Iterator[str]:
    """Give addresses for answers: those of a reply-to, of settings, and with the user's own name elsewhere.

    Other addresses in a message may be anybody's, and a warning must not accuse them.
    """
    own = {one.partition("@")[0].casefold() for one in (evidence.subject.mail, *evidence.subject.addresses)}
    given = [one.email_address.address.casefold() for letter in letters for one in letter.reply_to]
    for one in texts:
        named = addresses_in(one.text)
        given += [name for name in named if one.place != "message" or name.partition("@")[0] in own]
    for address in given:
        if (
            ordinary.is_outside(address)
            and len(address) <= _LONGEST_ADDRESS
            and address in addresses_in(address)
        ):
            yield address
