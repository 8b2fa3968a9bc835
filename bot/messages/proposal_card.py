"""The card of a proposal: what exactly is put before people, who said what, how far it is, how it ended.

One card a proposal, edited in place; approvers get the same card as a direct message. Its buttons are there
only while someone may still press them. A plan that is longer than one message is shortened, and the card
says that the whole plan is in the thread, where `proposal_details` puts it.

Longer than other files because the forms of one card, one for every state of a proposal, are compared side by
side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from bot.messages import Block, Message, parts
from bot.messages.escape import said
from bot.messages.limits import fit, fits, pack
from bot.messages.outcomes import OUTCOMES
from bot.messages.plan_table import plan_table
from bot.messages.plans import (
    DIGEST_SHOWN,
    PHASES,
    account,
    can_restore,
    change_line,
    counting,
    last_actions,
    left_out_line,
    ordered,
    reference,
    sends,
    shared_lines,
    shared_warnings,
    step_title,
    without_shared,
)
from bot.messages.what_now import WhatNow, lines
from commands.approval import ProposalState
from commands.plan import Change, ManualTask, holds_password
from commands.proposals import DONE, PERHAPS_MADE, SECRET_LIFE, Action, Outcome, Proposal
from commands.propose import is_irreversible, phase_of

_STATES = {
    ProposalState.OPEN: ("◔", "Waiting for approval"),
    ProposalState.APPROVED: ("◑", "Approved"),
    ProposalState.RUNNING: ("◕", "In progress"),
    ProposalState.DONE: ("●", "Carried out"),
    ProposalState.DENIED: ("✖", "Denied"),
    ProposalState.WITHDRAWN: ("↩", "Withdrawn"),
    ProposalState.EXPIRED: ("⌛", "Expired"),
    ProposalState.STOPPED: ("■", "Stopped"),
}
"""Each state's mark and words. The marks differ in shape, so no one needs the color."""

_NOTHING = ("⛔", "Nothing was changed")
_IN_PART = ("◑", "Carried out in part")
_UNKNOWN = ("⚠", "Carried out, outcome unknown")
_EFFECT = frozenset({*DONE, Outcome.ALREADY})
"""The outcomes after which things are as they were approved to be."""

_APPROVERS = 8
"""How many of those who may approve are named."""

_Form: TypeAlias = Literal["list", "table", "data_table"]
_FORMS: tuple[_Form, ...] = ("list", "table", "data_table")
"""How the changes are drawn, from what every workspace knows to what few do."""

_FEW = 5
"""How many changes are read as easily in a list as in a table."""

_FINAL = "Cannot be undone"
_WIDE = "Affects more than this account"
_UNDOING = "Changes, in order"
_TOLD: Mapping[str, Literal["", "final", "wide"]] = {_FINAL: "final", _WIDE: "wide"}
"""What these headings say for each change below them."""

_IN_FULL = (_UNDOING, _FINAL, _WIDE)
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
        if self.most is None or len(lines) <= self.most:
            return list(lines)
        return [*lines[: self.most], f"… {len(lines) - self.most} more in the thread"]


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
        text, blocks, _ = _drawn(card, form)
        if made is None or blocks != list(made.blocks):
            made = Message(text=text, blocks=tuple(blocks), simpler=made)
    assert made is not None
    return fit(made, hint="the whole plan is in the thread")


def is_shortened(proposal: Proposal, *, names: Mapping[str, str], now: datetime) -> bool:
    """Whether the card leaves something out that only the details in the thread have."""
    return _drawn(_Card(proposal, names, now))[2]


def proposal_details(proposal: Proposal, *, names: Mapping[str, str]) -> tuple[Message, ...]:
    """Draw the whole plan for the thread: each change with what is sent, each manual task with its way."""
    plan, ours = proposal.plan, parts.domains_of(proposal.plan.subject)
    blocks: list[Block] = []
    for step in ordered(dict.fromkeys(change.step for change in plan.changes), names):
        lines = [
            _in_detail(number, change, ours)
            for number, change in enumerate(plan.changes, start=1)
            if change.step == step
        ]
        blocks += parts.paragraphs(f"*{said(step_title(step, names, {}), 160)}*", lines)
    tasks = [_task_in_detail(task, ours) for task in plan.tasks]
    if tasks:
        blocks += parts.paragraphs("*Manual tasks*", tasks)
    blocks.append(parts.context(f"{said(proposal.id, 40)} · digest `{said(proposal.digest, 64)}`"))
    text = f"The whole plan of {said(proposal.id, 40)} for {_subject(proposal)}"
    return tuple(fit(message) for message in pack(blocks, text))


