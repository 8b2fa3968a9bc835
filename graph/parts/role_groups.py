"""Role groups of Exchange or Purview that the subject is a member of.

Source: Exchange PowerShell, "Get-RoleGroup" and "Get-RoleGroupMember". A member that is a group in
its turn is not opened: who is in a role group through another group is not seen here.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from graph.effects import Effect, Item, fetch, try_each
from graph.errors import GraphError
from graph.evidence import Known
from graph.parts.reading import lacking, untold
from graph.question import Question, Subject
from graph.request import Cmdlet
from graph.resources.directory import RoleGroup

_NAMES = (
    "ExternalDirectoryObjectId",
    "PrimarySmtpAddress",
    "WindowsLiveID",
    "WindowsEmailAddress",
    "Identity",
    "Name",
)


def role_groups(
    question: Question, *, compliance: bool
) -> Generator[Effect, Any, Known[tuple[RoleGroup, ...]]]:
    """Read all role groups, then all their members at the same time, and keep the subject's groups."""
    groups = yield from fetch(Cmdlet("Get-RoleGroup", compliance=compliance))
    # Exchange lists the members; Security & Compliance may leave the list empty, so it is asked for each.
    asked = [group for group in groups if compliance or group.get("Members") != []]
    answers = yield from try_each(
        [Cmdlet("Get-RoleGroupMember", {"Identity": _key(group)}, compliance=compliance) for group in asked]
    )
    found, missing = [], list(untold(groups, "Name"))
    for group, answer in zip(asked, answers, strict=True):
        if isinstance(answer, GraphError):
            missing.append(lacking(f"the members of {_name(group)}", answer))
        elif any(is_subject(member, question.subject) for member in answer):
            found.append(
                RoleGroup(name=_name(group), roles=tuple(_role(role) for role in group.get("Roles") or ()))
            )
    return Known(tuple(found), missing=tuple(missing))


def is_subject(member: Item, subject: Subject) -> bool:
    """Say whether a member of a role group is the subject, by any of its names."""
    (decides, ids), *others = names_of(subject)
    if member.get(decides):
        return str(member[decides]).casefold() in ids
    return any(str(member.get(field) or "").casefold() in names for field, names in others)


def names_of(subject: Subject) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What each field of a member may hold that means the subject, in small letters.

    Which of them is filled in differs: app-only sessions of Security & Compliance may give the object id as
    the name and nothing else. Whoever looks for a member, to read or before a change, looks by all of them;
    the first, where it is filled in, decides alone, for somebody else may have the same name.
    """
    anyhow = tuple(
        dict.fromkeys(
            name.casefold() for name in (subject.id, subject.user_principal_name, *subject.addresses) if name
        )
    )
    local = subject.user_principal_name.partition("@")[0].casefold()
    return tuple((field, (*anyhow, local) if field in ("Identity", "Name") else anyhow) for field in _NAMES)


def _name(group: Item) -> str:
    return str(group.get("Name") or group.get("Identity") or "")


def _key(group: Item) -> str:
    return str(group.get("Identity") or group.get("Name") or "")


def _role(role: object) -> str:
    """Roles come as distinguished names or as plain ones; only the name itself is for people."""
    return str(role).rpartition("/")[2].removeprefix("CN=").partition(",")[0]
