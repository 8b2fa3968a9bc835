"""The side panel: how an account stands in the tenant, its audit trail, and the levers to play with.

Longer than other files because it is a list: each part of the panel is a few lines beside the next.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from heapq import nlargest
from typing import Any

from sandbox import tenant, workspace
from sandbox.scenarios import people
from sandbox.scenarios.state import InboxRule, Json, Mailbox, TenantState, audit_time, graph_time
from sandbox.tenant import RunningTenant, attacker
from sandbox.workspace import RunningWorkspace

TRAIL = 60
"""How many entries of the audit trail are shown."""

WHAT = 200
"""How many characters of a change are shown."""

LONGEST = timedelta(days=7)
"""The most time that passes at once."""

_ROUTINE = frozenset(
    {
        "Send",
        "FileModified",
        "FilePreviewed",
        "FileAccessed",
        "FileDownloaded",
        "MailItemsAccessed",
        "MoveToDeletedItems",
        "HardDelete",
        "SoftDelete",
    }
)
"""What everyone does all day; the trail would show nothing else."""

_SIGN_INS = frozenset({"UserLoggedIn", "UserLoginFailed"})
_ATTACKER = frozenset({people.LAGOS.ip, people.LAGOS_V6.ip})
_UNTOLD = frozenset({"Identity", "Confirm", "Force", "ErrorAction", "WarningAction"})
_ATTACKS = {
    "forward_again": "The attacker forwards all mail to their own address again.",
    "rule_again": "The attacker hides mail about money by an inbox rule again.",
    "sign_in_again": "",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that can be made to go wrong: where it strikes, how, and for how many calls.

    `times` None means until it is cleared.
    """

    label: str
    says: str
    target: str = ""
    tenant: tenant.Fault | None = None
    slack: workspace.Fault | None = None
    permission: str = ""
    times: int | None = 1


TROUBLES: Mapping[str, Trouble] = {
    "graph_throttles": Trouble(
        "Graph throttles",
        "Graph puts the next 10 calls off for a second each.",
        "/graph",
        tenant=tenant.Fault(status=429, retry_after=1),
        times=10,
    ),
    "graph_down": Trouble(
        "Graph is down",
        "Graph answers 503 to everything until you clear it.",
        "/graph",
        tenant=tenant.Fault(status=503),
        times=None,
    ),
    "exchange_garbage": Trouble(
        "Exchange answers garbage",
        "Exchange answers the next 10 calls with an HTML page instead of data.",
        "/exchange",
        tenant=tenant.Fault(status=200, html=True),
        times=10,
    ),
    "sign_ins_refused": Trouble(
        "Sign-in logs refused",
        "The bot has lost the permission to read sign-in logs, until you clear it.",
        permission="AuditLog.Read.All",
        times=None,
    ),
    "slack_rate_limits": Trouble(
        "Slack limits the rate",
        "Slack puts the next 5 calls off for two seconds each.",
        "*",
        slack=workspace.rate_limited(2),
        times=5,
    ),
    "slack_answers_lost": Trouble(
        "Slack's answers get lost",
        "Slack does what the next 3 calls ask, but its answers never arrive.",
        "*",
        slack=workspace.reset(after_effect=True),
        times=3,
    ),
    "socket_cut": Trouble(
        "Cut the socket",
        "The Socket Mode connection was cut; the bot connects again by itself.",
    ),
}
"""What can be made to go wrong, by name."""


class Unknown(ValueError):
    """The page asked for someone or something that is not there; the sentence says what."""


