"""How changes, steps and proposals are put into words, the same in every message about them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from bot.messages import parts
from bot.messages.escape import cut, plain, said
from commands.containment.proposals import DONE, Action, Proposal
from commands.containment.propose import spans
from commands.plans.approval import Vote
from commands.plans.plan import Change, Phase, Planned, offer_text
from commands.plans.undo import is_undo
from commands.report import spoken
from graph.request import Request

DIGEST_SHOWN = 8
"""How many of the digest's first characters people see, and a button carries."""

PHASES: Mapping[Phase | None, str] = {
    Phase.CONTAIN: "Stop the attacker",
    Phase.ERADICATE: "Remove what they left",
    Phase.RECOVER: "Restore",
    None: "Other",
}
"""What the changes of each phase do, in the order in which people read them."""

_PLACES = re.compile(r"\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*", re.ASCII)
_LONGEST_RUN = 1_000

_LEFT_OUT = 3
_LEFT_OUT_SAYS = 110
"""How many of the changes that a plan leaves out are named, and how many characters of each."""

_SEVERAL = 3
"""How many choices with the same warning are enough to say it once above them; a card takes two changes."""


def reference(proposal: Proposal) -> str:
    """What a button of a proposal carries: its id and how its digest begins, ``P-7F3K2 3fa9c1d2``."""
    return f"{proposal.id} {proposal.digest[:DIGEST_SHOWN]}"


def offer_reference(case_id: str, offer: Sequence[Planned]) -> str:
    """What a window over an offer carries: the case's id and how the SHA-256 of the offer begins.

    What is ticked comes back as places in the offer; when another check has changed the offer in between,
    they mean something else, and this shows it.
    """
    return f"{case_id} {hashlib.sha256(offer_text(offer).encode()).hexdigest()[:DIGEST_SHOWN]}"


def places_text(places: Sequence[int]) -> str:
    """Write ascending places in an offer as short as they go: ``3-5,9``."""
    return spans(places, ",")


def places_of(text: str) -> tuple[int, ...]:
    """Read what `places_text` wrote; () for anything else, and for a run of more than a thousand."""
    if not _PLACES.fullmatch(text):
        return ()
    found: list[int] = []
    for run in text.split(","):
        first, _, last = run.partition("-")
        if int(last or first) - int(first) > _LONGEST_RUN:
            return ()
        found += range(int(first), int(last or first) + 1)
    return tuple(found)


def of_account(says: str, subject: str) -> str:
    """Say "the account" where a sentence names the account that all of a message is about."""
    return (
        re.sub(rf"(?<![\w.+-]){re.escape(subject)}(?![\w-]|\.\w)", "the account", says) if subject else says
    )


def left_out_line(says: Sequence[str], ours: Collection[str]) -> str:
    """Say what the findings ask for and a plan does not do, as harmless mrkdwn; "" for nothing."""
    if not says:
        return ""
    named = "; ".join(said(one, _LEFT_OUT_SAYS, ours) for one in says[:_LEFT_OUT])
    more = f"; {len(says) - _LEFT_OUT} more" if len(says) > _LEFT_OUT else ""
    return f"⚠ *Not in this plan* ({parts.counted(len(says), 'suggested change')}): {named}{more}."


def ordered(step_ids: Collection[str], titles: Mapping[str, str]) -> list[str]:
    """The steps in the order of the titles, which is the document's; those without a title come last."""
    known = [step for step in titles if step in step_ids]
    return known + [step for step in step_ids if step not in titles]


def step_title(step: str, titles: Mapping[str, str], sources: Mapping[str, str]) -> str:
    """The step with the document's numbering, as plain text: ``Step 5 · Block sign-in``."""
    name = plain(titles.get(step, "") or spoken(step).capitalize(), 120)
    source = plain(sources.get(step, ""), 40)
    return f"{source[:1].upper()}{source[1:]} · {name}" if source else name


def can_be_undone(change: Change, limit: int = 200) -> str:
    """Whether a change can be undone and if not why, for mrkdwn."""
    return said(_undo(change), limit + 40)


