"""Other accounts of the same files that were used from an attacker's addresses. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from commands.report import Clause, Report
from commands.usual.places import spot_of


def with_leads(reports: Sequence[Report]) -> list[Report]:
    """Give the reports with the other accounts of the same files that the intruders' addresses show."""
    wanted = {spot_of(address) for report in reports if report.story for address in report.story.addresses}
    if not wanted:
        return list(reports)
    users: dict[str, dict[str, str]] = defaultdict(dict)
    for report in reports:
        for event in report.timeline:
            if event.address and event.by == report.subject.user_principal_name:
                spot = spot_of(event.address)
                if spot in wanted:
                    users[spot].setdefault(event.by, event.record)
    return [_with_leads(report, users) for report in reports]


def _with_leads(report: Report, users: Mapping[str, Mapping[str, str]]) -> Report:
    story = report.story
    if story is None:
        return report
    leads = {one.says: one for one in story.leads}
    for address in story.addresses:
        for name, record in users.get(spot_of(address), {}).items():
            if not report.subject.is_meant_by(name) and name not in leads:
                leads[name] = Clause(says=name, records=(record,))
    return replace(report, story=replace(story, leads=tuple(leads[name] for name in sorted(leads))))
