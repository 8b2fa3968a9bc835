"""The whole takeover of an account, taken back by one who proposes and two who approve, with what follows.

Most stories look at one and the same account after it was taken back, each at another side of it.
"""

from __future__ import annotations

import io
import json
import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest

from bot import log as logs
from bot.artefacts import report_store
from bot.artefacts.report_pdf import report_pdf
from bot.cards.papers import handled_of
from bot.settings import LogSettings
from commands.containment.passwords import LENGTH
from commands.containment.proposals import Outcome, Proposal
from commands.ledger.verify import verify_ledger
from commands.plans.approval import ProposalState
from commands.plans.plan import Change, ManualTask
from sandbox.scenarios.people import ADELE as PERSON
from sandbox.scenarios.state import TenantState
from sandbox.workspace import View
from tests.scenarios.acting import Acting, acting, outcomes, standing, suggested

FILES = {"sent-mail.csv", "recipients.csv", "DRAFT-warning.txt", "other-services.csv"}
UNBLOCK = f"unblock_sending:{PERSON.upn}"


@dataclass
class Taken:
    """An account that was taken back.

    Attributes:
        story: Where it happened.
        before: How the account stood before.
        proposal: What was carried out.
        too_early: What was told to the one who wanted the account to send again before anything was done.
    """

    story: Acting
    before: dict[str, Any]
    proposal: Proposal
    too_early: str

    @property
    def state(self) -> TenantState:
        """The tenant's state."""
        return self.story.microsoft.state

    @property
    def now(self) -> dict[str, Any]:
        """How the account stands."""
        return standing(self.state, PERSON.id)

    @property
    def card(self) -> str:
        """What the proposal's card says."""
        return self.story.text(self.story.paper(self.proposal))

    @property
    def results(self) -> str:
        """What the thread below that card says of every change."""
        said = self.story.slack.replies(self.story.paper(self.proposal))
        return "\n".join(text for text in map(self.story.text, said) if "Done and confirmed" in text)


def wanted(item: Change | ManualTask) -> bool:
    """What the findings ask for, and the group that gives a role; a test of its own lets the mailbox send."""
    return item.id != UNBLOCK and (suggested(item) or item.step == "remove_admin_roles")


def the_reset(item: Change | ManualTask) -> bool:
    """A new password alone."""
    return item.id == "reset_password:password"


@pytest.fixture(scope="module")
def taken(tmp_path_factory) -> Iterator[Taken]:
    with acting(tmp_path_factory.mktemp("taken")) as story:
        story.check()
        before = standing(story.microsoft.state, PERSON.id)
        number = next(place for place, item in enumerate(story.offer(), 1) if _id(item) == UNBLOCK)
        story.type(f"contain {story.case().id} {number} because She wants to write")
        early = story.text(story.told(holding="” depends on"))
        yield Taken(story, before, story.do(wanted), early)


def _id(item: Any) -> str:
    return getattr(item, "id", "")


def test_after_it_nobody_but_the_user_has_a_way_in(taken):
    state, now = taken.state, taken.now
    user = state.users[PERSON.id]
    assert user["accountEnabled"] is False
    acts = [item["activityDisplayName"] for item in state.directory_audits]
    reset = len(acts) - acts[::-1].index("Reset user password")
    assert acts.count("Update StsRefreshTokenValidFrom Timestamp") >= 2
    # The sessions end once more behind the reset, so that none begun in between goes on.
    assert "Update StsRefreshTokenValidFrom Timestamp" in acts[reset:]
    assert "Set force change user password" in acts
    assert state.risky_users[PERSON.id]["riskState"] == "confirmedCompromised"

    methods = {str(one.get("displayName") or one.get("phoneNumber")) for one in _methods(state)}
    assert {"Pixel 9", "+44 7700900077"}.isdisjoint(methods)
    assert {"iPhone 15", "+1 2065550101"} <= methods
    applications = {one["id"]: one["displayName"] for one in state.service_principals.values()}
    granted = {applications[item[0]] for item in now["grants"]}
    assert granted == {"Contoso Expenses"}
    assert {applications[item[0]] for item in now["applications"]} == {"Contoso Expenses"}
    assert now["applications on"]["PerfectData Software"] is False
    assert now["applications on"]["Contoso Expenses"] is True
    assert now["devices"]["DESKTOP-7F2KQ9X"] is False
    assert now["devices"]["LAPTOP-ADELE-VANCE"] is True
    for part in ("roles", "active", "eligible"):
        assert now[part] == [], part
    assert {name for name in now["groups"] if state.groups[name].get("isAssignableToRole")} == set()
    assert PERSON.id not in now["Exchange"]["Organization Management"]
    assert PERSON.id not in now["Purview"]["eDiscovery Manager"]


