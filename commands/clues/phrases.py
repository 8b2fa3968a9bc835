"""Texts searched for groups of meaning: the words of many languages that say the same.

The words are data, in ``commands/facts/lures``. A group is made ready when it is first looked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from commands import facts


@dataclass(frozen=True, slots=True)
class Plain:
    """A text made plain.

    Attributes:
        text: The text; see `plain_text`.
        words: Its words.
        beginnings: The first one, two and three letters of each word.
        signs: Every character in it.
    """

    text: str
    words: frozenset[str]
    beginnings: frozenset[str]
    signs: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Plain:
        """Make a text plain; see `plain_text`."""
        plain = plain_text(text)
        words = frozenset(_WORD.findall(plain))
        beginnings = frozenset(word[:length] for word in words for length in (1, 2, 3))
        return cls(plain, words, beginnings, frozenset(plain))


@dataclass(frozen=True, slots=True)
class Group:
    """A group of meaning, ready to be looked for.

    Looking for hundreds of phrases in every message of a mailbox takes seconds; looking first whether their
    words are there at all takes next to none.

    Attributes:
        pattern: Finds any of its words and phrases.
        singles: Whole words that are phrases by themselves.
        phrases: For each longer phrase, the whole words in it, by the longest of them.
        stems: Beginnings of words, for phrases that hold no whole word.
        signs: What a text must hold for phrases that need not begin where a word does.
        beginnings: The first letters of the stems, three of each as far as they go.
        first_signs: The first characters of `signs`.
    """

    pattern: re.Pattern[str]
    singles: frozenset[str]
    phrases: Mapping[str, tuple[frozenset[str], ...]]
    stems: tuple[str, ...]
    signs: frozenset[str]
    beginnings: frozenset[str]
    first_signs: frozenset[str]

    def is_in(self, plain: Plain) -> bool:
        """Say whether a text holds a word of this group."""
        return self._may_be_in(plain) and self.pattern.search(plain.text) is not None

    def count_in(self, plain: Plain) -> int:
        """Say how often a text holds words of this group."""
        return len(self.pattern.findall(plain.text)) if self._may_be_in(plain) else 0

    def _may_be_in(self, plain: Plain) -> bool:
        if not self.singles.isdisjoint(plain.words):
            return True
        if any(
            phrase <= plain.words for key in plain.words & self.phrases.keys() for phrase in self.phrases[key]
        ):
            return True
        may_begin = not self.beginnings.isdisjoint(plain.beginnings)
        if may_begin and any(word.startswith(self.stems) for word in plain.words):
            return True
        return not self.first_signs.isdisjoint(plain.signs) and any(sign in plain.text for sign in self.signs)


@cache
def group(name: str) -> Group:
    """Give a group of the tables, in all languages.

    Raises:
        KeyError: there is no such group.
    """
    return any_of(facts.phrases_of(name))


def any_of(phrases: Iterable[str]) -> Group:
    """Make a group of these words and phrases, as `facts.Phrases` writes them."""
    words = tuple(map(plain_text, phrases))
    lettered = [word for word in sorted(words, key=len, reverse=True) if word[0].isalnum()]
    others = [word for word in words if not word[0].isalnum()]
    whole = {word: frozenset(_WHOLE_WORD.findall(word)) for word in lettered}
    at_a_beginning = [rf"\b(?:{'|'.join(map(_one, lettered))})"] if lettered else []
    stems = tuple(sorted({_BEGINNING.findall(word)[0] for word, found in whole.items() if not found}))
    signs = frozenset(_BEGINNING.findall(word)[0] if word[0] == "*" else word[0] for word in others)
    return Group(
        pattern=re.compile("|".join([*at_a_beginning, *(_one(word.lstrip("*")) for word in others)])),
        singles=frozenset(next(iter(found)) for found in whole.values() if len(found) == 1),
        phrases=_by_longest(found for found in whole.values() if len(found) > 1),
        stems=stems,
        signs=signs,
        beginnings=frozenset(stem[:3] for stem in stems),
        first_signs=frozenset(sign[0] for sign in signs),
    )


def _by_longest(phrases: Iterable[frozenset[str]]) -> Mapping[str, tuple[frozenset[str], ...]]:
    """Give phrases by their longest word, which the fewest texts hold."""
    found: dict[str, tuple[frozenset[str], ...]] = {}
    for phrase in phrases:
        longest = max(phrase, key=lambda word: (len(word), word))
        found[longest] = (*found.get(longest, ()), phrase)
    return found


def one_of(name: str) -> str:
    """Give a group of the tables as an alternative within a regular expression."""
    return "|".join(map(_one, sorted(facts.phrases_of(name), key=len, reverse=True)))


# A word that may go on, or next to an apostrophe that may be left out, need not stand in a text like this.
_WHOLE_WORD: Final = re.compile(r"(?<![\w'])\w+(?![\w*'])")
_BEGINNING: Final = re.compile(r"\w+")


def _one(phrase: str) -> str:
    pattern = re.escape(phrase.rstrip("*")).replace(r"\*", r"\w*").replace(r"\ ", r"\s+")
    # An apostrophe may be straight, typographic or left out.
    pattern = pattern.replace("'", "['’‘`]?")
    return pattern if phrase.endswith("*") else pattern + r"(?!\w)"


_INVISIBLE: Final = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
# Turkish has an i without a dot, whose capital letter is everybody else's I, and a capital I with one.
_TURKISH: Final = {ord("ı"): "i", 0x0307: None}
_LOOK_ALIKES: Final = str.maketrans("аеорсухіјѕԁһкмтвнαορν", "aeopcyxijsdhkmtbhaopv")
_WORD: Final = re.compile(r"\w+")
_FOREIGN_WORD: Final = re.compile(r"\w*[^\W\x00-\x7f]\w*")
_LATIN: Final = re.compile(r"[a-z]")


def plain_text(text: str) -> str:
    """Bring a text into one case, without invisible signs and disguised letters.

    Cyrillic and Greek letters that look like Latin ones are read as Latin only in words that mix the two.
    """
    if text.isascii():
        return text.casefold()
    folded = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).casefold().translate(_TURKISH)
    return _FOREIGN_WORD.sub(lambda word: _undisguised(word[0]), folded)


def _undisguised(word: str) -> str:
    return word.translate(_LOOK_ALIKES) if _LATIN.search(word) else word
