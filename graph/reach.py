"""Why a host could not be reached, and where to look next."""

from __future__ import annotations

import socket
import ssl

_PROXY_SAID_NO = ("Tunnel connection failed", "Unable to connect to proxy", "Cannot connect to proxy")


def out_of_reach(error: BaseException, host: str) -> str:
    """Say why no connection to a host came about, and what to check; "" where one did, or no one can tell.

    Args:
        error: What was raised on the way, by urllib, urllib3 or requests, with its causes inside.
        host: The host that was to be reached.
    """
    found = causes(error)
    if any(sentence in str(cause) for cause in found for sentence in _PROXY_SAID_NO):
        return f"the proxy did not connect to {host}; check HTTPS_PROXY and what the proxy allows"
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in found):
        return (
            f"the certificate of {host} is not trusted here; check the clock and the CA certificates, "
            "or whether a proxy inspects TLS"
        )
    for cause in found:
        if isinstance(cause, socket.gaierror):
            return f"DNS does not resolve {host}; check DNS, or set HTTPS_PROXY where a proxy is needed"
    for cause in found:
        if isinstance(cause, ConnectionRefusedError) or (type(cause) is OSError and cause.strerror):
            why = str(cause.strerror or "connection refused").lower()
            return f"no connection to {host} ({why}); check the firewall and HTTPS_PROXY"
    return ""


def causes(error: BaseException) -> list[BaseException]:
    """The error and all that stands behind it, each once."""
    found: list[BaseException] = []
    left: list[object] = [error]
    while left:
        one = left.pop(0)
        if isinstance(one, BaseException) and all(one is not other for other in found):
            found.append(one)
            left += [getattr(one, "reason", None), one.__cause__, one.__context__, *one.args]
    return found
