"""From a few answers to a settings file that loads, a certificate that signs in, and nothing left unsaid."""

from __future__ import annotations

import html
import json
import os
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr
from typer.testing import CliRunner

from bot import settings
from bot.cli import command
from bot.errors import SettingsError
from bot.people.tenancy import Tenancy
from bot.setup import init, keys, manual_instructions, registrations, slack_app
from bot.setup.init import QUESTIONS, Answers, read_answers
from commands.steps import STEPS
from graph.auth import credential
from graph.needs import cmdlet_of, of_source, of_writes
from graph.queries.registry import QUERIES
from graph.settings import TenantSettings
from sandbox import tenant, workspace
from sandbox.tenant import RunningTenant
from tests.made import made as state_made

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TENANT = "c0ffee00-0000-4000-8000-00000000000f"
READS = "11111111-2222-4333-8444-555555555555"
WRITES = "61111111-2222-4333-8444-555555555555"
LEAST = {"tenant": TENANT, "client_id": READS}
ALL = {
    **LEAST,
    "cloud": "gcc-high",
    "remediate": WRITES,
    "domains": ["contoso.example", "mail.contoso.example"],
    "name": 'Contoso "North"',
    "slack": "http",
    "channel": "C0123ABCD",
    "checkpoints": "G0123ABCD",
    "responders": ["U0123ABCD", "W0123ABCD"],
    "responders_group": "S0123ABCD",
    "approvers": "U0456EFGH, U0789JKLM",
    "approvers_group": "S0456EFGH",
    "protected": ["break-glass@contoso.example", WRITES],
}
VALUES = {"xoxb-…": "xoxb-1", "xapp-…": "xapp-1", "…": "a-secret"}


@pytest.fixture(scope="module")
def made() -> keys.Credential:
    return keys.make_credential("compromise-bot (investigate)", NOW)


@pytest.fixture(scope="module")
def played() -> Iterator[RunningTenant]:
    with tenant.start(state_made("clean"), limits=False, audit_query_seconds=0.0) as running:
        yield running


def toml(values: dict[str, Any]) -> str:
    return "".join(f"{key} = {init._toml(value)}\n" for key, value in values.items())


def remaining(answers: Answers, folder: Path = Path("folder")) -> list[str]:
    """All that is left to do after `init` that registered nothing, as it prints it."""
    return [
        *manual_instructions.in_microsoft(answers, folder),
        *manual_instructions.afterwards(answers, folder, str(ROOT / "manifest.yml")),
    ]


def variables(answers: Answers) -> dict[str, str]:
    lines = (line.partition("=") for line in manual_instructions.environment(answers))
    return {name: VALUES[value] for name, _, value in lines}


def test_what_it_writes_signs_in_and_doctor_finds_everything_there(compromise, monkeypatch, tmp_path, played):
    """The whole way, as an administrator goes it, with one application for both."""
    with workspace.start(ROOT / "manifest.yml") as slack:
        answers = {
            "tenant": played.domains[0],
            "client_id": played.client_id,
            "remediate": played.client_id,
            "channel": slack.channels["incident-room"].id,
            "checkpoints": slack.channels["security-alerts"].id,
            "responders_group": "S0RESPONDE",
            "approvers": [slack.people["approver"].id, slack.people["second_approver"].id],
        }
        (tmp_path / "answers.toml").write_text(toml(answers))
        monkeypatch.setenv("COMPROMISE_TENANT_LOGIN_URL", played.login_url)
        status, said, wrong = compromise("init", "--answers", "answers.toml")
        assert (status, wrong) == (0, "")
        assert said.splitlines()[-2].endswith("Then check the setup:")
        assert said.splitlines()[-1].lstrip().startswith("compromise doctor --config /")
        assert "https://api.slack.com/apps?new_app=1" not in said, "the link is in a page of its own"
        assert "https://api.slack.com/apps?new_app=1" in (tmp_path / slack_app.FILE).read_text()
        assert f'tenant_id = "{played.tenant_id}"' in (tmp_path / "compromise.toml").read_text()
        for name, value in {
            "SANDBOX": "true",
            "SLACK_API_URL": slack.api_url,
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "TENANT_GRAPH_URL": played.graph_url,
            "TENANT_EXCHANGE_URL": played.exchange_url,
            "TENANT_COMPLIANCE_URL": played.compliance_url,
        }.items():
            monkeypatch.setenv(f"COMPROMISE_{name}", value)
        status, said, _ = compromise("doctor")
        assert status == 3
        assert "the certificate is not registered" in said
        assert "  - Upload the certificate that the settings name to the application" in said
        played.register_certificate((tmp_path / "investigate.cer").read_text())
        status, said, _ = compromise("doctor", "--all")
    assert status == 0, said
    assert "■ present the step block sign in" in said
    assert "■ present channel for cards: #incident-room" in said
    status, said, _ = compromise("doctor", "--sandbox", "no-premium-license", "--json", "--check-only")
    told = json.loads(said)
    assert status == told["status"] == 1
    says = [line["says"] for line in told["sections"][0]["lines"] if line["what"] == "sign-ins"]
    assert "the tenant lacks the license Microsoft Entra ID P1" in says[0]
    assert "the step" not in said


