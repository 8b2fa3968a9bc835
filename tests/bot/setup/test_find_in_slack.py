"""Tokens, channels and people in Slack are found by what was pasted and typed, and what is wrong is named."""

from __future__ import annotations

import os
import pty
import termios
import threading
import tomllib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from bot import settings
from bot.cli import command, hidden
from bot.errors import NotUnderstood, SettingsError, SlackFailed
from bot.settings import SlackSettings
from bot.setup import write_slack
from bot.setup.find_in_slack import Tokens, Workspace, tokens_in
from sandbox import workspace
from sandbox.workspace import RunningWorkspace
from sandbox.workspace.faults import api_error
from sandbox.workspace.values import Channel

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = ROOT / "manifest.yml"
TENANT = (
    '[tenant]\ntenant_id = "c0ffee00-0000-4000-8000-00000000000f"\n'
    'client_id = "11111111-2222-4333-8444-555555555555"\nclient_secret = "x"\n'
)
ALEX, LIDIA, MEGAN = "U0ALEXWILB", "U0LIDIAHOL", "U0MEGANBOW"


@pytest.fixture
def slack() -> Iterator[RunningWorkspace]:
    with workspace.start(MANIFEST) as running:
        yield running


def opened(slack: RunningWorkspace, bot: str = "", app: str = "") -> Workspace:
    return Workspace(
        SlackSettings(
            bot_token=SecretStr(bot or slack.bot_token),
            app_token=SecretStr(app or slack.app_token),
            api_url=slack.api_url,
        )
    )


def add(slack: RunningWorkspace, channel: Channel, key: str = "") -> None:
    slack.state.channels[key or channel.name] = channel


@pytest.mark.parametrize(
    "text",
    [
        "xoxb-1-a xapp-1-A1-b",
        "xapp-1-A1-b\nxoxb-1-a\n",
        "Bot User OAuth Token\nxoxb-1-a\nCopy\n\nApp-Level Token: “xapp-1-A1-b”, connections:write",
        "COMPROMISE_SLACK_BOT_TOKEN=xoxb-1-a\nexport COMPROMISE_SLACK_APP_TOKEN='xapp-1-A1-b'",
        "xoxb-1-a,xapp-1-A1-b,xoxb-1-a",
    ],
)
def test_both_tokens_are_found_in_any_order_and_whatever_stands_around_them(text):
    assert tokens_in(text) == Tokens("xoxb-1-a", "xapp-1-A1-b")


def test_one_token_is_half_of_it_and_text_without_any_is_nothing():
    assert tokens_in("xapp-1-A1-b") == Tokens("", "xapp-1-A1-b")
    assert tokens_in("my token") == Tokens()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("xoxp-1-secret xapp-1-A1-b", "begins with xoxp- is of no use here"),
        ("xoxe.xoxb-1-secret", "begins with xoxe. is of no use here"),
        ("xoxb-1-secret xoxb-2-secret xapp-1-A1-b", "two different tokens that begin with xoxb-"),
    ],
)
def test_a_token_that_is_of_no_use_is_named_by_its_kind_and_never_repeated(text, says):
    with pytest.raises(NotUnderstood) as caught:
        tokens_in(text)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


def test_two_lines_are_pasted_into_a_terminal_and_none_of_it_is_shown():
    """A real terminal: what follows the second token is dropped, so that it answers no other question."""
    master, slave = pty.openpty()
    read: list[str] = []
    with open(slave, encoding="utf-8") as terminal:  # noqa: PTH123 - a descriptor, not a path
        with closing(hidden.lines(terminal)) as lines:
            before = termios.tcgetattr(terminal)[3]
            # The first line is asked for only now, and by then the echo is off.
            threading.Timer(0, _type_unseen, (master, terminal, b"xapp-1\nxoxb-2\nleft over\n")).start()
            for line in lines:
                read.append(line.strip())
                if len(read) == 2:
                    break
        assert termios.tcgetattr(terminal)[3] == before
        os.set_blocking(slave, False)
        with pytest.raises(BlockingIOError):
            os.read(slave, 100)
        os.set_blocking(master, False)
        with pytest.raises(BlockingIOError):
            os.read(master, 100)
    os.close(master)
    assert (read, bool(before & termios.ECHO)) == (["xapp-1", "xoxb-2"], True)


