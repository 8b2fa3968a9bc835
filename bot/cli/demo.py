"""The sandbox's verbs: a tenant and a workspace on this machine, and the real bot between them.

This is the only part of the bot that knows the sandbox. The bot itself is started as `compromise run` starts
it; only the addresses and the keys are the sandbox's.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import threading
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr
from rich.console import Console
from rich.markup import escape as no_markup
from rich.panel import Panel
from rich.text import Text

import bot
from bot import log
from bot.app import Bot, create_app, now
from bot.artefacts import answers
from bot.cli.run import only_one
from bot.errors import CannotStart, ExportUnreadable
from bot.messages.outcomes import in_words
from bot.settings import (
    ApproverSettings,
    LogSettings,
    ResponderSettings,
    Settings,
    SettingsError,
    SlackSettings,
)
from commands.approval import ProposalState
from commands.errors import CommandError, LedgerError
from commands.ledger import Case, CaseState, Ledger
from commands.ledger.checkpoint import read_checkpoints
from commands.ledger.verify import verify_ledger
from commands.proposals import Outcome, Proposal, Proposals
from commands.report import Answer, Result
from commands.signing_key import SigningKey
from graph.settings import TenantSettings
from sandbox import page, tenant, workspace
from sandbox.page import RunningPage
from sandbox.scenarios import SCENARIOS as _SCENARIOS
from sandbox.tenant import RunningTenant
from sandbox.workspace import NotOnScreenError, RunningWorkspace

T = TypeVar("T")

SCENARIOS = tuple(_SCENARIOS)
"""The names of the tenants that can be played."""

SUBJECT = "adele.vance@contoso.example"
ROOM = "incident-room"

CHECKPOINTS = "security-alerts"

PORT = 8075
"""Where the page is unless that port is taken or another one is asked for."""

_ENGINE = ("jobs.db", "jobs.db-wal", "jobs.db-shm")
_OURS = (
    "ledger.db",
    "ledger.db-wal",
    "ledger.db-shm",
    "ledger.db.head",
    "compromise.key",
    "checkpoints.txt",
    "messages.jsonl",
    *_ENGINE,
)
_MARK = "made-by-the-sandbox"
"""The file without which nothing is removed: a real bot's ledger may lie in the same folder."""
_MOST_SECONDS = 45.0
_ROLES = frozenset(
    {"User Administrator", "Privileged Authentication Administrator", "Cloud Device Administrator"}
)
"""What the application holds in the demonstration: its subject has administrator roles of her own."""
_LATENCY = 0.04
_AUDIT_SECONDS = 4.0
_PROGRESS_SHOWN = 4
_WINDOW_SHOWN = 30
_CARD_SHOWN = 6


def manifest_path() -> Path:
    """Where the Slack app's manifest lies: beside the packages in the repository, in `bot` when installed.

    Raises:
        CannotStart: it is in neither place.
    """
    here = Path(bot.__file__).parent
    for path in (here / "manifest.yml", here.parent / "manifest.yml"):
        if path.is_file():
            return path
    raise CannotStart("manifest.yml is not where it was installed; install compromise-bot again.")


@contextmanager
def tenant_playing(
    scenario: str,
    audit_log: Path | None = None,
    *,
    port: int = 0,
    latency: float = 0.0,
    audit_query_seconds: float = 0.5,
    roles: frozenset[str] = frozenset({"User Administrator"}),
) -> Iterator[RunningTenant]:
    """Start a tenant that plays a scenario, and stop it at the end.

    Raises:
        ExportUnreadable: the export cannot be read.
        CannotStart: the port is taken.
    """
    try:
        played = tenant.start(
            scenario,
            latency=latency,
            audit_query_seconds=audit_query_seconds,
            audit_log=audit_log,
            port=port,
            directory_roles=roles,
        )
    except ValueError as error:
        if audit_log is None:
            raise CannotStart(
                f"The tenant on this machine cannot start: {str(error).rstrip('.')}."
            ) from error
        why = "it is no text" if isinstance(error, UnicodeError) else str(error).rstrip(".")
        raise ExportUnreadable(f"The audit log {audit_log} cannot be loaded: {why}.") from error
    except OSError as error:
        raise CannotStart(f"The tenant on this machine cannot start: {error}.") from error
    with played:
        yield played


