"""One normal form for unified audit records, whatever they came in.

Source: Office 365 Management Activity API schema (AuditData), and what real records show beyond it. Readers
for the wrappings around AuditData lie beside this file, one for each form.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from graph.addresses import address_of, is_microsoft
from graph.audit_log.record_types import record_type_of
from graph.errors import UnreadableRecord
from graph.times import time_of

__all__ = [
    "ActorType",
    "AuditRecord",
    "Item",
    "PropertyChange",
    "UnreadableRecord",
    "address_of",
    "parse",
    "time_of",
]


class ActorType(StrEnum):
    """What kind of account acted."""

    regular = "regular"
    admin = "admin"
    system = "system"
    application = "application"
    service_principal = "service_principal"
    guest = "guest"
    partner = "partner"
    other = "other"


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One changed property, values as plain text; "" when the record does not say."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Item:
    """One message or other mailbox item; `folder` is its folder's path, "" when unknown."""

    subject: str
    internet_message_id: str
    folder: str
    id: str


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One thing that somebody did, in the terms of the unified audit log.

    Attributes:
        id: The record's id; made from its content when the export left it out.
        at: When, aware UTC.
        operation: What, without surrounding blanks and trailing period.
        record_type: The type's name, such as ``ExchangeAdmin``; "" when unknown.
        workload: The service that wrote the record, as given.
        actor: Who, as given; lower case when it is an address.
        actor_type: What kind of account that is.
        by_microsoft: Microsoft's own service did it; no sign of anything. Alerts count as False: they speak
            about somebody.
        owner: The account or mailbox acted on, lower case; its directory id where the record has no address;
            "" when the record does not concern one account.
        object_id: ObjectId as given.
        address: Where from; the first one that is not Microsoft's own, else the first; None when there is
        none.
        microsoft_address: `address` is one of Microsoft's own.
        user_agent: The browser or program that names itself.
        client: ClientInfoString of mailbox records.
        session_id: The sign-in session where given (AADSessionId), else the service's own session.
        app_id: The calling application's id.
        succeeded: Outcome; None when the record does not tell.
        error_code: The sign-in error number as text, "" when there is none.
        parameters: A cmdlet's parameters, all values as text.
        changes: What was changed from what to what.
        items: The mailbox items concerned.
        details: Further facts by their original names, as text.
        raw: The record as it came.
    """

    id: str
    at: datetime
    operation: str
    record_type: str
    workload: str
    actor: str
    actor_type: ActorType
    by_microsoft: bool
    owner: str
    object_id: str
    address: str | None
    microsoft_address: bool
    user_agent: str
    client: str
    session_id: str
    app_id: str
    succeeded: bool | None
    error_code: str
    parameters: Mapping[str, str]
    changes: tuple[PropertyChange, ...]
    items: tuple[Item, ...]
    details: Mapping[str, str]
    raw: Mapping[str, Any]


_NULLS: Final = frozenset({"__null__", "<null>", "null"})
_PLAIN_START: Final = frozenset(map(chr, range(33, 127))) - frozenset("<_nN")
_SCALARS: Final = frozenset({str, int, bool, float})
_NULL_LENGTHS: Final = frozenset(map(len, _NULLS))
_ADDRESS: Final = re.compile(r"[^@\s\\/,;<>]+@[^@\s\\/,;<>]+\.[^@\s\\/,;<>]+")
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_NOBODY: Final = frozenset({"", "not available", "unknown", "anonymous"})

# Names that other collectors use for the same thing: Log Analytics' OfficeActivity and Entra's diagnostic
# stream.
_ALIASES: Final = {
    "id": ("officeid", "recordid", "identity"),
    "creationtime": ("timegenerated", "creationdate", "createddatetime"),
    "operation": ("operations",),
    "workload": ("officeworkload",),
    "objectid": ("officeobjectid",),
    "userid": ("userids",),
    "clientip": ("client_ip",),
    "clientipaddress": ("client_ipaddress",),
    "sessionid": ("session_id",),
    "logontype": ("logon_type",),
    "item": ("items",),
}

_USER_TYPES: Final = {
    "0": ActorType.regular,
    "regular": ActorType.regular,
    "member": ActorType.regular,
    "1": ActorType.other,
    "reserved": ActorType.other,
    "2": ActorType.admin,
    "admin": ActorType.admin,
    "3": ActorType.system,
    "dcadmin": ActorType.system,
    "4": ActorType.system,
    "system": ActorType.system,
    "5": ActorType.application,
    "application": ActorType.application,
    "6": ActorType.service_principal,
    "serviceprincipal": ActorType.service_principal,
    "7": ActorType.system,
    "custompolicy": ActorType.system,
    "8": ActorType.system,
    "systempolicy": ActorType.system,
    "9": ActorType.partner,
    "partnertechnician": ActorType.partner,
    "10": ActorType.guest,
    "guest": ActorType.guest,
}

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
_SYSTEM_MAILBOX: Final = re.compile(
    r"systemmailbox\{|discoverysearchmailbox\{|quarantineorgshard\{|federatedemail\.|migration\.|tenantallowbloc",
    re.IGNORECASE,
)
_ALERT_TYPES: Final = frozenset(
    {"SecurityComplianceAlerts", "AirInvestigation", "MCASAlerts", "MSTIC", "WDATPAlerts"}
)

_SUCCESS: Final = frozenset({"true", "success", "succeeded", "successful", "partiallysucceeded"})
_FAILURE: Final = frozenset({"false", "failure", "failed", "fail", "timeout"})
# 50140: the question whether to stay signed in; it comes after the password and the second factor were right.
_SIGNED_IN: Final = frozenset({"", "0", "50140"})
_LOGON_ERRORS: Final = {
    "invalidusernameorpassword": "50126",
    "invalidusernameorpasswordorinvalidonpremusernameorpassword": "50126",
    "idslocked": "50053",
    "useraccountnotfound": "50034",
    "userdisabled": "50057",
    "invalidpasswordexpiredpassword": "50055",
    "userstrongauthclientauthnrequired": "50074",
    "userstrongauthclientauthnrequiredinterrupt": "50074",
    "blockedbyconditionalaccess": "53003",
    "passwordresetregistrationrequiredinterrupt": "50125",
    "ssoartifactinvalidorexpired": "50133",
    "flowtokenexpired": "50089",
    "authenticationfailedsamlvalidationfailed": "50008",
    "invalidreplyto": "50011",
    "devicenotcompliant": "53000",
}

_DIRECTORY_TYPES: Final = frozenset({"AzureActiveDirectory", "AzureActiveDirectoryAccountLogon"})
# Cmdlets whose Identity is a mailbox or an account, so that the record concerns its owner.
_ACCOUNT_NOUNS: Final = frozenset(
    {
        "mailbox",
        "casmailbox",
        "mailboxpermission",
        "mailboxfolderpermission",
        "recipientpermission",
        "mailboxauditbypassassociation",
        "mailboxautoreplyconfiguration",
        "mailboxjunkemailconfiguration",
        "mailboxmessageconfiguration",
        "mailboxregionalconfiguration",
        "mailboxcalendarconfiguration",
        "calendarprocessing",
        "mailboxplan",
        "mailuser",
        "mobiledevice",
        "user",
        "clutter",
        "focusedinbox",
        "mailboxlocation",
        "userphoto",
        "mailboxsearch",
    }
)
_RULE_NOUNS: Final = frozenset({"inboxrule", "sweeprule"})
_OWN_FIELDS: Final = frozenset(
    {
        "id",
        "creationtime",
        "operation",
        "recordtype",
        "workload",
        "userid",
        "usertype",
        "objectid",
        "clientip",
        "clientipaddress",
        "actoripaddress",
        "useragent",
        "clientinfostring",
        "parameters",
        "modifiedproperties",
        "extendedproperties",
        "operationproperties",
        "deviceproperties",
        "item",
        "affecteditems",
        "folders",
        "timegenerated",
        "organizationid",
        "version",
        "raw",
    }
)
_MAILBOX_WITH_OWNER: Final = "mailboxownerupn"
_FOLDERS: Final = (("folder", "Folder"), ("destfolder", "DestFolder"))


def _plain_key(key: str) -> str:
    """Lower a field's name; "" for the types that Graph notes beside fields, with @odata in the name."""
    return "" if "@odata" in key else key.lower()


