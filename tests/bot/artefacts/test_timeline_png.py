"""The timeline as a picture shows what matters, says the same in words, and obeys no text that it holds."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from bot.artefacts.chart import ALT, KINDS, LANES, Became, chart, in_words
from bot.artefacts.handled import Handled
from bot.artefacts.time_axis import PIECES, axis
from bot.artefacts.timeline_png import picture
from commands import timeline
from commands.report import Event, Report, Severity, Sign
from graph.question import Window
from graph.resources.sign_ins import Location
from tests.bot.artefacts.attacks import attacked
from tests.bot.messages import samples
from tests.commands.evidence import INTRUDER, evidence, record, sign_in

NOW = samples.NOW
SUSPECT = Sign("suspect_address_signed_in", Severity.CRITICAL, "Someone else was there.")
NASTY = (
    r"$\frac{1}{0}$ ${x}$",
    "\u202egpj.exe \x1b[31m\u200b",
    "\U0001f600 \u4e2d\u6587 \u05e9\u05dc\u05d5\u05dd",
    "W" * 5_000,
    "\n\n",
)


def signed_in(n: int, **changes: Any) -> Event:
    text = f"signed in to $x$ from Berlin from {NASTY[n % len(NASTY)]}"
    address = f"198.51.100.{n % 40}"
    return replace(
        Event(NOW - timedelta(minutes=7 * n), text, "adele", address, "sign_ins", f"s{n}"), **changes
    )


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


def at_one_moment(report: Report, at: datetime) -> Report:
    return replace(
        report,
        timeline=tuple(replace(event, at=at) for event in report.timeline),
        symptoms=tuple(
            replace(symptom, findings=tuple(replace(f, at=at) for f in symptom.findings))
            for symptom in report.symptoms
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


AGES = Window(datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
CLEAN = samples.clean()
ODD = {
    "nasty texts": taken_over(),
    "everything in one second": at_one_moment(taken_over(), NOW - timedelta(hours=1)),
    "findings in a time to come": at_one_moment(taken_over(), NOW + timedelta(days=9_999)),
    "no event, no symptom, no source": replace(CLEAN, timeline=(), symptoms=(), sources=()),
    "a window without length": replace(CLEAN, timeline=(), window=Window(NOW, NOW)),
    "more suspicious IP addresses than lanes": decoys(20),
    "all ages": replace(taken_over(), window=AGES, timeline=(signed_in(3, at=AGES.start), signed_in(3))),
}


@pytest.mark.parametrize("report", ODD.values(), ids=list(ODD))
def test_whatever_the_report_holds_a_picture_of_a_phones_width_comes_out(report):
    drawn = picture(report)
    assert drawn.trouble == ""
    width, height = struct.unpack(">II", drawn.png[16:24])
    assert width == 1080
    assert 500 < height < 4_000
    assert len(drawn.alt) <= ALT
    assert not set(drawn.alt) & set("\x1b\u202e\u200b\n")


def test_the_same_report_gives_the_same_bytes_and_they_name_no_program():
    handled = Handled("C-7F3K2", tuple(samples.decided(samples.WORDS)))
    first = picture(taken_over(), handled).png
    assert first == picture(taken_over(), handled).png
    assert b"matplotlib" not in first
    assert b"tEXt" not in first


def test_an_attack_in_every_text_cannot_keep_the_picture_from_being_drawn():
    report, _ = attacked("r", taken_over(("A title",)))
    assert picture(report).trouble == ""


def test_what_cannot_be_drawn_is_said_with_a_reference_and_nothing_is_raised():
    naive = replace(samples.rich(), window=Window(datetime(2026, 3, 1), datetime(2026, 3, 2)))  # noqa: DTZ001
    drawn = picture(naive)
    assert drawn.png == b""
    assert drawn.trouble.startswith("Internal error: the timeline picture could not be drawn. Reference:")


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
    assert [kind.number for kind in told.kinds] == list(range(1, KINDS + 1))
    assert told.more_kinds == len(samples.TEN) + len(samples.FURTHER) - KINDS


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
    report = taken_over(("Mail is forwarded",))
    told = chart(report, handled)
    words = in_words(report, told)
    for part in (
        "adele.vance@contoso.example: compromised, confidence high",
        "Suspicious IP address 198.51.100.3",
        "39 findings",
        "most severe: Mail is forwarded",
        "Done by the bot",
        "not collected: sign-ins, risky user, message trace",
    ):
        assert part in words, part
    assert {deed.became for deed in told.deeds} == set(Became)


def test_a_calm_stretch_is_cut_out_and_what_happened_keeps_its_order():
    burst = [NOW + timedelta(minutes=n) for n in range(30)]
    later = [NOW + timedelta(days=3, minutes=n) for n in range(10)]
    times = axis([*burst, *later], 40, 1_040)
    assert len(times.pieces) == 2
    assert times.x(NOW + timedelta(days=1)) is None
    places = [place for moment in (*burst, *later) if (place := times.x(moment)) is not None]
    assert len(places) == len(burst) + len(later)
    assert all(40 <= place <= 1_040 for place in places)
    assert places == sorted(places)
    assert len(list(times.spans(burst[0], later[-1]))) == 2


def test_an_axis_has_at_most_five_pieces_and_room_between_its_labels():
    times = axis([NOW + timedelta(days=n**3) for n in range(12)], 40, 1_040)
    assert len(times.pieces) <= PIECES
    ticks = [tick for piece in times.pieces for tick in piece.ticks()]
    assert all(after.x - before.x > 60 for before, after in pairwise(ticks))
