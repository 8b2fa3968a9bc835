"""A code counts once, for a short while, and guessing is stopped."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest

from bot.errors import AlreadyEnrolled
from bot.people.second_factor import (
    LOCKED_FOR,
    MOST_WRONG,
    SecondFactor,
    Standing,
    Verdict,
    enrolments,
    judge,
    remove,
    uri,
)
from commands.errors import KeyUnusable, LedgerTampered
from commands.ledger import Ledger
from commands.ledger.rebuild import rebuild_file
from commands.ledger.verify import verify_ledger
from commands.signing_key import SigningKey

START = datetime(2026, 11, 23, 16, 0, 10, tzinfo=UTC)
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
HALF_MINUTE = timedelta(seconds=30)
MEGAN, ALEX = "U0MEGANBOW", "U0ALEXWILB"


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock):
    book = Ledger(tmp_path / "ledger.db", clock)
    yield book
    book.close()


@pytest.fixture
def factor(ledger, clock, tmp_path):
    return SecondFactor(ledger, SigningKey.load_or_make(tmp_path / "compromise.key"), clock)


def code(secret: str, at: datetime) -> str:
    return pyotp.TOTP(secret).at(at)


def wrong_code(secret: str, at: datetime) -> str:
    good = {pyotp.TOTP(secret).at(at + HALF_MINUTE * n) for n in range(-2, 3)}
    return next(
        text for text in ("000000", "111111", "222222", "333333", "444444", "555555") if text not in good
    )


def enrolled(factor: SecondFactor, clock: Clock, user: str = MEGAN) -> str:
    """Enrol somebody, and let the half minute of that code go by."""
    secret = factor.enrol(user)
    assert factor.confirm(user, code(secret, clock.now)).right
    clock.now += HALF_MINUTE
    return secret


# --- judging -----------------------------------------------------------------------------------------------


def test_codes_are_those_of_the_standard():
    """RFC 6238, appendix B: the last six digits of 94287082 at 59 seconds after the beginning of 1970."""
    at = datetime(1970, 1, 1, 0, 0, 59, tzinfo=UTC)
    assert judge(Standing(), SECRET, "287082", at) == (Standing(last_step=1), Verdict.RIGHT)


@pytest.mark.parametrize(
    ("steps", "verdict"),
    [(-2, Verdict.WRONG), (-1, Verdict.RIGHT), (0, Verdict.RIGHT), (1, Verdict.RIGHT), (2, Verdict.WRONG)],
)
def test_a_code_is_good_for_its_half_minute_and_the_ones_beside_it(steps, verdict):
    assert judge(Standing(), SECRET, code(SECRET, START + HALF_MINUTE * steps), START)[1] is verdict


def test_a_code_counts_once_and_an_older_one_not_after_it():
    after, verdict = judge(Standing(), SECRET, code(SECRET, START), START)
    assert verdict is Verdict.RIGHT
    assert judge(after, SECRET, code(SECRET, START), START) == (after, Verdict.USED)
    assert judge(after, SECRET, code(SECRET, START - HALF_MINUTE), START) == (after, Verdict.USED)
    assert judge(after, SECRET, code(SECRET, START + HALF_MINUTE), START)[1] is Verdict.RIGHT


def test_blanks_in_a_code_do_not_matter():
    typed = code(SECRET, START)
    assert judge(Standing(), SECRET, f" {typed[:3]} {typed[3:]} ", START)[1] is Verdict.RIGHT


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "-12345", "0x1234"])
def test_what_is_no_code_is_wrong(typed):
    assert judge(Standing(), SECRET, typed, START)[1] is Verdict.WRONG


def test_five_wrong_codes_lock_it_for_a_quarter_of_an_hour_even_for_right_ones():
    standing = Standing()
    bad = wrong_code(SECRET, START)
    for _ in range(MOST_WRONG):
        assert standing.locked_until is None
        standing, verdict = judge(standing, SECRET, bad, START)
        assert verdict is Verdict.WRONG
    assert standing.locked_until == START + LOCKED_FOR
    almost = START + LOCKED_FOR - timedelta(seconds=1)
    assert judge(standing, SECRET, code(SECRET, almost), almost) == (standing, Verdict.LOCKED)
    over = START + LOCKED_FOR
    assert judge(standing, SECRET, code(SECRET, over), over)[1] is Verdict.RIGHT


def test_a_right_code_wipes_out_the_wrong_ones_before_it():
    standing, _ = judge(Standing(wrong=MOST_WRONG - 1), SECRET, code(SECRET, START), START)
    assert standing.wrong == 0


# --- keeping -----------------------------------------------------------------------------------------------


def test_somebody_has_a_factor_once_a_code_of_it_was_shown(factor, clock, ledger):
    assert not factor.is_enrolled(MEGAN)
    secret = factor.enrol(MEGAN)
    assert not factor.is_enrolled(MEGAN)
    assert not factor.check(MEGAN, code(secret, clock.now)).right, "it is not confirmed yet"
    assert not factor.confirm(MEGAN, wrong_code(secret, clock.now)).right
    assert factor.confirm(MEGAN, code(secret, clock.now)).right
    assert factor.is_enrolled(MEGAN)
    assert not factor.is_enrolled(ALEX)
    kinds = [entry.kind for entry in ledger.entries()]
    assert kinds == ["factor_offered", "factor_refused", "factor_refused", "factor_enrolled"]


def test_the_code_of_the_enrolment_does_not_count_again(factor, clock):
    secret = factor.enrol(MEGAN)
    factor.confirm(MEGAN, code(secret, clock.now))
    assert not factor.check(MEGAN, code(secret, clock.now)).right
    clock.now += HALF_MINUTE
    assert factor.check(MEGAN, code(secret, clock.now)).right


def test_the_same_code_at_the_same_moment_counts_once(factor, clock):
    secret = enrolled(factor, clock)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: factor.check(MEGAN, code(secret, clock.now)).right, range(6)))
    assert answers.count(True) == 1


def test_a_factor_that_is_there_cannot_be_replaced_from_slack(factor, clock):
    secret = enrolled(factor, clock)
    with pytest.raises(AlreadyEnrolled):
        factor.enrol(MEGAN)
    assert factor.check(MEGAN, code(secret, clock.now)).right


def test_an_enrolment_that_was_never_confirmed_can_be_begun_again(factor, clock):
    first, second = factor.enrol(MEGAN), factor.enrol(MEGAN)
    assert not factor.confirm(MEGAN, code(first, clock.now)).right
    assert factor.confirm(MEGAN, code(second, clock.now)).right


def test_the_code_of_somebody_else_is_wrong(factor, clock):
    megan, alex = enrolled(factor, clock), enrolled(factor, clock, ALEX)
    assert not factor.check(ALEX, code(megan, clock.now)).right
    assert factor.check(ALEX, code(alex, clock.now)).right


def test_a_lock_lasts_through_a_restart_and_stands_in_the_ledger(factor, clock, ledger, tmp_path):
    secret = enrolled(factor, clock)
    for _ in range(MOST_WRONG - 1):
        assert "Attempts left" in factor.check(MEGAN, wrong_code(secret, clock.now)).says
    assert "16:15 UTC" in factor.check(MEGAN, wrong_code(secret, clock.now)).says
    again = SecondFactor(ledger, SigningKey.load(tmp_path / "compromise.key"), clock)
    answer = again.check(MEGAN, code(secret, clock.now))
    assert not answer.right
    assert "Too many" in answer.says
    assert "factor_locked" in [entry.kind for entry in ledger.entries()]
    clock.now += LOCKED_FOR
    assert again.check(MEGAN, code(secret, clock.now)).right


def test_neither_codes_nor_secrets_stand_in_the_ledger(factor, clock, ledger, tmp_path):
    secret = enrolled(factor, clock)
    good, bad = code(secret, clock.now), wrong_code(secret, clock.now)
    factor.check(MEGAN, bad)
    factor.check(MEGAN, good)
    for entry in ledger.entries():
        assert not {secret, good, bad} & set(entry.facts.values()), entry
    ledger.close()
    assert not [path for path in tmp_path.iterdir() if secret.encode() in path.read_bytes()]


def test_a_secret_that_was_swapped_for_somebody_elses_opens_for_nobody(factor, clock, ledger):
    enrolled(factor, clock)
    alex = enrolled(factor, clock, ALEX)
    with sqlite3.connect(ledger.path) as file:
        file.execute(
            "UPDATE contents SET content ="
            " (SELECT content FROM factors JOIN contents ON sha256 = sealed WHERE user = ?)"
            " WHERE sha256 = (SELECT sealed FROM factors WHERE user = ?)",
            [ALEX, MEGAN],
        )
    file.close()
    with pytest.raises(KeyUnusable):
        factor.check(MEGAN, code(alex, clock.now))


def test_factors_are_listed_and_removed(factor, clock, ledger):
    assert enrolments(ledger) == ()
    assert not remove(ledger, MEGAN, "cli")
    enrolled(factor, clock)
    factor.enrol(ALEX)
    assert [(one.user, one.enrolled_at) for one in enrolments(ledger)] == [(ALEX, None), (MEGAN, START)]
    assert remove(ledger, MEGAN, "cli")
    assert not factor.is_enrolled(MEGAN)
    entry = list(ledger.entries())[-1]
    assert (entry.kind, entry.actor, entry.facts) == ("factor_removed", "cli", {"user": MEGAN})
    factor.enrol(MEGAN)


def test_a_code_without_a_factor_is_told(factor):
    assert "enroll first" in factor.check(MEGAN, "123456").says


def test_apps_take_the_secret_as_an_address():
    parsed = pyotp.parse_uri(uri(SECRET, "megan.bowen@contoso.example"))
    assert (parsed.secret, parsed.name, parsed.issuer) == (
        SECRET,
        "megan.bowen@contoso.example",
        "compromise-bot",
    )


# --- somebody who can write the file -----------------------------------------------------------------------

FORGERIES = {
    "the factor is gone": ("DELETE FROM factors", "is missing row U0MEGANBOW of table factors"),
    "its secret is gone": ("DELETE FROM contents", r"is missing row \w+ of table contents"),
    "it was never confirmed": ("UPDATE factors SET enrolled_at = NULL", "has a different enrolled_at in row"),
    "a used code is fresh again": ("UPDATE factors SET last_step = 0", "has a different last_step in row"),
    "no code was ever wrong": ("UPDATE factors SET wrong = 0", "has a different wrong in row"),
    "it is somebody else's": ("UPDATE factors SET user = 'U0ALEXWILB'", "is missing row U0MEGANBOW"),
}


@pytest.mark.parametrize("how", FORGERIES)
def test_a_factor_that_was_altered_in_the_file_counts_no_more_and_is_not_enrolled_anew(
    ledger, factor, clock, how
):
    """Enrolled anew, it would fit the entries again, and the second factor would be the attacker's."""
    secret = enrolled(factor, clock)
    factor.check(MEGAN, wrong_code(secret, clock.now))
    statement, says = FORGERIES[how]
    with closing(sqlite3.connect(ledger.path)) as file, file:
        assert file.execute(statement).rowcount == 1
    head = ledger.head()
    for attempt in (
        lambda: factor.is_enrolled(MEGAN),
        lambda: factor.enrol(MEGAN),
        lambda: factor.confirm(MEGAN, code(secret, clock.now)),
        lambda: factor.check(MEGAN, code(secret, clock.now)),
        lambda: remove(ledger, MEGAN, "cli"),
    ):
        with pytest.raises(LedgerTampered, match=says):
            attempt()
    assert ledger.head() == head
    with pytest.raises(LedgerTampered, match=says):
        verify_ledger(ledger.path)
    if how != "its secret is gone":
        rebuild_file(ledger.path)
        assert factor.is_enrolled(MEGAN)
        assert factor.check(MEGAN, code(secret, clock.now)).right


def test_a_factor_that_no_entry_tells_of_is_none(ledger, factor, clock):
    enrolled(factor, clock, ALEX)
    with closing(sqlite3.connect(ledger.path)) as file, file:
        file.execute(
            "INSERT INTO factors SELECT 'U0MEGANBOW', sealed, offered_at, enrolled_at, 0, 0, NULL"
            " FROM factors"
        )
    with pytest.raises(LedgerTampered, match="has row U0MEGANBOW of table factors without an entry"):
        factor.is_enrolled(MEGAN)
    assert factor.is_enrolled(ALEX)
