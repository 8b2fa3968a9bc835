"""A mail-flow rule that sends mail outside is found when it is new or this account's work."""

from __future__ import annotations

import pytest

from commands.symptoms import transport_rules
from graph.resources.rules import TransportRule
from tests.commands.evidence import INTRUDER, NESTOR, at, record
from tests.commands.symptoms.judging import all_signs, broken_in, findings, signs

FOUND = [
    (
        "copies to the outside",
        "transport_rule_outside",
        {
            "audit_log": [
                record(
                    "New-TransportRule",
                    owner="",
                    parameters={"Name": "Archive", "BlindCopyTo": "x@fabrikam.example"},
                )
            ]
        },
    ),
    (
        "copies to a contact of the tenant that is somebody outside",
        "transport_rule_outside",
        {
            "audit_log": [
                record(
                    "New-MailContact",
                    owner="",
                    hours=-1,
                    parameters={"Name": "Archive", "ExternalEmailAddress": "SMTP:x@fabrikam.example"},
                ),
                record(
                    "New-TransportRule",
                    owner="",
                    parameters={"Name": "Archive", "BlindCopyTo": "Archive"},
                ),
            ]
        },
    ),
    (
        "a rule that drops mail",
        "transport_rule_drops",
        {
            "audit_log": [
                record("New-TransportRule", owner="", parameters={"Name": "Clean", "DeleteMessage": "True"})
            ]
        },
    ),
    (
        "a rule removed",
        "transport_rule_removed",
        {"audit_log": [record("Remove-TransportRule", owner="", parameters={"Identity": "Warn"})]},
    ),
    (
        "a rule changed",
        "transport_rule_changed",
        {"audit_log": [record("Set-TransportRule", owner="", parameters={"Identity": "Disclaimer"})]},
    ),
    (
        "a rule made by the attacker",
        "transport_rule_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record("New-TransportRule", owner="", address=INTRUDER, parameters={"Name": "Archive"})
            ],
        },
    ),
    (
        "a rule changed in the window, whoever did it",
        "transport_rule_outside_by_others",
        {
            "transport_rules": [
                TransportRule(
                    name="Copy",
                    guid="g",
                    state="Enabled",
                    when_changed=at(-5),
                    redirect_message_to=("x@fabrikam.example",),
                )
            ]
        },
    ),
]

NOT_FOUND = [
    (
        "a rule of old",
        {
            "transport_rules": [
                TransportRule(
                    name="Copy",
                    guid="g",
                    state="Enabled",
                    when_changed=at(-24 * 90),
                    blind_copy_to=("x@fabrikam.example",),
                )
            ]
        },
    ),
    (
        "copies that stay inside",
        {
            "transport_rules": [
                TransportRule(
                    name="Copy",
                    guid="g",
                    state="Enabled",
                    when_changed=at(-5),
                    blind_copy_to=("archive@contoso.example",),
                )
            ]
        },
    ),
    (
        "a rule that is turned off",
        {
            "transport_rules": [
                TransportRule(
                    name="Copy",
                    guid="g",
                    state="Disabled",
                    when_changed=at(-5),
                    blind_copy_to=("x@fabrikam.example",),
                )
            ]
        },
    ),
    (
        "another administrator's work, as his record tells it",
        {"audit_log": [record("New-TransportRule", actor=NESTOR, owner="", parameters={"Name": "Warn"})]},
    ),
    ("no rules", {"transport_rules": []}),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(transport_rules, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(transport_rules, **sources) == set()


def test_an_old_rule_is_told_and_weighs_nothing():
    old = TransportRule(name="Copy", state="Enabled", blind_copy_to=("x@fabrikam.example",))
    assert all_signs(transport_rules, transport_rules=[old]) == {"transport_rule_standing"}


def test_a_rule_and_the_record_that_made_it_are_one_finding():
    made = record(
        "New-TransportRule", owner="", parameters={"Name": "Copy", "BlindCopyTo": "x@fabrikam.example"}
    )
    standing = TransportRule(
        name="Copy", state="Enabled", when_changed=at(0), blind_copy_to=("x@fabrikam.example",)
    )
    assert len(findings(transport_rules, audit_log=[made], transport_rules=[standing])) == 1


@pytest.mark.parametrize("name", ["", " ", "\u200b\u2060"])
def test_a_rule_whose_name_cannot_be_seen_is_said_to_be_without_a_name(name):
    standing = TransportRule(name=name, guid="g", state="Enabled", blind_copy_to=("x@fabrikam.example",))
    (found,) = findings(transport_rules, transport_rules=[standing])
    assert found.summary == "The mail flow rule without a name sends mail to x@fabrikam.example"


def test_a_record_of_a_rule_whose_name_cannot_be_seen_leads_to_the_rule_by_its_id():
    made = record("New-TransportRule", owner="", parameters={"Name": "\u200b"})
    rules = [
        TransportRule(name="\u200b", guid="g", state="Enabled"),
        TransportRule(name="Copy", guid="h", state="Enabled"),
    ]
    (found,) = findings(transport_rules, audit_log=[made], transport_rules=rules)
    assert found.summary.startswith("The mail flow rule without a name was created")
    assert found.records == (made.id, "g")


def test_a_rule_that_was_renamed_to_nothing_is_told_by_the_name_that_it_had():
    renamed = record("Set-TransportRule", owner="", parameters={"Identity": "Copy", "Name": "\u200b"})
    (found,) = findings(transport_rules, audit_log=[renamed])
    assert "“Copy” was changed" in found.summary
