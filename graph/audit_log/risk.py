"""Risk detections of Identity Protection, from Graph, from the diagnostic stream and from Log Analytics.

Source: Microsoft Graph v1.0, "riskDetection resource type"; Azure Monitor, "AADUserRiskEvents" table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from graph.addresses import address_of
from graph.audit_log.pieces import as_mapping, as_text, content_id
from graph.audit_log.sign_in import location_of
from graph.errors import UnreadableRecord
from graph.resources.sign_ins import RiskDetection
from graph.times import record_time

URL: Final = "https://learn.microsoft.com/graph/api/resources/riskdetection"
COLUMNS: Final = frozenset(
    {
        "id",
        "requestid",
        "correlationid",
        "riskeventtype",
        "riskstate",
        "risklevel",
        "riskdetail",
        "source",
        "detectiontimingtype",
        "activity",
        "ipaddress",
        "activitydatetime",
        "detecteddatetime",
        "userprincipalname",
    }
)

_CATEGORIES: Final = frozenset({"userriskevents", "aaduserriskevents"})


def is_one(raw: Mapping[str, Any]) -> bool:
    """Say whether this is a risk detection."""
    lower = _lower(raw)
    if {as_text(lower.get("category")).lower(), as_text(lower.get("type")).lower()} & _CATEGORIES:
        return True
    return "riskeventtype" in lower and "detecteddatetime" in lower


def parse(raw: Mapping[str, Any]) -> RiskDetection:
    """Read one risk detection.

    Raises:
        UnreadableRecord: when a time in it cannot be read.
    """
    outer = _lower(raw)
    inner = {
        **outer,
        **{key: one for key, one in _lower(as_mapping(outer.get("properties"))).items() if one is not None},
    }
    active = as_text(inner.get("activitydatetime"))
    when = as_text(inner.get("detecteddatetime") or inner.get("time") or inner.get("timegenerated"))
    try:
        return RiskDetection(
            id=as_text(inner.get("id")) or content_id(raw),
            risk_event_type=as_text(inner.get("riskeventtype") or inner.get("risktype")),
            risk_level=as_text(inner.get("risklevel")),
            risk_state=as_text(inner.get("riskstate")),
            risk_detail=as_text(inner.get("riskdetail")),
            detected_date_time=record_time(when) if when else when,
            activity_date_time=record_time(active) if active else active,
            ip_address=address_of(as_text(inner.get("ipaddress")) or as_text(inner.get("calleripaddress")))
            or "",
            source=as_text(inner.get("source")),
            activity=as_text(inner.get("activity")),
            request_id=as_text(inner.get("requestid")),
            user_principal_name=as_text(inner.get("userprincipalname")).lower(),
            location=location_of(inner),
        )
    except ValidationError as wrong:
        raise UnreadableRecord(f"The risk detection cannot be read: {wrong.errors()[0]['msg']}.") from None


def _lower(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key.partition(" [")[0].strip().lower(): one for key, one in value.items() if isinstance(key, str)}
