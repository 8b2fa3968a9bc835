"""Telling Identity Protection."""

from __future__ import annotations

import pytest

from commands.plans.plan import same, state_of
from commands.report import VerdictCode
from commands.steps import confirm_compromised
from graph.evidence import Reason, Unavailable
from graph.request import Limit, Request
from graph.resources.sign_ins import RiskyUser
from tests.commands.evidence import ADELE
from tests.commands.steps.planning_inputs import guarded, nothing, only_change, planning

AT_RISK = RiskyUser(id=ADELE.id, risk_level="high", risk_state="atRisk")


def test_it_plans_to_confirm_and_can_dismiss_again():
    change = only_change(confirm_compromised, planning(found=[], risky_user=AT_RISK))
    body = {"userIds": [ADELE.id]}
    path = "/identityProtection/riskyUsers"
    assert change.id == "confirm_compromised:user"
    assert change.do == Request("POST", f"{path}/confirmCompromised", body=body, limit=Limit.RISK)
    assert change.undo is not None
    assert change.undo.do == Request("POST", f"{path}/dismiss", body=body, limit=Limit.RISK)
    assert change.undo.note
    assert change.expects is None
    assert change.wants == {}


@pytest.mark.parametrize(
    ("state", "confirmed"),
    [
        ("none", False),
        ("atRisk", False),
        ("remediated", False),
        ("dismissed", False),
        ("confirmedCompromised", True),
    ],
)
def test_only_whether_it_is_confirmed_counts_because_a_reset_moves_the_rest(state: str, confirmed: bool):
    change = only_change(confirm_compromised, planning(found=[], risky_user=AT_RISK))
    now = state_of(change.look, [{"id": ADELE.id, "riskState": state}])
    assert same(now, change.wants) is confirmed
    assert same(now, change.expects) is not confirmed


def test_a_user_who_never_was_at_risk_can_be_confirmed():
    assert only_change(confirm_compromised, planning(found=[], risky_user=None)).suggested


def test_it_is_not_suggested_on_a_mere_suspicion():
    on = planning(found=[], answer=VerdictCode.SUSPICIOUS, risky_user=AT_RISK)
    assert not only_change(confirm_compromised, on).suggested


def test_what_is_confirmed_already_is_not_confirmed_again():
    on = planning(risky_user=RiskyUser(id=ADELE.id, risk_state="confirmedCompromised"))
    assert not nothing(confirm_compromised, on).refused


def test_without_the_license_it_says_which_one_is_needed():
    lacking = Unavailable(Reason.LICENSE, "The tenant has no such license.", needs="Microsoft Entra ID P2")
    reason = nothing(confirm_compromised, planning(risky_user=lacking))
    assert reason.refused
    assert "Microsoft Entra ID P2" in reason.why


def test_a_tenant_whose_details_are_hidden_cannot_confirm():
    on = planning(risky_user=RiskyUser(id=ADELE.id, risk_level="hidden", risk_state="atRisk"))
    reason = nothing(confirm_compromised, on)
    assert reason.refused
    assert "Microsoft Entra ID P2" in reason.why


def test_a_protected_account_is_not_reported():
    assert nothing(confirm_compromised, planning(risky_user=AT_RISK, guard=guarded())).refused
