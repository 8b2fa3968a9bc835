"""Which changes of a plan are made beside each other: those in different services that wait for no other.

What shuts the attacker out comes first, one change after the other. From there on each service of Microsoft's
has a lane of its own, in which the plan's order holds: a change is begun when the one before it in its lane
has ended. So no two writes meet at one user or one mailbox, and what the steps say by their order alone holds
too: Exchange deletes rules of a mailbox when it changes one, so what Graph switches off there comes before.

Rules over Graph and over Exchange, and the settings of a mailbox, are in one lane, for they are one store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from commands.plans.plan import Act, Change
from commands.steps import CONTAIN_NOW
from graph.limits import lane_of

Stage = tuple[tuple[Change, ...], ...]
"""Lanes that are gone through beside each other, each of them in its order."""


def service_of(do: Act) -> str:
    """Name the service that a change is made in, as one lane."""
    name, _ = lane_of(do)
    return "exchange" if name.startswith("mailbox ") else name


def stages(changes: Iterable[Change]) -> Iterator[Stage]:
    """Divide changes, given in the plan's order, into stages that follow one another.

    A change that shuts the attacker out has a stage of its own, unless it waits for another one anyway: what
    waits lets others go on meanwhile. A change that waits for one in another lane begins a new stage.
    """
    lanes: dict[str, list[Change]] = {}
    where: dict[str, str] = {}
    for change in changes:
        lane = service_of(change.do)
        alone = change.step in CONTAIN_NOW and not change.after
        if lanes and (alone or any(where.get(name, lane) != lane for name in change.after)):
            yield _stage(lanes)
            lanes, where = {}, {}
        lanes.setdefault(lane, []).append(change)
        where[change.id] = lane
        if alone:
            yield _stage(lanes)
            lanes, where = {}, {}
    if lanes:
        yield _stage(lanes)


def _stage(lanes: dict[str, list[Change]]) -> Stage:
    return tuple(tuple(lane) for lane in lanes.values())
