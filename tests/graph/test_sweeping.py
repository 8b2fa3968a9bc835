"""What a sweep asks about everybody, played by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from graph import sweeping
from graph.errors import NoPermission, NotFound
from graph.request import Cmdlet, Request
from tests.graph.play import Answer, Played, a_question, play

LACKS = NoPermission("No.", needs="an Exchange role with Get-Recipient")
OUTSIDE: list[dict[str, Any]] = [{"ExternalEmailAddress": "SMTP:drop@evil.example"}]
INSIDE: list[dict[str, Any]] = [{"ExternalEmailAddress": None}]


def forwarding(to: dict[str, str], recipients: dict[tuple[str, str], Answer]) -> Played:
    """Ask which mailboxes forward; they forward to these, and recipients are answered by cmdlet and name."""

    def microsoft(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Cmdlet)
        if what.name == "Get-Mailbox":
            return [
                {"PrimarySmtpAddress": f"{who}@contoso.example", "ForwardingAddress": name}
                for who, name in to.items()
            ]
        return recipients[what.name, str(what.parameters["Identity"])]

    [asked] = [one for one in sweeping.standing_queries() if one.name == "mailbox"]
    return play(asked.ask(a_question()), microsoft)


def behind(played: Played) -> dict[str, str]:
    return {
        one.primary_smtp_address.partition("@")[0]: one.forwarding_contact_address
        for one in played.value.value
    }


def test_behind_a_contact_is_its_address_and_each_recipient_is_looked_up_once() -> None:
    played = forwarding(
        {"a": "Helper", "b": "Helper", "c": "Boss"},
        {("Get-Recipient", "Helper"): OUTSIDE, ("Get-Recipient", "Boss"): INSIDE},
    )
    assert behind(played) == {"a": "drop@evil.example", "b": "drop@evil.example", "c": ""}
    assert played.value.missing == ()
    assert Counter(one.name for one in played.asked if isinstance(one, Cmdlet)) == {
        "Get-Mailbox": 1,
        "Get-Recipient": 2,
    }


def test_who_may_not_look_recipients_up_asks_for_contacts_and_says_what_stays_unknown() -> None:
    played = forwarding(
        {"a": "Helper", "b": "Boss"},
        {
            ("Get-Recipient", "Helper"): LACKS,
            ("Get-Recipient", "Boss"): LACKS,
            ("Get-MailContact", "Helper"): OUTSIDE,
            ("Get-MailContact", "Boss"): NotFound("No."),
        },
    )
    assert behind(played) == {"a": "drop@evil.example", "b": ""}
    [gap] = played.value.missing
    assert gap == "the addresses of 1 whom mailboxes forward to (needs an Exchange role with Get-Recipient)"


def test_no_more_recipients_are_looked_up_than_the_bound_and_the_rest_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweeping, "LOOKED_UP", 1)
    played = forwarding({"a": "Helper", "b": "Boss"}, {("Get-Recipient", "Helper"): OUTSIDE})
    assert behind(played) == {"a": "drop@evil.example", "b": ""}
    [gap] = played.value.missing
    assert gap == "the addresses of 1 whom mailboxes forward to (only 1 were looked up)"
