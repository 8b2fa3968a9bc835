"""Pieces of audit records, as every form of them has them: names with values, changes, accounts, results."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from graph.addresses import address_of, is_microsoft
from graph.audit_log.record import PropertyChange
from graph.audit_log.shown import is_shown, literal, shown_objects

NULLS: Final = frozenset({"__null__", "<null>", "null"})
PLAIN_START: Final = frozenset(map(chr, range(33, 127))) - frozenset("<_nN")
SCALARS: Final = frozenset({str, int, bool, float})
_NULL_LENGTHS: Final = frozenset(map(len, NULLS))
ADDRESS: Final = re.compile(r"[^@\s\\/,;<>]+@[^@\s\\/,;<>]+\.[^@\s\\/,;<>]+")
GUID: Final = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
NOBODY: Final = frozenset({"", "not available", "unknown", "anonymous"})

_SERVICE_NAMES: Final = frozenset(
    {
        "dlpagent",
        "microsoft substrate management",
        "microsoft azure ad group-based licensing",
        "microsoft managed policy manager",
        "microsoft.office365.configuration",
        "securitycompliancealerts",
        "s-1-5-18",
        "service account",
    }
)

_SERVICE_NAME: Final = re.compile(
    r"nt authority\\|nt service\\|[a-z]{3,8}prd\d+[a-z0-9]*\\|.*\(microsoft\.(?:exchange|office)\.[\w.-]*"
    r"|dlppolicyeventbasedassistant|microsoft\.exchange\.",
    re.IGNORECASE,
)

# Mailboxes that Exchange keeps for itself; records without an actor about them come from its own upkeep.
SYSTEM_MAILBOX: Final = re.compile(
    r"systemmailbox\{|discoverysearchmailbox\{|quarantineorgshard\{|federatedemail\.|migration\.|tenantallowbloc",
    re.IGNORECASE,
)

_SUCCESS: Final = frozenset({"true", "success", "succeeded", "successful", "partiallysucceeded"})
_FAILURE: Final = frozenset({"false", "failure", "failed", "fail", "timeout"})

# 50140: the question whether to stay signed in; it comes after the password and the second factor were right.
SIGNED_IN: Final = frozenset({"", "0", "50140"})


def operation_name(text: str) -> str:
    """Give an operation's name without blanks around it and without the directory's trailing period."""
    return text.strip().rstrip(".").strip()


def as_text(value: object) -> str:
    """Give any JSON value as text: "" for null and its stand-ins, compact JSON for lists and objects."""
    if isinstance(value, str):
        if value and value[0] in PLAIN_START and value[-1] > " ":
            return value  # the ordinary case: nothing to strip, and no stand-in for null begins so
        plain = value.strip()
        return "" if len(plain) in _NULL_LENGTHS and plain.lower() in NULLS else plain
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def time_text(value: object) -> str:
    """Give a moment as text; PowerShell 5 and MongoDB write an object that holds it."""
    if isinstance(value, Mapping):
        value = value.get("value") or value.get("DateTime") or value.get("$date")
    return as_text(value)


def as_mapping(value: object) -> Mapping[str, Any]:
    """Give an object, also one inside a JSON text; an empty one for anything else."""
    if type(value) is dict:
        return value
    if not value:
        return {}
    value = decoded(value)
    if isinstance(value, str):  # encoded twice
        value = decoded(value)
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> list[Any]:
    """Give a list, also one inside a JSON text; an empty one for anything else."""
    value = decoded(value)
    return list(value) if isinstance(value, list | tuple) else []


def plain_name(key: str) -> str:
    """Lower a field's name, with single blanks, without the zone that Log Analytics notes behind it."""
    return _plain_name(key) if len(key) <= _REMEMBERED else _made_plain(key)


def _made_plain(key: str) -> str:
    return " ".join(key.partition(" [")[0].lower().split())


_REMEMBERED: Final = 64
"""Characters of a name up to which what becomes of it is remembered: a file may name anything."""

_plain_name: Final = lru_cache(maxsize=4096)(_made_plain)  # the same few names come in every line


def lowered(value: Mapping[str, Any]) -> dict[str, Any]:
    """Lower the names of an object's fields; the types that Graph notes beside them are left out."""
    return {
        plain_name(key): one for key, one in value.items() if isinstance(key, str) and "@odata" not in key
    }


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Give an object whose names have dots as objects in objects; blank values and dashes are left out."""
    found: dict[str, Any] = {}
    for key, value in flat.items():
        if value in ("", "-", None):
            continue
        *path, last = key.split(".")
        inner = found
        for name in path[:_DEEPEST]:
            below = inner.get(name)
            if not isinstance(below, dict):
                below = inner[name] = {}
            inner = below
        inner[last] = value
    return found


_DEEPEST: Final = 8
"""How deep a name with dots is laid out; no collector's is deeper, and a name of a million dots is none."""


def objects_of(text: str) -> list[Any]:
    """Read the whole objects of a JSON list whose end may be missing."""
    found: list[Any] = []
    decoder = json.JSONDecoder(strict=False)
    at = text.find("{")
    while at >= 0:
        try:
            one, end = decoder.raw_decode(text, at)
        except ValueError:
            break
        found.append(one)
        at = text.find("{", end)
    return found


