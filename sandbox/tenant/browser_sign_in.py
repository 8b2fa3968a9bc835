"""Signing in as a person in a browser on the same machine, for two public clients of Microsoft's own.

The page is the authorization endpoint; it comes back to a port of this machine with a code that counts once.
Source: Microsoft identity platform, "OAuth 2.0 authorization code flow", with PKCE and `form_post`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import secrets
from collections.abc import Mapping
from time import time
from typing import Final
from urllib.parse import urlsplit

from sandbox.scenarios.state import Json
from sandbox.tenant.core import Core
from sandbox.tenant.device_code import CLIENTS, REFUSALS, options, refusal_of
from sandbox.tenant.problems import LoginError

GRANT: Final = "authorization_code"
_LIFETIME: Final = 600
_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<title>Sign in to the invented tenant</title>
<style>body{font:16px system-ui;max-width:30rem;margin:3rem auto;padding:0 1rem}
select,button{font:inherit;padding:.4rem;width:100%%;margin-top:.5rem}</style>
<h1>%(client)s</h1><form method="post"><label>Account <select name="user">%(users)s</select></label>
<button name="consent" value="yes">Sign in and accept</button>
<button name="consent" value="no">Cancel</button></form></html>"""
_BACK: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Signed in</title>
<form method="post" action="%(to)s">%(fields)s<button>Continue</button></form>
<script>document.forms[0].submit()</script></html>"""


def page(core: Core, asked: Mapping[str, str], form: Mapping[str, str]) -> str:
    """The page, and once somebody signed in there, the one that goes back to the program.

    Args:
        core: The tenant.
        asked: The query of the authorization request.
        form: What was sent from the page; empty at first.

    Raises:
        LoginError: the request is one that Entra ID shows an error page for.
    """
    client, to = asked.get("client_id", ""), asked.get("redirect_uri", "")
    if client not in CLIENTS:
        message = f"Application with identifier '{client}' was not found in the directory."
        raise LoginError(400, "unauthorized_client", 700016, message)
    # For a public client any port of localhost counts as the one that is registered.
    if (urlsplit(to).scheme, urlsplit(to).hostname, urlsplit(to).path) != ("http", "localhost", ""):
        raise LoginError(400, "invalid_request", 50011, f"The redirect URI '{to}' is not registered.")
    if asked.get("response_type") != "code" or asked.get("response_mode") != "form_post":
        raise LoginError(400, "invalid_request", 900144, "The request must ask for a code by form_post.")
    if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
        raise LoginError(400, "invalid_request", 9002325, "Proof Key for Code Exchange is required.")
    user = form.get("user") or core.state.signs_in_at_once or asked.get("login_hint", "")
    if not user:
        return _PAGE % {"client": html.escape(CLIENTS[client]), "users": options(core)}
    person = core.state.user(user)
    if person is None:
        raise LoginError(400, "invalid_request", 50034, f"The user account {user} does not exist.")
    number = refusal_of(core, client, person, consent=form.get("consent", "yes") == "yes")
    fields = {"state": asked.get("state", "")}
    if number:
        error, message = REFUSALS.get(number, ("invalid_grant", "The sign-in was refused."))
        fields |= {"error": error, "error_description": f"AADSTS{number}: {message}"}
    else:
        code = secrets.token_urlsafe(32)
        core.sign_ins[code] = {
            "client": client,
            "user": str(person["userPrincipalName"]),
            "scope": asked.get("scope", ""),
            "to": to,
            "challenge": asked["code_challenge"],
            "nonce": asked.get("nonce", ""),
            "ends": time() + _LIFETIME,
        }
        fields |= {"code": code}
    hidden = (
        f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in fields.items()
    )
    return _BACK % {"to": html.escape(to), "fields": "".join(hidden)}


def finish(core: Core, form: Mapping[str, str]) -> Json:
    """The sign-in that a code stands for; it counts once. Raises LoginError for any other code."""
    flow = core.sign_ins.pop(form.get("code", ""), None)
    if flow is None or (flow["client"], flow["to"]) != (form.get("client_id"), form.get("redirect_uri")):
        raise LoginError(400, "invalid_grant", 9002313, "Invalid request. The code is not known.")
    if time() > flow["ends"]:
        raise LoginError(400, "invalid_grant", 70008, "The provided authorization code has expired.")
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    shown = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not hmac.compare_digest(shown, flow["challenge"]):
        raise LoginError(400, "invalid_grant", 501481, "The Code_Verifier does not match the code_challenge.")
    return flow
