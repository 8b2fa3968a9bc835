"""`compromise init` registers in an empty tenant, goes on after a cut, and takes all of it back."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from typer.testing import CliRunner

from bot.cli import command
from bot.setup import keys, registration_dialog, registrations
from bot.setup.in_entra import SCOPES
from bot.setup.in_exchange import called
from bot.setup.made import FILE, Record
from bot.setup.making import Maker, NotRegistered, Waits
from bot.setup.taking_back import remove
from graph.administrator import Administrator
from graph.limits import Deadline
from graph.retry import Pacing
from graph.settings import CLOUDS, Cloud, Hosts
from sandbox import tenant, workspace
from sandbox.scenarios.state import Json
from sandbox.tenant import Fault, RunningTenant, callers
from tests.made import made

ADMINISTRATOR = "nestor.wilke@contoso.example"
ANSWERS = 'slack = "none"\n'
ROOT = Path(__file__).resolve().parents[3]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def played() -> Iterator[RunningTenant]:
    with tenant.start(made("clean"), limits=False, audit_query_seconds=0.0) as running:
        running.state.signs_in_at_once = ADMINISTRATOR
        yield running


@pytest.fixture
def compromise(
    compromise: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, played: RunningTenant
) -> Run:
    """Run the command beside the played tenant; gives status, output and errors."""
    monkeypatch.setenv("COMPROMISE_SANDBOX", "true")
    for name in ("login", "graph", "exchange", "compliance"):
        monkeypatch.setenv(f"COMPROMISE_TENANT_{name.upper()}_URL", getattr(played, f"{name}_url"))
    (tmp_path / "answers.toml").write_text(ANSWERS)
    return compromise


INIT = ("init", "--answers", "answers.toml", "--yes")


@pytest.fixture(scope="module")
def certificates() -> dict[str, bytes]:
    one = x509.load_pem_x509_certificate(
        keys.make_credential("compromise-bot", datetime.now(UTC)).certificate
    )
    der = one.public_bytes(serialization.Encoding.DER)
    return {"investigate": der, "remediate": der}


class Setting:
    """An administrator who has signed in, and a folder for the record; no other file is written."""

    def __init__(self, played: RunningTenant, folder: Path, certificates: dict[str, bytes]) -> None:
        hosts = Hosts(played.login_url, played.graph_url, played.exchange_url, played.compliance_url)
        pacing = Pacing(first=0.01, first_throttled=0.01)
        self.administrator = Administrator(hosts, CLOUDS[Cloud.GLOBAL], lambda _: None, SCOPES, pacing)
        self.administrator.sign_in(Deadline(600))
        self.record = Record(folder, self.administrator.tenant_id, lambda: datetime.now(UTC))
        self.said: list[str] = []
        self.maker = Maker(self.administrator, self.record, self.said.append, Waits(5.0, 0.02))
        self.certificates = certificates

    def make(self) -> list[str]:
        """Make everything; gives what is left to be done by hand."""
        applications = registrations.registrations(to_act=True)
        _, left = registration_dialog.make(
            self.administrator, applications, self.certificates, self.maker, self.said.append
        )
        return left

    def by_tag(self) -> dict[str, bytes]:
        return {one.tag: self.certificates[one.what] for one in registrations.registrations(to_act=True)}


@pytest.fixture
def setting(
    played: RunningTenant, tmp_path: Path, certificates: dict[str, bytes]
) -> Iterator[Callable[[], Setting]]:
    begun: list[Setting] = []

    def begin() -> Setting:
        begun.append(Setting(played, tmp_path, certificates))
        return begun[-1]

    yield begin
    for one in begun:
        one.administrator.close()


def ours(played: RunningTenant) -> dict[str, Any]:
    """Everything in the tenant that bears our name, so that it can be compared."""
    state = played.state
    apps = {one["appId"] for one in state.applications.values()}
    principals = {one["id"] for one in state.service_principals.values() if one["appId"] in apps}
    return {
        "applications": sorted(one["displayName"] for one in state.applications.values()),
        "principals": len(principals),
        "trace": [one for one in state.service_principals.values() if one["appId"] == registrations.TRACE],
        "permissions": sum(item["principalId"] in principals for item in state.app_role_assignments),
        "roles": sum(item["principalId"] in principals for item in state.role_assignments),
        "exchange": sorted(one["DisplayName"] for one in state.exchange_principals),
        "purview": sorted(one["DisplayName"] for one in state.purview_principals),
        "management roles": sorted(one["Name"] for one in state.management_roles),
        "groups": groups(state.exchange_role_groups),
        "purview groups": groups(state.purview_role_groups),
    }


def groups(all_of_them: list[Json]) -> list[tuple[str, int]]:
    return sorted(
        (one["Name"], len(one["Members"])) for one in all_of_them if "compromise-bot" in one["Name"]
    )


NOTHING = {
    "applications": [],
    "principals": 0,
    "trace": [],
    "permissions": 0,
    "roles": 0,
    "exchange": [],
    "purview": [],
    "management roles": [],
    "groups": [],
    "purview groups": [],
}


def counts(page: str) -> dict[str, int]:
    """The inputs of each part of setting up, as the page counts them; their sum is what the page says."""
    rows = re.findall(r"^\| ([^|:]+):[^|]+\| [^|]+ \| (\d+) \|$", page, re.MULTILINE)
    counted = {part: int(number) for part, number in rows}
    assert f"That is {sum(counted.values())} in place of about 150" in page, counted
    return counted


BROWSER = """
import html, re, sys, urllib.parse, urllib.request
address = sys.argv[1]
with open({opened!r}, "a") as pages:
    print(address, file=pages)
