"""Carry out one approved proposal: every change once, each on its own, and everything written down.

For each change: look, compare with what was approved, write the intent into the ledger, send exactly once,
write the outcome; and when all were sent, read back until Microsoft shows them. The intent comes after the
look, so that it holds what was seen; that there is only one a change is what makes it happen once.

A change that has an intent and no outcome is *in doubt*: the program ended in the middle, or Microsoft gave
no clear answer, which goes for "too many requests" and failures of the service as well. It is read back with
patience before anything else. Only when its effect cannot be seen, everything is as it was before, and
sending it twice does no harm, is it sent once more; otherwise nobody knows, and a person looks.

Reads may show an old state for minutes, so "not seen" is never told as "not done".

Only one may carry out a proposal at a time; who starts this sees to that. When the ledger cannot be written,
its error goes up at once and nothing further is sent. Whoever starts it again goes on where it ended.

Sources: Microsoft Graph, "Throttling guidance" and "Best practices for working with Microsoft Graph"; the
order of intent, act and outcome is that of any write-ahead log.

Longer than other files because the run of one change, from the look to the outcome, is read in one piece with
every way in which it may break off.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from commands.containment import passwords
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
        iter(patience.pauses),
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
    outage: Iterator[float]
    """The pauses that are left for a service that is not there."""

    def carry_on(self) -> None:
        """Bring every change to an outcome, read all of them back, and finish."""
        ended = self._ended()
        left = [change for change in self.plan.changes if change.id not in ended]
        put_off = [change for change in left if not self._make(change)]
        for change in put_off:
            self._make(change, last=True)
        self._read_all_back()
        self.proposals.finish(self.id)
        self.tell()

    def _actions(self) -> Mapping[str, Action]:
        return {action.change: action for action in self.proposals.get(self.id).actions}

    def _ended(self) -> set[str]:
        return {name for name, action in self._actions().items() if action.outcome is not None}

    # --- one change ----------------------------------------------------------------------------------------

    def _make(self, change: Change, *, last: bool = False) -> bool:
        """Bring one change to its outcome; False when its turn comes again at the end."""
        action = self._actions().get(change.id)
        if action is None:
            end = self._begin(change, last=last)
        elif last:
            end = self._repeat(change, change.do, action.saw, last=True)  # what is put off holds no password
        else:
            doubt = InDoubt("The bot stopped during this change.")
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
        self.proposals.intend(self.id, change.id, found.state, sealed=sealed)
        self.tell()
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
        if not change.after:
            return False
        ended = self._ended()
        return any(one.id in change.after and one.id not in ended for one in self.plan.changes)

    def _look_first(self, change: Change) -> Seen | End:
        """See whether this change may be made now: give what was seen, or why it is not made."""
        if self.forbidden:
            return End(Outcome.REFUSED, self.forbidden)
        missing = self._missing(change.after)
        if missing:
            return End(Outcome.SKIPPED, f"It needs this to be confirmed first: {missing}.")
        try:
            for demand in change.demands:
                if self._look_patiently(demand.look) is None:
                    return End(Outcome.REFUSED, demand.says)
            state = self._look_patiently(change.look)
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
        by_id = {change.id: change for change in self.plan.changes}
        for name in after:
            change = by_id.get(name)
            if change is None or not self._is_settled(change):
                return change.says if change else name
        return ""

    def _is_settled(self, change: Change) -> bool:
        """Whether a change has taken effect; one that was only just sent is read back with patience."""
        action = self._actions().get(change.id)
        if action is not None and action.outcome is Outcome.UNCONFIRMED:
            if not self._read_back(change, action.saw).took_effect:
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
                if not self._wait_for_the_service():
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
        if self._actions()[change.id].attempt > 1:
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
        sight = self._read_back(change, saw)
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
            return f"It is now {told(sight.state)}, which is neither the previous nor the planned value."
        if self.forbidden:
            return f"It could not be confirmed, and was not sent again: {self.forbidden}"
        if not change.repeatable or self._actions()[change.id].attempt >= MOST_ATTEMPTS:
            return "It could not be confirmed."
        return ""

    def _repeat(self, change: Change, do: Act, saw: State, *, last: bool) -> End | PutOff:
        """Send a change once more."""
        self.proposals.again(self.id, change.id, saw)
        self.tell()
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

    def _look_patiently(self, what: Look) -> State:
        """Look, again and again while the service is not there and there is patience left."""
        while True:
            try:
                return self._look(what)
            except UNAVAILABLE:
                if not self._wait_for_the_service():
                    raise

    def _wait_for_the_service(self) -> bool:
        """Wait a while; False when the patience for a service that is not there is used up.

        There is one for the whole run: when all of Microsoft is away, fifty changes do not wait in turn.
        """
        pause = next(self.outage, None)
        if pause is not None:
            self.sleep(pause)
        return pause is not None

    def _sight(self, change: Change, saw: State) -> _Sight:
        try:
            state = self._look(change.look)
        except GraphError as error:
            return _Sight(error=error)
        return _Sight(took_effect(change, saw, state), state)

    def _read_back(self, change: Change, saw: State) -> _Sight:
        """Look until the change is seen to have taken effect, or the patience ends."""
        sight = self._sight(change, saw)
        for pause in self.patience.pauses:
            if sight.took_effect:
                break
            self.sleep(pause)
            sight = self._sight(change, saw)
        return sight

    def _read_all_back(self) -> None:
        """Look at everything that was sent, in rounds; say of what is still not seen that it is not."""
        by_id = {change.id: change for change in self.plan.changes}
        sights: dict[str, _Sight] = {}
        for pause in (None, *self.patience.pauses):
            open_ones = {
                name: action
                for name, action in self._actions().items()
                if action.outcome is Outcome.UNCONFIRMED
            }
            if open_ones and pause is not None:
                self.sleep(pause)
            for name, action in open_ones.items():
                sights[name] = self._sight(by_id[name], action.saw)
                if sights[name].took_effect:
                    self._confirm(by_id[name])
        for name, action in self._actions().items():
            if action.outcome is Outcome.UNCONFIRMED:
                self.proposals.not_confirmed(self.id, name, _not_yet(sights[name]))
                self.tell()

    # --- writing down --------------------------------------------------------------------------------------

    def _write_end(self, change: Change, end: End) -> None:
        # Whatever Microsoft answered may quote what was sent to it.
        says = without(self._password_of(change), end.says)
        self.proposals.ended(self.id, change.id, end.outcome, says, end.request_id)
        log.info(
            "A change ended.",
            action="change.ended",
            proposal=self.id,
            change=change.id,
            outcome=str(end.outcome),
            request_id=end.request_id,
        )
        self.tell()

    def _confirm(self, change: Change) -> None:
        self.proposals.confirmed(self.id, change.id)
        self.tell()


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
