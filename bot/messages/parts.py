"""The few blocks that our messages are built of, and times and marks as people read them.

Everything that takes `mrkdwn` expects text that is already harmless; see `bot.messages.escape`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from bot.messages import Block, Message
from bot.messages.escape import said
from bot.messages.limits import cut_mrkdwn
from commands.report import Coverage, Finding, Report, Result, Severity, SymptomResult, VerdictCode
from graph.question import Subject
from graph.verified import domain_of

VERDICT = {
    VerdictCode.COMPROMISED: ("⛔", "Compromised"),
    VerdictCode.SUSPICIOUS: ("⚠️", "Suspicious"),
    VerdictCode.NO_SIGN_FOUND: ("✅", "No sign found"),
    VerdictCode.CANNOT_TELL: ("❔", "Cannot tell"),
}
"""Each verdict's mark and words. The marks differ in shape, so no one needs the color."""

DECIDED = frozenset({VerdictCode.COMPROMISED, VerdictCode.SUSPICIOUS})
"""The verdicts that are listed reasons; the sentence of the others says all there is to say."""

RESULT = {Result.PRESENT: "■", Result.ABSENT: "□", Result.UNKNOWN: "?"}
"""Each result's mark; the word always stands beside it."""

STATE = {Coverage.COMPLETE: "■", Coverage.PARTIAL: "◧", Coverage.UNAVAILABLE: "□"}
"""How much of a source was seen, as a filled, half and empty square."""

_AUDIT = frozenset({"audit_log", "audit_log_on_mailbox"})
"""The sources whose records Microsoft delivers late."""

_LAG = timedelta(minutes=1)
"""How much earlier than the window a log may end without a word about it."""

CHECKBOXES = 10
"""How many options one element of checkboxes holds. Source: Slack, "Checkboxes element"."""

OPTION_TEXT = 75
"""How long the text of an option may be, and its description. Source: Slack, "Option object"."""

REASON = 500
"""How long a reason may be that someone types."""

_PARAGRAPH = 2_800
_SMALL_PARAGRAPH = 1_900
_USER = re.compile(r"[UW][A-Z0-9]{2,20}")
_NUMBERS = ("no people", "one person", "two people", "three people", "four people")


def header(text: str) -> Block:
    """A heading; `text` is plain."""
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def section(mrkdwn: str) -> Block:
    """A paragraph that Slack shows whole, with nothing behind a “See more”.

    `verbatim` keeps Slack from turning what looks like an address into a link.
    Source: Slack, "Section block", `expand`.
    """
    return {"type": "section", "text": mrkdwn_text(mrkdwn), "expand": True}


def sentence(text: str) -> Message:
    """A message of one section, which is also what is read where no blocks are shown."""
    return Message(text=text, blocks=(section(text),))


def context(mrkdwn: str) -> Block:
    """A line in small print."""
    return {"type": "context", "elements": [mrkdwn_text(mrkdwn)]}


def divider() -> Block:
    """A line across."""
    return {"type": "divider"}


def preformatted(lines: Iterable[str]) -> Block:
    """Text in columns, shown exactly as it is: Slack parses nothing in it."""
    text = "\n".join(lines) or " "
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}],
    }


def mrkdwn_text(mrkdwn: str) -> dict[str, Any]:
    """A mrkdwn text object that links nothing by itself."""
    return {"type": "mrkdwn", "text": mrkdwn, "verbatim": True}


def until(moment: datetime, since: datetime) -> str:
    """A time by which somebody must act, in UTC; without its day where that of `since` is the same."""
    at = moment.astimezone(UTC)
    return f"{at:%H:%M} UTC" if since.astimezone(UTC).date() == at.date() else utc(at)


def utc(moment: datetime | None) -> str:
    """A time to the minute, in UTC like those of the records; "time unknown" for None."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else "time unknown"


def lasted(span: timedelta) -> str:
    """A span in words: ``8 s``, ``3 min``, ``2 h 5 min``."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < 100:
        return f"{seconds} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def between(first: datetime, last: datetime) -> str:
    """The span between two times that are told to the minute, as whoever reads them would count it."""
    if last - first < timedelta(seconds=100):
        return lasted(last - first)
    return lasted(last.replace(second=0, microsecond=0) - first.replace(second=0, microsecond=0))


_OF_EACH: Final = 5
"""How many findings of one kind come before those of other kinds."""


