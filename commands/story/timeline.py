"""Everything that happened, in one order: the document asks for all activities, unfiltered.

Nothing is left out because it looks harmless, also nothing that Microsoft's own services did. What a finding
rests on is marked, nothing more. One event is one line in plain words; its `record` leads back to where it
came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Final

from commands.clues.alerts import risk_in_words
from commands.clues.consents import app_of
from commands.clues.roles import way
from commands.report import Event, SymptomResult
from commands.usual.own import places_of
from commands.usual.places import Countries, place_of
from graph.audit_log.record import AuditRecord
from graph.audit_log.sign_in import LOGONS
from graph.evidence import Evidence
from graph.repeated import Repeated
from graph.resources.mail import Message
from graph.resources.sign_ins import SignIn

_AUDITS: Final = (
    "audit_log",
    "audit_log_on_mailbox",
    "directory_audits_on_user",
    "directory_audits_by_user",
)

SHOWN_PARAMETERS: Final = 4
"""Parameters of a cmdlet that a line names; the record has them all."""

WORDS: Final = 120
"""Characters of one value that a line shows."""


def merge(evidence: Evidence, results: Sequence[SymptomResult]) -> tuple[Event, ...]:
    """Merge all records and all dated settings of the window, oldest first; each record once."""
    flagged = {record for result in results for finding in result.findings for record in finding.records}
    first: dict[str, str] = {}
    further: set[tuple[str, str]] = set()
    events = []
    start, end = evidence.window.start, evidence.window.end
    for event in _all(evidence, flagged, Repeated()):
        # What `event.at in window` says, without a call for each event.
        if not start <= event.at < end:
            continue
        # Hardly a record is told in two ways, so hardly a pair has to be kept.
        told = first.get(event.record)
        if told is None:
            first[event.record] = event.what
        elif told == event.what or (event.record, event.what) in further:
            continue
        else:
            further.add((event.record, event.what))
        events.append(event)
    # One after the other, for a key of three parts for each event would take more than the events' list.
    for part in ("record", "source", "at"):
        events.sort(key=attrgetter(part))
    return tuple(events)


def _all(evidence: Evidence, flagged: set[str], once: Repeated) -> Iterator[Event]:
    yield from _audits(evidence, flagged, once)
    yield from _sign_ins(evidence, flagged, once)
    yield from _mail(evidence, flagged, once)
    yield from _settings(evidence, flagged)


def _audits(evidence: Evidence, flagged: set[str], once: Repeated) -> Iterator[Event]:
    known: set[str] = set()
    for source in _AUDITS:
        for record in getattr(evidence, source).seen(()):
            if record.id in known:
                continue
            known.add(record.id)
            yield Event(
                at=record.at,
                what=once(phrase(record)),
                by="a Microsoft service" if record.by_microsoft else record.actor,
                address=record.address or "",
                source=source,
                record=record.id,
                finding=record.id in flagged,
                session=record.session_id,
                application=app_of(record) or record.app_id,
                signed_in=bool(record.succeeded) if record.operation in LOGONS else None,
            )


def phrase(record: AuditRecord) -> str:
    """Say in one plain line what a record shows. Holds text from the tenant: escape it when it is shown."""
    parts = [_verb(record)]
    if record.changes and not record.parameters:
        parts.append(", ".join(_changes(record)))
    elif record.parameters:
        shown = [
            f"{name} {_short(value)}"
            for name, value in record.parameters.items()
            if value and name != "Identity"
        ]
        more = len(shown) - SHOWN_PARAMETERS
        parts.append(", ".join(shown[:SHOWN_PARAMETERS]) + (f", and {more} more" if more > 0 else ""))
    subjects = [item.subject for item in record.items if item.subject]
    if subjects:
        others = f" and {len(record.items) - 1} more" if len(record.items) > 1 else ""
        parts.append(f"“{_short(subjects[0])}”{others}")
    if name := record.details.get("SourceFileName"):
        parts.append(_short(name))
    return ": ".join(part for part in parts if part)


def _verb(record: AuditRecord) -> str:
    if record.operation in LOGONS:
        agent = f" with {_short(record.user_agent)}" if record.user_agent else ""
        if record.succeeded:
            return f"signed in{agent}"
        return f"failed to sign in{agent} (error {record.error_code or 'not given'})"
    failed = " (failed)" if record.succeeded is False else ""
    owner = f" on {record.owner}" if record.owner and record.owner != record.actor else ""
    return f"{PLAIN.get(record.operation, record.operation)}{owner}{failed}"


PLAIN: Final = {
    "New-InboxRule": "created an inbox rule",
    "Set-InboxRule": "changed an inbox rule",
    "Remove-InboxRule": "removed an inbox rule",
    "Enable-InboxRule": "enabled an inbox rule",
    "Disable-InboxRule": "disabled an inbox rule",
    "UpdateInboxRules": "changed inbox rules in Outlook",
    "Set-Mailbox": "changed the mailbox",
    "Set-CASMailbox": "changed the mailbox's protocols",
    "Add-MailboxPermission": "granted access to the mailbox",
    "Remove-MailboxPermission": "removed access to the mailbox",
    "Add-RecipientPermission": "granted Send As permission on the mailbox",
    "Set-MailboxMessageConfiguration": "changed the signature or reading settings",
    "Set-MailboxAutoReplyConfiguration": "changed the automatic reply",
    "Set-MailboxJunkEmailConfiguration": "changed the junk email lists",
    "MailItemsAccessed": "read mail",
    "Send": "sent mail",
    "SendAs": "sent mail as the mailbox",
    "SendOnBehalf": "sent mail on behalf of the mailbox",
    "MoveToDeletedItems": "moved mail to Deleted Items",
    "SoftDelete": "deleted mail from Deleted Items",
    "HardDelete": "purged mail",
    "Move": "moved mail",
    "Copy": "copied mail",
    "Create": "created an item",
    "Update": "changed an item",
    "FileDownloaded": "downloaded a file",
    "FileAccessed": "opened a file",
    "FileUploaded": "uploaded a file",
    "Update user": "changed the account",
    "Change user password": "changed the password",
    "Reset user password": "reset the password",
    "Consent to application": "granted consent to an application",
    "Add member to role": "assigned an administrator role",
    "Remove member from role": "removed an administrator role",
    "User registered security info": "registered a sign-in method",
    "User deleted security info": "removed a sign-in method",
    "Disable Strong Authentication": "disabled MFA",
}
"""Operations in plain words; every other operation is shown by Microsoft's name."""


