"""`compromise init`: from answers to a settings file, keys and certificates, and a list of what is left.

Secrets are never asked for and never written: they come from variables. Permissions and cmdlets in the list
of what is left are those that queries and steps declare, so the list cannot grow old.

Longer than other files because it is a list: each question stands with its check and with what it writes.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, count
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from bot.settings import SettingsError
from bot.setup.capabilities import PARTS, cmdlet_of, undoes
from commands.steps import STEPS
from graph.errors import GraphError
from graph.limits import Deadline
from graph.queries.registry import QUERIES
from graph.responses import MANAGE_AS_APP, json_of
from graph.settings import CLOUDS, Cloud
from graph.wire import Wire

CONFIG: Final = "compromise.toml"
BITS: Final = 3072
VALID: Final = timedelta(days=365)
"""How long a certificate holds; Entra ID refuses longer ones where a policy of the tenant says so."""
READER: Final = "investigate"
WRITER: Final = "remediate"
TRACE: Final = "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"
"""Microsoft's application behind the message trace. Source: Microsoft Graph, "List messageTraces"."""

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")
_ADDRESS = re.compile(r"[^@\s\"\\]{1,64}@(.+)")
_BETWEEN = re.compile(r"[,\s]+")
_LONGEST_NAME = 60
_PER_LINE = 3
_LOOKUP_SECONDS = 20.0
_GIVE_THE_ID = "Enter the tenant ID; it is in the Entra admin center under Overview."


@dataclass(frozen=True, slots=True)
class Answers:
    """What `init` is told.

    Attributes:
        tenant: The tenant's id, or one of its domains.
        cloud: Which of Microsoft's clouds it is in.
        client_id: The application that reads.
        remediate: The application that writes: "" for none, or the same one for both.
        credential: ``certificate`` or ``secret``.
        domains: The mail domains that the tenant answers for; none for every domain.
        name: What people call the tenant.
        slack: ``socket``, ``http``, or ``none`` for the command line alone.
        channel: The channel for cards, or "".
        checkpoints: The channel for checkpoints of the ledger, or "".
        responders: Slack users who may ask.
        responders_group: A Slack user group of such, or "".
        approvers: Slack users who may approve.
        approvers_group: A Slack user group of such, or "".
        protected: Accounts that are never touched.
    """

    tenant: str
    cloud: str
    client_id: str
    remediate: str
    credential: str
    domains: tuple[str, ...]
    name: str
    slack: str
    channel: str
    checkpoints: str
    responders: tuple[str, ...]
    responders_group: str
    approvers: tuple[str, ...]
    approvers_group: str
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
    return _fits(_GUID, text.lower(), "a GUID such as 00000000-0000-0000-0000-000000000000")


def _fits(form: re.Pattern[str], text: str, wanted: str) -> str:
    if not form.fullmatch(text):
        # Never the text itself: someone may have pasted a secret into the wrong answer.
        raise ValueError(f"not {wanted}")
    return text


def _tenant(text: str) -> str:
    if _GUID.fullmatch(text.lower()):
        return text.lower()
    return _fits(_DOMAIN, text.lower(), "a tenant id (a GUID) or a domain such as contoso.example")


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
    if not text.isprintable() or len(text) > _LONGEST_NAME:
        raise ValueError(f"a name has at most {_LONGEST_NAME} characters, all of them visible")
    return text


def _domain(text: str) -> str:
    return _fits(_DOMAIN, text.lower(), "a domain such as contoso.example")


def _account(text: str) -> str:
    found = _ADDRESS.fullmatch(text)
    if found and text.isprintable() and _DOMAIN.fullmatch(found[1].lower()):
        return text
    return _fits(_GUID, text.lower(), "an address or an object id")


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
    return "" if _GUID.fullmatch(tenant) or ".onmicrosoft." in tenant else tenant


def _own_name(so_far: Mapping[str, Any]) -> str:
    domain = next(iter(so_far.get("domains", ())), "") or str(so_far.get("tenant", ""))
    first = domain.partition(".")[0]
    return "tenant" if _GUID.fullmatch(domain) else first[:1].upper() + first[1:]


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
    if _GUID.fullmatch(tenant):
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
    ids = _GUID.findall(str(issuer or "").lower())
    if not reply.ok or not ids:
        raise SettingsError([f"tenant: there is no tenant {tenant}. {_GIVE_THE_ID}"])
    return str(ids[0])