if address.startswith("http://127.0.0.1"):
    page = urllib.request.urlopen(address, timeout=60).read().decode()
    fields = {{name: html.unescape(one) for name, one in re.findall(r'name="(\\w+)" value="([^"]*)"', page)}}
    to = re.search(r'action="([^"]*)"', page)[1]
    urllib.request.urlopen(to, urllib.parse.urlencode(fields).encode(), timeout=60).read()
"""
"""A browser in which an administrator is signed in already, who accepts what is asked for."""


@pytest.mark.slow
def test_from_an_empty_tenant_to_a_first_check_and_back(
    compromise: Run, monkeypatch: pytest.MonkeyPatch, played: RunningTenant, tmp_path: Path
) -> None:
    """One command registers everything, the doctor finds it there, a check runs, all is taken back.

    It runs as a program of its own, whose browser is a script that signs in and fetches nothing else.
    """
    played.state.service_principals = {
        key: one
        for key, one in played.state.service_principals.items()
        if one["appId"] != registrations.TRACE
    }
    assert ours(played) == NOTHING
    with workspace.start(ROOT / "manifest.yml") as slack:
        monkeypatch.setenv("COMPROMISE_SLACK_API_URL", slack.api_url)
        in_slack = [
            slack.app_token,
            slack.bot_token,
            "alex.wilber@contoso.example lidia.holloway@contoso.example",
            "",
        ]
        typed = ["y", *in_slack]
        opened = tmp_path / "opened.txt"
        (tmp_path / "browse.py").write_text(BROWSER.format(opened=str(opened)))
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        monkeypatch.setenv("BROWSER", f"{sys.executable} {tmp_path / 'browse.py'} %s &")
        done = subprocess.run(
            [sys.executable, "-m", "bot", "init", "--browser"],
            cwd=tmp_path,
            input="\n".join(typed) + "\n",
            capture_output=True,
            text=True,
            check=False,
        )
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    monkeypatch.delenv("COMPROMISE_SLACK_API_URL")
    pages = opened.read_text().split()
    assert [page.partition("?")[0] for page in pages] == [
        *[f"{played.login_url}/{played.tenant_id}/oauth2/v2.0/authorize"] * 2,
        "https://api.slack.com/apps",
    ]
    who = sum("login_hint=" not in page for page in pages[:2])
    assert "Everything is in place." in said, said
    # It opened by itself; whoever sees no browser opens the page that was written.
    assert f"(if none does: {tmp_path / 'slack-app.html'})" in " ".join(said.split())
    assert "https://api.slack.com/apps?new_app=1" in (tmp_path / "slack-app.html").read_text()
    assert said.splitlines()[-2:][0] == "1. To start it:"
    assert said.splitlines()[-1].startswith("     (set -a; . ")
    # Broken at words, also where it is piped.
    to_do = said.partition("Create the Slack app:")[2].partition("\n\n")[0]
    assert all(len(line) <= 80 or "/" in line for line in to_do.splitlines())
    reads = [
        call for call in played.calls if call.method == "GET" and call.path.endswith("/appRoleAssignments")
    ]
    assert len(reads) < 10, "held permissions are read once, not for each"
    in_microsoft = 1 + len(["y"]) + who + len(["consent to Graph's tools"])
    counted = counts((ROOT / "docs/quickstart.md").read_text())
    assert (in_microsoft, len(in_slack)) == (counted["Microsoft 365"], counted["Slack, in the terminal"])
    reader, writer = registrations.registrations(to_act=True)
    assert ours(played) == {
        "applications": [reader.name, writer.name],
        "principals": 2,
        "trace": ours(played)["trace"],
        "permissions": len(reader.permissions) + len(writer.permissions) + 2,
        "roles": 1 + len(writer.directory_roles),
        "exchange": [reader.name, writer.name],
        "purview": [writer.name],
        "management roles": ours(played)["management roles"],
        "groups": [("compromise-bot readers", 1), ("compromise-bot remediators", 1)],
        "purview groups": [("compromise-bot remediators", 1)],
    }
    assert ours(played)["trace"]
    files = [
        "compromise.toml",
        FILE,
        *(f"{one.what}.{end}" for one in (reader, writer) for end in ("pem", "cer", "csr")),
    ]
    assert {
        path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir() if path.name in files
    } == dict.fromkeys(files, 0o600)
    assert "PRIVATE KEY" not in said
    sent = json.dumps(list(played.state.applications.values()))
    assert "PRIVATE" not in sent
    written = tomllib.loads((tmp_path / "compromise.toml").read_text())
    assert written["slack"] == {"channel": "C0INCIDENT"}
    assert written["responders"] == {"users": ["U0ALEXWILB", "U0LIDIAHOL", "U0MEGANBOW"]}
    assert written["approvers"] == {"users": ["U0ALEXWILB", "U0LIDIAHOL"]}
    settings = written["tenant"]
    assert (settings["name"], settings["tenant_id"]) == ("Contoso", played.tenant_id)
    assert "contoso.example" in settings["domains"]
    # A check needs no Slack, whose tokens were not read here.
    status, checked, wrong = compromise("check", "adele.vance@contoso.example", "--config", "compromise.toml")
    assert (status, wrong) == (0, ""), checked
    assert "no sign found" in checked.lower()
    (tmp_path / "compromise.toml").unlink()
    registered = list(played.state.applications.values())
    status, said, wrong = compromise("init", "--remove", "--yes")
    assert (status, wrong) == (0, ""), said
    assert ours(played) == NOTHING
    assert not (tmp_path / FILE).exists()
    for name in (
        f"service principal for Microsoft's message trace ({registrations.TRACE})",
        f"registration {reader.name}",
        f"service principal in Exchange for {reader.name}",
        f"service principal in Purview for {writer.name}",
        "role group compromise-bot remediators in Exchange",
    ):
        assert name in said.splitlines()
        assert f"Removed the {name}." in " ".join(said.split())
    assert not any(one["appId"] in said for one in registered)


def test_a_damaged_certificate_is_named_before_anything_is_removed(tmp_path: Path) -> None:
    first, *_ = registrations.registrations(to_act=True)
    (tmp_path / f"{first.what}.cer").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n")
    with pytest.raises(NotRegistered, match=rf"{first.what}\.cer is damaged: .* Restore it from a copy"):
        registration_dialog.certificates_in(tmp_path)


def test_everything_that_is_made_is_shown_before_and_nothing_is_made_without_a_yes(
    compromise: Run, played: RunningTenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = CliRunner().invoke(command.app, ["init", "--answers", "answers.toml"], input="")
    said = done.output
    assert done.exit_code == 2, said
    assert "No one answered, so nothing was changed" in said
    refused = CliRunner().invoke(command.app, ["init", "--answers", "answers.toml"], input="n\n")
    assert (refused.exit_code, "Nothing was changed." in refused.output) == (1, True)
    assert ours(played) == NOTHING
    assert not played.writes() or all("/oauth2/" in call.path for call in played.writes())
    assert [path.name for path in tmp_path.iterdir()] == ["answers.toml"]
    # What is told of a permission may go on in a line that is set in further.
    shown = re.sub(r"\n {6,}(?=[a-z])", " ", said).splitlines()
    for one in registrations.registrations(to_act=True):
        for name in (*one.permissions, *one.exchange.keep):
            assert any(line.split()[:1] == [name] for line in shown), name
        for role in one.directory_roles:
            assert role in said
    # Microsoft Graph's permissions with which an application makes itself, or anyone, Global Administrator.
    marked = [line.split()[0] for line in shown if "! can be used to take over the tenant" in line]
    assert marked == [
        "AppRoleAssignment.ReadWrite.All",
        "Application.ReadWrite.All",
        "DelegatedPermissionGrant.ReadWrite.All",
        "RoleAssignmentSchedule.ReadWrite.Directory",
        "RoleEligibilitySchedule.ReadWrite.Directory",
        "RoleManagement.ReadWrite.Directory",
        "UserAuthenticationMethod.ReadWrite.All",
    ]
    assert "Seven of these permissions" in (ROOT / "docs/reference/permissions.md").read_text()
    assert registrations.TRACE in said


@pytest.mark.parametrize(
    "cut",
    [
        "/applications",
        *(
            pytest.param(cut, marks=pytest.mark.slow)
            for cut in (
                "/servicePrincipals",
                "/roleManagement/directory/roleAssignments",
                "New-ServicePrincipal",
                "New-ManagementRole",
                "Add-RoleGroupMember",
            )
        ),
        "New-RoleGroup",
    ],
)
def test_a_run_that_was_cut_off_is_repeated_and_makes_only_what_is_lacking(
    setting: Callable[[], Setting], played: RunningTenant, cut: str
) -> None:
    """The first write is done and answers with 500; from then on the account may not do it any more."""
    played.faults.add(cut, Fault(method="POST", status=500, done=True), 1)
    played.faults.add(cut, Fault(method="POST", status=403, code="Authorization_RequestDenied"), 1000)
    with pytest.raises(NotRegistered, match=r"your account may not do that\. .* Run compromise init again"):
        setting().make()
    made = ours(played)
    assert made != NOTHING
    played.faults.clear()
    assert setting().make() == []
    assert len(played.state.applications) == 2
    assert [size for _, size in ours(played)["groups"]] == [1, 1]
    again = setting()
    again.make()
    assert {line.partition(":")[0] for line in again.said} == {"Already there"}
    remove(again.maker, again.by_tag())
    assert ours(played) == NOTHING


def test_a_write_whose_answer_was_lost_is_not_sent_twice(
    setting: Callable[[], Setting], played: RunningTenant
) -> None:
    played.faults.add("/applications", Fault(method="POST", reset=True, done=True), 1)
    setting().make()
    assert len(played.state.applications) == 2


def test_what_takes_a_while_to_be_known_is_waited_for(
    setting: Callable[[], Setting], played: RunningTenant
) -> None:
    played.state.read_delay = 0.1
    assert setting().make() == []
    assert len(played.state.applications) == 2
    assert [size for _, size in ours(played)["groups"]] == [1, 1]


def test_throttling_is_waited_out(setting: Callable[[], Setting], played: RunningTenant) -> None:
    played.faults.add("/servicePrincipals", Fault(method="POST", status=429), 2)
    assert setting().make() == []


def test_something_that_is_never_seen_is_given_up_and_stays_recorded(
    setting: Callable[[], Setting], played: RunningTenant
) -> None:
    played.state.read_delay = 3600.0
    one = setting()
    one.maker = Maker(one.administrator, one.record, one.said.append, Waits(0.1, 0.02))
    with pytest.raises(NotRegistered, match="Could not confirm that the registration"):
        one.make()
    assert [made.kind for made in one.record.made] == ["registration"]


def test_who_may_not_grant_is_told_who_may_and_the_next_one_goes_on_from_there(
    setting: Callable[[], Setting], played: RunningTenant
) -> None:
    one = setting()
    state = played.state
    kept = list(state.role_assignments)
    state.role_assignments.clear()
    with pytest.raises(NotRegistered, match="Sign in as a Global Administrator"):
        one.make()
    assert len(state.applications) == 1
    state.role_assignments += kept
    assert setting().make() == []


def test_a_sign_in_that_is_refused_is_told_with_what_to_do_next(
    compromise: Run, played: RunningTenant
) -> None:
    played.state.sign_in_refusal = 53003
    status, _, wrong = compromise(*INIT)
    assert (status, "Conditional Access policy blocks" in wrong) == (3, True)


def test_a_tenant_that_was_never_customized_is_told_what_to_run(
    setting: Callable[[], Setting], played: RunningTenant
) -> None:
    played.state.hydrated = False
    with pytest.raises(NotRegistered, match="Connect-ExchangeOnline; Enable-OrganizationCustomization"):
        setting().make()
    played.state.hydrated = True
    assert setting().make() == []


def test_a_cmdlet_that_no_role_of_the_tenant_holds_is_named(
    setting: Callable[[], Setting], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(callers.MANAGEMENT_ROLES, "Transport Hygiene", ("Get-BlockedSenderAddress",))
    (left,) = setting().make()
    assert "Get-ManagementRole -Cmdlet Remove-BlockedSenderAddress" in left


def test_without_exchange_the_rest_is_made_and_the_lines_to_run_later_are_given(
    setting: Callable[[], Setting], played: RunningTenant
) -> None:
    played.state.exchange_enabled = False
    left = setting().make()
    assert len(played.state.applications) == 2
    for one, text in zip(played.state.applications.values(), left, strict=True):
        principal = next(
            each for each in played.state.service_principals.values() if each["appId"] == one["appId"]
        )
        assert f"New-ServicePrincipal -AppId {one['appId']}" in text
        assert f'$id = "{principal["id"]}"' in text


def test_a_registration_with_another_certificate_is_not_taken_over(
    setting: Callable[[], Setting], played: RunningTenant, certificates: dict[str, bytes]
) -> None:
    setting().make()
    other = setting()
    other.certificates = {**certificates, "investigate": b"another"}
    with pytest.raises(NotRegistered, match="registered with another certificate"):
        other.make()


def test_what_somebody_else_registered_meanwhile_is_not_recorded_as_ours_and_not_removed(
    setting: Callable[[], Setting], played: RunningTenant, tmp_path: Path, certificates: dict[str, bytes]
) -> None:
    """A first run is refused; a colleague registers from another folder; the first folder is cleaned up."""
    played.faults.add(
        "/applications", Fault(method="POST", status=403, code="Authorization_RequestDenied"), 1000
    )
    with pytest.raises(NotRegistered):
        setting().make()
    played.faults.clear()
    theirs = Setting(played, tmp_path / "theirs", certificates)
    (tmp_path / "theirs").mkdir()
    theirs.make()
    theirs.administrator.close()
    before = ours(played)
    mine = setting()
    mine.certificates = dict.fromkeys(certificates, b"mine")
    with pytest.raises(NotRegistered, match="registered with another certificate"):
        mine.make()
    assert [one.id for one in mine.record.made] == [""]
    with pytest.raises(NotRegistered, match="Without the certificate it is unknown"):
        remove(setting().maker, {})
    remove(setting().maker, mine.by_tag())
    assert ours(played) == before
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize(
    ("kept", "kind"),
    [
        ("exchange_role_groups", "role group in Exchange"),
        ("management_roles", "management role in Exchange"),
        ("purview_role_groups", "role group in Purview"),
    ],
)
def test_what_somebody_else_made_of_the_same_name_is_left_where_it_is(
    setting: Callable[[], Setting], played: RunningTenant, kept: str, kind: str
) -> None:
    """Ours was deleted by hand, and a colleague made one that is called the same."""
    setting().make()
    mine = next(
        one for one in getattr(played.state, kept) if one["Name"].startswith("compromise-bot remediators")
    )
    theirs = {**mine, "Description": "Made by a colleague", "Members": [], "Roles": []}
    found = getattr(played.state, kept)
    found[found.index(mine)] = theirs
    for group in played.state.exchange_role_groups:
        group["Roles"] = [role for role in group["Roles"] if role != theirs["Name"]]
    again = setting()
    remove(again.maker, again.by_tag())
    assert theirs in getattr(played.state, kept)
    [left] = [line for line in again.said if line.startswith("Kept")]
    assert left == f"Kept the {called(kind, theirs['Name'])}: it is not the one that was made here."
    getattr(played.state, kept).remove(theirs)
    assert ours(played) == NOTHING


def test_two_registrations_with_our_tag_are_left_to_people(
    setting: Callable[[], Setting], played: RunningTenant, tmp_path: Path
) -> None:
    setting().make()
    first = next(iter(played.state.applications.values()))
    played.state.applications["other"] = {**first, "id": "other", "appId": "other"}
    (tmp_path / FILE).unlink()
    with pytest.raises(NotRegistered, match="Several registrations have the tag"):
        setting().make()


def test_keys_that_somebody_else_put_there_are_not_used(
    compromise: Run, played: RunningTenant, tmp_path: Path
) -> None:
    (tmp_path / "investigate.pem").write_text("mine")
    status, _, wrong = compromise(*INIT)
    assert status == 2
    assert "investigate.pem already exists" in wrong
    assert ours(played) == NOTHING
    record = Record(tmp_path, "", lambda: datetime.now(UTC))
    applications = registrations.registrations(to_act=False)
    der = registration_dialog.certificates(tmp_path, applications, datetime.now(UTC), record, force=True)
    assert registration_dialog.certificates(tmp_path, applications, datetime.now(UTC), record) == der
    (copy,) = tmp_path.glob("investigate.pem.*")
    assert copy.read_text() == "mine"


def test_read_only_registers_what_reads_and_says_what_stays_of_the_sign_in(
    compromise: Run, played: RunningTenant, tmp_path: Path
) -> None:
    _, said, _ = compromise(*INIT, "--read-only")
    assert "Microsoft Graph Command Line Tools" in said
    assert not logging.getLogger().isEnabledFor(logging.WARNING), "a log is not for the terminal"
    assert all(scope in said for scope in SCOPES)
    whole = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"refresh_token" not in whole
    assert b"eyJ0eXAi" not in whole
    assert [one["displayName"] for one in played.state.applications.values()] == [
        "compromise-bot (investigate)"
    ]
    assert "remediate" not in said.partition("Remaining steps")[0]


def test_without_a_record_nothing_is_removed(compromise: Run, played: RunningTenant) -> None:
    status, _, wrong = compromise("init", "--remove", "--yes")
    assert status == 2
    assert "there is nothing on record to remove" in wrong
    assert "What register.ps1 or a person registered is removed by hand" in wrong


def test_a_record_of_another_tenant_or_form_is_refused(
    compromise: Run, tmp_path: Path, played: RunningTenant
) -> None:
    record = Record(tmp_path, "another", lambda: datetime.now(UTC))
    record.begin("registration", "compromise-bot-investigate")
    status, _, wrong = compromise("init", "--remove", "--yes")
    assert status == 2
    assert "is about the tenant another" in wrong
    (tmp_path / FILE).write_text("{}")
    assert "cannot be read" in compromise("init", "--remove", "--yes")[2]


def test_the_plan_marks_what_could_be_abused() -> None:
    marked = [
        line for line in registration_dialog.plan(registrations.registrations(to_act=True)) if "!" in line
    ]
    assert len(marked) == 7
