"""What `compromise init` finds out in Slack by itself, once there are tokens: channels and people.

Nothing is asked that Slack tells: which workspace it is, which private channels the bot was invited to, and
who is in them. Whoever is named is looked at as the bot will: a guest, a bot or somebody of another company
is refused here and not on the day of the first approval.
Sources: Slack, "users.lookupByEmail", "conversations.list", "conversations.members", "usergroups.list".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from slack_sdk import WebClient

from bot.errors import NotUnderstood, SlackFailed
from bot.people.members import Account, account_of
from bot.settings import SlackSettings
from bot.setup.doctor_slack import SCOPES
from bot.slack.channels import members, why_not_here
from bot.slack.client import MEND_APP, MEND_BOT, TIMEOUT, call, make_client

MOST_PEOPLE: Final = 20
"""So many people of a channel are suggested as responders at most; more of them are no team."""

_TOKEN = re.compile(r"\bxox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]+|\bxapp-[A-Za-z0-9-]+")
_APP = re.compile(r"xapp-\d+-(A[A-Z0-9]+)-")
_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_GROUP = re.compile(r"S[A-Z0-9]{2,}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{4,}")
_BETWEEN = re.compile(r"[,;\s]+")
_FOR_CHECKPOINTS = ("checkpoint", "ledger")
_INVITE = "If the channel is private, type /invite @compromise-bot in it first."


@dataclass(frozen=True, slots=True)
class Tokens:
    """What was found in a text that somebody pasted; "" for a token that is not in it."""

    bot: str = ""
    app: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that cards or checkpoints may go to."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Named:
    """Whom an answer names: people, and a user group with its handle where there is one."""

    people: tuple[Account, ...] = ()
    group: str = ""
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What is suggested: the channels, None where there is none, and the responders."""

    cards: Channel | None
    checkpoints: Channel | None
    responders: tuple[Account, ...]


def tokens_in(text: str) -> Tokens:
    """Find both tokens by how they begin, whatever stands around them and in whichever order.

    Raises:
        NotUnderstood: there are two of a kind, or one of another kind. No token is repeated.
    """
    found: dict[str, set[str]] = {"xoxb-": set(), "xapp-": set()}
    for token in _TOKEN.findall(text):
        begins = token[:5]
        if begins not in found:
            raise NotUnderstood(
                f"A token that begins with {begins} is of no use here. Copy the Bot User OAuth Token, which "
                "begins with xoxb-, from OAuth & Permissions."
            )
        found[begins].add(token)
    for begins, tokens in found.items():
        if len(tokens) > 1:
            raise NotUnderstood(
                f"There are two different tokens that begin with {begins}. Paste one of each."
            )
    return Tokens(next(iter(found["xoxb-"]), ""), next(iter(found["xapp-"]), ""))


