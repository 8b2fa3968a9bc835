"""Who the people are that the settings name: fixed by Slack user id and Entra object id when first seen.

People may change the address in their Slack profile, and whoever took an account over may do so with its
owner's. So the account that an address leads to is looked up once, when someone is named, and kept in the
ledger. Whoever is seen with another address or another account later may do nothing until the bot's operator
confirms the change: `compromise people confirm`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from commands.identity import Identity
from commands.ledger import BOT, Ledger
from commands.ledger import entries as e
from commands.ledger.people import Named, named_people, named_person
from commands.ledger.recorded import demand_person
from graph.errors import Broken, GraphError, NoSuchUser, OutOfTime, Throttled
from graph.question import Subject

log = structlog.get_logger(__name__)

CHANGED: Final = (
    "Your Slack email address or your Microsoft 365 account changed since your identity was recorded. "
    "The bot's operator can confirm the change: compromise people confirm {user}"
)
PASSING: Final = (Throttled, Broken, OutOfTime)
"""Trouble of Microsoft's that passes by itself: too many requests, 5xx, no answer."""

NO_ACCOUNT: Final = (
    "Your Slack email address matches no account in our tenants, so your account is unknown. "
    "Have your Microsoft 365 address added under [people] in the settings."
)


@dataclass(frozen=True, slots=True)
class Known:
    """Who someone is, as far as anyone can tell now.

    Attributes:
        object_id: The Entra object id of the account, "" where no one can tell.
        addresses: Every address of that account, and of the person in Slack.
        earlier: Everything by which this person was ever known.
        why_not: Why this person may do nothing, one sentence; "" when they may.
        unsure: Whether that is only because Microsoft could not be asked.
        passes: Whether that trouble passes by itself; a refusal does not.
        fresh_change: Whether it was seen just now that they are not as they were named.
    """

    object_id: str
    addresses: frozenset[str]
    earlier: Identity
    why_not: str = ""
    unsure: bool = False
    passes: bool = False
    fresh_change: bool = False


class Identities:
    """Knows who people are, and notes it. Any thread may use it.

    Args:
        ledger: Where it is kept.
        find: Finds an account by its address; raises NoSuchUser, or another GraphError where no one can tell.
    """

    def __init__(self, ledger: Ledger, find: Callable[[str], Subject]) -> None:
        self._ledger = ledger
        self._find = find

    def recall(self, user: str, addresses: frozenset[str]) -> Known:
        """Give what is known of someone without asking Microsoft or noting anything.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        named = named_person(self._ledger, user)
        if named is None:
            return Known("", addresses, Identity())
        return Known(named.object_id, addresses, named.earlier)

    def recognize(self, user: str, email: str, addresses: frozenset[str], home: str, *, live: bool) -> Known:
        """Say whether someone whom the settings name is who they were when they were named.

        Args:
            user: The Slack user id.
            email: The address in Slack, as it is now.
            addresses: Every address by which Slack and the settings know them.
            home: The address that leads to the account: that of the settings, or the one in Slack.
            live: Whether Microsoft is asked where it is known already, which it is where someone decides.

        Raises:
            LedgerError: the ledger cannot be used.
        """
        named = self._recorded(user)
        earlier = named.earlier if named else Identity()
        if named and (named.changed or named.email != email):
            return self._changed(named, email, "", addresses)
        if named and not live:
            return Known(named.object_id, addresses, earlier)
        try:
            account = self._find(home)
        except NoSuchUser:
            return Known("", addresses, earlier, NO_ACCOUNT)
        except GraphError as error:
            log.warning(
                "Nobody could be asked who this is.", action="people.unsure", user=user, why=str(error)
            )
            sentence = error.sentence.rstrip(".")
            why = f"Your Microsoft 365 account could not be looked up ({sentence}). Try again."
            return Known("", addresses, earlier, why, unsure=True, passes=isinstance(error, PASSING))
        addresses |= {account.user_principal_name, account.mail, *account.addresses}
        named = named or self._name(user, email, account)
        if named.email == email and named.object_id == account.id:
            return Known(account.id, addresses, named.earlier)
        return self._changed(named, email, account.id, addresses)

    def confirm(self, user: str, email: str, home: str, actor: str) -> Named:
        """Note who someone is from now on.

        Raises:
            GraphError: there is no such account, or Microsoft did not answer.
            LedgerError: the ledger cannot be used.
        """
        return self._note(user, email, self._find(home), actor)

    def is_changed(self, user: str, email: str) -> bool:
        """Whether someone who was named has another address in Slack than they had then."""
        named = self._recorded(user)
        return named is not None and named.email != email

    def slack_users_of(self, owner: Identity) -> frozenset[str]:
        """Give the Slack accounts of those who were named and are known by one of these."""
        with self._ledger.reading():
            demand_person(self._ledger)
            return frozenset(one.user for one in named_people(self._ledger) if one.earlier.is_same(owner))

    def _recorded(self, user: str) -> Named | None:
        """Give who someone is as the ledger has it.

        Raises:
            LedgerTampered: the entries say something else than the tables.
        """
        with self._ledger.reading():
            demand_person(self._ledger, user)
            return named_person(self._ledger, user)

    def _name(self, user: str, email: str, account: Subject) -> Named:
        log.info("Somebody was named.", action="people.named", user=user, object_id=account.id)
        return self._note(user, email, account, BOT, once=True)

    def _note(self, user: str, email: str, account: Subject, actor: str, *, once: bool = False) -> Named:
        with self._ledger.writing() as writing:
            demand_person(writing, user)
            # Asked twice at the same moment, someone is named once.
            if not once or named_person(writing, user) is None:
                names = tuple(dict.fromkeys((account.user_principal_name, account.mail, *account.addresses)))
                writing.append(e.PersonNamed(user, email, account.id, names), actor)
            named = named_person(writing, user)
        assert named is not None
        return named

    def _changed(self, named: Named, email: str, object_id: str, addresses: frozenset[str]) -> Known:
        with self._ledger.writing() as writing:
            # Noted once, and not at all where someone named them again a moment ago.
            fresh = named_person(writing, named.user) == named and not named.changed
            if fresh:
                writing.append(e.PersonChanged(named.user, email, object_id), BOT)
        if fresh:
            log.warning("Somebody is not as they were named.", action="people.changed", user=named.user)
        why = CHANGED.format(user=named.user)
        return Known(named.object_id, addresses, named.earlier, why, fresh_change=fresh)
