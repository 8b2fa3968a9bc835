"""The card of a proposal: what exactly is put before people, who said what, how far it is, how it ended.

One card a proposal, edited in place; approvers get the same card as a direct message. Its buttons are there
only while someone may still press them. A plan that is longer than one message is shortened, and the card
says that the whole plan is in the thread, where `bot.messages.proposal_details` puts it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from bot.messages import Block, Message, parts
from bot.messages.escape import said
from bot.messages.limits import fit, fits
from bot.messages.plan_table import plan_table
from bot.messages.plans import (
    DIGEST_SHOWN,
    PHASES,
    account,
    change_line,
    last_actions,
    left_out_line,
    of_account,
    shared_lines,
    shared_warnings,
    without_shared,
)
from bot.messages.proposal_buttons import buttons, password
from bot.messages.proposal_results import change_says, results, shown
from bot.messages.proposal_votes import votes_and_decision
from bot.messages.proposal_words import IN_PART, NOTHING, UNKNOWN, counts, ended, ending, subject, summary
from bot.messages.what_now import WhatNow, lines
from commands.containment.proposals import Proposal
from commands.containment.propose import is_irreversible, phase_of
from commands.plans.approval import ProposalState
from commands.plans.plan import Change, Phase

_Form: TypeAlias = Literal["list", "table", "data_table"]
_FORMS: tuple[_Form, ...] = ("list", "table", "data_table")
"""How the changes are drawn, from what every workspace knows to what few do."""

_FEW = 5
"""How many changes are read as easily in a list as in a table."""

_Special: TypeAlias = Literal["final", "wide", "undoing"]
_Group: TypeAlias = _Special | Phase | None
_HEADINGS: Mapping[_Special, str] = {
    "final": "Cannot be undone",
    "wide": "Affects more than this account",
    "undoing": "Changes, in order",
}
"""What stands above each group of changes; those of a phase have its words."""

_TOLD: Mapping[_Group, Literal["", "final", "wide"]] = {"final": "final", "wide": "wide"}
"""What a heading says of each change below it, so that the change need not."""

_IN_FULL: tuple[_Group, ...] = ("undoing", "final", "wide")
"""The groups of changes that say how far they reach and what to know; of the others the thread says it."""

_LEVELS = (
    (400, True, None),
    (160, False, None),
    (90, False, None),
    (90, False, 40),
    (60, False, 15),
    (40, False, 5),
)
"""How a plan that is too long gets shorter: how much of a sentence is said, whether warnings are, and how
many changes and manual tasks of a group are named."""


@dataclass(frozen=True, slots=True)
class _Detail:
    """How much is said: the characters of a sentence, warnings, and how many of a group."""

    limit: int
    warnings: bool
    most: int | None

    def shown(self, lines: Sequence[str]) -> list[str]:
        """The lines of a group, the last of them a count where some are left out."""
        return shown(lines, self.most)


@dataclass(frozen=True, slots=True)
class _Card:
    """A proposal with all that its card says beside it; see `proposal_card`."""

    proposal: Proposal
    names: Mapping[str, str]
    now: datetime
    decided_at: datetime | None = None
    case_link: str = ""
    password_shown_to: str = ""
    situation: str = ""
    may_approve: tuple[str, ...] = ()
    left: WhatNow | None = None
    left_out: tuple[str, ...] = ()


def proposal_card(
    proposal: Proposal,
    *,
    names: Mapping[str, str],
    now: datetime,
    decided_at: datetime | None = None,
    case_link: str = "",
    password_shown_to: str = "",
    situation: str = "",
    may_approve: tuple[str, ...] = (),
    left: WhatNow | None = None,
    left_out: tuple[str, ...] = (),
) -> Message:
    """Draw the card of a proposal as it stands.

    Args:
        proposal: The proposal with its votes and with what was done.
        names: The steps' titles by step id.
        now: The time (aware UTC); after some minutes a new password cannot be shown any more.
        decided_at: When it was denied or withdrawn, where that is known; else a denial has its vote's time.
        case_link: Slack's own link to the case's card; "" for none.
        password_shown_to: The Slack user id of whoever saw the new password; "" while no one has.
        situation: What the check says of the account, as harmless mrkdwn; "" where it is not to be said.
        may_approve: The Slack user ids of those who may approve; () where nobody knows.
        left: What is left to do in the case, for a plan that was carried out and for an undo that is to be
            decided; None where it is not to be said.
        left_out: What the findings ask for against the attacker and this plan does not do, as plain text.
    """
    card = _Card(
        proposal,
        names,
        now,
        decided_at,
        case_link,
        password_shown_to,
        situation,
        may_approve,
        left,
        left_out,
    )
    made: Message | None = None
    for form in _FORMS:
        text, blocks = _drawn(card, form)
        if made is None or blocks != list(made.blocks):
            made = Message(text=text, blocks=tuple(blocks), simpler=made)
    assert made is not None
    return fit(made, hint="the whole plan is in the thread")


def _drawn(card: _Card, form: _Form) -> tuple[str, list[Block]]:
    """The text and the blocks, with the plan as short as it must be."""
    proposal = card.proposal
    mark, word = ending(proposal)
    what = "Undo for " if proposal.kind == "restore" else ""
    head = [
        parts.header(f"{mark} {word}: {what}{account(proposal.plan.subject)}"),
        parts.section(_question(proposal)),
        parts.section(votes_and_decision(proposal, card.decided_at, card.may_approve)),
    ]
    tail = list(password(proposal, card.password_shown_to, card.now))
    pressed = buttons(proposal, card.password_shown_to, card.now)
    if proposal.state is ProposalState.OPEN:
        # Whoever decides sees what it comes to and the buttons first, and the changes below them.
        head = [head[0], *_situation(card), *head[1:], parts.section(_comes_to(card)), *_beside(card)]
        head.append(parts.actions(pressed))
    elif proposal.state is ProposalState.DONE and card.left is not None:
        # Whoever comes later needs what is left to do, and its buttons, before what was done.
        head = [head[0], *_left(card, card.left), *tail]
        head += [parts.actions(pressed)] if pressed else []
        head += [
            parts.section(_question(proposal)),
            parts.section(votes_and_decision(proposal, card.decided_at, ())),
        ]
        tail = []
    elif pressed:
        tail.append(parts.actions(pressed))
    tail.append(parts.context(_small_print(proposal, card.case_link)))
    text = f"{word}: {said(proposal.id, 40)} for {subject(proposal)}. {summary(proposal)}"
    blocks: list[Block] = []
    for limit, warnings, most in _LEVELS:
        short = (limit, warnings, most) != _LEVELS[0]
        body = list(_body(card, _Detail(limit, warnings, most), form))
        note = [parts.context("Shortened here: the whole plan is in the thread.")] if short else []
        blocks = [*head, *body, *note, *tail]
        if fits(blocks):
            break
    return text, blocks


def _left(card: _Card, left: WhatNow) -> Iterator[Block]:
    yield from _what_next(card.proposal)
    told = list(lines(_of_account(left, card.proposal), parts.domains_of(card.proposal.plan.subject)))
    yield from parts.paragraphs("*What now*", told)


def _of_account(left: WhatNow, proposal: Proposal) -> WhatNow:
    """The same with "the account" where it names the one that the card is about."""
    subject = proposal.plan.subject

    def short(named: Sequence[str]) -> tuple[str, ...]:
        return tuple(of_account(one, subject) for one in named)

    (first,) = short((left.first,))
    return replace(left, open=short(left.open), by_hand=short(left.by_hand), first=first)


def _situation(card: _Card) -> Iterator[Block]:
    if card.situation:
        yield parts.section(card.situation)


def _comes_to(card: _Card) -> str:
    """What the plan comes to, and of how much that the findings ask for it does nothing.

    What that is stands below the changes: named here, it would push the buttons off a phone's first screen.
    """
    left = parts.counted(len(card.left_out), "suggested change")
    return counts(card.proposal) + (f"\n⚠ *{left} left out*, see below" if card.left_out else "")


def _beside(card: _Card) -> Iterator[Block]:
    """What an undo meets: those who decide must not learn it afterward."""
    proposal = card.proposal
    ours = parts.domains_of(proposal.plan.subject)
    if proposal.kind == "restore" and card.left is not None:
        # That the sign-in is blocked, and how long it is rechecked, decides nothing here.
        left = replace(_of_account(card.left, proposal), blocked=False, until=None)
        yield from parts.paragraphs("*While this is undone*", list(lines(left, ours)))


def _question(proposal: Proposal) -> str:
    ours = parts.domains_of(proposal.plan.subject)
    what = "undoing changes" if proposal.kind == "restore" else "this"
    # Who is to decide reads it within the half hour, and needs each line of a phone's first screen.
    is_open = proposal.state is ProposalState.OPEN
    at = "" if is_open else f", {proposal.made_at.astimezone(UTC):%H:%M} UTC"
    return (
        f"{parts.mention(proposal.proposed_by)} proposed {what}{at}: "
        f"“{said(proposal.reason, parts.REASON, ours) or 'no reason given'}”"
    )


def _body(card: _Card, detail: _Detail, form: _Form) -> Iterator[Block]:
    proposal = card.proposal
    match proposal.state:
        case ProposalState.RUNNING:
            yield parts.section(_progress(proposal, detail))
            yield from results(proposal, detail.limit, detail.most, ended=False)
            yield from _tasks(proposal)
        case ProposalState.DONE:
            if card.left is None:
                yield from _what_next(proposal)
            yield from results(proposal, detail.limit, detail.most, ended=True, counted=card.left is not None)
            if card.left is None:
                yield from _tasks(proposal)
        case _:
            yield from _plan(proposal, detail, form)
            if card.left_out:
                out = [of_account(one, proposal.plan.subject) for one in card.left_out]
                yield parts.section(left_out_line(out, parts.domains_of(proposal.plan.subject)))


def _plan(proposal: Proposal, detail: _Detail, form: _Form) -> Iterator[Block]:
    """The changes, gravest first: what cannot be undone, what reaches further, then the rest.

    The rest is a table in the order of the plan, where the workspace knows one, else lists by phase; what is
    grave stands in full on the narrowest screen. What is the same for several changes is said once.
    """
    plan, ours = proposal.plan, parts.domains_of(proposal.plan.subject)
    shared = shared_warnings(dict(enumerate(plan.changes, start=1)), 2)
    rest = _rest(proposal)
    as_table = form != "list" and len(rest) > _FEW
    groups: dict[_Group, list[str]] = {}
    reasons: set[str] = set()
    marked = False
    for number, change in enumerate(plan.changes, start=1):
        group = "undoing" if proposal.kind == "restore" else _group_of(change)
        in_full = group in _IN_FULL
        own = without_shared(change, shared)
        own = replace(
            own,
            says=of_account(change.says, plan.subject),
            no_undo="" if change.no_undo in reasons else change.no_undo,
        )
        reasons.add(change.no_undo)
        line = f"{number}. {said(own.says, detail.limit, ours)}"
        if in_full:
            told = _TOLD.get(group, "")
            line = change_line(number, own, detail.limit, ours, warnings=detail.warnings, told=told)
        elif own.warns:
            line += " ⚠"
        marked = marked or (bool(own.warns or (as_table and change.warns)) and not in_full)
        groups.setdefault(group, []).append(line)
    for group in (*_IN_FULL, *(() if as_table else PHASES)):
        if group in groups:
            yield from parts.paragraphs(f"*{_heading(group)}*", detail.shown(groups[group]))
    if form != "list" and as_table:
        yield from plan_table(proposal.plan, rest, detail.limit, form)
    if detail.warnings:
        yield from parts.small_print(shared_lines(shared, detail.limit, ours))
    if marked:
        yield parts.context("⚠ marks changes with warnings; they are in the thread, with what is sent.")


def _rest(proposal: Proposal) -> list[int]:
    """The places of the changes that can be undone and reach no further, in the order of the plan."""
    return [
        place
        for place, change in enumerate(proposal.plan.changes)
        if proposal.kind != "restore" and _group_of(change) not in _IN_FULL
    ]


def _heading(group: _Group) -> str:
    return PHASES[group] if group is None or isinstance(group, Phase) else _HEADINGS[group]


def _group_of(change: Change) -> _Group:
    if is_irreversible(change):
        return "final"
    return "wide" if change.tenant_wide else phase_of(change.step)


def _progress(proposal: Proposal, detail: _Detail) -> str:
    over, total = ended(proposal), len(proposal.plan.changes)
    lines = [f"`{parts.bar(over, total)}` {over} of {parts.counted(total, 'change')}"]
    changes = {change.id: change for change in proposal.plan.changes}
    under_way = [action for action in last_actions(proposal).values() if action.outcome is None]
    for action in under_way[:3]:
        change = changes.get(action.change)
        again = f" (attempt {action.attempt})" if action.attempt > 1 else ""
        lines.append(f"Now: {change_says(change, action.change, detail.limit, proposal)}{again}")
    return "\n".join(lines)


def _tasks(proposal: Proposal) -> Iterator[Block]:
    if proposal.plan.tasks:
        case = said(proposal.plan.case_id, 40)
        counted = parts.counted(len(proposal.plan.tasks), "manual task")
        yield parts.section(f"☐ *{counted}* on the case: `/compromise tasks {case}`")


def _what_next(proposal: Proposal) -> Iterator[Block]:
    """What to do where a plan that was approved changed nothing, or not all of it."""
    stands = ending(proposal)
    if stands == NOTHING:
        yield parts.section(
            "*Nothing was changed: the account is as it was before.* Each change below says why. "
            "Check again, and propose from the new check."
        )
    elif stands in (IN_PART, UNKNOWN):
        yield parts.section(
            "*Not all of it took effect.* Deal with what failed, was skipped or is unknown below; a new "
            "check offers what is still to do."
        )


def _small_print(proposal: Proposal, case_link: str) -> str:
    case = parts.link(case_link, f"Case {said(proposal.plan.case_id, 40)}")
    return (
        f"Proposal {said(proposal.id, 40)} · {case} · digest `{said(proposal.digest[:DIGEST_SHOWN], 20)}`; "
        "approvals apply to exactly this plan"
    )