def _type_unseen(master: int, terminal: TextIO, keys: bytes) -> None:
    while termios.tcgetattr(terminal)[3] & termios.ECHO:
        threading.Event().wait(0.001)
    os.write(master, keys)


def test_the_only_private_channel_is_for_cards_and_its_people_are_the_responders(slack):
    found = opened(slack).found("nestor.wilke@contoso.example")
    assert found.cards
    assert (found.cards.name, found.checkpoints) == ("incident-room", None)
    assert {one.id for one in found.responders} == {ALEX, LIDIA, MEGAN}


def test_a_channel_named_for_checkpoints_is_taken_for_them(slack):
    members = frozenset({slack.bot_user_id, ALEX})
    add(slack, Channel("C0LEDGER01", "ledger-checkpoints", members, is_private=True))
    found = opened(slack).found("")
    assert found.cards
    assert found.checkpoints
    assert (found.cards.id, found.checkpoints.id) == ("C0INCIDENT", "C0LEDGER01")


def test_nothing_is_guessed_between_two_channels_or_from_a_crowd(slack):
    add(slack, Channel("C0SECOND01", "second-room", frozenset({slack.bot_user_id}), is_private=True))
    administrator = opened(slack).found("nestor.wilke@contoso.example")
    assert (administrator.cards, [one.name for one in administrator.responders]) == (None, ["Nestor Wilke"])
    assert opened(slack).found("admin@elsewhere.example").responders == ()
    assert opened(slack).found("pat.guest@guests.example").responders == ()


def test_a_guest_of_the_channel_is_no_responder(slack):
    room = slack.state.channels["incident-room"]
    add(slack, replace(room, members=room.members | {"U0GUESTPAT", "U0OTHERBOT"}))
    assert {one.id for one in opened(slack).found("").responders} == {ALEX, LIDIA, MEGAN}


def test_a_channel_is_found_by_its_name_or_id(slack):
    at = opened(slack)
    for named in ("#incident-room", "incident-room", "Incident-Room", "C0INCIDENT"):
        found = at.channel(named)
        assert found
        assert found.id == "C0INCIDENT"
    public = at.channel("#security-alerts")
    assert public
    assert public.id == "C0SECALERT"
    assert at.channel(" ") is None


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("#board", "sees no channel #board in Contoso. If the channel is private, type /invite"),
        ("#no-such-room", "sees no channel #no-such-room"),
        ("#general", "I am not in #general. Invite me"),
        ("#with-fabrikam", "shared with another organization"),
        ("#old-incidents", "sees no channel #old-incidents"),
    ],
)
def test_a_channel_that_cannot_be_used_is_refused_with_what_to_do(slack, named, says):
    with pytest.raises(NotUnderstood, match=says):
        opened(slack).channel(named)


def test_of_two_channels_alike_the_id_is_asked_for(slack):
    room = slack.state.channels["incident-room"]
    add(slack, replace(room, id="C0TWINROOM"), "twin")
    with pytest.raises(NotUnderstood, match="2 channels are called #incident-room: C0INCIDENT, C0TWINROOM"):
        opened(slack).channel("#incident-room")
    found = opened(slack).channel("C0TWINROOM")
    assert found
    assert found.id == "C0TWINROOM"


