"""Reading alerts from elsewhere: which came, which wait to be shown, and until when each source was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.ledger.chain import moment
from commands.ledger.reading import Readable, Row
from commands.ledger.writing import BOT


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert about one account, as the ledger has it.

    Attributes:
        id: The same at every reading of its source.
        seq: Its entry.
        tenant: The name of the configured tenant.
        source: Where it came from.
        title: What its product calls it.
        severity: ``high``, ``medium``, ``low``, ``informational`` or ``unknown``.
        at: When it was raised (aware UTC).
        account: The account as the alert names it, "" for none.
        object_id: The account's object id, "" where there is no such account.
        link: Its page in the product's portal, "" for none.
        more: How many further accounts it names that are not told apart.
        how: How it was shown, "" while it waits; ``aloud``: added to a digest by an edit, and told beside it.
        channel: Where it was shown.
        ts: The message that shows it, "" for none.
    """

    id: str
    seq: int
    tenant: str
    source: str
    title: str
    severity: str
    at: datetime
    account: str
    object_id: str
    link: str
    more: int
    how: str
    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a source was read: until when (None for never), and why it does not answer, "" when it does."""

    until: datetime | None
    trouble: str


def alert_at(book: Readable, seq: int) -> Alert | None:
    """Give the alert of an entry."""
    rows = book.rows("SELECT * FROM alerts WHERE seq = ?", [seq])
    return _alert(rows[0]) if rows else None


def unknown(book: Readable, names: Iterable[str]) -> frozenset[str]:
    """Give those of these alerts that did not come before."""
    return frozenset(
        name for name in names if not book.rows("SELECT 1 AS one FROM alerts WHERE id = ?", [name])
    )


def waiting(book: Readable) -> tuple[Alert, ...]:
    """Give the alerts of all tenants that nobody was shown yet, in the order in which they came."""
    return tuple(map(_alert, book.rows("SELECT * FROM alerts WHERE how = '' ORDER BY seq")))


def raised_since(book: Readable, tenant: str, source: str, since: datetime) -> int:
    """Count the alerts of a tenant that came from a source since a moment."""
    rows = book.rows(
        "SELECT count(*) AS number FROM alerts WHERE tenant = ? AND source = ? AND raised_at > ?",
        [tenant, source, moment(since)],
    )
    return int(rows[0]["number"])


def shown_since(
    book: Readable, tenant: str, how: str, since: datetime, *, of: str = "", but: str = ""
) -> int:
    """Count the messages by which alerts of a tenant were shown in this way since a moment.

    Args:
        book: The ledger.
        tenant: The tenant.
        how: In which way.
        since: The moment.
        of: Of this severity alone, "" for any.
        but: Of any severity but this one, "" for any.
    """
    rows = book.rows(
        "SELECT count(DISTINCT channel || ts) AS number FROM alerts"
        " WHERE tenant = ? AND how = ? AND shown_at > ? AND severity <> ? AND ? IN ('', severity)",
        [tenant, how, moment(since), but, of],
    )
    return int(rows[0]["number"])


def last_line(book: Readable, tenant: str, object_id: str, since: datetime) -> Alert | None:
    """Give the alert about an account that has a line in a channel since a moment, the newest such one."""
    rows = book.rows(
        "SELECT * FROM alerts WHERE tenant = ? AND object_id = ? AND how = 'line' AND shown_at > ?"
        " ORDER BY shown_at DESC LIMIT 1",
        [tenant, object_id, moment(since)],
    )
    return _alert(rows[0]) if rows and object_id else None


def in_digests(book: Readable, channel: str, since: datetime) -> tuple[Alert, ...]:
    """Give the alerts in those digests of a channel that were begun since a moment, by digest and age."""
    # Years of them are not looked through: whatever was begun a day earlier is edited no more.
    rows = book.rows(
        "SELECT * FROM alerts WHERE how IN ('digest', 'aloud') AND shown_at > ? AND channel = ? AND ts IN"
        " (SELECT ts FROM alerts WHERE how IN ('digest', 'aloud') AND shown_at > ? AND channel = ?"
        " GROUP BY ts HAVING min(shown_at) > ?) ORDER BY ts, shown_at, seq",
        [moment(since), channel, moment(since - timedelta(days=1)), channel, moment(since)],
    )
    return tuple(map(_alert, rows))


def added(book: Readable, channel: str, severity: str, since: datetime) -> tuple[Alert, ...]:
    """Give the alerts of a severity that were added to a digest since a moment, and told of nowhere else."""
    rows = book.rows(
        "SELECT alerts.* FROM alerts JOIN (SELECT ts AS digest, min(shown_at) AS begun FROM alerts"
        " WHERE how IN ('digest', 'aloud') AND shown_at > ? AND channel = ? GROUP BY ts) ON digest = ts"
        " WHERE how = 'digest' AND shown_at > ? AND channel = ? AND severity = ? AND shown_at > begun"
        " ORDER BY seq",
        [moment(since), channel, moment(since), channel, severity],
    )
    return tuple(map(_alert, rows))


def last_heard(book: Readable, channel: str, since: datetime) -> Mapping[str, datetime]:
    """Say by tenant when a channel was told last, since a moment, of what was added to a digest."""
    rows = book.rows(
        "SELECT tenant, max(shown_at) AS last FROM alerts WHERE how = 'aloud' AND shown_at > ?"
        " AND channel = ? GROUP BY tenant",
        [moment(since), channel],
    )
    return {row["tenant"]: datetime.fromisoformat(row["last"]) for row in rows}


def unchecked(book: Readable, since: datetime) -> tuple[Alert, ...]:
    """Give the alerts in digests that came since a moment and whose accounts had no check since they came.

    A check counts once it has a card, whoever asked for it; so none is made twice after a kill either.
    """
    rows = book.rows(
        # Whatever came since was also shown since, and of that there is an index.
        "SELECT * FROM alerts WHERE how IN ('digest', 'aloud') AND shown_at > ? AND raised_at > ?"
        " AND object_id <> '' AND NOT EXISTS (SELECT 1 FROM cases WHERE subject_id = object_id"
        " AND cases.tenant = alerts.tenant AND asked_at > raised_at AND card <> '') ORDER BY seq",
        [moment(since), moment(since)],
    )
    return tuple(map(_alert, rows))


def checks_since(book: Readable, tenant: str, since: datetime, shown: datetime) -> int:
    """Count the checks of a tenant that started by themselves since a moment.

    Args:
        book: The ledger.
        tenant: The tenant.
        since: The moment.
        shown: Since when the alerts were shown that they can have started by.
    """
    rows = book.rows(
        # By the accounts of alerts, of which there is an index: years of cases are not looked through.
        "SELECT count(*) AS number FROM cases WHERE tenant = ? AND asked_by = ? AND asked_at > ?"
        " AND subject_id IN (SELECT object_id FROM alerts"
        " WHERE how IN ('check', 'thread', 'digest', 'aloud', 'line') AND shown_at > ?)",
        [tenant, BOT, moment(since), moment(shown)],
    )
    return int(rows[0]["number"])


def cursor(book: Readable, tenant: str, source: str) -> Cursor:
    """Say how far a source of a tenant was read."""
    rows = book.rows("SELECT * FROM cursors WHERE name = ?", [f"alerts {tenant}/{source}"])
    if not rows:
        return Cursor(None, "")
    value = rows[0]["value"]
    return Cursor(datetime.fromisoformat(value) if value else None, rows[0]["trouble"])


def delivered_until(book: Readable, target: str) -> int | None:
    """Give the last entry that was sent to a target; None where nothing ever was."""
    rows = book.rows("SELECT value FROM cursors WHERE name = ?", [f"delivered {target}"])
    return int(rows[0]["value"]) if rows else None


def _alert(row: Row) -> Alert:
    return Alert(
        id=row["id"],
        seq=row["seq"],
        tenant=row["tenant"],
        source=row["source"],
        title=row["title"],
        severity=row["severity"],
        at=datetime.fromisoformat(row["at"]),
        account=row["account"],
        object_id=row["object_id"],
        link=row["link"],
        more=row["more"],
        how=row["how"],
        channel=row["channel"],
        ts=row["ts"],
    )
