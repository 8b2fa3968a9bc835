"""The many ways in which exports write a moment, read into aware UTC datetimes.

Source: facts measured on public records and the schema's pages: the unified audit log writes UTC without a
zone, its search rows use American 12-hour dates, PowerShell 5 writes milliseconds since 1970.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from graph.errors import UnreadableRecord

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DATE_CALL: Final = re.compile(r"\\?/Date\((-?\d{1,16})(?:([+-])(\d{2})(\d{2}))?\)\\?/")
_SPLIT: Final = re.compile(
    r"(?P<first>\d{1,4})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)(?P<third>\d{1,4})"
    r"(?:,?[ T]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<sec>\d{2})(?:[.,](?P<frac>\d+))?)?"
    r"\s*(?P<half>[AaPp]\.?\s?[Mm]\.?)?)?\s*(?:Z|UTC|GMT|\(UTC\))?(?P<zone>\s*[+-]\d{2}:?\d{2})?"
)
# Kibana's Discover, PowerShell's long form, mail headers: the month by its English name.
_NAMED: Final = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s-]+(?P<month>[A-Za-z]{3,9})"
    r"|(?P<month2>[A-Za-z]{3,9})\s+(?P<day2>\d{1,2})(?:st|nd|rd|th)?),?[\s-]+(?P<year>\d{4})"
    r"(?:,?\s*(?:@|at)?\s*(?P<clock>\d{1,2}:.*))?"
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_COUNTED: Final = re.compile(r"(?P<whole>\d{9,13})(?P<part>\.\d{1,9})?")
_MILLIS: Final = 10
_NOON: Final = 12
_HIGHEST_MONTH: Final = 12
_FOUR_DIGITS: Final = 1000
_CENTURY: Final = 100
_PLAIN_LENGTH: Final = len("2021-04-16T10:11:12")


def time_of(text: str) -> datetime:
    """Read one moment; a text without zone is UTC.

    Dates with slashes are American (month first), unless the first number cannot be a month.

    Raises:
        UnreadableRecord: when the text is no moment that a calendar knows.
    """
    if len(text) == _PLAIN_LENGTH and text[10] == "T":  # as nearly every record writes it, read at once
        with suppress(ValueError):
            return datetime.fromisoformat(f"{text}+00:00")
    plain = text.strip().replace("\u202f", " ").replace("\u00a0", " ")
    try:
        moment = _read(plain)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnreadableRecord(f"The time {text[:60]!r} cannot be read.") from None


def record_time(text: str) -> datetime:
    """Read the moment of a record: at the ends of the calendar nothing can be counted before or after it.

    Raises:
        UnreadableRecord: when the text is no moment, or lies where no record can.
    """
    moment = time_of(text)
    if not _EARLIEST <= moment.year < _LATEST:
        raise UnreadableRecord(f"The time {text[:60]!r} is not one that a record can have.")
    return moment


_EARLIEST: Final = 1990
_LATEST: Final = 2100


def _read(text: str) -> datetime:
    if text[:1].isdigit() and len(text) > len("2021-04-16") and text[4:5] == "-":
        with suppress(ValueError):  # hand-made exports write dates that only look like ISO: see below
            return datetime.fromisoformat(text)
    if call := _DATE_CALL.fullmatch(text):
        # The offset that may follow is only how to show it: the number itself counts from 1970 in UTC.
        return _EPOCH + timedelta(milliseconds=int(call[1]))
    if parts := _SPLIT.fullmatch(text):
        return _from_parts(parts)
    if counted := _COUNTED.fullmatch(text):
        # Splunk counts seconds since 1970, Elastic milliseconds.
        number = float(text) / (1000 if len(counted["whole"]) > _MILLIS else 1)
        return _EPOCH + timedelta(seconds=number)
    if named := _NAMED.fullmatch(text):
        month = (named["month"] or named["month2"])[:3].lower()
        day = named["day"] or named["day2"]
        if month in _MONTHS:
            return _read(f"{named['year']}-{_MONTHS.index(month) + 1}-{day} {named['clock'] or '0:00'}")
    return datetime.fromisoformat(text)


def _from_parts(parts: re.Match[str]) -> datetime:
    first, second, third = int(parts["first"]), int(parts["second"]), int(parts["third"])
    if first >= _FOUR_DIGITS:
        year, month, day = first, second, third
    else:
        year, month, day = third + (2000 if third < _CENTURY else 0), first, second
        # A dot is how German exports part day and month; elsewhere only an impossible month tells.
        if parts["mark"] == "." or month > _HIGHEST_MONTH:
            month, day = day, month
    hour = int(parts["hour"] or 0)
    if half := parts["half"]:
        hour = hour % _NOON + (_NOON if half[0] in "Pp" else 0)
    micro = int((parts["frac"] or "0")[:6].ljust(6, "0"))
    minute, second_of_minute = int(parts["minute"] or 0), int(parts["sec"] or 0)
    zone = UTC
    if text := (parts["zone"] or "").replace(":", "").strip():
        offset = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
        zone = timezone(-offset if text[0] == "-" else offset)
    return datetime(year, month, day, hour, minute, second_of_minute, micro, zone)
