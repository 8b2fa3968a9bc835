"""The one place where everything is wired: settings in, a bot that can be started and stopped out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

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
from bot.people.second_factor import SecondFactor
from bot.people.tenancy import Tenancy
from bot.people.wiring import whoami, wire_people
from bot.rules import ruleset_of
from bot.running import Bot
from bot.settings import Settings, SlackSettings, Tenant
from bot.setup.examination import Examination
from bot.slack import listeners
from bot.slack.client import TIMEOUT, make_client
from bot.slack.rooms import Rooms
from bot.verbs.proposing import SOURCES, TITLES
from bot.verbs.shape import Tools
from bot.verbs.team import tell_change
from bot.work.checks.apart.child import Given
from bot.work.checks.apart.parent import ApartMaker
from bot.work.checks.keeper import CheckKeeper, is_compromised
from bot.work.checks.maker import CheckMaker
from bot.work.crossing.limiter import SharedLimiter
from bot.work.crossing.seal import Seal
from bot.work.crossing.store import Store
from bot.work.engine.database import database
from bot.work.engine.kinds import VERSION
from bot.work.hunts.keeper import HuntKeeper
from bot.work.hunts.maker import HuntMaker
from bot.work.jobs import Jobs
from bot.work.plans.carrying import Carrying
from bot.work.rechecks.keeper import RecheckKeeper
from bot.work.rechecks.maker import RecheckMaker
from commands.containment.carry_out import Patience
from commands.containment.planning_input import Guard
from commands.containment.proposals import Proposals
from commands.ledger import Ledger
from commands.ledger.tenants import former_names, note_tenants
from commands.signing_key import SigningKey
from graph.limits import PUBLISHED, Rates
from graph.tenants import Tenants

log = structlog.get_logger(__name__)


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = now,
    edits: Edits = Edits(),  # noqa: B008 - frozen
    polls: float = 1.0,
    rates: Rates = PUBLISHED,
    version: str = VERSION,
    apart: bool = False,
    width: int = WIDTH,
) -> Bot:
    """Wire everything; nothing runs before `Bot.start`.

    Args:
        settings: All of them; `slack` and `tenants` must be there.
        clock: Tells the time (aware UTC).
        edits: How far apart a card is edited.
        polls: How many times as long as usual a search at Microsoft is left alone before it is looked at.
        rates: How fast each service of Microsoft may be asked.
        version: Of the work that is kept in the job database.
        apart: Look at accounts in a process of its own, which has its own clock and patience.
        width: Pixels of a picture from side to side.

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
    remote = None if settings.engine.startswith("sqlite:") else database(settings.engine)
    limiter = SharedLimiter(remote) if remote else None
    ids = {one.name: one.tenant_id for one in settings.tenants}
    former = former_names(note_tenants(ledger, ids, partial(_id_of, settings.tenants)), ids)
    # Whoever looks has no ledger that tells former names, and goes by the id.
    by_any_name = ids | {name: ids[now] for name, now in former.items() if now}
    shared = limiter.of if limiter else None
    tenants = Tenants(settings.tenants, polls=polls, shared=shared, rates=rates, former=former)
    clouds = {one.name: one.cloud for one in settings.tenants}
    clouds |= {name: clouds[now] for name, now in former.items() if now}
    tenancy = Tenancy(settings, former)
    people = wire_people(client, tenancy, settings=settings, ledger=ledger, tenants=tenants)
    rooms = Rooms(client, make_client(slack, waits=False), why_not_posted=tenancy.why_not_posted)
    cards = Cards(
        rooms,
        ledger,
        clouds=clouds,
        reads=lambda user, tenant: tenancy.whose(tenant) in people.sees(user),
        edits=edits,
        width=width,
    )
    proposals = Proposals(ledger)
    papers = ProposalCards(
        rooms,
        cards=cards,
        proposals=proposals,
        people=people,
        # The document's numbering stays in sight where the order is another one.
        titles={step: step_title(step, TITLES, SOURCES) for step in TITLES},
        clock=clock,
    )
    seconds = settings.patience.total_seconds()

    def guard(tenant: str) -> Guard:
        return tenancy.of(tenant).guard

    atlas = atlas_of(settings.cities, settings.networks, settings.known_networks)
    looker: ApartMaker | None = None
    if apart and settings.checks_here:
        guards = {one.name: guard(one.name) for one in settings.tenants}
        given = Given(settings.model_copy(update={"slack": None}), guards, edits)
        looker = ApartMaker(given, partial(is_compromised, ledger))
    maker = looker or CheckMaker(tenants, clock, seconds, atlas, ruleset_of(settings.rules))
    store = Store(remote) if remote else None
    seal = Seal(settings.worker_key.get_secret_value()) if settings.worker_key else None
    checks = CheckKeeper(
        ledger, cards, maker, guard=guard, store=store, seal=seal, atlas=atlas, ids=by_any_name
    )
    carrying = Carrying(
        proposals=proposals,
        tenants=tenants,
        cards=cards,
        papers=papers,
        people=people,
        keys=keys,
        guard=guard,
        clock=clock,
        patience=Patience(),
        seconds=seconds,
        post_checkpoint=CheckpointPoster(
            client,
            ledger,
            keys,
            channel=slack.checkpoints,
            every=settings.checkpoint_every,
            clock=clock,
        ).due,
        atlas=atlas,
    )
    gate = Gate(ledger, people, tenants, tenancy)
    hunts = HuntKeeper(
        rooms=rooms,
        ledger=ledger,
        maker=HuntMaker(tenants, seconds),
        cards=cards,
        ours=gate.readable_in,
        store=store,
        seal=seal,
        ids=by_any_name,
    )
    rechecks = RecheckKeeper(
        proposals=proposals,
        cards=cards,
        show_what_is_left=papers.what_is_left,
        maker=RecheckMaker(tenants, clock, seconds, atlas),
        guard=guard,
        atlas=atlas,
        store=store,
        seal=seal,
        ids=by_any_name,
    )
    jobs = Jobs(
        settings.engine,
        workers=settings.workers,
        ledger=ledger,
        checks=checks,
        carrying=carrying,
        hunts=hunts,
        rechecks=rechecks,
        cards=cards,
        clock=clock,
        database=remote,
        store=store,
        seal=seal,
        tenants=ids,
        checks_here=settings.checks_here,
        version=version,
    )
    tools = Tools(
        client,
        ledger=ledger,
        gate=gate,
        people=people,
        rooms=rooms,
        cards=cards,
        papers=papers,
        proposals=proposals,
        jobs=jobs,
        hunts=hunts,
        tenancy=tenancy,
        look_again=carrying.look,
        factor=SecondFactor(ledger, keys, clock),
        keys=keys,
        clock=clock,
        usual=settings.window,
    )
    people.on_change = partial(tell_change, tools=tools)
    desk = Desk(
        tools,
        home=Home(
            client,
            gate=gate,
            people=people,
            rooms=rooms,
            proposals=proposals,
            clock=clock,
            tenancy=tenancy,
            checkpoints=slack.checkpoints,
            examination=Examination(settings, tenants, clock),
            waits_for=jobs.waits_for,
        ),
    )
    alerts = Alerts(settings.alerts, tenants, tools, sent=bool(settings.webhook_secrets))
    app = _bolt(slack, client, me)
    bot = Bot(
        app,
        settings,
        ledger=ledger,
        people=people,
        tenants=tenants,
        jobs=jobs,
        desk=desk,
        alerts=alerts,
        outgoing=forwarders(settings, ledger, cards, rooms, clock),
        limiter=limiter,
        looker=looker,
        teams=tenancy.teams,
    )
    listeners.register(app, desk)
    return bot


def _bolt(slack: SlackSettings, client: WebClient, me: Any) -> App:
    """Make Bolt's app, which knows from the start whose the token is."""
    authorized = AuthorizeResult(
        enterprise_id=me.get("enterprise_id"),
        team_id=str(me["team_id"]),
        bot_user_id=str(me["user_id"]),
        bot_id=str(me.get("bot_id") or ""),
        bot_token=slack.bot_token.get_secret_value(),
    )
    return App(
        name="compromise",  # else Bolt reads the sources of the whole call stack to find one
        client=WebClient(
            base_url=slack.api_url, timeout=TIMEOUT, ssl=client.ssl, retry_handlers=client.retry_handlers
        ),
        # Known from the start, so that no listener waits for Slack before it acknowledges.
        authorize=lambda **_: authorized,
        # Socket Mode has no signatures; Bolt wants a text all the same.
        signing_secret=slack.signing_secret.get_secret_value() if slack.signing_secret else "unused",
        # Listeners only hand over, so they run where the request arrived: no thread to wait for, and no
        # polling for the acknowledgement, which costs Bolt's other way ten milliseconds each.
        process_before_response=True,
        listener_executor=ThreadPoolExecutor(16, thread_name_prefix="bolt"),
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
