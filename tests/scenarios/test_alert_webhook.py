"""A SIEM sends an alert: it becomes a line, once, if it is signed and new; anything else gets an answer."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from bot.incoming.alert_webhook import LARGEST
from bot.incoming.alerts import MOST_SENT
from bot.settings import AlertSettings
from bot.webhooks import headers, key_of, new_secret
from commands.ledger import entries as e
from graph.alerts import RaisedAlert
from graph.connection import Connection
from tests.scenarios.conftest import ADELE, Stage

SECRET = new_secret()
ALERT = {"id": "siem-1", "title": "Impossible travel", "account": ADELE, "severity": "high"}


@pytest.fixture
def story(stage) -> Stage:
    taken = AlertSettings(webhook_secret=SecretStr(SECRET), port=0, channel="C0INCIDENT")
    built: Stage = stage("clean", changes={"alerts": taken})
    return built


def send(
    story: Stage, body: Any, *, secret: str = SECRET, age: int = 0, message_id: str = "m1"
) -> requests.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = headers(key_of(secret), message_id, datetime.now(UTC) - timedelta(seconds=age), raw)
    return requests.post(story.bot.alerts_url, data=raw, headers=signed, timeout=60)


def raised(story: Stage) -> int:
    return story.kinds().count("alert_raised")


def test_a_signed_alert_is_one_line_with_a_button_however_often_it_is_sent(story):
    assert [send(story, ALERT).status_code for _ in range(3)] == [202, 200, 200]
    line = story.card("Impossible travel")
    assert raised(story) == 1
    story.slack.click("responder", line, "check_alert")
    story.shown()


def test_what_is_not_signed_or_old_writes_nothing(story):
    assert send(story, ALERT, secret=new_secret()).status_code == 401
    assert send(story, ALERT, age=3600).status_code == 401
    assert requests.post(story.bot.alerts_url, json=ALERT, timeout=60).status_code == 401
    assert requests.get(story.bot.alerts_url, timeout=60).status_code == 405
    assert send(story, b" " * (LARGEST + 1)).status_code == 413
    assert story.kinds() == []


WRONG = (
    ({"title": ""}, "title"),
    ({"id": None}, "id"),
    ({"severity": "dreadful"}, "severity"),
    ({"link": "javascript:alert(1)"}, "link"),
    ({"at": "2026-11-29T08:00:00"}, "at"),
    ({"at": "0001-01-01T00:00:00+14:00"}, "at"),
    ({"at": "9999-12-31T23:59:59-14:00"}, "at"),
    ({"account": "a" * 321}, "account"),
)


def test_what_is_wrong_is_named_and_nothing_of_it_is_kept(story):
    for changed, names in WRONG:
        answer = send(story, {**ALERT, **changed})
        assert answer.status_code == 422, changed
        assert names in answer.json()["error"], changed
    assert raised(story) == 0


def test_what_is_no_alert_at_all_is_refused(story):
    for body in (b"", b"[]", b"null", b"\xff\xfe", b"{" * 1000):
        assert send(story, body).status_code == 422, body


def test_an_account_of_no_tenant_is_refused_and_of_a_named_tenant_is_told_without_its_case(story):
    assert send(story, {**ALERT, "account": "someone@elsewhere.example"}).status_code == 422
    assert send(story, {**ALERT, "tenant": "Fabrikam"}).status_code == 422
    nobody = {**ALERT, "account": "nobody@contoso.example", "tenant": "Contoso"}
    assert send(story, nobody).status_code == 202
    story.card("Impossible travel")


def test_who_has_the_secret_of_one_tenant_sends_for_no_other_and_learns_of_none(stage):
    """Neither by its name nor by an account; the answer is the one for a tenant that there is not."""
    own, shared = new_secret(), new_secret()
    taken = AlertSettings(webhook_secret=SecretStr(shared), port=0, channel="C0INCIDENT")
    story = stage("clean", changes={"alerts": taken}, start=False)
    [contoso] = story.settings.tenants
    fabrikam = contoso.model_copy(
        update={"name": "Fabrikam", "tenant_id": "0f", "domains": ("fabrikam.example",)}
    )
    contoso = contoso.model_copy(update={"webhook_secret": SecretStr(own), "domains": ("contoso.example",)})
    story.settings = story.settings.model_copy(update={"tenants": (contoso, fabrikam)})
    story.start()
    told = [
        send(story, {**ALERT, **changed}, secret=secret)
        for secret, changed in (
            (shared, {}),
            (shared, {"tenant": "Contoso"}),
            (own, {"tenant": "Fabrikam"}),
            (own, {"tenant": "Adatum"}),
            (own, {"account": "x@fabrikam.example"}),
            (own, {"account": "x@nowhere.example"}),
        )
    ]
    assert {one.status_code for one in told} == {422}
    assert len({one.text for one in told}) == 1
    assert "fabrikam" not in told[0].text.casefold()
    assert raised(story) == 0
    assert send(story, ALERT, secret=own).status_code == 202
    assert send(story, {**ALERT, "tenant": "Fabrikam"}, secret=shared).status_code == 202
    assert send(story, ALERT, secret=new_secret()).status_code == 401


def test_two_tenants_may_use_the_same_id(story):
    alerts, mine = story.bot.alerts, RaisedAlert("webhook:1", "webhook", "x", "low", datetime.now(UTC))
    [contoso] = story.bot.tenants.each()
    fabrikam = Connection(contoso.settings.model_copy(update={"tenant_id": "other", "name": "Fabrikam"}))
    with closing(fabrikam):
        assert [alerts.take([mine], one) for one in (contoso, fabrikam, contoso)] == [1, 1, 0]


def test_two_products_may_use_the_same_id(story):
    sent = (
        ALERT,
        {**ALERT, "product": "Sentinel"},
        {**ALERT, "product": "sentinel"},
        {**ALERT, "product": "X"},
    )
    assert [send(story, one).status_code for one in sent] == [202, 202, 200, 202]
    # No id is another product's, whatever stands in it.
    odd = ({**ALERT, "id": "1", "product": "a:b"}, {**ALERT, "id": "b:1", "product": "a"})
    assert [send(story, one).status_code for one in odd] == [202, 202]
    assert raised(story) == 5


def test_whoever_has_the_secret_cannot_fill_the_ledger(story):
    now = datetime.now(UTC)
    with story.bot.ledger.writing() as writing:
        for number in range(MOST_SENT):
            shown = e.AlertRaised(f"webhook:{number}", "Contoso", "webhook", "x", "low", now)
            writing.append(shown, "bot")
            writing.append(e.AlertsShown((f"webhook:{number}",), "digest", "C0", "1.1"), "bot")
    answer = send(story, ALERT)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]
    assert raised(story) == MOST_SENT


HOSTILE: dict[str, dict[str, Any]] = {
    "a mention": {"title": "<!channel> <@U0MEGANBOW> @here :skull: *bold* <https://evil.example|Contoso>"},
    "lines": {"title": "Small\n\n⛔ Compromised: megan\r\u2028\u2029\x0b\x0c\x85next"},
    "directions": {"title": "gpj.\u202eexe \u2066\u2067\u2068\u2069\u200f\u061c end"},
    "nothing to see": {"title": "\u200b\u2060\ufeff\u00ad\u3164"},
    "a null": {"title": "nu\x00ll", "id": "nu\x00ll"},
    "a sign of four bytes": {"title": "🏴󠁧󠁢󠁥󠁮󠁧󠁿" * 20},
    "marks on marks": {"title": "Z" + "\u0334" * 290},
    "a link": {"link": "https://evil.example/|Click> <!channel>"},
    "a link with a break": {"link": "https://evil.example/\nhttps://x"},
    "a script": {"account": "<script>alert(1)</script>@contoso.example"},
    "an address that asks": {"account": "adele.vance' or 1 eq 1 or mail eq '@contoso.example"},
    "an account that leads away": {"account": "../../domains"},
    "an id with everything": {"id": "a:b%2F/../?x=#\u202e<!here>" + "x" * 150},
    "a product with everything": {"product": "<!channel>\u202e:" + "p" * 80},
    "the future": {"at": "2099-12-31T23:59:59Z"},
    "the past": {"at": "2000-01-01T00:00:00+00:00"},
    "fields that there are not": {"check": True, "object_id": "x", "source": "defender", "raised_at": "now"},
}


def test_hostile_texts_are_told_harmless_and_stop_no_other_alert(story):
    for number, (what, changes) in enumerate(HOSTILE.items()):
        alert = {"id": f"h{number}", "title": what, "severity": "low", "tenant": "Contoso", **changes}
        assert send(story, alert).status_code in (202, 422), what
    assert send(story, {"id": "last", "title": "The last one", "severity": "high"} | {"tenant": "Contoso"}).ok
    story.card("The last one")
    # One or several: it is posted as soon as there is a first that the hour has no line for.
    story.card("further alert")
    told = [(one.text, str(one.blocks)) for one in story.cards()]
    for parts in told:
        for text in parts:
            assert "<!" not in text
            assert "<@" not in text
            assert "<https://evil.example|Contoso>" not in text
            assert not set(text) & set("\x00\x0b\x85\u2028\u2029\u202e\u2066\u2067\u2068\u200f\u061c")
    lines = "\n".join(text for text, _ in told).splitlines()
    assert not [one for one in lines if one.startswith("⛔")], "no alert begins a line of its own making"


FORMS = {
    "deep": (b'{"id": "1", "title": "t", "more": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", 422),
    "twice": (b'{"id": "1", "title": "t", "title": "u", "tenant": "Contoso"}', 202),
    "no number": (b'{"id": "2", "title": "t", "tenant": "Contoso", "more": NaN}', 202),
    "endless": (b'{"id": "3", "title": "t", "tenant": "Contoso", "more": 1e99999}', 202),
    "digits": (b'{"id": "4", "title": "t", "tenant": "Contoso", "more": ' + b"9" * 60_000 + b"}", 422),
    "half a sign": (b'{"id": "5", "title": "\\ud800", "tenant": "Contoso"}', 422),
    "no utf-8": (b'{"id": "6", "title": "\xff\xfe", "tenant": "Contoso"}', 422),
    "utf-16": ('{"id": "7", "title": "t", "tenant": "Contoso"}'.encode("utf-16"), 422),
    "a list": (b'[{"id": "9", "title": "t", "tenant": "Contoso"}]', 422),
    "numbers": (b'{"id": 10, "title": 5, "tenant": true}', 422),
}


def test_odd_json_gets_an_answer(story):
    assert {what: send(story, body).status_code for what, (body, _) in FORMS.items()} == {
        what: status for what, (_, status) in FORMS.items()
    }
