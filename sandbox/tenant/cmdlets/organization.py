"""What holds for the whole organization: auditing and mail flow rules."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.scenarios.state import Json
from sandbox.tenant.cmdlets.common import alias, nothing, set_values
from sandbox.tenant.exchange import Invocation
from sandbox.tenant.problems import object_not_found
from sandbox.tenant.traces import exchange_trace


def get_organization_config(call: Invocation) -> list[Json]:
    """Organization-wide settings."""
    return [call.state.organization_config]


def get_audit_config(call: Invocation) -> list[Json]:
    """Whether the unified audit log takes records."""
    return [call.state.admin_audit_log_config]


def get_audit_bypass(call: Invocation) -> list[Json]:
    """Whether actions of this account are left out of mailbox auditing."""
    mailbox = call.mailbox()
    return [
        {
            "Identity": alias(mailbox),
            "Name": alias(mailbox),
            "ObjectId": mailbox.properties["ExternalDirectoryObjectId"],
            "AuditBypassEnabled": mailbox.audit_bypassed_at is not None,
        }
    ]


def get_transport_rule(call: Invocation) -> list[Json]:
    """Mail flow rules, one, all, or those in a state."""
    wanted, name = call.text("State"), call.text("Identity")
    found = [
        item
        for item in call.state.transport_rules
        if (not wanted or item["State"] == wanted)
        and (not name or name in {item["Guid"], item["Name"], item["Identity"]})
    ]
    if name and not found:
        raise object_not_found(name)
    return found


def list_of(pick: str) -> Callable[[Invocation], list[Json]]:
    """Make a cmdlet that gives a list of the state as it is."""

    def run(call: Invocation) -> list[Json]:
        items: list[Json] = getattr(call.state, pick)
        name = call.text("Identity")
        return [item for item in items if not name or name in {item["Identity"], item["Name"]}]

    return run


def switch_transport_rule(wanted: str) -> Callable[[Invocation], list[Json]]:
    """Make a cmdlet that enables or disables a mail flow rule."""

    def run(call: Invocation) -> list[Json]:
        identity = call.required("Identity")
        for rule in call.state.transport_rules:
            if identity in {rule["Guid"], rule["Name"], rule["Identity"]}:
                if rule["State"] == wanted:
                    return nothing(call, str(rule["Name"]))

                def apply(rule: Json = rule) -> None:
                    rule["State"] = wanted
                    exchange_trace(call.state, call.name, str(rule["Name"]), call.parameters)

                call.change(apply)
                return []
        raise object_not_found(identity)

    return run


def set_audit_bypass(call: Invocation) -> list[Json]:
    """Leave an account's actions out of mailbox auditing, or take them in again."""
    mailbox, wanted = call.mailbox(), call.flag("AuditBypassEnabled")
    if (mailbox.audit_bypassed_at is not None) == wanted:
        return nothing(call, alias(mailbox))

    def apply() -> None:
        mailbox.audit_bypassed_at = call.state.clock() if wanted else None
        exchange_trace(call.state, call.name, alias(mailbox), call.parameters)

    call.change(apply)
    return []


def set_audit_config(call: Invocation) -> list[Json]:
    """Switch the unified audit log on or off."""
    names = "UnifiedAuditLogIngestionEnabled AdminAuditLogEnabled"
    return set_values(call, call.state.admin_audit_log_config, names, "Admin Audit Log Settings")


def set_organization_config(call: Invocation) -> list[Json]:
    """Change organization-wide settings."""
    config = call.state.organization_config
    return set_values(call, config, "AuditDisabled PostponeRoamingSignaturesUntilLater", str(config["Name"]))
