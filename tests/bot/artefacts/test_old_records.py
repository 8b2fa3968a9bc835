"""Of exported files it is told how old their newest record is, for no export holds what was done since."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.artefacts.summary import summary
from bot.cli import overview
from commands.analyze import Analysis, analyze
from commands.report import Report
from tests.bot.messages import samples
from tests.commands.test_nearby import SERVER, done, written

NEWEST = datetime(2026, 8, 21, 12, tzinfo=UTC)
"""About the last of the records."""

AGE = "newest analyzed record is 133 days old (2026-08-21 "


def analyzed(tmp_path: Path, now: datetime) -> Analysis:
    records = [done("New-InboxRule", number, SERVER) for number in range(9)]
    return analyze([written(tmp_path / "log.jsonl", records)], user=None, now=now, processes=1)


def said(report: Report) -> dict[str, list[str]]:
    return {one.id: [told.says for told in one.statements] for one in summary(report)}


def test_records_of_long_ago_are_told_before_anything_is_to_be_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    analysis = analyzed(tmp_path, datetime(2027, 1, 1, 12, tzinfo=UTC))
    (report,) = analysis.users
    told = said(report)
    assert any(f"What the account is like today: its {AGE}" in one for one in told["unknown"])
    if "deadlines" in told:
        first = told["deadlines"][0]
        assert first.startswith(f"Check the account’s present state first: its {AGE}")
    overview.show(replace(analysis, users=(report, report)), timeline=False, tenant_wide=False)
    assert f"The {AGE}" in capsys.readouterr().out


@pytest.mark.parametrize(("days", "old"), [(6, False), (8, True)])
def test_a_week_is_not_old(tmp_path: Path, days: int, old: bool):
    (report,) = analyzed(tmp_path, NEWEST + timedelta(days=days)).users
    assert ("like today" in str(said(report))) is old


def test_a_check_of_the_tenant_sees_what_is_so_now():
    assert "present state first" not in str(said(samples.rich()))
