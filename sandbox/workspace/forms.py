"""From what a person typed or chose to the state that Slack hands to the app. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .errors import NotOnScreenError
from .values import Block

Person = Callable[[str], str]
"""From a part, name or id to a user id (or channel id)."""


def _option(element: Mapping[str, Any], wanted: str) -> dict[str, Any]:
    """Return the offered option whose value or text is wanted."""
    options = [o for g in element.get("option_groups", []) for o in g["options"]] or element.get(
        "options", []
    )
    for option in options:
        if wanted in {option["value"], option["text"]["text"]}:
            return dict(option)
    offered = ", ".join(o["value"] for o in options)
    raise NotOnScreenError(
        f"There is no option {wanted!r} in {element.get('action_id')!r}; there are: {offered}."
    )


_SINGLE = {
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
}
_PLAIN = {
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}
_INITIAL = {
    "datepicker": "initial_date",
    "timepicker": "initial_time",
    "datetimepicker": "initial_date_time",
    "users_select": "initial_user",
    "conversations_select": "initial_conversation",
    "channels_select": "initial_channel",
}


def chosen(element: Mapping[str, Any], value: Any, person: Person) -> dict[str, Any]:
    """Return the state of one element after the person put `value` into it.

    None keeps what was there at first.
    """
    kind = str(element["type"])
    if kind in {"static_select", "radio_buttons", "external_select", "overflow"}:
        if value is None:
            return {"type": kind, "selected_option": element.get("initial_option")}
        return {"type": kind, "selected_option": _option(element, str(value))}
    if kind in {"checkboxes", "multi_static_select"}:
        wanted = [value] if isinstance(value, str) else value
        if wanted is None:
            return {"type": kind, "selected_options": element.get("initial_options", [])}
        return {"type": kind, "selected_options": [_option(element, str(w)) for w in wanted]}
    if kind == "multi_users_select":
        wanted = element.get("initial_users", []) if value is None else value
        return {"type": kind, "selected_users": [person(str(w)) for w in wanted]}
    if kind in _SINGLE:
        wanted = element.get(_INITIAL[kind]) if value is None else value
        return {"type": kind, _SINGLE[kind]: person(str(wanted)) if wanted else None}
    if kind in _PLAIN:
        return {"type": kind, _PLAIN[kind]: element.get(_INITIAL[kind]) if value is None else value}
    return {"type": kind, "value": element.get("initial_value") if value is None else str(value)}


def _blank(state: Mapping[str, Any]) -> bool:
    return all(v in (None, "", []) for k, v in state.items() if k != "type")


def filled(
    blocks: Iterable[Block], values: Mapping[str, Any], person: Person
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return the `state.values` of some blocks and what Slack itself objects to, by block id.

    `values` may name an action id, a block id, or a block id with its action ids below.

    Raises:
        NotOnScreenError: a value is for a field that is not there.
    """
    state: dict[str, dict[str, Any]] = {}
    objections: dict[str, str] = {}
    used: set[str] = set()
    for block in blocks:
        inputs = _inputs(block)
        for element in inputs:
            block_id, action_id = str(block["block_id"]), str(element["action_id"])
            value = values.get(action_id, values.get(block_id))
            used |= {action_id, block_id}
            if isinstance(value, Mapping):
                value = value.get(action_id)
            found = chosen(element, value, person)
            state.setdefault(block_id, {})[action_id] = found
            if block["type"] == "input":
                objection = _objection(block, element, found)
                if objection:
                    objections[block_id] = objection
    unknown = set(values) - used
    if unknown:
        raise NotOnScreenError(f"There is no field {sorted(unknown)}; there are {sorted(used)}.")
    return state, objections


def _inputs(block: Block) -> list[dict[str, Any]]:
    if block["type"] == "input":
        return [block["element"]]
    found = [*block.get("elements", []), *([block["accessory"]] if "accessory" in block else [])]
    return [e for e in found if "action_id" in e and e["type"] not in {"button", "overflow"}]


def _objection(block: Block, element: Mapping[str, Any], state: Mapping[str, Any]) -> str | None:
    if _blank(state):
        return None if block.get("optional") else "Please complete this required field."
    value = state.get("value")
    if isinstance(value, str):
        if len(value) > element.get("max_length", 3000):
            return f"Please enter at most {element.get('max_length', 3000)} characters."
        if len(value) < element.get("min_length", 0):
            return f"Please enter at least {element['min_length']} characters."
    return None