_ALIAS_NAMES: Final = frozenset(name for names in _ALIASES.values() for name in names)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the names of a record's fields tell, whatever their values.

    Attributes:
        names: The fields by their names in lower case; the first of several that differ only in case.
        details: The fields that belong into `details`: they have no place of their own in the normal form.
        aliased: Some other collector's name is among them.
    """

    names: Mapping[str, str]
    details: tuple[str, ...]
    aliased: bool


@lru_cache(maxsize=1024)
def _shape_of(keys: tuple[str, ...]) -> _Shape:
    # Records of one kind have the same fields in the same order: to look at thirty names anew for each record
    # took a quarter of the time.
    names: dict[str, str] = {}
    for key in keys:
        if name := _plain_key(key):
            names.setdefault(name, key)
    details = tuple(key for key in keys if (name := _plain_key(key)) and name not in _OWN_FIELDS)
    return _Shape(names, details, aliased=not _ALIAS_NAMES.isdisjoint(names))


class _Fields:
    """Case-blind look into one record, with the other collectors' names.

    `get` is the method of a plain dictionary from lower-case names to values: a record is looked into thirty
    times, and a method of ours for that took a sixth of the time of reading it.
    """

    __slots__ = ("_details", "_raw", "get")

    get: Callable[[str], Any]

    def __init__(self, raw: Mapping[str, Any]) -> None:
        shape = _shape_of(tuple(raw))
        self._raw = raw
        self._details = shape.details
        if len(shape.names) == len(raw):  # the names stand in the record's own order
            values = dict(zip(shape.names, raw.values(), strict=True))
        else:
            values = {name: raw[key] for name, key in shape.names.items()}
        self.get = (_with_aliases(values) if shape.aliased else values).get

    def text(self, key: str) -> str:
        value = self.get(key)
        if value is None:
            return ""
        # As in `as_text`, written out: a dozen calls a record were saved.
        if type(value) is str and value and value[0] in _PLAIN_START and value[-1] > " ":
            return value
        return as_text(value)

    def scalars(self) -> dict[str, str]:
        found = {}
        raw = self._raw
        for key in self._details:
            value = raw[key]
            kind = type(value)
            # Written out for the most frequent case: a dozen calls of `as_text` a record were saved.
            if kind is str and value and value[0] in _PLAIN_START and value[-1] > " ":
                found[key] = value
            elif kind in _SCALARS and (text := as_text(value)):
                found[key] = text
        return found


def _with_aliases(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give what other collectors call differently under its own name too, where that is blank."""
    found = dict(values)
    for key, others in _ALIASES.items():
        if not _is_blank(value := values.get(key)):
            continue
        for other in others:
            value = values.get(other)
            if not _is_blank(value):
                break
        found[key] = value
    return found


