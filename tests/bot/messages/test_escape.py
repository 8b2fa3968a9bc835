"""Text from the tenant is shown and never obeyed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from bot.messages.escape import address, cut, defang, plain, said, visible
from tests.bot.messages.samples import TENANT_TEXT

_TOKENS = ("<!", "<@", "<#", "<http", "<mailto")


@settings(deadline=None)
@given(TENANT_TEXT)
def test_no_token_of_slack_survives_in_mrkdwn(text):
    shown = said(text)
    assert "<" not in shown
    assert ">" not in shown
    assert not re.search(r"[*~`]", shown)
    assert not re.search(r"(?i)https?://", shown)
    assert "\n" not in shown
    assert shown.encode() is not None


@settings(deadline=None)
@given(TENANT_TEXT)
def test_no_token_of_slack_survives_in_plain_text(text):
    shown = plain(text)
    assert not any(token in shown for token in _TOKENS)
    assert len(shown) <= 150
    assert shown.encode() is not None


@settings(deadline=None)
@given(TENANT_TEXT)
def test_every_ampersand_in_mrkdwn_begins_an_entity_of_ours(text):
    assert re.sub(r"&(?:amp|lt|gt);", "", said(text)).count("&") == 0


@settings(deadline=None)
@given(TENANT_TEXT)
def test_what_is_made_visible_has_no_control_and_no_direction_marks(text):
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]", visible(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://evil.example/login", "hxxps://evil[.]example/login"),
        ("HTTP://EVIL.EXAMPLE", "hxxp://EVIL[.]EXAMPLE"),
        ("httphttp://evil.example", "httphttp[:]//evil[.]example"),
        ("203.0.113.77", "203.0.113[.]77"),
        ("from 203.0.113.77:443", "from 203.0.113[.]77:443"),
        ("2001:db8::7", "2001[:]db8::7"),
        ("www.evil.co.uk", "www[.]evil[.]co[.]uk"),
        ("drop@evil.example", "drop@evil[.]example"),
        ("adele.vance@contoso.example", "adele.vance@contoso.example"),
        ("adele.vance@contoso.example.evil.example", "adele.vance@contoso[.]example[.]evil[.]example"),
        ("mailto:a@contoso.example", "mailto[:]a@contoso.example"),
        ("javascript:alert(1)", "javascript[:]alert(1)"),
        ("ftp://files.example", "ftp[:]//files[.]example"),
        ("evil。example", "evil[.]example"),
        ("report.pdf", "report.pdf"),
        ("MailboxSettings.Read", "MailboxSettings.Read"),
        ("at 16:00:05 on 2026-03-02", "at 16:00:05 on 2026-03-02"),
        ("Set-Mailbox.ForwardingSmtpAddress", "Set-Mailbox.ForwardingSmtpAddress"),
    ],
)
def test_addresses_cannot_be_clicked_and_ordinary_text_stays(text, shown):
    assert defang(text, ours={"contoso.example"}) == shown


def test_a_text_that_is_already_defanged_stays_as_it_is():
    once = defang("hxxp://evil.example and 203.0.113.77 and 2001:db8::7")
    assert defang(once) == once


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("snake_case_name", "snake_case_name"),
        ("_slanted_", "＿slanted＿"),
        ("2 * 3", "2 ∗ 3"),
        (":white_check_mark: fine", "∶white＿check＿mark: fine".replace("＿", "_")),
        ("> quoted", "› quoted"),
        ("2001:db8:10a6::17", "2001[:]db8:10a6::17"),
        ("R&D", "R&amp;D"),
        ("@channel", "＠channel"),
        ("first\nsecond", "first second"),
    ],
)
def test_formatting_reads_as_it_was_written_and_does_nothing(text, shown):
    assert said(text) == shown


def test_a_turned_reading_direction_is_spelled_out():
    assert visible("invoice\u202egpj.exe") == "invoice[U+202E]gpj.exe"


def test_terminal_sequences_lose_their_escape():
    assert visible("\x1b[31mred\x1b[0m") == "[31mred [0m"


def test_piles_of_accents_are_cut():
    assert len(visible("a" + "\u0301" * 50)) == 4


def test_long_text_ends_with_an_ellipsis():
    assert cut("abcdef", 4) == "abc…"
    assert len(said("x y" * 1_000, 50)) <= 50


def test_only_what_has_the_form_of_an_address_is_left_readable():
    assert address("adele.vance@contoso.example") == "adele.vance@contoso.example"
    assert address("first_last@contoso.example") == "first_last@contoso.example"
    assert "<" not in address("<!channel>@contoso.example")
    assert "_" not in address("_x_@contoso.example").replace("＿", "")


@pytest.mark.parametrize(
    "text", ["evil.com_x", "http:\\\\evil.com_", "evil\u2024com", "evil\ufe52com", "a@evil.com_"]
)
def test_a_host_is_seen_beside_an_underscore_and_with_any_dot(text):
    for shown in (said(text), plain(text)):
        assert "evil[.]com" in shown


@pytest.mark.parametrize("end", [":", ".", ": more", ". More", ", more"])
def test_an_address_of_ours_stays_readable_before_a_colon_or_a_full_stop(end):
    assert said(f"adele@contoso.example{end}", ours={"contoso.example"}) == f"adele@contoso.example{end}"


@pytest.mark.parametrize("end", [":80", "/x", ".com"])
def test_an_address_of_ours_that_goes_on_is_not_left_readable(end):
    assert "[.]" in said(f"adele@contoso.example{end}", ours={"contoso.example"})


def test_a_long_name_between_quotes_gives_way_to_what_is_said_of_it():
    says = f"The hidden inbox rule “{'A' * 250}” sends mail to drop77"
    assert cut(says, 120) == f"The hidden inbox rule “{'A' * 40}…” sends mail to drop77"
