"""IP addresses as audit records write them, and which of them are Microsoft's own.

Source: forms measured on public records; the networks are those that Microsoft publishes as endpoints of
Exchange Online, SharePoint Online and sign-in, and the inner ones that its services show in mailbox records.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Final


@lru_cache(maxsize=65_536)
def network_of(address: str) -> str:
    """Give the network that stands for one connection: /24 for IPv4, /64 for IPv6; "" for what is no address.

    Providers move a customer within a /24, and devices change the lower half of an IPv6 address every day.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    prefix = 24 if parsed.version == 4 else 64
    return str(ipaddress.ip_network((parsed, prefix), strict=False))


_BRACKETED: Final = re.compile(r"\[([^\]]*)\](?::\d{1,5})?")
_WITH_PORT: Final = re.compile(r"([0-9.]+):\d{1,5}")

MICROSOFT_NETWORKS: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        # sign-in and portals
        "20.190.128.0/18",
        "40.126.0.0/18",
        "20.20.32.0/19",
        "20.231.128.0/19",
        # Exchange Online
        "13.107.6.152/31",
        "13.107.18.10/31",
        "13.107.128.0/22",
        "23.103.160.0/20",
        "40.92.0.0/15",
        "40.96.0.0/13",
        "40.104.0.0/15",
        "40.107.0.0/16",
        "52.96.0.0/14",
        "52.100.0.0/14",
        "104.47.0.0/17",
        "131.253.33.215/32",
        "132.245.0.0/16",
        "150.171.32.0/22",
        "204.79.197.215/32",
        # SharePoint Online and OneDrive
        "13.107.136.0/22",
        "40.108.128.0/17",
        "52.104.0.0/14",
        "104.146.128.0/17",
        "150.171.40.0/22",
        # the same services, version 6
        "2603:1006::/32",
        "2603:1016::/32",
        "2603:1026::/32",
        "2603:1036::/32",
        "2603:1046::/32",
        "2603:1056::/32",
        "2603:1061::/32",
        "2603:1062::/32",
        "2603:1063::/32",
        "2603:1096::/32",
        "2603:10a6::/32",
        "2603:10b6::/32",
        "2603:10c6::/32",
        "2603:10d6::/32",
        "2620:1ec::/32",
        "2a01:111::/32",
    )
)


@lru_cache(maxsize=65_536)
def address_of(text: str) -> str | None:
    """Give the bare address in its shortest form, without port and brackets; None when it names no place.

    None too for loopback, link-local and unspecified addresses: nobody came from there. An IPv4 address
    inside an IPv6 one comes out as IPv4.
    """
    plain = text.strip()
    if "," in plain:  # a chain of proxies: the first is where it began
        plain = plain.partition(",")[0].strip()
    if match := _BRACKETED.fullmatch(plain) or _WITH_PORT.fullmatch(plain):
        plain = match[1]
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback or address.is_link_local or address.is_unspecified:
        return None
    return str(address)


@lru_cache(maxsize=65_536)
def is_microsoft(address: str) -> bool:
    """Say whether an address from `address_of` lies in one of Microsoft's own networks."""
    parsed = ipaddress.ip_address(address)
    return any(parsed.version == network.version and parsed in network for network in MICROSOFT_NETWORKS)
