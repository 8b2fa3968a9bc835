"""The second factor of approvers: codes of an authenticator app, so that a stolen session is not enough.

A code is good for its own half minute and for the ones right before and after it, and once only. After five
wrong codes no one gets in for a quarter of an hour, not even with a right one. Everything that happens is an
entry of the ledger; no code and no secret ever is. Secrets lie sealed beside the entries.

Whoever enrolls first has the factor. That is why enrolling is an entry that others are told of, and why only
the command line can remove a factor.
Source: RFC 6238 (TOTP), sections 4 and 5.2.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pyotp

from bot.errors import AlreadyEnrolled
from commands.ledger import Ledger
from commands.ledger import entries as e
from commands.ledger.factors import factor_of, factors
from commands.ledger.recorded import demand_factor
from commands.signing_key import SigningKey

ISSUER = "compromise-bot"
"""What an authenticator app calls the account."""

STEP = 30
"""Seconds for which a code is shown."""

MOST_WRONG = 5
"""Wrong codes one after another before the factor is locked."""

LOCKED_FOR = timedelta(minutes=15)


class Verdict(StrEnum):
    """What a code is."""

    RIGHT = "right"
    WRONG = "wrong"
    USED = "used"
    LOCKED = "locked"
    NOT_ENROLLED = "not_enrolled"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a factor stands.

    Attributes:
        last_step: The half minute, counted since 1970, of the last code that was right.
        wrong: How many codes in a row were wrong.
        locked_until: Until when no code counts; None when it is not locked.
    """

    last_step: int = 0
    wrong: int = 0
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a code: whether it counts, one sentence for whoever typed it, whether codes are locked."""

    right: bool
    says: str
    locks: bool = False


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One person's factor: since when (aware UTC), None while no code of it was shown yet."""

    user: str
    enrolled_at: datetime | None
    locked_until: datetime | None


def judge(standing: Standing, secret: str, code: str, now: datetime) -> tuple[Standing, Verdict]:
    """Say what a code is, and where the factor stands afterwards."""
    if standing.locked_until is not None and now < standing.locked_until:
        return standing, Verdict.LOCKED
    typed = "".join(code.split())
    if typed.isascii() and typed.isdigit():
        present = int(now.timestamp()) // STEP
        made = pyotp.TOTP(secret, interval=STEP)
        # All three, whatever the first one says: how long this takes tells nothing.
        fits = [
            step
            for step in (present - 1, present, present + 1)
            if hmac.compare_digest(made.generate_otp(step), typed)
        ]
        fresh = [step for step in fits if step > standing.last_step]
        if fresh:
            return Standing(last_step=fresh[0]), Verdict.RIGHT
        if fits:
            return standing, Verdict.USED
    wrong = standing.wrong + 1
    if wrong < MOST_WRONG:
        return replace(standing, wrong=wrong, locked_until=None), Verdict.WRONG
    return Standing(standing.last_step, 0, now + LOCKED_FOR), Verdict.WRONG


def uri(secret: str, name: str) -> str:
    """Give the secret as the address that authenticator apps take; `name` is whose it is."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=name, issuer_name=ISSUER)


class SecondFactor:
    """The factors of everyone, kept in the ledger's file.

    Args:
        ledger: The ledger.
        keys: Seals the secrets.
        clock: Tells the time (aware UTC).
    """

    def __init__(self, ledger: Ledger, keys: SigningKey, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._keys = keys
        self._clock = clock

    def enrol(self, user: str) -> str:
        """Make a secret (base 32) for a person; it counts once `confirm` has seen a code of it.

        Raises:
            AlreadyEnrolled: the person has a factor; only the command line can remove it.
            LedgerTampered: the entries tell of another factor than the tables, or of one that they lack.
            LedgerUnwritable: nothing could be written.
        """
        secret = pyotp.random_base32()
        with self._ledger.writing() as writing:
            demand_factor(writing, user)
            known = factor_of(writing, user)
            if known is not None and known.enrolled_at is not None:
                raise AlreadyEnrolled
            sealed = writing.keep(self._keys.seal(secret.encode(), user.encode()))
            writing.append(e.FactorOffered(sealed), user)
        return secret

    def confirm(self, user: str, code: str) -> Checked:
        """Enroll a person who shows a code of the secret that `enrol` made.

        Raises:
            KeyUnusable: the secret was sealed with another key.
            LedgerUnwritable: nothing could be written.
        """
        return self._take(user, code, enrolling=True)

    def check(self, user: str, code: str) -> Checked:
        """Take a code that goes with an approval. It counts once.

        Raises:
            KeyUnusable: the secret was sealed with another key.
            LedgerUnwritable: nothing could be written.
        """
        return self._take(user, code, enrolling=False)

    def is_enrolled(self, user: str) -> bool:
        """Say whether a person has a factor.

        Raises:
            LedgerTampered: the entries say something else than the tables.
        """
        with self._ledger.reading():
            demand_factor(self._ledger, user)
            factor = factor_of(self._ledger, user)
        return factor is not None and factor.enrolled_at is not None

    def _take(self, user: str, code: str, *, enrolling: bool) -> Checked:
        now = self._clock()
        # Read, judged and kept in one transaction: the same code typed twice at once counts once.
        with self._ledger.writing() as writing:
            demand_factor(writing, user)
            factor = factor_of(writing, user)
            if factor is None or (factor.enrolled_at is None) != enrolling:
                verdict, after = Verdict.NOT_ENROLLED, Standing()
            else:
                before = Standing(factor.last_step, factor.wrong, factor.locked_until)
                secret = self._keys.open(factor.sealed, user.encode()).decode()
                after, verdict = judge(before, secret, code, now)
            if verdict is not Verdict.RIGHT:
                writing.append(e.FactorRefused(str(verdict), enrolling, after.wrong), user)
                if verdict is Verdict.WRONG and after.locked_until is not None:
                    writing.append(e.FactorLocked(after.locked_until), user)
            else:
                used = e.FactorEnrolled if enrolling else e.FactorUsed
                writing.append(used(after.last_step), user)
        return _said(verdict, after)


def enrolments(ledger: Ledger) -> tuple[Enrolment, ...]:
    """Give everyone's factors, by user.

    Raises:
        LedgerUnwritable: the file cannot be read.
    """
    return tuple(Enrolment(one.user, one.enrolled_at, one.locked_until) for one in factors(ledger))


def remove(ledger: Ledger, user: str, actor: str) -> bool:
    """Remove a person's factor, with its lock; False when there is none.

    Raises:
        LedgerUnwritable: nothing could be written.
    """
    with ledger.writing() as writing:
        demand_factor(writing, user)
        if factor_of(writing, user) is None:
            return False
        writing.append(e.FactorRemoved(user), actor)
    return True


def _said(verdict: Verdict, standing: Standing) -> Checked:
    until = f"{standing.locked_until.astimezone(UTC):%H:%M} UTC" if standing.locked_until else ""
    left = MOST_WRONG - standing.wrong
    if verdict is Verdict.WRONG and until:
        says_so = f"That was the fifth wrong code; codes are locked until {until}."
        return Checked(right=False, says=says_so, locks=True)
    says = {
        Verdict.RIGHT: "The code is valid.",
        Verdict.WRONG: f"The code is invalid. Attempts left: {left}.",
        Verdict.USED: "This code was already used; wait for the next one.",
        Verdict.LOCKED: f"Too many wrong codes; codes are locked until {until}.",
        Verdict.NOT_ENROLLED: "You have no second factor; type /compromise enroll first.",
    }
    return Checked(verdict is Verdict.RIGHT, says[verdict])
