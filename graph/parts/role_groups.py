"""Role groups of Exchange or Purview that the subject is a member of.

Source: Exchange PowerShell, "Get-RoleGroup" and "Get-RoleGroupMember". A member that is a group in
its turn is not opened: who is in a role group through another group is not seen here.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from graph.asking import Effect, Item, fetch, try_each
from graph.errors import GraphError
from graph.evidence import Known, RoleGroup
from graph.parts.reading import lacking
from graph.question import Question, Subject
from graph.request import Cmdlet

_NAMES = (
    "PrimarySmtpAddress",
    "WindowsLiveID",
    "ExternalDirectoryObjectId",
    "WindowsEmailAddress",
    "Identity",
    "Name",
)


def role_groups(
    question: Question, *, compliance: bool
) -> Generator[Effect, Any, Known[tuple[RoleGroup, ...]]]:
    """Read all role groups, then all their members at the same time, and keep the subject's groups."""
    groups = yield from fetch(Cmdlet("Get-RoleGroup", compliance=compliance))
    # Groups that list no member need no second question; where the list is not given, it must be asked.
    asked = [group for group in groups if group.get("Members") != []]
    answers = yield from try_each(
        [Cmdlet("Get-RoleGroupMember", {"Identity": _key(group)}, compliance=compliance) for group in asked]
    )
    found, missing = [], []
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
    local = subject.user_principal_name.partition("@")[0]
    for name in _NAMES:
        text = str(member.get(name) or "")
        if text and (
            subject.is_meant_by(text) or (name in ("Identity", "Name") and text.casefold() == local)
        ):
            return True
    return False


def _name(group: Item) -> str:
    return str(group.get("Name") or group.get("Identity") or "")


def _key(group: Item) -> str:
    return str(group.get("Identity") or group.get("Name") or "")


def _role(role: object) -> str:
    """Roles come as distinguished names or as plain ones; only the name itself is for people."""
    return str(role).rpartition("/")[2].removeprefix("CN=").partition(",")[0]