def proposal_line(proposal: Proposal) -> str:
    """One line about a proposal for the case's card, as harmless mrkdwn."""
    name = f"*{said(proposal.id, 40)}*"
    mark, word = _ending(proposal)
    what = "undoing " if proposal.kind == "restore" else ""
    changes = what + parts.counted(len(proposal.plan.changes), "change")
    match proposal.state:
        case ProposalState.OPEN:
            until = parts.until(proposal.expires_at, proposal.made_at)
            return f"{mark} {name}: {changes} proposed, {_votes_of(proposal)}, until {until}"
        case ProposalState.RUNNING | ProposalState.APPROVED:
            return f"{mark} {name}: {word.lower()}, {_ended(proposal)} of {changes} so far"
        case ProposalState.DONE:
            return f"{mark} {name}: {word.lower()}: {_summary(proposal)}"
        case _:
            by = f" by {parts.mention(proposal.decided_by)}" if proposal.decided_by else ""
            return f"{mark} {name}: {word.lower()}{by}"


# --- the card ----------------------------------------------------------------------------------------------


def _drawn(card: _Card, form: _Form = "list") -> tuple[str, list[Block], bool]:
    """The text, the blocks, and whether the plan had to be shortened."""
    proposal = card.proposal
    mark, word = _ending(proposal)
    what = "Undo for " if proposal.kind == "restore" else ""
    head = [
        parts.header(f"{mark} {word}: {what}{account(proposal.plan.subject)}"),
        parts.section(_question(proposal)),
        parts.section(_standing(proposal, card.decided_at, card.may_approve)),
    ]
    tail = list(_password(card))
    buttons = _buttons(card)
    if proposal.state is ProposalState.OPEN:
        # Whoever decides sees what it comes to and the buttons first, and the changes below them.
        head = [head[0], *_situation(card), *head[1:], parts.section(counts(proposal)), *_beside(card)]
        head.append(parts.actions(buttons))
    elif proposal.state is ProposalState.DONE and card.left is not None:
        # Whoever comes later needs what is left to do, and its buttons, before what was done.
        head = [head[0], *_left(card, card.left), *tail]
        head += [parts.actions(buttons)] if buttons else []
        head += [parts.section(_question(proposal)), parts.section(_standing(proposal, card.decided_at, ()))]
        tail = []
    elif buttons:
        tail.append(parts.actions(buttons))
    tail.append(parts.context(_small_print(proposal, card.case_link)))
    text = f"{word}: {said(proposal.id, 40)} for {_subject(proposal)}. {_summary(proposal)}"
    blocks: list[Block] = []
    for limit, warnings, most in _LEVELS:
        short = (limit, warnings, most) != _LEVELS[0]
        body = list(_body(card, _Detail(limit, warnings, most), form))
        note = [parts.context("Shortened here: the whole plan is in the thread.")] if short else []
        blocks = [*head, *body, *note, *tail]
        if fits(blocks):
            return text, blocks, short
    return text, blocks, True


def _left(card: _Card, left: WhatNow) -> Iterator[Block]:
    yield from _what_next(card.proposal)
    told = list(lines(left, parts.domains_of(card.proposal.plan.subject)))
    yield from parts.paragraphs("*What now*", told)


def _beside(card: _Card) -> Iterator[Block]:
    """What a plan leaves as it is, and what an undo meets: those who decide must not learn it afterward."""
    ours = parts.domains_of(card.proposal.plan.subject)
    if card.left_out:
        yield parts.section(left_out_line(card.left_out, ours))
    if card.proposal.kind == "restore" and card.left is not None:
        yield from parts.paragraphs("*While this is undone*", list(lines(card.left, ours)))


def _situation(card: _Card) -> Iterator[Block]:
    if card.situation:
        yield parts.section(card.situation)


