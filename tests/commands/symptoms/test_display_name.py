"""The display name: twin tables of what is found and of what must not be found, each row with its reason."""

from __future__ import annotations

import pytest

from commands.check import lacks
from commands.symptoms import display_name
from commands.symptoms.display_name import looks_alike
from graph.audit_log.record import ActorType, AuditRecord
from graph.evidence import Evidence
from graph.resources.directory import User
from tests.commands.evidence import (
    INTRUDER,
    NESTOR,
    NEW_PLACE,
    OFFICE,
    STRANGER,
    at,
    counting,
    evidence,
    only,
    record,
)


def renamed(
    new: str, address: str | None = OFFICE, *, old: str = "Adele Vance", **fields: object
) -> AuditRecord:
    changes = {"DisplayName": (old, new), "Included Updated Properties": ("", "DisplayName")}
    return record("Update user", address=address, changes=changes, **fields)  # type: ignore[arg-type]


def seen(*records: AuditRecord) -> Evidence:
    return evidence(directory_audits_on_user=list(records))


FOUND = [
    ("by the attacker", renamed("Adele V.", INTRUDER), "display_name_changed_from_suspect_address"),
    (
        "by the attacker's session",
        renamed("Adele V.", None, session_id="intruder-session"),
        "display_name_changed_from_suspect_address",
    ),
    (
        "from a new place",
        renamed("Adele V.", NEW_PLACE),
        "display_name_changed_from_new_address",
    ),
    ("from no one knows where", renamed("Adele V.", None), "display_name_changed_by_user"),
    ("a Cyrillic letter in a Latin name", renamed("Аdele Vance"), "display_name_look_alike"),
    (
        "by an administrator, with a Cyrillic letter",
        renamed("Аdele Vance", actor=NESTOR),
        "display_name_look_alike",
    ),
    ("calls herself the help desk", renamed("IT Help Desk"), "display_name_poses_as_office"),
    (
        "by a cmdlet",
        record("Set-User", address=INTRUDER, parameters={"Identity": "adele", "DisplayName": "CEO"}),
        "display_name_changed_from_suspect_address",
    ),
]


@pytest.mark.parametrize(("change", "sign"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
def test_a_strange_change_of_the_name_is_found(change: AuditRecord, sign: str) -> None:
    assert counting(display_name, seen(change)) == [sign]


NOT_FOUND = [
    ("an administrator enters a married name", renamed("Adele Moore", actor=NESTOR)),
    ("the user, from the office", renamed("Adele Vance-Moore")),
    ("the personnel system", renamed("Adele Moore", actor="Workday", actor_type=ActorType.service_principal)),
    ("the sync from on-premises", renamed("Adele Moore", None, actor="Sync_DC1_0a1b2c@contoso.example")),
    ("Microsoft's own service", renamed("Adele Moore", by_microsoft=True)),
    ("it was refused", renamed("Microsoft Support", INTRUDER, succeeded=False)),
    ("someone else's name", renamed("Alex W.", INTRUDER, owner="alex.wilber@contoso.example")),
    ("nothing was changed", renamed("Adele Vance", INTRUDER)),
    ("a wholly Russian name", renamed("Адель Вэнс")),
]


@pytest.mark.parametrize("change", [row[1] for row in NOT_FOUND], ids=[row[0] for row in NOT_FOUND])
def test_an_ordinary_change_of_the_name_is_no_sign(change: AuditRecord) -> None:
    assert counting(display_name, seen(change)) == []


def test_a_change_that_two_logs_tell_is_one_finding_with_old_and_new_value() -> None:
    first = renamed("Adele V.", None, hours=1)
    second = record("Update user", hours=1.01, address=INTRUDER, changes={"DisplayName": ("", "Adele V.")})
    finding = only(display_name, evidence(audit_log=[second], directory_audits_on_user=[first]))
    assert (finding.before, finding.after, finding.address) == ("Adele Vance", "Adele V.", INTRUDER)
    assert set(finding.records) == {first.id, second.id}
    assert finding.at == at(1.01)


def test_a_name_in_force_with_look_alike_letters_is_found_without_a_record() -> None:
    user = User(id="u", user_principal_name="adele.vance@contoso.example", display_name="Adele Vаnce")
    assert counting(display_name, evidence(user=user)) == ["display_name_look_alike"]
    assert (
        counting(display_name, evidence(user=user.model_copy(update={"display_name": "Adele Vance"}))) == []
    )


def test_little_is_made_of_a_change_when_nothing_is_known_of_the_user() -> None:
    assert counting(display_name, seen(renamed("Adele V.", NEW_PLACE)), STRANGER) == [
        "display_name_changed_by_user"
    ]


@pytest.mark.parametrize("name", ["Adele Vаnce", "Adele\u200b Vance", "Μicrosoft"])
def test_letters_of_two_alphabets_and_invisible_ones_look_alike(name: str) -> None:
    assert looks_alike(name)


@pytest.mark.parametrize("name", ["Adèle Vançe", "王 Wei", "Иван Ivanov", "Søren Ångström", "O'Neil-Żak"])
def test_foreign_names_do_not_look_alike(name: str) -> None:
    assert not looks_alike(name)


def test_one_of_the_two_logs_is_enough_to_call_it_absent() -> None:
    assert lacks(display_name.NEEDS, evidence())
    assert not lacks(display_name.NEEDS, seen())
    assert not lacks(display_name.NEEDS, evidence(audit_log=[]))