def _methods(state: TenantState) -> list[dict[str, Any]]:
    return state.authentication_methods[PERSON.id]


def test_after_it_the_mailbox_does_nothing_for_the_attacker_and_everything_for_the_user(taken):
    state, now, before = taken.state, taken.now, taken.before
    assert now["forwarding"] == {
        "ForwardingAddress": None,
        "ForwardingSmtpAddress": None,
        "DeliverToMailboxAndForward": False,
    }
    on = {name: enabled for name, enabled, *_ in now["rules"]}
    assert on[".."] is False
    assert on.get("", False) is False
    assert on["Newsletters"] is on["Team updates"] is True
    assert now["sweep"] == [("Fabrikam bank notices", False)]
    assert now["auto-reply"]["status"] == "disabled"
    junk = now["junk"]
    assert "it-security@contoso.example" not in junk["BlockedSendersAndDomains"]
    assert "offers@bargains.example" in junk["BlockedSendersAndDomains"]
    assert "mailbox-relay.example" not in junk["TrustedSendersAndDomains"]
    assert "northwind.example" in junk["TrustedSendersAndDomains"]
    diego = "diego.siciliani@contoso.example"
    assert diego not in {user for user, _ in now["full access"]}
    assert diego not in {trustee for trustee, _ in now["send as"]}
    assert not now["send on behalf"]
    assert dict(now["folders"]["\\Inbox"])["Default"] == ["None"]
    assert now["folders"]["\\Calendar"] == before["folders"]["\\Calendar"]
    off = {"ActiveSyncEnabled", "OWAforDevicesEnabled", "ImapEnabled", "PopEnabled"}
    assert {name: now["protocols"][name] for name in off} == dict.fromkeys(off, False)
    assert now["protocols"]["ActiveSyncBlockedDeviceIDs"] == ["A1B2C3D477"]
    kept = before["protocols"].keys() - off - {"ActiveSyncBlockedDeviceIDs"}
    assert {name: now["protocols"][name] for name in kept} == {
        name: before["protocols"][name] for name in kept
    }
    devices = {one["FriendlyName"]: one["DeviceAccessState"] for one in _box(state).mobile_devices}
    assert devices == {"Pixel 9": "Blocked", "iPhone 15": "Allowed"}
    assert now["mail-flow rules"]["Copy finance"] == "Disabled"
    assert now["mail-flow rules"]["External mail notice"] == "Enabled"
    user = state.users[PERSON.id]
    assert (user["displayName"], user["mobilePhone"], user["postalCode"]) == (
        "Adele Vance",
        "+1 206 555 0101",
        "98101",
    )


def _box(state: TenantState) -> Any:
    return state.mailbox(PERSON.upn)


def test_the_card_counts_the_changes_and_the_thread_names_each_with_its_outcome(taken):
    assert taken.proposal.state is ProposalState.DONE
    assert set(outcomes(taken.proposal).values()) == {Outcome.CONFIRMED}
    changes = taken.proposal.plan.changes
    assert f"Done and confirmed*\n{len(changes)} changes: " in taken.card
    assert _plain(changes[-1].says) not in _plain(taken.card)
    below = taken.results.split("Done and confirmed")[1]
    for change in changes:
        assert _plain(change.says) in _plain(below), change.id
    left = taken.card.split("*What now*")[1].split("Done and confirmed")[0]
    assert f"*{len(taken.proposal.plan.tasks)} manual tasks open*" in left
    assert "; first, number " in left
    assert "Sign-in is still blocked. To unblock it, select “Undo changes”." in left
    assert "Rechecked until " in left
    for button in ("[Approve]", "[Deny]", "[Withdraw]"):
        assert button not in taken.card
    for person in ("approver", "second_approver"):
        (copy,) = [text for text in _direct(taken, person) if taken.proposal.id in text]
        assert "Carried out" in copy
        assert "[Approve]" not in copy