def counts(proposal: Proposal) -> str:
    """What a plan comes to, for mrkdwn: changes by phase, what cannot be undone, what reaches the tenant."""
    plan = proposal.plan
    if proposal.kind == "restore":
        return f"*{parts.counted(len(plan.changes), 'change')}*, each undoing one that was made"
    by_phase = Counter(phase_of(change.step) for change in plan.changes)
    phases = ", ".join(
        _does(by_phase[phase], words, verb=phase is not None)
        for phase, words in PHASES.items()
        if by_phase[phase]
    )
    final = sum(1 for change in plan.changes if is_irreversible(change))
    wide = sum(1 for change in plan.changes if change.tenant_wide)
    undone = "Can be undone" if len(plan.changes) == 1 else "All can be undone"
    facts = [
        f"*{final} cannot be undone*" if final else undone,
        *([f"*{wide} reach{'es' if wide == 1 else ''} beyond this account*"] if wide else []),
        *([f"{parts.counted(len(plan.tasks), 'manual task')}"] if plan.tasks else []),
    ]
    return f"*{parts.counted(len(plan.changes), 'change')}*: {phases}\n{'; '.join(facts)}"


def _does(count: int, words: str, *, verb: bool) -> str:
    """How many changes do something: ``1 stops the attacker``, ``2 stop the attacker``."""
    first, blank, rest = words.lower().partition(" ")
    return f"{count} {first}{'s' if verb and count == 1 else ''}{blank}{rest}"


def _question(proposal: Proposal) -> str:
    ours = parts.domains_of(proposal.plan.subject)
    what = "undoing changes" if proposal.kind == "restore" else "this"
    at = f"{proposal.made_at.astimezone(UTC):%H:%M} UTC"
    return (
        f"{parts.mention(proposal.proposed_by)} proposed {what}, {at}: "
        f"“{said(proposal.reason, parts.REASON, ours) or 'no reason given'}”"
    )


def _standing(proposal: Proposal, decided_at: datetime | None, may_approve: Sequence[str]) -> str:
    """Who is needed, who may, and who answered; once it is decided, by whom, when and why."""
    lines = [_need(proposal)]
    if may_approve and proposal.state is ProposalState.OPEN:
        # Slack shows the same buttons to everybody in a channel, so they are told before they press one.
        lines.append(f"May approve: {parts.few(map(parts.mention, may_approve), _APPROVERS)}.")
    for vote in counting(proposal)[:20]:
        how = " with a code" if vote.factor else ""
        lines.append(f"▸ approved by {parts.mention(vote.voter)}{how}, {parts.utc(vote.at)}")
    lines += _decision(proposal, decided_at)
    return "\n".join(lines)


def _need(proposal: Proposal) -> str:
    if proposal.state is not ProposalState.OPEN:
        return f"Needed {parts.people(proposal.needs)}, had {len(counting(proposal))}."
    different = "different " if proposal.needs > 1 else ""
    line = f"Needs approval by {parts.people(proposal.needs).replace(' ', f' {different}', 1)}"
    line += ", each with a code" if proposal.factor and proposal.needs > 1 else ""
    line += ", with a code" if proposal.factor and proposal.needs == 1 else ""
    line += (
        f"; has {len(counting(proposal))}. Open until {parts.until(proposal.expires_at, proposal.made_at)}."
    )
    if proposal.strict:
        line += " The proposer's own approval does not count."
    return line


def _note(proposal: Proposal) -> str:
    """The note, harmless; those who voted stay mentioned where it names them."""
    text = said(proposal.note, 600, parts.domains_of(proposal.plan.subject))
    for vote in proposal.votes:
        if vote.voter.isalnum():
            text = text.replace(f"&lt;@{vote.voter}&gt;", parts.mention(vote.voter))
    return text


def _decision(proposal: Proposal, decided_at: datetime | None) -> Iterator[str]:
    note = f": {_note(proposal)}" if proposal.note else ""
    against = [vote.at for vote in proposal.votes if not vote.yes]
    at = decided_at or (against[-1] if against else None)
    when = f", {parts.utc(at)}" if at else ""
    match proposal.state:
        case ProposalState.DENIED:
            yield f"✖ denied by {parts.mention(proposal.decided_by)}{when}{note}"
            yield "No changes were made. It can be proposed again."
        case ProposalState.WITHDRAWN:
            at_all = f", {parts.utc(decided_at)}" if decided_at else ""
            yield f"↩ withdrawn by {parts.mention(proposal.decided_by)}{at_all}{note}"
            yield "No changes were made. It can be proposed again."
        case ProposalState.EXPIRED:
            yield f"⌛ expired {parts.utc(proposal.expires_at)}{note}"
            yield "No changes were made. It can be proposed again."
        case ProposalState.STOPPED:
            yield f"■ stopped before anything was sent{note}"
            yield "No changes were made. It can be proposed again."
        case ProposalState.APPROVED:
            yield f"Starting{note}"
        case _:
            if proposal.note:
                yield _note(proposal)


