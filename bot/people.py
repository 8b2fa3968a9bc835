"""Who somebody in Slack is, and whether this person may ask.

Being in a channel gives nobody any right. People are named in the settings, by user id or by a user group.
What Slack says about them is read again each time; only the group's list is kept, for a minute at most.
Nobody named means that nobody may ask.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from slack_sdk import WebClient

from bot.errors import Barred, NotUnderstood, SlackFailed
from bot.settings import ResponderSettings
from bot.slack_client import call
from graph.question import Subject

GROUP_SECONDS = 60.0
"""How long a user group's list is kept: Slack allows 20 such calls a minute."""


ADDRESSES_TRIED = 5
"""How many addresses of a subject Slack is asked about: it allows some 50 such calls a minute."""


@dataclass(frozen=True, slots=True)
class Account:
    """What Slack says about one of its users. Source: Slack, "User object".

    Attributes:
        id: The user id, which together with the team means one person; names can be chosen.
        team: The workspace that the account belongs to.
        email: The address in the profile, lower-cased, "" where there is none.
        name: The name that people see.
        deleted: Whether the account is deactivated.
        bot: Whether it is an app or Slack's own bot.
        guest: Whether it is a guest of one or several channels.
        stranger: Whether it belongs to another company, through a shared channel.
        confirmed: Whether the address was confirmed; Slack leaves that out where it does not apply.
    """

    id: str
    team: str
    email: str
    name: str
    deleted: bool = False
    bot: bool = False
    guest: bool = False
    stranger: bool = False
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may ask."""

    id: str
    team: str
    email: str
    name: str


def account_of(user: Mapping[str, Any]) -> Account:
    """Read a user as `users.info` gives it."""
    profile = user.get("profile") or {}
    return Account(
        id=str(user.get("id", "")),
        team=str(user.get("team_id", "")),
        email=str(profile.get("email") or "").strip().casefold(),
        name=str(profile.get("real_name") or user.get("real_name") or user.get("name") or ""),
        deleted=bool(user.get("deleted")),
        bot=bool(user.get("is_bot")) or user.get("id") == "USLACKBOT",
        guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        stranger=bool(user.get("is_stranger")),
        confirmed=user.get("is_email_confirmed") is not False,
    )


def why_not(account: Account, home: str, named: frozenset[str]) -> str:
    """Say why this account may not ask, in one sentence; "" when it may.

    Args:
        account: Who asks.
        home: The id of our own workspace.
        named: The user ids that the settings name, directly or through the group.
    """
    if account.deleted:
        return "Your Slack account is deactivated."
    if account.bot:
        return "Bots may not ask for checks."
    if account.stranger or account.team != home:
        return "People from another workspace may not ask for checks."
    if account.guest:
        return "Guests of this workspace may not ask for checks."
    if not account.email:
        return "Slack tells no address for you, so nobody can tell whether you ask about your own account."
    if not account.confirmed:
        return "Your address in Slack is not confirmed."
    if not named:
        return "Nobody may ask for checks yet: the settings name no responders."
    if account.id not in named:
        return "You are not one of the responders who may ask for checks."
    return ""


def is_own_account(addresses: frozenset[str], subject: Subject) -> bool:
    """Say whether one of these addresses means the subject."""
    return any(subject.is_meant_by(address) for address in addresses)


def _without_tag(address: str) -> str:
    """The address that mail to a plus address arrives at."""
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"


class People:
    """Reads from Slack who somebody is. Any thread may use it.

    Args:
        client: Slack's Web API.
        home: The id of our own workspace.
        responders: Who may ask.
        addresses: Slack user ids with the Microsoft 365 address of the same person.
        seconds: A clock that only goes forward, in seconds.
    """

    def __init__(
        self,
        client: WebClient,
        home: str,
        responders: ResponderSettings,
        addresses: Mapping[str, str],
        seconds: Callable[[], float],
    ) -> None:
        self._client = client
        self._home = home
        self._responders = responders
        self._addresses = {user: address.strip().casefold() for user, address in addresses.items()}
        self._seconds = seconds
        self._lock = threading.Lock()
        self._group: tuple[float, frozenset[str]] | None = None

    def account(self, user: str) -> Account:
        """Ask Slack who this is.

        Raises:
            NotUnderstood: there is no such user.
            SlackFailed: Slack did not answer.
        """
        try:
            answer = call(self._client.users_info, user=user)
        except SlackFailed as error:
            if error.code in ("user_not_found", "user_not_visible"):
                raise NotUnderstood(f"Slack knows nobody with the id {user}.") from error
            raise
        return account_of(answer["user"])

    def asker(self, user: str, team: str) -> Person:
        """Give the person who asks.

        Args:
            user: The user id in the payload.
            team: The user's workspace in the payload, "" where it names none.

        Raises:
            Barred: this person may not ask.
            SlackFailed: Slack did not answer, so nobody may.
        """
        try:
            account = self.account(user)
        except NotUnderstood as error:
            raise Barred("Slack does not tell who you are, so you may not ask for checks.") from error
        if user in self._addresses and not account.email:
            account = replace(account, email=self._addresses[user])
        reason = why_not(account, self._home, self._named())
        if not reason and team not in ("", self._home):
            reason = "People from another workspace may not ask for checks."
        if reason:
            raise Barred(reason)
        return Person(account.id, account.team, account.email, account.name)

    def addresses_of(self, person: Person) -> frozenset[str]:
        """Give every address by which this person may be known in Microsoft 365.

        Exchange delivers ``adele+anything@`` to ``adele@``, and Slack takes either for an address.
        Source: Exchange Online, "Plus Addressing".
        """
        known = frozenset(filter(None, (person.email, self._addresses.get(person.id, ""))))
        return known | {_without_tag(address) for address in known}

    def address_behind(self, user: str) -> str:
        """Give the Microsoft 365 address of somebody who was mentioned.

        Raises:
            NotUnderstood: Slack knows no address of theirs.
            SlackFailed: Slack did not answer.
        """
        if user in self._addresses:
            return self._addresses[user]
        account = self.account(user)
        if account.bot:
            raise NotUnderstood(f"{account.name} is a bot and has no mailbox. Type the address instead.")
        if not account.email:
            raise NotUnderstood(f"Slack tells no address for {account.name}. Type the address instead.")
        return account.email

    def slack_user_of(self, subject: Subject) -> str:
        """Give the Slack user id of the subject, "" where there is none.

        Raises:
            SlackFailed: Slack did not answer.
        """
        for user, address in self._addresses.items():
            if subject.is_meant_by(address):
                return user
        known = dict.fromkeys((subject.mail, subject.user_principal_name, *subject.addresses))
        for address in list(known)[:ADDRESSES_TRIED]:
            try:
                return str(call(self._client.users_lookupByEmail, email=address)["user"]["id"])
            except SlackFailed as error:
                if error.code not in ("users_not_found", "user_not_found"):
                    raise
        return ""

    def _named(self) -> frozenset[str]:
        users = frozenset(self._responders.users)
        return users | self._members() if self._responders.group else users

    def _members(self) -> frozenset[str]:
        with self._lock:
            now = self._seconds()
            if self._group and now - self._group[0] < GROUP_SECONDS:
                return self._group[1]
            answer = call(self._client.usergroups_users_list, usergroup=self._responders.group)
            members = frozenset(str(user) for user in answer["users"])
            self._group = (now, members)
            return members
