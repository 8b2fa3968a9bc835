"""Everything that a check found open names what closes it, and counts as closed once that was read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from commands.containment.proposals import Action, Outcome
from commands.containment.propose import offer
from commands.plans.plan import Change, ManualTask
from commands.report import Clause, Report
from commands.story.doors import Door, DoorState, doors, standing
from tests.bot.messages import samples
from tests.commands.steps.rich import PLAYED, collected
from tests.each import each

NOW = samples.NOW
PHONE = samples.change(1, "remove_sign_in_methods", "Remove the phone")
GRANT = samples.change(1, "revoke_oauth_grants", "Revoke the permissions of Mailer")
APP = samples.change(1, "disable_apps", "Disable Mailer")
OTHER = samples.change(2, "remove_sign_in_methods", "Remove the key")


@pytest.mark.parametrize("name", sorted(PLAYED))
def test_what_closes_a_door_is_among_what_the_steps_offer(name):
    planning = collected(name).planning
    planned = offer(planning.evidence, planning.report, planning.guard)
    offered = {one.id for one in planned if isinstance(one, Change | ManualTask)}
    story = planning.report.story
    not_closed = [
        (door.says, group)
        for door in (story.still_open if story else ())
        for group in each(door.closed_by)
        if not offered & set(group)
    ]
    assert not_closed == []


def test_the_played_takeover_has_doors_of_every_kind():
    story = collected("the takeover").planning.report.story
    assert story is not None
    steps = {id_.partition(":")[0] for one in story.still_open for group in one.closed_by for id_ in group}
    assert len(story.still_open) > 12
    assert {"revoke_sessions", "reset_password", "remove_sign_in_methods", "remove_delegates"} < steps
    assert {"remove_admin_roles", "disable_transport_rules", "remove_forwarding", "disable_apps"} < steps


def with_door(*groups: tuple[str, ...]) -> Report:
    report = samples.rich()
    assert report.story is not None
    return replace(report, story=replace(report.story, still_open=(Clause("a door", NOW, closed_by=groups),)))


def done(change: Change, minute: int = 1, outcome: Outcome | None = Outcome.CONFIRMED) -> Action:
    at = NOW + timedelta(minutes=minute)
    return Action(change.id, 1, None, at, outcome, "", at if outcome else None)


def dealt(*actions: Action, **more: object) -> Door:
    groups: tuple[tuple[str, ...], ...] = more.pop("groups", ((PHONE.id,),))  # type: ignore[assignment]
    proposal = samples.small(PHONE, GRANT, APP, OTHER, actions=actions)
    (door,) = doors(with_door(*groups), [proposal], **more)  # type: ignore[arg-type]
    return door


BOTH, EITHER = ((PHONE.id,), (OTHER.id,)), ((GRANT.id, APP.id),)
BACK = replace(done(PHONE, 5), change=f"restore:P-7F3K2:{PHONE.id}")
STATES = [
    ("nothing was done", (), ((PHONE.id,),), DoorState.OPEN, None, 0),
    ("read back", (done(PHONE),), ((PHONE.id,),), DoorState.CLOSED, 1, 0),
    ("was so already", (done(PHONE, 1, Outcome.ALREADY),), ((PHONE.id,),), DoorState.CLOSED, 1, 0),
    ("not read back", (done(PHONE, 1, Outcome.UNCONFIRMED),), ((PHONE.id,),), DoorState.UNCONFIRMED, 1, 0),
    ("under way", (done(PHONE, 1, None),), ((PHONE.id,),), DoorState.UNCONFIRMED, 1, 0),
    ("failed", (done(PHONE, 1, Outcome.FAILED),), ((PHONE.id,),), DoorState.OPEN, None, 0),
    ("taken back", (done(PHONE), BACK), ((PHONE.id,),), DoorState.OPEN, None, 0),
    ("closed once more", (done(PHONE), BACK, done(PHONE, 9)), ((PHONE.id,),), DoorState.CLOSED, 9, 0),
    ("one of two parts", (done(PHONE),), BOTH, DoorState.OPEN, None, 1),
    ("both parts, when the last was", (done(PHONE), done(OTHER, 3)), BOTH, DoorState.CLOSED, 3, 0),
    ("one of two ways is enough", (done(APP, 2),), EITHER, DoorState.CLOSED, 2, 0),
    ("a way that failed beside one that worked", (done(GRANT, 1, Outcome.FAILED), done(APP, 2)), EITHER,
     DoorState.CLOSED, 2, 0),
]  # fmt: skip


@pytest.mark.parametrize("row", STATES, ids=[row[0] for row in STATES])
def test_a_door_is_closed_once_all_that_closes_it_was_read_back(row):
    _, actions, groups, state, minute, left = row
    door = dealt(*actions, groups=groups)
    at = None if minute is None else NOW + timedelta(minutes=minute)
    assert (door.state, door.at, door.left) == (state, at, left)


def test_a_report_from_before_doors_named_what_closes_them_says_nothing_of_them():
    assert doors(with_door()) == ()


def test_it_says_which_change_of_which_proposal_closed_it():
    door = dealt(done(PHONE), done(OTHER, 3), groups=BOTH)
    assert (door.by, door.proposals) == (("Remove the phone", "Remove the key"), ("P-7F3K2",))


def test_what_a_recheck_found_undone_is_open_again_until_it_is_closed_anew():
    at = NOW + timedelta(minutes=30)
    assert dealt(done(PHONE), rechecked=(at, [PHONE.id])).state is DoorState.REOPENED
    assert dealt(done(PHONE, 40), rechecked=(at, [PHONE.id])).state is DoorState.CLOSED
    assert dealt(done(PHONE), rechecked=(at, [])).state is DoorState.CLOSED


def test_what_reappeared_is_named_as_of_the_check():
    """It may lead elsewhere by now, which only the recheck's own words tell."""
    report = with_door((PHONE.id,))
    proposal = samples.small(PHONE, actions=(done(PHONE),))
    at = report.window.end + timedelta(days=1)
    found = standing(report, doors(report, [proposal], rechecked=(at, [PHONE.id])))
    assert ([one.says for one in found.left], found.at, found.reappeared) == (
        ["a door"],
        report.window.end,
        True,
    )
    assert not standing(report, doors(report, [proposal], rechecked=(at, []))).reappeared


