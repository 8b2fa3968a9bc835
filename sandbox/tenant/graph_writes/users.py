"""Writes to users: block, unblock, rename, set a password, revoke sessions."""

from __future__ import annotations

import string
from typing import Any

from sandbox.scenarios.state import Json, graph_time
from sandbox.tenant.core import Answer, Ask, Route
from sandbox.tenant.graph_writes.rights import USER, mastered_elsewhere, may_act_on, target
from sandbox.tenant.problems import bad_request
from sandbox.tenant.traces import directory_trace


def _check_password(ask: Ask, user: Json, profile: Any) -> None:
    domain = str(user["userPrincipalName"]).rpartition("@")[2]
    if any(item["id"] == domain and item["authenticationType"] == "Federated" for item in ask.state.domains):
        raise bad_request("The password of a federated user cannot be set here.", "Request_BadRequest")
    password = str(profile.get("password") or "") if isinstance(profile, dict) else ""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    classes = sum(any(letter in kind for letter in password) for kind in kinds)
    classes += any(not letter.isalnum() for letter in password)
    if not 8 <= len(password) <= 256 or classes < 3:
        message = "The specified password does not comply with password complexity requirements."
        raise bad_request(message, "Request_BadRequest")


def patch_user(ask: Ask) -> Answer:
    """Change a user: password, sign-in, contact data."""
    user = ask.core.user(ask.values[0])
    body = {name: value for name, value in ask.json.items() if not name.startswith("@")}
    if not body:
        raise bad_request("Invalid property ''.", "Request_BadRequest")
    may_act_on(ask, user)
    mastered_elsewhere(user)
    if "passwordProfile" in body:
        _check_password(ask, user, body["passwordProfile"])
    plain = {name: value for name, value in body.items() if name != "passwordProfile"}

    def apply() -> None:
        before = {name: user.get(name) for name in plain}
        user.update(plain)
        if "passwordProfile" in body:
            _password_was_reset(ask, user, body["passwordProfile"])
        if "accountEnabled" in plain and before["accountEnabled"] != plain["accountEnabled"]:
            activity = "Enable account" if plain["accountEnabled"] else "Disable account"
            change = {"AccountEnabled": ([before["accountEnabled"]], [plain["accountEnabled"]])}
            directory_trace(ask.state, activity, [target(user)], changes=change)
        changes = {
            name[0].upper() + name[1:]: ([before[name]], [value])
            for name, value in plain.items()
            if before[name] != value
        }
        if changes:
            directory_trace(ask.state, "Update user", [target(user)], changes=changes)
            mailbox = ask.state.mailboxes.get(str(user["userPrincipalName"]).lower())
            if mailbox is not None:
                mailbox.properties["DisplayName"] = user["displayName"]

    ask.change(apply)
    return Answer(204)


def _password_was_reset(ask: Ask, user: Json, profile: Json) -> None:
    now = graph_time(ask.state.clock())
    user["lastPasswordChangeDateTime"] = now
    user["signInSessionsValidFromDateTime"] = now
    for method in ask.state.authentication_methods.get(str(user["id"]), []):
        if method["@odata.type"].endswith("passwordAuthenticationMethod"):
            method["createdDateTime"] = now
    directory_trace(ask.state, "Reset user password", [target(user)])
    if profile.get("forceChangePasswordNextSignIn"):
        directory_trace(ask.state, "Set force change user password", [target(user)])


def revoke_sessions(ask: Ask) -> Answer:
    """Make every refresh token of the user invalid."""
    user = ask.core.user(ask.values[0])

    def apply() -> None:
        now = graph_time(ask.state.clock())
        change = {"StsRefreshTokensValidFrom": ([user["signInSessionsValidFromDateTime"]], [now])}
        user["signInSessionsValidFromDateTime"] = now
        activity = "Update StsRefreshTokenValidFrom Timestamp"
        directory_trace(ask.state, activity, [target(user)], changes=change)

    ask.change(apply)
    return Answer(200, {"@odata.context": f"{ask.core.url}/graph/$metadata#Edm.Boolean", "value": True})


ROUTES: tuple[Route, ...] = (
    Route("PATCH", USER, patch_user),
    Route("POST", USER + "/revokeSignInSessions", revoke_sessions),
)
"""Its endpoints."""
