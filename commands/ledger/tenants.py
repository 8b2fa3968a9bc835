"""Which tenant of Microsoft's each name in the ledger stands for.

Entries name a tenant as the settings did on that day. So that a name never comes to mean another tenant, the
first start at which it is seen notes its id, for ever: cases follow the id when their tenant is called
something else, and a name that had another id before is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from commands.errors import TenantNameTaken
from commands.ledger import entries as e
from commands.ledger.book import Ledger
from commands.ledger.writing import BOT


def tenant_ids(ledger: Ledger) -> dict[str, str]:
    """Give the tenant ids, lower-cased, by every name that a tenant ever had here; as the entries tell.

    Raises:
        LedgerError: they cannot be read.
    """
    known: dict[str, str] = {}
    for entry in ledger.entries(kinds=(e.TenantNamed.KIND,)):
        if isinstance(entry.event, e.TenantNamed):
            known.setdefault(entry.event.name, entry.event.tenant_id)
    return known


def note_tenants(ledger: Ledger, configured: Mapping[str, str]) -> dict[str, str]:
    """Note the names that the settings give tenants by their ids, and give all names that there ever were.

    Args:
        ledger: Where they are kept.
        configured: The tenant ids by name.

    Raises:
        TenantNameTaken: a name was another tenant's.
        LedgerError: it cannot be noted.
    """
    wanted = {name: tenant_id.casefold() for name, tenant_id in configured.items()}
    with ledger.writing() as writing:
        known = tenant_ids(ledger)
        for name, tenant_id in wanted.items():
            if known.get(name, tenant_id) != tenant_id:
                raise TenantNameTaken(name, known[name])
            if name not in known:
                writing.append(e.TenantNamed(name, tenant_id), BOT)
    return wanted | known


def former_names(known: Mapping[str, str], configured: Mapping[str, str]) -> dict[str, str]:
    """Give what each name that the settings no longer have stands for now: a name of theirs, or "" for none.

    Args:
        known: The tenant ids by every name that there ever was.
        configured: The tenant ids by the names of the settings.
    """
    now = {tenant_id.casefold(): name for name, tenant_id in configured.items()}
    return {name: now.get(tenant_id, "") for name, tenant_id in known.items() if name not in configured}
