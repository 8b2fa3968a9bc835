"""The form in which an account is reported, and the window that checks the account in a message."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from bot.messages import Block, Modal, parts
from bot.messages.escape import plain

SPANS: Final[Mapping[str, str]] = {
    "2d": "Since today or yesterday",
    "5d": "For about three days",
    "10d": "For about a week",
    "21d": "For about two weeks",
    "45d": "For about a month",
    "180d": "For longer",
}
"""What can be chosen as the time since when, by the span that is looked at: longer, as it began earlier."""

MOST_CANDIDATES: Final = 25
"""How many accounts of one message can be chosen from; Slack would take 100."""


def report_modal(*, starts: bool, account: str = "", channel: str = "") -> Modal:
    """Ask whose account looks taken over, what was noticed, and since when.

    Args:
        starts: Whether this person may ask for checks, so that sending the form starts one.
        account: What stands in the field from the start; "" for nothing.
        channel: Where the form was asked for; "" where no one knows.
    """
    what = (
        "This starts a read-only check of the account."
        if starts
        else "This notifies the responders. Nothing is started or changed until they act."
    )
    return Modal(
        callback_id="report_account",
        title="Report an account",
        blocks=(
            parts.section(what),
            _person("Account: choose a colleague", "person"),
            _initial(
                parts.entry(
                    "Or type an email address or alias",
                    "account",
                    most=320,
                    optional=True,
                    hint="For example adele.vance@contoso.example",
                ),
                account,
            ),
            parts.entry(
                "What did you notice?", "noticed", most=parts.REASON, optional=starts, multiline=True
            ),
            _choice("Since when?", "since", SPANS, optional=True),
            parts.context(
                "Do not ask the person by chat or email: an attacker in a mailbox may be in its "
                "owner's Slack as well. Call them."
            ),
        ),
        submit="Start check" if starts else "Notify responders",
        private_metadata=channel,
    )


def check_modal(candidates: Sequence[str], *, ours: Collection[str] = (), channel: str = "") -> Modal:
    """Ask which of the accounts that a message names is checked; the first one is preset.

    Args:
        candidates: Addresses, at most `parts.OPTION_TEXT` long each.
        ours: Mail domains of ours, whose addresses stay readable.
        channel: Where the message stands.
    """
    offered = {one: plain(one, parts.OPTION_TEXT, ours) for one in candidates[:MOST_CANDIDATES]}
    blocks: list[Block] = []
    if offered:
        blocks.append(_choice("Which account?", "account", offered, preset=next(iter(offered))))
    else:
        blocks.append(parts.section("This message has no address or mention."))
    blocks.append(
        parts.entry(
            "Another account: address or alias" if offered else "Account: address or alias",
            "other",
            most=320,
            optional=bool(offered),
        )
    )
    blocks.append(
        parts.context("A check is read-only. Its card goes to the incident channel, not to this message.")
    )
    return Modal(
        callback_id="check_message",
        title="Check an account",
        blocks=tuple(blocks),
        submit="Check",
        private_metadata=channel,
    )


def _person(label: str, name: str) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "optional": True,
        "label": {"type": "plain_text", "text": label},
        "element": {"type": "users_select", "action_id": name},
    }


def _choice(
    label: str, name: str, offered: Mapping[str, str], *, preset: str = "", optional: bool = False
) -> Block:
    """A field with one of several values, as Slack's menu."""
    options = {value: parts.option(text, value) for value, text in offered.items()}
    element: dict[str, Any] = {"type": "static_select", "action_id": name, "options": list(options.values())}
    if preset:
        element["initial_option"] = options[preset]
    return {
        "type": "input",
        "block_id": name,
        "optional": optional,
        "label": {"type": "plain_text", "text": label},
        "element": element,
    }


def _initial(entry: Block, text: str) -> Block:
    return {**entry, "element": {**entry["element"], "initial_value": text}} if text else entry
