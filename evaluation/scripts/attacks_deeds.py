"""Takeovers that differ in what was done."""

from __future__ import annotations

from typing import Final

from evaluation.case import Case
from evaluation.scripts import Script, Truth
from evaluation.scripts.entering import cover, defraud, forward, hide, look_around, phish, stay_in
from evaluation.world.clients import GRAPH, LEGACY_IMAP
from evaluation.world.people import new_id


def consent_phish(case: Case) -> None:
    """The victim consents at their own desk; the application reads from elsewhere for days."""
    app, app_id = case.pick("Document Viewer", "Mail Insights", "eM Client", "PDF Signer"), new_id(case.r)
    own = case.own(case.day, case.r.uniform(10, 16))
    own.consent(app, app_id, "offline_access Mail.ReadWrite Mail.Send Contacts.Read User.Read")
    spot = case.hosting()
    for day in range(case.day, case.day + 4):
        stay = case.enter(spot, own.client, case.at(day, case.r.uniform(17, 23)))
        for _ in range(case.r.randrange(1, 4)):
            stay.read(case.r.randrange(20, 80), app_id=app_id, info="Client=REST;;")


def slow_fraud(case: Case) -> None:
    """Days of reading, a rule of Outlook's kind, then fraud in the victim's own threads."""
    spot = case.stranger()
    first = phish(case, spot)
    look_around(case, first)
    second = case.enter(spot, first.client, case.moment(case.day + 1), session=first.session)
    second.sign_in(factor="Previously satisfied", interactive=False)
    actions = [{"ActionType": "Move", "Folder": case.firm.culture.folders[5]}, {"ActionType": "MarkAsRead"}]
    second.rule_by_client("", actions, f"(Subject contains '{case.firm.culture.words[0]}')")
    third = case.enter(spot, first.client, case.moment(case.day + 3), session=first.session)
    third.sign_in(factor="Previously satisfied", interactive=False)
    cover(case, third, defraud(case, third))


def payroll(case: Case) -> None:
    """Personnel are asked for another account for the salary; their answers are hidden."""
    stay = phish(case, case.stranger())
    stay.read(case.r.randrange(3, 10))
    person = case.colleague()
    stay.rule(
        case.pick("hr", ".", "payroll"), From=person.upn, DeleteMessage="True", StopProcessingRules="True"
    )
    cover(case, stay, defraud(case, stay)[:1])
    if case.chance(0.4):
        stay.directory(
            "Update user.", case.victim, ("TelephoneNumber", '["+49 511 100"]', '["+44 7700 900123"]')
        )


def mass_phishing(case: Case) -> None:
    """The mailbox sends the same lure to hundreds."""
    stay = phish(case, case.stranger())
    hide(case, stay)
    lure = case.lure()
    sent = []
    for _ in range(case.r.randrange(40, 120)):
        sent.append(stay.send(lure))
        stay.at = stay.at.replace(microsecond=0)
    if case.chance(0.6):
        stay.delete(sent, operation="HardDelete", folder=1)


def files_taken(case: Case) -> None:
    """Hundreds of files are downloaded, and some shared by anonymous links."""
    stay = phish(case, case.stranger())
    names = [
        f"{case.pick('contract', 'drawing', 'offer', 'salary')}-{n}.{case.pick('pdf', 'xlsx')}"
        for n in range(case.r.randrange(120, 350))
    ]
    stay.files("FileDownloaded", names)
    if case.chance(0.5):
        stay.files("AnonymousLinkCreated", names[:3], RecordType=14, EventData="<Type>View</Type>")


def teams_phishing(case: Case) -> None:
    """Colleagues and partners get a link in Teams."""
    stay = phish(case, case.stranger())
    link = f"https://{case.firm.domain.split('.')[0]}-docs.example/view"
    for number in range(case.r.randrange(12, 40)):
        stay.chat(f"contact{number}@partner.example", link)


def forwarding_only(case: Case) -> None:
    """One sign-in, one forwarding, and never seen again."""
    stay = phish(case, case.stranger())
    forward(case, stay)


def delegate_abuse(case: Case) -> None:
    """A taken-over assistant reads the executive's mailbox and sends in their name."""
    chief = case.involve(case.person("executive"))
    stay = phish(case, case.stranger())
    for _ in range(3):
        stay.read(case.r.randrange(10, 40), owner=chief)
    sent = [
        stay.send(case.money(), operation=case.pick("SendAs", "SendOnBehalf"), owner=chief) for _ in range(3)
    ]
    if case.chance(0.5):
        stay.delete(sent, operation="HardDelete", folder=1, owner=chief)


