"""The word families: every phrase of the tables is found in a text that holds it."""

from __future__ import annotations

import pytest

from commands import facts
from commands.clues.lures import is_newsletter
from commands.clues.phrases import Plain, any_of, group, plain_text
from commands.clues.subject_lines import is_automatic, is_reply
from tests.each import each


@pytest.mark.parametrize("name", facts.groups())
def test_looking_first_for_single_words_hides_no_phrase(name: str) -> None:
    made = group(name)
    for phrase in each(facts.phrases_of(name)):
        spelt = phrase.replace("*", "")
        for text in (spelt, spelt.replace("'", "’"), spelt.replace("'", ""), spelt.replace(" ", "\n")):
            assert made.is_in(Plain.of(f"Well, {text.upper()}. Yes")), text


def test_a_stem_goes_on_and_a_whole_word_does_not() -> None:
    made = any_of(("gift card*", "codes", "carte* cadeau*"))
    assert made.is_in(Plain.of("some Gift-free gift cards"))
    assert made.is_in(Plain.of("des cartes cadeaux"))
    assert not made.is_in(Plain.of("the barcodes of a giftcard"))
    assert made.count_in(Plain.of("codes, codes, barcodes")) == 2


def test_a_phrase_that_begins_with_a_star_is_found_inside_a_word() -> None:
    made = any_of(("*rechnung*", "*pago", "ach"))
    assert made.is_in(Plain.of("Schlussrechnungen"))
    assert made.is_in(Plain.of("el prepago"))
    assert not made.is_in(Plain.of("pagos"))
    assert not made.is_in(Plain.of("each"))


def test_a_text_is_made_plain() -> None:
    assert plain_text("Gіft\u200b Cаrd") == "gift card"
    assert plain_text("Привет, мир") == "привет, мир"
    assert plain_text("ＧＩＦＴ") == "gift"
    assert plain_text("TIKLAYIN") == plain_text("tıklayın")
    assert plain_text("İLETİLEMEDİ") == plain_text("iletilemedi")


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
