"""Which networks are rented exits, and what that says about a sign-in."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from commands import usual
from commands.facts import NetworkKind, addresses, refresh
from commands.report import Owner
from commands.usual import Usual
from commands.usual.networks import Network, Systems, listed
from commands.usual.places import Countries
from graph.question import Window
from graph.resources.sign_ins import SignIn
from tests.commands.evidence import NOON, evidence, sign_in
from tests.commands.mmdb import Number, written
from tests.each import each

VPN = "146.70.96.7"
HOSTED = "167.99.1.7"
RELAY = "172.225.20.7"
TOR = "185.220.101.4"
FAR = "93.184.216.34"
ROUTER = "94.0.1.9"


@pytest.mark.parametrize(
    ("address", "number", "kind"),
    [
        (VPN, None, NetworkKind.VPN),
        (HOSTED, None, NetworkKind.HOSTING),
        (RELAY, None, NetworkKind.RELAY),
        ("165.225.24.142", None, NetworkKind.GATEWAY),
        (FAR, 9009, NetworkKind.VPN),
        (FAR, 16276, NetworkKind.HOSTING),
        (FAR, 22616, NetworkKind.GATEWAY),
        (TOR, 60729, NetworkKind.TOR),
        (HOSTED, 22616, NetworkKind.GATEWAY),
    ],
)
def test_the_tables_know_rented_exits_by_address_and_by_system(address, number, kind):
    found = listed(address, number)
    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize("address", [FAR, "10.1.2.3", "2001:db8::1", "", "no address"])
def test_what_no_table_holds_is_unknown(address):
    assert listed(address, None) is None
    assert listed(address, 3320) is None


def test_the_table_is_dated_and_carries_its_license():
    text = refresh.TABLE.read_text(encoding="utf-8")
    assert addresses.table().made > date(2026, 1, 1)
    assert "MIT License" in text
    assert "Copyright (c) 2024 X4B" in text


def test_the_blocks_of_each_kind_and_version_stand_in_order_and_none_within_another():
    for name in ("addresses.txt", "gateways.txt"):
        for section in each((refresh.TABLE.parent / name).read_text(encoding="utf-8").split("\n[")[1:]):
            lines = [line for line in section.splitlines()[1:] if not line.startswith("AS")]
            assert [":" in line for line in lines] == sorted(":" in line for line in lines)
            for version in (False, True):
                edges = [
                    edge
                    for line in lines
                    if (":" in line) is version
                    for edge in (addresses.first_of(line), addresses.last_of(line))
                ]
                assert edges == sorted(edges)


def test_a_block_holds_its_addresses_and_no_others():
    blocks = addresses.Blocks(["192.0.2.0/25", "198.51.100.7/32", "203.0.113.0/24"])
    inside = [addresses.first_of(f"{one}/32") for one in ("192.0.2.127", "198.51.100.7", "203.0.113.255")]
    outside = [addresses.first_of(f"{one}/32") for one in ("100.64.0.1", "192.0.2.128", "203.0.114.0")]
    assert all(map(blocks.hold, inside))
    assert not any(map(blocks.hold, outside))


def test_the_table_is_made_from_a_checkout_of_the_lists(tmp_path):
    for name, text in {
        "README.md": "# Lists\n```\nMIT License\n```\n",
        "input/vpn/ASN.txt": "AS64500 # SOME-VPN - Some VPN, US\n",
        "input/datacenter/ASN.txt": "AS64500 # VPN\nAS64501\nAS8075 # MICROSOFT\n",
        "input/vpn/ips/apple.txt": "198.51.100.0/25\n198.51.100.128/25\n",
        "output/vpn/ipv4.txt": "198.51.100.0/24\n203.0.113.7/32\n",
        "output/vpn/ipv6.txt": "",
        "output/datacenter/ipv4.txt": "203.0.113.0/24\n",
        "output/datacenter/ipv6.txt": "2001:db8::/32\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    day = {"GIT_COMMITTER_DATE": "2026-08-22T12:00:00Z", "GIT_AUTHOR_DATE": "2026-08-22T12:00:00Z"}
    who = ["-c", "user.name=one", "-c", "user.email=one@contoso.example"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "lists"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, env={**os.environ, **day})
    table = addresses.read(refresh.written(tmp_path))
    assert table.made == date(2026, 8, 22)
    assert table.systems == {64500: (NetworkKind.VPN, "Some VPN"), 64501: (NetworkKind.HOSTING, "")}
    assert table.kind_of("198.51.100.200") is NetworkKind.RELAY
    assert table.kind_of("203.0.113.7") is NetworkKind.VPN
    assert table.kind_of("203.0.113.8") is NetworkKind.HOSTING
    assert table.kind_of("2001:db8::1") is NetworkKind.HOSTING
    assert table.kind_of("192.0.2.1") is None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"is_anonymous_vpn": True}, Network(NetworkKind.VPN)),
        ({"is_tor_exit_node": True, "is_hosting_provider": True}, Network(NetworkKind.TOR)),
        ({"is_hosting_provider": False}, None),
        (
            {"autonomous_system_number": Number(64496, 6), "autonomous_system_organization": "An office"},
            None,
        ),
        (
            {"autonomous_system_number": Number(9009, 6), "autonomous_system_organization": "M247 Ltd"},
            Network(NetworkKind.VPN, "M247"),
        ),
    ],
)
def test_a_database_in_maxminds_form_comes_before_the_tables(tmp_path, row, expected):
    systems = Systems(written(tmp_path / "networks.mmdb", row))
    assert systems.network("203.0.113.9", None) == expected
    assert systems.made == date(2026, 5, 28)


def test_what_the_database_does_not_know_the_tables_may(tmp_path):
    systems = Systems(written(tmp_path / "networks.mmdb", {"is_anonymous_vpn": True}))
    assert systems.network("5.9.1.1", 9009) == Network(NetworkKind.VPN, "M247")
    assert systems.network("no address", None) is None
    assert Countries(systems).network("203.0.113.9", None) == Network(NetworkKind.VPN)


AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0"
OTHER = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Firefox/143.0"
NETHERLANDS = {"countryOrRegion": "NL", "geoCoordinates": {"latitude": 52.4, "longitude": 4.9}}


def known(**more: Any) -> list[SignIn]:
    """Sign-ins of a month before the window, at home."""
    return [sign_in(hours=-24 * (10 + day), address=ROUTER, user_agent=AGENT, **more) for day in range(30)]


def through(addresses: Iterable[str]) -> list[SignIn]:
    """Sign-ins before the window, day after day."""
    return [
        sign_in(hours=-24 * (10 + day) + 6, address=one, user_agent=AGENT)
        for day, one in enumerate(addresses)
    ]


def points_at(address: str, *sign_ins: SignIn) -> tuple[str, Usual]:
    seen = usual.learn(evidence(sign_ins=list(sign_ins)))
    return "; ".join(point.says for point in seen.points[address]), seen


def test_the_place_of_a_vpns_exit_does_not_count_and_that_it_is_one_does():
    says, seen = points_at(VPN, *known(), sign_in(address=VPN, user_agent=AGENT, location=NETHERLANDS))
    assert "country" not in says
    assert "travel" not in says
    assert "vpn" in says
    assert seen.doubt_at(VPN).owner is Owner.DOUBTFUL


def test_a_habit_of_coming_through_vpns_is_no_news_and_makes_no_exit_ones_own():
    habit = through(f"146.70.{100 + day % 8}.{day + 1}" for day in range(20))
    says, seen = points_at(VPN, *known(), *habit, sign_in(address=VPN, user_agent=AGENT))
    assert "vpn" not in says
    assert not seen.is_familiar("146.70.101.2")


def test_an_exit_that_a_user_always_comes_through_is_own_as_business_vpns_give_one():
    _, seen = points_at(VPN, *through([VPN] * 20), sign_in(address=VPN, user_agent=AGENT))
    assert seen.is_familiar(VPN)


def test_of_an_exit_that_many_share_the_neighbors_are_not_own():
    neighbor = VPN.rpartition(".")[0] + ".201"
    says, seen = points_at(neighbor, *through([VPN] * 20), sign_in(address=neighbor, user_agent=OTHER))
    assert seen.is_familiar(VPN)
    assert not seen.is_familiar(neighbor)
    assert "regular use" not in says
    file = [sign_in(hours=-24 * day, address=VPN, user_agent=AGENT) for day in range(30)]
    window = Window(NOON - timedelta(days=40), NOON + timedelta(days=1))
    in_file = usual.learn(replace(evidence(sign_ins=file), window=window))
    assert (in_file.is_familiar(VPN), in_file.is_familiar(neighbor)) == (True, False)


SERVER = "5.9.1.1"


@pytest.mark.parametrize(
    ("client", "place", "told"), [(AGENT, NETHERLANDS, False), (OTHER, NETHERLANDS, True), (AGENT, {}, True)]
)
def test_the_users_own_program_abroad_at_a_rented_server_is_one_thing(client, place, told):
    home = {"location": {"countryOrRegion": "DE"}}
    says, seen = points_at(SERVER, *known(**home), sign_in(address=SERVER, user_agent=client, location=place))
    assert seen.rented[SERVER].kind is NetworkKind.HOSTING
    assert ("hosting" in says) is told
    assert ("country" in says) is bool(place)


@pytest.mark.parametrize(("habit", "doubt"), [(True, -2), (False, 2)])
def test_another_address_of_the_gateway_that_a_user_always_comes_through_is_for_the_user(habit, doubt):
    behind = {"autonomous_system_number": 22616}
    before = [
        sign_in(
            hours=-24 * (10 + day), address=f"94.0.{day}.9", user_agent=AGENT, **(behind if habit else {})
        )
        for day in range(20)
    ]
    _, seen = points_at(FAR, *before, sign_in(address=FAR, user_agent=OTHER, **behind))
    assert seen.rented[FAR].kind is NetworkKind.GATEWAY
    assert seen.doubt_at(FAR).points == (doubt + 1 if habit else doubt)


@pytest.mark.parametrize(("system", "told"), [(22616, False), (None, True)])
def test_a_session_that_goes_on_in_another_program_behind_the_usual_gateway_is_the_users(system, told):
    behind = {"autonomous_system_number": system}
    before = [
        sign_in(hours=-24 * (10 + day), address=f"94.0.{day}.9", user_agent=AGENT, session_id="s", **behind)
        for day in range(20)
    ]
    script = sign_in(address=FAR, user_agent=OTHER, session_id="s", **behind)
    assert ("unfamiliar client" in points_at(FAR, *before, script)[0]) is told


@pytest.mark.parametrize(("place", "told"), [(NETHERLANDS, False), ({"countryOrRegion": "DE"}, True)])
def test_a_low_risk_abroad_is_for_being_abroad(place, told):
    own = known(location={"countryOrRegion": "DE"})
    risky = sign_in(address=FAR, user_agent=AGENT, location=place, risk_level_during_sign_in="low")
    assert ("low risk" in points_at(FAR, *own, risky)[0]) is told


def test_another_address_of_a_relay_is_no_other_network():
    says, _ = points_at(RELAY, *known(), sign_in(address=RELAY, user_agent=AGENT))
    assert "network is unfamiliar" not in says


def test_the_sign_in_log_tells_the_system_of_a_network_that_the_audit_log_names_without():
    numbered = sign_in(address="94.0.2.7", user_agent=AGENT, autonomous_system_number=22616)
    plain = sign_in(hours=-1, address="94.0.2.9", user_agent=AGENT)
    _, seen = points_at("94.0.2.9", *known(), plain, numbered)
    assert seen.rented["94.0.2.9"].kind is NetworkKind.GATEWAY


@pytest.mark.parametrize("kind", ["trustedNamedLocation", "trusted"])
def test_a_named_location_that_the_tenant_trusts_is_the_organizations(kind):
    trusted = {"networkType": kind, "networkNames": ["Offices"]}
    far = sign_in(address=FAR, location=NETHERLANDS, network_location_details=[trusted])
    _, seen = points_at(FAR, *known(), far)
    assert seen.is_familiar(FAR)
    assert seen.doubt_at(FAR).owner is Owner.OWNER


def test_a_named_location_that_nobody_trusts_is_none():
    plain = {"networkType": "namedNetwork", "networkNames": ["Blocked countries"]}
    far = sign_in(address=FAR, location=NETHERLANDS, network_location_details=[plain])
    assert not points_at(FAR, *known(), far)[1].is_familiar(FAR)


TOKEN = {"authenticationMethod": "Previously satisfied", "succeeded": True}
PASSKEY = {"authenticationMethod": "Passkey (device-bound)", "succeeded": True}


@pytest.mark.parametrize(
    ("steps", "client", "told"),
    [
        ([TOKEN], OTHER, "token"),
        ([TOKEN], AGENT, ""),
        ([TOKEN, PASSKEY], OTHER, "relayed"),
        ([{**PASSKEY, "succeeded": False}], OTHER, ""),
        ([], OTHER, ""),
    ],
)
def test_how_the_factor_was_met_speaks_for_or_against(steps, client, told):
    says, _ = points_at(FAR, *known(), sign_in(address=FAR, user_agent=client, authentication_details=steps))
    assert [word for word in ("token", "relayed") if word in says] == ([told] if told else [])


@pytest.mark.parametrize(("always", "told"), [("success", True), ("notApplied", False), ("", False)])
def test_a_sign_in_without_the_policy_that_always_applies_is_told(always, told):
    own = known(conditional_access_status=always)
    says, _ = points_at(FAR, *own, sign_in(address=FAR, conditional_access_status="notApplied"))
    assert ("policy" in says.casefold()) is told


def test_an_exit_where_nothing_of_the_users_was_ever_seen_is_nobodys_own_however_long_it_is_used():
    """Somebody who is in from the first week on comes through one VPN; the user's laptop never does."""
    laptop = {"deviceId": "laptop-1"}
    home = [
        sign_in(hours=-24 * day, address=ROUTER, user_agent=AGENT, device_detail=laptop) for day in range(30)
    ]
    window = Window(NOON - timedelta(days=40), NOON + timedelta(days=1))
    for program, device, own in ((OTHER, {}, False), (AGENT, {}, False), (AGENT, laptop, True)):
        exits = [
            sign_in(hours=-24 * day - 3, address=VPN, user_agent=program, device_detail=device)
            for day in range(30)
        ]
        seen = usual.learn(replace(evidence(sign_ins=[*home, *exits]), window=window))
        assert seen.is_familiar(VPN) is own
        assert ("it came through" in seen.why(VPN)) is not own
