"""How much went to where mail is sent on to: asked by recipient, in spans, each message counted once."""

from __future__ import annotations

from typing import Any

from graph.errors import NoPermission
from graph.forwarded import MOST, forwarded_query
from graph.request import Cmdlet, Request
from tests.graph.play import Answer, a_question, always, play

DROP = "o'drop@relay.example"
OTHER = "other@relay.example"


def row(to: str, number: int, day: int = 12, status: str = "delivered", **more: Any) -> dict[str, Any]:
    return {
        "id": f"t{number}-{to}",
        "messageId": f"<{number}@fabrikam.example>",
        "senderAddress": "someone@fabrikam.example",
        "recipientAddress": to,
        "receivedDateTime": f"2026-09-{day:02d}T07:05:19Z",
        "status": status,
        **more,
    }


def test_each_message_counts_once_and_what_failed_is_told_apart() -> None:
    rows = [
        row(DROP.upper(), 1),
        row(DROP, 1, id="the same message once more"),
        row(DROP, 2, day=13),
        row(DROP, 3, status="Failed"),
    ]

    def microsoft(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Request)
        return rows if "drop" in what.query["$filter"] else []

    played = play(forwarded_query((DROP, OTHER)).ask(a_question()), microsoft)
    drop, other = played.value.value
    assert (drop.address, drop.messages, drop.failed) == (DROP, 2, 1)
    assert (drop.first.day, drop.last.day) == (12, 13)
    assert (other.messages, other.first) == (0, None)
    filters = [what.query["$filter"] for what in played.asked if isinstance(what, Request)]
    assert len(filters) == 4, "two spans of at most ten days for each address"
    assert filters[0].startswith("recipientAddress eq 'o''drop@relay.example' and receivedDateTime ge ")


def test_where_graph_refuses_the_cmdlet_is_asked_by_recipient() -> None:
    def microsoft(what: Request | Cmdlet) -> Answer:
        if isinstance(what, Request):
            return NoPermission("No.", needs="ExchangeMessageTrace.Read.All")
        assert what.parameters["RecipientAddress"] == [OTHER]
        assert "SenderAddress" not in what.parameters
        return [
            {
                "MessageId": "<1@x>",
                "RecipientAddress": OTHER,
                "Received": "2026-09-13T07:05:19Z",
                "Status": "Delivered",
            }
        ]

    (told,) = play(forwarded_query((OTHER,)).ask(a_question(days=5)), microsoft).value.value
    assert told.messages == 1


def test_no_more_addresses_are_asked_about_than_the_limits_bear() -> None:
    many = [f"a{number}@relay.example" for number in range(50)]
    played = play(forwarded_query(many).ask(a_question()), always())
    assert len(played.value.value) == MOST
    assert len(played.asked) == 2 * MOST


def test_what_the_trace_no_longer_has_is_missing() -> None:
    played = play(forwarded_query((OTHER,)).ask(a_question(days=120)), always())
    assert "the trace is kept for 90 days" in played.value.missing[0]
