"""What must hold whatever happens, read from the ledger, the tenant's own log and the workspace.

The tenant's log says what it carried out, not what the bot believes; cards are what people would read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

from commands.containment.proposals import Proposal, Proposals
from commands.errors import LedgerTampered
from commands.ledger import BOT, CaseState, Entry, Ledger
from commands.ledger import proposals as stored
from commands.ledger import tasks as listed
from commands.ledger.entries import Rechecked
from commands.ledger.hunts import unfinished
from commands.ledger.tasks import alarms
from commands.ledger.verify import verify_ledger
from commands.plans.approval import ProposalState
from commands.plans.outcomes import DONE, Outcome
from commands.plans.plan import Change
from graph.request import Cmdlet, Request
from sandbox.tenant import RunningTenant
from sandbox.workspace import RunningWorkspace

ALLOWED = frozenset({"U0ALEXWILB", "U0LIDIAHOL"})
OWN = {"U0ALEXWILB": "alex.wilber@contoso.example"}

WORDS = {
    ProposalState.OPEN: "Waiting for approval",
    ProposalState.DONE: "Carried out",
    ProposalState.DENIED: "Denied",
    ProposalState.WITHDRAWN: "Withdrawn",
    ProposalState.EXPIRED: "Expired",
    ProposalState.STOPPED: "Stopped",
}
"""What the card of a proposal says in each state that may last."""

IN_VAIN = {None, Outcome.CHANGED, Outcome.REFUSED, Outcome.SKIPPED, Outcome.FAILED}
"""The outcomes after which a change is not in force, for all that anybody knows."""

Key = tuple[str, str]


def broken(path: Path, ledger: Ledger, microsoft: RunningTenant) -> list[str]:
    """Say what does not hold at any moment; may be asked while the bot works or is dead."""
    # The tenant's log is read before and after: what is sent meanwhile is in one and not in the other.
    before = _made(microsoft)
    with ledger.reading():
        proposals = all_of(ledger)
        votes = [*_votes(ledger, proposals)]
        twice = [f"{one} was rechecked {times} times" for one, times in rechecks(ledger).items() if times > 1]
    return [*_chain(path), *votes, *twice, *_writes(proposals, before, _made(microsoft))]


def broken_at_rest(
    path: Path, ledger: Ledger, microsoft: RunningTenant, slack: RunningWorkspace
) -> list[str]:
    """Say what does not hold once nothing goes wrong any more and everything was waited for."""
    proposals = all_of(ledger)
    return [
        *broken(path, ledger, microsoft),
        *_unfinished(ledger, proposals),
        *_cards(ledger, proposals, slack),
    ]


def all_of(ledger: Ledger) -> tuple[Proposal, ...]:
    """Every proposal there is."""
    book = Proposals(ledger)
    with ledger.reading():
        return tuple(one for case in ledger.outlines() for one in book.of_case(case.id))


def is_at_rest(ledger: Ledger, at: datetime) -> bool:
    """Whether nothing is under way: no check, plan, hunt or recheck, and every end is shown.

    A recheck that fell due in the last hour of the bot's clock is left to the bot's next round.
    """
    book = Proposals(ledger)
    due = listed.watches_due(ledger, at - timedelta(hours=1))
    return not (ledger.unfinished_cases() or book.unfinished() or unfinished(ledger) or due)


def rechecks(ledger: Ledger) -> Counter[tuple[str, int]]:
    """Count how often each round of each case was noted, those out of turn left out."""
    noted = [(one.case_id, int(one.facts["round"])) for one in ledger.entries(kinds=(Rechecked.KIND,))]
    return Counter(one for one in noted if one[1])


def _chain(path: Path) -> Iterator[str]:
    try:
        verify_ledger(path)
    except LedgerTampered as error:
        yield f"the chain does not hold: {error}"


def _votes(ledger: Ledger, proposals: tuple[Proposal, ...]) -> Iterator[str]:
    yes: dict[str, set[str]] = {}
    approved: set[str] = set()
    needs = {one.id: one.needs for one in proposals}
    whose = {one.id: ledger.case(one.plan.case_id).subject.user_principal_name for one in proposals}
    for entry in ledger.entries(kinds=("voted", "approved", "execution_started", "intended")):
        name = str(entry.facts["proposal"])
        if entry.kind == "voted":
            yield from _vote(entry, whose[name])
            if entry.facts["yes"]:
                yes.setdefault(name, set()).add(entry.actor)
        elif entry.kind == "approved":
            approved.add(name)
            if len(yes.get(name, ())) < needs[name]:
                yield f"{name} was approved by {len(yes.get(name, ()))} of {needs[name]}"
        elif name not in approved:
            yield f"{name} has {entry.kind} without approval"


def _vote(entry: Entry, subject: str) -> Iterator[str]:
    name = entry.facts["proposal"]
    if entry.actor == BOT or entry.actor not in ALLOWED:
        yield f"{entry.actor} voted on {name}, and is no approver"
    if OWN.get(entry.actor) == subject:
        yield f"{entry.actor} voted on {name}, which is about that person"


def _key(what: Request | Cmdlet) -> Key:
    if isinstance(what, Cmdlet):
        return what.name, str(what.parameters.get("Identity") or "")
    return what.method, unquote(what.path)


def _made(microsoft: RunningTenant) -> Counter[Key]:
    """Count what the tenant has carried out by now."""
    made: Counter[Key] = Counter()
    for call in microsoft.writes():
        if call.effective and call.service != "login" and "/sandbox" not in call.path:
            path = unquote(call.path).removeprefix("/graph").removeprefix("/v1.0").removeprefix("/beta")
            made[(call.cmdlet, call.identity) if call.cmdlet else (call.method, path)] += 1
    return made


def _writes(proposals: tuple[Proposal, ...], before: Counter[Key], after: Counter[Key]) -> Iterator[str]:
    """Compare what the tenant carried out with what was approved and how the ledger says it ended.

    Args:
        proposals: As they are in the ledger.
        before: What was carried out before that was read.
        after: What was carried out after it.
    """
    least: Counter[Key] = Counter()
    most: Counter[Key] = Counter()
    for proposal in proposals:
        changes = {one.id: one for one in proposal.plan.changes}
        for action in proposal.actions:
            change: Change = changes[action.change]
            least[_key(change.do)] += action.outcome in DONE
            most[_key(change.do)] += action.attempt
    for key in before | after | least:
        if after[key] < least[key]:
            yield f"{key} was made {after[key]} times, and {least[key]} are told as made"
        if before[key] > most[key]:
            yield f"{key} was made {before[key]} times, and {most[key]} were begun"


def repeats(proposals: tuple[Proposal, ...]) -> int:
    """How many changes were sent once more, as they may be where sending twice does no harm."""
    return sum(action.attempt > 1 for one in proposals for action in one.actions)


def unknown(proposals: tuple[Proposal, ...]) -> int:
    """How many changes people were told to look at themselves."""
    return sum(action.outcome is Outcome.UNKNOWN for one in proposals for action in one.actions)


def _unfinished(ledger: Ledger, proposals: tuple[Proposal, ...]) -> Iterator[str]:
    for case in ledger.unfinished_cases():
        yield f"{case.id} is {case.state}, shown: {case.shown}"
    for hunt in unfinished(ledger):
        yield f"{hunt.id} is {hunt.state}, shown: {hunt.shown}"
    for case_id, number in alarms(ledger):
        yield f"nobody was told what recheck {number} of {case_id} found"
    for one in proposals:
        if one.state not in WORDS or (one.state is not ProposalState.OPEN and not one.shown):
            yield f"{one.id} is {one.state}, shown: {one.shown}"
        if one.state is ProposalState.DONE:
            ended = {action.change for action in one.actions if action.outcome is not None}
            for change in one.plan.changes:
                if change.id not in ended:
                    yield f"{one.id} is done, and {change.id} has no outcome"


def _state_in_words(proposal: Proposal) -> str:
    """What the card of a proposal has to say: of one that is done, also when it did nothing."""
    outcomes = {action.outcome for action in proposal.actions}
    if proposal.state is ProposalState.DONE and proposal.plan.changes and outcomes <= IN_VAIN:
        return "Nothing was changed"
    return WORDS.get(proposal.state, "")


def _cards(ledger: Ledger, proposals: tuple[Proposal, ...], slack: RunningWorkspace) -> Iterator[str]:
    with slack.state.lock:
        kept = [one for channel in slack.state.messages.values() for one in channel.values()]
    shown = {(one.channel, one.ts): slack.as_text(one) for one in kept}
    for outline in ledger.outlines():
        case = ledger.case(outline.id)
        text = shown.get((case.channel, case.card), "")
        seen = ledger.last_recheck(case.id)
        # What was found since stands above what the check found.
        says = "persistence reappeared" if seen and seen.raised else case.verdict.replace("-", " ")
        if case.state is CaseState.DONE and case.card and says not in text.lower():
            yield f"the card of {case.id} does not say {says}"
    for proposal in proposals:
        places = [(proposal.channel, proposal.card), *stored.copies(ledger, proposal.id)]
        for place in (one for one in places if one[1]):
            text = shown.get(place, "")
            if _state_in_words(proposal) not in text:
                yield f"{proposal.id} is {proposal.state}, and its card at {place} does not say so"
            if proposal.state is not ProposalState.OPEN and "[Approve]" in text:
                yield f"{proposal.id} is {proposal.state}, and its card at {place} has a button to approve"
