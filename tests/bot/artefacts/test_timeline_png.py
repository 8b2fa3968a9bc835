"""The pictures show what matters at a phone's width, say the same in words, and obey no text in them."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.artefacts.chart import ALT, LANES, Became, chart, in_words
from bot.artefacts.events import MOST, ON_A_SCREEN, What, course
from bot.artefacts.handled import NOTHING, Checked, Handled
from bot.artefacts.others import Ring, others
from bot.artefacts.summary import summary
from bot.artefacts.timeline_png import picture, story_data, who_else
from commands.containment.proposals import Action
from commands.report import (
    Clause,
    Event,
    Finding,
    Report,
    Result,
    Severity,
    Sign,
    SymptomResult,
    Tie,
    weighed,
)
from commands.story import timeline
from graph.question import Window
from graph.resources.sign_ins import Location
from tests.bot.artefacts.attacks import attacked
from tests.bot.artefacts.test_summary import (
    BACK,
    BLOCK,
    KEY,
    PHONE,
    RESET,
    REVOKE,
    action,
    dealt,
    with_doors,
)
from tests.bot.messages import samples
from tests.commands.evidence import INTRUDER, evidence, record, sign_in

NOW = samples.NOW
CLOSED, LOCKED = action(PHONE.id, 4), action(KEY.id, 5)
SUSPECT = Sign("suspect_address_signed_in", Severity.CRITICAL, "Someone else was there.")
SENDING_BLOCKED = Sign("sending_blocked", Severity.HIGH, "")
RESTRICTED = Sign("sending_restricted_alert", Severity.HIGH, "")
NASTY = (
    r"$\frac{1}{0}$ ${x}$ #panic() #read(\"/etc/passwd\") *b* _i_ <l> @ref // /* \\ ` ```",
    "\u202egpj.exe \x1b[31m\u200b",
    "\U0001f600 \u4e2d\u6587 \u05e9\u05dc\u05d5\u05dd",
    "W" * 5_000,
    "\n\n",
)


def signed_in(n: int, **changes: Any) -> Event:
    place = NASTY[n % len(NASTY)]
    text = f"signed in to $x$ from Berlin from {place}"
    event = Event(
        NOW - timedelta(minutes=7 * n),
        text,
        "adele",
        f"198.51.100.{n % 40}",
        "sign_ins",
        f"s{n}",
        signed_in=True,
        place=place,
    )
    return replace(event, **changes)


def taken_over(texts: tuple[str, ...] = NASTY) -> Report:
    report = samples.rich(texts, each=3)
    return replace(
        report,
        timeline=tuple(signed_in(n) for n in range(200)),
        symptoms=tuple(
            replace(
                symptom,
                title=texts[n % len(texts)],
                findings=tuple(replace(f, sign=SUSPECT, address="198.51.100.3") for f in symptom.findings),
            )
            for n, symptom in enumerate(report.symptoms)
        ),
    )


def decoys(count: int) -> Report:
    """So many suspect addresses with many sign-ins each, and a quiet one that two findings name."""
    quiet = "203.0.113.7"
    busy = [f"198.51.100.{n}" for n in range(count)]
    report = samples.rich(("A title",), each=count + 2)
    named = (*busy, quiet, quiet)
    moved = [(one, NOW - timedelta(minutes=n)) for n, one in enumerate((*busy * 5, quiet), start=1)]
    return replace(
        report,
        timeline=tuple(signed_in(n, at=at, address=one) for n, (one, at) in enumerate(moved)),
        symptoms=tuple(
            replace(
                symptom,
                findings=tuple(
                    replace(f, sign=SUSPECT, address=one)
                    for f, one in zip(symptom.findings, named, strict=True)
                )
                if symptom.findings and n == 0
                else (),
            )
            for n, symptom in enumerate(report.symptoms)
        ),
    )


def clause(says: str, symptom: str, minute: int | None = None) -> Clause:
    at = None if minute is None else NOW + timedelta(minutes=minute)
    return Clause(says, at, (f"{symptom}.1",), ("r",))


def with_names(report: Report, **names: tuple[str, ...]) -> Report:
    """Give a report in which the first finding of each symptom has one name, the second the next."""
    results = tuple(
        SymptomResult(symptom, "", "", Result.PRESENT, "", tuple(
            Finding(symptom, weighed("delegate_added"), "", names=(one,) if one else ()) for one in each
        ))
        for symptom, each in names.items()
    )  # fmt: skip
    kept = tuple(one for one in report.symptoms if one.id not in names)
    return replace(report, symptoms=(*kept, *results))


AGES = Window(datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
CLEAN = samples.clean()
ODD = {
    "nasty texts": taken_over(),
    "no event, no symptom, no source": replace(CLEAN, timeline=(), symptoms=(), sources=()),
    "a window without length": replace(CLEAN, timeline=(), window=Window(NOW, NOW)),
    "more suspicious IP addresses than lanes": decoys(20),
    "all ages": replace(taken_over(), window=AGES, timeline=(signed_in(3, at=AGES.start), signed_in(3))),
    "no story": replace(taken_over(), story=None),
}


@pytest.mark.parametrize("report", ODD.values(), ids=list(ODD))
def test_whatever_the_report_holds_a_picture_of_a_phones_width_comes_out(report):
    drawn = picture(report)
    assert drawn.trouble == ""
    width, height = struct.unpack(">II", drawn.png[16:24])
    assert width == 1080
    assert 500 < height < 3_600  # every letter as wide as they come
    assert len(drawn.alt) <= ALT
    assert not set(drawn.alt) & set("\x1b\u202e\u200b\n")


def test_the_same_report_gives_the_same_bytes_and_they_name_no_program():
    handled = Handled("C-7F3K2", tuple(samples.decided(samples.WORDS)))
    first = picture(taken_over(), handled).png
    assert first == picture(taken_over(), handled).png
    assert b"ypst" not in first
    assert b"tEXt" not in first


def test_an_attack_in_every_text_cannot_keep_the_pictures_from_being_drawn():
    report, _ = attacked("r", taken_over(("A title",)))
    assert picture(report).trouble == ""
    around = who_else(report)
    assert around is not None
    assert around.trouble == ""


def test_what_cannot_be_drawn_is_said_with_a_reference_and_nothing_is_raised():
    broken = replace(samples.rich(), made_at="yesterday")  # type: ignore[arg-type]
    drawn = picture(broken)
    assert drawn.png == b""
    assert drawn.trouble.startswith("Internal error: the timeline picture could not be drawn. Reference:")


# --- the events --------------------------------------------------------------------------------------------


def test_the_way_in_comes_first_and_the_rest_in_order_of_time():
    told = course(samples.rich()).events
    assert [one.number for one in told] == list(range(1, len(told) + 1))
    assert told[0].what is What.GOT_IN
    assert told[0].says.startswith("with A rule moves mail about money to RSS Feeds., from")
    times = [one.at for one in told[1:] if one.at]
    assert times == sorted(times)


def test_what_was_taken_is_never_pushed_out_by_all_that_was_set_up():
    report = samples.rich()
    assert report.story is not None
    many = tuple(clause(f"Door {n}", f"symptom_{n}", n) for n in range(40))
    one = (clause("13 messages were opened", "mail_access", 90),)
    story = replace(report.story, persistence=many, hidden=(), read_or_taken=one, sent=(), reached=())
    told = course(replace(report, story=story))
    assert len(told.events) <= MOST
    assert [each.says for each in told.events if each.what == What.TOOK] == ["13 messages were opened"]
    assert told.left_out == len(many) + 1 - (len(told.events) - 1)


def test_the_last_deed_is_an_event_and_a_long_time_before_it_says_what_is_not_shown():
    report = samples.rich()
    assert report.story is not None
    rules = tuple(clause(f"Rule {n}", "inbox_rules", 9 * 60 * n) for n in range(4))
    mail = (clause("Mail was opened", "mail_access", 1), clause("A file was shared", "mail_access", 60 * 48))
    story = replace(
        report.story, persistence=rules, hidden=(), read_or_taken=mail, sent=(), reached=(), last_seen=()
    )
    report = replace(report, story=story)
    told = course(report)
    assert [one.says for one in told.events[1:]] == ["Rule 0", "Mail was opened", "A file was shared"]
    assert told.events[-1].at == NOW + timedelta(hours=48)
    assert (told.events[-1].skipped, told.left_out) == (0, 0)  # the other rules are counted with the first
    assert told.events[1].further == len(rules) - 1
    late = clause("Sign-in", "x", 60 * 90)
    (*_, last) = course(replace(report, story=replace(story, last_seen=(late,)))).events
    assert (last.what, last.at) == (What.LAST_SEEN, late.at)


def test_microsofts_own_block_is_a_numbered_event_told_apart_from_the_attackers() -> None:
    """At most one of them, in its place in time, and never at the cost of the way in."""
    report = samples.rich()
    at = report.made_at - timedelta(hours=30)
    block = samples.finding(
        "sending_blocked", "Microsoft blocked a@b.example from sending", sign=SENDING_BLOCKED
    )
    alert = samples.finding("sending_blocked", "Microsoft raised an alert", sign=RESTRICTED)
    symptom = SymptomResult("sending_blocked", "", "", Result.PRESENT, "", (block, alert))
    assert report.story
    clauses = tuple(
        Clause(one.summary, at + timedelta(minutes=number), findings=(f"sending_blocked.{number + 1}",))
        for number, one in enumerate((block, alert))
    )
    told = replace(
        report, symptoms=(*report.symptoms, symptom), story=replace(report.story, by_others=clauses)
    )
    found = [one for one in course(told).events if one.what is What.BLOCKED]
    assert [(one.says, one.at) for one in found] == [("Microsoft blocked a@b.example from sending", at)]
    assert found[0].number > 0
    assert [one.number for one in course(told).events] == list(range(1, len(course(told).events) + 1))
    assert picture(told).png
    assert "Blocked by Microsoft" in picture(told).alt or len(picture(told).alt) >= ALT
    assert What.BLOCKED not in [one.what for one in course(report).events]


def test_what_lies_in_a_long_time_between_two_events_is_counted():
    report = samples.rich()
    assert report.story is not None
    doors = tuple(clause(f"Door {n}", f"symptom_{n}", 60 * n) for n in range(40))
    story = replace(report.story, persistence=doors, hidden=(), read_or_taken=(), sent=(), reached=())
    told = course(replace(report, story=story), most=ON_A_SCREEN)
    assert told.events[-1].says == "Door 39"
    assert told.events[-1].skipped > 0
    assert told.left_out == len(doors) - (len(told.events) - 1)
    data = story_data(
        replace(report, story=story), NOTHING, chart(replace(report, story=story), most=ON_A_SCREEN)
    )
    gap = data["events"][-1]["gap"]
    assert gap.endswith(f"later; {told.events[-1].skipped} actions between, not in this picture")
    assert data["left_out"].startswith(f"Not in this picture: {told.left_out} actions of the story")


def test_deeds_that_one_symptom_found_are_one_event_and_counted():
    report = samples.rich()
    assert report.story is not None
    doors = (clause("The first rule", "inbox_rules", 5), clause("An earlier rule", "inbox_rules", 2))
    story = replace(report.story, persistence=doors, hidden=(), read_or_taken=(), sent=(), reached=())
    (_, told) = course(replace(report, story=story)).events
    assert (told.says, told.further) == ("The first rule", 1)


@pytest.mark.parametrize(
    ("minutes", "says"),
    [
        ((2,), "and 1 more action of this kind (2 Mar 09:32)"),
        ((2, 9, 4), "and 3 more actions of this kind (2 Mar 09:32 to 09:39)"),
        ((-1438, 2), "and 2 more actions of this kind (1 Mar 09:32 to 2 Mar 09:32)"),
        ((None,), "and 1 more action of this kind"),
    ],
)
def test_a_deed_stands_at_its_own_time_and_the_others_of_its_kind_at_theirs(minutes, says):
    report = samples.rich()
    assert report.story is not None
    others = tuple(clause("Another rule", "inbox_rules", one) for one in minutes)
    rules = (clause("The gravest rule", "inbox_rules", 5), *others)
    story = replace(report.story, persistence=rules, hidden=(), read_or_taken=(), sent=(), reached=())
    report = replace(report, story=story)
    told = story_data(report, NOTHING, chart(report, NOTHING, ON_A_SCREEN))["events"][1]
    assert told["says"] == "The gravest rule"
    assert told["at"].endswith("09:35")
    assert told["further"] == says


def test_what_was_done_about_it_ends_the_course():
    closed = course(samples.rich(), dealt(BLOCK, REVOKE, RESET, BACK)).closed
    assert [(one.what, one.number) for one in closed] == [(What.CONTAINED, 0), (What.GIVEN_BACK, 0)]
    assert course(samples.rich(), dealt(BLOCK)).closed == ()


def test_the_attacker_could_get_in_until_containment_and_not_only_until_last_recorded():
    def period(handled: Handled) -> str:
        report = with_doors()
        return str(dict(story_data(report, handled, chart(report, handled)).get("facts", []))["Could get in"])

    contained, left_open = period(dealt(BLOCK, REVOKE, RESET)), period(NOTHING)
    assert " (contained); last recorded " in contained
    assert " until contained; last recorded " in left_open


def test_the_course_ends_with_what_is_open_still_and_says_when_nothing_is():
    (contained,) = course(with_doors(), dealt(BLOCK, REVOKE, RESET, CLOSED, LOCKED)).closed
    assert contained.says.endswith("; all 2 open items remediated")
    contained, left = course(with_doors(), dealt(BLOCK, REVOKE, RESET, CLOSED)).closed
    assert (left.what, left.says, left.at) == (What.STILL_OPEN, "the key", None)
    assert "remediated" not in contained.says
    assert course(with_doors(), dealt()).closed == ()


# --- sign-ins by address -----------------------------------------------------------------------------------


def test_lanes_are_read_from_what_the_timeline_says_of_sign_ins():
    """One sign-in in both logs counts once, and the place is the one behind the last "from"."""
    there = Location(city="Lagos", country_or_region="NG")
    seen = evidence(
        sign_ins=[
            sign_in(hours=1, address=INTRUDER, location=there, app_display_name="Mail from Berlin"),
            sign_in(hours=2, address=INTRUDER, location=there, error_code=50126),
        ],
        sign_ins_non_interactive=[sign_in(hours=3, address=INTRUDER, location=there)],
        audit_log=[
            record("UserLoggedIn", id="twice", hours=1, address=INTRUDER),
            record("UserLoggedIn", id="once", hours=9, address=INTRUDER),
            record("UserLoginFailed", id="failed", hours=2, address=INTRUDER, succeeded=False),
        ],
    )
    report = replace(samples.clean(), timeline=timeline.merge(seen, []), window=seen.window)
    (lane,) = chart(report).lanes
    assert (lane.address, lane.place) == (INTRUDER, "Lagos, NG")
    assert (len(lane.ins), len(lane.failed)) == (3, 1)
    assert not lane.suspect
    assert lane.counts == "3 sign-ins, 1 failed"


def test_the_suspect_address_comes_first_and_the_rest_is_counted():
    told = chart(taken_over())
    assert told.lanes[0].suspect
    assert told.lanes[0].address == "198.51.100.3"
    assert len(told.lanes) == LANES
    assert len(told.more_lanes) == 40 - LANES


def test_a_suspect_address_cannot_hide_behind_busier_ones():
    """Those that most findings name come first, in the picture and in the words."""
    report = decoys(LANES)
    told = chart(report)
    assert told.lanes[0].address == "203.0.113.7"
    words = in_words(report, told)
    assert words.index("203.0.113.7") < words.index("198.51.100.")


@pytest.mark.parametrize(
    ("count", "says"),
    [
        (LANES - 1, ""),
        (LANES, "and 1 more address, SUSPICIOUS: 5 sign-ins, 0 failed"),
        (LANES + 2, "and 3 more addresses, 3 of them SUSPICIOUS: 15 sign-ins, 0 failed"),
    ],
)
def test_the_rest_says_how_many_of_it_are_suspect(count, says):
    assert chart(decoys(count)).rest == says


def test_a_rest_without_a_suspect_does_not_speak_of_any():
    told = chart(taken_over())
    assert told.suspects_left == 0
    assert told.rest.startswith(f"and {40 - LANES} more addresses: ")


def test_the_words_say_what_the_picture_shows():
    handled = Handled("C-7F3K2", tuple(samples.decided(samples.WORDS)))
    report = replace(taken_over(("Mail is forwarded",)), timeline=tuple(signed_in(3) for _ in range(2)))
    told = chart(report, handled)
    words = in_words(report, told)
    for part in (
        "adele.vance@contoso.example: compromised, confidence high",
        "Suspicious IP address 198.51.100.3",
        "39 findings",
        "1. Got in, ",
        "Done by the bot",
        "not collected: sign-ins, risky user, message trace",
    ):
        assert part in words, part
    assert {deed.became for deed in told.deeds} == set(Became)


# --- who else ----------------------------------------------------------------------------------------------


def test_the_story_of_a_takeover_is_one_screen_of_a_phone():
    """A screen of 390 by 844 points, 1,080 by 2,337 pixels; a long name may take a line more."""
    report = with_doors()
    assert report.story is not None
    told = "The hidden inbox rule without a name sends mail to drop@mailbox-relay.example and applies to all"
    deeds = tuple(clause(told, f"symptom{n}", 60 * n) for n in range(4))
    story = replace(report.story, persistence=deeds, hidden=deeds, read_or_taken=deeds, sent=deeds)
    report = replace(report, story=story)
    drawn = picture(report, dealt(BLOCK, REVOKE, RESET, CLOSED, LOCKED))
    assert drawn.trouble == ""
    assert struct.unpack(">I", drawn.png[20:24])[0] <= 2_400


def test_who_else_names_everybody_the_case_touches_but_the_account_itself():
    report = samples.rich()
    assert report.story is not None
    assert report.exposure is not None
    own = report.subject.mail
    story = replace(
        report.story,
        persistence=(clause(f"diego@contoso.example was granted FullAccess on {own}", "delegates"),),
        leads=(Clause("nestor@contoso.example", why=Tie.SAME_ADDRESS),),
    )
    exposure = replace(
        report.exposure,
        forwards=(clause(f"Mail of {own} is sent to drop@evil.example", "mail_forwarding"),),
        outside=("a@fabrikam.example", "b@fabrikam.example", "c@tailspin.example"),
    )
    report = replace(report, story=story, exposure=exposure)
    report = with_names(report, delegates=("diego@contoso.example",), mail_forwarding=("drop@evil.example",))
    rings = {one.id: one for one in others(report)}
    assert rings["delegates"].names == ("diego@contoso.example",)
    assert rings["accounts"].names == ("nestor@contoso.example: used from the attacker's IP address",)
    assert (rings["delegates"].check, rings["accounts"].check, rings["forwards"].check) == (
        False,
        True,
        False,
    )
    assert rings["forwards"].names == ("drop@evil.example",)
    assert rings["recipients"].names == (
        "megan@contoso.example (inside)",
        "fabrikam.example (2)",
        "tailspin.example (1)",
    )
    (lead,) = story.leads
    who = replace(
        report.subject, id="n", user_principal_name=lead.says, mail=lead.says, addresses=(lead.says,)
    )
    seen = others(report, Handled("C-7F3K2", checked=(Checked(who, NOW + timedelta(days=9)),)))
    assert not any(one.check for one in seen)


def test_who_else_tells_as_past_what_was_closed_and_as_present_what_was_not():
    report = with_doors()
    assert report.exposure is not None
    assert report.story is not None
    sent_on = clause("Mail is sent to drop@evil.example", "mail_forwarding")
    phone, key = report.story.still_open
    story = replace(report.story, still_open=(replace(phone, findings=sent_on.findings), key))
    report = replace(report, story=story, exposure=replace(report.exposure, forwards=(sent_on,)))
    report = with_names(report, mail_forwarding=("drop@evil.example",))

    def forwards(*actions: Action) -> Ring:
        return next(one for one in others(report, dealt(*actions)) if one.id == "forwards")

    open_ring, closed_ring = forwards(), forwards(CLOSED)
    assert (open_ring.says, open_ring.stands, open_ring.is_open) == (
        "mail is forwarded to",
        "still open",
        True,
    )
    assert (closed_ring.says, closed_ring.is_open) == ("mail was forwarded to", False)
    assert closed_ring.stands == "removed 2 Mar 09:34"
    seen = who_else(report, dealt(CLOSED))
    assert seen is not None
    assert "mail was forwarded to (removed 2 Mar 09:34): drop@evil.example" in seen.alt


def test_where_the_case_touches_nobody_else_there_is_no_second_picture():
    assert who_else(samples.clean()) is None
    assert who_else(replace(samples.rich(), story=None)) is None


def test_the_second_picture_says_its_names_in_words():
    around = who_else(samples.rich())
    assert around is not None
    assert struct.unpack(">I", around.png[16:20]) == (1080,)
    assert (
        "received mail from the attacker (at least 3 recipients): megan@contoso.example (inside)"
        in around.alt
    )


def test_a_deed_of_several_times_names_them_and_the_last_of_them_ends_the_course():
    report = samples.rich()
    assert report.story is not None
    times = (NOW, NOW + timedelta(hours=4), NOW + timedelta(hours=25))
    password = replace(clause("The password was changed 3 times", "credential_changes", 0), times=times)
    two = replace(clause("Forwarding was added", "mail_forwarding", 0), times=times[:2])
    shared = clause("A file was shared", "mail_access", 25 * 60 - 4)
    seen = Clause("Change user password", times[-1])
    story = replace(
        report.story, persistence=(password, two), hidden=(), read_or_taken=(shared,), sent=(), reached=(),
        last_seen=(seen,),
    )  # fmt: skip
    report = replace(report, story=story)
    told = course(report)
    assert told.events[-1].at == times[-1]
    assert told.events[-1].what is What.LAST_SEEN
    shown = {one["says"]: one["at"] for one in story_data(report, NOTHING, chart(report))["events"]}
    assert shown["The password was changed 3 times"] == "2 Mar 09:30 to 3 Mar 10:30"
    assert shown["Forwarding was added"] == "2 Mar 09:30 and 13:30"


def test_who_else_names_everybody_that_a_folder_or_a_link_was_opened_to():
    report = samples.rich()
    assert report.story is not None
    wide = "Everyone in the organization (Default) was granted Reviewer on the folder \\Inbox"
    some = "diego@contoso.example was granted FullAccess on this account"
    second = replace(clause(wide, "delegates"), findings=("delegates.2",))
    story = replace(report.story, persistence=(clause(some, "delegates"), second))
    report = with_names(report, delegates=("diego@contoso.example", ""))
    rings = {one.id: one for one in others(replace(report, story=story))}
    assert rings["delegates"].names == (wide, "diego@contoso.example")
    answers = {
        one.id: " ".join(each.says for each in one.statements)
        for one in summary(replace(report, story=story))
    }
    assert f"whether they did is not shown: {some}; {wide[:1].lower()}{wide[1:]}." in answers["data"]
    assert "Ask megan@contoso.example (inside; received mail from the attacker)" in answers["deadlines"]
