"""Records of Entra ID's own audit log, from Graph, from the diagnostic stream and from Log Analytics.

Source: Microsoft Graph v1.0, "directoryAudit resource type"; Azure Monitor, "AuditLogs" table. They come into
the same normal form as unified records; operation names have no trailing period in either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from graph.audit_log.pieces import (
    account,
    as_list,
    as_mapping,
    as_text,
    best_address,
    changes_of,
    content_id,
    is_service,
    looks_like_address,
    lowered,
    named_values,
    operation_name,
    outcome,
    time_text,
)
from graph.audit_log.record import ActorType, AuditRecord, PropertyChange
from graph.errors import UnreadableRecord
from graph.times import record_time

URL: Final = "https://learn.microsoft.com/graph/api/resources/directoryaudit"
COLUMNS: Final = frozenset(
    {
        "id",
        "activitydatetime",
        "activitydisplayname",
        "category",
        "correlationid",
        "initiatedby",
        "loggedbyservice",
        "operationtype",
        "result",
        "resultreason",
        "targetresources",
        "additionaldetails",
    }
)


def is_one(raw: Mapping[str, Any]) -> bool:
    """Say whether this is a directory audit record."""
    lower = lowered(raw)
    if as_text(lower.get("category")) == "AuditLogs" or as_text(lower.get("type")) == "AuditLogs":
        return True
    return "activitydisplayname" in lower or ("initiatedby" in lower and "targetresources" in lower)


def parse(raw: Mapping[str, Any]) -> AuditRecord:
    """Bring one directory audit record into the normal form.

    Raises:
        UnreadableRecord: when it names no activity or no readable time.
    """
    outer = lowered(raw)
    inner = {
        **outer,
        **{key: one for key, one in lowered(as_mapping(outer.get("properties"))).items() if as_text(one)},
    }
    operation = operation_name(as_text(inner.get("activitydisplayname") or inner.get("operationname")))
    if not operation:
        raise UnreadableRecord("The directory audit record names no activity.")
    when = time_text(inner.get("activitydatetime") or inner.get("time") or inner.get("timegenerated"))
    if not when:
        raise UnreadableRecord("The directory audit record has no time.")

    initiated = lowered(as_mapping(inner.get("initiatedby")))
    user, app = lowered(as_mapping(initiated.get("user"))), lowered(as_mapping(initiated.get("app")))
    targets = [lowered(one) for one in as_list(inner.get("targetresources")) if isinstance(one, Mapping)]
    more = named_values(inner.get("additionaldetails"))
    name = as_text(user.get("userprincipalname")) or as_text(user.get("id"))
    actor = name or as_text(app.get("displayname")) or as_text(app.get("serviceprincipalid"))
    actor = account(actor or as_text(inner.get("identity")))
    kind = _kind(user, app, actor)
    address, ours = best_address((user.get("ipaddress"), outer.get("calleripaddress")))
    result = as_text(inner.get("result"))
    first = targets[0] if targets else {}
    return AuditRecord(
        id=as_text(inner.get("id")) or content_id(raw),
        at=record_time(when),
        operation=operation,
        record_type="AzureActiveDirectory",
        workload=as_text(inner.get("loggedbyservice")),
        actor=actor,
        actor_type=kind,
        by_microsoft=is_service(actor),
        owner=_owner(targets),
        object_id=as_text(first.get("userprincipalname")) or as_text(first.get("id")),
        address=address,
        microsoft_address=ours,
        user_agent=more.get("User-Agent", "") or as_text(inner.get("useragent")),
        client="",
        session_id="",
        app_id=as_text(app.get("appid")),
        succeeded=outcome(operation, result, ""),
        error_code="",
        parameters={},
        changes=tuple(_changes(targets)),
        items=(),
        details={**more, **dict(_details(inner, user, app, first))},
        raw=raw,
    )


def _kind(user: Mapping[str, Any], app: Mapping[str, Any], actor: str) -> ActorType:
    if "#ext#" in actor or as_text(user.get("usertype")).lower() == "guest":
        return ActorType.guest
    if as_text(user.get("id")) or as_text(user.get("userprincipalname")):
        return ActorType.regular
    return ActorType.service_principal if app else ActorType.other


def _owner(targets: list[dict[str, Any]]) -> str:
    for target in targets:
        if looks_like_address(name := as_text(target.get("userprincipalname"))):
            return account(name)
    for target in targets:
        if as_text(target.get("type")) == "User":
            return account(as_text(target.get("userprincipalname")) or as_text(target.get("id")))
    return ""


def _changes(targets: list[dict[str, Any]]) -> Iterator[PropertyChange]:
    for target in targets:
        yield from changes_of(target.get("modifiedproperties"))


def _details(
    inner: Mapping[str, Any], user: Mapping[str, Any], app: Mapping[str, Any], target: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    named = {
        "Category": inner.get("category"),
        "OperationType": inner.get("operationtype"),
        "ResultStatus": inner.get("result"),
        "ResultReason": inner.get("resultreason"),
        "CorrelationId": inner.get("correlationid"),
        "ActorId": user.get("id") or app.get("serviceprincipalid"),
        "ActorUpn": user.get("userprincipalname"),
        "ActorName": user.get("displayname") or app.get("displayname"),
        "TargetId": target.get("id"),
        "TargetUpn": target.get("userprincipalname"),
        "TargetName": target.get("displayname"),
        "TargetKind": target.get("type"),
    }
    for key, value in named.items():
        if text := as_text(value):
            yield key, text
