"""Writes to sign-in methods: add, delete, prefer, require."""

from __future__ import annotations

from sandbox.scenarios.state import Json, graph_time, ident
from sandbox.tenant.core import Answer, Ask, Route
from sandbox.tenant.directory import METHOD_SEGMENTS
from sandbox.tenant.graph_writes.rights import USER, fields, may_act_on, target
from sandbox.tenant.problems import bad_request, not_found
from sandbox.tenant.traces import directory_trace

_DEFAULT_KINDS = {
    "push": "microsoftAuthenticatorAuthenticationMethod",
    "oath": "softwareOathAuthenticationMethod",
    "sms": "phoneAuthenticationMethod",
    "voiceMobile": "phoneAuthenticationMethod",
    "voiceAlternateMobile": "phoneAuthenticationMethod",
    "voiceOffice": "phoneAuthenticationMethod",
}
_REGISTERED = {
    "microsoftAuthenticatorAuthenticationMethod": "microsoftAuthenticatorPush",
    "emailAuthenticationMethod": "email",
    "fido2AuthenticationMethod": "passKeyDeviceBound",
    "softwareOathAuthenticationMethod": "softwareOneTimePasscode",
    "temporaryAccessPassAuthenticationMethod": "temporaryAccessPass",
    "windowsHelloForBusinessAuthenticationMethod": "windowsHelloForBusiness",
}
"""What the registration report calls each kind of method."""
_PHONE_NAMES = {"mobile": "mobilePhone", "alternateMobile": "alternateMobilePhone", "office": "officePhone"}
_PHONE_IDS = {
    "mobile": "3179e48a-750b-4051-897c-87b9720928f7",
    "alternateMobile": "b6332ec1-7057-4abe-9331-3d72feddfe41",
    "office": "e37fc753-ff3b-4958-9484-eaa9425c82bc",
}


# Authentication methods.


def delete_method(ask: Ask) -> Answer:
    """Remove one authentication method; the default one goes last."""
    user = ask.core.user(ask.values[0])
    may_act_on(ask, user)
    user_id, segment = str(user["id"]), ask.path.rstrip("/").split("/")[-2]
    kind = METHOD_SEGMENTS[segment]
    held = ask.state.authentication_methods.get(user_id, [])
    found = next(
        (item for item in held if item["id"] == ask.values[1] and item["@odata.type"].endswith("." + kind)),
        None,
    )
    if found is None:
        raise not_found(ask.values[1])
    default = _DEFAULT_KINDS.get(ask.state.sign_in_preferences.get(user_id, ""))
    second = [item for item in held if not item["@odata.type"].endswith(".passwordAuthenticationMethod")]
    same = [item for item in second if item["@odata.type"].endswith("." + kind)]
    if kind == default and len(same) == 1 and len(second) > 1:
        message = (
            f"The requested authentication method ID [{found['id']}] matches the user's current default "
            "authentication method, and cannot be deleted until the default authentication method is changed."
            if kind == "phoneAuthenticationMethod"
            else "Cannot delete default method with other methods configured. "
            "Please change default method before deletion."
        )
        raise bad_request(message, "badRequest")

    def apply() -> None:
        if found in held:
            held.remove(found)
            _note_registration(ask, user_id)
            directory_trace(ask.state, "Admin deleted security info", [target(user)], operation="Delete")

    ask.change(apply)
    return Answer(204)


def _note_registration(ask: Ask, user_id: str) -> None:
    """Bring what the report says is registered in line with what is registered."""
    details = ask.state.registration_details.get(user_id)
    if details is None:
        return
    held = ask.state.authentication_methods.get(user_id, [])
    names = [
        _PHONE_NAMES[method["phoneType"]]
        if "phoneType" in method
        else _REGISTERED.get(method["@odata.type"].rpartition(".")[2], "")
        for method in held
    ]
    strong = [name for name in dict.fromkeys(names) if name]
    factors = [name for name in strong if name != "email"]
    details.update(methodsRegistered=strong, isMfaRegistered=bool(factors), isMfaCapable=bool(factors))


def _add_method(ask: Ask, method: Json, secret: Json | None = None) -> Answer:
    """Register a method; ``secret`` is shown in this answer and never again."""
    user = ask.core.user(ask.values[0])
    may_act_on(ask, user)
    held = ask.state.authentication_methods.setdefault(str(user["id"]), [])
    if any(item["id"] == method["id"] for item in held):
        raise bad_request("A method of this type is registered already.", "invalidRequest")
    full = {**method, "createdDateTime": graph_time(ask.state.clock())}

    def apply() -> None:
        held.append(full)
        _note_registration(ask, str(user["id"]))
        directory_trace(ask.state, "Admin registered security info", [target(user)], operation="Add")

    ask.change(apply)
    return Answer(201, {**full, **(secret or {})})