@pytest.mark.parametrize("slack", ["socket", "http", "none"])
@pytest.mark.parametrize("kind", ["certificate", "secret"])
@pytest.mark.parametrize("given", [LEAST, ALL], ids=["least", "all"])
def test_every_settings_file_loads_with_the_variables_that_it_asks_for(tmp_path, given, kind, slack):
    answers = read_answers({**given, "credential": kind, "slack": slack})
    for what, _ in answers.registrations:
        (tmp_path / f"{what}.pem").touch()
    path = tmp_path / "compromise.toml"
    path.write_text(init.settings_file(answers, tmp_path))
    needs = settings.CHECK_NEEDS if slack == "none" else settings.BOT_NEEDS
    loaded = settings.load(path, variables(answers), needs)
    (one,) = loaded.tenants
    assert (one.tenant_id, one.client_id) == (TENANT, READS)
    assert one.client_ids == ((READS, WRITES) if given is ALL else (READS,))
    assert (one.certificate is None) is (kind == "secret")
    assert (loaded.slack is None) is (slack == "none")
    if given is ALL:
        assert one.name == 'Contoso "North"'
        assert one.cloud == "gcc-high"
        assert one.domains == ("contoso.example", "mail.contoso.example")
        assert loaded.protected == ("break-glass@contoso.example", WRITES)
    if given is ALL and slack != "none":
        assert loaded.slack
        assert (loaded.slack.channel, loaded.slack.checkpoints) == ("C0123ABCD", "G0123ABCD")
        assert loaded.responders.users == ("U0123ABCD", "W0123ABCD")
        assert loaded.approvers.users == ("U0456EFGH", "U0789JKLM")
        assert (loaded.responders.group, loaded.approvers.group) == ("S0123ABCD", "S0456EFGH")


def test_no_variable_that_it_asks_for_is_left_over_and_without_one_nothing_loads(tmp_path):
    answers = read_answers({**ALL, "credential": "secret"})
    path = tmp_path / "compromise.toml"
    path.write_text(init.settings_file(answers, tmp_path))
    given = variables(answers)
    assert set(given) <= {name for name, _ in settings.variables()}
    for name in given:
        with pytest.raises(SettingsError):
            settings.load(path, {key: value for key, value in given.items() if key != name})


def test_a_certificate_that_is_not_there_is_named_for_each_application(tmp_path):
    path = tmp_path / "compromise.toml"
    path.write_text(init.settings_file(read_answers(ALL), tmp_path))
    with pytest.raises(SettingsError) as caught:
        settings.load(path, variables(read_answers(ALL)))
    assert [problem.split(":")[0].partition(" ")[0] for problem in caught.value.problems] == [
        "tenant.certificate",
        "tenant.remediate.certificate",
    ]


def test_the_bot_touches_neither_of_its_own_applications(tmp_path):
    (tmp_path / "investigate.pem").touch()
    (tmp_path / "remediate.pem").touch()
    path = tmp_path / "compromise.toml"
    path.write_text(init.settings_file(read_answers(ALL), tmp_path))
    loaded = settings.load(path, variables(read_answers(ALL)))
    assert Tenancy(loaded).of(loaded.tenants[0].name).guard.own_apps == {READS, WRITES}


