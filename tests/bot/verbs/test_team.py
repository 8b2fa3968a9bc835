"""What concerns a person is told to everyone else in the tenants that name them, and where it was asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bot.errors import CannotPost
from bot.messages import answers
from bot.verbs import team

ALEX, ISAIAH, LIDIA = "U0ALEXWILB", "U0ISAIAHLA", "U0LIDIAHOL"
MESSAGE = answers.enrolled(ALEX)


class Room:
    """What the verbs have of Slack, of the tenants, and of who may decide."""

    def __init__(self, channels: dict[str, str], owners: dict[str, str], full: str = "") -> None:
        self.said: list[tuple[str, str]] = []
        self._full = full
        self.people = SimpleNamespace(
            sees=lambda user: frozenset(channels) if user == ALEX else frozenset(),
            approvers=lambda tenant: frozenset({ALEX, ISAIAH} if tenant == "Contoso" else {ALEX, LIDIA}),
        )
        self.tenancy = SimpleNamespace(
            of=lambda tenant: SimpleNamespace(channel=channels[tenant]), owners=owners
        )
        self.rooms = SimpleNamespace(say=self._say, direct=lambda user: f"D-{user}")

    def _say(self, room: str, message: Any, *, tenant: str) -> None:
        assert message is MESSAGE
        if room == self._full:
            raise CannotPost("The bot is not in this channel.")
        self.said.append((room, tenant))


def told(room: Room, user: str = ALEX, beside: str = "") -> list[tuple[str, str]]:
    team.tell(MESSAGE, user, room, beside=beside)  # type: ignore[arg-type]
    return room.said


def test_tenants_with_channels_hear_it_there_and_where_it_was_asked_hears_nothing():
    room = Room({"Contoso": "C0CONTOSO", "Fabrikam": "C0FABRIKAM"}, {})
    assert told(room, beside="C0ELSEWHERE") == [("C0CONTOSO", "Contoso"), ("C0FABRIKAM", "Fabrikam")]


def test_a_tenant_without_a_channel_hears_it_one_by_one_and_where_it_was_asked():
    room = Room({"Contoso": "", "Fabrikam": "C0FABRIKAM"}, {})
    assert told(room, beside="C0ELSEWHERE") == [
        ("C0FABRIKAM", "Fabrikam"),
        (f"D-{ISAIAH}", ""),
        ("C0ELSEWHERE", ""),
    ]


@pytest.mark.parametrize(("owner", "heard"), [("Contoso", [("C0OWN", "Contoso")]), ("Northwind", [])])
def test_another_tenants_channel_hears_nothing_though_it_was_asked_there(owner, heard):
    room = Room({"Contoso": ""}, {"C0OWN": owner})
    assert told(room, beside="C0OWN") == [(f"D-{ISAIAH}", ""), *heard]


def test_of_somebody_whom_no_tenant_names_it_is_told_where_it_was_asked_alone():
    assert told(Room({"Contoso": "C0CONTOSO"}, {}), LIDIA, "C0ASKED") == [("C0ASKED", "")]
    assert told(Room({"Contoso": "C0CONTOSO"}, {"C0ASKED": "Contoso"}), LIDIA, "C0ASKED") == []


def test_a_channel_that_cannot_be_posted_in_keeps_the_others_from_nothing():
    room = Room({"Contoso": "C0CONTOSO", "Fabrikam": "C0FABRIKAM"}, {}, full="C0CONTOSO")
    with pytest.raises(CannotPost):
        told(room)
    assert room.said == [("C0FABRIKAM", "Fabrikam")]
