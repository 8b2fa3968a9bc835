"""Signing in as a person by device code, for two public clients of Microsoft's own.

What a person does in a browser is a form at ``/login/device``; a test calls `enter`. Source: Microsoft
identity platform, "OAuth 2.0 device authorization grant".
"""

from __future__ import annotations

import html
import secrets
from collections.abc import Mapping
from time import time
from typing import Final

from sandbox.scenarios.state import Json
from sandbox.tenant.callers import directory_roles
from sandbox.tenant.core import Core
from sandbox.tenant.problems import LoginError

GRAPH_TOOLS: Final = "14d82eec-204b-4c2f-b7e8-296a70dab67e"
EXCHANGE_TOOLS: Final = "fb78d390-0c51-40cd-8e17-fdbfab77341b"
CLIENTS: Final = {
    GRAPH_TOOLS: "Microsoft Graph Command Line Tools",
    EXCHANGE_TOOLS: "Microsoft Exchange REST API Based PowerShell",
}
GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
_LIFETIME: Final = 900
_GRANTS_CONSENT: Final = {"Global Administrator", "Privileged Role Administrator"}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<title>Device sign-in of the invented tenant</title>
<style>body{font:16px system-ui;max-width:30rem;margin:3rem auto;padding:0 1rem}
label{display:block;margin:1rem 0}
input,select,button{font:inherit;padding:.4rem;width:100%%}button{margin-top:.5rem}</style>
<h1>Sign in to a device</h1><p>%(says)s</p><form method="post">
<label>Code <input name="code" autocomplete="off" value="%(code)s" required></label>
<label>Account <select name="user">%(users)s</select></label>
<button name="consent" value="yes">Sign in and accept</button>
<button name="consent" value="no">Cancel</button></form></html>"""


def begin(core: Core, form: Mapping[str, str]) -> Json:
    """Begin a sign-in. Raises LoginError for a client that is none of Microsoft's two."""
    client = form.get("client_id", "")
    if client not in CLIENTS:
        message = f"Application with identifier '{client}' was not found in the directory."
        raise LoginError(400, "unauthorized_client", 700016, message)
    device, code = (
        secrets.token_urlsafe(24),
        "".join(secrets.choice("BCDFGHJKLMNPQRSTVWXZ") for _ in range(8)),
    )
    core.codes[device] = {
        "code": code,
        "client": client,
        "scope": form.get("scope", ""),
        "ends": time() + _LIFETIME,
        "user": "",
        "refused": 0,
    }
    if core.state.signs_in_at_once:
        enter(core, code, core.state.signs_in_at_once)
    address = f"{core.url}/login/device"
    return {
        "device_code": device,
        "user_code": code,
        "verification_uri": address,
        "expires_in": _LIFETIME,
        "interval": 1,
        "message": f"To sign in, use a web browser to open the page {address} and enter the code {code}.",
    }


def enter(core: Core, code: str, user: str, *, consent: bool = True) -> str:
    """Enter a code as somebody, and accept or not; gives what the page would say.

    Raises:
        KeyError: nobody has this address, or no sign-in waits for the code.
    """
    flow = next(one for one in core.codes.values() if one["code"] == code.strip().upper() and not one["user"])
    person = core.state.user(user)
    if person is None:
        raise KeyError(user)
    flow["user"] = str(person["userPrincipalName"])
    flow["refused"] = refusal_of(core, flow["client"], person, consent=consent)
    return (
        "You cannot sign in here."
        if flow["refused"]
        else "You have signed in. You may now close this window."
    )


def refusal_of(core: Core, client: str, person: Json, *, consent: bool) -> int:
    """Why Entra ID refuses this sign-in, as the number of its error; 0 where it does not."""
    if not consent:
        return 65004
    if core.state.sign_in_refusal:
        return core.state.sign_in_refusal
    if client == GRAPH_TOOLS and not directory_roles(core.state, str(person["id"])) & _GRANTS_CONSENT:
        return 90094
    return 0


REFUSALS: Final = {
    53003: ("invalid_grant", "Access has been blocked by Conditional Access policies."),
    65004: ("access_denied", "User declined to consent to access the app."),
    90094: ("access_denied", "An administrator must grant the permissions that the application asks for."),
}


def finish(core: Core, form: Mapping[str, str]) -> Json:
    """The sign-in that a device code stands for. Raises LoginError while nobody entered it, or if refused."""
    flow = core.codes.get(form.get("device_code", ""))
    if flow is None or flow["client"] != form.get("client_id"):
        raise LoginError(400, "bad_verification_code", 70018, "The device code is not known.")
    if time() > flow["ends"]:
        raise LoginError(400, "expired_token", 70020, "The provided value for the device code has expired.")
    if flow["refused"]:
        error, message = REFUSALS.get(flow["refused"], ("invalid_grant", "The sign-in was refused."))
        raise LoginError(400, error, flow["refused"], message)
    if not flow["user"]:
        message = "The user must input their code."
        raise LoginError(400, "authorization_pending", 70016, message)
    return flow


def page(core: Core, form: Mapping[str, str]) -> str:
    """The form, and what came of it where one was sent."""
    says, code = "Enter the code that the program shows, as an administrator of the invented tenant.", ""
    if form:
        code = form.get("code", "")
        try:
            says = enter(core, code, form.get("user", ""), consent=form.get("consent") == "yes")
        except (KeyError, StopIteration):
            says = "That code is not known, or was used."
    return _PAGE % {"says": html.escape(says), "code": html.escape(code), "users": options(core)}


def options(core: Core) -> str:
    """The accounts of the tenant as options of a menu, administrators first."""
    held = {
        str(user["userPrincipalName"]): directory_roles(core.state, str(user["id"]))
        for user in core.state.users.values()
    }
    users = sorted(held, key=lambda upn: ("Global Administrator" not in held[upn], not held[upn], upn))
    return "".join(
        f'<option value="{html.escape(upn)}">{html.escape(", ".join([upn, *sorted(held[upn])]))}</option>'
        for upn in users
    )
