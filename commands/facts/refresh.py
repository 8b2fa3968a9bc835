"""`make networks`: write `addresses.txt` anew from a checkout of github.com/X4BNet/lists_vpn.

The list tells autonomous systems and address blocks of rented servers and of VPN services, and the exits of
iCloud Private Relay as Apple publishes them. What lies in two kinds counts as the narrower one.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from pathlib import Path
from typing import Final

TABLE: Final = Path(__file__).with_name("addresses.txt")

SOURCE: Final = "X4BNet/lists_vpn"

_SYSTEM: Final = re.compile(r"AS(\d+)\s*(?:#\s*(.*))?")

NOT_RENTED: Final = frozenset({8075, 3561, 4323, 6939})
"""Systems of the list that offices and homes are in as well, and Microsoft's, where its own services are."""


def written(checkout: Path) -> str:
    """Give the text of the table.

    Raises:
        OSError: a list is missing.
        subprocess.CalledProcessError: the folder is no git checkout.
    """
    commit, day = _git(checkout, "log", "-1", "--format=%H %cs").split()
    terms = (checkout / "README.md").read_text(encoding="utf-8").partition("```\n")[2].partition("```")[0]
    head = (
        f"Made by `make networks` from github.com/{SOURCE}; write nothing in here.",
        f"commit: {commit}",
        f"date: {day}",
        "",
        *terms.strip().splitlines(),
    )
    lines = [f"# {line}".rstrip() for line in head]
    relay = _blocks(checkout, "input/vpn/ips/apple.txt")
    vpn = _blocks(checkout, "output/vpn/ipv4.txt", "output/vpn/ipv6.txt")
    hosting = _blocks(checkout, "output/datacenter/ipv4.txt", "output/datacenter/ipv6.txt")
    vpn_systems = dict(_systems(checkout / "input/vpn/ASN.txt"))
    systems = {
        number: name
        for number, name in _systems(checkout / "input/datacenter/ASN.txt")
        if number not in vpn_systems
    }
    for kind, named, blocks, wider in (
        ("relay", {}, relay, ()),
        ("vpn", vpn_systems, vpn, relay),
        ("hosting", systems, hosting, (*relay, *vpn)),
    ):
        lines.append(f"[{kind}]")
        lines.extend(f"AS{number} {name}".rstrip() for number, name in sorted(named.items()))
        lines.extend(_without(blocks, wider))
    return "\n".join(lines) + "\n"


def _git(checkout: Path, *words: str) -> str:
    return subprocess.run(  # noqa: S603 - words of our own
        ["git", "-C", str(checkout), *words],  # noqa: S607 - whichever git whoever refreshes has
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def _systems(path: Path) -> Iterator[tuple[int, str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if (found := _SYSTEM.match(line)) and int(found[1]) not in NOT_RENTED:
            name = (found[2] or "").partition(" - ")[2] or found[2] or ""
            yield int(found[1]), re.sub(r",\s*[A-Z]{2}$", "", name).strip()


def _blocks(checkout: Path, *names: str) -> tuple[IPv4Network | IPv6Network, ...]:
    found = [
        ip_network(line, strict=False)
        for name in names
        for line in (checkout / name).read_text(encoding="utf-8").split()
    ]
    four = collapse_addresses([one for one in found if isinstance(one, IPv4Network)])
    six = collapse_addresses([one for one in found if isinstance(one, IPv6Network)])
    return (*four, *six)


def _without(
    blocks: Iterable[IPv4Network | IPv6Network], wider: Iterable[IPv4Network | IPv6Network]
) -> list[str]:
    """Leave out the blocks that a narrower kind has as well: it is asked first."""
    taken = set(wider)
    return [str(one) for one in blocks if one not in taken]


if __name__ == "__main__":
    TABLE.write_text(written(Path(sys.argv[1])), encoding="utf-8")
