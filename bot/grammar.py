"""What people may type after `/compromise`, read into values. Pure.

    check <user> [since 7d | window 2026-11-01..2026-11-20] [in #channel]
    report <user> [in #channel]
    plan <user or case>
    contain <user or case> [1,4,8 because …]
    approve <proposal> [digest]
    deny <proposal> [because …]
    withdraw <proposal> [because …]
    restore <user or case> [1,3 because …]
    errands <user or case> [done <number> [note]]
    history <user or case>
    suspect <user> [since 7d] [because …]
    enrol
    help

Nothing at all opens the form in which somebody reports an account. Buttons and windows say the same words.
The window of `contain` says the numbers of what was chosen and behind them, how the digest of the offer
begins in which they were chosen; so does the one of `restore`. The button that shows a new password says
`password <proposal>`.

A user is an address, an alias, or a mention. Slack turns addresses into `<mailto:…>`, mentions into
`<@U…|name>` and channels into `<#C…|name>`; keyboards make curly quotes and long dashes, and put full stops
behind things.
Source: Slack, "Enabling interactivity with slash commands", should_escape.
"""

from __future__ import annotations

import difflib
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.errors import NotUnderstood
from bot.settings import parse_span
from commands.ledger import CASE_LETTERS
from graph.question import Window

VERBS = (
    "check",
    "report",
    "plan",
    "contain",
    "approve",
    "deny",
    "withdraw",
    "restore",
    "errands",
    "history",
    "suspect",
    "enrol",
    "help",
)
"""What people are told that they can type."""

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
_CASE = re.compile(rf"C-[{CASE_LETTERS}]{{5}}")
_PROPOSAL = re.compile(rf"P-[{CASE_LETTERS}]{{5}}")
_DIGEST = re.compile(r"[0-9a-f]{8,64}")
_NUMBERS = re.compile(r"\d{1,4}(,\d{1,4})*", re.ASCII)
_CODE = re.compile(r"(?<![\w-])\d{3}[\s-]?\d{3}(?![\w-])", re.ASCII)
_CODED = frozenset({"approve", "enrol", "enroll"})
"""The verbs behind which somebody may type a code, though none belongs there."""
_BECAUSE = re.compile(r"\bbecause\b:?", re.IGNORECASE)


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
class CaseId:
    """A case named by its id."""

    id: str


About = Address | Mention | Alias | CaseId


@dataclass(frozen=True, slots=True)
class ShowPlan:
    """Show what could be done about an account, without proposing it."""

    about: About


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose to propose.

    Attributes:
        numbers: The places in what was offered, counted from 0.
        offer: How the digest of the offer begins that was chosen from; "" where it was typed.
        because: Why.
    """

    numbers: tuple[int, ...]
    offer: str
    because: str


@dataclass(frozen=True, slots=True)
class Contain:
    """Propose what was chosen from the offer; without a choice, open the window in which one chooses."""

    about: About
    choice: Choice | None = None


@dataclass(frozen=True, slots=True)
class Approve:
    """Say yes to a proposal; the digest says to which plan, "" for the one that it has."""

    proposal_id: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Deny:
    """Say no to a proposal; the digest is as in `Approve`."""

    proposal_id: str
    digest: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take a proposal back."""

    proposal_id: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Restore:
    """Propose to take back what was done; without a choice, open the window in which one chooses."""

    about: About
    choice: Choice | None = None


@dataclass(frozen=True, slots=True)
class ShowErrands:
    """Show what people are to do in a case."""

    about: About


@dataclass(frozen=True, slots=True)
class TickErrand:
    """Say that an errand is done."""

    about: About
    number: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class ShowHistory:
    """Tell everything that the ledger has about a case or an account."""

    about: About


@dataclass(frozen=True, slots=True)
class ShowPassword:
    """Show a new password to the one who is to hand it over."""

    proposal_id: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """Report that somebody's account looks taken over; anybody of the company may.

    Attributes:
        who: Whose account.
        when: Since when, as far as it is known.
        noticed: What was noticed, as it was typed.
    """

    who: Who
    when: Since | Days | None = None
    noticed: str = ""


@dataclass(frozen=True, slots=True)
class OpenForm:
    """Open the form in which an account is reported."""


@dataclass(frozen=True, slots=True)
class Enrol:
    """Set up a second factor."""


@dataclass(frozen=True, slots=True)
class Help:
    """Say what can be typed."""


Wish = (
    Check
    | ShowReport
    | ShowPlan
    | Contain
    | Approve
    | Deny
    | Withdraw
    | Restore
    | ShowErrands
    | TickErrand
    | ShowHistory
    | ShowPassword
    | Suspect
    | OpenForm
    | Enrol
    | Help
)


