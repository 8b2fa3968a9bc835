"""What the steps for the mailbox and the roles share: saying what was not seen, and the forms of Exchange."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from commands.clues.records import one_line
from commands.plans.plan import Change, Look, Nothing, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.report import spoken
from commands.steps.parts import because, first_line, is_compromised, name_of
from graph.evidence import Reason, Unavailable
from graph.parts.role_groups import names_of
from graph.request import Cmdlet
from graph.resources.directory import RoleGroup

MULTI = "#Exchange.GenericHashTable"
"""The type of a value that adds to a list of Exchange's, or takes from it."""


def unseen(step: str, planning: PlanningInput, *sources: str) -> Iterator[Nothing]:
    """Say what of the sources could not be seen, one sentence each; nothing where all was seen.

    An account without a mailbox has nothing that could be done, which is no refusal.
    """
    for name in sources:
        source = getattr(planning.evidence, name)
        if isinstance(source, Unavailable):
            why = f"Not collected: {spoken(name)} ({source.says.rstrip('.')})."
            yield Nothing(step, why, refused=source.reason is not Reason.NO_MAILBOX)
        elif source.missing:
            why = f"Partially collected: {spoken(name)} ({'; '.join(source.missing)})."
            yield Nothing(step, why, refused=True)


def with_gaps(
    step: str, planning: PlanningInput, changes: Iterable[Change], otherwise: str, *sources: str
) -> Iterator[Planned]:
    """Give the changes, then what could not be seen; `otherwise` where there is neither."""
    planned = tuple(changes)
    gaps = tuple(unseen(step, planning, *sources))
    yield from planned
    yield from gaps
    if not planned and not gaps:
        yield Nothing(step, otherwise)


def leave_role_group(
    step: str, planning: PlanningInput, group: RoleGroup, where: str, *, compliance: bool
) -> Change:
    """Plan to take the account out of one role group of Exchange or Purview.

    Args:
        step: The step's id.
        planning: What it plans from.
        group: The role group.
        where: What people call the service.
        compliance: Whether the group is Purview's.

    Source: Exchange PowerShell, "Remove-RoleGroupMember", "Add-RoleGroupMember" and "Get-RoleGroupMember".
    """
    subject, owner, name = (
        planning.subject,
        name_of(planning),
        first_line(group.name, "without a name"),
    )
    found = planning.findings("admin_roles")
    names = {group.name.casefold(), name.casefold()}
    finding = next((one for one in found if one.after.casefold() in names or group.name in one.records), None)
    look = Look(
        Cmdlet("Get-RoleGroupMember", {"Identity": group.name}, compliance=compliance),
        either=names_of(subject),
    )
    # Security & Compliance has no manager check to pass by, and refuses the parameter.
    bypass = {} if compliance else {"BypassSecurityGroupManagerCheck": True}
    parameters = {
        "Identity": group.name,
        "Member": subject.user_principal_name,
        **bypass,
        "Confirm": False,
    }
    roles = ", ".join(one_line(role) for role in group.roles)
    return Change(
        id=f"{step}:{group.name}",
        step=step,
        says=f"Remove {owner} from the {where} role group {name}",
        why=because(finding, "The account is a member; no evidence that this is recent."),
        do=Cmdlet("Remove-RoleGroupMember", parameters, compliance=compliance),
        look=look,
        expects={},
        wants=None,
        undo=Undo(
            says=f"Add {owner} to the {where} role group {name} again",
            do=Cmdlet("Add-RoleGroupMember", parameters, compliance=compliance),
            look=look,
            wants={},
        ),
        suggested=finding is not None and is_compromised(planning),
        warns=(f"The role group grants {roles}",) if roles else (),
    )
