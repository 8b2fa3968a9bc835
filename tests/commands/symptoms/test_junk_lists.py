"""Lists that hide the tenant's own mail or security notices are found."""

from __future__ import annotations

import pytest

from commands.symptoms import junk_lists
from graph.resources.mailbox import JunkLists
from tests.commands.evidence import INTRUDER, record
from tests.commands.symptoms.judging import all_signs, broken_in, signs

FOUND = [
    (
        "the own tenant blocked",
        "warnings_blocked",
        {"junk_lists": JunkLists(blocked_senders_and_domains=("contoso.example",))},
    ),
    (
        "the help desk blocked",
        "warnings_blocked",
        {"junk_lists": JunkLists(blocked_senders_and_domains=("helpdesk@contoso.example",))},
    ),
    (
        "security notices blocked",
        "warnings_blocked",
        {
            "audit_log": [
                record(
                    "Set-MailboxJunkEmailConfiguration",
                    parameters={
                        "BlockedSendersAndDomains": "news@fabrikam.example;mssecurity-noreply@microsoft.com"
                    },
                )
            ]
        },
    ),
    (
        "lists changed by the attacker",
        "junk_lists_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "Set-MailboxJunkEmailConfiguration",
                    address=INTRUDER,
                    parameters={"BlockedSendersAndDomains": "bank.example"},
                )
            ],
        },
    ),
]

NOT_FOUND = [
    (
        "newsletters blocked",
        {"junk_lists": JunkLists(blocked_senders_and_domains=("news@fabrikam.example",))},
    ),
    (
        "a list made longer by the user",
        {
            "audit_log": [
                record(
                    "Set-MailboxJunkEmailConfiguration",
                    parameters={"BlockedSendersAndDomains": "news@fabrikam.example"},
                )
            ]
        },
    ),
    ("colleagues trusted", {"junk_lists": JunkLists(trusted_senders_and_domains=("contoso.example",))}),
    ("empty lists", {"junk_lists": JunkLists()}),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(junk_lists, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(junk_lists, **sources) == set()


def test_a_change_is_told_and_weighs_nothing():
    changed = [record("Set-MailboxJunkEmailConfiguration", parameters={"Enabled": "True"})]
    assert all_signs(junk_lists, audit_log=changed) == {"junk_lists_changed"}
