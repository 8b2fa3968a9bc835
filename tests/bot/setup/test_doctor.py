"""The doctor names what is missing and what that costs, and shares its table with the documentation."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from pydantic import SecretStr
from rich.console import Console

from bot import log
from bot.playing import stage
from bot.settings import ApproverSettings, LogSettings, ResponderSettings, Settings, Tenant
from bot.setup import capabilities, doctor, doctor_held, doctor_slack, doctor_tenant, keys
from bot.setup.capabilities import PARTS, Held, included_in, undoes
from bot.setup.doctor_certificates import look_at_certificates
from bot.setup.doctor_findings import Line, Section, tell
from commands.ledger import BOT, Ledger
from commands.ledger import entries as e
from commands.ledger.mark import mark_of
from commands.report import spoken
from commands.signing_key import SigningKey
from commands.steps import STEPS
from commands.symptoms import SYMPTOMS
from graph import contract
from graph.auth import Resource
from graph.connection import Connection
from graph.evidence import SOURCES
from graph.limits import Deadline
from graph.needs import cmdlet_of, of_source, of_writes
from graph.queries.registry import QUERIES
from graph.request import Cmdlet, Request
from graph.settings import RemediateSettings
from sandbox import tenant, workspace
from sandbox.tenant import Fault, RunningTenant
from tests.each import some_now
from tests.made import made

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "reference" / "permissions.md"


ADELE = "adele.vance@contoso.example"
READS = sorted(
    {need for query in QUERIES for need in of_source(query.ASKS)}
    | {part.need for parts in PARTS.values() for part in parts}
)
WRITES = sorted({need for step in STEPS for need in (*of_writes(step.WRITES), *undoes(step))})


@pytest.fixture(scope="module")
def running() -> Iterator[RunningTenant]:
    with tenant.start(made("clean"), limits=False, audit_query_seconds=0.0) as started:
        yield started


@pytest.fixture
def played(running) -> Iterator[RunningTenant]:
    """The one tenant of this file; what a test takes away is put back."""
    kept = [set(one) for one in everything(running)]
    yield running
    for now, before in zip(everything(running), kept, strict=True):
        now.clear()
        now.update(before)
    running.faults.clear()


def everything(played: RunningTenant) -> tuple[set[str], ...]:
    """What the application and the tenant hold."""
    return (
        played.permissions,
        played.exchange_cmdlets,
        played.compliance_cmdlets,
        played.directory_roles,
        played.licenses,
    )


ALSO = {
    "Directory.Read.All": ("AppRoleAssignment.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All"),
    "RoleManagement.Read.Directory": ("Directory.Read.All",),
}
"""Permissions that read a part of what a source asks for, and do not hold the whole of the need."""


def take(played: RunningTenant, need: str) -> None:
    """Take away what a query or a step needs, and the permissions that hold it in them."""
    service, cmdlet = cmdlet_of(need)
    if cmdlet:
        (played.exchange_cmdlets if service == "Exchange" else played.compliance_cmdlets).discard(cmdlet)
    elif need.startswith("the role "):
        played.directory_roles.clear()
    else:
        played.permissions.difference_update({need, *included_in(need), *ALSO.get(need, ())})


def look(played: RunningTenant, sources: Sequence[str] = (), **more: object) -> list[Line]:
    """Look at the tenant with a new sign-in, for a token says what was held when it was made."""
    settings = Tenant.model_validate({**dict(stage.tenant_settings(played)), **more})
    with Connection(settings) as connection:
        return doctor_tenant.look_at_tenant(connection, ADELE, sources=sources)


def missing(lines: Sequence[Line], name: str) -> list[Line]:
    return [line for line in lines if line.there is False and name in f"{line.what} {line.says}"]


def sources_with(need: str) -> list[str]:
    rows = [row.source for row in doctor_tenant.table() if need in row.permissions]
    finer = [source for source, parts in PARTS.items() if any(part.need == need for part in parts)]
    return [*rows, *finer][:6]


def examine(settings: Settings, user: str | None = None, **more: bool) -> tuple[int, str]:
    """The status and all that the doctor says, what is there included."""
    out = io.StringIO()
    more = {"everything": True, **more}
    return doctor.examine(settings, Console(file=out, width=200), user=user, **more), out.getvalue()


def only_tenant(played) -> Settings:
    return Settings(tenants=(stage.tenant_settings(played),))


def test_where_everything_is_there_it_says_so(played):
    status, said = examine(only_tenant(played))
    assert status == 0, said
    assert "missing" not in said
    assert re.match(r"Everything is in place\. \d+ present, \d+ notes?\.\n", said)
    for source in SOURCES:
        assert f"present {spoken(source)}" in said


def test_with_everything_there_nothing_finer_than_a_source_or_a_step_is_missing(played):
    lines = {line.what: line for line in look(played, SOURCES)}
    for part in (part for parts in PARTS.values() for part in parts):
        assert lines[part.what].there is True
    for step in STEPS:
        if of_writes(step.WRITES):
            assert lines[f"the step {capabilities.label(step)}"] == Line(
                there=True, what=f"the step {capabilities.label(step)}"
            )
    assert not [line for line in lines.values() if line.there is False]


@pytest.mark.parametrize("need", some_now(READS, 4))
def test_each_need_of_a_question_that_is_taken_away_is_named_as_missing(played, need):
    take(played, need)
    lines = look(played, sources_with(need))
    named = missing(lines, cmdlet_of(need)[1] or need)
    assert named, [line for line in lines if line.there is not True]
    if need not in ("User.Read.All", "Exchange.ManageAsApp"):
        assert all("not collected" in line.says for line in named if not line.what.startswith("the step"))


@pytest.mark.parametrize("need", some_now(WRITES, 4))
def test_each_need_of_a_step_that_is_taken_away_is_named_with_the_step(played, need):
    take(played, need)
    lines = look(played)
    name = cmdlet_of(need)[1] or need.removeprefix("the role ")
    for step in STEPS:
        if need in (*of_writes(step.WRITES), *undoes(step)):
            (line,) = [line for line in lines if line.what == f"the step {capabilities.label(step)}"]
            assert line.there is False
            assert re.search(rf"(not possible|cannot be undone)\b[^;]*, [^;]*{re.escape(name)}", line.says)


@pytest.mark.parametrize("plan", ["AAD_PREMIUM", "AAD_PREMIUM_P2"])
def test_a_license_that_is_taken_away_is_named_with_what_it_hides(played, plan):
    played.licenses.difference_update({"AAD_PREMIUM", "AAD_PREMIUM_P2"} if plan == "AAD_PREMIUM" else {plan})
    lines = look(played, ["sign_ins", "risk_detections", "directory_roles"])
    wanted = {"AAD_PREMIUM": "Microsoft Entra ID P1", "AAD_PREMIUM_P2": "Microsoft Entra ID P2"}[plan]
    assert missing(lines, f"the tenant lacks the license {wanted}")


def test_without_the_right_to_use_exchange_no_cmdlet_is_told_to_be_lacking(played):
    played.permissions.discard("Exchange.ManageAsApp")
    lines = look(played, ["mailbox", "delegates"])
    assert missing(lines, "Exchange.ManageAsApp is not granted")
    assert not missing(lines, "role group lacks")


def test_an_application_without_any_role_in_exchange_is_told_so_in_one_line(played):
    played.exchange_cmdlets.clear()
    played.directory_roles.add("User Administrator")
    (line,) = [line for line in look(played, ["mail_protocols"]) if line.what == "a role in Exchange"]
    assert line.there is False
    assert "assign Global Reader" in line.says
    played.directory_roles.add("Exchange Administrator")
    (line,) = [line for line in look(played, ["mail_protocols"]) if line.what == "a role in Exchange"]
    assert line.there is False
    assert "although Exchange Administrator should allow it" in line.says


def test_where_the_directory_roles_cannot_be_read_a_step_that_needs_one_is_noted(played):
    played.permissions.difference_update(
        {"RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "Directory.Read.All"}
    )
    lines = {line.what: line for line in look(played)}
    assert lines["the step reset password"].there is None
    assert "unknown whether it is granted" in lines["the step reset password"].says


class InOneUnit(Connection):
    """A connection to a tenant that gives directory roles in an administrative unit only."""

    def fetch(self, what, deadline, tally=None, taking=None):
        found = super().fetch(what, deadline, tally, taking)
        if isinstance(what, Request) and what.path.endswith("/roleAssignments"):
            return [{**one, "directoryScopeId": "/administrativeUnits/au-1"} for one in found]
        return found


def test_a_role_in_an_administrative_unit_is_no_role_in_the_whole_tenant(played):
    with InOneUnit(stage.tenant_settings(played)) as connection:
        lines = {line.what: line for line in doctor_tenant.look_at_tenant(connection, ADELE, sources=())}
        played.directory_roles.add("Privileged Authentication Administrator")
        more = {line.what: line for line in doctor_tenant.look_at_tenant(connection, ADELE, sources=())}
    role = lines["the directory role User Administrator"]
    assert role.there is None
    assert "assigned only for an administrative unit; unknown which accounts it covers" in role.says
    assert lines["the step reset password"].there is None
    assert "unknown whether it is granted" in lines["the step reset password"].says
    assert "passwords and sign-in of administrators" in more


def test_a_login_service_in_trouble_says_nothing_of_what_exchange_lets_the_application_do(played):
    played.permissions.discard("Exchange.ManageAsApp")  # which stands in Exchange's own token, not in Graph's
    with Connection(stage.tenant_settings(played)) as connection:
        connection.sign_in.token(Resource.GRAPH, Deadline(600))
        played.faults.add(f"/login/{played.tenant_id}/oauth2/v2.0/token", Fault(status=503))
        found, held = doctor_held.held_by(connection, Deadline(600), to_write=False)
    lines = {line.what: line for line in [*found, *doctor_tenant.what_steps_can(held)]}
    for service in ("Exchange", "Compliance"):
        assert lines[f"sign-in to {service}"].there is None
        assert "unknown: The login service answered with status 503" in (lines[f"sign-in to {service}"].says)
    assert (held.exchange, held.compliance, held.has("Exchange.ManageAsApp")) == (None, None, None)
    assert lines["the step remove forwarding"].there is None
    assert "lacks" not in lines["the step remove forwarding"].says
    assert lines["the step block sign in"].there is True


def test_a_login_service_that_does_not_answer_is_told_in_a_line(played):
    settings = stage.tenant_settings(played).model_copy(update={"login_url": "http://127.0.0.1:9/login"})
    status, said = examine(Settings(tenants=(settings,)))
    assert status == 3
    assert "Nothing can be collected." in line_of(said, "missing sign-in")


def test_an_application_that_reaches_administrators_leaves_none_of_them_to_people(played):
    played.directory_roles.add("Privileged Authentication Administrator")
    assert not [line for line in look(played) if "administrators" in line.what]


def test_what_a_second_way_saves_is_told_all_the_same(played):
    """The audit log is seen by the older search, and doctor says that the first one is lacking."""
    take(played, "AuditLogsQuery.Read.All")
    lines = {line.what: line for line in look(played, ["audit_log", "message_trace"])}
    assert lines["audit log"].there is True
    assert lines["audit log, searched through Graph"].there is False
    assert "AuditLogsQuery.Read.All is not granted" in lines["audit log, searched through Graph"].says


def test_message_trace_without_its_service_principal_is_told_with_what_mends_it(played):
    played.state.message_trace_enabled = False
    try:
        lines = {line.what: line for line in look(played, ["message_trace"])}
    finally:
        played.state.message_trace_enabled = True
    assert lines["message trace"].there is True
    assert lines["message trace, through Graph"].there is False
    assert "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373" in lines["message trace, through Graph"].says


def test_an_audit_search_that_only_one_version_of_graph_has_is_noted(played):
    played.state.audit_queries_on_v1 = False
    try:
        lines = look(played, ["audit_log"], audit_api="v1.0")
    finally:
        played.state.audit_queries_on_v1 = True
    (line,) = [line for line in lines if line.what == "audit log, searched through Graph v1.0"]
    assert line.there is None
    assert "beta is used instead" in line.says


def test_a_list_of_cmdlets_that_does_not_fit_the_answers_decides_nothing(played):
    held = Held(None, None, frozenset({"Set-Mailbox"}), frozenset())
    refused = doctor_tenant._Asked("mailbox", Cmdlet("Get-Mailbox"), [])
    assert not doctor_tenant._fits(held, [refused])
    assert doctor_tenant._fits(Held(None, None, frozenset({"Get-Mailbox"}), frozenset()), [refused])


def test_where_exchange_does_not_list_its_cmdlets_steps_are_noted_and_not_called_missing(played):
    played.faults.add("/exchange/adminapi/v1.0/", Fault(status=400, code="BadRequest", message="No."))
    lines = {line.what: line for line in look(played, ["mailbox"])}
    assert lines["which cmdlets the roles in Exchange hold"].there is None
    step = lines["the step remove forwarding"]
    assert step.there is None
    assert "Set-Mailbox; unknown whether it is granted" in step.says
    assert lines["the step block sign in"].there is True


def test_a_second_application_is_looked_at_for_what_the_steps_need(played):
    remediate = RemediateSettings(client_id=played.client_id, client_secret=SecretStr(played.client_secret))
    lines = {line.what: line for line in look(played, remediate=remediate)}
    assert lines["sign-in to Exchange of the remediate application"].there is True
    assert "remove it here" in lines["the investigate application"].says
    assert "User.EnableDisableAccount.All" in lines["the investigate application"].says
    settings = Tenant.model_validate(
        {**dict(stage.tenant_settings(played)), "remediate": remediate.model_dump()}
    )
    with Connection(settings) as connection:
        nothing = Held(frozenset(), frozenset(), None, None)
        unlisted = {line.what: line for line in doctor_tenant._to_write(connection, nothing, listed=False)}
    assert unlisted["the step remove forwarding"].there is None
    assert unlisted["the step block sign in"].there is True
    wrong = remediate.model_copy(update={"client_secret": SecretStr("wrong")})
    (line,) = missing(look(played, remediate=wrong), "of the remediate application")
    assert "No remediation is possible." in line.says


def test_every_cmdlet_that_the_code_names_is_known_here():
    """A cmdlet in a query or a step has its need in the tables, or doctor would not miss it."""
    root = Path(doctor.__file__).resolve().parents[2]
    named: set[str] = set()
    for folder in ("graph/queries", "graph/parts", "commands/steps"):
        for path in (root / folder).glob("*.py"):
            named |= set(re.findall(r'Cmdlet\(\s*"([A-Za-z]+-[A-Za-z]+)"', path.read_text()))
    assert "Set-CASMailbox" in named
    known = {cmdlet_of(need)[1] for need in (*READS, *WRITES)} - {""}
    assert named <= known
    assert {name for name, row in contract.cmdlets().items() if row.taken_back_by} <= known


def test_every_directory_role_that_a_step_needs_has_its_id():
    needed = {need.removeprefix("the role ") for need in WRITES if need.startswith("the role ")}
    assert needed <= set(contract.roles())


def test_json_says_the_same_for_programs(played):
    played.exchange_cmdlets.discard("Get-InboxRule")
    status, said = examine(only_tenant(played), as_json=True)
    told = json.loads(said)
    assert (status, told["status"]) == (1, 1)
    (section, slack, tables) = told["sections"]
    assert (section["about"], slack["about"], tables["about"]) == ("Tenant sandbox", "Slack", "Tables")
    assert [line["what"] for line in tables["lines"]] == ["networks"]
    (line,) = [line for line in section["lines"] if line["state"] == "missing"]
    assert line["what"] == "hidden inbox rules"
    assert "the Exchange role group lacks Get-InboxRule" in line["says"]


def test_a_missing_permission_is_named_with_its_cost(played):
    played.permissions.discard("MailboxSettings.Read")
    played.permissions.discard("MailboxSettings.ReadWrite")
    status, said = examine(only_tenant(played), "adele.vance@contoso.example")
    assert status == 1
    line = next(line for line in said.splitlines() if "missing inbox rules" in line)
    assert "MailboxSettings.Read" in line
    assert "Less evidence without it for: mail missing from sent items, inbox rules." in line


def test_a_missing_cmdlet_is_named(played):
    played.exchange_cmdlets.discard("Get-TransportRule")
    status, said = examine(only_tenant(played))
    assert status == 1
    line = next(line for line in said.splitlines() if "missing transport rules" in line)
    assert "Get-TransportRule" in line
    assert "Cannot be ruled out without it: transport rules." in line


def test_a_missing_license_is_named():
    with tenant.start(made("no-premium-license"), limits=False, audit_query_seconds=0.0) as played:
        status, said = examine(only_tenant(played))
    assert status == 1
    line = next(line for line in said.splitlines() if "missing sign-ins" in line)
    assert "Microsoft Entra ID P1" in line


def test_a_wrong_secret_ends_with_status_3(played):
    settings = stage.tenant_settings(played).model_copy(update={"client_secret": SecretStr("wrong")})
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
        status, said = examine(stage.bot_settings(played, slack, tmp_path))
    assert status == 1
    assert "missing scope files:write" in said
    assert "cannot be attached" in said
    assert "present scope chat:write" in said
    assert "present app-level token" in said


def test_a_wrong_bot_token_is_told(played, tmp_path):
    with workspace.start(ROOT / "manifest.yml") as slack:
        settings = stage.bot_settings(played, slack, tmp_path)
        assert settings.slack
        wrong = settings.slack.model_copy(update={"bot_token": SecretStr("xoxb-wrong")})
        status, said = examine(settings.model_copy(update={"slack": wrong}))
    assert status == 1
    assert "bot token: Slack refused it (invalid_auth)" in said
    assert "Copy the bot token" in said


def line_of(said: str, what: str) -> str:
    return next(line for line in said.splitlines() if what in line)


def test_who_decides_and_what_is_kept_is_looked_at(played, tmp_path):
    with workspace.start(ROOT / "manifest.yml") as slack:
        status, said = examine(stage.bot_settings(played, slack, tmp_path))
    assert status == 0, said
    assert "present approvers: 2 can approve" in said
    assert "present channel for checkpoints: #security-alerts" in said
    assert "will be created when the bot starts" in line_of(said, "compromise.key")
    assert not (tmp_path / "compromise.key").exists()


def test_an_approver_who_may_not_approve_is_named_and_so_is_what_one_alone_cannot_do(played, tmp_path):
    with workspace.start(ROOT / "manifest.yml") as slack:
        settings = stage.bot_settings(played, slack, tmp_path)
        users = (slack.people["approver"].id, slack.people["guest"].id)
        status, said = examine(settings.model_copy(update={"approvers": ApproverSettings(users=users)}))
    assert status == 1
    assert "Guests of this workspace cannot vote." in line_of(said, f"missing approver {users[1]}")
    assert "1 can approve; changes that need two people" in line_of(said, "missing approvers")


def test_settings_without_slack_are_told_to_start_no_bot_though_nothing_is_missing(played):
    status, said = examine(only_tenant(played), everything=False)
    assert status == 0, said
    told = line_of(said, "? note    Slack")
    assert "the bot cannot be started" in told
    assert "compromise init --slack" in told


NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture(scope="module", params=["pem", "pfx"])
def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    credential = keys.make_credential("compromise-bot (investigate)", NOW)
    path = tmp_path_factory.mktemp("held") / f"investigate.{request.param}"
    both = credential.key + credential.certificate
    path.write_bytes(both if request.param == "pem" else pfx(credential))
    return path


@pytest.mark.parametrize(
    ("days", "there", "says"),
    [
        (0, True, "valid until 2027-11-28"),
        (364, None, "valid until 2027-11-28; then nothing can be collected. Replace it"),
        (366, False, "expired 2027-11-28, so Microsoft refuses it"),
        (-2, None, "is not valid before 2026-11-28; look at this machine's clock"),
    ],
)
def test_a_certificate_says_until_when_it_holds(held, days, there, says):
    path = held
    settings = Tenant(
        tenant_id="contoso.example",
        client_id="0a1b2c3d-0000-4000-8000-0000000000c1",
        certificate=path,
        certificate_passphrase=SecretStr("p"),
    )
    (line,) = look_at_certificates(settings, NOW + timedelta(days=days))
    assert (line.there, line.what) == (there, f"certificate {path}")
    assert says in line.says
    # What does not hold, or will not for long, is told without being asked for.
    assert line.told == (there is None)


def pfx(credential: keys.Credential) -> bytes:
    key = serialization.load_pem_private_key(credential.key, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    certificate = x509.load_pem_x509_certificate(credential.certificate)
    locked = serialization.BestAvailableEncryption(b"p")
    return pkcs12.serialize_key_and_certificates(b"compromise-bot", key, certificate, None, locked)


def test_a_file_that_is_no_certificate_is_left_to_the_line_of_the_sign_in(tmp_path):
    path = tmp_path / "investigate.pem"
    path.write_text("hello")
    client_id = "0a1b2c3d-0000-4000-8000-0000000000c1"
    settings = Tenant(tenant_id="contoso.example", client_id=client_id, certificate=path)
    assert not list(look_at_certificates(settings, NOW))


def test_a_bot_that_only_investigates_lacks_nothing(played, tmp_path):
    with workspace.start(ROOT / "manifest.yml") as slack:
        settings = stage.bot_settings(played, slack, tmp_path)
        assert settings.slack
        quiet = settings.slack.model_copy(update={"checkpoints": ""})
        none = {"approvers": ApproverSettings(), "slack": quiet}
        status, said = examine(settings.model_copy(update=none))
    assert status == 0, said
    assert "so no remediation can be approved" in line_of(said, "approvers")
    assert "not set, so nothing outside this machine would reveal a truncated ledger" in line_of(
        said, "checkpoints"
    )


def test_nobody_named_to_ask_is_told(played, tmp_path):
    with workspace.start(ROOT / "manifest.yml") as slack:
        settings = stage.bot_settings(played, slack, tmp_path)
        status, said = examine(settings.model_copy(update={"responders": ResponderSettings()}))
    assert status == 1
    assert "no responders in the settings, so no one can run checks" in line_of(said, "missing responders")


@pytest.mark.parametrize("name", ["board", "old-incidents"])
def test_a_channel_that_cannot_be_posted_in_is_told(played, tmp_path, name):
    with workspace.start(ROOT / "manifest.yml") as slack:
        settings = stage.bot_settings(played, slack, tmp_path)
        assert settings.slack
        there = slack.channels[name].id
        changed = settings.slack.model_copy(update={"checkpoints": there, "channel": there})
        status, said = examine(settings.model_copy(update={"slack": changed}))
    assert status == 1
    assert "channel for cards" in line_of(said, "missing channel for cards")
    assert "No checkpoints are posted." in line_of(said, "missing channel for checkpoints")


def test_a_key_that_others_may_read_or_that_has_no_folder_is_told(tmp_path):
    path = tmp_path / "compromise.key"
    assert doctor.look_at_key(Settings(key=tmp_path / "nowhere" / "compromise.key")).there is False
    SigningKey.load_or_make(path)
    assert doctor.look_at_key(Settings(key=path)).there is True
    path.chmod(0o644)
    line = doctor.look_at_key(Settings(key=path))
    assert line.there is False
    assert "chmod 600" in line.says


def test_that_the_job_database_of_workers_is_away_is_told_and_nothing_where_there_are_none():
    assert not list(doctor.look_at_workers(Settings()))
    away = Settings(engine="postgresql://u@127.0.0.1:9/x", checks_here=False, worker_key="k" * 32)
    (section,) = doctor.look_at_workers(away)
    (line,) = section.lines
    assert (line.there, line.what) == (False, "job database")
    assert "checks, hunts and rechecks wait" in line.says


def test_domains_of_the_settings_that_the_tenant_has_not_verified_are_a_gap(played):
    def lines(*domains: str) -> list[Line]:
        settings = stage.tenant_settings(played).model_copy(update={"domains": domains})
        with Connection(settings) as connection:
            return list(doctor._unverified(connection))

    assert lines("contoso.example") == lines() == []
    (line,) = lines("contoso.example", "zava.example", "litware.example")
    assert (line.there, line.what) == (False, "domains")
    assert line.says.startswith("litware.example, zava.example: not verified in this tenant")
    # Where Microsoft does not say which are verified, the source of that name is lacking, which is enough.
    played.faults.add("/graph/v1.0/domains", Fault(status=403))
    assert lines("litware.example") == []


def test_a_step_without_its_permission_is_a_gap_that_a_mere_check_does_not_have(played):
    played.permissions.discard("Device.ReadWrite.All")
    status, said = examine(only_tenant(played))
    assert status == 1, said
    assert "not possible, Device.ReadWrite.All is not granted" in line_of(
        said, "missing the step disable registered devices"
    )
    status, said = examine(only_tenant(played), check_only=True)
    assert status == 0, said
    assert "the step" not in said


def test_without_anything_to_write_with_it_says_so_once():
    (line,) = doctor_tenant.what_steps_can(
        Held(frozenset({"User.Read.All", "Exchange.ManageAsApp"}), frozenset(), frozenset(), frozenset())
    )
    assert line.there is None
    assert "all remediation is manual" in line.says
    assert doctor_tenant.what_steps_can(Held(None, None, frozenset(), frozenset())) == []
    meant = doctor_tenant.what_steps_can(Held(frozenset(), frozenset(), frozenset(), frozenset()), meant=True)
    assert {line.there for line in meant if line.what.startswith("the step")} == {False}


def test_the_costs_cover_exactly_the_scopes_of_the_manifest():
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text())
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == set(doctor_slack.SCOPES)


def test_a_token_that_is_no_jwt_has_no_readable_roles():
    assert doctor_held.roles_of("opaque") is None
    assert doctor_held.roles_of("a.b.c") is None
    assert doctor_held.roles_of("e30.e30.x") is None
    assert doctor_held.roles_of("e30.eyJyb2xlcyI6IFsiTWFpbC5SZWFkIl19.x") == frozenset({"Mail.Read"})


def test_every_source_has_its_row_in_the_table():
    assert {row.source for row in doctor_tenant.table()} == set(SOURCES)


def test_every_symptom_rests_on_a_source_of_the_table():
    named = {name for row in doctor_tenant.table() for name in (*row.symptoms, *row.helps)}
    assert named == {symptom.__name__.rpartition(".")[2] for symptom in SYMPTOMS}


def test_the_reference_page_has_every_scope():
    lines = PAGE.read_text().splitlines()
    for scope, cost in doctor_slack.SCOPES.items():
        assert f"| `{scope}` | {cost} |" in lines


def test_what_is_missing_is_told_again_with_one_next_step_for_each(played):
    take(played, "MailboxSettings.Read")
    played.exchange_cmdlets.discard("Get-TransportRule")
    status, said = examine(only_tenant(played), ADELE, check_only=True)
    assert status == 1
    whole, _, ends_and_rest = said.partition("Tenant sandbox, what to do next\n")
    ends = ends_and_rest.partition("Tenant sandbox, the rest\n")[0].splitlines()
    assert whole.startswith("Something is missing. ")
    (granting,) = [line for line in ends if "MailboxSettings.Read" in line]
    assert granting.startswith(
        "  - Grant the application MailboxSettings.Read, with admin consent: inbox rules"
    )
    (adding,) = [line for line in ends if "Get-TransportRule" in line]
    assert (
        adding == "  - Add Get-TransportRule to the Exchange role group of the application: transport rules"
    )
    assert len(ends) < len([line for line in said.splitlines() if " missing " in line]) + 2


def test_what_is_missing_comes_first_with_how_many_and_the_rest_is_told_on_request():
    lines = (
        Line(there=True, what="sign-ins"),
        Line(there=False, what="inbox rules", says="not collected", mend=("Grant it",)),
        Line(there=None, what="tested on", says="somebody"),
    )
    sections = (Section("Tenant A", lines), Section("Slack", (Line(there=True, what="bot token"),)))
    for everything in (False, True):
        out = io.StringIO()
        status = tell(sections, Console(file=out, width=80), as_json=False, everything=everything)
        said = out.getvalue().splitlines()
        assert status == 1
        assert said[:5] == [
            "Something is missing. 1 missing, 2 present, 1 note.",
            "Tenant A",
            "  □ missing inbox rules: not collected",
            "Tenant A, what to do next",
            "  - Grant it: inbox rules",
        ]
        if everything:
            assert said[5:] == [
                "Tenant A, the rest",
                "  ■ present sign-ins",
                "  ? note    tested on: somebody",
                "Slack, the rest",
                "  ■ present bot token",
            ]
        else:
            assert said[5:] == ["To show the rest: compromise doctor --all"]


def test_a_tenant_that_lets_no_one_in_is_graver_than_a_gap():
    no_one = Section("Tenant A", (Line(there=False, what="sign-in"),), signed_in=False)
    out = io.StringIO()
    assert tell((no_one,), Console(file=out, width=80), as_json=False, everything=False) == 3
    assert out.getvalue().startswith("Cannot sign in. 1 missing, 0 present.")


def test_slack_out_of_reach_is_one_gap_and_no_line_of_a_log(played, tmp_path, capfd):
    with workspace.start(ROOT / "manifest.yml") as slack:
        settings = stage.bot_settings(played, slack, tmp_path)
    log.configure(LogSettings(level="error"), sys.stderr)
    status, said = examine(settings, check_only=True)
    assert status == 1
    lines = [line for line in said.splitlines() if line.startswith("  □ missing")]
    assert len(lines) == 1, lines
    assert "Slack: Slack could not be reached: no connection to 127.0.0.1 (connection refused)" in lines[0]
    assert "urlopen" not in said + capfd.readouterr().err


def test_whose_address_changed_or_leads_nowhere_is_told_with_the_next_step(played, tmp_path):
    with workspace.start(ROOT / "manifest.yml") as slack:
        settings = stage.bot_settings(played, slack, tmp_path)
        changed, lost = sorted(settings.approvers.users)[:2]
        with closing(Ledger(settings.ledger, lambda: datetime.now(UTC))) as ledger:
            ledger.append(e.PersonNamed(changed, "other@contoso.example", "an-id", ()), BOT)
            head = ledger.head()
        people = {**settings.people, lost: "nobody@contoso.example"}
        status, said = examine(settings.model_copy(update={"people": people}), check_only=True)
        with closing(Ledger(settings.ledger, lambda: datetime.now(UTC))) as ledger:
            assert ledger.head() == head, "looking notes nothing"
        mark = mark_of(settings.ledger)
        mark.unlink()
        mark.mkdir()
        _, unwritable = examine(settings, check_only=True)
    assert "Make it and its folder writable" in " ".join(unwritable.split())
    assert status == 1
    assert "Slack address or account changed" in line_of(said, f"missing identity of {changed}")
    assert "nobody@contoso.example matches no account" in line_of(said, f"missing identity of {lost}")
    assert f"then run: compromise people confirm {changed}" in said.partition("Something is missing.")[2]
    assert f"Add the Microsoft 365 address of {lost} under [people]" in said
