"""What Microsoft's own alert policies said about an account, as the audit log keeps it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from commands import facts
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence

_OPERATIONS: Final = frozenset({"alerttriggered", "alertentitygenerated", "alertupdated"})


_RISKS: Final = {
    "unlikelytravel": "atypical travel",
    "unfamiliarfeatures": "unfamiliar sign-in properties",
    "mcassuspiciousinboxmanipulationrules": "suspicious inbox manipulation rules",
    "suspiciousinboxforwarding": "suspicious inbox forwarding",
    "investigationsthreatintelligence": "Microsoft Entra threat intelligence",
    "generic": "additional risk",
}
"""Risks whose name is not that of their type. Source: Microsoft Entra, "What are risk detections?"."""

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def risk_in_words(kind: str) -> str:
    """Name a risk detection by its type, as Microsoft names it for people.

    >>> risk_in_words("anonymizedIPAddress"), risk_in_words("unlikelyTravel")
    ('anonymized IP address', 'atypical travel')
    """
    words = _HUMP.sub(" ", kind.removeprefix("mcas")).split()
    plain = " ".join(word if word.isupper() else word.lower() for word in words)
    return _RISKS.get(kind.casefold(), plain) or "a risk"


ONE_ALERT: Final = timedelta(hours=1)
"""Within this time records of the same name tell of one alert: one that it was raised, others about whom."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert: its name, its first record, and the ids of all."""

    name: str
    record: AuditRecord
    records: tuple[str, ...]


def alerts_of(evidence: Evidence) -> tuple[Alert, ...]:
    """Give each alert about the subject once, oldest first.

    Source: Office 365 Management Activity API schema, "Security and Compliance Alerts schema".
    """
    found: list[Alert] = []
    for record in evidence.records():
        if record.operation.casefold() not in _OPERATIONS or not _concerns(record, evidence):
            continue
        name = record.details.get("Name", "") or record.details.get("AlertName", "")
        for place, other in enumerate(found):
            if other.name == name and record.at - other.record.at <= ONE_ALERT:
                found[place] = replace(other, records=(*other.records, record.id))
                break
        else:
            found.append(Alert(name, record, (record.id,)))
    return tuple(found)


def tells(alert: Alert, of: str) -> bool:
    """Say whether an alert is one of those that ``commands/facts/alerts.toml`` lists under this name."""
    name = alert.name.casefold()
    return any(part in name for part in facts.alert_names()[of].names)


def _concerns(record: AuditRecord, evidence: Evidence) -> bool:
    if record.owner and evidence.subject.is_meant_by(record.owner):
        return True
    if record.object_id and evidence.subject.is_meant_by(record.object_id):
        return True
    data = record.details.get("Data", "").casefold()
    return any(address in data for address in evidence.subject.addresses)
