"""Unusual changes of credentials: several passwords, and ways to sign in added or taken away beside them.

Source: Microsoft's document, symptom 8 (and the end of its step 7 for mail from other services); Microsoft
Entra, "Audit activity reference" (Core Directory, Self-service Password Management, Authentication Methods).
Changes of the StrongAuthentication* properties belong to the symptom strong_authentication.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from commands.clues.records import (
    TOGETHER,
    Doer,
    address_of,
    by_way_of,
    changing,
    doer_of,
    found,
    is_about,
    listed,
    one_line,
    whence,
)
from commands.report import Finding, Made, Owner, Sign, weighed
from commands.sentence import ending, further, sentence, thing, whole
from commands.usual import Usual
from commands.usual.domains import domain_of, registrable
from commands.usual.places import spot_of
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence, Unavailable
from graph.resources.sign_ins import RegisteredMethods

TITLE = "Unusual credential changes, such as multiple password changes are required"
SOURCE = "symptom 8"
NEEDS = (("directory_audits_on_user", "audit_log"),)
HELPS = (
    "user",
    "authentication_methods",
    "directory_audits_by_user",
    "password_reset_mail",
    "audit_log_on_mailbox",
)

PASSWORD_BY_SUSPECT = weighed("password_changed_from_suspect_address")
METHOD_BY_SUSPECT = weighed("sign_in_method_changed_from_suspect_address")
SEVERAL = weighed("several_password_changes")
SEVERAL_FAMILIAR = weighed("two_password_changes_from_usual_address")
PASSWORD_AND_METHOD = weighed("password_and_sign_in_method_changed")
PASSWORD_AND_METHOD_FAMILIAR = weighed("password_and_sign_in_method_changed_at_home")
METHOD_UNFAMILIAR = weighed("sign_in_method_changed_from_new_address")
METHOD_AT_ONCE = weighed("sign_in_method_registered_at_once")
METHOD_AFTER_SUSPECT = weighed("sign_in_method_made_after_suspect_sign_in")
METHOD_UNRECORDED = weighed("sign_in_method_made_unrecorded")
PASS_MADE = weighed("temporary_pass_or_app_password")
RESET_MAIL = weighed("password_reset_mail_of_several_services")
PASSWORD_UNFAMILIAR = weighed("password_changed_from_new_address")
TOKENS = weighed("refresh_tokens_revoked")
TOKENS_ORDINARY = weighed("refresh_tokens_reset")
PLANNED = weighed("password_reset_by_administrator")
ORDINARY = weighed("credential_changed")
SIGNS = (
    PASSWORD_BY_SUSPECT,
    METHOD_BY_SUSPECT,
    SEVERAL,
    SEVERAL_FAMILIAR,
    PASSWORD_AND_METHOD,
    PASSWORD_AND_METHOD_FAMILIAR,
    METHOD_UNFAMILIAR,
    METHOD_AT_ONCE,
    METHOD_AFTER_SUSPECT,
    METHOD_UNRECORDED,
    PASS_MADE,
    RESET_MAIL,
    PASSWORD_UNFAMILIAR,
    TOKENS,
    TOKENS_ORDINARY,
    PLANNED,
    ORDINARY,
)

AT_ONCE: Final = timedelta(minutes=15)
"""How soon after getting in whoever stole a session registers a sign-in method: kits do it by themselves."""

NEAR: Final = timedelta(hours=24)
"""How close together a new password and a change of sign-in methods belong together."""

AFTER_SUSPECT: Final = timedelta(hours=48)
"""How long after somebody else's sign-in a new method is put down to that one."""

MANY_SERVICES: Final = 3
"""Other services that must write about passwords within a day."""

