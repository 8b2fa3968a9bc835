"""The pages about the steps say what the steps are: every one, in order, with what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from commands import steps
from commands.containment.propose import Policy, needs_of
from graph.needs import of_writes
from tests.commands.steps.rich import NAMES
from tests.commands.steps.test_contract import FOUND, changes, name_of

DOCS = Path(__file__).resolve().parents[1] / "docs"
PERMISSIONS = (DOCS / "reference" / "permissions.md").read_text("utf-8")
STEPS: tuple[Any, ...] = steps.STEPS or FOUND


def rows(text: str, columns: int) -> list[list[str]]:
    """The cells of every row of tables with so many columns, without those of the heads."""
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]
    return [row for row in cells if len(row) == columns]


def coded(permission: str) -> str:
    """A permission as the pages write it: names in code, roles in words."""
    return permission if " " in permission else f"`{permission}`"


@pytest.mark.parametrize("step", STEPS, ids=name_of)
def test_a_step_says_how_many_people_it_takes_and_whether_it_can_be_undone(step: steps.Step) -> None:
    planned = [change for name in NAMES for change in changes(name) if change.step == name_of(step)]
    needed = sorted({needs_of(change, Policy()) for change in planned})
    assert (" or ".join({1: "one", 2: "two"}[number] for number in needed) or "one") == step.PEOPLE
    assert ("cannot be undone" in step.UNDO) is any(change.no_undo for change in planned)


def test_every_permission_to_write_has_its_row_with_the_steps_that_need_it() -> None:
    wanted: dict[str, list[str]] = {}
    for step in STEPS:
        for permission in of_writes(step.WRITES):
            wanted.setdefault(coded(permission), []).append(f"`{name_of(step)}`")
    _, _, table = PERMISSIONS.partition("| to write |")
    given = {row[0]: row[1].split(", ") for row in rows(table.partition("\n## ")[0], 3)}
    given.pop("to write", None)
    assert {name: sorted(names) for name, names in given.items()} == {
        name: sorted(names) for name, names in wanted.items()
    }


@pytest.mark.parametrize("page", ["reference/steps.md", "how-to/add-a-step.md"])
def test_the_page_is_linked_from_the_start_of_the_documentation(page: str) -> None:
    assert f"]({page})" in (DOCS / "README.md").read_text("utf-8")
