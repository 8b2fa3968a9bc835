"""Mail forwarding on the mailbox itself, recently added.

Source: Microsoft's document, symptom 9; Exchange PowerShell, "Set-Mailbox" (ForwardingAddress,
ForwardingSmtpAddress, DeliverToMailboxAndForward).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from commands.clues.alerts import alerts_of, tells
from commands.clues.contacts import key_of, outside_addresses, recipients_in
from commands.clues.records import (
    addresses_in,
    by_subject,
    changing,
    found,
    is_about,
    listed,
    named,
    one_line,
    untold,
    whence,
)
from commands.report import Finding, Sign, weighed
from commands.sentence import Piece, Sentence, further, sentence, thing, whole
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence, Known
from graph.resources.mailbox import Mailbox

TITLE = "Mail forwarding was recently added"
SOURCE = "symptom 9"
NEEDS = ("mailbox",)
HELPS = ("audit_log", "audit_log_on_mailbox", "directory_audits_on_user", "directory_audits_by_user")

FORWARDS_SECRETLY = weighed("forwarding_outside_secretly")
FORWARDS_OUTSIDE = weighed("forwarding_outside")
FORWARDS_BY_OTHER = weighed("forwarding_outside_by_administrator")
FORWARDS_LONG = weighed("forwarding_outside_for_long")
FORWARDS_INSIDE_SUSPECT = weighed("forwarding_inside_from_suspect_address")
FORWARDS_INSIDE = weighed("forwarding_inside")
STANDS_INSIDE = weighed("forwarding_inside_for_long")
FOR_OTHERS_SUSPECT = weighed("forwarding_of_others_from_suspect_address")
FOR_OTHERS = weighed("forwarding_of_others")
ALERT = weighed("forwarding_alert")
SHARED = weighed("forwarding_to_shared_destination")
SIGNS = (
    FORWARDS_SECRETLY,
    FORWARDS_OUTSIDE,
    FORWARDS_BY_OTHER,
    FORWARDS_LONG,
    FORWARDS_INSIDE_SUSPECT,
    FORWARDS_INSIDE,
    STANDS_INSIDE,
    FOR_OTHERS_SUSPECT,
    FOR_OTHERS,
    ALERT,
    SHARED,
)

_ID: Final = "mail_forwarding"
_RULES: Final = frozenset({"new-inboxrule", "set-inboxrule"})
_SENDING: Final = ("forwardto", "forwardasattachmentto", "redirectto")


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Where a mailbox's mail is sent on to: an address, or the name of somebody in the directory.

    `name` is that name where `to` is the outside address behind it.
    """

    to: str
    keeps_copy: bool | None
    record: AuditRecord | None = None
    records: tuple[str, ...] = ()
    gone: AuditRecord | None = None
    name: str = ""


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield what forwards now, with the record that added it, and what forwarded for a while."""
    settings = _settings(evidence)
    live, own = _own(settings, evidence)
    if live is not None:
        yield _finding(live, evidence, usual, live=True)
    for one in own:
        yield _finding(one, evidence, usual, live=False)
    for one in settings:
        record = one.record
        if record is None or is_about(record, evidence.subject) or not by_subject(record, evidence.subject):
            continue
        if usual.is_outside(one.to):
            sign = FOR_OTHERS_SUSPECT if usual.is_suspect_record(record) else FOR_OTHERS
            whose = named(record.owner or "another mailbox")
            says = sentence(f"Forwarding of {whose} to ", _to(one), " was set", whence(record, usual))
            yield found(_ID, sign, says, record, after=one.to, names=addresses_in(one.to))
    yield from _shared(settings, evidence, usual)
    for alert in alerts_of(evidence):
        if tells(alert, "forwarding"):
            summary = f"Microsoft raised the alert “{one_line(alert.name)}”"
            yield found(_ID, ALERT, summary, alert.record, records=alert.records)


def forwardings(evidence: Evidence) -> tuple[Forwarding, ...]:
    """Give what forwards the mailbox's mail now, and what forwarded it for a while."""
    settings = _settings(evidence)
    live, own = _own(settings, evidence)
    return ((live,) if live is not None else ()) + tuple(own)


def _settings(evidence: Evidence) -> list[Forwarding]:
    """What the records say about forwarding, with the address outside behind a contact of the tenant."""
    return [_behind(one, evidence) for record in changing(evidence) if (one := _setting(record)) is not None]


def _behind(one: Forwarding, evidence: Evidence) -> Forwarding:
    address = outside_addresses(evidence).get(key_of(one.to), "") if one.to else ""
    return replace(one, to=address, name=one.to) if address and address != one.to else one


def _to(one: Forwarding) -> Sentence:
    """Name where mail goes, and the contact of the tenant that it goes by."""
    contact = named(one.name)
    if not contact or contact.casefold() == one.to.casefold():
        return sentence(thing(named(one.to)))
    return sentence(thing(named(one.to)), further(f" (by the contact “{contact}”)"))


def _own(settings: list[Forwarding], evidence: Evidence) -> tuple[Forwarding | None, list[Forwarding]]:
    """Give what forwards now, with the record that added it, and what else was set for this mailbox."""
    own = _history([one for one in settings if one.record and is_about(one.record, evidence.subject)])
    live = _live(evidence.mailbox.seen(Mailbox()))
    live = _behind(live, evidence) if live is not None else None
    if live is not None and (maker := _maker(live, own)) is not None:
        own = [one for one in own if one is not maker]
        live = replace(live, record=maker.record, records=maker.records)
    return live, own


