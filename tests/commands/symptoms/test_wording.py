"""The sentence of a finding is read at night, in a hurry: it must be English and must not claim too much."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from commands.symptoms import (
    account_changes,
    credential_changes,
    data_leaving,
    delegates,
    federation,
    inbox_rules,
    junk_lists,
    mail_access,
    mail_forwarding,
    mail_protocols,
    missing_mail,
    oauth_apps,
    protection_policies,
    sign_ins,
    signature,
)
from graph.audit_log.record import Item
from graph.resources.mailbox import Mailbox, Signature
from graph.resources.rules import InboxRule
from tests.commands.evidence import INTRUDER, NESTOR, record
from tests.commands.symptoms.judging import broken_in, findings

DROP = "drop77@mailbox-relay.example"
RULE = InboxRule.model_validate(
    {"id": "r1", "displayName": "Copy", "actions": {"forwardTo": [{"emailAddress": {"address": DROP}}]}}
)
POLICY = "d866e041-ff61-50d9-897f-e4068f98efca"
LURE = Signature(signature_text="Please note: our bank details have changed. New account: IBAN GB00 0000.")

SENTENCES: list[tuple[ModuleType, dict[str, Any], str]] = [
    (
        delegates,
        {"audit_log": [record("Set-Mailbox", actor=NESTOR, parameters={"GrantSendOnBehalfTo": "alex"})]},
        f"alex was granted SendOnBehalf on this account by {NESTOR} from 192.0.2.10",
    ),
    (
        credential_changes,
        {"directory_audits_on_user": [record("Create application password for user")]},
        (
            "An app password was created (Create application password for user) by "
            "adele.vance@contoso.example from 192.0.2.10"
        ),
    ),
    (
        inbox_rules,
        {"audit_log": [record("New-InboxRule", parameters={"Name": "..", "ForwardTo": DROP})]},
        (
            f"The inbox rule “..” sends mail to {DROP} and applies to every message; created or changed by "
            "adele.vance@contoso.example from 192.0.2.10"
        ),
    ),
    (
        protection_policies,
        {"audit_log": [record("Update authorization policy", owner="", object_id=POLICY)]},
        ("A policy was changed (Update authorization policy) by adele.vance@contoso.example from 192.0.2.10"),
    ),
    (
        junk_lists,
        {
            "audit_log": [
                record(
                    "Set-MailboxJunkEmailConfiguration",
                    parameters={"BlockedSendersAndDomains": "microsoft.com"},
                )
            ]
        },
        (
            "The junk email lists were changed to block microsoft.com by adele.vance@contoso.example "
            "from 192.0.2.10"
        ),
    ),
    (
        mail_protocols,
        {
            "audit_log": [
                record(
                    "Set-CASMailbox", parameters={"PopEnabled": "True", "ImapEnabled": "True"}, actor=NESTOR
                )
            ]
        },
        f"POP and IMAP were enabled for this account by {NESTOR} from 192.0.2.10",
    ),
    (
        mail_protocols,
        {"audit_log": [record("Set-CASMailbox", parameters={"PopEnabled": "True"}, actor=NESTOR)]},
        f"POP was enabled for this account by {NESTOR} from 192.0.2.10",
    ),
    (
        mail_access,
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "MailItemsAccessed", address=INTRUDER, details={"IsThrottled": "True"}, items=["Hello"]
                )
            ],
        },
        (
            "More messages were opened than the audit log lists by adele.vance@contoso.example "
            "from 203.0.113.77 (suspicious IP address)"
        ),
    ),
    (
        missing_mail,
        {
            "sign_ins": broken_in(),
            "audit_log": [
                record(
                    "HardDelete",
                    address=INTRUDER,
                    items=[
                        Item(subject="Remittance advice 4471", id="1", folder="", internet_message_id=""),
                        Item(subject="Your password was changed", id="2", folder="", internet_message_id=""),
                    ],
                )
            ],
        },
        (
            "Mail about payments, security and passwords was deleted (“Remittance advice 4471”, “Your "
            "password was changed”) by adele.vance@contoso.example from 203.0.113.77 (suspicious IP address)"
        ),
    ),
    (
        oauth_apps,
        {
            "audit_log": [
                record(
                    "Add app role assignment to service principal",
                    details={"TargetName": "Office 365 Exchange Online"},
                    changes={
                        "AppRole.Value": ("", "SMTP.SendAsApp"),
                        "ServicePrincipal.DisplayName": ("", "Mail helper"),
                    },
                    actor="adele.vance@contoso.example",
                )
            ]
        },
        (
            "The application Mail helper was granted the permission SMTP.SendAsApp on Office 365 "
            "Exchange Online by adele.vance@contoso.example from 192.0.2.10"
        ),
    ),
    (
        sign_ins,
        {"sign_ins": broken_in()},
        "Sign-in from an unfamiliar country, from 203.0.113.77 (Lagos, NG)",
    ),
    (
        protection_policies,
        {"audit_log": [record("Remove-SafeLinksRule", owner="", parameters={"Identity": "Everyone"})]},
        (
            "The policy “Everyone” was removed (Remove-SafeLinksRule) by adele.vance@contoso.example "
            "from 192.0.2.10"
        ),
    ),
    (
        account_changes,
        {"audit_log": [record("Add user", owner="", details={"TargetName": "helper@contoso.example"})]},
        "The account helper@contoso.example was created by adele.vance@contoso.example from 192.0.2.10",
    ),
    (
        federation,
        {"audit_log": [record("Set domain authentication", owner="", object_id="contoso.example")]},
        (
            "The sign-in settings of the domain contoso.example were changed (Set domain authentication) "
            "by adele.vance@contoso.example from 192.0.2.10"
        ),
    ),
    (
        data_leaving,
        {"audit_log": [record("New-JournalRule", owner="", parameters={"Name": "Archive"})]},
        (
            "The journal rule Archive was created (New-JournalRule) "
            "by adele.vance@contoso.example from 192.0.2.10"
        ),
    ),
    (
        oauth_apps,
        {"audit_log": [record("Add owner to application", owner="", details={"TargetName": "Mail helper"})]},
        ("An owner was added to the application Mail helper by adele.vance@contoso.example from 192.0.2.10"),
    ),
]


@pytest.mark.parametrize(("symptom", "sources", "sentence"), SENTENCES)
def test_a_finding_says_in_one_english_sentence_who_did_what_to_whom(symptom, sources, sentence) -> None:
    found = findings(symptom, **sources)
    assert sentence in [finding.summary for finding in found]
    assert not [finding.summary for finding in found if finding.summary.endswith(".")]


@pytest.mark.parametrize(
    ("symptom", "source"),
    [
        (inbox_rules, {"inbox_rules": [RULE]}),
        (mail_forwarding, {"mailbox": Mailbox(forwarding_smtp_address=f"smtp:{DROP}")}),
        (signature, {"signature": LURE}),
    ],
)
def test_nobody_says_that_no_record_tells_before_the_records_were_seen(symptom, source) -> None:
    (early,) = findings(symptom, **source)
    assert "the audit log, which may show when " in early.summary
    assert "no record" not in early.summary
    (late,) = findings(symptom, **source, audit_log=[], audit_log_on_mailbox=[])
    assert ", was not collected" not in late.summary
