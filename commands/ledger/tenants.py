"""Which tenant of Microsoft's each name in the ledger stands for.

Entries name a tenant as the settings did on that day. So that a name never comes to mean another tenant, the
first start at which it is seen notes its id, for ever: cases follow the id when their tenant is called
something else, and a name that had another id before is refused. A domain of the tenant in the place of its
id is the same tenant, written in another way; where both were, Microsoft says so once, and that is noted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
            known[entry.event.name] = entry.event.tenant_id
    return known


def note_tenants(
    ledger: Ledger, configured: Mapping[str, str], id_of: Callable[[str], str] = str
) -> dict[str, str]:
    """Note the names that the settings give tenants by their ids, and give all names that there ever were.

    Args:
        ledger: Where they are kept.
        configured: The tenant ids by name.
        id_of: Gives the id of a tenant by a domain of it; what it does not know it gives back as it is.

    Raises:
        TenantNameTaken: a name was another tenant's.
        LedgerError: it cannot be noted.
    """
    wanted = {name: tenant_id.casefold() for name, tenant_id in configured.items()}
    known = tenant_ids(ledger)
    same = _written_anew(known, wanted, id_of)
    noted = {name: same[tenant_id] for name, tenant_id in known.items() if tenant_id in same}
    noted |= {name: tenant_id for name, tenant_id in wanted.items() if name not in known}
    with ledger.writing() as writing:
        for name, tenant_id in noted.items():
            writing.append(e.TenantNamed(name, tenant_id), BOT)
    return known | noted


def _written_anew(
    known: Mapping[str, str], wanted: Mapping[str, str], id_of: Callable[[str], str]
) -> dict[str, str]:
    """Give how the settings write tenants now that they wrote in another way before, by the way of before.

    Raises:
        TenantNameTaken: a name was another tenant's.
    """
    same: dict[str, str] = {}
    for name, tenant_id in wanted.items():
        before = known.get(name, tenant_id)
        if before != tenant_id:
            if id_of(before) != id_of(tenant_id):
                raise TenantNameTaken(name, before, tenant_id)
            same[before] = tenant_id
    # A tenant may have been called and written otherwise before, both.
    for before in set(known.values()) - set(wanted.values()) - same.keys():
        if "." in before and (now := id_of(before)) in wanted.values():
            same[before] = now
    return same


def former_names(known: Mapping[str, str], configured: Mapping[str, str]) -> dict[str, str]:
    """Give what each name that the settings no longer have stands for now: a name of theirs, or "" for none.

    Args:
        known: The tenant ids by every name that there ever was.
        configured: The tenant ids by the names of the settings.
    """
    now = {tenant_id.casefold(): name for name, tenant_id in configured.items()}
    return {name: now.get(tenant_id, "") for name, tenant_id in known.items() if name not in configured}
