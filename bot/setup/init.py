"""`compromise init`: from answers to a settings file, and to the keys and certificates beside it.

No secret stands in the settings: secrets come from variables.

Longer than other files because it is a list: each question stands with its check and with what it writes.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot.errors import SettingsError
from bot.settings.values import DOMAIN, GUID
from bot.setup.keys import demand_name, make_credential
from bot.setup.registrations import READER, WRITER
from graph.errors import GraphError
from graph.limits import Deadline
from graph.responses import json_of
from graph.settings import CLOUDS, Cloud
from graph.wire import Wire

CONFIG: Final = "compromise.toml"

_ADDRESS = re.compile(r"[^@\s\"\\]{1,64}@(.+)")
_BETWEEN = re.compile(r"[,\s]+")
LONGEST_NAME = 60
_LOOKUP_SECONDS = 20.0
_GIVE_THE_ID = "Enter the tenant ID; it is in the Entra admin center under Overview."


@dataclass(frozen=True, slots=True)
class InSlack:
    """What `init` is told about Slack, or finds out there.

    Attributes:
        slack: ``socket``, ``http``, or ``none`` for the command line alone.
        channel: The channel for cards, or "".
        checkpoints: The channel for checkpoints of the ledger, or "".
        responders: Slack users who may ask.
        responders_group: A Slack user group of such, or "".
        approvers: Slack users who may approve.
        approvers_group: A Slack user group of such, or "".
    """

    slack: str
    channel: str
    checkpoints: str
    responders: tuple[str, ...]
    responders_group: str
    approvers: tuple[str, ...]
    approvers_group: str


@dataclass(frozen=True, slots=True)
class Answers(InSlack):
    """What `init` is told.

    Attributes:
        tenant: The tenant's id, or one of its domains.
        cloud: Which of Microsoft's clouds it is in.
        client_id: The application that reads.
        remediate: The application that writes: "" for none, or the same one for both.
        credential: ``certificate`` or ``secret``.
        domains: The mail domains that the tenant answers for; none for every domain.
        name: What people call the tenant.
        protected: Accounts that are never touched.
    """

    tenant: str
    cloud: str
    client_id: str
    remediate: str
    credential: str
    domains: tuple[str, ...]
    name: str
    protected: tuple[str, ...]

    @property
    def registrations(self) -> tuple[tuple[str, str], ...]:
        """The applications, each with what it is for, as its files are named."""
        if self.remediate in ("", self.client_id):
            return ((READER, self.client_id),)
        return ((READER, self.client_id), (WRITER, self.remediate))

    @property
    def one_for_both(self) -> bool:
        """Whether the application that reads writes too."""
        return self.remediate == self.client_id


def _guid(text: str) -> str:
    return _fits(GUID, text.lower(), "a GUID such as 00000000-0000-0000-0000-000000000000")


def _fits(form: re.Pattern[str], text: str, wanted: str) -> str:
    if not form.fullmatch(text):
        # Never the text itself: someone may have pasted a secret into the wrong answer.
        raise ValueError(f"not {wanted}")
    return text


def _tenant(text: str) -> str:
    if GUID.fullmatch(text.lower()):
        return text.lower()
    return _fits(DOMAIN, text.lower(), "a tenant ID (a GUID) or a domain such as contoso.example")


def _slack_id(letters: str, example: str) -> Callable[[str], str]:
    form = re.compile(f"[{letters}][A-Z0-9]{{2,}}")
    return lambda text: _fits(form, text.upper(), f"a Slack ID such as {example}")


def _one_of(*words: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"this is not one of {', '.join(words)}")
        return text.lower()

    return check


def _name(text: str) -> str:
    if not text.isprintable() or len(text) > LONGEST_NAME:
        raise ValueError(f"a name has at most {LONGEST_NAME} characters, all of them visible")
    return text


def _domain(text: str) -> str:
    return _fits(DOMAIN, text.lower(), "a domain such as contoso.example")


def _account(text: str) -> str:
    found = _ADDRESS.fullmatch(text)
    if found and text.isprintable() and DOMAIN.fullmatch(found[1].lower()):
        return text
    return _fits(GUID, text.lower(), "an address or an object ID")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question.

    Attributes:
        key: Its name in a file of answers, and in `Answers`.
        asks: What people are asked.
        check: Brings one answer into its form; raises ValueError with what it should be.
        default: What an empty answer means, from the answers so far; None when there must be one.
        many: Whether the answer is a list.
        needs_slack: Whether it is asked only where the bot is to be in Slack.
        unlike: The key of an earlier answer that this one cannot repeat.
    """

    key: str
    asks: str
    check: Callable[[str], str]
    default: Callable[[Mapping[str, Any]], str] | None = None
    many: bool = False
    needs_slack: bool = False
    unlike: str = ""

    def read(self, given: Any, so_far: Mapping[str, Any]) -> str | tuple[str, ...]:
        """Bring what was given into its form.

        Raises:
            ValueError: it cannot be; the text says what it should be.
        """
        texts = given if isinstance(given, list) else [given]
        if not all(isinstance(one, str) for one in texts):
            raise ValueError("it should be " + ("a list of texts" if self.many else "a text"))
        pieces = [piece for text in texts for piece in (_BETWEEN.split(text) if self.many else [text])]
        wanted = [piece.strip() for piece in pieces if piece.strip()]
        if not wanted and self.default is not None:
            fallback = self.default(so_far)
            wanted = [fallback] if fallback else []
        if not wanted and self.default is None:
            raise ValueError("an answer is required")
        if self.many:
            return tuple(dict.fromkeys(self.check(one) for one in wanted))
        answer = self.check(wanted[0]) if wanted else ""
        if answer and self.unlike and answer == so_far.get(self.unlike):
            raise ValueError(f"this is the same as {self.unlike}")
        return answer


