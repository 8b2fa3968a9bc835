"""A list for a spreadsheet runs nothing and hides nothing."""

from __future__ import annotations

import csv
import io

import pytest

from commands.csv_cells import harmless, moment, table
from tests.commands.evidence import NOON

TEXTS = [
    '=HYPERLINK("https://evil.example","Invoice")',
    "+44 7700 900077",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "|calc",
    "＝1",
    'Hello";=1',
    "a;\n=1",
    "Re: plain subject",
    "two\r\nlines",
    "turned \u202e around",
    "zero\u200bwidth",
    "",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS[:7])
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert harmless(text).startswith("'")


def test_a_table_can_be_read_back_and_has_its_columns_first() -> None:
    text = table(("time", "subject"), [(moment(NOON), 'say "yes", now')])
    assert list(csv.reader(io.StringIO(text))) == [
        ["time", "subject"],
        ["2026-09-09T12:00:00Z", 'say "yes", now'],
    ]


def test_a_time_that_nobody_knows_is_an_empty_cell() -> None:
    assert moment(None) == ""
