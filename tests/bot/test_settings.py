"""Settings: read once, wrong ones told by name, secrets kept out of sight."""

import codecs
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from bot.cli.given import warn_of_others
from bot.errors import SettingsError
from bot.settings import CHECK_NEEDS, exposed, load, parse_span, variables
from bot.settings.sections import AlertSettings
from graph.alerts import SOURCES
from tests.each import each

GOOD = {
    "COMPROMISE_SLACK_BOT_TOKEN": "xoxb-invented",
    "COMPROMISE_SLACK_APP_TOKEN": "xapp-invented",
    "COMPROMISE_TENANT_ID": "11111111-2222-3333-4444-555555555555",
    "COMPROMISE_TENANT_CLIENT_ID": "66666666-7777-8888-9999-000000000000",
    "COMPROMISE_TENANT_CLIENT_SECRET": "invented-secret",
    "COMPROMISE_TENANT_DOMAINS": "contoso.example, fabrikam.example",
    "COMPROMISE_RESPONDERS_USERS": "U0MEGANBOW,U0ALEXWILB",
}

READS = "0a1b2c3d-0000-4000-8000-0000000000c1"
WRITES = "0a1b2c3d-0000-4000-8000-0000000000c2"

TOML = f"""
window = "36h"
workers = 2
ledger = "/var/lib/compromise/ledger.db"

[slack]
bot_token = "xoxb-invented"
app_token = "xapp-invented"
channel = "C0INCIDENT"

[responders]
users = ["U0MEGANBOW"]
group = "S0RESPONDE"

[people]
U0ADELEVAN = "adele.vance@contoso.example"

[[tenants]]
name = "Contoso"
tenant_id = "t1.example"
client_id = "{READS}"
client_secret = "invented-secret"
domains = ["contoso.example"]

[[tenants]]
name = "Fabrikam"
tenant_id = "t2.example"
client_id = "{WRITES}"
client_secret = "invented-secret"
domains = ["fabrikam.example"]
"""