def _shared(settings: list[Forwarding], evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield the outside addresses that this account made several mailboxes send to, by setting or rule."""
    made: dict[str, dict[str, AuditRecord]] = defaultdict(dict)
    for one in settings:
        if one.record and one.to and by_subject(one.record, evidence.subject):
            made[one.to.casefold()].setdefault(one.record.owner, one.record)
    for record in changing(evidence):
        if record.operation.casefold() in _RULES and by_subject(record, evidence.subject):
            given = {name.casefold(): value for name, value in record.parameters.items()}
            for to in recipients_in(";".join(given.get(name, "") for name in _SENDING), evidence):
                made[to].setdefault(record.owner, record)
    for to, mailboxes in made.items():
        if len(mailboxes) > 1 and usual.is_outside(to):
            first = next(iter(mailboxes.values()))
            whose = listed([named(name) for name in mailboxes])
            what = f"Mail of {len(mailboxes)} mailboxes ({whose}) was forwarded to "
            says = sentence(what, thing(to), whence(first, usual))
            ids = [record.id for record in mailboxes.values()]
            yield found(_ID, SHARED, says, first, after=to, records=ids, names=(to,))


def _live(mailbox: Mailbox) -> Forwarding | None:
    """The forwarding that is in force; a directory recipient goes before a plain address."""
    to = mailbox.forwarding_contact_address or mailbox.forwarding_address or mailbox.forwarding_smtp_address
    name = mailbox.forwarding_address
    return Forwarding(_plain(to), mailbox.deliver_to_mailbox_and_forward, name=name) if to else None


def _plain(text: str) -> str:
    found_addresses = addresses_in(text.replace("smtp:", " ").replace("SMTP:", " "))
    return found_addresses[0] if found_addresses else text.strip()


def _setting(record: AuditRecord) -> Forwarding | None:
    """What a Set-Mailbox record says about forwarding; an empty address takes it away."""
    if record.operation.casefold() != "set-mailbox":
        return None
    given = {name.casefold(): value for name, value in record.parameters.items()}
    given_names = [name for name in ("forwardingaddress", "forwardingsmtpaddress") if name in given]
    if not given_names:
        return None
    to = next((given[name] for name in given_names if given[name].strip()), "")
    copy = given.get("delivertomailboxandforward")
    keeps = None if copy is None else copy.casefold() in {"true", "1"}
    return Forwarding(_plain(to) if to else "", keeps, record, (record.id,))


def _history(settings: list[Forwarding]) -> list[Forwarding]:
    """Each forwarding that was added, with the record that took it away again, if one did."""
    added: list[Forwarding] = []
    for one in settings:
        if not one.to:
            added = [
                other
                if other.gone
                else replace(other, gone=one.record, records=(*other.records, *one.records))
                for other in added
            ]
        elif added and not added[-1].gone and added[-1].to.casefold() == one.to.casefold():
            added[-1] = replace(added[-1], records=(*added[-1].records, *one.records))
        else:
            added.append(one)
    return added


def _maker(live: Forwarding, own: list[Forwarding]) -> Forwarding | None:
    """The recorded one that is in force: the last with its address or name.

    A record may name a directory recipient by an id or path that the mailbox shows as a name; so the last
    record of a directory recipient will do for a live one.
    """
    names = {live.to.casefold(), live.name.casefold()} - {""}
    standing = [one for one in reversed(own) if not one.gone]
    exact = [one for one in standing if not names.isdisjoint({one.to.casefold(), one.name.casefold()} - {""})]
    by_name = [one for one in standing if live.name and "@" not in (one.name or one.to)]
    return next(iter(exact + by_name), None)


def _finding(one: Forwarding, evidence: Evidence, usual: Usual, *, live: bool) -> Finding:
    record = one.record
    # What stands and what was recorded are told as one where there is more than one of them.
    begins = Piece("Mail is forwarded to ", many="Forwarding to ") if live else "Forwarding to "
    added = Piece("", many=" was added") if live else " was added"
    alone = ", and no copy is kept" if one.keeps_copy is False else ""
    if record is not None:
        when = whence(record, usual, "; added" if live else "")
    elif _whole_log(evidence):
        when = further("; it predates the window")
    else:
        when = untold(evidence, "when it was added or by whom")
    gone = further(f"; removed at {one.gone.at:%Y-%m-%d %H:%M} UTC" if one.gone is not None else "")
    says = sentence(begins, _to(one), added, alone, when, gone)
    sign = _grade(one, evidence, usual)
    if record is not None:
        return found(_ID, sign, says, record, after=one.to, records=one.records, names=addresses_in(one.to))
    return Finding(
        _ID,
        sign,
        whole(says),
        after=one.to,
        records=one.records,
        names=addresses_in(one.to),
        pieces=says,
    )


def _grade(one: Forwarding, evidence: Evidence, usual: Usual) -> Sign:
    record = one.record
    suspect = record is not None and usual.is_suspect_record(record)
    if usual.is_outside(one.to):
        if suspect:
            return FORWARDS_SECRETLY
        if record is not None and not by_subject(record, evidence.subject):
            return FORWARDS_BY_OTHER
        if record is None and _whole_log(evidence):
            return FORWARDS_LONG
        return FORWARDS_SECRETLY if one.keeps_copy is False else FORWARDS_OUTSIDE
    if suspect:
        return FORWARDS_INSIDE_SUSPECT
    if record is None:
        return STANDS_INSIDE
    return FORWARDS_INSIDE if by_subject(record, evidence.subject) else STANDS_INSIDE


def _whole_log(evidence: Evidence) -> bool:
    """Whether the audit log of what was done to the mailbox was seen without gaps."""
    sources = (evidence.audit_log, evidence.audit_log_on_mailbox)
    return all(isinstance(source, Known) and not source.missing for source in sources)
