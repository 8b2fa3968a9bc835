"""Every file of a verb is a verb, and none is forgotten."""

from pathlib import Path

import bot.verbs
from bot.verbs.registry import VERBS

ROOM = Path(bot.verbs.__file__).parent
SHARED = {
    "__init__",
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
