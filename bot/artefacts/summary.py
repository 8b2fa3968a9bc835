"""The first pages of a report, for those who decide and were not there: one value that every form carries.

Seven questions, each answered in a few sentences, and each sentence names what it rests on. A sentence never
says more than that: a number of opened messages stands beside whether the records are complete, "contained"
means that the changes were read back, and what nothing tells is said to be unknown. Text from the tenant is
in the sentences: whoever shows them escapes them.
Longer than other files because it is a list: each question stands with every sentence that answers it.
Source: Regulation (EU) 2016/679 (GDPR), Art. 33(1) and Art. 34; EDPB, "Guidelines 9/2022 on personal data
breach notification" (when a controller is aware).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.artefacts.containment import (
    DONE,
    Item,
    as_of,
    items,
    left_open,
    rechecked_in_words,
    stopped,
    unchecked,
)
from bot.artefacts.do_now import Tasks, do_now, in_short
from bot.artefacts.exposed import Exposed
from bot.artefacts.grounds import NAMED, STATES, Grounds, Statement, first_of, listed, named
from bot.artefacts.handled import NOTHING, Handled
from bot.artefacts.old_records import age_of
from bot.messages import parts
from bot.messages.escape import visible
from bot.messages.outcomes import in_words
from bot.messages.roles_gone import Gone
from bot.messages.story import access_in_words, got, how, roles_in_words
from commands.importance import ADMINISTRATOR
from commands.plans.undo import is_undo
from commands.report import (
    Coverage,
    Event,
    Impact,
    Importance,
    Point,
    Report,
    Story,
    VerdictCode,
    spoken,
)
from commands.story.doors import DoorState
from graph.evidence import Reason

_LIVES_ON: Final = timedelta(hours=1)
"""How long about an access token may still work. Source: Microsoft Entra, "Revoke user access"."""

_AT_ONCE: Final = timedelta(minutes=1)
"""How soon after the first record of all something is too early to be called the beginning."""

_TOLD_BY: Final = 6
"""Roles that are named."""

_NAMES_IN_SHORT: Final = 120
"""How many characters what is open may take where the answer in a few words names it."""

_DEEDS: Final = (
    ("persistence", "To stay or come back"),
    ("hidden", "To stay unnoticed"),
    ("read_or_taken", "They read or took"),
    ("sent", "In the user’s name"),
)


_AUDIT: Final = ("audit_log", "audit_log_on_mailbox")
_LATE: Final = timedelta(hours=2)
"""After how long a check sees more. Source: Microsoft Purview, "Search the audit log"."""

_TRIED_BEFORE: Final = frozenset({"failures_then_success", "prompts_then_success"})
"""Signs of findings that rest on what was tried before a success."""

_LOGS: Final = {"audit_log": "unified audit log", "sign_ins": "sign-in log"}
"""What an export should hold at least, with the names that Microsoft's portals have for it."""

