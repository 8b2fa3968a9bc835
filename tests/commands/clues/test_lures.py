"""The word families: every phrase of the tables is found in a text that holds it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from commands.clues import lures
from commands.clues.lures import Plain, is_automatic, is_newsletter, is_reply, plain_text

SOURCE = Path(lures.__file__)


def phrases() -> list[tuple[str, ...]]:
    calls = [
        node
        for node in ast.walk(ast.parse(SOURCE.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_any"
    ]
    return [
        tuple(str(argument.value) for argument in call.args if isinstance(argument, ast.Constant))
        for call in calls
    ]


@pytest.mark.parametrize("group", phrases(), ids=lambda group: group[0])
def test_looking_first_for_single_words_hides_no_phrase(group: tuple[str, ...]) -> None:
    made = lures._any(*group)
    for phrase in group:
        spelt = phrase.replace("*", "")
        for text in (spelt, spelt.replace("'", "’"), spelt.replace("'", ""), spelt.replace(" ", "\n")):
            assert made.is_in(Plain.of(f"Well, {text.upper()}. Yes")), text


def test_a_stem_goes_on_and_a_whole_word_does_not() -> None:
    group = lures._any("gift card*", "codes", "carte* cadeau*")
    assert group.is_in(Plain.of("some Gift-free gift cards"))
    assert group.is_in(Plain.of("des cartes cadeaux"))
    assert not group.is_in(Plain.of("the barcodes of a giftcard"))
    assert group.count_in(Plain.of("codes, codes, barcodes")) == 2


def test_a_text_is_made_plain() -> None:
    assert plain_text("Gіft\u200b Cаrd") == "gift card"
    assert plain_text("Привет, мир") == "привет, мир"
    assert plain_text("ＧＩＦＴ") == "gift"


@pytest.mark.parametrize(
    "subject", ["Automatic reply: Hi", "Réponse automatique : Hi", "Abgesagt: Plan", "Recall: x"]
)
def test_what_exchange_writes_is_automatic(subject: str) -> None:
    assert is_automatic(subject)


@pytest.mark.parametrize("subject", ["Reading list", "Automatic doors: offer", "RE: Accepted offer", ""])
def test_what_people_write_is_not_automatic(subject: str) -> None:
    assert not is_automatic(subject)


def test_marks_of_answers_and_forwarded_mail_are_told_apart() -> None:
    assert is_reply("AW: Plan")
    assert not is_reply("Plan: B")


def test_a_mailing_offers_to_be_unsubscribed_from() -> None:
    assert is_newsletter("If you no longer want this, unsubscribe here.")
    assert not is_newsletter("See you on Tuesday.")
