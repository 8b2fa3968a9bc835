"""Writes to what Identity Protection holds of a user."""

from __future__ import annotations

from sandbox.scenarios.state import graph_time
from sandbox.tenant.core import P2, Answer, Ask, Route
from sandbox.tenant.graph_writes.rights import target
from sandbox.tenant.problems import bad_request, forbidden
from sandbox.tenant.traces import directory_trace


def _risk_change(ask: Ask, level: str, state: str, detail: str, activity: str) -> Answer:
    if P2 not in ask.state.licenses:
        raise forbidden("Your tenant is not licensed for this feature.", "Forbidden")
    user_ids = ask.json.get("userIds")
    if not isinstance(user_ids, list) or not 1 <= len(user_ids) <= 60:
        raise bad_request("userIds must hold 1 to 60 ids.")
    users = [ask.core.user(str(item)) for item in user_ids]

    def apply() -> None:
        now = graph_time(ask.state.clock())
        for user in users:
            base = {"id": user["id"], "isDeleted": False, "isProcessing": False, "history": []}
            names = {"userDisplayName": user["displayName"], "userPrincipalName": user["userPrincipalName"]}
            risky = ask.state.risky_users.setdefault(user["id"], {**base, **names})
            past = {name: value for name, value in risky.items() if name != "history"}
            if "riskState" in past:
                risky["history"].append({**past, "userId": user["id"], "initiatedBy": ask.state.app_name})
            risky.update(riskLevel=level, riskState=state, riskDetail=detail, riskLastUpdatedDateTime=now)
            directory_trace(ask.state, activity, [target(user)], category="Other")

    ask.change(apply)
    return Answer(204)


def confirm_compromised(ask: Ask) -> Answer:
    """Tell Identity Protection that the account is compromised."""
    return _risk_change(
        ask, "high", "confirmedCompromised", "adminConfirmedUserCompromised", "ConfirmAccountCompromised"
    )


def dismiss(ask: Ask) -> Answer:
    """Tell Identity Protection that the risk is over."""
    return _risk_change(ask, "none", "dismissed", "adminDismissedAllRiskForUser", "DismissUser")


ROUTES: tuple[Route, ...] = (
    Route("POST", "/identityProtection/riskyUsers/confirmCompromised", confirm_compromised),
    Route("POST", "/identityProtection/riskyUsers/dismiss", dismiss),
)
"""Its endpoints."""