def test_defaults_follow_from_what_was_answered_before():
    answers = read_answers({"tenant": "Fabrikam.example", "client_id": READS.upper()})
    assert (answers.tenant, answers.client_id) == ("fabrikam.example", READS)
    assert (answers.domains, answers.name) == (("fabrikam.example",), "Fabrikam")
    assert (answers.cloud, answers.credential, answers.slack) == ("global", "certificate", "socket")
    assert answers.remediate == ""
    initial = read_answers({"tenant": "contoso.onmicrosoft.example", "client_id": READS})
    assert initial.domains == ()
    assert read_answers(LEAST).name == "tenant"


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("tenant", "not a tenant"),
        ("tenant", ""),
        ("client_id", "compromise-bot"),
        ("remediate", "11111111"),
        ("cloud", "mars"),
        ("credential", "password"),
        ("domains", ["contoso"]),
        ("domains", "https://contoso.example"),
        ("name", "Con\x07toso"),
        ("name", "x" * 61),
        ("slack", "mail"),
        ("channel", "#incidents"),
        ("checkpoints", "U0123ABCD"),
        ("responders", ["@adele"]),
        ("responders_group", "U0123ABCD"),
        ("approvers", ["S0123ABCD"]),
        ("approvers", [7]),
        ("approvers_group", "C0123ABCD"),
        ("protected", ["break-glass"]),
        ("tennant", TENANT),
    ],
)
def test_an_answer_of_the_wrong_form_is_named(key, given):
    with pytest.raises(SettingsError) as caught:
        read_answers({**LEAST, key: given})
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [key]


def test_all_wrong_answers_are_told_at_once_and_nothing_is_written(compromise, tmp_path):
    (tmp_path / "answers.toml").write_text('tenant = "?"\nslack = "mail"\n')
    status, said, wrong = compromise("init", "--by-hand", "--answers", "answers.toml")
    assert (status, said) == (2, "")
    assert [line.split(":")[1].strip() for line in wrong.splitlines()] == ["tenant", "client_id", "slack"]
    assert [path.name for path in tmp_path.iterdir()] == ["answers.toml"]
    (tmp_path / "answers.toml").write_text("tenant = ")
    assert "is not TOML" in compromise("init", "--answers", "answers.toml")[2]
    assert "There is no file" in compromise("init", "--answers", "nowhere.toml")[2]


