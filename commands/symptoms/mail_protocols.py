"""Ways into the mailbox that were switched on.

Source: Exchange PowerShell, "Set-CASMailbox"; detection D15 of the public rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.clues.actions import AUDITS, actions, given, graded, off, on, to_subject, whom
from commands.clues.records import found, listed, whence
from commands.report import Finding, weighed
from commands.sentence import sentence
from commands.usual import Usual
from graph.evidence import Evidence

TITLE = "Mail protocol enabled"
SOURCE = "additional indicator"
NEEDS: Final = (("audit_log_on_mailbox", "audit_log"),)
HELPS: Final = ("mail_protocols", *AUDITS[2:])

BY_INTRUDER = weighed("protocol_by_intruder")
OLD = weighed("old_protocol_on")
OTHER = weighed("protocol_on")
WORK = weighed("protocol_on_at_work")
STANDING = weighed("protocol_standing")
SIGNS: Final = (BY_INTRUDER, OLD, OTHER, WORK, STANDING)

POP: Final = "POP"
IMAP: Final = "IMAP"
SMTP_AUTH: Final = "SMTP AUTH"
_OLD: Final = {"popenabled": POP, "imapenabled": IMAP}
_OTHER: Final = {
    "activesyncenabled": "ActiveSync",
    "owaenabled": "Outlook on the web",
    "owafordevicesenabled": "OWA for Devices (older mobile app)",
    "mapienabled": "MAPI",
    "ewsenabled": "Exchange Web Services",
}


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield protocols that were switched on in the window, and the old ones that are on."""
    for record in actions(evidence, {"set-casmailbox"}):
        parameters = given(record)
        old = [name for key, name in _OLD.items() if on(parameters.get(key, ""))]
        if off(parameters.get("smtpclientauthenticationdisabled", "")):
            old.append(SMTP_AUTH)
        if devices := parameters.get("activesyncalloweddeviceids", ""):
            old.append(f"the device {devices}")
        other = [name for key, name in _OTHER.items() if on(parameters.get(key, ""))]
        if not old and not other:
            continue
        work = None if to_subject(record, evidence.subject) else WORK
        sign = graded(record, usual, suspect=BY_INTRUDER, plain=OLD if old else OTHER, familiar=work)
        said = listed((*old, *other))
        verb = "was" if len((*old, *other)) == 1 else "were"
        what = f"{said} {verb} enabled for {whom(record, evidence.subject)}"
        says = sentence(what, whence(record, usual))
        yield found(
            "mail_protocols", sign, says, record, after=", ".join((*old, *other)), names=(*old, *other)
        )
    now = evidence.mail_protocols.seen(None)
    if now is not None:
        names = tuple(
            name
            for name, enabled in (
                (POP, now.pop_enabled),
                (IMAP, now.imap_enabled),
                (SMTP_AUTH, now.smtp_client_authentication_disabled is False),
            )
            if enabled
        )
        if names:
            listing = ", ".join(names)
            yield Finding(
                "mail_protocols", STANDING, f"Currently enabled: {listing}", after=listing, names=names
            )
