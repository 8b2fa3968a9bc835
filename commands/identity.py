"""By what somebody is known, and whether two are the same person. Pure.

A Slack account shows an address that its holder can change, and a mailbox has many addresses. So people are
told apart by Slack user id and Entra object id, and whoever shares any one of these, or an address, with the
owner of an account is taken for the owner.
Source: Slack, "User object" (ids stay, profiles change); Microsoft Graph, "user resource type" (`id`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graph.question import Subject


@dataclass(frozen=True, slots=True)
class Identity:
    """By what somebody is known.

    Attributes:
        users: Slack user ids.
        objects: Entra object ids, lower-cased.
        addresses: Addresses in Microsoft 365 and in Slack, lower-cased.
    """

    users: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, users: Iterable[str] = (), objects: Iterable[str] = (), addresses: Iterable[str] = ()
    ) -> Identity:
        """Make one; what is empty is left out."""
        return cls(
            frozenset(filter(None, users)),
            frozenset(one.casefold() for one in objects if one),
            frozenset(one.casefold() for one in addresses if one),
        )

    def __or__(self, other: Identity) -> Identity:
        return Identity(
            self.users | other.users, self.objects | other.objects, self.addresses | other.addresses
        )

    def is_same(self, other: Identity) -> bool:
        """Whether both have something in common, so that they count as one person."""
        return bool(
            self.users & other.users or self.objects & other.objects or self.addresses & other.addresses
        )


NOBODY: Final = Identity()


def owner_of(subject: Subject, users: Iterable[str] = ()) -> Identity:
    """Give by what the owner of an account is known.

    Args:
        subject: The account.
        users: The Slack accounts that were found to be the owner's.
    """
    names = (subject.user_principal_name, subject.mail, *subject.addresses)
    return Identity.of(users, (subject.id,), names)


def verified_of(row: Mapping[str, Any]) -> Identity | None:
    """Read from a row of cases by what its owner is known for which the tenant answers; None if not asked."""
    if not row["owners_verified"]:
        return None
    known = json.loads(row["owners_verified"])
    return Identity.of(known["users"], (row["subject_id"],), known["addresses"])