def tenant_settings(played: RunningTenant) -> TenantSettings:
    """The settings that reach a played tenant."""
    return TenantSettings(
        name="sandbox",
        tenant_id=played.tenant_id,
        client_id=played.client_id,
        client_secret=SecretStr(played.client_secret),
        domains=played.domains,
        login_url=played.login_url,
        graph_url=played.graph_url,
        exchange_url=played.exchange_url,
        compliance_url=played.compliance_url,
    )


def bot_settings(played: RunningTenant, slack: RunningWorkspace, folder: Path) -> Settings:
    """The settings of a bot that lives between a played tenant and a played workspace."""
    return Settings(
        tenants=(tenant_settings(played),),
        slack=SlackSettings(
            bot_token=SecretStr(slack.bot_token),
            app_token=SecretStr(slack.app_token),
            api_url=slack.api_url,
            checkpoints=slack.channels[CHECKPOINTS].id,
        ),
        responders=ResponderSettings(group="S0RESPONDE"),
        approvers=ApproverSettings(users=(slack.people["approver"].id, slack.people["second_approver"].id)),
        ledger=folder / "ledger.db",
        key=folder / "compromise.key",
        engine=f"sqlite:///{(folder / 'jobs.db').resolve()}",
        patience=timedelta(seconds=_MOST_SECONDS),
        log=LogSettings(level="error"),
        sandbox=True,
    )


@contextmanager
def bot_running(settings: Settings, clock: Callable[[], datetime] = now) -> Iterator[Bot]:
    """Start the bot, as `compromise run` does, and stop it at the end."""
    started = create_app(settings, clock=clock)
    try:
        started.start()
        yield started
    finally:
        started.stop()


def play(folder: Path, console: Console) -> int:
    """Play the main job and leave what it made in `folder`.

    Returns:
        0 when everything held, 1 when something did not; what did not is told.

    Raises:
        CannotStart: the folder cannot be written, is in use, holds what no sandbox made, or one of the parts
            cannot start.
    """
    with _alone_in(folder):
        _make_room(folder)
        return _play(folder, console)


def _play(folder: Path, console: Console) -> int:
    log.configure(LogSettings(level="error"))
    began = time.monotonic()
    with (
        tenant_playing(
            "mailbox-takeover", latency=_LATENCY, audit_query_seconds=_AUDIT_SECONDS, roles=_ROLES
        ) as played,
        workspace.start(manifest_path()) as slack,
    ):
        settings = bot_settings(played, slack, folder)
        told = f"A tenant at {played.url} and a Slack workspace at {slack.url}, both on this machine."
        console.print(told, soft_wrap=True)
        with bot_running(settings):
            slack.wait_connected()
            console.print("The bot is connected by Socket Mode.\n")
            problems = _story(slack, settings, console)
        (folder / "messages.jsonl").write_text(
            "".join(json.dumps(line, default=str) + "\n" for line in slack.transcript), encoding="utf-8"
        )
        files = _keep_files(slack, folder)
        (folder / "checkpoints.txt").write_text(
            "\n\n".join(slack.as_text(message) for message in slack.messages(CHECKPOINTS)), encoding="utf-8"
        )
        calls, writes = len(played.calls), len(played.writes())
    problems += what_does_not_hold(folder, files)
    problems += _verified(folder, console)
    for name in _ENGINE:
        (folder / name).unlink(missing_ok=True)
    # The archive that was attached has them all.
    shutil.rmtree(folder / answers.FOLDER, ignore_errors=True)
    console.print()
    for name in ("ledger.db", "compromise.key", "checkpoints.txt", "messages.jsonl", *files):
        console.print(f"  {no_markup(str(folder / name))}", soft_wrap=True)
    spent = f"{time.monotonic() - began:.1f} seconds"
    console.print(f"{calls - writes} questions to Microsoft 365, {writes} changes in it, {spent}.")
    for problem in problems:
        console.print(Text(f"Does not hold: {problem}", style="bold red"))
    return 1 if problems else 0


