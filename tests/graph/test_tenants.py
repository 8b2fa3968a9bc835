"""Which tenant an address belongs to, and which settings are taken."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from graph.errors import NoSuchUser
from graph.tenants import Cloud, Tenants, TenantSettings


def settings(name: str, *domains: str, **more: Any) -> TenantSettings:
    values: dict[str, Any] = {"tenant_id": name, "client_id": "app", "client_secret": "s"}
    return TenantSettings(name=name, domains=domains, **{**values, **more})


def test_the_longest_matching_domain_decides() -> None:
    tenants = Tenants(
        [
            settings("a", "contoso.example"),
            settings("b", "sales.contoso.example", "Fabrikam.example"),
            settings("c"),
        ]
    )
    found = {
        address: tenants.for_address(address).settings.name
        for address in (
            "x@contoso.example",
            "x@it.contoso.example",
            "X@SALES.CONTOSO.EXAMPLE",
            "x@eu.sales.contoso.example",
            "x@notcontoso.example",
            "x@fabrikam.example",
        )
    }
    assert list(found.values()) == ["a", "a", "b", "b", "c", "b"]
    tenants.close()


def test_what_was_asked_for_under_an_old_name_goes_by_the_id_of_the_tenant() -> None:
    tenants = Tenants(
        [
            settings("now", "contoso.example", tenant_id="T1"),
            settings("before", "fabrikam.example", tenant_id="t2"),
        ]
    )
    # What was "before" is called "now", and another one has its old name.
    assert tenants.named("before", "t1").settings.name == "now"
    assert tenants.named("before").settings.name == "before"
    with pytest.raises(NoSuchUser, match="The tenant before is no longer configured"):
        tenants.named("before", "t3")
    tenants.close()


def test_the_same_connection_serves_a_tenant_every_time() -> None:
    tenants = Tenants([settings("a", "contoso.example")])
    assert tenants.for_address("x@contoso.example") is tenants.for_address("some-object-id")
    assert tenants.each() == (tenants.for_address("y@contoso.example"),)
    tenants.close()


def test_an_address_of_nobodys_domain_is_refused_with_the_domains_that_are_known() -> None:
    tenants = Tenants([settings("a", "contoso.example"), settings("b", "fabrikam.example")])
    with pytest.raises(NoSuchUser, match=r"contoso\.example, fabrikam\.example"):
        tenants.for_address("x@northwind.example")
    with pytest.raises(NoSuchUser, match="has no domain, so its tenant is unknown"):
        tenants.for_address("adele")


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [settings("a"), settings("b")],
        [settings("a", "contoso.example"), settings("b", "contoso.example")],
    ],
)
def test_tenants_that_cannot_be_told_apart_are_refused(wrong: list[TenantSettings]) -> None:
    with pytest.raises(ValueError, match=r"no tenant|no domains|two tenants"):
        Tenants(wrong)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"client_secret": None}, "has no credential"),
        ({"certificate": "app.pem"}, "exactly one"),
        ({"graph_url": "http://graph.fabrikam.example"}, "https"),
        ({"login_url": "ftp://login.example"}, "https"),
        ({"exchange_url": "https://user:pw@exchange.example"}, "https"),
        ({"cloud": "moon"}, "cloud"),
        ({"shoe_size": 3}, "shoe_size"),
    ],
)
def test_settings_that_are_wrong_say_so(more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings("a", **more)


def test_plain_http_is_for_this_machine_only() -> None:
    for host in ("127.0.0.1:8080", "localhost:1", "[::1]:2"):
        assert settings("a", graph_url=f"http://{host}/graph/").hosts.graph == f"http://{host}/graph"


def test_tokens_are_asked_for_the_cloud_even_where_addresses_are_replaced() -> None:
    one = settings("a", cloud="gcc-high", graph_url="http://127.0.0.1:1/graph")
    assert one.cloud is Cloud.GCC_HIGH
    assert one.hosts.graph == "http://127.0.0.1:1/graph"
    assert one.hosts.exchange == "https://outlook.office365.us"
    assert one.resources.graph == "https://graph.microsoft.us"
    assert not one.is_global


def test_a_secret_is_not_shown() -> None:
    assert "very-secret" not in repr(settings("a", client_secret="very-secret"))


def test_china_has_a_host_of_its_own_for_exchange() -> None:
    """As public clients use it; no page of Microsoft's was seen that names the host."""
    there = settings("a", cloud=Cloud.CHINA)
    assert there.hosts.exchange == "https://partner.outlook.cn"