def parse(raw: Mapping[str, Any]) -> AuditRecord:
    """Bring one AuditData object into the normal form.

    Raises:
        UnreadableRecord: when it has no operation or no readable time.
    """
    try:
        return _parse(raw)
    except RecursionError:
        raise UnreadableRecord("The record is nested too deeply to be read.") from None


def _parse(raw: Mapping[str, Any]) -> AuditRecord:
    fields = _Fields(raw)
    operation = operation_name(fields.text("operation"))
    if not operation:
        raise UnreadableRecord("The record names no operation.")
    when = fields.text("creationtime")
    if not when:
        raise UnreadableRecord("The record has no time.")
    at = time_of(when)

    get = fields.get
    record_type = record_type_of(get("recordtype"))
    # Most records lack most of these: a look is cheaper than a call that finds nothing.
    extended = named_values(value) if (value := get("extendedproperties")) else {}
    device = named_values(value) if (value := get("deviceproperties")) else {}
    properties = named_values(value) if (value := get("operationproperties")) else {}
    context = as_mapping(value) if (value := get("appaccesscontext")) else {}
    told = extended.get("additionalDetails", "") if extended else ""
    extra = as_mapping(_decoded(told)) if told and told != "{}" else {}
    actor_ids = typed_ids(value) if (value := get("actor")) else {}
    target_ids = typed_ids(value) if (value := get("target")) else {}

    actor = _actor(fields.text("userid"), actor_ids)
    user_type = _user_type(fields.text("usertype"), actor, actor_ids)
    client = fields.text("clientinfostring")
    address, ours = _address(fields)
    parameters = parameters_of(value) if (value := get("parameters")) else {}
    value = get("modifiedproperties")
    changes = _changes(value, extended) if value or told else ()
    owner = _owner(
        fields,
        operation=operation,
        record_type=record_type,
        actor=actor,
        parameters=parameters,
        target_ids=target_ids,
    )
    error = fields.text("errornumber")
    if not error and (value := get("logonerror")):
        error = _LOGON_ERRORS.get(as_text(value).lower(), "")

    details = fields.scalars()
    for key, one in extra.items():
        if isinstance(one, str | int | float) and key not in {"id", "seq", "b", "c"}:
            details[key] = as_text(one)
    extended.pop("additionalDetails", None)
    details |= extended
    details |= device
    details |= properties
    if context:
        details |= _context_details(context)
    for kind, one in actor_ids.items():
        details[f"Actor{kind}"] = one
    for kind, one in target_ids.items():
        details[f"Target{kind}"] = one
    for key, name in _FOLDERS:
        if (value := get(key)) and (path := as_text(as_mapping(value).get("Path"))):
            details[name] = path

    return AuditRecord(
        id=fields.text("id") or content_id(raw),
        at=at,
        operation=operation,
        record_type=record_type,
        workload=fields.text("workload"),
        actor=actor,
        actor_type=user_type,
        by_microsoft=_by_microsoft(
            actor=actor,
            kind=user_type,
            record_type=record_type,
            client=client,
            logon_type=fields.text("logontype"),
            owner=owner,
        ),
        owner=owner,
        object_id=fields.text("objectid"),
        address=address,
        microsoft_address=ours,
        user_agent=fields.text("useragent")
        or extended.get("UserAgent", "")
        or as_text(extra.get("User-Agent")),
        client=client,
        session_id=_first_text(context.get("AADSessionId"), device.get("SessionId"), fields.get("sessionid")),
        app_id=_first_text(
            get("clientappid"), get("applicationid"), context.get("ClientAppId"), get("appid")
        ),
        succeeded=outcome(operation, fields.text("resultstatus"), error),
        error_code=error,
        parameters=parameters,
        changes=changes,
        items=_items(fields),
        details=details,
        raw=raw,
    )


