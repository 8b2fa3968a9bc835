"""Look again whether what was closed is still closed, and whether something new was opened.

Two looks. First at every change that was made in the case and not taken back: is its state still the wanted
one? Then at the account as a whole, but only at how it stands now, not at what happened in it: the same
symptoms and steps as in a check say whether there is something to do that the case did not offer before.

`read` is the only part that waits for Microsoft and needs no ledger; `weigh` says what follows from it.

What could not be looked at is named, and never counts as closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from commands import check
from commands.containment import effects, propose
from commands.containment.carry_out import look_at
from commands.containment.proposals import DONE, Outcome, Proposals
from commands.ledger import Case, Ledger
from commands.plans.plan import Change, Look, State, offer_from, same
from commands.plans.planning_input import Guard
from commands.report import Coverage as Came
from commands.report import spoken
from commands.usual.places import Atlas
from graph.beside import beside
from graph.connection import Connection
from graph.errors import GraphError
from graph.evidence import SOURCES, Evidence
from graph.question import Question, Subject, Window

if TYPE_CHECKING:
    from graph.memory import Memory

WHAT_HAPPENED: Final = frozenset(
    {
        "sign_ins",
        "sign_ins_non_interactive",
        "directory_audits_on_user",
        "directory_audits_by_user",
        "audit_log",
        "audit_log_on_mailbox",
        "sent_items",
        "deleted_items",
        "recoverable_items",
        "message_trace",
        "risky_user",
        "risk_detections",
        "password_reset_mail",
    }
)
"""The sources that tell what happened, or what Microsoft thinks of it: no way in, and long in coming."""

HOW_IT_STANDS: Final = tuple(source for source in SOURCES if source not in WHAT_HAPPENED)
"""The sources that are asked again."""

LOOK_SECONDS: Final = 60.0
"""How long one look at one change may take."""

AT_ONCE: Final = 8
"""How many changes are looked at at the same time; each keeps to the limits of its service all the same."""


@dataclass(frozen=True, slots=True)
class NotSeen:
    """Something that could not be looked at, and why, one sentence."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Doors:
    """How the back doors of an account stand.

    Attributes:
        closed: The changes that are still as they were made.
        came_back: Those that are not, any longer or yet.
        new: What the steps propose now and did not offer before.
        late: The same of a source that the check had not collected: it may be older than the check.
        not_seen: What could not be looked at.
        closing: What the steps plan now to close what came back or is new; some of it may have no plan.
        at: When this was looked at (aware UTC).
        never: What contains or eradicates, was offered as suggested, and was never carried out.
    """

    closed: tuple[Change, ...]
    came_back: tuple[Change, ...]
    new: tuple[Change, ...]
    not_seen: tuple[NotSeen, ...]
    at: datetime
    closing: tuple[Change, ...] = ()
    never: tuple[Change, ...] = ()
    late: tuple[Change, ...] = ()

    @property
    def is_quiet(self) -> bool:
        """Whether everything was seen and is closed, and nothing was left undone."""
        return not (self.is_open or self.not_seen or self.never)

    @property
    def is_open(self) -> bool:
        """Whether something is open that the case did not know of."""
        return bool(self.came_back or self.new or self.late)


@dataclass(frozen=True, slots=True)
class Door:
    """A change that was made, as it is asked for: its id and how its state is read."""

    change: str
    look: Look


@dataclass(frozen=True, slots=True)
class Stands:
    """What was read of a door: the state, or why it could not be read, one sentence."""

    change: str
    state: State = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of an account to recheck it.

    Attributes:
        doors: Each door that was asked for, in that order.
        evidence: How the account stands; its window ends when this was read.
    """

    doors: tuple[Stands, ...]
    evidence: Evidence


def read(
    subject: Subject,
    window: Window,
    doors: Sequence[Door],
    connection: Connection,
    memory: Memory,
    *,
    clock: Callable[[], datetime],
    patience: float,
    atlas: Atlas | None = None,
) -> Reading:
    """Read how the doors and the account stand. Nothing is changed, and nothing is written down.

    Args:
        subject: The account.
        window: The time that its check looked at; what is read goes up to now.
        doors: The changes that are looked at.
        connection: The tenant.
        memory: As in `check.look`.
        clock: Tells the time (aware UTC).
        patience: Seconds after which a source that has not answered counts as not seen.
        atlas: As in `check.look`.
    """
    stand = tuple(beside([partial(_stands, door, connection) for door in doors], connection.clock, AT_ONCE))
    question = Question(subject, Window(window.start, max(clock(), window.end)))
    evidence = check.look(
        question, connection, memory, _quietly, patience=patience, sources=HOW_IT_STANDS, atlas=atlas
    )
    return Reading(stand, evidence)


def _stands(door: Door, connection: Connection) -> Stands:
    try:
        return Stands(door.change, look_at(door.look, connection, LOOK_SECONDS))
    except GraphError as error:
        return Stands(door.change, why=error.sentence)


def doors_of(proposals: Proposals, case_id: str) -> tuple[Door, ...]:
    """Give the doors of a case that a recheck reads."""
    return tuple(Door(change.id, change.look) for change in made_and_kept(proposals, case_id))


def weigh(
    reading: Reading, case: Case, proposals: Proposals, guard: Guard, atlas: Atlas | None = None
) -> Doors:
    """Say what follows from what was read. A door that was not read is named as not seen.

    Args:
        reading: What was read.
        case: The case.
        proposals: Where what was done is kept.
        guard: Whom nobody may touch.
        atlas: Where addresses are; as in `check.judge`.

    Raises:
        LedgerUnwritable: the ledger cannot be read.
    """
    closed: list[Change] = []
    came_back: list[Change] = []
    not_seen: list[NotSeen] = []
    stands = {one.change: one for one in reading.doors}
    for change in made_and_kept(proposals, case.id):
        seen = stands.get(change.id, Stands(change.id, why="It was carried out after this was read."))
        if seen.why:
            not_seen.append(NotSeen(change.says, seen.why))
            continue
        (closed if same(seen.state, change.wants) else came_back).append(change)
    evidence, at = reading.evidence, reading.evidence.window.end
    report = check.judge(evidence, at, atlas)
    asked = [source for source in report.sources if source.id in HOW_IT_STANDS]
    not_seen.extend(
        NotSeen(spoken(source.id), source.reason) for source in asked if source.state is not Came.COMPLETE
    )
    before = [one for one in offer_from(case.offer or "[]") if isinstance(one, Change)]
    offered = {one.id for one in before}
    never = never_carried_out(proposals, case.id, before)
    known = offered | {change.id for change in (*closed, *came_back)}
    changes = [one for one in propose.offer(evidence, report, guard, atlas) if isinstance(one, Change)]
    more = [one for one in changes if one.suggested and one.id not in known]
    unseen = not_collected(proposals.ledger, case.id)
    late = tuple(one for one in more if not unseen.isdisjoint(propose.needs_of_step(one.step)))
    new = tuple(one for one in more if one not in late)
    open_now = {one.id for one in (*came_back, *more)}
    closing = tuple(one for one in changes if one.id in open_now)
    return Doors(tuple(closed), tuple(came_back), new, tuple(not_seen), at, closing, never, late)


def not_collected(ledger: Ledger, case_id: str) -> frozenset[str]:
    """Give the sources that the last check of a case did not collect, or not whole.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    states = ledger.sources_of(case_id)
    return frozenset(source for source, state in states.items() if state != Came.COMPLETE)


