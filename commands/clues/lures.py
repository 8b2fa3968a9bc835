"""Families of texts that intruders send and sign with, told by what the words mean together.

A family is never one phrase. It needs a word from each of several groups of meaning (a plight, and money, and
haste), so that it holds whatever the exact wording, and so that ordinary mail which shares one of the words
does not match. The families and the words are data, in ``commands/facts``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from commands import facts
from commands.clues.phrases import Plain, group, one_of
from commands.facts import Family


def families_in(text: str, families: Sequence[Family]) -> tuple[Family, ...]:
    """Which families a text belongs to; one that warns of scams, or tells of having been hacked, to none."""
    if not text or text.isspace():
        return ()  # nothing to look for, and no reason to read the words of all languages
    plain = Plain.of(text)
    if group("warning").count_in(plain) >= 2 or group("about_scams").is_in(plain):
        return ()
    return tuple(family for family in families if _belongs(plain, family))


def _belongs(plain: Plain, family: Family) -> bool:
    if not any(all(group(name).is_in(plain) for name in way) for way in family.ways):
        return False
    return not any(group(name).is_in(plain) for name in family.unless)


def sent_families() -> tuple[Family, ...]:
    """What hacked accounts send, the families without an honest use first."""
    return facts.families_for("mail")


def signature_families() -> tuple[Family, ...]:
    """What is put under every mail of a hacked account."""
    return facts.families_for("signature")


def own_words(text: str) -> str:
    """The part of a message above what it quotes; the quoted scam in an answer is not the writer's."""
    quote = _quote().search(text)
    return text[: quote.start()] if quote else text


@cache
def _quote() -> re.Pattern[str]:
    """The line with which a quoted message begins."""
    return re.compile(
        rf"^\s*(?:>|-{{2,}}\s*(?:{one_of('quote_title')})"
        rf"|_{{10,}}|(?:{one_of('quote_from')})\s*:\s.+@?.*$(?=\s*\n\s*(?:{one_of('quote_sent')})\s*:)"
        rf"|(?:{one_of('quote_on')})\s.{{6,120}}\b(?:{one_of('quote_wrote')})\b.{{0,60}}:\s*$)",
        re.IGNORECASE | re.MULTILINE,
    )


def is_newsletter(text: str) -> bool:
    """Say whether a text offers to be unsubscribed from, as mailings do and mail between people does not."""
    return group("newsletter").is_in(Plain.of(text))
