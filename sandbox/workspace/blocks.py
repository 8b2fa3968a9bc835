"""Slack's limits on blocks, modals and Home tabs, with the messages that Slack gives for a breach.

Pure. `problems` and `view_problems` return sentences of the form
`[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]`; nothing means it is fine.
Source: Slack, "Block Kit reference" and "Block Kit composition objects".

Longer than other files because it is a list: one check for each kind of block and element.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from . import tables

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_BLOCKS_CHARACTERS = 13_200
"""The JSON of all blocks of one message; not in Slack's pages, but enforced as `msg_blocks_too_long`.

Source: github.com/slackapi/bolt-js/issues/2509. Cells of tables count with their text only: the limits that
Slack's pages give for a table could not be used otherwise.
"""
MESSAGE_TEXT_CHARACTERS = 11_341
"""As many characters in the texts of a message's blocks were refused as `msg_blocks_too_long`; where between
this and what was taken the limit is, nobody knows. Source: github.com/slackapi/bolt-js/issues/2867."""
VIEW_CHARACTERS = 250_000

_TEXT = ("type", "text", "emoji", "verbatim")
_PLAIN = frozenset({"plain_text"})
_ANY = frozenset({"plain_text", "mrkdwn"})

# For each block: the fields it must have, and those it may have beside type and block_id.
_BLOCKS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "section": ((), ("text", "fields", "accessory", "expand")),
    "header": (("text",), ("level",)),
    "divider": ((), ()),
    "context": (("elements",), ()),
    "actions": (("elements",), ()),
    "image": (("alt_text",), ("image_url", "slack_file", "title")),
    "input": (("label", "element"), ("hint", "optional", "dispatch_action")),
    "video": (
        ("alt_text", "title", "thumbnail_url", "video_url"),
        ("author_name", "description", "provider_icon_url", "provider_name", "title_url"),
    ),
    "rich_text": (("elements",), ()),
    "markdown": (("text",), ()),
    "table": (("rows",), ("column_settings",)),
    "data_table": (("rows", "caption"), ("page_size", "row_header_column_index")),
    "alert": (("text",), ("level",)),
}

# Newer blocks whose insides are not checked here; they pass where Slack shows them.
_LOOSE = {
    "card": {"message"},
    "carousel": {"message"},
    "container": {"message", "modal", "home"},
    "context_actions": {"message"},
    "data_visualization": {"message"},
}

_SURFACES = {
    "markdown": {"message"},
    "table": {"message"},
    "data_table": {"message"},
    "alert": {"modal"},
}

_SELECT = ("placeholder", "confirm", "focus_on_load", "initial_option", "options", "option_groups")
_MULTI = (
    "placeholder",
    "confirm",
    "focus_on_load",
    "initial_options",
    "options",
    "option_groups",
    "max_selected_items",
)
_ENTRY = ("initial_value", "dispatch_action_config", "focus_on_load", "placeholder")
_ELEMENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "button": (("text",), ("url", "value", "style", "confirm", "accessibility_label")),
    "static_select": ((), _SELECT),
    "multi_static_select": ((), _MULTI),
    "external_select": (
        (),
        ("placeholder", "confirm", "focus_on_load", "initial_option", "min_query_length"),
    ),
    "users_select": ((), ("placeholder", "confirm", "focus_on_load", "initial_user")),
    "multi_users_select": (
        (),
        ("placeholder", "confirm", "focus_on_load", "initial_users", "max_selected_items"),
    ),
    "conversations_select": (
        (),
        (
            "placeholder",
            "confirm",
            "focus_on_load",
            "initial_conversation",
            "default_to_current_conversation",
            "response_url_enabled",
            "filter",
        ),
    ),
    "channels_select": (
        (),
        ("placeholder", "confirm", "focus_on_load", "initial_channel", "response_url_enabled"),
    ),
    "overflow": (("options",), ("confirm",)),
    "datepicker": ((), ("initial_date", "confirm", "focus_on_load", "placeholder")),
    "timepicker": ((), ("initial_time", "confirm", "focus_on_load", "placeholder", "timezone")),
    "datetimepicker": ((), ("initial_date_time", "confirm", "focus_on_load")),
    "checkboxes": (("options",), ("initial_options", "confirm", "focus_on_load")),
    "radio_buttons": (("options",), ("initial_option", "confirm", "focus_on_load")),
    "plain_text_input": ((), (*_ENTRY, "multiline", "min_length", "max_length")),
    "email_text_input": ((), _ENTRY),
    "url_text_input": ((), _ENTRY),
    "number_input": (("is_decimal_allowed",), (*_ENTRY, "min_value", "max_value")),
    "rich_text_input": ((), _ENTRY),
    "file_input": ((), ("filetypes", "max_files")),
}
_INPUT_ONLY = {
    "plain_text_input",
    "email_text_input",
    "url_text_input",
    "number_input",
    "rich_text_input",
    "file_input",
}
_NO_ACCESSORY = _INPUT_ONLY
_OPTION_LIMITS = {"overflow": 5, "checkboxes": 10, "radio_buttons": 10}


def _say(what: str, where: str) -> str:
    return f"[ERROR] {what} [json-pointer:{where}]"


def _length(value: Any, limit: int, where: str, *, least: int = 0) -> Iterator[str]:
    if not isinstance(value, str):
        yield _say("must be a string", where)
    elif len(value) > limit:
        yield _say(f"must be less than {limit + 1} characters", where)
    elif len(value) < least:
        yield _say(f"must be more than {least - 1} characters", where)


def _known(value: Mapping[str, Any], allowed: tuple[str, ...], where: str) -> Iterator[str]:
    for key in value:
        if key not in allowed:
            yield _say(f"invalid additional property: {key}", where)


def _needed(value: Mapping[str, Any], keys: tuple[str, ...], where: str) -> Iterator[str]:
    for key in keys:
        if value.get(key) is None:
            yield _say(f"missing required field: {key}", where)


def _text(value: Any, limit: int, where: str, kinds: frozenset[str] = _ANY) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield _say("must be an object", where)
        return
    if str(value.get("type")) not in kinds:
        yield _say(f"must be a valid enum value: {', '.join(sorted(kinds))}", f"{where}/type")
        return
    yield from _known(value, _TEXT, where)
    if value["type"] == "mrkdwn" and "emoji" in value:
        yield _say("invalid additional property: emoji", where)
    if value["type"] == "plain_text" and "verbatim" in value:
        yield _say("invalid additional property: verbatim", where)
    yield from _length(value.get("text"), limit, f"{where}/text", least=1)


def _confirm(value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield _say("must be an object", where)
        return
    yield from _known(value, ("title", "text", "confirm", "deny", "style"), where)
    yield from _needed(value, ("title", "text", "confirm", "deny"), where)
    for key, limit, kinds in (
        ("title", 100, _PLAIN),
        ("text", 300, _ANY),
        ("confirm", 30, _PLAIN),
        ("deny", 30, _PLAIN),
    ):
        if key in value:
            yield from _text(value[key], limit, f"{where}/{key}", kinds)


def _options(value: Any, limit: int, kinds: frozenset[str], where: str) -> Iterator[str]:
    if not isinstance(value, list) or not value:
        yield _say("must have at least 1 item", where)
        return
    if len(value) > limit:
        yield _say(f"no more than {limit} items allowed", where)
    for n, option in enumerate(value):
        at = f"{where}/{n}"
        if not isinstance(option, Mapping):
            yield _say("must be an object", at)
            continue
        yield from _known(option, ("text", "value", "description", "url"), at)
        yield from _needed(option, ("text", "value"), at)
        if "text" in option:
            yield from _text(option["text"], 75, f"{at}/text", kinds)
        if "value" in option:
            yield from _length(option["value"], 150, f"{at}/value")
        if "description" in option:
            yield from _text(option["description"], 75, f"{at}/description", kinds)
        if "url" in option:
            yield from _length(option["url"], 3000, f"{at}/url")


def _element(value: Any, where: str, allowed: set[str] | None = None) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield _say("must be an object", where)
        return
    kind = str(value.get("type"))
    if kind == "image":
        yield from _known(value, ("type", "image_url", "slack_file", "alt_text"), where)
        yield from _needed(value, ("alt_text",), where)
        return
    if kind not in _ELEMENTS or (allowed is not None and kind not in allowed):
        yield _say(f"unsupported type: {kind}", f"{where}/type")
        return
    must, may = _ELEMENTS[kind]
    yield from _known(value, ("type", "action_id", *must, *may), where)
    yield from _needed(value, must, where)
    if "action_id" in value:
        yield from _length(value["action_id"], 255, f"{where}/action_id", least=1)
    if "confirm" in value:
        yield from _confirm(value["confirm"], f"{where}/confirm")
    if "placeholder" in value:
        yield from _text(value["placeholder"], 150, f"{where}/placeholder", _PLAIN)
    if kind == "button":
        if "text" in value:
            yield from _text(value["text"], 75, f"{where}/text", _PLAIN)
        for key, limit in (("value", 2000), ("url", 3000), ("accessibility_label", 75)):
            if key in value:
                yield from _length(value[key], limit, f"{where}/{key}")
        if "style" in value and str(value["style"]) not in {"primary", "danger"}:
            yield _say("must be a valid enum value: danger, primary", f"{where}/style")
    kinds = _ANY if kind in {"checkboxes", "radio_buttons"} else _PLAIN
    if "options" in value:
        yield from _options(value["options"], _OPTION_LIMITS.get(kind, 100), kinds, f"{where}/options")
    if "option_groups" in value:
        groups = value["option_groups"]
        if not isinstance(groups, list) or not all(isinstance(g, Mapping) for g in groups):
            yield _say("must be an array of objects", f"{where}/option_groups")
            return
        if len(groups) > 100:
            yield _say("no more than 100 items allowed", f"{where}/option_groups")
        for n, group in enumerate(groups):
            at = f"{where}/option_groups/{n}"
            yield from _needed(group, ("label", "options"), at)
            if "label" in group:
                yield from _text(group["label"], 75, f"{at}/label", _PLAIN)
            yield from _options(group.get("options"), 100, kinds, f"{at}/options")
    if kind in {"static_select", "multi_static_select"} and not ({"options", "option_groups"} & value.keys()):
        yield _say("missing required field: options", where)
    lists = [value.get("options"), *(g.get("options") for g in value.get("option_groups") or [])]
    offered = [option for found in lists if isinstance(found, list) for option in found]
    chosen = [value["initial_option"]] if "initial_option" in value else value.get("initial_options", [])
    if not isinstance(chosen, list):
        yield _say("must be an array", f"{where}/initial_options")
    elif kind != "external_select" and any(option not in offered for option in chosen):
        yield _say("initial option must be one of the options", where)


def _action_ids(elements: list[Any], where: str) -> Iterator[str]:
    seen: set[str] = set()
    for n, element in enumerate(elements):
        name = element.get("action_id") if isinstance(element, Mapping) else None
        if isinstance(name, str) and name in seen:
            yield _say(f"`action_id` `{name}` already exists", f"{where}/elements/{n}/action_id")
        seen.add(str(name))


def _list(value: Any, limit: int, where: str) -> Iterator[str]:
    if not isinstance(value, list) or not value:
        yield _say("must have at least 1 item", where)
    elif len(value) > limit:
        yield _say(f"no more than {limit} items allowed", where)


def _block(block: Any, where: str, surface: str) -> Iterator[str]:
    if not isinstance(block, Mapping):
        yield _say("must be an object", where)
        return
    kind = str(block.get("type"))
    if "block_id" in block:
        yield from _length(block["block_id"], 255, f"{where}/block_id", least=1)
    if kind in _LOOSE and surface in _LOOSE[kind]:
        return
    if kind not in _BLOCKS or surface not in _SURFACES.get(kind, {surface}):
        yield _say(f"unsupported type: {kind}", f"{where}/type")
        return
    must, may = _BLOCKS[kind]
    yield from _known(block, ("type", "block_id", *must, *may), where)
    missing = list(_needed(block, must, where))
    if missing:
        yield from missing
        return
    for key in ("fields", "elements"):
        if key in block and not isinstance(block[key], list):
            yield _say("must be an array", f"{where}/{key}")
            return
    if kind == "section":
        if not ({"text", "fields"} & block.keys()):
            yield _say("missing required field: text", where)
        if "text" in block:
            yield from _text(block["text"], 3000, f"{where}/text")
        if "fields" in block:
            yield from _list(block["fields"], 10, f"{where}/fields")
            for n, item in enumerate(block["fields"]):
                yield from _text(item, 2000, f"{where}/fields/{n}")
        if "accessory" in block:
            yield from _element(
                block["accessory"], f"{where}/accessory", {"image", *_ELEMENTS.keys()} - _NO_ACCESSORY
            )
    elif kind == "header":
        yield from _text(block["text"], 150, f"{where}/text", _PLAIN)
    elif kind == "alert":
        yield from _text(block["text"], 200, f"{where}/text")
    elif kind == "markdown":
        yield from _length(block["text"], 12_000, f"{where}/text", least=1)
    elif kind == "context":
        yield from _list(block["elements"], 10, f"{where}/elements")
        for n, element in enumerate(block["elements"]):
            at = f"{where}/elements/{n}"
            if isinstance(element, Mapping) and str(element.get("type")) in _ANY:
                yield from _text(element, 3000, at)
            else:
                yield from _element(element, at, {"image"})
    elif kind == "actions":
        yield from _list(block["elements"], 25, f"{where}/elements")
        for n, element in enumerate(block["elements"]):
            yield from _element(element, f"{where}/elements/{n}", set(_ELEMENTS) - _INPUT_ONLY)
        yield from _action_ids(block["elements"], where)
    elif kind == "image":
        yield from _length(block["alt_text"], 2000, f"{where}/alt_text", least=1)
        if "title" in block:
            yield from _text(block["title"], 2000, f"{where}/title", _PLAIN)
        if "image_url" in block:
            yield from _length(block["image_url"], 3000, f"{where}/image_url", least=1)
        elif "slack_file" not in block:
            yield _say("missing required field: image_url", where)
    elif kind == "input":
        yield from _text(block["label"], 2000, f"{where}/label", _PLAIN)
        if "hint" in block:
            yield from _text(block["hint"], 2000, f"{where}/hint", _PLAIN)
        yield from _element(block["element"], f"{where}/element", set(_ELEMENTS) - {"button", "overflow"})
    elif kind == "rich_text":
        for n, element in enumerate(block["elements"]):
            kind_of = str(element.get("type")) if isinstance(element, Mapping) else "nothing"
            if kind_of not in {
                "rich_text_section",
                "rich_text_list",
                "rich_text_preformatted",
                "rich_text_quote",
            }:
                yield _say(f"unsupported type: {kind_of}", f"{where}/elements/{n}/type")
    elif kind == "table":
        yield from tables.table_problems(block, where)
    elif kind == "data_table":
        yield from tables.data_table_problems(block, where)


def problems(blocks: Any, surface: str = "message", where: str = "/blocks") -> list[str]:
    """Return what is wrong with the blocks of a `message`, `modal` or `home`; empty when Slack takes them."""
    if not isinstance(blocks, list):
        return [_say("must be an array", where)]
    limit = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    found: list[str] = []
    if len(blocks) > limit:
        found.append(_say(f"no more than {limit} items allowed", where))
    ids: set[str] = set()
    for n, block in enumerate(blocks):
        found += _block(block, f"{where}/{n}", surface)
        name = block.get("block_id") if isinstance(block, Mapping) else None
        if isinstance(name, str) and name in ids:
            found.append(_say(f"`block_id` `{name}` already exists", f"{where}/{n}/block_id"))
        ids.add(str(name))
    found += tables.message_problems(blocks, where)
    markdown = sum(
        len(str(b.get("text", ""))) for b in blocks if isinstance(b, Mapping) and b.get("type") == "markdown"
    )
    if markdown > 12_000:
        found.append(_say("must be less than 12001 characters in all markdown blocks", where))
    return found


def too_long(blocks: list[Mapping[str, Any]]) -> bool:
    """Say whether Slack refuses the blocks of a message as too long, taken together."""
    return (
        characters(blocks) > MESSAGE_BLOCKS_CHARACTERS
        or text_characters([b for b in blocks if b["type"] != "markdown"]) >= MESSAGE_TEXT_CHARACTERS
    )


def characters(blocks: Any) -> int:
    """Return how long the blocks are as compact JSON, with no more than the text of the cells of tables."""
    rest = [b for b in blocks if b.get("type") not in tables.KINDS] if isinstance(blocks, list) else blocks
    cells = sum(tables.characters(b) for b in blocks if b not in rest) if isinstance(blocks, list) else 0
    return cells + len(json.dumps(rest, separators=(",", ":"), ensure_ascii=False))


def text_characters(value: Any) -> int:
    """Return how long all texts in some blocks are together."""
    if isinstance(value, Mapping):
        own = value.get("text")
        if isinstance(own, str):
            return len(own)
        return sum(text_characters(inner) for inner in value.values())
    return sum(map(text_characters, value)) if isinstance(value, list) else 0


def view_problems(view: Any, surface: str) -> list[str]:
    """Return what is wrong with a modal (`modal`) or Home tab (`home`); empty when Slack takes it."""
    if not isinstance(view, Mapping):
        return [_say("must be an object", "/view")]
    common = ("type", "blocks", "private_metadata", "callback_id", "external_id")
    modal = ("title", "submit", "close", "clear_on_close", "notify_on_close", "submit_disabled")
    found: list[str] = []
    if view.get("type") != surface:
        found.append(_say(f"must be a valid enum value: {surface}", "/view/type"))
    found += _known(view, (*common, *(modal if surface == "modal" else ())), "/view")
    found += _needed(view, ("blocks", "title") if surface == "modal" else ("blocks",), "/view")
    for key in ("title", "submit", "close"):
        if view.get(key) is not None:
            found += _text(view[key], 24, f"/view/{key}", _PLAIN)
    for key, limit in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if key in view:
            found += _length(view[key], limit, f"/view/{key}")
    blocks = view.get("blocks", [])
    found += problems(blocks, surface, "/view/blocks")
    if surface == "modal" and isinstance(blocks, list):
        inputs = any(isinstance(b, Mapping) and b.get("type") == "input" for b in blocks)
        if inputs and not view.get("submit"):
            found.append(_say("missing required field: submit", "/view"))
    return found