def look_again(
    case_id: str,
    *,
    proposals: Proposals,
    connection: Connection,
    guard: Guard,
    clock: Callable[[], datetime],
    patience: float,
    atlas: Atlas | None = None,
) -> Doors:
    """Look at the back doors of a case now: read and weigh. Nothing is changed, and nothing is written down.

    Raises:
        NoSuchCase: there is none with this id.
        LedgerUnwritable: the ledger cannot be read.
    """
    case = proposals.ledger.case(case_id)
    reading = read(
        case.subject,
        case.window,
        doors_of(proposals, case_id),
        connection,
        proposals.ledger.memory(case_id),
        clock=clock,
        patience=patience,
        atlas=atlas,
    )
    return weigh(reading, case, proposals, guard, atlas)


def _quietly(progress: check.Progress) -> None:
    """Nobody waits for this look, so nobody is told how far it has come."""


def made_and_kept(proposals: Proposals, case_id: str) -> tuple[Change, ...]:
    """Give the changes of a case that hold and were not taken back, where it is known what they should be.

    A change whose wanted state nobody knows, such as a reset password, cannot be seen to have come back.
    """
    kept = {(one.proposal_id, one.change.id) for one in effects.undoable(proposals.ledger, case_id)}
    found: dict[str, Change] = {}
    for proposal in proposals.of_case(case_id):
        if proposal.kind != "contain":
            continue
        ended = {action.change: action.outcome for action in proposal.actions}
        for change in proposal.plan.changes:
            outcome = ended.get(change.id)
            taken_back = outcome in DONE and change.undo and (proposal.id, change.id) not in kept
            if taken_back:
                found.pop(change.id, None)
            elif not change.moves and (outcome in DONE or outcome is Outcome.ALREADY):
                found[change.id] = change
    return tuple(found.values())


def never_carried_out(proposals: Proposals, case_id: str, offered: Iterable[Change]) -> tuple[Change, ...]:
    """Give what the case suggests against ways back in, and what no plan has carried out yet."""
    done = {
        action.change
        for proposal in proposals.of_case(case_id)
        for action in proposal.actions
        if action.outcome in DONE or action.outcome is Outcome.ALREADY
    }
    return propose.left_out(offered, done)


def says(doors: Doors) -> str:
    """Say how the back doors stand, in plain text; it may hold text from the tenant, so escape it."""
    number = len(doors.closed) + len(doors.came_back)
    lines = [f"Rechecked at {doors.at.astimezone(UTC):%d %B %Y, %H:%M} UTC."]
    if number:
        lines.append(still_in_effect(doors))
    for title, names in lists(doors):
        lines += [f"{title}:", *(f"• {name}" for name in names)]
    return "\n".join(lines)


def still_in_effect(doors: Doors) -> str:
    """Say how many of the remediations that were rechecked are still in effect."""
    number = len(doors.closed) + len(doors.came_back)
    were = "1 remediation is" if number == 1 else f"{number} remediations are"
    return f"{len(doors.closed)} of {were} still in effect."


def lists(doors: Doors) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give what is to be said of doors that are not closed: each list that is not empty, with its title."""
    closing = {change.id: change.says for change in doors.closing}

    def open_now(changes: Iterable[Change]) -> tuple[str, ...]:
        # As each door stands now, which may lead elsewhere than the one that was closed.
        return tuple(closing.get(change.id, f"{change.says} (by hand: no change fits)") for change in changes)

    are = "suggested remediation is" if len(doors.never) == 1 else "suggested remediations are"
    never = f"{len(doors.never)} {are} not carried out yet. To propose them, select Contain account"
    for title, names in (
        ("Open again. To close it", open_now(doors.came_back)),
        ("New since the check. To close it", open_now(doors.new)),
        ("Open, but not collected by the check. To close it", open_now(doors.late)),
        (never, tuple(one.says for one in doors.never)),
        ("Not collected", tuple(f"{one.what}: {one.why.rstrip('.')}" for one in doors.not_seen)),
    ):
        if names:
            yield title, names