def _make_room(folder: Path) -> None:
    """Take away what an earlier sandbox left in the folder; nothing else is touched.

    Raises:
        CannotStart: a ledger or a key lies there that no sandbox made, or the folder cannot be written.
    """
    mark = folder / _MARK
    there = [name for name in (*_OURS, answers.FOLDER) if os.path.lexists(folder / name)]
    if there and not mark.is_file():
        found = ", ".join(there)
        raise CannotStart(f"{folder} holds {found}, which no sandbox made. Choose another folder: --output.")
    try:
        for name in _OURS:
            (folder / name).unlink(missing_ok=True)
        mark.write_text("A sandbox may remove its ledger and keys from this folder.\n", encoding="utf-8")
    except OSError as error:
        raise CannotStart(f"The folder {folder} cannot be written ({error.strerror}).") from error


def _story(slack: RunningWorkspace, settings: Settings, console: Console) -> list[str]:
    """An account is checked, taken back by two people, and given back; a guest is refused."""
    watcher = _Watcher(slack, console)
    with closing(Ledger(settings.ledger, lambda: datetime.now(UTC))) as ledger:
        story = _Story(slack, Proposals(ledger), watcher, console)
        problems = story.check()
        case = _shown_case(ledger)
        if case is not None and not problems:
            problems += story.contain(case) or story.restore(case) or story.report()
    problems += _refusal(slack, console)
    pinged = {name for line in slack.transcript for name in line.get("pings", ())}
    strangers = pinged - {slack.people[part].id for part in ("responder", "approver", "second_approver")}
    if strangers:
        problems.append(f"A message called {', '.join(sorted(strangers))}, who has nothing to do with it.")
    return problems


