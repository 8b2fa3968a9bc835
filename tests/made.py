"""What many tests begin with, made once in a process and copied: a copy costs a twentieth."""

from __future__ import annotations

import gc
import logging
import pickle
import sys
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from dbos import DBOS
from sqlalchemy import Connection, Engine, event

from bot.slack.client import trust
from sandbox.scenarios import load
from sandbox.scenarios.state import Json, TenantState

_OURS = ("bot.", "commands.", "graph.")


class _Statements(dict[tuple[Any, ...], Any]):
    """Statements of the engine, compiled for a kind of database and no longer for one connection pool.

    Each bot opens a database of its own, and compiling the same anew for it is a twentieth of a story.
    """

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get((key[0].name, key[0].driver, *key[1:]), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__((key[0].name, key[0].driver, *key[1:]), compiled)


_STATEMENTS = _Statements()


def share_statements() -> None:
    """Have all databases that this process opens use the same compiled statements.

    Source: SQLAlchemy, "Using Dictionaries with Compiled Cache".
    """

    @event.listens_for(Engine, "engine_connect")
    def _(connection: Connection) -> None:
        if "compiled_cache" not in connection.get_execution_options():
            connection.engine.update_execution_options(compiled_cache=_STATEMENTS)
            connection.execution_options(compiled_cache=_STATEMENTS)


@cache
def _packed(scenario: str, now: datetime | None) -> tuple[bytes, list[Json], list[Json]]:
    """Give a state without its records of the past, and those: two thirds of it, which nobody changes."""
    state = load(scenario, now or datetime.now(UTC))
    records, sign_ins = state.audit_records, state.sign_ins
    state.audit_records, state.sign_ins = [], []
    return pickle.dumps(state, pickle.HIGHEST_PROTOCOL), records, sign_ins


def made(scenario: str, now: datetime | None = None) -> TenantState:
    """Give a scenario's state that nobody else has.

    Args:
        scenario: its name.
        now: the moment at which its clock begins. Without one it shows the machine's time: the tenant has
            then been there since this process made it, and its clock has run on.
    """
    packed, records, sign_ins = _packed(scenario, now)
    # Nothing of what is read can be garbage yet, and looking for some costs as much as reading.
    gc.disable()
    try:
        state: TenantState = pickle.loads(packed)  # noqa: S301 - packed by this process
    finally:
        gc.enable()
    state.audit_records, state.sign_ins = list(records), list(sign_ins)
    if now is not None:
        state._started = monotonic()
    return state


@cache
def _empty_engine() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "jobs.db"
        DBOS.migrate(f"sqlite:///{file}")
        return file.read_bytes()


def prepare() -> None:
    """Make what most stories begin with, so that processes that are forked from this one need not."""
    for scenario in ("clean", "mailbox-takeover"):
        made(scenario)
    _empty_engine()
    trust()
    share_statements()
    for late in (
        "numpy",
        "tests.ready",
        "PIL.PngImagePlugin",
        "typst",
        "uvicorn.protocols.http.httptools_impl",
        "websockets.server",
    ):
        if find_spec(late.partition(".")[0]):
            import_module(late)
    name_loggers()


def name_loggers() -> None:
    """Make the loggers of the product and of Slack's library that are there under their modules' names.

    pytest goes through all of them before each test, which fails where a thread makes another one meanwhile.
    """
    for name, module in tuple(sys.modules.items()):
        if name.startswith("slack_sdk.") or (name.startswith(_OURS) and hasattr(module, "log")):
            logging.getLogger(name)


def engine_in(folder: Path) -> str:
    """Give the address of an engine's file in a folder, without jobs and with its tables."""
    file = folder / "jobs.db"
    file.write_bytes(_empty_engine())
    file.chmod(0o600)
    return f"sqlite:///{file}"
