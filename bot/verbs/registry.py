"""Every verb of `/compromise`, in the order of the help, and the way from a line to one of them."""

from __future__ import annotations

import difflib
import re
from typing import Any, Final

from bot.errors import NotUnderstood
from bot.verbs import (
    approve,
    check,
    close,
    contain,
    deny,
    enrol,
    form,
    help,  # noqa: A004 - the verb's name
    history,
    password,
    pivot,
    plan,
    report,
    restore,
    review,
    stop,
    strike,
    suspect,
    sweep,
    tasks,
    withdraw,
)
from bot.verbs.shape import Verb
from bot.verbs.spelling import looks_like_somebody, words_of

VERBS: Final[tuple[Verb, ...]] = (
    check,
    report,
    plan,
    contain,
    close,
    approve,
    deny,
    strike,
    withdraw,
    restore,
    tasks,
    history,
    pivot,
    sweep,
    stop,
    suspect,
    enrol,
    help,
    password,
    review,
    form,
)

SAID_AT_ONCE: Final[tuple[Verb, ...]] = (check, report)
"""What takes a moment: whoever typed it is told at once that it is under way."""
WITHOUT_WINDOW: Final[tuple[Verb, ...]] = (*SAID_AT_ONCE, suspect)
"""What never opens a window when it is typed in full, so that its answer may wait its turn."""

TYPED: Final = tuple(verb.NAME for verb in VERBS if verb.SAYS)
"""What people are told that they can type."""

_ALSO: Final = {"?": "help", "h": "help", "enrol": "enroll"}
_OTHER_WORDS: Final = {
    check.NAME: "investigate scan look inspect verify test analyze",
    contain.NAME: "block lock disable reset revoke remediate isolate quarantine secure fix",
    restore.NAME: "undo unblock unlock revert rollback reinstate enable",
    approve.NAME: "yes accept ok okay confirm agree",
    deny.NAME: "no reject decline refuse disapprove",
    withdraw.NAME: "cancel abort retract",
    tasks.NAME: "todo todos task checklist",
    pivot.NAME: "others spread related scope",
    sweep.NAME: "hunt everyone all tenant",
    enrol.NAME: "mfa 2fa totp otp factor",
}
"""The words by which people call a verb who do not know its name, some of which look like another's: they are
told which one it is, and nothing is done."""
_MEANT: Final = {word: name for name, words in _OTHER_WORDS.items() for word in words.split()}
_LISTS: Final = frozenset(
    {"status", "state", "cases", "case", "list", "open", "pending", "approvals", "who", "queue"}
)
"""The words with which people ask what there is, which no verb answers."""
_BY_NAME: Final = {verb.NAME: verb for verb in VERBS}
_CODE = re.compile(r"(?<![\w-])\d{3}[\s-]?\d{3}(?![\w-])", re.ASCII)
_CODED: Final = frozenset({"approve", "review", "enroll"})
"""The verbs behind which someone may type a code, though none belongs there."""


def read(text: str) -> tuple[Verb, Any]:
    """Read what was typed after the command into a verb and its wish.

    Raises:
        NotUnderstood: says exactly what was not understood, and what to type.
    """
    words = words_of(text)
    name = _name(words[0]) if words else ""
    verb = _BY_NAME.get(name) if name or not words else None
    if verb is not None:
        return verb, verb.read(words[1:], text)
    if name in _LISTS:
        raise NotUnderstood(
            f"Unknown command “{words[0]}”. Open cases, and what waits for you, are in this app's Home tab; "
            "what happened in one: /compromise history C-7F3K2"
        )
    near = [_MEANT[name]] if name in _MEANT else difflib.get_close_matches(name, TYPED, n=1, cutoff=0.5)
    if near:
        guess = " ".join([near[0], *words[1:]])
        raise NotUnderstood(f"Unknown command “{words[0]}”. Did you mean: /compromise {guess}")
    if looks_like_somebody(words[0]):
        raise NotUnderstood(
            f"What should I do with {words[0]}? For example: /compromise check {' '.join(words)}"
        )
    raise NotUnderstood(f"Unknown command “{words[0]}”. Available: {', '.join(TYPED)}.")


def without_code(text: str) -> str:
    """Take a code of a second factor out of what was typed, before it is written down or said again.

    Codes belong into the window. Where people write freely, six digits are a ticket's number more often.
    """
    words = text.split(maxsplit=1)
    name = _name(words[0]) if words else ""
    if name and name in _BY_NAME and name not in _CODED:
        return text
    return _CODE.sub("[code]", text)


def _name(word: str) -> str:
    name = word.casefold().removeprefix("/").lstrip("-")
    return _ALSO.get(name, name)
