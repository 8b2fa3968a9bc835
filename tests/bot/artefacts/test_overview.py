"""The page over many accounts: each account says what it is about."""

from __future__ import annotations

from bot.artefacts.overview import first_words
from commands import check
from commands.report import VerdictCode
from tests.commands.evidence import NOON, evidence


def test_who_cannot_be_judged_is_told_with_the_reason() -> None:
    report = check.judge(evidence(), NOON)
    assert report.verdict.answer is VerdictCode.CANNOT_TELL
    assert first_words(report) == report.verdict.says
    assert report.verdict.says
