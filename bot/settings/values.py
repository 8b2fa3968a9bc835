"""Kinds of values in the settings, each with its check and the sentence that refuses it."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from bot.webhooks import key_of
from commands.alerts import KINDS as KINDS_OF_ALERTS
from commands.alerts import SEVERITIES
from commands.steps import ORDER
from graph.settings import is_loopback

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(r"(\d{1,5})\s*(m|min|minutes?|h|hours?|d|days?|w|weeks?)", re.IGNORECASE)

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}", re.IGNORECASE)

KINDS = frozenset({"irreversible", "tenant_wide"})
"""Stand among the step ids of `policy.factor` for every change that is of this kind."""


def parse_span(text: str) -> timedelta:
    """Read a span of time such as ``90m``, ``36h``, ``7d`` or ``2w``.

    Raises:
        ValueError: it is none, or it is zero.
    """
    match = _SPAN.fullmatch(text.strip())
    if match is None or not int(match[1]):
        raise ValueError(f"{text!r} is not a time range such as 36h, 7d or 2w")
    return timedelta(**{_UNITS[match[2][0].lower()]: int(match[1])})


def _span(value: Any) -> Any:
    return parse_span(value) if isinstance(value, str) else value


Span = Annotated[timedelta, BeforeValidator(_span)]


def begins(start: str) -> AfterValidator:
    """Demand that a secret begins with this, as tokens of its kind do."""

    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(start):
            raise ValueError(f"it does not begin with {start}")
        return value

    return AfterValidator(check)


class Frozen(BaseModel):
    """A table of settings: frozen, without unknown keys, and silent about what was given."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _known(name: str, names: Collection[str], none: str) -> str:
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1)
    raise ValueError(f"{none} {name}" + (f"; did you mean {near[0]}?" if near else ""))


def _is_step(name: str) -> str:
    return _known(name, ORDER, "there is no step")


Step = Annotated[str, AfterValidator(_is_step)]


def _is_step_or_kind(name: str) -> str:
    return name if name in KINDS else _is_step(name)


StepOrKind = Annotated[str, AfterValidator(_is_step_or_kind)]


def _webhook_secret(value: SecretStr) -> SecretStr:
    key_of(value.get_secret_value())
    return value


WebhookSecret = Annotated[SecretStr, AfterValidator(_webhook_secret)]


def _is_https(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise ValueError("it should begin with https://")
    if parts.username or parts.password:
        raise ValueError("it must not contain a password")
    return value


Https = Annotated[str, AfterValidator(_is_https)]


def _is_syslog(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or not parts.port:
        raise ValueError("it should be tcp://host:port or tls://host:port")
    return value


Syslog = Annotated[str, AfterValidator(_is_syslog)]


def _is_alert_policy(name: str) -> str:
    return _known(name, {*SEVERITIES, *KINDS_OF_ALERTS}, "no alert is")


AlertPolicy = Annotated[str, AfterValidator(_is_alert_policy)]


def _is_plain_name(name: str) -> str:
    if name != name.strip() or not name:
        raise ValueError("it is blank, or begins or ends with a space")
    # Names stand in cards, logs and files: nothing in them may hide, turn or break a line.
    if any(unicodedata.category(sign)[0] in "CZ" and sign != " " for sign in name):
        raise ValueError("it contains an invisible character")
    return name


PlainName = Annotated[str, AfterValidator(_is_plain_name)]

Channel = Annotated[str, Field(pattern="^[CG][A-Z0-9]+$")]


def same(name: str) -> str:
    """Give what names have in common that people take for the same one."""
    return unicodedata.normalize("NFKC", name).casefold().strip()
