"""What a subject line tells: its topic, whether it answers, whether Exchange wrote it, telling notices."""

from __future__ import annotations

import re
from functools import cache

from commands.clues.phrases import Plain, group, one_of


def notice_kind(subject: str) -> str:
    """The kind of notice that an intruder hides: ``security``, ``payment``, ``complaint`` or ""."""
    plain = Plain.of(subject)
    if group("abuse_notice").is_in(plain):
        return "complaint"
    about = group("security_notice").is_in(plain) or group("password").is_in(plain)
    if about and group("notice_turn").is_in(plain):
        return "security"
    return "payment" if group("payment_notice").is_in(plain) else ""


def topic(subject: str) -> str:
    """A subject line without its reply and forward marks, in one case, for comparing."""
    return " ".join(_reply_mark().sub("", subject).casefold().split())


def is_reply(subject: str) -> bool:
    """Say whether a subject line is an answer's or a forwarded message's."""
    return _reply_mark().match(subject) is not None


def is_automatic(subject: str) -> bool:
    """Say whether Exchange writes such a subject line: an absence note, an answer to a meeting, a receipt."""
    return _automatic().match(subject) is not None


@cache
def _reply_mark() -> re.Pattern[str]:
    return re.compile(rf"^\s*(?:(?:{one_of('reply_mark')})\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)


@cache
def _automatic() -> re.Pattern[str]:
    return re.compile(rf"^\s*(?:{one_of('automatic')})\s*:", re.IGNORECASE)
