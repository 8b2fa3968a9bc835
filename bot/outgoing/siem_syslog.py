"""Each entry as a line of CEF over a syslog connection, plain or with TLS.

TCP confirms nothing to whoever writes: what lies in the machine's buffers when the other side dies is sent
once more only as far as it was not noted yet. A SIEM that must have every entry takes the webhook.
"""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

from bot.outgoing.cef import syslog
from bot.outgoing.forwarder import NotDelivered
from commands.ledger import Entry

SECONDS = 15


class SiemSyslog:
    """Writes entries to a syslog server.

    Args:
        address: ``tcp://host:port`` or ``tls://host:port``.
    """

    name = "syslog"

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 0
        self._tls = parts.scheme == "tls"
        self._socket: socket.socket | None = None
        self._here = socket.gethostname() or "-"

    def send(self, entry: Entry) -> None:
        """Write one entry.

        Raises:
            NotDelivered: there is no connection, or it broke.
        """
        try:
            self._connected().sendall(syslog(entry, self._here))
        except OSError as error:
            self.close()
            raise NotDelivered(type(error).__name__) from error

    def _connected(self) -> socket.socket:
        if self._socket is not None and _is_closed(self._socket):
            self.close()
        if self._socket is None:
            plain = socket.create_connection((self._host, self._port), timeout=SECONDS)
            try:
                context = ssl.create_default_context() if self._tls else None
                self._socket = context.wrap_socket(plain, server_hostname=self._host) if context else plain
            except OSError:
                plain.close()
                raise
        return self._socket

    def close(self) -> None:
        """Let go of the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _is_closed(one: socket.socket) -> bool:
    """Whether the other side has closed the connection; nothing else is ever read from it."""
    one.settimeout(0)
    try:
        return one.recv(1) == b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    finally:
        one.settimeout(SECONDS)
