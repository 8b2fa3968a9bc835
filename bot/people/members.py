"""What Slack says about its users, and whom the settings name.

Being in a channel gives no one any right. People are named in the settings, by user id or by a user group.
What Slack says about them is read again each time; only the group's list is kept, for a minute at most, and
not even that where someone approves. No one named means that no one may.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

from slack_sdk import WebClient

from bot.errors import NotUnderstood, SlackFailed
from bot.settings import ResponderSettings
from bot.slack.client import call

GUEST_SECONDS = 600.0
"""How long it is kept who is a guest, so that not every card asks about everyone in its channel."""

MOST_LOOKED_AT = 60
"""About how many people of one channel Slack is asked; it allows 100 such calls a minute."""

_AT_ONCE = 8

GROUP_SECONDS = 60.0
"""How long a user group's list is kept: Slack allows 20 such calls a minute."""


@dataclass(frozen=True, slots=True)
class Team:
    """Who the settings name in one tenant: who may ask, and who may approve."""

    responders: ResponderSettings
    approvers: ResponderSettings


NO_TEAM: Final = Team(ResponderSettings(), ResponderSettings())


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
    if reason := _why_unknown(account, home, "run checks"):
        return reason
    if not named:
        return "No one can run checks yet: the settings name no responders."
    if account.id not in named:
        return "You are not a responder."
    return ""


def why_no_reporter(account: Account, home: str) -> str:
    """Say why this account may not even report something, in one sentence; "" when it may.

    Everyone who works here may, the owner of the reported account too.
    """
    if account.deleted:
        return "Your Slack account is deactivated."
    if account.bot:
        return "Bots cannot report accounts."
    if account.stranger or account.team != home:
        return "People from another workspace cannot report accounts here."
    if account.guest:
        return "Guests of this workspace cannot report accounts. Ask an employee to do it."
    return ""


def why_no_approver(account: Account, home: str, named: frozenset[str]) -> str:
    """Say why this account may not approve, in one sentence; "" when it may.

    Args:
        account: Who approves.
        home: The id of our own workspace.
        named: The user ids that the settings name as approvers, directly or through the group.
    """
    if reason := _why_unknown(account, home, "vote"):
        return reason
    if not named:
        return "No one can vote yet: the settings name no approvers."
    if account.id not in named:
        return "You are not an approver."
    return ""


def _why_unknown(account: Account, home: str, deed: str) -> str:
    """Say why this account can do nothing of the kind, whoever the settings name; "" where it could."""
    if account.deleted:
        return "Your Slack account is deactivated."
    if account.bot:
        return f"Bots cannot {deed}."
    if account.stranger or account.team != home:
        return f"People from another workspace cannot {deed}."
    if account.guest:
        return f"Guests of this workspace cannot {deed}."
    if not account.email:
        return "Slack has no email address for you, so your account is unknown."
    if not account.confirmed:
        return "Your email address in Slack is not confirmed."
    return ""


