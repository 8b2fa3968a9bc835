"""Take entries that hide or let through mail off the junk mail lists.

Source: Exchange PowerShell, "Set-MailboxJunkEmailConfiguration". Intruders block those who would warn the
victim, and trust the addresses that they write from. Only entries that a finding names are planned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from commands.clues.actions import given
from commands.clues.records import addresses_in, one_line
from commands.plan import Change, Look, Phase, Planned, Undo
from commands.planning import PlanningInput
from commands.report import Finding
from commands.steps.mailbox_parts import MULTI, with_gaps
from commands.steps.parts import asks_for, name_of, refusals
from commands.usual.domains import domain_of
from graph.evidence import Known
from graph.request import Cmdlet, Request

TITLE = "Clean the junk email lists"
SOURCE = "step 3, extended"
PHASE = Phase.ERADICATE
PLANS = "one change for each entry that a finding names"
UNDO = "the entry is added to its list again"
PEOPLE = "one"
NEEDS: Final = ("junk_lists",)
WRITES: tuple[Request | Cmdlet, ...] = (Cmdlet("Set-MailboxJunkEmailConfiguration"),)

_ID: Final = "clean_junk_lists"
_SYMPTOM: Final = "junk_lists"
_BLOCKED: Final = "BlockedSendersAndDomains"
_TRUSTED: Final = "TrustedSendersAndDomains"
_BETWEEN: Final = re.compile(r"[;,\s]+")


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
                if (finding := named[field].get(_plain(entry))) is not None
            ]
    yield from with_gaps(
        _ID, planning, changes, "There are no suspicious entries in the junk email lists.", *NEEDS
    )


def _named(planning: PlanningInput) -> dict[str, dict[str, Finding]]:
    """For each list, the entries that findings name, and the gravest finding of each."""
    records = {record.id: record for record in planning.evidence.records()}
    named: dict[str, dict[str, Finding]] = {_BLOCKED: {}, _TRUSTED: {}}
    for finding in planning.findings(_SYMPTOM):
        made = [given(records[one]) for one in finding.records if one in records]
        texts = {
            _BLOCKED: [finding.after, *(one.get(_BLOCKED.casefold(), "") for one in made)],
            _TRUSTED: [one.get(_TRUSTED.casefold(), "") for one in made],
        }
        if not made:
            texts[_BLOCKED] += finding.records
        for field, parts in texts.items():
            for entry in _BETWEEN.split(" ".join(parts)):
                if plain := _plain(entry):
                    named[field].setdefault(plain, finding)
    return named


def _plain(entry: str) -> str:
    return entry.strip().strip("@{}").casefold()


def _is_told(planning: PlanningInput, entry: str, finding: Finding) -> bool:
    """Whether something speaks against this very entry, and not only against who wrote the whole list.

    Either it hides warnings, or it lets in mail from where another finding leads.
    """
    plain = _plain(entry)
    if plain in {_plain(word) for word in _BETWEEN.split(finding.summary)}:
        return True
    others = [
        one.after for one in planning.report.findings if one.severity > 0 and one.symptom != "junk_lists"
    ]
    addresses = set(addresses_in(" ".join(others)))
    return bool({plain} & (addresses | {domain_of(one) for one in addresses}))


def _change(planning: PlanningInput, field: str, entry: str, finding: Finding) -> Change:
    name = planning.subject.user_principal_name
    blocked = field == _BLOCKED
    which, shown = ("blocked" if blocked else "trusted"), one_line(entry)
    told = _is_told(planning, entry, finding)
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
