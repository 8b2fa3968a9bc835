"""The few words that say of one account among many what it is about."""

from __future__ import annotations

from bot.messages.parts import gravest_first
from bot.messages.story import sentences
from commands.report import Report, Result


def first_words(report: Report) -> str:
    """Give the story's first sentence, else the gravest finding; "" where there is nothing to tell."""
    if report.story is not None and (told := sentences(report.story)):
        return told[0]
    if report.findings:
        return gravest_first(report.findings)[0].summary
    return next((one.reason for one in report.symptoms if one.result is Result.PRESENT), "")
