"""Administrator roles that were given, taken or switched on.

Source: Microsoft Entra, "Core Directory audit activities" (Add member to role and its PIM forms); Exchange
PowerShell, "New-ManagementRoleAssignment", "Add-RoleGroupMember"; detections D16, D57, D58 and D62.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from commands.clues.actions import (
    THIS_ACCOUNT,
    at_own_place,
    changed,
    concerns,
    given,
    graded,
    made_member,
    once,
    to_subject,
    whom,
    whose,
)
from commands.clues.records import changing, found, named, one_line, whence
from commands.clues.roles import way
from commands.report import Finding, Sign, weighed
from commands.sentence import WAS, sentence, thing, whole
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence
from graph.question import Subject
from graph.resources.directory import DirectoryRole

TITLE = "Administrator roles assigned or removed"
SOURCE = "additional indicator"
NEEDS: Final = (
    "directory_roles",
    "exchange_role_groups",
    ("audit_log", "directory_audits_on_user", "directory_audits_by_user"),
)
HELPS: Final = ("purview_role_groups", "audit_log_on_mailbox")

BY_INTRUDER = weighed("role_by_intruder")
TO_ONESELF = weighed("role_to_oneself")
IMPERSONATION = weighed("impersonation_given")
POWERFUL = weighed("powerful_role_given")
GIVEN = weighed("role_given")
TAKEN = weighed("role_taken")
ACTIVATED = weighed("role_activated")
WORK = weighed("roles_changed_at_work")
HELD = weighed("role_held")
SIGNS: Final = (BY_INTRUDER, TO_ONESELF, IMPERSONATION, POWERFUL, GIVEN, TAKEN, ACTIVATED, WORK, HELD)

POWERFUL_ROLES: Final = frozenset(
    {
        "global administrator",
        "company administrator",  # the old name of the same role
        "privileged role administrator",
        "privileged authentication administrator",
        "partner tier2 support",
        "hybrid identity administrator",
        "62e90394-69f5-4237-9190-012177145e10",
        "e8611ab8-c189-46e8-94e1-60213ab1f814",
        "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    }
)
"""Roles that can reach every other one. Source: Microsoft Entra, "Privileged roles and permissions"."""

_ACTIVATION: Final = "pim activation"


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield role changes of the window that the subject made or is concerned by, and the roles they hold."""
    yield from once(_all(evidence, usual))