def _body(card: _Card, detail: _Detail, form: _Form) -> Iterator[Block]:
    proposal = card.proposal
    match proposal.state:
        case ProposalState.RUNNING:
            yield parts.section(_progress(proposal, detail))
            yield from _result(proposal, detail, ended=False)
            yield from _tasks(proposal)
        case ProposalState.DONE:
            if card.left is None:
                yield from _what_next(proposal)
            yield from _result(proposal, detail, ended=True)
            if card.left is None:
                yield from _tasks(proposal)
        case _:
            yield from _plan(proposal, detail, form)


def _plan(proposal: Proposal, detail: _Detail, form: _Form) -> Iterator[Block]:
    """The changes, gravest first: what cannot be undone, what reaches further, then the rest by phase.

    The rest is a table where the workspace knows one; what is grave stands in full on the narrowest screen.
    """
    plan, ours = proposal.plan, parts.domains_of(proposal.plan.subject)
    shared = shared_warnings(dict(enumerate(plan.changes, start=1)))
    groups: dict[str, list[str]] = {}
    for number, change in enumerate(plan.changes, start=1):
        heading = _UNDOING if proposal.kind == "restore" else _heading(change)
        in_full = heading in _IN_FULL
        own = without_shared(change, shared)
        line = f"{number}. {said(change.says, detail.limit, ours)}"
        if in_full:
            told = _TOLD.get(heading, "")
            line = change_line(number, own, detail.limit, ours, warnings=detail.warnings, told=told)
        elif own.warns:
            line += " ⚠"
        groups.setdefault(heading, []).append(line)
    rest = _rest(proposal)
    as_table = form != "list" and len(rest) > _FEW
    for heading in (*_IN_FULL, *(() if as_table else PHASES.values())):
        if heading in groups:
            yield from parts.paragraphs(f"*{heading}*", detail.shown(groups[heading]))
    if form != "list" and as_table:
        yield from plan_table(proposal.plan, rest, detail.limit, form)
    if detail.warnings:
        yield from parts.small_print(shared_lines(shared, detail.limit, ours))
    if any(change.warns for change in plan.changes):
        yield parts.context("⚠ marks changes with warnings; they are in the thread, with what is sent.")


def _rest(proposal: Proposal) -> list[int]:
    """The places of the changes that can be undone and reach no further, by phase."""
    phases = list(PHASES)
    rest = [
        place
        for place, change in enumerate(proposal.plan.changes)
        if proposal.kind != "restore" and _heading(change) not in _IN_FULL
    ]
    return sorted(rest, key=lambda place: phases.index(phase_of(proposal.plan.changes[place].step)))


def _heading(change: Change) -> str:
    if is_irreversible(change):
        return _FINAL
    return _WIDE if change.tenant_wide else PHASES[phase_of(change.step)]


def _progress(proposal: Proposal, detail: _Detail) -> str:
    ended, total = _ended(proposal), len(proposal.plan.changes)
    lines = [f"`{parts.bar(ended, total)}` {ended} of {parts.counted(total, 'change')}"]
    changes = {change.id: change for change in proposal.plan.changes}
    under_way = [action for action in last_actions(proposal).values() if action.outcome is None]
    for action in under_way[:3]:
        change = changes.get(action.change)
        again = f" (attempt {action.attempt})" if action.attempt > 1 else ""
        lines.append(f"Now: {_says(change, action.change, detail.limit, proposal)}{again}")
    return "\n".join(lines)


