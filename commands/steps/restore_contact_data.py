"""Put the user's contact data back to what it was before the intruder changed it.

Source: Microsoft's document, step 7, third precaution; Microsoft Graph v1.0, "Update user". The values of
before come from the audit records that the findings rest on, and only what still has the intruder's value is
put back. Telephone numbers and other mail addresses of an administrator may be changed only by an application
with a high role (Microsoft Graph, "Working with users", who can perform sensitive actions).

Whether it was the user is asked by telephone, at the number from before the change: chat and mail may be read
and answered by whoever holds the account, and so may a telephone whose number the intruder put in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from commands.clues.records import changed_properties, one_line
from commands.plans.plan import Change, ManualTask, Nothing, Phase, Planned, Undo, same
from commands.plans.planning_input import PlanningInput
from commands.report import Finding, Severity, VerdictCode
from commands.steps.parts import privileges, refusals, user_look, user_path
from graph.audit_log.record import AuditRecord
from graph.evidence import Unavailable
from graph.request import Cmdlet, Request
from graph.resources.directory import User

TITLE = "Make sure that the contact information is correct"
SOURCE = "step 7"
PHASE = Phase.RECOVER
PLANS = (
    "one change for each property that still has the attacker's value; manual tasks where only "
    "people know or may change it, and to ask the user by phone"
)
UNDO = "the current value is restored"
PEOPLE = "one"
NEEDS: tuple[str, ...] = ("user",)
WRITES: tuple[Request | Cmdlet, ...] = (
    Request("PATCH", "/users/{id}", body={"displayName": ""}),
    Request("PATCH", "/users/{id}", body={"mobilePhone": ""}),
    Request("PATCH", "/users/{id}", body={"otherMails": []}),
)

_ID: Final = "restore_contact_data"
_SYMPTOMS: Final = ("profile_changes", "display_name")


@dataclass(frozen=True, slots=True)
class Field:
    """A property of the user object that can be put back.

    Attributes:
        graph: Its name in Graph.
        value: Its name in `graph.resources.directory.User`.
        spoken: What people call it.
        audited: Its names in audit records and cmdlets, in lower case and without dots.
        many: Whether it holds a list.
        needed: Whether it must not be empty.
        sensitive: Whether changing it on an administrator takes a high role.
    """

    graph: str
    value: str
    spoken: str
    audited: tuple[str, ...]
    many: bool = False
    needed: bool = False
    sensitive: bool = False


FIELDS: Final = (
    Field("displayName", "display_name", "display name", ("displayname",), needed=True),
    Field("givenName", "given_name", "given name", ("givenname", "firstname")),
    Field("surname", "surname", "surname", ("surname", "lastname", "sn")),
    Field("mobilePhone", "mobile_phone", "mobile number", ("mobile", "mobilephone"), sensitive=True),
    Field(
        "businessPhones",
        "business_phones",
        "phone number",
        ("telephonenumber", "phone", "businessphones"),
        many=True,
        sensitive=True,
    ),
    Field("faxNumber", "fax_number", "fax number", ("facsimiletelephonenumber", "fax", "faxnumber")),
    Field(
        "otherMails",
        "other_mails",
        "other email address",
        ("othermail", "othermails", "alternateemail", "alternateemailaddresses", "alternatemailaddress"),
        many=True,
        sensitive=True,
    ),
    Field("streetAddress", "street_address", "street", ("streetaddress",)),
    Field("postalCode", "postal_code", "postal code", ("postalcode",)),
    Field("city", "city", "city", ("city", "l")),
    Field("state", "state", "state", ("state", "stateorprovince")),
    Field("country", "country", "country", ("country", "countryorregion", "co")),
    Field(
        "officeLocation",
        "office_location",
        "office",
        ("physicaldeliveryofficename", "office", "officelocation"),
    ),
    Field("jobTitle", "job_title", "job title", ("jobtitle", "title")),
    Field("department", "department", "department", ("department",)),
    Field("companyName", "company_name", "company", ("companyname", "company")),
    Field("usageLocation", "usage_location", "usage location", ("usagelocation",), needed=True),
)
"""Everything that the check reads and Graph can write. Source: Microsoft Graph v1.0, "Update user"."""

_PHONES: Final = ("mobilePhone", "businessPhones")

_BY_NAME: Final = {name: field for field in FIELDS for name in field.audited}


@dataclass(frozen=True, slots=True)
class Told:
    """What a finding tells about one property.

    Attributes:
        finding: The finding.
        field: The property.
        before: What was there before; None where no record tells.
    """

    finding: Finding
    field: Field
    before: str | None


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Yield a change for each property that still has the intruder's value, and manual tasks for the rest."""
    refused = refusals(planning, _ID, NEEDS)
    if refused or isinstance(planning.evidence.user, Unavailable):
        yield from refused
        return
    user = planning.evidence.user.value
    yielded = False
    for field in FIELDS:
        for planned in _of_field(field, user, planning):
            yielded = True
            yield planned
    for task in (*_by_hand(planning), *_by_phone(planning, user)):
        yielded = True
        yield task
    if not yielded:
        yield Nothing(_ID, "No suspicious contact data change is still in effect.")


