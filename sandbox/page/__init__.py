"""The workspace in a browser: one page that looks and behaves like a chat workspace, on this machine only.

    with workspace.start("manifest.yml") as slack, tenant.start() as played:
        with page.start(slack, played, let_pass=played.let_pass) as shown:
            print(shown.url)

The page shows to each person what Slack would show to that person, and lets its user be any of them. Beside
it stands how the tenant is and what happened there, with levers to play the attacker, break things, and let
time pass.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sandbox.page.seen import PARTS
from sandbox.page.server import RunningPage
from sandbox.page.tenant_panel import TROUBLES
from sandbox.tenant import RunningTenant
from sandbox.workspace import RunningWorkspace

__all__ = ["PARTS", "TROUBLES", "RunningPage", "start"]


def start(
    slack: RunningWorkspace,
    played: RunningTenant,
    *,
    let_pass: Callable[[timedelta], None],
    port: int = 0,
) -> RunningPage:
    """Serve the page of a workspace and a tenant.

    Args:
        slack: The workspace that is shown.
        played: The tenant beside it.
        let_pass: Called when the page's user lets time pass; it has to move everyone's clock.
        port: The port on 127.0.0.1; 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    started = RunningPage(slack, played, let_pass, port)
    started.start()
    return started
