"""Buttons are known by their whole action ids, and carry nothing but what their form allows."""

from __future__ import annotations

import pytest

from bot.errors import NotUnderstood
from bot.listeners.actions import BUTTONS, BUTTONS_OF, Button
from bot.verbs import check
from bot.verbs.check_buttons import CHECKS
from bot.verbs.registry import read

VALUES = {
    "C": "C-7F3K2",
    "P": "P-7F3K2 3fa9c1d2",
    "H": "H-7F3K2",
    "address": "lee@contoso.example",
    "report": "report",
    "task": "C-7F3K2 3",
}


def value_of(name: str) -> str:
    (fits,) = (one for one in VALUES.values() if fits_button(BUTTONS_OF[name], one))
    return fits


def fits_button(button: Button, value: str) -> bool:
    try:
        button.says(value)
    except NotUnderstood:
        return False
    return True


@pytest.mark.parametrize("name", [*BUTTONS_OF, *CHECKS])
def test_a_button_is_known_by_its_whole_action_id(name: str) -> None:
    assert BUTTONS.search(name)
    for other in (f"x{name}", f"{name}x", f"{name}\n", f" {name}"):
        assert not BUTTONS.search(other)


@pytest.mark.parametrize("name", BUTTONS_OF)
def test_a_button_says_what_somebody_could_type(name: str) -> None:
    verb, _ = read(BUTTONS_OF[name].says(value_of(name)))
    assert ("" if name == "open_form" else BUTTONS_OF[name].words.split()[0]) == verb.NAME


@pytest.mark.parametrize(
    "more", [" now", " single", " because so", " done 1", "\nin #general", " since 1d", "x,"]
)
@pytest.mark.parametrize("name", BUTTONS_OF)
def test_a_value_with_something_behind_it_is_no_words(name: str, more: str) -> None:
    """Whoever names a rule, a file or an account must not be able to choose an option."""
    assert not fits_button(BUTTONS_OF[name], f"{value_of(name)}{more}")


@pytest.mark.parametrize("name", CHECKS)
def test_neither_is_one_of_a_button_that_checks(name: str) -> None:
    values = ["C-7F3K2", "a" * 32, "12", "H-7F3K2 3", f"{'a' * 32} lee@contoso.example"]
    (fits,) = (one for one in values if fits_button(Button(CHECKS[name].value, ""), one))
    for more in (" since 1d", "\nin #general", " in <#C0123>"):
        assert not fits_button(Button(CHECKS[name].value, ""), fits + more)


def test_the_button_of_a_lead_checks_that_address() -> None:
    assert BUTTONS_OF["check_lead"].says("lee@contoso.example") == "check lee@contoso.example"


@pytest.mark.parametrize(
    "value", ["", "lee", "lee@contoso.example since 300d", "<@U1>", f"{'a' * 250}@b.example"]
)
def test_what_is_no_address_is_no_words(value: str) -> None:
    assert not fits_button(BUTTONS_OF["check_lead"], value)


@pytest.mark.parametrize(
    "account",
    [
        "lee@contoso.example since 300d",
        "lee@contoso.example in <#C0123>",
        "lee --channel=#general",
        "<@U0123>",
        "<mailto:lee@contoso.example|x> since 1d",
        "lee@contoso.example\nsince",
        "",
    ],
)
def test_an_account_that_records_or_an_alert_name_is_one_word_and_brings_no_option(account: str) -> None:
    with pytest.raises(NotUnderstood):
        check.words_about(account)


@pytest.mark.parametrize(
    "account", ["lee@contoso.example", "lee_fabrikam.example#EXT#@contoso.example", "lee"]
)
def test_an_account_that_is_one_is_checked(account: str) -> None:
    verb, wish = read(check.words_about(account))
    assert verb is check
    assert wish == check.Check(wish.who)


def test_a_candidate_takes_the_options_of_the_question_and_none_of_its_own() -> None:
    assert check.words_for("check Adele Vance since 7d", "lee@contoso.example") == (
        "check lee@contoso.example since 168h"
    )
    with pytest.raises(NotUnderstood):
        check.words_for("check Adele Vance since 7d", "lee@contoso.example in <#C0123>")
