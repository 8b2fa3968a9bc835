"""Adele's mailbox was taken over about two days ago; all ten symptoms are there, and each source agrees.

The story, in minutes after the first successful sign-in from Lagos: a spray over the tenant (-200), a run of
wrong passwords (-40 to -2), the way in (0), reading and rules (5 to 20), an application and a second factor
(16 to 30), a new name, phone and signature (30 to 45), fraud by mail and its covering-up (50 to 85), old
protocols and devices (80 to 95), administrator rights and what they allow (95 to 130), blocked from sending
(140), and a second visit.

Longer than other files because it is one story, told in order.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.scenarios import people
from sandbox.scenarios.alerts import raise_alert
from sandbox.scenarios.attack import (
    COLLECTOR,
    IP,
    PORT,
    activate_role,
    consent,
    eligible_role,
    forward,
    hiding_rule,
    join_exchange_group,
    join_group,
    join_purview_group,
    second_factor,
)
from sandbox.scenarios.history import ordinary, planned_reset
from sandbox.scenarios.organization import PREDICATES
from sandbox.scenarios.people import (
    ADELE,
    COLLEAGUES,
    DIEGO,
    FOREIGN_BROWSER,
    HOME,
    LAGOS,
    LAGOS_V6,
    LEGACY,
    SCRIPT,
    Place,
    laptop,
)
from sandbox.scenarios.state import Json, TenantState, graph_time, ident
from sandbox.scenarios.world import World, target

DROP = "drop77@mailbox-relay.example"
ARCHIVE = "archive@mailbox-relay.example"
NEW_NAME = "Adele Vance - Accounts Payable"
SIGNATURE = (
    "Adele Vance\nAccounts Payable, Contoso\n\nPLEASE NOTE: our bank details have changed. "
    "New account: Harbour Trust Bank, IBAN GB00 HARB 0000 0077 7777 77. Kindly update your records."
)
SESSION = ident("session", "takeover")
V6_PORT = f"[{LAGOS_V6.ip}]:52629"
WEB = "Client=OWA;Action=ViaProxy"
At = Callable[[float], datetime]


def build(now: datetime) -> TenantState:
    """The tenant at ``now``."""
    return takeover(World("mailbox-takeover", now))


def takeover(world: World) -> TenantState:
    """Play the story in a world; shared with the scenario that lacks licenses."""
    start = world.now - timedelta(days=2, hours=2)

    def at(minute: float) -> datetime:
        return start + timedelta(minutes=minute)

    ordinary(world, until=at(-100))
    planned_reset(world, world.now - timedelta(days=75))
    _way_in(world, at)
    _reading(world, at)
    _rules_and_forwarding(world, at)
    consent(world, at(16), ADELE)
    _credentials_and_profile(world, at)
    _signature(world, at)
    _fraud(world, at)
    _covering_up(world, at)
    _protocols_and_devices(world, at)
    _administrator(world, at)
    _aftermath(world, at)
    _repeats(world)
    return world.finish()


def _way_in(world: World, at: At) -> None:
    spray = Place("203.0.113.78", "Lagos", "Lagos", "NG", 6.45, 3.39, 64511)
    for number, person in enumerate((ADELE, *COLLEAGUES)):
        world.sign_in(at(-200 + number * 0.2), person, spray, LEGACY, error=50126)
    world.sign_in(at(-95), ADELE, HOME, laptop(ADELE), mfa=True)
    for number in range(14):
        error = 50053 if number in {9, 10} else 50126
        world.sign_in(at(-40 + number * 2.7), ADELE, LAGOS, SCRIPT, error=error, app=people.OFFICE_HOME)
    world.sign_in(
        at(-0.5), ADELE, LAGOS, SCRIPT, error=50140, app=people.OFFICE_HOME, session=SESSION, risk="medium"
    )
    world.sign_in(at(0), ADELE, LAGOS, SCRIPT, app=people.OFFICE_HOME, session=SESSION, risk="high")
    world.sign_in(
        at(3), ADELE, LAGOS, FOREIGN_BROWSER, app=people.OUTLOOK_WEB, session=SESSION, risk="medium"
    )
    for minute in (31, 64, 97, 130):
        world.sign_in(
            at(minute), ADELE, LAGOS, SCRIPT, app=people.OUTLOOK_WEB, interactive=False, session=SESSION
        )
    world.sign_in(
        at(101), ADELE, LAGOS_V6, FOREIGN_BROWSER, app=people.PORTAL, interactive=False, session=SESSION
    )
    user = world.user(ADELE)
    world.state.risky_users[ADELE.id] = {
        "id": ADELE.id,
        "isDeleted": False,
        "isProcessing": False,
        "riskLevel": "high",
        "riskState": "atRisk",
        "riskDetail": "none",
        "riskLastUpdatedDateTime": graph_time(at(22)),
        "userDisplayName": NEW_NAME,
        "userPrincipalName": ADELE.upn,
        "history": [],
    }
    sign_ins = {item["createdDateTime"]: item for item in world.state.sign_ins if item["ipAddress"] == IP}
    for kind, minute, level, timing in (
        ("unfamiliarFeatures", 0, "high", "realtime"),
        ("anonymizedIPAddress", 3, "medium", "realtime"),
        ("suspiciousInboxForwarding", 12, "high", "offline"),
        ("mcasSuspiciousInboxManipulationRules", 8, "medium", "offline"),
    ):
        source = sign_ins.get(graph_time(at(minute)), {})
        world.state.risk_detections.append(
            {
                "id": ident("risk", kind),
                "requestId": source.get("id"),
                "correlationId": source.get("correlationId"),
                "userId": ADELE.id,
                "userDisplayName": user["displayName"],
                "userPrincipalName": ADELE.upn,
                "riskEventType": kind,
                "riskLevel": level,
                "riskState": "atRisk",
                "riskDetail": "none",
                "source": "IdentityProtection" if timing == "realtime" else "MicrosoftCloudAppSecurity",
                "detectionTimingType": timing,
                "activity": "signin" if timing == "realtime" else "user",
                "ipAddress": IP,
                "location": {
                    "city": LAGOS.city,
                    "state": LAGOS.state,
                    "countryOrRegion": LAGOS.country,
                    "geoCoordinates": {"latitude": LAGOS.latitude, "longitude": LAGOS.longitude},
                },
                "activityDateTime": graph_time(at(minute)),
                "detectedDateTime": graph_time(at(minute + (1 if timing == "realtime" else 45))),
                "lastUpdatedDateTime": graph_time(at(minute + 50)),
                "tokenIssuerType": "AzureAD",
                "additionalInfo": json.dumps([{"Key": "userAgent", "Value": SCRIPT.user_agent}]),
            }
        )


def _reading(world: World, at: At) -> None:
    for number, minute in enumerate((5, 6.5, 9)):
        messages = [(f"<invoice-{number}-{item}@wingtip.example>", 4_871) for item in range(4)]
        world.mail_access(at(minute), ADELE, IP, SESSION, WEB, messages)
    phone = "Client=POP3/IMAP4;Protocol=IMAP4"
    world.mail_access(at(15), ADELE, IP, SESSION, phone, [], kind="Sync")
    late = [("<late@wingtip.example>", 4_871)]
    world.mail_access(at(1500), ADELE, IP, SESSION, WEB, late, throttled=True)


def _rules_and_forwarding(world: World, at: At) -> None:
    box = world.box(ADELE)
    hiding_rule(world, at(8), ADELE, SESSION)
    drop = {"emailAddress": {"name": "drop77", "address": DROP}}
    world.inbox_rule(
        at(10), ADELE, "", {}, {"redirectTo": [drop]}, {}, PORT, session=SESSION, hidden=True, log=False
    )
    world.audit(
        at(10),
        "UpdateInboxRules",
        2,
        "Exchange",
        ADELE.upn,
        **world.mailbox_fields(ADELE, IP, SESSION, "Client=MSExchangeRPC"),
        ClientProcessName="OUTLOOK.EXE",
        OperationProperties=[
            {"Name": "RuleOperation", "Value": "AddMailboxRule"},
            {"Name": "RuleId", "Value": "0"},
            {"Name": "RuleState", "Value": "Enabled"},
            {"Name": "RuleName"},
            {"Name": "RuleProvider", "Value": "RuleOrganizer"},
            {
                "Name": "RuleActions",
                "Value": json.dumps(
                    [{"ActionType": "Redirect", "Recipients": [DROP], "ForwardFlags": "None"}]
                ),
            },
        ],
    )
    # What is redirected or forwarded keeps its sender: only a trace by recipient tells of it.
    for number, minute in enumerate(range(40, 1500, 90)):
        sender = people.PARTNERS[number % len(people.PARTNERS)]
        subject, goes_to = f"Order {5200 + number}", DROP if number % 3 else COLLECTOR
        message_id = f"<order-{5200 + number}@{sender.partition('@')[2]}>"
        world.trace(at(minute + 130), sender, goes_to, subject, message_id, "198.51.100.200")
    sweep = {
        "Identity": f"{ADELE.alias}\\sweep1",
        "RuleId": "sweep1",
        "Name": "Fabrikam bank notices",
        "Enabled": True,
        "Provider": "Exchange16",
        "Sender": "alerts@harbourbank.example",
        "SourceFolder": "Inbox",
        "DestinationFolder": "Deleted Items",
        "KeepForDays": 0,
        "KeepLatest": 0,
        "SystemCategory": None,
    }
    box.sweep_rules.append(sweep)
    world.admin_cmdlet(
        at(11),
        "New-SweepRule",
        ADELE.upn,
        world.object_path(ADELE, "sweep1"),
        {
            "Name": sweep["Name"],
            "Sender": sweep["Sender"],
            "SourceFolder": "Inbox",
            "DestinationFolder": "Deleted Items",
            "KeepForDays": 0,
        },
        PORT,
        session=SESSION,
    )
    forward(world, at(12), ADELE, SESSION)


def _credentials_and_profile(world: World, at: At) -> None:
    methods = second_factor(world, at(20), ADELE)
    world.credential_event(at(21), "User registered security info", None, ADELE, ADELE, IP)
    methods.append(
        {
            "@odata.type": "#microsoft.graph.phoneAuthenticationMethod",
            "id": "b6332ec1-7057-4abe-9331-3d72feddfe41",
            "phoneNumber": "+44 7700900077",
            "phoneType": "alternateMobile",
            "smsSignInState": "notAllowedByPolicy",
            "createdDateTime": graph_time(at(21)),
        }
    )
    world.state.registration_details[ADELE.id]["methodsRegistered"].append("alternateMobilePhone")
    world.credential_event(at(24), "Change user password", "Change user password.", ADELE, ADELE, IP)
    world.update_user(at(30), ADELE, ADELE, {"displayName": NEW_NAME}, IP, SCRIPT.user_agent)
    world.box(ADELE).properties["DisplayName"] = NEW_NAME
    world.update_user(
        at(32),
        ADELE,
        ADELE,
        {"mobilePhone": "+44 7700 900077", "postalCode": "100001"},
        IP,
        SCRIPT.user_agent,
    )
    world.credential_event(at(260), "Reset password (self-service)", "Reset user password.", ADELE, ADELE, IP)
    world.credential_event(at(1510), "Change user password", "Change user password.", ADELE, ADELE, IP)


def _signature(world: World, at: At) -> None:
    html = f"<div>{SIGNATURE.replace(chr(10), '<br>')}</div>"
    world.box(ADELE).message_configuration.update(
        SignatureHtml=html, SignatureText=SIGNATURE, AutoAddSignature=True, AutoAddSignatureOnReply=True
    )
    world.admin_cmdlet(
        at(40),
        "Set-MailboxMessageConfiguration",
        ADELE.upn,
        world.object_path(ADELE),
        {
            "Identity": ADELE.upn,
            "SignatureHtml": html,
            "AutoAddSignature": True,
            "AutoAddSignatureOnReply": True,
        },
        PORT,
        session=SESSION,
    )


def _fraud(world: World, at: At) -> None:
    send = world.send

    def text(body: str) -> str:
        return f"{body}\n\n{SIGNATURE}"

    send(
        at(50),
        ADELE,
        LAGOS,
        ["hannah@northwind.example"],
        "Urgent - I need your help",
        text(
            "I'm stuck in London. My bag was stolen with my passport and cards. Could you send money for "
            "the hotel by wire? I will pay it back as soon as I am home."
        ),
        keep="deleteditems",
        session=SESSION,
    )
    send(
        at(53),
        ADELE,
        LAGOS,
        ["grady.archie@contoso.example", "isaiah.langer@contoso.example"],
        "Are you available?",
        text(
            "I'm in a meeting and can't talk. I need you to buy five gift cards of $200 each for a client. "
            "Scratch off the codes and send me photos of them. Keep this between us."
        ),
        session=SESSION,
    )
    send(
        at(56),
        ADELE,
        LAGOS,
        ["ap@wingtip.example", "billing@tailspin.example"],
        "RE: Invoice 4471 - updated bank details",
        text(
            "Please note that our bank account details have changed. Kindly send all outstanding payments "
            "to the new account below and confirm by reply today."
        ),
        session=SESSION,
    )
    # The mass mailing: sent, then removed everywhere, so it stands only in the trace and in the audit log.
    for number in range(24):
        subject = "Shared document: Remittance advice 4471"
        message_id = send(
            at(60 + number * 0.3),
            ADELE,
            LAGOS,
            [f"contact{number:02d}@{people.PARTNERS[number % 5].partition('@')[2]}"],
            subject,
            text(
                "I have shared a file with you. Sign in to view it: https://files.mailbox-relay.example/4471"
            ),
            keep=None,
            session=SESSION,
        )
        _deleted(world, at(60.1 + number * 0.3), "HardDelete", "\\Sent Items", [(message_id, subject)])
    send(
        at(1495),
        ADELE,
        LAGOS,
        ["orders@litware.example"],
        "Payment of the overdue amount",
        text("Please use the new account for the overdue amount."),
        keep=None,
        session=SESSION,
        status="failed",
    )


def _deleted(world: World, when: datetime, how: str, path: str, items: list[tuple[str, str]]) -> None:
    name = path.rpartition("\\")[2]
    folder = {"Id": ident("folder", ADELE.upn, name), "Path": path}
    extra: Json = {}
    if how == "MoveToDeletedItems":
        extra["DestFolder"] = {"Id": ident("folder", ADELE.upn, "Deleted Items"), "Path": "\\Deleted Items"}
    world.audit(
        when,
        how,
        3,
        "Exchange",
        ADELE.upn,
        **world.mailbox_fields(ADELE, IP, SESSION, WEB),
        Folder=folder,
        **extra,
        AffectedItems=[
            {
                "Id": "RgAAAA" + world.next_guid("gone")[:12],
                "InternetMessageId": message_id,
                "Subject": subject,
                "ParentFolder": folder,
            }
            for message_id, subject in items
        ],
    )


def _covering_up(world: World, at: At) -> None:
    notices = [
        ("<notice-1@accountprotection.example>", "Unusual sign-in activity on your account"),
        ("<notice-2@accountprotection.example>", "Your password was changed"),
        ("<reply-1@wingtip.example>", "RE: Invoice 4471 - updated bank details"),
    ]
    inbox = "\\Inbox"
    _deleted(world, at(70), "MoveToDeletedItems", inbox, [("<reply-2@tailspin.example>", "RE: Invoice 4471")])
    for item in notices:
        _deleted(world, at(72), "SoftDelete", inbox, [item])
    purge = [
        *notices,
        *((f"<reply-{number}@northwind.example>", "RE: Urgent - I need your help") for number in range(22)),
    ]
    _deleted(world, at(74), "HardDelete", "\\Recoverable Items\\Deletions", purge)
    world.message(
        at(71),
        ADELE,
        "deleteditems",
        ("Tailspin Billing", "billing@tailspin.example"),
        [ADELE.upn],
        "RE: Invoice 4471",
        "Is this really you? The account is not the one we know.",
    )
    world.message(
        at(76),
        ADELE,
        "recoverableitemsdeletions",
        ("Security", "it-security@contoso.example"),
        [ADELE.upn],
        "Did you change your sign-in details?",
        "Please call us.",
    )
    for minute, name, domain in (
        (78, "Harbour Bank", "harbourbank.example"),
        (81, "Payroll Portal", "payrollportal.example"),
        (83, "Cloud Storage", "cloudstore.example"),
    ):
        world.receive(
            at(minute),
            ADELE,
            (name, f"no-reply@{domain}"),
            f"Reset your {name} password",
            f"Someone asked to reset the password of your {name} account. Use this link within an hour.",
            read=minute != 83,
        )


def _protocols_and_devices(world: World, at: At) -> None:
    box = world.box(ADELE)
    box.protocols.update(ImapEnabled=True, PopEnabled=True)
    world.admin_cmdlet(
        at(86),
        "Set-CASMailbox",
        ADELE.upn,
        world.object_path(ADELE),
        {"Identity": ADELE.upn, "ImapEnabled": True, "PopEnabled": True},
        V6_PORT,
        session=SESSION,
    )
    world.sign_in(at(88), ADELE, LAGOS, LEGACY, interactive=True, risk="medium")
    device = "A1B2C3D477"
    identity = f"{ADELE.alias}\\ExchangeActiveSyncDevices\\Outlook\u00a7{device}"
    box.mobile_devices.append(
        {
            "Identity": identity,
            "Guid": ident("mobile", device),
            "DeviceId": device,
            "DeviceType": "Outlook",
            "DeviceModel": "Outlook for iOS and Android",
            "DeviceOS": "Android 16",
            "DeviceUserAgent": "Outlook-Android/4.2535.1",
            "FriendlyName": "Pixel 9",
            "ClientType": "Outlook",
            "FirstSyncTime": graph_time(at(89)),
            "DeviceAccessState": "Allowed",
            "DeviceAccessStateReason": "Global",
            "UserDisplayName": ADELE.name,
            "WhenChanged": graph_time(at(89)),
        }
    )
    box.mobile_statistics.append(
        {
            "Identity": identity,
            "DeviceId": device,
            "LastSuccessSync": graph_time(at(1520)),
            "LastSyncAttemptTime": graph_time(at(1520)),
            "DeviceWipeSentTime": None,
            "Status": "DeviceOk",
        }
    )
    world.device(ADELE, "DESKTOP-7F2KQ9X", "Windows", "10.0.26100", at(90), compliant=False)
    device_target: Json = {
        "id": ident("device-object", "DESKTOP-7F2KQ9X"),
        "displayName": "DESKTOP-7F2KQ9X",
        "type": "Device",
        "userPrincipalName": None,
        "groupType": None,
        "modifiedProperties": [],
    }
    for activity in ("Register device", "Add registered owner to device"):
        world.directory_audit(
            at(90),
            activity,
            ADELE,
            [device_target, target(ADELE, [])],
            category="Device",
            ip=IP,
            service="Device Registration Service",
            operation="Add",
        )
    world.entra(
        at(90),
        "Add registered owner to device.",
        ADELE,
        ADELE.upn,
        [("Device.DisplayName", "", "DESKTOP-7F2KQ9X")],
        IP,
    )
    setting = box.settings["automaticRepliesSetting"]
    note = "Our bank details have changed. For payments write to adele.vance@contoso-payments.example."
    setting.update(status="alwaysEnabled", internalReplyMessage="", externalReplyMessage=note)
    world.admin_cmdlet(
        at(92),
        "Set-MailboxAutoReplyConfiguration",
        ADELE.upn,
        world.object_path(ADELE),
        {"Identity": ADELE.upn, "AutoReplyState": "Enabled", "ExternalMessage": note},
        PORT,
        session=SESSION,
    )
    box.junk["BlockedSendersAndDomains"] += ["it-security@contoso.example", "wingtip.example"]
    box.junk["TrustedSendersAndDomains"] += ["mailbox-relay.example"]
    world.admin_cmdlet(
        at(93),
        "Set-MailboxJunkEmailConfiguration",
        ADELE.upn,
        world.object_path(ADELE),
        {
            "Identity": ADELE.upn,
            "BlockedSendersAndDomains": ";".join(box.junk["BlockedSendersAndDomains"]),
            "TrustedSendersAndDomains": ";".join(box.junk["TrustedSendersAndDomains"]),
        },
        PORT,
        session=SESSION,
    )


def _administrator(world: World, at: At) -> None:
    eligible_role(world, ADELE, "Exchange Administrator")
    activate_role(world, at(95), ADELE, "Exchange Administrator")
    join_group(world, at(98), ADELE, "Tier 1 Support", "User Administrator", [people.GRADY])
    _exchange_powers(world, at)


def _exchange_powers(world: World, at: At) -> None:
    state, box = world.state, world.box(ADELE)

    def cmdlet(minute: float, name: str, what: str, parameters: Json) -> None:
        world.admin_cmdlet(at(minute), name, ADELE.upn, what, parameters, PORT, session=SESSION)

    contact_guid = ident("contact", ARCHIVE)
    state.mail_contacts.append(
        {
            "Identity": "Accounts Archive",
            "Name": "Accounts Archive",
            "Alias": "accountsarchive",
            "DisplayName": "Accounts Archive",
            "Guid": contact_guid,
            "DistinguishedName": "CN=Accounts Archive,OU=contoso.onmicrosoft.example,DC=PROD,DC=OUTLOOK",
            "PrimarySmtpAddress": ARCHIVE,
            "ExternalEmailAddress": f"SMTP:{ARCHIVE}",
            "EmailAddresses": [f"SMTP:{ARCHIVE}"],
            "HiddenFromAddressListsEnabled": True,
            "RecipientTypeDetails": "MailContact",
            "WhenCreatedUTC": graph_time(at(104)),
        }
    )
    cmdlet(
        104,
        "New-MailContact",
        "Accounts Archive",
        {"Name": "Accounts Archive", "ExternalEmailAddress": ARCHIVE},
    )
    box.properties["ForwardingAddress"] = "Accounts Archive"
    cmdlet(
        106,
        "Set-Mailbox",
        world.object_path(ADELE),
        {"Identity": ADELE.upn, "ForwardingAddress": "Accounts Archive", "DeliverToMailboxAndForward": True},
    )
    box.permissions.append(
        {
            "Identity": ADELE.alias,
            "User": DIEGO.upn,
            "AccessRights": ["FullAccess"],
            "IsInherited": False,
            "Deny": False,
            "InheritanceType": "All",
        }
    )
    cmdlet(
        108,
        "Add-MailboxPermission",
        world.object_path(ADELE),
        {"Identity": ADELE.upn, "User": DIEGO.upn, "AccessRights": "FullAccess", "InheritanceType": "All"},
    )
    box.recipient_permissions.append(
        {
            "Identity": ADELE.alias,
            "Trustee": DIEGO.upn,
            "AccessControlType": "Allow",
            "AccessRights": ["SendAs"],
            "IsInherited": False,
        }
    )
    cmdlet(
        109,
        "Add-RecipientPermission",
        world.object_path(ADELE),
        {"Identity": ADELE.upn, "Trustee": DIEGO.upn, "AccessRights": "SendAs"},
    )
    box.properties["GrantSendOnBehalfTo"] = [DIEGO.id]
    cmdlet(
        110,
        "Set-Mailbox",
        world.object_path(ADELE),
        {"Identity": ADELE.upn, "GrantSendOnBehalfTo": DIEGO.upn},
    )
    box.folder_permissions["\\Inbox"] = [
        {"User": "Default", "AccessRights": ["Reviewer"]},
    ]
    cmdlet(
        111,
        "Set-MailboxFolderPermission",
        world.object_path(ADELE),
        {"Identity": f"{ADELE.upn}:\\Inbox", "User": "Default", "AccessRights": "Reviewer"},
    )
    state.transport_rules.append(
        {
            **state.transport_rules[0],
            "Identity": "Copy finance",
            "Name": "Copy finance",
            "Guid": ident("transport-rule", "takeover"),
            "Priority": 1,
            "WhenChanged": graph_time(at(112)),
            "Description": "Mail to accounts is copied",
            "Conditions": [f"{PREDICATES}.SentToPredicate"],
            "FromScope": None,
            "SentTo": [ADELE.upn],
            "ApplyHtmlDisclaimerText": None,
            "BlindCopyTo": [DROP],
        }
    )
    cmdlet(
        112,
        "New-TransportRule",
        "Copy finance",
        {"Name": "Copy finance", "SentTo": ADELE.upn, "BlindCopyTo": DROP},
    )
    join_exchange_group(world, at(114), ADELE, "Organization Management", SESSION)
    join_purview_group(world, at(116), ADELE, "eDiscovery Manager")
    # What they do in the mailbox from then on leaves no record, so they do it last.
    box.audit_bypassed_at = at(1508)
    cmdlet(
        1508,
        "Set-MailboxAuditBypassAssociation",
        ADELE.alias,
        {"Identity": ADELE.upn, "AuditBypassEnabled": True},
    )


def _aftermath(world: World, at: At) -> None:
    state = world.state
    reason = "ExceedingLimitType=External;InternalRecipientCountToday=3;ExternalRecipientCountToday=2114"
    state.blocked_senders.append(
        {
            "SenderAddress": ADELE.upn,
            "Reason": f"{reason};ExceedingLimit=500;LastMessageSubject=Shared document",
            "CreatedDatetime": graph_time(at(140)),
            "ChangedDatetime": graph_time(at(140)),
            "TemporaryBlock": False,
        }
    )
    raise_alert(state, "User restricted from sending email", ADELE.upn, at=at(141), severity="medium")
    for operation in ("AlertTriggered", "AlertEntityGenerated"):
        world.audit(
            at(141),
            operation,
            40,
            "SecurityComplianceCenter",
            "SecurityComplianceAlerts",
            UserType=4,
            ObjectId=ADELE.upn,
            AlertId=ident("alert", "restricted"),
            AlertType="System",
            Category="ThreatManagement",
            Name="User restricted from sending email",
            Severity="High",
            Source="Office 365 Security & Compliance",
            Status="Active",
            EntityType="User",
            Data=json.dumps({"eid": ADELE.upn, "tid": state.tenant_id, "ts": graph_time(at(141))}),
            Comments="New alert",
        )
    site = "https://contoso-my.sharepoint.example/personal/adele_vance"
    for minute, operation in ((1502, "FileAccessed"), (1503, "FileDownloaded"), (1504, "FileDownloaded")):
        world.audit(
            at(minute),
            operation,
            6,
            "OneDrive",
            ADELE.upn,
            ClientIP=IP,
            ObjectId=f"{site}/Documents/Payroll {minute}.xlsx",
            SiteUrl=site,
            SourceRelativeUrl="Documents",
            SourceFileName=f"Payroll {minute}.xlsx",
            SourceFileExtension="xlsx",
            ItemType="File",
            EventSource="SharePoint",
            UserAgent=SCRIPT.user_agent,
            AppAccessContext={"AADSessionId": SESSION},
        )
    world.audit(
        at(1506),
        "AnonymousLinkCreated",
        14,
        "OneDrive",
        ADELE.upn,
        ClientIP=IP,
        ObjectId=f"{site}/Documents/Payroll 1503.xlsx",
        SiteUrl=site,
        SourceFileName="Payroll 1503.xlsx",
        TargetUserOrGroupType="Guest",
        EventData="<Type>View</Type>",
        UniqueSharingId=ident("sharing", 1),
    )
    world.sign_in(
        at(1490), ADELE, LAGOS, FOREIGN_BROWSER, app=people.OUTLOOK_WEB, session=SESSION, risk="high"
    )
    # Adele comes to work, and the known password no longer works.
    for minute in (1080, 1081, 1083):
        world.sign_in(at(minute), ADELE, people.office_of(ADELE), laptop(ADELE), error=50126)


def _repeats(world: World) -> None:
    """An export repeats records; here the rule's record and one sent message stand twice."""
    records = world.state.audit_records
    again = [
        dict(item)
        for item in records
        if item["UserId"] == ADELE.upn and item["Operation"] in {"New-SweepRule", "Consent to application."}
    ]
    records.extend(again)
