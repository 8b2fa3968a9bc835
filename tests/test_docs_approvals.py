"""The page about approvals names every state and every outcome, in the words that people see."""

import re
from pathlib import Path

from commands.containment.proposals import SECRET_LIFE, Outcome
from commands.plans.approval import GRACE, ProposalState

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "reference" / "approvals.md").read_text()


def rows(heading: str) -> list[str]:
    """The first cells of the table under a heading of its own column."""
    table = PAGE.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return re.findall(r"^\| ([^|]+?) \|", table, re.MULTILINE)[1:]


def test_every_state_has_its_row():
    assert rows("state") == [str(state) for state in ProposalState]


def test_every_outcome_has_its_row():
    assert rows("outcome") == [f"`{outcome}`" for outcome in Outcome]


def test_the_times_are_those_of_the_code():
    assert (GRACE.total_seconds(), SECRET_LIFE.total_seconds()) == (600, 900)
    assert "ten minutes after its end" in PAGE
    assert "After 15 minutes it is forgotten" in PAGE