# --- pieces, also used by the readers beside this file
# ---------------------------------------------------------


def operation_name(text: str) -> str:
    """Give an operation's name without blanks around it and without the directory's trailing period."""
    return text.strip().rstrip(".").strip()


def as_text(value: object) -> str:
    """Give any JSON value as text: "" for null and its stand-ins, compact JSON for lists and objects."""
    if isinstance(value, str):
        if value and value[0] in _PLAIN_START and value[-1] > " ":
            return value  # the ordinary case: nothing to strip, and no stand-in for null begins so
        plain = value.strip()
        return "" if len(plain) in _NULL_LENGTHS and plain.lower() in _NULLS else plain
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def as_mapping(value: object) -> Mapping[str, Any]:
    """Give an object, also one inside a JSON text; an empty one for anything else."""
    if type(value) is dict:
        return value
    if not value:
        return {}
    value = _decoded(value)
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> list[Any]:
    """Give a list, also one inside a JSON text; an empty one for anything else."""
    value = _decoded(value)
    return list(value) if isinstance(value, list | tuple) else []


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


def content_id(raw: Mapping[str, Any]) -> str:
    """Make an id from a record's content, the same for the same content, for records that have none."""
    text = json.dumps(raw, sort_keys=True, separators=(",", ":"), default=str)
    return "content-" + hashlib.sha256(text.encode()).hexdigest()[:32]


