"""The Web API methods that the workspace serves: their scopes, tiers, arguments, and what they do.

Each method is a function from the state and the arguments to the answer's fields; it raises
`RefusedError` with Slack's error name. `METHODS` is the table of `methods.toml`, where the facts stand with
their source; `call` checks token, scope and arguments before it runs one, and the name of a refusal after it.

What the methods do stands in `web_api`, by family.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.workspace.errors import RefusedError, WorkspaceError
from sandbox.workspace.state import WorkspaceState
from sandbox.workspace.web_api import access, chat, conversations, files, marks, users, views
from sandbox.workspace.web_api.common import Run


@dataclass(frozen=True, slots=True)
class Method:
    """One method: any one of `scopes` is enough; `arguments` are all it knows, `required` those it needs.

    `refusals` are the errors of its own that it may be answered with.
    """

    run: Run
    tier: str
    scopes: tuple[str, ...]
    required: tuple[str, ...]
    arguments: frozenset[str]
    refusals: frozenset[str]
    caller: str = "bot"


_RUNS: dict[str, Run] = {
    **access.RUNS,
    **chat.RUNS,
    **views.RUNS,
    **users.RUNS,
    **files.RUNS,
    **conversations.RUNS,
    **marks.RUNS,
}


def _table() -> tuple[dict[str, Method], frozenset[str]]:
    """Read the table of facts, and tie each method to what it does here."""
    raw = tomllib.loads(Path(__file__).with_name("methods.toml").read_text(encoding="utf-8"))
    everywhere = frozenset(raw.pop("everywhere")["refusals"])
    if raw.keys() != _RUNS.keys():
        raise WorkspaceError(f"methods.toml and methods.py differ: {sorted(raw.keys() ^ _RUNS.keys())}.")
    made = {
        name: Method(
            run=_RUNS[name],
            tier=row["tier"],
            scopes=tuple(row.get("scopes", ())),
            required=tuple(row.get("required", ())),
            arguments=frozenset((*row.get("required", ()), *row.get("optional", ()), "token")),
            refusals=frozenset(row.get("refusals", ())),
            caller=row.get("caller", "bot"),
        )
        for name, row in raw.items()
    }
    return made, everywhere


METHODS, EVERYWHERE = _table()

_ALWAYS = frozenset({"team_id"})
"""What slack_sdk adds to every call of an installed app, and Slack takes everywhere."""

_NESTED = ("blocks", "attachments", "metadata", "view", "files")
_FORMAT_ERRORS = {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}


def arguments(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with nested JSON read, whichever way the client wrote it.

    Raises:
        RefusedError: a nested argument is not JSON.
    """
    found = dict(raw)
    for name in _NESTED:
        if isinstance(found.get(name), str) and found[name]:
            try:
                found[name] = json.loads(found[name])
            except ValueError as error:
                raise RefusedError(_FORMAT_ERRORS.get(name, "invalid_arguments")) from error
    return found


def _check_token(state: WorkspaceState, method: Method, token: str | None) -> None:
    if not token:
        raise RefusedError("not_authed")
    wanted, other = state.bot_token, state.app_token
    if method.caller == "app":
        wanted, other = other, wanted
    if token == other:
        raise RefusedError("not_allowed_token_type")
    if token != wanted:
        raise RefusedError("invalid_auth")


def check_refusal(name: str, refusal: RefusedError) -> None:
    """See that a method refuses in Slack's words.

    Raises:
        WorkspaceError: the table does not know this error of the method.
    """
    if refusal.code not in METHODS[name].refusals | EVERYWHERE:
        raise WorkspaceError(f"Slack's page on {name} knows no error {refusal.code}.") from refusal


def call(state: WorkspaceState, name: str, raw: Mapping[str, Any], token: str | None) -> dict[str, Any]:
    """Run one Web API method under the state's lock and return the fields of its answer.

    Raises:
        RefusedError: with Slack's error name.
    """
    method = METHODS.get(name)
    if method is None:
        raise RefusedError("unknown_method", req_method=name)
    with state.lock:
        _check_token(state, method, token)
        if method.scopes and not state.manifest.scopes.intersection(method.scopes):
            raise RefusedError(
                "missing_scope",
                needed=",".join(method.scopes),
                provided=",".join(sorted(state.manifest.scopes)),
            )
        args = arguments(raw)
        unknown = sorted(set(args) - method.arguments - _ALWAYS)
        if unknown:
            raise RefusedError.because(
                "invalid_arguments", *(f"[ERROR] unknown argument: {n}" for n in unknown)
            )
        missing = [n for n in method.required if args.get(n) in (None, "")]
        if missing:
            raise RefusedError.because(
                "invalid_arguments", *(f"[ERROR] missing required field: {n}" for n in missing)
            )
        try:
            return method.run(state, args)
        except RefusedError as refusal:
            check_refusal(name, refusal)
            raise
