"""Mailboxes of an export whose mail goes to one outside address are told on each of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from commands.analyze import analyze

NOW = datetime(2026, 9, 1, tzinfo=UTC)
DROP = "collector@fabrikam.example"
SIGN = "forwarding_to_shared_destination"


def rule(user: str, to: str = DROP) -> dict[str, Any]:
    """A rule that a user made for the own mailbox, as Microsoft records it."""
    return {
        "CreationTime": "2026-08-20T09:00:00",
        "Id": f"rule-{user}-{to}",
        "Operation": "New-InboxRule",
        "RecordType": 1,
        "ResultStatus": "True",
        "UserType": 2,
        "Workload": "Exchange",
        "UserId": f"{user}@contoso.example",
        "ClientIP": "198.51.100.20:50123",
        "ObjectId": user,
        "Parameters": [
            {"Name": "Name", "Value": "Copy"},
            {"Name": "From", "Value": "boss@contoso.example"},
            {"Name": "ForwardTo", "Value": to},
        ],
    }


@pytest.mark.parametrize(
    ("why", "records", "expected"),
    [
        ("two users", [rule("adele"), rule("megan"), rule("alex", "own@example.org")], {"adele", "megan"}),
        ("one user", [rule("adele"), rule("megan", "own@example.org")], set()),
        ("to a colleague", [rule(one, "nestor@contoso.example") for one in ("adele", "megan")], set()),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_it_is_told_on_each(tmp_path: Path, why: str, records: list[Any], expected: set[str]) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(map(json.dumps, records)))
    found = {
        report.subject.user_principal_name.partition("@")[0]: finding
        for report in analyze([log], user=None, now=NOW).users
        for symptom in report.symptoms
        for finding in symptom.findings
        if finding.sign.id == SIGN
    }
    assert set(found) == expected
    if expected:
        assert (
            found["adele"].summary == f"Mail of 2 mailboxes goes to {DROP}; the others: megan@contoso.example"
        )
        assert found["adele"].records == (f"rule-adele-{DROP}",)


def test_the_story_names_the_address_and_the_other_mailbox(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(json.dumps(rule(name)) + "\n" for name in ("adele", "megan")))
    users = {one.subject.user_principal_name: one for one in analyze([path], user=None, now=NOW).users}
    story = users["adele@contoso.example"].story
    assert story is not None
    assert any(f"Mail of 2 mailboxes goes to {DROP}" in one.says for one in story.persistence)
    (lead,) = story.leads
    assert (lead.says, lead.because) == ("megan@contoso.example", f"forwards to {DROP} as well")
