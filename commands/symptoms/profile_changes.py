"""Unusual changes of the profile: name, telephone number, postal code, other mail addresses and the like.

Source: Microsoft's document, symptom 7; directory audit activity "Update user"; cmdlets Set-User and
Set-Mailbox. The display name has a symptom of its own (4), sign-in methods have theirs (8 and strong
authentication).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.clues.records import (
    Changed,
    Doer,
    changed_properties,
    doer_of,
    done,
    found,
    is_about,
    merged,
    one_line,
    whence,
)
from commands.report import Finding, Sign, weighed
from commands.sentence import sentence, thing
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence

TITLE = "Unusual profile changes, such as the name, the telephone number, or the postal code were updated"
SOURCE = "symptom 7"
NEEDS = (("directory_audits_on_user", "audit_log"),)
HELPS = ("directory_audits_by_user", "audit_log_on_mailbox")

BY_SUSPECT = weighed("profile_changed_from_suspect_address")
REACH_CHANGED = weighed("contact_changed_from_new_address")
DETAIL_CHANGED = weighed("profile_changed_from_new_address")
UNPLACED = weighed("profile_changed_by_user")
ORDINARY = weighed("profile_changed")
SIGNS = (BY_SUSPECT, REACH_CHANGED, DETAIL_CHANGED, UNPLACED, ORDINARY)

_ID: Final = "profile_changes"

_REACH: Final = {
    "phone number": ("telephonenumber", "phone", "businessphones", "othertelephone"),
    "mobile number": ("mobile", "mobilephone"),
    "home number": ("homephone", "otherhomephone"),
    "fax number": ("facsimiletelephonenumber", "fax", "faxnumber", "otherfax"),
    "other email address": (
        "othermail", "othermails", "alternateemail", "alternateemailaddresses", "alternatemailaddress",
    ),
    "alternative phone number": ("alternativephonenumber", "alternatephone", "authenticationphonenumber"),
    "email address": ("mail", "primarysmtpaddress", "windowsemailaddress"),
}  # fmt: skip
_DETAILS: Final = {
    "given name": ("givenname", "firstname"),
    "surname": ("surname", "lastname", "sn"),
    "postal code": ("postalcode",),
    "street": ("streetaddress",),
    "city": ("city", "l"),
    "state": ("state", "stateorprovince"),
    "country": ("country", "countryorregion", "co"),
    "office": ("physicaldeliveryofficename", "office", "officelocation"),
    "job title": ("jobtitle", "title"),
    "department": ("department",),
    "company": ("companyname", "company"),
    "manager": ("manager",),
    "usage location": ("usagelocation",),
    "preferred language": ("preferredlanguage",),
    "sign-in name": ("userprincipalname",),
    "link to the on-premises account": ("sourceanchor", "immutableid", "onpremisesimmutableid"),
    "web page": ("webpage",),
    "notes": ("notes",),
}  # fmt: skip
_SPOKEN: Final = {
    name: spoken for table in (_REACH, _DETAILS) for spoken, names in table.items() for name in names
}
_OPERATIONS: Final = frozenset({"update user", "set-user", "set-mailbox", "set-mailuser", "update profile"})


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield each change of the subject's data with its old and new value."""
    records = [
        record
        for record in done(evidence)
        if record.operation.casefold() in _OPERATIONS and is_about(record, evidence.subject)
    ]
    for change in merged(_named(records)):
        sign = _grade(change, evidence, usual)
        if sign is not None:
            old = f"from “{one_line(change.old)}” " if change.old else ""
            new = sentence("to “", thing(one_line(change.new)), "”") if change.new else "to nothing"
            yield found(
                _ID,
                sign,
                sentence(f"The {change.name} was changed {old}", new, whence(change.record, usual)),
                change.record,
                before=change.old,
                after=change.new,
                records=change.records,
            )


def _named(records: list[AuditRecord]) -> Iterator[tuple[str, str, str, AuditRecord]]:
    for name, old, new, record in changed_properties(records):
        spoken = _SPOKEN.get(name.casefold().replace(".", ""))
        if spoken:
            yield spoken, old, new, record


def _grade(change: Changed, evidence: Evidence, usual: Usual) -> Sign | None:
    doer = doer_of(change.record, evidence.subject, usual)
    if doer is Doer.SERVICE:
        return None
    if doer is Doer.UNFAMILIAR:
        return REACH_CHANGED if change.name in _REACH else DETAIL_CHANGED
    return {Doer.SUSPECT: BY_SUSPECT, Doer.UNPLACED: UNPLACED}.get(doer, ORDINARY)
