"""Whoever asks is told what is done, and what is not."""

from __future__ import annotations

from bot.messages import answers

LINK = "https://contoso.slack.example/archives/C0INCIDENT/p1"


def test_a_hunt_that_does_not_search_for_all_says_so():
    """Whoever leaves more traces than one hunt searches for has none passed over in silence."""
    told = answers.hunting("H-22222", LINK, awaited=None, left_out=3).text
    assert "The case shows 3 further traces of the attacker, too many for one hunt" in told
    assert "further" not in answers.hunting("H-22222", LINK, awaited=None).text


def test_whoever_asks_is_told_at_once_what_comes_next():
    assert answers.noted().text == "🔎 Investigating … The link to the card follows here in a moment."
    assert answers.noted(of_report=True).text.startswith("📄 Posting the latest report;")
