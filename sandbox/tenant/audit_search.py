"""The unified audit log: one store of native records, and the asynchronous Graph search over it.

``userPrincipalNameFilters`` matches the actor only. ``ipAddressFilters`` compares with the address exactly
as the record has it, so a record that carries a port is not found by the bare address; ``keywordFilter``
finds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import orjson

from sandbox.scenarios.state import Json, TenantState, graph_time, parse_time, words
from sandbox.tenant.core import PAGE, Answer, Ask, Cursor, Route
from sandbox.tenant.limits import RUNNING_AUDIT_QUERIES
from sandbox.tenant.problems import GraphError, bad_request, not_found

RECORD_TYPES = {
    1: "ExchangeAdmin",
    2: "ExchangeItem",
    3: "ExchangeItemGroup",
    4: "SharePoint",
    6: "SharePointFileOperation",
    7: "OneDrive",
    8: "AzureActiveDirectory",
    9: "AzureActiveDirectoryAccountLogon",
    14: "SharePointSharingOperation",
    15: "AzureActiveDirectoryStsLogon",
    18: "SecurityComplianceCenterEOPCmdlet",
    19: "ExchangeAggregatedOperation",
    25: "MicrosoftTeams",
    40: "SecurityComplianceAlerts",
    50: "ExchangeItemAggregated",
    64: "AirInvestigation",
    65: "Quarantine",
    87: "SecurityComplianceRBAC",
    101: "ExchangeSearch",
}
USER_TYPES = words(
    "Regular Reserved Admin DcAdmin System Application ServicePrincipal CustomPolicy SystemPolicy "
    "PartnerTechnician Guest"
)
_SCOPED = {
    "AuditLogsQuery-Exchange.Read.All": {"Exchange"},
    "AuditLogsQuery-Entra.Read.All": {"AzureActiveDirectory"},
    "AuditLogsQuery-SharePoint.Read.All": {"SharePoint"},
    "AuditLogsQuery-OneDrive.Read.All": {"OneDrive"},
}
_LISTS = words(
    "userPrincipalNameFilters operationFilters recordTypeFilters ipAddressFilters objectIdFilters "
    "serviceFilters administrativeUnitIdFilters"
)


def record_type(record: Json) -> str:
    """The name of a record's type; the number as text where it has no name here."""
    number = record.get("RecordType", 0)
    return RECORD_TYPES.get(int(number), str(number)) if str(number).isdigit() else str(number)


def between(records: Iterable[Json], start: datetime, end: datetime) -> list[Json]:
    """The records of a time span, newest first, repeats included."""
    low, high = graph_time(start)[:-1], graph_time(end)[:-1]
    chosen = [record for record in records if low <= str(record["CreationTime"])[:19] < high]
    return sorted(chosen, key=lambda record: str(record["CreationTime"]), reverse=True)


def _lower(values: Iterable[object]) -> set[str]:
    return {str(value).lower() for value in values}


def search(
    state: TenantState,
    start: datetime,
    end: datetime,
    *,
    users: Iterable[str] = (),
    operations: Iterable[str] = (),
    types: Iterable[str] = (),
    addresses: Iterable[str] = (),
    objects: Iterable[str] = (),
    keyword: str | None = None,
    services: Iterable[str] = (),
) -> list[Json]:
    """The records that pass every filter given, newest first."""
    found = between(state.audit_records, start, end)
    wanted_users, wanted_operations = _lower(users), _lower(operations)
    wanted_types, wanted_objects, wanted_services = _lower(types), _lower(objects), _lower(services)
    wanted_addresses = set(addresses)
    if wanted_users:
        found = [item for item in found if str(item.get("UserId", "")).lower() in wanted_users]
    if wanted_operations:
        found = [item for item in found if str(item.get("Operation", "")).lower() in wanted_operations]
    if wanted_types:
        found = [item for item in found if record_type(item).lower() in wanted_types]
    if wanted_objects:
        found = [item for item in found if str(item.get("ObjectId", "")).lower() in wanted_objects]
    if wanted_services:
        found = [item for item in found if str(item.get("Workload", "")).lower() in wanted_services]
    if wanted_addresses:
        names = ("ClientIP", "ClientIPAddress", "ActorIpAddress")
        found = [item for item in found if {item.get(name) for name in names} & wanted_addresses]
    if keyword:
        needle = keyword.lower().encode()
        found = [item for item in found if needle in orjson.dumps(item).lower()]
    return found


def on_the_wire(record: Json) -> Json:
    """A native record as the Graph search returns it: clientIp null, classic fields in auditData."""
    data: Json = {"@odata.type": "#microsoft.graph.security.defaultAuditData"}
    for name, value in record.items():
        if isinstance(value, list):
            data[f"{name}@odata.type"] = "#Collection(microsoft.graph.Json)"
        data[name] = value
    number = record.get("UserType", 0)
    kind = USER_TYPES[int(number)] if str(number).isdigit() and int(number) < len(USER_TYPES) else str(number)
    when = str(record["CreationTime"])
    return {
        "id": record.get("Id"),
        "createdDateTime": when if when.endswith("Z") else when + "Z",
        "auditLogRecordType": record_type(record),
        "operation": record.get("Operation"),
        "organizationId": record.get("OrganizationId"),
        "userType": kind,
        "userId": record.get("UserKey"),
        "service": record.get("Workload"),
        "objectId": record.get("ObjectId"),
        "userPrincipalName": record.get("UserId"),
        "clientIp": None,
        "administrativeUnits": [""],
        "auditData": data,
    }


