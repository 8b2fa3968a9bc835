"""The word for how something that was open to the attacker no longer is: each kind has its own. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

WORDS: Final = {
    "block_sign_in": "blocked",
    "revoke_sessions": "revoked",
    "reset_password": "reset",
    "confirm_compromised": "confirmed",
    "restore_auditing": "restored",
    "remove_sign_in_methods": "removed",
    "multi_factor": "required",
    "revoke_oauth_grants": "revoked",
    "remove_app_assignments": "removed",
    "disable_apps": "disabled",
    "remove_forwarding": "removed",
    "disable_inbox_rules": "disabled",
    "disable_sweep_rules": "disabled",
    "turn_off_auto_reply": "turned off",
    "turn_off_signature": "turned off",
    "clean_junk_lists": "cleaned",
    "remove_delegates": "removed",
    "disable_mail_protocols": "disabled",
    "block_mobile_devices": "blocked",
    "disable_registered_devices": "disabled",
    "disable_transport_rules": "disabled",
    "remove_admin_roles": "removed",
    "remove_exchange_roles": "removed",
    "remove_purview_roles": "removed",
    "restore_contact_data": "restored",
    "unblock_sending": "unblocked",
}
"""The word for what each step that changes something did to what was open, by the step's id."""

_BY_PEOPLE: Final = {"remediate_manually": "marked done"}
"""The word where only a person can close something, and nothing reads back that they did."""

_ANY: Final = "remediated"
"""Of what no step is known for, and of several that say different things."""


def word_for(steps: Iterable[str]) -> str:
    """Say in one or two words what some steps did: ``revoked``, ``revoked and disabled``."""
    words = tuple(dict.fromkeys((WORDS | _BY_PEOPLE).get(step, _ANY) for step in steps))
    return " and ".join(words) if 0 < len(words) <= 2 else _ANY
