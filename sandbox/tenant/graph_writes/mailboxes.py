"""Writes to mailboxes over Graph: inbox rules and settings."""

from __future__ import annotations

from sandbox.scenarios.state import InboxRule, Json
from sandbox.tenant import mail
from sandbox.tenant.core import Answer, Ask, Route
from sandbox.tenant.graph_writes.rights import USER
from sandbox.tenant.problems import bad_request
from sandbox.tenant.traces import exchange_trace

# Inbox rules and mailbox settings.


def patch_rule(ask: Ask) -> Answer:
    """Change a visible inbox rule; one that is read-only can only be changed through Exchange."""
    rule = mail.find_rule(ask)
    if rule.read_only:
        raise bad_request("The rule is read-only.", "ErrorInvalidRequest")
    names = {
        "isEnabled": "enabled",
        "displayName": "name",
        "sequence": "sequence",
        "conditions": "conditions",
        "actions": "actions",
        "exceptions": "exceptions",
    }
    body = ask.json
    if not body or set(body) - set(names):
        raise bad_request("A property of the rule is not known or cannot be changed.", "ErrorInvalidRequest")

    def apply() -> None:
        for name, value in body.items():
            setattr(rule, names[name], value)
        exchange_trace(
            ask.state, "Set-InboxRule", _rule_path(ask, rule), {"Identity": str(rule.number), **body}
        )

    ask.change(apply)
    view = {**mail.rule_view(rule), **body}
    return Answer(200, view)


def _rule_path(ask: Ask, rule: InboxRule) -> str:
    return f"{ask.core.mailbox(ask.values[0]).properties['Alias']}\\{rule.name}"


def delete_rule(ask: Ask) -> Answer:
    """Remove a visible inbox rule."""
    rule, mailbox = mail.find_rule(ask), ask.core.mailbox(ask.values[0])

    def apply() -> None:
        if rule in mailbox.rules:
            mailbox.rules.remove(rule)
            exchange_trace(
                ask.state, "Remove-InboxRule", _rule_path(ask, rule), {"Identity": str(rule.number)}
            )

    ask.change(apply)
    return Answer(204)


def create_rule(ask: Ask) -> Answer:
    """Make an inbox rule again from what was stored of it."""
    mailbox, body = ask.core.mailbox(ask.values[0]), ask.json
    known = {"displayName", "sequence", "isEnabled", "conditions", "actions", "exceptions"}
    if set(body) - known or "actions" not in body:
        raise bad_request("The rule needs actions and may hold nothing read-only.", "ErrorInvalidRequest")
    key = ask.state.next_id("rule").replace("-", "")
    rule = InboxRule(
        "AQAAA" + key[:8].upper() + "=",
        10**18 + int(key[:12], 16),
        str(body.get("displayName", "")),
        int(body.get("sequence", len(mailbox.rules) + 1)),
        enabled=bool(body.get("isEnabled", True)),
        conditions=body.get("conditions") or {},
        exceptions=body.get("exceptions") or {},
        actions=body["actions"],
    )

    def apply() -> None:
        mailbox.rules.append(rule)
        exchange_trace(ask.state, "New-InboxRule", _rule_path(ask, rule), {"Name": rule.name, **rule.actions})

    ask.change(apply)
    return Answer(201, mail.rule_view(rule))


def patch_settings(ask: Ask) -> Answer:
    """Change mailbox settings, such as the auto-reply."""
    mailbox, body = ask.core.mailbox(ask.values[0]), ask.json
    names = {"automaticRepliesSetting", "timeZone", "language", "dateFormat", "timeFormat", "workingHours"}
    if not body or set(body) - names - {"@odata.context"}:
        raise bad_request("A mailbox setting is not known or cannot be changed.", "ErrorInvalidRequest")

    reply = body.get("automaticRepliesSetting") or {}
    if reply.get("status", "disabled") not in {"disabled", "alwaysEnabled", "scheduled"}:
        raise bad_request("The status of the automatic reply is not known.", "ErrorInvalidRequest")

    def merged() -> Json:
        result = dict(mailbox.settings)
        for name, value in body.items():
            old = result.get(name)
            result[name] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
        return result

    def apply() -> None:
        mailbox.settings = merged()
        if "automaticRepliesSetting" in body:
            state = mailbox.settings["automaticRepliesSetting"]["status"]
            exchange_trace(
                ask.state,
                "Set-MailboxAutoReplyConfiguration",
                str(mailbox.properties["Alias"]),
                {"Identity": mailbox.upn, "AutoReplyState": state},
            )

    answer = merged()
    ask.change(apply)
    return Answer(200, answer)


_RULES = USER + "/mailFolders/{mailFolder-id}/messageRules"
_RULE = _RULES + "/{messageRule-id}"


ROUTES: tuple[Route, ...] = (
    Route("POST", _RULES, create_rule),
    Route("PATCH", _RULE, patch_rule),
    Route("DELETE", _RULE, delete_rule),
    Route("PATCH", USER + "/mailboxSettings", patch_settings),
)
"""Its endpoints."""