def gravest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings as people should read them: the gravest first, else in their order."""
    return tuple(sorted(findings, key=lambda finding: -finding.severity))


def some_of_each(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings where there is no room for all: the gravest first, of each kind a few before more of one.

    Whoever makes a thousand rules does not push what else they did out of sight.
    """
    first: list[Finding] = []
    rest: list[Finding] = []
    seen: Counter[str] = Counter()
    for finding in gravest_first(findings):
        seen[finding.sign.id] += 1
        (first if seen[finding.sign.id] <= _OF_EACH else rest).append(finding)
    return (*first, *rest)


def domains_of(subject: Subject | str) -> frozenset[str]:
    """The mail domains of the subject: its colleagues' addresses stay readable."""
    addresses = (subject,) if isinstance(subject, str) else (*subject.addresses, subject.user_principal_name)
    return frozenset(domain_of(address) for address in addresses if "@" in address)


def split(report: Report) -> tuple[tuple[SymptomResult, ...], tuple[SymptomResult, ...]]:
    """The symptoms that the document names, and those beyond it."""
    named = tuple(symptom for symptom in report.symptoms if symptom.number is not None)
    return named, tuple(symptom for symptom in report.symptoms if symptom not in named)


def audit_until(report: Report) -> datetime | None:
    """Up to when the audit log was complete, where that is before the window's end; None where it is not."""
    reached = [
        source.complete_until
        for source in report.sources
        if source.id in _AUDIT and source.complete_until is not None
    ]
    latest = min(reached, default=None)
    return latest if latest is not None and latest < report.window.end - _LAG else None


def unrecorded(report: Report) -> tuple[str, ...]:
    """Say what Microsoft 365 did not record, though every source was collected; empty where nothing shows it.

    Source: Microsoft Purview, "Use MailItemsAccessed to investigate compromised accounts" (throttling).
    """
    throttled = [one.at for one in report.findings if one.sign.id == "mail_read_uncounted"]
    weakened = [
        one.at for one in report.findings if one.symptom == "audit_trail" and one.severity >= Severity.MEDIUM
    ]
    told = []
    if throttled:
        told.append(f"opened mail was not recorded for 24 hours from {_earliest(throttled)}")
    if weakened:
        told.append(f"auditing was weakened or bypassed from {_earliest(weakened)}")
    return tuple(told)


def _earliest(times: Iterable[datetime | None]) -> str:
    known = [one for one in times if one]
    return utc(min(known)) if known else "an unknown time"


def few(names: Iterable[str], most: int, what: str = "") -> str:
    """Name the first few: ``a, b and 3 more``, or ``a, b and 3 more accounts`` where `what` says of what."""
    known = list(names)
    if len(known) <= most:
        return ", ".join(known)
    left = len(known) - most
    return f"{', '.join(known[:most])} and {counted(left, f'more {what}') if what else f'{left} more'}"


def no_mailbox(sources: Sequence[str], most: int) -> str:
    """Say which sources an account does not have, as it has no mailbox; the first few by name."""
    which = "this source does" if len(sources) == 1 else f"these {len(sources)} sources do"
    return f"This account has no mailbox in Exchange Online; {which} not apply: {few(sources, most)}."


_ORDINARY = frozenset({
    "A", "All", "An", "Anyone", "Auditing", "Consent", "Deleted", "Everyone", "Files", "Forwarding", "It",
    "Links", "Mail", "Mailbox", "Messages", "Possibly", "Rechecked", "Sent", "Someone", "The", "This",
    "Unusual",
})  # fmt: skip
"""Words with which sentences of findings begin, and no name does."""


def inside(sentence: str) -> str:
    """Give a sentence for the middle of another one: without its capital, unless it begins with a name."""
    first = sentence.partition(" ")[0]
    return f"{first.lower()}{sentence[len(first) :]}" if first in _ORDINARY else sentence


def people(count: int) -> str:
    """A number of people in words: ``two people``."""
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else f"{count} people"


def counted(count: int, what: str) -> str:
    """A number of things: ``1 change``, ``3 changes``, ``2 addresses``."""
    return f"{count} {what}" if count == 1 else f"{count} {what}{'es' if what.endswith(('s', 'ch')) else 's'}"


def mention(user: str) -> str:
    """Someone by Slack user id, as a mention; any other name as it is, and "someone" for none."""
    return f"<@{user}>" if _USER.fullmatch(user) else said(user, 60) or "someone"


