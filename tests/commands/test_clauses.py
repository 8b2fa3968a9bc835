"""A clause of the story says what was done, once, and not who did it and from where."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from commands.clues.records import listed
from commands.report import Clause, Finding, weighed
from commands.story.clauses import Told, clauses, in_brief, in_short, plain
from tests.commands.evidence import ADELE, NOON

BY = "adele.vance@contoso.example"


def finding(symptom: str, sign: str, says: str, minute: int = 0, **more: Any) -> Finding:
    record = more.pop("record", f"{symptom}-{minute}")
    return Finding(
        symptom=symptom, sign=weighed(sign), summary=says, at=NOON + timedelta(minutes=minute),
        by=ADELE.mail, address="203.0.113.7", records=(record,), **more,
    )  # fmt: skip


def told(*findings: Finding) -> list[Clause]:
    return clauses(Told(f"{one.symptom}.{number}", one) for number, one in enumerate(findings, 1))


@pytest.mark.parametrize(
    ("summary", "says"),
    [
        (f"Mail is forwarded to a@b.example; added by {BY} from 203.0.113.7 (suspicious IP address)",
         "Mail is forwarded to a@b.example"),
        (f"The rule “..” deletes mail; created or changed by {BY} from 203.0.113.7; it is disabled",
         "The rule “..” deletes mail; it is disabled"),
        ("The rule “..” deletes mail; created or changed", "The rule “..” deletes mail"),
        ("A rule; the audit log, which may show when it was created or by whom, was not collected", "A rule"),
        ("A rule; no record shows when it was created or by whom", "A rule"),
        (f"The signature was changed by {BY} from 2001:db8::5 (suspicious session), and matches the lure",
         "The signature was changed, and matches the lure"),
        ("A message “Hi” matches the lure “gift card”; sent from 203.0.113.7",
         "A message “Hi” matches the lure “gift card”"),
        ("2 messages “Hi” sent to 3 recipients from 203.0.113.7, with no copy in Sent Items",
         "2 messages “Hi” sent to 3 recipients, with no copy in Sent Items"),
        ("The journal rule Archive was created (New-JournalRule)", "The journal rule Archive was created"),
        ("An export was requested: Q3 (SearchExported)", "An export was requested: Q3"),
        ("A policy was changed (Update policy)", "A policy was changed (Update policy)"),
        ("The application X opened 2 messages, from 203.0.113.7", "The application X opened 2 messages"),
        ("25 messages were sent from 203.0.113.7 (“Hi”)", "25 messages were sent (“Hi”)"),
        ("The number was changed from “12” to “34”", "The number was changed from “12” to “34”"),
        (f"Forwarding to {BY} was added by {BY}", f"Forwarding to {BY} was added"),
    ],
)  # fmt: skip
def test_who_and_from_where_are_left_out(summary, says):
    assert plain(finding("inbox_rules", "rule_hides_mail", summary)) == says


@pytest.mark.parametrize(
    ("summary", "says"),
    [
        ("Suspicious sign-in (a session went on there; the network is new), from 203.0.113.7 (Lyon, FR)",
         "Suspicious sign-in (a session went on there)"),
        ("Suspicious sign-in (it came by a server (hosting); it is new (too); and far), from 203.0.113.7 (X)",
         "Suspicious sign-in (it came by a server (hosting))"),
        ("Impossible travel from Hamburg, DE to 203.0.113.7 (Buffalo, US)",
         "Impossible travel from Hamburg, DE to Buffalo, US"),
        (f"The rule “..” deletes mail; created or changed by {BY} from 203.0.113.7; it is disabled",
         "The rule “..” deletes mail"),
        (f"Messages were opened (Inbox) by {BY} from 2001:db8::5 (suspicious IP address)",
         "Messages were opened (Inbox)"),
        ("Consent was granted (a; b) to X (c; d); nobody used it", "Consent was granted (a) to X (c)"),
        ("A file “a) ; b” was shared", "A file “a)"),
        ("The password was changed.", "The password was changed"),
    ],
)  # fmt: skip
def test_a_reason_in_short_is_one_clause(summary, says):
    assert in_short(finding("inbox_rules", "rule_hides_mail", summary)) == says


QUOTED = "The rule “moves mail, if it is about anything that anybody may ever want to read (or not)” acts"
RULE = "The inbox rule “..” moves mail into the RSS folder (RSS Subscriptions) and marks it as read"


@pytest.mark.parametrize(
    ("summary", "says"),
    [
        ("The password was changed", "The password was changed"),
        (f"{RULE}, if a message contains invoice, payment, bank or wire",
         "The inbox rule “..” moves mail into the RSS folder"),
        ("Mail about payments was deleted (“Shared document: Remittance advice 4471”, “RE: Hi, if paid”)",
         "Mail about payments was deleted"),
        (QUOTED, QUOTED),
        (f"Application, by an unverified publisher, has {', '.join(['Mail.ReadWrite'] * 6)}",
         f"Application, by an unverified publisher, has {', '.join(['Mail.ReadWrite'] * 6)}"),
    ],
)  # fmt: skip
def test_a_reason_in_brief_can_be_read_alone(summary, says):
    assert in_brief(finding("inbox_rules", "rule_hides_mail", summary)) == says


@pytest.mark.parametrize(
    ("symptom", "sign", "texts", "says"),
    [
        ("delegates", "delegate_by_intruder",
         [("eve@x.example was granted FullAccess on this account", "eve@x.example"),
          ("eve@x.example was granted SendAs on this account", "eve@x.example")],
         ["eve@x.example was granted FullAccess and SendAs on this account"]),
        ("delegates", "delegate_by_intruder",
         [("eve@x.example was granted FullAccess on this account", "eve@x.example"),
          ("al@x.example was granted SendAs on this account", "al@x.example")],
         ["eve@x.example was granted FullAccess on this account",
          "al@x.example was granted SendAs on this account"]),
        ("admin_roles", "role_by_intruder",
         [("Exchange Administrator was activated (PIM) for this account", "Exchange Administrator"),
          ("Exchange Administrator was assigned to this account", "Exchange Administrator")],
         ["Exchange Administrator was activated (PIM) for this account"]),
        ("admin_roles", "role_by_intruder",
         [(f"{name} was assigned to this account", name) for name in ("Auditor", "Operator", "Keeper")],
         ["Auditor, Operator and Keeper were assigned to this account"]),
        ("account_changes", "account_made_by_intruder",
         [(f"The account {name} was created", name) for name in ("a@x.example", "b@x.example")],
         ["The accounts a@x.example and b@x.example were created"]),
        ("mail_forwarding", "forwarding_outside_secretly",
         [("Mail is forwarded to a@x.example", "a@x.example"),
          ("Forwarding to b@x.example was added", "b@x.example")],
         ["Forwarding to a@x.example and b@x.example was added"]),
        ("credential_changes", "password_changed_from_suspect_address",
         [("The password was changed (Change user password)", ""), ("The password was changed (Reset)", "")],
         ["The password was changed 2 times"]),
        ("oauth_apps", "consent_by_intruder",
         [("The application Mailer was created", "Mailer"),
          ("Consent was granted to the application Mailer with Mail.Read", "Mailer")],
         ["Consent was granted to the application Mailer with Mail.Read"]),
        ("missing_mail", "notices_deleted_from_suspect_address",
         [("Mail was deleted (“A”)", ""), ("Mail was deleted (“A”)", "")],
         ["Mail was deleted (“A”) (2 times)"]),
    ],
)  # fmt: skip
def test_what_is_alike_is_one_clause_that_names_them_all(symptom, sign, texts, says):
    findings = [
        finding(symptom, sign, text, number, after=after) for number, (text, after) in enumerate(texts)
    ]
    found = told(*findings)
    assert [one.says for one in found] == says
    assert {number for one in found for number in one.findings} == {
        f"{symptom}.{number}" for number in range(1, len(texts) + 1)
    }


def test_what_only_adds_up_others_lends_its_evidence_and_joins_nothing():
    password = finding("credential_changes", "password_changed_from_suspect_address", "The password", 1)
    method = finding("credential_changes", "sign_in_method_changed_from_suspect_address", "A method", 2)
    both = finding("credential_changes", "password_and_sign_in_method_changed", "Both", 3)
    both = replace(both, records=(*password.records, *method.records))
    found = told(both, password, method)
    assert sorted(one.says for one in found) == ["A method", "The password"]
    assert {number for one in found for number in one.findings} == {
        f"credential_changes.{number}" for number in (1, 2, 3)
    }


def test_an_alert_of_what_another_finding_tells_is_no_deed_of_its_own():
    rule = finding("inbox_rules", "rule_hides_telling_mail", "A rule hides mail", 1)
    alert = finding("inbox_rules", "rule_alert", "Identity Protection reported it", 2)
    assert [one.says for one in told(alert, rule)] == ["A rule hides mail"]
    assert [one.says for one in told(alert)] == ["Identity Protection reported it"]


def test_each_symptom_is_told_once_before_any_comes_again():
    first = finding("inbox_rules", "rule_forwards_outside_secretly", "Rule one", 1)
    second = finding("inbox_rules", "rule_forwards_outside_secretly", "Rule two", 2)
    other = finding("devices", "device_by_intruder", "A device", 3)
    assert [one.says for one in told(first, second, other)] == ["Rule one", "A device", "Rule two"]


def test_more_than_five_names_are_counted():
    assert listed(list("abcdefg")) == "a, b, c, d, e and 2 more"
