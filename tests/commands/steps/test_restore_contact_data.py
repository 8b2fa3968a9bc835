"""Contact data: put back where it still has the intruder's value, left alone or to people elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from commands.plans.plan import Change, ManualTask
from commands.plans.planning_input import PlanningInput
from commands.report import VerdictCode
from commands.steps import restore_contact_data
from commands.steps.restore_contact_data import FIELDS
from graph.audit_log.record import AuditRecord
from graph.resources.directory import DirectoryRole, User
from tests.commands.evidence import ADELE, INTRUDER, NESTOR, OFFICE, record
from tests.commands.steps.planning_inputs import (
    UNSEEN,
    changes,
    finding,
    guarded,
    nothing,
    only_change,
    planning,
    tasks,
    user,
)
from tests.commands.symptoms.judging import broken_in

HOURS = -0.5
PHONE = "restore_contact_data:ask_by_phone"


def changed(
    address: str | None = INTRUDER, /, hours: float = HOURS, **values: tuple[str, str]
) -> AuditRecord:
    return record("Update user", address=address, hours=hours, changes=values)


def after(*records: AuditRecord, **fields: Any) -> PlanningInput:
    """What the intruder's records left behind: the user's present fields."""
    roles = fields.pop("directory_roles", [])
    return planning(
        user=user(**fields),
        sign_ins=broken_in(),
        directory_audits_on_user=list(records),
        audit_log=[],
        directory_roles=roles,
    )


def test_a_number_is_put_back_to_what_the_audit_record_tells() -> None:
    change = only_change(
        restore_contact_data, after(changed(Mobile=("+1 206", "+44 77")), mobile_phone="+44 77")
    )
    assert change.id == "restore_contact_data:mobilePhone"
    assert change.says == f"Restore the mobile number of {ADELE.mail} to “+1 206”"
    assert change.why.startswith("The mobile number was changed from “+1 206” to “+44 77” by")
    assert (change.expects, change.wants) == ({"mobilePhone": "+44 77"}, {"mobilePhone": "+1 206"})
    assert change.do.body == {"mobilePhone": "+1 206"}  # type: ignore[union-attr]
    assert change.undo is not None
    assert change.undo.do.body == {"mobilePhone": "+44 77"}  # type: ignore[union-attr]
    assert change.undo.wants == change.expects
    assert change.suggested
    assert change.warns == ()


def test_each_property_is_a_change_of_its_own() -> None:
    on = after(
        changed(
            DisplayName=("Adele Vance", "Accounts"),
            PostalCode=("98101", "100001"),
            OtherMail=("", "x@evil.example"),
        ),
        display_name="Accounts",
        postal_code="100001",
        other_mails=["x@evil.example"],
    )
    planned = changes(restore_contact_data, on)
    assert {one.id.partition(":")[2]: one.wants for one in planned} == {
        "displayName": {"displayName": "Adele Vance"},
        "otherMails": {"otherMails": []},
        "postalCode": {"postalCode": "98101"},
    }


@pytest.mark.parametrize("field", FIELDS, ids=[field.graph for field in FIELDS])
def test_every_property_that_the_check_reads_can_be_put_back(field: Any) -> None:
    on = planning(
        found=[finding("profile_changes", "r1", before="Old", after="New")],
        user=user(**{field.value: ["New"] if field.many else "New"}),
        directory_audits_on_user=[
            record("Update user", id="r1", changes={field.audited[0].title(): ("Old", "New")})
        ],
    )
    change = only_change(restore_contact_data, on)
    assert change.wants == {field.graph: ["Old"] if field.many else "Old"}
    assert field.value in User.model_fields


def test_several_changes_of_one_property_lead_back_to_the_value_before_the_first() -> None:
    on = after(
        changed(Mobile=("+1", "+2"), hours=-0.9), changed(Mobile=("+2", "+3"), hours=-0.2), mobile_phone="+3"
    )
    assert only_change(restore_contact_data, on).wants == {"mobilePhone": "+1"}


def test_what_an_administrator_put_in_between_is_what_comes_back() -> None:
    on = after(
        changed(Mobile=("+1", "+2"), hours=-0.9),
        record(
            "Update user", actor=NESTOR, address=OFFICE, hours=-0.5, changes={"Mobile": ("+2", "+1 office")}
        ),
        changed(Mobile=("+1 office", "+3"), hours=-0.2),
        mobile_phone="+3",
    )
    assert only_change(restore_contact_data, on).wants == {"mobilePhone": "+1 office"}


def test_two_properties_of_one_record_with_the_same_new_value_are_kept_apart() -> None:
    on = after(
        changed(City=("Seattle", "X"), State=("Washington", "X")),
        record("Set-User", address=INTRUDER, hours=HOURS, parameters={"City": "X", "StateOrProvince": "X"}),
        city="X",
        state="X",
    )
    assert {one.id: one.wants for one in changes(restore_contact_data, on)} == {
        "restore_contact_data:city": {"city": "Seattle"},
        "restore_contact_data:state": {"state": "Washington"},
    }


NOT_IN_FORCE = [
    ("someone has already put it right", [changed(Mobile=("+1", "+2"))], {"mobile_phone": "+1"}),
    ("someone has put in a third value", [changed(Mobile=("+1", "+2"))], {"mobile_phone": "+3"}),
    ("the user did it from the office", [changed(OFFICE, Mobile=("+1", "+2"))], {"mobile_phone": "+2"}),
    ("nothing was changed", [], {}),
]


@pytest.mark.parametrize(
    ("records", "fields"), [row[1:] for row in NOT_IN_FORCE], ids=[row[0] for row in NOT_IN_FORCE]
)
def test_what_is_not_in_force_or_not_suspicious_is_left_alone(
    records: list[AuditRecord], fields: dict[str, Any]
) -> None:
    on = after(*records, **fields)
    assert not changes(restore_contact_data, on)
    assert [one for one in tasks(restore_contact_data, on) if one.id != PHONE] == []


def by_hand(on: PlanningInput) -> ManualTask:
    assert not changes(restore_contact_data, on)
    (task,) = (one for one in tasks(restore_contact_data, on) if one.id != PHONE)
    return task


def test_an_account_mastered_on_premises_becomes_an_task_with_the_value() -> None:
    on = after(changed(Mobile=("+1", "+2")), mobile_phone="+2", on_premises_sync_enabled=True)
    how = by_hand(on).how
    assert "Previous value: “+1”" in how
    assert any("on-premises directory" in line for line in how)


def test_a_cmdlet_does_not_tell_the_old_value_and_nobody_guesses_it() -> None:
    on = after(
        record("Set-User", address=INTRUDER, hours=HOURS, parameters={"MobilePhone": "+2"}), mobile_phone="+2"
    )
    assert "The previous value is unknown; call the user" in by_hand(on).how


def test_a_display_name_is_never_emptied() -> None:
    on = after(changed(DisplayName=("", "Accounts")), display_name="Accounts")
    assert by_hand(on).id == "restore_contact_data:displayName"


def test_what_the_bot_cannot_put_back_is_left_to_people() -> None:
    task = by_hand(after(changed(Manager=("Nestor", "Nobody"))))
    assert task.id == "restore_contact_data:rest"
    assert task.how[0].startswith("The manager was changed from “Nestor” to “Nobody”")


ROLE = DirectoryRole(assignment_id="a", role_definition_id="r", name="Exchange Administrator")
LOWER = DirectoryRole(assignment_id="a", role_definition_id="r", name="Helpdesk Administrator")
WARNED = [
    ("an administrator's number", [ROLE], "Mobile", True),
    ("the number of one whom a lower role may change", [LOWER], "Mobile", False),
    ("an administrator's city", [ROLE], "City", False),
    ("roles that could not be seen", UNSEEN, "Mobile", True),
]


@pytest.mark.parametrize(
    ("roles", "name", "warned"), [row[1:] for row in WARNED], ids=[row[0] for row in WARNED]
)
def test_that_an_administrators_numbers_need_a_high_role_is_said_before(
    roles: Any, name: str, warned: bool
) -> None:
    on = after(
        record("Update user", address=INTRUDER, hours=HOURS, changes={name: ("1", "2")}),
        mobile_phone="2",
        city="2",
        directory_roles=roles,
    )
    change: Change = only_change(restore_contact_data, on)
    assert any("Privileged Authentication Administrator" in one for one in change.warns) is warned


def test_what_little_speaks_against_is_offered_and_not_asked_for() -> None:
    on = after(changed(None, Mobile=("+1", "+2")), mobile_phone="+2")
    assert not only_change(restore_contact_data, on).suggested


def test_without_the_account_nothing_is_planned_and_that_is_said() -> None:
    refusal = nothing(restore_contact_data, planning(user=UNSEEN))
    assert refusal.refused
    assert refusal.why.startswith("Not collected: user (The permission for it is missing")


def test_a_protected_account_is_left_alone() -> None:
    assert nothing(restore_contact_data, planning(user=user(), guard=guarded())).refused


def ask_by_phone(on: PlanningInput) -> str:
    """The instructions of the manual task to call the user."""
    (task,) = (one for one in tasks(restore_contact_data, on) if one.id == PHONE)
    assert task.suggested
    return "\n".join(task.how)


def test_the_user_is_called_at_the_number_from_before_the_first_change() -> None:
    how = ask_by_phone(
        after(
            changed(Mobile=("+1 206", "+2"), hours=-0.9),
            changed(Mobile=("+2", "+44 77"), hours=-0.2),
            mobile_phone="+44 77",
        )
    )
    assert "The mobile number from before the change: “+1 206”" in how
    assert "The current mobile number “+44 77” may be the attacker's; do not call it" in how


def test_a_number_that_was_put_right_already_is_called() -> None:
    how = ask_by_phone(after(changed(Mobile=("+1 206", "+44 77")), mobile_phone="+1 206"))
    assert "The mobile number from before the change: “+1 206”" in how
    assert "do not call it" not in how


def test_a_number_that_no_record_tells_of_is_called_with_a_warning() -> None:
    how = ask_by_phone(after(changed(City=("Seattle", "X")), city="X", business_phones=["+1 425"]))
    assert "The phone number is “+1 425”; no change was recorded" in how


def test_where_no_record_tells_the_number_from_before_that_is_said() -> None:
    on = after(
        record("Set-User", address=INTRUDER, hours=HOURS, parameters={"MobilePhone": "+2"}), mobile_phone="+2"
    )
    assert "“+2” may be the attacker's, and the previous one is unknown" in ask_by_phone(on)


def test_without_any_number_people_look_elsewhere() -> None:
    assert "The directory has no number; get one from HR" in ask_by_phone(
        after(changed(City=("S", "X")), city="X")
    )


def test_nobody_is_called_about_an_account_that_nothing_speaks_against() -> None:
    on = planning(found=[], answer=VerdictCode.NO_SIGN_FOUND, user=user(mobile_phone="+1"))
    assert not nothing(restore_contact_data, on).refused