_IMPACT: Final = {
    Impact.PERSISTENCE: "ways to come back were set up",
    Impact.EXPOSURE: "mail or files were exposed",
    Impact.FRAUD: "fraud was attempted",
    Impact.CONCEALMENT: "traces were hidden",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of whoever has to decide, and what can be said to it.

    Attributes:
        id: A name for programs.
        question: The question.
        short: The answer in a few words; "" where there is none but the statements.
        statements: The answer.
        items: What was open to the attacker, and when each of it was closed; in one answer only.
    """

    id: str
    question: str
    short: str
    statements: tuple[Statement, ...]
    items: tuple[Item, ...] = ()


def summary(report: Report, handled: Handled = NOTHING) -> tuple[Answer, ...]:
    """Answer what executives, lawyers and insurers ask.

    Args:
        report: What the check found.
        handled: What was done about it so far.
    """
    told = _Told(report, handled)
    found = report.verdict.answer in parts.DECIDED
    what = Answer("what", "What happened?", parts.VERDICT[report.verdict.answer][1], tuple(told.what()))
    if found:
        first = tuple(do_now(report, handled, told.grounds))
        answers = [
            Answer("deadlines", "Do now", in_short(report, handled, first), first),
            what,
            Answer("when", "Since when, from where, how?", told.way_in(), tuple(told.when())),
            Answer("contained", "Is it contained?", told.containment(), tuple(told.contained()), told.items),
            Answer("data", "Whose data?", told.exposed.in_short(), tuple(told.exposed.data())),
            Answer("sent", "What was sent, and to whom?", told.exposed.to_whom(), tuple(told.exposed.sent())),
        ]
    elif report.verdict.answer is VerdictCode.CANNOT_TELL:
        answers = [
            what,
            Answer("deadlines", "Do now", told.next_step(), tuple(told.blind())),
            Answer(
                "sent",
                "What was sent, and to whom?",
                told.exposed.anybodys_count(),
                tuple(told.exposed.anybodys()),
            ),
        ]
    else:
        answers = [what]
    answers.append(Answer("unknown", "What is not known?", "", tuple(told.unknown())))
    return tuple(answers)


def notes(answers: tuple[Answer, ...], most: int) -> dict[str, int]:
    """Number what the sentences rest on, each text once, in the order in which sentences need them.

    Args:
        answers: The answers of one summary.
        most: How many grounds of one sentence are named.
    """
    told = (note_of(one, most) for answer in answers for one in answer.statements)
    return {text: number for number, text in enumerate(dict.fromkeys(told), start=1)}


def note_of(one: Statement, most: int) -> str:
    """Name what one sentence rests on, as in `notes`."""
    return "; ".join(one.rests_on[:most])


class _Told:
    """What can be said, question by question."""

    def __init__(self, report: Report, handled: Handled) -> None:
        self.report = report
        self.handled = handled
        self.story = report.story or Story(certain=False)
        self.seen = report.exposure
        self.stopped = stopped(handled)
        self.items = items(report, handled) if handled.case_id else ()
        self.left = left_open(self.items)
        self.grounds = Grounds(report)
        self.exposed = Exposed(report, self.grounds)
        self.tasks = Tasks(handled.tasks)
        self.as_of = as_of(report, handled)

    # --- what happened -------------------------------------------------------------------------------------

    def what(self) -> Iterator[Statement]:
        verdict, story = self.report.verdict, self.story
        weighed = (f"verdict of {parts.utc(self.report.made_at)}", *self.grounds.coverage())
        if verdict.answer not in parts.DECIDED:
            says = f"{verdict.says.rstrip('.')}. Confidence: {verdict.confidence}."
            yield Statement(says, weighed)
            yield from self._matters()
            return
        yield Statement(self._judged(), weighed)
        yield from self._matters()
        who = f"Someone else {got(story)} in"
        if story.came_in:
            way = f" {how(story, behind_got=True)}" if story.entry else ""
            where = f", from {listed(story.origin, 'address')}" if story.origin else ""
            yield Statement(f"{who}{way}{where}.", self.grounds.of((*story.entry, *story.origin)))
        else:
            yield Statement("No sign-in by anyone else was seen.", self.grounds.coverage())
        for part, begins in _DEEDS:
            clauses = getattr(story, part)
            if clauses:
                count = f" ({len(clauses)} actions)" if len(clauses) > 1 else ""
                yield Statement(f"{begins}{count}: {listed(clauses, 'action', 2)}.", self.grounds.of(clauses))

    def _matters(self) -> Iterator[Statement]:
        """Why the account matters more than others."""
        if self.report.importance:
            told = "; ".join(
                f"{self._was(one)} ({named(one.told_by, _TOLD_BY, 'role')})" for one in self.report.importance
            )
            yield Statement(
                f"It matters more than other accounts: {told}.",
                ("roles, job title and department from before the takeover",),
            )
        if told := roles_in_words(self.report):
            says = f"During the takeover this account got administrator {told}."
            yield Statement(says, self.grounds.of_symptom("admin_roles"))

    def _was(self, one: Importance) -> str:
        """What an account is, or was before its roles were removed."""
        gone = one.what == ADMINISTRATOR and self.handled.roles is Gone.ALL
        return f"{one.what} until its roles were removed" if gone else one.what

    def _judged(self) -> str:
        subject = self.report.subject.mail or self.report.subject.user_principal_name
        certain = self.report.verdict.answer is VerdictCode.COMPROMISED
        doing = "is compromised" if certain else "may be compromised"
        impact = ", ".join(_IMPACT[one] for one in self.report.verdict.impact)
        return (
            f"The account {visible(subject)} {doing}, with {self.report.verdict.confidence} confidence; "
            f"access by someone else: {access_in_words(self.report.verdict)}."
            f"{f' {impact[:1].upper()}{impact[1:]}.' if impact else ''}"
        )

    # --- since when ----------------------------------------------------------------------------------------

    def way_in(self) -> str:
        """Since when, from where and how, in a few words."""
        first, story = first_of(self.story.since), self.story
        since = f"since {parts.utc(first)}" if first else "since when is not known"
        where = f"from {listed(story.origin, 'address', 1)}" if story.origin else "from where is not known"
        way = visible(how(story)) if story.entry else "how is not known"
        return "; ".join((since, where.replace("; and ", " and "), way))

    def when(self) -> Iterator[Statement]:
        story = self.story
        first, last = first_of(story.since), first_of(story.last_seen)
        if first:
            tries = attempts(self.report)
            tried = [
                one
                for one in self.report.timeline
                if one.at < first
                and (one.record in tries or (one.address in story.addresses and one.signed_in is False))
            ]
            start = self.report.window.start
            begins = f"what was collected begins on {parts.utc(start)}"
            if first - start < _AT_ONCE:
                begins = "what was collected begins only then, so it may have begun earlier"
            yield Statement(
                f"{_first_of_all(story)}: {parts.utc(first)}; {_attempts(tried) or begins}.",
                self.grounds.of(story.since),
            )
        else:
            yield Statement("When it began is not known.", self.grounds.coverage())
        if last:
            span = f", {parts.between(first, last)} after the first" if first and last > first else ""
            what = "Last seen" if story.came_in else "Last action that is not the user’s:"
            yield Statement(f"{what} {parts.utc(last)}{span}.", self.grounds.of(story.last_seen))
            at = self.stopped.at
            if story.came_in and at and at > last:
                yield Statement(
                    f"They could get in until {parts.utc(at)}, when the account was contained; the lack of "
                    "later records does not show that they were gone.",
                    ("ledger", *(one.id for one in self.handled.proposals if one.actions)),
                )

    # --- contained -----------------------------------------------------------------------------------------

    def containment(self) -> str:
        """Say yes, no or partly, since when or why, and what is open nevertheless, in a few words."""
        at = self.stopped.at
        if at is None:
            if not self.handled.case_id:
                return "not recorded here"
            if self.stopped.began:
                word = "partly" if self.stopped.holds else "no"
                return f"{word}: sessions and password, or sign-in, are still open"
            return "no: nothing was carried out by the bot"
        return "; ".join((self._kept_out(at), *self._nevertheless()))

    def _kept_out(self, at: datetime) -> str:
        """Since when they are kept out: ``yes, since …``, or what was done to sign-in where more is open."""
        back = self.stopped.given_back
        unblocked = f"unblocked {parts.until(back, at)}" if back else ""
        if not (self.left or self.handled.never):
            told = f"sign-in {unblocked}" if back else ""
            return "; ".join(one for one in (f"yes, since {parts.utc(at)}", told) if one)
        if back:
            blocked = self.stopped.blocked_at or at
            return f"partly: sign-in blocked {parts.utc(blocked)}, {unblocked}"
        return f"partly: sign-in stopped {parts.utc(at)}"

    def _nevertheless(self) -> Iterator[str]:
        """What is still open though sign-in was stopped."""
        if self.left:
            names = "; ".join(one.door.says for one in self.left)
            count = f"{len(self.left)} of {parts.counted(len(self.items), 'item')} still open"
            yield f"still open: {visible(names)}" if len(names) <= _NAMES_IN_SHORT else count
        if self.handled.never:
            yield f"{parts.counted(len(self.handled.never), 'suggested remediation')} never carried out"
        until = self._tokens_until()
        if until and until > self.as_of:
            yield f"existing access tokens may work until {parts.until(until, self.as_of)}"
        if self.tasks.open:
            yield self.tasks.in_words()
        if leads := unchecked(self.report, self.handled):
            yield f"{parts.few((visible(one.says) for one in leads), 1, 'account')} not checked"

    def _tokens_until(self) -> datetime | None:
        """Until when about an access token may work that was issued before the sessions were revoked."""
        at = self.stopped.at
        return at + _LIVES_ON if at else None

    def contained(self) -> Iterator[Statement]:
        done = self.stopped
        ledger = ("ledger", *(one.id for one in self.handled.proposals if one.actions))
        if not self.handled.case_id:
            yield Statement(
                "This report belongs to no case: what was done is not recorded here.", ("no case",)
            )
            yield from self._open()
            return
        if not done.began:
            yield Statement(
                "Nothing was carried out by the bot when this report was written. What people did by hand is "
                "not recorded here.",
                ("ledger",),
            )
            yield from self._open()
            return
        if done.deeds:
            deeds = "; ".join(f"{what} {parts.utc(at)}" for what, at in done.deeds)
            until = self._tokens_until()
            tokens = (
                f" Access tokens that were issued before can work until about {parts.utc(until)}."
                if until
                else ""
            )
            yield Statement(
                f"{deeds[:1].upper()}{deeds[1:]}. Each was read back from Microsoft 365 and confirmed."
                f"{tokens}",
                ledger,
            )
        if self.items:
            yield Statement(self._closed(), ledger)
        if done.given_back:
            yield Statement(f"Sign-in was unblocked {parts.utc(done.given_back)}.", ledger)
        yield Statement(self._outcomes(), ledger)
        yield self._rechecked()
        if self.handled.never:
            yield Statement(f"Never carried out: {named(self.handled.never, 6, 'remediation')}.", ledger)
        if not (done.at or self.items):
            yield from self._open()

    def _rechecked(self) -> Statement:
        again = self.handled.rechecked
        if again is None:
            return Statement("It has not been rechecked yet.", ("ledger",))
        grounds = ("ledger", "rechecked settings of Microsoft 365")
        if not again.is_quiet:
            state = "something was found open" if again.raised else "no rechecked remediation was undone"
            return Statement(f"Last recheck {parts.utc(again.at)}: {state}. {again.says}", grounds)
        return Statement(f"Last recheck {parts.utc(again.at)}: {rechecked_in_words(self.handled)}.", grounds)

    def _closed(self) -> str:
        """Say how much of what was open is closed, and what is not."""
        whole, left = len(self.items), self.left
        by_hand = sum(one.door.state is DoorState.BY_HAND and not one.door.is_open for one in self.items)
        marked = f"; {by_hand} of them by hand, marked done and not read back" if by_hand else ""
        read_back = "remediated" if by_hand else "remediated and read back"
        if not left:
            last = max(one.door.at for one in self.items if one.door.at)
            return (
                f"Everything that the check found open to the attacker ({parts.counted(whole, 'item')}) is "
                f"{read_back}, the last of it {parts.utc(last)}{marked}."
            )
        closed = whole - len(left)
        still = named(tuple(one.says for one in left), NAMED, "item")
        return (
            f"Of {parts.counted(whole, 'item')} that the check found open to the attacker, {closed} "
            f"{'is' if closed == 1 else 'are'} {read_back}{marked}. Not: {still}."
        )

    def _open(self) -> Iterator[Statement]:
        still = self.story.still_open
        if still:
            yield Statement(
                f"Open when checked, {parts.utc(self.report.made_at)}: {listed(still, 'item')}.",
                self.grounds.of(still),
            )

    def _outcomes(self) -> str:
        ended = Counter(
            action.outcome
            for proposal in self.handled.proposals
            for action in proposal.actions
            if not is_undo(action.change)
        )
        total, good = sum(ended.values()), sum(ended[one] for one in DONE)
        rest = ", ".join(
            f"{count} {in_words(outcome) if outcome else 'started, no outcome yet'}"
            for outcome, count in ended.items()
            if outcome not in DONE
        )
        return f"{good} of {parts.counted(total, 'approved change')} confirmed{f'; {rest}' if rest else ''}."

    # --- deadlines -----------------------------------------------------------------------------------------

    def next_step(self) -> str:
        """What to do where too little was collected, in a few words."""
        logs = self._not_handed_in()
        if logs:
            return f"add the {' and the '.join(logs)}"
        return "find out whether it ever had a mailbox" if self._without_mailbox() else "check again"

    def _without_mailbox(self) -> bool:
        """Whether Exchange Online has no mailbox for the account, which no further check changes."""
        return any(one.why is Reason.NO_MAILBOX for one in self.report.sources)

    def _not_handed_in(self) -> tuple[str, ...]:
        """The logs that would tell most, and are in none of the exported files; () of a tenant."""
        absent = {one.id for one in self.report.sources if one.why is Reason.NOT_IN_EXPORT}
        return tuple(name for id_, name in _LOGS.items() if id_ in absent)

    def blind(self) -> Iterator[Statement]:
        """What to do where too little was collected to tell anything.

        Source: Microsoft, "Delete or restore user mailboxes in Exchange Online" (30 days).
        """
        if logs := self._not_handed_in():
            yield Statement(
                f"At once: export the {' and the '.join(logs)} of this account, and analyze them together "
                "with these files; or check the account in its tenant. Until then it counts neither as "
                "compromised nor as clean.",
                self.grounds.coverage(),
            )
            return
        needs = dict.fromkeys(one.needs for one in self.report.sources if one.needs)
        grant = f"grant {named(tuple(needs), 4, 'permission')}, then " if needs else ""
        if self._without_mailbox():
            yield Statement(
                "At once: find out whether this account ever had a mailbox. Exchange Online has none, so "
                "checking again tells no more about it: search a mailbox on-premises there, restore a "
                "deleted one within 30 days, and judge an account that never had one by its sign-ins. Until "
                "then it counts neither as compromised nor as clean.",
                self.grounds.coverage(),
            )
            if not needs:
                return
        yield Statement(
            f"At once: {grant}check again. Until then it counts neither as compromised nor as clean.",
            self.grounds.coverage(),
        )

    # --- not known -----------------------------------------------------------------------------------------

    def _reach(self) -> Iterator[Statement]:
        """How far the audit log reaches, which Microsoft delivers late."""
        until = parts.audit_until(self.report)
        if until is None:
            return
        at = max((one.at for one in self.report.timeline if one.source in _AUDIT), default=None)
        last = f" The last record is of {parts.utc(at)}." if at else ""
        yield Statement(
            f"What the audit log recorded after {parts.utc(until)}: it comes 60 to 90 minutes late.{last} A "
            f"check from {parts.utc(self.report.window.end + _LATE)} on has more.",
            self.grounds.coverage(*_AUDIT),
        )

    def unknown(self) -> Iterator[Statement]:
        if age := age_of(self.report):
            yield Statement(
                f"What the account is like today: its newest analyzed record is {age}.",
                self.grounds.coverage(),
            )
        for unknown in self.story.unknown:
            yield Statement(f"{unknown.says[:1].upper()}{unknown.says[1:]}.", self.grounds.coverage())
        yield from self.exposed.unnamed()
        seen = self.seen
        if seen and self.report.story:
            if seen.forwards and (seen.untraced or not seen.passed_on):
                yield Statement(
                    "How many messages were forwarded by rules and settings; a message trace by recipient "
                    "tells it for the last 90 days.",
                    ("not looked at",),
                )
            if Impact.FRAUD in self.report.verdict.impact:
                yield Statement(
                    "Whether anyone paid, or acted otherwise, because of the attacker’s messages.",
                    ("not recorded",),
                )
            if seen.mailboxes or seen.files:
                yield Statement(
                    "Whose personal data was in what was opened, and whether it was copied or passed on.",
                    ("not looked at",),
                )
        yield from self._reach()
        gaps = [one for one in self.report.sources if one.state is not Coverage.COMPLETE]
        alike: dict[tuple[Coverage, Reason | None, str, str], list[str]] = {}
        for one in gaps:
            key = (one.state, one.why, one.in_short or one.reason, one.needs)
            alike.setdefault(key, []).append(spoken(one.id))
        for (state, code, why, needs), names in alike.items():
            if code is Reason.NO_MAILBOX:
                yield Statement(parts.no_mailbox(names, len(names)), ("state of the sources",))
                continue
            says = f"{named(names, 6, 'source')}: {STATES[state]}"
            reason = f"{why[:1].upper()}{why[1:]}"
            grant = f" Grant to fix: {needs}." if needs else ""
            yield Statement(
                f"{says[:1].upper()}{says[1:]}. {reason}".strip() + grant, ("state of the sources",)
            )
        if missing := parts.unrecorded(self.report):
            yield Statement(f"Not in any source: {'; '.join(missing)}.", self.grounds.coverage("audit_log"))
        elif not gaps:
            yield Statement(
                "All sources were collected; what happened before the window, on devices or outside of "
                "Microsoft 365 is not in them.",
                self.grounds.coverage(),
            )


def _first_of_all(story: Story) -> str:
    """Say what the first record is that is not the user’s: a sign-in, or something that was done."""
    if not story.came_in:
        return "First action that is not the user’s"
    first = story.since[0]
    return (
        "First successful access"
        if first.point is Point.SIGNED_IN
        else f"First access, by what was done ({visible(first.says)})"
    )


def attempts(report: Report) -> frozenset[str]:
    """Give the ids of what findings tell as tried before somebody got in, from wherever it was."""
    return frozenset(
        record for one in report.findings if one.sign.id in _TRIED_BEFORE for record in one.records
    )


def _attempts(tried: Sequence[Event]) -> str:
    """Say since when there were attempts without access; "" where there were none."""
    if not tried:
        return ""
    since = parts.utc(min(one.at for one in tried))
    return f"attempts without access since {since}"
