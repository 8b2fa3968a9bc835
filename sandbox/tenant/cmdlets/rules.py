"""Inbox rules and sweep rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sandbox.scenarios.state import InboxRule, Json, Mailbox, TenantState
from sandbox.tenant.cmdlets.common import alias, drop, legacy_name, nothing
from sandbox.tenant.exchange import Invocation, bad_parameters
from sandbox.tenant.problems import CmdletError, object_not_found
from sandbox.tenant.traces import exchange_trace

_CONDITIONS = {
    "SubjectContainsWords": "subjectContains",
    "BodyContainsWords": "bodyContains",
    "SubjectOrBodyContainsWords": "bodyOrSubjectContains",
    "FromAddressContainsWords": "senderContains",
    "RecipientAddressContainsWords": "recipientContains",
    "HeaderContainsWords": "headerContains",
}


def _quoted(state: TenantState, people: Iterable[Json] | None) -> list[str] | None:
    """Recipients as rules show them: of the organization's own no address. Source: CAPTURE inbox rules."""
    if not people:
        return None
    return [f'"{item["emailAddress"]["name"]}" [{_address(state, item)}]' for item in people]


def _address(state: TenantState, recipient: Json) -> str:
    address = str(recipient["emailAddress"]["address"])
    known = [box.properties for box in state.mailboxes.values()] + state.mail_contacts
    own = (one for one in known if str(one["PrimarySmtpAddress"]).lower() == address.lower())
    found = next(own, None)
    return f"SMTP:{address}" if found is None else f"EX:{legacy_name(str(found['Guid']))}"


def rule_view(state: TenantState, mailbox: Mailbox, rule: InboxRule) -> Json:
    """A rule as Get-InboxRule shows it: words, folder names and quoted recipients."""
    actions, conditions = rule.actions, rule.conditions
    names = {folder["id"]: folder["displayName"] for folder in mailbox.folders}
    words = {cmdlet_name: conditions.get(name) for cmdlet_name, name in _CONDITIONS.items()}
    return {
        "Identity": f"{alias(mailbox)}\\{rule.number}",
        "RuleIdentity": rule.number,
        "Name": rule.name,
        "Enabled": rule.enabled,
        "Priority": rule.sequence,
        "MailboxOwnerId": alias(mailbox),
        "From": _quoted(state, conditions.get("fromAddresses")),
        "SentTo": _quoted(state, conditions.get("sentToAddresses")),
        **words,
        "ForwardTo": _quoted(state, actions.get("forwardTo")),
        "RedirectTo": _quoted(state, actions.get("redirectTo")),
        "ForwardAsAttachmentTo": _quoted(state, actions.get("forwardAsAttachmentTo")),
        "MoveToFolder": names.get(actions.get("moveToFolder")),
        "CopyToFolder": names.get(actions.get("copyToFolder")),
        "DeleteMessage": bool(actions.get("delete")),
        "SoftDeleteMessage": bool(actions.get("permanentDelete")),
        "MarkAsRead": bool(actions.get("markAsRead")),
        "StopProcessingRules": bool(actions.get("stopProcessingRules")),
        "SupportedByTask": not rule.read_only,
        "Description": f"Rule {rule.name or '(no name)'} of {mailbox.upn}",
    }


def find_inbox_rule(call: Invocation) -> tuple[Mailbox, InboxRule]:
    """The rule that Identity names, by number or name, with the mailbox in front or in Mailbox.

    Raises CmdletError: 404 for no such rule, 400 for a name that several rules have.
    """
    identity = call.required("Identity")
    owner, _, key = identity.rpartition("\\")
    mailbox = call.mailbox("Mailbox") if call.text("Mailbox") else call.state.mailbox(owner)
    if mailbox is None or (owner and call.state.mailbox(owner) is not mailbox):
        raise object_not_found(identity)
    for rule in mailbox.rules:
        if key == str(rule.number):
            return mailbox, rule
    named = [rule for rule in mailbox.rules if rule.name and rule.name.lower() == key.lower()]
    if len(named) > 1:
        message = f"There are multiple rules with the name '{key}'. Use the rule's identity instead."
        raise CmdletError(400, "BadRequest", "Management.Common.ManagementObjectAmbiguousException", message)
    if not named:
        raise object_not_found(identity)
    return mailbox, named[0]


def find_sweep_rule(call: Invocation) -> tuple[Mailbox, Json]:
    """The sweep rule that Identity names, by its id or name. Raises CmdletError 404."""
    mailbox, identity = call.mailbox("Mailbox"), call.required("Identity")
    for rule in mailbox.sweep_rules:
        if identity in {rule["RuleId"], rule["Identity"], rule["Name"]}:
            return mailbox, rule
    raise object_not_found(identity)


def get_sweep_rule(call: Invocation) -> list[Json]:
    """The sweep rules of a mailbox, one or all."""
    if call.text("Identity"):
        return [find_sweep_rule(call)[1]]
    return list(call.mailbox("Mailbox").sweep_rules)


def get_inbox_rule(call: Invocation) -> list[Json]:
    """Inbox rules of a mailbox; hidden ones with IncludeHidden."""
    if call.text("Identity"):
        return [rule_view(call.state, *find_inbox_rule(call))]
    mailbox = call.mailbox("Mailbox")
    hidden = call.flag("IncludeHidden")
    return [rule_view(call.state, mailbox, rule) for rule in mailbox.rules if hidden or not rule.hidden]


def _drop_client_side(mailbox: Mailbox) -> None:
    """What every change of a rule by a cmdlet does: the rules that only Outlook knows are gone."""
    mailbox.rules[:] = [rule for rule in mailbox.rules if not rule.client_side]


def switch_rule(enabled: bool) -> Callable[[Invocation], list[Json]]:
    """Make a cmdlet that enables or disables an inbox rule."""

    def run(call: Invocation) -> list[Json]:
        mailbox, rule = find_inbox_rule(call)
        if rule.name.startswith("Delegate Rule"):
            raise bad_parameters("The delegate rule cannot be enabled or disabled.")
        if rule.enabled == enabled:
            return nothing(call, rule.name)

        def apply() -> None:
            rule.enabled = enabled
            _drop_client_side(mailbox)
            exchange_trace(call.state, call.name, f"{alias(mailbox)}\\{rule.name}", call.parameters)

        call.change(apply)
        return []

    return run


def remove_rule(call: Invocation) -> list[Json]:
    """Remove an inbox rule, hidden or not."""
    mailbox, rule = find_inbox_rule(call)

    def apply() -> None:
        if rule in mailbox.rules:
            mailbox.rules.remove(rule)
            _drop_client_side(mailbox)
            exchange_trace(call.state, call.name, f"{alias(mailbox)}\\{rule.name}", call.parameters)

    call.change(apply)
    return []


def switch_sweep(enabled: bool) -> Callable[[Invocation], list[Json]]:
    """Make a cmdlet that enables or disables a sweep rule."""

    def run(call: Invocation) -> list[Json]:
        mailbox, rule = find_sweep_rule(call)
        if rule["Enabled"] == enabled:
            return nothing(call, str(rule["Name"]))

        def apply() -> None:
            rule["Enabled"] = enabled
            exchange_trace(call.state, call.name, f"{alias(mailbox)}\\{rule['RuleId']}", call.parameters)

        call.change(apply)
        return []

    return run


def remove_sweep(call: Invocation) -> list[Json]:
    """Remove a sweep rule."""
    mailbox, rule = find_sweep_rule(call)
    return drop(call, mailbox.sweep_rules, rule, f"{alias(mailbox)}\\{rule['RuleId']}")