class Workspace:
    """The workspace that two tokens open.

    Args:
        settings: The tokens, and where Slack is.

    Attributes:
        name: The workspace's name.
        address: Its address, by which two of one name are told apart.
        bot: The bot's name in it.

    Raises:
        NotUnderstood: a token is refused, lacks a scope, or the two are of different apps.
        SlackFailed: Slack does not answer, or refuses something else.
    """

    def __init__(self, settings: SlackSettings) -> None:
        self._client = make_client(settings)
        try:
            answer = call(self._client.auth_test)
        except SlackFailed as error:
            raise _refused("bot token", error, MEND_BOT) from error
        self.name = str(answer.get("team") or "")
        self.address = str(answer.get("url") or "").removeprefix("https://").rstrip("/")
        self.bot = str(answer.get("user") or "")
        self._home = str(answer["team_id"])
        self._demand_scopes(answer.headers)
        if settings.app_token is not None:
            self._demand_one_app(
                str(answer["user_id"]), settings.app_token.get_secret_value(), settings.api_url
            )

    def found(self, administrator: str) -> Found:
        """Say what can be suggested without asking anybody.

        Args:
            administrator: The address of whoever signed in to Microsoft 365, "" where nobody did: the first
                responder where the bot is in no private channel.
        """
        rooms = [one for one in self._channels("private_channel") if not why_not_here(one)]
        apart = [one for one in rooms if any(word in str(one["name"]) for word in _FOR_CHECKPOINTS)]
        others = [one for one in rooms if one not in apart]
        cards = _channel_of(others[0]) if len(others) == 1 else None
        checkpoints = _channel_of(apart[0]) if len(apart) == 1 else None
        people = self._in(cards) if cards else ()
        if not people and administrator:
            people = self._by_address(administrator)
        return Found(cards, checkpoints, people)

    def channel(self, text: str) -> Channel | None:
        """Find the channel that was named by name or id; None for an empty answer.

        Raises:
            NotUnderstood: the bot cannot post cases there; says why, and what to do.
            SlackFailed: Slack does not tell.
        """
        wanted = text.strip().removeprefix("#")
        if not wanted:
            return None
        known = list(self._channels("private_channel"))
        fits = [one for one in known if _fits(one, wanted)]
        if not fits:
            fits = [one for one in self._channels("public_channel") if _fits(one, wanted)]
        if not fits:
            raise NotUnderstood(f"{self.bot} sees no channel #{wanted} in {self.name}. {_INVITE}")
        if len(fits) > 1:
            ids = ", ".join(str(one["id"]) for one in fits)
            raise NotUnderstood(
                f"{len(fits)} channels are called #{wanted}: {ids}. Enter the ID; it is at the bottom of the "
                "channel's About."
            )
        why = why_not_here(fits[0])
        if why:
            raise NotUnderstood(why)
        return _channel_of(fits[0])

    def named(self, text: str) -> Named:
        """Find everyone whom an answer names: by email address, by user id, or by the handle of a user group.

        Raises:
            NotUnderstood: somebody is not found, or can neither ask nor approve; says who and why.
            SlackFailed: Slack does not tell.
        """
        people: dict[str, Account] = {}
        group = handle = ""
        for word in filter(None, _BETWEEN.split(text.strip())):
            if word.startswith("@") or _GROUP.fullmatch(word):
                if group:
                    raise NotUnderstood("Only one user group can be named. Name the others by email address.")
                group, handle = self._group(word)
                continue
            one = self._person(word)
            people[one.id] = one
        return Named(tuple(people.values()), group, handle)

    def _demand_scopes(self, headers: Mapping[str, Any]) -> None:
        told = {name.casefold(): str(value) for name, value in headers.items()}
        held = {scope.strip() for scope in told.get("x-oauth-scopes", "").split(",")}
        lacking = [scope for scope in SCOPES if scope not in held]
        if lacking:
            raise NotUnderstood(
                f"The app lacks {', '.join(lacking)}. Add under OAuth & Permissions, Bot Token Scopes; then "
                "reinstall the app and paste its tokens again."
            )

    def _demand_one_app(self, bot: str, token: str, api: str) -> None:
        """See that Slack takes the app-level token, and that it is of the app whose bot token this is."""
        try:
            call(WebClient(base_url=api, timeout=TIMEOUT).apps_connections_open, app_token=token)
        except SlackFailed as error:
            raise _refused("app-level token", error, MEND_APP) from error
        user = call(self._client.users_info, user=bot)["user"]
        own = str((user.get("profile") or {}).get("api_app_id") or "")
        other = _APP.match(token)
        if own and other and other[1] != own:
            raise NotUnderstood(
                f"The tokens are of different apps: the bot token of {own} in {self.name}, the app-level "
                f"token of {other[1]}. Copy both from the pages of one app."
            )

    def _channels(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """All channels of a kind that the bot can know of; of private ones those that it is in."""
        cursor = ""
        while True:
            answer = call(
                self._client.conversations_list, types=kind, exclude_archived=True, limit=200, cursor=cursor
            )
            yield from answer["channels"]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    def _in(self, room: Channel) -> tuple[Account, ...]:
        """The people of a channel who may be named; none where there are too many to be a team."""
        inside = sorted(members(self._client, room.id))
        if len(inside) > MOST_PEOPLE:
            return ()
        accounts = (account_of(call(self._client.users_info, user=user)["user"]) for user in inside)
        return tuple(one for one in accounts if not self._why_not(one))

    def _by_address(self, address: str) -> tuple[Account, ...]:
        """Whoever has an address in Slack; nobody where Slack knows none of the kind, or who may not."""
        try:
            one = account_of(call(self._client.users_lookupByEmail, email=address)["user"])
        except SlackFailed as error:
            if error.code != "users_not_found":
                raise
            return ()
        return () if self._why_not(one) else (one,)

    def _person(self, word: str) -> Account:
        by_id = _USER.fullmatch(word) is not None
        if not by_id and "@" not in word:
            raise NotUnderstood(f"{word} is not an email address.")
        method: Any = self._client.users_info if by_id else self._client.users_lookupByEmail
        try:
            found = call(method, **{"user" if by_id else "email": word})
        except SlackFailed as error:
            if error.code in ("users_not_found", "user_not_found", "user_not_visible"):
                raise NotUnderstood(
                    f"{self.name} has no active member {word}. The address is that of the person's Slack "
                    "profile, which can differ from the one in Microsoft 365."
                ) from error
            raise
        one = account_of(found["user"])
        why = self._why_not(one)
        if why:
            raise NotUnderstood(f"{one.name} ({word}) {why}, and can neither run checks nor approve.")
        return one

    def _group(self, word: str) -> tuple[str, str]:
        try:
            groups = call(self._client.usergroups_list)["usergroups"]
        except SlackFailed as error:
            if error.code == "plan_upgrade_required":
                raise NotUnderstood(
                    "This Slack plan has no user groups. Name people by email address."
                ) from error
            raise
        for one in groups:
            if word in (one["id"], f"@{one['handle']}"):
                return str(one["id"]), str(one["handle"])
        raise NotUnderstood(f"{self.name} has no user group {word}.")

    def _why_not(self, one: Account) -> str:
        """Why this account can neither ask nor approve, as it goes on after a name; "" when it may."""
        if one.deleted:
            return "is deactivated"
        if one.bot:
            return "is a bot"
        if one.stranger or one.team != self._home:
            return "belongs to another workspace"
        if one.guest:
            return "is a guest"
        if not one.email:
            return "has no email address in Slack"
        return "" if one.confirmed else "has not confirmed the email address in Slack"


def _refused(what: str, error: SlackFailed, mend: str) -> Exception:
    """Tell a token that is refused from a Slack that cannot be asked."""
    return error if error.passing else NotUnderstood(f"Slack refused the {what} ({error.code}). {mend}.")


def _fits(one: Mapping[str, Any], wanted: str) -> bool:
    return wanted == one["id"] if _CHANNEL.fullmatch(wanted) else wanted.casefold() == one.get("name")


def _channel_of(one: Mapping[str, Any]) -> Channel:
    return Channel(str(one["id"]), str(one.get("name", "")))


def tell(people: Sequence[Account], handle: str = "") -> str:
    """People in one line, with the addresses that tell two of one name apart."""
    names = [f"{one.name} <{one.email}>" for one in people]
    return ", ".join([*names, f"@{handle}"] if handle else names) or "none"
