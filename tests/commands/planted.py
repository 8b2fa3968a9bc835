"""One minimal record or two of each known detection's kind, as Microsoft writes them, with invented values.

The shapes are those of the Office 365 Management Activity API schema, of Microsoft Graph beta's "signIn
resource type", and of what real exports show. Each comes from a hotel, where nothing else is suspicious.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from zlib import crc32

from graph.resources.sign_ins import RiskDetection
from tests.commands.evidence import ADELE, DROP, NESTOR, NOON, OFFICE, message
from tests.commands.symptoms.judging import HOTEL, LAGOS, LAPTOP, LONDON

Raw = dict[str, Any]

TENANT = "11111111-2222-4333-8444-555555555555"
OUTLOOK = "5d661950-3475-41cd-a2c3-d671a3162bc1"
PORTAL = "4765445b-32c6-49b0-83e6-1d93765276ca"
AT_DESK: Raw = {"ipAddress": OFFICE, "deviceDetail": LAPTOP, "userAgent": "Mozilla/5.0 Chrome/128.0"}
MEGAN = "megan.bowen@contoso.example"


def ual(operation: str, kind: int, workload: str, *, minutes: float = 0, **fields: Any) -> Raw:
    """One AuditData of Adele's, from the hotel."""
    when = NOON + timedelta(minutes=minutes)
    number = f"{operation}-{minutes}-{fields.get('UserId', '')}-{fields.get('ObjectId', '')}"
    plain = {
        "CreationTime": f"{when:%Y-%m-%dT%H:%M:%S}",
        "Id": number,
        "Operation": operation,
        "OrganizationId": TENANT,
        "RecordType": kind,
        "UserKey": f"1003{crc32(str(fields.get('UserId', ADELE.mail)).encode()):08X}",  # one for each account
        "UserType": 0,
        "Version": 1,
        "Workload": workload,
        "UserId": ADELE.mail,
        "ClientIP": HOTEL,
    }
    return {**plain, **fields}


def named(values: Mapping[str, str]) -> list[Raw]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


def cmdlet(operation: str, values: Mapping[str, str], **fields: Any) -> Raw:
    """A cmdlet of Exchange's, as its administrators' log has it."""
    fields.setdefault("ClientIP", f"{HOTEL}:50123")
    fields.setdefault("UserType", 2)
    return ual(operation, 1, "Exchange", ResultStatus="True", Parameters=named(values), **fields)


def mailbox(operation: str, kind: int = 50, **fields: Any) -> Raw:
    """Something done in a mailbox."""
    plain = {
        "MailboxOwnerUPN": ADELE.mail,
        "LogonType": 0,
        "ClientIPAddress": HOTEL,
        "ClientInfoString": "Client=OWA",
    }
    return ual(operation, kind, "Exchange", ResultStatus="Succeeded", **{**plain, **fields})


def directory(
    operation: str,
    target: str = ADELE.mail,
    changes: Mapping[str, tuple[str, str]] | None = None,
    **fields: Any,
) -> Raw:
    """Something done in Entra, as the unified audit log has it."""
    properties = [
        {"Name": name, "OldValue": old, "NewValue": new} for name, (old, new) in (changes or {}).items()
    ]
    plain = {
        "ResultStatus": "Success",
        "ObjectId": target,
        "ModifiedProperties": properties,
        "Target": [{"ID": target, "Type": 5}],
        "Actor": [{"ID": ADELE.mail, "Type": 5}],
        "ActorIpAddress": HOTEL,
    }
    return ual(f"{operation}.", 8, "AzureActiveDirectory", **{**plain, **fields})


def file(operation: str, name: str = "plan.docx", **fields: Any) -> Raw:
    """Something done to a file."""
    plain = {"SourceFileName": name, "ItemType": "File", "UserAgent": "Mozilla/5.0 Chrome/140.0"}
    url = f"https://contoso-my.example/personal/adele/{name}"
    return ual(operation, 6, "OneDrive", ObjectId=url, **{**plain, **fields})


