"""A finding's sentence in pieces, each of a kind, so that whoever tells only a part of it takes pieces.

A story says once who it was and from where, a list of reasons has room for a clause. Neither reads the
sentence: a name that an attacker chose could pass for its end. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias


class Kind(StrEnum):
    """What a piece of a sentence is, as far as that decides where it is told."""

    PLAIN = "plain"
    THING = "thing"  # the name of what it is about: what is alike but for it is told as one
    WHICH = "which"  # what else may differ in what is told of one thing: a right, a folder
    CHECKED = "checked"  # the account that was checked
    AROUND = "around"  # who, from where, by which operation, and what was not collected
    FURTHER = "further"  # another reason or circumstance
    END = "end"  # from here on it may be left out, and what stands before is still true


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a sentence.

    Attributes:
        says: The words, with the blanks and marks around them; may hold text from the tenant.
        kind: What they are.
        many: What stands there instead where several things are named; None where that is the same.
    """

    says: str
    kind: Kind = Kind.PLAIN
    many: str | None = None


Sentence: TypeAlias = tuple[Piece, ...]

BRIEF: Final = 90
"""Characters from which on a clause is told without its end."""

WAS: Final = Piece(" was", many=" were")
HAS: Final = Piece(" has", many=" have")


def sentence(*parts: str | Piece | Sentence) -> Sentence:
    """Put a sentence together of words, pieces and other sentences, in their order."""
    return tuple(one for one in _pieces(parts) if one.says or one.many)


def _pieces(parts: Iterable[str | Piece | Sentence]) -> Iterator[Piece]:
    for part in parts:
        if isinstance(part, str):
            yield Piece(part)
        elif isinstance(part, Piece):
            yield part
        else:
            yield from part


def thing(name: str) -> Piece:
    """Give the name of what a sentence is about."""
    return Piece(name, Kind.THING)


def which(says: str) -> Piece:
    """Give what may differ in what is told of one thing."""
    return Piece(says, Kind.WHICH)


def around(says: str) -> Piece:
    """Give who, from where, by which operation, or what was not collected."""
    return Piece(says, Kind.AROUND)


def further(says: str) -> Piece:
    """Give another reason or circumstance."""
    return Piece(says, Kind.FURTHER)


def ending(says: str) -> Piece:
    """Give what may be left out, with all that follows."""
    return Piece(says, Kind.END)


def whole(pieces: Sentence) -> str:
    """Give the whole sentence."""
    return "".join(piece.says for piece in pieces)


def deed_of(pieces: Sentence) -> Sentence:
    """Give it without who, from where and what was not collected."""
    return tuple(piece for piece in pieces if piece.kind is not Kind.AROUND)


def clause_of(pieces: Sentence) -> Sentence:
    """Give one clause of it: a deed without further reasons."""
    return tuple(piece for piece in deed_of(pieces) if piece.kind is not Kind.FURTHER)


def brief_of(pieces: Sentence) -> str:
    """Give a clause as few words that can be read alone: a long one without its end, where it has one."""
    told = clause_of(pieces)
    says = whole(told)
    if len(says) <= BRIEF:
        return says
    ends = [at for at, piece in _placed(told) if piece.kind is Kind.END and BRIEF // 3 < at <= BRIEF]
    return says[: max(ends)] if ends else says


def _placed(pieces: Sentence) -> Iterator[tuple[int, Piece]]:
    at = 0
    for piece in pieces:
        yield at, piece
        at += len(piece.says)


def things_of(pieces: Sentence) -> tuple[str, ...]:
    """Give the names of what it is about."""
    return tuple(piece.says for piece in pieces if piece.kind is Kind.THING)


def form_of(pieces: Sentence) -> Sentence:
    """Give what sentences have in common that are alike but for the name of the thing."""
    return tuple(
        Piece("", Kind.THING)
        if piece.kind is Kind.THING
        else Piece(piece.says if piece.many is None else piece.many)
        for piece in pieces
    )


def of_many(pieces: Sentence, names: str) -> str:
    """Tell of several things, whose list is `names`, what a sentence says of one."""
    return "".join(names if piece.kind is Kind.THING else piece.says for piece in form_of(pieces))


def merged(sentences: Sequence[Sentence], names: Callable[[Sequence[str]], str]) -> Sentence:
    """Give one sentence for several that differ in one piece which may differ; () for any others.

    Args:
        sentences: The sentences.
        names: How names are listed.
    """
    first, *others = sentences
    if any(len(one) != len(first) for one in others):
        return ()
    differing = [place for place, column in enumerate(zip(*sentences, strict=True)) if len(set(column)) > 1]
    if not differing:
        return first
    place = differing[0]
    if len(differing) > 1 or any(one[place].kind is not Kind.WHICH for one in sentences):
        return ()
    said = names(list(dict.fromkeys(one[place].says for one in sentences)))
    return (*first[:place], which(said), *first[place + 1 :])