class Panel:
    """The tenant's side of the page. Any thread may use it.

    Args:
        slack: The workspace, for its faults.
        played: The tenant.
        let_pass: Lets time pass for everyone.
    """

    def __init__(
        self, slack: RunningWorkspace, played: RunningTenant, let_pass: Callable[[timedelta], None]
    ) -> None:
        self._slack = slack
        self._played = played
        self._let_pass = let_pass
        self._taken: set[str] = set()
        self._levers = 0

    @property
    def version(self) -> int:
        """A number that is another one whenever there is something new to show."""
        state = self._played.state
        lists = (self._played.calls, state.audit_records, state.directory_audits, state.sign_ins)
        return self._levers + sum(len(one) for one in lists)

    def shown(self, upn: str | None) -> Json:
        """Everything the panel shows, with the account of this name; None takes the first one.

        Raises:
            Unknown: there is no one by that name.
        """
        state = self._played.state
        state.settle()
        users = list(state.users.values())
        user = users[0] if upn is None else state.user(upn)
        if user is None:
            raise Unknown("There is no one by that name in the tenant.")
        writes = len(self._played.writes())
        return {
            "users": [{"upn": one["userPrincipalName"], "name": one["displayName"]} for one in users],
            "user": _account(state, user),
            "trail": list(_trail(state)),
            "calls": {"reads": len(self._played.calls) - writes, "writes": writes},
            "faults": list(self._faults()),
            "known_faults": [{"name": name, "label": one.label} for name, one in TROUBLES.items()],
            "now": graph_time(state.clock()),
        }

    def do(self, asked: Mapping[str, Any]) -> str:
        """Pull a lever and say in a sentence what that did.

        Raises:
            Unknown: there is no such lever, fault or person.
        """
        match asked.get("act"):
            case "attack":
                says = self._attack(str(asked.get("name")), str(asked.get("user")))
            case "fault":
                says = self._break(str(asked.get("name")))
            case "clear_faults":
                says = self._mend()
            case "let_pass":
                says = self._pass(asked.get("seconds"))
            case _:
                raise Unknown("There is no such lever; there are attack, fault, clear_faults and let_pass.")
        self._levers += 1
        return says

    def _attack(self, name: str, upn: str) -> str:
        act = attacker.ACTS.get(name)
        if act is None:
            raise Unknown(f"The attacker has no such act; there are {', '.join(attacker.ACTS)}.")
        try:
            worked = act(self._played.state, upn)
        except KeyError as error:
            raise Unknown("The attacker has no way into this account.") from error
        if name != "sign_in_again":
            return _ATTACKS[name]
        if worked:
            return "The attacker signs in again, and it works."
        return "The attacker tries to sign in again, and is refused."

    def _faults(self) -> Iterator[Json]:
        for name, one in TROUBLES.items():
            left: int | None = 0
            if one.tenant is not None:
                left = self._played.faults.left(one.target, one.tenant)
            elif one.slack is not None:
                left = self._slack.faults.left(one.target, one.slack)
            elif one.permission in self._taken:
                left = None
            if left != 0:
                yield {"name": name, "left": left}

    def _break(self, name: str) -> str:
        one = TROUBLES.get(name)
        if one is None:
            raise Unknown(f"There is no such fault; there are {', '.join(TROUBLES)}.")
        if one.tenant is not None:
            if self._played.faults.left(one.target, one.tenant) == 0:
                self._played.faults.add(one.target, one.tenant, one.times)
        elif one.slack is not None:
            self._slack.faults.add(one.target, one.slack, one.times or 1)
        elif one.permission:
            self._played.permissions = self._played.permissions - {one.permission}
            self._taken.add(one.permission)
        elif not self._slack.faults.disconnect_socket():
            return "There was no connection to cut."
        return one.says

    def _mend(self) -> str:
        self._played.faults.clear()
        self._slack.faults.clear()
        self._played.permissions = self._played.permissions | self._taken
        self._taken.clear()
        return "Everything works again."

    def _pass(self, seconds: object) -> str:
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise Unknown("seconds must be a number.")
        if not 0 < seconds <= LONGEST.total_seconds():
            raise Unknown(f"Let between a second and {LONGEST.days} days pass.")
        self._let_pass(timedelta(seconds=seconds))
        return f"It is now {self._played.state.clock():%H:%M} UTC on {self._played.state.clock():%d %B}."


# --- one account -------------------------------------------------------------------------------------------


def _account(state: TenantState, user: Json) -> Json:
    upn, who = str(user["userPrincipalName"]), str(user["id"])
    box = state.mailboxes.get(upn.lower())
    apps = {str(one["id"]): str(one["displayName"]) for one in list(state.service_principals.values())}
    return {
        "upn": upn,
        "name": user["displayName"],
        "sign_in": "allowed" if user["accountEnabled"] else "blocked",
        "password_changed": user["lastPasswordChangeDateTime"],
        "sessions_revoked": user["signInSessionsValidFromDateTime"],
        "roles": list(_roles(state, who)),
        "methods": [_method(one) for one in list(state.authentication_methods.get(who, ()))],
        "grants": [
            f"{apps.get(str(one['clientId']), 'an application')}: {str(one['scope']).strip()}"
            for one in list(state.oauth_grants)
            if one["principalId"] == who
        ],
        "devices": [
            f"{one['displayName']} ({one['operatingSystem']}{'' if one['accountEnabled'] else ', disabled'})"
            for one in list(state.devices)
            if state.device_owners.get(str(one["id"])) == who
        ],
        "restricted_from_sending": any(
            str(one["SenderAddress"]).lower() == upn.lower() for one in list(state.blocked_senders)
        ),
        **_mailbox(state, box, upn),
    }