def problems(path: Path | None, environment: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(path, environment)
    return caught.value.problems


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "compromise.toml"
    path.write_text(TOML)
    path.chmod(0o600)
    return path


def test_variables_alone_are_enough_for_one_tenant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load(None, GOOD)
    assert settings.tenants[0].domains == ("contoso.example", "fabrikam.example")
    assert settings.responders.users == ("U0MEGANBOW", "U0ALEXWILB")
    assert settings.window == timedelta(days=14)


def test_a_file_may_name_several_tenants(file):
    settings = load(file, {})
    assert [tenant.name for tenant in settings.tenants] == ["Contoso", "Fabrikam"]
    assert settings.window == timedelta(hours=36)
    assert settings.people == {"U0ADELEVAN": "adele.vance@contoso.example"}


def test_a_file_that_a_windows_editor_saved_is_read(file):
    file.write_bytes(codecs.BOM_UTF8 + file.read_text().replace("\n", "\r\n").encode())
    assert [tenant.name for tenant in load(file, {}).tenants] == ["Contoso", "Fabrikam"]


def everything_secret() -> set[str]:
    """The keys whose value prints as stars, asked of the models themselves."""
    return {where[-1] for _, (where, _) in variables() if "secret" in where[-1] or "token" in where[-1]}


def test_a_file_with_a_secret_that_others_may_read_is_refused(file):
    for mode in (0o604, 0o644, 0o602, 0o666):
        file.chmod(mode)
        (line,) = problems(file, {})
        assert ": others on this machine can read it, and it has" in line
        assert "slack.bot_token" in line
        assert "tenants.client_secret" in line
        assert "invented" not in line
    for mode in (0o600, 0o640, 0o400):
        file.chmod(mode)
        assert load(file, {}).tenants
        assert exposed(file) == []


def test_private_keys_that_others_may_read_are_told_once_each(tmp_path, capsys):
    keys = [tmp_path / "investigate.pem", tmp_path / "remediate.pem"]
    path = tmp_path / "compromise.toml"
    path.write_text(
        f'[tenant]\ntenant_id = "t1.example"\nclient_id = "{READS}"\ncertificate = "{keys[0]}"\n'
        f'[tenant.remediate]\nclient_id = "{WRITES}"\ncertificate = "{keys[1]}"\n'
    )
    path.chmod(0o600)
    for key in keys:
        key.touch()
    for mode, told in ((0o600, 0), (0o640, 0), (0o644, 1), (0o602, 1)):
        for key in keys:
            key.chmod(mode)
        warn_of_others(path, load(path, {}, CHECK_NEEDS))
        err = capsys.readouterr().err
        counted = [err.count(f"{key}: others on this machine may read or change this") for key in keys]
        assert counted == [told, told]


@pytest.mark.parametrize("key", sorted(everything_secret()))
def test_every_secret_of_the_settings_counts(tmp_path, key):
    path = tmp_path / "compromise.toml"
    path.write_text(f'[[tenants]]\n[tenants.remediate]\n{key} = "invented"\n')
    path.chmod(0o644)
    (line,) = problems(path, {})
    assert f"tenants.remediate.{key}" in line


def test_a_password_in_an_address_counts_as_a_secret(tmp_path):
    path = tmp_path / "compromise.toml"
    path.write_text('engine = "postgresql://bot:invented@db.contoso.example/jobs"\n')
    path.chmod(0o644)
    (line,) = problems(path, {})
    assert "it has engine" in line


def test_a_file_without_a_secret_is_read_and_told(tmp_path):
    path = tmp_path / "compromise.toml"
    path.write_text('window = "36h"\n')
    path.chmod(0o646)
    assert load(path, GOOD).window == timedelta(hours=36)
    assert "can read and change it; run chmod 640" in exposed(path)[0]
    assert exposed(tmp_path / "missing.toml") == []


def test_the_tokens_that_init_wrote_are_told_where_they_were_not_read(tmp_path):
    path, secrets = tmp_path / "compromise.toml", tmp_path / "secrets.env"
    path.write_text(
        '[slack]\nchannel = "C0123ABCD"\n'
        f'[tenant]\ntenant_id = "t1.example"\nclient_id = "{READS}"\nclient_secret = "s"\n'
    )
    path.chmod(0o600)
    assert not any("secrets.env" in line for line in problems(path, {}))
    secrets.write_text("COMPROMISE_SLACK_BOT_TOKEN=xoxb-invented\n")
    secrets.chmod(0o600)
    *_, told = problems(path, {})
    assert (
        told == f"{secrets} has Slack's tokens, and was not read. In this shell: set -a; . {secrets}; set +a"
    )
    # What has no use for Slack does without its tokens.
    assert load(path, {}, CHECK_NEEDS, without=("slack",)).slack is None


def test_a_file_of_tokens_that_others_may_read_is_told(tmp_path):
    path, secrets = tmp_path / "compromise.toml", tmp_path / "secrets.env"
    for one in (path, secrets):
        one.touch(mode=0o600)
    assert exposed(path) == []
    secrets.chmod(0o644)
    (told,) = exposed(path)
    assert told.startswith(
        f"{secrets}: others on this machine can read or change it, and it has Slack's tokens"
    )


def test_a_variable_wins_over_the_file(file):
    assert load(file, {"COMPROMISE_WINDOW": "7d"}).window == timedelta(days=7)


def test_a_secret_prints_as_stars(file):
    shown = repr(load(file, {}))
    assert "invented" not in shown
    assert "**********" in shown


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("COMPROMISE_SLACK_BOT_TOKEN", "xapp-invented", "should be the bot's token, which begins with xoxb-"),
        ("COMPROMISE_SLACK_APP_TOKEN", "xoxb-invented", "should be the app-level token"),
        ("COMPROMISE_SLACK_MODE", "smoke", "should be socket, or http"),
        ("COMPROMISE_SLACK_PORT", "many", "should be the port that the mode http listens on"),
        ("COMPROMISE_SLACK_CHANNEL", "#incidents", "should be the channel ID"),
        (
            "COMPROMISE_WINDOW",
            "soon",
            "should be the default time range of a check, such as 14d or 36h",
        ),
        ("COMPROMISE_WORKERS", "0", "should be how many checks of one tenant each process runs"),
        ("COMPROMISE_ENGINE", "mysql://x", "should be where jobs are kept: sqlite:///FILE or postgresql://"),
        ("COMPROMISE_LOG_LEVEL", "loud", "should be debug, info, warning or error"),
        ("COMPROMISE_RESPONDERS_USERS", "megan", "should be Slack user IDs, such as U0123ABCD"),
        ("COMPROMISE_RESPONDERS_GROUP", "responders", "should be the ID of a Slack user group"),
    ],
)
def test_a_wrong_value_is_told_by_its_variable_and_by_what_it_should_be(file, variable, value, says):
    (line,) = problems(file, {variable: value})
    assert line.startswith(f"{variable}: {says}")


def test_a_wrong_secret_is_not_repeated_in_the_complaint(file):
    assert "tell-nobody" not in "\n".join(problems(file, {"COMPROMISE_SLACK_BOT_TOKEN": "tell-nobody"}))


