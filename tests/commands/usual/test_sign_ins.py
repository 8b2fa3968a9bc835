"""What one sign-in tells by itself: an old protocol, and a device of the user's own."""

from __future__ import annotations

import pytest

from commands import usual
from commands.report import Owner
from commands.usual.sign_ins import is_legacy, is_own_device
from tests.commands.evidence import INTRUDER, evidence, sign_in
from tests.commands.symptoms.judging import BROWSER, LAPTOP, LONDON, break_in, past

TELEPHONES_MAIL = "f8d98a96-0999-43f5-8af3-69971c7bb423"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"


@pytest.mark.parametrize(
    ("app", "requirement", "agent", "legacy"),
    [
        (TELEPHONES_MAIL, "multiFactorAuthentication", "Apple-iPhone15C3/2202.75", False),
        (TELEPHONES_MAIL, "singleFactorAuthentication", "Apple-iPhone15C3/2202.75", True),
        (EXCHANGE, "multiFactorAuthentication", "", True),
        (TELEPHONES_MAIL, "multiFactorAuthentication", "BAV2ROPC", True),
    ],
)
def test_a_mail_program_that_met_a_second_factor_under_its_own_name_is_no_legacy(
    app, requirement, agent, legacy
):
    one = sign_in(
        hours=-1,
        app_id=app,
        authentication_requirement=requirement,
        user_agent=agent,
        client_app_used="Exchange ActiveSync",
    )
    assert is_legacy(one) is legacy


def test_a_script_that_names_the_users_device_elsewhere_may_hold_its_stolen_token():
    stolen = break_in(user_agent="python-requests/2.31.0", device_detail=LAPTOP, location=LONDON)
    assert not is_own_device(stolen, ())
    assert usual.learn(evidence(sign_ins=[*past(), stolen])).doubt_at(INTRUDER).owner is not Owner.OWNER
    browser = break_in(user_agent=BROWSER, device_detail=LAPTOP, location=LONDON)
    assert usual.learn(evidence(sign_ins=[*past(), browser])).doubt_at(INTRUDER).owner is Owner.OWNER