def _mailbox(state: TenantState, box: Mailbox | None, upn: str) -> Json:
    if box is None:
        empty: tuple[str, ...] = ("forwarding", "inbox_rules", "sweep_rules", "delegates", "protocols")
        return {**{name: [] for name in empty}, "auto_reply": False}
    return {
        "forwarding": list(_forwarding(state, box, upn)),
        "inbox_rules": [
            {"name": one.name, "enabled": one.enabled, "hidden": one.hidden, "does": _does(box, one)}
            for one in list(box.rules)
            if not one.read_only
        ],
        "sweep_rules": [
            f"{one['Name']}: from {one['Sender']} to {one['DestinationFolder']}"
            f"{'' if one['Enabled'] else ' (disabled)'}"
            for one in list(box.sweep_rules)
        ],
        "delegates": list(_delegates(box)),
        "protocols": [
            name
            for key, name in (
                ("OWAEnabled", "Outlook on the web"),
                ("MAPIEnabled", "MAPI"),
                ("EwsEnabled", "EWS"),
                ("ActiveSyncEnabled", "ActiveSync"),
                ("ImapEnabled", "IMAP"),
                ("PopEnabled", "POP"),
            )
            if box.protocols.get(key)
        ],
        "auto_reply": box.settings["automaticRepliesSetting"]["status"] != "disabled",
    }


def _forwarding(state: TenantState, box: Mailbox, upn: str) -> Iterator[str]:
    copy = ", keeping a copy" if box.properties.get("DeliverToMailboxAndForward") else ""
    for name in ("ForwardingSmtpAddress", "ForwardingAddress"):
        if box.properties.get(name):
            yield f"{str(box.properties[name]).removeprefix('smtp:')}{copy}"
    for rule in list(state.transport_rules):
        if upn in (rule.get("SentTo") or ()) and rule["State"] == "Enabled":
            goes = [*(rule.get("BlindCopyTo") or ()), *(rule.get("RedirectMessageTo") or ())]
            yield f"{', '.join(map(str, goes))}, by the organization's rule “{rule['Name']}”"


def _does(box: Mailbox, rule: InboxRule) -> str:
    """One inbox rule in words."""
    folders = {str(one["id"]): str(one["displayName"]) for one in box.folders}
    when = [f"{_spaced(name)} {_listed(value)}" for name, value in rule.conditions.items() if value]
    then = [
        f"{_spaced(name)}{'' if value is True else f' {folders.get(str(value)) or _listed(value)}'}"
        for name, value in rule.actions.items()
        if value
    ]
    return f"{'; '.join(when) or 'every message'} → {'; '.join(then) or 'nothing'}"


def _spaced(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)


def _listed(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_listed, value))
    if isinstance(value, dict):
        return str(value.get("emailAddress", value).get("address", ""))
    return str(value)


def _delegates(box: Mailbox) -> Iterator[str]:
    for one in list(box.permissions):
        yield f"{one['User']}: {', '.join(one['AccessRights'])}"
    for one in list(box.recipient_permissions):
        yield f"{one['Trustee']}: {', '.join(one['AccessRights'])}"
    for name in list(box.properties.get("GrantSendOnBehalfTo") or ()):
        yield f"{name}: send on behalf"
    for path, entries in list(box.folder_permissions.items()):
        for one in list(entries):
            yield f"{one['User']}: {', '.join(one['AccessRights'])} of {path.strip(chr(92))}"


def _roles(state: TenantState, who: str) -> Iterator[str]:
    groups = {
        group: state.groups[group] for group, members in list(state.memberships.items()) if who in members
    }

    def name(one: Json) -> str:
        return str(state.role_definitions[str(one["roleDefinitionId"])]["displayName"])

    for one in list(state.role_assignments):
        if one["principalId"] == who:
            yield name(one)
        elif one["principalId"] in groups:
            yield f"{name(one)}, through the group {groups[one['principalId']]['displayName']}"
    for one in list(state.role_eligibility_schedules):
        if one["principalId"] == who:
            yield f"{name(one)}, eligible"
    for one in (*state.exchange_role_groups, *state.purview_role_groups):
        if any(member["ExternalDirectoryObjectId"] == who for member in one["Members"]):
            yield f"{one['Name']} (role group)"


