"""Whoever switches the audit trail off, shortens or bypasses it is found."""

from __future__ import annotations

import pytest

from commands.symptoms import audit_trail
from graph.resources.mailbox import Mailbox
from tests.commands.evidence import INTRUDER, NESTOR, record
from tests.commands.symptoms.judging import broken_in, signs

FOUND = [
    (
        "the administrators' audit log turned off",
        "unified_audit_off",
        {
            "audit_log": [
                record("Set-AdminAuditLogConfig", owner="", parameters={"AdminAuditLogEnabled": "False"})
            ]
        },
    ),
    (
        "the tenant's audit log turned off",
        "unified_audit_off",
        {
            "audit_log": [
                record(
                    "Set-AdminAuditLogConfig",
                    owner="",
                    parameters={"UnifiedAuditLogIngestionEnabled": "False"},
                )
            ]
        },
    ),
    (
        "the organization's mailbox auditing turned off",
        "unified_audit_off",
        {"audit_log": [record("Set-OrganizationConfig", owner="", parameters={"AuditDisabled": "True"})]},
    ),
    (
        "a bypass",
        "audit_bypassed",
        {
            "audit_log": [
                record(
                    "Set-MailboxAuditBypassAssociation",
                    actor=NESTOR,
                    parameters={"AuditBypassEnabled": "True"},
                )
            ]
        },
    ),
    (
        "the mailbox's auditing turned off",
        "mailbox_audit_off",
        {"audit_log": [record("Set-Mailbox", actor=NESTOR, parameters={"AuditEnabled": "False"})]},
    ),
    (
        "records kept for no time",
        "audit_shortened",
        {"audit_log": [record("Set-Mailbox", actor=NESTOR, parameters={"AuditLogAgeLimit": "00:00:00"})]},
    ),
    (
        "records kept for a week, on another mailbox",
        "audit_shortened",
        {
            "audit_log": [
                record(
                    "Set-Mailbox",
                    owner="megan.bowen@contoso.example",
                    parameters={"AuditLogAgeLimit": "7.00:00:00"},
                )
            ]
        },
    ),
    (
        "fewer actions audited",
        "audit_actions_taken_out",
        {"audit_log": [record("Set-Mailbox", actor=NESTOR, parameters={"AuditOwner": "None"})]},
    ),
    (
        "the audit plan taken out of the license",
        "audit_licence_removed",
        {
            "audit_log": [
                record(
                    "Update user",
                    actor=NESTOR,
                    changes={
                        "AssignedLicense": (
                            "[SkuName=E5, DisabledPlans=[]]",
                            "[SkuName=E5, DisabledPlans=[M365_ADVANCED_AUDITING,OTHER]]",
                        )
                    },
                )
            ]
        },
    ),
    (
        "a retention policy removed",
        "audit_shortened",
        {"audit_log": [record("Remove-UnifiedAuditLogRetentionPolicy", owner="")]},
    ),
    (
        "any of it from the attacker's address",
        "audit_by_intruder",
        {
            "sign_ins": broken_in(),
            "audit_log": [record("Set-Mailbox", address=INTRUDER, parameters={"AuditEnabled": "False"})],
        },
    ),
    (
        "a mailbox that is not audited",
        "mailbox_audit_is_off",
        {"mailbox": Mailbox(identity="adele", audit_enabled=False)},
    ),
    (
        "a bypass that stands",
        "audit_bypassed",
        {"mailbox": Mailbox(identity="adele", audit_bypass_enabled=True)},
    ),
]

NOT_FOUND = [
    (
        "auditing turned on",
        {
            "audit_log": [
                record(
                    "Set-AdminAuditLogConfig",
                    owner="",
                    parameters={"UnifiedAuditLogIngestionEnabled": "True"},
                )
            ]
        },
    ),
    (
        "records kept for longer",
        {"audit_log": [record("Set-Mailbox", actor=NESTOR, parameters={"AuditLogAgeLimit": "180.00:00:00"})]},
    ),
    (
        "records kept as they always are",
        {"audit_log": [record("Set-Mailbox", actor=NESTOR, parameters={"AuditLogAgeLimit": "90.00:00:00"})]},
    ),
    (
        "a bypass taken away",
        {
            "audit_log": [
                record(
                    "Set-MailboxAuditBypassAssociation",
                    actor=NESTOR,
                    parameters={"AuditBypassEnabled": "False"},
                )
            ]
        },
    ),
    (
        "another plan taken out of the license",
        {
            "audit_log": [
                record(
                    "Update user",
                    actor=NESTOR,
                    changes={"AssignedLicense": ("[DisabledPlans=[]]", "[DisabledPlans=[YAMMER]]")},
                )
            ]
        },
    ),
    (
        "an audit plan that was never on",
        {
            "audit_log": [
                record(
                    "Update user",
                    actor=NESTOR,
                    changes={
                        "AssignedLicense": (
                            "[DisabledPlans=[M365_ADVANCED_AUDITING]]",
                            "[DisabledPlans=[M365_ADVANCED_AUDITING,YAMMER]]",
                        )
                    },
                )
            ]
        },
    ),
    (
        "Microsoft's own service",
        {"audit_log": [record("Set-Mailbox", by_microsoft=True, parameters={"AuditEnabled": "False"})]},
    ),
    (
        "another setting of the mailbox",
        {"audit_log": [record("Set-Mailbox", actor=NESTOR, parameters={"Language": "en-GB"})]},
    ),
    (
        "a mailbox that is audited",
        {"mailbox": Mailbox(identity="adele", audit_enabled=True, audit_bypass_enabled=False)},
    ),
    (
        "another administrator's work on the tenant",
        {
            "audit_log": [
                record(
                    "Set-AdminAuditLogConfig",
                    actor=NESTOR,
                    owner="",
                    parameters={"UnifiedAuditLogIngestionEnabled": "False"},
                )
            ]
        },
    ),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(audit_trail, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(audit_trail, **sources) == set()