@dataclass(frozen=True, slots=True)
class _Story:
    """What people do in the demonstration; each act gives what does not hold."""

    slack: RunningWorkspace
    proposals: Proposals
    watcher: _Watcher
    console: Console

    def check(self) -> list[str]:
        """A responder asks; the card fills up."""
        _typed(self.console, "Megan Bowen", ROOM, f"/compromise check {SUBJECT}")
        delivery = self.slack.slash("responder", ROOM, "/compromise", f"check {SUBJECT}")
        if delivery.error:
            return [f"The command was answered with {delivery.error}."]
        case = self._until(lambda: _shown_case(self.proposals.ledger))
        if case is None:
            return [f"There was no finished card after {_MOST_SECONDS:.0f} seconds."]
        if case.state is not CaseState.DONE:
            return [f"The check failed: {case.note}"]
        if case.verdict != Answer.COMPROMISED:
            return [f"The verdict is {case.verdict}, and the mailbox was taken over."]
        return []

    def contain(self, case: Case) -> list[str]:
        """A responder proposes what the findings ask for; two people approve with the button."""
        self._acts("Megan Bowen presses “Take the account back” on the card.")
        card = next(one for one in self.slack.messages(ROOM) if one.ts == case.card)
        self.slack.click("responder", card, "contain")
        window = self.slack.wait_for(lambda: self.slack.modals("responder")[-1], what="the window")
        text = self.slack.as_text(window).splitlines()
        shown = [*text[:_WINDOW_SHOWN], f"… {len(text) - _WINDOW_SHOWN} more lines"]
        _show(self.console, "only Megan Bowen sees this window", "\n".join(shown))
        self._acts("Megan Bowen keeps what is ticked, gives the reason, and sends it.")
        self.slack.submit("responder", window, {"reason": "Adele says on the phone that she sent none of it"})
        proposal = self._until(lambda: next(iter(self.proposals.waiting()), None))
        if proposal is None:
            return ["Nothing was proposed."]
        self._until(lambda: self.proposals.get(proposal.id).card)
        card = next(
            one for one in self.slack.messages(ROOM) if one.ts == self.proposals.get(proposal.id).card
        )
        for part in ("approver", "second_approver"):
            self._acts(f"{self.slack.people[part].real_name} presses “Approve”.")
            self.slack.click(part, card, "approve")
            self._until(lambda part=part: self._voted(proposal, part))  # type: ignore[misc]
        return self._carried_out(proposal)

    def restore(self, case: Case) -> list[str]:
        """Adele has her new password; a responder proposes to let her in again, in words."""
        undoable = [one.change.id for one in self.proposals.undoable(case.id)]
        number = undoable.index("block_sign_in:account") + 1
        words = f"restore {case.id} {number} because she has her new password and a clean phone"
        _typed(self.console, "Megan Bowen", ROOM, f"/compromise {words}")
        self.slack.slash("responder", ROOM, "/compromise", words)
        proposal = self._until(lambda: next(iter(self.proposals.waiting()), None))
        if proposal is None:
            return ["Nothing was proposed to be restored."]
        for part in ("approver", "second_approver"):
            words = f"approve {proposal.id}"
            _typed(self.console, self.slack.people[part].real_name, ROOM, f"/compromise {words}")
            self.slack.slash(part, ROOM, "/compromise", words)
            self._until(lambda part=part: self._voted(proposal, part))  # type: ignore[misc]
        return self._carried_out(proposal)

    def report(self) -> list[str]:
        """The responder asks for the report once more, which now tells what was done as well."""
        before = len(self.slack.files())
        words = f"report {SUBJECT}"
        _typed(self.console, "Megan Bowen", ROOM, f"/compromise {words}")
        self.slack.slash("responder", ROOM, "/compromise", words)
        ledger = self.proposals.ledger
        posted = self._until(lambda: len(self.slack.files()) > before and not ledger.unanswered_requests())
        return [] if posted else ["The report was not posted again."]

    def _voted(self, proposal: Proposal, part: str) -> bool:
        who = self.slack.people[part].id
        return any(vote.voter == who for vote in self.proposals.get(proposal.id).votes)

    def _carried_out(self, proposal: Proposal) -> list[str]:
        """Wait for the end of a proposal, and say what became of it other than done."""
        self._until(lambda: self.proposals.get(proposal.id).shown)
        ended = self.proposals.get(proposal.id)
        if ended.state is not ProposalState.DONE:
            return [f"Proposal {ended.id} is {ended.state}: {ended.note or 'nobody carried it out'}"]
        changes = {change.id: change.says for change in ended.plan.changes}
        return [
            f"{changes[one.change]}: {in_words(one.outcome or '')}. {one.says}".strip()
            for one in ended.actions
            if one.outcome not in (Outcome.CONFIRMED, Outcome.ALREADY)
        ]

    def _acts(self, what: str) -> None:
        self.console.print(Text(what, style="bold"), soft_wrap=True)

    def _until(self, seen: Callable[[], T | None]) -> T | None:
        """Show what is posted until something is seen, or the patience ends."""
        ends = time.monotonic() + _MOST_SECONDS
        found = seen()
        while not found and time.monotonic() < ends:
            self.watcher.show_new()
            time.sleep(0.1)
            found = seen()
        self.watcher.show_new(last=True)
        return found


def _refusal(slack: RunningWorkspace, console: Console) -> list[str]:
    room = "with-fabrikam"
    _typed(console, "Pat Guest, a guest", room, f"/compromise check {SUBJECT}")
    slack.slash("guest", room, "/compromise", f"check {SUBJECT}")
    try:
        seen = slack.wait_for(
            lambda: [said for said in map(slack.as_text, slack.ephemerals("guest")) if said.startswith("✖")],
            timeout=10,
            what="the refusal of the guest",
        )
    except NotOnScreenError as error:
        return [str(error)]
    for said in seen:
        _show(console, f"only Pat Guest sees this, in #{room}", said)
    posted = [
        line for line in slack.transcript if line["kind"] == "posted" and line.get("channel_name") == room
    ]
    return ["The bot posted a case in a channel shared with outsiders."] if posted else []