def _changes(record: AuditRecord) -> Iterator[str]:
    for change in record.changes:
        if change.name.startswith(("TargetId", "Included Updated", "ActorId", "SPN")):
            continue
        if change.old or change.new:
            yield f"{change.name} from {_short(change.old) or 'nothing'} to {_short(change.new) or 'nothing'}"
        else:
            yield change.name


@lru_cache(maxsize=4096)  # the same few browsers and folders come again and again
def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= WORDS else plain[: WORDS - 1] + "…"


def _sign_ins(evidence: Evidence, flagged: set[str], once: Repeated) -> Iterator[Event]:
    every = (*evidence.sign_ins.seen(()), *evidence.sign_ins_non_interactive.seen(()))
    places = places_of(every, Countries())
    for source in ("sign_ins", "sign_ins_non_interactive"):
        for one in getattr(evidence, source).seen(()):
            # An address is in one place, whichever of its records names it.
            place = str(places.get(one.ip_address) or place_of(one.location, "", Countries()))
            yield Event(
                at=one.created_date_time,
                what=once(_signed_in(one, source, place)),
                by=one.user_principal_name or evidence.subject.user_principal_name,
                address=one.ip_address,
                source=source,
                record=one.id,
                finding=one.id in flagged,
                session=one.session_id,
                application=one.app_id,
                signed_in=one.succeeded,
                place=once(place),
            )


def _signed_in(one: SignIn, source: str, place: str) -> str:
    verb = "signed in" if one.succeeded else f"failed to sign in (error {one.status.error_code})"
    if source == "sign_ins_non_interactive":
        verb += " non-interactively"
    app = f" to {_short(one.app_display_name)}" if one.app_display_name else ""
    return f"{verb}{app} from {place}"


