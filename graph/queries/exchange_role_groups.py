"""The role groups of Exchange that the user is in. Source: Exchange PowerShell, "Get-RoleGroup"."""

from __future__ import annotations

from graph.effects import Asking
from graph.parts.role_groups import role_groups
from graph.question import Question
from graph.request import Cmdlet
from graph.resources.directory import RoleGroup

ASKS = (
    Cmdlet("Get-RoleGroup"),
    Cmdlet("Get-RoleGroupMember"),
)
LICENSE = ""


def ask(question: Question) -> Asking[tuple[RoleGroup, ...]]:
    """Ask Exchange Online."""
    return (yield from role_groups(question, compliance=False))
