"""Situations in which every step has as much to do as possible: played tenants, and one made by hand.

The played ones are what a check really collects. The one made by hand has what no played tenant has all at
once: every kind of role, method, delegate and rule, and answers that lack a part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

from commands.check import judge, look
from commands.plans.planning_input import Guard, PlanningInput
from commands.report import Report, Severity
from graph.accounts import find_subject
from graph.evidence import SOURCES, Evidence, Known, Reason, Unavailable
from graph.question import Question, Window
from graph.resources.applications import AppRoleAssignment, OAuthGrant
from graph.resources.devices import MobileDevice, RegisteredDevice
from graph.resources.directory import DirectoryRole, Domain, RoleGroup
from graph.resources.mailbox import (
    AutoReply,
    BlockedSender,
    Delegate,
    DelegateKind,
    JunkLists,
    Mailbox,
    MailProtocols,
    Signature,
)
from graph.resources.rules import HiddenInboxRule, InboxRule, SweepRule, TransportRule
from graph.resources.sign_ins import AuthenticationMethod, RegisteredMethods, RiskyUser
from sandbox import tenant
from tests.commands.evidence import ADELE, DROP, INTRUDER, NOON, evidence, message, record, traced
from tests.commands.steps.planning_inputs import finding, report_of, user
from tests.commands.symptoms.judging import broken_in
from tests.graph.local import connect_to
from tests.graph.test_collect import Memory
from tests.made import made

PLAYED = {
    "the takeover": ("mailbox-takeover", "adele.vance@contoso.example"),
    "an account from the company's own directory": ("synced-user", "miriam.graham@contoso.example"),
    "a federated account": ("federated-user", "henrietta.mueller@fabrikam.example"),
    "an account without a mailbox": ("mailbox-takeover", "kiosk.lobby@contoso.example"),
    "an administrator": ("admin-takeover", "nestor.wilke@contoso.example"),
    "a clean account": ("clean", "adele.vance@contoso.example"),
    "a tenant without premium licenses": ("no-premium-license", "adele.vance@contoso.example"),
}
KINDS = (
    "password",
    "phone",
    "email",
    "microsoftAuthenticator",
    "fido2",
    "softwareOath",
    "hardwareOath",
    "temporaryAccessPass",
    "windowsHelloForBusiness",
    "platformCredential",
    "external",
    "qrCodePin",
)
BIG = 4561233110666051585
"""A rule's number, which has more digits than JSON numbers carry safely."""


@dataclass(frozen=True)
class Collected:
    """What was collected from a played tenant, and the cmdlets that it knows."""

    planning: PlanningInput
    cmdlets: frozenset[str]


@cache
def collected(name: str) -> Collected:
    """Collect the evidence of one of `PLAYED`, once."""
    scenario, who = PLAYED[name]
    with tenant.start(made(scenario), limits=False, audit_query_seconds=0.02) as running:
        now = running.state.clock()
        with connect_to(running) as connection:
            subject = find_subject(who, connection)
            question = Question(subject, Window(now - timedelta(days=14), now))
            seen = look(question, connection, Memory(), lambda _: None, patience=600)
        cmdlets = frozenset(running.exchange_cmdlets | running.compliance_cmdlets)
    return Collected(PlanningInput(seen, judge(seen, now), Guard(own_apps=frozenset({"own-app"}))), cmdlets)


