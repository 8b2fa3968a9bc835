"""Where somebody was, by what was done: for logs without any sign-in, as an export of Exchange alone is.

An act tells address, program and session as a sign-in does, but neither place, device nor factor. What was
done does not matter here, only from where: whose a session is, is asked without its deeds.

Where sign-ins are known, a browser may still be in the mailbox from an address that none of them names: a
stolen cookie needs no sign-in, and the audit log leaves out most of those that only renew a token. Mail
programs are often seen so, and applications read from their makers' addresses; a browser is where its user
is. Source: Microsoft Learn, "Continuous access evaluation"; Microsoft Purview, "Use MailItemsAccessed".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from graph.audit_log.record import AuditRecord
from graph.question import Subject
from graph.resources.sign_ins import SignIn, SignInStatus

_PROTOCOLS: Final = {"pop3/imap4": "IMAP4", "client=smtp": "Authenticated SMTP"}
"""Parts of ClientInfoString that name a protocol, and what sign-ins call it."""


WEB_CLIENT: Final = "client=owa"
"""How ClientInfoString begins for Outlook on the web, in lower case."""


def is_web_client(client: str) -> bool:
    """Say whether ClientInfoString names Outlook on the web."""
    return client.casefold().startswith(WEB_CLIENT)


def is_web_visit(one: SignIn) -> bool:
    """Say whether this is no sign-in but an act in Outlook on the web."""
    return is_web_client(one.user_agent)


def visits_of(records: Iterable[AuditRecord], subject: Subject) -> Iterator[SignIn]:
    """Give the first act of each hour from an address, in a session, with a program, in a sign-in's form."""
    seen = set()
    for record in records:
        nowhere = not record.address or record.microsoft_address
        if (
            nowhere
            or record.by_microsoft
            or record.succeeded is False
            or not subject.is_meant_by(record.actor)
        ):
            continue
        program = record.user_agent or record.client
        key = (record.address, record.session_id, program, f"{record.at:%Y-%m-%d %H}")
        if key in seen:
            continue
        seen.add(key)
        named = program.casefold()
        yield SignIn(
            id=record.id,
            created_date_time=record.at,
            user_principal_name=record.actor,
            app_id=record.app_id,
            ip_address=record.address or "",
            client_app_used=next((used for part, used in _PROTOCOLS.items() if part in named), ""),
            user_agent=program,
            session_id=record.session_id,
            status=SignInStatus(error_code=0),
        )