def test_people_are_found_by_address_and_a_group_by_its_handle(slack):
    named = opened(slack).named(
        "Alex.Wilber@contoso.example, lidia.holloway@contoso.example; U0MEGANBOW @incident-responders"
    )
    assert [one.id for one in named.people] == [ALEX, LIDIA, MEGAN]
    assert (named.group, named.handle) == ("S0RESPONDE", "incident-responders")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nobody@contoso.example", "Contoso has no active member nobody@contoso.example"),
        ("joni.sherman@contoso.example", "Contoso has no active member joni.sherman"),
        ("jordan.frey@fabrikam.example", "Contoso has no active member jordan.frey"),
        ("pat.guest@guests.example", r"Pat Guest \(pat\.guest@guests\.example\) is a guest, and can neither"),
        ("U0OTHERBOT", r"Calendar Bot \(U0OTHERBOT\) is a bot"),
        ("U0EXTERNJO", "belongs to another workspace"),
        ("U0FORMERJO", "is deactivated"),
        ("U0NOBODY99", "Contoso has no active member U0NOBODY99"),
        ("Alex", "Alex is not an email address"),
        ("@nobody", "Contoso has no user group @nobody"),
        ("@incident-responders S0RESPONDE", "Only one user group"),
    ],
)
def test_somebody_who_could_never_approve_is_refused_by_name(slack, text, says):
    with pytest.raises(NotUnderstood, match=says):
        opened(slack).named(text)


def test_a_plan_without_user_groups_is_told_and_what_slack_refuses_otherwise_is_not_taken_for_nobody(slack):
    slack.faults.add("usergroups.list", api_error("plan_upgrade_required"))
    with pytest.raises(NotUnderstood, match="has no user groups"):
        opened(slack).named("@incident-responders")
    slack.faults.add("users.lookupByEmail", api_error("enterprise_is_restricted"))
    with pytest.raises(SlackFailed, match="enterprise_is_restricted"):
        opened(slack).named("alex.wilber@contoso.example")


def test_refused_tokens_and_tokens_of_two_apps_are_told_apart(slack):
    with pytest.raises(NotUnderstood, match=r"refused the bot token \(invalid_auth\)"):
        opened(slack, bot="xoxb-of-another-workspace")
    with pytest.raises(NotUnderstood, match=r"refused the app-level token \(invalid_auth\)"):
        opened(slack, app="xapp-1-A0COMPROM1-1-revoked")
    slack.state.app_token = "xapp-1-A0FABRIKAM-1-works"
    with pytest.raises(
        NotUnderstood, match="the bot token of A0COMPROM1 in Contoso, the app-level token of A0FAB"
    ):
        opened(slack, app="xapp-1-A0FABRIKAM-1-works")


