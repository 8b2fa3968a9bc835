"""The settings as one frozen value, and what must fit together in it."""

from __future__ import annotations

from dataclasses import astuple
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, IPvAnyNetwork, SecretStr, model_validator

from bot.settings.sections import (
    SLACK,
    AlertSettings,
    ApproverSettings,
    LogSettings,
    PolicySettings,
    ResponderSettings,
    SiemSettings,
    SlackSettings,
    Tenant,
    TicketSettings,
)
from bot.settings.values import GUID, Frozen, Span, same
from commands.signing_key import FILE
from graph.settings import CLOUDS, is_loopback
from graph.tenants import Tenants


def _beside_the_ledger(given: dict[str, Any]) -> Path:
    return Path(given["ledger"]).with_name(FILE)


class Settings(Frozen):
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
        description="Slack user IDs with the Microsoft 365 address of that person, where Slack has another",
    )
    ledger: Path = Field(Path("ledger.db"), description="the ledger's file")
    key: Path = Field(
        default_factory=_beside_the_ledger,
        description="the file of the bot's private key, readable only by its owner; by default compromise.key"
        " beside the ledger, created when missing. It signs checkpoints and seals passwords and second"
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
        description="the key that the bot and its workers seal their messages with, 32 random characters or"
        " more, the same for all; without it the bot trusts no worker",
        min_length=32,  # 24 random bytes in base64
    )
    cities: Path | None = Field(
        None,
        description="a city database in MaxMind format (.mmdb) for IP addresses without a location, as in"
        " tenants without a premium license; without it, countries only",
    )
    alerts: AlertSettings = Field(
        default_factory=AlertSettings, description="which alerts are accepted, and what they start"
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
        " consulted before this program's own tables of VPNs and rented servers",
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
    log: LogSettings = Field(default_factory=LogSettings, description="the level and format of the log")
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
                    GUID.fullmatch(one.tenant_id) and GUID.fullmatch(other.tenant_id)
                ):
                    raise ValueError(
                        f"the tenants {other.name} and {one.name} use the same application, so each needs a"
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
                        " for a channel that several share, set slack.channel and name it in no tenant"
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
