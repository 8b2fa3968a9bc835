"""Alerts as Microsoft gives them, from the local tenant and as its pages show them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from graph.alerts import MOST_ACCOUNTS, SOURCES, raised
from graph.connection import Connection
from graph.errors import NoPermission
from sandbox import tenant
from sandbox.scenarios.alerts import raise_alert
from tests.each import each
from tests.graph.local import connect_to
from tests.graph.service import Reply, Service
from tests.made import made

ADELE = "adele.vance@contoso.example"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def local():
    with tenant.start(made("mailbox-takeover")) as running:
        yield running


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_tells_of_the_account_that_was_taken_over(local, source) -> None:
    with connect_to(local) as connection:
        found, unread = raised(source, connection, local.state.now - timedelta(days=7))
    assert unread == 0
    for alert in each(found):
        assert alert.account == ADELE
        assert alert.severity in ("high", "medium", "low")
        assert alert.source == source
        assert alert.key.startswith(f"{source}:")
    assert [alert.at for alert in found] == sorted(alert.at for alert in found)


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_older_is_not_asked_for(local, source) -> None:
    with connect_to(local) as connection:
        found, _ = raised(source, connection, local.state.clock() + timedelta(seconds=1))
    assert found == ()


@pytest.mark.parametrize("source", SOURCES)
def test_without_its_permission_a_source_is_no_empty_list(source) -> None:
    held = tenant.ALL_PERMISSIONS - {SOURCES[source].needs, "IdentityRiskyUser.ReadWrite.All"}
    with (
        tenant.start(made("mailbox-takeover"), permissions=held) as running,
        connect_to(running) as connection,
        pytest.raises(NoPermission),
    ):
        raised(source, connection, LONG_AGO)


def test_a_campaigns_alert_is_told_for_the_first_accounts_and_counts_the_others() -> None:
    state = made("clean")
    names = [f"user{number}@contoso.example" for number in range(MOST_ACCOUNTS + 3)]
    raise_alert(state, "Phish delivered due to an ETR override", *names)
    with tenant.start(state) as running, connect_to(running) as connection:
        found, _ = raised("defender", connection, LONG_AGO)
    assert [alert.account for alert in found] == names[:MOST_ACCOUNTS]
    assert {alert.more for alert in found} == {3}
    assert len({alert.key for alert in found}) == MOST_ACCOUNTS


def test_an_alert_without_an_account_is_told_too() -> None:
    state = made("clean")
    raise_alert(state, "Elevation of Exchange admin privilege")
    with tenant.start(state) as running, connect_to(running) as connection:
        found, _ = raised("defender", connection, LONG_AGO)
    assert [(alert.title, alert.account) for alert in found] == [
        ("Elevation of Exchange admin privilege", "")
    ]


def test_of_an_answer_with_one_unreadable_alert_the_others_are_kept(
    service: Service, connection: Connection
) -> None:
    mailbox = {
        "@odata.type": "#microsoft.graph.security.mailboxEvidence",
        "primaryAddress": "Adele.Vance@contoso.example",
        "userAccount": None,
    }
    good = {"id": "1", "title": "t", "severity": "low", "createdDateTime": "2026-11-29T08:00:00.1234567Z"}
    bad = [{"id": "2", "title": "no time"}, {"id": "3", "createdDateTime": "tomorrow"}]
    service.answers(Reply(200, {"value": [*bad, {**good, "evidence": [{"@odata.type": "x"}, mailbox]}]}))
    found, unread = raised("defender", connection, LONG_AGO)
    assert unread == 2
    assert [(alert.key, alert.account) for alert in found] == [
        ("defender:1:adele.vance@contoso.example", "adele.vance@contoso.example")
    ]


def test_a_user_whose_risk_was_dismissed_raises_no_alert() -> None:
    state = made("mailbox-takeover")
    for user in state.risky_users.values():
        user["riskState"] = "dismissed"
    with tenant.start(state) as running, connect_to(running) as connection:
        found, unread = raised("risky_users", connection, LONG_AGO)
    assert (found, unread) == ((), 0)
