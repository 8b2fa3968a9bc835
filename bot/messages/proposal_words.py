"""How a proposal stands, in a word, a line and half a sentence: for cards, the case's card and windows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.messages import parts
from bot.messages.escape import said
from bot.messages.outcomes import OUTCOMES
from bot.messages.plans import PHASES, counting, last_actions
from commands.containment.proposals import DONE, Outcome, Proposal
from commands.containment.propose import is_disruptive, is_irreversible, phase_of
from commands.plans.approval import ProposalState
from commands.plans.plan import Change

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

NOTHING = ("⛔", "Nothing was changed")
IN_PART = ("◑", "Carried out in part")
UNKNOWN = ("⚠", "Carried out, outcome unknown")
_EFFECT = frozenset({*DONE, Outcome.ALREADY})
"""The outcomes after which things are as they were approved to be."""


def proposal_line(proposal: Proposal) -> str:
    """One line about a proposal for the case's card, as harmless mrkdwn."""
    name = f"*{said(proposal.id, 40)}*"
    mark, word = ending(proposal)
    what = "undoing " if proposal.kind == "restore" else ""
    changes = what + parts.counted(len(proposal.plan.changes), "change")
    match proposal.state:
        case ProposalState.OPEN:
            until = parts.until(proposal.expires_at, proposal.made_at)
            return f"{mark} {name}: {changes} proposed, {votes_of(proposal)}, until {until}"
        case ProposalState.RUNNING | ProposalState.APPROVED:
            return f"{mark} {name}: {word.lower()}, {ended(proposal)} of {changes} so far"
        case ProposalState.DONE:
            return f"{mark} {name}: {word.lower()}: {summary(proposal)}"
        case _:
            by = f" by {parts.mention(proposal.decided_by)}" if proposal.decided_by else ""
            return f"{mark} {name}: {word.lower()}{by}"


def counts(proposal: Proposal) -> str:
    """What a plan comes to, for mrkdwn: changes by phase, and by what they mean for user and tenant."""
    plan = proposal.plan
    if proposal.kind == "restore":
        each = "" if len(plan.changes) == 1 else "each "
        return f"*{parts.counted(len(plan.changes), 'change')}*, {each}undoing one that was made"
    phases = by_phase(plan.changes)
    final = sum(1 for change in plan.changes if is_irreversible(change))
    wide = sum(1 for change in plan.changes if change.tenant_wide)
    disrupt = sum(1 for change in plan.changes if is_disruptive(change))
    undone = "Can be undone" if len(plan.changes) == 1 else "All can be undone"
    facts = [
        f"*{final} cannot be undone*" if final else undone,
        *([f"*{disrupt} disrupt{'s' if disrupt == 1 else ''} work*"] if disrupt else []),
        *([f"*{wide} affect{'s' if wide == 1 else ''} others too*"] if wide else []),
        *([f"{parts.counted(len(plan.tasks), 'manual task')}"] if plan.tasks else []),
    ]
    return f"*{parts.counted(len(plan.changes), 'change')}*: {phases}\n{'; '.join(facts)}"


def by_phase(changes: Sequence[Change]) -> str:
    """Count changes by what they are for: ``1 stops the attacker, 2 restore``."""
    found = Counter(phase_of(change.step) for change in changes)
    return ", ".join(
        _does(found[phase], words, verb=phase is not None) for phase, words in PHASES.items() if found[phase]
    )


def _does(count: int, words: str, *, verb: bool) -> str:
    """How many changes do something: ``1 stops the attacker``, ``2 stop the attacker``."""
    first, blank, rest = words.lower().partition(" ")
    return f"{count} {first}{'s' if verb and count == 1 else ''}{blank}{rest}"


def ended(proposal: Proposal) -> int:
    """How many changes have an outcome."""
    over = {action.change for action in last_actions(proposal).values() if action.outcome is not None}
    return len(over & {change.id for change in proposal.plan.changes})


def ending(proposal: Proposal) -> tuple[str, str]:
    """The mark and the words for how a proposal stands; once it is done, they say whether it did anything."""
    if proposal.state is not ProposalState.DONE:
        return _STATES[proposal.state]
    last = last_actions(proposal)
    came = [last[change.id].outcome for change in proposal.plan.changes if change.id in last]
    lacking = len(proposal.plan.changes) - len(came)
    if proposal.plan.changes and not any(one in _EFFECT for one in came):
        return UNKNOWN if Outcome.UNKNOWN in came else NOTHING
    if lacking or any(one not in _EFFECT for one in came):
        return IN_PART
    return _STATES[proposal.state]


def summary(proposal: Proposal) -> str:
    """How it stands in half a sentence, for the plain text and for the case's card."""
    plan = proposal.plan
    changes = parts.counted(len(plan.changes), "change")
    tasks = f", {parts.counted(len(plan.tasks), 'manual task')}" if plan.tasks else ""
    match proposal.state:
        case ProposalState.OPEN:
            return f"{changes}{tasks}; {votes_of(proposal)}."
        case ProposalState.RUNNING:
            return f"{ended(proposal)} of {changes} so far{tasks}."
        case ProposalState.DONE:
            last = [action.outcome for action in last_actions(proposal).values()]
            found = [
                f"{last.count(outcome)} {heading[:1].lower()}{heading[1:]}"
                for outcome, (_, heading) in OUTCOMES.items()
                if outcome in last
            ]
            return f"{'; '.join(found) or 'nothing was begun'}{tasks.replace(',', ';')}."
        case ProposalState.APPROVED:
            return f"{changes}{tasks}; starting."
        case _:
            return "Nothing was done."


def votes_of(proposal: Proposal) -> str:
    """How many approvals it needs and has."""
    return f"needs {parts.people(proposal.needs)}, has {len(counting(proposal))}"


def subject(proposal: Proposal) -> str:
    """Whose account it is about, as harmless mrkdwn."""
    return said(proposal.plan.subject, 100, parts.domains_of(proposal.plan.subject))
