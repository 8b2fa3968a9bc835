"""What a step plans: changes for the bot, manual tasks for people, or nothing and why.

A change is all about one write to Microsoft 365: what people read, what is sent, how its state is read,
which state it expects and wants, and how it is undone. What Slack shows, what two people approve, what the
ledger keeps and what is sent is this one value, bound by the digest of the plan.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from typing import Any, TypeAlias

import rfc8785
from pydantic import TypeAdapter

from graph.parts.reading import apart
from graph.request import Cmdlet, Request

Act: TypeAlias = Request | Cmdlet
"""Something that can be sent to Microsoft."""

_RIGHTS = "AccessRights"
"""The field of Exchange whose elements may hold several rights each."""

State: TypeAlias = Mapping[str, Any] | None
"""The state of one thing: the fields looked at, or None when it is not there."""

NEW_PASSWORD = "<new password>"  # noqa: S105 - what stands in a plan in place of a password
"""Stands in a change where the password goes; it is made when the change is carried out, and never stored
readable."""


class Phase(StrEnum):
    """What a step is for, as a phase of incident response.

    Source: NIST SP 800-61 Rev. 2, section 3.3, "Containment, Eradication, and Recovery".
    """

    CONTAIN = "contain"
    ERADICATE = "eradicate"
    RECOVER = "recover"


@dataclass(frozen=True, slots=True)
class Look:
    """How to read the state of one thing.

    Attributes:
        ask: What to ask; it changes nothing.
        where: Which item of the answer is meant; all of these must fit. A field that holds a list fits when
            it holds the value. Texts are compared without regard to case. Empty: the first item.
        unless: Items that fit one of these are passed over.
        either: Fields of which one at least must hold one of its texts; the first, where it is filled in,
            decides alone. None to leave it at `where`.
        fields: The fields that make up the state; none when it only matters whether the thing is there. A
            field of an inner object is written with a slash: ``automaticRepliesSetting/status``.
    """

    ask: Act
    where: Mapping[str, Any] = field(default_factory=dict)
    unless: Mapping[str, Any] = field(default_factory=dict)
    either: tuple[tuple[str, tuple[str, ...]], ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Demand:
    """Something that must be so right before a change is made: `look` finds something.

    Attributes:
        look: What must be there.
        says: One sentence for people when it is not, with what to do next.
    """

    look: Look
    says: str


@dataclass(frozen=True, slots=True)
class Undo:
    """How a change is taken back: a change of its own, without an undo.

    Attributes:
        says: What it does, in plain words: ``Let Adele Vance sign in again``.
        do: What is sent.
        look: How the state is read.
        wants: The state afterwards.
        note: What people should know about it, such as a right that comes back with a new id.
    """

    says: str
    do: Act
    look: Look
    wants: State
    note: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One write to Microsoft 365.

    Attributes:
        id: The step's id, a colon, and what it is about; the same thing always gets the same id.
        step: The step's id.
        says: What it does, in plain words, one sentence without the full stop. May hold text from the
            tenant; escape it when shown.
        why: Why it is proposed: the finding or the document, one sentence.
        do: What is sent. Holds `NEW_PASSWORD` where a password goes.
        look: How the state is read.
        expects: The state that the change was planned for. When the tenant's state is neither this nor
            `wants`, somebody changed it in between, and the change is not made.
        wants: The state that shows that it took effect.
        moves: True where no wanted state is known beforehand: it took effect once the state differs from
            what was read right before. `expects` and `wants` do not count then.
        undo: How it is taken back, or None.
        no_undo: Why it cannot be undone, in one sentence; "" where it can.
        suggested: Whether the findings ask for it, so that it is selected from the start.
        tenant_wide: Whether it reaches beyond the subject.
        after: The ids of changes that must be confirmed before this one is made.
        demands: What must be so right before.
        warns: What people should know before they approve, one sentence each.
        repeatable: Whether sending it twice does no harm, so that it may be sent again when nobody knows
            whether the first time arrived and its effect cannot be seen.
    """

    id: str
    step: str
    says: str
    why: str
    do: Act
    look: Look
    expects: State
    wants: State
    moves: bool = False
    undo: Undo | None = None
    no_undo: str = ""
    suggested: bool = False
    tenant_wide: bool = False
    after: tuple[str, ...] = ()
    demands: tuple[Demand, ...] = ()
    warns: tuple[str, ...] = ()
    repeatable: bool = True


@dataclass(frozen=True, slots=True)
class ManualTask:
    """Something that only a person can do.

    Attributes:
        id: The step's id, a colon, and what it is about.
        step: The step's id.
        says: What is to be done, in plain words, one sentence without the full stop.
        how: Exact instructions, one line each.
        suggested: Whether the findings ask for it.
        files: Files that help with it, by name: drafted mails, lists. They hold no mail body.
    """

    id: str
    step: str
    says: str
    how: tuple[str, ...]
    suggested: bool = False
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Nothing:
    """A step has nothing to do, could not look, or refuses; `why` says so in one sentence.

    Attributes:
        step: The step's id.
        why: The sentence.
        refused: True where something might be done and must not be: a protected account, the last
            administrator, a source that could not be seen.
    """

    step: str
    why: str
    refused: bool = False


class AlreadyDone(Nothing):
    """In the place of a change that has taken effect since it was offered; it is never stored."""

    __slots__ = ()