def sources() -> dict[str, Any]:
    """Everything at once, mostly set by somebody else."""
    return {
        "user": user(mobile_phone="+2", other_mails=["x@evil.example"], business_phones=["+3"]),
        "domains": [Domain(id="contoso.example", is_verified=True, authentication_type="Managed")],
        "sign_ins": broken_in(),
        "directory_audits_on_user": [
            record(
                "Update user",
                address=INTRUDER,
                changes={"Mobile": ("+1", "+2"), "OtherMail": ("", "x@evil.example")},
            )
        ],
        "audit_log": [],
        "audit_log_on_mailbox": [],
        "inbox_rules": [
            InboxRule(id="AQ/1=", display_name="visible"),
            InboxRule(id="AQ/2=", display_name="read-only", is_read_only=True),
            InboxRule(id="AQ/3=", display_name="broken", has_error=True),
            InboxRule(id="AQ/4=", display_name="off", is_enabled=False),
        ],
        "hidden_inbox_rules": [
            HiddenInboxRule(identity=f"adele\\{BIG + number}", rule_identity=BIG + number, name=name)
            for number, name in enumerate(("visible", "read-only", "broken", "", "off"))
        ],
        "sweep_rules": [SweepRule(identity="adele\\s1", rule_id="s1", name="sweep", sender="a@bank.example")],
        "mail_folders": [],
        "mailbox": Mailbox(
            identity="adele.vance",
            primary_smtp_address=ADELE.mail,
            forwarding_address="Archive",
            forwarding_smtp_address=f"smtp:{DROP}",
            forwarding_contact_address=DROP,
            deliver_to_mailbox_and_forward=True,
            grant_send_on_behalf_to=("eve",),
            audit_enabled=False,
            audit_bypass_enabled=True,
        ),
        "signature": Signature(auto_add_signature=True, auto_add_signature_on_reply=False),
        "sent_items": [message()],
        "message_trace": [traced()],
        "auto_reply": AutoReply(
            status="scheduled", external_audience="all", external_reply_message="Write to me elsewhere"
        ),
        "junk_lists": JunkLists(
            enabled=True,
            trusted_senders_and_domains=("evil.example", "contoso.example"),
            blocked_senders_and_domains=("bank.example", "microsoft.com"),
        ),
        "blocked_senders": [BlockedSender(sender_address=ADELE.mail, reason="ExceedingLimitType=External")],
        "mail_protocols": MailProtocols(
            active_sync_enabled=True,
            owa_enabled=True,
            owa_for_devices_enabled=True,
            pop_enabled=True,
            imap_enabled=True,
            mapi_enabled=True,
            ews_enabled=True,
            outlook_mobile_enabled=True,
            smtp_client_authentication_disabled=False,
            active_sync_allowed_device_ids=("A1",),
        ),
        "authentication_methods": RegisteredMethods(
            methods=tuple(
                AuthenticationMethod(
                    id=f"method-{kind}",
                    kind=kind,
                    display_name=kind,
                    created_date_time=NOON,
                    phone_number="+1 425 555 0109" if kind == "phone" else "",
                    phone_type="mobile" if kind == "phone" else "",
                    email_address="x@evil.example" if kind == "email" else "",
                )
                for kind in KINDS
            ),
            default_method="sms",
            is_mfa_registered=True,
        ),
        "oauth_grants": [
            OAuthGrant(
                id=f"grant-{consent}",
                client_id=f"principal-{consent}",
                consent_type=consent,
                principal_id=ADELE.id if consent == "Principal" else "",
                resource_id="graph",
                scope=" Mail.Read offline_access",
                app_id=f"app-{consent}",
                app_display_name="Mail helper",
                app_enabled=True,
            )
            for consent in ("Principal", "AllPrincipals")
        ],
        "app_role_assignments": [
            AppRoleAssignment(
                id="assigned",
                app_role_id="00000000-0000-0000-0000-000000000000",
                principal_type="User",
                principal_id=ADELE.id,
                resource_id="principal-Principal",
                resource_display_name="Mail helper",
            )
        ],
        "delegates": [
            Delegate(kind=DelegateKind.FULL_ACCESS, who="eve@contoso.example", rights=("FullAccess",)),
            Delegate(kind=DelegateKind.SEND_AS, who="eve@contoso.example", rights=("SendAs",)),
            Delegate(kind=DelegateKind.SEND_ON_BEHALF, who="eve", rights=("SendOnBehalf",)),
            Delegate(
                kind=DelegateKind.FOLDER, who="eve@contoso.example", rights=("Editor",), folder="\\Inbox"
            ),
            Delegate(kind=DelegateKind.FOLDER, who="Default", rights=("Reviewer",), folder="\\Inbox"),
        ],
        "mobile_devices": [
            MobileDevice(identity="adele\\d\\A1", device_id="A1", device_access_state="Allowed"),
            MobileDevice(identity="adele\\d\\B2", device_id="B2", friendly_name="Pixel 9"),
        ],
        "registered_devices": [
            RegisteredDevice(
                id="object-1", device_id="device-1", display_name="DESKTOP", account_enabled=True
            )
        ],
        "directory_roles": [
            DirectoryRole(
                assignment_id=f"assignment-{how}",
                role_definition_id=role,
                name=name,
                how=how,
                through="group-1" if how == "group" else "",
            )
            for how, role, name in (
                ("direct", "29232cdf-9323-42fd-ade2-1d097af3e4de", "Exchange Administrator"),
                ("group", "fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator"),
                ("eligible", "29232cdf-9323-42fd-ade2-1d097af3e4de", "Exchange Administrator"),
                ("active", "62e90394-69f5-4237-9190-012177145e10", "Global Administrator"),
                ("direct", "62e90394-69f5-4237-9190-012177145e10", "Global Administrator"),
            )
        ],
        "exchange_role_groups": [RoleGroup(name="Organization Management", roles=("Role Management",))],
        "purview_role_groups": [RoleGroup(name="eDiscovery Manager", roles=("Case Management",))],
        "risky_user": RiskyUser(id=ADELE.id, risk_level="high", risk_state="atRisk"),
        "transport_rules": [
            TransportRule(name="Copy finance", guid="guid-1", state="Enabled", blind_copy_to=(DROP,)),
            TransportRule(name="Disclaimer", guid="guid-2", state="Enabled"),
        ],
        "password_reset_mail": [message("Reset your password", sender="no-reply@bank.example")],
    }


