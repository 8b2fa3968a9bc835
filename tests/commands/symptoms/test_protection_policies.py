"""A protection that this account took down or weakened is found."""

from __future__ import annotations

import pytest

from commands.symptoms import protection_policies
from tests.commands.evidence import INTRUDER, NESTOR, record
from tests.commands.symptoms.judging import broken_in, past, signs

FOUND = [
    (
        "an administrator's day at his own desk, which weighs little",
        "policy_changed_at_work",
        {"sign_ins": past(), "audit_log": [record("Remove-DlpCompliancePolicy", owner="")]},
    ),
    (
        "a data-loss policy removed",
        "policy_removed",
        {"audit_log": [record("Remove-DlpCompliancePolicy", owner="", parameters={"Identity": "Cards"})]},
    ),
    (
        "phishing protection removed",
        "policy_removed",
        {"audit_log": [record("Remove-AntiPhishPolicy", owner="")]},
    ),
    ("safe links disabled", "policy_removed", {"audit_log": [record("Disable-SafeLinksRule", owner="")]}),
    (
        "signing of mail turned off",
        "policy_weakened",
        {"audit_log": [record("Set-DkimSigningConfig", owner="", parameters={"Enabled": "False"})]},
    ),
    (
        "senders let through",
        "policy_weakened",
        {
            "audit_log": [
                record(
                    "Set-HostedContentFilterPolicy",
                    owner="",
                    parameters={"AllowedSenderDomains": "fabrikam.example"},
                )
            ]
        },
    ),
    (
        "forwarding to the outside allowed",
        "policy_weakened",
        {
            "audit_log": [
                record(
                    "Set-HostedOutboundSpamFilterPolicy", owner="", parameters={"AutoForwardingMode": "On"}
                )
            ]
        },
    ),
    (
        "a conditional access policy changed",
        "access_policy_changed",
        {"audit_log": [record("Update conditional access policy", owner="")]},
    ),
    (
        "users may consent to anything",
        "consent_policy_changed",
        {"audit_log": [record("Update authorization policy", owner="")]},
    ),
    (
        "a policy removed from the attacker's address",
        "policy_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [record("Remove-MalwareFilterPolicy", owner="", address=INTRUDER)],
        },
    ),
]

NOT_FOUND = [
    (
        "a policy made",
        {
            "audit_log": [
                record("New-AntiPhishPolicy", owner="", parameters={"Name": "Strict", "Enabled": "True"})
            ]
        },
    ),
    (
        "a policy made stricter",
        {
            "audit_log": [
                record("Set-AntiPhishPolicy", owner="", parameters={"EnableMailboxIntelligence": "True"})
            ]
        },
    ),
    (
        "another administrator's work",
        {"audit_log": [record("Remove-DlpCompliancePolicy", actor=NESTOR, owner="")]},
    ),
    (
        "a removal that failed",
        {"audit_log": [record("Remove-DlpCompliancePolicy", owner="", succeeded=False)]},
    ),
    (
        "Microsoft's own service",
        {"audit_log": [record("Remove-DlpCompliancePolicy", owner="", by_microsoft=True)]},
    ),
    ("reading a policy", {"audit_log": [record("Get-AntiPhishPolicy", owner="")]}),
    ("a mail contact removed", {"audit_log": [record("Remove-MailContact", owner="")]}),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(protection_policies, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(protection_policies, **sources) == set()


@pytest.mark.parametrize(
    "operation",
    [
        "Add a partner to cross-tenant access setting",
        "Update a partner cross-tenant access setting",
        "Update the company default cross-tenant access setting",
        "Create a partner cross-tenant identity sync setting",
        "Add named location",
        "Authentication Methods Policy Update",
    ],
)
def test_what_lets_other_tenants_places_or_methods_in_is_an_access_policy(operation):
    """Source: Microsoft Entra, "Microsoft Entra audit log categories and activities"."""
    done = record(operation, owner="", address="198.51.100.23")
    assert signs(protection_policies, sign_ins=past(), audit_log=[done]) == {"access_policy_changed"}
