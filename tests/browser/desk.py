"""One person's browser on the workspace page: what they do there, and what went wrong meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, expect

ADELE = "adele.vance@contoso.example"
ROOM = "incident-room"
PATIENCE = 300_000
"""Milliseconds that anything is waited for; the machine may be slow and does other things as well."""

SHOTS = os.environ.get("SCREENSHOTS")
"""The folder that screenshots go to; without one none are taken, for each costs a tenth of a second."""

_SIDEWAYS = """(place) => [...place.querySelectorAll(".blocks, .blocks *")]
    .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
    .filter((one) => !one.closest(".file") && getComputedStyle(one).display !== "inline")
    .map((one) => `${one.className || one.tagName}: ${one.innerText.slice(0, 80)}`)"""

expect.set_options(timeout=PATIENCE)


class Desk:
    """A page of the browser.

    Attributes:
        page: the page.
        troubles: what the browser complained about: its console, scripts, requests and answers.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.troubles: list[str] = []
        self.leaving = False
        page.set_default_timeout(PATIENCE)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._trouble(f"a script failed: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _trouble(self, what: str) -> None:
        # A page that is closed breaks off what it was loading.
        if not self.leaving:
            self.troubles.append(what)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self._trouble(f"the console has: {message.text}")

    def _failed(self, request: Request) -> None:
        # What the page itself gives up, such as a picture in a thread that was closed, is no failure.
        if request.failure != "net::ERR_ABORTED":
            self._trouble(f"no answer: {request.url} ({request.failure})")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self._trouble(f"{response.status}: {response.url}")

    # what is there

    @property
    def log(self) -> Locator:
        """The messages of the channel."""
        return self.page.locator("#log")

    @property
    def thread(self) -> Locator:
        """The open thread."""
        return self.page.locator("#thread")

    @property
    def panel(self) -> Locator:
        """The tenant's panel."""
        return self.page.locator("#panel")

    @property
    def modal(self) -> Locator:
        """The uppermost window."""
        return self.page.locator("#modal[open]")

    @property
    def field(self) -> Locator:
        """The message field."""
        return self.page.locator("#composer-text")

    def card(self, words: str) -> Locator:
        """The newest message that everybody sees and that holds these words."""
        return self.log.locator("article:not(.ephemeral)").filter(has_text=words).last

    def private(self, words: str) -> Locator:
        """The newest message that only this person sees and that holds these words."""
        return self.log.locator("article.ephemeral").filter(has_text=words).last

    def rooms(self) -> list[str]:
        """The names of the places that can be opened."""
        return self.page.locator("#rooms .room-name").all_inner_texts()

    # what one does

    def open(self, url: str) -> None:
        """Open the page and wait until it is drawn."""
        self.page.goto(url)
        expect(self.page.locator("#rooms button.room").first).to_be_attached()
        expect(self.page.locator("#live")).to_have_attribute("data-state", "live")

    def become(self, name: str) -> None:
        """Be somebody else."""
        self.page.locator("#who").click()
        self.page.get_by_role("menuitemradio", name=name).click()
        expect(self.page.locator("#who")).to_contain_text(name)

    def go(self, room: str) -> None:
        """Open a channel, or the Home tab."""
        self.page.locator("#rooms button.room").filter(has_text=room).first.click()

    def say(self, words: str) -> None:
        """Write something, or type a command."""
        self.field.fill(words)
        self.field.press("Enter")
        expect(self.field).to_have_value("")

    def press(self, place: Locator, name: str) -> None:
        """Press a button."""
        place.get_by_role("button", name=name, exact=True).first.click()

    def tab(self, name: str) -> None:
        """Open one of the panel's tabs."""
        self.panel.get_by_role("tab", name=name).click()

    def keys(self, *names: str) -> None:
        """Press keys, one after the other."""
        for name in names:
            self.page.keyboard.press(name)

    def focused(self) -> dict[str, Any]:
        """What has the focus: its tag, id, text, action and whether it lies in an open dialog."""
        found: dict[str, Any] = self.page.evaluate(
            """() => {
              const at = document.activeElement;
              return {tag: at.tagName, id: at.id, text: at.innerText ?? "", action: at.dataset?.action ?? "",
                      inside: Boolean(at.closest("dialog[open]"))};
            }"""
        )
        return found

    def tab_to(self, action: str, most: int = 200) -> None:
        """Press Tab until a button of this action has the focus.

        Raises:
            AssertionError: it is not reached.
        """
        for _ in range(most):
            self.keys("Tab")
            if self.focused()["action"] == action:
                return
        raise AssertionError(f"{most} presses of Tab did not reach {action!r}.")

    def settle(self) -> None:
        """Wait until what moves on the page has come to rest."""
        self.page.evaluate(
            """() => {
              const ends = (one) => one.effect?.getTiming().iterations !== Infinity;
              return Promise.allSettled(document.getAnimations().filter(ends).map((one) => one.finished));
            }"""
        )

    def shot(self, name: str) -> None:
        """Keep a picture of the page."""
        self.settle()
        if SHOTS:
            self.page.screenshot(path=Path(SHOTS) / f"{name}.png")

    def width(self) -> int:
        """How wide the page is, with what has to be scrolled to; in CSS pixels."""
        return int(self.page.evaluate("document.scrollingElement.scrollWidth"))

    def size(self, width: int, height: int) -> None:
        """Make the window another size, and wait until the page has followed."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")

    def height(self, place: Locator) -> int:
        """How high something is drawn; in CSS pixels."""
        return int(place.evaluate("(node) => Math.ceil(node.getBoundingClientRect().height)"))

    def width_of(self, place: Locator) -> int:
        """How wide something is drawn; in CSS pixels."""
        return int(place.evaluate("(node) => Math.ceil(node.getBoundingClientRect().width)"))

    def depth(self, inside: Locator) -> int:
        """How far below the top of its card the lower edge of something is; in CSS pixels."""
        # In one look: between two, the page may draw the card anew.
        return int(
            inside.evaluate(
                "(node) => node.getBoundingClientRect().bottom"
                " - node.closest('article').getBoundingClientRect().top"
            )
        )

    def sideways(self, place: Locator) -> list[str]:
        """The beginnings of what is wider than its place, so that it is cut or scrolls sideways."""
        found: list[str] = place.evaluate(_SIDEWAYS)
        return found

    def lines(self, place: Locator) -> int:
        """How many lines of text and rows of buttons are drawn in a place."""
        return int(place.evaluate(_LINES))

    def faint(self) -> list[str]:
        """The visible texts whose contrast is too low: the text, and the ratio it has."""
        found: list[str] = self.page.evaluate(_FAINT)
        return found


@contextmanager
def desk(browser: Browser, url: str, **more: Any) -> Iterator[Desk]:
    """Open the page in a browser of its own; `more` are the context's options."""
    options: dict[str, Any] = {
        "viewport": {"width": 1360, "height": 860},
        "locale": "en-GB",
        "timezone_id": "UTC",
        "reduced_motion": "reduce",
        "color_scheme": "light",
    }
    context = browser.new_context(**{**options, **more})
    made = Desk(context.new_page())
    try:
        made.open(url)
        yield made
    finally:
        made.leaving = True
        context.close()


# Pieces of one line may differ in height; what begins within half a line of another stands on its line.
_LINES = """(root) => {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const bottoms = [];
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    if (!text.data.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const box of range.getClientRects()) if (box.width > 1) bottoms.push(box.bottom);
  }
  bottoms.sort((a, b) => a - b);
  return bottoms.filter((bottom, n) => n === 0 || bottom - bottoms[n - 1] > 9).length;
}"""

# Contrast as WCAG 2 defines it (success criterion 1.4.3): 4.5, or 3 for large text. Colours behind a text are
# laid over each other up to the first opaque one; controls that are switched off are exempt, as there.
_FAINT = """() => {
  const parse = (text) => {
    const parts = text.match(/[\\d.]+/g).map(Number);
    if (text.startsWith("color(srgb")) return [parts[0] * 255, parts[1] * 255, parts[2] * 255, parts[3] ?? 1];
    return [parts[0], parts[1], parts[2], parts[3] ?? 1];
  };
  const over = (top, under) => [0, 1, 2].map((n) => top[n] * top[3] + under[n] * (1 - top[3])).concat(1);
  const canvas = () => {
    const probe = document.createElement("span");
    probe.style.backgroundColor = "Canvas";
    document.body.append(probe);
    const colour = parse(getComputedStyle(probe).backgroundColor);
    probe.remove();
    return colour;
  };
  const base = canvas();
  const behind = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), base);
  };
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((n) => {
      const part = n / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, two) => {
    const [low, high] = [light(one), light(two)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const found = [];
  const dialog = document.querySelector("dialog[open]");
  const walker = document.createTreeWalker(dialog ?? document.body, NodeFilter.SHOW_TEXT);
  let looked = 0;
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || node.closest("svg, script, style, noscript, :disabled")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    const style = getComputedStyle(node);
    if (box.width < 2 || box.height < 2 || !node.checkVisibility({visibilityProperty: true})) continue;
    if (box.bottom < 0 || box.top > innerHeight || box.right < 0 || box.left > innerWidth) continue;
    looked += 1;
    const ground = behind(node);
    let opacity = 1;
    for (let at = node; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
    const colour = parse(style.color);
    const shown = over([colour[0], colour[1], colour[2], colour[3] * opacity], ground);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const has = ratio(shown, ground);
    if (has < (large ? 3 : 4.5)) found.push(`${text.data.trim().slice(0, 60)}: ${has.toFixed(2)}`);
  }
  if (looked < 5) found.push(`only ${looked} texts were looked at`);
  return found;
}"""
