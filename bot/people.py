"""Who somebody in Slack is, and whether this person may ask or approve.

Being in a channel gives nobody any right. People are named in the settings, by user id or by a user group.
What Slack says about them is read again each time; only the group's list is kept, for a minute at most, and
not even that where somebody approves. Nobody named means that nobody may.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from slack_sdk import WebClient

from bot.errors import Barred, NotUnderstood, SlackFailed
from bot.settings import ResponderSettings
from bot.slack.client import call
from commands.approval import Voter
from commands.ledger import Ledger
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
    """Somebody who may ask, or is asked for an approval."""

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


def why_no_reporter(account: Account, home: str) -> str:
    """Say why this account may not even report something, in one sentence; "" when it may.

    Everybody who works here may, the owner of the reported account too.
    """
    if account.deleted:
        return "Your Slack account is deactivated."
    if account.bot:
        return "Bots may not report accounts."
    if account.stranger or account.team != home:
        return "People from another workspace may not report accounts here."
    if account.guest:
        return "Guests of this workspace may not report accounts. Ask somebody who works here to do it."
    return ""


def why_no_approver(account: Account, home: str, named: frozenset[str], open_case: str) -> str:
    """Say why this account may not approve, in one sentence; "" when it may.

    Args:
        account: Who approves.
        home: The id of our own workspace.
        named: The user ids that the settings name as approvers, directly or through the group.
        open_case: Why this person's own account is in doubt, one sentence; "" when it is not.
    """
    if account.deleted:
        return "Your Slack account is deactivated, so you may not approve."
    if account.bot:
        return "Bots may not approve."
    if account.stranger or account.team != home:
        return "People from another workspace may not approve."
    if account.guest:
        return "Guests of this workspace may not approve."
    if not account.email:
        return "Slack tells no address for you, so nobody can tell whose account you would decide about."
    if not account.confirmed:
        return "Your address in Slack is not confirmed, so you may not approve."
    if not named:
        return "Nobody may approve yet: the settings name no approvers."
    if account.id not in named:
        return "You are not one of the approvers."
    return open_case


def doubt_about(ledger: Ledger, addresses: frozenset[str]) -> str:
    """Say why somebody with these addresses must not decide anything now; "" when nothing is known.

    Whoever holds a taken-over account may hold its owner's Slack account as well.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    against = ledger.case_against(addresses, ("compromised", "suspicious"))
    if against:
        found = "counts as taken over" if against.verdict == "compromised" else "was found suspicious"
        return f"Your own account {found} in case {against.id}, so you may not decide anything."
    for case in ledger.unfinished_cases():
        if any(case.subject.is_meant_by(address) for address in addresses):
            return f"Your own account is being looked into in case {case.id}, so you may not decide anything."
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
        approvers: Who may approve.
        doubt: Says why somebody with these addresses must not decide anything, "" when nothing is known.
    """

    def __init__(
        self,
        client: WebClient,
        home: str,
        responders: ResponderSettings,
        addresses: Mapping[str, str],
        seconds: Callable[[], float],
        *,
        approvers: ResponderSettings | None = None,
        doubt: Callable[[frozenset[str]], str] = lambda _: "",
    ) -> None:
        self._client = client
        self._home = home
        self._responders = responders
        self._addresses = {user: address.strip().casefold() for user, address in addresses.items()}
        self._seconds = seconds
        self._approvers = approvers or ResponderSettings()
        self._doubt = doubt
        self._lock = threading.Lock()
        self._groups: dict[str, tuple[float, frozenset[str]]] = {}

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
        account = self._with_address(account)
        reason = why_not(account, self._home, self._named(self._responders))
        if not reason and team not in ("", self._home):
            reason = "People from another workspace may not ask for checks."
        if reason:
            raise Barred(reason)
        return Person(account.id, account.team, account.email, account.name)

    def reporter(self, user: str, team: str) -> Person:
        """Give the person who reports something, which anybody who works here may.

        Raises:
            Barred: this person may not.
            SlackFailed: Slack did not answer, so nobody may.
        """
        try:
            account = self._with_address(self.account(user))
        except NotUnderstood as error:
            raise Barred("Slack does not tell who you are, so you may not report anything.") from error
        reason = why_no_reporter(account, self._home)
        if not reason and team not in ("", self._home):
            reason = "People from another workspace may not report accounts here."
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

    def voter(self, user: str, team: str = "", *, factor: bool = False, fresh: bool = True) -> Voter:
        """Give the person who votes, with the reason why they may not; everything is read anew.

        Args:
            user: The user id in the payload.
            team: The user's workspace in the payload, "" where it names none.
            factor: Whether a second factor was shown with this vote.
            fresh: False where nothing is decided by it, so that the group's list may be a minute old.

        Raises:
            SlackFailed: Slack did not answer, so nobody knows.
            LedgerError: the ledger cannot be read.
        """
        try:
            account = self._with_address(self.account(user))
        except NotUnderstood:
            return Voter(
                user, frozenset(), "Slack does not tell who you are, so you may not approve.", factor
            )
        addresses = self.addresses_of(Person(account.id, account.team, account.email, account.name))
        named = self._named(self._approvers, fresh=fresh)
        barred = why_no_approver(account, self._home, named, self._doubt(addresses))
        if not barred and team not in ("", self._home):
            barred = "People from another workspace may not approve."
        return Voter(account.id, addresses, barred, factor)

    def doubt_about(self, addresses: frozenset[str]) -> str:
        """Say why somebody with these addresses must not decide anything now; "" when nothing is known.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        return self._doubt(addresses)

    def approvers(self) -> tuple[str, ...]:
        """Give the user ids of everybody whom the settings name as an approver, in the order of their ids.

        Raises:
            SlackFailed: Slack did not answer.
        """
        return tuple(sorted(self._named(self._approvers)))

    def responders(self) -> tuple[str, ...]:
        """Give the user ids of everybody whom the settings name as a responder, in the order of their ids.

        Raises:
            SlackFailed: Slack did not answer.
        """
        return tuple(sorted(self._named(self._responders)))

    def _with_address(self, account: Account) -> Account:
        if account.id in self._addresses and not account.email:
            return replace(account, email=self._addresses[account.id])
        return account

    def _named(self, who: ResponderSettings, *, fresh: bool = False) -> frozenset[str]:
        users = frozenset(who.users)
        return users | self._members(who.group, fresh=fresh) if who.group else users

    def _members(self, group: str, *, fresh: bool) -> frozenset[str]:
        with self._lock:
            now = self._seconds()
            known = self._groups.get(group)
            if known and not fresh and now - known[0] < GROUP_SECONDS:
                return known[1]
            answer = call(self._client.usergroups_users_list, usergroup=group)
            members = frozenset(str(user) for user in answer["users"])
            self._groups[group] = (now, members)
            return members
