"""The settings: one frozen value, read from `compromise.toml` and from variables named `COMPROMISE_…`.

A variable wins over the file. Its name is the key's path in capitals: `slack.bot_token` is
`COMPROMISE_SLACK_BOT_TOKEN`. Lists are separated by commas. One tenant can be given by
`COMPROMISE_TENANT_…`; several need the file (`[[tenants]]`), or a folder with a file each. Everything that is
wrong is told at once, one line each, with the name and what it should be.

pydantic-settings would read the variables too, but it passes over misspelt ones in silence.

Longer than other files because it is a table: each setting stands with its check and the sentence that
refuses it.
"""

from __future__ import annotations

import difflib
import re
import types
import typing
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import astuple
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from bot.errors import SettingsError
from bot.settings_files import OTHERS, exposed_to_others, read_file, read_folder, same, twice
from bot.webhooks import key_of
from commands.alerts import KINDS as KINDS_OF_ALERTS
from commands.alerts import SEVERITIES
from commands.signing_key import FILE
from commands.steps import ORDER
from graph.settings import CLOUDS, RemediateSettings, TenantSettings, is_loopback
from graph.tenants import Tenants

PREFIX = "COMPROMISE_"
FILE_NAME = "compromise.toml"
SLACK = "https://slack.com/api/"

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(r"(\d{1,5})\s*(m|min|minutes?|h|hours?|d|days?|w|weeks?)", re.IGNORECASE)

_SHORT = {"COMPROMISE_TENANT_ID": ("tenant", "tenant_id")}
"""Variables whose name would repeat itself."""

KINDS = frozenset({"irreversible", "tenant_wide"})
"""Stand among the step ids of `policy.factor` for every change that is of this kind."""

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_FOREIGN = frozenset({"COMPROMISE_EXAMPLES", "COMPROMISE_CONFIG"})
"""Variables of that prefix that are no settings: where tests find records, and where the file lies."""


def parse_span(text: str) -> timedelta:
    """Read a span of time such as ``90m``, ``36h``, ``7d`` or ``2w``.

    Raises:
        ValueError: it is none, or it is zero.
    """
    match = _SPAN.fullmatch(text.strip())
    if match is None or not int(match[1]):
        raise ValueError(f"{text!r} is not a time range such as 36h, 7d or 2w")
    return timedelta(**{_UNITS[match[2][0].lower()]: int(match[1])})


def _span(value: Any) -> Any:
    return parse_span(value) if isinstance(value, str) else value


Span = Annotated[timedelta, BeforeValidator(_span)]


