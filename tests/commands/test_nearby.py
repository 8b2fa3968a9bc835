"""What the first pass only counts is read closely where somebody else may have been."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.artefacts.summary import summary
from commands.analyze import analyze
from commands.analyze.nearby import Want, still_counted
from commands.report import Report
from graph.audit_log.contexts import EVERYDAY, LeftOut
from graph.audit_log.slim import decoded
from tests.commands.test_shared_networks import logon
from tests.examples import CASES, needs_cases

NOW = datetime(2026, 9, 1, tzinfo=UTC)
ADELE = "adele.vance@contoso.example"
HOME, SERVER = "94.0.1.9", "167.99.1.7"
MANY = 36
"""More of one kind than is picked of a new place on one day, for all but mail that was sent or deleted."""

CASE = CASES / "detection" / "cases"


def done(operation: str, number: int, address: str, *, day: int = 20) -> dict[str, Any]:
    """An everyday record of Adele's account."""
    item, opened = [{"InternetMessageId": f"<{day}-{number}@x>"}], operation == "MailItemsAccessed"
    return {
        "CreationTime": f"2026-08-{day:02}T03:{number % 60:02}:00",
        "Id": f"{operation}-{day}-{number}",
        "Operation": operation,
        "RecordType": 2,
        "UserType": 0,
        "UserId": ADELE,
        "MailboxOwnerUPN": ADELE,
        "ClientIPAddress": address,
        "ClientIP": address,
        "SourceFileName": f"{number}.pdf",
        "OperationProperties": [{"Name": "MailAccessType", "Value": "Bind"}],
        **({"Folders": [{"Path": "\\Inbox", "FolderItems": item}]} if opened else {"AffectedItems": item}),
    }


def written(path: Path, records: list[dict[str, Any]], agent: str = "BAV2ROPC") -> Path:
    """Adele works at home for three weeks; on one night a server signs in, and then `records`."""
    quiet = [logon(ADELE, day, HOME) for day in range(1, 22)]
    every = [*quiet, logon(ADELE, 20, SERVER, agent=agent, hour=2), *records]
    lines = [json.dumps(one, separators=(",", ":")) for one in every]
    path.write_text("\n".join(lines) if path.suffix == ".jsonl" else f"[{','.join(lines)}]", encoding="utf-8")
    return path


def of_these(*paths: Path) -> Report:
    (report,) = analyze(paths, user=ADELE, now=NOW, processes=1).users
    return report


def judged(tmp_path: Path, records: list[dict[str, Any]], form: str = "jsonl") -> Report:
    return of_these(written(tmp_path / f"log.{form}", records))


@pytest.mark.parametrize(
    ("operation", "form"),
    [
        *((one, "jsonl") for one in sorted(set(EVERYDAY) - {"UserLoginFailed", "UserLoggedIn"})),
        ("MailItemsAccessed", "json"),
    ],
)
def test_no_record_from_a_suspect_address_is_only_counted(tmp_path, operation, form):
    report = judged(tmp_path, [done(operation, number, SERVER) for number in range(MANY)], form)
    here = [one for one in report.timeline if one.address == SERVER and one.record.startswith(operation)]
    assert len(here) == MANY
    assert report.story is not None
    assert [one.at for one in report.story.last_seen] == [datetime(2026, 8, 20, 3, MANY - 1, tzinfo=UTC)]
    assert not any("only counted" in one.reason for one in report.sources)


def test_what_was_counted_elsewhere_stays_counted(tmp_path):
    home = [done("MailItemsAccessed", number, HOME, day=day) for day in range(1, 12) for number in range(9)]
    theirs = [done("MailItemsAccessed", number, SERVER) for number in range(MANY)]
    report = judged(tmp_path, [*home, *theirs])
    assert report.exposure is not None
    (mailbox,) = report.exposure.mailboxes
    assert (mailbox.opened, mailbox.least) == (MANY, False)
    (counted,) = [one for one in report.exposure.unread if "only counted" in one and "one by one" in one]
    assert counted.endswith("none of them from an address in question")


BULKS = ("SoftDelete", "FileDeleted", "FileDownloaded", "Send", "MailItemsAccessed")


