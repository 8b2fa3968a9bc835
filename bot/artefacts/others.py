"""Who else: from where the attacker came, and which other accounts and people the case touches. Pure.

Text from the tenant is in the names: whoever shows them escapes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.artefacts.containment import Item, items, unchecked
from bot.artefacts.handled import NOTHING, Handled
from bot.artefacts.spoken_time import spoken_time
from bot.messages.closing import word_for
from bot.messages.escape import cut, visible
from commands.report import Clause, Report, Tie, numbered
from commands.story import reach
from commands.story.doors import DoorState
from graph.verified import domain_of

_NAMED: Final = 5
_NAME: Final = 320
"""Characters of a name: an address that is cut is none that anybody can act on."""

_SHARED: Final = frozenset(
    {"shared_by_intruder", "anonymous_link_made", "shared_with_guest", "shared_with_many_guests"}
)
"""Signs of files that others can open."""

_INSIDE: Final = 3
"""People of the organization who are named; of more, how many."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Some of those that a case touches.

    Attributes:
        id: ``from``, ``applications``, ``accounts``, ``forwards``, ``delegates``, ``links`` or
            ``recipients``.
        says: What they have to do with it.
        names: The first of them.
        further: How many more there are.
        check: Whether one of them is an account of the tenant that nobody checked yet.
        stands: Of what stood open, ``still open`` or ``removed 29 Nov 12:40``; "" of anything else.
        is_open: Whether any of it is not known to be closed.
    """

    id: str
    says: str
    names: tuple[str, ...]
    further: int = 0
    check: bool = False
    stands: str = ""
    is_open: bool = False


def others(report: Report, handled: Handled = NOTHING) -> tuple[Ring, ...]:
    """Give everybody else that the case touches, as far as anything tells; none where there is no story.

    Args:
        report: What the check found.
        handled: What was done about it so far: what is closed is told as past.
    """
    unseen = tuple(one.says for one in unchecked(report, handled))
    return tuple(ring for ring in _rings(report, items(report, handled), unseen) if ring.names)


def _rings(report: Report, found: Sequence[Item], unseen: Sequence[str]) -> Iterator[Ring]:
    story, seen = report.story, report.exposure
    if story is None:
        return
    yield _ring("from", "came from", (one.says for one in story.origin))
    if seen:
        yield _standing(
            _ring("applications", "had access to mail", (one.says for one in seen.applications)),
            "has access to mail",
            seen.applications,
            found,
        )
    # Whom the attacker wrote to stands among those whom the mail reached.
    found_where = (one for one in story.leads if one.why is not Tie.LURED)
    leads = (f"{one.says}: {one.because}" if one.why else one.says for one in found_where)
    yield _ring("accounts", "leads to other accounts", leads, check=bool(unseen))
    if seen:
        own = {address.casefold() for address in report.subject.addresses}
        own |= {report.subject.mail.casefold(), report.subject.user_principal_name.casefold()}
        yield _standing(
            _ring("forwards", "mail was forwarded to", _names(seen.forwards, report, own)),
            "mail is forwarded to",
            seen.forwards,
            found,
        )
        given = given_in(report)
        yield _standing(
            _ring("delegates", "could open or use the mailbox", _holders(given, report, own)),
            "can open or use the mailbox",
            given,
            found,
        )
        shared = shared_in(report)
        yield _standing(
            _ring("links", "files were open to others", (one.says for one in shared)),
            "files are open to others",
            shared,
            found,
        )
        counted = Counter(domain_of(address) for address in seen.outside)
        named = [f"{address} (inside)" for address in seen.inside[:_INSIDE]]
        if len(seen.inside) > _INSIDE:
            named.append(f"{len(seen.inside) - _INSIDE} more inside the organization, in recipients.csv")
        named += [f"{domain} ({count})" for domain, count in counted.most_common()]
        count = f" ({reach.in_short(report, in_brackets=True)})" if named else ""
        yield _ring("recipients", f"received mail from the attacker{count}", named)


def given_in(report: Report) -> tuple[Clause, ...]:
    """Give the rights on this mailbox that the attacker gave to others."""
    told = report.story.persistence if report.story else ()
    return tuple(one for one in told if any(number.startswith("delegates.") for number in one.findings))


def shared_in(report: Report) -> tuple[Clause, ...]:
    """Give the files that the attacker opened to others, by links or as guests."""
    signs = {number: finding.sign.id for number, finding in numbered(report.symptoms)}
    told = report.story.read_or_taken if report.story else ()
    return tuple(one for one in told if any(signs.get(number) in _SHARED for number in one.findings))


def _holders(given: Sequence[Clause], report: Report, own: Collection[str]) -> Iterator[str]:
    """Name who got rights; whoever has no address, such as everybody in the organization, comes first."""
    yield from (one.says for one in given if not any(_names([one], report, own)))
    yield from _names(given, report, own)


def _standing(ring: Ring, now: str, clauses: Collection[Clause], found: Sequence[Item]) -> Ring:
    """Say in the present tense what stands open, and of the rest when the last of it was closed."""
    numbers = {number for one in clauses for number in one.findings}
    doors = [one.door for one in found if numbers & set(one.door.clause.findings)]
    if any(one.state is not DoorState.CLOSED for one in doors):
        return replace(ring, says=now, stands="still open", is_open=True)
    closed = max((one.at for one in doors if one.at), default=None)
    word = word_for(step for one in doors for step in one.steps)
    return replace(ring, stands=f"{word} {spoken_time(closed)}") if closed else ring


def _names(clauses: Iterable[Clause], report: Report, own: Collection[str]) -> Iterator[str]:
    """Give the addresses that the findings of clauses name, but the account's own."""
    findings = dict(numbered(report.symptoms))
    told = (findings[number] for one in clauses for number in one.findings if number in findings)
    yield from (name for finding in told for name in finding.names if name not in own)


def _ring(id_: str, says: str, names: Iterable[str], *, check: bool = False) -> Ring:
    every = tuple(dict.fromkeys(names))
    most = _NAMED if len(every) > _NAMED + 1 else len(every)  # a line that counts one more would be as long
    shown = tuple(cut(visible(name), _NAME) for name in every[:most])
    return Ring(id_, says, shown, len(every) - len(shown), check)