def failed(user: str, **fields: Any) -> Raw:
    """A failed sign-in, as the unified audit log has it."""
    plain = {"ErrorNumber": "50126", "LogonError": "InvalidUserNameOrPassword", "ResultStatus": "Failed"}
    return ual("UserLoginFailed", 15, "AzureActiveDirectory", **{**plain, "UserId": user, **fields})


def sign_in(error: int = 0, *, minutes: float = 0, **fields: Any) -> Raw:
    """One sign-in of Graph's, from the hotel."""
    when = NOON + timedelta(minutes=minutes)
    plain = {
        "id": f"planted-{error}-{minutes}-{fields.get('ipAddress', '')}",
        "createdDateTime": f"{when:%Y-%m-%dT%H:%M:%SZ}",
        "userId": ADELE.id,
        "userPrincipalName": ADELE.mail,
        "appId": OUTLOOK,
        "appDisplayName": "Microsoft Outlook",
        "ipAddress": HOTEL,
        "clientAppUsed": "Browser",
        "userAgent": "Mozilla/5.0 Firefox/140.0",
        "isInteractive": True,
        "conditionalAccessStatus": "success",
        "authenticationRequirement": "multiFactorAuthentication",
        "status": {"errorCode": error},
        "location": LONDON,
    }
    return {**plain, **fields}


def own(day: int) -> Raw:
    """One of her ordinary sign-ins at the office."""
    return sign_in(minutes=-day * 24 * 60, **{**AT_DESK, "sessionId": f"own-{day}"})


def alert(name: str) -> Raw:
    return ual(
        "AlertTriggered",
        40,
        "SecurityComplianceCenter",
        Name=name,
        ObjectId=ADELE.mail,
        UserId="SecurityComplianceAlerts",
    )


def items(*subjects: str) -> list[Raw]:
    return [
        {"Subject": subject, "InternetMessageId": f"<{n}@contoso.example>"}
        for n, subject in enumerate(subjects)
    ]


def rule(**values: str) -> Raw:
    return cmdlet("New-InboxRule", {"Name": "Copies", **values})


def several(count: int, make: Any) -> list[Raw]:
    return [make(n) for n in range(count)]


def elsewhere(n: int) -> str:
    return f"203.0.{n}.9"


SCOPES = (
    "[] => [[Id: a, ClientId: b, PrincipalId: c, ConsentType: Principal, Scope:  Mail.Read offline_access]]; "
)
FOR_ALL = {"ConsentContext.IsAdminConsent": ("", "True"), "ConsentAction.Permissions": ("", SCOPES)}
APP = "0a1b2c3d-1111-4222-8333-444455556666"
CODE: Raw = {"mfaDetail": {"authMethod": "OATH verification code"}}
PHONE = '[{"MethodType":6,"Default":true}]'