Planned: TypeAlias = Change | ManualTask | Nothing


@dataclass(frozen=True)
class Plan:
    """What one proposal is about: the changes in the order in which they are made, and the manual tasks.

    Attributes:
        case_id: The case.
        tenant: The name of the configured tenant.
        subject_id: The account's object id.
        subject: The account's address.
        changes: What the bot is to do.
        tasks: What people are to do: manual tasks.
        nonce: Something that no other plan has, so that the same changes proposed twice have two digests.
    """

    case_id: str
    tenant: str
    subject_id: str
    subject: str
    changes: tuple[Change, ...]
    tasks: tuple[ManualTask, ...]
    nonce: str

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the plan as canonical JSON, in hexadecimal. Source: RFC 8785.

        Of a plan that was read, over what was read: a version that knows a field more, and fills it with what
        it meant before, would else find another digest than the one that people approved.
        """
        return _digest_of(plan_facts(self))


# --- state -------------------------------------------------------------------------------------------------


def state_of(look: Look, items: Iterable[Mapping[str, Any]]) -> State:
    """Read the state out of an answer: of the first item that is meant, or None when there is none.

    "Not found" counts as an answer without items.
    """
    for item in items:
        if not all(_fits(_at(item, name), value) for name, value in look.where.items()):
            continue
        if look.unless and all(_fits(_at(item, name), value) for name, value in look.unless.items()):
            continue
        if look.either and not _is_one(item, look.either):
            continue
        return {name: _at(item, name) for name in look.fields}
    return None


def _is_one(item: Mapping[str, Any], either: tuple[tuple[str, tuple[str, ...]], ...]) -> bool:
    """Whether an item is the one that fields name; the first field, where it is filled in, decides alone."""
    first = either[0]
    deciding = (first,) if _plain(_at(item, first[0])) is not None else either
    return any(_fits(_at(item, name), text) for name, texts in deciding for text in texts)


def same(one: State, other: State) -> bool:
    """Say whether two states are the same; null, "" and the empty list are, as are lists in any order.

    A half character, which tenants do send, is the question mark that a plan has in its place.
    """
    if one is None or other is None:
        return one is other
    return one.keys() == other.keys() and all(_plain(one[name]) == _plain(other[name]) for name in one)


def took_effect(change: Change | Undo, before: State, now: State) -> bool:
    """Say whether the state now shows that a change was made; `before` is what was read right before it."""
    if isinstance(change, Change) and change.moves:
        return not same(before, now)
    return same(change.wants, now)


def _at(item: Mapping[str, Any], name: str) -> Any:
    found: Any = item
    for part in name.split("/"):
        found = found.get(part) if isinstance(found, Mapping) else None
    return list(apart(found)) if name == _RIGHTS and isinstance(found, (list, tuple)) else found


def _fits(found: Any, wanted: Any) -> bool:
    if isinstance(found, (list, tuple)) and not isinstance(wanted, (list, tuple)):
        return any(_plain(one) == _plain(wanted) for one in found)
    return bool(_plain(found) == _plain(wanted))


def _plain(value: Any) -> Any:
    if value in (None, "", [], ()):
        return None
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().casefold()
    if isinstance(value, (list, tuple)):
        return sorted(map(_plain, value), key=repr)
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return value


def holds_password(do: Act) -> bool:
    """Say whether a new password goes into what is sent."""
    return _mentions(do.body if isinstance(do, Request) else do.parameters)


def _mentions(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_mentions(one) for one in value.values())
    if isinstance(value, (list, tuple)):
        return any(_mentions(one) for one in value)
    return bool(value == NEW_PASSWORD)


# --- as JSON -----------------------------------------------------------------------------------------------


def plan_facts(plan: Plan) -> dict[str, Any]:
    """Give a plan as JSON values, with every field in it, for the ledger and the digest."""
    facts: dict[str, Any] = _plan().dump_python(plan, mode="json")
    return facts


@lru_cache(maxsize=16)
def plan_from(text: str | bytes) -> Plan:
    """Read a plan from its JSON; the last ones are kept, for a card is drawn again at each of its actions."""
    plan = _plan().validate_json(text)
    vars(plan)["digest"] = _digest_of(json.loads(text))
    return plan


def _digest_of(facts: Mapping[str, Any]) -> str:
    return hashlib.sha256(rfc8785.dumps(facts)).hexdigest()


def offer_text(offer: Iterable[Planned]) -> str:
    """Write everything that the steps planned as JSON.

    Half characters, which tenants do send and JSON's readers refuse, become question marks.
    """
    return json.dumps(_whole(_offer().dump_python(tuple(offer), mode="json")), separators=(",", ":"))


@lru_cache(maxsize=16)
def offer_from(text: str | bytes) -> tuple[Planned, ...]:
    """Read what the steps planned from its JSON; the last ones are kept as well."""
    return _offer().validate_json(text)


def _whole(value: Any) -> Any:
    """Replace half characters in every text."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_whole(name): _whole(one) for name, one in value.items()}
    return [_whole(one) for one in value] if isinstance(value, (list, tuple)) else value


@cache
def _plan() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)


@cache
def _offer() -> TypeAdapter[tuple[Planned, ...]]:
    return TypeAdapter(tuple[Planned, ...])
