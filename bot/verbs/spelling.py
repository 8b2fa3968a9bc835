"""The spelling of what people type after `/compromise`: words, people, cases, spans of time. Pure.

A user is an address, an alias, or a mention. Slack turns addresses into `<mailto:…>`, mentions into
`<@U…|name>` and channels into `<#C…|name>`; keyboards make curly quotes and long dashes, and put full stops
behind things. Buttons and windows say the same words as people.
Source: Slack, "Enabling interactivity with slash commands", should_escape.

Longer than other files because every form of a word that may be typed is told apart from the others in one
place.
"""

from __future__ import annotations

import difflib
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.errors import NotUnderstood
from bot.people.meant import About, Address, Alias, CaseId, Mention, Name, Who
from bot.settings import parse_span
from commands.ledger import CASE_LETTERS
from graph.question import Window

LONGEST = timedelta(days=365)
"""The longest window: what Microsoft's audit log keeps with the larger license.

Source: Microsoft Purview, "Manage audit log retention policies".
"""


WHAT_TO_TYPE = "For example: /compromise check adele.vance@contoso.example"


_QUOTES = "\"'`´‘’‚“”„«»‹›"


_UNSEEN = (
    "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2066\u2067\u2068\u2069\ufeff"
)
"""Signs that nobody sees and that come along when an address is copied out of a mail or a chat."""


_AS_MEANT = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys(_UNSEEN, ""))


_ADDRESS = re.compile(r"[^\s@<>|,;:\"]+@[^\s@<>|,;:\"]+\.[^\s@<>|,;:\".]+")


_ALIAS = re.compile(r"[\w.'+-]{1,64}")


_NAME = re.compile(r"[^\W\d_][\w.'’-]{0,63},?")


_LONGEST_NAME = 6


_ESCAPED = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


_TOKENS = re.compile(r"<[^<>]*>\S*|\S+")


_TYPED_BRACKETS = re.compile(r"<(?!mailto:)[^<>|@#!:][^<>|:]*>", re.IGNORECASE)


_MENTION = re.compile(r"@([UW][A-Z0-9]+)")


_CHANNEL = re.compile(r"#([CG][A-Z0-9]+)")


_CASE = re.compile(rf"C-[{CASE_LETTERS}]{{5}}")


_PROPOSAL = re.compile(rf"P-[{CASE_LETTERS}]{{5}}")


DIGEST = re.compile(r"[0-9a-f]{8,64}")


_NUMBERS = re.compile(r"\d{1,4}(,\d{1,4})*", re.ASCII)


BECAUSE = re.compile(r"\bbecause\b:?", re.IGNORECASE)


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
class Choice:
    """What someone chose to propose.

    Attributes:
        numbers: The places in what was offered, counted from 0.
        offer: How the digest of the offer begins that was chosen from; "" where it was typed.
        because: Why.
        proposal: The proposal whose plan the numbers are of; "" where none was named.
    """

    numbers: tuple[int, ...]
    offer: str
    because: str
    proposal: str = ""


def somebody(word: str) -> Who:
    """Read one address, alias or mention, as it is typed into a field.

    Raises:
        NotUnderstood: it is none.
    """
    return who(_bare(word.strip()))


def spelled(who: Who) -> str:
    """Write someone as Slack writes what people type, so that `read` gives the same again."""
    match who:
        case Mention(user):
            return f"<@{user}>"
        case Alias(name) | Address(name):
            return escaped(name)


def typed(when: Since | Days | None) -> str:
    """Write a span as it is typed, with a blank before it; "" for none."""
    match when:
        case Since(span):
            return f" since {max(1, round(span / timedelta(hours=1)))}h"
        case Days(first, last):
            return f" window {first}..{last}"
        case None:
            return ""


def somebody_or_name(words: list[str]) -> Who | Name:
    """Read one word as an address, alias or mention, and several as a name.

    Raises:
        NotUnderstood: they are neither.
    """
    if len(words) == 1:
        return who(words[0])
    strange = next((word for word in words if not _NAME.fullmatch(word)), "")
    if strange or len(words) > _LONGEST_NAME:
        raise NotUnderstood(
            f"I check one account at a time; I do not understand “{said(strange or words[-1])}” here. "
            f"{WHAT_TO_TYPE}"
        )
    return Name(" ".join(words))


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
                raise NotUnderstood(f"The window {first}..{last} is in the future.")
        case Since(span):
            start, end = now - min(span, LONGEST * 2), now
        case None:
            start, end = now - usual, now
    if now - start > LONGEST + timedelta(days=1):
        raise NotUnderstood("Microsoft retains audit records for at most a year; use at most since 365d.")
    return Window(start, end)


