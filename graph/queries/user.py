"""The user object. Source: Microsoft Graph v1.0, "Get a user".

Most properties come only when they are asked for by name.
"""

from __future__ import annotations

from graph.effects import Asking, fetch
from graph.evidence import Known
from graph.parts.reading import segment, untold
from graph.question import Question
from graph.request import Request
from graph.resources.directory import User

ASKS = (Request("GET", "/users/{id}"),)
LICENSE = ""

_SELECT = (
    "id,userPrincipalName,displayName,givenName,surname,mail,proxyAddresses,otherMails,accountEnabled,userType,"
    "onPremisesSyncEnabled,onPremisesLastSyncDateTime,lastPasswordChangeDateTime,signInSessionsValidFromDateTime,"
    "createdDateTime,mobilePhone,businessPhones,faxNumber,streetAddress,city,state,postalCode,country,jobTitle,"
    "department,companyName,officeLocation,usageLocation,assignedLicenses"
)


def ask(question: Question) -> Asking[User]:
    """Ask for the user object with everything that an attacker may have changed."""
    found = yield from fetch(Request("GET", f"/users/{segment(question.subject.id)}", {"$select": _SELECT}))
    return Known(User.model_validate(found[0]), missing=untold(found, "accountEnabled"))
