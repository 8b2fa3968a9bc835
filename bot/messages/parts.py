"""The few blocks that our messages are built of, and times and marks as people read them.

Everything that takes `mrkdwn` expects text that is already harmless; see `bot.messages.escape`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.messages import Block
from bot.messages.escape import visible
from commands.report import Answer, Finding, Report, Result, State, SymptomResult
from commands.report import spoken as spoken_id
from graph.question import Subject

VERDICT = {
    Answer.COMPROMISED: ("⛔", "Compromised"),
    Answer.SUSPICIOUS: ("⚠️", "Suspicious"),
    Answer.NO_SIGN_FOUND: ("✅", "No sign found"),
    Answer.CANNOT_TELL: ("❔", "Cannot tell"),
}
"""Each verdict's mark and words. The marks differ in shape, so nobody needs the colour."""

DECIDED = frozenset({Answer.COMPROMISED, Answer.SUSPICIOUS})
"""The verdicts that are listed reasons; the sentence of the others says all there is to say."""

RESULT = {Result.PRESENT: "■", Result.ABSENT: "□", Result.UNKNOWN: "?"}
"""Each result's mark; the word always stands beside it."""

STATE = {State.COMPLETE: "■", State.PARTIAL: "◧", State.UNAVAILABLE: "□"}
"""How much of a source was seen, as a filled, half and empty square."""

_DOCUMENT = "symptom "
"""How the source of a symptom begins that the founding document names."""


def header(text: str) -> Block:
    """A heading; `text` is plain."""
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def section(mrkdwn: str) -> Block:
    """A paragraph; `verbatim` keeps Slack from turning what looks like an address into a link."""
    return {"type": "section", "text": mrkdwn_text(mrkdwn)}


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


def when(moment: datetime) -> str:
    """A time that Slack shows in each reader's own time zone."""
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{utc(moment)}>"


def utc(moment: datetime | None) -> str:
    """A time for plain text: minutes, in UTC; "time unknown" for None."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else "time unknown"


def lasted(span: timedelta) -> str:
    """A span in words: ``8 s``, ``3 min``, ``2 h 5 min``."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < 100:
        return f"{seconds} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def spoken(name: str) -> str:
    """An id as words: ``mail_folders`` becomes ``mail folders``."""
    return spoken_id(name)


def gravest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings as people should read them: the gravest first, else in their order."""
    return tuple(sorted(findings, key=lambda finding: -finding.severity))


def name_and_address(subject: Subject) -> str:
    """The subject for plain text, made visible: ``Adele Vance <adele.vance@contoso.example>``."""
    name, mail = visible(subject.display_name), visible(subject.mail or subject.user_principal_name)
    return f"{name} <{mail}>" if name else mail


def domains_of(subject: Subject | str) -> frozenset[str]:
    """The mail domains of the subject: its colleagues' addresses stay readable."""
    addresses = (subject,) if isinstance(subject, str) else (*subject.addresses, subject.user_principal_name)
    return frozenset(address.rpartition("@")[2].casefold() for address in addresses if "@" in address)


def split(report: Report) -> tuple[tuple[SymptomResult, ...], tuple[SymptomResult, ...]]:
    """The founding document's symptoms, and those beyond it."""
    named = tuple(symptom for symptom in report.symptoms if symptom.source.startswith(_DOCUMENT))
    return named, tuple(symptom for symptom in report.symptoms if symptom not in named)


def few(names: Iterable[str], most: int) -> str:
    """Name the first few: ``a, b and 3 more``."""
    known = list(names)
    if len(known) <= most:
        return ", ".join(known)
    return f"{', '.join(known[:most])} and {len(known) - most} more"