def _mail(evidence: Evidence, flagged: set[str], once: Repeated) -> Iterator[Event]:
    for source, verb in (
        ("sent_items", "is in Sent Items"),
        ("deleted_items", "is in Deleted Items"),
        ("recoverable_items", "is in Recoverable Items"),
        ("password_reset_mail", "is about a password reset"),
    ):
        messages: Iterable[Message] = getattr(evidence, source).seen(())
        for message in messages:
            at = message.sent_date_time or message.received_date_time
            if at is None:
                continue
            sender = message.from_ or message.sender
            yield Event(
                at=at,
                what=once(f"a message {verb}: “{_short(message.subject)}”{_to(message.recipients)}"),
                by=sender.email_address.address if sender else "",
                address="",
                source=source,
                record=message.id,
                finding=bool({message.id, message.internet_message_id} & flagged),
            )
    for row in evidence.message_trace.seen(()):
        record = row.message_id or row.id
        yield Event(
            at=row.received_date_time,
            what=f"the message trace has “{_short(row.subject)}” to {row.recipient_address} ({row.status})",
            by=row.sender_address,
            address=row.from_ip,
            source="message_trace",
            record=record,
            finding=bool({record, row.id} & flagged),
        )


def _to(recipients: Sequence[str]) -> str:
    if not recipients:
        return ""
    more = f" and {len(recipients) - 1} more" if len(recipients) > 1 else ""
    return f" to {recipients[0]}{more}"


def _settings(evidence: Evidence, flagged: set[str]) -> Iterator[Event]:
    """Give what has a date of its own and need not have left a record."""

    def event(at: datetime | None, what: str, source: str, record: str, address: str = "") -> Iterator[Event]:
        if at is not None:
            yield Event(at, what, "", address, source, record, finding=record in flagged)

    user = evidence.user.seen(None)
    if user is not None:
        yield from event(user.last_password_change_date_time, "the password changed", "user", user.id)
        valid_from = user.sign_in_sessions_valid_from_date_time
        yield from event(valid_from, "all earlier sessions became invalid", "user", user.id)
    methods = evidence.authentication_methods.seen(None)
    for method in methods.methods if methods is not None else ():
        detail = method.display_name or method.phone_number or method.email_address or method.model
        what = f"a sign-in method was added: {method.kind}{f' ({_short(detail)})' if detail else ''}"
        yield from event(method.created_date_time, what, "authentication_methods", method.id)
    for phone in evidence.mobile_devices.seen(()):
        name = phone.friendly_name or phone.device_model or phone.device_type
        what = f"a mobile device synced for the first time: {_short(name)}"
        yield from event(phone.first_sync_time, what, "mobile_devices", phone.identity or phone.device_id)
    for device in evidence.registered_devices.seen(()):
        what = f"a device was registered: {_short(device.display_name or device.operating_system)}"
        yield from event(device.registration_date_time, what, "registered_devices", device.id)
    for role in evidence.directory_roles.seen(()):
        what = f"an administrator role became active: {_short(role.name)} ({_short(way(role))})"
        yield from event(role.start_date_time, what, "directory_roles", role.assignment_id)
    for app in evidence.app_role_assignments.seen(()):
        what = f"the account was assigned to {_short(app.resource_display_name)}"
        yield from event(app.created_date_time, what, "app_role_assignments", app.id)
    for grant in evidence.oauth_grants.seen(()):
        what = f"the application {_short(grant.app_display_name or grant.client_id)} was added to the tenant"
        yield from event(grant.app_created_date_time, what, "oauth_grants", grant.id)
    for risk in evidence.risk_detections.seen(()):
        what = f"Identity Protection detected {risk_in_words(risk.risk_event_type)} (risk {risk.risk_level})"
        at = risk.activity_date_time or risk.detected_date_time
        yield from event(at, what, "risk_detections", risk.id, risk.ip_address)
    for blocked in evidence.blocked_senders.seen(()):
        what = "the mailbox was blocked from sending"
        yield from event(blocked.created_datetime, what, "blocked_senders", blocked.sender_address)
    for rule in evidence.transport_rules.seen(()):
        what = f"the mail flow rule “{_short(rule.name)}” was last changed"
        yield from event(rule.when_changed, what, "transport_rules", rule.guid or rule.name)
