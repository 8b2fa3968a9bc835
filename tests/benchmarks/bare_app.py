"""An app that acknowledges whatever comes and does nothing else: what remains is what the measuring takes."""

from __future__ import annotations

import os
import signal
import threading

from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse


def main() -> None:
    """Acknowledge until SIGTERM, at the addresses that the bot would be given."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    web = WebClient(os.environ["COMPROMISE_SLACK_BOT_TOKEN"], base_url=os.environ["COMPROMISE_SLACK_API_URL"])
    client = SocketModeClient(os.environ["COMPROMISE_SLACK_APP_TOKEN"], web_client=web)

    def acknowledge(client: SocketModeClient, request: SocketModeRequest) -> None:
        client.send_socket_mode_response(SocketModeResponse(request.envelope_id))

    client.socket_mode_request_listeners.append(acknowledge)  # type: ignore[arg-type]
    client.connect()
    over.wait()
    os._exit(0)  # the library's threads would take their time


if __name__ == "__main__":
    main()
