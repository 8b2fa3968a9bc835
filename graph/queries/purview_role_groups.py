"""The role groups of Purview and Defender that the user is in.

Source: Security & Compliance PowerShell, "Get-RoleGroup".
"""

from __future__ import annotations

from graph.effects import Asking
from graph.parts.role_groups import role_groups
from graph.question import Question
from graph.request import Cmdlet
from graph.resources.directory import RoleGroup

ASKS = (Cmdlet("Get-RoleGroup", compliance=True),)
LICENSE = ""


def ask(question: Question) -> Asking[tuple[RoleGroup, ...]]:
    """Ask Security & Compliance."""
    return (yield from role_groups(question, compliance=True))