def test_a_scope_that_the_app_lacks_is_named_before_anything_is_asked():
    text = MANIFEST.read_text()
    lacking = "\n".join(line for line in text.splitlines() if "- users:read.email" not in line)
    with (
        workspace.start(lacking) as slack,
        pytest.raises(NotUnderstood, match=r"lacks users:read\.email\. Add"),
    ):
        opened(slack)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slack: RunningWorkspace) -> Path:
    """Settings without Slack, in a folder, beside a workspace that is played."""
    for name in [one for one in os.environ if one.startswith("COMPROMISE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COMPROMISE_SANDBOX", "true")
    monkeypatch.setenv("COMPROMISE_SLACK_API_URL", slack.api_url)
    (tmp_path / "compromise.toml").write_text(TENANT)
    (tmp_path / "compromise.toml").chmod(0o640)
    return tmp_path


def init(folder: Path, *typed: str) -> tuple[int, str]:
    done = CliRunner().invoke(
        command.app, ["init", "--slack", "--folder", str(folder)], input="".join(f"{one}\n" for one in typed)
    )
    return done.exit_code, done.output


def test_what_is_written_loads_with_the_variables_beside_it(folder, slack):
    tokens = f"Bot User OAuth Token {slack.bot_token} App-Level {slack.app_token}"
    (folder / "secrets.env").write_text("POSTGRES_PASSWORD=mine")
    (folder / "secrets.env").chmod(0o644)
    status, said = init(folder, tokens, "alex.wilber@contoso.example lidia.holloway@contoso.example", "")
    assert status == 0, said
    assert slack.bot_token not in said
    assert "Channel for cards: #incident-room" in said
    assert "Alex Wilber <alex.wilber@contoso.example>, Lidia Holloway" in said
    assert said.splitlines()[-2] == "To start it:"
    assert said.splitlines()[-1].startswith(f"  (set -a; . {folder}/secrets.env; compromise run")
    variables = dict(
        line.split("=", 1)
        for line in (folder / "secrets.env").read_text().splitlines()
        if "COMPROMISE" in line
    )
    assert "POSTGRES_PASSWORD=mine\n" in (folder / "secrets.env").read_text()
    assert [(folder / name).stat().st_mode & 0o777 for name in ("secrets.env", "compromise.toml")] == [
        0o640,
        0o640,
    ]
    loaded = settings.load(folder / "compromise.toml", variables)
    assert loaded.slack
    assert (loaded.slack.channel, loaded.slack.mode) == ("C0INCIDENT", "socket")
    assert set(loaded.responders.users) == {ALEX, LIDIA, MEGAN}
    assert loaded.approvers.users == (ALEX, LIDIA)
    status, said = init(folder)
    assert status == 2
    assert "already has [slack]. Change it there" in said
    assert "already has COMPROMISE_SLACK_BOT_TOKEN" in said


def test_a_no_lets_everything_be_changed_and_wrong_answers_are_asked_again(folder, slack):
    status, said = init(
        folder,
        slack.app_token,
        f"xoxp-1-mine {slack.bot_token}",
        slack.app_token,
        slack.bot_token,
        "nobody@contoso.example",
        "alex.wilber@contoso.example",
        "n",
        "#board",
        "#security-alerts",
        "-",
        "@incident-responders",
        "",
        "y",
    )
    assert status == 0, said
    assert "Still missing: the bot token, xoxb-…" in said
    assert "xoxp- is of no use here" in said
    assert "has no active member nobody@contoso.example" in said
    assert "With one approver, nothing that needs two people can be approved." in said
    written = tomllib.loads((folder / "compromise.toml").read_text())
    assert written["slack"] == {"channel": "C0SECALERT"}
    assert (written["responders"], written["approvers"]) == ({"group": "S0RESPONDE"}, {"users": [ALEX]})


def test_without_tokens_or_answers_nothing_is_written(folder, slack):
    for typed in ([""], ["", "y"], [f"{slack.bot_token} {slack.app_token}"], [slack.bot_token]):
        _, said = init(folder, *typed)
        assert (f"To try again: compromise init --slack --folder {folder}" in said) == bool(typed[0])
        assert [path.name for path in folder.iterdir()] == ["compromise.toml"]
        assert (folder / "compromise.toml").read_text() == TENANT


def test_ctrl_c_before_the_tokens_says_that_nothing_was_saved_and_how_to_go_on(folder, monkeypatch):
    def interrupted() -> Iterator[str]:
        yield from ()
        raise KeyboardInterrupt

    monkeypatch.setattr(hidden, "lines", interrupted)
    status, said = init(folder)
    assert status == 2
    assert "No one answered, so nothing about Slack was saved." in said
    assert f"To try again: compromise init --slack --folder {folder}" in said


def test_the_tokens_go_to_no_other_address_than_slacks_without_a_sandbox(folder, slack, monkeypatch):
    monkeypatch.delenv("COMPROMISE_SANDBOX")
    before = len(slack.calls)
    status, said = init(folder, f"{slack.bot_token} {slack.app_token}")
    assert status == 2
    assert "another address needs sandbox = true" in said
    assert len(slack.calls) == before


def test_settings_that_are_not_there_or_cannot_be_read_are_named(tmp_path):
    with pytest.raises(SettingsError, match=r"There is no .*compromise\.toml\. First run: compromise init"):
        write_slack.demand_room(tmp_path)
    (tmp_path / "compromise.toml").write_text("tenant =")
    with pytest.raises(SettingsError, match="cannot be read"):
        write_slack.demand_room(tmp_path)
