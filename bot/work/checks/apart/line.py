"""A line between the bot and the process that looks for it: plain JSON and bytes, each with an end."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any, Final

import orjson

MOST: Final = 512 * 1024 * 1024
"""The most bytes of one part: a report of 300,000 records has a fifth of it."""


class Line:
    """One end of it. Any thread may send; one receives.

    Args:
        connection: The pipe.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = threading.Lock()

    def send(self, head: Mapping[str, Any], *parts: bytes) -> None:
        """Send a message.

        Raises:
            OSError: nobody is there.
        """
        with self._sending:
            self._connection.send_bytes(orjson.dumps({**head, "parts": len(parts)}))
            for part in parts:
                self._connection.send_bytes(part)

    def receive(self) -> tuple[dict[str, Any], list[bytes]]:
        """Wait for a message.

        Raises:
            EOFError: nobody is there.
            OSError: the line is closed, or more came than may.
        """
        head: dict[str, Any] = orjson.loads(self._connection.recv_bytes(MOST))
        return head, [self._connection.recv_bytes(MOST) for _ in range(head["parts"])]

    def close(self) -> None:
        """Close this end."""
        self._connection.close()
