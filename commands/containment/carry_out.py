"""Carry out one approved proposal: every change once, each on its own, and everything written down.

For each change: look, compare with what was approved, write the intent into the ledger, send exactly once,
write the outcome; and when all were sent, read back until Microsoft shows them. The intent comes after the
look, so that it holds what was seen; that there is only one a change is what makes it happen once.

A change that has an intent and no outcome is *in doubt*: the program ended in the middle, or Microsoft gave
no clear answer, which goes for "too many requests" and failures of the service as well. It is read back with
patience before anything else. Only when its effect cannot be seen, everything is as it was before, and
sending it twice does no harm, is it sent once more; otherwise nobody knows, and a person looks.

Reads may show an old state for minutes, so "not seen" is never told as "not done".

Changes in different services that do not wait for one another are made beside each other, see `lanes`; each
of them goes this way, and only one writes into the ledger at a time. Reading back is done beside each other.

Only one may carry out a proposal at a time; who starts this sees to that. When the ledger cannot be written,
no further change is begun, and its error goes up once those under way have ended. Whoever starts it again
goes on where it ended.

Sources: Microsoft Graph, "Throttling guidance" and "Best practices for working with Microsoft Graph"; the
order of intent, act and outcome is that of any write-ahead log.

Longer than other files because the run of one change, from the look to the outcome, is read in one piece with
every way in which it may break off.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import takewhile
from typing import Final

import structlog

from commands.containment import passwords
from commands.containment.lanes import service_of, stages
from commands.containment.one_time_password import filled, secret_name, without
from commands.containment.outcome_words import (
    _is_default_method,
    could_not_look,
    look_yourself,
    told,
    why_changed,
    why_failed,
)
from commands.containment.proposals import Action, Outcome, Proposal, Proposals
from commands.errors import KeyUnusable, LedgerTampered, NotNow
from commands.plans.approval import ProposalState, Vote, why_not_run
from commands.plans.plan import (
    Act,
    Change,
    Look,
    Plan,
    State,
    holds_password,
    same,
    state_of,
    took_effect,
)
from commands.plans.planning_input import Guard
from commands.signing_key import SigningKey
from graph.beside import beside
from graph.connection import Connection
from graph.errors import (
    Broken,
    GraphError,
    InDoubt,
    NotFound,
    OutOfTime,
    Throttled,
)
from graph.limits import Deadline
from graph.request import Request

log = structlog.get_logger(__name__)

SETTLED: Final = frozenset({Outcome.CONFIRMED, Outcome.ALREADY})
"""The outcomes after which another change may rely on this one."""

UNAVAILABLE: Final = (Throttled, Broken, OutOfTime)
"""What passes by itself. Of a write it means that it certainly never left; otherwise it would be in doubt."""

MOST_ATTEMPTS: Final = 2
"""How often a change is sent, at most: once, and once more when it is in doubt and repeatable."""

LANES_AT_ONCE: Final = 4
"""How many changes are under way at the same time: one of each service."""

LOOKS_AT_ONCE: Final = 8
"""How many looks are; each of them keeps to the limits of its service all the same."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for Microsoft. All values are seconds.

    Attributes:
        pauses: How long to wait before each further look at something that is not seen yet.
        send: How long one change may take.
        look: How long one look may take.
    """

    pauses: tuple[float, ...] = (5, 10, 15, 25, 35)
    send: float = 120
    look: float = 60


@dataclass(frozen=True, slots=True)
class End:
    """How a change ended, and one sentence for people where there is something to add."""

    outcome: Outcome
    says: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look showed."""

    state: State


class PutOff:
    """A change that Microsoft refuses as long as others are not made; it is sent again at the very end."""


