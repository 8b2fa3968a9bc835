"""What the people on the page do, from JSON to the workspace and back to a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.page import seen
from sandbox.workspace import Delivery, NotOnScreenError, RunningWorkspace

Json = dict[str, Any]

LONGEST = 12_000
"""The most characters that a person can send in one message at Slack."""

_TROUBLE = {
    "operation_timeout": "The app did not answer in time.",
    "dispatch_failed": "The app cannot be reached. Is the bot running?",
    "invalid_ack": "The app's answer could not be shown.",
    "not_supported_in_threads": "Slash commands are not supported in threads. Type it in the channel.",
}


class BadAct(ValueError):
    """What the browser sent is no act; the sentence says what is wrong."""


def do(slack: RunningWorkspace, part: str, asked: Mapping[str, Any]) -> Json:
    """Let a person act and give `error`, `says` and `errors`.

    Raises:
        BadAct: what was sent is no act, or a part of it is missing.
    """
    act = _ACTS.get(_text(asked, "act"))
    if act is None:
        raise BadAct(f"There is no such act; there are {', '.join(_ACTS)}.")
    try:
        return act(slack, part, asked)
    except NotOnScreenError as error:
        return _said(str(error), "not_on_screen")


def _said(says: str = "", error: str | None = None, errors: Mapping[str, str] | None = None) -> Json:
    return {"error": error, "says": says, "errors": dict(errors or {})}


def _outcome(delivery: Delivery | None) -> Json:
    """What a person is told of a delivery: nothing when the app took it."""
    if delivery is None or delivery.error is None:
        return _said()
    return _said(_TROUBLE.get(delivery.error, f"That did not work: {delivery.error}."), delivery.error)


def _text(asked: Mapping[str, Any], name: str) -> str:
    found = asked.get(name)
    if not isinstance(found, str) or not found:
        raise BadAct(f"{name} must be a text.")
    return found


def _optional(asked: Mapping[str, Any], name: str) -> str | None:
    return None if asked.get(name) in (None, "") else _text(asked, name)


def _values(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    found = asked.get("values") or {}
    if not isinstance(found, dict):
        raise BadAct("values must be an object.")
    return found


def _say(slack: RunningWorkspace, part: str, asked: Mapping[str, Any]) -> Json:
    words, thread_ts = _text(asked, "text").strip(), _optional(asked, "thread_ts")
    if not words:
        raise BadAct("text must not be blank.")
    if len(words) > LONGEST:
        return _said(f"This message is too long: Slack takes {LONGEST} characters.", "msg_too_long")
    state = slack.state
    with state.lock:
        visible = {one.id: one for one in seen.visible_channels(state, state.people[part])}
        where = visible.get(_text(asked, "channel"))
        if where is None:
            raise NotOnScreenError("You are not in this channel.")
        if where.is_archived:
            return _said(f"#{where.name} is archived; no one can write there.", "is_archived")
        if where.is_im and state.manifest.direct_read_only:
            says = "Sending messages to this app has been turned off. Use its commands in a channel."
            return _said(says, "messages_tab_disabled")
    command, _, rest = words.partition(" ")
    if command.startswith("/"):
        if command not in state.manifest.commands:
            return _said(f"{command} is not a valid command.", "not_a_command")
        return _outcome(slack.slash(part, where.id, command, rest.strip(), thread_ts))
    if thread_ts:
        seen.message_of(slack, part, where.id, thread_ts)
    slack.say(part, where.id, words, thread_ts)
    return _said()


def _click(slack: RunningWorkspace, part: str, asked: Mapping[str, Any]) -> Json:
    view_id = _optional(asked, "view_id")
    if view_id:
        place: Any = seen.view_of(slack, part, view_id)
    else:
        place = seen.message_of(slack, part, _text(asked, "channel"), _text(asked, "ts"))
    return _outcome(
        slack.click(
            part,
            place,
            _text(asked, "action_id"),
            asked.get("value"),
            values=_values(asked),
            block_id=_optional(asked, "block_id"),
        )
    )


def _submit(slack: RunningWorkspace, part: str, asked: Mapping[str, Any]) -> Json:
    delivery = slack.submit(part, seen.view_of(slack, part, _text(asked, "view_id")), _values(asked))
    errors = (delivery.ack_payload or {}).get("errors")
    if isinstance(errors, Mapping) and delivery.error in {None, "required_fields_missing"}:
        return _said(errors=errors)
    return _outcome(delivery)


def _close(slack: RunningWorkspace, part: str, asked: Mapping[str, Any]) -> Json:
    return _outcome(slack.close(part, seen.view_of(slack, part, _text(asked, "view_id"))))


def _shortcut(slack: RunningWorkspace, part: str, asked: Mapping[str, Any]) -> Json:
    channel, ts = _optional(asked, "channel"), _optional(asked, "ts")
    message = seen.message_of(slack, part, channel, ts) if channel and ts else None
    return _outcome(slack.shortcut(part, _text(asked, "callback_id"), message))


def _home(slack: RunningWorkspace, part: str, asked: Mapping[str, Any]) -> Json:
    if not slack.state.manifest.home_enabled:
        return _said("This app has no Home tab.", "home_tab_disabled")
    return _outcome(slack.open_home(part))


def _reload(slack: RunningWorkspace, part: str, asked: Mapping[str, Any]) -> Json:
    slack.reload(part)
    return _said()


_ACTS: Mapping[str, Callable[[RunningWorkspace, str, Mapping[str, Any]], Json]] = {
    "say": _say,
    "click": _click,
    "submit": _submit,
    "close": _close,
    "shortcut": _shortcut,
    "home": _home,
    "reload": _reload,
}