def read(text: str) -> Wish:
    """Read what was typed after the command.

    Raises:
        NotUnderstood: says exactly what was not understood, and what to type.
    """
    words = _words(text)
    if not words:
        return OpenForm()
    verb, rest = words[0].casefold().removeprefix("/").lstrip("-"), words[1:]
    reader = _READERS.get(verb)
    if reader is not None:
        return reader(rest, text)
    near = difflib.get_close_matches(verb, VERBS, n=1, cutoff=0.5)
    if near:
        guess = " ".join([near[0], *rest])
        raise NotUnderstood(f"I do not know “{words[0]}”. Did you mean: /compromise {guess}")
    if _looks_like_somebody(words[0]):
        raise NotUnderstood(
            f"Say what to do with {words[0]}, for example: /compromise check {' '.join(words)}"
        )
    raise NotUnderstood(f"I do not know “{words[0]}”. I know: {', '.join(VERBS)}.")


def somebody(word: str) -> Who:
    """Read one address, alias or mention, as it is typed into a field.

    Raises:
        NotUnderstood: it is none.
    """
    return _who(_bare(word.strip()))


def spelled(who: Who) -> str:
    """Write somebody as Slack writes what people type, so that `read` gives the same again."""
    match who:
        case Mention(user):
            return f"<@{user}>"
        case Alias(name) | Address(name):
            return escaped(name)


def without_code(text: str) -> str:
    """Take a code of a second factor out of what was typed, before it is written down or said again.

    Codes belong into the window. Where people write freely, six digits are a ticket's number more often.
    """
    words = text.split(maxsplit=1)
    verb = words[0].casefold().removeprefix("/").lstrip("-") if words else ""
    if verb in _READERS and verb not in _CODED:
        return text
    return _CODE.sub("[code]", text)


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


def _help(_: list[str], __: str) -> Help:
    return Help()


def _plan(words: list[str], _: str) -> ShowPlan:
    return ShowPlan(_one_about(words, "plan"))


def _contain(words: list[str], text: str) -> Contain:
    return Contain(_about(words, "contain"), _choice(words, text, "contain"))


def _restore(words: list[str], text: str) -> Restore:
    return Restore(_about(words, "restore"), _choice(words, text, "restore"))


def _choice(words: list[str], text: str, verb: str) -> Choice | None:
    """Read what follows the case: numbers from 1, a digest, and why; None where nothing follows."""
    more = words[1:]
    if not more:
        return None
    example = f"Type for example: /compromise {verb} {_said(words[0])} 1,4 because the mailbox was taken over"
    if not _NUMBERS.fullmatch(more[0]) or "0" in more[0].split(","):
        raise NotUnderstood(f"I do not know what “{_said(more[0])}” means here. {example}")
    numbers = tuple(sorted({int(part) - 1 for part in more[0].split(",")}))
    offer = more[1].casefold() if len(more) > 1 and _DIGEST.fullmatch(more[1].casefold()) else ""
    found = _BECAUSE.search(text)
    because = _plain(text[found.end() :]) if found else ""
    if not because:
        raise NotUnderstood(f"Say why, behind “because”. {example}")
    return Choice(numbers, offer, because)


def _history(words: list[str], _: str) -> ShowHistory:
    return ShowHistory(_one_about(words, "history"))


def _approve(words: list[str], _: str) -> Approve:
    proposal_id, more = _proposal_id(words, "approve"), words[1:]
    digest = more[0].casefold() if more else ""
    if len(more) > 1 or (digest and not _DIGEST.fullmatch(digest)):
        raise NotUnderstood(
            f"I do not know what “{_said(' '.join(more))}” means here."
            f" Type: /compromise approve {proposal_id}, and the digest from its card if you like."
        )
    return Approve(proposal_id, digest)


def _deny(words: list[str], text: str) -> Deny:
    return Deny(*_proposal_with_digest(words, "deny"), _reason(text, _rest(words)))


def _withdraw(words: list[str], text: str) -> Withdraw:
    return Withdraw(_proposal_id(words, "withdraw"), _reason(text, _rest(words)))


