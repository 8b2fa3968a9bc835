"""Inform those who got mail while somebody else was in. Source: Microsoft's document, step 7.

The bot drafts and lists; people send. A warning from the mailbox itself would look like the next fraud.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from commands.clues.outgoing import Origin, Outbox, Outgoing, outbox_of
from commands.csv_cells import moment, table, visible
from commands.payment_details import defanged
from commands.plans.plan import ManualTask, Nothing, Phase, Planned
from commands.plans.planning_input import PlanningInput
from commands.report import VerdictCode
from commands.steps.parts import mail_of
from commands.steps.review_sent_mail import told
from graph.evidence import Known
from graph.request import Cmdlet, Request

TITLE = "Inform the people who got mail from the account that it was compromised"
SOURCE = "step 7"
PHASE = Phase.RECOVER
PLANS = "a manual task with `DRAFT-warning.txt`, a draft to send, and `recipients.csv`, each recipient once"
UNDO = "nothing to undo"
PEOPLE = "one"
NEEDS: tuple[str, ...] = ()
WRITES: tuple[Request | Cmdlet, ...] = ()

DRAFT: Final = "DRAFT-warning.txt"
LIST: Final = "recipients.csv"
MOST: Final = 10_000
"""Rows in the list, so that a plan stays small enough to be kept and shown."""

_ID: Final = "warn_recipients"
_COLUMNS: Final = ("recipient", "place", "messages", "from the attacker", "first", "last")
_SUBJECTS: Final = 5
_ADDRESSES: Final = 5
_LONGEST: Final = 80
_LEADS: Final = re.compile(
    r"@|\\\\|://"
    r"|\b(?:www|https?|hxxps?|mailto|tel|sms|file|data|javascript)[.:\[]"
    r"|\w[\[(]?[.。․﹒][\])]?[^\W\d_]{2}"  # a domain behind a name, a defanged one too
    r"|\d+\.\d+\.\d+\.\d+|[0-9a-f]*::?[0-9a-f]+::?[0-9a-f]"
    r"|\+\s*\(?\d|\d[\d\s()./-]{8,}\d",  # telephone numbers
    re.IGNORECASE,
)
"""What mail programs and telephones make a link of, or people follow. One too many costs only a subject."""


@dataclass(frozen=True, slots=True)
class Warned:
    """Somebody who got mail.

    Attributes:
        address: The mail address, lower case.
        outside: Whether it lies outside the tenant.
        messages: How many messages.
        bad: How many of them surely came from the intruder.
        first: When the first was sent.
        last: When the last was sent.
    """

    address: str
    outside: bool
    messages: int
    bad: int
    first: datetime
    last: datetime


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Yield one manual task with a drafted warning and the recipients, or why nobody is to be warned."""
    evidence = planning.evidence
    outbox = outbox_of(evidence, planning.report, planning.ordinary)
    people = recipients(planning, outbox)
    trace = evidence.message_trace
    if not people and isinstance(trace, Known) and not trace.missing:
        yield Nothing(_ID, "No one received messages from this mailbox that may be the attacker's.")
        return
    if planning.report.verdict.answer is VerdictCode.NO_SIGN_FOUND and not _was_in(outbox):
        yield Nothing(_ID, "No evidence of access by an attacker, so no warning is needed.")
        return
    outside = sum(one.outside for one in people)
    when = "during the attacker's access" if outbox.told else "in the window, if the attacker sent it"
    if people:
        count = f"{len(people):,} {'recipient' if len(people) == 1 else 'recipients'}"
        listed = f"{LIST} names {count}, {outside:,} of them outside the organization"
    else:
        listed = "No recipients in evidence; run a message trace in the Exchange admin center"
    yield ManualTask(
        id=f"{_ID}:mail",
        step=_ID,
        says=f"Warn recipients of messages from {mail_of(planning)} {when}",
        how=(
            *told(outbox),
            listed,
            *((f"The list has the first {MOST:,}",) if len(people) > MOST else ()),
            *(
                (f"Also warn whoever wrote in while the automatic reply was on: {LIST} does not name them",)
                if any(planning.findings("auto_reply"))
                else ()
            ),
            f"After containment, complete {DRAFT} and have it approved by communications",
            "Send it from another mailbox, never this one, with all recipients in Bcc",
            "Call recipients of requests for money or changed bank details",
        ),
        suggested=any(one.bad for one in people),
        files={
            DRAFT: warning(planning, outbox, listed=bool(people)),
            **({LIST: _list(people)} if people else {}),
        },
    )


