"""Domains of mail addresses: whose they are, and which lie inside the tenant."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final

from publicsuffixlist import PublicSuffixList

from graph.evidence import Evidence

_DOMAIN: Final = re.compile(r"[^@\s<>\[\]\"':;,]+@([A-Za-z0-9._-]+\.[A-Za-z0-9-]+)")


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    # Ten thousand lines, which take a tenth of a second.
    return PublicSuffixList()


def domain_of(mail_address: str) -> str:
    """Give the lower-cased domain of an address in any of Exchange's forms, "" when it holds none.

    >>> domain_of('"Drop" [SMTP:drop@Fabrikam.example]')
    'fabrikam.example'
    """
    match = _DOMAIN.search(mail_address)
    return match[1].casefold() if match else ""


def is_outside(mail_address: str, internal_domains: Collection[str]) -> bool:
    """Say whether a mail address, in any of Exchange's forms, lies outside these domains.

    False for what is no mail address: a name or a directory id means somebody inside.
    """
    domain = domain_of(mail_address)
    if not domain or domain in internal_domains:
        return False
    near = [own for own in internal_domains if _end(own) == _end(domain)]
    return not near or registrable(domain) not in set(map(registrable, near))


def _end(domain: str) -> list[str]:
    """Give the last two labels of a domain: what somebody registered has two at the least.

    Where these differ, the list of suffixes need not be read, which takes as long as a small file.
    """
    return domain.rsplit(".", 2)[-2:]


@lru_cache(maxsize=4096)
def registrable(domain: str) -> str:
    """Give the part of a domain that somebody registered: what lies below it belongs to the same people."""
    return str(_suffixes().privatesuffix(domain) or domain)


def internal_domains(evidence: Evidence) -> frozenset[str]:
    """Give the tenant's verified domains, and those of the subject's own addresses."""
    own = {
        domain_of(address) for address in (*evidence.subject.addresses, evidence.subject.user_principal_name)
    }
    verified = {domain.id.casefold() for domain in evidence.domains.seen(()) if domain.is_verified}
    return frozenset((own | verified) - {""})
