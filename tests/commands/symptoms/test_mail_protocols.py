"""A protocol counts when it was switched on; that it is on does not."""

from __future__ import annotations

import pytest

from commands.symptoms import mail_protocols
from graph.resources.mailbox import MailProtocols
from tests.commands.evidence import INTRUDER, NESTOR, record
from tests.commands.symptoms.judging import all_signs, broken_in, past, signs

FOUND = [
    (
        "POP",
        "old_protocol_on",
        {"audit_log": [record("Set-CASMailbox", actor=NESTOR, parameters={"PopEnabled": "True"})]},
    ),
    (
        "IMAP, on another mailbox",
        "old_protocol_on",
        {
            "audit_log": [
                record(
                    "Set-CASMailbox", owner="megan.bowen@contoso.example", parameters={"ImapEnabled": "True"}
                )
            ]
        },
    ),
    (
        "SMTP with a password",
        "old_protocol_on",
        {
            "audit_log": [
                record(
                    "Set-CASMailbox", actor=NESTOR, parameters={"SmtpClientAuthenticationDisabled": "False"}
                )
            ]
        },
    ),
    (
        "a phone let in by its id",
        "old_protocol_on",
        {
            "audit_log": [
                record("Set-CASMailbox", actor=NESTOR, parameters={"ActiveSyncAllowedDeviceIDs": "ABC"})
            ]
        },
    ),
    (
        "Outlook on the web",
        "protocol_on",
        {"audit_log": [record("Set-CASMailbox", actor=NESTOR, parameters={"OWAEnabled": "True"})]},
    ),
    (
        "IMAP from the attacker's address",
        "protocol_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [record("Set-CASMailbox", address=INTRUDER, parameters={"ImapEnabled": "True"})],
        },
    ),
    (
        "keys that an export wrote in lower case",
        "old_protocol_on",
        {"audit_log": [record("Set-CASMailbox", actor=NESTOR, parameters={"popenabled": "true"})]},
    ),
]

NOT_FOUND = [
    (
        "an administrator's day at his own desk",
        {
            "sign_ins": past(),
            "audit_log": [
                record(
                    "Set-CASMailbox", owner="megan.bowen@contoso.example", parameters={"PopEnabled": "True"}
                )
            ],
        },
    ),
    (
        "POP turned off",
        {
            "audit_log": [
                record(
                    "Set-CASMailbox", actor=NESTOR, parameters={"PopEnabled": "False", "ImapEnabled": "False"}
                )
            ]
        },
    ),
    (
        "SMTP with a password turned off",
        {
            "audit_log": [
                record(
                    "Set-CASMailbox", actor=NESTOR, parameters={"SmtpClientAuthenticationDisabled": "True"}
                )
            ]
        },
    ),
    (
        "another setting",
        {"audit_log": [record("Set-CASMailbox", actor=NESTOR, parameters={"OwaMailboxPolicy": "Default"})]},
    ),
    (
        "Microsoft's own service",
        {"audit_log": [record("Set-CASMailbox", by_microsoft=True, parameters={"PopEnabled": "True"})]},
    ),
    ("protocols that were never off", {"mail_protocols": MailProtocols(pop_enabled=True, imap_enabled=True)}),
    ("all off", {"mail_protocols": MailProtocols(pop_enabled=False, imap_enabled=False)}),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(mail_protocols, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(mail_protocols, **sources) == set()


def test_what_is_on_is_told_and_weighs_nothing():
    assert all_signs(mail_protocols, mail_protocols=MailProtocols(imap_enabled=True)) == {"protocol_standing"}
    assert all_signs(mail_protocols, mail_protocols=MailProtocols(imap_enabled=False)) == set()