def _errands(words: list[str], text: str) -> ShowErrands | TickErrand:
    about, more = _about(words, "errands"), words[1:]
    if not more:
        return ShowErrands(about)
    number = more[1] if len(more) > 1 and more[0].casefold() == "done" else ""
    if not (number.isascii() and number.isdigit() and len(number) < 4):
        raise NotUnderstood("To tick an errand off, type for example: /compromise errands C-7F3K2 done 2")
    # The note stands there as it was typed; words would have lost their quotes and stops.
    found = re.search(rf"\bdone\W+{number}\b(.*)", text, re.IGNORECASE | re.DOTALL)
    return TickErrand(about, int(number), _plain(found[1]) if found else "")


def _password(words: list[str], _: str) -> ShowPassword:
    return ShowPassword(_proposal_id(words, "password"))


def _enrol(words: list[str], _: str) -> Enrol:
    if words:
        raise NotUnderstood("Everybody enrols for themselves. Type: /compromise enrol")
    return Enrol()


def _one_about(words: list[str], verb: str) -> About:
    about = _about(words, verb)
    if len(words) > 1:
        raise NotUnderstood(
            f"I do not know what “{_said(words[1])}” means here."
            f" Type for example: /compromise {verb} {_said(words[0])}"
        )
    return about


def _about(words: list[str], verb: str) -> About:
    if not words:
        raise NotUnderstood(f"Say which user or case. Type for example: /compromise {verb} C-7F3K2")
    if _CASE.fullmatch(words[0].upper()):
        return CaseId(words[0].upper())
    if _PROPOSAL.fullmatch(words[0].upper()):
        raise NotUnderstood(f"{words[0]} is a proposal; {verb} needs a user or a case, such as C-7F3K2.")
    return _who(words[0])


def _proposal_with_digest(words: list[str], verb: str) -> tuple[str, str]:
    proposal_id = _proposal_id(words, verb)
    return proposal_id, words[1].casefold() if len(_rest(words)) < len(words) - 1 else ""


def _rest(words: list[str]) -> list[str]:
    """What follows a proposal's id and the digest that a button puts behind it."""
    return words[2:] if len(words) > 1 and _DIGEST.fullmatch(words[1].casefold()) else words[1:]


def _proposal_id(words: list[str], verb: str) -> str:
    if words and _PROPOSAL.fullmatch(words[0].upper()):
        return words[0].upper()
    named = f"“{_said(words[0])}” is no proposal. " if words else "Say which proposal. "
    raise NotUnderstood(f"{named}Its id stands on its card; type for example: /compromise {verb} P-7F3K2")


def _reason(text: str, words: list[str]) -> str:
    """Give what stands after "because", as it was typed; without that word, all the rest in `words`."""
    found = _BECAUSE.search(text)
    return _plain(text[found.end() :]) if found else _plain(" ".join(words))


def _plain(text: str) -> str:
    """Undo what Slack does to the signs ``< > &`` in what people type."""
    return text.strip().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escaped(text: str) -> str:
    """Write a text from a window as Slack writes what people type, so that both are read the same."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _suspect(_: list[str], text: str) -> Suspect:
    # What was noticed stands there as it was typed, and none of its words is an option.
    found = _BECAUSE.search(text)
    words = _words(text[: found.start()] if found else text)[1:]
    who: Who | None = None
    when: Since | Days | None = None
    for name, value in _options(words):
        if name == "who" and who is None:
            who = _who(value)
        elif name in ("since", "window") and when is None:
            when = _since(value) if name == "since" else _days(value)
        else:
            raise NotUnderstood(f"I do not know what “{_said(value)}” means here. {_SUSPECT}")
    if who is None:
        raise NotUnderstood(f"Say whose account looks taken over. {_SUSPECT}")
    return Suspect(who, when, _plain(text[found.end() :]) if found else "")


_SUSPECT = "Type for example: /compromise suspect adele.vance@contoso.example since 2d because of odd mail"


def _check(words: list[str], _: str) -> Check:
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


def _report(words: list[str], _: str) -> ShowReport:
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


def _words(text: str) -> list[str]:
    """Give the words of a line.

    An option may be glued to its value with "=" or ":"; a mention or a link is one word, blanks and all.
    """
    return [word for word in map(_bare, _TOKENS.findall(text.translate(_DASHES))) if word]


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


_READERS: Mapping[str, Callable[[list[str], str], Wish]] = {
    "help": _help,
    "?": _help,
    "check": _check,
    "report": _report,
    "plan": _plan,
    "contain": _contain,
    "approve": _approve,
    "deny": _deny,
    "withdraw": _withdraw,
    "restore": _restore,
    "errands": _errands,
    "history": _history,
    "password": _password,
    "suspect": _suspect,
    "enrol": _enrol,
    "enroll": _enrol,
}
"""Who reads the rest of the line, by verb: its words, and the line as it was typed."""
