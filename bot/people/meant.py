"""Whom or what someone means: an account, by address, alias or mention, or a case."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """Someone named by mail address, lower-cased."""

    address: str


@dataclass(frozen=True, slots=True)
class Mention:
    """Someone mentioned in Slack, by user id."""

    user: str


@dataclass(frozen=True, slots=True)
class Alias:
    """Someone named by what stands before the @, lower-cased."""

    alias: str


@dataclass(frozen=True, slots=True)
class Name:
    """A name as people see it, as it was typed: it can only find candidates."""

    words: str


Who = Address | Mention | Alias


@dataclass(frozen=True, slots=True)
class CaseId:
    """A case named by its id."""

    id: str


About = Address | Mention | Alias | CaseId