def link(address: str, label: str) -> str:
    """A link that Slack itself gave us, or the bare label where the address is none that we follow."""
    safe = address.startswith(("https://", "http://127.0.0.1")) and not set(address) & set("<>| ")
    return f"<{address}|{label}>" if safe else label


def bar(done: int, total: int, length: int = 12) -> str:
    """How far something is, drawn."""
    filled = length * done // max(total, 1)
    return "▓" * filled + "░" * (length - filled)


def paragraphs(
    title: str, lines: Iterable[str], block: Callable[[str], Block] = section, most: int = _PARAGRAPH
) -> Iterator[Block]:
    """A heading with its lines, in as many blocks as are needed so that nothing but a huge line is cut."""
    text = title
    for line in lines:
        short = cut_mrkdwn(line, most)
        if text and len(text) + len(short) >= most:
            yield block(text)
            text = short
        else:
            text = f"{text}\n{short}" if text else short
    if text:
        yield block(text)


def small_print(lines: Iterable[str]) -> Iterator[Block]:
    """Lines in small print, in as many blocks as are needed."""
    yield from paragraphs("", lines, context, _SMALL_PARAGRAPH)


# --- buttons and inputs ------------------------------------------------------------------------------------


def actions(buttons: Sequence[Block]) -> Block:
    """A row of buttons; each of them has an action id of its own."""
    return {"type": "actions", "elements": [dict(one) for one in buttons]}


def button(
    text: str,
    action_id: str,
    value: str,
    *,
    style: Literal["", "primary", "danger"] = "",
    asks: Block | None = None,
) -> Block:
    """A button; `value` is only ever an id, `asks` is what is asked before it counts."""
    made: dict[str, Any] = {
        "type": "button",
        "action_id": action_id,
        "value": value,
        "text": {"type": "plain_text", "text": text},
    }
    if style:
        made["style"] = style
    if asks is not None:
        made["confirm"] = dict(asks)
    return made


def asking(title: str, text: str, yes: str, *, no: str = "Not yet", danger: bool = False) -> Block:
    """The small dialog before a button that matters; `text` is plain, at most 300 characters."""
    return {
        "title": {"type": "plain_text", "text": title},
        "text": {"type": "plain_text", "text": text},
        "confirm": {"type": "plain_text", "text": yes},
        "deny": {"type": "plain_text", "text": no},
        "style": "danger" if danger else "primary",
    }


def option(text: str, value: str, description: str = "") -> Block:
    """One checkbox; `text` and `description` are plain and at most `OPTION_TEXT` long."""
    made: dict[str, Any] = {"text": {"type": "plain_text", "text": text}, "value": value}
    if description:
        made["description"] = {"type": "plain_text", "text": description}
    return made


def checkboxes(label: str, block_id: str, options: Sequence[Block], chosen: Collection[str]) -> Block:
    """Up to ten checkboxes, those ticked whose values are in `chosen`; the action id is ``chosen``."""
    element: dict[str, Any] = {"type": "checkboxes", "action_id": "chosen", "options": list(options)}
    ticked = [one for one in options if one["value"] in chosen]
    if ticked:  # Slack refuses an empty list
        element["initial_options"] = ticked
    return {
        "type": "input",
        "block_id": block_id,
        "optional": True,
        "label": {"type": "plain_text", "text": label},
        "element": element,
    }


def entry(
    label: str,
    name: str,
    *,
    most: int,
    least: int = 0,
    optional: bool = False,
    multiline: bool = False,
    hint: str = "",
) -> Block:
    """A field to type into; `name` is its block id and its action id."""
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": name,
        "multiline": multiline,
        "max_length": most,
    }
    if least:
        element["min_length"] = least
    made: dict[str, Any] = {
        "type": "input",
        "block_id": name,
        "optional": optional,
        "label": {"type": "plain_text", "text": label},
        "element": element,
    }
    if hint:
        made["hint"] = {"type": "plain_text", "text": hint}
    return made


def reason(label: str, *, optional: bool = False) -> Block:
    """The field for a reason; its block id and its action id are ``reason``."""
    return entry(label, "reason", most=REASON, optional=optional, multiline=True)


def code_entry() -> Block:
    """The field for a code of an authenticator app; its block id and its action id are ``code``."""
    hint = "From your authenticator app. Each code works once."
    return entry("Six-digit code", "code", least=6, most=7, hint=hint)
