"""What is called the first access is one, and of one event: not a colleague's deed, nor the user's own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.artefacts.summary import summary
from commands.analyze import analyze
from tests.examples import CASES, needs_cases

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@needs_cases
@pytest.mark.parametrize(
    ("files", "whom", "says"),
    [
        (
            "detection/cases/A26-*",
            "anna.berger@nordholm-bau.example",
            (
                "First successful access: 2026-09-30 13:02 UTC; what was collected begins on "
                "2026-09-07 07:39 UTC."
            ),
        ),
        (
            "detection/cases/A14-*",
            "anna.berger@nordholm-bau.example",
            (
                "First access, by what was done (read mail): 2026-09-30 15:05 UTC; what was "
                "collected begins on 2026-09-07 06:43 UTC."
            ),
        ),
        (
            "exports/15_rule_into_calendar.jsonl",
            "",
            (
                "First action that is not the user’s: 2026-06-16 09:00 UTC; what was collected begins on "
                "2026-06-02 07:52 UTC."
            ),
        ),
        (
            "exports/09_entra_audit_portal.csv",
            "",
            (
                "First access, by what was done (registered a sign-in method): 2026-06-16 13:25 UTC; what "
                "was collected begins only then, so it may have begun earlier."
            ),
        ),
    ],
    ids=["after a colleague's deed", "after the user's own", "a rule alone", "at the very beginning"],
)
def test_the_first_access_is_one(files, whom, says):
    found = analyze(sorted(CASES.glob(files)), user=whom or None, now=NOW, processes=1).users
    report = next(one for one in found if one.story)
    answers = {one.id: one for one in summary(report)}
    assert answers["when"].statements[0].says == says
