"""The log: events, one a line, each a fixed phrase with its facts beside it and the name of the action.

What looks like a token or a secret is starred out, whoever logs it. At the lower levels libraries write whole
requests, with codes and addresses to answer to in them, under names that no one can list: only their warnings
are let through.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, TextIO

import structlog

if TYPE_CHECKING:
    from bot.settings import LogSettings

_SECRET_NAMES = re.compile(
    r"token|secret|password|passphrase|authorization|response_url|trigger_id", re.IGNORECASE
)
_SECRET_TEXT = re.compile(
    r"xox[a-z]-[\w-]+|xapp-[\w-]+|eyJ[\w-]{10,}\.[\w-]+\.[\w-]*|https://hooks\.slack\.com/\S+"
    r"|(?i:bearer )\S+|(?i:ticket=)[\w-]+"
    # What a text quotes under a telling name, as in a form, in JSON, or in Python's way to write either.
    r"|(?<=[?&\s])(?i:[\w.]*(?:token|secret|password|response_url|trigger_id|code)=)[^\s&]+"
    r"|(?i:[\"'][\w.]*(?:token|secret|password|response_url|trigger_id)[\"']:\s*)"
    r"(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|[\"']value[\"']:\s*(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
)
_OURS = frozenset({"bot", "commands", "graph"})
"""The packages whose loggers write no secret at any level."""


_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Signs that steer a terminal or turn the reading direction; line breaks and tabs are dealt with apart."""


def _is_fit(record: logging.LogRecord) -> bool:
    """Say whether a line may be written: all of ours, and of anyone else's those that warn."""
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in _OURS


def hide_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Star out what looks like a secret, by its name or by its form, however deep it lies."""
    for name, value in event.items():
        event[name] = _hidden(name, value)
    return event


def _hidden(name: str, value: Any) -> Any:
    if _SECRET_NAMES.search(name):
        return "***"
    if isinstance(value, str):
        return _SECRET_TEXT.sub("***", value)
    if isinstance(value, Mapping):
        return {key: _hidden(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden("", inner) for inner in value]
    return value


def tame(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Spell out what would steer a terminal, and keep a text from passing for further lines of the log.

    Only a traceback keeps its line breaks; what follows on them is set in, so it is no line of its own.
    """
    for name, value in event.items():
        if isinstance(value, str):
            shown = _STEERING.sub(lambda sign: f"\\x{ord(sign[0]):02x}", value)
            apart = "\n    " if name == "exception" else "\\n"
            event[name] = shown.replace("\n", apart)
    return event


def quiet() -> None:
    """Write errors only, as text: what a verb of the command line does that has no settings."""
    _configure("error", "text", sys.stderr)


def configure(settings: LogSettings, stream: TextIO = sys.stderr) -> None:
    """Send every log line, ours and those of the libraries, to one stream in one form."""
    _configure(settings.level, settings.format, stream)


def _configure(level: str, form: str, stream: TextIO) -> None:
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
        *([tame] if form == "text" else []),
    ]
    drawn: Any = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=0, sort_keys=False)
    )
    structlog.configure(
        # Dropped first: a check logs hundreds of events below the usual level.
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, drawn],
        )
    )
    # On the handler, which all lines reach: a level on a library's logger does not bind those below it that
    # have a level of their own, as all of Bolt's do.
    handler.addFilter(_is_fit)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # The engine puts up a handler of its own where it finds none, and would print past the starring-out.
    engine = logging.getLogger("dbos")
    engine.handlers[:] = [handler]
    engine.propagate = False
    # A call to Slack that fails is raised as well, and told in a sentence by whoever made it.
    logging.getLogger("slack_sdk.web.base_client").setLevel(logging.CRITICAL)
    # Where it reaches, this spares the work of making lines that are dropped.
    for name in ("slack_bolt", "slack_sdk", "urllib3", "msal", "dbos", "uvicorn", "sqlalchemy"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