def _begins(start: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(start):
            raise ValueError(f"it does not begin with {start}")
        return value

    return AfterValidator(check)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class SlackSettings(_Frozen):
    """How the bot reaches Slack."""

    bot_token: Annotated[SecretStr, _begins("xoxb-")] = Field(
        description="the bot's token, which begins with xoxb-"
    )
    app_token: Annotated[SecretStr, _begins("xapp-")] | None = Field(
        None, description="the app-level token, which begins with xapp-; the mode socket needs it"
    )
    signing_secret: SecretStr | None = Field(
        None, description="the app's signing secret; the mode http needs it", min_length=1
    )
    mode: Literal["socket", "http"] = Field(
        "socket", description="socket, or http for signed requests to your own URL"
    )
    host: str = Field("127.0.0.1", description="the address that the mode http listens on", min_length=1)
    port: int = Field(3000, description="the port that the mode http listens on, 1 to 65535", ge=0, le=65535)
    channel: str = Field(
        "",
        description="the channel ID for cards, such as C0123ABCD; by default, the channel of the request",
        pattern="^([CG][A-Z0-9]+)?$",
    )
    checkpoints: str = Field(
        "",
        description=(
            "the channel ID for signed ledger checkpoints, such as C0123ABCD; best one "
            "where the bot's operators cannot delete messages"
        ),
        pattern="^([CG][A-Z0-9]+)?$",
    )
    api_url: str = Field(SLACK, description=f"{SLACK}; anything else is for the sandbox on this machine only")

    @model_validator(mode="after")
    def _key_of_the_mode(self) -> Self:
        if self.mode == "socket" and self.app_token is None:
            raise ValueError(
                "app_token is missing: Socket Mode needs the app-level token, which begins with xapp-"
            )
        if self.mode == "http" and self.signing_secret is None:
            raise ValueError(
                "signing_secret is missing: the mode http needs it to know that a request is Slack's"
            )
        return self


class ResponderSettings(_Frozen):
    """Who may ask. No one is named: no one may."""

    users: tuple[Annotated[str, Field(pattern="^[UW][A-Z0-9]+$")], ...] = Field(
        (), description="Slack user ids, such as U0123ABCD"
    )
    group: str = Field(
        "",
        description="the id of a Slack user group, such as S0123ABCD; who may edit groups is a setting of"
        " your workspace",
        pattern="^(S[A-Z0-9]+)?$",
    )


class ApproverSettings(ResponderSettings):
    """Who may approve. No one is named: no one may, and nothing is ever carried out."""


def _is_step(name: str) -> str:
    if name not in ORDER:
        near = difflib.get_close_matches(name, ORDER, n=1)
        raise ValueError(f"there is no step {name}" + (f"; did you mean {near[0]}?" if near else ""))
    return name


Step = Annotated[str, AfterValidator(_is_step)]


def _is_step_or_kind(name: str) -> str:
    return name if name in KINDS else _is_step(name)


class PolicySettings(_Frozen):
    """What it takes to carry something out."""

    strict: bool = Field(default=False, description="true when the proposer's own approval does not count")
    expires: Span = Field(
        timedelta(minutes=30), description="how long a proposal waits for approvals, such as 30m or 2h"
    )
    factor: tuple[Annotated[str, AfterValidator(_is_step_or_kind)], ...] = Field(
        (),
        description="the ids of steps whose approvals need a code of the second factor; irreversible for"
        " all that cannot be undone, tenant_wide for all that reaches beyond the account",
    )
    people: dict[Step, Annotated[int, Field(ge=1, le=10)]] = Field(
        default_factory=dict,
        description="step ids with the number of people who must approve, 1 to 10; two or one, by step,"
        " for others",
    )


def _webhook_secret(value: SecretStr) -> SecretStr:
    key_of(value.get_secret_value())
    return value


WebhookSecret = Annotated[SecretStr, AfterValidator(_webhook_secret)]


def _is_https(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise ValueError("it should begin with https://")
    if parts.username or parts.password:
        raise ValueError("it should hold no password")
    return value


Https = Annotated[str, AfterValidator(_is_https)]


def _is_syslog(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or not parts.port:
        raise ValueError("it should be tcp://host:port or tls://host:port")
    return value


class SiemSettings(_Frozen):
    """Where every entry of the ledger is sent. Nothing is named: nowhere."""

    url: Https | None = Field(None, description="an https address that takes a signed webhook for each entry")
    secret: WebhookSecret | None = Field(
        None, description="what these are signed with, whsec_ and the base64 of 24 to 64 random bytes"
    )
    syslog: Annotated[str, AfterValidator(_is_syslog)] | None = Field(
        None, description="tls://host:port or tcp://host:port that takes a syslog line in CEF for each entry"
    )

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if self.url and not self.secret:
            raise ValueError("secret is missing: what goes to url is signed")
        return self


class TicketSettings(_Frozen):
    """Where a ticket is filed for a case."""

    url: Https | None = Field(
        None, description="the https address that takes a ticket, such as that of ServiceNow's Table API"
    )
    template: str = Field(
        "servicenow",
        description="what is posted: servicenow, jira, or a file of your own",
        min_length=1,
    )
    authorization: SecretStr | None = Field(
        None, description="the whole header Authorization, such as Basic and base64, or Bearer and a token"
    )
    verdicts: tuple[Literal["compromised", "suspicious", "cannot-tell", "no-sign-found"], ...] = Field(
        ("compromised",), description="the verdicts for which a ticket is filed, once for each case"
    )
    values: dict[str, str] = Field(
        default_factory=dict,
        description="further texts for the template, such as project and issuetype for Jira",
    )


def _is_alert_policy(name: str) -> str:
    known = {*SEVERITIES, *KINDS_OF_ALERTS}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise ValueError(f"no alert is {name}" + (f"; did you mean {near[0]}?" if near else ""))
    return name


class AlertSettings(_Frozen):
    """Which alerts are taken in. No source is named: none is."""

    sources: tuple[Literal["defender", "risk_detections", "risky_users"], ...] = Field(
        (), description="what is polled in each tenant: defender, risk_detections, risky_users; none"
    )
    channel: str = Field(
        "",
        description="the channel ID for alerts, such as C0123ABCD; by default, slack.channel",
        pattern="^([CG][A-Z0-9]+)?$",
    )
    every: Span = Field(timedelta(minutes=5), description="how often the sources are asked, such as 5m")
    check: tuple[Annotated[str, AfterValidator(_is_alert_policy)], ...] = Field(
        (),
        description="which alerts start a check by themselves: severities (high, medium, low) and kinds ("
        + ", ".join(sorted(KINDS_OF_ALERTS))
        + "); none. No alert ever starts a change",
    )
    checks: int = Field(
        5, description="how many checks may start by themselves in an hour, 0 to 100", ge=0, le=100
    )
    lines: int = Field(
        10,
        description="how many alerts get a line of their own in an hour, 1 to 100; the rest comes as one"
        " digest",
        ge=1,
        le=100,
    )
    webhook_secret: WebhookSecret | None = Field(
        None,
        description="what others sign their alerts with, whsec_ and the base64 of 24 to 64 random bytes;"
        " without it, none are taken in",
    )
    host: str = Field("127.0.0.1", description="the address that takes signed alerts", min_length=1)
    port: int = Field(3001, description="the port that takes signed alerts, 1 to 65535", ge=0, le=65535)
    join: Span = Field(
        timedelta(hours=24),
        description="how long further alerts about an account join its case or its line, such as 24h",
    )


def _is_plain_name(name: str) -> str:
    if name != name.strip() or not name:
        raise ValueError("it is blank, or begins or ends with a space")
    # Names stand in cards, logs and files: nothing in them may hide, turn or break a line.
    if any(unicodedata.category(sign)[0] in "CZ" and sign != " " for sign in name):
        raise ValueError("it holds a sign that cannot be seen")
    return name


Channel = Annotated[str, Field(pattern="^[CG][A-Z0-9]+$")]


class Tenant(TenantSettings):
    """One tenant, with the people and channels that are its own. What is not given is as for all tenants."""

    name: Annotated[str, AfterValidator(_is_plain_name)] = Field(
        "tenant",
        description="a name for it, used in messages and logs; no other tenant has it",
        max_length=80,
    )
    responders: ResponderSettings | None = Field(
        None, description="who can run checks and propose in this tenant, in place of [responders]"
    )
    approvers: ApproverSettings | None = Field(
        None, description="who can approve in this tenant, in place of [approvers]"
    )
    policy: PolicySettings | None = Field(
        None, description="what approvals need in this tenant; what is not given is as in [policy]"
    )
    protected: tuple[str, ...] = Field(
        (), description="addresses or object IDs of protected accounts of this tenant, besides `protected`"
    )
    channel: str = Field(
        "",
        description="the channel ID for cards of this tenant, which no other tenant's may enter; by default,"
        " slack.channel",
        pattern="^([CG][A-Z0-9]+)?$",
    )
    alerts_channel: str = Field(
        "",
        description="the channel ID for alerts of this tenant, which no other tenant's may enter; by default,"
        " its channel, or alerts.channel",
        pattern="^([CG][A-Z0-9]+)?$",
    )
    webhook_secret: WebhookSecret | None = Field(
        None,
        description="what alerts of this tenant are signed with, which then count for no other tenant; by"
        " default, alerts.webhook_secret",
    )
    channels: tuple[Channel, ...] = Field(
        (),
        description="further channel IDs of this tenant, which no other tenant's may enter; with channel, its"
        " cards go into these and nowhere else",
    )

    @model_validator(mode="after")
    def _first_channel(self) -> Self:
        if self.channels and not self.channel:
            raise ValueError("channel is missing: channels are further ones, besides that for cards")
        return self

    @property
    def own_channels(self) -> frozenset[str]:
        """The channels that are this tenant's alone."""
        return frozenset(filter(None, (self.channel, self.alerts_channel, *self.channels)))


class LogSettings(_Frozen):
    """What the log looks like."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info",
        description="debug, info, warning or error; of libraries, warnings and errors alone are written",
    )
    format: Literal["text", "json"] = Field("text", description="text or json")


def _beside_the_ledger(given: dict[str, Any]) -> Path:
    return Path(given["ledger"]).with_name(FILE)


class Settings(_Frozen):
    """Everything that can be set."""

    tenants: tuple[Tenant, ...] = Field(
        (), description="the Microsoft 365 tenants, one [[tenants]] table each"
    )
    tenants_folder: Path | None = Field(
        None, description="a folder with a file (.toml) for each further tenant, with the keys of its table"
    )
    slack: SlackSettings | None = Field(None, description="how to reach Slack")
    responders: ResponderSettings = Field(
        default_factory=ResponderSettings, description="who can run checks and propose"
    )
    approvers: ApproverSettings = Field(default_factory=ApproverSettings, description="who can approve")
    policy: PolicySettings = Field(default_factory=PolicySettings, description="what approvals need")
    protected: tuple[str, ...] = Field(
        (), description="addresses or object IDs of protected accounts, such as break-glass accounts"
    )
    people: dict[str, str] = Field(
        default_factory=dict,
        description="Slack user ids with the Microsoft 365 address of that person, where Slack has another",
    )
    ledger: Path = Field(Path("ledger.db"), description="the ledger's file")
    key: Path = Field(
        default_factory=_beside_the_ledger,
        description="the file of the bot's private key, readable by its owner alone; compromise.key beside"
        " the ledger unless given, made when absent. It signs checkpoints and seals passwords and second"
        " factors",
    )
    checkpoint_every: Span = Field(
        timedelta(hours=1),
        description="how long after a checkpoint of the ledger the next one is posted, such as 1h or 1d, when"
        " anything was written since; one follows each plan that was carried out",
    )
    engine: str = Field(
        "sqlite:///jobs.db",
        repr=False,  # the address of a database may hold its password
        description="where jobs are kept: sqlite:///FILE or postgresql://…",
        pattern="^(sqlite:///.+|postgresql(\\+psycopg)?://.+)$",
    )
    window: Span = Field(
        timedelta(days=14), description="the default time range of a check, such as 14d or 36h"
    )
    patience: Span = Field(
        timedelta(minutes=30), description="how long a check waits for a slow source, such as 30m or 2h"
    )
    workers: int = Field(
        4,
        description="how many checks of one tenant each process runs at the same time, 1 to 64",
        ge=1,
        le=64,
    )
    checks_here: bool = Field(
        default=True,
        description="false when `compromise worker` processes make all checks, hunts and rechecks; needs"
        " PostgreSQL as engine",
    )
    worker_key: SecretStr | None = Field(
        None,
        description="what the bot and its workers seal their messages with, 32 random characters or more,"
        " the same for all; without it the bot believes no worker",
        min_length=32,  # 24 random bytes in base64
    )
    cities: Path | None = Field(
        None,
        description="a city database in MaxMind format (.mmdb) for IP addresses without a location, as in"
        " tenants without a premium license; without it, countries only",
    )
    alerts: AlertSettings = Field(
        default_factory=AlertSettings, description="which alerts are taken in, and what they start"
    )
    siem: SiemSettings = Field(
        default_factory=SiemSettings, description="where the entries of the ledger are sent"
    )
    tickets: TicketSettings = Field(
        default_factory=TicketSettings, description="where a ticket is filed for a case"
    )
    networks: Path | None = Field(
        None,
        description="a database of autonomous systems or of anonymous IP addresses in MaxMind format (.mmdb),"
        " asked before the tables of this program which networks are VPNs and rented servers",
    )
    rules: Path | None = Field(
        None,
        description="a folder of Sigma rules that each check runs over the audit records and sign-ins; what"
        " they match is an additional indicator, without weight unless weights.toml in it gives one",
    )
    known_networks: tuple[IPvAnyNetwork, ...] = Field(
        (),
        description="the organization's own networks, such as 203.0.113.0/24, always familiar;"
        " named locations that the tenant trusts are known without it",
    )
    log: LogSettings = Field(default_factory=LogSettings, description="what the log looks like")
    sandbox: bool = Field(default=False, description="true only to talk to the sandbox on this machine")

    @model_validator(mode="after")
    def _each_tenant_is_clear(self) -> Self:
        for said, values in (
            ("name", [one.name for one in self.tenants]),
            ("ID", [one.tenant_id for one in self.tenants]),
        ):
            known = [same(value) for value in values]
            again = [value for value in values if known.count(same(value)) > 1]
            if again:
                raise ValueError(f"two tenants have the {said} {again[-1]}; cases are kept apart by it")
        # A domain means a tenant as its GUID does; by an application of both, one would reach into the other.
        holders: dict[str, Tenant] = {}
        for one in self.tenants:
            for app in map(same, one.client_ids):
                other = holders.setdefault(app, one)
                if other is not one and not (
                    _GUID.fullmatch(one.tenant_id) and _GUID.fullmatch(other.tenant_id)
                ):
                    raise ValueError(
                        f"the tenants {other.name} and {one.name} have one application, so each needs a"
                        " GUID as tenant_id"
                    )
        if self.tenants:
            Tenants(self.tenants)
        return self

    @model_validator(mode="after")
    def _each_channel_is_one_tenants(self) -> Self:
        owner: dict[str, str] = {}
        for one in self.tenants:
            for channel in sorted(one.own_channels):
                if owner.setdefault(channel, one.name) != one.name:
                    raise ValueError(
                        f"the channel {channel} is named by two tenants, {owner[channel]} and {one.name};"
                        " a channel that several share is slack.channel, and named by none"
                    )
        shared = {
            "slack.channel": self.slack.channel if self.slack else "",
            "alerts.channel": self.alerts.channel,
        }
        for key, channel in shared.items():
            if len(self.tenants) > 1 and channel in owner:
                raise ValueError(
                    f"{key} is for all tenants, so {channel} cannot be a channel of {owner[channel]} alone"
                )
        return self

    @model_validator(mode="after")
    def _somebody_makes_checks(self) -> Self:
        if not self.checks_here and self.engine.startswith("sqlite:"):
            raise ValueError("checks_here = false needs workers, and these need engine = postgresql://…")
        if not self.checks_here and self.worker_key is None:
            raise ValueError("checks_here = false needs workers, and these need a worker_key")
        return self

    @property
    def webhook_secrets(self) -> dict[str, str]:
        """What the alerts of each tenant are signed with, by its name; not those for which none are taken."""
        secrets = {one.name: one.webhook_secret or self.alerts.webhook_secret for one in self.tenants}
        return {name: secret.get_secret_value() for name, secret in secrets.items() if secret}

    @model_validator(mode="after")
    def _alerts_have_a_channel(self) -> Self:
        taken = self.alerts.sources or self.alerts.webhook_secret or self.webhook_secrets
        if not taken or not self.slack or self.alerts.channel or self.slack.channel:
            return self
        without = [one.name for one in self.tenants if not (one.alerts_channel or one.channel)]
        if without or not self.tenants:
            whose = f" of {without[0]}" if without and len(self.tenants) > 1 else ""
            raise ValueError(
                f"alerts.channel is missing: alerts{whose} need a channel; slack.channel would do too"
            )
        return self

    @model_validator(mode="after")
    def _microsoft_is_microsoft(self) -> Self:
        if self.sandbox or len(self.tenants) < 2:
            return self
        # Whoever answers at another address could say of any account and any domain that it is this tenant's.
        known = {host for cloud in CLOUDS.values() for host in astuple(cloud)}
        for one in self.tenants:
            if set(astuple(one.hosts)) - known:
                raise ValueError(
                    f"beside other tenants, the addresses of {one.name} must be those of Microsoft's clouds"
                )
        return self

    @model_validator(mode="after")
    def _slack_is_slack(self) -> Self:
        if self.slack is None or self.slack.api_url == SLACK:
            return self
        parts = urlsplit(self.slack.api_url)
        if not self.sandbox:
            # Socket Mode carries no signature: whoever answers at this address could speak for anyone.
            raise ValueError(f"slack.api_url must be {SLACK}; another address needs sandbox = true")
        if not is_loopback(parts.hostname or "") or not self.slack.api_url.endswith("/"):
            raise ValueError("slack.api_url must be an address of this machine that ends with /")
        return self


BOT_NEEDS = ("slack", "tenants")
CHECK_NEEDS = ("tenants",)


def load(
    path: Path | None,
    environment: Mapping[str, str],
    needs: tuple[str, ...] = BOT_NEEDS,
    only: tuple[str, ...] = (),
) -> Settings:
    """Read the settings.

    Args:
        path: The file, or None for ``compromise.toml`` in this folder where there is one.
        environment: The variables, usually `os.environ`.
        needs: The keys that must be there for what is about to be done.
        only: The keys that are read; a problem of another one is none then. All keys when empty.

    Raises:
        SettingsError: with one line for each problem.
    """
    values, problems = _file(path), []
    if only:
        values = {key: value for key, value in values.items() if key in only}
        named = {_variable((key,)) for key in only}
        environment = {name: text for name, text in environment.items() if name in named}
    given: dict[tuple[str, ...], str] = {}
    known = dict(variables())
    for name, text in sorted(environment.items()):
        if not name.startswith(PREFIX) or name in _FOREIGN:
            continue
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            problems.append(
                f"{name}: there is no such setting" + (f"; did you mean {near[0]}?" if near else ".")
            )
            continue
        where, is_list = known[name]
        given[where] = name
        inner = values
        for part in where[:-1]:
            inner = inner.setdefault(part, {})
        inner[where[-1]] = [item.strip() for item in text.split(",") if item.strip()] if is_list else text
    files = _from_folder(values, problems)
    one = values.pop("tenant", None)
    if one is not None:
        if values.get("tenants"):
            problems.append(
                "tenant: give either [[tenants]] in the file or COMPROMISE_TENANT_… variables, not both."
            )
        else:
            values["tenants"] = [one]
            # So that what is wrong with it is told by its name in the file, and not by that of a list.
            given.setdefault(("tenant",), "tenant")
    lacking = [need for need in needs if not values.get(need)]
    if lacking and path is None and not Path(FILE_NAME).is_file():
        problems.append(
            f"{FILE_NAME}: there is no such file in {Path.cwd()}; `compromise init` creates it, "
            "and --config names another one."
        )
    for need in lacking:
        problems.append(f"{_named((need,), given)}: {_NEED[need]}. `compromise init` asks for it.")
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        # A default that follows from other values is no trouble of its own where one of those is wrong.
        wrong = [one for one in error.errors() if one["type"] != "default_factory_not_called"]
        raise SettingsError([*problems, *(_problem(one, given, files) for one in wrong)]) from None
    for number, tenant in enumerate(settings.tenants):
        for where, holder in (((), tenant), (("remediate",), tenant.remediate)):
            if holder and holder.certificate and not holder.certificate.is_file():
                name = _named(("tenants", number, *where, "certificate"), given, files)
                problems.append(f"{name}: there is no file {holder.certificate}.")
    if problems:
        raise SettingsError(problems)
    return settings


def _from_folder(values: dict[str, Any], problems: list[str]) -> Mapping[int, Path]:
    """Put the tenants of the folder behind those of the file; give the file of each by its place.

    Raises:
        SettingsError: the folder or one of its files cannot be read.
    """
    folder, before = values.get("tenants_folder"), values.get("tenants", [])
    if not isinstance(folder, str) or not isinstance(before, list):
        return {}  # what is wrong with them is told where they are checked
    found = read_folder(Path(folder), _SECRET_KEYS)
    if not found:
        problems.append(f"tenants_folder: there is no file *.toml in {folder}.")
    problems += [
        f"{path}: name: is missing; cases are kept under it, so a file has it."
        for path, one in found
        if "name" not in one
    ]
    standing = [(f"tenants[{place}].", one) for place, one in enumerate(before) if isinstance(one, dict)]
    again = list(twice([*standing, *((f"{path}: ", one) for path, one in found)]))
    if again:
        raise SettingsError([*problems, *again])
    values["tenants"] = [*before, *(one for _, one in found)]
    return {len(before) + place: path for place, (path, _) in enumerate(found)}


_NEED = {
    "slack": "not configured; it needs at least bot_token and app_token"
    " (COMPROMISE_SLACK_BOT_TOKEN, COMPROMISE_SLACK_APP_TOKEN)",
    "tenants": "none is configured; one needs tenant_id, client_id and client_secret or certificate"
    " (COMPROMISE_TENANT_ID, COMPROMISE_TENANT_CLIENT_ID, …)",
}


_IN_FILES_ONLY: Final = (
    ("tenants",),
    ("people",),
    ("policy", "people"),
    ("tenant", "policy", "people"),
    ("tickets", "values"),
)
"""The tables whose keys people choose."""


def variables() -> Iterator[tuple[str, tuple[tuple[str, ...], bool]]]:
    """Give every variable that is read: its name, the path of its key, and whether it holds a list."""
    yield from _variables(Settings, ())
    yield from _variables(Tenant, ("tenant",))
    for name, where in _SHORT.items():
        yield name, (where, False)


def _variables(
    model: type[BaseModel], above: tuple[str, ...]
) -> Iterator[tuple[str, tuple[tuple[str, ...], bool]]]:
    for name, field in model.model_fields.items():
        where = (*above, name)
        kinds = _kinds(field.annotation)
        inner = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        if inner is not None:
            yield from _variables(inner, where)
        elif where not in _IN_FILES_ONLY:
            yield _variable(where), (where, tuple in kinds)


def _kinds(annotation: Any) -> set[Any]:
    """The classes that an annotation is made of, without what is inside of lists."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return {kind for arm in typing.get_args(annotation) for kind in _kinds(arm)}
    return {origin or annotation}


def _file(path: Path | None) -> dict[str, Any]:
    chosen = path or Path(FILE_NAME)
    if path is None and not chosen.is_file():
        return {}
    return read_file(chosen, _SECRET_KEYS)


def exposed(path: Path | None, folder: Path | None = None) -> list[str]:
    """Say which files of settings others may read or change though no secret is in them.

    Args:
        path: The file, or None for ``compromise.toml`` in this folder.
        folder: The folder with a file for each tenant.
    """
    files = [path or Path(FILE_NAME)]
    if folder is not None:
        files += [folder, *sorted(folder.glob("*.toml"))]
    return [says for one in files if (says := exposed_to_others(one))]


def exposed_keys(settings: Settings) -> list[str]:
    """Say which files with a private key others may read or change; a key alone is enough to sign in."""
    holders = [holder for tenant in settings.tenants for holder in (tenant, tenant.remediate) if holder]
    files = dict.fromkeys(holder.certificate for holder in holders if holder.certificate)
    return [
        (
            f"{file}: others on this machine may read or change this private key; run chmod 600 on "
            "it, and replace the certificate: someone may have the key."
        )
        for file in files
        if file.is_file() and file.stat().st_mode & OTHERS
    ]


_SECRET_KEYS: Final = frozenset(
    name
    for model in (
        Settings,
        SlackSettings,
        Tenant,
        RemediateSettings,
        AlertSettings,
        SiemSettings,
        TicketSettings,
    )
    for name, field in model.model_fields.items()
    if SecretStr.__name__ in repr(field.annotation)
)
"""The last part of every key whose value is a secret."""


_NO_FILES: Final[Mapping[int, Path]] = types.MappingProxyType({})


def _variable(where: tuple[str, ...]) -> str:
    return PREFIX + "_".join(where).upper()


def _named(
    where: tuple[str | int, ...], given: Mapping[tuple[str, ...], str], files: Mapping[int, Path] = _NO_FILES
) -> str:
    """What people know a setting by: its variable when it was set by one, else its key and its variable.

    In a file of a tenant's own it is the file and the key.
    """
    match where:
        case ("tenants", int(place), *rest) if place in files:
            key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest).lstrip(".")
            return f"{files[place]}: {key}" if key else str(files[place])
    if where[:2] == ("tenants", 0) and any(path[0] == "tenant" for path in given):
        where = ("tenant", *where[2:])
    path = tuple(str(part) for part in where if not isinstance(part, int))
    if path in given:
        return given[path]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")
    known = {where: name for name, (where, _) in variables()}
    return f"{key} ({known[path]})" if path in known and where == path else key


def _problem(error: ErrorDetails, given: Mapping[tuple[str, ...], str], files: Mapping[int, Path]) -> str:
    # Validators inside a union or an annotated type add names of their own to the place; keys are enough.
    where = tuple(part for part in error["loc"] if isinstance(part, int) or str(part).isidentifier())
    name = _named(where, given, files) if where else "settings"
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(where[-1]), _keys(), n=1, cutoff=0.75)
        return f"{name}: there is no such setting" + (f"; did you mean {near[0]}?" if near else ".")
    reason = str(error["ctx"]["error"]) if "error" in error.get("ctx", {}) else error["msg"]
    wanted = _description(where)
    if error["type"] == "missing":
        return f"{name}: is missing" + (f"; it should be {wanted}." if wanted else ".")
    return f"{name}: should be {wanted} ({_lower(reason)})." if wanted else f"{name}: {_lower(reason)}."


def _keys() -> list[str]:
    """The last part of every key that there is."""
    parts = {part for _, (where, _) in variables() for part in where}
    return sorted(parts | set(Settings.model_fields))


def _description(where: tuple[str | int, ...]) -> str:
    """The description of the last field on the way that has one."""
    model: type[BaseModel] | None = Settings
    found = ""
    for part in where:
        if isinstance(part, int):
            continue
        if model is None or part not in model.model_fields:
            break
        field = model.model_fields[part]
        found = field.description or ""
        inner = field.annotation
        kinds = _kinds(inner) | set(typing.get_args(inner))
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        if model is not None:
            found = ""
    return found


def _lower(text: str) -> str:
    return (text[:1].lower() + text[1:]).rstrip(".")
