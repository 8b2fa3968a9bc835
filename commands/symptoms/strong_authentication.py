"""Changes of the second factor: switched off, a method removed, added or exchanged, a temporary pass.

Source: Microsoft Entra, "Core Directory" and "Authentication Methods" audit activities; detections D47 and
D53 to D55 of the public rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from commands.clues.actions import changed, concerns, graded, once, whom
from commands.clues.records import by_subject, changing, found, is_about, one_line, whence
from commands.report import Finding, Owner, Sign, weighed
from commands.sentence import Sentence, further, sentence, thing, whole
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence
from graph.resources.sign_ins import AuthenticationMethod

TITLE = "MFA disabled, weakened or changed"
SOURCE = "additional indicator"
NEEDS: Final = ("authentication_methods", ("audit_log", "directory_audits_on_user"))
HELPS: Final = ("audit_log_on_mailbox", "directory_audits_by_user")

BY_INTRUDER = weighed("method_by_intruder")
DISABLED = weighed("strong_authentication_off")
REPORTED = weighed("fraud_reported")
PASS = weighed("temporary_pass")
PASS_BY_OTHER = weighed("temporary_pass_by_administrator")
REMOVED = weighed("method_removed")
ADDED = weighed("method_added")
FAMILIAR = weighed("method_from_own_place")
SIGNS: Final = (BY_INTRUDER, DISABLED, REPORTED, PASS, PASS_BY_OTHER, REMOVED, ADDED, FAMILIAR)

_ADDING: Final = (
    "registered security info",
    "registered all required security info",
    "changed default security info",
    "updated security info",
    "create passkey",
    "add passkey",
)
_REMOVING: Final = ("deleted security info", "delete passkey")


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield what was done to the second factor in the window, and methods that were made in it."""
    changes = (
        finding
        for record in changing(evidence)
        if concerns(record, evidence.subject)
        for finding in _change(record, evidence, usual)
    )
    told = list(once(changes, by_sign=True))
    yield from told
    methods = evidence.authentication_methods.seen(None)
    for method in methods.methods if methods is not None else ():
        made = method.created_date_time
        if made is None or made not in evidence.window or method.kind == "password":
            continue
        near = [one for one in told if one.at is not None and abs((one.at - made).total_seconds()) <= 300]
        if near:
            continue  # the record above tells the same, and by whom
        sign = PASS if "temporary" in method.kind.casefold() else ADDED
        described = _described(method)
        says = sentence("The sign-in method ", thing(described), " was added", further("; unknown by whom"))
        yield Finding(
            "strong_authentication",
            sign,
            whole(says),
            at=made,
            after=described,
            records=(method.id,),
            pieces=says,
        )


def _described(method: AuthenticationMethod) -> str:
    detail = method.display_name or method.phone_number or method.email_address or method.model
    return one_line(f"{method.kind} {detail}".strip())


def _change(record: AuditRecord, evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    operation = record.operation.casefold()
    whose, end = whom(record, evidence.subject), whence(record, usual)

    def said(
        plain: Sign, says: Sentence, familiar: Sign | None = None, after: str = "", before: str = ""
    ) -> Finding:
        sign = graded(record, usual, suspect=BY_INTRUDER, plain=plain, familiar=familiar)
        return found("strong_authentication", sign, says, record, before=before, after=after)

    given = PASS if _is_for_themselves(record, evidence, usual) else PASS_BY_OTHER
    if operation == "disable strong authentication":
        yield said(DISABLED, sentence(f"MFA was disabled for {whose}", end))
    elif "temporary access pass" in operation and "delete" not in operation:
        yield said(given, sentence(f"A Temporary Access Pass was created for {whose}", end))
    elif "fraud reported" in operation or "suspicious activity reported" in operation:
        says = sentence("An MFA prompt was reported as fraud", end)
        yield found("strong_authentication", REPORTED, says, record)
    elif any(words in operation for words in _REMOVING):
        what = one_line(record.details.get("StatusReason", ""))
        says = sentence(f"A sign-in method was removed from {whose}", end, _in(what))
        yield said(REMOVED, says, FAMILIAR, before=what)
    elif any(words in operation for words in _ADDING):
        if "temporary access pass" in " ".join(record.details.values()).casefold():
            yield said(given, sentence(f"A Temporary Access Pass was created for {whose}", end))
        else:
            what = one_line(record.details.get("StatusReason", ""))
            says = sentence(f"A sign-in method was added or changed for {whose}", end, _in(what))
            yield said(ADDED, says, FAMILIAR, after=what)
    elif operation == "update user":
        yield from _update(record, evidence, usual)


def _is_for_themselves(record: AuditRecord, evidence: Evidence, usual: Usual) -> bool:
    """Say whether an account made a pass for itself; for others it does so in sessions of its own only."""
    if not by_subject(record, evidence.subject):
        return False
    return is_about(record, evidence.subject) or usual.doubt_of(record).owner is not Owner.OWNER


def _in(what: str) -> Sentence:
    return sentence(" (", thing(what), ")") if what else ()


def _update(record: AuditRecord, evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    whose, end = whom(record, evidence.subject), whence(record, usual)
    old, new = changed(record, "StrongAuthenticationRequirement")
    if old and not new:
        sign = graded(record, usual, suspect=BY_INTRUDER, plain=DISABLED)
        says = sentence(f"The MFA requirement was removed for {whose}", end)
        yield found("strong_authentication", sign, says, record, before="required", after="not required")
    for name, key in _IDENTITY.items():
        old, new = changed(record, name)
        before, after = _listed(old, key), _listed(new, key)
        if before == after:
            continue  # only a time stamp or an order changed
        gone, come = sorted(before - after), sorted(after - before)
        plain = ADDED if come else REMOVED
        sign = graded(record, usual, suspect=BY_INTRUDER, plain=plain, familiar=FAMILIAR)
        lost, got = one_line(", ".join(gone)), one_line(", ".join(come))
        added = sentence("added ", thing(got)) if got else ()
        removed = f"removed {lost}" if lost else ""
        what = sentence(added, further(f"; {removed}") if added and removed else removed)
        says = sentence(f"The sign-in methods of {whose} were changed (", what, ")", end)
        yield found("strong_authentication", sign, says, record, before=lost, after=got)


_IDENTITY: Final = {
    "StrongAuthenticationMethod": ("MethodType",),
    "StrongAuthenticationPhoneAppDetail": ("DeviceName", "DeviceId", "Id"),
    "StrongAuthenticationUserDetails": (
        "PhoneNumber",
        "AlternativePhoneNumber",
        "Email",
        "VoiceOnlyPhoneNumber",
    ),
}
"""What tells one method from another; all else in these values changes with every sign-in."""

_METHOD_NAMES: Final = {
    "0": "text message or call",
    "1": "call",
    "2": "call to another number",
    "3": "call to the office",
    "5": "text message",
    "6": "app notification",
    "7": "app code",
}


def _listed(text: str, keys: tuple[str, ...]) -> frozenset[str]:
    """Give what identifies each method in a value that is JSON text; the text itself where it is none."""
    if not text:
        return frozenset()
    try:
        decoded: Any = json.loads(text)
    except ValueError:
        return frozenset({text})
    found_ones = set()
    for one in decoded if isinstance(decoded, list) else [decoded]:
        if not isinstance(one, dict):
            found_ones.add(str(one))
            continue
        names = [str(one[key]) for key in keys if one.get(key) not in (None, "")]
        if keys == ("MethodType",):
            names = [_METHOD_NAMES.get(name, f"method {name}") for name in names]
        found_ones.update(names if "PhoneNumber" in keys else names[:1])
    return frozenset(found_ones)