def choice_in(words: list[str], text: str, verb: str, *, of_plans: bool = False) -> Choice | None:
    """Read what follows the case: numbers from 1, a digest, and why; None where nothing follows.

    Where the numbers are `of_plans`, a proposal and a slash may stand before them, as in P-7F3K2/1,4.
    """
    more = words[1:]
    if not more:
        return None
    example = f"For example: /compromise {verb} {said(words[0])} 1,4 because the mailbox is compromised"
    proposal, slash, listed = more[0].upper().rpartition("/")
    misplaced = bool(slash) and not (of_plans and _PROPOSAL.fullmatch(proposal))
    if misplaced or not _NUMBERS.fullmatch(listed) or "0" in listed.split(","):
        raise NotUnderstood(f"I do not understand “{said(more[0])}” here. {example}")
    numbers = tuple(sorted({int(part) - 1 for part in listed.split(",")}))
    offer = more[1].casefold() if len(more) > 1 and DIGEST.fullmatch(more[1].casefold()) else ""
    because = because_in(text)
    if not because:
        raise NotUnderstood(f"Add a reason after “because”. {example}")
    return Choice(numbers, offer, because, proposal)


def because_in(text: str) -> str:
    """Give what stands after "because"; "" where it does not stand there, or nothing does."""
    found = BECAUSE.search(text)
    return plain(text[found.end() :]) if found else ""


def only_about(words: list[str], verb: str) -> About:
    """Read the user or the case, behind which nothing may follow.

    Raises:
        NotUnderstood: there is none, or something follows.
    """
    about = about_in(words, verb)
    if len(words) > 1:
        raise NotUnderstood(
            f"I do not understand “{said(words[1])}” here. For example: /compromise {verb} {said(words[0])}"
        )
    return about


def about_in(words: list[str], verb: str) -> About:
    """Read the user or the case that comes first.

    Raises:
        NotUnderstood: there is none.
    """
    if not words:
        raise NotUnderstood(f"Name a user or case. For example: /compromise {verb} C-7F3K2")
    if _CASE.fullmatch(words[0].upper()):
        return CaseId(words[0].upper())
    if _PROPOSAL.fullmatch(words[0].upper()):
        raise NotUnderstood(f"{words[0]} is a proposal; {verb} needs a user or a case, such as C-7F3K2.")
    return who(words[0])


def proposal_with_digest(words: list[str], verb: str) -> tuple[str, str]:
    """Read a proposal's id, and the digest behind it; "" where there is none.

    Raises:
        NotUnderstood: there is no id.
    """
    proposal_id = proposal_id_in(words, verb)
    return proposal_id, words[1].casefold() if len(rest_of(words)) < len(words) - 1 else ""


def rest_of(words: list[str]) -> list[str]:
    """What follows a proposal's id and the digest that a button puts behind it."""
    return words[2:] if len(words) > 1 and DIGEST.fullmatch(words[1].casefold()) else words[1:]


def proposal_id_in(words: list[str], verb: str) -> str:
    """Read a proposal's id.

    Raises:
        NotUnderstood: there is none.
    """
    if words and _PROPOSAL.fullmatch(words[0].upper()):
        return words[0].upper()
    named = f"“{said(words[0])}” is not a proposal. " if words else "Name a proposal. "
    raise NotUnderstood(f"{named}Its ID is on its card; for example: /compromise {verb} P-7F3K2")


def reason_in(text: str, words: list[str]) -> str:
    """Give what stands after "because", as it was typed; without that word, all the rest in `words`."""
    found = BECAUSE.search(text)
    return plain(text[found.end() :]) if found else plain(" ".join(words))