def carry_out(
    proposal_id: str,
    *,
    proposals: Proposals,
    connection: Connection,
    keys: SigningKey,
    barred: Callable[[Vote], str],
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    patience: Patience,
    tell: Callable[[], None],
    guard: Guard,
    below: Callable[[int], int] = secrets.randbelow,
) -> None:
    """Carry out an approved proposal, or go on with one that was begun; anything else is left alone.

    Args:
        proposal_id: The proposal.
        proposals: Where it is kept.
        connection: The tenant that it is about.
        keys: Seals a new password.
        barred: Says why somebody who voted may not approve any longer, "" when they may.
        clock: Tells the time (aware UTC).
        sleep: Waits so many seconds.
        patience: How long to wait for Microsoft.
        tell: Called after every entry, so that what people see can follow.
        guard: Whom nobody may touch.
        below: Where the chance for a new password comes from; see `passwords.make`.

    Raises:
        LedgerUnwritable: nothing further was sent.
        LedgerTampered: the proposal was begun before, and the ledger is not what was written.
        NoSuchProposal: there is none with this id.
    """
    match proposals.get(proposal_id).state:
        case ProposalState.APPROVED:
            try:
                proposal = proposals.proven(proposal_id)
            except LedgerTampered as error:
                why = (
                    f"{error} Nothing was done; run `compromise ledger verify` and investigate the tampering."
                )
                _begin(proposal_id, proposals, why, tell)
                return
            forbidden = _why_not(proposal, proposals, connection, barred=barred, guard=guard, now=clock())
            if not _begin(proposal_id, proposals, forbidden, tell):
                return
        case ProposalState.RUNNING:
            # What was begun is brought to an end even where nothing new may be begun any longer.
            proposal = proposals.proven(proposal_id)
            forbidden = _why_not(proposal, proposals, connection, barred=barred, guard=guard, now=clock())
        case _:
            return
    _Run(
        proposal_id,
        proposal.plan,
        proposals,
        connection,
        keys,
        clock,
        sleep,
        patience,
        tell,
        below,
        forbidden,
    ).carry_on()


def _why_not(
    proposal: Proposal,
    proposals: Proposals,
    connection: Connection,
    *,
    barred: Callable[[Vote], str],
    guard: Guard,
    now: datetime,
) -> str:
    """Say why nothing may be sent for this proposal, in one sentence; "" when it may."""
    ballot = proposals.ballot(proposal)
    if ballot.subject.id != proposal.plan.subject_id:
        return "The plan and its case are for different accounts, so nothing was done. Propose it again."
    if proposal.plan.tenant not in connection.names:
        return "The plan and its case are for different tenants, so nothing was done. Propose it again."
    if guard.protects(ballot.subject):
        return "The account is protected in the settings, so nothing was done."
    if proposal.state is ProposalState.RUNNING:
        # It was begun in time; how long the program was down does not matter.
        now = min(now, proposal.expires_at)
    return why_not_run(ballot, proposal.plan.digest, barred, now)


def _begin(proposal_id: str, proposals: Proposals, why_not: str, tell: Callable[[], None]) -> bool:
    """Start a proposal, or stop it where something is not as it was approved; give whether to go on."""
    try:
        if why_not:
            proposals.stop(proposal_id, why_not)
        else:
            proposals.start(proposal_id)
    except NotNow:
        return False  # somebody withdrew it, or began it, a moment ago
    tell()
    return not why_not