RECORDS: dict[str, Iterable[Raw]] = {
    "D01": [rule(ForwardTo=DROP, From="boss@contoso.example")],
    "D02": [rule(From="news@shop.example", MoveToFolder="adele:\\RSS Feeds")],
    "D03": [rule(Name="..", From="news@shop.example", MoveToFolder="Club")],
    "D04": [rule(SubjectContainsWords="invoice;payment", DeleteMessage="True")],
    "D05": [rule(From="news@shop.example", MoveToFolder="Club")],
    "D06": [cmdlet("Set-Mailbox", {"Identity": ADELE.mail, "ForwardingSmtpAddress": f"smtp:{DROP}"})],
    "D07": [
        cmdlet("Set-Mailbox", {"Identity": one, "ForwardingSmtpAddress": f"smtp:{DROP}"}, ObjectId=one)
        for one in (MEGAN, NESTOR)
    ],
    "D08": [cmdlet("New-TransportRule", {"Name": "Copies", "BlindCopyTo": DROP})],
    "D09": [cmdlet("Remove-TransportRule", {"Identity": "Warn of outsiders"})],
    "D10": [alert("Suspicious inbox manipulation rule")],
    "D11": [
        cmdlet("Add-MailboxPermission", {"Identity": ADELE.mail, "User": MEGAN, "AccessRights": "FullAccess"})
    ],
    "D12": [
        cmdlet(
            "Add-RecipientPermission", {"Identity": ADELE.mail, "Trustee": MEGAN, "AccessRights": "SendAs"}
        )
    ],
    "D13": [
        cmdlet(
            "Add-MailboxFolderPermission",
            {"Identity": f"{ADELE.mail}:\\Inbox", "User": "Default", "AccessRights": "Reviewer"},
        )
    ],
    "D14": [mailbox("MailItemsAccessed", UserId=MEGAN, LogonType=2)],
    "D15": [cmdlet("Set-CASMailbox", {"Identity": ADELE.mail, "ImapEnabled": "True"})],
    "D16": [cmdlet("New-ManagementRoleAssignment", {"Role": "ApplicationImpersonation", "User": ADELE.mail})],
    "D17": [mailbox("MailItemsAccessed", OperationCount=120)],
    "D18": [
        directory("Consent to application", APP, {"ConsentAction.Permissions": ("", SCOPES)}, minutes=-5),
        mailbox("MailItemsAccessed", ClientAppId=APP, ClientIPAddress="198.51.100.200"),
    ],
    "D19": [mailbox("HardDelete", 3, AffectedItems=items(*(f"Mail {n}" for n in range(60))))],
    "D20": [mailbox("HardDelete", 3, AffectedItems=items("Undeliverable: Invoice", "Security alert"))],
    "D22": [alert("User restricted from sending email")],
    "D23": several(80, lambda n: file("FileDownloaded", f"{n}.docx", minutes=n / 10)),
    "D24": [file("FileDownloaded", UserAgent="python-requests/2.32.3")],
    "D25": several(80, lambda n: file("FileRecycled", f"{n}.docx", minutes=n / 10)),
    "D26": [file("AnonymousLinkCreated", RecordType=14, EventData="<Type>Edit</Type>")],
    "D27": [ual("SearchExported", 24, "SecurityComplianceCenter", ObjectId="Q3 review")],
    "D28": [ual("SearchQueryPerformed", 6, "SharePoint", SearchQueryText="password list")],
    "D30": [failed(f"user{n}@contoso.example", minutes=n) for n in range(4)] + [failed(ADELE.mail)],
    "D52": [directory("Change user password")],
    "D53": [directory("Disable Strong Authentication")],
    "D54": [directory("Update user", changes={"StrongAuthenticationMethod": ("[]", PHONE)})],
    "D55": [directory("Create Temporary Access Pass")],
    "D56": [directory("Register device", "Adele's PC", Target=[{"ID": "Adele's PC", "Type": 1}])],
    "D57": [
        directory(
            "Add member to role", changes={"Role.DisplayName": ("", "Global Administrator")}, UserId=NESTOR
        )
    ],
    "D58": [
        directory(
            "Add member to role completed (PIM activation)",
            changes={"Role.DisplayName": ("", "User Administrator")},
        )
    ],
    "D59": [directory("Add user", "helpdesk2@contoso.example")],
    "D60": [directory("Invite external user", "guest@fabrikam.example")],
    "D61": [directory("Update user", changes={"Mobile": ("+1 555 0100", "+1 555 0199")})],
    "D62": [directory("Delete user", f"user{n}@contoso.example", minutes=n / 10) for n in range(10)],
    "D63": [directory("Update StsRefreshTokenValidFrom Timestamp")],
    "D64": [directory("Consent to application", APP, {"ConsentAction.Permissions": ("", SCOPES)})],
    "D65": [directory("Consent to application", APP, FOR_ALL)],
    "D66": [
        directory(
            "Consent to application",
            APP,
            {
                "MethodExecutionResult.": (
                    "",
                    "Microsoft.online.Security.userConsentBlockedForRiskyAppsExceptions",
                )
            },
            ResultStatus="Failure",
        )
    ],
    "D67": [directory("Update application – Certificates and secrets management ", APP)],
    "D68": [
        directory(
            "Add app role assignment to service principal",
            "Microsoft Graph",
            {"AppRole.Value": ("", "Mail.Read")},
        )
    ],
    "D69": [directory("Update authorization policy", "Authorization Policy")],
    "D70": [
        cmdlet("Set-MailboxAuditBypassAssociation", {"Identity": ADELE.mail, "AuditBypassEnabled": "True"})
    ],
    "D71": [cmdlet("Remove-SafeLinksRule", {"Identity": "Everyone"})],
    "D72": [directory("Update conditional access policy", "Require MFA")],
    "D73": [directory("Set domain authentication", "contoso.example")],
    "D74": several(
        12,
        lambda n: ual(
            "MessageCreatedHasLink",
            25,
            "MicrosoftTeams",
            minutes=n / 2,
            ChatThreadId=f"19:{n}@unq.gbl.spaces",
            CommunicationType="OneOnOne",
            MessageURLs=["https://sharepoint.login.example/doc"],
        ),
    ),
    "D75": [cmdlet("New-InboundConnector", {"Name": "Relay"})],
    "S02": [
        cmdlet(
            "Set-MailboxMessageConfiguration",
            {"Identity": ADELE.mail, "SignatureText": "Buy Viagra online, no prescription, cheap pharmacy"},
        )
    ],
}
"""Audit records of each detection."""

