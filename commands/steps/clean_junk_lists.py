"""Take entries that hide or let through mail off the junk mail lists.

Source: Exchange PowerShell, "Set-MailboxJunkEmailConfiguration". Intruders block those who would warn the
victim, and trust the addresses that they write from. Only entries that a finding names are planned; which of
them the attacker added, the findings tell, since they rest on the whole record of the change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from commands.clues.records import addresses_in, one_line
from commands.plans.plan import Change, Look, ManualTask, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.report import Finding, ListEntry
from commands.steps.mailbox_parts import MULTI, with_gaps
from commands.steps.parts import asks_for, name_of, refusals
from commands.symptoms.junk_lists import BY_INTRUDER, plain_entry
from commands.usual.domains import domain_of
from graph.evidence import Known
from graph.request import Cmdlet, Request

TITLE = "Clean the junk email lists"
SOURCE = "step 3, extended"
PHASE = Phase.ERADICATE
PLANS = (
    "one change for each entry that a finding names, and a manual task for those that the attacker may "
    "have added"
)
UNDO = "the entry is added to its list again"
PEOPLE = "one"
NEEDS: Final = ("junk_lists",)
WRITES: tuple[Request | Cmdlet, ...] = (Cmdlet("Set-MailboxJunkEmailConfiguration"),)

_ID: Final = "clean_junk_lists"
_SYMPTOM: Final = "junk_lists"
_BLOCKED: Final = "BlockedSendersAndDomains"
_TRUSTED: Final = "TrustedSendersAndDomains"


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to take off each entry that a finding names; suggested where something speaks against it."""
    if refused := refusals(planning, _ID):
        yield from refused
        return
    changes = []
    if isinstance(planning.evidence.junk_lists, Known):
        lists = planning.evidence.junk_lists.value
        named = _named(planning)
        for field, entries in (
            (_BLOCKED, lists.blocked_senders_and_domains),
            (_TRUSTED, lists.trusted_senders_and_domains),
        ):
            changes += [
                _change(planning, field, entry, finding)
                for entry in {entry.casefold(): entry for entry in entries}.values()
                if (finding := named.get((field == _BLOCKED, plain_entry(entry)))) is not None
            ]
        yield from _untold(planning, changes, named)
    yield from with_gaps(
        _ID, planning, changes, "There are no suspicious entries in the junk email lists.", *NEEDS
    )


_Named: TypeAlias = Mapping[tuple[bool, str], tuple[Finding, ListEntry]]
"""For each entry, by whether it is blocked and in comparable form, the gravest finding that names it."""


def _named(planning: PlanningInput) -> _Named:
    named: dict[tuple[bool, str], tuple[Finding, ListEntry]] = {}
    for finding in planning.findings(_SYMPTOM):
        for one in finding.entries:
            key = one.blocked, one.text
            before = named.get(key)
            # Of findings that weigh alike, the one that tells more.
            if before is None or (_speaks(finding, one) and not _speaks(*before)):
                named[key] = finding, one
    return named


def _speaks(finding: Finding, entry: ListEntry) -> bool:
    """Whether something speaks against this very entry, and not only against who wrote the whole list."""
    return bool(entry.why) or (bool(entry.added) and finding.sign.id == BY_INTRUDER.id)


def _leads_to(planning: PlanningInput) -> frozenset[str]:
    """Give the addresses and domains that other findings lead to: a trusted one lets in mail from there."""
    others = [one.after for one in planning.report.findings if one.severity > 0 and one.symptom != _SYMPTOM]
    addresses = set(addresses_in(" ".join(others)))
    return frozenset(addresses | {domain_of(one) for one in addresses})


def _untold(planning: PlanningInput, changes: Iterable[Change], named: _Named) -> Iterator[ManualTask]:
    """Yield a manual task for the entries that nobody can tell apart from the user's own."""
    unknown = []
    for change in changes:
        _, which, text = change.id.split(":", 2)
        finding, entry = named[which == _which(blocked=True), plain_entry(text)]
        if not change.suggested and entry.added is None and finding.sign.id == BY_INTRUDER.id:
            unknown.append(f"{one_line(text)} ({which})")
    if unknown:
        yield ManualTask(
            id=f"{_ID}:review",
            step=_ID,
            says=f"Review junk email list entries of {name_of(planning)} with the user",
            how=(
                f"Ask the user whether they added: {', '.join(unknown)}",
                "Propose the changes that remove those that they did not add",
            ),
            suggested=True,
        )


def _which(*, blocked: bool) -> str:
    return "blocked" if blocked else "trusted"


def _change(planning: PlanningInput, field: str, entry: str, told_by: tuple[Finding, ListEntry]) -> Change:
    name = planning.subject.user_principal_name
    finding, known = told_by
    which, shown = _which(blocked=known.blocked), one_line(entry)
    told = _speaks(finding, known) or known.text in _leads_to(planning)
    look = Look(
        Cmdlet("Get-MailboxJunkEmailConfiguration", {"Identity": name}, anchor=name), where={field: entry}
    )
    return Change(
        id=f"{_ID}:{which}:{entry.casefold()}",
        step=_ID,
        says=f"Remove {shown} from the {which} senders of {name_of(planning)}",
        why=finding.summary if told else f"{finding.summary}; the user may have had this entry before.",
        do=_set(name, field, "remove", entry),
        look=look,
        expects={},
        wants=None,
        undo=Undo(
            says=f"Add {shown} to the {which} senders of {name_of(planning)} again",
            do=_set(name, field, "add", entry),
            look=look,
            wants={},
        ),
        suggested=told and asks_for(planning, finding),
    )


def _set(name: str, field: str, verb: str, entry: str) -> Cmdlet:
    parameters = {"Identity": name, field: {"@odata.type": MULTI, verb: entry}}
    return Cmdlet("Set-MailboxJunkEmailConfiguration", parameters, anchor=name)