def recipients(planning: PlanningInput, outbox: Outbox) -> tuple[Warned, ...]:
    """Give everybody who got some of this mail, each once: those with mail of the intruder's first."""
    ordinary = planning.ordinary
    by_address: dict[str, list[Outgoing]] = {}
    for message in outbox.messages:
        for address in dict.fromkeys(message.recipients):
            if not planning.subject.is_meant_by(address):
                by_address.setdefault(address, []).append(message)
    people = [
        Warned(
            address,
            ordinary.is_outside(address),
            len(messages),
            sum(one.origin is Origin.INTRUDER for one in messages),
            min(one.at for one in messages),
            max(one.at for one in messages),
        )
        for address, messages in by_address.items()
    ]
    return tuple(sorted(people, key=lambda one: (one.bad == 0, not one.outside, one.address)))


def _until(planning: PlanningInput, outbox: Outbox) -> datetime:
    """Until when mail may be the attacker's: when they were last seen, or the end of the window."""
    story = planning.report.story
    seen = [one.at for one in (story.last_seen if story else ()) if one.at]
    theirs = [one.at for one in outbox.messages if one.origin is Origin.INTRUDER]
    return max((*seen, *theirs)) if seen else planning.evidence.window.end


def warning(planning: PlanningInput, outbox: Outbox, *, listed: bool) -> str:
    """Draft the warning. It holds no link and nothing to open, for such mail is what it warns of.

    It names the mailbox by its address alone: the display name may be the intruder's own. Where nothing shows
    that somebody else was in at that time, it says no more than that it may be so.
    """
    start, end = f"{outbox.since:%d %B %Y}", f"{_until(planning, outbox):%d %B %Y}"
    when = f"on {start}" if start == end else f"between {start} and {end}"
    used = "was using" if outbox.told else "used" if _was_in(outbox) else "may have used"
    lines = [
        "[DRAFT. Nothing was sent. Fill in the brackets, have it approved, and delete these lines.",
        f"To: {f'everyone in {LIST}' if listed else 'the recipients'}, in Bcc. From: another mailbox.]",
        "",
        "Subject: Security notice: do not trust recent email from one of our mailboxes",
        "",
        "Hello,",
        "",
        f"An unauthorized person {used} the mailbox {mail_of(planning)} {when}.",
        # The last record ends nothing: until sessions and password are reset, they can come again.
        *(("They could get in until [when the account was contained].",) if _was_in(outbox) else ()),
        "You are receiving this because that mailbox sent you a message during this time.",
        "Our colleague may not have written it.",
        "",
        "Please",
        "- do not open links or attachments in these messages, and delete them;",
        "- do not make payments or change bank details because of them. If you have, call your bank now;",
        "- if you entered your password after opening a link, change it everywhere you use it;",
        "- if you opened anything, tell your own IT department.",
    ]
    subjects = _subjects(outbox.messages)
    if subjects:
        lines += ["", "Fraudulent messages had these subjects:", *(f"- {one}" for one in subjects)]
    replies = _replies(planning)
    if replies:
        one = "This address is not ours, and what is sent to it does not reach us:"
        several = "These addresses are not ours, and what is sent to them does not reach us:"
        lines += ["", one if len(replies) == 1 else several, *(f"- {each}" for each in replies)]
    lines += [
        "",
        "[what was done about it, such as: we reset the password and removed the unauthorized access]",
        "If you are unsure about a message, call us on a number that you already",
        "know. Do not reply to the message.",
        "",
        "We apologize for the inconvenience.",
        "",
        "[name and phone number of the contact for questions]",
        "",
    ]
    return "\n".join(lines)


def _replies(planning: PlanningInput) -> tuple[str, ...]:
    """Give the addresses that the attacker gave out for answers, written so that nothing leads there."""
    seen = planning.report.exposure
    short = [one for one in (seen.replies if seen else ()) if len(one) <= _LONGEST]
    return tuple(map(defanged, short[:_ADDRESSES]))


def _was_in(outbox: Outbox) -> bool:
    """Whether something shows that somebody else was in: by sign-ins, actions or mail."""
    return outbox.told or outbox.by_intruder > 0


def _subjects(messages: Iterable[Outgoing]) -> tuple[str, ...]:
    """Give the subjects that surely were the intruder's, the most frequent first; none that leads anywhere.

    The warning is our own mail: what a reader's program makes a link of, or a number to call, would be the
    intruder's in our name.
    """
    counted: dict[str, int] = {}
    for one in messages:
        text = visible(one.subject)
        theirs = one.origin is Origin.INTRUDER and not one.is_lost
        if theirs and text and not _LEADS.search(unicodedata.normalize("NFKC", text)):
            short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
            counted[short] = counted.get(short, 0) + 1
    return tuple(sorted(counted, key=lambda text: (-counted[text], text))[:_SUBJECTS])


def _list(people: Iterable[Warned]) -> str:
    return table(
        _COLUMNS,
        (
            (
                one.address,
                "outside" if one.outside else "inside",
                str(one.messages),
                str(one.bad),
                moment(one.first),
                moment(one.last),
            )
            for one in tuple(people)[:MOST]
        ),
    )