def _of_field(field: Field, user: User, planning: PlanningInput) -> Iterator[Planned]:
    present = _present(field, user)
    told = [one for one in _told(planning) if one.field is field]
    last = next((one for one in reversed(told) if one.finding.after.strip() == _text(present)), None)
    if last is None:
        return
    before = _original(last, told)
    value = None if before is None else _value(field, before)
    empty = value in (None, [])
    if value is not None and same({field.graph: value}, {field.graph: present}):
        return
    if before is None or (field.needed and empty) or user.on_premises_sync_enabled:
        yield _task(field, user, _text(present), before, last.finding)
        return
    yield _change(field, user, last.finding, planning, present=present, value=value)


def _change(
    field: Field, user: User, finding: Finding, planning: PlanningInput, *, present: Any, value: Any
) -> Change:
    path, look = user_path(planning), user_look(planning, field.graph)
    back = f"to “{one_line(_text(value))}”" if value else "to empty, as before"
    return Change(
        id=f"{_ID}:{field.graph}",
        step=_ID,
        says=f"Restore the {field.spoken} of {user.user_principal_name} {back}",
        why=finding.summary.rstrip("."),
        do=Request("PATCH", path, body={field.graph: value}),
        look=look,
        expects={field.graph: present},
        wants={field.graph: value},
        undo=Undo(
            says=f"Set the {field.spoken} of {user.user_principal_name} to “{one_line(_text(present))}” again"
            if present
            else f"Clear the {field.spoken} of {user.user_principal_name} again",
            do=Request("PATCH", path, body={field.graph: present}),
            look=look,
            wants={field.graph: present},
            note="This is the value that the attacker set",
        ),
        suggested=finding.severity >= Severity.MEDIUM,
        warns=privileges(planning) if field.sensitive else (),
    )


def _task(field: Field, user: User, present: str, before: str | None, finding: Finding) -> ManualTask:
    """Leave to people what is mastered on-premises, or what nobody knows the earlier value of."""
    where = (
        "Change it in the on-premises directory, which overwrites the cloud, and start a sync"
        if user.on_premises_sync_enabled
        else "Change it in the Microsoft Entra admin center, on the user's page under Properties"
    )
    was = (
        f"Previous value: “{one_line(before)}”"
        if before
        else "The previous value is unknown; call the user"
        if before is None or field.needed
        else "Previous value: empty"
    )
    return ManualTask(
        id=f"{_ID}:{field.graph}",
        step=_ID,
        says=f"Restore the {field.spoken} of {user.user_principal_name} manually",
        how=(finding.summary.rstrip("."), f"Current value: “{one_line(present)}”", was, where),
        suggested=finding.severity >= Severity.MEDIUM,
    )