def test_it_asks_again_until_an_answer_has_its_form(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    typed = [TENANT, "", "the bot", READS, "", "secret", "", "", "none", ""]
    done = CliRunner().invoke(
        command.app, ["init", "--by-hand", "--folder", "made"], input="\n".join(typed) + "\n"
    )
    assert done.exit_code == 0, done.output
    assert "not a GUID" in done.output
    assert "Responders: Slack user IDs" not in done.output
    written = tomllib.loads((tmp_path / "made" / "compromise.toml").read_text())
    assert written == {"tenant": {"name": "tenant", "tenant_id": TENANT, "client_id": READS}}
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["compromise.toml"]
    assert "COMPROMISE_TENANT_CLIENT_SECRET=…" in done.output


def test_a_domain_becomes_the_tenants_id(played):
    assert init.tenant_id(played.domains[0], "global", played.login_url) == played.tenant_id
    with pytest.raises(SettingsError, match=r"there is no tenant nobody\.example"):
        init.tenant_id("nobody.example", "global", played.login_url)
    with pytest.raises(
        SettingsError, match="Enter the tenant ID; it is in the Entra admin center under Overview"
    ):
        init.tenant_id(played.domains[0], "global", "http://127.0.0.1:1")


def test_a_domain_that_is_no_tenants_is_asked_for_again_before_anything_else(tmp_path, played):
    typed = ["nobody.example", "", "", played.domains[0], "", "not one"]
    done = CliRunner().invoke(
        command.app,
        ["init", "--by-hand", "--folder", str(tmp_path)],
        input="\n".join(typed),
        env={"COMPROMISE_TENANT_LOGIN_URL": played.login_url},
    )
    assert "there is no tenant nobody.example" in done.output
    assert "an answer is required" in done.output
    assert "not a GUID" in done.output
    assert list(tmp_path.iterdir()) == []


def test_the_tenants_id_is_not_taken_for_an_application(tmp_path):
    with pytest.raises(SettingsError, match="client_id: this is the same as tenant"):
        read_answers({"tenant": TENANT, "client_id": TENANT})


def test_nothing_is_asked_where_settings_are_in_the_way(tmp_path):
    (tmp_path / "compromise.toml").write_text("mine")
    done = CliRunner().invoke(command.app, ["init", "--by-hand", "--folder", str(tmp_path)])
    assert "compromise.toml already exists" in done.output
    assert "Tenant ID or domain" not in done.output


def test_files_are_for_their_owner_alone_and_hold_no_secret_of_slack_or_entra(tmp_path, made):
    answers = read_answers(ALL)
    text = init.settings_file(answers, tmp_path)
    keys.write({"compromise.toml": text.encode(), "a.pem": made.key}, tmp_path / "new", NOW, force=False)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()} == {0o600}
    assert not {"bot_token", "app_token", "signing_secret", "client_secret"} & set(text.split())


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("", r"To add Slack and keep what is in it: compromise init --slack --folder "),
        ('[slack]\nchannel = "C0123ABCD"\n', r"To see what is missing: compromise doctor --config "),
    ],
)
def test_where_settings_were_written_before_the_way_on_needs_no_new_keys(tmp_path, more, says):
    (tmp_path / init.CONFIG).write_text(f'[tenant]\nname = "Contoso"\n{more}')
    with pytest.raises(SettingsError, match=rf"(?s)compromise\.toml already exists; .*{says}"):
        init.demand_room(tmp_path, None, force=False)


def test_nothing_is_written_over_without_being_told_and_then_a_copy_is_kept(tmp_path):
    answers = read_answers({**LEAST, "remediate": WRITES})
    (tmp_path / "remediate.csr").write_text("mine")
    with pytest.raises(SettingsError, match=r"remediate\.csr already exists; --force keeps a copy"):
        init.demand_room(tmp_path, answers, force=False)
    with pytest.raises(SettingsError, match="cannot be written"):
        keys.write({"remediate.csr": b"new"}, tmp_path, NOW, force=False)
    assert (tmp_path / "remediate.csr").read_text() == "mine"
    init.demand_room(tmp_path, answers, force=True)
    (copy,) = keys.write({"remediate.csr": b"new"}, tmp_path, NOW, force=True)
    assert (tmp_path / "remediate.csr").read_text() == "new"
    assert (copy.name, copy.read_text()) == ("remediate.csr.20260302T090000Z", "mine")


