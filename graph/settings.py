"""The settings of one tenant, and the hosts of Microsoft's clouds.

Hosts of the national clouds are those of Microsoft's "National clouds" pages for Graph, Entra ID and
Exchange.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator


class Cloud(StrEnum):
    """Microsoft's clouds; GCC (without "high") lives in the global one."""

    GLOBAL = "global"
    GCC_HIGH = "gcc-high"
    DOD = "dod"
    CHINA = "china"


@dataclass(frozen=True, slots=True)
class Hosts:
    """The base addresses of one cloud, which are at the same time the names that tokens are asked for."""

    login: str
    graph: str
    exchange: str
    compliance: str


CLOUDS: dict[Cloud, Hosts] = {
    Cloud.GLOBAL: Hosts(
        "https://login.microsoftonline.com",
        "https://graph.microsoft.com",
        "https://outlook.office365.com",
        "https://ps.compliance.protection.outlook.com",
    ),
    Cloud.GCC_HIGH: Hosts(
        "https://login.microsoftonline.us",
        "https://graph.microsoft.us",
        "https://outlook.office365.us",
        "https://ps.compliance.protection.office365.us",
    ),
    Cloud.DOD: Hosts(
        "https://login.microsoftonline.us",
        "https://dod-graph.microsoft.us",
        "https://outlook-dod.office365.us",
        "https://l5.ps.compliance.protection.office365.us",
    ),
    Cloud.CHINA: Hosts(
        "https://login.partner.microsoftonline.cn",
        "https://microsoftgraph.chinacloudapi.cn",
        "https://partner.outlook.cn",
        "https://ps.compliance.protection.partner.outlook.cn",
    ),
}


def _demand_one_credential(secret: SecretStr | None, certificate: Path | None) -> None:
    if secret is None and certificate is None:
        raise ValueError("has no credential; give its client_secret or name its certificate")
    if secret is not None and certificate is not None:
        raise ValueError("give exactly one of client_secret and certificate")


_ONE_OF_TWO = "its secret; exactly one of secret and certificate must be given"
_BY_CERTIFICATE = "a PEM file with private key and certificate, or a PFX file (.pfx or .p12)"
_KEY_LOCK = "the passphrase of the private key"


class Place(Protocol):
    """Where a tenant is: what the clients need to know of it, whoever signs in."""

    @property
    def name(self) -> str:
        """What it is called in logs."""

    @property
    def tenant_id(self) -> str:
        """Its id, a GUID."""

    @property
    def domains(self) -> tuple[str, ...]:
        """Its email domains, or none."""

    @property
    def hosts(self) -> Hosts:
        """Where requests are sent."""


class RemediateSettings(BaseModel):
    """A second application of the tenant, which does nothing but write."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    client_id: str = Field(
        min_length=1,
        description="the ID of a second application that makes all changes, so that the first one only needs"
        " to read; without such a table, the first one does both",
    )
    client_secret: SecretStr | None = Field(None, description=_ONE_OF_TWO)
    certificate: Path | None = Field(None, description=_BY_CERTIFICATE)
    certificate_passphrase: SecretStr | None = Field(None, description=_KEY_LOCK)

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        _demand_one_credential(self.client_secret, self.certificate)
        return self


class TenantSettings(BaseModel):
    """One tenant and the application registered in it."""

    # What is wrong is told without what was given: secrets stand beside it.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field("tenant", description="a name for it, used in messages and logs")
    tenant_id: str = Field(min_length=1, description="the tenant's ID, a GUID")
    client_id: str = Field(min_length=1, description="the application's ID, a GUID")
    client_secret: SecretStr | None = Field(None, description=_ONE_OF_TWO)
    certificate: Path | None = Field(None, description=_BY_CERTIFICATE)
    certificate_passphrase: SecretStr | None = Field(None, description=_KEY_LOCK)
    domains: tuple[str, ...] = Field(
        (), description="its email domains, subdomains included; none means every domain"
    )
    cloud: Cloud = Field(
        Cloud.GLOBAL, description=f"which of Microsoft's clouds it is in: {', '.join(Cloud)}"
    )
    login_url: str = Field("", description="replaces the cloud's login address")
    graph_url: str = Field("", description="replaces Graph's address, without the version")
    exchange_url: str = Field("", description="replaces Exchange's address, without /adminapi")
    compliance_url: str = Field(
        "", description="replaces Security & Compliance PowerShell's address, without /adminapi"
    )
    audit_api: Literal["beta", "v1.0"] = Field(
        "beta",
        # Both have them; v1.0 does not answer in every tenant yet.
        description="the version of Graph that audit searches go to first, beta or v1.0",
    )
    remediate: RemediateSettings | None = Field(
        None,
        description="the application that makes all changes",
    )

    @field_validator("domains")
    @classmethod
    def _lower_case(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain.strip().strip(".").casefold() for domain in value)

    @field_validator("login_url", "graph_url", "exchange_url", "compliance_url")
    @classmethod
    def _safe(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.query:
            raise ValueError(
                "must be an https address without user and query, such as https://graph.microsoft.com"
            )
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("must begin with https://; plain http is for this machine's own addresses only")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        _demand_one_credential(self.client_secret, self.certificate)
        return self

    @property
    def to_write(self) -> TenantSettings:
        """The same tenant by the application that writes; these settings where there is no second one."""
        if self.remediate is None:
            return self
        return self.model_copy(update={**dict(self.remediate), "remediate": None})

    @property
    def client_ids(self) -> tuple[str, ...]:
        """The applications that sign in by these settings."""
        return tuple(dict.fromkeys((self.client_id, self.to_write.client_id)))

    @property
    def resources(self) -> Hosts:
        """What tokens are asked for. They stay the cloud's even where the addresses are replaced."""
        return CLOUDS[self.cloud]

    @property
    def hosts(self) -> Hosts:
        """Where requests are sent."""
        cloud = CLOUDS[self.cloud]
        return Hosts(
            self.login_url or cloud.login,
            self.graph_url or cloud.graph,
            self.exchange_url or cloud.exchange,
            self.compliance_url or cloud.compliance,
        )

    @property
    def is_global(self) -> bool:
        """Whether this is the cloud in which every interface of Graph exists."""
        return self.cloud is Cloud.GLOBAL

    def answers_for(self, domain: str) -> bool:
        """Whether addresses below this domain are looked for here."""
        wanted = domain.strip(".").casefold()
        return not self.domains or any(wanted == own or wanted.endswith("." + own) for own in self.domains)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine, without asking any name server."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")


def place_of(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address; None where libraries might disagree about which host it names.

    A backslash ends the host for one library and belongs to it for another, so nothing but the plain signs of
    a host name is taken, and no user in front of it.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80)