# Names in sign-ins and mailbox records, which are most of all: known to be what `as_text` would make of them.
_PLAIN_NAMES: Final = frozenset(
    {
        "ResultStatusDetail",
        "UserAgent",
        "UserAuthenticationMethod",
        "RequestType",
        "KeepMeSignedIn",
        "additionalDetails",
        "extendedAuditEventCategory",
        "Id",
        "DisplayName",
        "OS",
        "BrowserType",
        "TrustType",
        "IsCompliant",
        "IsCompliantAndManaged",
        "SessionId",
        "MailAccessType",
        "IsThrottled",
        "Identity",
        "Name",
    }
)


def named_values(value: object) -> dict[str, str]:
    """Read a list of ``{Name, Value}`` (keys in any case), a plain object, or either of them as JSON text.

    An entry without value is kept with "".
    """
    if value is None:
        return {}
    value = _decoded(value)
    if isinstance(value, Mapping):
        return {str(key): as_text(one) for key, one in value.items() if "@odata" not in str(key)}
    found: dict[str, str] = {}
    if isinstance(value, list | tuple):
        for entry in value:
            if type(entry) is not dict and not isinstance(entry, Mapping):  # the first is told far quicker
                continue
            if "Name" in entry and "Value" in entry:  # as Microsoft writes it
                name, one = entry["Name"], entry["Value"]
                if type(name) is not str or name not in _PLAIN_NAMES:
                    name = as_text(name)
                plain = type(one) is str and one and one[0] in _PLAIN_START and one[-1] > " "
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
    if isinstance(value, str) and value.strip()[:1] not in {"[", "{"}:
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
    decoded = _decoded(value)
    if isinstance(decoded, str):
        return as_text(decoded)
    if isinstance(decoded, list):
        if not decoded:
            return ""
        if all(isinstance(one, str | int | float) or one is None for one in decoded):
            return ", ".join(text for one in decoded if (text := as_text(one)))
    return as_text(decoded)


def changes_of(value: object) -> tuple[PropertyChange, ...]:
    """Read changed properties in all their forms: objects, names alone, Graph's displayName, or JSON text."""
    value = _decoded(value)
    if isinstance(value, Mapping):
        value = [value]
    found: list[PropertyChange] = []
    if isinstance(value, list | tuple):
        for entry in value:
            if isinstance(entry, str):
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
    value = _decoded(value)
    for entry in value if isinstance(value, list) else ():
        if type(entry) is not dict and not isinstance(entry, Mapping):
            continue
        text, number = as_text(entry.get("ID")), entry.get("Type")
        kind = _KIND_TEXTS.get(number) if type(number) is int else None
        if kind is None:
            kind = as_text(number)
        if kind in _ID_KINDS:
            found.setdefault(_ID_KINDS[kind], text)
        elif text.startswith(("User_", "ServicePrincipal_")) and _GUID.fullmatch(text.partition("_")[2]):
            # A portal that acts for a user lists its own id as well; this form says whose it is.
            found["Id"] = text.partition("_")[2]
        elif _GUID.fullmatch(text):
            found.setdefault("Id", text)
        elif kind == "2" and text in {"User", "ServicePrincipal", "Group", "Device", "Application"}:
            found.setdefault("Kind", text)
    return found


