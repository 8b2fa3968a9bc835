"""`compromise demo`: the main job, played by people who press the real buttons, and looked at afterwards."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.markup import escape as no_markup
from rich.text import Text

from bot import log
from bot.artefacts import answers
from bot.messages.outcomes import in_words
from bot.playing.stage import (
    CHECKPOINTS,
    ENGINE,
    MOST_SECONDS,
    ROLES,
    ROOM,
    alone_in,
    bot_running,
    bot_settings,
    make_room,
    manifest_path,
    tenant_playing,
)
from bot.playing.watcher import BRIEF, Length, Watcher, chapter, cut, show, typed
from bot.settings import (
    LogSettings,
    Settings,
)
from commands.containment import effects
from commands.containment.proposals import Outcome, Proposal, Proposals
from commands.errors import CommandError, LedgerError
from commands.ledger import Case, CaseState, Ledger
from commands.ledger.checkpoint import read_checkpoints
from commands.ledger.verify import verify_ledger
from commands.plans.approval import ProposalState
from commands.report import Result, VerdictCode
from commands.signing_key import SigningKey
from sandbox import workspace
from sandbox.workspace import NotOnScreenError, RunningWorkspace

T = TypeVar("T")

SUBJECT = "adele.vance@contoso.example"


_LATENCY = 0.04
_AUDIT_SECONDS = 1.0
"""How long a played audit search runs: long enough for the card to be seen filling up."""


def play(folder: Path, console: Console, length: Length = BRIEF) -> int:
    """Play the main job and leave what it made in `folder`.

    Returns:
        0 when everything held, 1 when something did not; what did not is told.

    Raises:
        CannotStart: the folder cannot be written, is in use, holds what no sandbox made, or one of the parts
            cannot start.
    """
    with alone_in(folder):
        make_room(folder)
        return _play(folder, console, length)


def _play(folder: Path, console: Console, length: Length) -> int:
    log.configure(LogSettings(level="error"))
    began = time.monotonic()
    with (
        tenant_playing(
            "mailbox-takeover", latency=_LATENCY, audit_query_seconds=_AUDIT_SECONDS, roles=ROLES
        ) as played,
        workspace.start(manifest_path(), answers_within=MOST_SECONDS) as slack,
    ):
        settings = bot_settings(played, slack, folder)
        told = f"A tenant at {played.url} and a Slack workspace at {slack.url}, both on this machine."
        console.print(told, soft_wrap=True)
        with bot_running(settings):
            slack.wait_connected()
            console.print("The bot is connected by Socket Mode.\n")
            problems = _story(slack, settings, console, length)
        (folder / "messages.jsonl").write_text(
            "".join(json.dumps(line, default=str) + "\n" for line in slack.transcript), encoding="utf-8"
        )
        files = _keep_files(slack, folder)
        (folder / "checkpoints.txt").write_text(
            "\n\n".join(slack.as_text(message) for message in slack.messages(CHECKPOINTS)), encoding="utf-8"
        )
        calls, writes = len(played.calls), len(played.writes())
    problems += what_does_not_hold(folder, files)
    chapter(console, "6. What is left, and whether it can be trusted")
    problems += _verified(folder, console)
    for name in ENGINE:
        (folder / name).unlink(missing_ok=True)
    # The archive that was attached has them all.
    shutil.rmtree(folder / answers.FOLDER, ignore_errors=True)
    names = ("ledger.db", "compromise.key", "checkpoints.txt", "messages.jsonl", *files)
    console.print(f"Files in {no_markup(str(folder))}: {no_markup(', '.join(names))}", soft_wrap=True)
    spent = f"{time.monotonic() - began:.1f} seconds"
    console.print(f"{calls - writes} requests to Microsoft 365, {writes} changes in it, {spent}.")
    for problem in problems:
        console.print(Text(f"Failed: {problem}", style="bold red"))
    return 1 if problems else 0


def _story(slack: RunningWorkspace, settings: Settings, console: Console, length: Length) -> list[str]:
    """An account is checked, contained by two people, and given back; a guest is refused."""
    watcher = Watcher(slack, console, length)
    with closing(Ledger(settings.ledger, lambda: datetime.now(UTC))) as ledger:
        story = _Story(slack, Proposals(ledger), watcher, console, length)
        problems = story.check()
        case = _shown_case(ledger)
        if case is not None and not problems:
            problems += story.contain(case) or story.restore(case) or story.report()
    problems += _refusal(slack, console)
    pinged = {name for line in slack.transcript for name in line.get("pings", ())}
    strangers = pinged - {slack.people[part].id for part in ("responder", "approver", "second_approver")}
    if strangers:
        problems.append(f"A message called {', '.join(sorted(strangers))}, who is not involved.")
    return problems


@dataclass(frozen=True, slots=True)
class _Story:
    """What people do in the demonstration; each act gives what does not hold."""

    slack: RunningWorkspace
    proposals: Proposals
    watcher: Watcher
    console: Console
    length: Length

    def check(self) -> list[str]:
        """A responder asks; the card fills up."""
        chapter(self.console, "1. A responder asks")
        typed(self.console, "Megan Bowen", ROOM, f"/compromise check {SUBJECT}")
        delivery = self.slack.slash("responder", ROOM, "/compromise", f"check {SUBJECT}")
        if delivery.error:
            return [f"The command failed: {delivery.error}."]
        case = self._until(lambda: _shown_case(self.proposals.ledger))
        if case is None:
            return [f"The check did not finish within {MOST_SECONDS:.0f} seconds."]
        if case.state is not CaseState.DONE:
            return [f"The check failed: {case.note}"]
        if case.verdict != VerdictCode.COMPROMISED:
            return [f"The verdict is {case.verdict}, although the mailbox is compromised."]
        return []

    def contain(self, case: Case) -> list[str]:
        """A responder proposes what the findings ask for; two people approve with the button."""
        chapter(self.console, "2. One proposes, two approve, the bot carries it out")
        self._acts("Megan Bowen selects “Contain account” on the card.")
        card = next(one for one in self.slack.messages(ROOM) if one.ts == case.card)
        self.slack.click("responder", card, "contain")
        window = self.slack.wait_for(lambda: self.slack.modals("responder")[-1], what="the window")
        text = cut(self.slack.as_text(window), self.length.window)
        show(self.console, "only Megan Bowen sees this dialog", text)
        self._acts("Megan Bowen keeps the preselected changes, enters a reason, and submits.")
        self.slack.submit(
            "responder",
            window,
            {"reason": "Adele says by phone that the message about new bank details is not hers"},
        )
        proposal = self._until(lambda: next(iter(self.proposals.waiting()), None))
        if proposal is None:
            return ["Nothing was proposed."]
        self._until(lambda: self.proposals.get(proposal.id).card)
        card = next(
            one for one in self.slack.messages(ROOM) if one.ts == self.proposals.get(proposal.id).card
        )
        for part in ("approver", "second_approver"):
            self._acts(f"{self.slack.people[part].real_name} reads what cannot be undone, and approves.")
            self.slack.click(part, card, "approve")
            window = self.slack.wait_for(lambda part=part: self.slack.modals(part)[-1], what="the window")  # type: ignore[misc]
            self.slack.submit(part, window, {})
            self._until(lambda part=part: self._voted(proposal, part))  # type: ignore[misc]
        return self._carried_out(proposal)

    def restore(self, case: Case) -> list[str]:
        """Adele has a new password; a responder proposes by command to unblock the sign-in."""
        chapter(self.console, "3. Sign-in is unblocked")
        undoable = effects.undoable(self.proposals.ledger, case.id)
        number = next(one.number for one in undoable if one.change.id == "block_sign_in:account")
        words = f"restore {case.id} {number} because Adele has a new password and a clean phone"
        typed(self.console, "Megan Bowen", ROOM, f"/compromise {words}")
        self.slack.slash("responder", ROOM, "/compromise", words)
        proposal = self._until(lambda: next(iter(self.proposals.waiting()), None))
        if proposal is None:
            return ["No undo was proposed."]
        for part in ("approver", "second_approver"):
            words = f"approve {proposal.id}"
            typed(self.console, self.slack.people[part].real_name, ROOM, f"/compromise {words}")
            self.slack.slash(part, ROOM, "/compromise", words)
            self._until(lambda part=part: self._voted(proposal, part))  # type: ignore[misc]
        return self._carried_out(proposal)

    def report(self) -> list[str]:
        """The responder asks for the report once more, which now tells what was done as well."""
        chapter(self.console, "4. The report, with what was done")
        before = len(self.slack.files())
        words = f"report {SUBJECT}"
        typed(self.console, "Megan Bowen", ROOM, f"/compromise {words}")
        self.slack.slash("responder", ROOM, "/compromise", words)
        ledger = self.proposals.ledger
        posted = self._until(lambda: len(self.slack.files()) > before and not ledger.unanswered_requests())
        return [] if posted else ["The report was not posted."]

    def _voted(self, proposal: Proposal, part: str) -> bool:
        who = self.slack.people[part].id
        return any(vote.voter == who for vote in self.proposals.get(proposal.id).votes)

    def _carried_out(self, proposal: Proposal) -> list[str]:
        """Wait for the end of a proposal, and say what became of it other than done."""
        self._until(lambda: self.proposals.get(proposal.id).shown)
        ended = self.proposals.get(proposal.id)
        if ended.state is not ProposalState.DONE:
            return [f"Proposal {ended.id} is {ended.state}: {ended.note or 'no one carried it out'}"]
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
        ends = time.monotonic() + MOST_SECONDS
        found = seen()
        while not found and time.monotonic() < ends:
            self.watcher.show_new()
            time.sleep(0.05)
            found = seen()
        self.watcher.show_new(last=True)
        return found


def _refusal(slack: RunningWorkspace, console: Console) -> list[str]:
    room = "with-fabrikam"
    chapter(console, "5. A guest asks")
    typed(console, "Pat Guest, a guest", room, f"/compromise check {SUBJECT}")
    slack.slash("guest", room, "/compromise", f"check {SUBJECT}")
    try:
        seen = slack.wait_for(
            lambda: [said for said in map(slack.as_text, slack.ephemerals("guest")) if said.startswith("✖")],
            what="the refusal of the guest",
        )
    except NotOnScreenError as error:
        return [str(error)]
    for said in seen:
        show(console, f"only Pat Guest sees this, in #{room}", said)
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
    """Look at what was left behind, as someone would who does not trust the bot."""
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
    if report["verdict"] != VerdictCode.COMPROMISED:
        problems.append(f"The attached report says {report['verdict']}.")
    absent = [symptom["id"] for symptom in report["symptoms"][:10] if symptom["result"] != Result.PRESENT]
    if absent:
        problems.append(f"Present but not found: {', '.join(absent)}.")
    return problems


def _verified(folder: Path, console: Console) -> list[str]:
    """Verify the ledger as `compromise ledger verify --anchor --key` does, and say so."""
    try:
        anchors = read_checkpoints((folder / "checkpoints.txt").read_text(encoding="utf-8"))
        public = SigningKey.load(folder / "compromise.key").public
        sound = verify_ledger(folder / "ledger.db", anchors, (public,))
    except CommandError as error:
        return [str(error)]
    told = f"Ledger verified: {sound.head.size} entries, {sound.anchored} of them covered by a checkpoint in"
    console.print(f"{told} #{CHECKPOINTS} with a valid signature.", soft_wrap=True)
    return [] if anchors else ["No checkpoint was posted."]


def _keep_files(slack: RunningWorkspace, folder: Path) -> list[str]:
    """Write the files that the bot attached, under their own names; of one that came twice, the latest."""
    latest = {Path(file.name).name: file.content for file in slack.files()}
    for name, content in latest.items():
        (folder / name).write_bytes(content)
    return list(latest)