def test_a_manual_task_that_was_ticked_off_is_told_as_that():
    task = replace(samples.task_states(count=3)[2], id=PHONE.id)
    door = dealt(tasks=[task])
    assert (door.state, door.by, door.at) == (DoorState.BY_HAND, (task.says,), task.done_at)
    assert dealt(done(PHONE), tasks=[task]).state is DoorState.CLOSED
    assert dealt(tasks=[replace(task, done_by="", done_at=None)]).state is DoorState.OPEN


def test_what_only_people_can_close_is_open_until_somebody_says_so():
    """No source reads it back, so that nothing but a person's word ends it; a change is never that sure."""
    task = "remediate_manually:federation"
    ticked = replace(samples.task_states(count=3)[2], id=task)
    assert dealt(groups=((task,),)).is_open
    assert dealt(groups=((task,),), tasks=[replace(ticked, done_by="", done_at=None)]).is_open
    assert not dealt(groups=((task,),), tasks=[ticked]).is_open
    assert dealt(tasks=[replace(ticked, id=PHONE.id)]).is_open
    report = with_door((task,))
    found = standing(report, doors(report, tasks=[ticked]))
    assert (found.left, found.closed, found.at) == ((), 1, ticked.done_at)


CHECKED = samples.rich().window.end
NOW_OPEN = [
    ("nothing was done", (), 2, None),
    ("one is closed, the other was last looked at by the check", (done(PHONE),), 1, None),
    ("both are closed", (done(PHONE), done(OTHER, 3)), 0, 3),
    ("one is not confirmed since", (done(PHONE), done(OTHER, 3, Outcome.UNCONFIRMED)), 1, 3),
    ("both are not confirmed", (done(PHONE, 9, None), done(OTHER, 3, Outcome.UNCONFIRMED)), 2, 3),
]


@pytest.mark.parametrize("row", NOW_OPEN, ids=[row[0] for row in NOW_OPEN])
def test_it_is_said_what_is_open_now_and_as_of_when(row):
    _, actions, left, minute = row
    report = samples.rich()
    assert report.story is not None
    two = (Clause("a phone", closed_by=((PHONE.id,),)), Clause("a key", closed_by=((OTHER.id,),)))
    report = replace(report, story=replace(report.story, still_open=two))
    found = standing(report, doors(report, [samples.small(PHONE, OTHER, actions=actions)]))
    assert (len(found.left), found.closed) == (left, 2 - left)
    assert found.at == (CHECKED if minute is None else NOW + timedelta(minutes=minute))


def test_what_no_change_closes_stays_open_beside_what_is_closed():
    report = with_door((PHONE.id,))
    assert report.story is not None
    beside = (*report.story.still_open, Clause("mail forwarded by another tenant"))
    report = replace(report, story=replace(report.story, still_open=beside))
    found = standing(report, doors(report, [samples.small(PHONE, actions=(done(PHONE),))]))
    assert ([one.says for one in found.left], found.closed) == (["mail forwarded by another tenant"], 1)
    assert found.at == CHECKED
    assert standing(replace(report, story=None), ()).left == ()


def test_there_are_no_doors_without_a_story():
    assert doors(replace(samples.rich(), story=None)) == ()


def test_of_rights_of_which_some_were_taken_away_only_the_others_are_told_as_open():
    """All of them stood there right after a plan that took one, Send As and Send on Behalf among them."""
    report = with_door(*BOTH)
    assert report.story is not None
    (clause,) = report.story.still_open
    held = replace(clause, says="diego with FullAccess and SendAs", parts=("FullAccess", "SendAs"))
    report = replace(report, story=replace(report.story, still_open=(held,)))
    proposal = samples.small(PHONE, OTHER, actions=(done(PHONE),))
    (door,) = doors(report, [proposal])
    assert door.says == "diego with SendAs"
    assert [one.says for one in standing(report, (door,)).left] == ["diego with SendAs"]
    (untouched,) = doors(report)
    assert untouched.says == held.says
