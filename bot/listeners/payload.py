"""What Slack sends, looked at before any listener reads it: the fields that they rely on, and their types.

What has another form was not sent by the Slack that we know. It is acknowledged, so that nobody sends it
again, and goes no further. Whoever sent it is told so in one sentence, where it still says who that is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final
from uuid import uuid4

import structlog
from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError
from slack_bolt import App, BoltResponse

from bot.desk import Desk
from bot.messages import answers
from bot.slack.intake import Asked

log = structlog.get_logger(__name__)

Id = Annotated[StrictStr, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.-]+$")]
"""An id of Slack's: of a user, a view, a trigger."""

_ID: Final = re.compile(r"[A-Z0-9]{1,40}")
_URL: Final = re.compile(r"https?://[!-~]{1,500}")

SAYS: Final = "Slack sent this in a form that I do not know, so nothing was done. Type the command again."


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Named(_Part):
    id: Id


class _User(_Named):
    team_id: StrictStr | None = None


class Command(_Part):
    """A slash command."""

    user_id: Id
    trigger_id: Id
    team_id: StrictStr | None = None
    channel_id: StrictStr | None = None
    text: StrictStr | None = None
    response_url: StrictStr | None = None


class _Action(_Part):
    action_id: StrictStr
    action_ts: StrictStr
    value: StrictStr | None = None


class _Container(_Part):
    channel_id: StrictStr | None = None
    message_ts: StrictStr | None = None
    view_id: StrictStr | None = None


class _Channel(_Part):
    id: StrictStr | None = None


class _Option(_Part):
    value: StrictStr


class _Field(_Part):
    value: StrictStr | None = None
    selected_option: _Option | None = None
    selected_options: tuple[_Option, ...] | None = None
    selected_user: StrictStr | None = None


class _Element(_Part):
    type: StrictStr | None = None


class _Block(_Part):
    # Slack makes an id for a block that has none; who sends the window back as we wrote it does not.
    block_id: StrictStr | None = None
    element: _Element | None = None


class _State(_Part):
    values: Mapping[str, Mapping[str, _Field]]


class _View(_Named):
    type: StrictStr | None = None
    hash: StrictStr | None = None
    private_metadata: StrictStr | None = None


class _Sent(_View):
    state: _State
    blocks: tuple[_Block, ...]


class Clicked(_Part):
    """A button."""

    user: _User
    actions: Annotated[tuple[_Action, ...], Field(min_length=1)]
    container: _Container | None = None
    channel: _Channel | None = None
    view: _View | None = None
    trigger_id: StrictStr | None = None
    response_url: StrictStr | None = None


class Submitted(_Part):
    """What is sent from a window."""

    user: _User
    view: _Sent


class _Profile(_Part):
    text: StrictStr | None = None


class Used(_Part):
    """A shortcut."""

    user: _User
    callback_id: StrictStr
    trigger_id: Id
    team: _Channel | None = None
    channel: _Channel | None = None
    message: _Profile | None = None
    response_url: StrictStr | None = None


class _Opened(_Part):
    user: Id
    tab: StrictStr | None = None


class Event(_Part):
    """Something that happened; only the Home tab's is listened to."""

    event: _Opened


FORMS: Final[Mapping[str, type[_Part]]] = {
    "block_actions": Clicked,
    "view_submission": Submitted,
    "shortcut": Used,
    "message_action": Used,
    "event_callback": Event,
}
"""The form of each type of payload; a command has none, but what has one may hold a command as well."""


def forms_of(body: Mapping[str, Any]) -> tuple[type[_Part], ...]:
    """Give the forms that a payload should have, one for each kind of listener that Bolt may give it to.

    Bolt takes for a command whatever holds one, whatever its type is. None is for what no listener hears.
    """
    kind, event = body.get("type"), body.get("event")
    forms = (Command,) if "command" in body else ()
    if kind == "event_callback" and isinstance(event, Mapping) and event.get("type") != "app_home_opened":
        return forms
    typed = FORMS.get(kind) if isinstance(kind, str) else None
    return (*forms, typed) if typed else forms


def wrong_in(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the fields of a payload that are missing or not what they should be; none where it is whole."""
    wrong: list[str] = []
    for form in forms_of(body):
        try:
            form.model_validate(body)
        except ValidationError as error:
            wrong += {f"{form.__name__}.{'.'.join(map(str, one['loc']))}" for one in error.errors()}
    return tuple(sorted(wrong))


def whom(body: Mapping[str, Any], channel_of: Callable[[str], str]) -> Asked | None:
    """Give whom to tell about a button, a window or a shortcut, by what is whole of it; None for nobody.

    Args:
        body: The payload.
        channel_of: Gives the channel of what a window is about.
    """
    user = _id(body, "user", "id")
    if not user:
        return None
    about = _part(body, "view", "private_metadata")
    channel = _id(body, "channel", "id") or _id(body, "container", "channel_id")
    url = body.get("response_url")
    return Asked(
        id=uuid4().hex,
        user=user,
        team="",
        channel=channel or (channel_of(about) if isinstance(about, str) else ""),
        words="",
        response_url=url if isinstance(url, str) and _URL.fullmatch(url) else "",
    )


def _part(body: Any, *path: str) -> Any:
    for name in path:
        body = body.get(name) if isinstance(body, Mapping) else None
    return body


def _id(body: Mapping[str, Any], *path: str) -> str:
    found = _part(body, *path)
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""


def register(app: App, desk: Desk) -> None:
    """Look at every payload first."""

    @app.middleware
    def whole(body: dict[str, Any], next: Callable[[], BoltResponse]) -> BoltResponse:  # noqa: A002 - Bolt's name
        if wrong := wrong_in(body):
            log.warning("Slack sent something odd.", action="payload.odd", fields=wrong[:5])
            if "command" in body:
                return BoltResponse(status=200, body=answers.no(SAYS, frozenset()).arguments)
            if asked := whom(body, desk.channel_of):
                desk.say_no(asked, SAYS)
            return BoltResponse(status=200, body="")
        return next()