# --- keys and certificates ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Credential:
    """A private key with its certificate, and what a certification authority would sign instead; all PEM."""

    key: bytes
    certificate: bytes
    request: bytes


def make_credential(name: str, now: datetime) -> Credential:
    """Make an RSA key, a certificate that it signed itself, and a certificate request.

    Args:
        name: What both are made out to.
        now: From when on the certificate holds (aware UTC).
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    return Credential(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        certificate.public_bytes(pem),
        request.public_bytes(pem),
    )


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
    _demand_name(folder)
    lines = [
        "# Written by `compromise init`. Secrets do not belong here; variables named COMPROMISE_… hold them.",
    ]
    if answers.protected:
        lines += [f"protected = {_toml(answers.protected)}"]
    if answers.slack != "none":
        slack = {"mode": answers.slack, "channel": answers.channel, "checkpoints": answers.checkpoints}
        lines += _table("slack", slack)
        lines += _table("responders", {"users": answers.responders, "group": answers.responders_group})
        lines += _table("approvers", {"users": answers.approvers, "group": answers.approvers_group})
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


def _table(name: str, values: Mapping[str, str | tuple[str, ...]]) -> list[str]:
    return ["", f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in values.items() if value)]


def _toml(value: str | Sequence[str]) -> str:
    """A value in TOML, whose texts are written as JSON writes them; TOML alone wants U+007F escaped."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"[{', '.join(_toml(one) for one in value)}]"


def _demand_name(folder: Path) -> None:
    """See that a folder's name is text, for TOML is UTF-8.

    Raises:
        SettingsError: it is not.
    """
    name = str(folder.resolve())
    try:
        name.encode()
    except UnicodeEncodeError as error:
        shown = os.fsencode(name).decode(errors="backslashreplace")
        says = f"The name of the folder {shown} is not UTF-8; choose another one with --folder."
        raise SettingsError([says]) from error


def demand_room(folder: Path, answers: Answers | None, *, force: bool) -> None:
    """See that no file would be written over, before anything is asked and before keys are made.

    Args:
        folder: Where the files will be.
        answers: What was answered, which tells the files; None while only the settings are sure to be one.
        force: Whether files that are there are moved aside.

    Raises:
        SettingsError: with one line for each file that is in the way; or the folder's name is no text.
    """
    _demand_name(folder)
    names = [CONFIG]
    if answers is not None and answers.credential == "certificate":
        names += [f"{what}.{end}" for what, _ in answers.registrations for end in ("pem", "cer", "csr")]
    there = [folder / name for name in names if os.path.lexists(folder / name)]
    if there and not force:
        says = "already exists; --force keeps a copy and writes a new one."
        raise SettingsError([f"{path} {says}" for path in there])


def write(made: Mapping[str, bytes], folder: Path, now: datetime, *, force: bool) -> tuple[Path, ...]:
    """Write all files, readable by their owner alone.

    Args:
        made: The files' names and contents.
        folder: Where to; made when it is not there.
        now: Names the copies (aware UTC).
        force: Whether files that are there are moved aside; else nothing is written over.

    Returns:
        The copies that were moved aside, readable by their owner alone too.

    Raises:
        SettingsError: a file cannot be written; the copies that were moved aside by then are named.
    """
    copies: list[Path] = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in made.items():
            path = folder / name
            if force and os.path.lexists(path):
                copies.append(_move_aside(path, now))
            # Made anew with its mode: at no moment can others open it, and no link of theirs is followed.
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
    except OSError as error:
        problems = [f"{error.filename or folder} cannot be written ({error.strerror})."]
        problems += [f"{copy} is the previous file, already renamed." for copy in copies]
        raise SettingsError(problems) from error
    return tuple(copies)


def _move_aside(path: Path, now: datetime) -> Path:
    """Rename a file to a name that is free: a rename onto an older copy would destroy a private key."""
    stamped = f"{path.name}.{now:%Y%m%dT%H%M%SZ}"
    names = chain([stamped], (f"{stamped}-{number}" for number in count(2)))
    copy = next(one for name in names if not os.path.lexists(one := path.with_name(name)))
    if path.is_file() and not path.is_symlink():
        path.chmod(0o600)
    path.rename(copy)
    return copy


