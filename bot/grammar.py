"""What people may type after `/compromise`, read into values. Pure.

    check <user> [since 7d | window 2026-11-01..2026-11-20] [in #channel]
    report <user> [in #channel]
    help

A user is an address, an alias, or a mention. Slack turns addresses into `<mailto:…>`, mentions into
`<@U…|name>` and channels into `<#C…|name>`; keyboards make curly quotes and long dashes, and put full stops
behind things.
Source: Slack, "Enabling interactivity with slash commands", should_escape.
"""

from __future__ import annotations

import difflib
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.errors import NotUnderstood
from bot.settings import parse_span
from graph.question import Window

VERBS = ("check", "report", "help")
LONGEST = timedelta(days=365)
"""The longest window: what Microsoft's audit log keeps with the larger licence.

Source: Microsoft Purview, "Manage audit log retention policies".
"""

_WHAT_TO_TYPE = "Type for example: /compromise check adele.vance@contoso.example"
_QUOTES = "\"'`´‘’‚“”„«»‹›"
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
_ADDRESS = re.compile(r"[^\s@<>|,;:\"]+@[^\s@<>|,;:\"]+\.[^\s@<>|,;:\".]+")
_ALIAS = re.compile(r"[\w.'+-]{1,64}")
_ESCAPED = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
_TOKENS = re.compile(r"<[^<>]*>\S*|\S+")
_TYPED_BRACKETS = re.compile(r"<(?!mailto:)[^<>|@#!:][^<>|:]*>", re.IGNORECASE)
_MENTION = re.compile(r"@([UW][A-Z0-9]+)")
_CHANNEL = re.compile(r"#([CG][A-Z0-9]+)")


@dataclass(frozen=True, slots=True)
class Address:
    """Somebody named by mail address, lower-cased."""

    address: str


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody mentioned in Slack, by user id."""

    user: str


@dataclass(frozen=True, slots=True)
class Alias:
    """Somebody named by what stands before the @, lower-cased."""

    alias: str


Who = Address | Mention | Alias


@dataclass(frozen=True, slots=True)
class Since:
    """The window from so long ago until now."""

    span: timedelta


@dataclass(frozen=True, slots=True)
class Days:
    """The window over whole days, both included (UTC)."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Check:
    """Look into somebody's account."""

    who: Who
    when: Since | Days | None = None
    channel: str = ""


@dataclass(frozen=True, slots=True)
class ShowReport:
    """Post the latest report about somebody."""

    who: Who
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Help:
    """Say what can be typed."""


Wish = Check | ShowReport | Help


def read(text: str) -> Wish:
    """Read what was typed after the command.

    Raises:
        NotUnderstood: says exactly what was not understood, and what to type.
    """
    # An option may be glued to its value with "=" or ":"; a mention or a link is one word, blanks and all.
    words = [_bare(word) for word in _TOKENS.findall(text.translate(_DASHES))]
    words = [word for word in words if word]
    if not words:
        return Help()
    verb, rest = words[0].casefold().removeprefix("/").lstrip("-"), words[1:]
    match verb:
        case "help" | "?":
            return Help()
        case "check":
            return _check(rest)
        case "report":
            return _report(rest)
    near = difflib.get_close_matches(verb, VERBS, n=1, cutoff=0.5)
    if near:
        guess = " ".join([near[0], *rest])
        raise NotUnderstood(f"I do not know “{words[0]}”. Did you mean: /compromise {guess}")
    if _looks_like_somebody(words[0]):
        raise NotUnderstood(
            f"Say what to do with {words[0]}, for example: /compromise check {' '.join(words)}"
        )
    raise NotUnderstood(f"I do not know “{words[0]}”. I know: {', '.join(VERBS)}.")


def window(when: Since | Days | None, now: datetime, usual: timedelta) -> Window:
    """Work out the span of time that is meant.

    Raises:
        NotUnderstood: it starts in the future, ends before it starts, or is longer than a year.
    """
    match when:
        case Days(first, last):
            if last < first:
                raise NotUnderstood(f"The window {first}..{last} ends before it starts.")
            start = datetime.combine(first, time(), UTC)
            # The calendar ends in the year 9999, and a day after it cannot be named.
            end = now if last >= now.date() else datetime.combine(last, time(), UTC) + timedelta(days=1)
            if start >= now:
                raise NotUnderstood(f"The window {first}..{last} has not begun yet.")
        case Since(span):
            start, end = now - min(span, LONGEST * 2), now
        case None:
            start, end = now - usual, now
    if now - start > LONGEST + timedelta(days=1):
        raise NotUnderstood("Microsoft keeps audit records for a year at most; ask for at most since 365d.")
    return Window(start, end)


def _check(words: list[str]) -> Check:
    who: Who | None = None
    when: Since | Days | None = None
    channel = ""
    for name, value in _options(words):
        if name == "who":
            if who is not None:
                raise NotUnderstood(
                    f"I check one account at a time; I do not know what “{value}” means here. {_WHAT_TO_TYPE}"
                )
            who = _who(value)
        elif name in ("since", "window"):
            if when is not None:
                raise NotUnderstood("Give either since or window, and only once.")
            when = _since(value) if name == "since" else _days(value)
        else:
            channel = _channel(value)
    if who is None:
        raise NotUnderstood(f"Say whose account to check. {_WHAT_TO_TYPE}")
    return Check(who, when, channel)