class Members:
    """Reads from Slack who someone is. Any thread may use it.

    Args:
        client: Slack's Web API.
        home: The id of our own workspace.
        teams: Who may ask and who may approve in each tenant, by its name.
        addresses: Slack user ids with the Microsoft 365 address of the same person.
        seconds: A clock that only goes forward, in seconds.
        whose: Gives the name that the settings have for a tenant now, by one that it had earlier.
    """

    def __init__(
        self,
        client: WebClient,
        home: str,
        teams: Mapping[str, Team],
        *,
        addresses: Mapping[str, str],
        seconds: Callable[[], float],
        whose: Callable[[str], str] = str,
    ) -> None:
        self._client = client
        self.home = home
        self._teams = dict(teams)
        self._whose = whose
        self.addresses = {user: address.strip().casefold() for user, address in addresses.items()}
        self._seconds = seconds
        self._lock = threading.Lock()
        self._groups: dict[str, tuple[float, frozenset[str]]] = {}
        self._guests: dict[str, tuple[float, bool]] = {}

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
                raise NotUnderstood(f"Slack has no user with the ID {user}.") from error
            raise
        account = account_of(answer["user"])
        if account.id in self.addresses and not account.email:
            return replace(account, email=self.addresses[account.id])
        return account

    def guests_among(self, users: Collection[str]) -> tuple[frozenset[str], int]:
        """Say who of these is a guest or from another company, and about how many more nobody was asked.

        Raises:
            SlackFailed: Slack did not answer.
        """
        now = self._seconds()
        with self._lock:
            known = {user: guest for user, (at, guest) in self._guests.items() if now - at < GUEST_SECONDS}
        fresh = sorted(set(users) - known.keys())
        asked = fresh[:MOST_LOOKED_AT]
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="guests") as pool:
            found = dict(zip(asked, pool.map(self._is_guest, asked), strict=True))
        with self._lock:
            self._guests |= {user: (now, guest) for user, guest in found.items()}
        guests = frozenset(user for user in users if {**known, **found}.get(user))
        return guests, len(fresh) - len(asked)

    def _is_guest(self, user: str) -> bool:
        account = self.account(user)
        return account.guest or account.stranger

    def why_no_asker(self, account: Account, team: str = "", tenant: str | None = None) -> str:
        """Say why this account may not ask in a tenant, as far as Slack knows; "" when it may.

        Args:
            account: Who asks.
            team: The workspace in the payload, "" where it names none.
            tenant: The tenant's name; None for any of them.

        Raises:
            SlackFailed: Slack did not answer, so no one knows.
        """
        barred = why_not(account, self.home, frozenset(self.responders(tenant)))
        if not barred and team not in ("", self.home):
            barred = "People from another workspace cannot run checks."
        return barred

    def why_no_approver(
        self, account: Account, team: str = "", tenant: str | None = None, *, fresh: bool
    ) -> str:
        """Say why this account may not approve in a tenant, or any; "" when it may, as far as Slack knows.

        Raises:
            SlackFailed: Slack did not answer, so no one knows.
        """
        named = frozenset(self.approvers(tenant, fresh=fresh))
        barred = why_no_approver(account, self.home, named)
        if not barred and team not in ("", self.home):
            barred = "People from another workspace cannot vote."
        return barred

    def addresses_of(self, account: Account) -> frozenset[str]:
        """Give every address by which Slack and the settings know someone.

        Exchange delivers ``adele+anything@`` to ``adele@``, and Slack takes either for an address.
        Source: Exchange Online, "Plus Addressing".
        """
        known = frozenset(filter(None, (account.email, self.addresses.get(account.id, ""))))
        return known | {_without_tag(address) for address in known}

    def home_of(self, account: Account) -> str:
        """Give the address that leads to someone's account."""
        return self.addresses.get(account.id, "") or _without_tag(account.email)

    def approvers(self, tenant: str | None = None, *, fresh: bool = False) -> tuple[str, ...]:
        """Give the ids of everyone whom the settings name as an approver of a tenant, or any, in their order.

        Raises:
            SlackFailed: Slack did not answer.
        """
        named = (self._names(team.approvers, fresh=fresh) for team in self._of(tenant))
        return tuple(sorted(frozenset().union(*named)))

    def responders(self, tenant: str | None = None, *, fresh: bool = False) -> tuple[str, ...]:
        """Give the ids of everyone whom the settings name as a responder of a tenant, or any, in their order.

        Raises:
            SlackFailed: Slack did not answer.
        """
        named = (self._names(team.responders, fresh=fresh) for team in self._of(tenant))
        return tuple(sorted(frozenset().union(*named)))

    def named(self, tenant: str | None = None, *, fresh: bool = False) -> frozenset[str]:
        """Give the user ids of everyone whom the settings name in a tenant, or any.

        Raises:
            SlackFailed: Slack did not answer.
        """
        return frozenset((*self.approvers(tenant, fresh=fresh), *self.responders(tenant)))

    def asks_in(self, user: str) -> frozenset[str]:
        """Give the tenants whose settings name someone as a responder.

        Raises:
            SlackFailed: Slack did not answer.
        """
        return frozenset(name for name, team in self._teams.items() if user in self._names(team.responders))

    def sees(self, user: str) -> frozenset[str]:
        """Give the tenants whose settings name someone at all.

        Raises:
            SlackFailed: Slack did not answer.
        """
        return frozenset(name for name in self._teams if user in self.named(name))

    def _of(self, tenant: str | None) -> tuple[Team, ...]:
        """The teams of every tenant, or of one; nobody's where it is not configured."""
        if tenant is None:
            return tuple(self._teams.values())
        return (self._teams.get(self._whose(tenant), NO_TEAM),)

    def _names(self, who: ResponderSettings, *, fresh: bool = False) -> frozenset[str]:
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


def _without_tag(address: str) -> str:
    """The address that mail to a plus address arrives at."""
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"
