"""Elastic's Microsoft 365 integration: fields in Elastic's common schema around `o365.audit`.

Source: Elastic, "Microsoft 365 integration", its sample event and its ingest pipeline.
"""

# The pipeline moves much of the record into Elastic's common schema, gives a few operations other names and
# makes objects of lists; `event.original`, which is the record itself, it keeps only where told to.
# Discover's CSV has the same fields flat; `o365audit` is what the agent sends before the pipeline works.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.pieces import as_mapping, as_text, nested

URL: Final = (
    "https://github.com/elastic/integrations/blob/main/packages/o365/data_stream/audit/sample_event.json",
    "https://github.com/elastic/integrations/blob/main/packages/o365/data_stream/audit/elasticsearch/ingest_pipeline/default.yml",
)
COLUMNS: Final = frozenset(
    {
        "@timestamp",
        "event",
        "client",
        "user",
        "o365",
        "organization",
        "host",
        "related",
        "source",
        "event.action",
        "event.id",
        "client.ip",
        "user.id",
        "o365.audit.recordtype",
    }
)
_PREFIX: Final = "o365.audit."
_MOVED: Final = (
    ("CreationTime", ("@timestamp",)),
    ("Id", ("event", "id")),
    ("Operation", ("event", "action")),
    ("Workload", ("event", "provider")),
    ("ClientIP", ("client", "ip")),
    ("ClientIP", ("client", "address")),
    ("ClientIP", ("source", "ip")),
    ("UserId", ("user", "id")),
    ("UserId", ("user", "email")),
    ("UserAgent", ("user_agent", "original")),
    ("ObjectId", ("url", "original")),
    ("ObjectId", ("user", "target", "id")),
    ("SourceFileName", ("file", "name")),
    ("SourceRelativeUrl", ("file", "directory")),
    ("SourceFileExtension", ("file", "extension")),
    ("ClientProcessName", ("process", "name")),
    ("OrganizationId", ("organization", "id")),
    ("OrganizationName", ("organization", "name")),
)
_RENAMED: Final = {
    "added-user-account": "Add user.",
    "modified-user-account": "Update user.",
    "deleted-user-account": "Delete user.",
    "added-group-account-to": "TeamCreated",
    "added-users-to-group": "MemberAdded",
}
"""Operations as the pipeline calls them, with the names they had."""

_ALERTS: Final = "SecurityComplianceAlerts"
_OF_ALERTS: Final = (
    ("Comments", ("message",)),
    ("Name", ("rule", "name")),
    ("PolicyId", ("rule", "id")),
    ("Category", ("rule", "category")),
    ("EntityType", ("rule", "ruleset")),
    ("AlertEntityId", ("rule", "description")),
)
_ITEMS: Final = "ExchangeItem"
_LISTS: Final = ("Parameters", "ExtendedProperties", "ModifiedProperties")
_RAW: Final = "_raw"
_DOTTED: Final = frozenset(
    {"Actor", "AppRole", "ConsentAction", "ConsentContext", "DelegatedPermissionGrant", "Group", "Role",
     "SPN", "ServicePrincipal", "TargetId", "User"}
)  # fmt: skip
"""What stands before a dot in a property's name; the pipeline makes an underscore of dots and of blanks."""


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are the integration's fields, nested or flat."""
    if names & {"o365", "o365audit", "event.original"}:
        return True
    return any(name.startswith(_PREFIX) for name in names)


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the record: the original text where it was kept, else what the integration made of it."""
    if whole := as_mapping(raw.get("o365audit")):
        return whole
    fields = nested(raw)
    if original := as_mapping(as_mapping(fields.get("event")).get("original")):
        return original
    audit = as_mapping(as_mapping(fields.get("o365")).get("audit"))
    if not audit:
        return raw
    # Some collectors write the names in snake case.
    record = {name.replace("_", ""): one for name, one in audit.items()}
    code = _at(fields, ("event", "code"))
    for name, path in (*_MOVED, *(_OF_ALERTS if code == _ALERTS else ())):
        if not as_text(record.get(name)) and (text := _at(fields, path)):
            record[name] = text
    record["Operation"] = _RENAMED.get(as_text(record.get("Operation")), record.get("Operation"))
    # The pipeline overwrites the owner with the user wherever the user is told by an address.
    if (
        code == _ITEMS
        and "@" not in _at(fields, ("user", "id"))
        and (owner := _at(fields, ("user", "email")))
    ):
        record.setdefault("MailboxOwnerUPN", owner)
    for name in _LISTS:
        if isinstance(held := record.get(name), Mapping) and _RAW in held:
            record[name] = held[_RAW]
    if isinstance(changed := record.get("ModifiedProperties"), Mapping):
        record["ModifiedProperties"] = [
            {"Name": _property(name), **as_mapping(one)} for name, one in changed.items()
        ]
    return record


def _at(fields: Mapping[str, Any], path: tuple[str, ...]) -> str:
    value: Any = fields
    for key in path:
        value = as_mapping(value).get(key)
    return as_text(value)


def _property(name: str) -> str:
    head, _, rest = name.partition("_")
    return f"{head}.{rest}" if rest and head in _DOTTED else name.replace("_", " ")
