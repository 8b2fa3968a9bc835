"""What people type after the command is understood, or they are told exactly what was not."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NotUnderstood
from bot.people.meant import Address, Alias, CaseId, Mention, Name
from bot.verbs import registry
from bot.verbs.approve import Approve
from bot.verbs.check import Check
from bot.verbs.contain import Contain
from bot.verbs.deny import Deny
from bot.verbs.enrol import Enrol
from bot.verbs.form import OpenForm
from bot.verbs.help import Help
from bot.verbs.history import ShowHistory
from bot.verbs.password import ShowPassword
from bot.verbs.plan import ShowPlan
from bot.verbs.report import ShowReport
from bot.verbs.restore import Restore
from bot.verbs.spelling import Choice, Days, Since, somebody, spelled, window, words_of
from bot.verbs.suspect import Suspect
from bot.verbs.tasks import ShowTasks, TickTask
from bot.verbs.withdraw import Withdraw

ADELE = Address("adele.vance@contoso.example")


def read(text: str):
    """The wish alone."""
    return registry.read(text)[1]


NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("", OpenForm()),
        ("  ", OpenForm()),
        ("help", Help()),
        ("HELP", Help()),
        ("check adele.vance@contoso.example", Check(ADELE)),
        ("Check  Adele.Vance@Contoso.Example", Check(ADELE)),
        ("check <mailto:adele.vance@contoso.example|adele.vance@contoso.example>", Check(ADELE)),
        ("check <mailto:adele.vance@contoso.example>", Check(ADELE)),
        ("check mailto:adele.vance@contoso.example", Check(ADELE)),
        ("check adele.vance@contoso.example.", Check(ADELE)),
        ("check “adele.vance@contoso.example”", Check(ADELE)),
        ("check 'adele.vance@contoso.example',", Check(ADELE)),
        ("check <adele.vance@contoso.example>", Check(ADELE)),
        ("check <@U0ADELEVAN>", Check(Mention("U0ADELEVAN"))),
        ("check Adele Vance", Check(Name("Adele Vance"))),
        ("check Zoë O'Brien-van Dyk since 3d", Check(Name("Zoë O'Brien-van Dyk"), Since(timedelta(days=3)))),
        ("check <@U0ADELEVAN|adele.vance>", Check(Mention("U0ADELEVAN"))),
        ("check <@U0ADELEVAN|Adele Vance>", Check(Mention("U0ADELEVAN"))),
        ("check adele.vance", Check(Alias("adele.vance"))),
        ("check o'brien", Check(Alias("o'brien"))),
        ("check adele.vance since 7d", Check(Alias("adele.vance"), Since(timedelta(days=7)))),
        ("check adele.vance since 7 days", Check(Alias("adele.vance"), Since(timedelta(days=7)))),
        (
            "check adele.vance window 2026-11-01 2026-11-20",
            Check(Alias("adele.vance"), Days(date(2026, 11, 1), date(2026, 11, 20))),
        ),
        (
            "check adele.vance window 2026-11-01 to 2026-11-20",
            Check(Alias("adele.vance"), Days(date(2026, 11, 1), date(2026, 11, 20))),
        ),
        ("check adele.vance --since 36h", Check(Alias("adele.vance"), Since(timedelta(hours=36)))),
        ("check adele.vance —since 36h", Check(Alias("adele.vance"), Since(timedelta(hours=36)))),
        ("check --since=2w adele.vance", Check(Alias("adele.vance"), Since(timedelta(weeks=2)))),
        (
            "check adele.vance window 2026-11-01..2026-11-20",
            Check(Alias("adele.vance"), Days(date(2026, 11, 1), date(2026, 11, 20))),
        ),
        ("check adele.vance in <#C0INCIDENT|incident-room>", Check(Alias("adele.vance"), None, "C0INCIDENT")),
        ("check adele.vance <#C0INCIDENT|>", Check(Alias("adele.vance"), None, "C0INCIDENT")),
        ("check adele.vance channel <#C0INCIDENT>", Check(Alias("adele.vance"), None, "C0INCIDENT")),
        ("check adele.vance --channel <#C0INCIDENT>", Check(Alias("adele.vance"), None, "C0INCIDENT")),
        ("report adele.vance", ShowReport(Alias("adele.vance"))),
        ("report <@U0ADELEVAN> in <#C0INCIDENT|x>", ShowReport(Mention("U0ADELEVAN"), "C0INCIDENT")),
        ("report c-7f3k2 in <#C0INCIDENT|x>", ShowReport(CaseId("C-7F3K2"), "C0INCIDENT")),
        ("report <@U0ADELEVAN> <#C0INCIDENT|x>", ShowReport(Mention("U0ADELEVAN"), "C0INCIDENT")),
    ],
)
def test_what_is_understood(text, wish):
    assert read(text) == wish


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("chekc adele.vance", "Did you mean: /compromise check adele.vance"),
        ("chek adele.vance since 7d", "Did you mean: /compromise check adele.vance since 7d"),
        ("reprot adele.vance", "Did you mean: /compromise report adele.vance"),
        ("halp", "Did you mean: /compromise help"),
        ("xyzzy", "Unknown command “xyzzy”. Available: check, report, plan, contain,"),
        ("adele.vance@contoso.example", "For example: /compromise check adele.vance@contoso.example"),
        ("check", "Name the account to check."),
        ("check since 7d", "Name the account to check."),
        ("check adele.vance@contoso.example Vance", "I check one account at a time;"),
        ("check adele@contoso", "“adele@contoso” is not an email address."),
        ("check @adele", "Slack did not resolve “@adele”."),
        ("check <!channel>", "” is a group; I can check one account at a time."),
        ("check <!subteam^S0RESPONDE|@responders>", "” is a group; I can check one account at a time."),
        ("check <https://evil.example|evil>", "“evil” is not a user."),
        ("check adele.vance since", "Something is missing after “since”. For example: since 7d"),
        ("check adele.vance since soon", "“soon” after since is not a time range."),
        ("check adele.vance window yesterday", "“yesterday” after window is not two dates."),
        ("check adele.vance window 2026-11-31..2026-12-01", "” after window is not two dates."),
        ("check adele.vance since 7d since 8d", "Use either since or window, once."),
        ("check adele.vance in #incident-room", "Slack did not resolve the channel “#incident-room”."),
        ("check adele.vance --snice 7d", "Did you mean --since?"),
        ("check adele.vance --loud", "Options are --since, --window and --channel."),
        ("report", "Name the account whose report to post."),
        ("report adele.vance since 7d", "since has no effect here"),
        ("report adele.vance megan.bowen", "I do not understand “megan.bowen” here."),
    ],
)
def test_what_is_not_understood_is_said_with_what_to_type(text, says):
    with pytest.raises(NotUnderstood) as caught:
        read(text)
    assert says in str(caught.value)


@given(st.text(max_size=80))
def test_no_text_whatever_breaks_the_reader(text):
    for typed in (text, f"check {text}", f"report {text}", f"check a@b.example since {text} window {text}"):
        with suppress(NotUnderstood):
            read(typed)


def test_a_window_of_days_includes_its_last_day():
    found = window(Days(date(2026, 11, 1), date(2026, 11, 20)), NOW, timedelta(days=14))
    assert (found.start, found.end) == (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))


def test_a_window_never_ends_in_the_future():
    assert window(Days(date(2026, 11, 1), date(2026, 12, 1)), NOW, timedelta(days=14)).end == NOW


def test_without_a_window_the_usual_one_is_taken():
    assert window(None, NOW, timedelta(days=14)).start == NOW - timedelta(days=14)


@pytest.mark.parametrize(
    ("when", "says"),
    [
        (Days(date(2026, 11, 20), date(2026, 11, 1)), "ends before it starts"),
        (Days(date(2026, 11, 24), date(2026, 11, 25)), "is in the future."),
        (Since(timedelta(days=400)), "at most since 365d"),
        (Since(timedelta(weeks=99999)), "at most since 365d"),
        (Days(date(1, 1, 1), date(2026, 11, 1)), "at most since 365d"),
    ],
)
def test_an_impossible_window_is_told(when, says):
    with pytest.raises(NotUnderstood, match=says):
        window(when, NOW, timedelta(days=14))


def test_the_last_day_of_the_calendar_is_a_day_like_any_other():
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert window(Days(date(2026, 11, 1), date(9999, 12, 31)), now, timedelta(days=14)).end == now


CASE = CaseId("C-7F3K2")


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("plan c-7f3k2", ShowPlan(CASE)),
        ("contain C-7F3K2", Contain(CASE)),
        ("contain adele.vance", Contain(Alias("adele.vance"))),
        ("contain C-7F3K2 now", Contain(CASE, extent="now")),
        ("contain C-7F3K2 NOW because it sends", Contain(CASE, Choice((), "", "it sends"), "now")),
        ("contain C-7F3K2 single", Contain(CASE, extent="single")),
        (
            "contain C-7F3K2 4,1 3fa9c1d2 because “she” said so — &lt;now&gt;.",
            Contain(CASE, Choice((0, 3), "3fa9c1d2", "“she” said so — <now>.")),
        ),
        ("restore C-7F3K2 2 because of a false alarm", Restore(CASE, Choice((1,), "", "of a false alarm"))),
        ("restore C-7F3K2 p-9yyyy/2 because no", Restore(CASE, Choice((1,), "", "no", "P-9YYYY"))),
        ("approve P-7F3K2", Approve("P-7F3K2")),
        ("approve p-7f3k2 3FA9C1D2", Approve("P-7F3K2", "3fa9c1d2")),
        ("deny P-7F3K2 3fa9c1d2", Deny("P-7F3K2", "3fa9c1d2")),
        ("deny P-7F3K2 3fa9c1d2 because: no", Deny("P-7F3K2", "3fa9c1d2", "no")),
        ("deny P-7F3K2 too much", Deny("P-7F3K2", "", "too much")),
        ("withdraw P-7F3K2 because I erred", Withdraw("P-7F3K2", "I erred")),
        ("tasks C-7F3K2", ShowTasks(CASE)),
        ("tasks C-7F3K2 done 3 phoned “her”.", TickTask(CASE, 3, "phoned “her”.")),
        ("history <@U0ADELEVAN>", ShowHistory(Mention("U0ADELEVAN"))),
        ("password P-7F3K2 3fa9c1d2", ShowPassword("P-7F3K2")),
        ("enrol", Enrol()),
        ("suspect adele.vance", Suspect(Alias("adele.vance"))),
        ("suspect <@U0ADELEVAN> since 2d", Suspect(Mention("U0ADELEVAN"), Since(timedelta(days=2)))),
        (
            "suspect adele.vance because she says “since 3d in #general” &lt;odd&gt;.",
            Suspect(Alias("adele.vance"), None, "she says “since 3d in #general” <odd>."),
        ),
    ],
)
def test_what_is_done_about_a_finished_check_is_read(text, wish):
    assert read(text) == wish


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("contain", "Name a user or case. For example: /compromise"),
        ("contain P-7F3K2", "is a proposal; contain needs a user or a case"),
        ("contain C-7F3K2 1,4", "Add a reason after “because”."),
        ("contain C-7F3K2 0 because of it", "I do not understand “0” here."),
        ("contain C-7F3K2 now please", "I do not understand “please” here."),
        ("contain C-7F3K2 single because of it", "I do not understand “because” here."),
        ("contain C-7F3K2 all because of it", "I do not understand “all” here."),
        ("approve", "Name a proposal."),
        ("approve C-7F3K2", "“C-7F3K2” is not a proposal."),
        ("approve P-7F3K2 yes", "I do not understand “yes” here."),
        ("tasks C-7F3K2 did 3", "To complete a manual task, for example: /compromise tasks C-7F3K2 done 2"),
        (
            "tasks C-7F3K2 done ³",
            ("To complete a manual task, for example: /compromise tasks C-7F3K2 done 2"),
        ),
        ("plan C-7F3K2 now", "I do not understand “now” here."),
        ("enroll megan", "You can enroll only yourself. Type: /compromise enroll"),
        ("suspect", "Name the account that looks compromised."),
        ("suspect because of odd mail", "Name the account that looks compromised."),
        ("suspect adele.vance megan.bowen", "I do not understand “megan.bowen” here."),
        ("suspect adele.vance in <#C0INCIDENT|x>", "I do not understand “x” here."),
        ("aprove P-7F3K2", "Did you mean: /compromise approve P-7F3K2"),
    ],
)
def test_what_is_missing_or_too_much_is_said_with_what_to_type(text, says):
    with pytest.raises(NotUnderstood, match=re.escape(says)):
        read(text)


@pytest.mark.parametrize(
    "typed", ["adele.vance", "Adele.Vance@contoso.example", "<@U0ADELEVAN|x>", "o'brien"]
)
def test_what_is_typed_into_a_field_is_spelled_so_that_it_is_read_again(typed):
    who = somebody(typed)
    assert read(f"check {spelled(who)}") == Check(who)


@pytest.mark.parametrize("typed", ["adele vance", "@adele", "a@b", "", "<!channel>", "a since 1d"])
def test_a_field_takes_one_account(typed):
    with pytest.raises(NotUnderstood):
        somebody(typed)


def test_signs_that_nobody_sees_are_no_part_of_a_word():
    typed = "che\u200bck\ufeff \u2066adele\u00ad.vance\u200b@contoso.example\u2069 \u200e since\u202c 7d"
    assert words_of(typed) == ["check", "adele.vance@contoso.example", "since", "7d"]