CONTENT: Final = "content-"
"""How an id begins that was made from the content."""


def content_id(raw: Mapping[str, Any]) -> str:
    """Make an id from a record's content, the same for the same content, for records that have none."""
    text = json.dumps(raw, sort_keys=True, separators=(",", ":"), default=str)
    return CONTENT + hashlib.sha256(text.encode()).hexdigest()[:32]


# Names in sign-ins and mailbox records, which are most of all: known to be what `as_text` would make of them.
_PLAIN_NAMES: Final = frozenset(
    {"ResultStatusDetail", "UserAgent", "UserAuthenticationMethod", "RequestType", "KeepMeSignedIn",
     "additionalDetails", "extendedAuditEventCategory", "Id", "DisplayName", "OS", "BrowserType",
     "TrustType", "IsCompliant", "IsCompliantAndManaged", "SessionId", "MailAccessType",
     "IsThrottled", "Identity", "Name"}
)  # fmt: skip


def named_values(value: object) -> dict[str, str]:
    """Read a list of ``{Name, Value}`` (keys in any case), a plain object, or either of them as JSON text.

    An entry without value is kept with "".
    """
    if value is None:
        return {}
    value = decoded(value)
    if isinstance(value, Mapping):
        return {str(key): as_text(one) for key, one in value.items() if "@odata" not in str(key)}
    found: dict[str, str] = {}
    if isinstance(value, list | tuple):
        for entry in value:
            if type(entry) is not dict and not isinstance(entry, Mapping):  # the first is told far quicker
                if is_shown(entry):
                    found |= named_values(shown_objects(entry))
                continue
            if "Name" in entry and "Value" in entry:  # as Microsoft writes it
                name, one = entry["Name"], entry["Value"]
                if type(name) is not str or name not in _PLAIN_NAMES:
                    name = as_text(name)
                plain = type(one) is str and one and one[0] in PLAIN_START and one[-1] > " "
                found[name] = one if plain else as_text(one)
                continue
            lower = {str(key).lower(): one for key, one in entry.items()}
            if "name" in lower or "key" in lower:
                found[as_text(lower.get("name", lower.get("key")))] = as_text(lower.get("value"))
            else:  # device properties come as one-key objects from some collectors
                found.update(
                    {str(k): as_text(v) for k, v in entry.items() if isinstance(v, str | int | float)}
                )
    return found


_SWITCHES: Final = re.compile(
    r"""-(?P<name>[A-Za-z][\w]*)(?::|\s+|$)(?P<value>"(?:[^"]|"")*"(?:\s*,\s*"(?:[^"]|"")*")*"""
    r"""|'(?:[^']|'')*'|(?!-[A-Za-z])[^\s]+)?"""
)


def parameters_of(value: object) -> dict[str, str]:
    """Read a cmdlet's parameters: a list of ``{Name, Value}``, or a command line from compliance cmdlets.

    A switch without value reads "True"; quotes go; a quoted list is joined with semicolons, as Exchange
    writes it.
    """
    if isinstance(value, str) and value.strip()[:1] not in {"[", "{"} and not is_shown(value):
        found: dict[str, str] = {}
        for match in _SWITCHES.finditer(value):
            text = match["value"]
            if text is None:
                found[match["name"]] = "True"
                continue
            if text.startswith('"'):
                parts = re.findall(r'"((?:[^"]|"")*)"', text)
                text = ";".join(part.replace('""', '"') for part in parts)
            elif text.startswith("'") and text.endswith("'") and len(text) > 1:
                text = text[1:-1].replace("''", "'")
            found[match["name"]] = {"$true": "True", "$false": "False"}.get(text.lower(), text)
        return found
    return named_values(value)


def plain_value(value: object) -> str:
    r"""Take the JSON quoting off a property's value.

    ``"\"Global Administrator\""`` and ``["98052"]`` give their one text, an empty list gives "", several
    texts are joined with a comma and a blank; objects stay compact JSON; anything that is no JSON stays as it
    is.
    """
    found = decoded(value)
    if isinstance(found, str):
        return as_text(found)
    if isinstance(found, list):
        if not found:
            return ""
        if all(isinstance(one, str | int | float) or one is None for one in found):
            return ", ".join(text for one in found if (text := as_text(one)))
    return as_text(found)


def changes_of(value: object) -> tuple[PropertyChange, ...]:
    """Read changed properties in all their forms: objects, names alone, Graph's displayName, or JSON text."""
    value = decoded(value)
    if isinstance(value, Mapping):
        value = [value]
    found: list[PropertyChange] = []
    if isinstance(value, list | tuple):
        for entry in value:
            if is_shown(entry):
                found.extend(changes_of(shown_objects(entry)))
            elif isinstance(entry, str):
                found.append(PropertyChange(name=entry.strip(), old="", new=""))
            elif isinstance(entry, Mapping):
                lower = {str(key).lower(): one for key, one in entry.items()}
                name = as_text(lower.get("name") or lower.get("displayname"))
                old, new = plain_value(lower.get("oldvalue")), plain_value(lower.get("newvalue"))
                if name or old or new:
                    found.append(PropertyChange(name=name, old=old, new=new))
    return tuple(found)


