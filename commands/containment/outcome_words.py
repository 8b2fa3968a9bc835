"""What is said of a change that was not made, or not seen to have taken effect."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from commands.containment.state_words import field_in_words, value_in_words
from commands.plans.plan import (
    Act,
    Change,
    State,
)
from graph.errors import (
    GraphError,
    NoLicense,
    NoPermission,
    Refused,
)
from graph.request import Request


def told(state: State) -> str:
    """Say a state in words: ``sign-in: on, mail: "adele@contoso.example"``."""
    if not state:
        return "nothing there" if state is None else "there"
    words = ", ".join(f"{field_in_words(name)}: {_told(value, name)}" for name, value in state.items())
    return words if len(words) <= 300 else f"{words[:299]}…"


def _told(value: Any, field: str) -> str:
    if word := value_in_words(value, field):
        return word
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def why_failed(change: Change, error: GraphError) -> str:
    """Say why Microsoft refused a change, and what to do now."""
    named = f" ({error.needs})" if error.needs and error.needs not in error.sentence else ""
    match error:
        case NoPermission() if _is_sensitive(change.do):
            return (
                f"The application is not allowed to do this. Either it lacks a permission{named}, "
                "or the account is an administrator and the application needs the role "
                "Privileged Authentication Administrator. Grant it, then propose this again."
            )
        case NoPermission():
            return f"{error.sentence} Grant the application what it lacks{named}, then propose this again."
        case NoLicense():
            return f"{error.sentence} Without it, this can only be done manually, if at all."
        case Refused() if any(words in error.sentence.casefold() for words in _ON_PREMISES):
            return (
                "This is managed on-premises and cannot be changed in the cloud. Have an "
                "on-premises administrator change it, let it synchronize, and check the account "
                "again."
            )
        case Refused() if _is_default_method(error):
            return (
                "It is the account's default sign-in method, which can only be removed last. Choose "
                "another default, or remove the other methods, then propose this again."
            )
        case _:
            return f"{error.sentence} Check the account again, or do it manually in the admin center."


_ON_PREMISES: Final = ("on-premises mastered", "synchronized from your on-premises", "federated user")
_SENSITIVE: Final = re.compile(r"/users/[^/]+(/authentication/.+|/revokeSignInSessions)?")


def _is_sensitive(do: Act) -> bool:
    """Whether it takes a higher role to do this to an administrator's account.

    Source: Microsoft Graph v1.0, "user resource type", "Who can perform sensitive actions".
    """
    return isinstance(do, Request) and _SENSITIVE.fullmatch(do.path) is not None


def _is_default_method(error: GraphError) -> bool:
    """Whether a sign-in method cannot be removed as long as it is the default and there are others.

    Source: Microsoft Graph v1.0, "Delete phoneAuthenticationMethod" and its siblings.
    """
    text = error.sentence.casefold()
    return isinstance(error, Refused) and error.status == 400 and "default" in text and "method" in text


def could_not_look(error: GraphError) -> str:
    """Say that nothing was sent, because the state could not be read."""
    return (
        f"Its current state could not be read, so nothing was sent: {error.sentence} Propose it again later."
    )


def why_changed(change: Change, state: State) -> str:
    """Say that nothing was sent, because the state is not what was approved."""
    expects = change.expects
    if state is None:
        found = "It is no longer there"
    elif expects is None:
        found = f"It is there already{f' ({told(state)})' if state else ''}"
    else:
        names = [one for one in expects if expects[one] != state.get(one)] or list(expects)
        was, now = ({name: one.get(name) for name in names} for one in (expects, state))
        found = f"Expected {told(was)}; found {told(now)}"
    return f"{found}. Nothing was sent; check the account again."


def look_yourself(change: Change) -> str:
    """Say what a person has to look at, where nothing tells whether a change took effect."""
    if change.moves:
        return "Verify the account in the admin center, then propose it again if needed."
    if not change.wants:
        seen, not_so = ("is gone", "is not") if change.wants is None else ("took effect", "did not")
        return f"Verify in the admin center that it {seen}; if it {not_so}, propose it again."
    return f"Verify in the admin center: “{told(change.wants)}”. If it is not so, propose it again."
