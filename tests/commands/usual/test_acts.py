"""Whose sessions are, by what was done, where no log shows a sign-in."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commands import usual
from commands.analyze import analyze
from commands.report import Owner, Report, VerdictCode
from commands.usual.acts import visits_of
from graph.audit_log.record import AuditRecord
from tests.commands.evidence import ADELE, INTRUDER, OFFICE, evidence, record, sign_in
from tests.commands.symptoms.judging import past

START = datetime(2026, 8, 3, 8, tzinfo=UTC)
WHO = "adele.vance@contoso.example"
STRANGE = "95.24.7.9"
HOME = "94.0.1.9"
OWA = "Client=OWA;Action=ViaProxy"
OUTLOOK = "Client=MSExchangeRPC"


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (record("Send", address=None), "it names no address"),
        (record("Send", microsoft_address=True), "the address is Microsoft's"),
        (record("Send", by_microsoft=True), "a service did it"),
        (record("New-InboxRule", succeeded=False), "it did not work"),
        (record("Send", actor="nestor.wilke@contoso.example"), "somebody else did it"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_shows_nobody_in_a_place_is_no_visit(one: AuditRecord, why: str):
    assert not list(visits_of([one], ADELE)), why


def test_acts_of_an_hour_are_one_visit_with_address_program_session_and_protocol():
    acts = [
        record(
            "MailItemsAccessed",
            hours=number / 10,
            client="Client=POP3/IMAP4;Protocol=IMAP4",
            session_id="one",
        )
        for number in range(9)
    ]
    (visit,) = visits_of(acts, ADELE)
    assert (visit.id, visit.ip_address, visit.session_id) == (acts[0].id, OFFICE, "one")
    assert (visit.client_app_used, visit.succeeded) == ("IMAP4", True)
    assert len(list(visits_of([*acts, record("Send", hours=0.5, session_id="two")], ADELE))) == 2


def test_where_any_log_shows_a_sign_in_acts_are_none():
    acts = [record("Send", hours=-n, address=INTRUDER) for n in range(20)]
    seen = usual.learn(evidence(audit_log=acts, sign_ins=[sign_in()]))
    assert not seen.by_acts
    assert [one.ip_address for one in seen.sign_ins] == [OFFICE]
    assert usual.learn(evidence(audit_log=acts)).by_acts


def act(at: datetime, operation: str, address: str, client: str, **more: Any) -> dict[str, Any]:
    return {
        "CreationTime": f"{at:%Y-%m-%dT%H:%M:%S}",
        "Id": f"{operation}-{at:%d-%H-%M-%S}-{address}",
        "Operation": operation,
        "RecordType": 2,
        "Workload": "Exchange",
        "ResultStatus": "Succeeded",
        "UserId": WHO,
        "UserKey": "10032000A",
        "UserType": 0,
        "MailboxOwnerUPN": WHO,
        "ClientIPAddress": address,
        "ClientInfoString": client,
        **more,
    }


def month(address: str = HOME) -> list[dict[str, Any]]:
    """Thirty days of work from one place: nearly all of it is counted and not read."""
    return [
        act(START + timedelta(days=day, minutes=7 * number), "MailItemsAccessed", address, OUTLOOK)
        for day in range(30)
        for number in range(12)
    ]


def rule(address: str, client: str = "") -> dict[str, Any]:
    parameters = [{"Name": "Name", "Value": "Backup"}, {"Name": "ForwardTo", "Value": "drop@evil.example"}]
    at = START + timedelta(days=22, hours=9, minutes=30)
    return act(at, "New-InboxRule", address, client, Parameters=parameters)


def reading(address: str) -> list[dict[str, Any]]:
    start = START + timedelta(days=22, hours=9)
    return [act(start + timedelta(minutes=n), "MailItemsAccessed", address, OWA) for n in range(5)]


def judged(tmp_path, *records: dict[str, Any]) -> Report:
    path = tmp_path / "exchange.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    (report,) = analyze([path], user=WHO, now=datetime(2026, 9, 9, tzinfo=UTC), processes=1).users
    return report


def test_an_export_of_exchange_alone_tells_whose_sessions_are(tmp_path):
    report = judged(tmp_path, *month(), *reading(STRANGE), rule(STRANGE))
    assert report.verdict.answer is VerdictCode.COMPROMISED, report.verdict.says
    assert {one.owner for one in report.verdict.reasons} <= {Owner.DOUBTFUL, Owner.STRANGER}
    told = " ".join(one.summary for one in report.verdict.reasons).casefold()
    assert " activity" in told
    assert "sign-in" not in told, "nobody saw one"


def test_the_same_rule_from_where_the_user_always_works_is_the_users(tmp_path):
    own = judged(tmp_path, *month(), *reading(HOME), rule(HOME))
    assert own.verdict.answer is not VerdictCode.COMPROMISED
    assert not any(one.owner in {Owner.DOUBTFUL, Owner.STRANGER} for one in own.findings)


def test_a_place_that_lasts_is_own_though_most_of_its_records_are_only_counted(tmp_path):
    """Work from a second place all month, and from a third for a week at the end."""
    late = [
        act(START + timedelta(days=day, hours=6, minutes=number), "MailItemsAccessed", STRANGE, OUTLOOK)
        for day in range(24, 30)
        for number in range(12)
    ]
    doubted = {
        one.address for one in judged(tmp_path, *month(), *late).findings if one.owner is not Owner.OWNER
    }
    assert doubted <= {STRANGE}


def web(address: str, *, hours: float = 0, client: str = OWA) -> AuditRecord:
    return record("MailItemsAccessed", hours=hours, address=address, client=client, workload="Exchange")


@pytest.mark.parametrize(
    ("acts", "points", "owner"),
    [
        # A stolen cookie needs no sign-in: a browser in a new country, where no browser was in the mailbox.
        ([web(STRANGE)], 4, Owner.DOUBTFUL),
        # The user reads in the browser at the office as well: only the place is new.
        ([web(OFFICE, hours=-5), web(STRANGE)], 3, Owner.DOUBTFUL),
        # Programs are seen so every day, and applications read from their makers' addresses.
        ([web(STRANGE, client=OUTLOOK)], None, Owner.OWNER),
        ([web(STRANGE, client="Client=REST;;")], None, Owner.OWNER),
        # Where somebody signed in, the sign-in tells.
        ([web(OFFICE)], None, Owner.OWNER),
        # Another line of the same country is one new thing, and everyday life.
        ([web(OFFICE, hours=-5), web("81.2.69.160")], 1, Owner.OWNER),
    ],
)
def test_a_browser_where_nobody_signed_in_tells_where_somebody_was(acts, points, owner):
    """Source: Microsoft Purview, "Use MailItemsAccessed to investigate compromised accounts"."""
    seen = usual.learn(evidence(audit_log=acts, sign_ins=past()))
    address = acts[-1].address
    assert seen.doubt_at(address).owner is owner
    told = seen.points.get(str(address))
    assert (sum(one.points for one in told) if told is not None and points is not None else None) == points
    assert seen.use(str(address)) == ("sign-in" if points is None else "activity")
    assert not seen.by_acts


def test_a_line_on_which_only_a_browser_is_seen_for_weeks_is_the_users_own():
    """Exchange may see a line at home over IPv6 that Entra never sees."""
    line = "2001:db8:5:1::9"
    acts = [web(line, hours=-24 * day) for day in range(1, 7)] + [web(line, hours=12)]
    sign_ins = [sign_in(hours=-24 * day, address=OFFICE) for day in range(7)]
    assert usual.learn(evidence(audit_log=acts, sign_ins=sign_ins)).is_own_network(line)


def test_a_browser_that_goes_on_in_an_own_session_is_new_in_its_country_alone():
    """Who stays signed in opens the laptop in the hotel, and no sign-in is recorded there."""
    sign_ins = [one.model_copy(update={"session_id": "kept"}) for one in past()]
    mine = dataclasses.replace(web(STRANGE), session_id="kept")
    seen = usual.learn(evidence(audit_log=[mine], sign_ins=sign_ins))
    assert [one.points for one in seen.points[STRANGE]] == [2]
