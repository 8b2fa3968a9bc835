"""A tool shows by its name, or by one address that is many machines at once."""

from __future__ import annotations

import pytest

from commands.symptoms import directory_enumeration
from tests.commands.evidence import INTRUDER, NESTOR, record, sign_in
from tests.commands.symptoms.judging import BROWSER, break_in, ordinary, past, signs

MANY = (
    "Mozilla/5.0 (X11; Ubuntu; Linux i686) Firefox/24.0",
    "Mozilla/5.0 (Linux; Android 6.0) Chrome/85.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_6) Safari/605.1",
    BROWSER,
)

FOUND = [
    ("AzureHound", "enumeration_tool", {"sign_ins": [break_in(user_agent="azurehound/v2.0.4")]}),
    (
        "AADInternals in another record",
        "enumeration_tool",
        {"audit_log": [record("Update user", user_agent="AADInternals")]},
    ),
    (
        "ROADtools, refused",
        "enumeration_tool_failed",
        {"sign_ins": [sign_in(address=INTRUDER, user_agent="ROADtools", error_code=53003)]},
    ),
    (
        "one address, three systems, two minutes",
        "posed_as_many_systems",
        {"sign_ins": [break_in(hours=-1 + n / 100, user_agent=agent) for n, agent in enumerate(MANY)]},
    ),
]

NOT_FOUND = [
    ("ordinary work", {"sign_ins": [*past(), ordinary(hours=-1)]}),
    (
        "a phone and a laptop",
        {"sign_ins": [ordinary(hours=-1), ordinary(hours=-1.01, user_agent=MANY[1])]},
    ),
    (
        "three machines over a day",
        {"sign_ins": [ordinary(hours=-8 * n, user_agent=agent) for n, agent in enumerate(MANY)]},
    ),
    (
        "another person's tool",
        {"audit_log": [record("Update user", actor=NESTOR, user_agent="azurehound/v2.0.4")]},
    ),
    ("a plain script", {"sign_ins": [ordinary(hours=-1, user_agent="python-requests/2.31")]}),
    ("no agent at all", {"sign_ins": [ordinary(hours=-1, user_agent="")]}),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(directory_enumeration, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(directory_enumeration, **sources) == set()