def _by_hand(planning: PlanningInput) -> Iterator[ManualTask]:
    """Leave to people what was changed and is no property that the bot puts back."""
    covered = {one.finding for one in _told(planning)}
    rest = [one for one in planning.findings(*_SYMPTOMS) if one not in covered]
    if rest:
        yield ManualTask(
            id=f"{_ID}:rest",
            step=_ID,
            says=f"Verify the remaining contact data of {planning.subject.user_principal_name}",
            how=(
                *(one.summary.rstrip(".") for one in sorted(rest, key=lambda one: one.summary)),
                "Call the user for the correct value, and restore it at its source",
            ),
            suggested=any(one.severity >= Severity.MEDIUM for one in rest),
        )


def _by_phone(planning: PlanningInput, user: User) -> Iterator[ManualTask]:
    """Ask the user of an accused account by telephone, at a number that the intruder did not put in."""
    if planning.report.verdict.answer not in (VerdictCode.COMPROMISED, VerdictCode.SUSPICIOUS):
        return
    told = _told(planning)
    numbers = [line for field in FIELDS if field.graph in _PHONES for line in _number(field, user, told)]
    yield ManualTask(
        id=f"{_ID}:ask_by_phone",
        step=_ID,
        says=(
            f"Call {user.user_principal_name} at the number from before the change, and ask "
            "whether it was them"
        ),
        how=(
            *(numbers or ["The directory has no number; get one from HR"]),
            "Do not use email or chat, or a number received that way",
            "Ask which findings were their own actions, and when they first noticed anything",
            "Ask where the same password is used",
        ),
        suggested=True,
    )


def _number(field: Field, user: User, told: list[Told]) -> Iterator[str]:
    """Say which number to call: the one from before, or the present one with a warning."""
    present = one_line(_text(_present(field, user)))
    changes = [one for one in told if one.field is field]
    if not changes:
        if present:
            yield (
                f"The {field.spoken} is “{present}”; no change was recorded, but it may still be "
                "the attacker's, so compare it with another source"
            )
        return
    before = one_line(_original(changes[-1], changes) or "")
    if before:
        yield f"The {field.spoken} from before the change: “{before}”"
    now = (
        f"The current {field.spoken} “{present}” may be the attacker's"
        if present and present != before
        else ""
    )
    if now:
        yield f"{now}; do not call it" if before else f"{now}, and the previous one is unknown"


def _told(planning: PlanningInput) -> list[Told]:
    """Give what the findings tell about properties that can be put back, oldest first."""
    records = planning.records
    found = [
        told
        for finding in planning.findings(*_SYMPTOMS)
        for told in _read(finding, [records[one] for one in finding.records if one in records])
    ]
    end = planning.evidence.window.end
    return sorted(found, key=lambda one: (one.finding.at or end, one.field.graph))


def _read(finding: Finding, records: list[AuditRecord]) -> Iterator[Told]:
    """Find out from its records which property a finding is about, and whether its old value is known."""
    listed: dict[str, Field] = {}
    given: dict[str, Field] = {}
    for record in records:
        names = {change.name.casefold() for change in record.changes}
        for name, old, new, _ in changed_properties([record]):
            field = _BY_NAME.get(name.casefold().replace(".", ""))
            if field is None or new != finding.after:
                continue
            if name.casefold() in names and old == finding.before:
                listed[field.graph] = field
            elif not old:
                given[field.graph] = field
    # A cmdlet's record tells the new value only: "" is then no old value, but one that nobody wrote down.
    for field in (listed or given).values():
        known = bool(listed) or bool(finding.before)
        yield Told(finding, field, finding.before if known else None)


def _original(last: Told, told: list[Told]) -> str | None:
    """Follow the intruder's changes of one property back to the value from before the first of them."""
    before = last.before
    for one in reversed(told[: told.index(last)]):
        if before is not None and one.finding.after == before:
            before = one.before
    return before


def _present(field: Field, user: User) -> Any:
    value = getattr(user, field.value)
    return list(value) if field.many else value or None


def _value(field: Field, text: str) -> Any:
    """Read an audited text as the property's value; several texts are joined there with comma and blank."""
    if field.many:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text.strip() or None


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value or "").strip()