def described(change: Change, needed: int) -> str:
    """The small line below a checkbox, as plain text of any length: undo, people, warnings."""
    facts = [_undo(change)]
    if needed > 1:
        facts.append(parts.people(needed))
    if change.tenant_wide:
        facts.append("affects more than this account")
    return plain(" · ".join([*facts, *(f"⚠ {warning}" for warning in change.warns)]), 2_000)


def _undo(change: Change) -> str:
    if change.undo is not None:
        return "can be undone"
    if is_undo(change.id):
        return "can be repeated"
    why = parts.inside(change.no_undo.rstrip("."))
    return f"cannot be undone: {why}" if why else "cannot be undone"


def change_line(
    number: int,
    change: Change,
    limit: int,
    ours: Collection[str],
    *,
    warnings: bool,
    needed: int = 1,
    told: Literal["", "final", "wide"] = "",
) -> str:
    """One numbered change for mrkdwn; with `warnings`, each of them on a line of its own.

    `told` is what the heading above says already: that none of them can be undone, or that all of them affect
    more than the account.
    """
    undo = can_be_undone(change, min(limit, 200))
    if told == "final":
        undo = said(change.no_undo.rstrip("."), min(limit, 200) + 40)
    line = f"{number}. {said(change.says, limit, ours)}{f' ({undo})' if undo else ''}"
    line += f" · {parts.people(needed)}" if needed > 1 else ""
    line += " · *affects more than this account*" if change.tenant_wide and told != "wide" else ""
    if warnings:
        line += "".join(f"\n    ⚠ {said(warning, min(limit, 200), ours)}" for warning in change.warns)
    return line


def shared_warnings(
    changes: Mapping[int, Change], least: int = _SEVERAL
) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """The warnings that `least` changes have or more, with the changes' numbers; said once, they are read."""
    places: dict[str, list[int]] = {}
    for number, change in changes.items():
        for warning in change.warns:
            places.setdefault(warning, []).append(number)
    return tuple((warning, tuple(at)) for warning, at in places.items() if len(at) >= least)


def shared_lines(
    shared: Sequence[tuple[str, tuple[int, ...]]], limit: int, ours: Collection[str]
) -> list[str]:
    """One line for each warning that several changes have: ``⚠ 1, 2, 6: …``."""
    return [f"⚠ {', '.join(map(str, at))}: {said(warning, limit, ours)}" for warning, at in shared]


def without_shared(change: Change, shared: Sequence[tuple[str, tuple[int, ...]]]) -> Change:
    """The change without the warnings that are said once for several."""
    known = {warning for warning, _ in shared}
    return replace(change, warns=tuple(warning for warning in change.warns if warning not in known))


def sends(change: Change) -> str:
    """What is sent, in short, for mrkdwn: ``PATCH /users/…`` or the cmdlet's name."""
    act = change.do
    return said(f"{act.method} {act.path}" if isinstance(act, Request) else act.name, 200)


def counting(proposal: Proposal) -> tuple[Vote, ...]:
    """The votes that count as approvals: one a person, without the proposer's where that does not count."""
    found: dict[str, Vote] = {}
    for vote in proposal.votes:
        if vote.yes and not (proposal.strict and vote.voter == proposal.proposed_by):
            found.setdefault(vote.voter, vote)
    return tuple(found.values())


def last_actions(proposal: Proposal) -> dict[str, Action]:
    """The last attempt at each change, by the change's id."""
    return {action.change: action for action in proposal.actions}


def can_restore(proposal: Proposal) -> bool:
    """Whether something was done that can be taken back."""
    actions = last_actions(proposal)
    made = {change_id for change_id, action in actions.items() if action.outcome in DONE}
    return any(change.undo is not None and change.id in made for change in proposal.plan.changes)


def account(address: str) -> str:
    """An account's address as plain text, readable where it is one."""
    return cut(plain(address, 100, parts.domains_of(address)), 100)