@dataclass(slots=True)
class _Run:
    """One go at one proposal."""

    id: str
    plan: Plan
    """What was approved: proven once, and not read again from where somebody could change it."""
    proposals: Proposals
    connection: Connection
    keys: SigningKey
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    patience: Patience
    tell: Callable[[], None]
    below: Callable[[int], int]
    forbidden: str
    """Why nothing new may be sent; what was begun is only read back then. "" when it may."""
    changes: Mapping[str, Change] = field(init=False)
    actions: dict[str, Action] = field(init=False)
    """What became of each change so far, as the ledger has it: nobody else writes of them meanwhile."""
    outages: dict[str, Iterator[float]] = field(default_factory=dict)
    """The pauses that are left for each service that is not there."""
    writing: threading.Lock = field(default_factory=threading.Lock)
    """Held while something is written down, and told."""
    broken: bool = False
    """Whether something went wrong that no change answers for, so that no other is begun."""

    def __post_init__(self) -> None:
        self.changes = {change.id: change for change in self.plan.changes}
        self.actions = {action.change: action for action in self.proposals.get(self.id).actions}

    def carry_on(self) -> None:
        """Bring every change to an outcome, read all of them back, and finish."""
        left = [change for change in self.plan.changes if not self._is_ended(change.id)]
        put_off: set[str] = set()
        for stage in stages(left):
            works = [partial(self._make_all, lane) for lane in stage]
            put_off.update(*beside(works, self.connection.clock, LANES_AT_ONCE))
        for change in left:
            if change.id in put_off:
                self._make(change, last=True)
        self._read_all_back()
        self.proposals.finish(self.id)
        self.tell()

    def _is_ended(self, name: str) -> bool:
        return name in self.actions and self.actions[name].outcome is not None

    def _make_all(self, lane: Sequence[Change]) -> set[str]:
        """Make the changes of one lane in their order; give those whose turn comes again at the end."""
        put_off = set()
        for change in takewhile(lambda _: not self.broken, lane):
            try:
                if not self._make(change):
                    put_off.add(change.id)
            except BaseException:
                self.broken = True
                raise
        return put_off

    # --- one change ----------------------------------------------------------------------------------------

    def _make(self, change: Change, *, last: bool = False) -> bool:
        """Bring one change to its outcome; False when its turn comes again at the end."""
        action = self.actions.get(change.id)
        if action is None:
            end = self._begin(change, last=last)
        elif last:
            end = self._repeat(change, change.do, action.saw, last=True)  # what is put off holds no password
        else:
            doubt = InDoubt("The bot was stopped during this change.")
            end = self._settle(change, action.saw, doubt)
        if isinstance(end, PutOff):
            return False
        self._write_end(change, end)
        return True

    def _begin(self, change: Change, *, last: bool) -> End | PutOff:
        """Look, compare, write the intent, send."""
        if self._waits(change) and not last:
            return PutOff()
        found = self._look_first(change)
        if isinstance(found, End):
            return found
        if change.moves and change.after:
            # Microsoft's times are to the second: what moves twice in one second is not seen to move.
            self.sleep(1)
        do, sealed = self._with_password(change)
        self._write(lambda: self.proposals.intend(self.id, change.id, found.state, sealed=sealed))
        return self._send(change, do, found.state, last=last)

    def _with_password(self, change: Change) -> tuple[Act, bytes]:
        """Give what is sent, with a new password in its place, and that password sealed; b"" for none."""
        if not holds_password(change.do):
            return change.do, b""
        password = passwords.make(self.below)
        sealed = self.keys.seal(password.encode(), secret_name(self.id, change.id))
        return filled(change.do, password), sealed

    def _waits(self, change: Change) -> bool:
        """Whether this one depends on a change whose turn is yet to come."""
        return any(name in self.changes and not self._is_ended(name) for name in change.after)

    def _look_first(self, change: Change) -> Seen | End:
        """See whether this change may be made now: give what was seen, or why it is not made."""
        if self.forbidden:
            return End(Outcome.REFUSED, self.forbidden)
        missing = self._missing(change.after)
        if missing:
            return End(Outcome.SKIPPED, f"This has to be confirmed first: {missing}.")
        try:
            for demand in change.demands:
                if self._look_patiently(change, demand.look) is None:
                    return End(Outcome.REFUSED, demand.says)
            state = self._look_patiently(change, change.look)
        except GraphError as error:
            return End(Outcome.FAILED, could_not_look(error), error.request_id)
        if change.moves:
            return Seen(state)
        if same(state, change.wants):
            return End(Outcome.ALREADY)
        if not same(state, change.expects):
            return End(Outcome.CHANGED, why_changed(change, state))
        return Seen(state)

    def _missing(self, after: Collection[str]) -> str:
        """Name the first change of these that is not known to have taken effect; "" when all have."""
        sights = self._sights([name for name in after if self._is_unconfirmed(name)])
        for name in after:
            change = self.changes.get(name)
            if change is None or not self._is_settled(change, sights.get(name)):
                return change.says if change else name
        return ""

    def _is_unconfirmed(self, name: str) -> bool:
        return name in self.actions and self.actions[name].outcome is Outcome.UNCONFIRMED

    def _is_settled(self, change: Change, sight: _Sight | None) -> bool:
        """Whether a change has taken effect; one that was only just sent is read back with patience.

        Args:
            change: The change.
            sight: What the first look showed at one that was only just sent.
        """
        action = self.actions.get(change.id)
        if action is not None and sight is not None:
            if not self._read_back(change, action.saw, sight).took_effect:
                return False
            self._confirm(change)
            return True
        return action is not None and action.outcome in SETTLED

    # --- sending -------------------------------------------------------------------------------------------

    def _send(self, change: Change, do: Act, saw: State, *, last: bool) -> End | PutOff:
        """Send once. What certainly never left this machine is tried again with patience."""
        while True:
            try:
                self.connection.fetch(do, Deadline(self.patience.send))
            except InDoubt as error:
                return self._settle(change, saw, error, last=last)
            except UNAVAILABLE as error:
                if not self._wait_for_the_service(change):
                    return End(Outcome.FAILED, f"Nothing was sent: {error.sentence} Propose it again later.")
            except NotFound as error:
                return self._gone(change, error)
            except GraphError as error:
                if not last and _removes(do) and _is_default_method(error):
                    return PutOff()
                return End(Outcome.FAILED, why_failed(change, error), error.request_id)
            else:
                return End(Outcome.UNCONFIRMED)

    def _gone(self, change: Change, error: NotFound) -> End:
        """Microsoft does not know the thing any more; for a removal that is what was wanted."""
        if not _removes(change.do):
            return End(Outcome.FAILED, f"{error.sentence} Check the account again.", error.request_id)
        if self.actions[change.id].attempt > 1:
            return End(Outcome.UNCONFIRMED, request_id=error.request_id)
        return End(Outcome.ALREADY, "It was already removed.", error.request_id)

    def _settle(self, change: Change, saw: State, doubt: InDoubt, *, last: bool = False) -> End | PutOff:
        """Find out what became of a change in doubt, and send it once more only where that is right.

        Args:
            change: The change.
            saw: What was read right before it was sent.
            doubt: Why nobody knows.
            last: Whether its turn cannot come again.
        """
        sight = self._read_back(change, saw, self._sight(change, saw))
        if sight.took_effect:
            return End(Outcome.CONFIRMED, request_id=doubt.request_id)
        password = self._password_of(change)
        why = self._why_not_again(change, saw, sight)
        if not why and password is None and holds_password(change.do):
            why = "It could not be confirmed, and the new password is no longer available."
        if why:
            says = f"{doubt.sentence} {why} {look_yourself(change)}"
            return End(Outcome.UNKNOWN, says, doubt.request_id)
        # Reading back took as long as all pauses; what the service asked for beyond that is still to wait.
        longer = (doubt.retry_after or 0) - sum(self.patience.pauses)
        if longer > 0:
            self.sleep(longer)
        return self._repeat(change, filled(change.do, password), saw, last=last)

    def _why_not_again(self, change: Change, saw: State, sight: _Sight) -> str:
        """Say why a change in doubt whose effect was not seen is not sent again; "" when it is."""
        if sight.error is not None:
            return f"It could not be read back: {sight.error.sentence}"
        if not same(sight.state, saw):
            return f"Found {told(sight.state)}, which is neither the previous nor the planned value."
        if self.forbidden:
            return f"It could not be confirmed, and was not sent again: {self.forbidden}"
        if not change.repeatable or self.actions[change.id].attempt >= MOST_ATTEMPTS:
            return "It could not be confirmed."
        return ""

    def _repeat(self, change: Change, do: Act, saw: State, *, last: bool) -> End | PutOff:
        """Send a change once more."""
        self._write(lambda: self.proposals.again(self.id, change.id, saw))
        return self._send(change, do, saw, last=last)

    def _password_of(self, change: Change) -> str | None:
        """Give the password that was made for a change, None where it needs none and where it is gone."""
        sealed = self.proposals.sealed(self.id, change.id, self.clock())
        try:
            name = secret_name(self.id, change.id)
            return self.keys.open(sealed, name).decode() if sealed is not None else None
        except KeyUnusable:
            return None  # another key than the one it was sealed with; to the reader it is as good as gone

    # --- looking -------------------------------------------------------------------------------------------

    def _look(self, what: Look) -> State:
        return look_at(what, self.connection, self.patience.look)

    def _look_patiently(self, change: Change, what: Look) -> State:
        """Look for a change, again and again while the service is not there and there is patience left."""
        while True:
            try:
                return self._look(what)
            except UNAVAILABLE:
                if not self._wait_for_the_service(change):
                    raise

    def _wait_for_the_service(self, change: Change) -> bool:
        """Wait a while; False when the patience for a service that is not there is used up.

        There is one for each service in the whole run: when it is away, fifty changes do not wait in turn.
        """
        pause = next(self.outages.setdefault(service_of(change.do), iter(self.patience.pauses)), None)
        if pause is not None:
            self.sleep(pause)
        return pause is not None

    def _sight(self, change: Change, saw: State) -> _Sight:
        try:
            state = self._look(change.look)
        except GraphError as error:
            return _Sight(error=error)
        return _Sight(took_effect(change, saw, state), state)

    def _sights(self, names: Sequence[str]) -> Mapping[str, _Sight]:
        """Look at changes that were sent, beside each other."""
        looks = [partial(self._named_sight, name) for name in names]
        return dict(beside(looks, self.connection.clock, LOOKS_AT_ONCE))

    def _named_sight(self, name: str) -> tuple[str, _Sight]:
        return name, self._sight(self.changes[name], self.actions[name].saw)

    def _read_back(self, change: Change, saw: State, sight: _Sight) -> _Sight:
        """Look on after the first sight, until the change is seen to have taken effect or patience ends."""
        for pause in self.patience.pauses:
            if sight.took_effect:
                break
            self.sleep(pause)
            sight = self._sight(change, saw)
        return sight

    def _read_all_back(self) -> None:
        """Look at everything that was sent, in rounds; say of what is still not seen that it is not."""
        sights: dict[str, _Sight] = {}
        for pause in (None, *self.patience.pauses):
            open_ones = [name for name in self.actions if self._is_unconfirmed(name)]
            if open_ones and pause is not None:
                self.sleep(pause)
            sights.update(self._sights(open_ones))
            for name in open_ones:
                if sights[name].took_effect:
                    self._confirm(self.changes[name])
        for name in [name for name in self.actions if self._is_unconfirmed(name)]:
            says = _not_yet(sights[name])
            self._write(partial(self.proposals.not_confirmed, self.id, name, says))

    # --- writing down --------------------------------------------------------------------------------------

    def _write(self, write: Callable[[], Action]) -> None:
        """Write something down about a change, one at a time, and tell it."""
        with self.writing:
            self._take_note(write())

    def _take_note(self, action: Action) -> None:
        self.actions[action.change] = action
        self.tell()

    def _write_end(self, change: Change, end: End) -> None:
        # Whatever Microsoft answered may quote what was sent to it.
        says = without(self._password_of(change), end.says)
        self._write(lambda: self.proposals.ended(self.id, change.id, end.outcome, says, end.request_id))
        log.info(
            "A change ended.",
            action="change.ended",
            proposal=self.id,
            change=change.id,
            outcome=str(end.outcome),
            request_id=end.request_id,
        )

    def _confirm(self, change: Change) -> None:
        with self.writing:
            if self._is_unconfirmed(change.id):  # two lanes may have waited for the same change
                self._take_note(self.proposals.confirmed(self.id, change.id))


@dataclass(frozen=True, slots=True)
class _Sight:
    """What reading back showed: whether the change took effect, the state, or why it could not be read."""

    took_effect: bool = False
    state: State = None
    error: GraphError | None = None


def look_at(look: Look, connection: Connection, seconds: float) -> State:
    """Read the state of one thing; what Microsoft does not know is not there.

    Raises:
        GraphError: it could not be looked at.
    """
    try:
        items = connection.fetch(look.ask, Deadline(seconds))
    except NotFound:
        items = []
    return state_of(look, items)


def _removes(do: Act) -> bool:
    return do.method == "DELETE" if isinstance(do, Request) else do.name.startswith("Remove-")


def _not_yet(sight: _Sight) -> str:
    if sight.error is not None:
        return f"It was sent, but could not be confirmed: {sight.error.sentence} Verify later."
    return "It was sent, but Microsoft does not show it yet. Verify later."
