"""The fields of a state and their values in words: in the table of an approval, and in what is told after it.

Source of the fields: Microsoft Graph v1.0, "user", "device", "servicePrincipal", "messageRule",
"automaticRepliesSetting", "oAuth2PermissionGrant"; Exchange Online PowerShell, Get-Mailbox,
Get-MailboxMessageConfiguration, Get-MailboxAuditBypassAssociation.
"""

from __future__ import annotations

import re
from typing import Any, Final

from commands.steps.disable_mail_protocols import PROTOCOLS

_FIELDS: Final = {
    "accountEnabled": "sign-in",
    "isEnabled": "rule",
    "Enabled": "rule",
    "State": "rule",
    "ForwardingAddress": "forwarding recipient",
    "ForwardingSmtpAddress": "forwarding address",
    "DeliverToMailboxAndForward": "copy kept in the mailbox",
    "automaticRepliesSetting/status": "automatic replies",
    "AuditBypassEnabled": "bypass of auditing",
    "AuditEnabled": "mailbox auditing",
    "AutoAddSignature": "signature on new messages",
    "AutoAddSignatureOnReply": "signature on replies",
    "resourceId": "application",
    "scope": "permissions",
    "lastPasswordChangeDateTime": "password last changed",
    "signInSessionsValidFromDateTime": "sessions last revoked",
    "otherMails": "other email addresses",
    **{one.flag: one.name for one in PROTOCOLS},
}
_OFF: Final = {one.flag: one.off for one in PROTOCOLS}
"""The value with which each mail protocol is off: some switches say that it is on, others that it is not."""

_VALUES: Final = {"alwaysEnabled": "always on"}
"""No word that a name in the tenant might be as well."""
_OF_FIELD: Final = {
    ("automaticRepliesSetting/status", "disabled"): "off",
    ("State", "Enabled"): "on",
    ("State", "Disabled"): "off",
}
"""Values of one field, which elsewhere may be anybody's own words."""

_WORDS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def field_in_words(name: str) -> str:
    """Say what a field is; of one that is not known here, ``inner/fieldName`` becomes ``field name``."""
    return _FIELDS.get(name) or _WORDS.sub(" ", name.rpartition("/")[2]).lower()


def value_in_words(value: Any, field: str = "") -> str:
    """Say a value that people know by a word, of a field or of any; "" for another, such as an address."""
    if field in _OFF:
        return "organization's default" if value is None else "off" if value is _OFF[field] else "on"
    if isinstance(value, str) and (field, value) in _OF_FIELD:
        return _OF_FIELD[field, value]
    match value:
        case bool():
            return "on" if value else "off"
        case None | "" | () | []:
            return "none"
        case str():
            return _VALUES.get(value, "")
        case _:
            return ""
