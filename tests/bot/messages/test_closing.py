"""Every kind of thing that was open has its own word for how it no longer is."""

from __future__ import annotations

import pytest

from bot.messages.closing import WORDS, word_for
from commands.steps import STEPS
from tests.commands.steps.rich import PLAYED, collected

MANUAL = "remediate_manually"
"""What closes something that only a person can close."""


def test_every_step_that_changes_something_has_a_word():
    writing = {step.__name__.rpartition(".")[2] for step in STEPS if step.WRITES}
    assert set(WORDS) == writing | {"multi_factor"}


@pytest.mark.parametrize("name", sorted(PLAYED))
def test_whatever_stands_open_has_a_word_for_being_closed(name):
    story = collected(name).planning.report.story
    doors = story.still_open if story else ()
    steps = {id_.partition(":")[0] for door in doors for group in door.closed_by for id_ in group}
    assert steps - set(WORDS) - {MANUAL} == set()


def test_what_a_person_closed_is_marked_done_and_not_called_closed():
    assert word_for([MANUAL]) == "marked done"


def test_roles_are_removed_and_sessions_are_revoked():
    assert word_for(["remove_admin_roles", "remove_exchange_roles"]) == "removed"
    assert word_for(["revoke_sessions"]) == "revoked"
    assert word_for(["revoke_oauth_grants", "disable_apps"]) == "revoked and disabled"
    assert word_for(["reset_password", "revoke_sessions", "remove_delegates"]) == "remediated"
    assert word_for([]) == word_for(["of a later version"]) == "remediated"