def account(text: str) -> str:
    """Give an account's name in comparable form: addresses and directory ids in lower case."""
    plain = text.strip()
    return plain.lower() if "@" in plain or _GUID.fullmatch(plain) else plain


@lru_cache(maxsize=4096)
def looks_like_address(text: str) -> bool:
    """Say whether a text is one mail address or user principal name."""
    return _ADDRESS.fullmatch(text) is not None


@lru_cache(maxsize=4096)  # the same few names come in every record
def is_service(actor: str) -> bool:
    """Say whether an actor's name is one of Microsoft's own services."""
    return actor.lower() in _SERVICE_NAMES or _SERVICE_NAME.match(actor) is not None


def outcome(operation: str, result: str, error: str) -> bool | None:
    """Say whether it succeeded; for logons the operation and error number decide, not the result status."""
    if operation == "UserLoginFailed":
        return False
    if operation == "UserLoggedIn":
        return error in _SIGNED_IN
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


# --- the parts of one record
# -----------------------------------------------------------------------------------


# `json.loads` makes a new decoder for each call that asks for control characters to be let pass.
_LOADS: Final = json.JSONDecoder(strict=False).decode


def _decoded(value: object) -> Any:
    """Undo JSON that was put into a text, once; anything else comes back as it is."""
    if isinstance(value, str):
        plain = value.strip()
        if plain[:1] in {"[", "{", '"'} and plain[-1:] in {"]", "}", '"'}:
            try:
                return _LOADS(plain)
            except (ValueError, RecursionError):
                return value  # consent records write something that only begins like JSON
    return value


def _is_blank(value: object) -> bool:
    if not isinstance(value, str):
        return value is None
    return not value or value.isspace() or (len(value) < 12 and value.strip().lower() in _NULLS)


def _first_text(*values: object) -> str:
    for value in values:
        if value is not None and (text := as_text(value)):
            return text
    return ""


def _actor(user_id: str, actor_ids: Mapping[str, str]) -> str:
    if user_id.lower() in _NOBODY:
        user_id = actor_ids.get("Upn") or actor_ids.get("Name") or user_id
    return user_id.lower() if "@" in user_id else user_id


def _user_type(text: str, actor: str, actor_ids: Mapping[str, str]) -> ActorType:
    if actor.startswith("ServicePrincipal_") or actor_ids.get("Kind") == "ServicePrincipal":
        return ActorType.service_principal
    if "#ext#" in actor or actor.startswith("urn:spo:"):
        return ActorType.guest
    return _USER_TYPES.get(text.lower(), ActorType.other)


def _by_microsoft(
    *, actor: str, kind: ActorType, record_type: str, client: str, logon_type: str, owner: str
) -> bool:
    if record_type in _ALERT_TYPES:
        return False
    if not actor:
        return _SYSTEM_MAILBOX.match(owner) is not None
    return (
        kind is ActorType.system
        or is_service(actor)
        or "client=restsystem" in client.lower()
        or logon_type in {"3", "4", "Transport", "SystemService"}
    )


_ADDRESSES: Final = ("clientipaddress", "actoripaddress", "clientip", "userip")


def _address(fields: _Fields) -> tuple[str | None, bool]:
    get = fields.get
    return best_address(value for key in _ADDRESSES if (value := get(key)))


def _changes(value: object, extended: Mapping[str, str]) -> tuple[PropertyChange, ...]:
    changes = changes_of(value)
    if changes or "additionalDetails" not in extended:
        return changes
    # A directory record too long for one piece leaves ModifiedProperties empty and puts them, cut off, as
    # text in a text in a text into its additional details.
    detail = as_mapping(_decoded(extended["additionalDetails"]))
    if not isinstance(piece := detail.get("b"), str):
        return ()
    inner = piece.partition('"targetUpdatedProperties":"')[2]
    return changes_of(objects_of(_unquoted(inner)))


