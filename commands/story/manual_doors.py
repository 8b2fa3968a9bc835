"""Ways in and out that only people close: no source of current settings shows them, only records. Pure.

Each counts as open from its record until somebody says that it is closed, or a later record removes it. They
are those that `commands/facts/remedies.toml` answers with a task for people: another way to sign in (domains,
partners, accounts made), an application that was given credentials or permissions, a way out for mail and
files (connectors, journal rules, flows, sharing), and what was set up on other accounts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from commands.clues.actions import given, off
from commands.clues.records import changing, listed, one_line
from commands.plans.remedy import task_for
from commands.report import Finding
from commands.story.clauses import Told, plain
from commands.story.doors import MANUAL
from commands.symptoms.data_leaving import file_of, is_link, is_search
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence

_TASKS: Final = ("federation", "made_accounts", "app_credentials", "ways_out", "other_accounts", "sharing")
"""The tasks that close a way in or out, what lets somebody in as anybody first."""

_OVER: Final = frozenset(
    {
        "account_made_and_deleted",
        "accounts_deleted",
        "accounts_deleted_by_intruder",
        "federated_domain",
        "role_taken",
    }
)
"""Signs of what stands open no more, never did, or takes something away."""

_NOUNS: Final = {
    "add user": "the account {}, created by this account",
    "invite external user": "the guest {}, invited by this account",
    "update user": "the guest {}, converted to a member",
    "add partner to company": "the partner {} of the tenant",
    "add unverified domain": "the domain {}",
    "add verified domain": "the domain {}",
    "verify domain": "the domain {}",
    "new-accepteddomain": "the domain {}",
    "set-accepteddomain": "the domain {}",
    "new-journalrule": "the journal rule {}",
    "set-journalrule": "the journal rule {}",
    "new-outboundconnector": "the outbound connector {}",
    "set-outboundconnector": "the outbound connector {}",
    "createflow": "the flow {}",
    "editflow": "the flow {}",
    "set-mailboxcalendarfolder": "the link to the published calendar {}",
}
"""How a sentence names what an operation set up; of other operations the symptom tells."""

_OF_SYMPTOM: Final = {
    "federation": "the sign-in settings of the domain {}",
    "oauth_apps": "the credentials and permissions added to the application {}",
}

_REMOVES: Final = ("remove-", "disable-", "delete ", "remove ", "deleteflow")


def by_people(told: Iterable[Told], evidence: Evidence) -> Iterator[tuple[str, tuple[Told, ...], str]]:
    """Give what only people close: what it is, the findings that tell of it, and the id of their task.

    Args:
        told: The findings of somebody else's doing.
        evidence: Everything that was seen.
    """
    records = {one.id: one for one in evidence.records()}
    gone = tuple(one for one in changing(evidence) if _removes(one))
    by_task: dict[str, dict[str, list[Told]]] = defaultdict(lambda: defaultdict(list))
    shared: list[Told] = []
    for one in told:
        task = task_for(one.finding, records, evidence.subject)
        shown = [records[id_] for id_ in one.finding.records if id_ in records]
        if task not in _TASKS or one.finding.sign.id in _OVER or not shown:
            continue
        if task == "sharing":
            shared.append(one)
        elif not any(map(is_search, shown)) and not _is_removed(one.finding, shown, gone):
            by_task[task][_named(one.finding, shown)].append(one)
    for task in _TASKS:
        for says, ones in by_task[task].items():
            yield says, tuple(ones), f"{MANUAL}:{task}"
    links = [one for one in shared if _is_of_links(one.finding, records)]
    guests = [one for one in shared if one not in links]
    for who, ones in (("anyone with the link", links), ("guests", guests)):
        if ones:
            yield f"{who} can open {listed(_files(ones, records))}", tuple(ones), f"{MANUAL}:sharing"


def _named(finding: Finding, shown: Sequence[AuditRecord]) -> str:
    """Name what was set up; a finding that no table knows is told in its own words."""
    noun = _NOUNS.get(shown[0].operation.casefold()) or _OF_SYMPTOM.get(finding.symptom)
    if noun and finding.after:
        return noun.format(one_line(finding.after))
    says = plain(finding)
    return f"{says[:1].lower()}{says[1:]}"


def _is_of_links(finding: Finding, records: Mapping[str, AuditRecord]) -> bool:
    """Whether a record shows a link for anyone; beside guests, the link is told."""
    return any(is_link(records[id_]) for id_ in finding.records if id_ in records)


def _files(told: Sequence[Told], records: Mapping[str, AuditRecord]) -> list[str]:
    shown = (records[id_] for one in told for id_ in one.finding.records if id_ in records)
    return list(dict.fromkeys(one_line(file_of(one)) for one in shown))


def _removes(record: AuditRecord) -> bool:
    operation = record.operation.casefold()
    return operation.startswith(_REMOVES) or (
        operation.startswith("set-")
        and any(off(given(record).get(switch, "")) for switch in ("enabled", "publishenabled"))
    )


def _is_removed(finding: Finding, shown: Sequence[AuditRecord], gone: Iterable[AuditRecord]) -> bool:
    """Whether a later record removes or turns off what this one set up, by its name."""
    names = {one.casefold() for one in (finding.after, *(record.object_id for record in shown)) if one}
    last = max(record.at for record in shown)
    return any(
        one.at > last
        and names & {one.object_id.casefold(), one.owner, given(one).get("identity", "").casefold()}
        for one in gone
    )
