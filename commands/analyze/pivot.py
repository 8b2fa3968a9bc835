"""Who else: what one intruder used or left, and every account of the same files that shows it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from commands.analyze.shared import OUTSIDE
from commands.report import Report, Severity, Tie, VerdictCode
from commands.usual.domains import domain_of
from commands.usual.places import spot_of

LURE: Final = "mail from the attacker"

_DECIDED: Final = (VerdictCode.COMPROMISED, VerdictCode.SUSPICIOUS)
_NAMED: Final = {"oauth_apps": "application", "inbox_rules": "inbox rule", "delegates": "delegate"}
"""Symptoms whose findings name a thing in `after` by which others can be found."""


@dataclass(frozen=True, slots=True)
class Pivot:
    """One thing that leads from one account to others.

    Attributes:
        kind: What it is: "IP address", "forwarding target", "application", "inbox rule", "delegate", or
            "mail from the attacker", whose `value` is the account that it was sent from.
        value: The thing itself.
        accounts: The accounts that are compromised or suspicious and show it, by name.
        others: The other accounts that show it.
        events: How many events or findings of all of them show it.
    """

    kind: str
    value: str
    accounts: tuple[str, ...]
    others: tuple[str, ...]
    events: int


def pivots(reports: Sequence[Report]) -> tuple[Pivot, ...]:
    """Give what the grave accounts show, with every account that shows it too; the most shared first."""
    grave = {report.subject.user_principal_name for report in reports if report.verdict.answer in _DECIDED}
    seen: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    names = {
        address.casefold(): report.subject.user_principal_name
        for report in reports
        for address in (report.subject.user_principal_name, report.subject.mail, *report.subject.addresses)
    }
    wanted = {spot_of(one) for report in reports if report.story for one in report.story.addresses}
    for report in reports:
        name = report.subject.user_principal_name
        for event in report.timeline:
            if event.address and event.by == name and (spot := spot_of(event.address)) in wanted:
                seen["IP address", spot][name] += 1
        for kind, value in _things(report):
            seen[kind, value][name] += 1
        for lead in report.story.leads if report.story else ():
            if lead.why is Tie.LURED and (account := names.get(lead.says.casefold())):
                seen[LURE, name][account] += 1
                seen[LURE, name].setdefault(name, 1)
    found = [
        Pivot(
            kind,
            value,
            tuple(sorted(names.keys() & grave)),
            tuple(sorted(names.keys() - grave)),
            sum(names.values()),
        )
        for (kind, value), names in seen.items()
        if names.keys() & grave
    ]
    found.sort(key=lambda one: (-len(one.accounts) - len(one.others), one.kind, one.value))
    return tuple(found)


def _things(report: Report) -> Iterator[tuple[str, str]]:
    """Give what the findings of an account name: where its mail goes, and what was made or let in."""
    home = domain_of(report.subject.user_principal_name)
    for finding in report.findings:
        if finding.sign.id in OUTSIDE:
            yield from (("forwarding target", to) for to in finding.names if domain_of(to) != home)
        elif finding.symptom in _NAMED and finding.after and finding.severity >= Severity.LOW:
            yield _NAMED[finding.symptom], finding.after
