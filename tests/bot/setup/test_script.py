"""What those get who may not let a program register: a script, a manifest and a link, from the same list."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import tree_sitter_powershell
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from tree_sitter import Language, Node, Parser
from typer.testing import CliRunner

from bot.cli import command
from bot.setup import consent, keys, registrations
from bot.setup.in_entra import SCOPES
from bot.setup.made import FILE as RECORD
from bot.setup.script import FILE, quoted, script
from graph import contract

APPLICATIONS = registrations.registrations(to_act=True)
TENANT = "c0ffee00-0000-4000-8000-00000000000f"
READS, WRITES = "11111111-2222-4333-8444-555555555555", "61111111-2222-4333-8444-555555555555"


@pytest.fixture(scope="module")
def written() -> str:
    one = x509.load_pem_x509_certificate(
        keys.make_credential("compromise-bot", datetime.now(UTC)).certificate
    )
    der = one.public_bytes(serialization.Encoding.DER)
    return script(APPLICATIONS, {"investigate": der, "remediate": der})


def mistakes(text: str) -> list[str]:
    """What a parser of PowerShell does not understand."""
    whole = text.encode()

    def of(node: Node) -> list[str]:
        own = [whole[node.start_byte : node.end_byte].decode()] if node.is_error or node.is_missing else []
        return own + [found for child in node.children for found in of(child)]

    return of(Parser(Language(tree_sitter_powershell.language())).parse(whole).root_node)


def test_a_parser_of_powershell_understands_the_script(written: str) -> None:
    assert mistakes(written) == []
    assert mistakes(written.replace("'compromise-bot readers'", "'compromise-bot readers")) != []


@pytest.mark.parametrize(
    "text",
    ["plain", "it's", "''", "a$b`c", '"; Remove-Item *; "', "\u2018odd\u2019", "@(1)", "line\nbreak", ""],
)
def test_a_text_stays_one_text_whatever_is_in_it(text: str) -> None:
    whole = quoted(text).encode()
    root = (
        Parser(Language(tree_sitter_powershell.language())).parse(b"$x = " + whole + b"\n$y = 1\n").root_node
    )
    assert not root.has_error
    inner = quoted(text)[1:-1]
    assert re.sub("(['\u2018\u2019\u201a\u201b])\\1", r"\1", inner) == text
    assert len(re.findall("['\u2018\u2019\u201a\u201b]", inner)) % 2 == 0


def test_the_script_holds_everything_that_is_registered_and_no_private_key(written: str) -> None:
    for one in APPLICATIONS:
        for text in (
            one.name,
            one.tag,
            one.exchange.group,
            *one.permissions,
            *one.exchange.keep,
            *one.purview,
        ):
            assert f"'{text}'" in written, text
        for role in one.directory_roles:
            assert f"'{contract.roles()[role].id}'" in written
    assert all(f"'{scope}'" in written for scope in SCOPES)
    assert f"'{registrations.TRACE}'" in written
    assert "PRIVATE" not in written


def test_every_cmdlet_of_exchange_in_the_script_has_its_parameters(written: str) -> None:
    called = re.findall(
        r"\b([A-Z][a-z]+-(?:ServicePrincipal|RoleGroup\w*|ManagementRole\w*))\b([^\n|)]*)", written
    )
    assert {name for name, _ in called} >= {
        "New-ServicePrincipal",
        "New-ManagementRole",
        "Add-RoleGroupMember",
    }
    for name, rest in called:
        given = re.findall(r" -([A-Z]\w+)", rest)
        assert contract.unknown_parameters(name, "exchange", given) == (), name


def test_each_request_of_the_script_is_one_of_the_contract_that_a_person_may_send(written: str) -> None:
    paths = {
        ("GET", "/applications"),
        ("GET", "/applications/x"),
        ("POST", "/applications"),
        ("GET", "/servicePrincipals(appId='x')"),
        ("POST", "/servicePrincipals"),
        ("GET", "/servicePrincipals/x/appRoleAssignments"),
        ("POST", "/servicePrincipals/x/appRoleAssignments"),
        ("GET", "/roleManagement/directory/roleAssignments"),
        ("POST", "/roleManagement/directory/roleAssignments"),
    }
    named = re.findall(r"(?:Get-FromGraph|Send-ToGraph) [\"']([^\"'?( ]*)", written)
    assert {f"/{name.partition('/')[0]}" for name in named if name} <= {
        "/" + p.split("/")[1].split("(")[0] for _, p in paths
    }
    for method, path in paths:
        row = contract.endpoint_for("v1.0", method, path)
        assert row is not None
        assert row.delegated, path


def test_what_somebody_else_registered_with_our_tag_is_given_nothing(written: str) -> None:
    """Any user may register an application with any tag: one that is found has to have our certificate."""
    taken_over = written.index('$made = Get-FromGraph "applications/$($found[0].id)')
    refuses = re.compile(r"-cne \$app\.Certificate -or \$passwords\.Count -gt 0\) \{\s+throw ").search(
        written, taken_over
    )
    assert "$select = 'id,appId,keyCredentials,passwordCredentials'" in written
    assert refuses is not None
    assert refuses.start() < written.index("Send-ToGraph $path $one")
    assert "$made = $found[0]" not in written


def test_the_script_is_written_with_keys_that_the_answers_then_go_on_with(tmp_path: Path) -> None:
    runner = CliRunner()
    done = runner.invoke(command.app, ["init", "--script", "--folder", str(tmp_path)])
    assert done.exit_code == 0, done.output
    names = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    files = {f"{one.what}.{end}" for one in APPLICATIONS for end in ("pem", "cer", "csr")}
    assert names == dict.fromkeys({FILE, RECORD, *files}, 0o600)
    key = (tmp_path / "investigate.pem").read_bytes()
    answers = tmp_path / "answers.toml"
    answers.write_text(
        f'tenant = "{TENANT}"\nclient_id = "{READS}"\nremediate = "{WRITES}"\nslack = "none"\n'
    )
    done = runner.invoke(command.app, ["init", "--answers", str(answers), "--folder", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "investigate.pem").read_bytes() == key
    assert READS in (tmp_path / "compromise.toml").read_text()
    again = runner.invoke(command.app, ["init", "--script", "--folder", str(tmp_path)])
    assert "is the previous script" in again.output
    assert (tmp_path / "investigate.pem").read_bytes() == key


def test_the_manifest_asks_for_exactly_the_permissions_and_the_link_leads_to_consent() -> None:
    for one in APPLICATIONS:
        graph, exchange = json.loads(consent.required(one))
        names = {row.id: row.name for row in contract.permissions().values()}
        assert graph["resourceAppId"] == registrations.GRAPH_APP
        assert tuple(names[item["id"]] for item in graph["resourceAccess"]) == one.permissions
        assert {item["type"] for item in graph["resourceAccess"]} == {"Role"}
        assert exchange == {
            "resourceAppId": registrations.EXCHANGE_APP,
            "resourceAccess": [{"id": registrations.MANAGE_AS_APP_ID, "type": "Role"}],
        }
    done = CliRunner().invoke(command.app, ["init", "--manifest"])
    assert done.exit_code == 0
    link = "https://login.microsoftonline.com/organizations/adminconsent?client_id=CLIENT-ID"
    assert done.output.count(link) == 2
    assert consent.link("china", TENANT, READS).startswith("https://login.partner.microsoftonline.cn/")
