"""Domains that were added, or whose sign-in was federated with another service.

Whoever does that can sign in as any user. Source: Microsoft Entra, "Set domain authentication" and "Set
federation settings on domain" audit records; detection D73 of the public rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.clues.actions import concerns, graded, once
from commands.clues.records import by_way_of, changing, found, one_line, whence
from commands.report import Finding, weighed
from commands.sentence import further, sentence, thing, whole
from commands.usual import Usual
from graph.evidence import Evidence
from graph.verified import domain_of

TITLE = "Domain added or federated"
SOURCE = "additional indicator"
NEEDS: Final = (("audit_log", "directory_audits_by_user"),)
HELPS: Final = ("domains", "audit_log_on_mailbox", "directory_audits_on_user")

BY_INTRUDER = weighed("federation_by_intruder")
TRUST = weighed("federation_changed")
DOMAIN = weighed("domain_added")
FEDERATED = weighed("federated_domain")
SIGNS: Final = (BY_INTRUDER, TRUST, DOMAIN, FEDERATED)

_PARTNER: Final = "add partner to company"
_TRUST: Final = frozenset(
    {
        "set domain authentication",
        "set federation settings on domain",
        "update domain",
        "add-federateddomain",
        "set-federationtrust",
        "new-federationtrust",
        "set-msoldomainfederationsettings",
        _PARTNER,
    }
)
_DOMAIN: Final = frozenset(
    {
        "add unverified domain",
        "add verified domain",
        "verify domain",
        "new-accepteddomain",
        "set-accepteddomain",
    }
)


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield what this account did to the tenant's domains in the window, and which domains are federated."""
    yield from once(_all(evidence, usual))


def _all(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    for record in changing(evidence):
        operation = record.operation.casefold()
        if operation not in _TRUST | _DOMAIN or not concerns(record, evidence.subject):
            continue
        name = one_line(record.details.get("TargetName", "") or record.object_id or "not named")
        sign = graded(record, usual, suspect=BY_INTRUDER, plain=TRUST if operation in _TRUST else DOMAIN)
        if operation == _PARTNER:
            what = sentence("The partner ", thing(name), " was added to the tenant")
        elif operation in _TRUST:
            what = sentence("The sign-in settings of the domain ", thing(name), " were changed")
        else:
            what = sentence("The domain ", thing(name), " was added or verified")
        says = sentence(what, by_way_of(record.operation), whence(record, usual))
        yield found("federation", sign, says, record, after=name, act=operation)
    own = {domain_of(address) for address in evidence.subject.addresses}
    for domain in evidence.domains.seen(()):
        if domain.authentication_type.casefold() == "federated" and domain.id.casefold() in own:
            managed = further("; its passwords are managed at the identity provider")
            says = sentence("The domain ", thing(one_line(domain.id)), " is federated", managed)
            yield Finding(
                "federation", FEDERATED, whole(says), after=domain.id, records=(domain.id,), pieces=says
            )
