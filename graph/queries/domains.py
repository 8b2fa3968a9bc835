"""The tenant's domains, and who signs in for the federated ones.

Source: Microsoft Graph v1.0, "List domains" and "List internalDomainFederation".
"""

from __future__ import annotations

from graph.effects import Asking, fetch, try_each
from graph.errors import GraphError, NotFound
from graph.evidence import Known
from graph.parts.reading import lacking, read_each, segment, untold
from graph.question import Question
from graph.request import Request
from graph.resources.directory import Domain

ASKS = (
    Request("GET", "/domains"),
    Request("GET", "/domains/{id}/federationConfiguration"),
)
LICENSE = ""


def ask(question: Question) -> Asking[tuple[Domain, ...]]:
    """Ask for all domains, then for the federation settings of those that have any."""
    items = yield from fetch(
        Request("GET", "/domains", {"$select": "id,isVerified,isDefault,authenticationType"})
    )
    domains, missing = read_each(Domain, items)
    missing += untold(items, "authenticationType", "isVerified")
    federated = [domain for domain in domains if domain.authentication_type == "Federated"]
    settings = yield from try_each(
        [Request("GET", f"/domains/{segment(domain.id)}/federationConfiguration") for domain in federated]
    )
    issuers = {}
    for domain, answer in zip(federated, settings, strict=True):
        if isinstance(answer, NotFound):
            # Microsoft answers so for a domain that never had such settings, as where a partner's do it.
            continue
        if isinstance(answer, GraphError):
            missing += (lacking(f"the federation settings of {domain.id}", answer),)
        elif answer:
            issuers[domain.id] = str(answer[0].get("issuerUri") or "")
    known = tuple(
        domain.model_copy(update={"federation_issuer": issuers.get(domain.id, "")}) for domain in domains
    )
    return Known(known, missing=missing)
