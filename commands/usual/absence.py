"""Stays abroad during which the user was nowhere else: what a journey leaves and a stranger does not.

A stranger comes while the user goes on working; whoever travels is missing at the desk on the days on which
they are elsewhere. A day says so only where the user is usually seen on that weekday.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from typing import Final

from commands.usual.agents import is_pocket
from commands.usual.places import NOWHERE, Place
from graph.resources.sign_ins import SignIn

MISSED_DAYS: Final = 2
"""Days on which the user must have been missed: one day without work is nothing to notice."""

USUALLY: Final = 0.5
"""Part of a weekday's dates on which the user must have been seen for the weekday to be a usual one."""

DAY: Final = timedelta(days=1)


def stays_abroad(
    sign_ins: Sequence[SignIn], places: Mapping[str, Place], countries: AbstractSet[str]
) -> dict[str, frozenset[date]]:
    """Give the days on which the user was in a country that is not among `countries`, and nowhere else.

    Args:
        sign_ins: All sign-ins.
        places: Where each address is; of one that hides its place nothing.
        countries: The user's own.

    Returns:
        By country the days there, where the user was missed on `MISSED_DAYS` of them or more, with the days
        of the way there and back.
    """
    if countries >= {place.country for place in places.values()} - {""}:
        return {}
    days = _days_by_country(sign_ins, places, countries)
    at_home = frozenset[date]().union(*(used for country, used in days.items() if country in countries))
    found = {}
    for country in days.keys() - countries:
        alone = days[country].difference(*(used for other, used in days.items() if other != country))
        if len(_missed(alone, at_home)) >= MISSED_DAYS:
            found[country] = frozenset(day + way * DAY for day in alone for way in (-1, 0, 1))
    return found


def _days_by_country(
    sign_ins: Sequence[SignIn], places: Mapping[str, Place], countries: AbstractSet[str]
) -> dict[str, set[date]]:
    """Tell where somebody was. A computer left on renews its tokens at home; a telephone is carried."""
    days: dict[str, set[date]] = defaultdict(set)
    for one in sign_ins:
        if not one.succeeded:
            continue
        country = places.get(one.ip_address, NOWHERE).country
        left_on = one.is_interactive is False and country in countries and not is_pocket(one.user_agent)
        if country and not left_on:
            days[country].add(one.created_date_time.date())
    return days


def _missed(days: AbstractSet[date], at_home: AbstractSet[date]) -> set[date]:
    """Give those of the days on whose weekdays the user, going by all other weeks, is usually at home."""
    if not days or not at_home:
        return set()
    first, last = min(at_home), max(at_home)
    span = [first + number * DAY for number in range((last - first).days + 1)]
    others = [one for one in span if not min(days) <= one <= max(days)]
    usual = {
        weekday
        for weekday in range(7)
        if (dates := [one for one in others if one.weekday() == weekday])
        and sum(one in at_home for one in dates) >= USUALLY * len(dates)
    }
    return {one for one in days if one.weekday() in usual}