_ID: Final = "credential_changes"
_PASSWORD: Final = frozenset(
    {
        "change user password", "change password (self-service)", "reset user password", "reset password",
        "reset password (by admin)", "reset password (self-service)", "set force change user password",
    }
)  # fmt: skip
_METHOD: Final = frozenset(
    {
        "user registered security info", "user deleted security info", "user changed default security info",
        "user updated security info", "admin registered security info", "admin deleted security info",
        "admin updated security info", "add passkey (device-bound)",
        "add passkey (device-bound) security key", "register fido2 security key",
        "add windows hello for business credential",
    }
)  # fmt: skip
_REGISTERED: Final = frozenset(
    {
        "user registered security info", "add passkey (device-bound)",
        "add passkey (device-bound) security key", "register fido2 security key",
    }
)  # fmt: skip
_TOKENS: Final = frozenset({"update stsrefreshtokenvalidfrom timestamp", "update stsrefreshtokenvalidfrom"})
_PASS: Final = frozenset(
    {"create temporary access pass", "create application password for user", "create app password"}
)


@dataclass(frozen=True, slots=True)
class _Event:
    """One change, with every record that tells of it; who did it by the most telling one."""

    kind: str
    record: AuditRecord
    doer: Doer
    records: tuple[str, ...]

    @property
    def at(self) -> datetime:
        return self.record.at


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield what was changed, one finding for each thing that it amounts to."""
    events = _events(evidence, usual)
    passwords = [event for event in events if event.kind == "password"]
    methods = [event for event in events if event.kind == "method"]
    for event in events:
        if event.kind == "tokens":
            yield _tokens(event, passwords, usual)
        elif event.kind == "method" and _is_at_once(event, events, usual):
            yield _told(event, METHOD_AT_ONCE, usual)
        else:
            yield _alone(event, usual)
    yield from _several(passwords)
    yield from _together(passwords, methods, usual)
    yield from _methods_in_force(evidence, methods, usual)
    yield from _reset_mail(evidence)


def _events(evidence: Evidence, usual: Usual) -> tuple[_Event, ...]:
    """Every change once; services that tell of the same change do so within minutes."""
    events: list[_Event] = []
    for record in changing(evidence):
        kind = _kind(record)
        if not kind or not is_about(record, evidence.subject):
            continue
        new = _Event(kind, record, doer_of(record, evidence.subject, usual), (record.id,))
        for place in range(len(events) - 1, -1, -1):
            if (
                events[place].kind == kind
                and new.at - events[place].at <= TOGETHER
                and _alike(events[place], new)
            ):
                events[place] = _joined(events[place], new)
                break
        else:
            events.append(new)
    return tuple(events)


def _alike(one: _Event, other: _Event) -> bool:
    """Two records of one change: one act under several names, or the same name from another log."""
    return one.kind == "password" or one.record.operation.casefold() == other.record.operation.casefold()


_TELLING: Final = (Doer.SUSPECT, Doer.UNFAMILIAR, Doer.FAMILIAR, Doer.OTHER, Doer.UNPLACED, Doer.SERVICE)


def _joined(one: _Event, other: _Event) -> _Event:
    best, rest = sorted((one, other), key=lambda event: _TELLING.index(event.doer))
    return replace(best, records=(*best.records, *rest.records))


def _kind(record: AuditRecord) -> str:
    operation = record.operation.casefold()
    if operation in _PASSWORD:
        return "password"
    if operation in _PASS:
        return "pass"
    if operation in _TOKENS:
        return "tokens"
    return "method" if operation in _METHOD else ""


_OWN: Final = (Doer.SUSPECT, Doer.FAMILIAR, Doer.UNFAMILIAR, Doer.UNPLACED, Doer.SERVICE)


def _alone(event: _Event, usual: Usual) -> Finding:
    """What one change is by itself. A self-service reset is recorded as a service's act."""
    doer = event.doer
    if doer is Doer.SUSPECT:
        sign = PASSWORD_BY_SUSPECT if event.kind == "password" else METHOD_BY_SUSPECT
    elif doer is Doer.OTHER:
        sign = PLANNED
    elif event.kind == "pass" and doer is not Doer.FAMILIAR:
        sign = PASS_MADE
    elif event.kind == "method" and doer is Doer.UNFAMILIAR:
        sign = METHOD_UNFAMILIAR
    elif event.kind == "password" and doer is Doer.UNFAMILIAR:
        sign = PASSWORD_UNFAMILIAR
    else:
        sign = ORDINARY
    return _told(event, sign, usual)


