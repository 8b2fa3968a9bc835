"""What the bot says of permissions agrees with Microsoft's contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.setup.capabilities import INCLUDED
from commands.steps import STEPS
from graph import contract
from graph.contract import Alternatives
from graph.request import Request
from sandbox.tenant.enforcing import allowed
from tests.commands.steps.rich import NAMES
from tests.commands.steps.test_contract import changes
from tests.graph.obeying import row_of

BESIDE = {
    "User.Read.All": ("MemberOf", "memberOf", "/organization"),
    "RoleManagement.Read.Directory": ("ScheduleInstances",),
}
"""Paths that take a permission and are asked for under another one, by nobody, or as a part of its own that
doctor tries by itself, as PIM's lists."""


def taking(permission: str) -> Iterator[tuple[str, Alternatives]]:
    """Everything in the table that the permission alone is enough for."""
    for row in contract.endpoints():
        if any(piece in row.path for piece in BESIDE.get(permission, ())):
            continue
        for needs in (row.permissions, *(one.permissions for one in row.properties.values())):
            if frozenset({permission}) in needs:
                yield f"{row.method} {row.path}", needs


@pytest.mark.parametrize("permission", INCLUDED)
def test_a_permission_that_holds_another_one_will_do_wherever_that_one_does(permission: str) -> None:
    places = list(taking(permission))
    assert places
    for greater in INCLUDED[permission]:
        assert [place for place, needs in places if not allowed(needs, {greater})] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_a_step_says_that_it_needs_is_enough_for_what_it_sends(name: str) -> None:
    needs = {step.__name__.rpartition(".")[2]: set(step.PERMISSIONS) for step in STEPS}
    for change in changes(name):
        sent = [change.do, *([change.undo.do] if change.undo else [])]
        for request in (one for one in sent if isinstance(one, Request)):
            row, held = row_of(request), needs[change.step]
            for field in [one for one in request.body or {} if "@" not in one] or [""]:
                own = row.properties.get(field)
                wanted = own.permissions if own and own.permissions else row.permissions
                assert allowed(wanted, held), (change.id, row.path, field)