def _shown_case(ledger: Ledger) -> Case | None:
    """The case, once its end is on the card and everything else is posted."""
    for entry in ledger.entries():
        if entry.case_id:
            case = ledger.case(entry.case_id)
            return case if case.shown and case.state is not CaseState.LOOKING else None
    return None


def what_does_not_hold(folder: Path, files: list[str]) -> list[str]:
    """Look at what was left behind, as somebody would who does not trust the bot."""
    problems = []
    try:
        with closing(Ledger(folder / "ledger.db", lambda: datetime.now(UTC))) as ledger:
            size = verify_ledger(ledger.path).head.size
        if size < 3:  # asked, opened and finished are the least
            problems.append(f"The ledger has only {size} entries.")
    except LedgerError as error:
        problems.append(str(error))
    if not (folder / "messages.jsonl").stat().st_size:
        problems.append("No message was posted.")
    if "report.json" not in files:
        return [*problems, "The bot attached no report."]
    report = json.loads((folder / "report.json").read_bytes())
    if report["verdict"] != Answer.COMPROMISED:
        problems.append(f"The attached report says {report['verdict']}.")
    absent = [symptom["id"] for symptom in report["symptoms"][:10] if symptom["result"] != Result.PRESENT]
    if absent:
        problems.append(f"Not found, and it is there: {', '.join(absent)}.")
    return problems


def _verified(folder: Path, console: Console) -> list[str]:
    """Verify the ledger as `compromise ledger verify --anchor --key` does, and say so."""
    try:
        anchors = read_checkpoints((folder / "checkpoints.txt").read_text(encoding="utf-8"))
        public = SigningKey.load(folder / "compromise.key").public
        sound = verify_ledger(folder / "ledger.db", anchors, (public,))
    except CommandError as error:
        return [str(error)]
    told = f"The ledger is sound: {sound.head.size} entries, {sound.anchored} of them before a checkpoint in"
    console.print(f"{told} #{CHECKPOINTS}, whose signature fits.", soft_wrap=True)
    return [] if anchors else ["No checkpoint was posted."]


def _keep_files(slack: RunningWorkspace, folder: Path) -> list[str]:
    """Write the files that the bot attached, under their own names; of one that came twice, the latest."""
    latest = {Path(file.name).name: file.content for file in slack.files()}
    for name, content in latest.items():
        (folder / name).write_bytes(content)
    return list(latest)