def _unquoted(text: str) -> str:
    """Undo one level of JSON quoting of a text whose end may be missing."""
    end = re.match(r'(?:[^"\\]|\\.)*', text, re.DOTALL)
    body = end[0] if end else ""
    try:
        return str(json.loads(f'"{body}"', strict=False))
    except ValueError:
        return ""


def _context_details(context: Mapping[str, Any]) -> dict[str, str]:
    if not context:
        return {}
    names = ("UniqueTokenId", "AADSessionId", "ClientAppName", "APIId", "DeviceId", "IssuedAtTime")
    return {name: text for name in names if name in context and (text := as_text(context[name]))}


_BASE64: Final = re.compile(r"[A-Za-z0-9_+/-]{24,}(?:={0,2}|[012])")


def _mailbox_name(text: str) -> str:
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
    if _GUID.fullmatch(head) and _GUID.fullmatch(tail):
        return tail.lower()
    return account(head)


def _owner(
    fields: _Fields,
    *,
    operation: str,
    record_type: str,
    actor: str,
    parameters: Mapping[str, str],
    target_ids: Mapping[str, str],
) -> str:
    if owner := fields.text(_MAILBOX_WITH_OWNER):
        return account(owner)
    object_id = fields.text("objectid")
    if record_type in _ALERT_TYPES:
        about = _first_text(as_mapping(fields.get("data")).get("f3u"))
        return next((account(one) for one in (object_id, about) if looks_like_address(one)), "")
    if "-" in operation and " " not in operation:
        noun = operation.partition("-")[2].lower()
        lower = {key.lower(): value for key, value in parameters.items()}
        if noun in _RULE_NOUNS:
            return _rule_owner(lower, object_id, actor)
        if noun in _ACCOUNT_NOUNS:
            return _cmdlet_owner(lower, object_id)
    if record_type in _DIRECTORY_TYPES or target_ids:
        for one in (object_id, target_ids.get("Upn", "")):
            if looks_like_address(one):
                return account(one)
        return account(target_ids.get("Id", "")) if target_ids.get("Kind") == "User" else ""
    return ""


def _rule_owner(parameters: Mapping[str, str], object_id: str, actor: str) -> str:
    if mailbox := parameters.get("mailbox"):
        return _mailbox_name(mailbox)
    for one in (parameters.get("identity", ""), object_id):
        if "\\" in one and looks_like_address(name := _mailbox_name(one)):
            return name
    # Without a mailbox the cmdlet works on the caller's own.
    return actor


def _cmdlet_owner(parameters: Mapping[str, str], object_id: str) -> str:
    names = [
        _mailbox_name(one.partition(":\\")[0]) for one in (parameters.get("identity", ""), object_id) if one
    ]
    return next(
        (name for name in names if looks_like_address(name)), next((name for name in names if name), "")
    )


def _items(fields: _Fields) -> tuple[Item, ...]:
    found: list[Item] = []
    alone, several, folders = fields.get("item"), fields.get("affecteditems"), fields.get("folders")
    if not (alone or several or folders):
        return ()
    default = as_text(as_mapping(fields.get("folder")).get("Path"))
    if single := as_mapping(alone):
        found.append(_item(single, default))
    for one in _mappings_in(several):
        found.append(_item(one, default))
    for folder in _mappings_in(folders):
        path = as_text(folder.get("Path"))
        found.extend(_item(one, path) for one in _mappings_in(folder.get("FolderItems")))
    return tuple(found)


def _mappings_in(value: object) -> Iterator[Mapping[str, Any]]:
    value = _decoded(value)
    for one in value if isinstance(value, list) else ():
        if isinstance(one, Mapping):
            yield one


def _item(value: Mapping[str, Any], folder: str) -> Item:
    return Item(
        subject=as_text(value.get("Subject")),
        internet_message_id=as_text(value.get("InternetMessageId")),
        folder=as_text(as_mapping(value.get("ParentFolder")).get("Path")) or folder,
        id=as_text(value.get("Id")),
    )
