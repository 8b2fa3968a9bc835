"""Every file of a verb is a verb, and none is forgotten."""

from pathlib import Path

import pytest

import bot.verbs
from bot.errors import NotUnderstood
from bot.verbs.registry import _LISTS, _OTHER_WORDS, VERBS, read

ROOM = Path(bot.verbs.__file__).parent
SHARED = {
    "__init__",
    "check_buttons",
    "hunts",
    "mentions",
    "proposing",
    "registry",
    "shape",
    "spelling",
    "team",
    "terms",
    "voting",
}
"""What verbs share."""


def test_every_file_is_a_verb_in_the_registry_or_named_as_shared():
    verbs = {Path(str(verb.__file__)).stem for verb in VERBS}  # type: ignore[attr-defined]  # it is a module
    assert verbs | SHARED == {path.stem for path in ROOM.glob("*.py")}
    assert not verbs & SHARED


def test_no_two_verbs_are_typed_alike():
    assert len({verb.NAME for verb in VERBS}) == len(VERBS)


def test_help_says_nothing_of_what_only_buttons_say():
    assert {verb.NAME for verb in VERBS if not verb.SAYS} == {"password", "review", ""}


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("reset adele.vance", "Did you mean: /compromise contain adele.vance"),
        ("remediate adele.vance", "Did you mean: /compromise contain adele.vance"),
        ("unblock adele.vance", "Did you mean: /compromise restore adele.vance"),
        ("reject P-7F3K2", "Did you mean: /compromise deny P-7F3K2"),
        ("yes P-7F3K2", "Did you mean: /compromise approve P-7F3K2"),
        ("investigate adele.vance", "Did you mean: /compromise check adele.vance"),
        ("status", "in this app's Home tab; what happened in one: /compromise history C-7F3K2"),
    ],
)
def test_a_word_that_people_use_for_a_verb_leads_to_that_one_and_does_nothing(typed: str, says: str) -> None:
    with pytest.raises(NotUnderstood) as told:
        read(typed)
    assert says in str(told.value)


def test_no_word_that_leads_to_a_verb_is_one_and_none_leads_to_two() -> None:
    words = [word for several in _OTHER_WORDS.values() for word in several.split()]
    assert len(words) == len(set(words))
    assert not {*words, *_LISTS} & {verb.NAME for verb in VERBS}
    assert not set(words) & _LISTS
