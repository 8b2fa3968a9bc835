"""What must be so before a change is made, where several steps demand the same."""

from __future__ import annotations

from typing import Final

from commands.plans.plan import Demand, Look
from graph.request import Request

GLOBAL_ADMINISTRATOR: Final = "62e90394-69f5-4237-9190-012177145e10"
"""The role definition of the Global Administrator. Source: Microsoft Entra, "Built-in roles"."""


def another_global_administrator(subject_id: str) -> Demand:
    """Demand that the tenant keeps a Global Administrator besides this account.

    Only a member account that may sign in and holds the role itself counts: a guest belongs to somebody
    else, an application is no person, and a group may be empty.

    Args:
        subject_id: The object id of the account that is about to lose the role or its sign-in.

    Source: Microsoft Graph v1.0, "List unifiedRoleAssignments"; Microsoft Entra, "Manage emergency access
    accounts".
    """
    return Demand(
        Look(
            Request(
                "GET",
                "/roleManagement/directory/roleAssignments",
                {"$filter": f"roleDefinitionId eq '{GLOBAL_ADMINISTRATOR}'", "$expand": "principal"},
            ),
            where={
                "directoryScopeId": "/",
                "principal/userType": "Member",
                "principal/accountEnabled": True,
            },
            unless={"principalId": subject_id},
        ),
        (
            "No other Global Administrator with sign-in enabled was found; assign the role to a "
            "second person first, to avoid a tenant lockout."
        ),
    )