def _told(event: _Event, sign: Sign, usual: Usual) -> Finding:
    record = event.record
    made = _made(record) if event.kind == "pass" else None
    what = "The password was changed" if event.kind == "password" else _SAYS[made]
    detail = one_line(record.details.get("ResultReason", "") or record.details.get("resultReason", ""))
    how = f" ({record.operation}: {detail})" if detail else by_way_of(record.operation)
    says = sentence(what, how, whence(record, usual))
    return replace(found(_ID, sign, says, record, records=event.records), made=made)


def _is_at_once(event: _Event, events: Sequence[_Event], usual: Usual) -> bool:
    """Say whether a method was registered minutes after somebody got in who may not be the user.

    Not where an administrator reset the password or the methods, or gave a pass, within the day before: the
    helpdesk then spoke with somebody who has a new telephone.
    """
    record = event.record
    if record.operation.casefold() not in _REGISTERED or event.doer not in (Doer.UNFAMILIAR, Doer.UNPLACED):
        return False
    if usual.doubt_of(record).owner is not Owner.DOUBTFUL or not record.address:
        return False
    helped = any(
        one.doer is Doer.OTHER and timedelta() <= record.at - one.at <= NEAR
        for one in events
        if one.kind != "tokens"
    )
    spot = spot_of(record.address)
    first = next(
        (
            one.created_date_time
            for one in usual.sign_ins
            if one.succeeded and spot_of(one.ip_address) == spot
        ),
        None,
    )
    return not helped and first is not None and timedelta() <= record.at - first <= AT_ONCE


_SAYS: Final = {
    None: "Sign-in methods were changed",
    Made.TEMPORARY: "A Temporary Access Pass was created",
    Made.FOR_APPS: "An app password was created",
}


def _made(record: AuditRecord) -> Made:
    """Say which of the two was created: a pass that counts as a second factor, or a password without one."""
    return Made.TEMPORARY if "temporary" in record.operation.casefold() else Made.FOR_APPS


def _tokens(event: _Event, passwords: Sequence[_Event], usual: Usual) -> Finding:
    """Every new password moves the date from which tokens are valid; alone, and from elsewhere, it tells."""
    beside = any(abs(password.at - event.at) <= TOGETHER for password in passwords)
    strange = event.doer in (Doer.SUSPECT, Doer.UNFAMILIAR)
    how = by_way_of(event.record.operation)
    says = sentence("All refresh tokens were revoked", how, whence(event.record, usual))
    sign = TOKENS if strange and not beside else TOKENS_ORDINARY
    return found(_ID, sign, says, event.record, records=event.records)


def _several(passwords: Sequence[_Event]) -> Iterator[Finding]:
    own = [event for event in passwords if event.doer in _OWN]
    if len(own) < 2:
        return
    familiar = all(event.doer is Doer.FAMILIAR for event in own)
    sign = SEVERAL_FAMILIAR if familiar and len(own) == 2 else SEVERAL
    first, last = own[0], own[-1]
    summary = (
        f"The password was changed {len(own)} times between {first.at:%Y-%m-%d %H:%M} and "
        f"{last.at:%Y-%m-%d %H:%M} UTC, not counting what administrators did"
    )
    yield found(_ID, sign, summary, last.record, records=_ids(own))


