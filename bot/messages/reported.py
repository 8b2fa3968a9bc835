"""What responders and the reporter are told when someone reports an account. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.messages import Message, parts
from bot.messages.escape import address, said
from bot.messages.limits import fit

_NAMED = 12


def reported(
    report_id: str, *, by: str, account: str, since: str, noticed: str, own: bool, ours: Collection[str]
) -> Message:
    """Tell the responders; the button carries the report's id and starts a check.

    Args:
        report_id: The id of the report in the ledger.
        by: The Slack user id of the reporter.
        account: The address or alias that was reported.
        since: Since when in words, "" when no one said.
        noticed: What was noticed, "" when no one said.
        own: Whether it is the reporter's own account.
        ours: Mail domains of ours, whose addresses stay readable.
    """
    name = address(account) if "@" in account else said(account, 100)
    whose = "their own account" if own else "this account"
    lines = [f"🔔 {parts.mention(by)} reports that {whose} looks compromised: *{name}*"]
    if noticed:
        lines.append(f"Noticed: “{said(noticed, 600, ours)}”")
    if since:
        lines.append(f"Since: {said(since, 80)}")
    return fit(
        Message(
            text="\n".join(lines),
            blocks=(
                parts.section("\n".join(lines)),
                parts.actions(
                    [parts.button("Check this account", "check_reported", report_id, style="primary")]
                ),
                parts.context(
                    "Nothing was started. The report is unverified: an attacker in a mailbox may "
                    "be in its owner's Slack as well, so call back."
                ),
            ),
        )
    )


def thanks() -> Message:
    """Tell the reporter that the responders know."""
    return parts.sentence(
        "Thank you. The responders are notified; nothing is started or changed yet. Until you "
        "hear from them: contact the person only by phone, not by chat or email, and do not "
        "click anything that came from the account."
    )


def passed_on() -> Message:
    """Thank the reporter without saying whether the account is one of ours."""
    return parts.sentence(
        "Thank you. If responders look after this account here, they are notified; nothing is started or "
        "changed yet. Until you hear from them: contact the person only by phone, not by chat or email, "
        "and do not click anything that came from the account. If it is urgent, call your IT help desk too."
    )


def whom_to_ask(responders: Sequence[str]) -> Message:
    """Tell the reporter that no channel takes reports, and who may start a check."""
    if not responders:
        return parts.sentence(
            "✖ No one was notified: the settings name neither a channel for reports nor any "
            "responders. Call your IT help desk."
        )
    named = parts.few([parts.mention(user) for user in responders], _NAMED)
    return parts.sentence(
        f"✖ No one was notified: no channel for reports is set. Call one of these people: {named}"
    )
