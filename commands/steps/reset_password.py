"""Give the account a new password and end its sessions again; a manual task where the password is elsewhere.

Source: Microsoft's document, step 1; Microsoft, "Respond to a compromised email account in Microsoft 365",
step 1; Microsoft Graph v1.0, "Update user", passwordProfile.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.clues.records import one_line
from commands.plans.plan import NEW_PASSWORD, Change, ManualTask, Nothing, Phase, Planned
from commands.plans.planning_input import PlanningInput
from commands.steps.parts import (
    ON_PREMISES_WAIT,
    ad_user,
    gaps,
    is_compromised,
    judgement,
    name_of,
    privileges,
    refusals,
    user_look,
    user_path,
)
from commands.steps.revoke_sessions import revoking
from graph.evidence import Unavailable
from graph.parts.reading import graph_time
from graph.request import Cmdlet, Request
from graph.resources.directory import Domain, User
from graph.verified import domain_of

TITLE = "Reset the user's password"
SOURCE = "step 1"
PHASE = Phase.CONTAIN
PLANS = (
    "a random password that must be changed at the next sign-in, then revoking all sessions; "
    "manual tasks for accounts with an on-premises or federated password, and for app passwords"
)
UNDO = "cannot be undone: the old password is unknown"
PEOPLE = "two"
NEEDS: tuple[str, ...] = ("user", "domains")
WRITES: tuple[Request | Cmdlet, ...] = (
    Request("PATCH", "/users/{id}", body={"passwordProfile": {}}),
    Request("POST", "/users/{id}/revokeSignInSessions"),
)

FIELD: Final = "lastPasswordChangeDateTime"
"""Shows that a new password was set."""

_ID: Final = "reset_password"
_CHANGE: Final = f"{_ID}:password"
_APP_PASSWORDS: Final = (
    "App passwords, if the tenant allows them, stay valid after a reset; remove them in the "
    "user's security info"
)
_AFTERWARDS: Final = (
    "Give the new password to the user in person or by a known phone number, never by email",
    "Then propose to revoke the user's sessions once more",
    _APP_PASSWORDS,
)


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan a reset in the cloud, or say who must do it where."""
    evidence = planning.evidence
    refused = refusals(planning, _ID, NEEDS)
    if refused or isinstance(evidence.user, Unavailable) or isinstance(evidence.domains, Unavailable):
        yield from refused
        return
    user = evidence.user.value
    domain = _domain_of(user, evidence.domains.value)
    if domain is not None and domain.authentication_type.casefold() == "federated":
        yield _at_provider(planning, user, domain)
    elif user.on_premises_sync_enabled:
        yield _on_premises(planning)
    elif user.user_type.casefold() == "guest":
        why = f"{name_of(planning)} is a guest; the home organization resets the password. Notify them."
        yield Nothing(_ID, why, refused=True)
    else:
        yield from _in_the_cloud(planning, user)


def _domain_of(user: User, domains: tuple[Domain, ...]) -> Domain | None:
    """The domain that the account signs in with; that of a subdomain is the longest one that fits."""
    name = domain_of(user.user_principal_name)
    fitting = [one for one in domains if name == one.id.casefold() or name.endswith(f".{one.id.casefold()}")]
    return max(fitting, key=lambda one: len(one.id), default=None)


def _in_the_cloud(planning: PlanningInput, user: User) -> Iterator[Change]:
    changed, name = user.last_password_change_date_time, name_of(planning)
    suggested = is_compromised(planning)
    profile = {
        "forceChangePasswordNextSignIn": True,
        "forceChangePasswordNextSignInWithMfa": False,
        "password": NEW_PASSWORD,
    }
    yield Change(
        id=_CHANGE,
        step=_ID,
        says=f"Give {name} a new random password, to be changed at the next sign-in",
        why=judgement(planning),
        do=Request("PATCH", user_path(planning), body={"passwordProfile": profile}),
        look=user_look(planning, FIELD),
        expects={FIELD: graph_time(changed) if changed is not None else None},
        wants={},
        moves=True,
        no_undo="The old password is unknown and must not be restored.",
        suggested=suggested,
        warns=(
            (
                "The new password is shown once, to whoever gives it to the user; never email "
                "it, the attacker may read it"
            ),
            _APP_PASSWORDS,
            *privileges(planning),
            *gaps(planning, *NEEDS),
        ),
    )
    yield revoking(
        planning,
        id=f"{_ID}:revoke_again",
        step=_ID,
        says=f"Revoke all sessions of {name} again, after the reset",
        why="A session started between the first revocation and the reset would stay active",
        suggested=suggested,
        after=(_CHANGE,),
    )


def _at_provider(planning: PlanningInput, user: User, domain: Domain) -> ManualTask:
    """Tell who must set the password of a federated account, and how."""
    issuer = f" ({one_line(domain.federation_issuer)})" if domain.federation_issuer else ""
    synced = (
        (
            (
                "If the identity provider uses Active Directory, reset the password there twice, "
                "some minutes apart, to prevent pass-the-hash"
            ),
        )
        if user.on_premises_sync_enabled
        else ()
    )
    return ManualTask(
        id=f"{_ID}:identity_provider",
        step=_ID,
        says=f"Reset the password of {name_of(planning)} at the identity provider of {domain.id}",
        how=(
            f"The domain {domain.id} is federated{issuer}: a password set in Microsoft 365 would not count",
            "Notify the identity provider's administrator of the compromise",
            "Set a strong new password there: at least 20 random characters of all four kinds",
            *synced,
            "Revoke the user's sessions at the identity provider as well",
            *_AFTERWARDS,
        ),
        suggested=is_compromised(planning),
    )


def _on_premises(planning: PlanningInput) -> ManualTask:
    """Tell how to set the password of an account that comes from the company's own Active Directory."""
    return ManualTask(
        id=f"{_ID}:on_premises",
        step=_ID,
        says=f"Reset the password of {name_of(planning)} twice in on-premises Active Directory",
        how=(
            (
                "The account is synced from Active Directory: an application cannot set its password "
                "in the cloud"
            ),
            "Notify the on-premises administrator of the compromise",
            (
                f"On a domain controller: {ad_user(planning)} | "
                "Set-ADAccountPassword -Reset, with at least 20 random characters of all four kinds"
            ),
            (
                "Wait some minutes for replication, then reset it again to a different password, "
                "to prevent pass-the-hash"
            ),
            "On the Entra Connect server: Start-ADSyncSyncCycle -PolicyType Delta",
            (
                f"{ON_PREMISES_WAIT}, unless it was started manually, and verify the time of the "
                "last password change in the Entra admin center"
            ),
            *_AFTERWARDS,
        ),
        suggested=is_compromised(planning),
    )
