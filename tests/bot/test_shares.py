"""One sender of alerts takes no more than its share: neither of the pace, nor of threads and connections."""

from __future__ import annotations

import json
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Event
from typing import cast

import requests
from pyrate_limiter import Rate

from bot.incoming.alert_webhook import PATH, make_site
from bot.incoming.alerts import Alerts
from bot.incoming.shares import Share
from bot.web_server import WebServer
from bot.webhooks import headers
from graph.alerts import RaisedAlert


def taken(share: Share, times: int) -> int:
    """How many of so many alerts, one after the other, have a turn."""
    number = 0
    for _ in range(times):
        with share.turn() as is_free:
            number += is_free
    return number


def test_there_are_so_many_turns_in_a_while_and_what_is_turned_away_takes_none():
    share = Share(Rate(3, 3_600_000))
    assert taken(share, 1000) == 3
    assert taken(Share(Rate(3, 3_600_000)), 3) == 3


def test_turns_come_back_with_time():
    share = Share(Rate(1, 1))
    assert taken(share, 1) == 1
    while not taken(share, 1):
        pass


def test_there_are_so_many_under_way_and_those_that_ended_make_place():
    share = Share(most=2)
    with ExitStack() as stack:
        assert [stack.enter_context(share.turn()) for _ in range(4)] == [True, True, False, False]
    assert taken(share, 5) == 5


class Slow:
    """Takes the alerts of one tenant only when it is told to, as while Microsoft does not answer for it."""

    def __init__(self) -> None:
        self.begun, self.goes_on = Event(), Event()

    def accept(self, _alert: RaisedAlert, _tenant: str, among: Collection[str]) -> int:
        if "Contoso" in among:
            self.begun.set()
            assert self.goes_on.wait(600)
        return 1


def test_a_tenant_whose_alerts_are_held_up_keeps_no_other_tenants_waiting():
    alerts, keys = Slow(), {"Contoso": b"a" * 32, "Fabrikam": b"b" * 32}
    site = make_site(cast("Alerts", alerts), keys, lambda: Share(threads=1, most=1))
    server = WebServer(site, "127.0.0.1", 0, PATH)
    server.start()

    def sent(tenant: str, name: str) -> int:
        body = json.dumps({"id": name, "title": "x", "tenant": tenant}).encode()
        signed = headers(keys[tenant], name, datetime.now(UTC), body)
        return requests.post(server.url, data=body, headers=signed, timeout=600).status_code

    with ThreadPoolExecutor(1) as pool:
        try:
            held = pool.submit(sent, "Contoso", "1")
            assert alerts.begun.wait(600)
            assert sent("Contoso", "2") == 429
            assert sent("Fabrikam", "1") == 202
        finally:
            alerts.goes_on.set()
        assert held.result() == 202
    server.stop()