# --- what is left to do -------------------------------------------------------------------------------------


def to_read() -> frozenset[str]:
    """Everything that the queries need."""
    return frozenset(need for query in QUERIES for need in query.PERMISSIONS) | {
        part.need for parts in PARTS.values() for part in parts
    }


def to_write() -> frozenset[str]:
    """Everything that the steps need, and taking them back."""
    return frozenset(need for step in STEPS for need in (*step.PERMISSIONS, *undoes(step)))


def of_graph(needs: Iterable[str]) -> tuple[str, ...]:
    """The application permissions of Microsoft Graph among needs."""
    return tuple(sorted(need for need in needs if " " not in need and need != MANAGE_AS_APP))


def cmdlets(needs: Iterable[str], service: str = "Exchange") -> tuple[str, ...]:
    """The cmdlets of a service among needs."""
    return tuple(sorted({cmdlet for need in needs for of, cmdlet in [cmdlet_of(need)] if of == service}))


@dataclass(frozen=True, slots=True)
class Roles:
    """How a role group of Exchange is made.

    Attributes:
        group: Its name.
        parents: The management roles that are cut down to the cmdlets that are needed.
        whole: Those that are taken as they are.
        keep: The cmdlets that stay.
    """

    group: str
    parents: tuple[str, ...]
    whole: tuple[str, ...]
    keep: tuple[str, ...]


def roles_for(what: str) -> Roles:
    """The role group of one application: the one that reads gets what Global Reader does not hold."""
    if what == READER:
        keep = ("Get-InboxRule", "Get-SweepRule")
        whole = ("View-Only Audit Logs",)
        return Roles("compromise-bot readers", ("Mail Recipients", "User Options"), whole, keep)
    parents = ("Mail Recipients", "User Options", "Transport Rules", "Transport Hygiene", "Role Management")
    return Roles("compromise-bot remediators", parents, (), cmdlets(to_write()))


def powershell(what: str, client_id: str) -> tuple[str, ...]:
    """The lines that give one application its role group, in Exchange Online PowerShell."""
    roles = roles_for(what)
    name = f"compromise-bot ({what})"
    # Setting something needs the cmdlet that shows it; what only reads keeps no more than it must.
    spared = '$_.Name -notlike "Get-*"' if what == WRITER else '$_.Name -ne "Get-Mailbox"'
    given = "".join(f' + "{one}"' for one in roles.whole)
    return (
        "Connect-ExchangeOnline",
        '$id = "OBJECT-ID"   # of the enterprise application, not of the registration',
        f'New-ServicePrincipal -AppId {client_id} -ObjectId $id -DisplayName "{name}"',
        *_listed("$keep", roles.keep),
        f"$roles = foreach ($parent in {_quoted(roles.parents)}) {{",
        f'    $role = "{roles.group} $parent"',
        "    New-ManagementRole -Name $role -Parent $parent | Out-Null",
        '    Get-ManagementRoleEntry "$role\\*" |',
        f"        Where-Object {{ $_.Name -notin $keep -and {spared} }} |",
        '        ForEach-Object { Remove-ManagementRoleEntry "$role\\$($_.Name)" -Confirm:$false }',
        "    $role",
        "}",
        f'New-RoleGroup -Name "{roles.group}" -Roles (@($roles){given}) -Members $id',
    )


def _listed(variable: str, names: Sequence[str]) -> Iterator[str]:
    """A list of texts over as many lines as it needs; a comma at the end of a line goes on."""
    begins = f"{variable} = "
    for start in range(0, len(names), _PER_LINE):
        ends = "," if start + _PER_LINE < len(names) else ""
        yield begins + _quoted(names[start : start + _PER_LINE]) + ends
        begins = "    "


def _quoted(names: Iterable[str]) -> str:
    return ",".join(f'"{name}"' for name in names)


def purview(client_id: str) -> tuple[str, ...]:
    """The lines that let the application that writes take people out of Purview's role groups."""
    return (
        "Connect-IPPSSession",
        f'New-ServicePrincipal -AppId {client_id} -ObjectId $id -DisplayName "compromise-bot ({WRITER})"',
        'New-RoleGroup -Name "compromise-bot remediators" -Roles "Role Management" -Members $id',
    )


