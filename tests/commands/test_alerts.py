"""What becomes of alerts that wait: pure, so every mixture can be tried."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.alerts import (
    APART,
    GRAVE,
    KINDS,
    SEVERITIES,
    Room,
    Told,
    decide,
    gravest_first,
    kinds_of,
    may_be_heard,
)
from tests.raised import ONE

PLENTY = Room(lines=10, grave=10, checks=5)


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("User restricted from sending email", "restricted"),
        ("Suspicious email forwarding activity", "forwarding"),
        ("Suspicious inbox manipulation rule", "inbox_rule"),
        ("Email sending limit exceeded", "sending_pattern"),
        ("Activity from a Tor IP address", "anonymous_address"),
    ],
)
def test_an_alert_tells_what_its_name_says(title, kind):
    assert kind in kinds_of(title)


def test_nothing_starts_a_check_unless_the_policy_says_so():
    assert decide([ONE], (), PLENTY).checks == ()
    assert decide([ONE], ("high",), PLENTY).checks == ()
    assert decide([ONE], ("restricted",), PLENTY).checks == (ONE,)
    assert decide([replace(ONE, severity="high", title="x")], ("high",), PLENTY).checks


def test_an_alert_about_nobody_we_know_starts_no_check():
    stranger = replace(ONE, object_id="")
    assert decide([stranger], ("restricted", "medium"), PLENTY).lines == (stranger,)


def test_two_alerts_about_one_account_make_one_line_and_the_other_waits_to_join_it():
    told = decide([ONE, replace(ONE, id="defender:2", seq=2)], (), PLENTY)
    assert (told.lines, told.digest) == ((ONE,), ())


def test_the_gravest_come_first_and_the_rest_is_told_together():
    alerts = [
        replace(ONE, id=str(number), seq=number, object_id=str(number), severity=severity)
        for number, severity in enumerate(["low", "high", "medium", "high"], 1)
    ]
    told = decide(alerts, (), Room(lines=1, grave=1, checks=0))
    assert [one.seq for one in told.lines] == [2, 3]
    assert [one.seq for one in told.digest] == [4, 1]


def test_no_number_of_others_keeps_a_grave_one_waiting():
    alerts = [
        replace(ONE, id=str(number), seq=number, object_id=str(number), severity=severity)
        for number, severity in enumerate(["low", "medium", "high"], 1)
    ]
    told = decide(alerts, (), Room(lines=0, grave=1, checks=0))
    assert ([one.seq for one in told.lines], [one.seq for one in told.digest]) == ([3], [2, 1])
    told = decide(alerts, (), Room(lines=1, grave=0, checks=0))
    assert ([one.seq for one in told.lines], [one.seq for one in told.digest]) == ([2], [3, 1])


def test_one_in_a_digest_gets_its_check_as_soon_as_there_is_room_and_is_told_no_second_time():
    late = replace(ONE, how="digest", channel="C0", ts="1.1")
    grave = replace(late, id="defender:2", seq=2, object_id="id-2", severity="high")
    policy = ("restricted",)
    assert decide([late], policy, Room(lines=5, grave=5, checks=0)) == Told((), (), ())
    assert decide([late, grave], policy, Room(lines=5, grave=5, checks=1)) == Told((grave,), (), ())
    waits = replace(ONE, id="defender:3", seq=3, object_id="id-3")
    assert decide([waits, late], policy, Room(lines=1, grave=0, checks=1)) == Told((late,), (waits,), ())
    # What `check` does not name stays where it is.
    assert decide([late, grave], (), PLENTY) == Told((), (), ())


def test_people_are_told_of_what_was_added_to_a_digest_at_most_every_quarter_of_an_hour():
    now = ONE.at
    assert may_be_heard(None, now)
    assert not may_be_heard(now - APART + timedelta(seconds=1), now)
    assert may_be_heard(now - APART, now)


ALERTS = st.lists(
    st.builds(
        replace,
        st.just(ONE),
        id=st.uuids().map(str),
        seq=st.integers(1, 99),
        severity=st.sampled_from([*SEVERITIES, "new word"]),
        object_id=st.sampled_from(["", "a", "b", "c", "d", "e"]),
        title=st.sampled_from(["User restricted from sending email", "x"]),
    ),
    max_size=30,
    unique_by=lambda one: one.seq,
)


@given(
    ALERTS,
    st.sets(st.sampled_from([*SEVERITIES, *KINDS])),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(0, 5),
)
def test_whatever_comes_each_is_told_once_and_never_more_than_there_is_room_for(
    alerts, policy, lines, grave, checks
):
    told = decide(alerts, policy, Room(lines, grave, checks))
    everything = [*told.checks, *told.lines, *told.digest]
    assert len(everything) == len({one.id for one in everything})
    assert len(told.checks) <= checks
    assert sum(one.severity == GRAVE for one in told.lines) <= grave
    assert sum(one.severity != GRAVE for one in told.lines) <= lines
    waits = [one for one in alerts if one not in everything]
    begun = {one.object_id for one in (*told.checks, *told.lines)} - {""}
    assert all(one.object_id in begun for one in waits)
    assert sorted(gravest_first(alerts), key=lambda one: one.seq) == sorted(alerts, key=lambda one: one.seq)
