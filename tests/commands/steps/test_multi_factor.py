"""The manual task that has a second factor demanded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.plans.plan import ManualTask
from commands.plans.planning_input import PlanningInput
from commands.report import VerdictCode
from commands.steps import multi_factor
from graph.resources.directory import DirectoryRole
from graph.resources.sign_ins import AuthenticationMethod, RegisteredMethods
from tests.commands.evidence import at
from tests.commands.plans import change
from tests.commands.steps.planning_inputs import UNSEEN, changes, guarded, nothing, planning, tasks

PASSWORD = AuthenticationMethod(id="28c10230-6103-485e-b985-444c60001490", kind="password")
APP = AuthenticationMethod(
    id="app", kind="microsoftAuthenticator", display_name="Pixel 9", created_date_time=at(-24)
)


def task(on: PlanningInput) -> ManualTask:
    (one,) = tasks(multi_factor, on)
    return one


def test_it_shows_what_is_registered_and_never_the_password():
    methods = RegisteredMethods(methods=(PASSWORD, APP), default_method="push")
    how = task(planning(found=[], authentication_methods=methods)).how
    when = "Registered when checked (2026-09-09 12:00 UTC)"
    assert how[0] == f"{when}: the Microsoft Authenticator Pixel 9, since 2026-09-08 12:00 UTC"
    assert any("push" in line for line in how)
    assert not any(line.endswith("password") and line.startswith("Registered") for line in how)


def test_an_account_with_a_password_only_needs_it_whatever_the_verdict():
    methods = RegisteredMethods(methods=(PASSWORD,))
    one = task(planning(found=[], answer=VerdictCode.NO_SIGN_FOUND, authentication_methods=methods))
    assert one.suggested
    assert one.how[0] == "Registered when checked (2026-09-09 12:00 UTC): only the password"


def test_a_calm_account_with_a_second_factor_is_not_urged():
    methods = RegisteredMethods(methods=(PASSWORD, APP))
    assert not task(
        planning(found=[], answer=VerdictCode.NO_SIGN_FOUND, authentication_methods=methods)
    ).suggested


def test_administrators_need_one_that_cannot_be_phished():
    role = DirectoryRole(assignment_id="a", role_definition_id="x", name="Helpdesk Administrator")
    one = task(planning(found=[], directory_roles=[role]))
    assert any("Phishing-resistant MFA" in line for line in one.how)
    assert not any("Phishing-resistant" in line for line in task(planning(found=[])).how)


def test_what_could_not_be_seen_is_said_and_stops_nobody():
    one = task(planning(found=[], authentication_methods=UNSEEN))
    assert "Registered methods were not collected" in one.how[0]


def test_a_method_that_the_bot_offers_to_remove_is_told_as_that_and_last():
    found = RegisteredMethods(
        methods=(
            AuthenticationMethod(id="theirs", kind="phone", phone_number="+44 7700"),
            AuthenticationMethod(id="own", kind="phone", phone_number="+1 206"),
        )
    )
    offered = change("theirs", step="remove_sign_in_methods")
    offered = replace(offered, id="remove_sign_in_methods:theirs")
    lines = task(planning(found=[], authentication_methods=found, planned=[offered])).how
    (own, theirs) = (line for line in lines if line.startswith("Registered when checked"))
    assert "+1 206" in own
    assert not own.endswith("remove it")
    assert "+44 7700" in theirs
    assert theirs.endswith("; its removal was offered then")


@pytest.mark.parametrize("answer", [VerdictCode.COMPROMISED, VerdictCode.SUSPICIOUS])
def test_it_is_suggested_where_there_is_a_suspicion(answer: VerdictCode):
    assert task(planning(found=[], answer=answer)).suggested


def test_the_bot_changes_nothing_itself():
    assert changes(multi_factor, planning(found=[])) == []


def test_a_protected_account_is_left_to_its_owners():
    assert nothing(multi_factor, planning(guard=guarded())).refused