def _plain(text: str) -> str:
    """A sentence without what keeps addresses from becoming links."""
    return text.replace("[.]", ".")


def _direct(taken: Taken, person: str) -> list[str]:
    return [taken.story.text(message) for message in taken.story.slack.direct(person)]


def test_the_files_of_the_tasks_are_in_the_thread_of_the_proposal(taken):
    replies = taken.story.slack.replies(taken.story.paper(taken.proposal))
    assert {file.name for reply in replies for file in reply.files} == FILES
    sent = next(file for reply in replies for file in reply.files if file.name == "sent-mail.csv").content
    assert len(sent.splitlines()) > 20
    assert b"Remittance advice 4471" in (sent if isinstance(sent, bytes) else sent.encode())


def test_the_draft_and_the_list_are_called_what_they_are(taken):
    replies = taken.story.slack.replies(taken.story.paper(taken.proposal))
    (told,) = [reply for reply in replies if {file.name for file in reply.files} & FILES]
    assert "*DRAFT-warning.txt* is a draft: the bot sends no mail." in taken.story.slack.as_text(told)
    draft = next(file for file in told.files if file.name == "DRAFT-warning.txt").content
    assert (draft if isinstance(draft, str) else draft.decode()).startswith("[DRAFT. Nothing was sent.")


def test_the_whole_case_takes_twelve_pages_at_most_and_begins_with_how_it_ended(taken):
    ledger = taken.story.bot.ledger
    case = next(ledger.case(entry.case_id) for entry in ledger.entries() if entry.case_id)
    paper = pypdfium2.PdfDocument(report_pdf(report_store.load(case.report), handled_of(ledger, case)))
    first, second = (" ".join(paper[n].get_textpage().get_text_range().split()) for n in (0, 1))
    assert len(paper) <= 12
    paper.close()
    for part in (
        "COMPROMISED",
        "Is it contained? Partly: sign-in stopped 20",
        "existing access tokens may work until",
        "Do now 1. ",
        "to be checked by counsel",
    ):
        assert part in first, part
    for part in ("Each was read back from Microsoft 365 and confirmed", "Last recheck"):
        assert part in first + second, part


def test_a_report_that_is_asked_for_afterward_says_what_is_open_by_then(taken):
    story = taken.story
    story.type(f"report {PERSON.upn}")
    # It is told once all of it is posted and noted; what the next story reads of the ledger stands still.
    story.told(holding="Report of case")
    (posted,) = (one for one in _replies_of_reports(taken) if "What happened" in one)
    assert "Still open to them: sessions" not in posted
    assert "remediated." in posted


def _replies_of_reports(taken: Taken) -> list[str]:
    """What stands in the threads below the reports that were asked for, whose cards have no buttons."""
    story = taken.story
    cards = [
        one
        for one in story.cards()
        if "*Symptoms*" in (text := story.text(one)) and "[Check again]" not in text
    ]
    return [story.text(reply) for one in cards for reply in story.slack.replies(one)]


def test_the_case_says_what_looking_again_found(taken):
    card = taken.story.case_card()
    assert "changes that can be read again still hold." in card
    assert taken.proposal.id in card
    looked = [entry for entry in taken.story.bot.ledger.entries() if entry.kind == "rechecked"]
    assert looked
    assert looked[0].facts["came_back"] == looked[0].facts["new"] == looked[0].facts["not_seen"] == []


def test_the_ledger_tells_all_of_it_and_is_sound(taken):
    assert verify_ledger(taken.story.bot.ledger.path).head == taken.story.bot.ledger.head()
    mine = [
        entry
        for entry in taken.story.bot.ledger.entries()
        if entry.facts.get("proposal") == taken.proposal.id
    ]
    changes = [change.id for change in taken.proposal.plan.changes]
    for kind in ("intended", "change_ended", "change_confirmed"):
        told = [str(entry.facts.get("change")) for entry in mine if entry.kind == kind]
        assert all(sum(change in one for one in told) == 1 for change in changes), kind
    assert [entry.kind for entry in mine].count("voted") == 2
    taken.story.type(f"history {taken.story.case().id}")
    story = taken.story.text(taken.story.told(holding="proposed to contain the account"))
    assert "Megan Bowen" in story