def _result(proposal: Proposal, detail: _Detail, *, ended: bool) -> Iterator[Block]:
    """Every change by name under what became of it."""
    actions = last_actions(proposal)
    groups: dict[Outcome, list[str]] = {}
    not_begun = []
    for number, change in enumerate(proposal.plan.changes, start=1):
        action = actions.get(change.id)
        if action is None or (action.outcome is None and ended):
            not_begun.append(f"{number}. {_says(change, change.id, detail.limit, proposal)}")
        elif action.outcome is not None:
            line = _result_line(change, action, proposal, detail)
            groups.setdefault(action.outcome, []).append(f"{number}. {line}")
    for outcome, (mark, heading) in OUTCOMES.items():
        if groups.get(outcome):
            yield from parts.paragraphs(f"*{mark} {heading}*", detail.shown(groups[outcome]))
    if not_begun:
        title = "Not started" if ended else "Pending"
        yield from parts.paragraphs(f"*{title}*", detail.shown(not_begun))


def _tasks(proposal: Proposal) -> Iterator[Block]:
    if proposal.plan.tasks:
        case = said(proposal.plan.case_id, 40)
        counted = parts.counted(len(proposal.plan.tasks), "manual task")
        yield parts.section(f"☐ *{counted}* on the case: `/compromise tasks {case}`")


def _result_line(change: Change, action: Action, proposal: Proposal, detail: _Detail) -> str:
    ours = parts.domains_of(proposal.plan.subject)
    line = _says(change, change.id, detail.limit, proposal)
    if action.outcome in DONE and change.undo is not None:
        line += " (can be undone)"
    if action.says:
        # What went wrong comes with its way out at the end, so it is said in full as long as there is room.
        line += f": {said(action.says, detail.limit * 2, ours)}"
    # A support case needs Microsoft's own id of what went wrong.
    if action.request_id and action.outcome in {Outcome.FAILED, Outcome.UNKNOWN, Outcome.REFUSED}:
        line += f" Microsoft's id: {said(action.request_id, 60)}"
    return line


def _says(change: Change | None, otherwise: str, limit: int, proposal: Proposal) -> str:
    ours = parts.domains_of(proposal.plan.subject)
    return said(change.says if change else parts.spoken(otherwise), limit, ours)


def _ended(proposal: Proposal) -> int:
    ended = {action.change for action in last_actions(proposal).values() if action.outcome is not None}
    return len(ended & {change.id for change in proposal.plan.changes})


def _ending(proposal: Proposal) -> tuple[str, str]:
    """The mark and the words for how a proposal stands; once it is done, they say whether it did anything."""
    if proposal.state is not ProposalState.DONE:
        return _STATES[proposal.state]
    last = last_actions(proposal)
    ended = [last[change.id].outcome for change in proposal.plan.changes if change.id in last]
    lacking = len(proposal.plan.changes) - len(ended)
    if proposal.plan.changes and not any(one in _EFFECT for one in ended):
        return _UNKNOWN if Outcome.UNKNOWN in ended else _NOTHING
    if lacking or any(one not in _EFFECT for one in ended):
        return _IN_PART
    return _STATES[proposal.state]


def _what_next(proposal: Proposal) -> Iterator[Block]:
    """What to do where a plan that was approved changed nothing, or not all of it."""
    ending = _ending(proposal)
    if ending == _NOTHING:
        yield parts.section(
            "*Nothing was changed: the account stands as it did before.* Each change below says why. "
            "Check again, and propose from the new check."
        )
    elif ending in (_IN_PART, _UNKNOWN):
        yield parts.section(
            "*Not all of it took effect.* Deal with what failed, was skipped or is unknown below; a new "
            "check offers what is still to do."
        )


def _summary(proposal: Proposal) -> str:
    """How it stands in half a sentence, for the plain text and for the case's card."""
    plan = proposal.plan
    counts = parts.counted(len(plan.changes), "change")
    tasks = f", {parts.counted(len(plan.tasks), 'manual task')}" if plan.tasks else ""
    match proposal.state:
        case ProposalState.OPEN:
            return f"{counts}{tasks}; {_votes_of(proposal)}."
        case ProposalState.RUNNING:
            return f"{_ended(proposal)} of {counts} so far{tasks}."
        case ProposalState.DONE:
            last = [action.outcome for action in last_actions(proposal).values()]
            found = [
                f"{last.count(outcome)} {heading[:1].lower()}{heading[1:]}"
                for outcome, (_, heading) in OUTCOMES.items()
                if outcome in last
            ]
            return f"{'; '.join(found) or 'nothing was begun'}{tasks.replace(',', ';')}."
        case ProposalState.APPROVED:
            return f"{counts}{tasks}; starting."
        case _:
            return "Nothing was done."


