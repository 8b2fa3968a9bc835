"""The tables of the settings, without the whole: each setting with what people read of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from bot.settings.values import (
    DOMAIN,
    GUID,
    AlertPolicy,
    Channel,
    Frozen,
    Https,
    PlainName,
    Span,
    Step,
    StepOrKind,
    Syslog,
    WebhookSecret,
    begins,
)
from commands.alerts import KINDS as KINDS_OF_ALERTS
from graph.settings import RemediateSettings, TenantSettings

SLACK = "https://slack.com/api/"


class SlackSettings(Frozen):
    """How the bot reaches Slack."""

    bot_token: Annotated[SecretStr, begins("xoxb-")] = Field(
        description="the bot's token, which begins with xoxb-"
    )
    app_token: Annotated[SecretStr, begins("xapp-")] | None = Field(
        None, description="the app-level token, which begins with xapp-; needed in the mode socket"
    )
    signing_secret: SecretStr | None = Field(
        None, description="the app's signing secret; needed in the mode http", min_length=1
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
                "signing_secret is missing: the mode http needs it to verify that requests come from Slack"
            )
        return self


class ResponderSettings(Frozen):
    """Who may ask. No one is named: no one may."""

    users: tuple[Annotated[str, Field(pattern="^[UW][A-Z0-9]+$")], ...] = Field(
        (), description="Slack user IDs, such as U0123ABCD"
    )
    group: str = Field(
        "",
        description="the ID of a Slack user group, such as S0123ABCD; who may edit groups is a setting of"
        " your workspace",
        pattern="^(S[A-Z0-9]+)?$",
    )


class ApproverSettings(ResponderSettings):
    """Who may approve. No one is named: no one may, and nothing is ever carried out."""


class PolicySettings(Frozen):
    """What it takes to carry something out."""

    strict: bool = Field(default=False, description="true when the proposer's own approval does not count")
    expires: Span = Field(
        timedelta(minutes=30), description="how long a proposal waits for approvals, such as 30m or 2h"
    )
    factor: tuple[StepOrKind, ...] = Field(
        (),
        description="the IDs of steps whose approvals need a second-factor code; irreversible for"
        " all that cannot be undone, tenant_wide for all that reaches beyond the account",
    )
    people: dict[Step, Annotated[int, Field(ge=1, le=10)]] = Field(
        default_factory=dict,
        description="step IDs with the number of people who must approve, 1 to 10; two or one, by step,"
        " for others",
    )


class SiemSettings(Frozen):
    """Where every entry of the ledger is sent. Nothing is named: nowhere."""

    url: Https | None = Field(None, description="an https address that takes a signed webhook for each entry")
    secret: WebhookSecret | None = Field(
        None,
        description="the secret that these are signed with: whsec_ and the base64 of 24 to 64 random bytes",
    )
    syslog: Syslog | None = Field(
        None, description="tls://host:port or tcp://host:port that takes a syslog line in CEF for each entry"
    )

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if self.url and not self.secret:
            raise ValueError("secret is missing: what is sent to url must be signed")
        return self


class TicketSettings(Frozen):
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
        None, description="the whole Authorization header, such as Basic and base64, or Bearer and a token"
    )
    verdicts: tuple[Literal["compromised", "suspicious", "cannot-tell", "no-sign-found"], ...] = Field(
        ("compromised",), description="the verdicts for which a ticket is filed, once for each case"
    )
    values: dict[str, str] = Field(
        default_factory=dict,
        description="further texts for the template, such as project and issuetype for Jira",
    )


class AlertSettings(Frozen):
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
    check: tuple[AlertPolicy, ...] = Field(
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
        description="how many alerts of high severity, and how many others, get a line of their own in an"
        " hour, 1 to 100; the rest comes in one digest",
        ge=1,
        le=100,
    )
    webhook_secret: WebhookSecret | None = Field(
        None,
        description="the secret that senders sign their alerts with: whsec_ and the base64 of 24 to 64 random"
        " bytes; without it, none are accepted",
    )
    host: str = Field("127.0.0.1", description="the address that takes signed alerts", min_length=1)
    port: int = Field(3001, description="the port that takes signed alerts, 1 to 65535", ge=0, le=65535)
    join: Span = Field(
        timedelta(hours=24),
        description="how long further alerts about an account join its case or its line, and one in a digest"
        " may still get its check, such as 24h",
    )


_SHOWN: Final = "Overview of the app registration shows it as Application (client) ID"


class Tenant(TenantSettings):
    """One tenant, with the people and channels that are its own. What is not given is as for all tenants."""

    name: PlainName = Field(
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

    # What was given is not told: somebody may have put a secret into the wrong place.
    @field_validator("tenant_id")
    @classmethod
    def _a_tenant(cls, value: str) -> str:
        if not GUID.fullmatch(value) and not DOMAIN.fullmatch(value):
            raise ValueError(
                "is neither a GUID nor a domain; Overview in the Entra admin center shows the Tenant ID"
            )
        return value

    @field_validator("client_id")
    @classmethod
    def _an_application(cls, value: str) -> str:
        if not GUID.fullmatch(value):
            raise ValueError(f"is not a GUID; {_SHOWN}")
        return value

    @field_validator("remediate")
    @classmethod
    def _another_application(cls, value: RemediateSettings | None) -> RemediateSettings | None:
        if value is not None and not GUID.fullmatch(value.client_id):
            raise ValueError(f"its client_id is not a GUID; {_SHOWN}")
        return value

    @model_validator(mode="after")
    def _first_channel(self) -> Self:
        if self.channels and not self.channel:
            raise ValueError(
                "channel is missing: channels are further ones, in addition to the one for cards"
            )
        return self

    @property
    def own_channels(self) -> frozenset[str]:
        """The channels that are this tenant's alone."""
        return frozenset(filter(None, (self.channel, self.alerts_channel, *self.channels)))


class LogSettings(Frozen):
    """What the log looks like."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info",
        description="debug, info, warning or error; libraries log only warnings and errors",
    )
    format: Literal["text", "json"] = Field("text", description="text or json")
