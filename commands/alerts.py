"""What becomes of alerts from elsewhere: which start a check, which get a line, and which go into a digest.

One that stands in a digest can still start a check, as soon as there is room for one.

Pure. A check only reads; nothing that changes anything ever starts here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from commands import facts
from commands.ledger import Case, CaseState
from commands.ledger.alerts import Alert

KINDS: Final = frozenset(facts.alert_names())
"""What alerts can tell of, by their titles: the names of `commands/facts/alerts.toml`."""

SEVERITIES: Final = ("high", "medium", "low", "informational", "unknown")
"""How grave an alert is, the gravest first; `unknown` is what Microsoft says of risks without a license."""


GRAVE: Final = "high"
"""The severity of alerts that have lines of their own in each hour."""

APART: Final = timedelta(minutes=15)
"""How far apart the messages are that tell of grave alerts which were only added to a digest."""

AGAINST: Final = frozenset({"compromised", "suspicious"})
"""The verdicts after which a further alert is told in the thread of the case, and starts no other check."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much may be shown now.

    Attributes:
        lines: How many more lines in this hour, for alerts of lower severities.
        grave: How many more for those of high severity: no number of others keeps one of them waiting.
        checks: How many more checks may start by themselves in this hour.
    """

    lines: int
    grave: int
    checks: int


@dataclass(frozen=True, slots=True)
class Told:
    """What becomes of the alerts that wait; one that stands in none of these joins another of its account.

    Attributes:
        checks: Those about whose account a check starts, one for each account.
        lines: Those that get a line of their own.
        digest: Those that are told together.
    """

    checks: tuple[Alert, ...]
    lines: tuple[Alert, ...]
    digest: tuple[Alert, ...]


def kinds_of(title: str) -> frozenset[str]:
    """Say what an alert tells of, by parts of its title."""
    name = title.casefold()
    return frozenset(
        kind for kind, one in facts.alert_names().items() if any(part in name for part in one.names)
    )


def starts_check(alert: Alert, policy: Collection[str]) -> bool:
    """Say whether an alert starts a check by itself: by its severity, or by what it tells of."""
    return bool(alert.object_id) and not ({alert.severity} | kinds_of(alert.title)).isdisjoint(policy)


def found_nothing(case: Case) -> bool:
    """Say whether a check is over and spoke against nobody, so that a later alert calls for another one."""
    return case.state is not CaseState.LOOKING and case.verdict not in AGAINST


def gravest_first(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Sort alerts: the gravest first, those that name an account before those that do not, then by age."""
    place = {name: number for number, name in enumerate(SEVERITIES)}
    return tuple(
        sorted(alerts, key=lambda one: (place.get(one.severity, len(place)), not one.object_id, one.seq))
    )


def may_be_heard(last: datetime | None, now: datetime) -> bool:
    """Say whether people may be told once more of grave alerts that were only added to a digest.

    Args:
        last: When they were told last, None for never.
        now: The time.
    """
    return last is None or now - last >= APART


def decide(waiting: Sequence[Alert], policy: Collection[str], room: Room) -> Told:
    """Decide what becomes of the alerts that wait, of which none joins something that is shown already.

    Args:
        waiting: The alerts, and those that stand in digests: they may still get a check, and are else left.
        policy: Severities and kinds that start a check.
        room: How much may be shown now.
    """
    checks: list[Alert] = []
    lines: list[Alert] = []
    rest: list[Alert] = []
    begun: set[tuple[str, str]] = set()
    left = {False: room.lines, True: room.grave}
    for alert in gravest_first(waiting):
        account = (alert.tenant, alert.object_id)
        if alert.object_id and account in begun:
            continue  # it joins what this round begins, in the next one
        if starts_check(alert, policy) and len(checks) < room.checks:
            checks.append(alert)
        elif alert.how:
            continue  # it stays in its digest, and waits for a check
        elif left[alert.severity == GRAVE] > 0:
            left[alert.severity == GRAVE] -= 1
            lines.append(alert)
        else:
            rest.append(alert)
            continue
        begun.add(account)
    return Told(tuple(checks), tuple(lines), tuple(rest))
