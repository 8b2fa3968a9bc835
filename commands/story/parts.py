"""Which part of the story each finding tells, and whose act that is. Pure."""

from __future__ import annotations

from typing import Final

from commands.report import Finding

OTHERS: Final = "by_others"
"""The part that tells of no action of the attacker's."""

_PARTS: Final = {
    "mail_forwarding": "persistence",
    "delegates": "persistence",
    "oauth_apps": "persistence",
    "strong_authentication": "persistence",
    "credential_changes": "persistence",
    "devices": "persistence",
    "admin_roles": "persistence",
    "federation": "persistence",
    "mail_protocols": "persistence",
    "transport_rules": "persistence",
    "account_changes": "persistence",
    "profile_changes": "persistence",
    "rare_operations": "persistence",
    "inbox_rules": "hidden",
    "missing_mail": "hidden",
    "junk_lists": "hidden",
    "audit_trail": "hidden",
    "protection_policies": "hidden",
    "mail_access": "read_or_taken",
    "data_leaving": "read_or_taken",
    "file_activity": "read_or_taken",
    "directory_enumeration": "read_or_taken",
    "hacked_account_messages": "sent",
    "mail_missing_from_sent_items": "sent",
    "teams_messages": "sent",
    "sending_blocked": "sent",
    "signature": "sent",
    "auto_reply": "sent",
    "display_name": "sent",
}
"""Which part of the story each symptom tells."""

_OTHERWISE: Final = {
    "rule_forwards_outside_secretly": "persistence",
    "rule_forwards_outside": "persistence",
    "rule_forwards_some_outside": "persistence",
    "transport_rule_drops": "hidden",
    "access_to_others": "reached",
    "forwarding_of_others_from_suspect_address": "reached",
    "forwarding_of_others": "reached",
    "mail_connector_changed": "persistence",
    "journal_rule_changed": "persistence",
    "flow_made": "persistence",
    "secrets_searched_by_intruder": "read_or_taken",
    "rule_alert": OTHERS,
    "forwarding_alert": OTHERS,
    "file_alert": OTHERS,
    "sending_blocked": OTHERS,
    "sending_restricted_alert": OTHERS,
    "sending_pattern_alert": OTHERS,
    "sending_bounced_as_blocked": OTHERS,
    "risky_consent_blocked": OTHERS,
    "fraud_reported": OTHERS,
    "password_reset_mail_of_several_services": OTHERS,
}
"""Signs that tell another part than the rest of their symptom. What others did is no action."""


def part_of(finding: Finding) -> str:
    """Give the field of `commands.report.Story` that a finding is told in; "" where no part tells it."""
    return _OTHERWISE.get(finding.sign.id) or _PARTS.get(finding.symptom, "")