def transport_rule(case: Case) -> None:
    """A taken-over administrator copies the firm's mail out by a transport rule or a connector."""
    stay = phish(case, case.stranger())
    if case.chance(0.6):
        stay.cmdlet(
            "New-TransportRule",
            Name=case.pick("Compliance copy", "Archive", "Journal"),
            BlindCopyTo=case.outsider(),
            SubjectOrBodyContainsWords=case.firm.culture.words[0],
            Enabled="True",
        )
    else:
        stay.cmdlet(
            "New-InboundConnector",
            Name="Relay",
            ConnectorType="OnPremises",
            SenderIPAddresses=case.hosting().address,
            SenderDomains="smtp:*;1",
            RequireTls="False",
        )
    if case.chance(0.5):
        stay_in(case, stay)


def mailbox_export(case: Case) -> None:
    """A taken-over administrator searches all mailboxes and exports what was found."""
    stay = phish(case, case.stranger())
    stay.directory("Add member to role.", case.victim, ("Role.DisplayName", "", "eDiscovery Administrator"))
    name = case.pick("Case 12", "Audit", "HR review")
    for operation in ("New-ComplianceSearch", "Start-ComplianceSearch", "New-ComplianceSearchAction"):
        export = " -Export" if operation.endswith("Action") else ' -ExchangeLocation "All"'
        case.scribe.record(
            stay.at,
            operation,
            18,
            "SecurityComplianceCenter",
            case.victim.upn,
            UserType=2,
            ClientIP=stay.spot.address,
            ObjectId=name,
            Parameters=f'-Name "{name}"{export}',
            SecurityComplianceCenterEventType=0,
        )
        stay.wait(2, 20)
    case.scribe.record(
        stay.at,
        "SearchExported",
        24,
        "SecurityComplianceCenter",
        case.victim.upn,
        ClientIP=stay.spot.address,
        ObjectId=name,
        ExchangeLocations="All",
        Query=" OR ".join(case.firm.culture.words),
        ExtendedProperties=[],
    )


def app_password(case: Case) -> None:
    """An app password is made, and used over IMAP from elsewhere for days."""
    stay = phish(case, case.stranger())
    stay.directory("Create application password for user.", case.victim)
    spot = case.hosting()
    for day in range(case.day + 1, case.day + 4):
        again = case.enter(spot, LEGACY_IMAP, case.moment(day)).sign_in()
        again.read(1, sync=True)


def app_credentials(case: Case) -> None:
    """A taken-over administrator registers an application with mail rights and a secret of its own."""
    stay = phish(case, case.stranger())
    app = case.pick("Backup Connector", "Mail Sync", "test")
    app_id = new_id(case.r)
    stay.directory("Add application.", app, ("DisplayName", "", app), target_id=app_id)
    stay.directory("Add service principal.", app, ("DisplayName", "", app), target_id=app_id)
    stay.directory(
        "Update application – Certificates and secrets management ",
        app,
        ("KeyDescription", "[]", f'["[KeyIdentifier={new_id(case.r)},KeyType=Password,KeyUsage=Verify]"]'),
        target_id=app_id,
    )
    stay.directory(
        "Add app role assignment to service principal.",
        app,
        ("AppRole.Value", "", "Mail.ReadWrite"),
        ("TargetId.ServicePrincipalNames", "", GRAPH),
        target_id=app_id,
    )
    if case.chance(0.6):
        stay.consent(app, app_id, "Mail.ReadWrite Mail.Send Files.Read.All", admin=True)


ATTACKS: Final = (
    Script(
        "consent-phish",
        Truth.ATTACK,
        "The victim consents to an application that then reads mail",
        consent_phish,
    ),
    Script(
        "slow-fraud",
        Truth.ATTACK,
        "Days of reading, a hidden rule, then fraud in known threads",
        slow_fraud,
        role="accountant",
    ),
    Script("payroll-diversion", Truth.ATTACK, "Another account for the salary, answers hidden", payroll),
    Script("mass-phishing", Truth.ATTACK, "One lure to many", mass_phishing, role="marketing"),
    Script(
        "files-taken",
        Truth.ATTACK,
        "Hundreds of files downloaded and some shared",
        files_taken,
        role="developer",
    ),
    Script("teams-phishing", Truth.ATTACK, "A link to many in Teams", teams_phishing, role="sales"),
    Script("forwarding-only", Truth.ATTACK, "One sign-in, one forwarding, never seen again", forwarding_only),
    Script(
        "delegate-abuse",
        Truth.ATTACK,
        "A taken-over assistant uses the executive's mailbox",
        delegate_abuse,
        role="assistant",
    ),
    Script(
        "transport-rule",
        Truth.ATTACK,
        "An administrator's account copies mail out by mail flow",
        transport_rule,
        role="administrator",
    ),
    Script(
        "mailbox-export",
        Truth.ATTACK,
        "An administrator's account searches and exports all mail",
        mailbox_export,
        role="administrator",
    ),
    Script("app-password", Truth.ATTACK, "An app password used over IMAP", app_password),
    Script(
        "app-credentials",
        Truth.ATTACK,
        "An application with mail rights and a secret",
        app_credentials,
        role="administrator",
    ),
)