def plain(text: str) -> str:
    """Undo what Slack does to the signs ``< > &`` in what people type."""
    return text.strip().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escaped(text: str) -> str:
    """Write a text from a window as Slack writes what people type, so that both are read the same."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_OPTIONS = {"since": "since", "window": "window", "in": "channel", "to": "channel", "channel": "channel"}


def options(words: list[str]) -> Iterator[tuple[str, str]]:
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
                raise NotUnderstood(f"Something is missing after “{word}”. {_EXAMPLE[option]}")
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
            hint = f" Did you mean --{near[0]}?" if near else " Options are --since, --window and --channel."
            raise NotUnderstood(f"Unknown option “{word}”.{hint}")
        elif word.startswith(("<#", "#")):
            yield "channel", word
        else:
            yield "who", word


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


_EXAMPLE = {
    "since": "For example: since 7d",
    "window": "For example: window 2026-11-01..2026-11-20",
    "channel": "For example: in #incident-room",
}


def who(word: str) -> Who:
    """Read one word as someone.

    Raises:
        NotUnderstood: it is nobody.
    """
    escaped = _ESCAPED.fullmatch(word)
    if escaped:
        inside = escaped[1]
        mention = _MENTION.fullmatch(inside)
        if mention:
            return Mention(mention[1])
        if inside.casefold().startswith("mailto:"):
            return _address(inside[len("mailto:") :].partition("?")[0], word)
        if inside.startswith("!"):
            raise NotUnderstood(f"“{said(word)}” is a group; I can check one account at a time.")
        raise NotUnderstood(f"“{said(word)}” is not a user. {WHAT_TO_TYPE}")
    if word.casefold().startswith("mailto:"):
        word = word[len("mailto:") :]
    if "@" in word.lstrip("@"):
        return _address(word, word)
    if word.startswith("@"):
        raise NotUnderstood(
            f"Slack did not resolve “{word}”. Pick the person from the list while typing, or type "
            "the address."
        )
    if not _ALIAS.fullmatch(word):
        raise NotUnderstood(f"“{said(word)}” is not a user. {WHAT_TO_TYPE}")
    return Alias(word.casefold())


def _address(text: str, typed: str) -> Address:
    if not _ADDRESS.fullmatch(text):
        raise NotUnderstood(f"“{said(typed)}” is not an email address. {WHAT_TO_TYPE}")
    return Address(text.casefold())


def channel_in(word: str) -> str:
    """Read a channel as Slack writes it; give its id.

    Raises:
        NotUnderstood: it is none.
    """
    escaped = _ESCAPED.fullmatch(word)
    found = _CHANNEL.fullmatch(escaped[1]) if escaped else None
    if found is None:
        raise NotUnderstood(
            f"Slack did not resolve the channel “{said(word)}”. Pick it from the list while "
            "typing; if it is private, I must be a member."
        )
    return found[1]


def since(word: str) -> Since:
    """Read a span of time.

    Raises:
        NotUnderstood: it is none.
    """
    try:
        return Since(parse_span(word))
    except ValueError:
        raise NotUnderstood(
            f"“{said(word)}” after since is not a time range. {_EXAMPLE['since']} (or 36h, 2w)"
        ) from None


def is_span(word: str) -> bool:
    """Say whether a word is a span of time: a number with a unit, such as 24h."""
    return re.fullmatch(r"\d{1,4}[hdw]", word.casefold()) is not None


def days(word: str) -> Days:
    """Read two days with dots between them.

    Raises:
        NotUnderstood: they are none.
    """
    first, dots, last = word.partition("..")
    try:
        if not dots:
            raise ValueError(word)
        return Days(date.fromisoformat(first), date.fromisoformat(last.lstrip(".")))
    except ValueError:
        raise NotUnderstood(f"“{said(word)}” after window is not two dates. {_EXAMPLE['window']}") from None


def words_of(text: str) -> list[str]:
    """Give the words of a line.

    An option may be glued to its value with "=" or ":"; a mention or a link is one word, blanks and all.
    """
    return [word for word in map(_bare, _TOKENS.findall(text.translate(_AS_MEANT))) if word]


def _bare(word: str) -> str:
    """Take off the quotes around a word and the stops behind it."""
    word = word.strip(_QUOTES).rstrip(".,;:!" + _QUOTES)
    if _TYPED_BRACKETS.fullmatch(word):
        word = word[1:-1]  # someone typed the brackets that help puts around a word
    return word.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if "&" in word else word


def looks_like_somebody(word: str) -> bool:
    """Whether a word is meant for an account rather than for a verb."""
    return "@" in word


def said(word: str) -> str:
    """Give a word as the person sees it: Slack's own brackets shown as its label."""
    escaped = _ESCAPED.fullmatch(word)
    return (escaped[2] or escaped[1]) if escaped else word
