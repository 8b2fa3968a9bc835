"""The story of a case or of an account, told from the ledger: one sentence an entry, in plain words.

What is bookkeeping only (a card was posted, a query remembered a mark) is counted and not told. An entry of a
kind that has no sentence here is named by its kind, so that nothing is kept from the reader.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bot.messages import Block, Message, parts
from bot.messages.escape import plain, said
from bot.messages.limits import fit, pack
from commands.ledger import Entry

_SAYS = 300

BOOKKEEPING: Final = frozenset(
    {
        "card posted",
        "posted",
        "shown",
        "remembered",
        "window opened",
        "plan shown",
        "errands shown",
        "history shown",
    }
)
"""Kinds of entries that tell a reader nothing about the account."""


@dataclass(slots=True)
class _Told:
    """One entry as the sentences need it, with the words of the changes that earlier entries gave."""

    entry: Entry
    facts: Mapping[str, Any]
    words: Mapping[str, str]
    ours: frozenset[str]

    @property
    def who(self) -> str:
        return "the bot" if self.entry.actor == "bot" else parts.mention(self.entry.actor)

    def fact(self, *names: str) -> str:
        """The first of these facts that is there, harmless; "" for none."""
        for name in names:
            value = self.facts.get(name)
            if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
                return said(str(value), _SAYS, self.ours)
        return ""

    def because(self, *names: str) -> str:
        """A colon and the first of these facts; "" for none."""
        found = self.fact(*(names or ("says", "reason", "why", "note"))).rstrip(".")
        return f": {found}" if found else ""

    @property
    def proposal(self) -> str:
        name = self.fact("proposal", "proposal_id")
        return f"proposal {name}" if name else "a proposal"

    @property
    def change(self) -> str:
        """The change in its own words where they are known, else by its id."""
        found = self.facts.get("change")
        found = found.get("id", "") if isinstance(found, Mapping) else found
        name = str(found or "")
        return f"“{said(self.words.get(name) or name or 'a change', _SAYS, self.ours)}”"

    @property
    def errand(self) -> str:
        number = self.fact("number")
        name = str(self.facts.get("errand") or "")
        words = said(self.words.get(name) or "", _SAYS, self.ours) or self.fact("says", "errand")
        return " ".join(part for part in (number, f"“{words}”" if words else "") if part)


def _vote(told: _Told) -> str:
    yes = told.facts.get("yes", told.facts.get("vote"))
    if yes in (False, "no", "deny"):
        return f"{told.who} denied {told.proposal}{told.because()}"
    code = " with a code" if told.facts.get("factor") else ""
    return f"{told.who} approved {told.proposal}{code}"


def _proposed(told: _Told) -> str:
    plan = _plan(told.facts)
    what = [
        parts.counted(len(items), name)
        for name, items in (("change", plan.get("changes")), ("errand", plan.get("errands")))
        if isinstance(items, list) and items
    ]
    number = f" ({' and '.join(what)})" if what else ""
    kind = "undoing changes" if told.facts.get("kind") == "restore" else "taking the account back"
    return f"{told.who} proposed {kind}, {told.proposal}{number}{told.because('reason')}"


def _outcome(told: _Told) -> str:
    outcome = told.fact("outcome") or "over"
    return f"{told.change}: {outcome}{told.because('says', 'why')}"


def _password_shown(told: _Told) -> str:
    if told.facts.get("shown") is False:
        return f"{told.who} asked for the new password of {told.proposal}, which was gone"
    return f"{told.who} was shown the new password of {told.proposal}, once"


def _looked_again(told: _Told) -> str:
    raised = "Something came back. " if told.facts.get("raised") is True else ""
    says = told.fact("says").removeprefix("Looked again: ")
    return f"{raised}The bot looked again{f': {says}' if says else ''}"


def _watch_set(told: _Told) -> str:
    due = told.facts.get("due")
    times = parts.counted(len(due), "time") if isinstance(due, list) else "again"
    return f"The bot will look {times} more whether something came back"


def _named(actor_does: str, *facts: str) -> Callable[[_Told], str]:
    """A sentence that begins with who did it: ``@megan asked: check adele``."""
    return lambda told: f"{told.who} {actor_does}{told.because(*facts)}"


def _of_proposal(does: str) -> Callable[[_Told], str]:
    return lambda told: f"{told.proposal[:1].upper()}{told.proposal[1:]} {does}{told.because()}"


SENTENCES: Final[Mapping[str, Callable[[_Told], str]]] = {
    "asked": _named("asked", "words"),
    "not understood": _named("was not understood", "says"),
    "refused": _named("was refused", "says"),
    "answered": _named("was answered", "says", "verdict"),
    "not answered": _named("was told no", "says"),
    "not counted": _named("gave an answer that did not count", "says"),
    "could not look": _named("got no answer", "reason", "says"),
    "question failed": _named("got no answer by a mistake of the bot, reference", "reference"),
    "already running": _named("was told that a check was running already"),
    "case opened": lambda told: f"Case {said(told.entry.case_id, 40)} was opened for {told.who}",
    "check started": _named("had a check started"),
    "check started again": lambda told: f"The check was started again by {told.who}{told.because('why')}",
    "check done": lambda told: f"The check was done, verdict{told.because('verdict') or ' unknown'}",
    "check failed": lambda told: f"The check could not be made{told.because('says')}",
    "evidence": lambda told: (
        f"The evidence archive was packed, SHA-256 {told.fact('sha256') or 'unknown'}"
        f"{'' if told.facts.get('answers') else ', without the answers of the sources'}"
    ),
    "report posted": _named("had the report posted"),
    "proposed": _proposed,
    "vote": _vote,
    "vote refused": lambda told: f"{told.who} may not decide about {told.proposal}{told.because()}",
    "approved": _of_proposal("was approved, enough people had said yes"),
    "denied": _of_proposal("was denied, nothing of it is done"),
    "withdrawn": lambda told: f"{told.who} withdrew {told.proposal}{told.because()}",
    "expired": _of_proposal("expired, not enough people had answered in time"),
    "carrying out": _of_proposal("began to be carried out"),
    "stopped": _of_proposal("was stopped before anything was sent"),
    "intent": lambda told: f"The bot was about to do {told.change}; no outcome was written yet",
    "outcome": _outcome,
    "confirmed": lambda told: f"{told.change} was seen to have taken effect{told.because()}",
    "not confirmed": lambda told: f"{told.change} could not be seen to have taken effect yet{told.because()}",
    "carried out": _of_proposal("was carried out"),
    "errand added": lambda told: f"Errand {told.errand} was added for people",
    "errand done": lambda told: f"{told.who} ticked off errand {told.errand}{told.because('note')}",
    "password made": lambda told: f"A new password was made for {told.proposal}; it is in no record",
    "password forgotten": lambda told: (
        f"The new password of {told.proposal} was forgotten, its time was over"
    ),
    "password shown": _password_shown,
    "factor offered": _named("was offered a second factor"),
    "factor shown": _named("gave a code of the second factor"),
    "factor enrolled": _named("enrolled a second factor"),
    "factor refused": _named("gave a code that did not count", "why"),
    "factor locked": _named("gave too many wrong codes; the second factor is locked until", "until"),
    "factor removed": _named("removed the second factor of", "user"),
    "checkpoint": lambda told: f"The ledger was signed up to entry {told.fact('size') or 'unknown'}",
    "watch set": _watch_set,
    "looked again": _looked_again,
}
"""What is said about each kind of entry."""


@dataclass(slots=True)
class _Story:
    """The lines so far, and the words that entries gave to ids."""

    lines: list[str] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    left_out: int = 0


def history(entries: Sequence[Entry], heading: str, ours: Iterable[str] = ()) -> tuple[Message, ...]:
    """Tell the story, in as many messages as it needs, the oldest entry first.

    Args:
        entries: Entries of the ledger in their order.
        heading: Whose story it is, in plain text: ``Adele Vance`` or ``C-7Q2M``.
        ours: Mail domains of ours, lower-cased, whose addresses stay readable.
    """
    domains = frozenset(ours)
    story = _Story()
    repeated = _repeated(entries)
    for entry in entries:
        facts = _facts(entry)
        story.words.update(_words(facts))
        if entry.kind in BOOKKEEPING or entry.seq in repeated:
            story.left_out += 1
            continue
        sentence = SENTENCES.get(entry.kind, _by_name)(_Told(entry, facts, story.words, domains))
        story.lines.append(f"{_when(entry.at)} · {sentence}")
    title = f"What happened: {plain(heading, 100, domains)}"
    blocks: list[Block] = [parts.header(title)]
    if story.lines:
        blocks += parts.paragraphs("", story.lines)
        blocks.append(parts.context(_small_print(entries, story.left_out)))
    else:
        blocks.append(parts.section("The ledger tells nothing about it yet."))
    return tuple(fit(message) for message in pack(blocks, said(title, 200, domains)))


def _repeated(entries: Sequence[Entry]) -> frozenset[int]:
    """The entries that only say before or after what another one says with more words.

    These are an intent whose outcome is written, an answer to words that an entry of their own tells of, and
    the answer to a vote that was refused.
    """
    found: set[int] = set()
    begun: dict[tuple[Any, str], int] = {}
    refused: set[tuple[str, Any]] = set()
    for entry in entries:
        facts = _facts(entry)
        change = (facts.get("proposal"), str(facts.get("change")))
        if entry.kind == "intent":
            begun[change] = entry.seq
        elif entry.kind == "outcome" and change in begun:
            found.add(begun.pop(change))
        elif entry.kind == "vote refused":
            refused.add((entry.actor, facts.get("proposal")))
        elif (entry.kind == "answered" and not facts.get("says") and not facts.get("verdict")) or (
            entry.kind == "not counted" and (entry.actor, facts.get("proposal")) in refused
        ):
            found.add(entry.seq)
    return frozenset(found)


def _by_name(told: _Told) -> str:
    return f"{told.who}: {said(told.entry.kind, 60)}{told.because()}"


def _small_print(entries: Sequence[Entry], left_out: int) -> str:
    line = f"From the ledger, entries {entries[0].seq} to {entries[-1].seq}"
    if left_out:
        line += f"; {left_out} {'entry' if left_out == 1 else 'entries'} of bookkeeping left out"
    return f"{line}. `compromise ledger show` has every entry."


def _when(at: str) -> str:
    try:
        return parts.when(datetime.fromisoformat(at))
    except ValueError:
        return said(at, 40)


def _facts(entry: Entry) -> Mapping[str, Any]:
    try:
        found = json.loads(entry.body)
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}


def _plan(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The plan in an entry, or else the entry's own facts."""
    plan = facts.get("plan")
    return plan if isinstance(plan, Mapping) else facts


def _words(facts: Mapping[str, Any]) -> dict[str, str]:
    """The words of every change and errand that an entry spells out."""
    plan = _plan(facts)
    added = {"id": facts.get("errand"), "says": facts["says"]} if "says" in facts else None
    found = [facts.get("change"), added, *(plan.get("changes") or ()), *(plan.get("errands") or ())]
    return {
        str(item["id"]): str(item["says"])
        for item in found
        if isinstance(item, Mapping) and "id" in item and "says" in item
    }
