"""A door is open when a finding tells that somebody else opened it, and current settings show it open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from commands.report import Finding, weighed
from commands.story.clauses import Told
from commands.story.leads import applications_of
from commands.story.still_open import FIRST, not_seen, still_open
from graph.resources.applications import OAuthGrant
from graph.resources.devices import MobileDevice, RegisteredDevice
from graph.resources.directory import DirectoryRole, RoleGroup, User
from graph.resources.mailbox import Delegate, DelegateKind, Mailbox, MailProtocols
from graph.resources.rules import HiddenInboxRule, TransportRule
from graph.resources.sign_ins import AuthenticationMethod, RegisteredMethods
from tests.commands.evidence import ADELE, NOON, evidence, record

LAST = NOON + timedelta(hours=2)
DROP = "drop@evil.example"
REVOKED = {"sign_in_sessions_valid_from_date_time": LAST + timedelta(days=1)}


def finding(
    symptom: str, sign: str, after: str = "", records: tuple[str, ...] = ("r",), says: str = ""
) -> Finding:
    return Finding(symptom, weighed(sign), says, at=NOON, after=after, records=records)


def user(**more: Any) -> User:
    return User(id=ADELE.id, user_principal_name=ADELE.mail, account_enabled=True, **more)


def methods(*found: AuthenticationMethod) -> RegisteredMethods:
    return RegisteredMethods(methods=found)


def doors(*findings: Finding, **sources: Any) -> list[str]:
    told = [Told(f"{one.symptom}.{number}", one) for number, one in enumerate(findings, 1)]
    return [one.says for one in still_open(told, LAST, evidence(**sources))]


PHONE = AuthenticationMethod(id="m", kind="phone", phone_number="+44 7700", created_date_time=NOON)
GRANT = OAuthGrant(id="g", client_id="c", app_display_name="Mailer", scope="Mail.Read Mail.Send")
DEVICE = RegisteredDevice(id="d", display_name="DESKTOP-7", account_enabled=True)
EVE = Delegate(kind=DelegateKind.FULL_ACCESS, who="eve", rights=("FullAccess",))
RULE = HiddenInboxRule(identity="i", name="..", forward_to=(DROP,), rule_identity=1)
FLOW = TransportRule(name="Copy", guid="t", state="Enabled", blind_copy_to=(DROP,))

METHOD_MADE = finding("strong_authentication", "method_by_intruder")
CONSENT = finding("oauth_apps", "consent_by_intruder", "Mailer")
JOINED = finding("devices", "device_by_intruder", "DESKTOP-7")
GIVEN = finding("delegates", "delegate_by_intruder", "eve@contoso.example")
PROTOCOL = replace(finding("mail_protocols", "protocol_by_intruder"), names=("POP", "IMAP"))
ROLE = finding("admin_roles", "role_by_intruder", "Exchange Administrator")
FORWARD = finding("mail_forwarding", "forwarding_outside_secretly", DROP)
HIDES = finding("inbox_rules", "rule_forwards_outside_secretly", records=("1",))
COPIES = finding("transport_rules", "transport_rule_by_intruder")
COPYING = record("New-TransportRule", id="r", parameters={"Name": "Copy"})
PASSWORD = finding("credential_changes", "password_changed_from_suspect_address")

OPEN = [
    (METHOD_MADE, {"authentication_methods": methods(PHONE)}, "the phone +44 7700"),
    (CONSENT, {"oauth_grants": [GRANT]}, "the application Mailer (Mail.Read and Mail.Send)"),
    (JOINED, {"registered_devices": [DEVICE]}, "the device DESKTOP-7"),
    (
        finding("devices", "new_mail_device", "Pixel", ("p",)),
        {"mobile_devices": [MobileDevice(identity="p", friendly_name="Pixel")]},
        "the mobile device Pixel",
    ),
    (GIVEN, {"delegates": [EVE]}, "eve with FullAccess"),
    (PROTOCOL, {"mail_protocols": MailProtocols(imap_enabled=True, pop_enabled=False)}, "IMAP"),
    (
        ROLE,
        {
            "directory_roles": [
                DirectoryRole(assignment_id="a", role_definition_id="x", name="Exchange Administrator")
            ]
        },
        "the role Exchange Administrator",
    ),
    (
        finding("admin_roles", "role_by_intruder", "eDiscovery Manager"),
        {"purview_role_groups": [RoleGroup(name="eDiscovery Manager")]},
        "the role eDiscovery Manager",
    ),
    (FORWARD, {"mailbox": Mailbox(forwarding_smtp_address=f"smtp:{DROP}")}, f"mail is forwarded to {DROP}"),
    (
        FORWARD,
        {"mailbox": Mailbox(forwarding_address="Drop", forwarding_contact_address=DROP)},
        f"mail is forwarded to {DROP}",
    ),
    (
        HIDES,
        {"hidden_inbox_rules": [RULE]},
        "the inbox rule “..”, which sends mail to drop@evil.example",
    ),
    (COPIES, {"transport_rules": [FLOW], "audit_log": [COPYING]}, "the mail flow rule “Copy”"),
    (
        PASSWORD,
        {"user": user(last_password_change_date_time=NOON, **REVOKED)},
        "the password that they set on 2026-09-09 12:00 UTC",
    ),
    (
        FORWARD,
        {"user": user(last_password_change_date_time=NOON, **REVOKED)},
        "the password (not changed since 2026-09-09 12:00 UTC)",
    ),
    (FORWARD, {"user": user()}, "sessions and refresh tokens (not revoked since 2026-09-09 14:00 UTC)"),
]


@pytest.mark.parametrize(("deed", "sources", "says"), OPEN)
def test_what_was_opened_and_stands_open_is_named(deed, sources, says):
    assert doors(deed, **sources) == [says]


def test_a_file_that_was_shared_counts_as_open_until_people_closed_it():
    made = record("AnonymousLinkCreated", id="r", details={"SourceFileName": "Payroll 1503.xlsx"})
    shared = finding("data_leaving", "shared_by_intruder")
    (door,) = still_open([Told("data_leaving.1", shared)], None, evidence(audit_log=[made]))
    assert door.says == "anyone with the link can open Payroll 1503.xlsx"
    assert door.closed_by == (("remediate_manually:sharing",),)
    guest = {"SourceFileName": "Payroll 1503.xlsx", "TargetUserOrGroupType": "Guest"}
    invited = record("SharingInvitationCreated", id="r", details=guest)
    (door,) = still_open([Told("data_leaving.1", shared)], None, evidence(audit_log=[invited]))
    assert door.says == "guests can open Payroll 1503.xlsx"


BY_PEOPLE = [
    ("federation", "federation_by_intruder", "add partner to company", "Evil Ltd", "federation",
     "the partner Evil Ltd of the tenant"),
    ("federation", "federation_by_intruder", "Set federation settings on domain", "evil.example",
     "federation", "the sign-in settings of the domain evil.example"),
    ("federation", "federation_by_intruder", "Add unverified domain", "evil.example", "federation",
     "the domain evil.example"),
    ("account_changes", "account_made_by_intruder", "Add user", "svc@contoso.example", "made_accounts",
     "the account svc@contoso.example, created by this account"),
    ("oauth_apps", "app_credentials_by_intruder", "Add service principal credentials", "Mailer",
     "app_credentials", "the credentials and permissions added to the application Mailer"),
    ("data_leaving", "data_leaving_by_intruder", "New-OutboundConnector", "Out", "ways_out",
     "the outbound connector Out"),
    ("data_leaving", "calendar_published", "Set-MailboxCalendarFolder", "C", "ways_out",
     "the link to the published calendar C"),
    ("data_leaving", "journal_rule_changed", "New-JournalRule", "J", "ways_out", "the journal rule J"),
    ("mail_forwarding", "forwarding_of_others_from_suspect_address", "Set-Mailbox", DROP, "other_accounts",
     "forwarding of megan@contoso.example to drop@evil.example was set"),
]  # fmt: skip


@pytest.mark.parametrize("row", BY_PEOPLE, ids=[row[5] for row in BY_PEOPLE])
def test_a_way_in_or_out_that_only_people_close_is_open_from_its_record(row):
    symptom, sign, operation, after, task, says = row
    made = record(operation, id="r", object_id=after, owner="megan@contoso.example")
    told = finding(symptom, sign, after, says=f"Forwarding of megan@contoso.example to {after} was set")
    (door,) = still_open([Told(f"{symptom}.1", told)], None, evidence(audit_log=[made]))
    assert (door.says, door.closed_by) == (says, ((f"remediate_manually:{task}",),))


def test_a_connector_that_was_removed_later_and_an_export_are_no_open_doors():
    made = record("New-OutboundConnector", id="r", object_id="Out")
    told = [Told("data_leaving.1", finding("data_leaving", "mail_connector_changed", "Out"))]
    for end in (
        record("Remove-OutboundConnector", hours=1, object_id="Out"),
        record("Set-OutboundConnector", hours=1, parameters={"Identity": "Out", "Enabled": "False"}),
    ):
        assert not list(still_open(told, None, evidence(audit_log=[made, end])))
    where = {"Identity": "adele:\\Calendar"}
    published = record("Set-MailboxCalendarFolder", id="r", parameters={**where, "PublishEnabled": "True"})
    ended = record("Set-MailboxCalendarFolder", hours=1, parameters={**where, "PublishEnabled": "False"})
    calendar = [Told("data_leaving.1", finding("data_leaving", "calendar_published", where["Identity"]))]
    assert len(list(still_open(calendar, None, evidence(audit_log=[published])))) == 1
    assert not list(still_open(calendar, None, evidence(audit_log=[published, ended])))
    earlier = record("Remove-OutboundConnector", hours=-1, object_id="Out")
    assert len(list(still_open(told, None, evidence(audit_log=[earlier, made])))) == 1
    export = record("New-MailboxExportRequest", id="r", object_id="All")
    exported = [Told("data_leaving.1", finding("data_leaving", "mail_exported", "All"))]
    assert not list(still_open(exported, None, evidence(audit_log=[export])))


CLOSED = [
    (
        "a method made at another time",
        METHOD_MADE,
        {"authentication_methods": methods(PHONE.model_copy(update={"created_date_time": LAST}))},
    ),
    (
        "the password is no method",
        METHOD_MADE,
        {
            "authentication_methods": methods(
                AuthenticationMethod(id="w", kind="password", created_date_time=NOON)
            )
        },
    ),
    (
        "the application is disabled",
        CONSENT,
        {"oauth_grants": [GRANT.model_copy(update={"app_enabled": False})]},
    ),
    (
        "another application",
        CONSENT,
        {"oauth_grants": [GRANT.model_copy(update={"app_display_name": "Calendar"})]},
    ),
    (
        "the device is disabled",
        JOINED,
        {"registered_devices": [DEVICE.model_copy(update={"account_enabled": False})]},
    ),
    ("another delegate", GIVEN, {"delegates": [EVE.model_copy(update={"who": "lidia"})]}),
    (
        "the protocols are off",
        PROTOCOL,
        {"mail_protocols": MailProtocols(imap_enabled=False, pop_enabled=False)},
    ),
    ("the role is gone", ROLE, {"directory_roles": []}),
    (
        "forwarding to the user's own address",
        FORWARD,
        {"mailbox": Mailbox(forwarding_smtp_address="smtp:me@home.example")},
    ),
    ("the rule is off", HIDES, {"hidden_inbox_rules": [RULE.model_copy(update={"enabled": False})]}),
    (
        "the mail flow rule is off",
        COPIES,
        {"transport_rules": [FLOW.model_copy(update={"state": "Disabled"})], "audit_log": [COPYING]},
    ),
    (
        "blocked, and sessions are of no use",
        FORWARD,
        {"user": user().model_copy(update={"account_enabled": False})},
    ),
    (
        "revoked and changed since",
        FORWARD,
        {"user": user(last_password_change_date_time=LAST + timedelta(days=1), **REVOKED)},
    ),
]


@pytest.mark.parametrize(("why", "deed", "sources"), CLOSED)
def test_what_is_closed_or_somebody_elses_is_not(why, deed, sources):
    assert doors(deed, **sources) == [], why


def test_sources_that_were_not_seen_are_named_in_words():
    seen = evidence(user=user(), oauth_grants=[], mailbox=Mailbox(), hidden_inbox_rules=[], delegates=[])
    assert not_seen(seen) == (
        "authentication methods",
        "registered devices",
        "mobile devices",
        "mail protocols",
        "directory roles",
    )


def test_each_item_was_open_since_its_own_earliest_finding():
    first, later = NOON - timedelta(hours=2), NOON + timedelta(hours=1)
    one, two = "one@evil.example", "two@evil.example"
    deeds = [
        replace(finding("mail_forwarding", "forwarding_outside", after=target), at=at)
        for target, at in ((one, later), (two, later), (two, first))
    ]
    mailbox = Mailbox(forwarding_address=one, forwarding_smtp_address=f"smtp:{two}")
    told = [Told(str(number), deed) for number, deed in enumerate(deeds)]
    found = list(still_open(told, None, evidence(mailbox=mailbox)))
    assert [(door.says, door.at) for door in found] == [
        (f"mail is forwarded to {one}", later),
        (f"mail is forwarded to {two}", first),
    ]


BAD, GOOD = "11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002"


def test_an_application_with_the_name_of_the_attackers_is_none_of_the_open_doors():
    """The attacker chooses the name; who switches off what has it may switch off what people need."""
    grants = [
        OAuthGrant(id="bad", client_id="sp-bad", app_id=BAD, app_display_name="Mailer", scope="Mail.Read"),
        OAuthGrant(
            id="good", client_id="sp-good", app_id=GOOD, app_display_name="Mailer", scope="Calendars.Read"
        ),
    ]
    consent = record("Consent to application", id="r", object_id=BAD, details={"TargetName": "Mailer"})
    by_record = doors(CONSENT, oauth_grants=grants, audit_log=[consent])
    by_grant = doors(
        finding("oauth_apps", "consent_by_intruder", "Mailer", records=("bad",)), oauth_grants=grants
    )
    for said in (by_record, by_grant):
        assert "the application Mailer (Mail.Read)" in said
        assert "the application Mailer (Calendars.Read)" not in said
    told = [Told("oauth_apps.1", CONSENT)]
    assert applications_of(told, evidence(oauth_grants=grants, audit_log=[consent])) == (BAD,)
    assert applications_of(told, evidence(oauth_grants=grants)) == ("mailer",), "where nothing gives an id"


def test_many_doors_of_one_kind_do_not_come_before_all_others():
    """A thousand applications do not hide where mail goes."""
    many = range(3 * FIRST)
    grants = [OAuthGrant(id=f"g{n}", client_id=f"c{n}", app_display_name=f"App {n}", scope="") for n in many]
    consents = [finding("oauth_apps", "consent_by_intruder", f"App {n}", records=(f"g{n}",)) for n in many]
    mailbox = Mailbox(forwarding_smtp_address=f"smtp:{DROP}")
    open_now = doors(*consents, FORWARD, oauth_grants=grants, mailbox=mailbox)
    assert open_now.index(f"mail is forwarded to {DROP}") <= FIRST + 2
    assert sum("the application" in one for one in open_now) == len(many)
