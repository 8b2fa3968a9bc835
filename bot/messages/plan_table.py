"""The changes of a plan as a table: what each does, and what it replaces.

How each is undone stands in the thread: three columns are what a phone shows beside each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from bot.messages import Block, parts, tables
from bot.messages.closing import word_for
from bot.messages.plans import of_account
from bot.messages.tables import Ranked, Table
from commands.containment.state_words import field_in_words, value_in_words
from commands.plans.plan import Change, Plan, State

_HEADER: Final = ("No.", "Change", "Before → after")
_SAYS: Final = 160
_VALUE: Final = 40

_ID: Final = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_PROTOCOLS: Final = "disable_mail_protocols"

_FROM_A_LIST: Final = "clean_junk_lists"
"""The step of which each change takes one entry out of a list."""


def plan_table(
    plan: Plan, places: Sequence[int], limit: int, form: Literal["table", "data_table"]
) -> Iterator[Block]:
    """Draw those changes of a plan that stand at some places, in their order; nothing where there are none.

    Args:
        plan: The plan.
        places: Which changes, by place from 0; people count from one.
        limit: How many characters of a sentence are said.
        form: Which of Slack's blocks.
    """
    ours = parts.domains_of(plan.subject)
    rows = tables.that_fit([_row(place, plan, min(limit, _SAYS), ours) for place in places])
    if not rows:
        return
    left = f"; {len(rows)} are here, the whole plan is in the thread" if len(rows) < len(places) else ""
    caption = (
        f"{parts.counted(len(places), 'change')} to this account alone that can be undone, in order{left}"
    )
    table = Table(caption, _HEADER, rows, names=1, wide=frozenset({1, 2}))
    if form == "data_table":
        # On one page: whoever approves must not have to turn pages to see what.
        yield tables.data_table(table, len(rows))
    else:
        yield parts.section(f"*{caption}*")
        yield tables.older_table(table)


def before_and_after(change: Change) -> str:
    """Say how a thing stands and how it is wanted, as text from anywhere; "" where that is open."""
    if change.moves:
        return ""
    if change.wants is None:
        # What is read back as gone may be there still: a rule that no longer works is disabled.
        ends = "removed" if change.step == _FROM_A_LIST else word_for((change.step,))
        return f"{_known(change.expects) or 'present'} → {ends}"
    if change.expects is None:
        return f"none → {_known(change.wants) or 'set'}"
    was, wanted = change.expects, change.wants
    if change.step == _PROTOCOLS:
        # The sentence names the protocol.
        return "; ".join(
            f"{value_in_words(was.get(name), name)} → {value_in_words(wanted[name], name)}" for name in wanted
        )
    changed = [name for name in wanted if was.get(name) != wanted[name]]
    return "; ".join(
        f"{field_in_words(name)}: {_value(was.get(name), name)} → {_value(wanted[name], name)}"
        for name in changed
    )


def _row(place: int, plan: Plan, limit: int, ours: frozenset[str]) -> tuple[tables.Cell, ...]:
    change = plan.changes[place]
    # Nearly every sentence names the account, which the card is about.
    says = of_account(change.says, plan.subject)
    warned = " ⚠" if change.warns else ""
    return (
        Ranked(place + 1, str(place + 1)),
        tables.cell(says, limit, ours) + warned,
        tables.cell(before_and_after(change), limit, ours),
    )


def _known(state: State) -> str:
    """What is known of a thing; ids that only machines read are left out."""
    values = (state or {}).values()
    return ", ".join(_value(value) for value in values if value and not _ID.search(str(value)))


def _value(value: Any, field: str = "") -> str:
    if word := value_in_words(value, field):
        return word
    match value:
        case list() | tuple():
            return ", ".join(map(_value, value))
        case Mapping():
            return ", ".join(f"{field_in_words(str(name))} {_value(one)}" for name, one in value.items())
        case _:
            text = " ".join(str(value).split())
            return text if len(text) <= _VALUE else f"{text[: _VALUE - 1]}…"
