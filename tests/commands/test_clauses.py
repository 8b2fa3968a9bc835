"""A clause of the story says what was done, once, and not who did it and from where."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from commands.clues.records import listed
from commands.report import Clause, Finding, weighed
from commands.sentence import (
    WAS,
    Piece,
    Sentence,
    around,
    ending,
    further,
    sentence,
    thing,
    which,
    whole,
)
from commands.story.clauses import Told, clauses, in_brief, in_short, plain
from tests.commands.evidence import ADELE, NOON

BY = "adele.vance@contoso.example"


def finding(symptom: str, sign: str, says: str | Sentence, minute: int = 0, **more: Any) -> Finding:
    record = more.pop("record", f"{symptom}-{minute}")
    pieces = sentence(says)
    return Finding(
        symptom=symptom, sign=weighed(sign), summary=whole(pieces), at=NOON + timedelta(minutes=minute),
        by=ADELE.mail, address="203.0.113.7", records=(record,), pieces=pieces, **more,
    )  # fmt: skip


def told(*findings: Finding) -> list[Clause]:
    return clauses(Told(f"{one.symptom}.{number}", one) for number, one in enumerate(findings, 1))


FROM = around(f" by {BY} from 203.0.113.7 (suspicious IP address)")


@pytest.mark.parametrize(
    ("says", "deed", "clause"),
    [
        (sentence("The password was changed", FROM), "The password was changed", "The password was changed"),
        (sentence("Mail is forwarded to a@b.example", further("; it predates the window")),
         "Mail is forwarded to a@b.example; it predates the window", "Mail is forwarded to a@b.example"),
        (sentence("The signature was changed", FROM, ", and matches the lure"),
         "The signature was changed, and matches the lure",
         "The signature was changed, and matches the lure"),
        (sentence("Impossible travel to ", further("203.0.113.7 ("), "Lyon, FR", further(")")),
         "Impossible travel to 203.0.113.7 (Lyon, FR)", "Impossible travel to Lyon, FR"),
        # What looks like our own words is the tenant's text, and stays.
        (sentence("A file “a) ; b; created or changed by x from 203.0.113.7” was shared", FROM),
         "A file “a) ; b; created or changed by x from 203.0.113.7” was shared",
         "A file “a) ; b; created or changed by x from 203.0.113.7” was shared"),
        ("The password was changed", "The password was changed", "The password was changed"),
    ],
)  # fmt: skip
def test_who_and_from_where_are_left_out_and_further_reasons_of_a_clause(says, deed, clause):
    one = finding("inbox_rules", "rule_hides_mail", says)
    assert (plain(one), in_short(one)) == (deed, clause)


def test_a_finding_that_was_stored_without_pieces_is_told_as_a_whole():
    one = replace(finding("inbox_rules", "rule_hides_mail", f"The rule deletes mail by {BY}"), pieces=())
    assert plain(one) == in_short(one) == in_brief(one) == one.summary


RULE = sentence(
    "The inbox rule “..” moves mail into the RSS folder",
    ending(" (RSS Subscriptions)"),
    " and marks it as read",
    ending(", if a message contains invoice, payment, bank or wire"),
)
QUOTED = "The rule “moves mail, if it is about anything that anybody may ever want to read (or not)” acts"


@pytest.mark.parametrize(
    ("says", "brief"),
    [
        (sentence("The password was changed", ending(" (by phone)")), "The password was changed (by phone)"),
        (RULE, "The inbox rule “..” moves mail into the RSS folder"),
        (sentence("Mail about payments was deleted",
                  ending(" (“Shared document: Remittance advice 4471”, “RE: Hi, if paid”)")),
         "Mail about payments was deleted"),
        (QUOTED, QUOTED),
        (sentence("Short", ending(f" ({'x' * 100})")), f"Short ({'x' * 100})"),
    ],
)  # fmt: skip
def test_a_reason_in_brief_can_be_read_alone(says, brief):
    assert in_brief(finding("inbox_rules", "rule_hides_mail", says)) == brief


def has(right: str, who: str = "eve@x.example") -> Sentence:
    return sentence(thing(who), WAS, " granted ", which(right), " on ", which("this account"))


def of_role(name: str, done: str = "assigned to") -> Sentence:
    return sentence(thing(name), WAS, f" {done} this account")


def made(name: str) -> Sentence:
    return sentence(Piece("The account ", many="The accounts "), thing(name), WAS, " created")


@pytest.mark.parametrize(
    ("symptom", "sign", "texts", "says"),
    [
        ("delegates", "delegate_by_intruder",
         [(has("FullAccess"), "eve@x.example"), (has("SendAs"), "eve@x.example")],
         ["eve@x.example was granted FullAccess and SendAs on this account"]),
        ("delegates", "delegate_by_intruder",
         [(has("FullAccess"), "eve@x.example"), (has("SendAs", "al@x.example"), "al@x.example")],
         ["eve@x.example was granted FullAccess on this account",
          "al@x.example was granted SendAs on this account"]),
        ("delegates", "delegate_by_intruder",
         [(has("FullAccess"), "eve@x.example"),
          (sentence(thing("eve@x.example"), WAS, " granted ", which("Editor"), " on ", which("a folder")),
           "eve@x.example")],
         ["eve@x.example was granted FullAccess on this account",
          "eve@x.example was granted Editor on a folder"]),
        ("delegates", "delegate_by_intruder",
         [(has("FullAccess"), "eve@x.example"), (has("FullAccess", "al@x.example"), "al@x.example")],
         ["eve@x.example and al@x.example were granted FullAccess on this account"]),
        ("admin_roles", "role_by_intruder",
         [(of_role("Exchange Administrator", "activated (PIM) for"), "Exchange Administrator"),
          (of_role("Exchange Administrator"), "Exchange Administrator")],
         ["Exchange Administrator was activated (PIM) for this account"]),
        ("admin_roles", "role_by_intruder",
         [(of_role(name), name) for name in ("Auditor", "Operator", "Keeper")],
         ["Auditor, Operator and Keeper were assigned to this account"]),
        ("account_changes", "account_made_by_intruder",
         [(made(name), name) for name in ("a@x.example", "b@x.example")],
         ["The accounts a@x.example and b@x.example were created"]),
        ("mail_forwarding", "forwarding_outside_secretly",
         [(sentence(Piece("Mail is forwarded to ", many="Forwarding to "), thing("a@x.example"),
                    Piece("", many=" was added")), "a@x.example"),
          (sentence("Forwarding to ", thing("b@x.example"), " was added"), "b@x.example")],
         ["Forwarding to a@x.example and b@x.example was added"]),
        ("credential_changes", "password_changed_from_suspect_address",
         [("The password was changed (Change user password)", ""), ("The password was changed (Reset)", "")],
         ["The password was changed 2 times"]),
        ("oauth_apps", "consent_by_intruder",
         [(sentence("The application ", thing("Mailer"), WAS, " created"), "Mailer"),
          (sentence("Consent was granted to the application ", thing("Mailer"), " with Mail.Read"),
           "Mailer")],
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
