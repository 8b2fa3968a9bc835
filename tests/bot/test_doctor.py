"""The doctor names what is missing and what that costs, and shares its table with the documentation."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr
from rich.console import Console

from bot import demo, doctor
from bot.messages.parts import spoken
from bot.settings import ApproverSettings, ResponderSettings, Settings
from commands.keys import Keys
from commands.symptoms import SYMPTOMS
from graph.evidence import SOURCES
from sandbox import tenant, workspace

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "permissions.md"


@pytest.fixture
def played():
    with tenant.start("clean", limits=False, audit_query_seconds=0.0) as running:
        yield running


def examine(settings: Settings, user: str | None = None) -> tuple[int, str]:
    out = io.StringIO()
    return doctor.examine(settings, Console(file=out, width=200), user=user), out.getvalue()


def only_tenant(played) -> Settings:
    return Settings(tenants=(demo.tenant_settings(played),))


def test_where_everything_is_there_it_says_so(played):
    status, said = examine(only_tenant(played))
    assert status == 0, said
    assert "missing" not in said
    assert "Everything is there." in said
    for source in SOURCES:
        assert f"there   {spoken(source)}" in said


def test_a_missing_permission_is_named_with_its_cost(played):
    played.permissions.discard("MailboxSettings.Read")
    played.permissions.discard("MailboxSettings.ReadWrite")
    status, said = examine(only_tenant(played), "adele.vance@contoso.example")
    assert status == 1
    line = next(line for line in said.splitlines() if "missing inbox rules" in line)
    assert "MailboxSettings.Read" in line
    assert "Without it less is seen of: mail missing from sent items, inbox rules." in line


def test_a_missing_cmdlet_is_named(played):
    played.exchange_cmdlets.discard("Get-TransportRule")
    status, said = examine(only_tenant(played))
    assert status == 1
    line = next(line for line in said.splitlines() if "missing transport rules" in line)
    assert "Get-TransportRule" in line
    assert "Without it nobody can rule out: transport rules." in line


def test_a_missing_licence_is_named():
    with tenant.start("no-premium-licence", limits=False, audit_query_seconds=0.0) as played:
        status, said = examine(only_tenant(played))
    assert status == 1
    line = next(line for line in said.splitlines() if "missing sign-ins" in line)
    assert "licence" in line or "P1" in line


def test_a_wrong_secret_ends_with_status_3(played):
    settings = demo.tenant_settings(played).model_copy(update={"client_secret": SecretStr("wrong")})
    status, said = examine(Settings(tenants=(settings,)))
    assert status == 3
    assert "secret" in said


def test_without_users_it_tells_what_the_token_alone_shows(played):
    played.permissions.clear()
    played.permissions.add("AuditLog.Read.All")
    status, said = examine(only_tenant(played))
    assert status == 1
    assert "User.Read.All" in said
    assert "missing inbox rules" in said


def test_slack_scopes_that_are_missing_are_named_with_their_cost(played, tmp_path):
    text = (ROOT / "manifest.yml").read_text().replace("      - files:write", "      # files:write")
    with workspace.start(text) as slack:
        status, said = examine(demo.bot_settings(played, slack, tmp_path))
    assert status == 1
    assert "missing scope files:write" in said
    assert "cannot be attached" in said
    assert "there   scope chat:write" in said
    assert "there   app-level token" in said


def test_a_wrong_bot_token_is_told(played, tmp_path):
    with workspace.start(ROOT / "manifest.yml") as slack:
        settings = demo.bot_settings(played, slack, tmp_path)
        assert settings.slack
        wrong = settings.slack.model_copy(update={"bot_token": SecretStr("xoxb-wrong")})
        status, said = examine(settings.model_copy(update={"slack": wrong}))
    assert status == 1
    assert "invalid_auth" in said


def line_of(said: str, what: str) -> str:
    return next(line for line in said.splitlines() if what in line)


def test_who_decides_and_what_is_kept_is_looked_at(played, tmp_path):
    with workspace.start(ROOT / "manifest.yml") as slack:
        status, said = examine(demo.bot_settings(played, slack, tmp_path))
    assert status == 0, said
    assert "there   approvers: 2 may approve" in said
    assert "there   channel for checkpoints: #security-alerts" in said
    assert "is made when the bot starts" in line_of(said, "compromise.key")
    assert not (tmp_path / "compromise.key").exists()


def test_an_approver_who_may_not_approve_is_named_and_so_is_what_one_alone_cannot_do(played, tmp_path):
    with workspace.start(ROOT / "manifest.yml") as slack:
        settings = demo.bot_settings(played, slack, tmp_path)
        users = (slack.people["approver"].id, slack.people["guest"].id)
        status, said = examine(settings.model_copy(update={"approvers": ApproverSettings(users=users)}))
    assert status == 1
    assert "Guests of this workspace may not approve" in line_of(said, f"missing approver {users[1]}")
    assert "1 may approve; what needs two people" in line_of(said, "missing approvers")


def test_a_bot_that_only_investigates_lacks_nothing(played, tmp_path):
    with workspace.start(ROOT / "manifest.yml") as slack:
        settings = demo.bot_settings(played, slack, tmp_path)
        assert settings.slack
        quiet = settings.slack.model_copy(update={"checkpoints": ""})
        none = {"approvers": ApproverSettings(), "slack": quiet}
        status, said = examine(settings.model_copy(update=none))
    assert status == 0, said
    assert "nothing is ever carried out" in line_of(said, "approvers")
    assert "that the ledger's end was cut off" in line_of(said, "checkpoints")


def test_nobody_named_to_ask_is_told(played, tmp_path):
    with workspace.start(ROOT / "manifest.yml") as slack:
        settings = demo.bot_settings(played, slack, tmp_path)
        status, said = examine(settings.model_copy(update={"responders": ResponderSettings()}))
    assert status == 1
    assert "so nobody may ask" in line_of(said, "missing responders")


@pytest.mark.parametrize("name", ["board", "old-incidents"])
def test_a_channel_that_cannot_be_posted_in_is_told(played, tmp_path, name):
    with workspace.start(ROOT / "manifest.yml") as slack:
        settings = demo.bot_settings(played, slack, tmp_path)
        assert settings.slack
        there = slack.channels[name].id
        changed = settings.slack.model_copy(update={"checkpoints": there, "channel": there})
        status, said = examine(settings.model_copy(update={"slack": changed}))
    assert status == 1
    assert "channel for cards" in line_of(said, "missing channel for cards")
    assert "No checkpoint of the ledger is posted" in line_of(said, "missing channel for checkpoints")


def test_a_key_that_others_may_read_or_that_has_no_folder_is_told(tmp_path):
    path = tmp_path / "compromise.key"
    assert doctor.look_at_key(Settings(key=tmp_path / "nowhere" / "compromise.key")).there is False
    Keys.load_or_make(path)
    assert doctor.look_at_key(Settings(key=path)).there is True
    path.chmod(0o644)
    line = doctor.look_at_key(Settings(key=path))
    assert line.there is False
    assert "chmod 600" in line.says


def test_a_step_without_its_permission_is_named_and_counts_as_no_gap(played):
    played.permissions.discard("Device.ReadWrite.All")
    status, said = examine(only_tenant(played))
    assert status == 0, said
    assert "Device.ReadWrite.All" in line_of(said, "note    the step disable registered devices")


def test_without_any_permission_to_write_it_says_so_once():
    (line,) = doctor.to_write(frozenset({"User.Read.All"}))
    assert line.there is None
    assert "people act" in line.says
    assert doctor.to_write(None) == []


def test_the_costs_cover_exactly_the_scopes_of_the_manifest():
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text())
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == set(doctor.SCOPES)


def test_a_token_that_is_no_jwt_has_no_readable_roles():
    assert doctor.roles_of("opaque") is None
    assert doctor.roles_of("a.b.c") is None
    assert doctor.roles_of("e30.e30.x") is None
    assert doctor.roles_of("e30.eyJyb2xlcyI6IFsiTWFpbC5SZWFkIl19.x") == frozenset({"Mail.Read"})


def test_every_source_has_its_row_in_the_table():
    assert {row.source for row in doctor.table()} == set(SOURCES)


def test_every_symptom_rests_on_a_source_of_the_table():
    named = {name for row in doctor.table() for name in (*row.symptoms, *row.helps)}
    assert named == {symptom.__name__.rpartition(".")[2] for symptom in SYMPTOMS}


def test_the_reference_page_has_every_row_of_the_table():
    lines = PAGE.read_text().splitlines()
    for row in doctor.table():
        assert doctor.markdown(row) in lines, f"put this line into {PAGE.name}: {doctor.markdown(row)}"


def test_the_reference_page_has_every_scope():
    lines = PAGE.read_text().splitlines()
    for scope, cost in doctor.SCOPES.items():
        assert f"| `{scope}` | {cost} |" in lines
