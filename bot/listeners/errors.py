"""What happens when a listener fails.

Bolt turns an exception after an acknowledgement into "not found" unless a handler answers 200, and the person
sees nothing but a failed command. Here they are told a reference id that the log has as well.
"""

from __future__ import annotations

from typing import Any

import structlog
from slack_bolt import App, BoltResponse, Respond

from bot.failing import refer
from bot.messages import answers

log = structlog.get_logger(__name__)


def register(app: App) -> None:
    """Catch what no listener caught."""

    @app.error
    def failed(error: Exception, body: dict[str, Any], respond: Respond) -> BoltResponse:
        reference = refer("A listener failed.", "listener.failed", error=error)
        if body.get("response_url"):
            try:
                respond(
                    response_type="ephemeral", replace_original=False, **answers.broken(reference).arguments
                )
            except OSError as trouble:
                log.warning("An answer did not arrive.", action="answer.lost", error=type(trouble).__name__)
        return BoltResponse(status=200, body="")
