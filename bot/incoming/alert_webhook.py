"""The signed way in for alerts of a SIEM or any other product: one POST an alert.

Whoever has the secret can put lines into the channel and start what the policy starts, which is a check at
most, and no more of either than an hour has room for. What the body says is text from outside, like a
subject line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import quote

import structlog
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.incoming.alerts import Alerts, TooManyAlerts
from bot.incoming.shares import Share
from bot.settings import Settings
from bot.web_server import WebServer, body_of
from bot.webhooks import key_of, why_not
from commands.errors import CommandError
from graph.alerts import RaisedAlert
from graph.errors import GraphError, NoSuchUser

log = structlog.get_logger(__name__)

PATH = "/alerts"
LARGEST = 65_536
"""Bytes of one message."""


def _in_our_time(at: datetime) -> datetime:
    """See that a time is one that can be told in every zone; the first and last days of all cannot."""
    if not 2000 <= at.year < 2100:
        raise ValueError("this is not the time of an alert")
    return at


class Incoming(BaseModel):
    """One alert as it comes in. Fields that are not named here are passed over."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    id: Annotated[str, Field(min_length=1, max_length=200)]
    title: Annotated[str, Field(min_length=1, max_length=300)]
    account: Annotated[str, Field(max_length=320)] = ""
    severity: Literal["high", "medium", "low", "informational", "unknown"] = "unknown"
    at: Annotated[AwareDatetime, AfterValidator(_in_our_time)] | None = None
    link: Annotated[str, Field(max_length=500, pattern="^(https://.*)?$")] = ""
    tenant: Annotated[str, Field(max_length=100)] = ""
    product: Annotated[str, Field(max_length=100)] = ""


def make_site(alerts: Alerts, keys: Mapping[str, bytes], share: Callable[[], Share] = Share) -> Starlette:
    """Make the web application that takes alerts.

    Args:
        alerts: Where they go.
        share: Makes what those of one key may take of the bot.
        keys: What those of each tenant are signed with, by its name. Who has the key of one tenant learns of
            no other that there is one.
    """
    shares = {key: share() for key in frozenset(keys.values())}

    async def take(request: Request) -> Response:
        body = await body_of(request, LARGEST)
        if body is None:
            return _no(413, "The body is too large.")
        now = datetime.now(UTC)
        signed = {key: why_not(key, request.headers, body, now) for key in shares}
        theirs = frozenset(name for name, key in keys.items() if not signed[key])
        if not theirs:
            # Of one that is signed by somebody, and old, it says so.
            wrong = max(signed.values())
            log.warning("An alert does not count.", action="alert.unsigned", why=wrong)
            return _no(401, f"This message is {wrong}.")
        own = shares[next(key for key, why in signed.items() if not why)]
        with own.turn() as is_free:
            if not is_free:
                if own.is_news():
                    log.warning("Alerts come too fast.", action="alert.too_fast", tenants=sorted(theirs))
                return _no(429, "Too many alerts at once.", {"Retry-After": "10"})
            try:
                incoming = Incoming.model_validate_json(body)
            except ValidationError as error:
                fields = sorted({str(one["loc"][0]) if one["loc"] else "body" for one in error.errors()})
                return _no(422, f"These are missing or wrong: {', '.join(fields)}.")
            return await own.in_thread(_taken, alerts, incoming, theirs)

    return Starlette(routes=[Route(PATH, take, methods=["POST"])])


def server_for(settings: Settings, alerts: Alerts) -> WebServer | None:
    """Make what listens for signed alerts; None where the settings have no secret for it."""
    keys = {name: key_of(secret) for name, secret in settings.webhook_secrets.items()}
    if not keys:
        return None
    return WebServer(make_site(alerts, keys), settings.alerts.host, settings.alerts.port, PATH)


def _taken(alerts: Alerts, incoming: Incoming, theirs: frozenset[str]) -> Response:
    alert = RaisedAlert(
        key=_key(incoming),
        source="webhook",
        title=incoming.title,
        severity=incoming.severity,
        at=incoming.at or datetime.now(UTC),
        account=incoming.account.casefold(),
        link=incoming.link,
    )
    try:
        fresh = alerts.accept(alert, incoming.tenant, theirs)
    except NoSuchUser as error:
        log.warning("An alert is no tenant's.", action="alert.no_tenant", why=error.sentence)
        return _no(422, "No tenant that this secret is for has this name, or answers for this account.")
    except GraphError as error:
        log.warning("An alert's tenant is not known.", action="alert.no_tenant", why=error.sentence)
        return _no(503, "The tenant could not be looked up.", {"Retry-After": "60"})
    except TooManyAlerts:
        return _no(429, "Too many alerts in this hour.", {"Retry-After": "600"})
    except CommandError as error:
        # Not taken, so whoever sent it sends it again.
        log.warning("An alert could not be written down.", action="alert.unwritten", why=str(error))
        return _no(503, "The alert could not be recorded; send it again.", {"Retry-After": "60"})
    return JSONResponse({"taken": bool(fresh)}, status_code=202 if fresh else 200)


def _key(incoming: Incoming) -> str:
    """Give what an alert is known by. Two products, or those of two tenants, may number alike."""
    named = (incoming.tenant.casefold(), incoming.product.casefold(), incoming.id)
    return f"webhook:{':'.join(quote(part, safe='') for part in named)}"


def _no(status: int, says: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": says}, status_code=status, headers=headers)