def _votes_of(proposal: Proposal) -> str:
    return f"needs {parts.people(proposal.needs)}, has {len(counting(proposal))}"


def _subject(proposal: Proposal) -> str:
    return said(proposal.plan.subject, 100, parts.domains_of(proposal.plan.subject))


def _small_print(proposal: Proposal, case_link: str) -> str:
    case = parts.link(case_link, f"Case {said(proposal.plan.case_id, 40)}")
    return (
        f"Proposal {said(proposal.id, 40)} · {case} · digest `{said(proposal.digest[:DIGEST_SHOWN], 20)}`; "
        "approvals apply to exactly this plan"
    )


# --- buttons -----------------------------------------------------------------------------------------------


def _buttons(card: _Card) -> list[Block]:
    """What may be pressed now: nothing that is decided can be pressed again."""
    proposal = card.proposal
    value = reference(proposal)
    if proposal.state is ProposalState.OPEN:
        return [
            parts.button("Approve", "approve", value, style="primary"),
            parts.button("Deny", "deny", value, style="danger"),
            *([parts.button("Strike out changes", "strike", value)] if _can_strike(proposal) else []),
            parts.button(
                "Withdraw",
                "withdraw",
                value,
                asks=parts.asking(
                    "Withdraw it?", "It can no longer be approved. It can be proposed again.", "Withdraw"
                ),
            ),
        ]
    buttons: list[Block] = []
    if not card.password_shown_to and _password_until(proposal) > card.now:
        buttons.append(
            parts.button(
                "Show new password once",
                "show_password",
                value,
                asks=parts.asking(
                    "Show password?",
                    ("It is shown to one person, once: whoever gives it to the user, by phone or in person."),
                    "Show",
                    danger=True,
                ),
            )
        )
    if proposal.state is ProposalState.DONE:
        if proposal.plan.tasks:
            buttons.append(parts.button("Manual tasks", "tasks", proposal.plan.case_id))
        if proposal.kind == "contain" and can_restore(proposal):
            buttons.append(parts.button("Undo changes", "restore", proposal.plan.case_id))
    return buttons


def _can_strike(proposal: Proposal) -> bool:
    """Whether something would be left after a change was taken out."""
    return len(proposal.plan.changes) > 1


def _password_until(proposal: Proposal) -> datetime:
    """Until when the new password can be shown; the proposal's own time where none was made."""
    if proposal.state not in {ProposalState.RUNNING, ProposalState.DONE}:
        return proposal.made_at
    actions = last_actions(proposal)
    made = [
        action.intended_at + SECRET_LIFE
        for change in proposal.plan.changes
        if (action := actions.get(change.id)) and action.outcome in PERHAPS_MADE and holds_password(change.do)
    ]
    return max(made, default=proposal.made_at)


def _password(card: _Card) -> Iterator[Block]:
    until = _password_until(card.proposal)
    if until == card.proposal.made_at:
        return
    if card.password_shown_to:
        who = parts.mention(card.password_shown_to)
        yield parts.section(
            f"The new password was shown to {who}, who gives it to the user by phone or in person."
        )
    elif until > card.now:
        yield parts.section(
            "A new password was created. It can be shown once, to whoever gives it to the user "
            f"by phone or in person. It expires after 15 minutes, {parts.utc(until)}."
        )
    else:
        yield parts.section(
            "The new password has expired after 15 minutes. If the user did not get it, propose "
            "another reset."
        )


# --- the details -------------------------------------------------------------------------------------------


def _in_detail(number: int, change: Change, ours: frozenset[str]) -> str:
    lines = [change_line(number, change, 600, ours, warnings=True), f"    why: {said(change.why, 300, ours)}"]
    if change.undo is not None:
        note = f" ({said(change.undo.note, 200, ours)})" if change.undo.note else ""
        lines.append(f"    undo: {said(change.undo.says, 300, ours)}{note}")
    lines.append(f"    sends: {sends(change)}")
    return "\n".join(lines)


def _task_in_detail(task: ManualTask, ours: frozenset[str]) -> str:
    how = "".join(f"\n    {n}. {said(line, 400, ours)}" for n, line in enumerate(task.how, start=1))
    files = f"\n    files: {', '.join(said(name, 80) for name in task.files)}" if task.files else ""
    return f"☐ {said(task.says, 400, ours)}{how}{files}"
