"""The one place where everything is wired: settings in, a bot that can be started and stopped out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar

import sqlalchemy as sa
import structlog
from slack_sdk import WebClient

from bot import listeners
from bot.artefacts.timeline_png import WIDTH
from bot.atlas import atlas_of
from bot.cards.case import Cards
from bot.cards.checkpoint import CheckpointPoster
from bot.cards.home import Home
from bot.cards.painter import Edits
from bot.cards.proposal import ProposalCards
from bot.clock import now
from bot.desk import Desk
from bot.errors import CannotStart, SettingsError
from bot.incoming.alerts import Alerts
from bot.messages.plans import step_title
from bot.outgoing.wiring import forwarders
from bot.people.gate import Gate
from bot.people.persons import People
from bot.people.second_factor import SecondFactor
from bot.people.tenancy import Tenancy
from bot.people.wiring import whoami, wire_people
from bot.rules import ruleset_of
from bot.running import Bot
from bot.settings import Settings, SlackSettings, Tenant
from bot.setup.examination import Examination
from bot.slack.bolt import make_bolt
from bot.slack.client import make_client
from bot.slack.rooms import Rooms
from bot.verbs.proposing import SOURCES, TITLES
from bot.verbs.shape import Tools
from bot.verbs.team import tell_change
from bot.work.checks.apart.child import Given
from bot.work.checks.apart.parent import ApartMaker, Process
from bot.work.checks.keeper import CheckKeeper, is_compromised
from bot.work.checks.maker import CheckMaker
from bot.work.crossing.limiter import SharedLimiter
from bot.work.crossing.seal import Seal
from bot.work.crossing.store import Store
from bot.work.engine.database import database
from bot.work.engine.kinds import VERSION
from bot.work.hunts.keeper import HuntKeeper
from bot.work.hunts.maker import HuntMaker
from bot.work.jobs import Jobs, Pauses
from bot.work.plans.carrying import Carrying
from bot.work.rechecks.keeper import RecheckKeeper
from bot.work.rechecks.maker import RecheckMaker
from commands.containment.carry_out import Patience
from commands.containment.proposals import Proposals
from commands.ledger import Ledger
from commands.ledger.tenants import former_names, note_tenants
from commands.plans.planning_input import Guard
from commands.signing_key import SigningKey
from graph.limits import PUBLISHED, Rates
from graph.tenants import Tenants

log = structlog.get_logger(__name__)
T = TypeVar("T")


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = now,
    edits: Edits = Edits(),  # noqa: B008 - frozen
    polls: float = 1.0,
    rates: Rates = PUBLISHED,
    version: str = VERSION,
    apart: Callable[[int], Process] | None = None,
    width: int = WIDTH,
    pauses: Pauses = Pauses(),  # noqa: B008 - frozen
) -> Bot:
    """Wire everything; nothing runs before `Bot.start`.

    Args:
        settings: All of them; `slack` and `tenants` must be there.
        clock: Tells the time (aware UTC).
        edits: How far apart a card is edited.
        polls: How many times as long as usual a search at Microsoft is left alone before it is looked at.
        rates: How fast each service of Microsoft may be asked.
        version: Of the work that is kept in the job database.
        apart: Starts a process that looks, with its own clock and patience; None to look in this one.
        width: Pixels of a picture from side to side.
        pauses: How often the engine looks for work.

    Raises:
        CannotStart: Slack refuses the token, or cannot be reached.
        LedgerError: the ledger cannot be used.
    """
    slack = settings.slack
    if slack is None:
        raise CannotStart("The settings have no [slack] section.")
    client = make_client(slack)
    me = whoami(client)
    ledger = Ledger(settings.ledger, clock)
    keys = SigningKey.load_or_make(settings.key)
    base = _Base(settings, slack, client, clock, ledger, keys, edits)
    microsoft = _microsoft(base, polls=polls, rates=rates)
    tenancy = Tenancy(settings, microsoft.former)
    people = wire_people(client, tenancy, settings=settings, ledger=ledger, tenants=microsoft.tenants)
    cards = _cards(base, microsoft, tenancy, people, width=width)
    gate = Gate(ledger, people, microsoft.tenants, tenancy)
    work = _work(base, microsoft, tenancy, cards, gate, apart=apart, version=version, pauses=pauses)
    tools = _tools(base, cards, work, gate, tenancy)
    people.on_change = partial(tell_change, tools=tools)
    desk = Desk(tools, home=_home(base, microsoft.tenants, tools))
    app = make_bolt(slack, client, me)
    bot = Bot(
        app,
        settings,
        ledger=ledger,
        people=people,
        tenants=microsoft.tenants,
        jobs=work.jobs,
        desk=desk,
        alerts=Alerts(settings.alerts, microsoft.tenants, tools, sent=bool(settings.webhook_secrets)),
        outgoing=forwarders(settings, ledger, cards.cases, cards.rooms, clock),
        limiter=microsoft.limiter,
        looker=work.apart,
        teams=tenancy.teams,
    )
    listeners.register(app, desk)
    return bot


class _Base(NamedTuple):
    """What everything else is made with."""

    settings: Settings
    slack: SlackSettings
    client: WebClient
    clock: Callable[[], datetime]
    ledger: Ledger
    keys: SigningKey
    edits: Edits


class _Microsoft(NamedTuple):
    """The tenants, and what is shared by all who ask them.

    Attributes:
        tenants: Who can be asked.
        database: The job database where it is PostgreSQL.
        limiter: The limits that are kept there.
        ids: The id of each configured tenant by its name.
        former: The present name of each tenant by a name that it had, "" where it is no longer configured.
    """

    tenants: Tenants
    database: sa.Engine | None
    limiter: SharedLimiter | None
    ids: dict[str, str]
    former: dict[str, str]

    def by_any_name(self, values: Mapping[str, T]) -> dict[str, T]:
        """Give what is known of each tenant by its name also by the names that it had."""
        return {**values, **{name: values[now] for name, now in self.former.items() if now}}


class _Cards(NamedTuple):
    """What people see in Slack, and the proposals that it is about."""

    rooms: Rooms
    cases: Cards
    papers: ProposalCards
    proposals: Proposals
    people: People


class _Work(NamedTuple):
    """Durable work, and the parts of it that others know."""

    jobs: Jobs
    hunts: HuntKeeper
    carrying: Carrying
    apart: ApartMaker | None


def _microsoft(base: _Base, *, polls: float, rates: Rates) -> _Microsoft:
    """Reach the tenants, under the names that they have and had."""
    settings = base.settings
    remote = None if settings.engine.startswith("sqlite:") else database(settings.engine)
    limiter = SharedLimiter(remote) if remote else None
    ids = {one.name: one.tenant_id for one in settings.tenants}
    former = former_names(note_tenants(base.ledger, ids, partial(_id_of, settings.tenants)), ids)
    shared = limiter.of if limiter else None
    tenants = Tenants(settings.tenants, polls=polls, shared=shared, rates=rates, former=former)
    return _Microsoft(tenants, remote, limiter, ids, former)


def _cards(base: _Base, microsoft: _Microsoft, tenancy: Tenancy, people: People, *, width: int) -> _Cards:
    """Make what shows cases and proposals."""
    hasty = make_client(base.slack, waits=False)
    rooms = Rooms(
        base.client,
        hasty,
        why_not_posted=tenancy.why_not_posted,
        demand_room=base.ledger.demand_room,
    )
    cases = Cards(
        rooms,
        base.ledger,
        clouds=microsoft.by_any_name({one.name: one.cloud for one in base.settings.tenants}),
        reads=lambda user, tenant: tenancy.whose(tenant) in people.sees(user),
        edits=base.edits,
        width=width,
    )
    proposals = Proposals(base.ledger)
    papers = ProposalCards(
        rooms,
        cards=cases,
        proposals=proposals,
        people=people,
        # The document's numbering stays in sight where the order is another one.
        titles={step: step_title(step, TITLES, SOURCES) for step in TITLES},
        clock=base.clock,
    )
    return _Cards(rooms, cases, papers, proposals, people)


def _work(
    base: _Base,
    microsoft: _Microsoft,
    tenancy: Tenancy,
    cards: _Cards,
    gate: Gate,
    *,
    apart: Callable[[int], Process] | None,
    version: str,
    pauses: Pauses,
) -> _Work:
    """Make checks, hunts, rechecks and the carrying out of plans, and what begins them."""
    settings, clock, tenants = base.settings, base.clock, microsoft.tenants
    seconds = settings.patience.total_seconds()
    atlas = atlas_of(settings.cities, settings.networks, settings.known_networks)
    store = Store(microsoft.database) if microsoft.database else None
    seal = Seal(settings.worker_key.get_secret_value()) if settings.worker_key else None
    # Whoever looks has no ledger that tells former names, and goes by the id.
    ids = microsoft.by_any_name(microsoft.ids)

    def guard(tenant: str) -> Guard:
        return tenancy.of(tenant).guard

    own_process = _apart(base, guard, apart) if apart and settings.checks_here else None
    checks = CheckKeeper(
        base.ledger,
        cards.cases,
        own_process or CheckMaker(tenants, clock, seconds, atlas, ruleset_of(settings.rules)),
        guard=guard,
        atlas=atlas,
        store=store,
        seal=seal,
        ids=ids,
    )
    carrying = Carrying(
        proposals=cards.proposals,
        tenants=tenants,
        cards=cards.cases,
        papers=cards.papers,
        people=cards.people,
        keys=base.keys,
        guard=guard,
        clock=clock,
        patience=Patience(),
        seconds=seconds,
        post_checkpoint=_checkpoints(base).due,
        atlas=atlas,
    )
    hunts = HuntKeeper(
        rooms=cards.rooms,
        ledger=base.ledger,
        maker=HuntMaker(tenants, seconds),
        cards=cards.cases,
        ours=gate.readable_in,
        store=store,
        seal=seal,
        ids=ids,
    )
    rechecks = RecheckKeeper(
        proposals=cards.proposals,
        cards=cards.cases,
        show_what_is_left=cards.papers.what_is_left,
        maker=RecheckMaker(tenants, clock, seconds, atlas),
        guard=guard,
        clock=clock,
        atlas=atlas,
        store=store,
        seal=seal,
        ids=ids,
    )
    jobs = Jobs(
        settings.engine,
        workers=settings.workers,
        ledger=base.ledger,
        checks=checks,
        carrying=carrying,
        hunts=hunts,
        rechecks=rechecks,
        cards=cards.cases,
        clock=clock,
        database=microsoft.database,
        store=store,
        seal=seal,
        tenants=microsoft.ids,
        checks_here=settings.checks_here,
        version=version,
        pauses=pauses,
    )
    return _Work(jobs, hunts, carrying, own_process)


def _apart(base: _Base, guard: Callable[[str], Guard], start: Callable[[int], Process]) -> ApartMaker:
    """Have checks made in a process of its own, which gets no token of Slack."""
    settings = base.settings
    guards = {one.name: guard(one.name) for one in settings.tenants}
    given = Given(settings.model_copy(update={"slack": None}), guards, base.edits)
    return ApartMaker(given, partial(is_compromised, base.ledger), start)


def _checkpoints(base: _Base) -> CheckpointPoster:
    """Make what keeps the head of the ledger outside of it."""
    return CheckpointPoster(
        base.client,
        base.ledger,
        base.keys,
        channel=base.slack.checkpoints,
        every=base.settings.checkpoint_every,
        clock=base.clock,
    )


def _tools(base: _Base, cards: _Cards, work: _Work, gate: Gate, tenancy: Tenancy) -> Tools:
    """Put together what verbs work with."""
    return Tools(
        base.client,
        ledger=base.ledger,
        gate=gate,
        people=cards.people,
        rooms=cards.rooms,
        cards=cards.cases,
        papers=cards.papers,
        proposals=cards.proposals,
        jobs=work.jobs,
        hunts=work.hunts,
        tenancy=tenancy,
        look_again=work.carrying.look,
        factor=SecondFactor(base.ledger, base.keys, base.clock),
        keys=base.keys,
        clock=base.clock,
        usual=base.settings.window,
    )


def _home(base: _Base, tenants: Tenants, tools: Tools) -> Home:
    """Make the Home tab."""
    return Home(
        base.client,
        gate=tools.gate,
        people=tools.people,
        rooms=tools.rooms,
        proposals=tools.proposals,
        clock=base.clock,
        tenancy=tools.tenancy,
        checkpoints=base.slack.checkpoints,
        examination=Examination(base.settings, tenants, base.clock),
        waits_for=tools.jobs.waits_for,
    )


def _id_of(tenants: Sequence[Tenant], written: str) -> str:
    """Give the id of a tenant that is written as a domain; what Microsoft does not know stays as it is."""
    from bot.setup.init import tenant_id  # noqa: PLC0415 - hardly any start needs it

    for cloud, login in dict.fromkeys((one.cloud, one.login_url) for one in tenants):
        try:
            return tenant_id(written, cloud, login)
        except SettingsError as error:
            log.warning("A tenant is not known by its domain.", action="tenant.unknown", why=str(error))
    return written