def test_a_misspelt_variable_is_told_with_the_nearest_right_one(file):
    (line,) = problems(file, {"COMPROMISE_SLAK_CHANNEL": "C0INCIDENT"})
    assert line == "COMPROMISE_SLAK_CHANNEL: there is no such setting; did you mean COMPROMISE_SLACK_CHANNEL?"


def test_all_problems_are_told_at_once(file):
    assert (
        len(problems(file, {"COMPROMISE_WINDOW": "soon", "COMPROMISE_WORKERS": "0", "COMPROMISE_X": "1"}))
        == 3
    )


def test_without_anything_the_missing_parts_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = problems(None, {})
    assert lines[0] == (
        f"compromise.toml: there is no such file in {tmp_path}; `compromise init` creates it, "
        "and --config names another one."
    )
    assert lines[1].startswith("slack: not configured; it needs at least bot_token and app_token")
    assert lines[2].startswith("tenants: none is configured; one needs tenant_id")


def test_a_check_from_the_command_line_needs_no_slack(file):
    file.write_text(TOML.partition("[[tenants]]")[1] + TOML.partition("[[tenants]]")[2])
    assert load(file, {}, CHECK_NEEDS).slack is None


def test_an_unknown_key_in_the_file_is_told_by_its_path(file):
    file.write_text(TOML + "\n[log]\ncolour = true\n")
    assert problems(file, {}) == ("log.colour: there is no such setting.",)


def test_a_misspelt_key_in_the_file_is_told_with_the_one_that_was_meant(file):
    file.write_text('wndow = "7d"\n' + TOML)
    assert problems(file, {}) == ("wndow: there is no such setting; did you mean window?",)


def test_a_certificate_that_is_not_there_stops_the_start():
    certified = {name: value for name, value in GOOD.items() if not name.endswith("CLIENT_SECRET")}
    certified["COMPROMISE_TENANT_CERTIFICATE"] = "/nowhere/certificate.pem"
    assert problems(None, certified) == (
        "COMPROMISE_TENANT_CERTIFICATE: there is no file /nowhere/certificate.pem.",
    )


def test_a_missing_part_of_a_tenant_is_told_by_its_place(file):
    file.write_text(TOML.replace(f'client_id = "{WRITES}"\n', ""))
    (line,) = problems(file, {})
    assert line.startswith("tenants[1].client_id: is missing")


def test_what_is_wrong_with_the_one_tenant_of_a_file_is_told_by_its_name_there(file):
    one = TOML[: TOML.index("[[tenants]]")] + f'[tenant]\ntenant_id = "t1.example"\nclient_id = "{READS}"\n'
    file.write_text(one + 'certificate = "/nowhere/certificate.pem"\n')
    (line,) = problems(file, {})
    assert line.startswith("tenant.certificate (COMPROMISE_TENANT_CERTIFICATE): there is no file /nowhere")
    file.write_text(one.replace(f'client_id = "{READS}"\n', 'client_secret = "invented"\n'))
    (line,) = problems(file, {})
    assert line.startswith("tenant.client_id (COMPROMISE_TENANT_CLIENT_ID): is missing")


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("COMPROMISE_TENANT_ID", "is neither a GUID nor a domain; Overview in the Entra admin center"),
        ("COMPROMISE_TENANT_CLIENT_ID", "is not a GUID; Overview of the app registration shows it as"),
        ("COMPROMISE_TENANT_REMEDIATE_CLIENT_ID", "its client_id is not a GUID; Overview of the app"),
    ],
)
def test_what_cannot_be_an_id_of_microsofts_is_refused_and_not_repeated(key, says):
    given = {**GOOD, "COMPROMISE_TENANT_REMEDIATE_CLIENT_SECRET": "invented-secret"}
    given["COMPROMISE_TENANT_REMEDIATE_CLIENT_ID"] = GOOD["COMPROMISE_TENANT_CLIENT_ID"].upper()
    assert load(None, given).tenants
    (line,) = problems(None, {**given, key: "my-app"})
    assert says in line
    assert "my-app" not in line


def test_a_tenant_needs_a_secret_or_a_certificate():
    lacking = {name: value for name, value in GOOD.items() if not name.endswith("CLIENT_SECRET")}
    (line,) = problems(None, lacking)
    assert "has no credential; give its client_secret or name its certificate" in line


def test_a_file_that_is_not_there_or_no_toml_is_told(tmp_path):
    assert problems(tmp_path / "none.toml", {})[0].endswith("cannot be read (No such file or directory).")
    bad = tmp_path / "bad.toml"
    bad.write_text("window = ")
    assert "is not TOML" in problems(bad, {})[0]


