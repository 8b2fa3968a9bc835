"""Alerts that Microsoft's products raise about accounts of a tenant."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from sandbox.scenarios.state import Json, TenantState, graph_time, ident


def raise_alert(
    state: TenantState,
    title: str,
    *upns: str,
    at: datetime | None = None,
    severity: str = "medium",
    service: str = "microsoftDefenderForOffice365",
    category: str = "SuspiciousActivity",
) -> Json:
    """Let a product of Microsoft's raise an alert about some accounts; give it as it is served.

    Args:
        state: The tenant's state.
        title: The alert's title, such as ``User restricted from sending email``.
        upns: The accounts that it is about.
        at: When, if not now.
        severity: ``informational``, ``low``, ``medium`` or ``high``.
        service: The product.
        category: The category.
    """
    when = graph_time(at or state.clock())
    name = ident("alert", title, *upns, when, len(state.alerts))
    alert = {
        "@odata.type": "#microsoft.graph.security.alert",
        "id": name,
        "providerAlertId": name,
        "incidentId": str(1000 + len(state.alerts)),
        "status": "new",
        "severity": severity,
        "classification": None,
        "determination": None,
        "serviceSource": service,
        "detectionSource": service,
        "tenantId": state.tenant_id,
        "title": title,
        "description": f"{title}.",
        "category": category,
        "assignedTo": None,
        "alertWebUrl": f"https://security.microsoft.com/alerts/{quote(name)}?tid={state.tenant_id}",
        "mitreTechniques": [],
        "createdDateTime": when,
        "lastUpdateDateTime": when,
        "resolvedDateTime": None,
        "firstActivityDateTime": when,
        "lastActivityDateTime": when,
        "comments": [],
        "systemTags": [],
        "evidence": [_user(state, upn, when) for upn in upns],
    }
    state.alerts.append(alert)
    return alert


def _user(state: TenantState, upn: str, when: str) -> Json:
    user = state.user(upn) or {"id": None, "displayName": None}
    return {
        "@odata.type": "#microsoft.graph.security.userEvidence",
        "createdDateTime": when,
        "verdict": "suspicious",
        "remediationStatus": "none",
        "remediationStatusDetails": None,
        "roles": ["compromised"],
        "detailedRoles": [],
        "tags": [],
        "stream": None,
        "userAccount": {
            "accountName": upn.partition("@")[0],
            "domainName": None,
            "userSid": None,
            "azureAdUserId": user["id"],
            "userPrincipalName": upn,
            "displayName": user["displayName"],
        },
    }
