"""How many people got mail of an attacker's: one count and one wording, wherever it is told. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.report import Clause, Counted, Exposure, Finding, Report

_BLOCKED: Final = "sending_blocked"
_FEW: Final = 3


def recipients(exposure: Exposure) -> int:
    """Count the people that records name, each once."""
    return len(exposure.inside) + len(exposure.outside)


def is_least(report: Report) -> bool:
    """Say whether there may be more of them than records name."""
    seen = report.exposure
    return bool(seen and (seen.unnamed or seen.unsent)) or any(map(_is_block, report.findings))


def in_words(report: Report) -> str:
    """Count them: ``at least 29 recipients: 27 outside the organization and 2 inside``; "" for nobody."""
    seen = report.exposure
    if seen is None or not recipients(seen):
        return ""
    where = " and ".join(
        f"{len(people)} {place}"
        for people, place in ((seen.outside, "outside the organization"), (seen.inside, "inside"))
        if people
    )
    more = counted(report)
    beside = f"; {_beside(report)}" if more > recipients(seen) else ""
    return f"{_named(report)}: {where}{beside}"


def in_short(report: Report, *, in_brackets: bool = False) -> str:
    """Give the number alone: ``at least 29 recipients (Microsoft counted 2117)``; "" for nobody.

    Args:
        report: What the check found.
        in_brackets: Whether brackets stand around it, so that a comma stands in their place.
    """
    count = recipients(report.exposure) if report.exposure else 0
    if not count:
        return ""
    more = f"Microsoft counted {counted(report)}" if counted(report) > count else ""
    beside = (f", {more}" if in_brackets else f" ({more})") if more else ""
    return f"{_named(report)}{beside}"


def in_brief(report: Report) -> str:
    """Give the number with how many of them are outside, and what Microsoft counted apart from it."""
    seen = report.exposure
    count = recipients(seen) if seen else 0
    if seen is None or not count:
        return ""
    beside = f"; Microsoft counted {_counted_in_words(report)}" if counted(report) > count else ""
    return f"{_named(report)}, {len(seen.outside)} outside{beside}"


def _named(report: Report) -> str:
    count = recipients(report.exposure) if report.exposure else 0
    return f"{'at least ' if is_least(report) else ''}{count} {'recipient' if count == 1 else 'recipients'}"


def _beside(report: Report) -> str:
    """What Microsoft's daily counter said, and that nothing tells why it is more than records name."""
    return f"Microsoft’s daily counter: {_counted_in_words(report)}; the difference is not explained"


def _counted_in_words(report: Report) -> str:
    outside = max((one.outside for one in _counts(report)), default=0)
    return f"{counted(report)}{f' ({outside} outside)' if outside else ''}"


def counted(report: Report) -> int:
    """Give how many recipients Microsoft counted when it blocked sending; 0 where it told no count."""
    return max((one.recipients for one in _counts(report)), default=0)


def _counts(report: Report) -> Iterator[Counted]:
    return (one.counted for one in report.findings if one.counted is not None)


def clauses(report: Report) -> Iterator[Clause]:
    """Give what the story says of it; nothing where no record names anybody."""
    seen = report.exposure
    if seen is None or not (says := in_words(report)):
        return
    people = (*seen.outside, *seen.inside)
    named = f" ({', '.join(people)})" if len(people) <= _FEW else ""
    yield Clause(f"mail reached {says}{named}", records=seen.sent_records)


def _is_block(finding: Finding) -> bool:
    return finding.sign.id == _BLOCKED
