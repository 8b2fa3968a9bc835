"""Tables whose columns are fields of fields: `status.errorCode`, `Location_City`, `targetResources/0/type`.

Source: Microsoft Graph v1.0, "signIn", "directoryAudit" and "riskDetection resource type", whose names are
looked for however they are joined and written; Elastic, "Azure fields" (the same in snake case).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from graph.audit_log.forms.hawk_simple import lists, put
from graph.audit_log.pieces import as_mapping, as_text, plain_name

URL: Final = (
    "https://learn.microsoft.com/graph/api/resources/signin",
    "https://learn.microsoft.com/graph/api/resources/directoryaudit",
    "https://elastic.co/guide/en/beats/filebeat/7.14/exported-fields-azure.html",
)
COLUMNS: Final = frozenset(
    {
        "createddatetime",
        "userprincipalname",
        "ipaddress",
        "status.errorcode",
        "status.failurereason",
        "location.city",
        "location.countryorregion",
        "devicedetail.operatingsystem",
        "devicedetail.browser",
        "activitydisplayname",
        "initiatedby.user.userprincipalname",
        "targetresources.0.displayname",
    }
)

_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("errorCode", "failureReason", "additionalDetails"),
    "location": ("city", "state", "countryOrRegion", "geoCoordinates.latitude", "geoCoordinates.longitude"),
    "deviceDetail": (
        "deviceId", "displayName", "operatingSystem", "browser", "isCompliant", "isManaged", "trustType",
    ),
    "mfaDetail": ("authMethod", "authDetail"),
    "initiatedBy.user": ("id", "displayName", "userPrincipalName", "ipAddress"),
    "initiatedBy.app": ("appId", "displayName", "servicePrincipalId", "servicePrincipalName"),
}  # fmt: skip
"""Objects with the fields that are read of them."""

_LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "targetResources": ("id", "displayName", "type", "userPrincipalName", "groupType"),
    "additionalDetails": ("key", "value"),
    "authenticationDetails": ("authenticationMethod", "authenticationStepResultDetail", "succeeded"),
}
"""Lists, whose entries have numbers; the first may have none."""

_PLAIN: Final = (
    "id", "createdDateTime", "userDisplayName", "userPrincipalName", "userId", "appId", "appDisplayName",
    "ipAddress", "clientAppUsed", "correlationId", "isInteractive", "conditionalAccessStatus", "userAgent",
    "resourceId", "resourceDisplayName", "riskLevelDuringSignIn", "riskState", "authenticationProtocol",
    "authenticationRequirement", "sessionId", "autonomousSystemNumber", "category", "time",
    "activityDateTime", "activityDisplayName", "loggedByService", "operationType", "result", "resultReason",
    "riskEventType", "riskLevel", "riskDetail", "detectedDateTime", "requestId", "source", "activity",
)  # fmt: skip
_OTHER_NAMES: Final = {
    "createdat": ("createdDateTime",),  # Elastic's
    "sourceip": ("ipAddress",),
    "calleripaddress": ("callerIpAddress",),
    "locationdetailscity": ("location", "city"),  # Log Analytics'
    "locationdetailsstate": ("location", "state"),
    "locationdetailscountryorregion": ("location", "countryOrRegion"),
}
_BEFORE: Final = re.compile(r"^(?:azure)?(?:signinlogs|auditlogs)?(?:properties)?(?=.)")
_TYPED: Final = re.compile(r"_[sdbgt]$")
"""The type of a column in a custom table of Log Analytics."""

_JOINED: Final = re.compile(r"[\W_]+")
_NUMBERED: Final = re.compile(
    r"(targetresources|additionaldetails|authenticationdetails)(\d{0,3})(?:modifiedproperties(\d{0,3}))?(\D+)"
)
_CHANGED: Final = {"displayname": "displayName", "oldvalue": "oldValue", "newvalue": "newValue"}

_HEADS: Final = {
    name.lower(): name for name in ("status", "location", "deviceDetail", "mfaDetail", "initiatedBy")
}

_PATHS: Final[Mapping[str, tuple[str, ...]]] = {
    **{name.lower(): (name,) for name in _PLAIN},
    **{
        f"{above}{name}".replace(".", "").lower(): (*above.split("."), *name.split("."))
        for above, names in _PARTS.items()
        for name in names
    },
    **_OTHER_NAMES,
}
_LISTED: Final = {name.lower(): (name, {one.lower(): one for one in names}) for name, names in _LISTS.items()}

_UNIFIED: Final = frozenset(
    {"actor", "affecteditems", "appaccesscontext", "auditdata", "deviceproperties", "extendedproperties",
     "folder", "folders", "item", "modifiedproperties", "parameters", "target"}
)  # fmt: skip
"""Objects and lists of the unified audit log."""

_STEPS: Final = re.compile(r"[./\[\]]+")
_DEEPEST: Final = 8


def is_one(names: frozenset[str]) -> bool:
    """Say whether columns are fields of the objects of a sign-in, a directory record or a unified record."""
    paths = [path for name in names if (path := _path(name)) is not None]
    if any(len(path) > 1 and path[0] != "additionalDetails" for path in paths):
        heads = {path[0] for path in paths}
        return bool(
            heads & {"createdDateTime", "activityDateTime", "activityDisplayName", "detectedDateTime", "time"}
        )
    return "operation" in names and any(_head(name) in _UNIFIED for name in names)


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Lay the columns together again; columns that are blank are none of the row's own."""
    record: dict[str, Any] = {}
    for key, value in raw.items():
        name = plain_name(key)
        path = _path(name)
        if path is None:
            path = tuple(_STEPS.split(key.strip("]"))[:_DEEPEST]) if _head(name) in _UNIFIED else (key,)
        path = (_HEADS.get(path[0].lower(), path[0]), *path[1:])
        if len(path) > 1:
            _lay(record, path, value)
        elif path[0] in _HEADS.values():
            _lay_whole(record, path[0], value)
        elif path[0] not in record or not as_text(record[path[0]]):
            record[path[0]] = value
    return {key: lists(value) for key, value in record.items() if value != {} or key == "status"}


def _lay(record: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    below = record.get(path[0])
    if not isinstance(below, dict):
        below = record[path[0]] = {}
    if text := as_text(value):
        put(below, list(path[1:]), _number(text) if path[-1] in {"latitude", "longitude"} else value)


def _lay_whole(record: dict[str, Any], name: str, value: object) -> None:
    """Take the object itself, which some tables have beside its fields; the place may be a country alone."""
    if name == "location" and (text := as_text(value)) and not as_mapping(value):
        value = {"countryOrRegion": text}
    record[name] = {**as_mapping(value), **record.get(name, {})}


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _head(name: str) -> str:
    """Give the name of the object whose field a name tells, in lower case; "" where it has no steps."""
    head, *below = _STEPS.split(name, maxsplit=1)
    return head.lower() if below and below[0] else ""


@lru_cache(maxsize=2048)
def _path(name: str) -> tuple[str, ...] | None:
    """Give a column's place in Graph's record, however its steps are joined; None where it has none."""
    plain = _JOINED.sub("", _TYPED.sub("", name).lower())
    for squeezed in dict.fromkeys((plain, _BEFORE.sub("", plain))):
        if path := _PATHS.get(squeezed):
            return path
        if match := _NUMBERED.fullmatch(squeezed):
            kind, number, changed, leaf = match.groups()
            within, leaves = _LISTED[kind]
            if changed is not None and leaf in _CHANGED:
                return within, number or "0", "modifiedProperties", changed or "0", _CHANGED[leaf]
            if changed is None and leaf in leaves:
                return within, number or "0", leaves[leaf]
    return None
