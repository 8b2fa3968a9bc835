"""What judging costs grows no faster than what is judged, counted in calls and not in seconds."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import UUID

import pytest

from commands.analyze import analyze
from commands.check import judge
from commands.containment.propose import offer
from commands.plans.planning_input import Guard
from commands.symptoms import SYMPTOMS
from graph.evidence import Evidence
from graph.resources.applications import OAuthGrant
from graph.resources.mailbox import Delegate, DelegateKind
from graph.resources.rules import HiddenInboxRule, InboxRule
from tests.commands.alone import Desk, change, path_of
from tests.commands.evidence import INTRUDER, evidence
from tests.commands.evidence import record as log
from tests.each import some_now

NOW = datetime(2026, 9, 1, tzinfo=UTC)
FEW = 60
"""The smallest file; the others have twice and four times as many records."""

CHANGES = 20
"""The changes of the smallest plan."""

MOST = 2.5
"""How many times as many further calls the second doubling may take as the first: 2 is linear, 4 square."""


def calls_of(work: Callable[[], object]) -> int:
    """Count the calls, of Python's and of C's functions, that some work makes."""
    count = 0

    def profile(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def record(number: int, user: str = "adele@contoso.example", **further: Any) -> dict[str, Any]:
    at = datetime(2026, 8, 1, tzinfo=UTC) + timedelta(seconds=100 * number)
    return {
        "CreationTime": at.isoformat()[:19],
        "Id": f"r-{number}",
        "UserId": user,
        "ClientIP": f"203.0.{number % 250}.{number % 199 + 1}",
        "ObjectId": user,
        **further,
    }


def set_up(operation: str, number: int, **parameters: str) -> dict[str, Any]:
    listed = [{"Name": name, "Value": one} for name, one in parameters.items()]
    return record(number, Operation=operation, RecordType=1, Parameters=listed)


def sign_in(number: int) -> dict[str, Any]:
    at = datetime(2026, 8, 1, tzinfo=UTC) + timedelta(seconds=100 * number)
    return {
        "id": f"s-{number}",
        "createdDateTime": at.isoformat(),
        "userPrincipalName": "adele@contoso.example",
        "appId": "a",
        "ipAddress": f"203.0.{number % 250}.{number % 199 + 1}",
        "status": {"errorCode": 0},
        "location": {"countryOrRegion": ("NO", "SE", "DE")[number % 3]},
    }


KINDS: dict[str, Callable[[int], dict[str, Any]]] = {
    "accounts": lambda n: record(n, f"person{n}@contoso.example", Operation="UserLoggedIn", RecordType=15),
    "sign-ins": sign_in,
    "inbox rules": lambda n: set_up("New-InboxRule", n, Name=f"x{n}", MoveToFolder="RSS Feeds"),
    "forwarding": lambda n: set_up("Set-Mailbox", n, ForwardingSmtpAddress=f"smtp:x{n}@out{n}.example"),
    "delegates": lambda n: set_up(
        "Add-MailboxPermission", n, User=f"u{n}@contoso.example", AccessRights="FullAccess"
    ),
    "consents": lambda n: record(
        n, Operation="Consent to application.", Target=[{"ID": f"App {n}", "Type": 1}]
    ),
    "sign-in methods": lambda n: record(n, Operation="User registered security info.", RecordType=8),
    "failed sign-ins": lambda n: record(n, Operation="UserLoginFailed", RecordType=15, ErrorNumber="50126"),
    "deleted mail": lambda n: record(
        n,
        Operation="HardDelete",
        MailboxOwnerUPN="adele@contoso.example",
        AffectedItems=[{"Subject": f"security alert {n}", "InternetMessageId": f"<{n}@x>"}],
    ),
}


@pytest.mark.parametrize("kind", some_now(KINDS, 8))
def test_twice_the_records_are_about_twice_the_work(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    counts = []
    for many in (4 * FEW, FEW, 2 * FEW, 4 * FEW):  # the first time tables are read as far as all of them ask
        path.write_text("\n".join(json.dumps(KINDS[kind](number)) for number in range(many)))
        counts.append(calls_of(lambda: analyze([path], user=None, now=NOW, processes=1)))
    _, few, twice, four = counts
    assert four - twice <= MOST * (twice - few)


def rules_of_one_name(many: int) -> Evidence:
    """Rules that Graph and Exchange list, all with the name and the deed of one that the log tells of."""
    drop = [{"emailAddress": {"name": "drop", "address": "drop@evil.example"}}]
    made = log("New-InboxRule", id="made", parameters={"Name": "..", "RedirectTo": "drop@evil.example"})
    return evidence(
        audit_log=[made],
        inbox_rules=[
            InboxRule.model_validate({"id": f"g{n}", "displayName": "..", "actions": {"redirectTo": drop}})
            for n in range(many)
        ],
        hidden_inbox_rules=[
            # Of one word more in Exchange's list, so that none is found at once.
            HiddenInboxRule(
                identity=f"x{n}", name="..", redirect_to=("drop@evil.example",), subject_contains_words=("a",)
            )
            for n in range(many)
        ],
    )


def applications(many: int) -> Evidence:
    """Applications that the attacker let in, each with its consent and its grant."""
    return evidence(
        audit_log=[
            log(
                "Consent to application",
                id=f"c{n}",
                address=INTRUDER,
                object_id=str(UUID(int=n)),
                details={"TargetName": f"App {n}"},
            )
            for n in range(many)
        ],
        oauth_grants=[
            OAuthGrant(
                id=f"g{n}", client_id=str(UUID(int=n)), app_display_name=f"App {n}", scope="Mail.ReadWrite"
            )
            for n in range(many)
        ],
    )


def people_with_rights(many: int) -> Evidence:
    """Rights on the mailbox, each given by a record."""
    return evidence(
        audit_log=[
            log(
                "Add-MailboxPermission",
                id=f"p{n}",
                address=INTRUDER,
                parameters={"User": f"u{n}@contoso.example", "AccessRights": "FullAccess"},
            )
            for n in range(many)
        ],
        delegates=[
            Delegate(kind=DelegateKind.FULL_ACCESS, who=f"u{n}@contoso.example", rights=("FullAccess",))
            for n in range(many)
        ],
    )


@pytest.mark.slow
@pytest.mark.parametrize("made", [rules_of_one_name, applications, people_with_rights])
def test_however_many_settings_an_attacker_makes_twice_as_many_are_about_twice_the_work(
    made: Callable[[int], Evidence],
) -> None:
    """Two hundred rules of one name took 41 seconds: each was compared with each, once for each of them."""
    counts = []
    for many in (4 * FEW, FEW, 2 * FEW, 4 * FEW):
        seen = made(many)
        counts.append(calls_of(lambda seen=seen: offer(seen, judge(seen, NOW), Guard())))  # type: ignore[misc]
    _, few, twice, four = counts
    assert four - twice <= MOST * (twice - few)


def calls_by_name(work: Callable[[], object]) -> Counter[str]:
    """Count the calls of each Python function that some work makes, by its name."""
    counts: Counter[str] = Counter()

    def profile(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            counts[frame.f_code.co_name] += 1

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counts


def test_of_an_account_that_sent_nothing_nobody_looks_for_when_its_mail_left(tmp_path: Path) -> None:
    def of(kind: Callable[[int], dict[str, Any]]) -> Counter[str]:
        path = tmp_path / "log"
        path.write_text("\n".join(json.dumps(kind(number)) for number in range(3)))
        return calls_by_name(lambda: analyze([path], user=None, now=NOW, processes=1))

    def sends(number: int) -> dict[str, Any]:
        item = {"Subject": "Offer", "InternetMessageId": f"<{number}@x>"}
        return record(number, f"p{number}@contoso.example", Operation="Send", Item=item)

    assert of(KINDS["accounts"])["outbox_of"] == 0
    some = of(sends)
    assert some["outbox_of"] == 3
    # Three symptoms and the exposure ask what was sent, and it is put together once an account.
    assert some["tried_of"] == 3
    # What each source lacks is said to some thirty symptoms; put together once for what they need and lack.
    assert some["_lacking"] < len(SYMPTOMS)
    assert some["_states"] == 3


JUNK_CALLS = 300
"""Calls that one line of another product may take: some 220 as they are, 520 before names were remembered."""


def junk(number: int) -> dict[str, Any]:
    """A line as other products write them beside the records: nested, and nothing of it is a record."""
    shared = {"timestamp": "2026-08-01T10:00:00Z", "host": f"fw{number % 9}", "severity": "info"}
    address = {"ip": f"10.0.0.{number % 250}", "port": number, "geo": {"country": "US"}}
    return (
        {**shared, "event": {"id": number, "rule": {"name": "r", "uuid": "0" * 32}}, "source": address},
        {
            **shared,
            "message": "%ASA-6-302013: Built outbound TCP connection for outside " + "x" * 40,
            "tags": ["a"],
        },
        {**shared, "process": {"command_line": 'cmd /c echo {"a": 1} ' + "x" * 90, "parent": {"pid": 1}}},
        {**shared, "k8s": {"pod": {"labels": {f"l{number % 30}": "y"}}, "containers": [{"name": "c"}]}},
    )[number % 4]


def test_a_line_of_another_product_costs_little(tmp_path: Path) -> None:
    path = tmp_path / "log"
    counts = []
    for many in (200, 200, 400):
        path.write_text("\n".join(json.dumps(junk(number)) for number in range(many)))
        counts.append(calls_of(lambda: analyze([path], user=None, now=NOW, processes=1)))
    assert (counts[2] - counts[1]) / 200 <= JUNK_CALLS


def test_each_change_of_a_plan_costs_the_same_however_many_there_are(tmp_path: Path) -> None:
    counts: list[int] = []
    for many in (4 * CHANGES, CHANGES, 2 * CHANGES, 4 * CHANGES):
        folder = tmp_path / str(len(counts))
        folder.mkdir()
        desk = Desk(folder)
        names = [f"thing{number}" for number in range(many)]
        desk.microsoft.things |= {path_of(name): {"on": True} for name in names}
        made = desk.approved(*map(change, names))
        counts.append(calls_of(lambda desk=desk, made=made: desk.carry_out(made)))  # type: ignore[misc]
        desk.ledger.close()
    _, few, twice, four = counts
    assert four - twice <= MOST * (twice - few)
