"""Links to many chats and outside help desks are found; what people post in Teams every day is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from commands.symptoms import teams_messages
from graph.audit_log.record import AuditRecord
from tests.commands.evidence import ADELE, INTRUDER, NESTOR, OFFICE, record
from tests.commands.symptoms.judging import HOTEL, all_signs, broken_in, findings, past, signs

HOME, ELSEWHERE = "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-8999-000000000000"


def links(chats: int, *, every: float = 0.01, address: str = HOTEL, **fields: Any) -> list[AuditRecord]:
    return [
        record(
            "MessageCreatedHasLink",
            owner="",
            hours=every * n,
            address=address,
            details={"ChatThreadId": f"19:{n}@unq.gbl.spaces"},
            **fields,
        )
        for n in range(chats)
    ]


def chat(name: str, tenant: str = ELSEWHERE) -> AuditRecord:
    """A chat that somebody opened with Adele."""
    members = [
        {"OrganizationId": tenant, "DisplayName": name, "UPN": "desk@provider.example"},
        {"OrganizationId": HOME, "DisplayName": "Adele Vance", "UPN": ADELE.mail},
    ]
    opened = record("ChatCreated", actor="desk@provider.example", owner=ADELE.mail, address=None)
    return replace(opened, raw={"OrganizationId": HOME, "Members": members})


FOUND = [
    ("links to ten chats within minutes", "teams_links_to_many", links(10)),
    ("an outside help desk", "teams_chat_from_outside_help_desk", [chat("IT Help Desk")]),
    ("an outside Microsoft", "teams_chat_from_outside_help_desk", [chat("Microsoft Security")]),
]

NOT_FOUND = [
    ("links to nine chats", links(9)),
    ("links to ten chats over a day", links(10, every=1)),
    ("one chat full of links", [replace(one, details={"ChatThreadId": "19:1"}) for one in links(30)]),
    ("a campaign at the office", links(30, address=OFFICE)),
    ("a customer opens a chat", [chat("Megan Bowen")]),
    ("our own help desk opens a chat", [chat("IT Help Desk", HOME)]),
    ("a colleague's links", links(12, actor=NESTOR)),
]


@pytest.mark.parametrize(("why", "sign", "did"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, did):
    assert signs(teams_messages, sign_ins=past(), audit_log=did) == {sign}


@pytest.mark.parametrize(("why", "did"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, did):
    assert signs(teams_messages, sign_ins=past(), audit_log=did) == set()


def test_the_intruders_messages_weigh_more_and_one_is_enough():
    one = links(1, address=INTRUDER)
    assert signs(teams_messages, sign_ins=broken_in(), audit_log=one) == {"teams_messages_by_intruder"}
    many = links(12, address=INTRUDER)
    told = signs(teams_messages, sign_ins=broken_in(), audit_log=many)
    assert told == {"teams_messages_by_intruder", "teams_links_by_intruder"}


def test_a_campaign_at_the_office_is_told_without_weight():
    told = all_signs(teams_messages, sign_ins=past(), audit_log=links(30, address=OFFICE))
    assert told == {"teams_links_at_own_place"}


def test_it_counts_chats():
    (finding,) = findings(teams_messages, sign_ins=past(), audit_log=links(12))
    assert finding.summary.startswith("Links were sent to 12 Teams chats within 15 minutes")
    assert len(finding.records) == 12
