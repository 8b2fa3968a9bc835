"""Slack's Web API client as this bot wants it, and its many ways to fail as one error."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry import RateLimitErrorRetryHandler, default_retry_handlers
from slack_sdk.web import SlackResponse

from bot.errors import SlackFailed, SlackUnreachable
from bot.settings import SlackSettings
from graph.reach import out_of_reach

TIMEOUT = 20
"""Seconds to wait for one answer."""


MEND_BOT: Final = (
    "Copy the bot token (xoxb-) from the app's page, OAuth & Permissions; it stands in "
    "COMPROMISE_SLACK_BOT_TOKEN, which init writes into secrets.env"
)
MEND_APP: Final = (
    "Make an app-level token (xapp-) with the scope connections:write; it stands in "
    "COMPROMISE_SLACK_APP_TOKEN, which init writes into secrets.env"
)
"""What helps where Slack refuses a token."""


def make_client(settings: SlackSettings, *, waits: bool = True, connects: bool = False) -> WebClient:
    """Make a client.

    Args:
        settings: How to reach Slack.
        waits: Whether a call that Slack puts off waits in its thread and is made again.
        connects: Whether it is for Socket Mode, whose library takes `trust` from it at each connection, and
            reads the authorities anew where there is none, even for a connection that needs none.
    """
    handlers = default_retry_handlers()
    if waits:
        handlers.append(RateLimitErrorRetryHandler(max_retry_count=4))
    return WebClient(
        token=settings.bot_token.get_secret_value(),
        base_url=settings.api_url,
        timeout=TIMEOUT,
        # Without one to pass on, the library keeps what opens connections, and does not make it at each call.
        ssl=trust() if connects or settings.api_url.startswith("https:") else None,
        retry_handlers=handlers,
    )


@cache
def trust() -> ssl.SSLContext:
    """Give what Slack's certificate is checked with: the machine's certificate authorities.

    Read once: the library would read them for each call, which costs a fortieth of a second of a processor.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])  # as Python's own client does
    return context


def call(method: Callable[..., SlackResponse], **arguments: Any) -> Any:
    """Call one method of a client and give the answer.

    Raises:
        SlackFailed: with Slack's name of the error, and for how long to stay away.
        SlackUnreachable: with the host and why there was no answer.
    """
    name = method.__name__.replace("_", ".", 1)
    try:
        return method(**arguments)
    except SlackApiError as error:
        response: Any = error.response
        body = getattr(response, "data", response)
        code = str(body.get("error") or "") if isinstance(body, dict) else ""
        headers = getattr(response, "headers", None) or {}
        status = int(getattr(response, "status_code", 200))
        wait = str(headers.get("Retry-After") or headers.get("retry-after") or "")
        # An HTML page in place of JSON, whose text the library puts where the code should be, or JSON of
        # another shape: what stands between us and Slack answered, and Slack refused nothing.
        odd = not code or " " in code or status >= 500
        if odd:
            code = f"status {status}"
        if status == 429:
            code = "ratelimited"
        raise SlackFailed(
            name,
            code,
            passing=odd or code in ("ratelimited", "internal_error", "fatal_error", "service_unavailable"),
            retry_after=float(wait) if wait.isdigit() else 0.0,
        ) from error
    except (SlackClientError, AttributeError, ValueError) as error:
        # The library breaks with one of the latter two on JSON that is no object, and on half of one.
        raise SlackFailed(name, "invalid response", passing=True) from error
    except (OSError, http.client.HTTPException) as error:
        host = _host_of(method)
        kind = type(error).__name__
        why = (
            out_of_reach(error, host) or f"{host} gave no answer ({kind}); check the firewall and HTTPS_PROXY"
        )
        raise SlackUnreachable(name, f"no answer: {kind}", why) from error


def _host_of(method: Callable[..., SlackResponse]) -> str:
    client = getattr(method, "__self__", None)
    url = client.base_url if isinstance(client, WebClient) else WebClient.BASE_URL
    return urlsplit(url).hostname or url