def _all(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    told: set[str] = set()
    for record in changing(evidence):
        subject = evidence.subject
        if not (concerns(record, subject) or made_member(record, subject)):
            continue
        for finding in _change(record, subject, usual):
            told.add(finding.after.casefold())
            yield finding
    for role in evidence.directory_roles.seen(()):
        name = role.name or role.role_definition_id
        if name.casefold() in told:
            continue
        joining = _joining(evidence, role)
        if joining is not None:
            yield _through_group(joining, role, evidence.subject, usual)
            continue
        began = role.start_date_time
        recent = began is not None and began in evidence.window
        sign = HELD
        if recent:
            powerful = {name.casefold(), role.role_definition_id.casefold()} & POWERFUL_ROLES
            sign = ACTIVATED if role.how == "active" else POWERFUL if powerful else GIVEN
        shown = thing(one_line(name) or one_line(role.role_definition_id))
        says = sentence("Has ", shown, f" ({way(role)}){', since the window began' if recent else ''}")
        yield Finding(
            "admin_roles",
            sign,
            whole(says),
            at=began,
            after=name,
            records=(role.assignment_id,),
            act=role.how,
            pieces=says,
        )
    for groups in (evidence.exchange_role_groups, evidence.purview_role_groups):
        for group in groups.seen(()):
            if group.name.casefold() not in told:
                says = sentence("Is a member of the role group ", thing(one_line(group.name)))
                yield Finding(
                    "admin_roles", HELD, whole(says), after=group.name, records=(group.name,), pieces=says
                )


def _joining(evidence: Evidence, role: DirectoryRole) -> AuditRecord | None:
    """The newest record of the subject joining the group that gives a role, where it is held through one."""
    groups = {role.through.casefold(), role.through_name.casefold()} - {""} if role.through else set()
    for record in reversed(tuple(changing(evidence))):
        if "member to group" not in record.operation.casefold() or not concerns(record, evidence.subject):
            continue
        named = {changed(record, name)[1].casefold() for name in ("Group.ObjectID", "Group.DisplayName")}
        if groups & named:
            return record
    return None


def _through_group(record: AuditRecord, role: DirectoryRole, subject: Subject, usual: Usual) -> Finding:
    name = one_line(role.name) or one_line(role.role_definition_id)
    group = one_line(role.through_name) or one_line(role.through)
    powerful = bool({role.name.casefold(), role.role_definition_id.casefold()} & POWERFUL_ROLES)
    sign = _sign(record, subject, usual, powerful=powerful, activation=False)
    to = f" assigned to {whom(record, subject)} through the group {group}"
    says = sentence(thing(name), WAS, to, whence(record, usual))
    after = role.name or role.role_definition_id
    finding = found("admin_roles", sign, says, record, after=after, act=f"through:{role.through}")
    return replace(finding, records=(*finding.records, role.assignment_id))


def _change(record: AuditRecord, subject: Subject, usual: Usual) -> Iterator[Finding]:
    operation = record.operation.casefold()
    if operation in _EXCHANGE:
        yield from _exchange(record, subject, usual)
        return
    if "member to role" not in operation and "member from role" not in operation:
        return
    old = changed(record, "Role.DisplayName")[0] or changed(record, "Role.TemplateId")[0]
    new = changed(record, "Role.DisplayName")[1] or changed(record, "Role.TemplateId")[1]
    template = "".join(changed(record, "Role.TemplateId")).casefold()
    name = one_line(new or old or record.details.get("TargetName", "") or "a role")
    to, account = whom(record, subject), whose(record, subject)
    if "remove" in operation:
        if _ACTIVATION in operation or "expired" in operation:
            return  # an activation that ran out
        sign = graded(record, usual, suspect=BY_INTRUDER, plain=TAKEN, familiar=_work(record, subject))
        says = sentence(thing(name), WAS, f" removed from {to}", whence(record, usual))
        yield found("admin_roles", sign, says, record, before=name, act=f"removed:{account}")
        return
    if operation.endswith(("requested", "denied")) or "request" in operation.split("(")[0]:
        return  # only the completed change counts
    powerful = name.casefold() in POWERFUL_ROLES or template in POWERFUL_ROLES
    sign = _sign(record, subject, usual, powerful=powerful, activation=_ACTIVATION in operation)
    act, verb = ("activated", "activated (PIM) for") if _ACTIVATION in operation else ("given", "assigned to")
    says = sentence(thing(name), WAS, f" {verb} {to}", whence(record, usual))
    yield found("admin_roles", sign, says, record, after=name, act=f"{act}:{account}")


def _sign(record: AuditRecord, subject: Subject, usual: Usual, *, powerful: bool, activation: bool) -> Sign:
    if usual.is_suspect_record(record):
        return BY_INTRUDER
    if activation:
        return ACTIVATED
    if to_subject(record, subject) and record.owner and subject.is_meant_by(record.actor):
        return TO_ONESELF
    if powerful:
        return POWERFUL
    return graded(record, usual, suspect=BY_INTRUDER, plain=GIVEN, familiar=_work(record, subject))


def _work(record: AuditRecord, subject: Subject) -> Sign | None:
    """Give the sign of an administrator's day, where the subject changed somebody else's role."""
    return WORK if subject.is_meant_by(record.actor) and not to_subject(record, subject) else None


_EXCHANGE: Final = frozenset(
    {
        "new-managementroleassignment",
        "new-rolegroup",
        "add-rolegroupmember",
        "update-rolegroupmember",
        "remove-rolegroupmember",
    }
)


_NOBODY_HAS: Final = frozenset({"ediscoverymanager", "ediscoverymanagers"})
"""Role groups of Purview that no administrator is in without having been added.

Source: Microsoft Purview, "Assign permissions in eDiscovery" (members of Organization Management add others
and themselves).
"""


def _key(group: str) -> str:
    return "".join(group.casefold().split())


def _exchange(record: AuditRecord, subject: Subject, usual: Usual) -> Iterator[Finding]:
    parameters = given(record)
    roles = ";".join(parameters.get(name, "") for name in ("role", "roles"))
    group = parameters.get("name") or parameters.get("identity") or record.object_id.rpartition("/")[2]
    who = parameters.get("members") or parameters.get("member") or parameters.get("user") or "somebody"
    what = one_line(roles.strip(";") or group)
    if record.operation.casefold() == "remove-rolegroupmember":
        sign = graded(record, usual, suspect=BY_INTRUDER, plain=TAKEN, familiar=_work(record, subject))
        says = sentence(f"{named(who)} was removed from ", thing(one_line(group)), whence(record, usual))
        yield found("admin_roles", sign, says, record, before=group, act=f"removed:{who.casefold()}")
        return
    at_work = subject.is_meant_by(record.actor) and at_own_place(record, usual)
    to_self = subject.is_meant_by(who) and subject.is_meant_by(record.actor)
    if usual.is_suspect_record(record):
        sign = BY_INTRUDER
    elif "impersonation" in f"{roles} {group}".casefold():
        sign = GIVEN if at_work and not to_self else IMPERSONATION
    elif to_self:
        sign = GIVEN if at_work and _key(group) in _NOBODY_HAS else TO_ONESELF
    elif "organization management" in group.casefold():
        sign = POWERFUL
    else:
        sign = graded(record, usual, suspect=BY_INTRUDER, plain=GIVEN, familiar=_work(record, subject))
    own = subject.is_meant_by(who)
    to = THIS_ACCOUNT if own else named(who)
    says = sentence(thing(what), WAS, f" assigned to {to}", whence(record, usual))
    act = f"given:{what}:{'' if own else who.casefold()}"
    yield found("admin_roles", sign, says, record, after=group, act=act)