def environment(answers: Answers) -> tuple[str, ...]:
    """The variables that hold the secrets, as lines of an environment file."""
    lines = []
    if answers.slack != "none":
        lines.append("COMPROMISE_SLACK_BOT_TOKEN=xoxb-…")
    if answers.slack == "socket":
        lines.append("COMPROMISE_SLACK_APP_TOKEN=xapp-…")
    if answers.slack == "http":
        lines.append("COMPROMISE_SLACK_SIGNING_SECRET=…")
    if answers.credential == "secret":
        lines.append("COMPROMISE_TENANT_CLIENT_SECRET=…")
        if len(answers.registrations) > 1:
            lines.append("COMPROMISE_TENANT_REMEDIATE_CLIENT_SECRET=…")
    return tuple(lines)


def what_is_left(answers: Answers, folder: Path, manifest: str) -> Iterator[str]:
    """The clicks that only people can do, one text each, with exactly what is to be granted.

    Args:
        answers: What was answered.
        folder: Where the files were written.
        manifest: Where the Slack app's manifest lies.
    """
    for what, client_id in answers.registrations:
        needs = to_read() if what == READER else to_write()
        if answers.one_for_both:
            needs |= to_write()
        yield (
            f"Entra admin center, App registrations, {client_id} ({what}), API permissions, Add, "
            "Microsoft Graph, Application permissions:\n"
            + "\n".join(f"  {one}" for one in of_graph(needs))
            + f"\n  and of Office 365 Exchange Online: {MANAGE_AS_APP}. Then: Grant admin consent."
        )
        yield (
            (
                "There, Certificates & secrets, Certificates: upload "
                f"{folder.resolve() / f'{what}.cer'}. Or have your certification authority sign {what}.csr, "
                f"upload the result, and replace the certificate in {what}.pem with it."
            )
            if answers.credential == "certificate"
            else "There, Certificates & secrets, Client secrets: create one, and note its value."
        )
        to_act = "User Administrator and Cloud Device Administrator"
        role = "Global Reader" if what == READER else to_act
        if answers.one_for_both:
            role = f"Global Reader, {to_act}"
        yield (
            f"Entra admin center, Roles and administrators: assign {role} to the application. If "
            "asked, choose Active and Permanently assigned: an application cannot activate an "
            "eligible role."
        )
        both = (READER, WRITER) if answers.one_for_both else (what,)
        for which in both:
            lines = powershell(which, client_id)
            lines = lines if which == both[0] else tuple(one for one in lines if _is_new(one))
            lines += purview(client_id) if which == WRITER else ()
            yield "In PowerShell, with the module ExchangeOnlineManagement:\n" + "\n".join(
                f"  {one}" for one in lines
            )
    yield (
        "Once, for message traces, in Graph Explorer: POST "
        f'https://graph.microsoft.com/v1.0/servicePrincipals with {{"appId": "{TRACE}"}}. '
        "Sign in there first, and consent to Application.ReadWrite.All under Modify permissions. "
        "A response that it already exists is fine."
    )
    if answers.slack != "none":
        key = (
            "Basic Information, App-Level Tokens: generate one with connections:write"
            if answers.slack == "socket"
            else "Basic Information, App Credentials: note the signing secret"
        )
        yield (
            f"api.slack.com/apps, Create New App, From a manifest: {manifest}. {key}. Install App: install "
            "it, and note the bot token. Invite the bot to the channels."
        )
        if not (answers.responders or answers.responders_group):
            yield f"Add people to [responders] in {CONFIG}: until then no one can run checks."
        if answers.remediate and not (answers.approvers or answers.approvers_group):
            yield f"Add two people to [approvers] in {CONFIG}: until then no remediation is possible."
    if lines := environment(answers):
        yield "Set these where only the bot's user can read them:\n" + "\n".join(f"  {one}" for one in lines)
    yield f"Then check the setup: compromise doctor --config {folder.resolve() / CONFIG}"


def _is_new(line: str) -> bool:
    return not line.startswith(("Connect-ExchangeOnline", "$id", "New-ServicePrincipal"))


def manifest_path(package: Path) -> str:
    """Where the Slack app's manifest lies: beside the packages, or in this one when it is installed."""
    for path in (package / "manifest.yml", package.parent / "manifest.yml"):
        with suppress(OSError):
            if path.is_file():
                return str(path)
    return "manifest.yml of the repository"