def test_socket_mode_needs_the_app_token_and_http_the_signing_secret(file):
    file.write_text(TOML.replace('app_token = "xapp-invented"\n', ""))
    assert "Socket Mode needs the app-level token" in problems(file, {})[0]
    assert "the mode http needs it" in problems(file, {"COMPROMISE_SLACK_MODE": "http"})[0]
    over_http = {"COMPROMISE_SLACK_MODE": "http", "COMPROMISE_SLACK_SIGNING_SECRET": "invented"}
    slack = load(file, over_http).slack
    assert slack is not None
    assert slack.mode == "http"


@pytest.mark.parametrize(
    ("url", "sandbox", "accepted"),
    [
        ("https://slack.com/api/", "false", True),
        ("http://127.0.0.1:4000/api/", "true", True),
        ("http://127.0.0.1:4000/api/", "false", False),
        ("https://slack.example/api/", "false", False),
        ("https://slack.example/api/", "true", False),
        ("https://slack.com.attacker.example/api/", "true", False),
    ],
)
def test_slack_is_asked_at_its_own_address_or_in_the_sandbox_at_this_machine(file, url, sandbox, accepted):
    variables_ = {"COMPROMISE_SLACK_API_URL": url, "COMPROMISE_SANDBOX": sandbox}
    if accepted:
        slack = load(file, variables_).slack
        assert slack is not None
        assert slack.api_url == url
    else:
        assert "slack.api_url must be" in problems(file, variables_)[0]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90m", timedelta(minutes=90)),
        ("36h", timedelta(hours=36)),
        ("7d", timedelta(days=7)),
        (" 2W ", timedelta(weeks=2)),
    ],
)
def test_a_span_is_a_number_and_a_unit(text, span):
    assert parse_span(text) == span


@pytest.mark.parametrize("text", ["", "7", "d", "-7d", "0d", "7y", "7d 2h", "1.5d", "999999d"])
def test_anything_else_is_no_span(text):
    with pytest.raises(ValueError, match="is not a time range such as 36h, 7d or 2w"):
        parse_span(text)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('name = "Fabrikam"', 'name = "Contoso"'), "two tenants have the name Contoso"),
        (('domains = ["fabrikam.example"]', 'domains = ["contoso.example"]'), "is claimed by two tenants"),
    ],
)
def test_it_is_always_clear_which_tenant_is_meant(file, change, says):
    file.write_text(TOML.replace(*change))
    (line,) = problems(file, {})
    assert says in line


def test_no_two_settings_share_a_variable():
    places: dict[str, set[tuple[str, ...]]] = {}
    for name, (where, _) in each(variables()):
        places.setdefault(name, set()).add(where)
    assert all(len(where) == 1 for where in each(places.values()))


def test_the_key_lies_beside_the_ledger_unless_it_is_named(file):
    assert load(file, {}).key == Path("/var/lib/compromise/compromise.key")
    assert load(file, {"COMPROMISE_KEY": "other.key"}).key == Path("other.key")
    assert load(file, {"COMPROMISE_LEDGER": "here.db"}).key == Path("compromise.key")


def test_checkpoints_have_a_channel_and_a_rhythm(file):
    settings = load(file, {"COMPROMISE_SLACK_CHECKPOINTS": "C0PROOF", "COMPROMISE_CHECKPOINT_EVERY": "6h"})
    assert settings.slack is not None
    assert settings.slack.checkpoints == "C0PROOF"
    assert settings.checkpoint_every == timedelta(hours=6)
    default = load(file, {})
    assert default.slack is not None
    assert default.slack.checkpoints == ""
    assert default.checkpoint_every == timedelta(hours=1)
    assert any("checkpoints" in one.lower() for one in problems(file, {"COMPROMISE_SLACK_CHECKPOINTS": "#x"}))


def test_to_leave_all_checks_to_workers_needs_the_database_that_they_reach(file):
    (line,) = problems(file, {"COMPROMISE_CHECKS_HERE": "false"})
    assert "need engine = postgresql://" in line
    remote = {"COMPROMISE_CHECKS_HERE": "false", "COMPROMISE_ENGINE": "postgresql:///jobs"}
    (line,) = problems(file, remote)
    assert "need a worker_key" in line
    (line,) = problems(file, {**remote, "COMPROMISE_WORKER_KEY": "too short"})
    assert "COMPROMISE_WORKER_KEY: should be" in line
    assert "too short" not in line
    assert load(file, {**remote, "COMPROMISE_WORKER_KEY": "x" * 32}).checks_here is False


def test_every_source_of_alerts_can_be_named_in_the_settings():
    (named, _) = get_args(AlertSettings.model_fields["sources"].annotation)
    assert get_args(named) == tuple(SOURCES)