# Types come as small numbers, in the same few values: looked up, they cost no call.
_KIND_TEXTS: Final = {number: str(number) for number in range(7)}

_ID_KINDS: Final = {"1": "Name", "3": "Puid", "5": "Upn", "4": "Spn"}


def typed_ids(value: object) -> dict[str, str]:
    """Read an Actor or Target list of ``{ID, Type}`` into Name, Upn, Puid, Spn and Id (a directory id)."""
    found: dict[str, str] = {}
    if value is None:
        return found
    value = decoded(value)
    for entry in value if isinstance(value, list) else ():
        if is_shown(entry):
            entry = shown_objects(entry)[0]  # noqa: PLW2901 - the same in another form
        if type(entry) is not dict and not isinstance(entry, Mapping):
            continue
        text, number = as_text(entry.get("ID")), entry.get("Type")
        kind = _KIND_TEXTS.get(number) if type(number) is int else None
        if kind is None:
            kind = as_text(number)
        if kind in _ID_KINDS:
            found.setdefault(_ID_KINDS[kind], text)
        elif text.startswith(("User_", "ServicePrincipal_")) and GUID.fullmatch(text.partition("_")[2]):
            # A portal that acts for a user lists its own id as well; this form says whose it is.
            found["Id"] = text.partition("_")[2]
        elif GUID.fullmatch(text):
            found.setdefault("Id", text)
        elif kind == "2" and text in {"User", "ServicePrincipal", "Group", "Device", "Application"}:
            found.setdefault("Kind", text)
    return found


def account(text: str) -> str:
    """Give an account's name in comparable form: addresses and directory ids in lower case."""
    plain = text.strip()
    return plain.lower() if "@" in plain or GUID.fullmatch(plain) else plain


@lru_cache(maxsize=4096)
def looks_like_address(text: str) -> bool:
    """Say whether a text is one mail address or user principal name."""
    return ADDRESS.fullmatch(text) is not None


@lru_cache(maxsize=4096)  # the same few names come in every record
def is_service(actor: str) -> bool:
    """Say whether an actor's name is one of Microsoft's own services."""
    return actor.lower() in _SERVICE_NAMES or _SERVICE_NAME.match(actor) is not None


def outcome(operation: str, result: str, error: str) -> bool | None:
    """Say whether it succeeded; for logons the operation and error number decide, not the result status."""
    if operation == "UserLoginFailed":
        return False
    if operation == "UserLoggedIn":
        return error in SIGNED_IN
    low = result.lower()
    if low in _SUCCESS:
        return True
    return False if low in _FAILURE else None


def best_address(candidates: Iterable[object]) -> tuple[str | None, bool]:
    """Choose the first address that is not Microsoft's own, else the first; say whether it is theirs."""
    first: str | None = None
    for one in candidates:
        if not isinstance(one, str) or (found := address_of(one)) is None:
            continue
        if not is_microsoft(found):
            return found, False
        first = first or found
    return first, first is not None


# `json.loads` makes a new decoder for each call that asks for control characters to be let pass.
_LOADS: Final = json.JSONDecoder(strict=False).decode


def decoded(value: object) -> Any:
    """Undo JSON that was put into a text, once; anything else comes back as it is."""
    if isinstance(value, str):
        plain = value.strip()
        if plain.startswith("@{") and plain.endswith("}"):
            found = shown_objects(plain)
            return found if len(found) > 1 else found[0]
        if plain[:1] in {"[", "{", '"'} and plain[-1:] in {"]", "}", '"'}:
            try:
                return _LOADS(plain)
            except (ValueError, RecursionError):
                return literal(plain, value)  # consent records write something that only begins like JSON
    return value


def is_blank(value: object) -> bool:
    """Say whether nothing stands there, or one of the words for nothing."""
    if not isinstance(value, str):
        return value is None
    return not value or value.isspace() or (len(value) < 12 and value.strip().lower() in NULLS)


_BASE64: Final = re.compile(r"[A-Za-z0-9_+/-]{24,}(?:={0,2}|[012])")


def mailbox_name(text: str) -> str:
    """Give the account in an Exchange identity: the last part of a path, without the rule after a backslash.

    Some services give the identity in base64 whose padding is written as a digit, some as tenant and account
    id with a backslash between.
    """
    if _BASE64.fullmatch(text):
        padded = text[:-1] + "=" * int(text[-1]) if text[-1] in "012" else text
        with contextlib.suppress(ValueError):  # then it only looked like it
            decoded = base64.urlsafe_b64decode(padded).decode()
            if decoded.isprintable() and ("/" in decoded or "\\" in decoded):
                text = decoded
    head, _, tail = text.rpartition("/")[2].strip().partition("\\")
    if GUID.fullmatch(head) and GUID.fullmatch(tail):
        return tail.lower()
    return account(head)
