"""The few words that say of one account among many what it is about."""

from __future__ import annotations

from bot.messages.parts import gravest_first
from bot.messages.story import sentences
from commands.report import Report, Result, VerdictCode


def first_words(report: Report) -> str:
    """Give the story's first sentence, the gravest finding, or why nobody can tell; "" for nothing."""
    if report.story is not None and (told := sentences(report.story)):
        return told[0]
    if report.findings:
        return gravest_first(report.findings)[0].summary
    if report.verdict.answer is VerdictCode.CANNOT_TELL:
        return report.verdict.says  # which says what was not seen
    return next((one.reason for one in report.symptoms if one.result is Result.PRESENT), "")
