"""Draws the Home tab: reads what its owner may see, and publishes it.

Who someone is, is read anew each time. Only those who may ask or approve at this moment see cases; someone
whose own account is in doubt sees what everyone sees, and nothing that tells why.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import structlog
from slack_sdk import WebClient

from bot.errors import Barred, BotError
from bot.messages.awaited import Awaited
from bot.messages.home import Details, Found, Health, HomePage, OpenCase, Waiting, home
from bot.people.gate import Gate
from bot.people.persons import People
from bot.people.second_factor import enrolments
from bot.people.tenancy import Tenancy
from bot.slack.client import call
from bot.slack.intake import Asked
from bot.slack.rooms import Rooms
from commands.containment.proposals import Proposals
from commands.errors import CommandError, LedgerTampered
from commands.ledger import Case, CaseState, Ledger
from commands.ledger import tasks as listed
from commands.ledger.verify import verify_ledger
from commands.plans.approval import Voter, approvals, why_not

log = structlog.get_logger(__name__)

MOST_CASES = 10
"""How many cases are listed; each of them is a link that Slack has to be asked for once."""

MOST_WAITING = 10


class Examination(Protocol):
    """What the bot can see, as it was looked at last (`bot.setup.examination`)."""

    @property
    def found(self) -> Found | None:
        """What was found last; None before the first look."""

    def is_due(self) -> bool:
        """Whether it is time for another look."""

    def look(self) -> bool:
        """Look; give whether there is something new."""


class Home:
    """The Home tabs of everyone. Any thread may use it.

    Args:
        client: Slack's Web API.
        gate: Who may ask.
        people: Who may approve and report.
        rooms: Knows where cards are.
        proposals: What waits for people, and the ledger.
        clock: Tells the time (aware UTC).
        tenancy: Whose each tenant is.
        checkpoints: Where checkpoints of the ledger go, "" for nowhere.
        examination: Knows what the bot can see.
        waits_for: Says what checks wait for.
    """

    def __init__(
        self,
        client: WebClient,
        *,
        gate: Gate,
        people: People,
        rooms: Rooms,
        proposals: Proposals,
        clock: Callable[[], datetime],
        tenancy: Tenancy,
        checkpoints: str,
        examination: Examination,
        waits_for: Callable[[], Awaited | None] = lambda: None,
    ) -> None:
        self._client = client
        self._gate = gate
        self._people = people
        self._rooms = rooms
        self._proposals = proposals
        self._clock = clock
        self._tenancy = tenancy
        self._checkpoints = checkpoints
        self._examination = examination
        self._waits_for = waits_for
        self._sound: str | None = None
        self._entries = 0
        self._lock = threading.Lock()
        self._links: dict[tuple[str, str], str] = {}

    @property
    def _ledger(self) -> Ledger:
        return self._proposals.ledger

    def look_at_ledger(self) -> None:
        """Read the whole ledger through once, after the start."""
        try:
            head = verify_ledger(self._ledger.path).head
        except LedgerTampered as error:
            log.error("The ledger is not sound.", action="ledger.tampered", why=str(error))  # noqa: TRY400
            self._sound = str(error)
        except CommandError as error:
            log.warning("The ledger could not be read through.", action="ledger.unread", why=str(error))
        else:
            self._entries, self._sound = head.size, ""

    def show(self, user: str) -> None:
        """Draw someone's Home tab, and draw it again when a look at the bot's health was due.

        Trouble is logged, and the next opening tries again.
        """
        page = self._draw(user)
        if page and page.details and self._examination.is_due() and self._examination.look():
            self._draw(user)

    def _draw(self, user: str) -> HomePage | None:
        try:
            page = self.page(user)
            call(self._client.views_publish, user_id=user, view=home(page))
        except (BotError, CommandError) as error:
            log.warning("The Home tab could not be drawn.", action="home.not_drawn", error=str(error))
        except Exception:
            log.exception("The Home tab failed.", action="home.failed")
        else:
            return page
        return None

    def page(self, user: str) -> HomePage:
        """Read what this person may see.

        Raises:
            SlackFailed: Slack did not answer, so no one knows who this is.
            LedgerError: the ledger cannot be read.
        """
        try:
            reporter = self._people.reporter(user, "")
        except Barred as error:
            return HomePage(user, barred=str(error))
        seen = self._people.sees(user)
        # Whoever is named nowhere is told whom to call where there is only one tenant to call for.
        whose = seen or frozenset(self._tenancy.names if len(self._tenancy.names) == 1 else ())
        responders = tuple(sorted({one for name in whose for one in self._people.responders(name)}))
        voter = self._people.voter(user, factor=True, live=False)
        # The reporter's identity: a voter who could not be read has none, and would be in no doubt.
        doubt = self._people.doubt_about(reporter.identity, None)
        # A tenant in which the reporter is in doubt shows them nothing, whatever holds in the others.
        open_to = frozenset(name for name in seen if not self._people.doubt_about(reporter.identity, name))
        may = not voter.barred or self._may_ask(user)
        details = self._details(voter, open_to) if may and not doubt and open_to else None
        channel = self._channel(seen or frozenset(self._tenancy.names))
        return HomePage(user, reports_heard=bool(channel), responders=responders, details=details)

    def _may_ask(self, user: str) -> bool:
        try:
            self._gate.asker(Asked("", user, "", "", ""))
        except Barred:
            return False
        return True

    def _channel(self, seen: Collection[str]) -> str:
        """Where cards and reports of these tenants go, the first of them that there is; "" for nowhere."""
        return next(filter(None, (self._tenancy.of(name).channel for name in sorted(seen))), "")

    def _details(self, voter: Voter, seen: frozenset[str]) -> Details:
        left = [one.id for one in self._ledger.open_cases() if self._tenancy.whose(one.tenant) in seen]
        cases: list[Case] = []
        # Whose a case is, is compared with all entries, so it is asked of those alone that are shown.
        while left and len(cases) < MOST_CASES:
            case = self._ledger.case(left.pop(0))
            if not self._ledger.owner(case.subject, case.tenant).is_same(voter.ever):
                cases.append(case)
        waiting, elsewhere = self._waiting(voter, seen)
        return Details(
            approver=not voter.barred,
            cases=tuple(map(self._case, cases)),
            more_cases=len(left),
            waiting=waiting,
            elsewhere=elsewhere,
            approvers=tuple(sorted({one for name in seen for one in self._people.approvers(name)})),
            health=self._health(voter.id, seen),
        )

    def _case(self, case: Case) -> OpenCase:
        looking = not case.finished_at or case.state == "looking"
        return OpenCase(
            id=case.id,
            subject=case.subject.mail or case.subject.user_principal_name,
            verdict="" if looking else case.verdict,
            asked_at=case.asked_at,
            tasks=sum(1 for task in listed.tasks(self._proposals.ledger, case.id) if not task.done_by),
            link=self._link(case.channel, case.card),
        )

    def _waiting(self, voter: Voter, seen: frozenset[str]) -> tuple[tuple[Waiting, ...], int]:
        """Give the open proposals that this person may say yes to, and how many there are besides."""
        mine: list[Waiting] = []
        elsewhere = 0
        voters: dict[str, Voter] = {}
        now = self._clock()
        for proposal in sorted(self._proposals.waiting(), key=lambda one: one.expires_at):
            tenant = proposal.plan.tenant
            if self._tenancy.whose(tenant) not in seen:
                continue
            if tenant not in voters:
                voters[tenant] = self._people.voter(voter.id, tenant=tenant, factor=True, live=False)
            ballot = self._proposals.ballot(proposal)
            if now >= proposal.expires_at or ballot.owner.is_same(voter.ever):
                continue
            if (
                why_not(ballot, voters[tenant], yes=True, digest=proposal.digest, now=now)
                or len(mine) >= MOST_WAITING
            ):
                elsewhere += 1
                continue
            mine.append(
                Waiting(
                    id=proposal.id,
                    subject=ballot.subject.mail or ballot.subject.user_principal_name,
                    given=approvals(ballot),
                    needs=proposal.needs,
                    expires_at=proposal.expires_at,
                    link=self._link(proposal.channel, proposal.card),
                )
            )
        return tuple(mine), elsewhere

    def _health(self, user: str, seen: frozenset[str]) -> Health:
        found = self._examination.found
        if found:
            # What is missing in a tenant is for its own people.
            gaps = tuple(one for one in found.gaps if found.tenants.get(one[0], "") in {"", *seen})
            found = replace(found, gaps=gaps)
        last = self._ledger.last_ended()
        if last and self._tenancy.whose(last.tenant) not in seen:
            last = None
        return Health(
            last_check=last.finished_at if last else None,
            last_failed=last is not None and last.state is CaseState.FAILED,
            ledger=self._sound,
            entries=self._entries,
            enrolled=any(one.user == user and one.enrolled_at for one in enrolments(self._ledger)),
            checkpoints=self._checkpoints,
            channel=self._channel(seen),
            found=found,
            awaited=self._waits_for(),
        )

    def _link(self, channel: str, ts: str) -> str:
        """Give the web address of a card; it never changes, so Slack is asked once."""
        with self._lock:
            known = self._links.get((channel, ts), "")
        if not known:
            known = self._rooms.link(channel, ts)
            with self._lock:
                self._links[channel, ts] = known
        return known
