"""What an attacker set up that blocking, revoking and resetting leave as it is, and what takes it back. Pure.

Source: Microsoft Entra, "Revoke user access" (what revoking ends, and that app passwords are no sessions);
Microsoft Defender for Office 365, "Responding to a Compromised Email Account".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.report import Clause, Finding, Made, Report, numbered

_METHOD: Final = "remove the sign-in method"
_TEMPORARY: Final = "delete the Temporary Access Pass"
_LINKS: Final = "remove the sharing"

_BY_SYMPTOM: Final = {
    "inbox_rules": "remove the inbox rule",
    "mail_forwarding": "turn off the forwarding",
    "transport_rules": "remove the mail flow rule",
    "oauth_apps": "revoke the consent and disable the application",
    "strong_authentication": _METHOD,
    "devices": "remove the device",
    "delegates": "remove the rights",
    "admin_roles": "remove the role",
    "mail_protocols": "turn off the protocol",
    "federation": "take back the change to the domain",
    "account_changes": "block the account",
}
_BY_SIGN: Final = {
    "sign_in_method_changed_from_suspect_address": _METHOD,
    "sign_in_method_changed_from_new_address": _METHOD,
    "sign_in_method_registered_at_once": _METHOD,
    "sign_in_method_made_after_suspect_sign_in": _METHOD,
    "sign_in_method_made_unrecorded": _METHOD,
    "password_and_sign_in_method_changed": _METHOD,
    "temporary_pass_or_app_password": _TEMPORARY,
    "temporary_pass": _TEMPORARY,
    "temporary_pass_by_administrator": _TEMPORARY,
    "flow_made": "turn the flow off",
    "journal_rule_changed": "remove the journal rule",
    "mail_connector_changed": "remove the connector",
    "mail_exported": "cancel the export and delete its content",
    "everybodys_mail_exported": "cancel the export and delete its content",
    "content_search_made": "delete the content search",
    "calendar_published": "stop publishing the calendar",
    "calendar_published_by_intruder": "stop publishing the calendar",
    "anonymous_link_made": _LINKS,
    "shared_by_intruder": _LINKS,
    "shared_with_guest": _LINKS,
    "shared_with_many_guests": _LINKS,
}
_NOTHING: Final = frozenset(
    {
        "method_removed", "strong_authentication_off", "fraud_reported", "role_taken", "consent_refused",
        "risky_consent_blocked", "transport_rule_removed", "accounts_deleted", "accounts_deleted_by_intruder",
        "account_made_and_deleted", "rule_alert", "forwarding_alert",
    }
)  # fmt: skip
"""Signs of symptoms above that set nothing up."""

_BY_MADE: Final = {
    Made.FOR_APPS: "delete the app password",
    Made.TEMPORARY: _TEMPORARY,
}
"""The same of signs that tell of several things, by what was made."""

_PARTS: Final = ("persistence", "hidden", "read_or_taken", "reached")


def survives(report: Report) -> Iterator[tuple[str, Clause]]:
    """Give what takes back each thing that was set up, with what the story says of it, in its order."""
    findings = dict(numbered(report.symptoms))
    for part in _PARTS:
        for clause in getattr(report.story, part, ()):
            told = [findings[number] for number in clause.findings if number in findings]
            if verb := next(filter(None, map(_verb, told)), ""):
                yield verb, clause


def _verb(finding: Finding) -> str:
    if finding.sign.id in _NOTHING:
        return ""
    if finding.made:
        return _BY_MADE[finding.made]
    return _BY_SIGN.get(finding.sign.id) or _BY_SYMPTOM.get(finding.symptom, "")
