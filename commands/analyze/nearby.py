"""Going back: what the first pass only counted is read closely where somebody else may have been.

The first pass knows of no address yet whether it is suspect. Once an account was judged, everyday records of
it from an address that is doubtful at least, in a suspect session, or of an application that was let in, are
picked as well, and the account is judged anew. So no number of an attacker's deeds, and no time at which they
were last seen, rests on a sample.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from commands.analyze.picking import PARTITIONS, Spill, partition_of, spilled
from commands.clues.consents import consented_apps
from commands.cycles import without_cycles
from commands.report import Owner, Report
from commands.usual import DOUBTFUL_FROM, Usual
from commands.usual.places import spot_of
from graph.addresses import address_of
from graph.audit_log import scan
from graph.audit_log.blocks import Part
from graph.audit_log.contexts import LeftOut
from graph.audit_log.slim import Slim
from graph.evidence import Evidence

ROUNDS: Final = 2
"""How often it is gone back at most: what was read may show an address of which nobody knew."""

COUNTED_EXACTLY: Final = "UserLoginFailed"
"""What is not gone back for: attempts are counted by day, address and error, and there may be very many."""


class Want(msgspec.Struct, frozen=True):
    """Which everyday records of an account are to be read closely.

    Attributes:
        account: What the account is called.
        names: Every name and id of it, lower-cased.
        spots: Addresses, as `spot_of` writes them.
        sessions: Sessions.
        apps: Ids of applications, lower-cased.
    """

    account: str
    names: frozenset[str]
    spots: frozenset[str] = frozenset()
    sessions: frozenset[str] = frozenset()
    apps: frozenset[str] = frozenset()

    def is_near(self, slim: Slim, text: bytes) -> bool:
        """Say whether an everyday record is wanted."""
        if slim.Operation == COUNTED_EXACTLY:
            return False
        address = address_of(slim.ClientIPAddress or slim.ClientIP or "")
        if address and spot_of(address) in self.spots:
            return True
        if self.sessions and not self.sessions.isdisjoint(sessions_in(text)):
            return True
        return bool(self.apps) and any(one.encode() in text.lower() for one in self.apps)

    def counts(self, one: LeftOut) -> bool:
        """Say whether everything that was counted of one kind is wanted."""
        return one.operation != COUNTED_EXACTLY and bool(one.address) and spot_of(one.address) in self.spots

    def goes_beyond(self, other: Want | None) -> bool:
        """Say whether this wants anything that another one did not."""
        if other is None:
            return True
        return bool(self.spots - other.spots or self.sessions - other.sessions or self.apps - other.apps)


_NAME: Final = rb'ession_?[iI][dD]\\*"\s*'
_VALUE: Final = rb'\\*"[vV]alue\\*"\s*:\s*'
_TEXT: Final = rb'\\*"([^"\\]{1,200})'
_SESSION: Final = re.compile(_NAME + rb"(?::|,\s*" + _VALUE + rb")\s*" + _TEXT)
_LAST: Final = re.compile(_NAME + rb"\}")
_VALUE_FIRST: Final = re.compile(
    _VALUE + _TEXT + rb'\\*"\s*,\s*\\*"[nN]ame\\*"\s*:\s*\\*"\w*[sS]' + _NAME + rb"\}"
)


def sessions_in(text: bytes) -> list[str]:
    """Give the sessions that a record names, in fields and in lists of names and values, also in a text.

    To look for each of a hundred sessions in each record took three quarters of the time of going back.
    """
    found = _SESSION.findall(text)
    if _LAST.search(text) is not None:
        found += _VALUE_FIRST.findall(text)
    return [one.decode(errors="replace") for one in found]


def want_of(report: Report, evidence: Evidence, usual: Usual, *, left: bool) -> Want | None:
    """Say what is to be read closely of an account; None where nothing was only counted that may matter.

    Args:
        report: What was found so far.
        evidence: What it was found in.
        usual: What is usual for the account by it.
        left: Whether records of anybody were only counted, or picked and not read.
    """
    if not left or not (report.story or usual.any_suspect):
        return None
    spots = {
        spot for spot, points in usual.points.items() if sum(one.points for one in points) >= DOUBTFUL_FROM
    }
    spots |= usual.suspect_spots
    spots |= {spot_of(one) for one in (report.story.addresses if report.story else ())}
    spots |= {
        spot_of(one.address)
        for one in report.findings
        if one.address and (one.further or (one.severity > 0 and one.owner is not Owner.OWNER))
    }
    sessions = frozenset(one for one in usual.suspect_sessions if one)
    apps = frozenset(consented_apps(evidence))
    if not (spots or sessions or apps):
        return None
    subject = evidence.subject
    names = (subject.user_principal_name, subject.id, *subject.addresses, *subject.names)
    return Want(
        account=subject.user_principal_name,
        names=frozenset(one.casefold() for one in names if one),
        spots=frozenset(spots),
        sessions=sessions,
        apps=apps,
    )


def lay_down(folder: Path, number: int, wants: Sequence[Want]) -> None:
    """Leave what is wanted of the accounts of one partition for whoever goes back."""
    place = _place(folder, number)
    if wants:
        place.write_bytes(msgspec.msgpack.encode(wants))
    else:
        place.unlink(missing_ok=True)  # of the pass before


def wanted_in(folder: Path, number: int) -> list[Want]:
    """Read what was wanted of one partition."""
    place = _place(folder, number)
    return msgspec.msgpack.decode(place.read_bytes(), type=list[Want]) if place.exists() else []


def partitions(folder: Path) -> list[int]:
    """Give the partitions of which something is wanted."""
    return [number for number in range(PARTITIONS) if wanted_in(folder, number)]


def _place(folder: Path, number: int) -> Path:
    return folder / f"wanted{number}"


def go_back(task: tuple[Part, Path, Path]) -> None:
    """Read one part of a file once more, and lay down what is wanted of it.

    The task is the part, the place for what is picked, and the folder in which it lies what is wanted.
    """
    part, place, folder = task
    wants: dict[str, list[Want]] = {}
    for number in range(PARTITIONS):
        for want in wanted_in(folder, number):
            for name in want.names:
                wants.setdefault(name, []).append(want)
    with without_cycles(), Spill(place) as spill:

        def near(actor: str, owner: str, slim: Slim, line: bytes) -> None:
            found = {
                one.account: one
                for name in (actor, owner)
                for one in wants.get(name.casefold(), ())
                if one.is_near(slim, line)
            }
            for account in found:
                spill.write(partition_of(account), (account, "audit", bytes(line)))

        scan.again(part, near, wants.keys())


def read_again(folder: Path, number: int) -> Iterator[tuple[str, bytes]]:
    """Give what was picked of the accounts of one partition, with whose it is."""
    for place in sorted((folder / "near").glob("[0-9]*")):
        for account, _, text in spilled(place / str(number)):
            yield account, text


def still_counted(counted: Mapping[LeftOut, int], want: Want, read: Sequence[LeftOut]) -> dict[LeftOut, int]:
    """Say what is left of what was only counted, after the wanted records were read.

    Args:
        counted: What was only counted.
        want: What was wanted.
        read: What each record that had only been counted has in common with others.
    """
    left = {one: count for one, count in counted.items() if not want.counts(one)}
    for one in read:
        if one in left:
            left[one] -= 1
    return {one: count for one, count in left.items() if count > 0}
