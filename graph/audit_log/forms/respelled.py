"""Custom tables and message fields: Microsoft's names with something before, behind or within them.

Log Analytics' custom tables put a column's type behind its name (`Operation_s`) or an underscore where the
name is taken (`UserId_`), GELF an underscore before it (`_Operation`); flat exports write the way to it
before it (`_source.data.office365.Operation`, `AuditData_Operation`), databases write it as `creation_time`.

Source: Azure Monitor, "HTTP Data Collector API" (record type and properties); Graylog, "GELF" (additional
fields).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from graph.audit_log.pieces import is_blank, plain_name

URL: Final = (
    "https://learn.microsoft.com/azure/azure-monitor/logs/data-collector-api",
    "https://go2docs.graylog.org/current/getting_in_log_data/gelf.html",
)
COLUMNS: Final = frozenset(
    {"creationtime_t", "operation_s", "userid_s", "clientip_s", "recordtype_d", "workload_s", "id_g",
     "parameters_s", "resultstatus_s", "organizationid_g", "timegenerated", "sourcesystem"}
)  # fmt: skip

_NAMES: Final = (
    "CreationTime", "TimeGenerated", "CreationDate", "Id", "Operation", "OrganizationId", "RecordType",
    "ResultStatus", "UserKey", "UserType", "Version", "Workload", "ClientIP", "ObjectId", "UserId", "AppId",
    "ApplicationId", "ClientAppId", "ClientIPAddress", "ClientInfoString", "ActorIpAddress", "Actor",
    "ActorContextId", "Target", "TargetContextId", "ExtendedProperties", "ModifiedProperties",
    "DeviceProperties", "OperationProperties", "Parameters", "ErrorNumber", "LogonError", "ExternalAccess",
    "LogonType", "LogonUserSid", "InternalLogonType", "MailboxGuid", "MailboxOwnerSid", "MailboxOwnerUPN",
    "OrganizationName", "OriginatingServer", "SessionId", "Item", "AffectedItems", "Folders", "Folder",
    "DestFolder", "UserAgent", "AppAccessContext", "InterSystemsId", "IntraSystemId", "SiteUrl",
    "EventSource", "AzureActiveDirectoryEventType", "SourceFileName", "SourceFileExtension",
    "SourceRelativeUrl", "ItemType",
    "TargetUserOrGroupName", "TargetUserOrGroupType", "CorrelationId", "AlertId", "Name", "Category",
    "Severity", "Data", "Members", "CommunicationType", "AuditData",
)  # fmt: skip
_OWN: Final = {name.lower(): name for name in _NAMES}
_TYPED: Final = re.compile(r"_(?:[sdbgt]|dynamic|string)$")
_MARKS: Final = re.compile(r"[\W_]+")
_OPERATION: Final = "operation"
_TIMES: Final = ("creationtime", "timegenerated", "creationdate")
_WHO: Final = "userid"


def is_one(names: frozenset[str]) -> bool:
    """Say whether the names are those of a unified record once they are written as Microsoft does."""
    return _before(names) is not None


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the fields under Microsoft's names; of several that are the same, the first that is not blank."""
    before = _before(frozenset(map(plain_name, raw))) or ""
    found: dict[str, Any] = {}
    for key, value in raw.items():
        name = _squeezed(plain_name(key))
        if before and not name.startswith(before):
            continue
        inner = name[len(before) :]
        own = _OWN.get(inner) or (inner if before else key)
        if own not in found or is_blank(found[own]):
            found[own] = value
    return found


@lru_cache(maxsize=256)
def _before(names: frozenset[str]) -> str | None:
    """Give what stands before Microsoft's names; None where they are as Microsoft's, or no record's."""
    squeezed = set(map(_squeezed, names))
    befores = {one[: -len(_OPERATION)] for one in squeezed if one.endswith(_OPERATION)}
    for before in sorted(befores, key=len, reverse=True):
        is_record = before + _WHO in squeezed and _any_in(squeezed, (before + time for time in _TIMES))
        if is_record and (before or not ({_OPERATION, _WHO} <= names and _any_in(names, _TIMES))):
            return before
    return None


def _any_in(names: Iterable[str], wanted: Iterable[str]) -> bool:
    return not set(wanted).isdisjoint(names)


@lru_cache(maxsize=4096)
def _squeezed(name: str) -> str:
    return _MARKS.sub("", _TYPED.sub("", name))