def _report(words: list[str]) -> ShowReport:
    who: Who | None = None
    channel = ""
    for name, value in _options(words):
        if name == "who" and who is not None:
            raise NotUnderstood(f"I do not know what “{value}” means here. {_REPORT}")
        if name == "who":
            who = _who(value)
        elif name == "channel":
            channel = _channel(value)
        else:
            raise NotUnderstood(f"A report is shown as it was made, so {name} means nothing here. {_REPORT}")
    if who is None:
        raise NotUnderstood(f"Say whose report to post. {_REPORT}")
    return ShowReport(who, channel)


_REPORT = "Type for example: /compromise report adele.vance@contoso.example in #incident-room"

_OPTIONS = {"since": "since", "window": "window", "in": "channel", "to": "channel", "channel": "channel"}


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Give each option with its value; what belongs to no option is the user, or a channel by its form."""
    left = deque(words)
    while left:
        word = left.popleft()
        bare = word.lstrip("-")
        dashed = bare != word
        name, glue, value = bare.partition("=") if not word.startswith("<") else (bare, "", "")
        option = _OPTIONS.get(name.casefold())
        if option and glue:
            yield option, value
        elif option:
            if not left:
                raise NotUnderstood(f"After “{word}” something is missing. {_EXAMPLE[option]}")
            following = left.popleft()
            if option == "since" and following.isdigit() and left:  # since 7 days
                following += left.popleft()
            if option == "window" and _DAY.fullmatch(following):  # window 2026-11-01 2026-11-20
                if left and left[0].casefold() in ("to", "until", "-", "–"):
                    left.popleft()
                following += f"..{left.popleft()}" if left else ""
            yield option, following
        elif dashed:
            near = difflib.get_close_matches(name.casefold(), _OPTIONS, n=1)
            hint = f" Did you mean --{near[0]}?" if near else " I know --since, --window and --channel."
            raise NotUnderstood(f"I do not know the option “{word}”.{hint}")
        elif word.startswith(("<#", "#")):
            yield "channel", word
        else:
            yield "who", word


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

_EXAMPLE = {
    "since": "Type for example: since 7d",
    "window": "Type for example: window 2026-11-01..2026-11-20",
    "channel": "Type for example: in #incident-room",
}


def _who(word: str) -> Who:
    escaped = _ESCAPED.fullmatch(word)
    if escaped:
        inside = escaped[1]
        mention = _MENTION.fullmatch(inside)
        if mention:
            return Mention(mention[1])
        if inside.casefold().startswith("mailto:"):
            return _address(inside[len("mailto:") :].partition("?")[0], word)
        if inside.startswith("!"):
            raise NotUnderstood(f"“{_said(word)}” means many people; I can check one account at a time.")
        raise NotUnderstood(f"“{_said(word)}” is no user. {_WHAT_TO_TYPE}")
    if word.casefold().startswith("mailto:"):
        word = word[len("mailto:") :]
    if "@" in word.lstrip("@"):
        return _address(word, word)
    if word.startswith("@"):
        raise NotUnderstood(
            f"Slack did not tell who “{word}” is."
            " Pick the person from the list while typing, or type the address."
        )
    if not _ALIAS.fullmatch(word):
        raise NotUnderstood(f"“{_said(word)}” is no user. {_WHAT_TO_TYPE}")
    return Alias(word.casefold())


def _address(text: str, typed: str) -> Address:
    if not _ADDRESS.fullmatch(text):
        raise NotUnderstood(f"“{_said(typed)}” is no mail address. {_WHAT_TO_TYPE}")
    return Address(text.casefold())


def _channel(word: str) -> str:
    escaped = _ESCAPED.fullmatch(word)
    found = _CHANNEL.fullmatch(escaped[1]) if escaped else None
    if found is None:
        raise NotUnderstood(
            f"Slack did not tell which channel “{_said(word)}” is."
            " Pick it from the list while typing; I must be in it if it is private."
        )
    return found[1]


def _since(word: str) -> Since:
    try:
        return Since(parse_span(word))
    except ValueError:
        raise NotUnderstood(
            f"“{_said(word)}” after since is no span of time. {_EXAMPLE['since']} (or 36h, 2w)"
        ) from None


def _days(word: str) -> Days:
    first, dots, last = word.partition("..")
    try:
        if not dots:
            raise ValueError(word)
        return Days(date.fromisoformat(first), date.fromisoformat(last.lstrip(".")))
    except ValueError:
        raise NotUnderstood(
            f"“{_said(word)}” after window is no pair of days. {_EXAMPLE['window']}"
        ) from None


def _bare(word: str) -> str:
    """Take off the quotes around a word and the stops behind it."""
    word = word.strip(_QUOTES).rstrip(".,;:!" + _QUOTES)
    if _TYPED_BRACKETS.fullmatch(word):
        word = word[1:-1]  # somebody typed the brackets that help puts around a word
    return word.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if "&" in word else word


def _looks_like_somebody(word: str) -> bool:
    return "@" in word


def _said(word: str) -> str:
    """A word as the person sees it: Slack's own brackets shown as its label."""
    escaped = _ESCAPED.fullmatch(word)
    return (escaped[2] or escaped[1]) if escaped else word
