"""The part of OData that the tenant understands: $filter, $select, $orderby; anything else is refused.

A filter is parsed into a small tree and checked against what the endpoint allows before any object is looked
at.
A field inside a collection is named ``collection/any(field)``; ``collection/any()`` is the element itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.scenarios.state import Json, parse_time
from sandbox.tenant.problems import bad_request

Allowed = Mapping[str, frozenset[str]]
"""Field name to the operators that the endpoint takes for it."""

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<time>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?)"
    r"|(?P<number>-?\d+(?:\.\d+)?(?![\w-]))|(?P<name>[A-Za-z_][\w./-]*)|(?P<mark>[(),:]))"
)
_FUNCTIONS = {"startswith", "endswith", "contains"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "ge": lambda left, right: left is not None and left >= right,
    "gt": lambda left, right: left is not None and left > right,
    "le": lambda left, right: left is not None and left <= right,
    "lt": lambda left, right: left is not None and left < right,
    "startswith": lambda left, right: str(left or "").lower().startswith(str(right).lower()),
    "endswith": lambda left, right: str(left or "").lower().endswith(str(right).lower()),
    "contains": lambda left, right: str(right).lower() in str(left or "").lower(),
}


@dataclass(frozen=True)
class Term:
    """One comparison. ``collection`` is set when it stands inside any()."""

    field: str
    operator: str
    value: Any
    collection: str | None = None

    @property
    def name(self) -> str:
        """The field as the allow-list names it."""
        return f"{self.collection}/any({self.field})" if self.collection is not None else self.field


@dataclass(frozen=True)
class Group:
    """Terms or groups joined by ``and`` or ``or``."""

    joint: str
    parts: tuple[Term | Group, ...]


@dataclass(frozen=True)
class _Time:
    text: str


class _Parser:
    """A recursive-descent parser over the tokens of one filter."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise bad_request(f"Syntax error at position {position} in '{text}'.")
            self.tokens.append((match.lastgroup, match.group(match.lastgroup)))
            position = match.end()
        self.at = 0
        self.text = text

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self, expected: str | None = None) -> tuple[str, str]:
        token = self.peek()
        if token[0] == "end" or (expected is not None and token[1] != expected):
            raise bad_request(f"Syntax error: expected {expected or 'more'} in '{self.text}'.")
        self.at += 1
        return token

    def parse(self) -> Term | Group:
        tree = self.either("or")
        if self.peek()[0] != "end":
            raise bad_request(f"Syntax error: '{self.peek()[1]}' is not expected in '{self.text}'.")
        return tree

    def either(self, joint: str, variable: str | None = None, collection: str | None = None) -> Term | Group:
        def one() -> Term | Group:
            if joint == "or":
                return self.either("and", variable, collection)
            return self.single(variable, collection)

        parts = [one()]
        while self.peek() == ("name", joint):
            self.take()
            parts.append(one())
        return parts[0] if len(parts) == 1 else Group(joint, tuple(parts))

    def single(self, variable: str | None, collection: str | None) -> Term | Group:
        if self.peek()[1] == "(":
            self.take("(")
            inner = self.either("or", variable, collection)
            self.take(")")
            return inner
        kind, name = self.take()
        if kind != "name":
            raise bad_request(f"Syntax error: a property is expected before '{name}'.")
        if name.lower() in _FUNCTIONS and self.peek()[1] == "(":
            self.take("(")
            field = self.take()[1]
            self.take(",")
            value = self.literal()
            self.take(")")
            return Term(self.local(field, variable), name.lower(), value, collection)
        if name.endswith("/any") and self.peek()[1] == "(":
            self.take("(")
            inner_variable = self.take()[1]
            self.take(":")
            inner = self.either("or", inner_variable, name.removesuffix("/any"))
            self.take(")")
            return inner
        operator = self.take()[1].lower()
        if operator not in {"eq", "ne", "ge", "gt", "le", "lt"}:
            raise bad_request(f"Syntax error: '{operator}' is not an operator.")
        return Term(self.local(name, variable), operator, self.literal(), collection)

    def local(self, name: str, variable: str | None) -> str:
        if variable is None:
            return name
        if name == variable:
            return ""
        if not name.startswith(variable + "/"):
            raise bad_request(f"Could not find a property named '{name}'.")
        return name.removeprefix(variable + "/")

    def literal(self) -> Any:
        kind, text = self.take()
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "time":
            return _Time(text)
        if kind == "number":
            return float(text) if "." in text else int(text)
        if text in {"true", "false", "null"}:
            return {"true": True, "false": False, "null": None}[text]
        raise bad_request(f"Syntax error: '{text}' is not a value; text needs single quotes.")


def parse_filter(text: str, allowed: Allowed) -> Term | Group:
    """Parse a filter and check every field and operator. Raises GraphError 400 for anything not allowed."""
    tree = _Parser(text).parse()
    for term in terms(tree):
        operators = allowed.get(term.name)
        if operators is None:
            raise bad_request(
                f"Could not find a property named '{term.field or term.collection}' to filter by."
            )
        if term.operator not in operators:
            message = f"The operator '{term.operator}' is not supported for '{term.name}'."
            raise bad_request(message, "Request_UnsupportedQuery")
    return tree


def terms(tree: Term | Group) -> list[Term]:
    """The comparisons of a filter, in their order."""
    if isinstance(tree, Term):
        return [tree]
    return [term for part in tree.parts for term in terms(part)]


def dig(item: Any, path: str) -> Any:
    """The value at a slash-separated path, or None where the path ends early."""
    for step in path.split("/") if path else []:
        if not isinstance(item, dict):
            return None
        item = item.get(step)
    return item


def matches(tree: Term | Group, item: Json) -> bool:
    """Whether an object passes the filter."""
    if isinstance(tree, Group):
        combine = all if tree.joint == "and" else any
        return combine(matches(part, item) for part in tree.parts)
    if tree.collection is not None:
        elements = dig(item, tree.collection) or []
        return any(_compare(tree, dig(element, tree.field)) for element in elements)
    return _compare(tree, dig(item, tree.field))


def _compare(term: Term, actual: Any) -> bool:
    wanted = term.value
    if isinstance(wanted, _Time):
        if actual is None:
            return False
        return _COMPARE[term.operator](parse_time(str(actual)), parse_time(wanted.text))
    if isinstance(wanted, str) and isinstance(actual, str):
        return _COMPARE[term.operator](actual.lower(), wanted.lower())
    return _COMPARE[term.operator](actual, wanted)


def order(items: Sequence[Json], text: str) -> list[Json]:
    """Sort by $orderby, whose properties the endpoint is known to sort by."""
    result = list(items)
    for clause in reversed([part.strip() for part in text.split(",")]):
        name, _, direction = clause.partition(" ")
        result.sort(key=lambda item: str(dig(item, name) or ""), reverse=direction.strip() == "desc")
    return result


def select(item: Json, text: str | None, default: Sequence[str] | None = None) -> Json:
    """Keep the chosen properties (or the endpoint's default ones); id and annotations always stay."""
    names = [part.strip() for part in text.split(",")] if text else default
    if names is None:
        return dict(item)
    return {key: value for key, value in item.items() if key in names or key == "id" or "@odata" in key}
