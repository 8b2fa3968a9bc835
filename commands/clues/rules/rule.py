"""A rule in one normal form, wherever it was seen, and what can be said about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from commands.clues.phrases import Plain, group
from commands.clues.records import listed, one_line
from commands.sentence import Sentence, ending, sentence, whole
from commands.usual import Usual
from commands.usual.folders import Hiding, hiding_of_name, hiding_within
from graph.audit_log.record import AuditRecord
from graph.resources.mail import MailFolder


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        name: Its name as given; "" is a blank name, None is not known.
        kind: What it is called for people.
        ids: The ids of everything it was seen in: the rule's own, and audit records.
        enabled: Whether it is switched on.
        destinations: The mail addresses that it sends to, lower case.
        hiding: Into what kind of folder it moves mail.
        folder: That folder's name, "" when it moves nothing or the name is not known.
        deletes: It deletes, or moves into Deleted Items.
        marks_read: It marks as read.
        moves: It moves or copies mail into any folder.
        words: Every word that it looks for, lower case.
        narrow: It looks at particular senders or recipients.
        matches_everything: It has no condition, or one that every message fulfils.
        hidden: It is left out where visible rules are listed.
        record: The audit record that made it or gave it what it does.
        gone: The audit record that took it away or switched it off.
        told: What it does was recorded, though nothing of it matters here.
        is_live: It was seen in the mailbox and not only in audit records.
    """

    name: str | None
    kind: str
    ids: tuple[str, ...]
    enabled: bool = True
    destinations: tuple[str, ...] = ()
    hiding: Hiding = Hiding.NONE
    folder: str = ""
    deletes: bool = False
    marks_read: bool = False
    moves: bool = False
    words: tuple[str, ...] = ()
    narrow: bool = False
    matches_everything: bool = False
    hidden: bool = False
    record: AuditRecord | None = None
    gone: AuditRecord | None = None
    told: bool = False
    is_live: bool = True

    @property
    def is_system(self) -> bool:
        """Whether Exchange or Outlook keeps this rule for itself."""
        return self.name is not None and _SYSTEM_NAME.match(self.name) is not None

    @property
    def spoken_name(self) -> str:
        """The name between quotes, or a word for a blank or unknown one."""
        if self.name is None:
            return "whose name was not recorded"
        return f"“{one_line(self.name)}”" if self.name.strip() else "without a name"


# Source: Exchange, rules that Get-InboxRule -IncludeHidden lists in every mailbox.
_SYSTEM_NAME: Final = re.compile(
    r"(?:junk e-?mail rule|microsoft\.exchange\.oof\.|delegate rule -?\d|#net#|clear categories|clutter)",
    re.IGNORECASE,
)


def telling_words(rule: Rule) -> tuple[str, ...]:
    """The kinds of words that an intruder hides: ``security``, ``money`` and ``bounces``."""
    text = Plain.of("\n".join(rule.words))
    kinds = (("security", "rule_security"), ("money", "rule_money"), ("bounces", "rule_bounce"))
    return tuple(kind for kind, name in kinds if group(name).is_in(text))


def has_odd_name(rule: Rule) -> bool:
    """Say whether nobody would find a rule again by its name: blank, signs only, or a letter or two.

    Two capitals (HR, IT) are an abbreviation. Names of one or two ideographs are words.
    """
    if rule.name is None:
        return False
    letters = [letter for letter in rule.name if letter.isalnum()]
    if not letters:
        return True
    if not all(letter.isascii() for letter in letters):
        return False
    if len(letters) <= 2:
        return not (len(letters) == 2 and rule.name.strip().isalpha() and rule.name.strip().isupper())
    return len(set(rule.name.strip().casefold())) == 1


def outside_destinations(rule: Rule, usual: Usual) -> tuple[str, ...]:
    """The addresses outside the tenant that a rule sends to."""
    return tuple(address for address in rule.destinations if usual.is_outside(address))


def is_bare(rule: Rule) -> bool:
    """Say whether nothing is known of a rule but that it was made, changed or removed."""
    acts = rule.destinations or rule.deletes or rule.moves or rule.marks_read
    return not rule.is_live and not acts and not rule.words and not rule.narrow and not rule.told


_WORDS: Final = 6
"""Words that a rule looks for that are named before the rest is counted."""


def says(rule: Rule) -> str:
    """What the rule does, as the middle of a sentence."""
    return whole(in_pieces(rule))


def in_pieces(rule: Rule) -> Sentence:
    """The same in pieces: the folder's own name and the words may be left out where room is short."""
    deeds: list[Sentence] = []
    if rule.destinations:
        deeds.append(sentence(f"sends mail to {', '.join(map(one_line, rule.destinations))}"))
    if rule.deletes:
        deeds.append(sentence("deletes mail"))
    elif rule.hiding is not Hiding.NONE:
        shown = ending(f" ({one_line(rule.folder)})" if rule.folder else "")
        deeds.append(sentence(f"moves mail into the {rule.hiding.value}", shown))
    elif rule.moves:
        where = f"“{one_line(rule.folder)}”" if rule.folder else "another folder"
        deeds.append(sentence(f"moves mail into {where}"))
    if rule.marks_read:
        deeds.append(sentence("marks it as read"))
    if rule.matches_everything:
        deeds.append(sentence("applies to every message"))
    elif rule.words and deeds:
        words = [one_line(word) for word in rule.words]
        condition = ending(f", if a message contains {listed(words, _WORDS, 'or')}")
        return sentence(_and(deeds), condition)
    if not deeds:
        bare = is_bare(rule)
        return sentence(
            "has actions that its record does not show" if bare else "neither forwards nor hides mail"
        )
    return _and(deeds)


def _and(deeds: Sequence[Sentence]) -> Sentence:
    """List what a rule does, which is never more than five things."""
    between = dict.fromkeys(range(1, len(deeds)), ", ") | {0: "", max(len(deeds) - 1, 1): " and "}
    return sentence(*(part for place, deed in enumerate(deeds) for part in (between[place], deed)))


def name_key(name: str) -> str:
    """Give a name as names are compared."""
    return " ".join(name.casefold().split())


def place_of(target: str, folders: Mapping[str, MailFolder]) -> tuple[Hiding, str]:
    """Give what kind of folder a rule moves mail into, and the folder's name where one is known."""
    if not target:
        return Hiding.NONE, ""
    if folder := folders.get(target):
        return hiding_within(folder, folders), folder.display_name
    # A long opaque text is an id of a folder that could not be listed; anything else is a name.
    if re.fullmatch(r"[A-Za-z0-9+/_=-]{40,}", target):
        return Hiding.NONE, ""
    return hiding_of_name(target), target.rpartition("\\")[2].rpartition(":")[2]


def tidy(words: Iterable[str]) -> tuple[str, ...]:
    """Give the words of a condition in lower case, each once, without blank ones."""
    return tuple(dict.fromkeys(word.strip().casefold() for word in words if word.strip(" \0")))


def is_in_every_mail(word: str, condition: str) -> bool:
    """Say whether a condition that looks for this word holds for every message."""
    plain = word.strip(" \0").casefold()
    if not plain or plain in {"a", "e", "i", "o", "u"}:
        return True
    return plain in {"@", "."} and "sender" in condition.casefold()
