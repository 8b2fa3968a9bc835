"""Whatever names an intruder gives to things, what people read stays one short and visible line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from commands.plans.plan import Change, ManualTask, Nothing, Planned, offer_from, offer_text
from commands.plans.planning_input import PlanningInput
from commands.steps import restore_contact_data
from graph.evidence import Evidence
from graph.resources.values import GraphValue
from tests.commands.evidence import INTRUDER, evidence, record
from tests.commands.steps import rich
from tests.commands.steps.planning_inputs import changes, planning, user
from tests.commands.steps.test_contract import IN_ORDER
from tests.commands.symptoms.judging import broken_in

NAMES = {
    "lines and control characters": "one\r\ntwo\u2028three\x00\x1b[31mfour",
    "marks that turn the reading": "\u202egnp.exe\u2066 \u200fabc",
    "half a character": "half \ud800 of it",
    "very long": "long " * 2_000,
    "nothing that can be seen": "\u200b\u2060\u00ad",
    "markup": "*<!channel>* `x` <https://evil.example|here> & _y_",
    "a formula": "=HYPERLINK(1)|'x'",
}
NAMING = {
    "name", "display_name", "friendly_name", "device_model", "device_type", "device_user_agent", "who",
    "folder", "scope", "app_display_name", "resource_display_name", "federation_issuer",
    "forwarding_address", "model", "subject", "operating_system",
}  # fmt: skip
"""The fields that hold what somebody may have written freely."""
LONGEST = 700
"""More than any sentence needs: an address, a name or two, and the permissions of an application."""


def poisoned(value: Any, name: str) -> Any:
    """The value with this name for everything in it that has one."""
    if isinstance(value, tuple):
        return tuple(poisoned(one, name) for one in value)
    fields = getattr(type(value), "model_fields", {})
    hit: dict[str, Any] = {one: name for one in fields if one in NAMING and getattr(value, one)}
    rest = {one: getattr(value, one) for one in fields if one not in hit}
    inner = {one: poisoned(held, name) for one, held in rest.items() if isinstance(held, tuple | GraphValue)}
    return value.model_copy(update={**inner, **hit}) if hit or inner else value


def poisoned_situation(name: str) -> PlanningInput:
    """Everything that the steps can plan from, with this name for each thing."""
    given = rich.sources()
    made = {
        source: [poisoned(one, name) for one in value] if isinstance(value, list) else poisoned(value, name)
        for source, value in given.items()
        if source not in {"sign_ins", "directory_audits_on_user", "user", "domains"}
    }
    seen: Evidence = evidence(**{**given, **made})
    return PlanningInput(seen, rich.accused(seen))


def offered(on: PlanningInput) -> list[Planned]:
    found: list[Planned] = []
    for step in IN_ORDER:
        before = tuple(one for one in found if isinstance(one, Change))
        found.extend(step.plan(replace(on, planned=before)))
    return found


def read_by_people(offer: list[Planned]) -> Iterator[str]:
    for one in offer:
        match one:
            case Change():
                yield from (one.says, one.why, *one.warns)
                if one.undo is not None:
                    yield from (one.undo.says, one.undo.note)
            case ManualTask():
                yield from (one.says, *one.how)
            case Nothing():
                yield one.why


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_what_people_read_is_one_visible_line_of_bearable_length(name: str) -> None:
    offer = offered(poisoned_situation(name))
    assert sum(isinstance(one, Change) for one in offer) > 30
    for line in read_by_people(offer):
        assert line.isprintable(), line[:200]
        assert len(line) <= LONGEST, line[:200]
        assert "  " not in line, line
    for one in offer:
        assert isinstance(one, Nothing) or "“”" not in one.says, one.says


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_such_names_come_through_the_ledger(name: str) -> None:
    text = offer_text(offered(poisoned_situation(name)))
    assert offer_text(offer_from(text)) == text


@pytest.mark.parametrize("was", ["Adele\nVance\u202e", "Adele " * 2_000])
def test_contact_data_is_shown_on_one_line_and_put_back_whole(was: str) -> None:
    seen = planning(
        user=user(job_title="Director"),
        sign_ins=broken_in(),
        directory_audits_on_user=[
            record("Update user", address=INTRUDER, changes={"JobTitle": (was, "Director")})
        ],
    )
    (change,) = [one for one in changes(restore_contact_data, seen) if one.id.endswith(":jobTitle")]
    assert change.wants == {"jobTitle": was.strip()}
    assert change.says.isprintable()
    assert len(change.says) <= LONGEST
