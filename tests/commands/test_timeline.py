"""The timeline is everything that happened in the window, unfiltered and in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.report import Finding, Result, Severity, Sign, SymptomResult
from commands.story import timeline
from graph.resources.applications import AppRoleAssignment, OAuthGrant
from graph.resources.devices import MobileDevice, RegisteredDevice
from graph.resources.directory import DirectoryRole, User
from graph.resources.mailbox import BlockedSender
from graph.resources.rules import TransportRule
from graph.resources.sign_ins import AuthenticationMethod, RegisteredMethods, RiskDetection
from tests.commands.evidence import ADELE, INTRUDER, at, evidence, message, record, sign_in, traced

SIGN = Sign("a_sign", Severity.HIGH, "")


def result(*records: str) -> SymptomResult:
    finding = Finding("inbox_rules", SIGN, "Seen.", records=records)
    return SymptomResult("inbox_rules", "", "", Result.PRESENT, "", (finding,))


def test_everything_is_merged_in_order():
    seen = evidence(
        audit_log=[
            record("New-InboxRule", id="rule", hours=2),
            record("MailItemsAccessed", id="read", hours=-2),
        ],
        directory_audits_on_user=[record("Update user", id="update", hours=1)],
        sign_ins=[sign_in(hours=-1)],
        sent_items=[message(hours=0)],
        message_trace=[traced(hours=0.5)],
        user=User(id=ADELE.id, user_principal_name=ADELE.mail, last_password_change_date_time=at(3)),
        authentication_methods=RegisteredMethods(
            methods=(AuthenticationMethod(id="m", kind="phone", created_date_time=at(4)),)
        ),
        mobile_devices=[MobileDevice(identity="eas", device_model="Pixel", first_sync_time=at(5))],
        registered_devices=[RegisteredDevice(id="d", display_name="LAPTOP", registration_date_time=at(6))],
        risk_detections=[RiskDetection(id="risk", risk_event_type="anonymousIP", detected_date_time=at(7))],
        blocked_senders=[BlockedSender(sender_address=ADELE.mail, created_datetime=at(8))],
        transport_rules=[TransportRule(name="Copy", guid="t", when_changed=at(9))],
        directory_roles=[DirectoryRole(assignment_id="role", role_definition_id="r", start_date_time=at(10))],
        app_role_assignments=[AppRoleAssignment(id="app", created_date_time=at(11))],
        oauth_grants=[OAuthGrant(id="grant", client_id="sp", app_created_date_time=at(11.5))],
        deleted_items=[message(hours=11.6, to=())],
        recoverable_items=[message(sent_date_time=None, received_date_time=None)],
    )
    events = timeline.merge(seen, [])
    assert [event.source for event in events] == [
        "audit_log",
        "sign_ins",
        "sent_items",
        "message_trace",
        "directory_audits_on_user",
        "audit_log",
        "user",
        "authentication_methods",
        "mobile_devices",
        "registered_devices",
        "risk_detections",
        "blocked_senders",
        "transport_rules",
        "directory_roles",
        "app_role_assignments",
        "oauth_grants",
        "deleted_items",
    ]
    assert not any(event.finding for event in events)


def test_nothing_is_filtered_and_microsofts_own_records_are_there_too():
    operations = [
        "MailItemsAccessed",
        "SearchQueryPerformed",
        "Add-MailboxPermission",
        "Something-Unheard-Of",
    ]
    records = [record(operation, by_microsoft=True) for operation in operations]
    events = timeline.merge(evidence(audit_log=records), [])
    assert len(events) == len(operations)
    assert {event.by for event in events} == {"a Microsoft service"}


def test_what_a_finding_rests_on_is_marked():
    events = timeline.merge(
        evidence(audit_log=[record("Set-Mailbox", id="a"), record("Set-Mailbox", id="b")]), [result("b")]
    )
    assert {event.record: event.finding for event in events} == {"a": False, "b": True}


def test_what_lies_outside_the_window_is_left_out():
    early = sign_in(hours=-24 * 20)
    assert timeline.merge(evidence(sign_ins=[early]), []) == ()


def test_a_record_that_two_sources_have_is_told_once():
    same = record("Set-Mailbox", id="same")
    assert len(timeline.merge(evidence(audit_log=[same], audit_log_on_mailbox=[same]), [])) == 1


PHRASES = [
    (
        record("New-InboxRule", parameters={"Name": "..", "DeleteMessage": "True"}),
        "created an inbox rule: Name .., DeleteMessage True",
    ),
    (
        record("Update user", changes={"DisplayName": ("Adele Vance", "Support")}),
        "changed the account: DisplayName from Adele Vance to Support",
    ),
    (record("Update user", changes={"PostalCode": ("", "")}), "changed the account: PostalCode"),
    (
        record("HardDelete", items=["Your invoice", "Another"]),
        "purged mail: “Your invoice” and 1 more",
    ),
    (
        record("UserLoginFailed", owner="", error_code="50126", succeeded=False),
        "failed to sign in (error 50126)",
    ),
    (record("UserLoggedIn", owner="", user_agent="axios/1.7"), "signed in with axios/1.7"),
    (
        record("Set-Mailbox", owner="megan.bowen@contoso.example", succeeded=False),
        "changed the mailbox on megan.bowen@contoso.example (failed)",
    ),
    (
        record("FileDownloaded", details={"SourceFileName": "salaries.xlsx"}),
        "downloaded a file: salaries.xlsx",
    ),
    (record("Unheard-Of"), "Unheard-Of"),
]


@pytest.mark.parametrize(("one", "words"), PHRASES, ids=[words for _, words in PHRASES])
def test_a_record_is_told_in_plain_words(one, words):
    assert timeline.phrase(one) == words


def test_a_line_stays_one_line_whatever_the_tenant_wrote():
    long = record("New-InboxRule", parameters={"Name": "a\nb" + "x" * 500})
    words = timeline.phrase(long)
    assert "\n" not in words
    assert len(words) < 200


@given(st.lists(st.floats(-24 * 6, 20), max_size=30))
def test_events_come_in_order_and_each_record_has_its_line(hours):
    records = [record("Set-Mailbox", hours=one, address=INTRUDER) for one in hours]
    events = timeline.merge(evidence(audit_log=records), [])
    assert [event.at for event in events] == sorted(one.at for one in records)
    assert {event.record for event in events} == {one.id for one in records}