def test_every_change_was_sent_once(taken):
    """One request a change: the tenant saw no write twice."""
    sent = [call for call in taken.story.microsoft.writes() if call.status < 400]
    first = {call.client_request_id for call in sent}
    assert len(first) == len(sent)
    assert len(taken.proposal.plan.changes) <= len(sent)


# --- sending again -----------------------------------------------------------------------------------------


def test_the_mailbox_may_send_again_only_after_it_was_taken_back(taken):
    assert "depends on numbers 1-4, " in taken.too_early
    assert taken.before["blocked from sending"]
    story = taken.story
    proposal = story.propose(lambda item: item.id == UNBLOCK)
    assert "Needs approval by two different people" in story.text(story.paper(proposal))
    assert taken.now["blocked from sending"]
    story.approve(proposal)
    assert not taken.now["blocked from sending"]
    assert "Done and confirmed" in story.text(story.paper(proposal))


# --- the new password --------------------------------------------------------------------------------------


def press(taken: Taken, proposal: Proposal, person: str) -> None:
    taken.story.slack.click(person, taken.story.paper(proposal), "show_password")


def password_in(view: View) -> str:
    """What the window shows as it is."""
    return next(
        str(part["text"])
        for block in view.blocks
        if block["type"] == "rich_text"
        for element in block["elements"]
        for part in element["elements"]
    )


def shown_to(taken: Taken, person: str) -> str:
    """The password in the window of a person, once it is there."""

    def probe() -> str:
        views = [view for view in taken.story.slack.modals(person) if view.title == "The new password"]
        return next((password_in(view) for view in views if password_in(view) != "…"), "")

    return taken.story.slack.wait_for(probe, what="the new password")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, down to the smallest detail."""
    stream = io.StringIO()
    logs.configure(LogSettings(level="debug"), stream)
    yield stream
    logs.configure(LogSettings(level="warning"), sys.stdout)


def test_the_new_password_is_shown_once_and_is_nowhere_else(taken, log):
    story = taken.story
    proposal = story.do(the_reset)
    assert list(outcomes(proposal).values()) == [Outcome.CONFIRMED]
    press(taken, proposal, "bystander")
    story.told(
        "bystander", "Only the person who proposed it and those who approved it can see the new password."
    )
    press(taken, proposal, "subject")
    story.told("subject", "It is the password of your own account; a colleague will give it to you.")

    press(taken, proposal, "approver")
    password = shown_to(taken, "approver")
    assert len(password) == LENGTH >= 20
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    assert all(set(kind) & set(password) for kind in kinds)
    assert not password.isalnum()

    story.slack.wait_for(lambda: "[Show new password once]" not in story.text(story.paper(proposal)))
    story.type(f"password {proposal.id}")
    story.told(holding="✖ The new password is no longer available.")
    story.slack.close("approver", story.window("approver"))

    folder = story.settings.ledger.parent
    kept = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert "ledger.db" in kept
    assert [name for name, content in kept.items() if password.encode() in content] == []
    # The window opens as "modal", and what is in it comes as "view".
    windows = {"modal", "view"}
    told = json.dumps([one for one in story.slack.transcript if one["kind"] not in windows], default=str)
    assert proposal.id in told
    assert password not in told
    assert "PATCH" in log.getvalue()
    assert password not in log.getvalue()
    kinds_told = [entry.kind for entry in story.bot.ledger.entries()]
    assert "password_made" in kinds_told
    shown = [entry for entry in story.bot.ledger.entries() if entry.kind == "password_shown"]
    assert [entry.actor for entry in shown if entry.facts["shown"]] == [story.slack.people["approver"].id]


def test_after_a_quarter_of_an_hour_the_new_password_is_gone(taken):
    story = taken.story
    proposal = story.do(the_reset)
    assert "[Show new password once]" in story.text(story.paper(proposal))
    story.let_pass(timedelta(minutes=15, seconds=1))
    story.slack.wait_for(lambda: "[Show new password once]" not in story.text(story.paper(proposal)))
    assert story.bot.ledger.rows("SELECT * FROM passwords") == []
    story.type(f"password {proposal.id}")
    story.told(holding="✖ The new password is no longer available.")
    assert "password_shown" not in [
        entry.kind
        for entry in story.bot.ledger.entries()
        if entry.facts.get("proposal") == proposal.id and entry.facts.get("shown")
    ]