def _nothing(_: Mapping[str, Any]) -> str:
    return ""


def _own_domain(so_far: Mapping[str, Any]) -> str:
    tenant = str(so_far.get("tenant", ""))
    return "" if GUID.fullmatch(tenant) or ".onmicrosoft." in tenant else tenant


def _own_name(so_far: Mapping[str, Any]) -> str:
    domain = next(iter(so_far.get("domains", ())), "") or str(so_far.get("tenant", ""))
    first = domain.partition(".")[0]
    return "tenant" if GUID.fullmatch(domain) else first[:1].upper() + first[1:]


QUESTIONS: Final[tuple[Prompt, ...]] = (
    Prompt("tenant", "Tenant ID or domain", _tenant),
    Prompt(
        "cloud",
        f"Microsoft cloud: {', '.join(CLOUDS)}",
        _one_of(*CLOUDS),
        lambda _: Cloud.GLOBAL.value,
    ),
    Prompt("client_id", "Client ID of the investigate application (reads)", _guid, unlike="tenant"),
    Prompt(
        "remediate",
        "Client ID of the remediate application (writes; empty: read-only)",
        _guid,
        _nothing,
        unlike="tenant",
    ),
    Prompt(
        "credential",
        "Credential: certificate or secret",
        _one_of("certificate", "secret"),
        lambda _: "certificate",
    ),
    Prompt("domains", "Email domains of this tenant", _domain, _own_domain, many=True),
    Prompt("name", "Display name of the tenant", _name, _own_name),
    Prompt(
        "slack",
        "Slack connection: socket, http, or none for the command line only",
        _one_of("socket", "http", "none"),
        lambda _: "socket",
    ),
    Prompt(
        "channel",
        "Channel ID for cards, a private channel (empty: the channel of the request)",
        _slack_id("CG", "C0123ABCD"),
        _nothing,
        needs_slack=True,
    ),
    Prompt(
        "checkpoints",
        "Channel ID for ledger checkpoints (empty: none are posted)",
        _slack_id("CG", "C0123ABCD"),
        _nothing,
        needs_slack=True,
    ),
    Prompt(
        "responders",
        "Responders: Slack user IDs",
        _slack_id("UW", "U0123ABCD"),
        _nothing,
        many=True,
        needs_slack=True,
    ),
    Prompt(
        "responders_group",
        "Responders: Slack user group ID",
        _slack_id("S", "S0123ABCD"),
        _nothing,
        needs_slack=True,
    ),
    Prompt(
        "approvers",
        "Approvers: Slack user IDs, at least two people",
        _slack_id("UW", "U0123ABCD"),
        _nothing,
        many=True,
        needs_slack=True,
    ),
    Prompt(
        "approvers_group",
        "Approvers: Slack user group ID",
        _slack_id("S", "S0123ABCD"),
        _nothing,
        needs_slack=True,
    ),
    Prompt(
        "protected",
        "Protected accounts, such as break-glass accounts: addresses or object IDs",
        _account,
        _nothing,
        many=True,
    ),
)


def is_asked(question: Prompt, so_far: Mapping[str, Any]) -> bool:
    """Whether a question has a meaning after the answers so far."""
    return not (question.needs_slack and so_far.get("slack") == "none")


def read_answers(given: Mapping[str, Any]) -> Answers:
    """Read a file of answers; what is not in it takes its default.

    Raises:
        SettingsError: with one line for each answer that is wrong, missing or unknown.
    """
    problems = [f"{key}: there is no such question." for key in given if key not in _KEYS]
    found: dict[str, Any] = {}
    for question in QUESTIONS:
        asked = is_asked(question, found)
        try:
            found[question.key] = question.read(given.get(question.key, "") if asked else "", found)
        except ValueError as error:
            problems.append(f"{question.key}: {error}.")
    if problems:
        raise SettingsError(problems)
    return Answers(**found)


_KEYS = frozenset(question.key for question in QUESTIONS)


