"""The audit records that writes of the app itself leave behind, in both logs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.scenarios.state import INITIAL_DOMAIN, Json, TenantState, audit_time, graph_time

SERVER_IP = "198.51.100.250"
"""The address from which the app's own calls are seen."""


def directory_trace(
    state: TenantState,
    activity: str,
    targets: Sequence[Json],
    *,
    object_id: str = "",
    category: str = "UserManagement",
    operation: str = "Update",
    changes: Mapping[str, tuple[Any, Any]] | None = None,
) -> None:
    """A directory change by the app: a directory audit, and a unified audit record with a closing period."""
    now = state.clock()
    pairs = [(name, json.dumps(old), json.dumps(new)) for name, (old, new) in (changes or {}).items()]
    modified = [{"displayName": name, "oldValue": old, "newValue": new} for name, old, new in pairs]
    app = {
        "appId": state.client_id,
        "displayName": state.app_name,
        "servicePrincipalId": state.app_object_id,
        "servicePrincipalName": None,
    }
    state.directory_audits.append(
        {
            "id": f"Directory_{state.next_id('directory-audit')}",
            "activityDateTime": graph_time(now),
            "activityDisplayName": activity,
            "category": category,
            "operationType": operation,
            "result": "success",
            "resultReason": "",
            "loggedByService": "Core Directory",
            "correlationId": state.next_id("correlation"),
            "initiatedBy": {"app": app, "user": None},
            "targetResources": [
                {**target, "modifiedProperties": modified if number == 0 else []}
                for number, target in enumerate(targets)
            ],
            "additionalDetails": [],
        }
    )
    _append(
        state,
        Operation=activity + ".",
        RecordType=8,
        Workload="AzureActiveDirectory",
        ResultStatus="Success",
        ObjectId=object_id
        or (str(targets[0].get("userPrincipalName") or targets[0]["id"]) if targets else ""),
        ClientIP=SERVER_IP,
        AzureActiveDirectoryEventType=1,
        Actor=[{"ID": state.app_name, "Type": 1}, {"ID": state.client_id, "Type": 2}],
        Target=[{"ID": str(target["id"]), "Type": 2} for target in targets],
        ExtendedProperties=[],
        ModifiedProperties=[{"Name": name, "NewValue": new, "OldValue": old} for name, old, new in pairs],
    )


def exchange_trace(state: TenantState, cmdlet: str, object_id: str, parameters: Mapping[str, Any]) -> None:
    """An Exchange change by the app: one ExchangeAdmin record with every parameter as text."""
    _append(
        state,
        Operation=cmdlet,
        RecordType=1,
        Workload="Exchange",
        ResultStatus="True",
        ObjectId=object_id,
        ClientIP=f"{SERVER_IP}:443",
        AppId=state.client_id,
        ExternalAccess=False,
        OrganizationName=INITIAL_DOMAIN,
        OriginatingServer="MW4PR01MB0001 (15.20.9000.012)\r\n",
        Parameters=[{"Name": name, "Value": _text(value)} for name, value in parameters.items()],
    )


def _append(state: TenantState, **fields: Any) -> None:
    record: Json = {
        "CreationTime": audit_time(state.clock()),
        "Id": state.next_id("audit"),
        "OrganizationId": state.tenant_id,
        "UserKey": state.app_object_id,
        "UserType": 5 if fields["Workload"] == "Exchange" else 6,
        "Version": 1,
        "UserId": f"ServicePrincipal_{state.app_object_id}",
        **fields,
    }
    state.audit_records.append(record)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    return json.dumps(value) if isinstance(value, dict) else str(value)
