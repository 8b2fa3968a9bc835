"""Take away rights that others hold on the mailbox or its folders.

Source: Exchange PowerShell, "Remove-MailboxPermission", "Remove-RecipientPermission", "Set-Mailbox"
(GrantSendOnBehalfTo), "Remove-MailboxFolderPermission" and "Set-MailboxFolderPermission".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from commands.clues.actions import given
from commands.plans.plan import Change, Look, Nothing, Phase, Planned, State, Undo
from commands.plans.planning_input import PlanningInput
from commands.report import Finding
from commands.steps.mailbox_parts import MULTI, unseen, with_gaps
from commands.steps.parts import asks_for, because, first_line, name_of, refusals
from commands.symptoms.delegates import first_part, may_be_same
from graph.audit_log.record import AuditRecord
from graph.request import Cmdlet, Request
from graph.resources.mailbox import Delegate, DelegateKind

TITLE = "Remove delegates of the mailbox"
SOURCE = "additional step"
PHASE = Phase.ERADICATE
PLANS = "one change for each permission: Full Access, Send As, Send on Behalf, folders"
UNDO = "the same permission"
PEOPLE = "one"
NEEDS: Final = ("delegates",)
WRITES: tuple[Request | Cmdlet, ...] = (
    Cmdlet("Remove-MailboxPermission"),
    Cmdlet("Remove-RecipientPermission"),
    Cmdlet("Set-Mailbox"),
    Cmdlet("Remove-MailboxFolderPermission"),
)

_ID: Final = "remove_delegates"
_EVERYBODY: Final = frozenset({"default", "anonymous"})
_BETWEEN: Final = re.compile(r"[;,]")
_OPERATIONS: Final = {
    "recipientpermission": DelegateKind.SEND_AS,
    "folderpermission": DelegateKind.FOLDER,
    "calendardelegation": DelegateKind.FOLDER,
    "mailboxpermission": DelegateKind.FULL_ACCESS,
    "set-mailbox": DelegateKind.SEND_ON_BEHALF,
}
"""Which kind of right an operation gives, by a part of its name; the first one that fits."""
_CALENDAR: Final = "Calendar"


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to take away each right that somebody else holds; those with a finding are suggested."""
    if refused := refusals(planning, _ID):
        yield from refused
        return
    known: dict[str, Delegate] = {}
    for delegate in planning.evidence.delegates.seen(()):
        known.setdefault(_key(delegate).casefold(), delegate)
    unclear = [one for one in known.values() if _is_unclear(one)]
    told = _by_holder(planning)
    changes = [_change(planning, one, told) for one in known.values() if not _is_unclear(one)]
    if not unclear:
        yield from with_gaps(_ID, planning, changes, "There are no delegates.", *NEEDS)
        return
    yield from changes
    yield from (Nothing(_ID, _why_unclear(one), refused=True) for one in unclear)
    yield from unseen(_ID, planning, *NEEDS)


def _why_unclear(one: Delegate) -> str:
    who, folder = first_line(one.who, "Someone"), first_line(one.folder, "without a name")
    shown = first_line(one.held_as)
    return (
        f"{who} has permissions on the folder {folder}. Exchange shows only "
        f"{f'the name {shown}' if shown else 'this name'}, which "
        "several people may share. Remove the permission in Outlook or manually."
    )


def _is_unclear(delegate: Delegate) -> bool:
    """Whether a holder is known by a display name alone: a change could meet another of that name."""
    everybody = delegate.who.casefold() in _EVERYBODY
    nameless = not everybody and "@" not in delegate.who
    return delegate.kind is DelegateKind.FOLDER and (delegate.by_name or nameless)


def _key(delegate: Delegate) -> str:
    return f"{delegate.kind}:{delegate.who}:{delegate.folder}"


