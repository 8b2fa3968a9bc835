"""Builders of invented evidence: a few words in a test give a whole, typed value.

Times count from `NOON`, the middle of the window; whatever a test does not name has a plain default.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from commands.report import Finding
from commands.symptoms import Symptom
from commands.usual import Usual
from graph.addresses import network_of
from graph.audit_log.record import ActorType, AuditRecord, Item, PropertyChange
from graph.evidence import SOURCES, Evidence, Known, Unavailable
from graph.question import Subject, Window
from graph.resources.mail import MailFolder, Message, TracedMessage
from graph.resources.sign_ins import SignIn

NOON = datetime(2026, 9, 9, 12, 0, tzinfo=UTC)
"""The moment that tests count from."""

ADELE = Subject(
    id="3f0f5a8e-3f0f-4a8e-9f0f-00000000ade1",
    user_principal_name="adele.vance@contoso.example",
    mail="adele.vance@contoso.example",
    addresses=("adele.vance@contoso.example", "adele@contoso.example"),
    display_name="Adele Vance",
)
WINDOW = Window(start=NOON - timedelta(days=7), end=NOON + timedelta(days=1))

OFFICE = "192.0.2.10"
"""The address that Adele always works from."""
INTRUDER = "203.0.113.77"
"""The address that somebody else comes from."""
NESTOR = "nestor.wilke@contoso.example"
"""The administrator."""

_numbers = itertools.count(1)


def at(hours: float = 0) -> datetime:
    """A moment so many hours after `NOON`."""
    return NOON + timedelta(hours=hours)


def evidence(subject: Subject = ADELE, window: Window = WINDOW, **sources: Any) -> Evidence:
    """Evidence of the sources named, a bare value being complete; the rest was not asked."""
    unknown = set(sources) - set(SOURCES) - {"notes"}
    assert not unknown, f"no such source: {unknown}"
    wrapped = {name: _source(value) if name != "notes" else value for name, value in sources.items()}
    return Evidence(subject=subject, window=window, **wrapped)


def _source(value: Any) -> Any:
    if isinstance(value, Known | Unavailable):
        return value
    return Known(tuple(value) if isinstance(value, list) else value)


def record(
    operation: str,
    *,
    hours: float = 0,
    id: str = "",  # noqa: A002  the field's own name
    actor: str = ADELE.user_principal_name,
    owner: str = ADELE.user_principal_name,
    address: str | None = OFFICE,
    parameters: Mapping[str, str] | None = None,
    changes: Mapping[str, tuple[str, str]] | None = None,
    items: Iterable[str | Item] = (),
    details: Mapping[str, str] | None = None,
    record_type: str = "",
    workload: str = "",
    actor_type: ActorType = ActorType.regular,
    by_microsoft: bool = False,
    microsoft_address: bool = False,
    object_id: str = "",
    user_agent: str = "",
    client: str = "",
    session_id: str = "",
    app_id: str = "",
    succeeded: bool | None = True,
    error_code: str = "",
) -> AuditRecord:
    """One audit record; `changes` maps a property to (old, new), `items` may be bare subjects."""
    return AuditRecord(
        id=id or f"record-{next(_numbers)}",
        at=at(hours),
        operation=operation,
        record_type=record_type,
        workload=workload,
        actor=actor,
        actor_type=actor_type,
        by_microsoft=by_microsoft,
        owner=owner,
        object_id=object_id,
        address=address,
        microsoft_address=microsoft_address,
        user_agent=user_agent,
        client=client,
        session_id=session_id,
        app_id=app_id,
        succeeded=succeeded,
        error_code=error_code,
        parameters=dict(parameters or {}),
        changes=tuple(PropertyChange(name, old, new) for name, (old, new) in (changes or {}).items()),
        items=tuple(Item(one, "", "", "") if isinstance(one, str) else one for one in items),
        details=dict(details or {}),
        raw={},
    )


def sign_in(*, hours: float = 0, address: str = OFFICE, error_code: int = 0, **fields: Any) -> SignIn:
    """One sign-in of Adele's, successful without an error code; `fields` are Graph's, in snake case."""
    return SignIn.model_validate(
        {
            "id": f"sign-in-{next(_numbers)}",
            "created_date_time": at(hours),
            "user_id": ADELE.id,
            "user_principal_name": ADELE.user_principal_name,
            "ip_address": address,
            "app_display_name": "Office 365 Exchange Online",
            "client_app_used": "Browser",
            "is_interactive": True,
            "status": {"errorCode": error_code},
            **fields,
        }
    )


def message(
    subject: str = "Quarterly figures",
    text: str = "",
    *,
    hours: float = 0,
    to: str | Iterable[str] = "megan.bowen@contoso.example",
    sender: str = ADELE.mail,
    id: str = "",  # noqa: A002  the field's own name
    internet_message_id: str = "",
    **fields: Any,
) -> Message:
    """One message from Adele; `to` is one address or several."""
    number = next(_numbers)
    people = (to,) if isinstance(to, str) else tuple(to)
    return Message.model_validate(
        {
            "id": id or f"message-{number}",
            "internet_message_id": internet_message_id or f"<message-{number}@contoso.example>",
            "subject": subject,
            "from": {"emailAddress": {"address": sender}},
            "to_recipients": [{"emailAddress": {"address": one}} for one in people],
            "received_date_time": at(hours),
            "sent_date_time": at(hours),
            "text": text,
            **fields,
        }
    )


def traced(
    subject: str = "Quarterly figures",
    *,
    hours: float = 0,
    to: str = "buyer@fabrikam.example",
    message_id: str = "",
    **fields: Any,
) -> TracedMessage:
    """One row of the message trace: Adele sent something to one recipient."""
    number = next(_numbers)
    return TracedMessage.model_validate(
        {
            "id": f"trace-{number}",
            "sender_address": ADELE.mail,
            "recipient_address": to,
            "message_id": message_id or f"<traced-{number}@contoso.example>",
            "received_date_time": at(hours),
            "subject": subject,
            "status": "delivered",
            **fields,
        }
    )


def folder(name: str, id: str = "", well_known: str = "") -> MailFolder:  # noqa: A002  the field's own name
    """One mail folder."""
    return MailFolder(id=id or f"folder-{name}", display_name=name, well_known=well_known)


NEW_PLACE = "198.51.100.20"
"""An address where Adele has never been, and that nothing speaks against."""
DROP = "collector@fabrikam.example"
"""A mail address outside the tenant."""

USUAL = Usual(
    internal_domains=frozenset({"contoso.example"}),
    ordinary=100,
    networks=frozenset({network_of(OFFICE)}),
    suspect_addresses=frozenset({INTRUDER}),
    suspect_sessions=frozenset({"intruder-session"}),
)
"""What has been learnt of Adele: she works from `OFFICE`; `INTRUDER` is not she."""
STRANGER = Usual(internal_domains=frozenset({"contoso.example"}))
"""Nothing has been learnt, as with an export of a few records."""


def counting(symptom: Symptom, seen: Evidence, usual: Usual = USUAL) -> list[str]:
    """The ids of the signs that a symptom finds and that count, each once, in order."""
    return list(dict.fromkeys(one.sign.id for one in symptom.detect(seen, usual) if one.severity > 0))


def told(symptom: Symptom, seen: Evidence, usual: Usual = USUAL) -> list[str]:
    """The ids of all signs that a symptom finds, those for information too, each once, in order."""
    return list(dict.fromkeys(one.sign.id for one in symptom.detect(seen, usual)))


def only(symptom: Symptom, seen: Evidence, usual: Usual = USUAL) -> Finding:
    """The one finding of a symptom."""
    (finding,) = symptom.detect(seen, usual)
    return finding
