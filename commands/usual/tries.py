"""Passwords that were tried: how many, in one wording, and whether one was guessed. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Final

from commands.counts import further_sign_ins
from commands.usual.agents import family_of
from commands.usual.sign_ins import LOCKED_OUT, WRONG_PASSWORD
from graph.addresses import network_of
from graph.evidence import Evidence
from graph.resources.sign_ins import SignIn

MANY_FAILURES: Final = 5
"""Failures before a success that make it look guessed."""

SLOW_DAYS: Final = 3
"""Days of failures from one network that make its first success look guessed, however few they are."""


def total(failed: Sequence[SignIn], evidence: Evidence) -> int:
    """Count sign-ins with those like them that an export only counts."""
    return len(failed) + further_sign_ins(evidence, failed)


def tries_in_words(failed: Sequence[SignIn], evidence: Evidence) -> str:
    """Count tried passwords, apart from those that a lockout answered: ``12 wrong passwords and 2 lockouts``.

    A locked account gives no answer to a password, so a lockout is no wrong password.
    """
    locked = [one for one in failed if one.status.error_code == LOCKED_OUT]
    wrong = [one for one in failed if one.status.error_code != LOCKED_OUT]
    return " and ".join(
        f"{count} {word if count == 1 else f'{word}s'}"
        for some, word in ((wrong, "wrong password"), (locked, "lockout"))
        if (count := total(some, evidence))
    )


def patient_guesses(failures: Iterable[SignIn]) -> dict[str, tuple[datetime, list[SignIn]]]:
    """Give the wrong passwords of networks that failed on `SLOW_DAYS` days, by network, the oldest first.

    A patient guesser tries once a day or less, so as not to lock the account. With them comes when the last
    of those days was reached. Source: Microsoft Learn, "Password spray investigation" (low and slow); CISA,
    AA24-057A.
    """
    found: dict[str, list[SignIn]] = defaultdict(list)
    days: dict[str, set[date]] = defaultdict(set)
    reached: dict[str, datetime] = {}
    for one in failures:
        if one.status.error_code not in WRONG_PASSWORD or not (network := network_of(one.ip_address)):
            continue
        found[network].append(one)
        days[network].add(one.created_date_time.date())
        if len(days[network]) == SLOW_DAYS:
            reached.setdefault(network, one.created_date_time)
    return {network: (at, found[network]) for network, at in reached.items()}


def guesses_before(
    first: SignIn, lately: Iterable[SignIn], patient: Mapping[str, tuple[datetime, Sequence[SignIn]]]
) -> Sequence[SignIn]:
    """Give the wrong passwords that may belong to a success: a patient guesser's, or the last day's."""
    at, tried = patient.get(network_of(first.ip_address), (None, ()))
    if at is not None and at < first.created_date_time:
        return tried[: bisect_left(tried, first.created_date_time, key=attrgetter("created_date_time"))]
    return [one for one in lately if one.status.error_code in WRONG_PASSWORD and alike(one, first)]


def are_many(guesses: Sequence[SignIn], evidence: Evidence) -> bool:
    """Say whether so many passwords were tried, or on so many days, that the success looks guessed."""
    if total(guesses, evidence) >= MANY_FAILURES:
        return True
    return len({one.created_date_time.date() for one in guesses}) >= SLOW_DAYS


def alike(failed: SignIn, success: SignIn) -> bool:
    """Say whether a wrong password may belong to a success: the same network or the same program.

    Public accounts are guessed at all day, from everywhere; whoever signs in elsewhere with something else
    has nothing to do with it.
    """
    if network_of(failed.ip_address) == network_of(success.ip_address):
        return True
    return bool(failed.user_agent) and family_of(failed.user_agent) == family_of(success.user_agent)
