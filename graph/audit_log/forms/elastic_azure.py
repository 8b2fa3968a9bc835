"""Elastic's Azure integration: sign-ins, directory audits and risk detections under `azure`, in snake case.

Source: Elastic, "Azure Logs integration", the sample events of `signinlogs`, `auditlogs` and
`identityprotection`.
"""

# The integration moves address, place and program out of the record into Elastic's common schema; where
# `event.original` was kept it is the record itself. Discover's CSV has the same fields flat.

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from graph.audit_log.forms import laid_flat
from graph.audit_log.pieces import as_mapping, as_text, nested

URL: Final = (
    "https://github.com/elastic/integrations/blob/main/packages/azure/data_stream/signinlogs/sample_event.json",
    "https://github.com/elastic/integrations/blob/main/packages/azure/data_stream/auditlogs/sample_event.json",
    "https://github.com/elastic/integrations/blob/main/packages/azure/data_stream/identity_protection/sample_event.json",
)
COLUMNS: Final = frozenset(
    {"@timestamp", "azure", "client", "cloud", "ecs", "event", "geo", "log", "related", "source", "user"}
)
_STREAMS: Final = ("signinlogs", "auditlogs", "identityprotection")
_FLAT: Final = tuple(f"azure.{one}." for one in _STREAMS)
_MOVED: Final = (
    ("ipAddress", ("source", "ip")),
    ("ipAddress", ("client", "ip")),
    ("userId", ("user", "id")),
    ("userAgent", ("user_agent", "original")),
    ("location.city", ("geo", "city_name")),
    ("location.state", ("geo", "country_name")),  # so the pipeline calls the state
    ("location.countryOrRegion", ("geo", "country_iso_code")),
    ("location.countryOrRegion", ("source", "geo", "country_iso_code")),
)
_DEEPEST: Final = 8


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are the integration's fields, nested or flat."""
    if "azure" in names:
        return bool({"@timestamp", "event", "ecs"} & names)
    return any(name.startswith(_FLAT) for name in names)


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the record: the original text where it was kept, else what the integration made of it."""
    fields = raw if "azure" in raw else nested(raw)
    azure = as_mapping(fields.get("azure"))
    stream = next((one for one in _STREAMS if as_mapping(azure.get(one))), "")
    if not stream:
        return raw
    if original := as_mapping(as_mapping(fields.get("event")).get("original")):
        return original
    block = as_mapping(azure[stream])
    properties = as_mapping(block.get("properties"))
    record = dict(_flat(properties, "", 0))
    outside: dict[str, Any] = dict(_outside(fields)) if stream != "auditlogs" else {}
    if stream == "signinlogs":
        outside |= {"status.errorCode": block.get("result_type"), "createdDateTime": fields.get("@timestamp")}
        outside["category"] = block.get("category")
    elif stream == "auditlogs":
        outside |= {
            "activityDateTime": fields.get("@timestamp"),
            "activityDisplayName": block.get("operation_name"),
            "category": block.get("category"),
        }
    found = dict(laid_flat.opened(outside))
    for name, one in laid_flat.opened(record).items():
        before = found.get(name)
        if isinstance(before, dict) and isinstance(one, dict):
            found[name] = {**before, **one}
        elif one not in ("", None):
            found[name] = one
    return found


def _outside(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    told: set[str] = set()
    for name, path in _MOVED:
        value: Any = raw
        for key in path:
            value = as_mapping(value).get(key)
        if name not in told and (text := as_text(value)):
            told.add(name)
            yield name, text


def _flat(value: object, name: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Give the fields of fields by names with dots, as the integration's flat form has them."""
    if depth < _DEEPEST and isinstance(value, Mapping):
        for key, one in value.items():
            yield from _flat(one, f"{name}.{key}" if name else str(key), depth + 1)
    elif depth < _DEEPEST and isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        for number, one in enumerate(value):
            yield from _flat(one, f"{name}.{number}", depth + 1)
    else:
        yield name, value