class _Watcher:
    """Shows what is posted, as it is posted: a card when it comes, a few of its edits, and its end."""

    def __init__(self, slack: RunningWorkspace, console: Console) -> None:
        self._slack = slack
        self._console = console
        self._seen = 0
        self._edits: dict[str, int] = {}
        self._latest: dict[str, dict[str, Any]] = {}
        self._headings: dict[str, str] = {}

    def show_new(self, *, last: bool = False) -> None:
        """Show what came since the last time; with `last`, the cards as they stand now."""
        lines = self._slack.transcript[self._seen :]
        self._seen += len(lines)
        for line in lines:
            if line["kind"] == "posted":
                self._posted(line)
            elif line["kind"] == "updated":
                self._updated(line)
        if last:
            for line in self._latest.values():
                self._card(line)
            self._latest.clear()

    def _card(self, line: dict[str, Any]) -> None:
        """Show a card as it stands now: its first lines, unless its heading tells something new."""
        text = self._text(line)
        lines = text.splitlines()
        heading = lines[0] if lines else ""
        if self._headings.get(line["ts"]) == heading and len(lines) > _CARD_SHOWN:
            text = "\n".join([*lines[:_CARD_SHOWN], f"… {len(lines) - _CARD_SHOWN} more lines as before"])
        self._headings[line["ts"]] = heading
        _show(self._console, f"#{line['channel_name']}, the card as it stands now", text)

    def _posted(self, line: dict[str, Any]) -> None:
        if line["channel_name"] != ROOM:
            first = line["text"].splitlines()[0]
            told = Text(f"   Also posted to {line['channel_name']}: {first}\n", style="dim")
            self._console.print(told, soft_wrap=True)
            return
        where = f"#{line['channel_name']}" + (", in the thread" if line.get("thread_ts") else "")
        text = self._text(line)
        if line.get("thread_ts") and not line.get("files"):
            lines = text.splitlines()
            text = "\n".join([*lines[:14], f"… {len(lines) - 14} more lines"]) if len(lines) > 16 else text
        else:
            self._headings[line["ts"]] = text.partition("\n")[0]
        _show(self._console, where, text)

    def _updated(self, line: dict[str, Any]) -> None:
        if line["channel_name"] != ROOM:
            return
        self._latest[line["ts"]] = line
        if not line["text"].startswith("Looking"):
            return
        count = self._edits[line["ts"]] = self._edits.get(line["ts"], 0) + 1
        if count <= _PROGRESS_SHOWN:
            lines = self._text(line).splitlines()[2:-1]
            told = "\n".join(f"   {one[:150]}" for one in lines)
            self._console.print(Text(f"   The card is edited:\n{told}\n", style="dim"), soft_wrap=True)

    def _text(self, line: dict[str, Any]) -> str:
        """What people read of one line of the transcript; marks for bold and code are left out."""
        message = workspace.Message(
            ts=line["ts"],
            channel=line["channel"],
            user=line["user"],
            text=line["text"],
            blocks=line["blocks"],
        )
        files = "".join(f"\n[file: {file['name']}]" for file in line.get("files", ()))
        return (self._slack.as_text(message).replace("*", "").replace("`", "") + files).strip()


def _typed(console: Console, who: str, room: str, words: str) -> None:
    console.print(Text.assemble((f"{who} in #{room}: ", "bold"), words), soft_wrap=True)


def _show(console: Console, title: str, text: str) -> None:
    if console.is_terminal:
        console.print(Panel(Text(text), title=Text(title), title_align="left", border_style="cyan"))
    else:
        console.print(Text(f"--- {title}"))
        console.print(Text(text + "\n"), soft_wrap=True)


# --- the sandbox in a browser ------------------------------------------------------------------------------


@dataclass(slots=True)
class Playground:
    """A tenant and a workspace, the real bot between them, and one clock for all three."""

    played: RunningTenant
    slack: RunningWorkspace
    _ahead: timedelta = timedelta()
    _running: Bot | None = None
    _moving: threading.Lock = field(default_factory=threading.Lock)

    @property
    def bot(self) -> Bot:
        """The bot, which runs as long as the playground."""
        assert self._running is not None
        return self._running

    def now(self) -> datetime:
        """The bot's time, an aware UTC datetime."""
        return datetime.now(UTC) + self._ahead

    def let_pass(self, span: timedelta) -> None:
        """Move everybody's time on; what falls due by that is taken up at once and not in the next round."""
        with self._moving:
            self._ahead += span
            self.played.let_pass(span)
            self.slack.advance(span.total_seconds())
            self.bot.jobs.reconcile()


@contextmanager
def playground(
    folder: Path, scenario: str = "mailbox-takeover", audit_log: Path | None = None
) -> Iterator[Playground]:
    """Start tenant, workspace and bot for people to play with, and stop them at the end.

    Raises:
        CannotStart: one of the parts cannot start.
        ExportUnreadable: the export cannot be read.
    """
    with (
        tenant_playing(scenario, audit_log, audit_query_seconds=_AUDIT_SECONDS, roles=_ROLES) as played,
        workspace.start(manifest_path()) as slack,
    ):
        made = Playground(played, slack)
        settings = bot_settings(played, slack, folder)
        assert settings.slack is not None
        at_home = settings.slack.model_copy(update={"channel": slack.channels[ROOM].id})
        with bot_running(settings.model_copy(update={"slack": at_home}), clock=made.now) as started:
            made._running = started  # noqa: SLF001 - the bot needs the clock, so it comes second
            slack.wait_connected()
            yield made