def add_phone(ask: Ask) -> Answer:
    """Register a phone for a user."""
    body = fields(ask, ("phoneNumber", "phoneType"))
    if body["phoneType"] not in _PHONE_IDS:
        raise bad_request(f"The phone type '{body['phoneType']}' is not known.", "invalidRequest")
    return _add_method(
        ask,
        {
            "@odata.type": "#microsoft.graph.phoneAuthenticationMethod",
            "id": _PHONE_IDS[body["phoneType"]],
            "phoneNumber": body["phoneNumber"],
            "phoneType": body["phoneType"],
            "smsSignInState": "notAllowedByPolicy",
        },
    )


def add_email(ask: Ask) -> Answer:
    """Register an e-mail address for password reset."""
    body = fields(ask, ("emailAddress",))
    return _add_method(
        ask,
        {
            "@odata.type": "#microsoft.graph.emailAuthenticationMethod",
            "id": "3ddfcfc8-9383-446f-83cc-3ab9be4be18f",
            "emailAddress": body["emailAddress"],
        },
    )


def add_access_pass(ask: Ask) -> Answer:
    """Issue a temporary access pass."""
    body = ask.json
    return _add_method(
        ask,
        {
            "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod",
            "id": ident("access-pass", ask.values[0]),
            "temporaryAccessPass": None,
            "isUsableOnce": bool(body.get("isUsableOnce", False)),
            "isUsable": True,
            "lifetimeInMinutes": int(body.get("lifetimeInMinutes", 60)),
            "startDateTime": graph_time(ask.state.clock()),
        },
        {"temporaryAccessPass": ask.state.next_id("access-pass")[:8]},
    )


def patch_preferences(ask: Ask) -> Answer:
    """Change the default second factor."""
    user_id = str(ask.core.user(ask.values[0])["id"])
    body = fields(ask, ("userPreferredMethodForSecondaryAuthentication",))
    value = str(body["userPreferredMethodForSecondaryAuthentication"])
    kinds = {
        method["@odata.type"].rpartition(".")[2]
        for method in ask.state.authentication_methods.get(user_id, [])
    }
    if _DEFAULT_KINDS.get(value) not in kinds:
        raise bad_request(f"The user has no method for '{value}' registered.", "badRequest")
    ask.change(lambda: ask.state.sign_in_preferences.__setitem__(user_id, value))
    return Answer(200, body)


def patch_requirements(ask: Ask) -> Answer:
    """Change the per-user state of multi-factor authentication."""
    user = ask.core.user(ask.values[0])
    value = str(fields(ask, ("perUserMfaState",))["perUserMfaState"])
    if value not in {"disabled", "enabled", "enforced"}:
        raise bad_request(f"The state '{value}' is not known.", "Request_BadRequest")

    def apply() -> None:
        old = ask.state.authentication_requirements.get(user["id"], "disabled")
        ask.state.authentication_requirements[user["id"]] = value
        change = {"StrongAuthenticationRequirement": (old, value)}
        directory_trace(ask.state, "Update user", [target(user)], changes=change)

    ask.change(apply)
    return Answer(204)


_DELETABLE = tuple(segment for segment in METHOD_SEGMENTS if segment != "passwordMethods")
_BEHIND = {"externalAuthenticationMethods": "/$ref"}
"""What stands behind the id where a method is deleted."""


ROUTES: tuple[Route, ...] = (
    *(
        Route(
            "DELETE",
            f"{USER}/authentication/{segment}/{{{METHOD_SEGMENTS[segment]}-id}}{_BEHIND.get(segment, '')}",
            delete_method,
        )
        for segment in _DELETABLE
    ),
    Route("POST", USER + "/authentication/phoneMethods", add_phone),
    Route("POST", USER + "/authentication/emailMethods", add_email),
    Route("POST", USER + "/authentication/temporaryAccessPassMethods", add_access_pass),
    Route("PATCH", USER + "/authentication/signInPreferences", patch_preferences),
    Route("PATCH", USER + "/authentication/requirements", patch_requirements),
)
"""Its endpoints."""
