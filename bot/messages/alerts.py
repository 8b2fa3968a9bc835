"""What the channel is told of alerts from elsewhere. Pure.

Titles and accounts come from the tenant, or from whoever sends webhooks, and are made harmless like all text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from bot.messages import Message, parts
from bot.messages.escape import address, plain, said
from bot.messages.limits import MESSAGE_TEXT, fit, fits
from commands.ledger.alerts import Alert
from graph.alerts import SOURCES
from graph.verified import domain_of

MARKS: Final[Mapping[str, str]] = {"high": "🔴", "medium": "🟠", "low": "🟡"}
"""A mark for each severity; the word always stands beside it."""

_LISTED: Final = 20
_JOINED: Final = 5


def alert_line(alert: Alert, ours: Collection[str]) -> Message:
    """Tell one alert, in one line, with a button that starts a check where it names an account."""
    text = f"{sentence(alert, ours)} · {_whence(alert)}"
    section = dict(parts.section(text))
    if alert.account:
        section["accessory"] = parts.button("Check", "check_alert", str(alert.seq), style="primary")
    return fit(Message(text=text, blocks=(section,)))


def joined(alerts: Sequence[Alert], ours: Collection[str]) -> Message:
    """Tell alerts about an account whose case or line is there already; goes into its thread."""
    lines = [f"{sentence(alert, ours)} · {_whence(alert)}" for alert in alerts[:_JOINED]]
    if len(alerts) > _JOINED:
        lines.append(f"… and {parts.counted(len(alerts) - _JOINED, 'more alert')} about this account.")
    text = "\n".join(lines)
    return fit(Message(text=text, blocks=(parts.section(text),)))


def digest(alerts: Sequence[Alert], ours: Collection[str], lines: int) -> Message:
    """Tell together what was more than an hour may bring; edited as more of the same hour comes.

    Args:
        alerts: The alerts, the gravest first.
        ours: Mail domains of ours, whose addresses stay readable.
        lines: How many lines an hour may bring.
    """
    number = parts.counted(len(alerts), "further alert")
    head = (
        f"*{number}* (more than {lines} in an hour). Further ones of this hour are added here; those for"
        " which the settings ask for a check get it as soon as an hour has room."
    )
    told = [f"• {sentence(alert, ours)} · {parts.utc(alert.at)}" for alert in alerts[:_LISTED]]
    while True:
        message = _listed(head, told, len(alerts) - len(told))
        # What Slack or `fit` cut would be counted nowhere.
        if len(told) <= 1 or (len(message.text) <= MESSAGE_TEXT and fits(message.blocks)):
            return fit(message)
        told.pop()


def _listed(head: str, told: Sequence[str], more: int) -> Message:
    rest = [f"… and {more} more. `compromise ledger show` has every one."] if more else []
    blocks = (
        *parts.paragraphs(head, [*told, *rest]),
        parts.context("To investigate one of the accounts: `/compromise check` and its address."),
    )
    return Message(text="\n".join([head, *told, *rest]), blocks=blocks)


def added(alerts: Sequence[Alert], ours: Collection[str], link: str) -> Message:
    """Tell of alerts of high severity that were only added to a digest: Slack notifies nobody of an edit.

    Args:
        alerts: The alerts.
        ours: Mail domains of ours, whose addresses stay readable.
        link: The web address of the digest, "" where it is not known.
    """
    number = parts.counted(len(alerts), "alert")
    lines = [f"*{number} of high severity* in {parts.link(link, 'the digest')}, added since it was posted:"]
    lines += [f"• {sentence(alert, ours)}" for alert in alerts[:_JOINED]]
    if len(alerts) > _JOINED:
        lines.append(f"… and {len(alerts) - _JOINED} more.")
    text = "\n".join(lines)
    return fit(Message(text=text, blocks=(parts.section(text),)))


def not_collected(tenant: str, source: str, says: str) -> Message:
    """Tell that a source of alerts does not answer: silence would read as no alerts."""
    text = (
        f"⚠ Alerts of {SOURCES[source].says} ({source.replace('_', ' ')}) in {said(tenant, 80)} are not"
        f" collected: {said(says, 300)} Needs {SOURCES[source].needs}. Collection resumes once"
        " it answers."
    )
    return Message(text=text, blocks=(parts.section(text),))


def why_checked(alert: Alert) -> str:
    """Say on a card, in plain text, which alert its check began with."""
    return f"Started by an alert: {plain(alert.title, 150)} ({alert.severity})."


def sentence(alert: Alert, ours: Collection[str]) -> str:
    """One alert in one sentence: how grave, what, about whom."""
    mark = MARKS.get(alert.severity, "⚪")
    whom = f": *{_account(alert.account, ours)}*" if alert.account else ", names no account"
    more = f" and {parts.counted(alert.more, 'more account')}" if alert.more else ""
    return f"{mark} {alert.severity.capitalize()} · {said(alert.title, 150, ours)}{whom}{more}"


def _account(name: str, ours: Collection[str]) -> str:
    return address(name) if domain_of(name) in ours else said(name, 120, ours)


def _whence(alert: Alert) -> str:
    name = SOURCES[alert.source].says if alert.source in SOURCES else said(alert.source, 40)
    return f"{parts.link(alert.link, name)} · {parts.utc(alert.at)}"
