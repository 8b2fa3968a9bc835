"""Sign-in methods in words."""

from __future__ import annotations

from typing import Final

from commands.clues.records import one_line
from graph.resources.sign_ins import AuthenticationMethod

NAMES: Final = {
    "phone": "the phone",
    "email": "the email address for password reset",
    "microsoftAuthenticator": "the Microsoft Authenticator",
    "fido2": "the passkey",
    "softwareOath": "the authenticator app",
    "temporaryAccessPass": "the temporary access pass",
    "windowsHelloForBusiness": "Windows Hello",
    "platformCredential": "the platform credential",
    "external": "the external method",
    "hardwareOath": "the hardware token",
}
"""Each kind in words."""


def described(method: AuthenticationMethod) -> str:
    """A method in words, as far as Graph tells: ``the telephone +44 7700900077``."""
    detail = method.phone_number or method.email_address or method.display_name or method.model
    return one_line(f"{NAMES.get(method.kind, f'the method {method.kind}')} {detail}".strip())
