"""The documents say what is there, and everything that is there stands in the documents."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import settings
from bot.settings import variables
from bot.setup import init, manual_instructions, registrations
from commands.ledger import Ledger
from commands.ledger.checkpoint import sign_head
from commands.ledger.entries import Asked
from commands.signing_key import SigningKey
from tests.each import each

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_documents_leads_somewhere(page):
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    assert [one for one in targets if "://" not in one and not (page.parent / one).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_word_is_ours_where_the_field_has_one(page):
    """Microsoft's document goes by its title; nothing is doubtful that Microsoft and NIST call suspicious."""
    if page.name != "CHANGELOG.md":
        text = re.sub(r"`[^`]*`", "", page.read_text())
        assert not re.search(r"founding document|\b[Dd]oubtful\b", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_is_there(page):
    if page.name == "CHANGELOG.md":
        return  # it tells of what was
    found = re.findall(
        r"(?<![\w/.-])(?:bot|commands|graph|sandbox|tests|docs)/[\w/.-]+\.(?:py|toml)\b", page.read_text()
    )
    assert [name for name in found if not (ROOT / name).exists()] == []


@pytest.mark.slow  # `make lint` says the same
def test_every_table_that_mirrors_code_is_what_the_code_says():
    cog = [sys.executable, "-m", "cogapp", "-P", "-I", "docs", "-p", "from tables import *", "--check"]
    # The page of words, which every changed sentence changes, is compared by `make lint` alone.
    pages = [page for page in PAGES if page.name != "words.md"]
    done = subprocess.run([*cog, "--diff", *pages], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"run: make docs\n{done.stdout}{done.stderr}"


def test_what_the_page_about_verifying_quotes_is_what_verify_says():
    page = (ROOT / "docs/how-to/read-and-verify-the-ledger.md").read_text()
    table = page.partition("| it says |")[2].partition("\n## ")[0]
    quoted = [
        text for row in re.findall(r"^\| (.*?) \|", table, re.MULTILINE) for text in row.split("`")[1::2]
    ]
    said = (ROOT / "docs/reference/words.md").read_text()
    parts = [
        part.strip() for text in quoted for part in re.sub(r"Entry \d+ of the ledger ", "", text).split("…")
    ]
    assert [part for part in each(parts) if part not in said] == []


QUICKSTART = (ROOT / "docs/quickstart.md").read_text()
BY_HAND = (ROOT / "docs/how-to/register-by-hand.md").read_text()
PERMISSIONS = (ROOT / "docs/reference/permissions.md").read_text()


def bullets_after(text: str, mark: str) -> list[str]:
    """The list of code names that follows a text."""
    found = re.search(r"\n\n((?:- `[^`]+`\n)+)", text[text.index(mark) :])
    assert found
    return re.findall(r"`([^`]+)`", found[1])


def blocks(language: str) -> list[str]:
    """The blocks of code of the page about registering by hand, without what they are set in by."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", BY_HAND, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", code, flags=re.MULTILINE) for indent, code in found]


def test_the_page_about_registering_by_hand_grants_exactly_what_queries_and_steps_declare():
    assert bullets_after(BY_HAND, "*Investigate*:") == list(registrations.of_graph(registrations.to_read()))
    assert bullets_after(BY_HAND, "*Remediate*:") == list(registrations.of_graph(registrations.to_write()))
    assert "`Exchange.ManageAsApp`" in BY_HAND


def test_the_page_about_registering_by_hand_has_the_lines_of_powershell_that_init_prints():
    reading, writing, removing = blocks("powershell")
    assert reading.splitlines() == list(manual_instructions.powershell("investigate", "CLIENT-ID"))
    lines = [
        *manual_instructions.powershell("remediate", "CLIENT-ID"),
        *manual_instructions.purview("CLIENT-ID"),
    ]
    assert writing.splitlines() == lines
    # What is made is removed by its name: role groups with the roles that begin with theirs, and references.
    everywhere, in_purview = removing.split("Connect-IPPSSession")
    for one in registrations.registrations(to_act=True):
        assert f'"{one.exchange.group}"' in everywhere
        assert f"Remove-ServicePrincipal -Identity {one.what.upper()}-CLIENT-ID" in everywhere
        assert (f'"{one.exchange.group}"' in in_purview) is bool(one.purview)
        assert (f"{one.what.upper()}-CLIENT-ID" in in_purview) is bool(one.purview)


def test_the_answers_of_the_page_about_registering_by_hand_give_its_settings_which_load(tmp_path):
    given, written = blocks("toml")
    answers = init.read_answers(tomllib.loads(given))
    assert init.settings_file(answers, Path("/etc/compromise-bot")) == written
    for what in ("investigate", "remediate"):
        (tmp_path / f"{what}.pem").touch()
    path = tmp_path / "compromise.toml"
    path.write_text(written.replace("/etc/compromise-bot", str(tmp_path)))
    (variables_of_it,) = blocks("sh")
    environment = dict(line.split("=") for line in variables_of_it.replace("…", "1").splitlines())
    loaded = settings.load(path, environment)
    assert loaded.tenants[0].client_ids == (answers.client_id, answers.remediate)
    assert set(manual_instructions.environment(answers)) <= set(variables_of_it.splitlines())


def test_the_quickstart_names_each_scope_and_command_as_it_is():
    assert "`connections:write`" in QUICKSTART
    verbs = re.findall(
        r"(?:^|`)compromise ([a-z]+(?: [a-z]+(?:-[a-z]+)*)?)(?= --|`|\n)", QUICKSTART + BY_HAND, re.MULTILINE
    )
    assert {"init", "doctor", "run", "check", "ledger public-key"} <= set(verbs)
    for verb in verbs:
        assert f"## compromise {verb.strip()}" in (ROOT / "docs/reference/command_line.md").read_text(), verb


def test_the_readme_names_only_verbs_that_make_knows():
    verbs = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set()
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        named |= set(re.findall(r"\bmake ([a-z]+)\b(?= *(?:`|\n|$))", page.read_text()))
    assert named
    assert named <= verbs


def test_every_module_says_what_it_is():
    for package in ("bot", "commands", "graph", "sandbox", "evaluation"):
        for path in each((ROOT / package).rglob("*.py")):
            text = path.read_text()
            assert not text.strip() or text.startswith(('"""', 'r"""')), f"{path} has no docstring"


def test_every_setting_has_its_row_with_its_variable():
    text = (ROOT / "docs/reference/settings.md").read_text()
    named = set(re.findall(r"`(COMPROMISE_[A-Z_]+)`", text))
    assert named == {name for name, _ in variables()} | {"COMPROMISE_CONFIG"}


COMMANDS = re.findall(r"^\.venv/bin/compromise (.+)$", (ROOT / "README.md").read_text(), re.MULTILINE)
NEED_A_REAL_TENANT = ("doctor", "run")

EXPORT = """CreationDate,UserIds,Operations,AuditData
2026-11-20T10:00:00,adele.vance@contoso.example,UserLoggedIn,"{""Id"":""1"",""CreationTime"":\
""2026-11-20T10:00:00"",""Operation"":""UserLoggedIn"",""UserId"":""adele.vance@contoso.example"",\
""RecordType"":15,""Workload"":""AzureActiveDirectory""}"
"""


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, marks=() if line.startswith("analyze ") else pytest.mark.slow)
        for line in COMMANDS
        if line not in NEED_A_REAL_TENANT
    ],
)
def test_the_commands_of_the_readme_run_as_they_stand_there(line, tmp_path):
    (tmp_path / "an-audit-log-export.csv").write_text(EXPORT)
    (tmp_path / "demo-output").mkdir()
    with closing(Ledger(tmp_path / "demo-output/ledger.db", lambda: datetime.now(UTC))) as ledger:
        ledger.append(Asked(words="check"), "cli")
        made = sign_head(ledger, SigningKey.load_or_make(tmp_path / "demo-output/compromise.key"))
    (tmp_path / "demo-output/checkpoints.txt").write_text(str(made))
    done = subprocess.run(
        [sys.executable, "-m", "bot", *line.split()],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