def accused(seen: Evidence) -> Report:
    """A report in which every thing that the evidence names has a grave finding."""
    things = {
        "inbox_rules": ["AQ/1=", "AQ/2=", "AQ/3=", *(str(BIG + n) for n in range(4)), "s1", f"adele\\{BIG}"],
        "mail_forwarding": [ADELE.mail],
        "oauth_apps": ["grant-Principal", "grant-AllPrincipals", "assigned"],
        "devices": ["object-1", "device-1", "A1", "B2", "adele\\d\\A1", "adele\\d\\B2"],
        "strong_authentication": [f"method-{kind}" for kind in KINDS],
        "transport_rules": ["guid-1", "Copy finance"],
        "delegates": ["eve@contoso.example", "eve"],
        "auto_reply": ["auto-reply"],
        "junk_lists": ["junk"],
        "sending_blocked": [ADELE.mail],
        "signature": ["signature"],
    }
    real = judge(seen, NOON).findings
    made = [finding(symptom, *records, severity=Severity.HIGH) for symptom, records in things.items()]
    return report_of(seen, [*real, *made])


@cache
def by_hand() -> PlanningInput:
    """Everything at once, and every thing accused."""
    seen = evidence(**sources())
    return PlanningInput(seen, accused(seen), Guard(own_apps=frozenset({"own-app"})))


@cache
def in_part() -> PlanningInput:
    """Everything at once, and every source lacks something."""
    seen = evidence(**sources())
    parts: dict[str, Any] = {
        name: replace(source, missing=("the rest",))
        for name, source in seen.sources.items()
        if isinstance(source, Known)
    }
    lacking = replace(seen, **parts)
    return PlanningInput(lacking, accused(lacking))


@cache
def mastered_elsewhere() -> PlanningInput:
    """Everything at once, on an account that the company's own directory masters."""
    given = sources()
    given["user"] = given["user"].model_copy(update={"on_premises_sync_enabled": True})
    seen = evidence(**given)
    return PlanningInput(seen, accused(seen))


@cache
def refused() -> PlanningInput:
    """No source could be looked at."""
    why = Unavailable(Reason.PERMISSION, "The permission for it is missing.", "Some.Permission")
    unseen: dict[str, Any] = dict.fromkeys(SOURCES, why)
    seen = evidence(**unseen)
    return PlanningInput(seen, report_of(seen))


@cache
def not_asked() -> PlanningInput:
    """Nothing was asked."""
    seen = evidence()
    return PlanningInput(seen, report_of(seen))


@cache
def protected() -> PlanningInput:
    """Everything at once, on an account that nobody may touch."""
    return replace(by_hand(), guard=Guard(protected=frozenset({ADELE.mail}), own_apps=frozenset({"own-app"})))


MADE: dict[str, Callable[[], PlanningInput]] = {
    "everything, made manually": by_hand,
    "everything, in part": in_part,
    "everything, mastered elsewhere": mastered_elsewhere,
    "no source could be seen": refused,
    "nothing was asked": not_asked,
    "a protected account": protected,
}
NAMES = (*PLAYED, *MADE)


def named(name: str) -> PlanningInput:
    """The planning of this name."""
    return collected(name).planning if name in PLAYED else MADE[name]()


def cmdlets() -> frozenset[str]:
    """Every cmdlet that the played tenant knows."""
    return collected("a clean account").cmdlets


def everything() -> Iterator[tuple[str, PlanningInput]]:
    """Every planning with its name."""
    for name in NAMES:
        yield name, named(name)
