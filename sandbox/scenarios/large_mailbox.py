"""Adele's mailbox is taken over as in `mailbox_takeover`, and hers is the fullest mailbox of the company.

The story and every id in it are the same. Besides, she was at work before the attack as if she were a whole
department, from her office and with her own programs: 50,000 messages, 20,000 sign-ins and 100,000 audit
records. All of it is made when it is asked for, in some seconds; it is there to be measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sandbox.scenarios import people
from sandbox.scenarios.history import FILE_OPERATIONS, file_used
from sandbox.scenarios.mailbox_takeover import takeover
from sandbox.scenarios.organization import signature_of
from sandbox.scenarios.people import (
    ADELE,
    COLLEAGUES,
    FILES,
    PARTNERS,
    SUBJECTS,
    desktop_mail,
    laptop,
    office_of,
)
from sandbox.scenarios.state import Json, TenantState, ident
from sandbox.scenarios.world import World, name_of

MESSAGES, SIGN_INS, RECORDS = 50_000, 20_000, 100_000
DAYS = 4
"""How many days she works like that; they end some hours before the attack begins."""

_CLIENT = "Client=MSExchangeRPC"
_SENDING = (15, 16)
"""Which of twenty acts send a message."""

_TEXT = (
    "Hello,\n\nplease find the figures on {} below, as we agreed on the phone. The second table has the "
    "numbers of last year for comparison, and the third has those of the other offices. I have marked what "
    "changed since your last mail. Could you look through them until Thursday, and tell me whether the "
    "totals are the ones that you expect? The meeting about it is at ten, in the small room.\n\n{}"
)


def build(
    now: datetime, messages: int = MESSAGES, sign_ins: int = SIGN_INS, records: int = RECORDS
) -> TenantState:
    """The tenant at ``now``; other numbers make a smaller one of the same kind.

    Args:
        now: The moment.
        messages: How many messages there are besides the story's.
        sign_ins: How many sign-ins.
        records: How many audit records, those of the sign-ins included.
    """
    world = World("mailbox-takeover", now)
    takeover(world)
    world.state.scenario = "large-mailbox"
    end = world.now - timedelta(days=2, hours=8)
    for number, when in _spread(end, sign_ins):
        _sign_in(world, number, when)
    acts = records - sign_ins
    for number, when in _spread(end, acts):
        _act(world, number, when)
    sent = sum(number % 20 in _SENDING for number in range(acts))
    for number, when in _spread(end, messages - sent):
        _message(world, number, when)
    return world.finish()


def _spread(end: datetime, number: int) -> Iterator[tuple[int, datetime]]:
    """So many moments, evenly over the days."""
    apart = timedelta(days=DAYS) / max(1, number)
    return ((at, end - apart * (number - at)) for at in range(number))


def _session(when: datetime) -> str:
    return ident("session", ADELE.upn, when.date())


def _sign_in(world: World, number: int, when: datetime) -> None:
    """One in five is her own; the others are her programs, which renew what they hold."""
    own = number % 5 == 0
    program = laptop(ADELE) if own else desktop_mail(ADELE)
    app = people.EXCHANGE if own else people.OUTLOOK
    place = office_of(ADELE)
    world.sign_in(when, ADELE, place, program, app=app, interactive=own, session=_session(when), mfa=own)


def _act(world: World, number: int, when: datetime) -> None:
    """Of twenty acts thirteen read mail, two delete some, two send some, and three open files."""
    kind = number % 20
    if kind < 13:
        _read(world, number, when)
    elif kind < 15:
        _delete(world, number, when)
    elif kind in _SENDING:
        to = PARTNERS[number % 5] if number % 3 else COLLEAGUES[number % len(COLLEAGUES)].upn
        world.send(
            when,
            ADELE,
            office_of(ADELE),
            [to],
            SUBJECTS[number % len(SUBJECTS)],
            _TEXT.format(SUBJECTS[number % len(SUBJECTS)].lower(), signature_of(ADELE)),
            session=_session(when),
            client=_CLIENT,
        )
    else:
        _file(world, number, when)


def _read(world: World, number: int, when: datetime) -> None:
    session = _session(when)
    messages = [(f"<{number:08x}.{one}.{session}@northwind.example>", 5_120) for one in range(1 + number % 3)]
    world.mail_access(when, ADELE, office_of(ADELE).ip, session, _CLIENT, messages)


def _delete(world: World, number: int, when: datetime) -> None:
    inbox: Json = {"Id": ident("folder", ADELE.upn, "Inbox"), "Path": "\\Inbox"}
    world.audit(
        when,
        "MoveToDeletedItems",
        3,
        "Exchange",
        ADELE.upn,
        **world.mailbox_fields(ADELE, office_of(ADELE).ip, _session(when), _CLIENT),
        Folder=inbox,
        DestFolder={"Id": ident("folder", ADELE.upn, "Deleted Items"), "Path": "\\Deleted Items"},
        AffectedItems=[
            {
                "Id": f"RgAAAA{number:012x}",
                "InternetMessageId": f"<tidied-{number}@bargains.example>",
                "Subject": "Offers of the week",
                "ParentFolder": inbox,
            }
        ],
    )


def _file(world: World, number: int, when: datetime) -> None:
    name, operation = FILES[number % len(FILES)], FILE_OPERATIONS[number % len(FILE_OPERATIONS)]
    file_used(world, ADELE, when, office_of(ADELE).ip, name, operation=operation)


def _message(world: World, number: int, when: datetime) -> None:
    """Of five messages that were received three lie among the deleted ones, and two are gone for good."""
    subject = SUBJECTS[number % len(SUBJECTS)]
    partner = PARTNERS[number % len(PARTNERS)]
    text = _TEXT.format(subject.lower(), "Regards")
    folder = ("deleteditems", "recoverableitemsdeletions")[number % 5 in (1, 3)]
    world.message(when, ADELE, folder, (name_of(partner), partner), [ADELE.upn], subject, text)