def _status(ask: Ask, query: Json) -> str:
    """How far a query is, told from the time since it was sent."""
    passed = ask.state.seconds() - ask.core.audit_started[query["id"]]
    whole = ask.core.audit_query_seconds
    if passed >= whole:
        return "succeeded"
    return "notStarted" if passed < whole * 0.3 else "running"


def _run(ask: Ask, query: Json) -> list[Json]:
    return search(
        ask.state,
        parse_time(query["filterStartDateTime"]),
        parse_time(query["filterEndDateTime"]),
        users=query["userPrincipalNameFilters"],
        operations=query["operationFilters"],
        types=query["recordTypeFilters"],
        addresses=query["ipAddressFilters"],
        objects=query["objectIdFilters"],
        keyword=query["keywordFilter"],
        services=query["serviceFilters"],
    )


def _view(ask: Ask, query: Json) -> Json:
    status = _status(ask, query)
    view = {**query, "status": status}
    if status == "succeeded":
        if query.get("_found") is None:
            found = _visible(ask, _run(ask, query))
            limit = ask.state.audit_query_record_limit
            query["_exceeded"] = len(found) > limit
            query["_found"] = found[:limit]
        view["approximateReturnedRecordCount"] = len(query["_found"])
        view["isRecordCountLimitExceeded"] = query["_exceeded"]
        view["recordCountLimit"] = ask.state.audit_query_record_limit
    return {name: value for name, value in view.items() if not name.startswith("_")}


def _visible(ask: Ask, records: list[Json]) -> list[Json]:
    """What the scoped permissions let through; the broad one lets everything through."""
    if ask.holds("AuditLogsQuery.Read.All"):
        return records
    services: set[str] = set()
    for permission, covered in _SCOPED.items():
        if ask.holds(permission):
            services |= covered
    return [record for record in records if record.get("Workload") in services]


def create(ask: Ask) -> Answer:
    """Take a query; it runs on and is asked for later."""
    if ask.version == "v1.0" and not ask.state.audit_queries_on_v1:
        raise GraphError(404, "UnknownError", "")
    if not ask.state.admin_audit_log_config.get("UnifiedAuditLogIngestionEnabled", True):
        message = (
            '{"error":{"code":"AuditingDisabledTenant","message":"Auditing is not enabled for this tenant."}}'
        )
        raise GraphError(400, "AuditingDisabledTenant", message)
    body = ask.json
    for name in ("filterStartDateTime", "filterEndDateTime"):
        try:
            parse_time(str(body[name]))
        except (KeyError, ValueError) as error:
            raise bad_request(f"'{name}' must be given as a date and time.") from error
    # No page tells what Microsoft answers to this; refused here, whatever sends it fails.
    if parse_time(str(body["filterEndDateTime"])) <= parse_time(str(body["filterStartDateTime"])):
        raise bad_request("'filterEndDateTime' must be later than 'filterStartDateTime'.")
    open_queries = [item for item in ask.state.audit_queries.values() if _status(ask, item) != "succeeded"]
    if ask.core.limits.on and len(open_queries) >= RUNNING_AUDIT_QUERIES:
        raise GraphError(429, "TooManyRequests", "Too many audit queries are running in this tenant.")
    query: Json = {
        "id": ask.state.next_id("audit-query"),
        "displayName": body.get("displayName"),
        "filterStartDateTime": body["filterStartDateTime"],
        "filterEndDateTime": body["filterEndDateTime"],
        "keywordFilter": body.get("keywordFilter"),
        **{name: body.get(name, []) for name in _LISTS},
    }
    ask.state.audit_queries[query["id"]] = query
    ask.core.audit_started[query["id"]] = ask.state.seconds()
    return Answer(201, {**_view(ask, query), "status": "notStarted"})


def _query(ask: Ask) -> Json:
    found = ask.state.audit_queries.get(ask.values[0])
    if found is None:
        raise not_found(ask.values[0], "UnknownError")
    return found


def listing(ask: Ask) -> Answer:
    """All queries of the tenant."""
    return ask.page([_view(ask, query) for query in ask.state.audit_queries.values()])


def get(ask: Ask) -> Answer:
    """One query and its status."""
    return ask.one(_view(ask, _query(ask)))


def records(ask: Ask) -> Answer:
    """The records of a finished query; before that, none."""
    query = _query(ask)
    if _view(ask, query)["status"] != "succeeded":
        return ask.leaf(Cursor([], 0, PAGE))
    return ask.page([on_the_wire(item) for item in query["_found"]], gap=True)


_QUERIES = "/security/auditLog/queries"

ROUTES: tuple[Route, ...] = (
    Route("POST", _QUERIES, create),
    Route("GET", _QUERIES, listing),
    Route("GET", _QUERIES + "/{auditLogQuery-id}", get),
    Route("GET", _QUERIES + "/{auditLogQuery-id}/records", records),
)
"""The audit search endpoints."""