def serve_page(made: Playground, port: int | None) -> RunningPage:
    """Serve the page of a playground.

    Args:
        made: What is shown.
        port: The port on 127.0.0.1; 0 takes a free one, None the usual one, or a free one where it is taken.

    Raises:
        CannotStart: the port is taken.
    """
    for number in (PORT, 0) if port is None else (port,):
        try:
            return page.start(made.slack, made.played, let_pass=made.let_pass, port=number)
        except OSError as error:
            if port is not None:
                why = f"the port {port} cannot be used ({error.strerror}); choose another with --port"
                raise CannotStart(f"The page cannot start: {why}.") from error
    raise CannotStart("The page cannot start: this machine has no free port.")


def keep_running(
    scenario: str, port: int | None, audit_log: Path | None, folder: Path, console: Console
) -> int:
    """Start everything, say where the page is, and go on until Ctrl-C or SIGTERM.

    Raises:
        CannotStart: the folder cannot be written or is in use, or one of the parts cannot start.
    """
    log.configure(LogSettings(level="warning"))
    with _until_told() as over, _alone_in(folder):
        _make_room(folder)
        with playground(folder, scenario, audit_log) as made, serve_page(made, port) as shown:
            console.print(f"Open {shown.url} in a browser.", style="bold", soft_wrap=True)
            for name, told in (
                ("Tenant", made.played.url),
                ("Graph", made.played.graph_url),
                ("Slack", made.slack.api_url),
                ("Ledger", str(folder / "ledger.db")),
            ):
                console.print(Text(f"{name + ':':<9}{told}", style="dim"), soft_wrap=True)
            console.print(Text("Everything is invented and stays on this machine. Ctrl-C ends it."))
            over.wait()
            console.print("Stopping.")
    return 0


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock before anything in it is taken away: another sandbox may live there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"The folder {folder} cannot be written ({error.strerror}).") from error
    with only_one(folder / "ledger.db.lock"):
        yield


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """Give the event that Ctrl-C and SIGTERM set, also where the shell that started us ignores Ctrl-C."""
    over = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: over.set()) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield over
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_CREDENTIALS = re.compile(
    r"COMPROMISE_.*(TOKEN|SECRET|PASSPHRASE|CERTIFICATE|TENANT_ID|CLIENT_ID|LEDGER|KEY|ENGINE)"
    r"|(SLACK|AZURE|MSAL|GRAPH)_.*(TOKEN|SECRET|PASSWORD|CERTIFICATE)"
)
"""Variables that hold the keys of a real workspace or tenant, or that the libraries read such keys from."""

_KEYS = ("bot_token", "app_token", "signing_secret")


def refuse_beside_credentials(environment: Mapping[str, str], here: Path) -> None:
    """Refuse to play where the keys of a real workspace or tenant are at hand.

    The sandbox reads none of them. But whoever has them at hand may take the page for the real thing, or the
    real thing for the page.

    Args:
        environment: The variables, usually `os.environ`.
        here: The folder in which `compromise.toml` would be read.

    Raises:
        SettingsError: there are some, or a settings' file that cannot be read.
    """
    found = [name for name, text in sorted(environment.items()) if text and _CREDENTIALS.match(name)]
    file = Path(environment.get("COMPROMISE_CONFIG") or here / "compromise.toml")
    if file.is_file():
        try:
            given = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            says = f"The sandbox does not start beside {file}, which cannot be read; use another folder."
            raise SettingsError([says]) from error
        slack = given.get("slack")
        tenants = given.get("tenant") or given.get("tenants")
        if tenants or (isinstance(slack, dict) and any(slack.get(key) for key in _KEYS)):
            found.append(str(file))
    if found:
        named = ", ".join(found)
        says = f"The sandbox does not start beside real credentials: {named}. Use another shell and folder."
        raise SettingsError([says])