def tenant_id(tenant: str, cloud: str, login: str = "") -> str:
    """Look up the id of a tenant, for Exchange knows tenants by nothing else.

    Args:
        tenant: Its id, which is given back as it is, or one of its domains.
        cloud: Which of Microsoft's clouds it is in.
        login: Where to ask; the cloud's own login service unless given.

    Raises:
        SettingsError: the login service does not know the domain, or does not answer.
    """
    if GUID.fullmatch(tenant):
        return tenant
    host = login.rstrip("/") or CLOUDS[Cloud(cloud)].login
    wire = Wire(1)
    try:
        reply = wire.send(
            "GET",
            f"{host}/{tenant}/v2.0/.well-known/openid-configuration",
            headers={"Accept": "application/json"},
            deadline=Deadline(_LOOKUP_SECONDS),
        )
        found = json_of(reply)
    except GraphError as error:
        raise SettingsError([f"tenant: {error.sentence} {_GIVE_THE_ID}"]) from error
    finally:
        wire.close()
    issuer = found.get("issuer") if isinstance(found, dict) else None
    ids = GUID.findall(str(issuer or "").lower())
    if not reply.ok or not ids:
        raise SettingsError([f"tenant: there is no tenant {tenant}. {_GIVE_THE_ID}"])
    return str(ids[0])


def files(answers: Answers, folder: Path, now: datetime) -> dict[str, bytes]:
    """Everything that is written: the settings, and for each application a key and what goes with it."""
    made = {CONFIG: settings_file(answers, folder).encode()}
    if answers.credential == "certificate":
        for what, _ in answers.registrations:
            one = make_credential(f"compromise-bot ({what})", now)
            made[f"{what}.pem"] = one.key + one.certificate
            made[f"{what}.cer"] = one.certificate
            made[f"{what}.csr"] = one.request
    return made


def settings_file(answers: Answers, folder: Path) -> str:
    """The text of `compromise.toml`, without any secret.

    Raises:
        SettingsError: the folder's name cannot be written into it.
    """
    demand_name(folder)
    lines = [
        "# Written by `compromise init`. Secrets do not belong here; variables named COMPROMISE_… hold them.",
    ]
    if answers.protected:
        lines += [f"protected = {_toml(answers.protected)}"]
    if answers.slack != "none":
        lines += slack_tables(answers)
    own: dict[str, str | tuple[str, ...]] = {
        "name": answers.name,
        "tenant_id": answers.tenant,
        "cloud": "" if answers.cloud == Cloud.GLOBAL else answers.cloud,
        "domains": answers.domains,
    }
    for what, client_id in answers.registrations:
        # Only the folder is followed: a link in the place of the key itself is moved aside, not written into.
        certificate = str(folder.resolve() / f"{what}.pem") if answers.credential == "certificate" else ""
        values = {"client_id": client_id, "certificate": certificate}
        name, first = ("tenant", own) if what == READER else ("tenant.remediate", {})
        lines += _table(name, {**first, **values})
    return "\n".join(lines) + "\n"


def slack_tables(answers: InSlack) -> list[str]:
    """The tables of the settings that are about Slack, as lines; those with nothing in them are left out."""
    mode = "" if answers.slack == "socket" else answers.slack
    return [
        *_table("slack", {"mode": mode, "channel": answers.channel, "checkpoints": answers.checkpoints}),
        *_table("responders", {"users": answers.responders, "group": answers.responders_group}),
        *_table("approvers", {"users": answers.approvers, "group": answers.approvers_group}),
    ]


def _table(name: str, values: Mapping[str, str | tuple[str, ...]]) -> list[str]:
    given = [f"{key} = {_toml(value)}" for key, value in values.items() if value]
    return ["", f"[{name}]", *given] if given else []


def _toml(value: str | Sequence[str]) -> str:
    """A value in TOML, whose texts are written as JSON writes them; TOML alone wants U+007F escaped."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"[{', '.join(_toml(one) for one in value)}]"


def _what_is_left(folder: Path) -> Iterator[str]:
    """Say how to go on from the settings of an earlier run without new keys; nothing where they are none."""
    with suppress(OSError, ValueError):  # what is wrong with it is told by the verb that reads it
        known = tomllib.loads((folder / CONFIG).read_text(encoding="utf-8-sig"))
        if "slack" in known:
            yield f"To see what is missing: compromise doctor --config {folder / CONFIG}"
        elif "tenant" in known or "tenants" in known:
            yield f"To add Slack and keep what is in it: compromise init --slack --folder {folder}"


def demand_room(folder: Path, answers: Answers | None, *, force: bool) -> None:
    """See that no file would be written over, before anything is asked and before keys are made.

    Args:
        folder: Where the files will be.
        answers: What was answered, which tells the files; None while only the settings are sure to be one.
        force: Whether files that are there are moved aside.

    Raises:
        SettingsError: with one line for each file that is in the way; or the folder's name is no text.
    """
    demand_name(folder)
    names = [CONFIG]
    if answers is not None and answers.credential == "certificate":
        names += [f"{what}.{end}" for what, _ in answers.registrations for end in ("pem", "cer", "csr")]
    there = [folder / name for name in names if os.path.lexists(folder / name)]
    if there and not force:
        says = "already exists; --force keeps a copy and writes a new one."
        raise SettingsError([*(f"{path} {says}" for path in there), *_what_is_left(folder)])