def _finding(
    planning: PlanningInput, delegate: Delegate, told: Mapping[str, Sequence[Finding]]
) -> Finding | None:
    """The finding on the right as it stands, or on the record that gave it.

    A record may name the holder by address where the mailbox shows an alias.
    """
    standing = planning.finding_on(_key(delegate), "delegates")
    records = planning.records
    fitting = [
        one
        for one in told.get(first_part(delegate.who), ())
        if any(may_be_same(name, delegate.who) for name in _BETWEEN.split(one.after))
        and all(_may_give(records[name], delegate) for name in one.records if name in records)
    ]
    telling = (one for one in fitting if _is_of_kind(one, delegate, records))
    return standing or next(telling, None) or next(iter(fitting), None)


def _by_holder(planning: PlanningInput) -> Mapping[str, Sequence[Finding]]:
    """Give the findings by the first part of each name in them: those with another one mean somebody else."""
    told: dict[str, list[Finding]] = defaultdict(list)
    for one in planning.findings("delegates"):
        for part in {first_part(name) for name in _BETWEEN.split(one.after)}:
            told[part].append(one)
    return told


def _may_give(record: AuditRecord, delegate: Delegate) -> bool:
    """Whether a record can be about this very right: its holder may have had others for long."""
    kind = _kind_of(record)
    if kind is not None and kind is not delegate.kind:
        return False
    folder = given(record).get("identity", "").rpartition(":")[2]
    if delegate.kind is not DelegateKind.FOLDER or not folder.startswith("\\"):
        return True
    return folder.casefold() == delegate.folder.casefold()


def _kind_of(record: AuditRecord) -> DelegateKind | None:
    return next((kind for word, kind in _OPERATIONS.items() if word in record.operation.casefold()), None)


def _is_of_kind(finding: Finding, delegate: Delegate, records: Mapping[str, AuditRecord]) -> bool:
    """Whether a finding's records gave this kind of right; its holder may have been given several."""
    shown = [records[name] for name in finding.records if name in records]
    held = {right.casefold() for right in delegate.rights}
    for record in shown:
        if _kind_of(record) is delegate.kind:
            rights = {one.strip() for one in given(record).get("accessrights", "").casefold().split(",")}
            if delegate.kind in (DelegateKind.SEND_ON_BEHALF, DelegateKind.FOLDER) or rights & held:
                return True
    return False


def _change(planning: PlanningInput, delegate: Delegate, told: Mapping[str, Sequence[Finding]]) -> Change:
    name = planning.subject.user_principal_name
    who, owner = first_line(delegate.who, "someone without a name"), name_of(planning)
    finding = _finding(planning, delegate, told)
    parts: dict[str, Any] = {
        "id": f"{_ID}:{_key(delegate)}",
        "step": _ID,
        "why": because(finding, "The permission exists; no evidence that it is recent or unwanted."),
        "suggested": asks_for(planning, finding),
    }
    match delegate.kind:
        case DelegateKind.FULL_ACCESS:
            return _full_access(name, owner, who, delegate, parts)
        case DelegateKind.SEND_AS:
            return _send_as(name, owner, who, delegate, parts)
        case DelegateKind.SEND_ON_BEHALF:
            return _send_on_behalf(name, owner, who, delegate, parts)
        case DelegateKind.FOLDER:
            return _folder(name, owner, who, delegate, parts)


def _full_access(name: str, owner: str, who: str, delegate: Delegate, parts: dict[str, Any]) -> Change:
    rights = list(delegate.rights)
    parameters = {
        "Identity": name,
        "User": delegate.who,
        "AccessRights": rights,
        "InheritanceType": "All",
        "Confirm": False,
    }
    look = Look(
        Cmdlet("Get-MailboxPermission", {"Identity": name}, anchor=name),
        where={"User": delegate.who, "Deny": False},
        unless={"IsInherited": True},
        fields=("AccessRights",),
    )
    before: State = {"AccessRights": rights}
    return Change(
        says=f"Remove {who}'s permission on {owner}'s mailbox ({', '.join(rights)})",
        do=Cmdlet("Remove-MailboxPermission", parameters, anchor=name),
        look=look,
        expects=before,
        wants=None,
        undo=Undo(
            says=f"Grant {who} permission on {owner}'s mailbox again ({', '.join(rights)})",
            do=Cmdlet("Add-MailboxPermission", parameters, anchor=name),
            look=look,
            wants=before,
            note=(
                "It is restored for the whole mailbox with automapping; the previous "
                "automapping setting is unknown."
            ),
        ),
        **parts,
    )


