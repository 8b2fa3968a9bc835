"""Which applications got consent, and which were refused it, as the audit log tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Final

from commands.clues.actions import changed, concerns
from commands.clues.records import changing
from commands.usual.agents import family_of
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence

CONSENTS: Final = frozenset(
    {"consent to application", "add delegated permission grant", "add oauth2permissiongrant"}
)
"""The operations that let an application in, in lower case."""

_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_SHORTEST: Final = 4
"""Letters of an application's name below which a user agent may hold it by chance."""

_BETWEEN: Final = re.compile(r"[|/\s]")


def consented_apps(evidence: Evidence) -> frozenset[str]:
    """The ids of the applications that the account consented to, in lower case."""
    return frozenset(
        app
        for record in changing(evidence)
        if is_consent(record) and concerns(record, evidence.subject)
        for app in apps_of(record)
    )


def app_names(evidence: Evidence) -> dict[str, str]:
    """What the applications are called that the account consented to, by their ids in lower case."""
    return {
        app: record.details["TargetName"]
        for record in changing(evidence)
        if is_consent(record) and record.details.get("TargetName") and concerns(record, evidence.subject)
        for app in apps_of(record)
    }


def with_own_credentials(evidence: Evidence, at_work: Callable[[AuditRecord], bool]) -> frozenset[str]:
    """The ids of those whose credentials were set where `at_work` says, and nowhere else.

    The organization holds these itself. Where somebody set one elsewhere as well, nobody knows who signs in
    as the application.
    """
    names, ours, elsewhere = app_names(evidence), set[str](), set[str]()
    for record in filter(gives_credentials, changing(evidence)):
        apps = {app for app, name in names.items() if is_about_app(record, {app}, name)}
        (ours if at_work(record) else elsewhere).update(apps)
    return frozenset(ours - elsewhere)


def names_itself(user_agent: str, name: str) -> bool:
    """Say whether a program that is no browser gives a name as its own in its user agent.

    A program writes ``rclone/v1.68.1``, and in SharePoint ``ISV|rclone.org|rclone/v1.68.1``.
    Source: Microsoft Learn, "Avoid getting throttled or blocked in SharePoint Online" (decorated traffic).
    """
    family, wanted = family_of(user_agent), name.strip().casefold()
    if len(wanted) < _SHORTEST or family.startswith("mozilla"):
        return False
    return wanted in {*family.split("|"), *_BETWEEN.split(family)}


def is_consent(record: AuditRecord) -> bool:
    """Say whether a record is about consent to an application, granted or not."""
    return record.operation.casefold().strip() in CONSENTS


def gives_credentials(record: AuditRecord) -> bool:
    """Say whether a secret or certificate was set on an application that is registered in the tenant.

    One of another tenant is there as a service principal only, and its maker holds what it signs in with.
    Source: Microsoft Entra, "Application and service principal objects"; "Audit activity reference".
    """
    return "certificates and secrets management" in record.operation.casefold()


def apps_of(record: AuditRecord) -> frozenset[str]:
    """Every id under which a consent record names the application, in lower case."""
    texts = (record.object_id, changed(record, "TargetId.ServicePrincipalNames")[1])
    return frozenset(one.casefold() for text in texts for one in _GUID.findall(text))


def app_of(record: AuditRecord) -> str:
    """Give the id of the application that a record lets in, in lower case; "" where it is about none."""
    if not is_consent(record):
        return ""
    named = _GUID.findall(changed(record, "TargetId.ServicePrincipalNames")[1])
    return next(iter(named or _GUID.findall(record.object_id)), "").casefold()


def is_about_app(record: AuditRecord, ids: Collection[str], name: str) -> bool:
    """Say whether a record is about an application: see `about`."""
    return about(record)(ids, name)


def about(record: AuditRecord) -> Callable[[Collection[str], str], bool]:
    """Give what says whether a record is about an application: by an id, by its name only where it has none.

    Anybody can give an application the name of another one. The record is read once, however many
    applications there are.

    Returns:
        A function of every id of the application, and of what it is called, "" where nobody knows.
    """
    known, object_id = apps_of(record), record.object_id.casefold()
    called = record.details.get("TargetName", "").casefold()

    def is_it(ids: Collection[str], name: str) -> bool:
        wanted = {one.casefold() for one in ids if one}
        if known or object_id in wanted:
            return object_id in wanted or not wanted.isdisjoint(known)
        return bool(name) and called == name.casefold()

    return is_it


def keys_of(record: AuditRecord) -> frozenset[str]:
    """Give under what an application is to be looked up that `about` may say a record is about."""
    called = record.details.get("TargetName", "").casefold()
    return apps_of(record) | {record.object_id.casefold(), f"name {called}"}


def keys_of_app(ids: Collection[str], name: str) -> frozenset[str]:
    """Give under what an application is to be looked up: see `keys_of`."""
    return frozenset({*(one.casefold() for one in ids if one), f"name {name.casefold()}"})


def refused(evidence: Evidence) -> Iterator[AuditRecord]:
    """Give the consents of the account that were refused."""
    for record in evidence.records():
        told = record.succeeded is False and not record.by_microsoft and is_consent(record)
        if told and concerns(record, evidence.subject):
            yield record
