"""While an account bypasses mailbox auditing, what it does in mailboxes leaves no record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from graph import contract
from sandbox.scenarios import mailbox_takeover
from sandbox.scenarios.people import ADELE, DIEGO, LAGOS, LAGOS_V6, Person
from sandbox.scenarios.state import audit_time
from sandbox.scenarios.world import World

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
BYPASSED = NOW - timedelta(hours=5)


def recorded(who: Person, kind: int, hours: float, *, before_it_was_set: bool) -> bool:
    world = World("bypass", NOW)
    for one in (ADELE, DIEGO):
        world.person(one)
    if not before_it_was_set:
        world.box(ADELE).audit_bypassed_at = BYPASSED
    made = world.audit(
        BYPASSED + timedelta(hours=hours), "Send", kind, "Exchange", who.upn, ClientIP=LAGOS.ip
    )
    world.box(ADELE).audit_bypassed_at = BYPASSED
    return made in world.finish().audit_records


@pytest.mark.parametrize("before_it_was_set", [True, False], ids=["a story", "a running tenant"])
@pytest.mark.parametrize(
    ("who", "kind", "hours", "stands"),
    [
        (ADELE, 2, -1, True),
        (ADELE, 2, 1, False),
        (ADELE, 3, 1, False),
        (ADELE, 50, 1, False),
        (ADELE, 1, 1, True),
        (ADELE, 8, 1, True),
        (DIEGO, 2, 1, True),
    ],
)
def test_mail_operations_of_the_account_are_not_recorded_and_all_others_are(
    who: Person, kind: int, hours: float, stands: bool, before_it_was_set: bool
) -> None:
    assert recorded(who, kind, hours, before_it_was_set=before_it_was_set) is stands


def test_the_contract_says_so_with_its_source() -> None:
    row = contract.cmdlets()["Set-MailboxAuditBypassAssociation"]
    assert row.unlogged == {"ExchangeItem", "ExchangeItemGroup", "ExchangeItemAggregated"}
    assert "PS Get-MailboxAuditBypassAssociation" in row.source


def test_no_played_takeover_records_what_would_not_be() -> None:
    state = mailbox_takeover.build(NOW)
    since = state.mailboxes[ADELE.upn].audit_bypassed_at
    assert since is not None
    late = [
        one
        for one in state.audit_records
        if one["UserId"] == ADELE.upn
        and one["RecordType"] in {2, 3, 50}
        and one["CreationTime"] >= audit_time(since)
    ]
    assert late == []


@pytest.mark.parametrize("hour", [0, 2, 4, 8, 14, 20])
def test_at_no_hour_of_the_day_the_attacker_has_a_session_of_the_users(hour: int) -> None:
    """The played takeover tells one story, whenever it is played."""
    state = mailbox_takeover.build(NOW.replace(hour=hour))
    theirs = {one["sessionId"] for one in state.sign_ins if one["ipAddress"] == LAGOS.ip}
    own = {
        one["sessionId"]
        for one in state.sign_ins
        if one["userId"] == ADELE.id and one["ipAddress"] not in {LAGOS.ip, LAGOS_V6.ip}
    }
    assert not theirs & own