def test_a_link_that_somebody_put_there_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("theirs")
    (tmp_path / "compromise.toml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SettingsError):
        keys.write({"compromise.toml": b"x"}, tmp_path, NOW, force=False)
    keys.write({"compromise.toml": b"x"}, tmp_path, NOW, force=True)
    assert (tmp_path / "elsewhere").read_text() == "theirs"


def test_the_settings_name_the_key_that_is_written_and_not_what_a_link_in_its_place_led_to(tmp_path):
    (tmp_path / "made").mkdir()
    (tmp_path / "folder").symlink_to(tmp_path / "made")
    (tmp_path / "made" / "investigate.pem").symlink_to(tmp_path / "elsewhere.pem")
    (tmp_path / "made" / "investigate.cer").symlink_to(tmp_path / "elsewhere.cer")
    answers = read_answers(LEAST)
    text = init.settings_file(answers, tmp_path / "folder")
    assert tomllib.loads(text)["tenant"]["certificate"] == str(tmp_path / "made" / "investigate.pem")
    whole = "\n".join(remaining(answers, tmp_path / "folder"))
    assert f"upload {tmp_path / 'made' / 'investigate.cer'}." in whole


def test_no_copy_of_an_old_key_is_written_over_and_none_is_left_open(tmp_path):
    path = tmp_path / "investigate.pem"
    path.write_text("first")
    path.chmod(0o644)
    copies = [
        copy
        for text in (b"second", b"third", b"fourth")
        for copy in keys.write({path.name: text}, tmp_path, NOW, force=True)
    ]
    assert [copy.read_text() for copy in copies] == ["first", "second", "third"]
    assert {copy.stat().st_mode & 0o777 for copy in copies} == {0o600}
    assert path.read_text() == "fourth"


def test_an_error_on_the_way_names_the_copies_that_were_moved_aside(tmp_path):
    (tmp_path / "investigate.pem").write_text("mine")
    with pytest.raises(SettingsError) as caught:
        keys.write({"investigate.pem": b"x", "no/folder.pem": b"x"}, tmp_path, NOW, force=True)
    failed, moved = caught.value.problems
    assert "folder.pem cannot be written" in failed
    assert moved.startswith(f"{tmp_path / 'investigate.pem.20260302T090000Z'} is the previous file")


def test_a_new_folder_is_for_its_owner_alone(tmp_path):
    keys.write({"compromise.toml": b"x"}, tmp_path / "new", NOW, force=False)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_a_folder_whose_name_toml_cannot_hold_is_escaped_or_refused(tmp_path):
    odd = tmp_path / "a\x7fb"
    text = init.settings_file(read_answers(LEAST), odd)
    assert tomllib.loads(text)["tenant"]["certificate"] == str(odd / "investigate.pem")
    wrong = tmp_path / os.fsdecode(b"a\xff")
    with pytest.raises(SettingsError, match=r"a\\xff is not UTF-8; choose another one"):
        init.demand_room(wrong, read_answers(LEAST), force=False)
    with pytest.raises(SettingsError, match="is not UTF-8"):
        init.settings_file(read_answers(LEAST), wrong)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.key)
def test_a_secret_in_the_wrong_answer_is_not_repeated(question):
    secret = "abc8Q~" + "s3cr3t.value~" * 6
    with pytest.raises(ValueError, match=r"\w") as caught:
        question.read(secret, {})
    assert "s3cr3t" not in str(caught.value)


