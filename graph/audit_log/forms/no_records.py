"""Exports that hold no records, told by their fields: each is named, with what to export in its place.

Source: Google SecOps, "Unified Data Model field list"; Microsoft Defender XDR, "Incidents queue" and "List
incidents API"; Microsoft Graph v1.0, "alert resource type"; Microsoft Purview, "Documents in an eDiscovery
export"; Azure Monitor, "CommonSecurityLog table"; Microsoft Entra, "How to download logs" (the files of the
steps of sign-ins, and headings in the language of whoever downloads), "riskyUser resource type" and
"Microsoft Graph activity logs"; Exchange PowerShell, "Get-Mailbox", "Get-TransportRule",
"Get-MailboxPermission", "Get-MessageTraceDetailV2", "Get-QuarantineMessage", "Search-MailboxAuditLog" and
"Search-AdminAuditLog"; Microsoft Graph v1.0, "messageRule" and "userRegistrationDetails resource type";
Office 365 Management Activity API reference (the list of content); Microsoft Sentinel, "ASIM schemas"; OCSF,
"Schema".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Never

from graph.audit_log.pieces import as_text, lowered, plain_name
from graph.errors import UnknownForm

URL: Final = (
    "https://cloud.google.com/chronicle/docs/reference/udm-field-list",
    "https://learn.microsoft.com/defender-xdr/api-list-incidents",
    "https://learn.microsoft.com/graph/api/resources/security-alert",
    "https://learn.microsoft.com/azure/azure-monitor/reference/tables/commonsecuritylog",
    "https://learn.microsoft.com/entra/identity/monitoring-health/howto-download-logs",
    "https://learn.microsoft.com/graph/api/resources/riskyuser",
    "https://learn.microsoft.com/azure/azure-monitor/reference/tables/microsoftgraphactivitylogs",
    "https://learn.microsoft.com/powershell/module/exchangepowershell/get-mailbox",
    "https://learn.microsoft.com/powershell/module/exchangepowershell/search-adminauditlog",
    "https://learn.microsoft.com/graph/api/resources/messagerule",
    "https://learn.microsoft.com/office/office-365-management-api/",
    "https://learn.microsoft.com/azure/sentinel/normalization-about-schemas",
    "https://schema.ocsf.io",
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
_NORMAL: Final = (
    "This is an event in a common schema ({name}), which has only some of a record's fields;"
    " export the records as they came, or from Purview."
)
_SETTINGS: Final = (
    "This shows {what} as they are, not who set them and when; look at it yourself, and export the"
    " audit log from Purview."
)
_OLDER: Final = (
    "This is a record of {name}, which has only some of the unified audit log's fields; export"
    " that from Purview."
)
_RISK: Final = (
    "This is the portal's table of risk detections, with its own headings; download it as JSON,"
    " or export them from Graph (identityProtection/riskDetections)."
)
_RISKY: Final = (
    "This lists how risky users are, not what happened; export the risk detections from Graph"
    " (identityProtection/riskDetections) as JSON."
)
_MESSAGES: Final = (
    "This is a list of messages from Defender or the quarantine, with its own headings; export"
    " EmailEvents from Defender's hunting, or a message trace."
)
_RULES: Final = (
    "This is an inbox rule as Graph lists it, which does not say whose it is; export the rules"
    " of each mailbox with Get-InboxRule and ConvertTo-Json."
)
_FORWARDING: Final = frozenset({"forwardingsmtpaddress", "delivertomailboxandforward"})
_KINDS: Final[tuple[tuple[frozenset[str], str], ...]] = tuple(
    (frozenset(names.split("|")), sentence)
    for names, sentence in (
        ("metadata|principal", _UDM),
        ("incident id|incident name", _INCIDENTS),
        ("incidentid|incidentname", _INCIDENTS),
        ("incidentnumber|severity", _INCIDENTS),
        ("systemalertid|entities", _INCIDENTS),
        ("alertid|entities", _INCIDENTS),
        ("evidence|severity|title", _INCIDENTS),
        ("item identity|document id", _ITEMS),
        ("original path|target path", _ITEMS),
        ("devicevendor|deviceproduct", _EVENTS),
        ("eventschema|eventproduct", _NORMAL.format(name="Sentinel's ASIM")),
        ("class_uid|metadata", _NORMAL.format(name="OCSF")),
        (
            "request id|authentication method",
            (
                "This is a step of a sign-in, not the sign-in; use the file of sign-ins that was"
                " downloaded with it."
            ),
        ),
        (
            "requestmethod|requesturi",
            (
                "This is a request to Graph (MicrosoftGraphActivityLogs), which is not judged;"
                " export the audit log and the sign-ins."
            ),
        ),
        (
            "logontype|accountupn|targetdevicename",
            (
                "This is a logon as Defender for Identity sees it (IdentityLogonEvents); export"
                " EntraIdSignInEvents or AADSignInEventsBeta."
            ),
        ),
        ("detection type|risk state", _RISK),
        ("risk state|risk last updated", _RISKY),
        ("riskstate|risklastupdateddatetime", _RISKY),
        ("subject|sender address|recipients", _MESSAGES),
        ("quarantinetypes|releasestatus", _MESSAGES),
        (
            "messagetraceid|event|detail",
            (
                "This is a step of a message's delivery (Get-MessageTraceDetail), which does not say who"
                " sent it; export the message trace itself."
            ),
        ),
        ("cmdletname|cmdletparameters", _OLDER.format(name="Search-AdminAuditLog")),
        ("lastaccessed|logontype|mailboxownerupn", _OLDER.format(name="Search-MailboxAuditLog")),
        ("conditions|actions|sequence|displayname", _RULES),
        (
            "contenturi|contenttype",
            (
                "This only names a blob of records (Management Activity API); download what its"
                " contentUri leads to, and use that."
            ),
        ),
        ("delivertomailboxandforward|forwardingsmtpaddress", _SETTINGS.format(what="mailbox settings")),
        ("blindcopyto|priority|state", _SETTINGS.format(what="mail flow rules (transport rules)")),
        ("accessrights|user|deny", _SETTINGS.format(what="mailbox permissions")),
        (
            "ismfaregistered|userprincipalname",
            _SETTINGS.format(what="sign-in methods (MFA)"),
        ),
        ("accountenabled|userprincipalname", _SETTINGS.format(what="accounts")),
        ("grantcontrols|conditions", _SETTINGS.format(what="Conditional Access policies")),
        ("consenttype|scope|clientid", _SETTINGS.format(what="consents to applications")),
    )
)
_ERROR: Final = "This is an error that the service answered, not records; export them again."
COLUMNS: Final = frozenset[str]().union(*(names for names, _ in _KINDS))
_UTC: Final = "(utc)"
_ENGLISH: Final = "date (utc)"
_MANY: Final = 10
_ANSWERED: Final = frozenset(
    {"error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id"}
)


def is_one(names: frozenset[str]) -> bool:
    """Say whether the fields are those of such an export."""
    return bool(_says(names))


def opened(raw: Mapping[str, Any]) -> Never:
    """Say what it is.

    Raises:
        UnknownForm: always; what lies inside is looked through all the same.
    """
    raise UnknownForm(_forwarded(raw) or _says(frozenset(map(plain_name, raw))))


def _forwarded(raw: Mapping[str, Any]) -> str:
    """Say of a mailbox that its mail is forwarded, where its settings do; nothing else of them is read."""
    low = lowered(raw)
    if not low.keys() >= _FORWARDING or not (to := as_text(low.get("forwardingsmtpaddress"))):
        return ""
    names = (low.get(name) for name in ("userprincipalname", "primarysmtpaddress", "identity", "name"))
    whose = next((text for one in names if (text := as_text(one))), "a mailbox")
    return (
        f"Mail of {whose} is forwarded to {to.removeprefix('smtp:')}; its settings do not say who"
        f" set this and when: export the audit log from Purview."
    )


def _says(names: frozenset[str]) -> str:
    for known, sentence in _KINDS:
        if known <= names:
            return sentence
    if "error" in names and names <= _ANSWERED:
        return _ERROR
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
