"""The ways to sign in that are registered for the account.

Source: Microsoft Graph v1.0, "List methods" and "Get userRegistrationDetails". The list of methods is the
answer; Entra's own summary adds which one is the default. Where there is no summary, because the tenant has
no premium license or Entra has not made one yet, that is no gap in the answer. Where it could not be read,
it is.
"""

from __future__ import annotations

from graph.effects import Asking, Item, try_each
from graph.errors import GraphError, NoLicense, NotFound
from graph.evidence import Known
from graph.parts.reading import lacking, read_each, segment, untold
from graph.question import Question
from graph.request import Limit, Request
from graph.resources.sign_ins import AuthenticationMethod, RegisteredMethods

ASKS = (
    Request("GET", "/users/{id}/authentication/methods"),
    Request("GET", "/reports/authenticationMethods/userRegistrationDetails/{id}"),
)
LICENSE = ""

_TYPE = "#microsoft.graph."
_ENDING = "AuthenticationMethod"


def ask(question: Question) -> Asking[RegisteredMethods]:
    """Ask for the methods and for the summary together."""
    user = segment(question.subject.id)
    listed, summary = yield from try_each(
        [
            Request("GET", f"/users/{user}/authentication/methods"),
            Request(
                "GET", f"/reports/authenticationMethods/userRegistrationDetails/{user}", limit=Limit.REPORTS
            ),
        ]
    )
    if isinstance(listed, GraphError):
        raise listed
    methods, missing = read_each(AuthenticationMethod, [{**item, "kind": kind_of(item)} for item in listed])
    missing += untold(listed, "@odata.type")
    # Not every method says when it was registered, and one without a time must not pass for an old one.
    # Only the password always does, and nobody registers that.
    missing += untold([item for item in listed if kind_of(item) != "password"], "createdDateTime")
    details: Item = {} if isinstance(summary, GraphError) or not summary else summary[0]
    if isinstance(summary, GraphError) and not isinstance(summary, NoLicense | NotFound):
        missing += (lacking("which method is the default", summary),)
    value = RegisteredMethods(
        methods=methods,
        default_method=str(details.get("userPreferredMethodForSecondaryAuthentication") or ""),
        system_preferred=(
            details.get("systemPreferredAuthenticationMethods")
            if details.get("isSystemPreferredAuthenticationMethodEnabled")
            else ()
        ),
        is_mfa_registered=details.get("isMfaRegistered"),
    )
    return Known(value, missing=missing)


def kind_of(method: Item) -> str:
    """The type of a method without the words that all types share, such as ``microsoftAuthenticator``."""
    return str(method.get("@odata.type") or "").removeprefix(_TYPE).removesuffix(_ENDING)
