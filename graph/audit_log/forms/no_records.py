"""Exports that hold no records, told by their fields: each is named, with what to export in its place.

Source: Google SecOps, "Unified Data Model field list"; Microsoft Defender XDR, "Incidents queue" and "List
incidents API"; Microsoft Graph v1.0, "alert resource type"; Microsoft Purview, "Documents in an eDiscovery
export"; Azure Monitor, "CommonSecurityLog table"; Microsoft Entra, "How to download logs" (the files of the
steps of sign-ins, and headings in the language of whoever downloads).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Never

from graph.audit_log.pieces import plain_name
from graph.errors import UnknownForm

URL: Final = (
    "https://cloud.google.com/chronicle/docs/reference/udm-field-list",
    "https://learn.microsoft.com/defender-xdr/api-list-incidents",
    "https://learn.microsoft.com/graph/api/resources/security-alert",
    "https://learn.microsoft.com/azure/azure-monitor/reference/tables/commonsecuritylog",
    "https://learn.microsoft.com/entra/identity/monitoring-health/howto-download-logs",
)
_UDM: Final = (
    "This is an event of Google SecOps' data model, which has only some of a record's fields; export the raw"
    " logs."
)
_EVENTS: Final = (
    "This is an event in the Common Event Format, which has only some of a record's fields; export the"
    " records as they came, or from Purview."
)
_INCIDENTS: Final = (
    "This is an incident or alert of Defender, which holds no records; export CloudAppEvents from"
    " its hunting, or the audit log from Purview."
)
_ITEMS: Final = (
    "This is a list of items that a content search found, which does not say what was done; export the"
    " audit log from Purview."
)
_LANGUAGE: Final = (
    "The nearest is Entra admin center, sign-in logs downloaded as CSV, but its headings are in another"
    " language; download it as JSON, which is the same in every language, or with the portal in English."
)
_KINDS: Final[tuple[tuple[frozenset[str], str], ...]] = (
    (
        frozenset({"metadata", "principal"}),
        _UDM,
    ),
    (frozenset({"incident id", "incident name"}), _INCIDENTS),
    (frozenset({"incidentid", "incidentname"}), _INCIDENTS),
    (frozenset({"alertid", "entities"}), _INCIDENTS),
    (frozenset({"evidence", "severity", "title"}), _INCIDENTS),
    (frozenset({"item identity", "document id"}), _ITEMS),
    (frozenset({"original path", "target path"}), _ITEMS),
    (
        frozenset({"devicevendor", "deviceproduct"}),
        _EVENTS,
    ),
    (
        frozenset({"request id", "authentication method"}),
        "This is a step of a sign-in, not the sign-in; give the file of the sign-ins that lies beside it.",
    ),
)
COLUMNS: Final = frozenset[str]().union(*(names for names, _ in _KINDS))
_UTC: Final = "(utc)"
_ENGLISH: Final = "date (utc)"
_MANY: Final = 10


def is_one(names: frozenset[str]) -> bool:
    """Say whether the fields are those of such an export."""
    return bool(_says(names))


def opened(raw: Mapping[str, Any]) -> Never:
    """Say what it is.

    Raises:
        UnknownForm: always; what lies inside is looked through all the same.
    """
    raise UnknownForm(_says(frozenset(map(plain_name, raw))))


def _says(names: frozenset[str]) -> str:
    for known, sentence in _KINDS:
        if known <= names:
            return sentence
    translated = len(names) >= _MANY and _ENGLISH not in names
    if (
        translated
        and any(name.endswith(_UTC) for name in names)
        and any("ip" in _words(name) for name in names)
    ):
        return _LANGUAGE
    return ""


def _words(name: str) -> list[str]:
    return name.replace("-", " ").replace("'", " ").split()