SIGN_INS: dict[str, Iterable[Raw]] = {
    "D29": several(6, lambda n: sign_in(50126, minutes=n)),
    "D31": several(12, lambda n: sign_in(50126, minutes=n, ipAddress=elsewhere(n))),
    "D32": [sign_in(50053)],
    "D33": [*several(6, lambda n: sign_in(50126, minutes=n)), sign_in(minutes=9)],
    "D34": [
        sign_in(minutes=-30, ipAddress=OFFICE),
        sign_in(ipAddress="203.0.113.5", location=LAGOS),
    ],
    "D35": [sign_in(location={"countryOrRegion": "NG"})],
    "D36": [sign_in(riskEventTypes_v2=["anonymizedIPAddress"])],
    "D37": [sign_in(minutes=-13 * 60)],
    "D38": [sign_in()],
    "D39": [sign_in(userAgent="python-requests/2.32.3")],
    "D40": [sign_in(clientAppUsed="IMAP4", authenticationRequirement="singleFactorAuthentication")],
    "D41": [sign_in(authenticationProtocol="deviceCode")],
    "D42": [sign_in(userAgent="axios/1.7.2", appId=PORTAL)],
    "D43": [
        sign_in(minutes=-30, sessionId="own-1", **AT_DESK),
        sign_in(sessionId="own-1", ipAddress="203.0.113.5", location={"countryOrRegion": "NG"}),
    ],
    "D44": [
        sign_in(
            appId="aebc6443-996d-45c2-90f0-388ff96faa56", resourceId="00000003-0000-0000-c000-000000000000"
        )
    ],
    "D45": [sign_in(appId=APP, appDisplayName="Reports")],
    "D46": [sign_in(authenticationRequirement="singleFactorAuthentication")],
    "D47": [*several(4, lambda n: sign_in(500121, minutes=n)), sign_in(minutes=9)],
    "D48": several(7, lambda n: sign_in(500121, minutes=n, **CODE)),
    "D49": [sign_in(50057)],
    "D50": several(3, lambda n: sign_in(50173, minutes=n)),
}
"""Sign-ins of each detection."""

OTHERS: dict[str, dict[str, Any]] = {
    "D21": {
        "sent_items": [
            message("Our offer", "Please have a look.", to=[f"buyer{n}@fabrikam.example" for n in range(30)])
        ]
    },
    "D51": {
        "risk_detections": [
            RiskDetection(
                id="risk-1",
                risk_event_type="anomalousToken",
                risk_level="high",
                risk_state="atRisk",
                detected_date_time=NOON,
                activity_date_time=NOON,
                ip_address=HOTEL,
            )
        ]
    },
    "S01": {
        "sent_items": [
            message(
                "Help", "I am stuck in London, I lost my wallet and passport. Please send money urgently."
            )
        ]
    },
}
"""Other sources of each detection."""
