"""What a scan saw of a log beside what it picked out of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from graph.addresses import network_of
from graph.audit_log.contexts import Contexts
from graph.audit_log.files import Unreadable, kind_of
from graph.audit_log.names import Names
from graph.audit_log.pieces import as_text
from graph.audit_log.texts import Notes
from graph.audit_log.traced import Traced
from graph.audit_log.wrapped import LOOKED_AT, PLACES

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")

AUDIT_RECORDS: Final = "unified audit log"
"""What bare records of the unified audit log are called to people."""

NETWORKS: Final = 50_000
"""From how many networks it is counted who signed in; what an organization shares comes up early."""

UNREADABLE_KEPT: Final = 1_000
"""How many unreadable records of one part are kept; the rest are counted."""

REASONS_KEPT: Final = 100
"""By how many reasons."""

OTHER_REASONS: Final = "The record could not be read, for one of many other reasons."

SEARCHES_KEPT: Final = 10_000
"""How many searches are told apart, by how many results they had."""

ADDRESSES_KEPT: Final = 200_000
"""Of how many senders and domains the messages of a trace are counted."""


DEPTH_CUT: Final = (
    "PowerShell's ConvertTo-Json wrote text in place of objects below its depth; export again with -Depth 10"
)

LOST: Final = {
    "blank": "AuditData of {count} is blank, so what was done is known from the other columns alone",
    "cut": (
        "AuditData of {count} is cut off, and what is left of it was read; a cell of Excel holds 32,767"
        " characters: export as CSV and do not save it from Excel"
    ),
    "unreadable": (
        "AuditData of {count} cannot be read, so what was done is known from the other columns alone;"
        " export it as CSV and do not change it, or as JSON"
    ),
}
"""What is told of rows by the state of their AuditData."""

UNSEARCHED: Final = f"an unknown object was not searched further after {LOOKED_AT:,} values without a record"


def _is_cut(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and _is_cut(value[0])
    if isinstance(value, Mapping):
        return any(_is_cut(one) for one in value.values() if not isinstance(one, Mapping))
    return isinstance(value, str) and value.startswith(SHOWN)


SHOWN: Final = ("@{", "System.Object[]", "System.Collections.")
"""How texts begin that PowerShell shows in place of an object or a list."""


def mistake(error: Exception) -> str:
    """Say that a reader of ours failed on a record."""
    return f"Internal error while reading this record ({type(error).__name__})."


def _count(counter: Counter[str], key: str) -> None:
    if key in counter or len(counter) < ADDRESSES_KEPT:
        counter[key] += 1


@dataclass(slots=True)
class Tally:
    """What a scan saw beside what it picked.

    Attributes:
        lines: How many lines or rows.
        records: How many records.
        left_out: How many everyday records were counted and not picked, by operation.
        actors: Everybody who acted, in comparable form.
        spilled: Every name or id that something was picked for.
        everyday: What was counted of everyday work and not picked.
        names: By what the accounts are known.
        unreadable: Records that could not be read; their lines count from the beginning of the scanned part.
        further_unreadable: How many more there were, by reason, each with the line of the first.
        notes: What is to be said of the file beside its records.
        kinds: How many records of which kind.
        first: The day of the first record, "" where none was read.
        last: The day of the last record.
        got_in: From each network, the accounts that signed in; of no more than `NETWORKS` networks.
        searches: For each number of results that rows say their search had, the highest place of a row.
        senders: How many messages each address sent, where a trace does not tell their direction.
        mail_domains: How many of those messages each domain took part in.
        lost: Of how many rows AuditData is not whole, by its state.
    """

    lines: int = 0
    records: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    actors: set[str] = field(default_factory=set)
    spilled: set[str] = field(default_factory=set)
    everyday: Contexts = field(default_factory=Contexts)
    names: Names = field(default_factory=Names)
    unreadable: list[Unreadable] = field(default_factory=list)
    further_unreadable: dict[str, tuple[int, int]] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)
    kinds: Counter[str] = field(default_factory=Counter)
    first: str = ""
    last: str = ""
    got_in: dict[str, set[str]] = field(default_factory=dict)
    searches: dict[int, int] = field(default_factory=dict)
    senders: Counter[str] = field(default_factory=Counter)
    mail_domains: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)

    def unread(self, one: Unreadable) -> None:
        """Keep what could not be read; beyond `UNREADABLE_KEPT` only count it, by reason."""
        if len(self.unreadable) < UNREADABLE_KEPT:
            self.unreadable.append(one)
            return
        further = self.further_unreadable
        reason = one.reason if one.reason in further or len(further) < REASONS_KEPT else OTHER_REASONS
        line, count = further.get(reason, (one.line, 0))
        further[reason] = (line, count + 1)

    def unread_count(self) -> int:
        """Say how many records could not be read."""
        return len(self.unreadable) + sum(count for _, count in self.further_unreadable.values())

    def trace(self, message: Traced) -> None:
        """Note whose message it is: the organization's own where the trace says so."""
        if message.organization:
            self.names.own(f"@{message.organization}")
        if message.incoming is None:
            _count(self.senders, message.sender)
            for domain in message.domains:
                _count(self.mail_domains, domain)
        elif not message.incoming:
            self.names.own(message.sender)
            self.actors.add(message.sender)

    def enter(self, address: str, account: str) -> None:
        """Note that an account signed in from an address."""
        network = network_of(address)
        accounts = self.got_in.get(network)
        if accounts is None:
            if not network or len(self.got_in) >= NETWORKS:
                return
            accounts = self.got_in[network] = set()
        accounts.add(account)

    def date(self, day: str) -> None:
        """Note the day of a record, as text that begins with it in ISO 8601."""
        if _DAY.match(day):
            day = day[:10]
            self.first = min(self.first or day, day)
            self.last = max(self.last, day)

    def note_depth(self) -> None:
        """Note that objects are only shown, as ConvertTo-Json leaves them where it does not go deeper."""
        if DEPTH_CUT not in self.notes.incomplete:
            self.notes.incomplete.append(DEPTH_CUT)

    def found_under(self, places: Iterable[str]) -> None:
        """Note under which fields of an unknown frame records were found."""
        if len(self.notes.places) < PLACES:
            self.notes.places |= dict.fromkeys(places)

    def note_unsearched(self) -> None:
        """Note that an object was too large to be searched whole for records."""
        if UNSEARCHED not in self.notes.incomplete:
            self.notes.incomplete.append(UNSEARCHED)

    def tell(self, raw: Mapping[str, Any]) -> None:
        """Note of what kind a record was, and what a row says of its place among all that were found."""
        if any(map(_is_cut, raw.values())):
            self.note_depth()
        self.kinds[kind_of(raw)] += 1
        place, found = as_text(raw.get("ResultIndex")), as_text(raw.get("ResultCount"))
        if place.isdecimal() and found.isdecimal():
            results = int(found[:12])
            if results in self.searches or len(self.searches) < SEARCHES_KEPT:
                self.searches[results] = max(self.searches.get(results, 0), int(place[:12]))

    def forget(self) -> None:
        """Forget who is who, once it is put together with what other parts show."""
        self.names, self.actors, self.spilled, self.got_in = Names(), set(), set(), {}

    def finish(self) -> None:
        """Note what only the whole shows."""
        if (plain := self.records - self.kinds.total()) > 0:
            self.kinds[AUDIT_RECORDS] += plain
        for state, number in self.lost.items():
            rows = "1 row" if number == 1 else f"{number:,} rows"
            self.notes.incomplete.append(LOST[state].format(count=rows))


def note_unfinished(tallies: Sequence[Tally]) -> None:
    """Note for each part what searches it holds of which not all rows were given, in this part or another.

    The rows of one search may lie in several files, or in several parts of one.
    """
    highest: Counter[int] = Counter()
    for tally in tallies:
        for results, place in tally.searches.items():
            highest[results] = max(highest[results], place)
    for tally in tallies:
        for results in tally.searches:
            if 0 < highest[results] < results:
                says = f"its rows go up to number {highest[results]:,} of {results:,} results"
                tally.notes.incomplete.append(says)
