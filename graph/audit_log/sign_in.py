"""Sign-ins from every log that has them, as one value.

Source: Microsoft Graph v1.0 and beta, "signIn resource type"; Azure Monitor, "SigninLogs" table; and the
unified audit log's UserLoggedIn and UserLoginFailed, the only ones in a tenant without premium license.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from graph.addresses import address_of
from graph.audit_log.pieces import as_list, as_mapping, as_text, content_id, lowered, time_text
from graph.audit_log.record import AuditRecord
from graph.errors import UnreadableRecord
from graph.resources.sign_ins import (
    AuthenticationStep,
    DeviceDetail,
    GeoCoordinates,
    Location,
    MfaDetail,
    NetworkLocation,
    SignIn,
    SignInStatus,
)
from graph.times import record_time

URL: Final = "https://learn.microsoft.com/graph/api/resources/signin"
COLUMNS: Final = frozenset(
    {
        "id",
        "createddatetime",
        "userdisplayname",
        "userprincipalname",
        "userid",
        "appid",
        "appdisplayname",
        "ipaddress",
        "clientappused",
        "correlationid",
        "isinteractive",
        "status",
        "devicedetail",
        "location",
    }
)

LOGONS: Final = frozenset({"UserLoggedIn", "UserLoginFailed"})
"""The operations of the unified audit log that are sign-ins."""

NO_NUMBER: Final = 1
"""Stands for the error number of a failed sign-in whose record gives none; no real error has it."""

APPLICATIONS: Final = "The sign-in is an application's, not a user's."

_CATEGORIES: Final = frozenset({"signinlogs", "noninteractiveusersigninlogs"})
_PROJECTED: Final = frozenset({"userprincipalname", "ipaddress", "resulttype"})
"""Columns of Log Analytics without which a sign-in says nothing; queries often give these and few others."""

_OTHERS: Final = frozenset(
    {
        "serviceprincipalsigninlogs",
        "managedidentitysigninlogs",
        "adfssigninlogs",
        "aadserviceprincipalsigninlogs",
    }
)


def is_one(raw: Mapping[str, Any]) -> bool:
    """Say whether this is a sign-in of the sign-in log, of a user or of an application."""
    lower = lowered(raw)
    if {as_text(lower.get("category")).lower(), as_text(lower.get("type")).lower()} & (_CATEGORIES | _OTHERS):
        return True
    if lower.keys() >= _PROJECTED and {"timegenerated", "createddatetime"} & lower.keys():
        return True
    return (
        "createddatetime" in lower
        and "status" in lower
        and bool({"appid", "ipaddress", "clientappused"} & set(lower))
    )


def sign_in_of(record: AuditRecord) -> SignIn:
    """Turn a UserLoggedIn or UserLoginFailed record into a sign-in; it has no place, and seldom a device."""
    details = record.details
    number = int(record.error_code) if record.error_code.isdigit() else 0
    if not record.succeeded and number in (0, 50140):
        number = NO_NUMBER
    compliant = details.get("IsCompliant") or details.get("IsCompliantAndManaged", "")
    return SignIn(
        id=record.id,
        created_date_time=record.at,
        user_id=details.get("ActorId", "") or details.get("UserKey", ""),
        user_principal_name=record.actor,
        app_id=record.app_id,
        app_display_name=details.get("ApplicationDisplayName", ""),
        resource_id=record.object_id,
        ip_address=record.address or "",
        user_agent=record.user_agent,
        session_id=record.session_id,
        status=SignInStatus(error_code=number, failure_reason=details.get("LogonError", "")),
        device_detail=DeviceDetail(
            device_id=details.get("DeviceId", "") or details.get("Id", ""),
            display_name=details.get("DisplayName", ""),
            operating_system=details.get("OS", ""),
            browser=details.get("BrowserType", ""),
            is_compliant=compliant.lower() == "true" if compliant else None,
            trust_type=details.get("TrustType", ""),
        ),
    )


def parse(raw: Mapping[str, Any]) -> SignIn:
    """Read one sign-in of Graph, the diagnostic stream or Log Analytics.

    Raises:
        UnreadableRecord: when it is an application's sign-in, or lacks its time.
    """
    outer = lowered(raw)
    kinds = {as_text(outer.get("category")).lower(), as_text(outer.get("type")).lower()}
    if kinds & _OTHERS:
        raise UnreadableRecord(APPLICATIONS)
    inner = {
        **outer,
        **{key: one for key, one in lowered(as_mapping(outer.get("properties"))).items() if one is not None},
    }
    status = lowered(as_mapping(inner.get("status")))
    device = lowered(as_mapping(inner.get("devicedetail")))
    number = as_text(status.get("errorcode")) or as_text(inner.get("resulttype"))
    if not number and "status" in inner and not status:
        # PowerShell's Export-Csv leaves the name of a type where the status was.
        raise UnreadableRecord(
            "The sign-in does not say whether it succeeded; export it as JSON, in PowerShell with -Depth 10."
        )
    when = time_text(inner.get("createddatetime") or inner.get("time") or inner.get("timegenerated"))
    interactive = as_text(inner.get("isinteractive")).lower()
    asn = as_text(inner.get("autonomoussystemnumber"))
    try:
        return SignIn(
            id=as_text(inner.get("id")) or content_id(raw),
            created_date_time=record_time(when) if when else when,
            user_id=as_text(inner.get("userid")),
            user_principal_name=as_text(inner.get("userprincipalname")).lower(),
            app_id=as_text(inner.get("appid")),
            app_display_name=as_text(inner.get("appdisplayname")),
            resource_id=as_text(inner.get("resourceid")),
            resource_display_name=as_text(inner.get("resourcedisplayname")),
            ip_address=address_of(as_text(inner.get("ipaddress")) or as_text(inner.get("calleripaddress")))
            or "",
            client_app_used=as_text(inner.get("clientappused")),
            user_agent=as_text(inner.get("useragent")),
            is_interactive=interactive == "true" if interactive else None,
            conditional_access_status=as_text(inner.get("conditionalaccessstatus")),
            risk_level_during_sign_in=as_text(inner.get("risklevelduringsignin")),
            risk_state=as_text(inner.get("riskstate")),
            risk_event_types_v2=tuple(as_text(one) for one in as_list(inner.get("riskeventtypes_v2"))),
            authentication_protocol=as_text(inner.get("authenticationprotocol")),
            authentication_requirement=as_text(inner.get("authenticationrequirement")),
            original_transfer_method=as_text(inner.get("originaltransfermethod")),
            session_id=as_text(inner.get("sessionid")),
            autonomous_system_number=int(asn) if asn.isdigit() else None,
            mfa_detail=MfaDetail(
                auth_method=as_text(lowered(as_mapping(inner.get("mfadetail"))).get("authmethod"))
            ),
            authentication_details=tuple(_steps(inner)),
            network_location_details=tuple(_locations(inner)),
            status=SignInStatus(
                error_code=int(number) if number.isdigit() else 0,
                failure_reason=as_text(status.get("failurereason"))
                or as_text(inner.get("resultdescription")),
            ),
            device_detail=DeviceDetail(
                device_id=as_text(device.get("deviceid")),
                display_name=as_text(device.get("displayname")),
                operating_system=as_text(device.get("operatingsystem")),
                browser=as_text(device.get("browser")),
                is_compliant=_flag(device.get("iscompliant")),
                is_managed=_flag(device.get("ismanaged")),
                trust_type=as_text(device.get("trusttype")),
            ),
            location=location_of(inner),
        )
    except ValidationError as wrong:
        raise UnreadableRecord(f"The sign-in cannot be read: {wrong.errors()[0]['msg']}.") from None


def _steps(inner: Mapping[str, Any]) -> Iterator[AuthenticationStep]:
    for one in map(lowered, map(as_mapping, _listed(inner.get("authenticationdetails")))):
        yield AuthenticationStep(
            authentication_method=as_text(one.get("authenticationmethod")),
            authentication_step_result_detail=as_text(one.get("authenticationstepresultdetail")),
            succeeded=_flag(one.get("succeeded")),
        )


def _locations(inner: Mapping[str, Any]) -> Iterator[NetworkLocation]:
    for one in map(lowered, map(as_mapping, _listed(inner.get("networklocationdetails")))):
        names = tuple(as_text(name) for name in as_list(one.get("networknames")))
        yield NetworkLocation(network_type=as_text(one.get("networktype")), network_names=names)


def _listed(value: object) -> Sequence[Any]:
    """Give a list; Log Analytics and Sentinel write one as JSON text."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return ()
    return as_list(value)


def location_of(inner: Mapping[str, Any]) -> Location | None:
    """Read the place of a sign-in or risk; Log Analytics has it under LocationDetails."""
    place = lowered(as_mapping(inner.get("locationdetails"))) or lowered(as_mapping(inner.get("location")))
    if not place and as_text(inner.get("countryorregion")):
        place = dict(inner)  # laid flat by Microsoft Extractor Suite
    country = "" if place else as_text(inner.get("location"))
    if not place and not country:
        return None
    geo = lowered(as_mapping(place.get("geocoordinates")))
    latitude, longitude = geo.get("latitude"), geo.get("longitude")
    known = isinstance(latitude, int | float) and isinstance(longitude, int | float)
    return Location(
        city=as_text(place.get("city")),
        state=as_text(place.get("state")),
        country_or_region=as_text(place.get("countryorregion")) or country.upper(),
        geo_coordinates=GeoCoordinates(latitude=latitude, longitude=longitude) if known else None,
    )


def _flag(value: object) -> bool | None:
    text = as_text(value).lower()
    return text == "true" if text in {"true", "false"} else None
