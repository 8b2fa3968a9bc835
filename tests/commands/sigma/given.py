"""Records, rules and folders of them, for the tests of Sigma rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from commands.sigma import reading
from commands.sigma.reading import load
from commands.sigma.results import RuleTold, told
from commands.sigma.running import match
from commands.sigma.shapes import Ruleset
from graph.audit_log import files
from graph.audit_log.files import Entry

ADELE = "adele.vance@contoso.example"
ID = "6c9ab7b1-3b4e-4bd5-9f5e-8d0f4c1f7a10"
NOW = datetime(2026, 9, 1, tzinfo=UTC)


def record(operation: str, **more: Any) -> dict[str, Any]:
    return {
        "CreationTime": "2026-08-20T09:00:00",
        "Id": f"id-{operation}",
        "Operation": operation,
        "RecordType": 1,
        "UserType": 0,
        "Workload": "Exchange",
        "ResultStatus": "True",
        "UserId": ADELE,
        "ClientIP": "203.0.113.7:443",
        **more,
    }


FORWARD = record(
    "New-InboxRule",
    Parameters=[{"Name": "ForwardTo", "Value": "x@evil.example"}, {"Name": "Name", "Value": "."}],
)
ALERT = record(
    "AlertTriggered",
    Workload="SecurityComplianceCenter",
    RecordType=40,
    Name="Log on from a risky IP address",
)
CHANGE = {
    "id": "d-1",
    "activityDateTime": "2026-08-20T09:00:00Z",
    "activityDisplayName": "Update user",
    "category": "UserManagement",
    "loggedByService": "Core Directory",
    "result": "success",
    "initiatedBy": {"user": {"id": "1", "userPrincipalName": ADELE, "ipAddress": "203.0.113.7"}},
    "targetResources": [
        {
            "type": "User",
            "userPrincipalName": ADELE,
            "modifiedProperties": [
                {
                    "displayName": "StrongAuthenticationRequirement",
                    "oldValue": "1",
                    "newValue": '[{"State":0}]',
                },
                {"displayName": "Included Updated Properties", "oldValue": "", "newValue": '"x"'},
            ],
        }
    ],
    "additionalDetails": [{"key": "additionalInfo", "value": "by device id"}],
}
SIGN_IN = {
    "id": "s-1",
    "createdDateTime": "2026-08-20T09:00:00Z",
    "userPrincipalName": ADELE,
    "userId": "7c1f0c5e-3b7a-4f52-9d0e-0f6a2b9f41aa",
    "ipAddress": "203.0.113.7",
    "clientAppUsed": "Browser",
    "authenticationProtocol": "deviceCode",
    "userAgent": "axios/1.7.2",
    "status": {"errorCode": 50126, "failureReason": "Invalid username or password"},
    "deviceDetail": {"deviceId": "", "trustType": "", "isCompliant": False},
    "location": {"countryOrRegion": "NG"},
}
RISK = {
    "id": "r-1",
    "riskEventType": "anonymizedIPAddress",
    "riskLevel": "high",
    "riskState": "atRisk",
    "detectedDateTime": "2026-08-20T09:00:00Z",
    "detectionTimingType": "realtime",
    "userPrincipalName": ADELE,
}

M365 = {"product": "m365", "service": "audit"}
ENTRA = {"product": "azure", "service": "auditlogs"}
SIGN_INS = {"product": "azure", "service": "signinlogs"}


def rule(
    selection: Any, source: Mapping[str, str] = M365, condition: str = "selection", **more: Any
) -> dict[str, Any]:
    return {
        "title": "A rule of ours",
        "id": ID,
        "logsource": dict(source),
        "detection": {"selection": selection, **more.pop("detection", {}), "condition": condition},
        "level": "high",
        **more,
    }


def read(folder: Path, *rules: dict[str, Any] | str, weights: str = "") -> Ruleset:
    for number, one in enumerate(rules):
        # JSON is YAML.
        (folder / f"rule{number}.yml").write_text(one if isinstance(one, str) else json.dumps(one))
    if weights:
        (folder / reading.WEIGHTS).write_text(weights)
    return load(folder)


def entries(*raws: Mapping[str, Any]) -> list[Entry]:
    return [files.entry_of(raw) for raw in raws]


def outcome(ruleset: Ruleset, *raws: Mapping[str, Any]) -> tuple[RuleTold, ...]:
    return told(ruleset, match(ruleset, ADELE, entries(*raws)))
