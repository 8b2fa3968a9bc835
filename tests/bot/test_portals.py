"""A case links to Microsoft's pages about its account, in the cloud where the account is."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from bot.messages.case_card import case_card
from bot.portals import portals, portals_of
from graph.settings import Cloud
from sandbox.workspace import text as slack_text
from tests.bot.messages import samples

ID = "6f1f8f1e-0f3a-4d0a-9c62-111111111111"


@pytest.mark.parametrize(
    ("cloud", "hosts"),
    [
        (
            Cloud.GLOBAL,
            [
                "entra.microsoft.com",
                "admin.exchange.microsoft.com",
                "purview.microsoft.com",
                "security.microsoft.com",
            ],
        ),
        (
            Cloud.GCC_HIGH,
            [
                "entra.microsoft.us",
                "admin.exchange.office365.us",
                "purview.microsoft.us",
                "security.microsoft.us",
            ],
        ),
        (Cloud.DOD, ["portal.azure.us", "purview.apps.mil", "security.apps.mil"]),
        (Cloud.CHINA, ["portal.azure.cn"]),
    ],
)
def test_each_cloud_has_the_hosts_that_a_source_names(cloud, hosts):
    assert [urlsplit(url).hostname for _, url in portals_of(ID, cloud)] == hosts


def test_no_page_is_named_twice_in_a_cloud():
    assert len({(one.cloud, one.name) for one in portals()}) == len(portals())


@pytest.mark.parametrize("hostile", ["", "x|click>", "6f1f8f1e/../../evil", f"{ID}|evil"])
def test_what_is_no_object_id_leads_nowhere(hostile):
    assert portals_of(hostile, Cloud.GLOBAL) == ()


@pytest.mark.parametrize("cloud", Cloud)
def test_the_card_has_them_in_one_line(cloud):
    links = portals_of(ID, cloud)
    card = case_card(samples.done(samples.rich(), portals=links))
    assert list(slack_text.links(card.text, list(card.blocks))) == [url for _, url in links]
    last = card.blocks[-1]["elements"][0]["text"]
    assert all(f"|{name}>" in last for name, _ in links)
