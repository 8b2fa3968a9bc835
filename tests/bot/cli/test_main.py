"""The command line: what goes in, what comes out, and the status it ends with."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer.main

from bot.cli import command
from bot.version import own_version
from commands.ledger import Ledger
from commands.ledger.entries import Answered, Asked
from sandbox import tenant
from sandbox.scenarios import SCENARIOS
from tests.each import each
from tests.examples import EXAMPLES, needs_examples
from tests.made import made

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs" / "reference"
ADELE = "adele.vance@contoso.example"
TEN = (
    "missing_mail",
    "mail_missing_from_sent_items",
    "inbox_rules",
    "display_name",
    "sending_blocked",
    "hacked_account_messages",
    "profile_changes",
    "credential_changes",
    "mail_forwarding",
    "signature",
)


@pytest.fixture
def configured(monkeypatch, tmp_path):
    """Point the settings at a played tenant, as a real one would be set."""
    monkeypatch.chdir(tmp_path)  # where a ledger would be
    with tenant.start(made("clean"), limits=False, audit_query_seconds=0.0) as played:
        for name, value in {
            "ID": played.tenant_id,
            "CLIENT_ID": played.client_id,
            "CLIENT_SECRET": played.client_secret,
            "DOMAINS": ",".join(played.domains),
            "LOGIN_URL": played.login_url,
            "GRAPH_URL": played.graph_url,
            "EXCHANGE_URL": played.exchange_url,
            "COMPLIANCE_URL": played.compliance_url,
        }.items():
            monkeypatch.setenv(f"COMPROMISE_TENANT_{name}", value)
        yield played


@pytest.mark.parametrize(
    "arguments",
    [
        ["chek", ADELE],
        ["check"],
        ["check", ADELE, "--since", "3"],
        ["check", ADELE, "--since", "99999w"],
        ["check", ADELE, "--sandbox", "no-such-scenario"],
        ["check", ADELE, "--audit-log", "export.json"],
        ["check", ADELE, "--sandbox", "clean", "--audit-log", "not-there.json"],
        ["check", ADELE, "--nonsense"],
        ["check", ADELE],  # no settings
        ["analyze", "not-there.json"],
        ["ledger", "verify", "--ledger", "not-there.db"],
        ["sandbox", "--scenario", "no-such-scenario"],
        ["run"],
        ["doctor"],
    ],
)
def test_bad_input_ends_with_status_2_and_a_line_on_the_standard_error(compromise, arguments):
    status, out, err = compromise(*arguments)
    assert status == 2
    assert out == ""
    assert err.startswith("compromise: ")
    assert "Traceback" not in err


def test_a_wrong_setting_is_named_with_what_it_should_be(compromise, configured, monkeypatch):
    monkeypatch.setenv("COMPROMISE_PATIENCE", "soon")
    status, _, err = compromise("check", ADELE)
    assert status == 2
    assert "COMPROMISE_PATIENCE" in err
    assert "30m" in err


@pytest.mark.parametrize("group", [(), ("ledger",), ("factor",), ("people",), ("evidence",)])
def test_no_sentence_of_the_help_is_cut_off(compromise, group, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    status, said, _ = compromise(*group, "--help")
    assert status == 0
    assert "Commands:" in said
    assert [line for line in said.splitlines() if "..." in line and "ARGS" not in line] == []


def test_the_version_is_told(compromise):
    assert compromise("--version")[:2] == (0, f"compromise-bot {own_version()}\n")


def test_a_taken_over_mailbox_is_told_as_json(compromise):
    status, out, _ = compromise("check", ADELE, "--sandbox", "mailbox-takeover", "--json")
    report = json.loads(out)
    assert status == 0
    assert report["user"] == ADELE
    assert report["verdict"] == "compromised"
    assert [symptom["id"] for symptom in report["symptoms"]][:10] == list(TEN)
    assert {symptom["result"] for symptom in report["symptoms"][:10]} == {"present"}
    assert all(finding["records"] is not None for finding in report["findings"])


@pytest.mark.parametrize("scenario", ["clean", "traveler"])
def test_ordinary_people_are_not_called_compromised(compromise, scenario):
    status, out, _ = compromise("check", ADELE, "--sandbox", scenario, "--json")
    assert status == 0
    assert json.loads(out)["verdict"] != "compromised"


def test_what_the_license_hides_is_named(compromise):
    status, out, _ = compromise("check", ADELE, "--sandbox", "no-premium-license")
    assert status == 0
    assert re.search(r"□ sign-ins, sign-ins non-interactive\b.*: unavailable", out)
    assert "license" in out.lower()


def test_the_report_is_plain_text_where_the_output_is_no_terminal(compromise):
    status, out, err = compromise("check", ADELE, "--sandbox", "clean", "--since", "7d")
    assert status == 0
    assert out.startswith("Report on adele.vance@contoso.example\n")
    assert "\x1b" not in out
    assert "Full timeline" not in out
    assert err == ""


def test_the_timeline_is_printed_when_it_is_asked_for(compromise):
    assert "Full timeline" in compromise("check", ADELE, "--sandbox", "clean", "--timeline")[1]


def test_an_unknown_user_is_bad_input(compromise):
    status, out, err = compromise("check", "nobody@contoso.example", "--sandbox", "clean", "--json")
    assert (status, out) == (2, "")
    assert "nobody@contoso.example" in err
    assert err.count("\n") == 1


def test_an_address_of_another_domain_is_bad_input(compromise):
    status, _, err = compromise("check", "somebody@tailspin.example", "--sandbox", "clean")
    assert status == 2
    assert "contoso.example" in err


def test_a_wrong_secret_means_that_nothing_could_be_looked_at(compromise, configured, monkeypatch):
    monkeypatch.setenv("COMPROMISE_TENANT_CLIENT_SECRET", "wrong")
    status, out, err = compromise("check", ADELE, "--json")
    assert (status, out) == (3, "")
    assert "secret" in err
    assert err.count("\n") == 1


def test_without_any_permission_nothing_could_be_looked_at(compromise, configured):
    configured.permissions.clear()
    status, out, err = compromise("check", ADELE, "--json")
    assert (status, out) == (3, "")
    assert "Could not collect anything" in err


def test_a_question_and_its_outcome_stand_in_the_ledger(compromise, configured, tmp_path):
    assert compromise("check", ADELE, "--json")[0] == 0
    status, out, _ = compromise("ledger", "show", "--json")
    entries = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [entry["kind"] for entry in entries] == ["asked", "answered"]
    assert entries[0]["actor"] == "cli"
    assert entries[1]["facts"]["verdict"] == "no-sign-found"
    assert compromise("ledger", "verify")[0] == 0
    assert (tmp_path / "ledger.db").is_file()


def test_a_check_in_the_sandbox_leaves_no_ledger(compromise, tmp_path):
    assert compromise("check", ADELE, "--sandbox", "clean", "--json")[0] == 0
    assert not (tmp_path / "ledger.db").exists()


def test_a_ledger_that_was_altered_is_found(compromise, tmp_path):
    path = tmp_path / "ledger.db"
    ledger = Ledger(path, lambda: datetime(2026, 3, 2, tzinfo=UTC))
    ledger.append(Asked(words="check someone"), "cli")
    ledger.append(Answered(verdict="compromised"), "cli")
    ledger.close()
    assert compromise("ledger", "verify")[0] == 0
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b'"compromised"', b'"suspicious "'))
    status, _, err = compromise("ledger", "verify")
    assert status == 1
    assert "Entry 2" in err


def test_a_file_that_is_no_ledger_is_left_alone(compromise, tmp_path):
    path = tmp_path / "ledger.db"
    path.write_bytes(b"something else")
    assert compromise("ledger", "verify")[0] == 2
    assert path.read_bytes() == b"something else"


def test_a_ledger_is_shown_in_lines(compromise, tmp_path):
    ledger = Ledger(tmp_path / "ledger.db", lambda: datetime(2026, 3, 2, tzinfo=UTC))
    ledger.append(Asked(words="check\x1b[31m <somebody>"), "cli", "C-1")
    ledger.close()
    status, out, _ = compromise("ledger", "show", "--case", "C-1")
    assert status == 0
    assert "asked [C-1] by cli" in out
    assert "\x1b" not in out


@needs_examples
def test_exported_logs_are_analysed_for_every_user(compromise):
    files = sorted(str(path) for path in (EXAMPLES / "native_formats").iterdir() if path.is_file())[:3]
    status, out, _ = compromise("analyze", *files, "--json", "--lenient")
    analysis = json.loads(out)
    assert status == 0
    assert analysis["users"]
    for report in analysis["users"]:
        assert {"user", "verdict", "findings", "symptoms", "sources"} <= report.keys()
    for one in analysis["unreadable"]:
        assert one.keys() == {"file", "line", "reason", "count"}


@pytest.mark.parametrize("content", ["[]", "", "\n", "CreationDate,Operation,AuditData\n"])
def test_a_file_without_records_is_no_evidence(compromise, tmp_path, content):
    (tmp_path / "empty.json").write_text(content)
    status, out, err = compromise("analyze", "empty.json", "--json")
    assert status == 3
    found = json.loads(out)
    assert (found["users"], [one["records"] for one in found["files"]]) == ([], [0])
    assert "These files contain no records. Known are exports of the unified audit log" in err
    status, out, err = compromise("analyze", "empty.json")
    assert (status, out) == (3, "")
    assert err.startswith("empty.json: no records\n") or "1 not readable" in err


def test_a_text_is_told_as_such_and_not_echoed(compromise, tmp_path):
    (tmp_path / "Makefile").write_text('all: a, b\n\t@echo ".."\n')
    status, out, err = compromise("analyze", "Makefile")
    assert (status, out) == (3, "")
    assert "line 1: This is text, not a log: it holds neither JSON nor a table with a heading." in err
    assert "echo" not in err


@pytest.mark.parametrize("words", [(), ("--json",), ("--user", "adele.vance@contoso.example")])
def test_files_of_which_nothing_can_be_read_are_not_passed_over(compromise, tmp_path, words):
    (tmp_path / "log.json").write_text('{broken\n{"Operation":"New-InboxRule"}\n')
    status, _, err = compromise("analyze", "log.json", *words)
    assert status == 3
    assert "compromise: Nothing in these files could be read. Known are exports" in err


OFFICE = "203.0.113.7"


def at_the_office(day: int, agent: str) -> dict[str, Any]:
    return {
        "CreationTime": f"2026-08-{day:02}T09:00:00",
        "Id": f"{day}-{agent}",
        "Operation": "UserLoggedIn",
        "RecordType": 15,
        "Workload": "AzureActiveDirectory",
        "UserId": ADELE,
        "UserKey": ADELE,
        "UserType": 0,
        "ResultStatus": "Success",
        "ErrorNumber": "0",
        "ClientIP": OFFICE if agent == "BAV2ROPC" else "94.0.2.9",
        "ExtendedProperties": [{"Name": "UserAgent", "Value": agent}],
    }


@pytest.mark.parametrize("given", ["file", "named file", "variable"])
def test_exported_logs_are_judged_with_the_networks_of_the_settings(compromise, tmp_path, monkeypatch, given):
    """And with nothing else of them: no tenant is needed, and what is wrong elsewhere is no matter."""
    records = [at_the_office(day, "Outlook/16.0") for day in range(1, 22)] + [at_the_office(20, "BAV2ROPC")]
    (tmp_path / "log").write_text("\n".join(map(json.dumps, records)))
    words = ("analyze", "log", "--json")
    assert json.loads(compromise(*words)[1])["users"][0]["verdict"] == "suspicious"
    name = "mine.toml" if given == "named file" else "compromise.toml"
    if given == "variable":
        monkeypatch.setenv("COMPROMISE_KNOWN_NETWORKS", "203.0.113.0/24")
    else:
        (tmp_path / name).write_text('known_networks = ["203.0.113.0/24"]\nno_such_key = 7\n')
    status, out, _ = compromise(*words, *(("--config", name) if given == "named file" else ()))
    assert status == 0
    assert json.loads(out)["users"][0]["verdict"] == "cannot-tell"


def test_a_wrong_network_in_the_settings_is_told_before_anything_is_read(compromise, tmp_path):
    (tmp_path / "log").write_text(json.dumps(at_the_office(1, "Outlook/16.0")))
    (tmp_path / "compromise.toml").write_text('known_networks = ["203.0.113"]\n')
    status, out, err = compromise("analyze", "log")
    assert (status, out) == (2, "")
    assert "known_networks" in err


def test_a_file_of_something_else_takes_one_line_for_each_reason(compromise, tmp_path):
    (tmp_path / "people.csv").write_text("name,age\n" + "bob,3\n" * 900)
    status, out, err = compromise("analyze", "people.csv")
    assert (status, out) == (3, "")
    assert (
        "people.csv, lines 2, 3, 4 and 897 more: The record has no known format; its fields are age, name.\n"
        in err
    )
    assert err.count("\n") == 3
    assert len(json.loads(compromise("analyze", "people.csv", "--json")[1])["unreadable"]) == 900


LOG = json.dumps(
    {
        "CreationTime": "2026-08-30T12:00:00",
        "Id": "r-1",
        "Operation": "New-InboxRule",
        "UserId": ADELE,
    }
)


def test_folders_archives_and_standard_input_are_opened(compromise, tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in" / "a.bin", "w") as packed:
        packed.writestr("log.csv", LOG)
    (tmp_path / "in" / "b.txt").write_text(LOG.replace("r-1", "r-2"))
    files = ["in/a.bin: log.csv", "in/b.txt"]
    for given in (["in"], ["in/*"], ["in/a.bin", "in/b.txt"]):
        status, out, err = compromise("analyze", *given, "--json")
        assert status == 0, err
        assert [one["file"] for one in json.loads(out)["files"]] == files
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LOG.encode())))
    status, out, _ = compromise("analyze", "-")
    assert status == 0
    assert out.startswith("standard input: unified audit log: 1 records, 2026-08-30 to 2026-08-30\n")


@pytest.mark.parametrize(
    "content",
    [LOG + "\n{broken\n", json.dumps([{"AuditData": LOG, "ResultIndex": 1, "ResultCount": 9}]), f"[{LOG}"],
    ids=["a broken line", "a search that found more", "a truncated array"],
)
def test_what_was_left_unread_shows_in_the_status(compromise, tmp_path, content):
    (tmp_path / "log").write_text(content)
    status, out, err = compromise("analyze", "log")
    assert (status, ADELE in out) == (4, True)
    assert "Something that was given could not be read" in err
    assert compromise("analyze", "log", "--lenient")[0] == 0


def test_a_user_who_is_not_there_is_told_with_what_is(compromise, tmp_path):
    (tmp_path / "log").write_text(LOG)
    status, _, err = compromise("analyze", "log", "--user", "nobody@contoso.example")
    assert status == 2
    assert "User nobody@contoso.example is not in these files; they hold 1 records" in err


@needs_examples
def test_what_was_noticed_about_each_of_many_users_is_told_whatever_the_verdict(compromise):
    status, out, _ = compromise(
        "analyze", str(EXAMPLES / "native_formats" / "t1114.002_Enable_POP_IMAP_OWA.csv"), "--lenient"
    )
    assert status == 0
    assert re.search(r"Cannot tell +\d+  barbara@contoso.onmicrosoft.com +POP and ", out)


@pytest.mark.parametrize(
    ("content", "why"), [(b"\x92\x00\xff", "it is not text."), (b"a,b\n1,2\n", "holds no audit record")]
)
def test_an_export_that_a_played_tenant_cannot_load_is_bad_input(compromise, tmp_path, content, why):
    (tmp_path / "log.csv").write_bytes(content)
    status, out, err = compromise(
        "check", ADELE, "--sandbox", "clean", "--audit-log", str(tmp_path / "log.csv"), "--json"
    )
    assert (status, out) == (2, "")
    assert why in err
    assert not err.endswith("..\n")


@needs_examples
def test_one_user_of_an_export_is_reported_as_text(compromise):
    file = str(EXAMPLES / "native_formats" / "t1114_Set-Mailbox-ForwardSMTPAddress.csv")
    users = [report["user"] for report in json.loads(compromise("analyze", file, "--json")[1])["users"]]
    status, out, _ = compromise("analyze", file, "--user", users[0], "--lenient")
    assert status == 0
    assert f"\nReport on {users[0]}" in out
    status, out, err = compromise("analyze", file, "--user", "nobody@contoso.example")
    assert (status, out) == (2, "")
    assert "nobody@contoso.example" in err


@needs_examples
def test_a_played_tenant_takes_in_an_exported_log(compromise):
    file = str(EXAMPLES / "native_formats" / "t1114_Set-Mailbox-ForwardSMTPAddress.csv")
    users = [report["user"] for report in json.loads(compromise("analyze", file, "--json")[1])["users"]]
    status, out, err = compromise(
        "check", users[0], "--sandbox", "clean", "--audit-log", file, "--since", "260w", "--json"
    )
    assert status == 0, err
    assert json.loads(out)["user"] == users[0]


def test_it_runs_as_a_module_too(tmp_path):
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-m", "bot", "--version"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("compromise-bot ")


def test_every_verb_of_the_command_line_has_its_section_with_its_options():
    page = (DOCS / "command_line.md").read_text()
    group: Any = typer.main.get_command(command.app)
    commands: dict[str, Any] = {}
    for name, one in each(group.commands.items()):
        inner = getattr(one, "commands", None)
        commands |= {f"{name} {verb}": each for verb, each in inner.items()} if inner else {name: one}
    for name in each(commands):
        heading = next(line for line in page.splitlines() if line.startswith(f"## compromise {name}"))
        section = page.partition(heading)[2].partition("\n## ")[0]
        assert f'print(options("{name}"))' in section or f' + options("{name}"))' in section, name


def test_an_account_is_found_by_any_of_its_names(compromise, tmp_path):
    (tmp_path / "log").write_text(LOG)
    for name in (ADELE, ADELE.upper(), "adele.vance"):
        status, out, _ = compromise("analyze", "log", "--user", name, "--format", "json")
        assert (status, [one["user"] for one in json.loads(out)["users"]]) == (0, [ADELE])
    assert compromise("analyze", "log", "--user", "adele")[0] == 2


def test_an_overview_comes_first_and_details_of_the_grave_accounts_only(compromise, tmp_path):
    rows = []
    for number in range(60):
        record = {**json.loads(LOG), "UserId": f"person{number}@contoso.example", "Id": f"r-{number}"}
        rows.append(json.dumps(record))
    (tmp_path / "log").write_text("\n".join(rows))
    status, out, _ = compromise("analyze", "log", "--tenant-wide")
    lines = out.splitlines()
    assert status == 0
    assert lines[2] == "60 accounts: 60 cannot tell"
    assert lines[3].startswith("The newest analyzed record is ")
    assert lines[5].split()[:4] == ["Cannot", "tell", "1", "person0@contoso.example"]
    assert "… 10 more accounts like these; --format json lists them all" in out
    assert "nothing that leads from one account to another" in out
    assert len(lines) < 70


def test_rules_that_are_brought_along_are_named_whether_they_match_or_cannot_run(compromise, tmp_path):
    (tmp_path / "log").write_text(LOG)
    (tmp_path / "rules").mkdir()
    begin = "title: {0}\nid: 6c9ab7b1-3b4e-4bd5-9f5e-8d0f4c1f7a1{1}\nlogsource: {{product: {2}}}\n"
    detection = (
        "detection: {selection: {Operation: " + json.loads(LOG)["Operation"] + "}, condition: selection}\n"
    )
    (tmp_path / "rules" / "a.yml").write_text(begin.format("Ours", 1, "m365") + detection)
    (tmp_path / "rules" / "b.yml").write_text(begin.format("Elsewhere", 2, "linux") + detection)
    status, out, _ = compromise("analyze", "log", "--rules", "rules")
    assert status == 0
    assert "Sigma rules: 1 matched, 1 not run" in out
    assert "not run: Elsewhere: Its log source (product linux) is neither Microsoft 365 nor Entra." in out
    rules = json.loads(compromise("analyze", "log", "--rules", "rules", "--json")[1])["rules"]
    assert [(one["title"], one["state"], one["records"]) for one in rules] == [
        ("Ours", "matched", 1),
        ("Elsewhere", "not run", 0),
    ]
    status, _, err = compromise("analyze", "log", "--rules", "empty")
    assert (status, "not a folder of Sigma rules" in err) == (2, True)


SHELLS = {
    "bash": {"_COMPROMISE_COMPLETE": "complete_bash", "COMP_WORDS": "compromise {0}", "COMP_CWORD": "{1}"},
    "zsh": {"_COMPROMISE_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "compromise {0}"},
    "fish": {
        "_COMPROMISE_COMPLETE": "complete_fish",
        "_TYPER_COMPLETE_ARGS": "compromise {0}",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    },
}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("typed", "wanted"), [("an", "analyze"), ("analyze --ru", "--rules")])
def test_a_shell_completes_verbs_and_their_options(shell, typed, wanted, monkeypatch, capsys):
    for name, text in SHELLS[shell].items():
        monkeypatch.setenv(name, text.format(typed, len(typed.split())))
    monkeypatch.setattr(sys, "argv", ["compromise"])
    with pytest.raises(SystemExit):
        command.main([])
    assert wanted in capsys.readouterr().out


def test_an_analysis_is_written_into_a_new_folder(compromise, tmp_path):
    (tmp_path / "log").write_text(LOG)
    assert compromise("analyze", "log", "--output", "out")[0] == 0
    assert {one.name for one in (tmp_path / "out").iterdir()} == {
        "overview.html",
        "report.json",
        "findings.csv",
        "timesketch.csv",
    }
    status, _, err = compromise("analyze", "log", "--output", "out")
    assert (status, "is not empty" in err) == (2, True)


@needs_examples
def test_a_grave_account_has_a_folder_with_an_archive_that_verifies(compromise, tmp_path):
    given = next((EXAMPLES / "native_formats").glob("*ForwardSMTPAddress.csv"))
    assert compromise("analyze", str(given), "--output", "out", "--lenient")[0] == 0
    (folder,) = [one for one in (tmp_path / "out").iterdir() if one.is_dir()]
    assert {"report.html", "report.txt", "timeline.png", "timeline.csv"} <= {
        one.name for one in folder.iterdir()
    }
    assert compromise("evidence", "verify", str(folder / "evidence.zip"))[0] == 0
    with zipfile.ZipFile(folder / "evidence.zip") as packed:
        (listed,) = json.loads(packed.read("sources/files.json"))
    assert listed["name"] == str(given)


def test_a_check_leaves_the_same_files_and_prints_every_form(compromise, configured, tmp_path):
    status, out, err = compromise("check", ADELE, "--format", "ndjson", "--output", "out")
    assert status == 0, err
    assert json.loads(out)["user"] == ADELE
    assert out.count("\n") == 1
    assert {"report.html", "report.json", "timeline.csv", "evidence.zip"} <= {
        one.name for one in (tmp_path / "out").iterdir()
    }
    with zipfile.ZipFile(tmp_path / "out" / "evidence.zip") as packed:
        assert "sources/user.json" in packed.namelist()


def modules_after(*words: str) -> set[str]:
    """Say which modules a verb imports, run in a process of its own."""
    code = (
        "import sys; from bot.cli import command\n"
        "try: command.main()\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_the_help_imports_no_verb():
    # Cycles hold for what is imported as well; the module is a dozen lines.
    found = modules_after("--help") - {"commands", "commands.cycles"}
    assert "typer" in found
    assert {
        one for one in found if one.startswith(("commands", "graph", "bot.messages", "pydantic"))
    } == set()


def test_an_analysis_imports_no_ledger_no_connection_and_no_numbers(tmp_path):
    (tmp_path / "log").write_text(LOG)
    found = modules_after("analyze", str(tmp_path / "log"))
    assert "commands.analyze" in found
    assert found & {"commands.ledger", "sqlite_utils", "numpy", "requests", "msal", "graph.client"} == set()


def test_the_names_in_the_help_are_those_of_the_verbs():
    whole: Any = typer.main.get_command(command.app)
    assert list(whole.commands) == [*command.VERBS, *command.GROUPS]
    for name, says in {**command.VERBS, **command.GROUPS}.items():
        assert " ".join(whole.commands[name].help.split("\n\n")[0].split()) == says


def test_the_help_of_check_names_every_scenario_and_the_default_time_range(compromise):
    status, said, _ = compromise("check", "--help")
    plain = " ".join(said.replace("│", " ").split())
    unbroken = plain.replace("- ", "-")
    assert status == 0
    assert [name for name in SCENARIOS if name not in unbroken] == []
    assert "by default, else 14d" in plain


@pytest.mark.parametrize(
    "words",
    [
        ("check", ADELE, "--sandbox"),
        ("check", ADELE, "--sandbox", "no-such"),
        ("sandbox", "--scenario"),
        ("sandbox", "--scenario", "no-such"),
    ],
)
def test_without_a_scenario_that_is_there_they_are_listed_a_line_each(compromise, words):
    status, _, complained = compromise(*words)
    assert status == 2
    for name, says in SCENARIOS.items():
        assert f"compromise: {name}: {says}\n" in complained


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("adel.vance@contoso.example", f"has the address adel.vance@contoso.example. Did you mean: {ADELE}?"),
        ("adele", f"has the address adele. Did you mean: {ADELE}?"),
        ("Adele Vance", f"Did you mean: {ADELE}?"),
        ("nobody@contoso.example", "has the address nobody@contoso.example."),
    ],
)
def test_a_misspelled_account_leads_to_whose_name_begins_like_it(configured, capsys, typed, says):
    with pytest.raises(SystemExit) as ended:
        command.main(["check", typed])
    assert ended.value.code == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "help_of"),
    [
        (["check"], "compromise check --help"),
        (["sweep", "--sandbox"], "compromise sweep --help"),
        (["ledger", "show", "--no-such"], "compromise ledger show --help"),
        (["chek"], "compromise --help"),
    ],
)
def test_what_was_typed_wrong_is_sent_to_the_help_that_lists_it(capsys, typed, help_of):
    with pytest.raises(SystemExit) as ended:
        command.main(typed)
    assert ended.value.code == 2
    assert f"(see {help_of})" in capsys.readouterr().err
