"""Who the token is of, and where Socket Mode connects."""

from __future__ import annotations

from typing import Any

from sandbox.workspace import directory
from sandbox.workspace.errors import RefusedError
from sandbox.workspace.state import WorkspaceState
from sandbox.workspace.web_api.common import Arguments, Run


def _auth_test(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    return {
        "url": f"{state.url}/",
        "team": directory.TEAM_NAME,
        "user": state.bot.name,
        "team_id": directory.TEAM_ID,
        "user_id": state.bot.id,
        "bot_id": directory.BOT_ID,
        "is_enterprise_install": False,
    }


def _connections_open(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    if not state.manifest.socket_mode:
        raise RefusedError("not_allowed_token_type")
    return {"url": "the server puts its own address here"}


RUNS: dict[str, Run] = {
    "auth.test": _auth_test,
    "apps.connections.open": _connections_open,
}