def test_the_certificate_is_one_that_entra_and_the_sign_in_take(tmp_path, made):
    certificate = x509.load_pem_x509_certificate(made.certificate)
    key = serialization.load_pem_private_key(made.key, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 3072
    assert certificate.public_key() == key.public_key()
    assert isinstance(certificate.signature_hash_algorithm, hashes.SHA256)
    certificate.verify_directly_issued_by(certificate)
    assert certificate.not_valid_before_utc < NOW < certificate.not_valid_after_utc
    request = x509.load_pem_x509_csr(made.request)
    assert request.is_signature_valid
    assert request.public_key() == key.public_key()
    assert request.subject == certificate.subject
    path = tmp_path / "investigate.pem"
    path.write_bytes(made.key + made.certificate)
    given = credential(TenantSettings(tenant_id=TENANT, client_id=READS, certificate=path))
    assert isinstance(given, dict)
    assert b"PRIVATE" not in made.certificate + made.request


def test_what_is_left_names_exactly_what_queries_and_steps_need():
    reading, writing = (
        next(text for text in remaining(read_answers(ALL)) if f"({what}), API permissions" in text)
        for what in ("investigate", "remediate")
    )
    declared = {need for query in QUERIES for need in of_source(query.ASKS) if " " not in need}
    assert set(reading.split()) & set(registrations.of_graph(registrations.to_read())) == declared - {
        "Exchange.ManageAsApp"
    }
    assert "ReadWrite" not in reading
    for step in STEPS:
        for need in of_writes(step.WRITES):
            if " " not in need:
                assert need in writing
    both = next(text for text in remaining(read_answers({**LEAST, "remediate": READS})) if "API perm" in text)
    for need in (
        *registrations.of_graph(registrations.to_read()),
        *registrations.of_graph(registrations.to_write()),
    ):
        assert f"  {need}\n" in both


def test_the_lines_of_powershell_hold_every_cmdlet_that_changes_something_and_no_other():
    lines = "\n".join(manual_instructions.powershell("remediate", WRITES))
    declared = {
        cmdlet_of(need)[1]
        for step in STEPS
        for need in of_writes(step.WRITES)
        if cmdlet_of(need)[0] == "Exchange"
    }
    for cmdlet in declared:
        assert f'"{cmdlet}"' in lines
    for cmdlet in registrations.roles_for("remediate").keep:
        assert not cmdlet.startswith("Get-")
    reading = "\n".join(manual_instructions.powershell("investigate", READS))
    assert '"Get-InboxRule"' in reading
    assert "Set-" not in reading


def test_what_is_left_fits_the_answers():
    whole = "\n".join(remaining(read_answers(ALL)))
    for piece in (
        READS,
        WRITES,
        "signing secret",
        "manifest.yml",
        "Connect-IPPSSession",
        "User Administrator",
    ):
        assert piece in whole
    assert ": until then no one can run checks." not in whole
    quiet = "\n".join(remaining(read_answers({**LEAST, "slack": "none"})))
    assert "api.slack.com" not in quiet
    assert "User Administrator" not in quiet
    assert "compromise init --slack --folder folder" in "\n".join(remaining(read_answers(LEAST)))
    signed = {**LEAST, "remediate": READS, "slack": "http"}
    assert ": until then no one can run checks." in "\n".join(remaining(read_answers(signed)))
    assert ": until then no remediation is possible." in "\n".join(remaining(read_answers(signed)))
    numbered = [
        text for text in remaining(read_answers({**LEAST, "remediate": READS})) if "PowerShell" in text
    ]
    assert [READS in text for text in numbered] == [True, True]


def test_the_manifest_is_found_beside_the_packages(tmp_path):
    assert manual_instructions.manifest_path(ROOT / "bot") == str(ROOT / "manifest.yml")
    assert manual_instructions.manifest_path(tmp_path / "bot") == "manifest.yml of the repository"


@pytest.mark.parametrize("socket", [True, False])
def test_the_link_to_slack_holds_the_whole_manifest_and_is_no_longer_than_servers_take(tmp_path, socket):
    manifest = (ROOT / "manifest.yml").read_text()
    link = slack_app.link(manifest, socket=socket)
    assert len(link) <= 8_000
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "api.slack.com", "/apps")
    given = dict(parse_qsl(parts.query, strict_parsing=True))
    whole = yaml.safe_load(manifest)
    whole["settings"]["socket_mode_enabled"] = socket
    assert given == {"new_app": "1", "manifest_json": json.dumps(whole, separators=(",", ":"))}
    told = "".join(remaining(read_answers({**LEAST, "slack": "socket" if socket else "http"}), tmp_path))
    assert f"Open {tmp_path / slack_app.FILE} in a browser" in told
    for _ in range(2):  # written again, it takes the place of the older one
        slack_app.write_page(tmp_path, link)
    page = tmp_path / slack_app.FILE
    assert page.stat().st_mode & 0o777 == 0o600
    assert html.unescape(page.read_text()).count(link) == 2


def test_a_manifest_too_long_for_a_link_or_not_at_hand_is_named_as_a_file(tmp_path):
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text())
    manifest["display_information"]["long_description"] = "ü" * 1_500
    (tmp_path / "manifest.yml").write_text(yaml.safe_dump(manifest))
    for path in (tmp_path / "manifest.yml", tmp_path / "nowhere.yml"):
        first = next(manual_instructions.afterwards(read_answers(LEAST), tmp_path, str(path)))
        assert f"\n- api.slack.com/apps, Create New App, From a manifest: {path}.\n" in first


def test_a_secret_never_reaches_a_sign_in_beside_a_certificate(tmp_path):
    """Both at once is a mistake in the settings, so a secret is asked for only without a certificate."""
    answers = read_answers(ALL)
    assert not [line for line in manual_instructions.environment(answers) if "CLIENT_SECRET" in line]
    with pytest.raises(ValueError, match="exactly one"):
        TenantSettings(
            tenant_id=TENANT, client_id=READS, certificate=tmp_path / "x", client_secret=SecretStr("x")
        )
