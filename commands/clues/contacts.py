"""Contacts and mail users of the tenant that stand for somebody outside, as the records of the window tell.

Exchange lets a mailbox send mail on to a recipient of the directory, and the record of that names only the
recipient. Where mail really goes is said by the record that made the contact.
Source: Exchange PowerShell, "New-MailContact", "Set-MailContact", "Enable-MailContact", "New-MailUser",
"Set-MailUser" and "Enable-MailUser" (ExternalEmailAddress); "Set-Mailbox" (ForwardingAddress: what a
recipient may be named by).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from commands.clues.actions import given
from commands.clues.records import addresses_in, changing
from graph.audit_log.pieces import mailbox_name
from graph.audit_log.record import CONTACT_OPERATIONS
from graph.evidence import Evidence, remembered

_MADE: Final = frozenset(name.casefold() for name in CONTACT_OPERATIONS)
_NAMES: Final = ("identity", "name", "alias", "primarysmtpaddress", "microsoftonlineservicesid")

_SHOWN: Final = re.compile(r"\s*\[(?:EX|SMTP):[^\]]*\]\s*$", re.IGNORECASE)
"""The address that Outlook writes behind a recipient's name."""


@remembered
def outside_addresses(evidence: Evidence) -> Mapping[str, str]:
    """Give the address behind each contact that records tell of, by all its names in lower case.

    The last record with an address counts: where the contact was changed, that is where mail goes.
    """
    found: dict[str, str] = {}
    for record in changing(evidence):
        if record.operation.casefold() not in _MADE:
            continue
        parameters = given(record)
        behind = addresses_in(parameters.get("externalemailaddress", "").casefold().replace("smtp:", " "))
        if behind:
            names = (record.object_id, *(parameters.get(name, "") for name in _NAMES))
            found.update({key: behind[0] for name in names if (key := key_of(name))})
    return found


def recipients_in(text: str, evidence: Evidence) -> tuple[str, ...]:
    """Give every mail address in a list of recipients, lower case; for a contact, that behind it.

    Args:
        text: What a cmdlet was given: addresses and names, with semicolons or commas between.
        evidence: The evidence, whose records tell of contacts.
    """
    behind = outside_addresses(evidence)
    if not behind:
        return addresses_in(text)
    names = (key_of(_SHOWN.sub("", one).strip(' "')) for one in re.split("[;,]", text))
    contacts = {name: behind[name] for name in names if name in behind}
    plain = (contacts.get(address, address) for address in addresses_in(text))
    return tuple(dict.fromkeys((*plain, *contacts.values())))


def key_of(name: str) -> str:
    """Give a recipient's name in comparable form: of an Exchange identity path only who it is."""
    plain = name.strip().casefold().removeprefix("smtp:")
    return mailbox_name(plain) if "/" in plain else plain
