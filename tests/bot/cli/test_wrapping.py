"""Sentences are broken at words, and what is to be copied is not broken at all."""

from __future__ import annotations

from bot.cli.wrapping import wrapped, wrapped_line

LINK = "https://api.slack.com/apps?new_app=1&manifest_json=" + "x" * 3_000


def test_no_word_is_broken_and_no_line_is_wider_than_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    text = "Open the page in a browser, on any machine; it holds no secret. It is read-only.\n- An item\n"
    told = wrapped(f"1. {text}", "   ")
    assert " ".join(told.split()) == " ".join(f"1. {text}".split())
    assert max(map(len, told.splitlines())) <= 40
    assert told.splitlines()[1].startswith("   ")
    assert "\n   - An item" in told


def test_a_line_to_be_copied_stays_in_one_piece(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    command = f"  compromise run --config {'folder/' * 20}"
    assert wrapped(f"To start it:\n{command}", "   ") == f"To start it:\n   {command}"
    assert wrapped(LINK) == LINK


def test_a_line_of_an_outline_goes_on_below_itself(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    first, second = wrapped_line("    of Mail Recipients, Transport Rules nothing but").splitlines()
    assert (first, second) == ("    of Mail Recipients, Transport Rules", "      nothing but")


def test_a_wide_terminal_is_not_filled(monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    assert max(map(len, wrapped("word " * 100).splitlines())) <= 100
