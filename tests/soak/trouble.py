"""Everything that can go wrong around the bot, drawn by chance."""

from __future__ import annotations

from random import Random

from sandbox.tenant import Fault as Microsofts
from sandbox.tenant import RunningTenant
from sandbox.workspace import RunningWorkspace
from sandbox.workspace import faults as slacks

SERVICES = (
    "*",
    "/users",
    "/auditLogs",
    "/security",
    "/identityProtection",
    "/oauth2PermissionGrants",
    "/roleManagement",
    "/servicePrincipals",
    "Get-*",
    "Set-*",
    "*/oauth2/*",
)
"""What of Microsoft's a fault is put before."""

METHODS = (
    "*",
    "chat.postMessage",
    "chat.update",
    "chat.postEphemeral",
    "views.open",
    "views.publish",
    "conversations.info",
    "conversations.open",
    "users.info",
    "files.getUploadURLExternal",
    "files.completeUploadExternal",
    "upload",
    "response_url",
    "apps.connections.open",
    "auth.test",
)
"""What of Slack's a fault is put before."""


def of_microsoft(rng: Random) -> Microsofts:
    """Draw what goes wrong with some calls to Microsoft."""
    done = rng.random() < 0.5
    return rng.choice(
        (
            Microsofts(status=rng.choice((500, 502, 503, 504)), done=done),
            Microsofts(status=429, retry_after=rng.choice((0, 1, "1.5", "soon", None)), done=done),
            Microsofts(status=503, retry_after=1),
            Microsofts(status=rng.choice((200, 401, 403, 404))),
            Microsofts(status=rng.choice((200, 503)), html=True, done=done),
            Microsofts(status=200, nul=True, done=done),
            Microsofts(reset=True, done=done),
            Microsofts(slow=rng.uniform(0.05, 3.0)),
            Microsofts(stale=rng.uniform(1.0, 20.0)),
        )
    )


def of_slack(rng: Random) -> slacks.Fault:
    """Draw what goes wrong with some calls to Slack."""
    after = rng.random() < 0.5
    return rng.choice(
        (
            slacks.rate_limited(1),
            slacks.server_error(rng.choice((500, 502, 503)), after_effect=after),
            slacks.api_error(rng.choice(("internal_error", "fatal_error", "service_unavailable"))),
            slacks.api_error("msg_blocks_too_long"),
            slacks.Fault(status=200, body="<html></html>", content_type="text/html", error="odd"),
            slacks.Fault(status=200, body="[]", error="odd"),
            slacks.slow(rng.uniform(0.05, 2.0)),
            slacks.reset(after_effect=after),
        )
    )


def befall(rng: Random, microsoft: RunningTenant, slack: RunningWorkspace) -> str:
    """Let something go wrong, and say what."""
    match rng.randrange(8):
        case 0:
            slack.faults.disconnect_socket()
            return "Slack connection cut"
        case 1:
            rng.choice((slack.faults.refresh_socket, slack.faults.warn_socket))()
            return "Slack connection replaced"
        case 2 | 3 | 4:
            slack.faults.add(rng.choice(METHODS), of_slack(rng), rng.randint(1, 4))
            return "fault of Slack"
        case _:
            microsoft.faults.add(rng.choice(SERVICES), of_microsoft(rng), rng.randint(1, 6))
            return "fault of Microsoft"


def end(microsoft: RunningTenant, slack: RunningWorkspace) -> None:
    """Let everything go well again."""
    microsoft.faults.clear()
    slack.faults.clear()
