"""Profile changes: twin tables of what is found and of what must not be found, each row with its reason."""

from __future__ import annotations

import pytest

from commands.check import lacks
from commands.symptoms import profile_changes
from graph.audit_log.record import ActorType, AuditRecord
from graph.evidence import Evidence
from tests.commands.evidence import (
    INTRUDER,
    NESTOR,
    NEW_PLACE,
    OFFICE,
    USUAL,
    counting,
    evidence,
    only,
    record,
    told,
)


def changed(address: str | None = OFFICE, /, actor: str = "", **values: tuple[str, str]) -> AuditRecord:
    who = {"actor": actor} if actor else {}
    return record("Update user", address=address, changes=values, **who)  # type: ignore[arg-type]


def seen(*records: AuditRecord) -> Evidence:
    return evidence(directory_audits_on_user=list(records))


FOUND = [
    (
        "the postal code, by the attacker",
        changed(INTRUDER, PostalCode=("98052", "10001")),
        "profile_changed_from_suspect_address",
    ),
    (
        "the phone, from a new place",
        changed(NEW_PLACE, TelephoneNumber=("1", "2")),
        "contact_changed_from_new_address",
    ),
    (
        "another email address, from a new place",
        changed(NEW_PLACE, OtherMail=("", "a@fabrikam.example")),
        "contact_changed_from_new_address",
    ),
    (
        "the city, from a new place",
        changed(NEW_PLACE, City=("Rom", "Bonn")),
        "profile_changed_from_new_address",
    ),
    ("the mobile, from no one knows where", changed(None, Mobile=("1", "2")), "profile_changed_by_user"),
    (
        "by a cmdlet",
        record("Set-User", address=INTRUDER, parameters={"MobilePhone": "+1 202 555 0143"}),
        "profile_changed_from_suspect_address",
    ),
    ("a number taken away", changed(INTRUDER, Mobile=("+1", "")), "profile_changed_from_suspect_address"),
]


@pytest.mark.parametrize(("change", "sign"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
def test_a_strange_change_of_the_profile_is_found(change: AuditRecord, sign: str) -> None:
    assert counting(profile_changes, seen(change)) == [sign]


NOT_FOUND = [
    ("the user moved house, and says so from the office", changed(PostalCode=("98052", "98004"))),
    ("an administrator keeps the numbers", changed(OFFICE, NESTOR, TelephoneNumber=("1", "2"))),
    ("the sync from on-premises", changed(None, "Sync_DC1_0a1b2c@contoso.example", City=("Rom", "Bonn"))),
    (
        "an application of the personnel office",
        record("Update user", actor="HR", actor_type=ActorType.application, changes={"JobTitle": ("a", "b")}),
    ),
    ("a license is no profile", changed(INTRUDER, AssignedLicense=("a", "b"))),
    ("sign-in methods have their own symptom", changed(INTRUDER, StrongAuthenticationMethod=("a", "b"))),
    ("the display name has its own symptom", changed(INTRUDER, DisplayName=("a", "b"))),
    (
        "forwarding has its own symptom",
        record(
            "Set-Mailbox", address=INTRUDER, parameters={"ForwardingSmtpAddress": "smtp:a@fabrikam.example"}
        ),
    ),
    (
        "someone else's",
        record(
            "Update user",
            address=INTRUDER,
            owner="alex.wilber@contoso.example",
            changes={"City": ("Rom", "Bonn")},
        ),
    ),
    ("Microsoft's own service", record("Update user", by_microsoft=True, changes={"City": ("Rom", "Bonn")})),
]


@pytest.mark.parametrize("change", [row[1] for row in NOT_FOUND], ids=[row[0] for row in NOT_FOUND])
def test_an_ordinary_change_of_the_profile_is_no_sign(change: AuditRecord) -> None:
    assert counting(profile_changes, seen(change)) == []


def test_each_property_is_told_with_its_old_and_new_value() -> None:
    change = changed(INTRUDER, PostalCode=("98052", "10001"), TelephoneNumber=("+1 425", "+44 20"))
    findings = list(profile_changes.detect(seen(change), USUAL))
    assert [(one.before, one.after) for one in findings] == [("98052", "10001"), ("+1 425", "+44 20")]
    assert "from “98052” to “10001” by adele.vance@contoso.example from 203.0.113.77" in findings[0].summary


def test_a_change_that_two_logs_tell_is_one_finding() -> None:
    one = changed(INTRUDER, Mobile=("1", "2"))
    two = changed(None, Mobile=("1", "2"))
    assert set(only(profile_changes, evidence(audit_log=[one], directory_audits_on_user=[two])).records) == {
        one.id,
        two.id,
    }


def test_an_ordinary_change_is_told_for_information() -> None:
    assert told(profile_changes, seen(changed(PostalCode=("98052", "98004")))) == ["profile_changed"]


def test_one_of_the_two_logs_is_enough_to_call_it_absent() -> None:
    assert lacks(profile_changes.NEEDS, evidence())
    assert not lacks(profile_changes.NEEDS, seen())