@pytest.mark.parametrize("agent", ["BAV2ROPC", "Outlook/16.0"])
def test_a_file_gives_the_same_numbers_alone_and_with_others(tmp_path, agent):
    """Files overlap: each holds the sign-ins; what is counted of one kind is in one of them."""
    paths = [
        written(tmp_path / f"{one}.jsonl", [done(one, number, SERVER) for number in range(300)], agent)
        for one in BULKS
    ]
    together = {one.summary for one in of_these(*paths).findings}
    assert {one.summary for one in of_these(*reversed(paths)).findings} == together
    for path in paths:
        numbers = {one.summary for one in of_these(path).findings if any(map(str.isdigit, one.summary[:14]))}
        assert numbers <= together
        assert all("300 " in one for one in numbers), (
            "every one of them, though most were only counted at first"
        )


def test_what_a_session_or_an_application_did_is_taken_off_what_is_counted():
    kinds = [LeftOut("MailItemsAccessed", ADELE, ADELE, address) for address in ("192.0.2.1", SERVER, "")]
    want = Want(ADELE, frozenset({ADELE}), frozenset({SERVER}), frozenset({"s-1"}), frozenset({"app"}))
    counted = {kinds[0]: 5, kinds[1]: 7, kinds[2]: 1}
    assert still_counted(counted, want, [kinds[0], kinds[0], kinds[1], kinds[2]]) == {kinds[0]: 3}


@pytest.mark.parametrize(
    ("fields", "near"),
    [
        ({"ClientIP": SERVER}, True),
        ({"ClientIPAddress": f"[::ffff:{SERVER}]:993"}, True),
        ({"ClientIP": HOME, "SessionId": "s-1"}, True),
        ({"ClientIP": "", "ClientAppId": "APP"}, True),
        ({"ClientIP": HOME, "AppAccessContext": {"AADSessionId": "s-1", "x": "y"}}, True),
        ({"ClientIP": HOME, "DeviceProperties": [{"Name": "SessionId", "Value": "s-1"}]}, True),
        ({"ClientIP": HOME, "DeviceProperties": [{"Value": "s-1", "Name": "SessionId"}]}, True),
        ({"ClientIP": HOME, "DeviceProperties": '[{"Name":"SessionId","Value":"s-1"}]'}, True),
        ({"ClientIP": HOME, "Session_Id": "s-1"}, True),
        ({"ClientIP": HOME, "SessionId": "s-10"}, False),
        ({"ClientIP": HOME, "DeviceProperties": [{"Name": "OS", "Value": "s-1"}]}, False),
        ({"ClientIP": HOME, "SessionId": "s-2"}, False),
        ({"ClientIP": SERVER, "Operation": "UserLoginFailed"}, False),
    ],
    ids=[
        "address",
        "another form of it",
        "session",
        "application",
        "session of a context",
        "session in a list",
        "session in a list, value first",
        "session in a list in a text",
        "session in a table",
        "a longer session",
        "another value that reads the same",
        "neither",
        "attempts are counted exactly",
    ],
)
def test_what_is_near(fields, near):
    want = Want(ADELE, frozenset({ADELE}), frozenset({SERVER}), frozenset({"s-1"}), frozenset({"app"}))
    text = json.dumps({"Operation": "MailItemsAccessed"} | fields).encode()
    assert want.is_near(decoded(text), text) is near


@needs_cases
def test_mail_opened_from_a_doubtful_address_is_told_and_never_denied():
    paths = sorted(CASE.glob("A26-*"))
    users = analyze(paths, user="anna.berger@nordholm-bau.example", now=NOW, processes=1).users
    (report,) = users
    answers = {one.id: one for one in summary(report)}
    assert answers["data"].short == "possible: it is not settled whose access to mail it was"
    says = " ".join(one.says for one in answers["data"].statements)
    assert "who opened 12 messages from 188.98.40.211 on 2026-09-30 13:20 UTC" in says
    assert "No record shows" not in says
    assert any(one.says.startswith("Last seen 2026-09-30 13:20 UTC") for one in answers["when"].statements)


def test_a_small_file_costs_few_files_of_its_own(tmp_path):
    path = written(tmp_path / "log.jsonl", [done("MailItemsAccessed", number, SERVER) for number in range(9)])
    code = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from commands.analyze import analyze\n"
        "seen = []\n"
        "sys.addaudithook(lambda what, given: what == 'open' and seen.append(str(given[0])))\n"
        "analyze([Path(sys.argv[1])], user=None, now=datetime(2026, 9, 1, tzinfo=UTC), processes=1)\n"
        "print(sum('compromise-analyze-' in one for one in seen))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert 0 < int(ended.stdout) < 100
