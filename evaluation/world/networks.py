"""Networks of the internet: who runs them, of what class they are, where their addresses are registered.

Systems, operators and prefixes are facts, taken from the registries' allocations and the routing table of 2026
and checked with two free tables (iptocc for the country, geoip2fast for the operator). That an address is used
in a script says nothing about whoever really holds it.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from random import Random
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """A city with its country (two letters) and its coordinates in degrees."""

    country: str
    city: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Network:
    """One operator's addresses of one class.

    Attributes:
        asn: The number of the autonomous system.
        operator: Who runs it.
        kind: ``home``, ``mobile``, ``hosting``, ``vpn``, ``relay``, ``tor`` or ``gateway``.
        prefixes: Where its addresses lie, in the notation of ``ipaddress``.
        places: Where Microsoft would place them; empty where that depends on the user.
    """

    asn: int
    operator: str
    kind: str
    prefixes: tuple[str, ...]
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Spot:
    """One address at one moment, with its network and its place."""

    address: str
    network: Network
    place: Place


def draw_address(r: Random, prefix: str) -> str:
    """Give an address of a prefix that is neither the first nor the last of its block."""
    block = ipaddress.ip_network(prefix)
    address = block.network_address + r.randrange(1, block.num_addresses - 1)
    if address.version == 4 and int(address) & 0xFF in {0, 255}:
        address += 7 if int(address) & 0xFF == 0 else -7
    return str(address)


def draw_pool(r: Random, prefix: str, length: int) -> str:
    """Give a smaller network of this length out of a prefix, or the prefix itself if it is no larger."""
    block = ipaddress.ip_network(prefix)
    if block.prefixlen >= length:
        return prefix
    base = r.getrandbits(length - block.prefixlen) << (block.max_prefixlen - length)
    return str(ipaddress.ip_network((int(block.network_address) + base, length)))


NEW_YORK: Final = Place("US", "New York", 40.71, -74.01)
ASHBURN: Final = Place("US", "Ashburn", 39.04, -77.49)
BUFFALO: Final = Place("US", "Buffalo", 42.89, -78.88)
AMSTERDAM: Final = Place("NL", "Amsterdam", 52.37, 4.90)
FRANKFURT: Final = Place("DE", "Frankfurt am Main", 50.11, 8.68)
LONDON: Final = Place("GB", "London", 51.51, -0.13)
PARIS: Final = Place("FR", "Paris", 48.86, 2.35)
HELSINKI: Final = Place("FI", "Helsinki", 60.17, 24.94)
STOCKHOLM: Final = Place("SE", "Stockholm", 59.33, 18.07)
VIENNA: Final = Place("AT", "Vienna", 48.21, 16.37)
SINGAPORE: Final = Place("SG", "Singapore", 1.35, 103.82)

HOSTING: Final = (
    Network(14061, "DigitalOcean", "hosting", ("165.227.0.0/16", "167.99.0.0/16"), (NEW_YORK, FRANKFURT)),
    Network(14061, "DigitalOcean", "hosting", ("134.209.0.0/16", "104.248.0.0/16"), (LONDON, AMSTERDAM)),
    Network(16276, "OVH", "hosting", ("51.38.0.0/16", "54.36.0.0/16"), (PARIS,)),
    Network(24940, "Hetzner Online", "hosting", ("116.202.0.0/15", "5.9.0.0/16"), (FRANKFURT,)),
    Network(24940, "Hetzner Online", "hosting", ("95.216.0.0/15",), (HELSINKI,)),
    Network(20473, "Vultr", "hosting", ("45.76.0.0/16", "45.32.0.0/16"), (AMSTERDAM, SINGAPORE)),
    Network(36352, "HostPapa (ColoCrossing)", "hosting", ("104.168.32.0/19", "23.94.0.0/21"), (BUFFALO,)),
    Network(53667, "FranTech (BuyVM)", "hosting", ("209.141.32.0/19",), (ASHBURN,)),
    Network(16509, "Amazon", "hosting", ("35.176.0.0/13",), (LONDON, PARIS)),
    Network(16509, "Amazon", "hosting", ("3.120.0.0/14", "18.184.0.0/15"), (FRANKFURT,)),
)

VPNS: Final = (
    Network(9009, "M247 Europe", "vpn", ("146.70.96.0/19", "185.230.124.0/22"), (AMSTERDAM, NEW_YORK)),
    Network(212238, "Datacamp", "vpn", ("156.146.32.0/22", "212.102.32.0/23"), (FRANKFURT, LONDON)),
    Network(60068, "Datacamp", "vpn", ("84.17.44.0/22", "143.244.44.0/24"), (LONDON, PARIS)),
    Network(39351, "31173 Services", "vpn", ("193.138.216.0/22", "185.213.152.0/22"), (STOCKHOLM,)),
)

TOR: Final = (
    Network(60729, "Stiftung Erneuerbare Freiheit", "tor", ("185.220.101.0/24",), (FRANKFURT,)),
    Network(208323, "Foundation for Applied Privacy", "tor", ("109.70.100.0/24",), (VIENNA,)),
)

RELAYS: Final = (
    Network(36183, "Akamai (iCloud Private Relay)", "relay", ("172.225.20.0/23", "172.224.226.0/23")),
    Network(13335, "Cloudflare (iCloud Private Relay)", "relay", ("104.28.60.0/23", "104.28.196.0/24")),
    Network(54113, "Fastly (iCloud Private Relay)", "relay", ("146.75.164.0/23",)),
)

GATEWAYS: Final = (
    Network(62044, "Zscaler", "gateway", ("147.161.128.0/18",), (FRANKFURT, PARIS, LONDON)),
    Network(22616, "Zscaler", "gateway", ("165.225.0.0/18",), (NEW_YORK, FRANKFURT)),
    Network(55256, "Netskope", "gateway", ("163.116.128.0/20",), (AMSTERDAM, LONDON)),
)

ABROAD: Final = (
    Network(29465, "MTN Nigeria", "mobile", ("102.89.0.0/16", "197.210.0.0/16"), (Place("NG", "Lagos", 6.45, 3.39),)),
    Network(8402, "VimpelCom", "home", ("95.24.0.0/16",), (Place("RU", "Moscow", 55.75, 37.62),)),
    Network(9121, "Turk Telekom", "home", ("78.160.0.0/17", "88.240.0.0/22"), (Place("TR", "Istanbul", 41.01, 28.98),)),
    Network(55836, "Reliance Jio", "mobile", ("49.36.0.0/16",), (Place("IN", "Mumbai", 19.08, 72.88),)),
    Network(15802, "Emirates Integrated Telecom", "home", ("94.200.0.0/16", "5.30.0.0/16"), (Place("AE", "Dubai", 25.20, 55.27),)),
    Network(4134, "China Telecom", "home", ("114.80.0.0/16",), (Place("CN", "Shanghai", 31.23, 121.47),)),
)  # fmt: skip

GUEST_LINES: Final = (
    Network(3303, "Swisscom", "home", ("85.0.0.0/14", "178.192.0.0/13"), (Place("CH", "Zurich", 47.38, 8.54),)),
    Network(8412, "T-Mobile Austria", "home", ("80.108.0.0/15",), (VIENNA,)),
    Network(3301, "Telia", "home", ("90.228.0.0/14",), (STOCKHOLM,)),
    Network(6799, "OTE", "home", ("79.128.0.0/14", "2.84.0.0/14"), (Place("GR", "Athens", 37.98, 23.73),)),
    Network(3352, "Telefonica de Espana", "home", ("83.32.0.0/11",), (Place("ES", "Palma", 39.57, 2.65),)),
    Network(15802, "Emirates Integrated Telecom", "home", ("5.30.0.0/15",), (Place("AE", "Dubai", 25.20, 55.27),)),
    Network(17676, "SoftBank", "home", ("126.0.0.0/12",), (Place("JP", "Tokyo", 35.68, 139.69),)),
    Network(7922, "Comcast", "home", ("73.12.0.0/15",), (Place("US", "Boston", 42.36, -71.06),)),
    Network(5089, "Virgin Media", "home", ("82.8.0.0/13",), (LONDON,)),
    Network(3215, "Orange", "home", ("86.192.0.0/11",), (PARIS,)),
)  # fmt: skip
"""Hotels, conferences and second homes: where people of a firm may be for a while."""
