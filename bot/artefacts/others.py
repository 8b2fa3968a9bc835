"""Who else: from where the attacker came, and which other accounts and people the case touches. Pure.

Text from the tenant is in the names: whoever shows them escapes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.messages.escape import cut, visible
from commands.clues.records import addresses_in
from commands.report import Report

_NAMED: Final = 5
_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class Ring:
    """Some of those that a case touches.

    Attributes:
        id: ``from``, ``applications``, ``accounts``, ``forwards``, ``delegates`` or ``recipients``.
        says: What they have to do with it.
        names: The first of them.
        further: How many more there are.
        check: Whether they are accounts of the tenant that want a check of their own.
    """

    id: str
    says: str
    names: tuple[str, ...]
    further: int = 0
    check: bool = False


def others(report: Report) -> tuple[Ring, ...]:
    """Give everybody else that the case touches, as far as anything tells; none where there is no story."""
    return tuple(ring for ring in _rings(report) if ring.names)


def _rings(report: Report) -> Iterator[Ring]:
    story, seen = report.story, report.exposure
    if story is None:
        return
    yield _ring("from", "came from", (one.says for one in story.origin))
    if seen:
        yield _ring("applications", "had access to mail", (one.says for one in seen.applications))
    leads = (f"{one.says}: {one.why}" if one.why else one.says for one in story.leads)
    yield _ring("accounts", "other accounts", leads, check=True)
    if seen:
        own = {address.casefold() for address in report.subject.addresses}
        own |= {report.subject.mail.casefold(), report.subject.user_principal_name.casefold()}
        yield _ring("forwards", "mail is sent on to", _addresses((one.says for one in seen.forwards), own))
        given = (
            one.says
            for one in story.persistence
            if any(number.startswith("delegates.") for number in one.findings)
        )
        yield _ring("delegates", "can open or use the mailbox", _addresses(given, own), check=True)
        counted = Counter(address.rpartition("@")[2] for address in seen.outside)
        named = [f"{domain} ({count})" for domain, count in counted.most_common()]
        if seen.inside:
            named.append(f"inside the organization ({len(seen.inside)})")
        yield _ring("recipients", "received mail from the attacker", named)


def _addresses(texts: Iterable[str], own: Collection[str]) -> Iterator[str]:
    for text in texts:
        yield from (address for address in addresses_in(text) if address not in own)


def _ring(id_: str, says: str, names: Iterable[str], *, check: bool = False) -> Ring:
    every = tuple(dict.fromkeys(names))
    shown = tuple(cut(visible(name), _NAME) for name in every[:_NAMED])
    return Ring(id_, says, shown, len(every) - len(shown), check)
