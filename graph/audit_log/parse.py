"""Reads the AuditData of one record of the unified audit log into the normal form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from graph.audit_log.fields import Fields
from graph.audit_log.ids import id_of
from graph.audit_log.pieces import (
    NOBODY,
    SYSTEM_MAILBOX,
    account,
    as_mapping,
    as_text,
    best_address,
    changes_of,
    content_id,
    decoded,
    is_service,
    looks_like_address,
    mailbox_name,
    named_values,
    objects_of,
    operation_name,
    outcome,
    parameters_of,
    time_text,
    typed_ids,
)
from graph.audit_log.record import ActorType, AuditRecord, Item, PropertyChange
from graph.audit_log.record_types import record_type_of
from graph.audit_log.sign_in import LOGONS
from graph.errors import UnreadableRecord
from graph.times import record_time

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

_ALERT_TYPES: Final = frozenset(
    {"SecurityComplianceAlerts", "AirInvestigation", "MCASAlerts", "MSTIC", "WDATPAlerts"}
)

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
_MAILBOX_WITH_OWNER: Final = "mailboxownerupn"
_FOLDERS: Final = (("folder", "Folder"), ("destfolder", "DestFolder"))


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
    fields = Fields(raw)
    operation = operation_name(fields.text("operation"))
    if not operation:
        raise UnreadableRecord("The record names no operation.")
    when = time_text(fields.get("creationtime"))
    if not when:
        raise UnreadableRecord("The record has no time.")
    at = record_time(when)

    get = fields.get
    record_type = record_type_of(get("recordtype"))
    # Most records lack most of these: a look is cheaper than a call that finds nothing.
    extended = named_values(value) if (value := get("extendedproperties")) else {}
    device = named_values(value) if (value := get("deviceproperties")) else {}
    properties = named_values(value) if (value := get("operationproperties")) else {}
    context = as_mapping(value) if (value := get("appaccesscontext")) else {}
    told = extended.get("additionalDetails", "") if extended else ""
    extra = as_mapping(decoded(told)) if told and told != "{}" else {}
    actor_ids = typed_ids(value) if (value := get("actor")) else {}
    target_ids = typed_ids(value) if (value := get("target")) else {}

    actor = _actor(fields.text("userid"), actor_ids, fields.text("userkey"))
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
    details |= {**extended, **device, **properties}
    if context:
        details |= _context_details(context)
    for kind, one in actor_ids.items():
        details[f"Actor{kind}"] = one
    for kind, one in target_ids.items():
        details[f"Target{kind}"] = one
    for key, name in _FOLDERS:
        if (value := get(key)) and (path := as_text(as_mapping(value).get("Path"))):
            details[name] = path
    # A synced folder lists no message that would name it.
    for one in _mappings_in(fields.get("folders")):
        if not one.get("FolderItems") and (path := as_text(one.get("Path"))):
            details.setdefault("Folder", path)

    return AuditRecord(
        id=fields.text("id") or content_id(raw),
        at=at,
        operation=operation,
        record_type=record_type,
        workload=fields.text("workload"),
        actor=actor,
        actor_type=user_type,
        # A sign-in without a name is often said to be the system's, although an id tells whose it is.
        by_microsoft=operation not in LOGONS
        and _by_microsoft(
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


def _first_text(*values: object) -> str:
    for value in values:
        if value is not None and (text := as_text(value)):
            return text
    return ""


def _actor(user_id: str, actor_ids: Mapping[str, str], user_key: str) -> str:
    if user_id.lower() in NOBODY:
        known = actor_ids.get("Upn") or actor_ids.get("Name")
        if not known and actor_ids.get("Kind") != "ServicePrincipal":
            known = actor_ids.get("Id") or id_of(user_key)
        user_id = known or user_id
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
        return SYSTEM_MAILBOX.match(owner) is not None
    return (
        kind is ActorType.system
        or is_service(actor)
        or "client=restsystem" in client.lower()
        or logon_type in {"3", "4", "Transport", "SystemService"}
    )


_ADDRESSES: Final = ("clientipaddress", "actoripaddress", "clientip", "userip")


def _address(fields: Fields) -> tuple[str | None, bool]:
    get = fields.get
    return best_address(value for key in _ADDRESSES if (value := get(key)))


def _changes(value: object, extended: Mapping[str, str]) -> tuple[PropertyChange, ...]:
    changes = changes_of(value)
    if changes or "additionalDetails" not in extended:
        return changes
    # A directory record too long for one piece leaves ModifiedProperties empty and puts them, cut off, as
    # text in a text in a text into its additional details.
    detail = as_mapping(decoded(extended["additionalDetails"]))
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


def _owner(
    fields: Fields,
    *,
    operation: str,
    record_type: str,
    actor: str,
    parameters: Mapping[str, str],
    target_ids: Mapping[str, str],
) -> str:
    if owner := fields.text(_MAILBOX_WITH_OWNER):
        return account(owner)
    if operation == "ChatCreated":
        return _chat_partner(fields, actor)
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


def _chat_partner(fields: Fields, actor: str) -> str:
    """Give the member of our tenant that an outsider opened a chat of two with, "" for every other chat."""
    home = fields.text("organizationid")
    members = list(_mappings_in(fields.get("members")))
    ours = [account(as_text(one.get("UPN"))) for one in members if one.get("OrganizationId") == home]
    outside = len(members) == 2 and len(ours) == 1 and actor.casefold() != ours[0].casefold()
    return ours[0] if outside else ""


def _rule_owner(parameters: Mapping[str, str], object_id: str, actor: str) -> str:
    if mailbox := parameters.get("mailbox"):
        return mailbox_name(mailbox)
    for one in (parameters.get("identity", ""), object_id):
        if "\\" in one and looks_like_address(name := mailbox_name(one)):
            return name
    # Without a mailbox the cmdlet works on the caller's own.
    return actor


def _cmdlet_owner(parameters: Mapping[str, str], object_id: str) -> str:
    names = [
        mailbox_name(one.partition(":\\")[0]) for one in (parameters.get("identity", ""), object_id) if one
    ]
    return next(
        (name for name in names if looks_like_address(name)), next((name for name in names if name), "")
    )


def _items(fields: Fields) -> tuple[Item, ...]:
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
    value = decoded(value)
    for one in value if isinstance(value, list) else ():
        if found := as_mapping(one):
            yield found


def _item(value: Mapping[str, Any], folder: str) -> Item:
    return Item(
        subject=as_text(value.get("Subject")),
        internet_message_id=as_text(value.get("InternetMessageId")),
        folder=as_text(as_mapping(value.get("ParentFolder")).get("Path")) or folder,
        id=as_text(value.get("Id")),
    )
