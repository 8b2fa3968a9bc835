"""A Microsoft 365 tenant on this machine: login, Graph, Exchange and compliance over one state, real HTTP.

``start("mailbox-takeover")`` gives a `RunningTenant`; leaving it as a context manager stops it. The same
runs as a process of its own with ``python -m sandbox.tenant``. What it enforces, so that a client cannot get
away with what the real services refuse:

- callers: the application that the tenant was made with, those that are registered in it, and people who sign
  in by device code; each may do what it was given;
- tokens: one per resource, bound to it (401 elsewhere); secret or certificate; AADSTS errors;
- permissions: those in ``permissions`` at the moment of the call, not of the token; 403 names what would do.
  Exchange and compliance also need the cmdlet in ``exchange_cmdlets`` or ``compliance_cmdlets``, else 403
  with a body of NUL bytes declared as gzip. Writes to privileged accounts need one of ``directory_roles``;
- licenses: without AAD_PREMIUM no sign-ins and 7 days of directory audits, without AAD_PREMIUM_P2 no PIM and
  no risk details, each with the service's own status and code;
- options and filters: only those it knows, else 400; page sizes; opaque links; an empty second page;
- limits: 4 calls at once per mailbox, 5 report calls in 10 seconds, 1 risk call a second (no Retry-After),
  25 device changes in 10 seconds, 100 message traces in 5 minutes, 10 audit queries at once.
  ``limits=False`` switches them off;
- time: the message trace spans at most 10 days, retention cuts sign-ins and audits, audit queries take
  ``audit_query_seconds``, writes are seen after ``read_delay``. ``let_pass`` moves the tenant's clock and
  ``stop_clock`` makes that the only way in which its time passes;
- one state: a write is seen by every later read, through whichever service, and leaves its audit records.

``faults`` breaks calls on demand, ``calls`` remembers each one, ``sandbox.tenant.attacker`` lets the attacker
act again. From outside, POST and DELETE ``/sandbox/faults``, GET and DELETE ``/sandbox/calls``, POST
``/sandbox/clock`` with ``{"seconds": …}`` and POST ``/sandbox/attacker`` with ``{"act": …, "user": …}`` do
the same over HTTP.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from sandbox.scenarios import load
from sandbox.scenarios.state import TenantState, words
from sandbox.tenant.core import Core
from sandbox.tenant.faults import Call, Fault, Faults
from sandbox.tenant.limits import Limits
from sandbox.tenant.running import RunningTenant
from sandbox.tenant.server import COMPLIANCE, EXCHANGE

__all__ = ["ALL_PERMISSIONS", "Call", "Fault", "Faults", "RunningTenant", "TenantState", "start"]

ALL_PERMISSIONS = frozenset(
    words(
        "AppRoleAssignment.ReadWrite.All Application.Read.All Application.ReadWrite.All AuditLog.Read.All "
        "AuditLogsQuery.Read.All DelegatedPermissionGrant.ReadWrite.All Device.ReadWrite.All "
        "Directory.Read.All "
        "Domain.Read.All Domain-InternalFederation.Read.All "
        "Exchange.ManageAsApp ExchangeMessageTrace.Read.All GroupMember.ReadWrite.All "
        "IdentityRiskEvent.Read.All IdentityRiskyUser.Read.All IdentityRiskyUser.ReadWrite.All Mail.Read "
        "Mail.ReadBasic.All MailboxSettings.Read MailboxSettings.ReadWrite Policy.Read.All "
        "Policy.ReadWrite.AuthenticationMethod RoleEligibilitySchedule.ReadWrite.Directory "
        "RoleAssignmentSchedule.ReadWrite.Directory RoleAssignmentSchedule.Remove.Directory "
        "PrivilegedEligibilitySchedule.Read.AzureADGroup RoleManagement.Read.Directory "
        "RoleManagement.ReadWrite.Directory SecurityAlert.Read.All User-Mail.ReadWrite.All "
        "User-PasswordProfile.ReadWrite.All "
        "User-Phone.ReadWrite.All User.EnableDisableAccount.All User.Read.All User.ReadWrite.All "
        "User.RevokeSessions.All UserAuthenticationMethod.Read.All UserAuthenticationMethod.ReadWrite.All"
    )
)
"""What the app holds at the start; take some away from ``RunningTenant.permissions`` to see what it costs."""


def start(
    scenario: str | TenantState = "mailbox-takeover",
    *,
    now: datetime | None = None,
    latency: float = 0.0,
    limits: bool = True,
    audit_query_seconds: float = 0.5,
    read_delay: float = 0.0,
    permissions: Collection[str] = ALL_PERMISSIONS,
    directory_roles: Collection[str] = ("User Administrator", "Cloud Device Administrator"),
    audit_log: Path | None = None,
    port: int = 0,
) -> RunningTenant:
    """Start a tenant that plays a scenario.

    Args:
        scenario: a name from ``sandbox.scenarios.SCENARIOS``, or a state that is made already.
        now: the scenario's present moment, aware; the machine's time if not given. The clock runs on from it.
            A state that is made already has its own.
        latency: seconds added to each call.
        limits: whether the services' rate limits are kept.
        audit_query_seconds: how long an audit query runs.
        read_delay: seconds until a write is seen by reads; `Fault.stale` does the same to single writes.
        permissions: the application permissions of the app; all that investigating and containing need.
        directory_roles: its directory roles. User Administrator does not reach privileged accounts; add
            Privileged Authentication Administrator to see what happens when it does.
        audit_log: a real export whose records and users are added.
        port: the port on 127.0.0.1; 0 takes a free one.

    Raises:
        ValueError: the scenario is unknown, or the export cannot be read.
    """
    state = scenario if isinstance(scenario, TenantState) else load(scenario, now or datetime.now(UTC))
    if audit_log is not None:
        from sandbox.tenant.export import add_export  # noqa: PLC0415  only this way of starting needs it

        add_export(state, audit_log)
    state.read_delay = read_delay
    state.app_directory_roles = set(directory_roles)
    core = Core(
        state,
        set(permissions),
        set(EXCHANGE),
        set(COMPLIANCE),
        limits=Limits(on=limits, clock=state.seconds),
        latency=latency,
        audit_query_seconds=audit_query_seconds,
        signing_key=secrets.token_bytes(32),
    )
    return RunningTenant(core, port)