def _send_as(name: str, owner: str, who: str, delegate: Delegate, parts: dict[str, Any]) -> Change:
    rights = list(delegate.rights)
    parameters = {"Identity": name, "Trustee": delegate.who, "AccessRights": rights, "Confirm": False}
    look = Look(
        Cmdlet("Get-RecipientPermission", {"Identity": name}, anchor=name),
        where={"Trustee": delegate.who},
        unless={"AccessControlType": "Deny"},
        fields=("AccessRights",),
    )
    before: State = {"AccessRights": rights}
    return Change(
        says=f"Remove {who}'s Send As permission for {owner}",
        do=Cmdlet("Remove-RecipientPermission", parameters, anchor=name),
        look=look,
        expects=before,
        wants=None,
        undo=Undo(
            says=f"Grant {who} Send As permission for {owner} again",
            do=Cmdlet("Add-RecipientPermission", parameters, anchor=name),
            look=look,
            wants=before,
        ),
        **parts,
    )


def _send_on_behalf(name: str, owner: str, who: str, delegate: Delegate, parts: dict[str, Any]) -> Change:
    field = "GrantSendOnBehalfTo"

    held = delegate.held_as or delegate.who

    def put(verb: str) -> Cmdlet:
        parameters = {"Identity": name, field: {"@odata.type": MULTI, verb: held}}
        return Cmdlet("Set-Mailbox", parameters, anchor=name)

    look = Look(Cmdlet("Get-Mailbox", {"Identity": name}, anchor=name, select=(field,)), where={field: held})
    return Change(
        says=f"Remove {who}'s Send on Behalf permission for {owner}",
        do=put("remove"),
        look=look,
        expects={},
        wants=None,
        undo=Undo(
            says=f"Grant {who} Send on Behalf permission for {owner} again",
            do=put("add"),
            look=look,
            wants={},
        ),
        **parts,
    )


def _folder(name: str, owner: str, who: str, delegate: Delegate, parts: dict[str, Any]) -> Change:
    """Rights on a folder; what everybody holds cannot be removed, and goes back to what it is by default."""
    rights = list(delegate.rights)
    folder = f"{name}:{delegate.folder}"
    base = {"Identity": folder, "User": delegate.who}
    look = Look(
        Cmdlet("Get-MailboxFolderPermission", {"Identity": folder}, anchor=name),
        where={"User": delegate.held_as or delegate.who},
        fields=("AccessRights",),
    )
    before: State = {"AccessRights": rights}
    path = first_line(delegate.folder, "without a name")
    shown = f"the folder {path}" if delegate.folder.strip("\\") else "the top folder"
    everybody = delegate.who.casefold() in _EVERYBODY
    if everybody:
        # Only a calendar tells everybody something by default: when its owner is busy.
        busy = delegate.who.casefold() == "default" and delegate.folder_type == _CALENDAR
        plain = ["AvailabilityOnly" if busy else "None"]
        wants: State = {"AccessRights": plain}
        do = Cmdlet("Set-MailboxFolderPermission", {**base, "AccessRights": plain}, anchor=name)
        back = Cmdlet("Set-MailboxFolderPermission", {**base, "AccessRights": rights}, anchor=name)
        whose = (
            "everyone in the organization"
            if who.casefold() == "default"
            else "anyone outside the organization"
        )
    else:
        wants = None
        do = Cmdlet("Remove-MailboxFolderPermission", {**base, "Confirm": False}, anchor=name)
        back = Cmdlet("Add-MailboxFolderPermission", {**base, "AccessRights": rights}, anchor=name)
        whose = who
    return Change(
        says=f"Remove the permissions of {whose} on {shown} of {owner} ({', '.join(rights)})",
        do=do,
        look=look,
        expects=before,
        wants=wants,
        undo=Undo(
            says=f"Grant {whose} the permissions on {shown} of {owner} again ({', '.join(rights)})",
            do=back,
            look=look,
            wants=before,
            note="" if everybody else "Delivery of meeting requests to the delegate is not restored.",
        ),
        **parts,
    )
