"""Reading is strict about meaning and lenient about form, for every query and every shape of an answer."""

from __future__ import annotations

from contextlib import suppress

import pytest
from pydantic import ValidationError

from graph import contract
from graph.collect import source_of
from graph.errors import GraphError
from graph.evidence import Known
from graph.queries import Query
from graph.queries.registry import QUERIES
from graph.request import Cmdlet
from tests.graph.bodies import SHAPES, answers
from tests.graph.play import a_question, play

DESCRIBED = [
    query
    for query in QUERIES
    if all(
        contract.cmdlet(what.name)
        for what in play(query.ask(a_question(5)), answers(dict, anything=True)).asked
        if isinstance(what, Cmdlet)
    )
]
"""The queries whose every answer the contract describes."""


KEEP_THE_RECORD = {
    "audit_log",
    "audit_log_on_mailbox",
    "directory_audits_on_user",
    "directory_audits_by_user",
}
"""Sources whose values hold the record as it came, unknown fields and all."""


def read(query: Query, shape: str) -> Known[object]:
    known = play(query.ask(a_question(5)), answers(SHAPES[shape])).value
    assert isinstance(known, Known)
    return known


@pytest.mark.parametrize("query", DESCRIBED, ids=source_of)
def test_an_answer_as_the_schema_has_it_is_read_whole(query: Query) -> None:
    assert not [gap for gap in read(query, "as the schema has it").missing if "understood" in gap]


@pytest.mark.parametrize("query", DESCRIBED, ids=source_of)
@pytest.mark.parametrize("shape", ["sidecars", "fields that nobody knows", "one element for a list"])
def test_the_form_of_an_answer_changes_nothing_in_what_is_read(query: Query, shape: str) -> None:
    plain, other = read(query, "as the schema has it"), read(query, shape)
    assert other.missing == plain.missing
    if source_of(query) not in KEEP_THE_RECORD:
        assert other.value == plain.value


@pytest.mark.parametrize("query", DESCRIBED, ids=source_of)
def test_an_answer_of_nulls_never_passes_for_a_complete_one(query: Query) -> None:
    try:
        known = read(query, "all null")
    except (GraphError, ValidationError):  # graph.collect calls the source unavailable for either
        return
    assert known.missing


@pytest.mark.parametrize("query", QUERIES, ids=source_of)
def test_an_empty_answer_is_read(query: Query) -> None:
    with suppress(GraphError):  # what must hold something and does not is said to be unreadable
        assert isinstance(play(query.ask(a_question(5)), answers(dict, empty=True)).value, Known)
