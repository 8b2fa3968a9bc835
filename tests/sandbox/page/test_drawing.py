"""What the app posts cannot keep the page from drawing the messages around it."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.chromium import chromium
from tests.browser.desk import desk

from .conftest import ROOM

IMAGE = {"type": "image", "alt_text": "nowhere", "image_url": "http://["}


def test_an_address_that_is_none_and_thousands_of_styled_words_are_drawn(shown, web):
    web.chat_postMessage(channel=ROOM, text="before")
    web.chat_postMessage(channel=ROOM, text="x", blocks=[IMAGE])
    web.chat_postMessage(channel=ROOM, text="x", blocks=[{"type": "markdown", "text": "`a`" * 4_000}])
    for text in ("*b* " * 740, "`c` " * 740):
        section = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
        web.chat_postMessage(channel=ROOM, text="x", blocks=[section])
    web.chat_postMessage(channel=ROOM, text="after")
    with chromium() as browser, desk(browser, f"{shown.page.url}#as=responder&in={ROOM}") as made:
        expect(made.log.get_by_text("Picture: nowhere")).to_be_visible()
        expect(made.log.locator(".markdown code")).to_have_count(4_000)
        expect(made.log.locator(".section strong")).to_have_count(740)
        expect(made.log.get_by_text("after", exact=True)).to_be_visible()
        assert "key=" not in made.page.url
        assert made.troubles == []