def _together(passwords: Sequence[_Event], methods: Sequence[_Event], usual: Usual) -> Iterator[Finding]:
    for password in passwords:
        near = [
            method
            for method in methods
            if abs(method.at - password.at) <= NEAR and method.doer in _OWN and password.doer in _OWN
        ]
        if not near:
            continue
        at_home = all(event.doer is Doer.FAMILIAR for event in (password, *near))
        sign = PASSWORD_AND_METHOD_FAMILIAR if at_home else PASSWORD_AND_METHOD
        if not at_home and not any(_is_foreign(event, usual) for event in (password, *near)):
            sign = PASSWORD_AND_METHOD_FAMILIAR
        names = ", ".join(dict.fromkeys(method.record.operation for method in near))
        what = "Sign-in methods were changed within a day of a password change"
        says = sentence(what, ending(f" ({names})"))
        yield found(_ID, sign, says, password.record, records=_ids([password, *near]))
        return


def _is_foreign(event: _Event, usual: Usual) -> bool:
    """Not from a usual address; where little is known of the user, from any address at all."""
    if event.doer in (Doer.SUSPECT, Doer.UNFAMILIAR):
        return True
    return event.doer is Doer.UNPLACED and not usual.is_well_known and bool(address_of(event.record))


def _ids(events: Iterable[_Event]) -> tuple[str, ...]:
    return tuple(identity for event in events for identity in event.records)


def _methods_in_force(evidence: Evidence, methods: Sequence[_Event], usual: Usual) -> Iterator[Finding]:
    """Ways to sign in, and the password, where they are from the window and no record tells of them."""
    intrusions = [
        one.created_date_time for one in usual.sign_ins if one.succeeded and usual.is_suspect(one.ip_address)
    ]
    registered = evidence.authentication_methods.seen(RegisteredMethods())
    for method in registered.methods:
        made = method.created_date_time
        if method.kind == "password" or made is None or made not in evidence.window:
            continue
        if any(abs(event.at - made) <= NEAR / 24 for event in methods):
            continue
        after = any(timedelta() <= made - intrusion <= AFTER_SUSPECT for intrusion in intrusions)
        name = one_line(method.display_name or method.phone_number or method.model or method.email_address)
        which = sentence(f"{method.kind} “", thing(name), "”") if name else sentence(method.kind)
        says = sentence("The sign-in method ", which, " was added", further("; unknown by whom"))
        yield Finding(
            symptom=_ID,
            sign=METHOD_AFTER_SUSPECT if after else METHOD_UNRECORDED,
            summary=whole(says),
            at=made,
            after=name,
            records=(method.id,),
            pieces=says,
        )
    user = evidence.user
    if isinstance(user, Unavailable) or user.value.last_password_change_date_time is None:
        return
    changed = user.value.last_password_change_date_time
    known = [record for record in changing(evidence) if _kind(record) == "password"]
    if changed in evidence.window and not any(abs(record.at - changed) <= NEAR / 24 for record in known):
        says = sentence("The password was last changed within the window", further("; unknown by whom"))
        yield Finding(
            symptom=_ID,
            sign=ORDINARY,
            summary=whole(says),
            at=changed,
            records=(f"{user.value.id}#lastPasswordChangeDateTime",),
            pieces=says,
        )


def _reset_mail(evidence: Evidence) -> Iterator[Finding]:
    mails = sorted(
        (
            (mail.received_date_time, registrable(domain_of(mail.from_.email_address.address)), mail.id)
            for mail in evidence.password_reset_mail.seen(())
            if mail.received_date_time is not None
            and mail.from_ is not None
            and mail.received_date_time in evidence.window
        ),
    )
    for first, (start, _, _) in enumerate(mails):
        close = [mail for mail in mails[first:] if mail[0] - start <= NEAR]
        services = sorted({service for _, service, _ in close if service})
        if len(services) >= MANY_SERVICES:
            named = listed(services, 6)
            yield Finding(
                symptom=_ID,
                sign=RESET_MAIL,
                summary=f"{len(services)} services sent email about passwords within a day: {named}",
                at=start,
                after=", ".join(services),
                records=tuple(identity for _, _, identity in close),
            )
            return