def _method(one: Json) -> str:
    kind = str(one["@odata.type"]).rpartition(".")[2].removesuffix("AuthenticationMethod")
    more = one.get("phoneNumber") or one.get("displayName") or one.get("emailAddress") or one.get("model")
    words = (
        _spaced(kind[:1].upper() + kind[1:]).strip().capitalize().replace("Microsoft authenticator", "App")
    )
    return f"{words}: {more}" if more else words


# --- the audit trail ---------------------------------------------------------------------------------------


def _trail(state: TenantState) -> Iterator[Json]:
    """The newest entries of the audit log that tell something, newest first."""
    now = audit_time(state.clock())
    told = ((one["CreationTime"], number) for number, one in enumerate(state.audit_records) if _tells(one))
    for at, number in nlargest(TRAIL, (pair for pair in told if pair[0] <= now)):
        one = state.audit_records[number]
        by_app = state.app_object_id in str(one.get("UserId"))
        yield {
            "at": f"{at}Z",
            "who": state.app_name if by_app else _who(state, one),
            "what": _what(one),
            "on": _on(state, one),
            "by_app": by_app,
            "by_attacker": _address(str(one.get("ClientIP") or "")) in _ATTACKER,
        }


def _tells(one: Json) -> bool:
    operation = one["Operation"]
    if operation in _ROUTINE or str(one.get("UserId")).startswith("NT AUTHORITY"):
        return False
    return operation not in _SIGN_INS or one.get("ClientIP") in _ATTACKER


def _who(state: TenantState, one: Json) -> str:
    address = _address(str(one.get("ClientIP") or ""))
    if address in _ATTACKER:
        return f"The attacker, from {address}"
    name = str(one.get("UserId") or "someone")
    user = state.user(name)
    return str(user["displayName"]) if user else name


def _address(client: str) -> str:
    """The address without its port: ``203.0.113.7:51422`` or ``[2001:db8::1]:51422``."""
    if client.startswith("["):
        return client[1:].partition("]")[0]
    return client.partition(":")[0] if client.count(":") == 1 else client


def _what(one: Json) -> str:
    operation = str(one["Operation"]).rstrip(".")
    if operation in _SIGN_INS:
        return "Signed in" if operation == "UserLoggedIn" else "Failed to sign in"
    told = [
        f"{item.get('Name')} {item.get('Value') or 'nothing'}"
        for item in _pairs(one, "Parameters")
        if item.get("Name") not in _UNTOLD
    ]
    changed = [
        f"{item.get('Name')} {_changed(item)}"
        for item in _pairs(one, "ModifiedProperties")
        if not str(item.get("Name")).startswith(("Included", "ConsentAction", "ConsentContext", "TargetId"))
    ]
    text = "; ".join(told or changed)
    whole = f"{operation}: {text}" if text else operation
    return whole if len(whole) <= WHAT else f"{whole[:WHAT]}…"


def _changed(item: Json) -> str:
    """The new value of a property, or the old one that went; the directory writes both as JSON."""
    new, old = (_bare(str(item.get(name) or "")) for name in ("NewValue", "OldValue"))
    if new:
        return new
    return f"no longer {old}" if old else "nothing"


def _bare(text: str) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    if value is None or isinstance(value, str):
        return value or ""
    return text


def _pairs(one: Json, name: str) -> list[Json]:
    """Names with values; some kinds of records, and real exports, hold a text there."""
    found = one.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _on(state: TenantState, one: Json) -> str:
    """What a record is about, by the name that people know."""
    about = str(one.get("ObjectId") or "")
    last = about.rpartition("/")[2] if about.startswith("NAMPR") else about
    user = state.user(last)
    if user is not None:
        return str(user["userPrincipalName"])
    if one["Operation"] in _SIGN_INS:
        return str(one.get("UserId"))
    apps = (app for app in list(state.service_principals.values()) if app["appId"] == about)
    return next((str(app["displayName"]) for app in apps), last)
