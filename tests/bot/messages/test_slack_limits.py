"""Slack's limits as its pages have them: the workspace enforces these, and the bot stays within them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.messages import limits, parts
from sandbox.workspace import blocks as slack

PAGES = "docs.slack.dev/reference/block-kit/"


def _text(count: int, kind: str = "plain_text") -> dict[str, Any]:
    return {"type": kind, "text": "x" * count}


def _button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": "a", "text": _text(1), **more}


def _actions(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "actions", "elements": list(elements)}]


def _options(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"text": _text(1), "value": str(n), **more} for n in range(count)]


def _checkboxes(options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return _actions({"type": "checkboxes", "action_id": "a", "options": options})


# What is limited: the number, the page it stands on, what the bot allows itself, and blocks of that size.
LIMITS: dict[str, tuple[int, str, int, Callable[[int], list[dict[str, Any]]]]] = {
    "blocks of a message": (50, "blocks", limits.BLOCKS, lambda n: [{"type": "divider"}] * n),
    "text of a section": (
        3000,
        "blocks/section-block",
        limits.SECTION_TEXT,
        lambda n: [{"type": "section", "text": _text(n, "mrkdwn")}],
    ),
    "fields of a section": (
        10,
        "blocks/section-block",
        limits.FIELDS,
        lambda n: [{"type": "section", "fields": [_text(1)] * n}],
    ),
    "text of a field": (
        2000,
        "blocks/section-block",
        limits.FIELD_TEXT,
        lambda n: [{"type": "section", "fields": [_text(n)]}],
    ),
    "text of a header": (
        150,
        "blocks/header-block",
        limits.HEADER_TEXT,
        lambda n: [{"type": "header", "text": _text(n)}],
    ),
    "elements of a context": (
        10,
        "blocks/context-block",
        limits.CONTEXT_ELEMENTS,
        lambda n: [{"type": "context", "elements": [_text(1)] * n}],
    ),
    "elements of actions": (
        25,
        "blocks/actions-block",
        limits.ACTIONS,
        lambda n: _actions(*(_button(action_id=f"a{number}") for number in range(n))),
    ),
    "text of a button": (
        75,
        "block-elements/button-element",
        limits.BUTTON_TEXT,
        lambda n: _actions(_button(text=_text(n))),
    ),
    "options of checkboxes": (
        10,
        "block-elements/checkboxes-element",
        parts.CHECKBOXES,
        lambda n: _checkboxes(_options(n)),
    ),
    "text of an option": (
        75,
        "composition-objects/option-object",
        parts.OPTION_TEXT,
        lambda n: _checkboxes(_options(1, text=_text(n))),
    ),
}


@pytest.mark.parametrize("what", LIMITS)
def test_the_workspace_enforces_the_limit_and_the_bot_stays_within_it(what):
    number, page, ours, build = LIMITS[what]
    assert slack.problems(build(number)) == [], PAGES + page
    assert slack.problems(build(number + 1)) != [], PAGES + page
    assert 0 < ours <= number
